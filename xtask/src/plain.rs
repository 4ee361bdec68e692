//! Styles and scripts as they are delivered: without comments, indentation and empty lines. After compression there is little
//! more to gain, and the result is still readable.

use std::path::Path;

use crate::run::Result;
use crate::site;
use crate::tools::read;

/// Strips the scripts of the first load: `boot.js`, and the glue of the module.
pub fn scripts(dir: &Path) -> Result {
    for file in site::files_of(dir)? {
        if file.path == "boot.js" || file.path.starts_with("ha-lab-web-") && file.path.ends_with(".js") {
            let path = dir.join(&file.path);
            site::write(&path, js(&read(&path)?).as_bytes())?;
        }
    }
    Ok(())
}

/// Strips a style sheet. No string in our sheets looks like a comment.
pub fn css(text: &str) -> String {
    let parts = text.split("/*").enumerate();
    let bare: String =
        parts.map(|(n, part)| if n == 0 { part } else { part.split_once("*/").map_or("", |(_, rest)| rest) }).collect();
    lines(&bare, |_| true)
}

/// Strips a script: removes comments that have lines to themselves. A script with a string of several lines stays unchanged.
pub fn js(text: &str) -> String {
    let mut inside = false;
    let plain = lines(text, |line| {
        if inside {
            inside = !line.contains("*/");
            return false;
        }
        inside = line.starts_with("/*") && !line.contains("*/");
        !line.starts_with("//") && !(line.starts_with("/*") && (inside || line.ends_with("*/")))
    });
    let in_lines = plain.lines().any(|line| line.matches('`').count() % 2 == 1);
    if in_lines { text.to_owned() } else { plain }
}

fn lines(text: &str, mut keep: impl FnMut(&str) -> bool) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if keep(line) {
            out += line;
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_code_stays() {
        let check = |plain: fn(&str) -> String, text: &str, expect: &str| assert_eq!(plain(text), expect, "{text}");
        check(css, "/* a */\n.a {\n  b: c; /* d\n e */\n\n}\n", ".a {\nb: c;\n}\n");
        check(js, "// a\n  let b = 1; // c\n/** d */\n/*\n * e\n */\nf();\n", "let b = 1; // c\nf();\n");
        check(js, "// `a\nb();\n", "b();\n");
        check(js, "/* a */ b();\n", "/* a */ b();\n");
        check(js, "let a = `\n  // b\n`;\n", "let a = `\n  // b\n`;\n");
    }
}
