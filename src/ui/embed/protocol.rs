//! Version 1 of the messages between the lab and a page that embeds it, as JSON. docs/embedding.md describes them.

use serde_json::{Value, json};

use crate::lab::link::{self, Link};

/// The longest message that is read, in bytes.
pub(crate) const MAX_MESSAGE: usize = 1 << 20;
const VERSION: u64 = 1;

/// A request of the embedding page.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Play,
    Pause,
    Load(Box<Link>),
}

/// A message to the embedding page.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A cluster runs and orders are accepted. Sent again after each `load`.
    Ready { seed: u64, now_us: u64 },
    /// Time has started or stopped.
    Playing(bool),
    /// The learner is at this beat, counted from 1.
    Progress { lesson: String, beat: u32, beats: u32 },
    /// A lesson was completed, with `right` right answers.
    Result { lesson: String, right: u32, questions: u32 },
    /// An order was refused, for this reason.
    Error(String),
}

/// Reads a message. `None` if it is not for the lab at all.
///
/// # Errors
/// Why it is refused.
pub fn read(text: &str) -> Option<Result<Order, String>> {
    if text.len() > MAX_MESSAGE {
        return Some(Err(format!("a message of {} bytes; allowed: at most {MAX_MESSAGE}", text.len())));
    }
    let message: Value = serde_json::from_str(text).ok()?;
    match message.get("haLab")?.as_u64() {
        Some(VERSION) => {}
        _ => return Some(Err(format!("haLab: {}; allowed: {VERSION}", shown(&message["haLab"])))),
    }
    Some(match message["type"].as_str() {
        Some("play") => Ok(Order::Play),
        Some("pause") => Ok(Order::Pause),
        Some("load") => load(&message).map(|link| Order::Load(Box::new(link))),
        _ => Err(format!("type: {}; allowed: play, pause, load", shown(&message["type"]))),
    })
}

/// Returns a value as text, shortened.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().nth(60).is_none() { text } else { text.chars().take(57).collect::<String>() + "..." }
}

fn load(message: &Value) -> Result<Link, String> {
    match (&message["link"], &message["scenario"]) {
        (Value::String(link), Value::Null) => {
            // A whole address is accepted; its fragment counts.
            let fragment = link.rsplit_once('#').map_or(link.as_str(), |(_, fragment)| fragment);
            link::decode(fragment).map_err(|error| error.to_string())?.ok_or("link: it is none of the lab's".to_owned())
        }
        (Value::Null, scenario @ Value::Object(_)) => {
            link::from_file(&scenario.to_string()).map_err(|error| format!("scenario: {error}"))
        }
        _ => Err("load: allowed: a link or a scenario, not both".to_owned()),
    }
}

/// Returns an event as a message.
pub fn write(event: &Event) -> String {
    let mut message = match event {
        Event::Ready { seed, now_us } => json!({"type": "ready", "seed": seed, "timeMs": now_us / 1_000}),
        Event::Playing(true) => json!({"type": "play"}),
        Event::Playing(false) => json!({"type": "pause"}),
        Event::Progress { lesson, beat, beats } => {
            json!({"type": "progress", "lesson": lesson, "beat": beat, "beats": beats})
        }
        Event::Result { lesson, right, questions } => {
            // A lesson without questions counts as fully right once completed.
            let score = if *questions == 0 { 100 } else { 100 * right / questions };
            json!({"type": "result", "lesson": lesson, "right": right, "questions": questions, "score": score})
        }
        Event::Error(text) => json!({"type": "error", "text": text}),
    };
    message["haLab"] = VERSION.into();
    message.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::link::Place;

    #[test]
    fn orders_are_read() {
        let check = |text: &str, expect: Option<Result<Order, &str>>| {
            let found = read(text);
            match (&found, expect) {
                (Some(Err(found)), Some(Err(expect))) => assert!(found.contains(expect), "{text}: {found}"),
                (found, expect) => {
                    assert_eq!(*found, expect.map(|order| order.map_err(str::to_owned)), "{text}");
                }
            }
        };
        check(r#"{"haLab":1,"type":"play"}"#, Some(Ok(Order::Play)));
        check(r#"{"haLab":1,"type":"pause","more":[]}"#, Some(Ok(Order::Pause)));
        check(r#"{"type":"play"}"#, None);
        check("nonsense", None);
        check(r#""play""#, None);
        check(r#"{"haLab":2,"type":"play"}"#, Some(Err("haLab: 2; allowed: 1")));
        check(r#"{"haLab":1,"type":"explode"}"#, Some(Err("type: \"explode\"; allowed: play, pause, load")));
        check(r#"{"haLab":1}"#, Some(Err("type: null")));
        check(r#"{"haLab":1,"type":"load"}"#, Some(Err("allowed: a link or a scenario")));
        check(r##"{"haLab":1,"type":"load","link":"#1.%"}"##, Some(Err("character 3 of the link")));
        check(r##"{"haLab":1,"type":"load","link":"#time"}"##, Some(Err("none of the lab's")));
        check(r#"{"haLab":1,"type":"load","scenario":{"version":1,"seed":-1}}"#, Some(Err("scenario: seed: -1")));
        let long = "x".repeat(100);
        let shown = format!("type: \"{}...; allowed: play", "x".repeat(56));
        check(&format!(r#"{{"haLab":1,"type":"{long}"}}"#), Some(Err(&shown)));
        let long = format!("\"{}\"", "x".repeat(MAX_MESSAGE));
        assert!(read(&long).is_some_and(|order| order.is_err_and(|error| error.contains("at most"))));
    }

    #[test]
    fn a_moment_is_loaded_by_link_or_as_a_scenario() {
        let loaded = |text: &str| match read(text) {
            Some(Ok(Order::Load(link))) => *link,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(loaded(r#"{"haLab":1,"type":"load","scenario":{"version":1,"seed":5}}"#).scenario.seed, 5);
        let place = Some(Place { lesson: "takeover".to_owned(), beat: 2 });
        let by_link = r##"{"haLab":1,"type":"load","link":"https://x/y/#lesson/takeover/2"}"##;
        assert_eq!(loaded(by_link).place, place);
    }

    #[test]
    fn events_are_written() {
        let check = |event: Event, expect: &str| assert_eq!(write(&event), expect);
        check(Event::Ready { seed: 1, now_us: 30_000_000 }, r#"{"haLab":1,"seed":1,"timeMs":30000,"type":"ready"}"#);
        check(Event::Playing(true), r#"{"haLab":1,"type":"play"}"#);
        check(Event::Playing(false), r#"{"haLab":1,"type":"pause"}"#);
        let lesson = || "takeover".to_owned();
        check(
            Event::Progress { lesson: lesson(), beat: 2, beats: 9 },
            r#"{"beat":2,"beats":9,"haLab":1,"lesson":"takeover","type":"progress"}"#,
        );
        check(
            Event::Result { lesson: lesson(), right: 2, questions: 3 },
            r#"{"haLab":1,"lesson":"takeover","questions":3,"right":2,"score":66,"type":"result"}"#,
        );
        check(Event::Error("no".to_owned()), r#"{"haLab":1,"text":"no","type":"error"}"#);
    }
}
