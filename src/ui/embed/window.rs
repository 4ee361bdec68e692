//! The browser's side of embedding: the parent window, where messages come from and go to.

use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Window};

use super::protocol::{self, Event, Order};
use crate::ui::browser::{self, Listener};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify, catch)]
    fn to_json(value: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn from_json(text: &str) -> Result<JsValue, JsValue>;
}

fn partner() -> Option<Option<String>> {
    let location = browser::window().location();
    super::partner(&location.search().unwrap_or_default(), &location.origin().unwrap_or_default())
}

/// Is this page shown as a part of another one?
pub fn embedded() -> bool {
    partner().is_some()
}

/// The parent and its origin, where there is one to talk with.
fn parent() -> Option<(Window, String)> {
    let origin = partner()??;
    let parent = browser::window().parent().ok().flatten()?;
    // A page that is not in a frame is its own parent.
    (parent != browser::window()).then_some((parent, origin))
}

/// Tells the embedding page; nothing where there is none.
pub fn tell(event: &Event) {
    let Some((parent, origin)) = parent() else { return };
    if let Ok(message) = from_json(&protocol::write(event)) {
        let _ = parent.post_message(&message, &origin);
    }
}

/// Takes orders of the embedding page until the returned handle is dropped.
pub fn listen(order: impl Fn(Order) + 'static) -> Option<Listener> {
    let (parent, origin) = parent()?;
    Some(browser::listen(browser::window(), "message", move |event: MessageEvent| {
        let from_parent = event.source().is_some_and(|source| source == **parent);
        if !from_parent || event.origin() != origin {
            return;
        }
        let text = to_json(&event.data()).ok().and_then(|text| text.as_string()).unwrap_or_default();
        match protocol::read(&text) {
            Some(Ok(asked)) => order(asked),
            Some(Err(why)) => tell(&Event::Error(why)),
            None => {}
        }
    }))
}
