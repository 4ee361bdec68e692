//! The lessons in other languages: each has the structure of the English one, is completely translated, and is listed correctly.

use std::fs;
use std::rc::Rc;

use ha_lab::lab::lesson::{self, Choice, Inline, Lesson, Prose, Step, same_structure};

use super::{FILES, check_index, english, folder, text};

/// A folder of `static/lessons`, and whether a letter belongs to the script of its language.
type Language = (&'static str, fn(char) -> bool);

const LANGUAGES: [Language; 1] = [("zh-Hans", is_chinese)];

fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}')
}

fn translated(language: &str, file: &str) -> Lesson {
    lesson::read(&text(&format!("{language}/{file}"))).unwrap_or_else(|error| panic!("{language}/{file}: {error}"))
}

#[test]
fn every_folder_is_a_language_that_is_tested() {
    let folders = fs::read_dir(folder()).expect("static/lessons").map(|entry| entry.expect("readable"));
    let folders = folders.filter(|entry| entry.path().is_dir());
    let mut found: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    let expected: Vec<&str> = std::iter::once("en").chain(LANGUAGES.iter().map(|(name, _)| *name)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_lesson_has_the_structure_of_the_english_one() {
    for (language, _) in LANGUAGES {
        for file in FILES {
            let other = translated(language, file);
            assert_eq!(same_structure(&english(file), &other), Ok(()), "{language}/{file}");
        }
    }
}

#[test]
fn every_list_is_that_of_its_files() {
    for (language, _) in LANGUAGES {
        let lessons: Vec<Rc<Lesson>> = FILES.iter().map(|file| Rc::new(translated(language, file))).collect();
        check_index(language, &lessons);
    }
}

/// Returns the words of each text of a lesson, in order, without code and numbers; the pieces of a text one after the other.
fn words(lesson: &Lesson) -> Vec<Vec<&str>> {
    let mut all = vec![vec![lesson.title.as_str()], vec![lesson.about.as_str()]];
    for beat in &lesson.beats {
        all.push(vec![beat.title.as_str()]);
        all.extend(beat.steps.iter().flat_map(texts).map(pieces));
    }
    all.extend(lesson.recap.iter().map(pieces));
    all
}

fn texts(step: &Step) -> Vec<&Prose> {
    match step {
        Step::Text(_, paragraphs) => paragraphs.iter().collect(),
        Step::Wait(goal) => vec![&goal.text],
        Step::Do(task) => vec![&task.text],
        Step::Predict(question) => {
            std::iter::once(&question.text).chain(question.choices.iter().flat_map(of_choice)).collect()
        }
        Step::Measure(_) => Vec::new(),
    }
}

fn of_choice(choice: &Choice) -> impl Iterator<Item = &Prose> {
    std::iter::once(&choice.text).chain(&choice.why)
}

fn pieces(prose: &Prose) -> Vec<&str> {
    prose.iter().filter_map(plain).collect()
}

fn plain(piece: &Inline) -> Option<&str> {
    match piece {
        Inline::Text(text) | Inline::Bold(text) | Inline::Term(text, _) => Some(text),
        // Emphasised text may be program output.
        Inline::Emphasis(_) | Inline::Code(_) | Inline::Measured(_) | Inline::Printed(_) => None,
    }
}

/// Finds a paragraph that is not translated, or half a sentence of English in one.
#[test]
fn nothing_is_left_in_english() {
    for (language, belongs) in LANGUAGES {
        for file in FILES {
            let (here, there) = (translated(language, file), english(file));
            let (here, there) = (words(&here), words(&there));
            assert_eq!(here.len(), there.len(), "{language}/{file}: number of texts");
            for (here, there) in here.iter().zip(&there) {
                let place = format!("{language}/{file}: {here:?}");
                assert_ne!(here, there, "{place}: as in English");
                assert!(here.iter().any(|text| text.contains(belongs)), "{place}: not in its script");
                assert!(!here.iter().any(|text| is_english(text)), "{place}: two English words in a row");
            }
        }
    }
}

/// A single name may appear between words of the language; two lower-case words in a row are English.
fn is_english(text: &str) -> bool {
    let word = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|pair| word(pair[0]) && word(pair[1]))
}
