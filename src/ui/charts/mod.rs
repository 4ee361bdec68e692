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
pub use {
    over_time::{TakeoversProps, over_time},
    pods::{PodsProps, pods},
    requests::{RequestsProps, TableProps, requests, table as requests_table},
    takeovers::takeovers,
};
