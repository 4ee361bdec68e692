//! The open explanation, at most one: a tooltip beside its button, opened by pointer, focus or press. It stays open while the
//! pointer is on it, closes on Escape, and stays inside the window.
//!
//! It is created by hand and not by Yew: in a modal dialog it must be a child of that dialog, or it could not be reached.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FocusEvent, KeyboardEvent, MouseEvent, Node};

use super::find;
use crate::ui::browser::{self, Listener};
use crate::ui::texts::glossary::TERM_LIVES;

const ID: &str = "term-explained";
/// The gap between the button and its explanation, and between that and the edge of the window, px.
const GAP: f64 = 6.0;

/// The open explanation.
struct Open {
    of: Element,
    shown: Element,
    /// Set if it was opened by a press, and stays until it is closed.
    pinned: bool,
}

thread_local! {
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

/// Listens for terms anywhere on the page until the returned handles are dropped.
pub(crate) fn watch() -> Vec<Listener> {
    let document = browser::document();
    vec![
        browser::listen(&document, "pointerover", |event: MouseEvent| over(&event)),
        browser::listen(&document, "focusin", |event: FocusEvent| focused(&event)),
        browser::listen(&document, "click", |event: MouseEvent| pressed(&event)),
        browser::listen_first(&document, "keydown", |event: KeyboardEvent| key(&event)),
        browser::listen_first(&document, "scroll", |event: Event| scrolled(&event)),
    ]
}

fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn term_of(event: &Event) -> Option<Element> {
    target(event)?.closest("[data-term]").ok().flatten()
}

fn in_explanation(event: &Event) -> bool {
    target(event).is_some_and(|element| element.closest(&format!("#{ID}")).ok().flatten().is_some())
}

fn over(event: &MouseEvent) {
    match term_of(event) {
        Some(term) => open(term, false),
        None if in_explanation(event) => {}
        None => close_unless(|open| open.pinned || has_focus(&open.of)),
    }
}

fn focused(event: &Event) {
    match term_of(event) {
        Some(term) => open(term, false),
        None => close_unless(|_| false),
    }
}

fn pressed(event: &MouseEvent) {
    match term_of(event) {
        Some(term) => {
            let again = OPEN.with_borrow(|open| open.as_ref().is_some_and(|o| o.pinned && o.of == term));
            close_unless(|_| false);
            if !again {
                open(term, true);
            }
        }
        None if in_explanation(event) => {}
        None => close_unless(|_| false),
    }
}

/// Closes it on Escape, which then does nothing else.
fn key(event: &KeyboardEvent) {
    if event.key() == "Escape" && OPEN.with_borrow(Option::is_some) {
        event.prevent_default();
        event.stop_propagation();
        close_unless(|_| false);
    }
}

fn scrolled(event: &Event) {
    let within = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    close_unless(|open| within.as_ref().is_some_and(|node| !node.contains(Some(&open.of))));
}

fn has_focus(element: &Element) -> bool {
    browser::document().active_element().as_ref() == Some(element)
}

fn close_unless(stays: impl FnOnce(&Open) -> bool) {
    let closed = OPEN.with_borrow_mut(|open| if open.as_ref().is_some_and(stays) { None } else { open.take() });
    if let Some(open) = closed {
        let _ = open.of.remove_attribute("aria-describedby");
        open.shown.remove();
    }
}

/// Closes it if its button no longer exists.
pub(crate) fn tidy() {
    close_unless(|open| open.of.is_connected() && open.shown.is_connected());
}

fn open(of: Element, pinned: bool) {
    let same = OPEN.with_borrow_mut(|open| match open {
        Some(open) if open.of == of => {
            open.pinned |= pinned;
            true
        }
        _ => false,
    });
    if same {
        return;
    }
    close_unless(|_| false);
    if let Some(shown) = draw(&of) {
        let _ = of.set_attribute("aria-describedby", ID);
        OPEN.set(Some(Open { of, shown, pinned }));
    }
}

/// Creates the explanation, and places it where there is room.
fn draw(of: &Element) -> Option<Element> {
    let term = find(&of.get_attribute("data-term")?)?;
    let document = browser::document();
    let make = |name: &str, class: &str, text: &str| {
        let element = document.create_element(name).ok()?;
        element.set_class_name(class);
        element.set_text_content(Some(text));
        Some(element)
    };
    let shown = make("div", "explained", "")?;
    shown.set_id(ID);
    let _ = shown.set_attribute("role", "tooltip");
    let place = make("p", "lives", "")?;
    for part in [make("b", "", &TERM_LIVES)?, make("code", "mono", &term.place())?] {
        let _ = place.append_child(&part);
    }
    for part in [make("b", "word", &term.word)?, make("p", "", &term.means())?, place] {
        let _ = shown.append_child(&part);
    }
    // Within a dialog over the page, if there is one.
    let parent = of.closest("dialog").ok().flatten().or_else(|| document.query_selector("main").ok().flatten())?;
    let _ = parent.append_child(&shown);
    let (width, height) = browser::window_size();
    let (word, own) = (of.get_bounding_client_rect(), shown.get_bounding_client_rect());
    let left = word.left().min(width - own.width() - GAP).max(GAP);
    let below = word.bottom() + GAP;
    let above = word.top() - GAP - own.height();
    let top = if below + own.height() <= height || above < 0.0 { below } else { above };
    let _ = shown.set_attribute("style", &format!("left:{left:.0}px;top:{top:.0}px"));
    Some(shown)
}
