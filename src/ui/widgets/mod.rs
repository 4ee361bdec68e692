//! Components and helpers that several parts of the page share.

pub mod format;

#[cfg(target_arch = "wasm32")]
pub(super) mod dialog;
#[cfg(target_arch = "wasm32")]
pub(super) mod icons;
#[cfg(target_arch = "wasm32")]
pub(super) mod memo;
#[cfg(target_arch = "wasm32")]
pub(super) mod text_in_html;
#[cfg(target_arch = "wasm32")]
pub(super) mod timing_fields;
