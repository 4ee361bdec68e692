//! Joins parts of a sentence, with the punctuation of the language.

use crate::lab::i18n::Text;

crate::lab::i18n::texts! {
    /// Items of a list.
    JOIN_LIST = "{a}, {b}";
    /// Remarks about one thing.
    JOIN_COMMA = "{a}, {b}";
    /// Two whole sentences, each with its own full stop.
    JOIN_SENTENCES = "{a} {b}";
    /// A name, and a remark about it.
    JOIN_NAMED = "{a}: {b}";
    JOIN_ASIDE = "{a} ({b})";
    JOIN_CLAUSES = "{a}; {b}";
    /// A sentence, from one without its full stop.
    JOIN_STOP = "{a}.";
}

fn two(how: Text, a: &str, b: &str) -> String {
    how.with(&[("a", &a), ("b", &b)])
}

fn many<S: AsRef<str>>(how: Text, items: &[S]) -> String {
    let mut items = items.iter().map(AsRef::as_ref).filter(|item| !item.is_empty());
    let first = items.next().unwrap_or_default().to_owned();
    items.fold(first, |all, item| two(how, &all, item))
}

/// Joins a list: `a, b, c`.
pub(crate) fn list<S: AsRef<str>>(items: &[S]) -> String {
    many(JOIN_LIST, items)
}

/// Joins remarks about one thing: `a, b, c`. Empty ones are left out.
pub(crate) fn remarks<S: AsRef<str>>(items: &[S]) -> String {
    many(JOIN_COMMA, items)
}

/// Joins sentences. Empty ones are left out.
pub(crate) fn sentences<S: AsRef<str>>(items: &[S]) -> String {
    many(JOIN_SENTENCES, items)
}

/// Joins clauses: `one clause; another`. Empty ones are left out.
pub(crate) fn clauses<S: AsRef<str>>(items: &[S]) -> String {
    many(JOIN_CLAUSES, items)
}

/// Returns `name: remark`.
pub(crate) fn named(name: &str, said: &str) -> String {
    two(JOIN_NAMED, name, said)
}

/// Returns `text (aside)`.
pub(crate) fn aside(text: &str, aside: &str) -> String {
    two(JOIN_ASIDE, text, aside)
}

/// Returns `a clause.`
pub(crate) fn stop(a: &str) -> String {
    JOIN_STOP.with(&[("a", &a)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_by_the_signs_of_the_language() {
        assert_eq!(list(&["a", "b", "c"]), "a, b, c");
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(
            (sentences(&["One.", "Two."]), sentences(&["", "Two."])),
            ("One. Two.".to_owned(), "Two.".to_owned())
        );
        assert_eq!(clauses(&[&*aside(&named("lb-1", "off"), "why"), "b"]), "lb-1: off (why); b");
    }
}
