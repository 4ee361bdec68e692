//! The style sheets of a release: one for the first picture, and one that the page loads after it.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::plain;
use crate::run::Result;
use crate::site;
use crate::tools::read;

/// Sheets of parts that no first picture has, by the names of their sources. In `index.html` they come last.
const LATER: &[&str] = &["panels", "sheets", "learn", "delivery"];
/// How the name of the second sheet ends.
pub const LATER_END: &str = "_later.css";
/// The place in the tag of `boot.js` for its name.
const TAG: &str = "data-styles=\"\"";

/// Joins the sheets of the site and names both in its page.
pub fn bundle(dir: &Path) -> Result {
    let page = read(&dir.join("index.html"))?;
    let mut sheets = Vec::new();
    for (tag, name) in tags(&page) {
        sheets.push(Sheet { tag, name, text: read(&dir.join(name))? });
    }
    let bundled = bundled(&page, &sheets)?;
    for sheet in &sheets {
        let old = dir.join(sheet.name);
        std::fs::remove_file(&old).map_err(|error| format!("Cannot remove {}: {error}.", old.display()))?;
    }
    site::write(&dir.join("index.html"), bundled.page.as_bytes())?;
    bundled.files.iter().try_for_each(|(name, text)| site::write(&dir.join(name), text.as_bytes()))
}

struct Sheet<'a> {
    /// Its tag in the page.
    tag: &'a str,
    name: &'a str,
    text: String,
}

struct Bundled {
    page: String,
    files: [(String, String); 2],
}

/// The tags of style sheets, each with the name of its file.
fn tags(page: &str) -> Vec<(&str, &str)> {
    let tags = page.match_indices("<link ").filter_map(|(at, _)| Some(&page[at..=at + page[at..].find('>')?]));
    tags.filter(|tag| tag.contains("rel=\"stylesheet\""))
        .filter_map(|tag| {
            let name = tag.split("href=\"").nth(1)?.split('"').next()?;
            Some((tag, name.trim_start_matches("./")))
        })
        .collect()
}

fn bundled(page: &str, sheets: &[Sheet<'_>]) -> Result<Bundled> {
    let is_later = |sheet: &&Sheet<'_>| LATER.iter().any(|name| sheet.name.split('-').next() == Some(name));
    let first_later = sheets.iter().position(|sheet| is_later(&sheet)).unwrap_or(sheets.len());
    if sheets.iter().skip(first_later).any(|sheet| !is_later(&sheet)) || first_later == 0 {
        return Err(format!("In index.html the sheets {} should come last, after others.", LATER.join(", ")));
    }
    if page.matches(TAG).count() != 1 {
        return Err(format!("index.html should have one {TAG} to name the later styles in; see Trunk.toml."));
    }
    let (first, later) = sheets.split_at(first_later);
    let [first, later] =
        [first, later].map(|sheets| -> String { sheets.iter().map(|sheet| plain::css(&sheet.text)).collect() });
    let hash =
        |text: &str| -> String { Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect() };
    let names = [format!("ha-lab-{}.css", hash(&first)), format!("ha-lab-{}{LATER_END}", hash(&later))];
    let mut page = page.replacen(sheets[0].tag, &format!("<link rel=\"stylesheet\" href=\"./{}\">", names[0]), 1);
    for sheet in &sheets[1..] {
        page = page.replacen(sheet.tag, "", 1);
    }
    let page = page.replace(TAG, &format!("data-styles=\"./{}\"", names[1]));
    let [name, later_name] = names;
    Ok(Bundled { page, files: [(name, first), (later_name, later)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<link rel=\"stylesheet\" href=\"./base-1.css\"/>\n<link rel=\"icon\" href=\"i\">\
        <link rel=\"stylesheet\" href=\"./learn-2.css\"/><script data-styles=\"\"></script>";

    fn made(page: &str) -> Result<Bundled> {
        let sheets: Vec<Sheet<'_>> = tags(page)
            .into_iter()
            .map(|(tag, name)| Sheet { tag, name, text: format!("/* {name} */\n.a {{\n  b: c;\n}}\n") })
            .collect();
        bundled(page, &sheets)
    }

    #[test]
    fn the_page_names_the_first_sheet_and_its_script_the_later() {
        let Bundled { page, files: [(first, text), (later, _)] } = made(PAGE).expect("it has both");
        assert_eq!(text, ".a {\nb: c;\n}\n");
        assert!(later.ends_with(LATER_END));
        assert_eq!(
            page,
            format!(
                "<link rel=\"stylesheet\" href=\"./{first}\">\n<link rel=\"icon\" href=\"i\"><script data-styles=\"./{later}\"></script>"
            )
        );
    }

    #[test]
    fn a_first_sheet_behind_a_later_one_is_refused() {
        let check = |page: &str, expect: &str| match made(page) {
            Err(error) => assert!(error.contains(expect), "{error}"),
            Ok(_) => panic!("{expect}"),
        };
        check(
            &PAGE.replace("learn-2", "learn-0").replace("base-1", "panels-1").replace("learn-0", "base-0"),
            "come last",
        );
        check(&PAGE.replace(TAG, ""), TAG);
    }
}
