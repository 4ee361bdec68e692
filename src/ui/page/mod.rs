//! The page as a whole: the component that owns the model, its header and sheets, notices about runs and links, clicks before
//! the lab runs, and the panel after a crash.

pub mod calm;
pub mod early;

#[cfg(target_arch = "wasm32")]
pub(super) mod app;
#[cfg(target_arch = "wasm32")]
pub(super) mod crash;
#[cfg(target_arch = "wasm32")]
mod header;
#[cfg(target_arch = "wasm32")]
mod help;
#[cfg(target_arch = "wasm32")]
mod hint;
#[cfg(target_arch = "wasm32")]
mod perform;
#[cfg(target_arch = "wasm32")]
mod run_notice;
#[cfg(target_arch = "wasm32")]
pub(super) mod run_sheet;
#[cfg(target_arch = "wasm32")]
mod share_notices;
