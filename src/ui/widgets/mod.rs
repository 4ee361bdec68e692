//! Parts that more than one place of the page is made of.

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
