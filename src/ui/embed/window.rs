//! The browser's side of embedding: messages from and to the parent window.

use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Window};

use super::Embedding;
use super::protocol::{self, Event, Order};
use crate::ui::browser::{self, Listener};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = stringify, catch)]
    fn to_json(value: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn from_json(text: &str) -> Result<JsValue, JsValue>;
}

fn embedding() -> Embedding {
    let location = browser::window().location();
    super::embedding(&location.search().unwrap_or_default(), &location.origin().unwrap_or_default())
}

/// Returns whether this page is shown within another one.
pub(crate) fn embedded() -> bool {
    embedding() != Embedding::None
}

/// Returns the parent and its origin. `None` if there is none that may send messages.
fn parent() -> Option<(Window, String)> {
    let Embedding::Open(origin) = embedding() else { return None };
    let parent = browser::window().parent().ok().flatten()?;
    // A page that is not in a frame is its own parent.
    (parent != browser::window()).then_some((parent, origin))
}

/// Sends an event to the embedding page, if there is one.
pub(crate) fn tell(event: &Event) {
    let Some((parent, origin)) = parent() else { return };
    if let Ok(message) = from_json(&protocol::write(event)) {
        let _ = parent.post_message(&message, &origin);
    }
}

/// Accepts orders of the embedding page until the returned handle is dropped.
pub(crate) fn listen(order: impl Fn(Order) + 'static) -> Option<Listener> {
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
