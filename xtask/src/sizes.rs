//! The size of a first visit: every file of `dist/`, compressed as a good web server would compress it.

use std::process::Stdio;

use crate::run::{Lab, Result, say};

/// The limit for everything that a first visit fetches: brotli, all files. The goal is 720,000; this limit keeps the size from growing.
const LIMIT_BYTES: u64 = 775_000;
/// Files that no first visit waits for: lessons and languages, which are loaded on demand; the worker, which
/// starts once the cluster runs (the files that it then fetches are checked against the HTTP cache and not counted twice); icons
/// of an installed lab; the example page; the single file, which is another form of the whole lab.
const LATER: &[&str] =
    &["lessons/", "texts/", "sw.js", "icons/icon-", "icons/maskable", "embed-example", crate::site::SINGLE];

/// A script for Node, which has the compressors: walks a directory and prints `brotli gzip raw path`, one file a line.
const MEASURE: &str = r"
const { readdirSync, readFileSync } = require('node:fs');
const { brotliCompressSync, gzipSync, constants } = require('node:zlib');
const root = process.argv[1];
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = require('node:path').join(entry.parentPath ?? entry.path, entry.name);
  const data = readFileSync(path);
  const brotli = brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  const name = require('node:path').relative(root, path).split('\\').join('/');
  console.log(brotli.length, gzipSync(data, { level: 9 }).length, data.length, name);
}
";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    pub name: String,
    pub brotli: u64,
    pub gzip: u64,
    pub raw: u64,
}

/// Returns the files of a directory, largest first.
pub fn measure(lab: &Lab, dir: &std::path::Path) -> Result<Vec<Size>> {
    let mut node = lab.command("node");
    node.args(["-e", MEASURE]).arg(dir).stdin(Stdio::null()).stderr(Stdio::inherit());
    let out = node.output().map_err(|error| format!("Cannot start `node`: {error}."))?;
    if !out.status.success() {
        return Err(format!("Node could not measure the files in {}.", dir.display()));
    }
    let mut sizes: Vec<Size> = String::from_utf8_lossy(&out.stdout).lines().filter_map(parse).collect();
    sizes.sort_by(|a, b| b.brotli.cmp(&a.brotli).then_with(|| a.name.cmp(&b.name)));
    Ok(sizes)
}

fn parse(line: &str) -> Option<Size> {
    let mut words = line.splitn(4, ' ');
    let mut number = || words.next()?.parse().ok();
    let (brotli, gzip, raw) = (number()?, number()?, number()?);
    Some(Size { name: words.next()?.to_owned(), brotli, gzip, raw })
}

/// Prints the table and compares the sum with the limit.
pub fn check(lab: &Lab) -> Result {
    let dist = lab.dist();
    if !dist.join("index.html").is_file() {
        return Err("There is no dist/: run `cargo xtask build`.".into());
    }
    let sizes = measure(lab, &dist)?;
    let (first, later): (Vec<_>, Vec<_>) = sizes.into_iter().partition(|size| !is_later(&size.name));
    say(format!("\n{:>10} {:>10} {:>10}  what a first visit fetches", "brotli", "gzip", "raw"));
    for size in &first {
        say(line(size));
    }
    let all = sum(&first, "all of it");
    say(line(&all));
    say(line(&sum(&later, "when it is asked for")));
    judge(all.brotli)
}

fn is_later(name: &str) -> bool {
    LATER.iter().any(|start| name.starts_with(start))
}

fn judge(brotli: u64) -> Result {
    if brotli > LIMIT_BYTES {
        return Err(format!("A first visit fetches {brotli} bytes (brotli); the limit is {LIMIT_BYTES}."));
    }
    Ok(())
}

pub fn line(size: &Size) -> String {
    format!("{:>10} {:>10} {:>10}  {}", size.brotli, size.gzip, size.raw, size.name)
}

fn sum(sizes: &[Size], name: &str) -> Size {
    let all = |of: fn(&Size) -> u64| sizes.iter().map(of).sum();
    Size {
        name: name.to_owned(),
        brotli: all(|size| size.brotli),
        gzip: all(|size| size.gzip),
        raw: all(|size| size.raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_node_are_read() {
        let size = parse("10 12 30 lessons/one two.json").unwrap();
        assert_eq!(size, Size { name: "lessons/one two.json".into(), brotli: 10, gzip: 12, raw: 30 });
        assert_eq!(parse("nonsense"), None);
        assert_eq!(sum(&[size.clone(), size], "two").raw, 60);
    }

    #[test]
    fn the_limit_is_a_limit() {
        assert_eq!(judge(LIMIT_BYTES), Ok(()));
        assert!(judge(LIMIT_BYTES + 1).unwrap_err().contains(&format!("{} bytes", LIMIT_BYTES + 1)));
    }
}
