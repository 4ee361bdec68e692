//! The first picture: when the page is built, the site's own module draws the default cluster. The drawing is put into
//! `index.html`, so that the visitor sees the cluster before the module has arrived. Node runs the module (`xtask/picture/`); no browser is needed.

use std::path::Path;

use crate::run::{self, Lab, Result, say};
use crate::site;
use crate::tools::read;

/// Its place in `index.html`.
const PLACE: &str = "<!-- picture -->";

/// Puts the picture into the site's page.
pub fn put(lab: &Lab, dir: &Path) -> Result {
    let drawn = lab.root.join("target").join("picture.html");
    let mut node = lab.command("node");
    node.arg("xtask/picture/draw.mjs").arg(dir).arg(&drawn);
    run::quiet("Drawing the first picture", &mut node, &lab.tools.join("log").join("picture.log"))?;
    let page = read(&dir.join("index.html"))?;
    let picture = read(&drawn)?;
    site::write(&dir.join("index.html"), with(&page, &picture)?.as_bytes())?;
    say(format!("  The first picture: {} bytes", picture.len()));
    Ok(())
}

fn with(page: &str, picture: &str) -> Result<String> {
    if page.matches(PLACE).count() != 1 {
        return Err(format!("index.html should have one {PLACE} for the first picture."));
    }
    // The parts wait for the lab, but what they show is already true.
    Ok(page.replace(PLACE, &format!("<div class=\"picture\" aria-busy=\"true\">{picture}</div>")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_stands_in_its_place() {
        let page = format!("<div id=\"app\"><main></main>{PLACE}</div>");
        let expect = "<div id=\"app\"><main></main><div class=\"picture\" aria-busy=\"true\"><p>one</p></div></div>";
        assert_eq!(with(&page, "<p>one</p>").unwrap(), expect);
        assert!(with("<div></div>", "").unwrap_err().contains(PLACE));
    }
}
