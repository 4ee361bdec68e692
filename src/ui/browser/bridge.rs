//! The functions of `static/boot.js`: loading, copying, files, the next build. It knows how the lab was delivered (as a site,
//! in one file, in a frame); the page need not.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::ui::browser;

#[wasm_bindgen]
extern "C" {
    /// A promise of `static/boot.js`.
    type Promised;
    #[wasm_bindgen(method)]
    fn then(this: &Promised, kept: &JsValue, broken: &JsValue);
    #[wasm_bindgen(js_name = haLabAsset)]
    fn promise_asset(path: &str) -> Promised;
    #[wasm_bindgen(js_name = haLabCopy)]
    fn promise_copy(text: &str) -> Promised;
    #[wasm_bindgen(js_name = haLabPick)]
    fn promise_pick(accept: &str) -> Promised;
    /// Saves a text as a file.
    #[wasm_bindgen(js_name = haLabSave)]
    pub(crate) fn save(name: &str, text: &str, kind: &str);
    #[wasm_bindgen(js_name = haLabLanguage, catch)]
    fn chosen_language() -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = haLabTexts, catch)]
    fn loaded_texts() -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(js_name = haLabEarly, catch)]
    fn kept_acts() -> Result<String, JsValue>;
    /// Sets the language, and reloads the page in it.
    #[wasm_bindgen(js_name = haLabSpeak)]
    pub(crate) fn speak(language: &str);
    /// Reloads the page into the waiting build.
    #[wasm_bindgen(js_name = haLabUpdate)]
    pub(crate) fn update();
}

/// The languages: the name in addresses and files, and the language's own name. `static/boot.js` has the same list.
pub(crate) const LANGUAGES: [(&str, &str); 2] = [("en", "English"), ("zh-Hans", "中文")];

/// The types of files with moments, for a file dialog.
pub(crate) const MOMENTS: &str = ".json,application/json";

/// Returns the language of the page, a name of [`LANGUAGES`]. English by default, as in a test without `boot.js`.
pub(crate) fn language() -> String {
    chosen_language().unwrap_or_else(|_| LANGUAGES[0].0.to_owned())
}

/// Returns the file of the language's texts. `None` if it is English or could not be loaded.
pub(crate) fn texts() -> Option<String> {
    loaded_texts().ok().flatten()
}

/// Returns the acts on the picture before the lab ran, as `ui::page::early` reads them.
pub(crate) fn early_acts() -> String {
    kept_acts().unwrap_or_default()
}

fn await_promise(promised: &Promised, done: impl FnOnce(Result<JsValue, JsValue>) + 'static) {
    let done = Rc::new(RefCell::new(Some(done)));
    let hand = |kept: bool| {
        let done = done.clone();
        Closure::once_into_js(move |value: JsValue| {
            if let Some(done) = done.take() {
                done(if kept { Ok(value) } else { Err(value) });
            }
        })
    };
    promised.then(&hand(true), &hand(false));
}

/// Loads a text file of the lab (`lessons/en/index.json`), from the site or from within the single file.
///
/// # Errors
/// A sentence, if there is no such file or no network.
pub(crate) fn asset(path: &str, done: impl FnOnce(Result<String, String>) + 'static) {
    let text = |value: JsValue| value.as_string().unwrap_or_default();
    let sentence = move |error: JsValue| {
        let error = error.dyn_into::<Failure>().map(|error| error.message());
        error.unwrap_or_default()
    };
    await_promise(&promise_asset(path), move |read| done(read.map(text).map_err(sentence)));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Error)]
    type Failure;
    #[wasm_bindgen(method, getter)]
    fn message(this: &Failure) -> String;
}

/// Copies a text to the clipboard. Calls `done` with whether the browser allowed it.
pub(crate) fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    await_promise(&promise_copy(text), move |copied| done(copied.is_ok_and(|copied| copied.is_truthy())));
}

/// Lets the user choose a file, and reads it. Does not call `done` if none is chosen.
pub(crate) fn pick(accept: &str, done: impl FnOnce(String) + 'static) {
    await_promise(&promise_pick(accept), move |read| {
        if let Some(text) = read.ok().and_then(|text| text.as_string()) {
            done(text);
        }
    });
}

/// Returns the address of the page without query and fragment, and the fragment with its `#`. A query that a course system
/// or a course page added is for this visit only.
pub(crate) fn address() -> (String, String) {
    let location = browser::window().location();
    let (href, hash) = (location.href().unwrap_or_default(), location.hash().unwrap_or_default());
    (href.split(['?', '#']).next().unwrap_or_default().to_owned(), hash)
}
