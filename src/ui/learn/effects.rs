//! The browser's part of lessons: files, storage, the focus, pointing at a control.

use web_sys::{Element, HtmlElement};

use wasm_bindgen::JsCast;

use super::state::{ENGLISH, Source, Step, path_of};
use crate::lab::lesson::INDEX;
use crate::lab::view::Name;
use crate::ui::browser::Kept;
use crate::ui::browser::{self, bridge};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::storage::shelf::{self, Store};

/// Returns the name under which a lesson's progress is kept.
fn key(id: &str) -> String {
    format!("lesson.{id}")
}

/// Loads the text of a lesson.
pub(crate) fn load(source: Source, path: &str, dispatch: Dispatch) {
    bridge::asset(path, move |text| dispatch.emit(Action::Learn(Step::Text(source, named(text)))));
}

/// Reads the kept progress of these lessons.
pub(crate) fn recall(ids: Vec<Name>, dispatch: &Dispatch) {
    let kept = ids.into_iter().filter_map(|id| Some((id.clone(), browser::recall(&key(&id))?.into())));
    // Dispatched later: the model is borrowed now.
    dispatch.emit(Action::Learn(Step::Kept(kept.collect())));
}

pub(crate) fn keep(id: &str, text: &str) {
    browser::remember(&key(id), text);
}

pub(crate) fn forget(id: &str) {
    Kept.remove(&key(id));
    browser::forget_earlier(&key(id));
}

/// Sets the kept progress of a lesson aside.
pub(crate) fn set_aside(id: &str) {
    shelf::set_aside(&Kept, &key(id));
}

/// Loads the list in this language, or in English if there is none.
pub(crate) fn load_list(language: String, dispatch: Dispatch) {
    bridge::asset(&path_of(&language, INDEX), move |text| match text {
        Err(_) if language != ENGLISH => load_list(ENGLISH.to_owned(), dispatch),
        text => dispatch.emit(Action::Learn(Step::List(language.into(), named(text)))),
    });
}

fn named(text: Result<String, String>) -> Result<Name, Name> {
    text.map(Into::into).map_err(Into::into)
}

/// Scrolls to the part of the lesson around this element.
pub(crate) fn reveal(css: &str) {
    if let Some(part) = find(css).and_then(|element| element.closest(".beat-part").ok().flatten()) {
        scroll_to(&part);
    }
}

/// Scrolls to a part of the lesson: to the start of a judged one, otherwise as little as possible.
fn scroll_to(part: &Element) {
    // Beside the stage the parts scroll; on a small screen the whole sheet does.
    let frames = [".lesson-scroll", ".lesson-body"].into_iter().filter_map(|css| part.closest(css).ok().flatten());
    let Some(frame) = frames.into_iter().find(|frame| frame.scroll_height() > frame.client_height() + 1) else {
        return;
    };
    let (part_at, frame_at) = (part.get_bounding_client_rect(), frame.get_bounding_client_rect());
    // The buttons cover the foot of the frame.
    let acts =
        frame.query_selector(".part-acts").ok().flatten().map_or(0.0, |acts| acts.get_bounding_client_rect().height());
    let (above, below) = (part_at.top() - frame_at.top(), part_at.bottom() - frame_at.bottom() + acts);
    let judged = part.get_attribute("data-part").as_deref() == Some("predict");
    let by = if judged || above < 0.0 || part_at.height() > frame_at.height() - acts { above } else { below.max(0.0) };
    frame.set_scroll_top(frame.scroll_top() + by as i32);
}

fn find(css: &str) -> Option<HtmlElement> {
    browser::document().query_selector(css).ok().flatten()?.dyn_into().ok()
}

/// Moves the focus. With `lost`, only if nothing has it.
pub(crate) fn focus(css: &str, lost: bool) {
    let document = browser::document();
    let nowhere = document.active_element().is_none_or(|active| active.tag_name() == "BODY");
    if !lost || nowhere {
        let _ = find(css).map(|element| element.focus());
    }
}

/// Opens the folds around the first control that exists, scrolls to it, marks it and focuses it.
pub(crate) fn point(all: &[String]) {
    let document = browser::document();
    let found = all.iter().find_map(|css| document.query_selector(css).ok().flatten());
    let Some(element) = found else { return };
    let mut above = element.parent_element();
    while let Some(parent) = above {
        if parent.tag_name() == "DETAILS" {
            let _ = parent.set_attribute("open", "");
        }
        above = parent.parent_element();
    }
    unmark(&document);
    let _ = element.set_attribute("data-pointed", "true");
    element.scroll_into_view_with_bool(false);
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Removes all marks.
pub(crate) fn unmark(document: &web_sys::Document) {
    let marked: Option<Element> = document.query_selector("[data-pointed]").ok().flatten();
    if let Some(marked) = marked {
        let _ = marked.remove_attribute("data-pointed");
    }
}
