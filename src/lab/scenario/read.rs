//! Reads JSON and keeps track of the path: every error names the place, what was found and what is allowed.
//!
//! `serde`'s derive can neither name paths nor list the keys allowed at a place, so the saved format is read by hand.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::texts as say;
use crate::sim::SimDuration;

/// An error in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The place in the file: `script[0].target`, or a line and column if it is no JSON.
    pub path: String,
    /// What was found.
    pub found: String,
    /// What is allowed there.
    pub allowed: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, found, allowed } = self;
        write!(f, "{}: {}; allowed: {}", short(path, 200), short(found, 2_000), short(allowed, 2_000))
    }
}

/// Shortens a text, which may be as long as a file, for an error message.
pub(in crate::lab) fn short(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => text.into(),
        Some((end, _)) => format!("{}...", &text[..end]).into(),
    }
}

impl std::error::Error for ScenarioError {}

pub(super) type Read<T> = Result<T, ScenarioError>;

/// A value and its path.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(crate) path: String,
    pub(crate) value: &'a Value,
}

/// An object of known keys, and its path.
pub(super) struct Object<'a> {
    pub(crate) path: String,
    map: &'a Map<String, Value>,
}

/// Returns a value as in the file, shortened.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(57).collect::<String>() + "..." }
}

impl<'a> At<'a> {
    pub(crate) fn top(value: &'a Value) -> Self {
        At { path: String::new(), value }
    }

    pub(crate) fn error(&self, found: impl fmt::Display, allowed: impl Into<String>) -> ScenarioError {
        let path = if self.path.is_empty() { "the file" } else { &self.path };
        ScenarioError { path: path.to_owned(), found: found.to_string(), allowed: allowed.into() }
    }

    /// Returns the path of a key of this object.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Returns an error that quotes the value: `"x" is not a host`.
    pub(crate) fn refuse(&self, why: impl fmt::Display, allowed: impl Into<String>) -> ScenarioError {
        self.error(say::FILE_FOUND.with(&[("value", &shown(self.value)), ("why", &why)]), allowed)
    }

    fn wrong_type(&self, wanted: &str) -> ScenarioError {
        let is = match self.value {
            Value::Null => say::FILE_IS_NULL,
            Value::Bool(_) => say::FILE_IS_BOOLEAN,
            Value::Number(_) => say::FILE_IS_NUMBER,
            Value::String(_) => say::FILE_IS_STRING,
            Value::Array(_) => say::FILE_IS_LIST,
            Value::Object(_) => say::FILE_IS_OBJECT,
        };
        self.refuse(is, wanted)
    }

    /// Reads an object with no keys but these.
    pub(crate) fn object(&self, keys: &[&str]) -> Read<Object<'a>> {
        let object = self.any_object()?;
        object.no_other_keys(keys)?;
        Ok(object)
    }

    /// Reads an object whose keys are checked later.
    pub(crate) fn any_object(&self) -> Read<Object<'a>> {
        match self.value {
            Value::Object(map) => Ok(Object { path: self.path.clone(), map }),
            _ => Err(self.wrong_type("an object")),
        }
    }

    pub(crate) fn list(&self, allowed: &str, length: RangeInclusive<usize>) -> Read<Vec<At<'a>>> {
        let Value::Array(items) = self.value else { return Err(self.wrong_type(allowed)) };
        if !length.contains(&items.len()) {
            return Err(self.error(format!("a list of {}", items.len()), allowed));
        }
        let item = |(i, value)| At { path: format!("{}[{i}]", self.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(crate) fn string(&self, allowed: &str) -> Read<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong_type(allowed))
    }

    pub(crate) fn boolean(&self) -> Read<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("true, false"))
    }

    pub(crate) fn whole(&self, range: RangeInclusive<u64>) -> Read<u64> {
        let allowed = match (*range.start(), *range.end()) {
            (0, u64::MAX) => say::FILE_WHOLE.with(&[("to", &u64::MAX)]),
            (from, to) => say::FILE_RANGE.with(&[("from", &from), ("to", &to)]),
        };
        let Value::Number(number) = self.value else { return Err(self.wrong_type(&allowed)) };
        match number.as_u64() {
            Some(n) if range.contains(&n) => Ok(n),
            Some(_) => Err(self.refuse(say::FILE_OUT_OF_RANGE, allowed)),
            None if number.is_f64() => Err(self.refuse(say::FILE_NOT_WHOLE, allowed)),
            None => Err(self.refuse(say::FILE_OUT_OF_RANGE, allowed)),
        }
    }

    /// Reads a number with at most six decimals, as millionths.
    pub(crate) fn millionths(&self, from: u32, to: u32, allowed: &str) -> Read<u32> {
        let number = self.value.as_f64().ok_or_else(|| self.wrong_type(allowed))?;
        let ppm = (number * 1e6).round();
        if (f64::from(from)..=f64::from(to)).contains(&ppm) {
            Ok(ppm as u32)
        } else {
            Err(self.refuse(say::FILE_OUT_OF_RANGE, allowed))
        }
    }

    /// Reads a duration from `from` to `to`, both included.
    pub(crate) fn duration(&self, from: SimDuration, to: SimDuration) -> Read<SimDuration> {
        let allowed = say::FILE_DURATION.with(&[("from", &from), ("to", &to)]);
        let text = self.string(&allowed)?;
        let duration = SimDuration::parse(text).map_err(|_| self.refuse(say::FILE_NOT_DURATION, allowed.as_str()))?;
        if (from..=to).contains(&duration) { Ok(duration) } else { Err(self.refuse(say::FILE_OUT_OF_RANGE, allowed)) }
    }

    /// Reads one of a few words.
    pub(crate) fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Read<T> {
        let names: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
        let text = self.string(&names.join(", "))?;
        let found = words.iter().find(|(w, _)| *w == text).map(|(_, value)| *value);
        found.ok_or_else(|| self.refuse("is not known here", names.join(", ")))
    }
}

impl<'a> Object<'a> {
    pub(crate) fn no_other_keys(&self, keys: &[&str]) -> Read<()> {
        match self.map.keys().find(|k| !keys.contains(&k.as_str())) {
            None => Ok(()),
            Some(key) => Err(ScenarioError {
                path: self.path_of(key),
                found: "unknown key".to_owned(),
                allowed: if keys.is_empty() { "no keys".to_owned() } else { keys.join(", ") },
            }),
        }
    }

    fn path_of(&self, key: &str) -> String {
        // An empty key would be invisible.
        let shown: String = if key.is_empty() { "\"\"".to_owned() } else { key.chars().take(60).collect() };
        if self.path.is_empty() { shown } else { format!("{}.{shown}", self.path) }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<At<'a>> {
        let value = self.map.get(key)?;
        Some(At { path: self.path_of(key), value })
    }

    pub(crate) fn need(&self, key: &str, allowed: &str) -> Read<At<'a>> {
        self.get(key).ok_or_else(|| ScenarioError {
            path: self.path_of(key),
            found: "missing".to_owned(),
            allowed: allowed.to_owned(),
        })
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + '_ {
        self.map.iter().map(|(k, value)| (k.as_str(), At { path: self.path_of(k), value }))
    }
}
