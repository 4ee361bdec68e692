//! `cargo xtask pack`: builds the course pack, one zip with everything that a teacher needs, including the SCORM 1.2 package.
//! Entries are sorted and have fixed dates, so the same sources give the same bytes.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::run::{Lab, Result, say};
use crate::site::{self, File, SINGLE};
use crate::tools::read;

const SCORM: &str = "ha-lab-scorm12.zip";

/// Packs a finished site. Returns the path of the zip.
pub fn pack(lab: &Lab, site: &Path) -> Result<PathBuf> {
    let version = version_of(&read(&lab.root.join("Cargo.toml"))?).ok_or("Cargo.toml names no version.")?;
    let (single, pages): (Vec<File>, Vec<File>) =
        site::files_of(site)?.into_iter().partition(|file| file.path == SINGLE);
    let single = single.into_iter().next().ok_or(format!("There is no {SINGLE} in {}.", site.display()))?;
    let lessons = match lab.root.join("static").join("lessons") {
        dir if dir.is_dir() => site::files_of(&dir)?,
        _ => Vec::new(),
    };
    let scorm = scorm(lab, &version, &single, &names_of(&lessons))?;
    let out = lab.root.join("target").join("pack");
    // An unpacked copy, which the end-to-end tests load into a SCORM run-time.
    let unpacked = out.join("scorm");
    let _ = std::fs::remove_dir_all(&unpacked);
    for file in &scorm {
        site::write(&unpacked.join(&file.path), &file.data)?;
    }

    let mut files = vec![File { path: format!("scorm/{SCORM}"), data: zipped(scorm)? }, single];
    let mut add = |folder: &str, found: Vec<File>| {
        files.extend(found.into_iter().map(|file| File { path: format!("{folder}/{}", file.path), ..file }));
    };
    add("site", pages);
    add("lessons", lessons);
    for (path, from) in [("INSTRUCTOR.md", "static/lessons/INSTRUCTOR.md"), ("LICENSE", "LICENSE")] {
        files.push(File { path: path.to_owned(), data: read(&lab.root.join(from))?.into_bytes() });
    }
    files.retain(|file| file.path != "lessons/INSTRUCTOR.md");
    let place = out.join(format!("ha-lab-course-{version}.zip"));
    let (count, data) = (files.len(), zipped(files)?);
    site::write(&place, &data)?;
    say(format!("The course pack is {} ({count} files, {} bytes)", place.display(), data.len()));
    Ok(place)
}

/// Returns the files of the SCORM package.
fn scorm(lab: &Lab, version: &str, single: &File, lessons: &[String]) -> Result<Vec<File>> {
    let mut files = site::files_of(&lab.root.join("static").join("scorm"))?;
    files.push(File { path: SINGLE.to_owned(), data: single.data.clone() });
    let at =
        files.iter().position(|file| file.path == "imsmanifest.xml").ok_or("static/scorm has no imsmanifest.xml.")?;
    let template = String::from_utf8_lossy(&files.remove(at).data).into_owned();
    let list: String = files.iter().map(|file| format!("      <file href=\"{}\"/>\n", file.path)).collect();
    let parameters = match lessons {
        [] => String::new(),
        names => format!(" parameters=\"?lessons={}\"", names.join(",")),
    };
    let manifest =
        template.replace("{version}", version).replace("{files}", &list).replace("{parameters}", &parameters);
    files.push(File { path: "imsmanifest.xml".to_owned(), data: manifest.into_bytes() });
    Ok(files)
}

/// Returns the ids of the lessons, from the front matter of the English files, in the order of those files.
fn names_of(lessons: &[File]) -> Vec<String> {
    let id = |file: &File| {
        let text = std::str::from_utf8(&file.data).ok()?.strip_prefix("---\n")?;
        let line = text.lines().take_while(|line| *line != "---").find_map(|line| line.strip_prefix("id:"))?;
        Some(line.trim().to_owned())
    };
    lessons.iter().filter(|file| file.path.starts_with("en/")).filter_map(id).collect()
}

fn zipped(mut files: Vec<File>) -> Result<Vec<u8>> {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let trouble = |error: &dyn std::fmt::Display| format!("Cannot write the zip: {error}.");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        zip.start_file(file.path, options).map_err(|error| trouble(&error))?;
        zip.write_all(&file.data).map_err(|error| trouble(&error))?;
    }
    Ok(zip.finish().map_err(|error| trouble(&error))?.into_inner())
}

/// Returns the version of the package in a `Cargo.toml`.
fn version_of(manifest: &str) -> Option<String> {
    let (_, rest) = manifest.split_once("[package]")?;
    let line = rest.lines().find(|line| line.starts_with("version"))?;
    line.split('"').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    fn file(path: &str, data: &str) -> File {
        File { path: path.to_owned(), data: data.as_bytes().to_vec() }
    }

    #[test]
    fn a_zip_is_the_same_whenever_and_in_whatever_order_it_is_written() {
        let one = zipped(vec![file("b", "2"), file("a/c", "1")]).unwrap();
        assert_eq!(one, zipped(vec![file("a/c", "1"), file("b", "2")]).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(one)).unwrap();
        let names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        assert_eq!(names, ["a/c", "b"]);
        let mut text = String::new();
        archive.by_name("a/c").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "1");
        let date = archive.by_name("b").unwrap().last_modified().unwrap();
        assert_eq!((date.year(), date.month(), date.day()), (1980, 1, 1));
    }

    #[test]
    fn the_scorm_package_names_its_files_and_lessons() {
        let lab = Lab::locate();
        let files = scorm(&lab, "1.2.3", &file(SINGLE, "x"), &["a".into(), "b-2".into()]).unwrap();
        let manifest = files.iter().find(|file| file.path == "imsmanifest.xml").unwrap();
        let text = String::from_utf8_lossy(&manifest.data);
        for part in [
            "version=\"1.2.3\"",
            "<schemaversion>1.2</schemaversion>",
            "adlcp:scormtype=\"sco\" href=\"index.html\"",
            "parameters=\"?lessons=a,b-2\"",
            "<file href=\"ha-lab.html\"/>",
            "<file href=\"index.html\"/>",
            "<file href=\"scorm.js\"/>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains('{') && !text.contains("imsmanifest"), "{text}");
    }

    #[test]
    fn lessons_are_named_by_their_english_files() {
        let text = |id: &str| format!("---\ntitle: T\nid: {id}\n---\nid: not this\n");
        let files = [
            file("GUIDE.md", "id: x"),
            file("en/00-tour.md", &text("tour")),
            file("en/01-lone.md", &text("lone")),
            file("en/index.txt", "00-tour"),
            file("zh/00-tour.md", &text("zh")),
        ];
        assert_eq!(names_of(&files), ["tour", "lone"]);
    }

    #[test]
    fn the_version_is_the_package_s() {
        assert_eq!(
            version_of("[workspace]\nx\n[package]\nname = \"a\"\nversion = \"0.1.0\"\n").as_deref(),
            Some("0.1.0")
        );
        assert_eq!(version_of("[workspace]"), None);
    }
}
