//! The front matter of a lesson: `id`, `title`, `about`, `seed`, `cluster` between two lines of dashes.

use super::{LessonError, is_id};
use crate::lab::scenario::{self, Scenario};

const DASHES: &str = "---";
const KEYS: &str = "id, title, about, seed, cluster";
const MAX_TITLE: usize = 120;
const MAX_ABOUT: usize = 300;

/// The fields of a front matter.
pub(super) struct Front {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) seed: u64,
    pub(crate) cluster: scenario::Cluster,
}

/// Reads the front matter. Returns it with its number of lines.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn read(lines: &[&str]) -> Result<(Front, usize), LessonError> {
    let error = |line: usize, what: String| LessonError { line, what };
    if lines.first() != Some(&DASHES) {
        return Err(error(1, format!("no front matter; allowed: {DASHES}, then {KEYS}, then {DASHES}")));
    }
    let end = lines.iter().skip(1).position(|line| *line == DASHES);
    let end = end.ok_or_else(|| error(lines.len(), format!("the front matter does not end; allowed: {DASHES}")))? + 1;
    let mut values: Vec<(usize, &str, String)> = Vec::new();
    for (n, line) in lines.iter().enumerate().take(end).skip(1) {
        match (line.strip_prefix([' ', '\t']), values.last_mut()) {
            (Some(more), Some((_, _, value))) => {
                value.push(' ');
                value.push_str(more.trim());
            }
            _ if line.is_empty() => {}
            _ => {
                let (key, value) = line.split_once(':').unwrap_or((line, ""));
                if !KEYS.split(", ").any(|known| known == key) {
                    return Err(error(n + 1, format!("{key:?} is not known here; allowed: {KEYS}")));
                }
                if values.iter().any(|(_, known, _)| *known == key) {
                    return Err(error(n + 1, format!("{key} is there twice; allowed: once")));
                }
                values.push((n + 1, key, value.trim().to_owned()));
            }
        }
    }
    let get = |key: &str| values.iter().find(|(_, known, _)| *known == key);
    let text = |key: &str, most: usize| match get(key) {
        Some((_, _, value)) if !value.is_empty() && value.chars().count() <= most => Ok(value.clone()),
        Some((line, ..)) => Err(error(*line, format!("{key} is empty or too long; allowed: 1 to {most} characters"))),
        None => Err(error(1, format!("{key} is missing; allowed: {key}: and 1 to {most} characters"))),
    };
    let id = text("id", 40)?;
    if !is_id(&id) {
        let line = get("id").map_or(1, |(line, ..)| *line);
        return Err(error(line, format!("{id:?} is not an id; allowed: a-z, 0-9 and -")));
    }
    let seed = match get("seed") {
        None => 1,
        Some((line, _, value)) => value
            .parse()
            .map_err(|_| error(*line, format!("{value:?} is not a seed; allowed: a whole number from 0")))?,
    };
    let cluster = match get("cluster") {
        None => scenario::Cluster::default(),
        Some((line, _, value)) => self::cluster(value).map_err(|what| error(*line, what))?,
    };
    Ok((Front { id, title: text("title", MAX_TITLE)?, about: text("about", MAX_ABOUT)?, seed, cluster }, end + 1))
}

/// Reads a cluster, in the format of a scenario.
///
/// # Errors
/// The place, what was found and what is allowed.
pub(super) fn cluster(json: &str) -> Result<scenario::Cluster, String> {
    let scenario = Scenario::parse(&format!("{{\"version\":1,\"cluster\":{json}}}"));
    scenario.map(|s| s.cluster).map_err(|error| error.to_string())
}
