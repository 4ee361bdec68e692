//! The current place in the page, as the address names it: `#learn`, `#lessons`, `#results`, `#sandbox`, and `?lesson=PATH`
//! for a lesson of your own. `#lesson/ID/BEAT` is a link (`lab::link`).

use super::state::{Place, Step};
use crate::lab::link;

/// Returns the step that a fragment asks for. `None` if it names no part of the page.
pub(crate) fn fragment(text: &str) -> Option<Step> {
    Some(match text.trim_start_matches('#') {
        "learn" => Step::Learn,
        "lessons" => Step::Go(Place::List),
        "results" => Step::Go(Place::Results),
        "sandbox" => Step::Go(Place::Sandbox),
        _ => return None,
    })
}

/// Returns whether the kept run of the sandbox should be brought back: unless the fragment names a moment of the sandbox.
pub(crate) fn leaves_the_run(text: &str) -> bool {
    match link::decode(text) {
        Ok(link) => link.is_none_or(|link| link.place.is_some()),
        Err(_) => text.starts_with("#lesson/"),
    }
}

/// Returns the lesson file that the query names.
pub(crate) fn query(parts: &[String]) -> Option<String> {
    let value = parts.iter().find_map(|part| part.strip_prefix("lesson="))?;
    Some(value.replace("%2F", "/").replace("%2f", "/").replace("%20", " "))
}

/// Returns the part of the query that belongs in a shared link: the lesson file, but nothing that others added.
pub(crate) fn travelling(parts: &[String]) -> String {
    let named = parts.iter().find(|part| query(std::slice::from_ref(*part)).is_some_and(|path| is_here(&path)));
    named.map(|part| format!("?{part}")).unwrap_or_default()
}

/// Returns whether a path is on this site.
pub(crate) fn is_here(path: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, ':' | '\\' | '?' | '#');
    !path.is_empty() && path.len() <= 400 && !path.starts_with("//") && !path.contains(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_which_part_of_the_page_is_meant() {
        assert_eq!(fragment("#results"), Some(Step::Go(Place::Results)));
        assert_eq!(fragment("#time"), None);
        assert_eq!(query(&["embed".to_owned(), "lesson=my%2Fown.md".to_owned()]), Some("my/own.md".to_owned()));
        assert_eq!(query(&["lessons=a,b".to_owned()]), None);
        for (fragment, leaves) in [
            ("", true),
            ("#", true),
            ("#lesson/tour/1", true),
            ("#learn", true),
            ("#time", true),
            ("#1.e317mQ", false),
            ("#1.x", false),
        ] {
            assert_eq!(leaves_the_run(fragment), leaves, "{fragment}");
        }
    }

    #[test]
    fn a_link_that_is_given_away_names_the_lesson_file_and_nothing_else() {
        for (query, expect) in [
            ("", ""),
            ("embed&origin=https://a.example&fresh&session=secret", ""),
            ("embed&lesson=my%2Fown.md&session=secret", "?lesson=my%2Fown.md"),
            ("lesson=//a.example/x.md", ""),
            ("lesson=", ""),
        ] {
            let parts: Vec<String> = query.split('&').map(str::to_owned).collect();
            assert_eq!(travelling(&parts), expect, "{query}");
        }
    }

    #[test]
    fn only_paths_on_this_site_are_opened() {
        for path in ["lessons/mine.md", "/course/1.md", "../mine.md"] {
            assert!(is_here(path), "{path}");
        }
        for path in ["", "https://a.example/x.md", "//a.example/x.md", "javascript:x", "a\\b", "x.md?y"] {
            assert!(!is_here(path), "{path}");
        }
    }
}
