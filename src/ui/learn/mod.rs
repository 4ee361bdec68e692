//! Lessons in the page: the list, the lesson that runs in a column beside the stage, and the results.
//!
//! The model keeps [`state`]. It requests what needs the browser (files, storage, the address, focus) as a
//! `model::Effect`, and `effects` performs it.

pub mod report;
pub mod route;
pub mod state;

#[cfg(target_arch = "wasm32")]
mod catalogue;
#[cfg(target_arch = "wasm32")]
mod column;
#[cfg(target_arch = "wasm32")]
pub(crate) mod effects;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod prose;
#[cfg(target_arch = "wasm32")]
mod recap;
#[cfg(target_arch = "wasm32")]
mod results;
#[cfg(target_arch = "wasm32")]
pub(crate) use catalogue::{Props as ListProps, list};
#[cfg(target_arch = "wasm32")]
pub(crate) use column::{Props as ColumnProps, column};
#[cfg(target_arch = "wasm32")]
pub(crate) use results::{Props as ResultProps, results};
