//! The cluster builder: every option of a scenario's cluster, what the cluster survives, and a button that starts it.

pub mod draft;
pub mod survival;

#[cfg(target_arch = "wasm32")]
mod fields;
#[cfg(target_arch = "wasm32")]
mod sheet;
#[cfg(target_arch = "wasm32")]
pub(crate) use sheet::Builder;
