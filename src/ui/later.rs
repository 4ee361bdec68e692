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
