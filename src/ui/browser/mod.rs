//! Access to the browser: frames, sizes, storage, keys. Everything that may be missing or refused (storage in a private
//! window) fails quietly.

pub(super) mod bridge;
pub(super) mod size;

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, Event, EventTarget, HtmlInputElement, HtmlSelectElement, KeyboardEvent, MouseEvent,
    PointerEvent, Window,
};

use super::embed::{self, Embedding};
use super::storage::shelf::{Scope, Store};

pub(crate) fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

pub(crate) fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Sets an attribute of `<html>`.
pub(crate) fn mark_root(name: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

/// Returns whether this page is in a frame of another one, or was asked to behave like that.
pub(crate) fn framed() -> bool {
    embed::embedded() || window().top().ok().flatten().is_none_or(|top| top != window())
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

thread_local! {
    static SCOPE: Scope = scope();
}

/// Returns the scope of this page's names in the storage.
fn scope() -> Scope {
    let location = window().location();
    let part = |part: Result<String, JsValue>| part.unwrap_or_default();
    let origin = part(location.origin());
    let frame = match embed::embedding(&part(location.search()), &origin) {
        Embedding::Open(partner) => Some(partner),
        Embedding::Closed => Some(String::new()),
        Embedding::None => framed().then(String::new),
    };
    Scope::new(&part(location.pathname()), &origin, frame.as_deref())
}

/// This page's part of the browser's storage. Empty if storage is refused.
pub(crate) struct Kept;

impl Store for Kept {
    fn get(&self, name: &str) -> Option<String> {
        let storage = storage()?;
        let at = |key: &str| storage.get_item(key).ok().flatten();
        SCOPE.with(|scope| {
            let others = || scope.other_keys(name).iter().find_map(|key| at(key));
            // An empty text means that it was removed, even if an earlier version kept one.
            at(&scope.key(name)).or_else(others).filter(|text| !text.is_empty())
        })
    }

    fn set(&self, name: &str, text: &str) -> bool {
        let Some(storage) = storage() else { return true };
        SCOPE.with(|scope| storage.set_item(&scope.key(name), text).is_ok())
    }

    fn remove(&self, name: &str) {
        let Some(storage) = storage() else { return };
        SCOPE.with(|scope| {
            let key = scope.key(name);
            let _ = storage.remove_item(&key);
            // Those names are shared with other pages.
            let hidden = scope.other_keys(name).iter().any(|key| storage.get_item(key).ok().flatten().is_some());
            if hidden {
                let _ = storage.set_item(&key, "");
            }
        });
    }
}

/// Removes also what an earlier version kept under this name.
pub(crate) fn forget_earlier(name: &str) {
    let Some(storage) = storage().filter(|_| !framed()) else { return };
    SCOPE.with(|scope| scope.other_keys(name).iter().for_each(|key| drop(storage.remove_item(key))));
    if recall(name).is_none() {
        Kept.remove(name);
    }
}

/// Returns a setting from this browser's storage. `None` if there is none or storage is refused.
pub(crate) fn recall(name: &str) -> Option<String> {
    Kept.get(name)
}

/// Keeps a setting in this browser, if storage is allowed.
pub(crate) fn remember(name: &str, value: &str) {
    let _ = Kept.set(name, value);
}

/// Returns the parts of the query: `crash=test`.
pub(crate) fn query() -> Vec<String> {
    let search = window().location().search().unwrap_or_default();
    search.trim_start_matches('?').split('&').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Removes a part of the query, so that a reload does not repeat it.
pub(crate) fn drop_from_query(part: &str) {
    let left: Vec<String> = query().into_iter().filter(|other| other != part).collect();
    let hash = window().location().hash().unwrap_or_default();
    let path = window().location().pathname().unwrap_or_default();
    let query = if left.is_empty() { String::new() } else { format!("?{}", left.join("&")) };
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("{path}{query}{hash}")));
    }
}

#[wasm_bindgen]
extern "C" {
    /// Prints the page.
    #[wasm_bindgen(js_name = print)]
    pub(crate) fn print();
    type Date;
    #[wasm_bindgen(constructor)]
    fn new() -> Date;
    #[wasm_bindgen(method, js_name = toLocaleDateString)]
    fn in_locale(this: &Date, locale: &str) -> String;
}

/// Returns today's local date: `2026-01-31`.
pub(crate) fn today() -> String {
    // Swedish dates are ISO dates.
    Date::new().in_locale("sv")
}

/// Removes the fragment from the address, so that a reload does not open it again.
pub(crate) fn drop_fragment() {
    let part = |part: Result<String, JsValue>| part.unwrap_or_default();
    let address = part(window().location().pathname()) + &part(window().location().search());
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Writes another fragment into the address without opening it.
pub(crate) fn readdress(fragment: &str) {
    if window().location().hash().unwrap_or_default() != fragment
        && let Ok(history) = window().history()
    {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(fragment));
    }
}

/// Returns whether a media query matches now.
pub(crate) fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Calls `tick` with the time of every frame of the screen (ms) until the returned handle is dropped.
pub(crate) fn each_frame(tick: impl Fn(f64) + 'static) -> Frames {
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

/// Holds the callback that requests itself again.
type Slot = Rc<RefCell<Option<Closure<dyn FnMut(f64)>>>>;

pub(crate) struct Frames {
    _slot: Slot,
}

/// Listens until the returned handle is dropped, ahead of all listeners within the target.
pub(crate) fn listen_first<E: JsCast + wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: impl AsRef<EventTarget>,
    event: &'static str,
    handle: impl Fn(E) + 'static,
) -> Listener {
    listen_at(target, event, true, handle)
}

/// Listens until the returned handle is dropped.
pub(crate) fn listen<E: JsCast + wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: impl AsRef<EventTarget>,
    event: &'static str,
    handle: impl Fn(E) + 'static,
) -> Listener {
    listen_at(target, event, false, handle)
}

fn listen_at<E: JsCast + wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: impl AsRef<EventTarget>,
    event: &'static str,
    first: bool,
    handle: impl Fn(E) + 'static,
) -> Listener {
    let closure: Closure<dyn Fn(E)> = Closure::new(handle);
    let target = target.as_ref().clone();
    let _ = target.add_event_listener_with_callback_and_bool(event, closure.as_ref().unchecked_ref(), first);
    let stop = move || {
        let _ = target.remove_event_listener_with_callback_and_bool(event, closure.as_ref().unchecked_ref(), first);
    };
    Listener { stop: Some(Box::new(stop)) }
}

pub(crate) struct Listener {
    stop: Option<Box<dyn FnOnce()>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

/// Returns the size of an element's content, CSS px.
pub(crate) fn size_of(element: &Element) -> (f64, f64) {
    (f64::from(element.client_width()), f64::from(element.client_height()))
}

/// Returns the size of the window, CSS px.
pub(crate) fn window_size() -> (f64, f64) {
    let px = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    (px(window().inner_width()), px(window().inner_height()))
}

/// Returns whether the focus is on a control that uses arrow keys, Home and End.
pub(crate) fn steers(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let steered = "input[type=radio], input[type=range], [role=slider], [role=tab], [role=listbox], [role=option]";
    element.is_some_and(|element| element.closest(steered).ok().flatten().is_some())
}

/// Returns whether the focus is in a text field, and whether it is on something that Enter and Space press.
pub(crate) fn focus_of(event: &KeyboardEvent) -> (bool, bool) {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return (false, false);
    };
    let within = |selector: &str| element.closest(selector).ok().flatten().is_some();
    let typing = within("textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])");
    (typing, within("button, a, summary, input, [role=button]"))
}

/// Returns the `data-target` around an event's target.
pub(crate) fn target_of(event: &Event) -> Option<std::rc::Rc<str>> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    element.closest("[data-target]").ok()??.get_attribute("data-target").map(Into::into)
}

/// Returns the position of a mouse event on the nearest element around it that matches `selector`, CSS px of its content.
pub(crate) fn point_on(event: &MouseEvent, selector: &str) -> (f64, f64) {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(around) = element.and_then(|element| element.closest(selector).ok().flatten()) else { return (0.0, 0.0) };
    let at = around.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()) - at.left(), f64::from(event.client_y()) - at.top());
    (x, y + f64::from(around.scroll_top()))
}

/// Returns left, top, width and height of an element on the nearest one around it that matches `selector`, CSS px of its content.
pub(crate) fn place_on(element: &Element, selector: &str) -> Option<(f64, f64, f64, f64)> {
    let around = element.closest(selector).ok()??;
    let (at, of) = (element.get_bounding_client_rect(), around.get_bounding_client_rect());
    Some((at.left() - of.left(), at.top() - of.top() + f64::from(around.scroll_top()), at.width(), at.height()))
}

/// Returns the same as [`place_on`] for an event's target.
pub(crate) fn place_of_target(event: &Event, selector: &str) -> Option<(f64, f64, f64, f64)> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    place_on(&element.closest("[data-target]").ok()??, selector)
}

/// Returns the name of the group of parts (`data-rove`) around an event's target.
pub(crate) fn group_of(event: &Event) -> Option<std::rc::Rc<str>> {
    let element = event.target()?.dyn_into::<Element>().ok()?;
    element.closest("[data-item]").ok()??;
    element.closest("[data-rove]").ok()??.get_attribute("data-rove").map(Into::into)
}

/// Returns the place of an element in the window.
pub(crate) fn rect_of(element: &Element) -> crate::ui::topology::layout::Rect {
    let at = element.get_bounding_client_rect();
    crate::ui::topology::layout::Rect { x: at.left(), y: at.top(), w: at.width(), h: at.height() }
}

/// Returns the parts of a group, in order.
pub(crate) fn parts_of(group: &Element) -> Vec<Element> {
    let Ok(list) = group.query_selector_all("[data-item]") else { return vec![] };
    (0..list.length()).filter_map(|n| list.get(n)?.dyn_into::<Element>().ok()).collect()
}

/// Returns the element with the focus. `None` if it is the page itself.
pub(crate) fn focused() -> Option<Element> {
    document().active_element().filter(|element| element.tag_name() != "BODY")
}

/// Gives an element the focus. Shapes of a drawing can have it too.
pub(crate) fn focus(element: Option<&Element>) {
    if let Some(element) = element {
        let _ = element.unchecked_ref::<web_sys::HtmlElement>().focus();
    }
}

/// Gives the focus to the first element within `around` that matches `selector`.
pub(crate) fn focus_first(around: &Element, selector: &str) {
    focus(around.query_selector(selector).ok().flatten().as_ref());
}

/// Returns whether the focus is within `element`.
pub(crate) fn holds_focus(element: &Element) -> bool {
    focused().is_some_and(|focused| element.contains(Some(&focused)))
}

/// Returns the content of the field `name` in the form around an event's target.
pub(crate) fn field_of(event: &Event, name: &str) -> String {
    field(event, name).map(|field| field.value()).unwrap_or_default()
}

/// Shows an error at the field `name` in the form around an event's target.
pub(crate) fn complain(event: &Event, name: &str, text: &str) {
    if let Some(field) = field(event, name) {
        field.set_custom_validity(text);
        field.report_validity();
    }
}

fn field(event: &Event, name: &str) -> Option<HtmlInputElement> {
    let form = event.target()?.dyn_into::<Element>().ok()?;
    form.query_selector(&format!("input[name={name}]")).ok()??.dyn_into().ok()
}

pub(crate) fn input_value(event: &web_sys::Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(target) => target.dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default(),
    }
}

/// Returns the nearest element around an event's target that matches `selector`.
fn around(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Returns the position of a pointer along the element that matches `selector`, from 0 at its left edge to 1 at its right, clamped.
pub(crate) fn along(event: &MouseEvent, selector: &str) -> Option<f64> {
    let area = around(event, selector)?.get_bounding_client_rect();
    Some(((f64::from(event.client_x()) - area.left()) / area.width().max(1.0)).clamp(0.0, 1.0))
}

/// Captures a pointer for the element that matches `selector`, until it is released.
pub(crate) fn hold(event: &PointerEvent, selector: &str) {
    if let Some(element) = around(event, selector) {
        let _ = element.set_pointer_capture(event.pointer_id());
    }
}

/// Returns the number in this attribute of the nearest element around an event's target that has it.
pub(crate) fn number_at(event: &Event, attribute: &str) -> Option<u64> {
    around(event, &format!("[{attribute}]"))?.get_attribute(attribute)?.parse().ok()
}

/// Gives the focus to the first element of the page that matches `selector`.
pub(crate) fn focus_on(selector: &str) {
    focus(document().query_selector(selector).ok().flatten().as_ref());
}

/// Returns the real time since the page was opened, ms.
pub(crate) fn clock_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
