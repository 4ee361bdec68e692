//! The files of this repository and the words in them, for the tests that read sources and documents.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of builds, editors and dependencies, which are left out.
const LEFT_OUT: [&str; 7] = ["target", "dist", ".git", ".tools", "node_modules", "pkg", "corpus"];
/// Tests that quote the phrases they look for.
const SAMPLES: [&str; 2] = ["tests/docs.rs", "tests/tidy.rs"];

/// Returns the folder of the package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(under: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(under).expect("a folder").map(|e| e.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !LEFT_OUT.contains(&&*name) {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

/// Returns the files with these endings, by their path from the root. Leaves out the tests of documents, which are full of samples.
pub fn files(endings: &[&str]) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(root(), &mut paths);
    let mut found = Vec::new();
    for path in paths {
        let name = path.strip_prefix(root()).expect("under the root").to_string_lossy().replace('\\', "/");
        if endings.iter().any(|ending| name.ends_with(ending)) && !SAMPLES.contains(&&*name) {
            found.push((name, fs::read_to_string(&path).expect("text")));
        }
    }
    found
}

/// Reads a file by its path from the root.
pub fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A text as one line, without comment markers, so that a citation or a phrase is found across line ends.
pub struct Joined {
    pub text: String,
    /// The place in the text where each line starts.
    starts: Vec<usize>,
}

impl Joined {
    /// Joins the lines. With `comments`, a line that is not a comment counts as empty.
    pub fn new(text: &str, comments: bool) -> Self {
        let mut joined = Joined { text: String::new(), starts: Vec::new() };
        for line in text.lines() {
            let line = line.trim();
            let said = ["//!", "///", "//", "/*", "*"].iter().find_map(|sign| line.strip_prefix(sign));
            joined.starts.push(joined.text.len());
            joined.text.push_str(said.unwrap_or(if comments { "" } else { line }).trim());
            joined.text.push(' ');
        }
        joined
    }

    /// Returns the number, from 1, of the line that has this place of the text.
    pub fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }
}

/// Returns whether this character is a part of a word.
pub fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns each place where `word` is a whole word, or a phrase of whole words.
pub fn words(text: &str, word: &str) -> Vec<usize> {
    let alone = |at: usize| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        !before.is_some_and(in_word) && !after.is_some_and(in_word)
    };
    text.match_indices(word).map(|(at, _)| at).filter(|at| alone(*at)).collect()
}
