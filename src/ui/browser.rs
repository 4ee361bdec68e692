//! What the page asks of the browser: frames, sizes, storage, keys. Everything that may be missing or refused (storage
//! in a private window) fails quietly.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, EventTarget, HtmlInputElement, HtmlSelectElement, KeyboardEvent, Window};

#[wasm_bindgen]
extern "C" {
    /// What the bridge in `static/boot.js` promises.
    type Promised;
    #[wasm_bindgen(method)]
    fn then(this: &Promised, kept: &JsValue, broken: &JsValue);
    #[wasm_bindgen(js_name = haLabAsset)]
    fn promise_asset(path: &str) -> Promised;
    #[wasm_bindgen(js_name = haLabCopy)]
    fn promise_copy(text: &str) -> Promised;
    #[wasm_bindgen(js_name = haLabPick)]
    fn promise_pick() -> Promised;
    /// Gives the browser a file to save.
    #[wasm_bindgen(js_name = haLabSave)]
    pub fn save(name: &str, text: &str);
    /// Reloads into the build that waits.
    #[wasm_bindgen(js_name = haLabUpdate)]
    pub fn update();
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

/// The text of a file that belongs to the lab (`lessons/en/index.json`), from the site or from within the single file.
///
/// # Errors
/// A sentence: it is not there, or there is no network.
#[expect(dead_code, reason = "lessons and languages are loaded by it; neither has a page yet")]
pub fn asset(path: &str, done: impl FnOnce(Result<String, String>) + 'static) {
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

/// Puts a text where it can be pasted from; says whether the browser let us.
pub fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    await_promise(&promise_copy(text), move |copied| done(copied.is_ok_and(|copied| copied.is_truthy())));
}

/// Lets somebody choose a file and reads it; nothing happens when none is chosen.
pub fn pick(done: impl FnOnce(String) + 'static) {
    await_promise(&promise_pick(), move |read| {
        if let Some(text) = read.ok().and_then(|text| text.as_string()) {
            done(text);
        }
    });
}

/// The address of the page without what comes after `#`, and that with its `#`.
pub fn address() -> (String, String) {
    let location = window().location();
    let (href, hash) = (location.href().unwrap_or_default(), location.hash().unwrap_or_default());
    (href.split('#').next().unwrap_or_default().to_owned(), hash)
}

pub fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Sets an attribute of `<html>`.
pub fn mark_root(name: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// A setting kept in this browser; none when it is not there or storage is refused.
pub fn recall(key: &str) -> Option<String> {
    storage()?.get_item(&format!("ha-lab.{key}")).ok().flatten()
}

/// Keeps a setting in this browser, if it lets us.
pub fn remember(key: &str, value: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("ha-lab.{key}"), value);
    }
}

/// Does a media query match now?
pub fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Calls `tick` with the time of every frame of the screen (ms) until the returned handle is dropped.
pub fn each_frame(tick: impl Fn(f64) + 'static) -> Frames {
    let slot: Slot = Rc::default();
    let inner = Rc::downgrade(&slot);
    let ask = move |closure: &Closure<dyn FnMut(f64)>| {
        let _ = window().request_animation_frame(closure.as_ref().unchecked_ref());
    };
    let closure = Closure::<dyn FnMut(f64)>::new(move |ms: f64| {
        tick(ms);
        if let Some(closure) = inner.upgrade() {
            closure.borrow().as_ref().inspect(|closure| ask(closure));
        }
    });
    ask(&closure);
    *slot.borrow_mut() = Some(closure);
    Frames { _slot: slot }
}

/// Where the callback that asks for itself again is kept.
type Slot = Rc<RefCell<Option<Closure<dyn FnMut(f64)>>>>;

pub struct Frames {
    _slot: Slot,
}

/// Listens until the returned handle is dropped.
pub fn listen<E: JsCast + wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: impl AsRef<EventTarget>,
    event: &'static str,
    handle: impl Fn(E) + 'static,
) -> Listener {
    let closure: Closure<dyn Fn(E)> = Closure::new(handle);
    let target = target.as_ref().clone();
    let _ = target.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    let stop = move || {
        let _ = target.remove_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
    };
    Listener { stop: Some(Box::new(stop)) }
}

pub struct Listener {
    stop: Option<Box<dyn FnOnce()>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

/// The size of an element's content, CSS px.
pub fn size_of(element: &Element) -> (f64, f64) {
    (f64::from(element.client_width()), f64::from(element.client_height()))
}

/// Where the focus is when a key goes down: in a text field; on something that Enter and Space press.
pub fn focus_of(event: &KeyboardEvent) -> (bool, bool) {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return (false, false);
    };
    let within = |selector: &str| element.closest(selector).ok().flatten().is_some();
    let typing = within("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])");
    (typing, within("button, a, summary, input, [role=button]"))
}

pub fn input_value(event: &web_sys::Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(target) => target.dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default(),
    }
}
