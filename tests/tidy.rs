//! Searches the prose of this repository for the phrases that docs/style.md bans in its first table. Prose is comments, Markdown
//! outside of code, and the texts of the page (`texts!` and `terms!`).

use crate::common::tree::{Joined, files, read, words};

/// A row of the table: a phrase, and its replacement.
type Banned = (String, String);

fn banned(page: &str) -> Vec<Banned> {
    let table = page.split("| not | write |").nth(1).unwrap_or_default().trim_start();
    let row = |line: &str| {
        let mut cells = line.strip_prefix('|')?.split('|');
        let phrase = cells.next()?.split('`').nth(1)?;
        Some((phrase.to_owned(), cells.next()?.trim().to_owned()))
    };
    table.lines().take_while(|line| line.starts_with('|')).filter_map(row).collect()
}

// ---- what is prose ----

/// Reads a source from left to right, and replaces everything but prose with spaces, so that the line numbers stay.
struct Source<'a> {
    rest: &'a str,
    prose: String,
}

impl Source<'_> {
    /// Keeps or blanks the next `len` bytes.
    fn take(&mut self, len: usize, keep: bool) {
        let (taken, rest) = self.rest.split_at(len);
        for c in taken.chars() {
            self.prose.push(if keep || c == '\n' { c } else { ' ' });
        }
        self.rest = rest;
    }

    /// Returns the distance to the end of `sign`, or to the end of the text.
    fn until(&self, from: usize, sign: &str) -> usize {
        self.rest[from..].find(sign).map_or(self.rest.len(), |at| from + at + sign.len())
    }

    /// Returns the length of a string with escapes that begins here, including both quotes.
    fn string(&self, quote: char) -> usize {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            if c == quote && !escaped {
                return at + quote.len_utf8();
            }
            escaped = c == '\\' && !escaped;
        }
        self.rest.len()
    }

    /// Returns the length of a Rust literal that begins here and may contain text that looks like a comment; 0 if there is none.
    fn raw_or_char(&self) -> usize {
        let hashes = self.rest[1..].chars().take_while(|c| *c == '#').count();
        if self.rest.starts_with('r') && self.rest[1 + hashes..].starts_with('"') {
            return self.until(2 + hashes, &format!("\"{}", "#".repeat(hashes)));
        }
        let mut next = self.rest.chars();
        match (next.next(), next.next(), next.next()) {
            (Some('\''), Some('\\'), _) => self.string('\''),
            (Some('\''), Some(c), Some('\'')) => 2 + c.len_utf8(),
            _ => 0,
        }
    }
}

/// Returns the comments of a source, and for Rust also the strings in `texts!` and `terms!`.
fn of_source(name: &str, text: &str) -> String {
    let (rust, script) = (name.ends_with(".rs"), !name.ends_with(".css"));
    let mut source = Source { rest: text, prose: String::new() };
    // The number of open braces in a block of texts, and the last character of code before this one.
    let (mut depth, mut last) = (0_usize, ' ');
    while let Some(c) = source.rest.chars().next() {
        let block = ["texts! {", "terms! {"].iter().find(|block| source.rest.starts_with(**block));
        if source.rest.starts_with("/*") {
            source.take(source.until(2, "*/"), true);
        } else if script && source.rest.starts_with("//") {
            source.take(source.until(2, "\n"), true);
        } else if rust && depth == 0 && block.is_some() {
            source.take("texts! {".len(), false);
            depth = 1;
        } else if c == '"' && script || !rust && script && matches!(c, '\'' | '`') {
            source.take(source.string(c), depth > 0);
        } else if rust && (c == '\'' || c == 'r' && !last.is_alphanumeric()) && source.raw_or_char() > 0 {
            source.take(source.raw_or_char(), false);
        } else {
            depth = match c {
                '{' if depth > 0 => depth + 1,
                '}' => depth.saturating_sub(1),
                _ => depth,
            };
            source.take(c.len_utf8(), false);
        }
        last = c;
    }
    source.prose
}

/// Returns Markdown without fenced blocks.
fn of_markdown(text: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        prose.push_str(if fence || fenced { "" } else { line });
        prose.push('\n');
    }
    prose
}

/// Returns the prose of a file, in lower case, line by line. Code in backticks is left out: it has names and quotations.
fn prose(name: &str, text: &str) -> String {
    let prose = if name.ends_with(".md") { of_markdown(text) } else { of_source(name, text) };
    let without_code = |line: &str| match line.matches('`').count() % 2 {
        0 => line.split('`').step_by(2).collect::<Vec<_>>().join("`"),
        _ => line.to_owned(),
    };
    prose.to_lowercase().lines().map(without_code).collect::<Vec<_>>().join("\n")
}

/// Returns `file:line: phrase` and the replacement for each phrase that is found.
fn findings(name: &str, text: &str, banned: &[Banned]) -> Vec<String> {
    let joined = Joined::new(&prose(name, text), false);
    let mut found = Vec::new();
    for (phrase, instead) in banned {
        for at in words(&joined.text, phrase) {
            found.push(format!("{name}:{}: \"{phrase}\"; write: {instead}", joined.line(at)));
        }
    }
    found
}

// ---- the tests ----

#[test]
fn prose_has_no_phrase_that_the_style_page_bans() {
    let banned = banned(&read("docs/style.md"));
    assert!(banned.len() > 10, "docs/style.md: {} phrases", banned.len());
    let all = files(&[".rs", ".js", ".mjs", ".css", ".md"]).into_iter().filter(|(name, _)| name != "docs/style.md");
    let found: Vec<String> = all.flat_map(|(name, text)| findings(&name, &text, &banned)).collect();
    assert!(found.is_empty(), "{} findings\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn the_list_of_words_can_be_read() {
    let banned = banned(&read("docs/style.md"));
    let mut faults = Vec::new();
    for (index, (phrase, instead)) in banned.iter().enumerate() {
        let twice = banned[..index].iter().any(|(known, _)| known == phrase);
        if *phrase != phrase.to_lowercase() || instead.is_empty() || twice {
            faults.push(format!("docs/style.md: {phrase:?} has to be in lower case, there once, with what to write"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Guards that each kind of prose is searched, and that code is not.
#[test]
fn the_searcher_finds_prose_and_leaves_code() {
    let table =
        "| not | write |\n|---|---|\n| `anew` | again |\n| `mend` | fix |\n| `come so far` | got |\n\n| `x` | y |";
    let banned = banned(table);
    assert_eq!(banned.len(), 3);
    assert_eq!(banned[0], ("anew".to_owned(), "again".to_owned()));

    for (name, text, lines) in [
        ("a.rs", "//! Anew.\n/// mend\n// come\n// so far\nlet x = 1; // anew", &[1, 2, 3, 5][..]),
        ("a.rs", "/* mend\n anew */ fn mend() {}", &[1, 2]),
        ("a.rs", "fn anew() { mend(\"anew // mend\"); }", &[]),
        ("a.rs", "let a = r#\"// anew \"quoted\" mend\"#; let b = '\"'; // mend", &[1]),
        ("a.rs", "let c = '\\''; let d = b'\"'; fn x<'a>(of: &'a str) {} // anew", &[1]),
        ("a.rs", "let a = \"\\\\\"; // anew", &[1]),
        ("a.rs", "texts! {\n  A = \"It is {n} anew\";\n  MEND = \"x\"; }\nlet x = \"mend\";", &[2]),
        ("a.rs", "terms! { \"mend\", \"{n}\", \"anew\"; }", &[1, 1]),
        ("a.rs", "/// Calls `mend`, renews and mends; see `anew`.", &[]),
        ("a.rs", "// come\n\n// so far", &[]),
        ("a.js", "/** Anew.\n * come so\n * far */\nf('// mend', `//\nanew`); // mend", &[1, 2, 5]),
        ("a.css", "/* It's anew */ .mend { content: \"x\"; } /* mend */", &[1, 1]),
        ("a.md", "# Anew\n```\nmend\n```\nWe come so\nfar, `mend`", &[1, 5]),
        ("a.md", "It is renewed and amended, anew_2", &[]),
    ] {
        let found = findings(name, text, &banned);
        let mut at: Vec<usize> =
            found.iter().map(|f| f.split(':').nth(1).expect("a line").parse().expect("a number")).collect();
        at.sort_unstable();
        assert_eq!(at, lines, "{name}: {text}: {found:?}");
    }
    assert_eq!(findings("b.md", "x\nanew", &banned), ["b.md:2: \"anew\"; write: again"]);
}
