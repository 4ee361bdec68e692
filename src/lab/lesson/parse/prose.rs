//! The markup of a paragraph: `**bold**`, `*emphasis*`, `` `code` ``, `[word](#term)` and `{measure}`. Nothing nests, except a
//! measure in code. A backslash escapes the character after it.

use crate::lab::lesson::model::{Inline, Measure, Prose};

/// The longest paragraph, in bytes.
pub(crate) const MAX_PARAGRAPH: usize = 1_000;

/// Reads a paragraph. `measure` reads the text in braces.
///
/// # Errors
/// What is wrong, and what is allowed.
pub(crate) fn read(text: &str, measure: &mut dyn FnMut(&str) -> Result<Measure, String>) -> Result<Prose, String> {
    if text.len() > MAX_PARAGRAPH {
        return Err(format!("a paragraph of {} bytes; allowed: at most {MAX_PARAGRAPH}", text.len()));
    }
    let (mut out, mut plain, mut rest) = (Prose::new(), String::new(), text);
    while let Some(first) = rest.chars().next() {
        let (piece, after) = match first {
            '\\' => {
                let mut chars = rest.chars();
                chars.next();
                plain.push(chars.next().unwrap_or('\\'));
                rest = chars.as_str();
                continue;
            }
            '*' if rest.starts_with("**") => {
                let (inner, after) = enclosed(rest, "**", "**")?;
                (Inline::Bold(inner.to_owned()), after)
            }
            '*' => {
                let (inner, after) = enclosed(rest, "*", "*")?;
                (Inline::Emphasis(inner.to_owned()), after)
            }
            '`' => {
                let (inner, after) = enclosed(rest, "`", "`")?;
                let measured = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
                match measured {
                    Some(inner) => (Inline::Printed(measure(inner.trim())?), after),
                    None => (Inline::Code(inner.to_owned()), after),
                }
            }
            '{' => {
                let (inner, after) = enclosed(rest, "{", "}")?;
                (Inline::Measured(measure(inner.trim())?), after)
            }
            '[' => {
                let (word, after) = enclosed(rest, "[", "]")?;
                let (term, after) = enclosed(after, "(#", ")")
                    .map_err(|_| format!("[{word}] is not followed by (#term); allowed: [word](#term), or \\["))?;
                if term.is_empty() || !term.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                    return Err(format!("{term:?} is not the name of a term; allowed: a-z, 0-9 and -"));
                }
                (Inline::Term(word.to_owned(), term.to_owned()), after)
            }
            _ => {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        if !plain.is_empty() {
            out.push(Inline::Text(std::mem::take(&mut plain)));
        }
        out.push(piece);
        rest = after;
    }
    if !plain.is_empty() {
        out.push(Inline::Text(plain));
    }
    Ok(out)
}

/// Splits off the text between two signs, which may not be empty, and returns it with the rest.
fn enclosed<'a>(text: &'a str, open: &str, close: &str) -> Result<(&'a str, &'a str), String> {
    let sign = || format!("{open:?} is opened and not closed; allowed: {open}...{close}, or \\{open}");
    let (inner, after) = text.strip_prefix(open).ok_or_else(sign)?.split_once(close).ok_or_else(sign)?;
    if inner.trim().is_empty() { Err(format!("nothing between {open} and {close}")) } else { Ok((inner, after)) }
}
