//! Finishes a site that Trunk has built: copies the files that Trunk does not know (manifest, icons, lessons), names the
//! build, and writes the list of files into the service worker. The result depends only on the files, so the same build has the same name.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::run::{Lab, Result, say};
use crate::tools::read;

/// Files that are copied from `static/` under the same names.
const COPIED: &[&str] = &[
    "manifest.webmanifest",
    "icons",
    "lessons",
    "texts",
    "embed-example.html",
    "embed-example.css",
    "embed-example.js",
];
/// Files for teachers, not for the page: they are in the course pack, not in the site.
const FOR_TEACHERS: &[&str] = &["GUIDE.md", "INSTRUCTOR.md"];
/// Files that the page loads by `haLabAsset`; the single file contains them as well.
const ASSETS: &[&str] = &["lessons/", "texts/"];
/// Files that the service worker does not store: itself, and the single file, which users download to keep.
const NOT_KEPT: &[&str] = &["sw.js", SINGLE];
pub const SINGLE: &str = "ha-lab.html";

/// A file of a site, by its path with slashes.
pub struct File {
    pub path: String,
    pub data: Vec<u8>,
}

/// Copies the files that Trunk does not know.
pub fn complete(lab: &Lab, site: &Path) -> Result {
    COPIED.iter().try_for_each(|name| copy(&lab.root.join("static").join(name), &site.join(name)))
}

/// Names the build by a hash of all its files, and writes `sw.js`, which stores exactly these.
pub fn name(lab: &Lab, site: &Path) -> Result {
    let worker = read(&lab.root.join("static").join("sw.js"))?;
    let mut files = files_of(site)?;
    files.retain(|file| !NOT_KEPT.contains(&file.path.as_str()));
    let build = name_of(&files, &worker);
    for file in &mut files {
        if file.path == "index.html" {
            let page = String::from_utf8_lossy(&file.data).into_owned();
            file.data = named(&page, &build)?.into_bytes();
            write(&site.join("index.html"), &file.data)?;
        }
    }
    write(&site.join("sw.js"), filled_in(&worker, &build, &files)?.as_bytes())?;
    say(format!("  The build is {build}: {} files, kept by sw.js", files.len()));
    Ok(())
}

/// Returns the texts that the page loads by `haLabAsset`.
pub fn assets(site: &Path) -> Result<Vec<File>> {
    let mut files = files_of(site)?;
    files.retain(|file| ASSETS.iter().any(|dir| file.path.starts_with(dir)));
    Ok(files)
}

/// Returns every file under `dir`, sorted by path.
pub fn files_of(dir: &Path) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    walk(dir, &mut paths)?;
    let mut files = Vec::new();
    for path in paths {
        let name = path.strip_prefix(dir).expect("found under it").to_string_lossy().replace('\\', "/");
        let data = fs::read(&path).map_err(|error| format!("Cannot read {}: {error}.", path.display()))?;
        files.push(File { path: name, data });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) -> Result {
    let entries = fs::read_dir(dir).map_err(|error| format!("Cannot read {}: {error}.", dir.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Copies a file or a folder. Skips one that does not exist.
fn copy(from: &Path, to: &Path) -> Result {
    if from.is_file() {
        let data = fs::read(from).map_err(|error| format!("Cannot read {}: {error}.", from.display()))?;
        return write(to, &data);
    }
    if !from.is_dir() {
        return Ok(());
    }
    for file in files_of(from)? {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if !FOR_TEACHERS.contains(&name) {
            write(&to.join(&file.path), &file.data)?;
        }
    }
    Ok(())
}

pub fn write(path: &Path, data: &[u8]) -> Result {
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(path, data))
        .map_err(|error| format!("Cannot write {}: {error}.", path.display()))
}

/// Returns a hash of all names and contents, as twelve hexadecimal digits.
fn name_of(files: &[File], worker: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(worker);
    for file in files {
        hash.update(&file.path);
        hash.update((file.data.len() as u64).to_le_bytes());
        hash.update(&file.data);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the page with the name of its build in the tag of `boot.js`.
fn named(page: &str, build: &str) -> Result<String> {
    let place = "data-glue=";
    if page.matches(place).count() != 1 {
        return Err(format!("index.html should have one {place}; see pattern_script in Trunk.toml."));
    }
    Ok(page.replace(place, &format!("data-build=\"{build}\" {place}")))
}

/// Returns the worker with its two constants.
fn filled_in(worker: &str, build: &str, files: &[File]) -> Result<String> {
    let line = |file: &File| {
        // Hosts handle `index.html` differently, but all of them serve the folder.
        let path = if file.path == "index.html" { "" } else { &file.path };
        format!("  {}: {},\n", quoted(path), quoted(&integrity(&file.data)))
    };
    let list: String = files.iter().map(line).collect();
    let mut filled = worker.to_owned();
    for (place, value) in [
        ("const BUILD = \"none\";", format!("const BUILD = {};", quoted(build))),
        ("const FILES = {};", format!("const FILES = {{\n{list}}};")),
    ] {
        if filled.matches(place).count() != 1 {
            return Err(format!("static/sw.js should have one `{place}` for xtask to fill in."));
        }
        filled = filled.replace(place, &value);
    }
    Ok(filled)
}

/// Returns `sha256-...`, as in integrity attributes and policies.
pub fn integrity(data: &[u8]) -> String {
    format!("sha256-{}", base64(&Sha256::digest(data)))
}

/// Returns a text as a JSON and JavaScript string. It is also safe inside a script block, because it contains no `<`.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '<' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// Encodes as base64 with padding.
pub fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let bits = group.iter().enumerate().fold(0_u32, |bits, (at, &byte)| bits | u32::from(byte) << (16 - 8 * at));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, data: &str) -> File {
        File { path: path.to_owned(), data: data.as_bytes().to_vec() }
    }

    /// Every delivered page: of the site, of the single file (built from `index.html`) and of the SCORM package.
    #[test]
    fn every_page_has_a_policy_and_tells_nobody_where_it_is() {
        let lab = Lab::locate();
        let mut pages = files_of(&lab.root.join("static")).unwrap();
        pages.retain(|file| file.path.ends_with(".html"));
        pages.push(File { path: "../index.html".to_owned(), data: fs::read(lab.root.join("index.html")).unwrap() });
        assert!(pages.len() >= 3);
        for page in pages {
            let text = String::from_utf8(page.data).unwrap();
            let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'self'";
            for meta in [policy, "<meta name=\"referrer\" content=\"no-referrer\">"] {
                let at = text.find(meta).unwrap_or_else(|| panic!("{} has no {meta}", page.path));
                assert!(!text[..at].contains("<script"), "{}: {meta} comes after a script", page.path);
            }
        }
    }

    #[test]
    fn base64_is_the_usual_one() {
        let check = |text: &str, expect: &str| assert_eq!(base64(text.as_bytes()), expect, "{text}");
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
    }

    #[test]
    fn integrity_is_that_of_the_browser() {
        assert_eq!(integrity(b""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn a_build_is_named_by_what_is_in_it() {
        let one = name_of(&[file("a", "bc")], "w");
        assert_eq!(one.len(), 12);
        assert_eq!(one, name_of(&[file("a", "bc")], "w"));
        for other in
            [name_of(&[file("ab", "c")], "w"), name_of(&[file("a", "bd")], "w"), name_of(&[file("a", "bc")], "v")]
        {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_worker_gets_its_files_and_the_page_its_build() {
        let worker = "const BUILD = \"none\";\nconst FILES = {};\n";
        let filled = filled_in(worker, "b1", &[file("index.html", ""), file("a \"b\".js", "")]).unwrap();
        let hash = integrity(b"");
        assert_eq!(
            filled,
            format!(
                "const BUILD = \"b1\";\nconst FILES = {{\n  \"\": \"{hash}\",\n  \"a \\\"b\\\".js\": \"{hash}\",\n}};\n"
            )
        );
        assert!(filled_in("const FILES = {};", "b1", &[]).unwrap_err().contains("static/sw.js"));
        assert_eq!(named("<script data-glue=x>", "b1").unwrap(), "<script data-build=\"b1\" data-glue=x>");
        assert!(named("<script>", "b1").is_err());
    }

    #[test]
    fn a_quoted_text_cannot_end_a_script() {
        assert_eq!(quoted("</script>\n\"\\\u{1}"), "\"\\u003c/script>\\n\\\"\\\\\\u0001\"");
    }
}
