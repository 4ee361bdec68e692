//! The results as a file: plain HTML that opens anywhere.

use std::fmt::Write;

use super::state::State;
use crate::lab::lesson::{Lesson, plain};
use crate::ui::texts::learn as say;

/// One lesson of the results.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) title: String,
    pub(crate) done: usize,
    pub(crate) beats: usize,
    pub(crate) right: usize,
    pub(crate) questions: usize,
    /// Its beats: title, whether it is done, number of right answers, number of questions.
    pub(crate) parts: Vec<(String, bool, usize, usize)>,
    /// Measured values, as sentences.
    pub(crate) measured: Vec<String>,
}

/// Returns a row for each lesson of the list, in its order.
pub(crate) fn rows(state: &State) -> Vec<Row> {
    let row = |item: &super::state::Item| {
        let entry = &item.entry;
        let mut row = Row {
            title: entry.title.clone(),
            done: 0,
            beats: entry.beats,
            right: 0,
            questions: 0,
            parts: Vec::new(),
            measured: Vec::new(),
        };
        let Some(kept) = &item.kept else { return row };
        (row.done, (row.right, row.questions)) = (kept.done(), kept.score());
        if let Some(lesson) = state.lessons.iter().find(|lesson| lesson.id == entry.id) {
            row.parts = parts(lesson, kept);
            row.measured = kept.recap(lesson).iter().map(|line| plain(line)).collect();
        }
        row
    };
    state.list.iter().map(row).collect()
}

fn parts(lesson: &Lesson, kept: &crate::lab::lesson::Progress) -> Vec<(String, bool, usize, usize)> {
    let results = kept.results(lesson).into_iter();
    let part = |beat: crate::lab::lesson::BeatResult| {
        let asked = beat.answers.iter().filter(|answer| answer.right.is_some());
        let right = asked.clone().filter(|answer| answer.right == Some(answer.first)).count();
        (beat.title, beat.done, right, asked.count())
    };
    results.map(part).collect()
}

/// Returns the file's text.
pub(crate) fn file(rows: &[Row], name: &str, date: &str) -> String {
    let mut out = String::from(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>HA Lab</title>\n<style>body{font:15px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}</style>\n",
    );
    let of = |n: usize, all: usize| say::LEARN_OF.with(&[("n", &n), ("all", &all)]);
    let _ = write!(out, "<h1>HA Lab: {}</h1>\n<p>", escaped(&say::LEARN_RESULT_TITLE));
    if !name.trim().is_empty() {
        let _ = write!(out, "<strong>{}</strong>, ", escaped(name.trim()));
    }
    let _ = write!(out, "{date}</p>\n<table>\n<tr>");
    for head in [say::LEARN_RESULT_LESSON, say::LEARN_RESULT_BEATS, say::LEARN_RESULT_RIGHT] {
        let _ = write!(out, "<th>{}</th>", escaped(&head));
    }
    for row in rows {
        let _ = write!(out, "</tr>\n<tr><td><strong>{}</strong>", escaped(&row.title));
        for line in &row.measured {
            let _ = write!(out, "<br>{}", escaped(line));
        }
        let _ = write!(out, "</td><td>{}</td><td>{}</td>", of(row.done, row.beats), of(row.right, row.questions));
    }
    out.push_str("</tr>\n</table>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_who_and_what_and_trusts_no_text() {
        let row = Row {
            title: "A <b>".to_owned(),
            done: 1,
            beats: 2,
            right: 1,
            questions: 3,
            parts: vec![],
            measured: vec!["It took 13.2 s.".to_owned()],
        };
        let html = file(&[row], "Ada & Co", "2026-01-31");
        for part in ["Ada &amp; Co", "2026-01-31", "A &lt;b&gt;", "It took 13.2 s.", "1 of 2", "1 of 3"] {
            assert!(html.contains(part), "{part} in {html}");
        }
    }
}
