//! The cluster builder: every choice that a scenario's cluster has, what each survives, and a start.

pub mod draft;
pub mod survival;

#[cfg(target_arch = "wasm32")]
mod fields;
#[cfg(target_arch = "wasm32")]
mod sheet;
#[cfg(target_arch = "wasm32")]
pub use sheet::Builder;
