//! The kept run of a visit as text. Pure; `saver` stores it. `ui::model::settings` has the page's settings.
//!
//! A kept run is a scenario with the moment that was shown. Only the shown branch is kept.

pub mod shelf;

#[cfg(target_arch = "wasm32")]
pub(super) mod saver;

use serde_json::Value;

use crate::lab::scenario::{MAX_FILE, Scenario};
use crate::sim::SimDuration;

/// The version of the format.
pub(super) const VERSION: u64 = 1;

/// A run of an earlier visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The run to the head of its branch.
    pub(crate) run: Scenario,
    /// The moment that was shown, µs.
    pub(crate) now_us: u64,
}

/// Returns the run as text. `None` if that is too long to be read again.
pub(crate) fn write(kept: &Kept) -> Option<String> {
    let run = kept.run.to_json();
    let text = format!(r#"{{"kept":{VERSION},"now":"{}","run":{run}}}"#, SimDuration(kept.now_us));
    (text.len() <= MAX_FILE).then_some(text)
}

/// Reads a kept run.
///
/// # Errors
/// Why it cannot be read: it is damaged, or another version of the page wrote it.
pub fn read(text: &str) -> Result<Kept, String> {
    if text.len() > MAX_FILE {
        return Err(format!("{} bytes, at most 1 MiB is read", text.len()));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    match value.get("kept").and_then(Value::as_u64) {
        Some(VERSION) => {}
        found => return Err(format!("version {}, this page knows {VERSION}", found.unwrap_or_default())),
    }
    let now = value.get("now").and_then(Value::as_str).unwrap_or_default();
    let now = SimDuration::parse(now).map_err(|error| format!("now: {error}"))?;
    let run = value.get("run").map(Value::to_string).unwrap_or_default();
    let run = Scenario::parse(&run).map_err(|error| format!("run: {error}"))?;
    Ok(Kept { now_us: now.0.min(run.until.0.0), run })
}

impl Kept {
    /// Returns whether it is worth keeping: it has an act, or another cluster than a first visit's.
    pub(crate) fn is_worth_it(&self) -> bool {
        let first = Scenario::default();
        !self.run.script.is_empty() || self.run.cluster != first.cluster || self.run.seed != first.seed
    }

    /// Returns the run without its last act, at the moment of that act.
    pub(crate) fn before_the_last_act(mut self) -> Self {
        if let Some(last) = self.run.script.pop() {
            self.run.until = last.at;
        }
        self.now_us = self.run.until.0.0;
        self
    }
}

/// Returns the `data:` address of a file, for a link that works without code.
pub(crate) fn data_url(json: &str) -> String {
    use std::fmt::Write;
    let mut url = "data:application/json;charset=utf-8,".to_owned();
    for byte in json.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b',' | b'/' => {
                url.push(byte as char);
            }
            _ => drop(write!(url, "%{byte:02X}")),
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::Session;
    use crate::lab::view::Verb;

    fn kept() -> Kept {
        let mut session = Session::new();
        session.act("master-1", Verb::PowerOff).expect("it is on");
        session.advance(5_000_000);
        Kept { run: session.to_head(), now_us: 31_000_000 }
    }

    #[test]
    fn a_run_comes_back_as_it_was() {
        let kept = kept();
        assert_eq!(read(&write(&kept).expect("small")), Ok(kept.clone()));
        assert!(kept.is_worth_it());
        let before = kept.before_the_last_act();
        assert_eq!((before.run.script.len(), before.now_us), (0, 30_000_000));
        assert!(!before.is_worth_it());
    }

    #[test]
    fn what_is_damaged_is_said_and_never_panics() {
        let good = write(&kept()).expect("small");
        let check = |text: &str, expect: &str| {
            let found = read(text).expect_err(text);
            assert!(found.contains(expect), "{text}: {found}");
        };
        check("", "EOF");
        check(&good[..good.len() / 2], "EOF");
        check("[]", "version 0, this page knows 1");
        check(&good.replace("\"kept\":1", "\"kept\":2"), "version 2, this page knows 1");
        check(&good.replace("\"31s\"", "\"soon\""), "now: \"soon\" is not a duration");
        check(&good.replace("power-off", "explode"), "run: script[0].do: \"explode\" is not known here");
        check(&" ".repeat(MAX_FILE + 1), "at most 1 MiB is read");
        for at in (0..good.len()).step_by(7) {
            let _ = read(&format!("{}\u{0}{}", &good[..at], &good[at..]));
        }
    }

    #[test]
    fn a_link_holds_the_whole_file() {
        assert_eq!(
            data_url("{\"a b\":\"µ#%\"}"),
            "data:application/json;charset=utf-8,%7B%22a%20b%22:%22%C2%B5%23%25%22%7D"
        );
    }
}
