//! Checks that two files are one lesson in two languages: the same beats, conditions and acts; only the prose differs.

use super::model::{Beat, Inline, Lesson, Prose, Step};

/// Checks that `b` is a translation of `a`.
///
/// # Errors
/// The first difference, and its place.
pub fn same_structure(a: &Lesson, b: &Lesson) -> Result<(), String> {
    same("id", &a.id, &b.id)?;
    same("seed", &a.seed, &b.seed)?;
    same("cluster", &a.cluster, &b.cluster)?;
    same("what is measured", &a.kept, &b.kept)?;
    same("number of beats", &a.beats.len(), &b.beats.len())?;
    for (a, b) in a.beats.iter().zip(&b.beats) {
        beat(a, b).map_err(|what| format!("beat {}: {what}", a.id))?;
    }
    same("lines of the recap", &a.recap.len(), &b.recap.len())?;
    let pairs = a.recap.iter().zip(&b.recap);
    pairs.enumerate().try_for_each(|(n, (a, b))| prose(a, b).map_err(|what| format!("recap, line {}: {what}", n + 1)))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, a: &T, b: &T) -> Result<(), String> {
    if a == b { Ok(()) } else { Err(format!("{what} is {b:?}; allowed: {a:?}")) }
}

fn beat(a: &Beat, b: &Beat) -> Result<(), String> {
    same("id", &a.id, &b.id)?;
    same("claims", &a.claims, &b.claims)?;
    let setup = |beat: &Beat| beat.setup.iter().map(|(prepare, _)| prepare.clone()).collect::<Vec<_>>();
    same("setup", &setup(a), &setup(b))?;
    same("number of parts", &a.steps.len(), &b.steps.len())?;
    let pairs = a.steps.iter().zip(&b.steps).enumerate();
    pairs.into_iter().try_for_each(|(n, (a, b))| step(a, b).map_err(|what| format!("part {}: {what}", n + 1)))
}

fn step(a: &Step, b: &Step) -> Result<(), String> {
    match (a, b) {
        (Step::Text(tone_a, a), Step::Text(tone_b, b)) => {
            same("kind of text", tone_a, tone_b)?;
            same("number of paragraphs", &a.len(), &b.len())?;
            a.iter().zip(b).try_for_each(|(a, b)| prose(a, b))
        }
        (Step::Wait(a), Step::Wait(b)) => {
            same("when", &a.when, &b.when)?;
            same("within", &a.within, &b.within)?;
            same("check", &a.check, &b.check)?;
            prose(&a.text, &b.text)
        }
        (Step::Predict(a), Step::Predict(b)) => {
            same("kind of question", &a.until_right, &b.until_right)?;
            same("number of choices", &a.choices.len(), &b.choices.len())?;
            for (a, b) in a.choices.iter().zip(&b.choices) {
                same("when", &a.when, &b.when)?;
                same("number of paragraphs of a choice", &a.why.len(), &b.why.len())?;
                prose(&a.text, &b.text)?;
                a.why.iter().zip(&b.why).try_for_each(|(a, b)| prose(a, b))?;
            }
            prose(&a.text, &b.text)
        }
        (Step::Do(a), Step::Do(b)) => {
            same("act", &a.acts, &b.acts)?;
            same("done", &a.done, &b.done)?;
            same("repair", &a.unaided, &b.unaided)?;
            prose(&a.text, &b.text)
        }
        (Step::Measure(a), Step::Measure(b)) => same("measure", a, b),
        _ => Err("is of another kind".to_owned()),
    }
}

/// Checks for the same numbers and code, in any order.
fn prose(a: &Prose, b: &Prose) -> Result<(), String> {
    let fixed = |prose: &Prose| {
        let all = prose.iter().filter(|i| matches!(i, Inline::Measured(_) | Inline::Printed(_) | Inline::Code(_)));
        all.cloned().collect::<Vec<_>>()
    };
    let (a, b) = (fixed(a), fixed(b));
    same("number of measures and pieces of code", &a.len(), &b.len())?;
    match a.iter().find(|piece| !b.contains(piece)) {
        Some(piece) => Err(format!("{piece:?} is missing")),
        None => Ok(()),
    }
}
