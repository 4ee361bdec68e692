//! The page. The only module that knows the browser; it knows of the lab only `lab::view` and the session.
//!
//! State, action, reduce: [`model`] holds the state and changes it, `app` owns the model and feeds it frames and keys,
//! everything else draws a part of it. What needs no browser (this list's first part) is compiled and tested natively too.

pub mod axis;
pub mod builder;
pub mod calm;
pub mod deck;
pub mod early;
pub mod embed;
pub mod format;
pub mod glossary;
pub mod keep;
pub mod keys;
pub mod lane;
pub mod learn;
pub mod model;
pub mod pace;
pub mod pulses;
pub mod series;
pub mod share;
pub mod shelf;
pub mod texts;
pub mod topology;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod bridge;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod charts;
#[cfg(target_arch = "wasm32")]
mod crash;
#[cfg(target_arch = "wasm32")]
mod dialog;
#[cfg(target_arch = "wasm32")]
mod dock;
#[cfg(target_arch = "wasm32")]
mod header;
#[cfg(target_arch = "wasm32")]
mod help;
#[cfg(target_arch = "wasm32")]
mod hint;
#[cfg(target_arch = "wasm32")]
mod icons;
#[cfg(target_arch = "wasm32")]
mod inspector;
#[cfg(target_arch = "wasm32")]
mod lazy;
#[cfg(target_arch = "wasm32")]
mod notice;
#[cfg(target_arch = "wasm32")]
mod notices;
#[cfg(target_arch = "wasm32")]
mod run;
#[cfg(target_arch = "wasm32")]
mod saver;
#[cfg(target_arch = "wasm32")]
mod size;
#[cfg(target_arch = "wasm32")]
mod timings;
#[cfg(target_arch = "wasm32")]
mod words;

/// From now on a fault of the page's own code is shown in the page.
#[cfg(target_arch = "wasm32")]
pub fn prepare() {
    crash::watch();
}

/// Shows the lab in `#app`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(js_name = openLab)]
pub fn run() {
    app::run();
}
