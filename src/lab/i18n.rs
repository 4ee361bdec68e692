//! Texts in the learner's language. English is in the code, beside its key. Any other language is a JSON file with the same
//! keys, `static/texts/LANGUAGE.json`, which the page loads when it is chosen. Output of programs is not translated.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Deref;

use crate::sim::map::Map;

/// One text of the interface, in the current language. English if that language lacks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// Its name in the files of other languages.
    pub(crate) key: &'static str,
    pub(crate) english: &'static str,
}

/// The texts of one language, by key.
pub(crate) type Table = Map<String, &'static str>;

thread_local! {
    static TABLE: RefCell<Option<Table>> = const { RefCell::new(None) };
    static CHANGES: Cell<u32> = const { Cell::new(0) };
}

/// Sets the current language. `None` is English.
pub(crate) fn speak(table: Option<Table>) {
    TABLE.set(table);
    CHANGES.set(CHANGES.get() + 1);
}

/// Returns how often the language has changed. After a change, texts composed before it are out of date.
pub(crate) fn changes() -> u32 {
    CHANGES.get()
}

/// Reads the file of a language: an object of texts.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn parse(file: &str) -> Result<Table, String> {
    let value: serde_json::Value = serde_json::from_str(file).map_err(|error| error.to_string())?;
    let object = value.as_object().ok_or("found no object, allowed is {\"NAME\": \"text\", ...}")?;
    let mut table = Table::new();
    for (key, text) in object {
        let text = text.as_str().ok_or_else(|| format!("{key}: found {text}, allowed is a text"))?;
        // Kept until the page is left, like the English ones.
        table.insert(key.clone(), String::leak(text.to_owned()));
    }
    Ok(table)
}

impl Text {
    /// Returns the text in the current language.
    pub(crate) fn get(&self) -> &'static str {
        TABLE.with_borrow(|table| table.as_ref().and_then(|table| table.get(self.key).copied())).unwrap_or(self.english)
    }

    /// Returns the text with each `{name}` replaced by its value.
    pub(crate) fn with(&self, values: &[(&str, &dyn fmt::Display)]) -> String {
        use fmt::Write;
        let mut out = String::new();
        let mut rest = self.get();
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (name, next) = after.split_once('}').unwrap_or((after, ""));
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                let _ = write!(out, "{value}");
            }
            rest = next;
        }
        out.push_str(rest);
        out
    }
}

/// Returns `one` if `n` is 1, else `many`, with `{n}` replaced by `shown`.
pub(crate) fn plural(n: u64, shown: impl fmt::Display, one: Text, many: Text) -> String {
    if n == 1 { one } else { many }.with(&[("n", &shown)])
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.get()
    }
}

impl From<Text> for std::rc::Rc<str> {
    fn from(text: Text) -> Self {
        text.get().into()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

/// Declares texts: `texts! { SKIP = "Skip to the time"; LED = "{host} led for {time}"; }` declares constants, and `CATALOGUE`.
macro_rules! texts {
    ($($(#[$about:meta])* $name:ident = $english:expr;)*) => {
        $($(#[$about])* pub(crate) const $name: $crate::lab::i18n::Text =
            $crate::lab::i18n::Text { key: stringify!($name), english: $english };)*
        /// Every text declared here, for the test that other languages have them all.
        #[cfg(test)]
        pub(crate) const CATALOGUE: &[$crate::lab::i18n::Text] = &[$($name),*];
    };
}
pub(crate) use texts;

#[cfg(test)]
mod tests {
    use super::*;

    mod some {
        super::texts! {
            LED = "{host} led for {time}";
            ONE = "{n} master";
            MANY = "{n} masters";
        }
    }

    #[test]
    fn places_are_filled_in_and_another_language_may_order_them_anew() {
        let led = || some::LED.with(&[("host", &"master-1"), ("time", &"3 s")]);
        assert_eq!(led(), "master-1 led for 3 s");
        speak(Some(parse(r#"{"LED": "{time}: {host}"}"#).expect("an object")));
        assert_eq!(led(), "3 s: master-1");
        assert_eq!(plural(1, 1, some::ONE, some::MANY), "1 master", "what it lacks is English");
        speak(None);
        assert_eq!(plural(2, 2, some::ONE, some::MANY), "2 masters");
        assert_eq!(parse("[1]").unwrap_err(), "found no object, allowed is {\"NAME\": \"text\", ...}");
        assert_eq!(parse(r#"{"A": 1}"#).unwrap_err(), "A: found 1, allowed is a text");
        assert_eq!(some::CATALOGUE.len(), 3);
    }
}
