//! The list of a language's lessons, `index.json` beside the files: the page shows it before it has read any lesson.

use serde_json::{Value, json};

use super::model::Lesson;

/// The file's name.
pub const INDEX: &str = "index.json";
const MAX_LESSONS: usize = 100;

/// A lesson in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `01-lone-master.md`
    pub(crate) file: String,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) beats: usize,
}

impl Entry {
    pub fn of(file: &str, lesson: &Lesson) -> Entry {
        Entry {
            file: file.to_owned(),
            id: lesson.id.clone(),
            title: lesson.title.clone(),
            about: lesson.about.clone(),
            beats: lesson.beats.len(),
        }
    }

    /// Returns the entry as one line of the list.
    pub fn to_json(&self) -> String {
        let Entry { file, id, title, about, beats } = self;
        json!({ "file": file, "id": id, "title": title, "about": about, "beats": beats }).to_string()
    }
}

/// Reads the list, in the order of the lessons.
///
/// # Errors
/// The first thing that is wrong.
pub fn read_index(text: &str) -> Result<Vec<Entry>, String> {
    let list: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let list = list.as_array().filter(|list| list.len() <= MAX_LESSONS);
    let list = list.ok_or_else(|| format!("found no list; allowed: a list of at most {MAX_LESSONS} lessons"))?;
    let entry = |(n, value): (usize, &Value)| {
        let text = |key: &str| {
            let text = value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| format!("[{n}].{key}: missing or no text"))
        };
        let beats = value.get("beats").and_then(Value::as_u64).unwrap_or(0) as usize;
        Ok(Entry { file: text("file")?, id: text("id")?, title: text("title")?, about: text("about")?, beats })
    };
    list.iter().enumerate().map(entry).collect()
}
