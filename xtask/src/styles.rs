//! Joins the style sheets of a site into one, without comments. The page needs only one request, and draws nothing before its styles are there.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::plain;
use crate::run::Result;
use crate::site;
use crate::tools::read;

/// Joins the sheets of the site's page, in their order, and puts the name of the result into the page.
pub fn bundle(dir: &Path) -> Result {
    let page = read(&dir.join("index.html"))?;
    let tags = tags(&page);
    let mut all = String::new();
    for (_, name) in &tags {
        all += &plain::css(&read(&dir.join(name))?);
    }
    let hash: String = Sha256::digest(&all).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("ha-lab-{hash}.css");
    let bundled = bundled(&page, &tags, &name)?;
    for (_, old) in &tags {
        let old = dir.join(old);
        std::fs::remove_file(&old).map_err(|error| format!("Cannot remove {}: {error}.", old.display()))?;
    }
    site::write(&dir.join(name), all.as_bytes())?;
    site::write(&dir.join("index.html"), bundled.as_bytes())
}

/// Returns the tags of style sheets, each with the name of its file.
fn tags(page: &str) -> Vec<(&str, &str)> {
    let tags = page.match_indices("<link ").filter_map(|(at, _)| Some(&page[at..=at + page[at..].find('>')?]));
    tags.filter(|tag| tag.contains("rel=\"stylesheet\""))
        .filter_map(|tag| {
            let name = tag.split("href=\"").nth(1)?.split('"').next()?;
            Some((tag, name.trim_start_matches("./")))
        })
        .collect()
}

fn bundled(page: &str, tags: &[(&str, &str)], name: &str) -> Result<String> {
    let Some((first, rest)) = tags.split_first() else { return Err("index.html names no style sheet.".into()) };
    let mut page = page.replacen(first.0, &format!("<link rel=\"stylesheet\" href=\"./{name}\">"), 1);
    for (tag, _) in rest {
        page = page.replacen(tag, "", 1);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_one_sheet_where_the_first_was() {
        let page = "<link rel=\"stylesheet\" href=\"./base-1.css\"/><link rel=\"icon\" href=\"i\">\
            <link rel=\"stylesheet\" href=\"./learn-2.css\"/><script>";
        let tags = tags(page);
        assert_eq!(tags.iter().map(|(_, name)| *name).collect::<Vec<_>>(), ["base-1.css", "learn-2.css"]);
        let bundled = bundled(page, &tags, "all.css").expect("it has two");
        assert_eq!(bundled, "<link rel=\"stylesheet\" href=\"./all.css\"><link rel=\"icon\" href=\"i\"><script>");
    }

    #[test]
    fn a_page_without_styles_is_refused() {
        assert!(bundled("<p>", &[], "all.css").is_err());
    }
}
