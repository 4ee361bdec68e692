//! The charts: their data (`series`, pure), and their drawings.

pub mod series;

#[cfg(target_arch = "wasm32")]
mod over_time;
#[cfg(target_arch = "wasm32")]
mod plot;
#[cfg(target_arch = "wasm32")]
mod pods;
#[cfg(target_arch = "wasm32")]
mod requests;
#[cfg(target_arch = "wasm32")]
mod takeovers;

#[cfg(target_arch = "wasm32")]
pub(crate) use over_time::{TakeoversProps, over_time};
#[cfg(target_arch = "wasm32")]
pub(crate) use pods::{PodsProps, pods};
#[cfg(target_arch = "wasm32")]
pub(crate) use requests::{RequestsProps, TableProps, requests, table as requests_table};
#[cfg(target_arch = "wasm32")]
pub(crate) use takeovers::takeovers;
