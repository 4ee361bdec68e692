//! Settings of the page as text for the browser's storage: speed, hidden messages, filter of events, span of the timeline.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{Model, SPEEDS};
use crate::lab::view::{Category, MessageClass};
use crate::ui::dock::axis::{SPANS, Span};
use crate::ui::storage::VERSION;

const CLASSES: [(&str, MessageClass); 6] = [
    ("api", MessageClass::Api),
    ("lease", MessageClass::Lease),
    ("raft", MessageClass::Raft),
    ("health", MessageClass::HealthCheck),
    ("watch", MessageClass::Watch),
    ("app", MessageClass::App),
];
const CATEGORIES: [(&str, Category); 7] = [
    ("election", Category::Election),
    ("api", Category::Api),
    ("etcd", Category::Etcd),
    ("balancer", Category::LoadBalancer),
    ("pods", Category::Pods),
    ("nodes", Category::Node),
    ("you", Category::Act),
];

fn name_of<T: PartialEq>(table: &'static [(&'static str, T)], wanted: &T) -> &'static str {
    table.iter().find(|(_, value)| value == wanted).map_or("", |(name, _)| name)
}

fn called<T: Copy>(table: &[(&str, T)], value: &Value) -> Option<T> {
    let name = value.as_str()?;
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// Returns the settings as text.
pub(crate) fn settings(model: &Model) -> String {
    let hidden: Vec<&str> = model.page.hidden.iter().map(|class| name_of(&CLASSES, class)).collect();
    let category = model.deck.filter.category.as_ref().map(|category| name_of(&CATEGORIES, category));
    json!({
        "kept": VERSION, "speed": model.transport.speed, "hidden": hidden, "events": category, "span": model.deck.span.0,
    })
    .to_string()
}

/// Applies the settings. A part that cannot be read is ignored. Returns false if no part could be read.
pub(crate) fn set(model: &mut Model, text: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return false };
    if value.get("kept").and_then(Value::as_u64) != Some(VERSION) {
        return false;
    }
    if let Some(speed) = value.get("speed").and_then(Value::as_u64) {
        model.transport.speed = (speed as usize).min(SPEEDS.len() - 1);
    }
    if let Some(hidden) = value.get("hidden").and_then(Value::as_array) {
        let mut classes: Vec<MessageClass> = hidden.iter().filter_map(|class| called(&CLASSES, class)).collect();
        classes.dedup();
        model.page.hidden = Rc::new(classes);
    }
    if let Some(category) = value.get("events") {
        Rc::make_mut(&mut model.deck.filter).category = called(&CATEGORIES, category);
    }
    if let Some(span) = value.get("span") {
        let span = Span(span.as_u64());
        if SPANS.iter().any(|(known, _)| *known == span) {
            model.deck.span = span;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;

    #[test]
    fn settings_come_back_and_nonsense_is_passed_over() {
        let mut model = Model::new(Session::new(), false, true);
        (model.transport.speed, model.page.hidden) = (3, Rc::new(vec![MessageClass::Raft, MessageClass::App]));
        Rc::make_mut(&mut model.deck.filter).category = Some(Category::LoadBalancer);
        model.deck.span = Span(None);
        let text = settings(&model);
        let mut other = Model::new(Session::new(), false, true);
        assert!(set(&mut other, &text));
        assert_eq!((other.transport.speed, &other.page.hidden, &other.deck), (3, &model.page.hidden, &model.deck));
        assert!(set(&mut other, r#"{"kept":1,"speed":99,"hidden":[7,"raft"],"events":{},"span":-4}"#));
        assert_eq!((other.transport.speed, other.page.hidden.len(), other.deck.filter.category), (4, 1, None));
        assert!(!set(&mut other, "{") && !set(&mut other, r#"{"kept":2}"#));
    }
}
