//! The page: the only module that depends on the browser. Of the lab it uses only `lab::view` and the session.
//!
//! State, action, reduce: [`model`] holds the state and changes it, `page::app` owns the model and passes frames and keys to
//! it, everything else draws a part of it. The modules that need no browser are compiled and tested natively too.

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
pub(crate) mod verbs;
pub mod widgets;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod inspector;

/// Installs the panel that shows panics of the page's own code.
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
