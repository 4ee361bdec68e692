//! The second module of a release: what the first picture does not need (`xtask/src/split`). Code that runs into a
//! function which is not there yet asks the page for it by [`load_later`], which returns once it is there.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = haLabLater)]
    fn load_later();
}

/// Waits for the second module; nothing to do when it is there. Keeps the import alive that the stubs call.
#[wasm_bindgen(js_name = needLater)]
pub fn need_later() {
    load_later();
}

/// Whether all of the lab is there, not only what the first picture needs; `static/boot.js` notes it at the root of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    Coming,
    /// It could not be loaded; the page tries again.
    Missing,
    There,
}

impl Rest {
    pub fn now() -> Self {
        match super::browser::root_says("data-whole").as_str() {
            "true" => Rest::There,
            "missing" => Rest::Missing,
            _ => Rest::Coming,
        }
    }
}
