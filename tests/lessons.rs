//! The lessons that come with the lab. Each is played to its end with many seeds and in careless orders. Together they show
//! every claim of the lecture. The guide's example is a lesson. Two languages can be compared.

mod engine;
mod errors;
mod languages;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ha_lab::lab::lesson::{
    self, Entry, INDEX, InMemoryBackend, Lesson, Playthrough, Step, Tone, read_index, same_structure,
};

/// The number of seeds with which each lesson is played in each order.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("static/lessons")
}

fn text(file: &str) -> String {
    let path = folder().join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn english(file: &str) -> Rc<Lesson> {
    let read = lesson::read(&text(&format!("en/{file}")));
    Rc::new(read.unwrap_or_else(|error| panic!("{file}: {error}")))
}

fn all() -> Vec<Rc<Lesson>> {
    FILES.iter().map(|file| english(file)).collect()
}

/// Each beat of a lesson can be completed, with any seed and in any order.
fn check(file: &str) {
    let lesson = english(file);
    let mut faults = Vec::new();
    for seed in SEEDS {
        let mut bench = InMemoryBackend::default();
        for order in Playthrough::ALL {
            let place = format!("{file}, seed {seed}, {order:?}");
            match lesson::play(&lesson, Some(seed), order, &mut bench) {
                Ok(run) => {
                    assert!(run.results().iter().all(|beat| beat.done), "{place}: a beat was left out");
                    assert_eq!(run.recap().len(), lesson.recap.len(), "{place}: a number was not measured");
                }
                Err(why) => faults.push(format!("{place}: {why}")),
            }
        }
    }
    assert!(faults.is_empty(), "{} plays got stuck:\n{}", faults.len(), faults.join("\n"));
}

/// One test for each lesson.
macro_rules! plays {
    ($($name:ident: $file:literal;)*) => {
        const FILES: [&str; 15] = [$($file),*];
        mod can_be_played {
            $(#[test]
            fn $name() {
                super::check($file);
            })*
        }
    };
}

plays! {
    tour: "00-tour.md";
    lone_master: "01-lone-master.md";
    masters: "02-masters.md";
    load_balancer: "03-load-balancer.md";
    parallel: "04-parallel.md";
    lease: "05-lease.md";
    real_code: "06-real-code.md";
    timings: "07-timings.md";
    stacked: "08-stacked.md";
    external: "09-external.md";
    etcd_servers: "10-etcd-servers.md";
    paused: "11-paused.md";
    balancer_lost: "12-balancer-lost.md";
    majority: "13-majority.md";
    challenge: "14-challenge.md";
}

#[test]
fn every_file_is_played() {
    let mut found: Vec<String> = fs::read_dir(folder().join("en"))
        .expect("static/lessons/en")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".md"))
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}

/// The page shows the list of a language before it reads any of its lessons.
fn check_index(language: &str, lessons: &[Rc<Lesson>]) {
    let entries: Vec<Entry> = FILES.iter().zip(lessons).map(|(file, lesson)| Entry::of(file, lesson)).collect();
    let lines: Vec<String> = entries.iter().map(Entry::to_json).collect();
    let expected = format!("[\n{}\n]\n", lines.join(",\n"));
    let path = folder().join(language).join(INDEX);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &expected).expect("writable");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{language}: UPDATE_EXPECT=1 writes it anew");
    assert_eq!(read_index(&found), Ok(entries), "{language}");
}

#[test]
fn the_index_is_that_of_the_files() {
    let lessons = all();
    check_index("en", &lessons);
    let mut ids: Vec<&str> = lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), FILES.len(), "each id once");
}

/// Returns the claims to which docs/lecture.md adds a "precisely" text, which a lesson gives after the claim has been seen.
const PRECISELY: [u8; 17] = [1, 2, 4, 5, 6, 8, 9, 12, 13, 14, 15, 16, 17, 19, 21, 22, 23];

#[test]
fn every_claim_is_shown_and_then_said_precisely() {
    let lessons = all();
    let beats = || lessons.iter().flat_map(|lesson| &lesson.beats);
    for claim in 1..=23 {
        assert!(beats().any(|beat| beat.claims.contains(&claim)), "no beat shows C{claim}");
    }
    let says = |step: &Step| matches!(step, Step::Text(Tone::Precisely, _));
    let shows = |step: &Step| matches!(step, Step::Wait(_) | Step::Do(_));
    for claim in PRECISELY {
        let said = beats().filter(|beat| beat.claims.contains(&claim)).any(|beat| {
            let at = beat.steps.iter().position(says);
            at.is_some_and(|at| beat.steps[..at].iter().any(shows))
        });
        assert!(said, "no beat that shows C{claim} says it precisely afterwards");
    }
}

/// A beat is short: one to three short sentences at a time, and each beat has a prediction or a task.
#[test]
fn beats_are_short_and_ask_something() {
    for lesson in all() {
        for beat in &lesson.beats {
            let place = format!("{}, beat {}", lesson.id, beat.id);
            let asks = |step: &Step| matches!(step, Step::Predict(_) | Step::Do(_));
            assert!(beat.steps.iter().any(asks), "{place}: nothing to predict or to do");
            for step in &beat.steps {
                let Step::Text(Tone::Plain | Tone::Then, paragraphs) = step else { continue };
                for paragraph in paragraphs {
                    let plain: String = format!("{paragraph:?}");
                    assert!(plain.len() < 1_500, "{place}: a long paragraph");
                }
                assert!(paragraphs.len() <= 3, "{place}: {} paragraphs at once", paragraphs.len());
            }
        }
        if lesson.id != "challenge" {
            let predicts = |step: &Step| matches!(step, Step::Predict(_));
            assert!(lesson.beats.iter().flat_map(|b| &b.steps).any(predicts), "{}: nothing to predict", lesson.id);
        }
    }
}

/// A dotted word leads to an existing explanation.
#[test]
fn every_term_is_in_the_glossary() {
    for file in FILES {
        let source = text(&format!("en/{file}"));
        for term in source.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(ha_lab::ui::glossary::find(term).is_some(), "{file}: no term {term:?} in the glossary");
        }
    }
}

#[test]
fn the_challenge_has_six_incidents_that_are_diagnosed_and_repaired() {
    let lesson = english("14-challenge.md");
    assert_eq!(lesson.beats.len(), 6);
    for beat in &lesson.beats {
        let diagnosed = |step: &Step| matches!(step, Step::Predict(q) if q.until_right);
        let repaired = |step: &Step| matches!(step, Step::Do(task) if task.unaided);
        let checked = |step: &Step| matches!(step, Step::Wait(goal) if goal.check);
        for wanted in [diagnosed as fn(&Step) -> bool, repaired, checked] {
            assert!(beat.steps.iter().any(wanted), "{}", beat.id);
        }
    }
}

/// The example in the guide is a lesson that can be played.
#[test]
fn the_guides_example_is_a_lesson() {
    let guide = text("GUIDE.md");
    let mut examples = guide.split("```markdown\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default());
    let example = examples.find(|text| text.starts_with("---\n")).expect("an example");
    let lesson = Rc::new(lesson::read(example).unwrap_or_else(|error| panic!("{error}")));
    for order in Playthrough::ALL {
        let played = lesson::play(&lesson, None, order, &mut InMemoryBackend::default());
        assert!(played.is_ok(), "{order:?}: {:?}", played.err());
    }
}

/// Every measure is documented, with a valid example.
#[test]
fn the_guide_has_a_line_for_each_measure() {
    let guide = text("GUIDE.md");
    for (name, _) in ha_lab::lab::lesson::MEASURES {
        let line = guide.lines().find(|line| line.starts_with(&format!("| `{name}")));
        let line = line.unwrap_or_else(|| panic!("{name} is not in the guide"));
        let example = line.split('|').nth(3).and_then(|cell| cell.trim().strip_prefix('`')?.strip_suffix('`'));
        let example = example.unwrap_or_else(|| panic!("{name} has no example: {line}"));
        let lesson = format!("---\nid: a\ntitle: A\nabout: B\n---\n## A {{#a}}\nwait: It is so.\n  when: {example}\n");
        assert!(lesson::read(&lesson).is_ok(), "{example}: {:?}", lesson::read(&lesson).err());
    }
}

#[test]
fn a_translation_has_the_same_structure() {
    let lesson = english("05-lease.md");
    assert_eq!(same_structure(&lesson, &lesson), Ok(()));
    let source = text("en/05-lease.md");
    let translated = source.replace("title: The lease", "title: Das Lease").replace("was first.", "war zuerst da.");
    let other = lesson::read(&translated).expect("still a lesson");
    assert_ne!(*lesson, other);
    assert_eq!(same_structure(&lesson, &other), Ok(()));
    let rows = [
        ("claims: C13\n", "claims: C14\n", "beat hold: claims is [14]; allowed: [13]"),
        ("seed: 65", "seed: 66", "seed is 66; allowed: 65"),
        ("elapsed >= 32s", "elapsed >= 33s", "beat renew: part 3: when is"),
        ("{winner} was first.", "Somebody was first.", "beat race: part 6: number of measures and pieces of code is 0"),
    ];
    for (from, to, expected) in rows {
        assert!(source.contains(from), "{from}");
        let other = lesson::read(&source.replace(from, to)).expect("still a lesson");
        let found = same_structure(&lesson, &other).expect_err("another structure");
        assert!(found.starts_with(expected), "{found}");
    }
}
