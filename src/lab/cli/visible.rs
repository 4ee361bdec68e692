//! Output for a terminal: characters that would control it are escaped, as `\u001b`.
//!
//! File names, keys of scenarios, lessons and typed commands come from anywhere, and reach the output in many ways. So
//! everything that `ha-lab` prints passes through here last. JSON stays JSON: such a character is always inside a string,
//! where this is its escape.

use std::io::{self, Write};

/// A writer that escapes, and passes on to another writer.
pub(super) struct Visible<'a> {
    to: &'a mut dyn Write,
    /// The first bytes of a character whose other bytes have not been written yet.
    begun: Vec<u8>,
}

impl<'a> Visible<'a> {
    pub(super) fn new(to: &'a mut dyn Write) -> Self {
        Self { to, begun: Vec::new() }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| steers(c)) {
            self.to.write_all(&rest.as_bytes()[..at])?;
            write!(self.to, "\\u{:04x}", c as u32)?;
            rest = &rest[at + c.len_utf8()..];
        }
        self.to.write_all(rest.as_bytes())
    }
}

/// Returns whether a terminal would do more than show it: a control character other than newline and tab, or one that
/// changes the direction of text, which can make a line look like another one.
fn steers(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

impl Write for Visible<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.text(chunk.valid())?;
            let odd = chunk.invalid();
            let may_go_on = chunks.peek().is_none() && std::str::from_utf8(odd).is_err_and(|e| e.error_len().is_none());
            if may_go_on {
                self.begun = odd.to_vec();
            } else if !odd.is_empty() {
                self.text("\u{fffd}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_written_out_and_all_else_stays() {
        let check = |text: &str, expect: &str| {
            let mut out = Vec::new();
            Visible::new(&mut out).write_all(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expect, "{text:?} at once");
            let mut out = Vec::new();
            let mut visible = Visible::new(&mut out);
            text.bytes().for_each(|byte| visible.write_all(&[byte]).unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), expect, "{text:?} byte by byte");
        };
        check("", "");
        check("a\tb\nc \\u001b 高可用 é 🦀", "a\tb\nc \\u001b 高可用 é 🦀");
        check("\u{1b}[31mRED\u{1b}]0;t\u{7}", "\\u001b[31mRED\\u001b]0;t\\u0007");
        check(
            "\0\r\u{8}\u{7f}\u{80}\u{9b}31m\u{9f}\u{a0}",
            "\\u0000\\u000d\\u0008\\u007f\\u0080\\u009b31m\\u009f\u{a0}",
        );
        check("a\u{202e}b\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}", "a\\u202eb\\u2066\\u2069\\u200e\\u200f\\u061c");
        check("\u{200d}\u{2029}\u{206a}\u{202f}", "\u{200d}\u{2029}\u{206a}\u{202f}");
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        let check = |bytes: &[u8], expect: &str| {
            let mut out = Vec::new();
            Visible::new(&mut out).write_all(bytes).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expect, "{bytes:?}");
        };
        check(b"a\x9b31m", "a\u{fffd}31m");
        check(b"\xe2\x80a\xff", "\u{fffd}a\u{fffd}");
    }
}
