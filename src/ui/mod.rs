//! The page. The only module that knows the browser; it knows of the lab only `lab::view` and the session.
//!
//! State, action, reduce: [`model`] holds the state and changes it, `app` owns the model and feeds it frames and keys,
//! everything else draws a part of it. What needs no browser (this list's first part) is compiled and tested natively too.

pub mod builder;
pub mod charts;
pub mod dock;
pub mod embed;
pub mod glossary;
pub mod learn;
pub mod model;
pub mod page;
pub mod storage;
pub mod texts;
pub mod topology;
pub mod widgets;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod inspector;

/// From now on a fault of the page's own code is shown in the page.
#[cfg(target_arch = "wasm32")]
pub fn prepare() {
    page::crash::watch();
}

/// Shows the lab in `#app`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(js_name = openLab)]
pub fn run() {
    page::app::run();
}
