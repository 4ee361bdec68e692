//! Links: a moment of the lab in the fragment of an address, `#1.AbC...`, and the errors of damaged ones.
//!
//! Version 1: the scenario as JSON, without the parts that are the default, with `now`, `lesson` and `beat` beside its
//! keys. Frequent pieces become one byte (`dictionary::WORDS`), a checksum follows, and the whole is base64url.
//! `#lesson/NAME` and `#lesson/NAME/BEAT` can be typed by hand.
//!
//! A link comes from anywhere, so decoding is bounded: in length, and by all checks of a scenario. How much work it takes
//! to reach the moment is not known in advance, so the page counts it while it runs. Old links must stay readable:
//! `link/tests.rs` keeps some of each version.

mod dictionary;

use serde_json::{Map, Value};

use super::scenario::{self, Scenario, ScenarioError};
use crate::sim::SimDuration;

/// The version that is written.
pub(crate) const VERSION: u32 = 1;
/// The longest fragment that is read or written, in characters. Every browser and nearly every chat keeps that much.
pub(crate) const MAX_LENGTH: usize = 8_192;
/// The longest JSON inside it, in bytes.
const MAX_JSON: usize = 1 << 18;
/// The longest name of a lesson, in characters.
pub(crate) const MAX_LESSON: usize = 64;
/// The last beat that a link may name.
pub(crate) const MAX_BEAT: u64 = 999;

/// A moment of the lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The acts until its end, which is as far as the session had run.
    pub scenario: Scenario,
    /// The moment that is shown. `None` is the end.
    pub(crate) now: Option<SimDuration>,
    pub(crate) place: Option<Place>,
}

impl Link {
    /// Returns whether the link names a moment of a run, and not a lesson alone or nothing in particular.
    pub(crate) fn is_moment(&self) -> bool {
        self.now.is_some() || self.scenario != Scenario::default()
    }
}

/// A place in a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) lesson: String,
    /// Counted from 0.
    pub(crate) beat: u32,
}

fn error(path: impl Into<String>, found: impl Into<String>, allowed: impl Into<String>) -> ScenarioError {
    ScenarioError { path: path.into(), found: found.into(), allowed: allowed.into() }
}

const WHOLE: &str = "the whole link as it was copied";

/// Returns the fragment for a moment, with its `#`.
///
/// # Errors
/// If it would be too long: such a session travels as a file.
pub fn encode(link: &Link) -> Result<String, ScenarioError> {
    let json = minimal(link);
    if json.len() > MAX_JSON {
        return Err(error("the link", format!("{} bytes of text", json.len()), format!("at most {MAX_JSON}")));
    }
    let fragment = forge(&json);
    if fragment.len() > MAX_LENGTH {
        return Err(error("the link", format!("{} characters", fragment.len()), format!("at most {MAX_LENGTH}")));
    }
    Ok(fragment)
}

/// Returns the link for any JSON, valid or not, with a correct checksum. Valid links are written with it, and tests write
/// malicious ones.
pub fn forge(json: &str) -> String {
    let mut bytes = dictionary::shorten(&ascii(json));
    bytes.extend(checksum(&bytes).to_be_bytes());
    format!("#{VERSION}.{}", base64url(&bytes))
}

/// Decodes a fragment. `None` if it is a place in the page and no link of the lab.
///
/// # Errors
/// The first thing that is wrong: where, what was found, what is allowed.
pub fn decode(fragment: &str) -> Result<Option<Link>, ScenarioError> {
    let text = fragment.strip_prefix('#').unwrap_or(fragment);
    if let Some(place) = text.strip_prefix("lesson/") {
        return typed_place(place).map(Some);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (version, rest) = text.split_at(digits);
    if version.is_empty() || !(rest.is_empty() || rest.starts_with('.')) {
        return Ok(None);
    }
    if text.len() > MAX_LENGTH {
        return Err(error("the link", format!("{} characters", text.len()), format!("at most {MAX_LENGTH}")));
    }
    let Some(body) = rest.strip_prefix('.').filter(|body| !body.is_empty()) else {
        return Err(error("the link", "nothing after its version", WHOLE));
    };
    match version {
        "1" => version_1(body).map(Some),
        _ => {
            let shown: String = version.chars().take(20).collect();
            let allowed = "1 (reload the page: a newer lab may know it)";
            Err(error("the link's version", shown, allowed))
        }
    }
}

fn version_1(body: &str) -> Result<Link, ScenarioError> {
    let mut bytes = unbase64url(body)?;
    let sum = bytes.len().checked_sub(2).map(|at| bytes.split_off(at));
    let fits = sum.is_some_and(|sum| sum == checksum(&bytes).to_be_bytes());
    if !fits {
        return Err(error("the link", "a checksum that does not fit: a part is missing or was changed", WHOLE));
    }
    let json = dictionary::lengthen(&bytes, MAX_JSON).ok_or_else(|| error("the link", "more text than fits", WHOLE))?;
    let value: Value =
        serde_json::from_str(&json).map_err(|e| error("the link", e.to_string(), "a JSON object inside"))?;
    let Value::Object(mut map) = value else {
        return Err(error("the link", "no JSON object inside", "a JSON object inside"));
    };
    let lesson = map.remove("lesson");
    let beat = map.remove("beat");
    let now = map.remove("now");
    map.insert("version".to_owned(), Value::from(1));
    let scenario = Scenario::from_value(&Value::Object(map))?;
    Ok(Link { now: read_now(now, &scenario)?, place: read_place(lesson, beat)?, scenario })
}

fn read_now(now: Option<Value>, scenario: &Scenario) -> Result<Option<SimDuration>, ScenarioError> {
    let Some(now) = now else { return Ok(None) };
    let until = scenario.until.0;
    let read = now.as_str().and_then(|text| SimDuration::parse(text).ok()).filter(|now| *now <= until);
    match read {
        Some(now) => Ok(Some(now)),
        None => Err(error("now", shown(&now), format!("a duration from 0s to until, which is {until}"))),
    }
}

fn read_place(lesson: Option<Value>, beat: Option<Value>) -> Result<Option<Place>, ScenarioError> {
    let Some(lesson) = lesson else {
        return match beat {
            None => Ok(None),
            Some(beat) => Err(error("beat", format!("{} without a lesson", shown(&beat)), "lesson and beat together")),
        };
    };
    let name = lesson.as_str().unwrap_or_default();
    if !is_name(name) {
        return Err(error("lesson", shown(&lesson), NAMES));
    }
    let beat = match beat {
        None => 0,
        Some(beat) => match beat.as_u64().filter(|beat| *beat <= MAX_BEAT) {
            Some(beat) => beat as u32,
            None => return Err(error("beat", shown(&beat), format!("0 to {MAX_BEAT}"))),
        },
    };
    Ok(Some(Place { lesson: name.to_owned(), beat }))
}

const NAMES: &str = "lower case letters, digits and hyphens, at most 64";

fn is_name(name: &str) -> bool {
    let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && name.len() <= MAX_LESSON && name.bytes().all(part)
}

/// Reads `NAME` or `NAME/BEAT`, as typed.
fn typed_place(text: &str) -> Result<Link, ScenarioError> {
    let (name, beat) = text.split_once('/').unwrap_or((text, "0"));
    let quoted = |text: &str| shown(&Value::from(text));
    if !is_name(name) {
        return Err(error("the link's lesson", quoted(name), NAMES));
    }
    let beat = beat.parse().ok().filter(|beat| u64::from(*beat) <= MAX_BEAT);
    let beat: u32 = beat.ok_or_else(|| error("the link's beat", quoted(text), format!("0 to {MAX_BEAT}")))?;
    Ok(Link { scenario: Scenario::default(), now: None, place: Some(Place { lesson: name.to_owned(), beat }) })
}

/// Returns a value as text, shortened.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

/// Returns the parts that differ from the default, as ASCII JSON.
fn minimal(link: &Link) -> String {
    let read = |scenario: &Scenario| -> Value {
        serde_json::from_str(&scenario.to_json()).expect("what is written as JSON is read as JSON")
    };
    let mut value = read(&link.scenario);
    prune(&mut value, &read(&Scenario::default()));
    let mut map = if let Value::Object(map) = value { map } else { Map::new() };
    if let Some(now) = link.now {
        map.insert("now".to_owned(), Value::from(now.to_string()));
    }
    if let Some(place) = &link.place {
        map.insert("lesson".to_owned(), Value::from(place.lesson.as_str()));
        if place.beat > 0 {
            map.insert("beat".to_owned(), Value::from(place.beat));
        }
    }
    Value::Object(map).to_string()
}

/// Removes from an object every value that `default` has too.
fn prune(value: &mut Value, default: &Value) {
    let (Value::Object(map), Value::Object(known)) = (value, default) else { return };
    for (key, default) in known {
        if map.get(key) == Some(default) {
            map.remove(key);
        } else if let Some(value) = map.get_mut(key) {
            prune(value, default);
        }
    }
}

/// Escapes all characters beyond ASCII, as JSON does.
fn ascii(json: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// CRC-16/XMODEM: finds links that were copied incompletely or mistyped. It is no protection against forgery.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum: u16, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| sum << 1 ^ if sum & 0x8000 == 0 { 0 } else { 0x1021 })
    })
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits: u32, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for at in 0..=group.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * at)) as usize & 63]));
        }
    }
    out
}

fn unbase64url(text: &str) -> Result<Vec<u8>, ScenarioError> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0);
    for (at, c) in text.chars().enumerate() {
        let digit = DIGITS.iter().position(|digit| char::from(*digit) == c).ok_or_else(|| {
            let allowed = "letters, digits, - and _";
            error(format!("character {} of the link", at + 3), shown(&Value::from(c.to_string())), allowed)
        })?;
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // Another spelling of the same bytes would be a second link to the same moment.
    if count == 6 || bits != 0 {
        return Err(error("the end of the link", "a part of a character", WHOLE));
    }
    Ok(out)
}

/// Returns a link as a file: the scenario with every default written out, and `now`, `lesson` and `beat` if set.
pub(crate) fn to_file(link: &Link) -> String {
    let mut file = link.scenario.to_json();
    let mut add = |key: &str, value: Value| {
        file.pop();
        file = format!("{file},\"{key}\":{value}}}");
    };
    if let Some(now) = link.now {
        add("now", Value::from(now.to_string()));
    }
    if let Some(place) = &link.place {
        add("lesson", Value::from(place.lesson.as_str()));
        add("beat", Value::from(place.beat));
    }
    file
}

/// Reads such a file, or any scenario. It may be too large for a link.
///
/// # Errors
/// As [`Scenario::parse`].
pub fn from_file(text: &str) -> Result<Link, ScenarioError> {
    let mut value = scenario::json(text)?;
    let (now, lesson, beat) = match &mut value {
        Value::Object(map) => (map.remove("now"), map.remove("lesson"), map.remove("beat")),
        _ => (None, None, None),
    };
    let scenario = Scenario::from_value(&value)?;
    Ok(Link { now: read_now(now, &scenario)?, place: read_place(lesson, beat)?, scenario })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
