//! Reads the sources and fails on an import that points up, on crates that only `ui` may name, on files without a header or with
//! too many lines, on a test file that nothing compiles, and on a circle of imports that is not listed. Rules that clippy can check by types (unordered maps, clocks,
//! threads) are in clippy.toml.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules, from the bottom up. Each may use those before it.
const LAYERS: [&str; 8] = ["sim", "etcd", "kube", "edge", "console", "cluster", "lab", "ui"];
/// Crates that nothing below `ui` may name: the browser. They exist in wasm32 only.
const ONLY_UI: [&str; 6] = ["yew", "web_sys", "js_sys", "gloo", "wasm_bindgen", "plotters"];
/// The numbers of circular imports between the files of a module, except between a folder's `mod.rs` and its own files. A number may only
/// fall: when one falls, write the new number here.
const CIRCLES: [(&str, usize); 8] = [
    ("sim", 0),
    ("etcd", 0),
    ("kube", 1), // election: attempt and candidate are two files of one state machine
    ("edge", 0),
    ("console", 0),
    ("cluster", 0),
    ("lab", 0),
    ("ui", 0),
];
/// Lints of clippy.toml that src/lib.rs must deny for every module below `ui`.
const WALLS: &str = "clippy::disallowed_methods, clippy::disallowed_types)]";
/// Folders with Rust besides `src`.
const BESIDES: [&str; 4] = ["tests", "benches", "examples", "xtask/src"];
const LONGEST: usize = 600;

fn sources(under: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(under).expect("it is there").map(|e| e.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Returns the source files by their path under `src`.
fn all() -> Vec<(String, String)> {
    under("src")
}

/// Returns the source files by their path under a folder of the repository.
fn under(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let name = |p: &Path| p.strip_prefix(&root).expect("under it").to_string_lossy().replace('\\', "/");
    paths.iter().map(|p| (name(p), fs::read_to_string(p).expect("readable"))).collect()
}

/// Returns a file's layer: that of the first part of its path.
fn layer(file: &str) -> Option<usize> {
    let first = file.split('/').next()?.trim_end_matches(".rs");
    LAYERS.iter().position(|l| *l == first)
}

/// Returns how deep a file is in the module tree: `kube/mod.rs` 1, `kube/api.rs` 2.
fn depth(file: &str) -> usize {
    let parts = file.split('/').count();
    if file.ends_with("/mod.rs") { parts - 1 } else { parts }
}

fn without_comments(text: &str) -> String {
    text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn ident(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Returns the first names of a path's continuation: `a::b` gives `a`, `{a::b, c}` gives `a` and `c`.
fn heads(text: &str) -> Vec<&str> {
    let Some(group) = text.strip_prefix('{') else { return vec![ident(text)] };
    let (mut nesting, mut start, mut names) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => nesting += 1,
            '}' if nesting > 0 => nesting -= 1,
            ',' | '}' if nesting == 0 => {
                names.push(ident(group[start..i].trim_start()));
                start = i + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// Returns the top-level modules that a file names, through `crate::` or through enough `super::`.
fn named(text: &str, depth: usize) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        names.extend(heads(&text[at + "crate::".len()..]));
    }
    let up = "super::".repeat(depth);
    for (at, _) in text.match_indices(&up) {
        names.extend(heads(&text[at + up.len()..]));
    }
    names
}

fn upward(file: &str, text: &str) -> Vec<String> {
    let Some(own) = layer(file) else { return Vec::new() };
    let names = named(text, depth(file));
    let above = names.into_iter().filter(|n| LAYERS.iter().position(|l| l == n).is_some_and(|other| other > own));
    above.map(|n| format!("{file} is in {} and uses {n}", LAYERS[own])).collect()
}

fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let alone = move |at: &usize| {
        // gloo_timers is gloo too
        !part(text[..*at].chars().next_back()) && (word == "gloo" || !part(text[at + word.len()..].chars().next()))
    };
    text.match_indices(word).map(|(at, _)| at).filter(alone)
}

fn forbidden(file: &str, text: &str) -> Vec<String> {
    if layer(file).is_none_or(|l| LAYERS[l] == "ui") {
        return Vec::new();
    }
    let found = ONLY_UI.iter().filter(|w| words(text, w).next().is_some());
    found.map(|w| format!("{file} names {w}, which only ui may")).collect()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn no_module_uses_one_above_it() {
    report(&all().iter().flat_map(|(f, t)| upward(f, &without_comments(t))).collect::<Vec<_>>());
}

#[test]
fn only_ui_knows_the_browser() {
    report(&all().iter().flat_map(|(f, t)| forbidden(f, &without_comments(t))).collect::<Vec<_>>());
}

/// Returns the module of a file: `kube/api.rs` is `kube::api`, and `kube/mod.rs` is `kube`.
fn module(file: &str) -> Vec<&str> {
    let mut path: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if path.last() == Some(&"mod") {
        path.pop();
    }
    path
}

/// Returns every path that follows `at`, with the braces of a `use` expanded.
fn paths<'a>(text: &'a str, before: &[&'a str], out: &mut Vec<Vec<&'a str>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = paths(rest, before, out).trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
            match rest.strip_prefix('}') {
                Some(after) => return after,
                None if rest.is_empty() => return rest,
                None => {}
            }
        }
    }
    let name = ident(text);
    let rest = &text[name.len()..];
    if name.is_empty() {
        out.push(before.to_vec());
        // `*`, and anything that is not a path.
        let mut chars = rest.chars();
        chars.next();
        return chars.as_str();
    }
    let path = [before, &[name]].concat();
    match rest.strip_prefix("::") {
        Some(rest) => paths(rest, &path, out),
        None => {
            out.push(path);
            let alias =
                rest.trim_start().strip_prefix("as ").map(|rest| &rest.trim_start()[ident(rest.trim_start()).len()..]);
            alias.unwrap_or(rest)
        }
    }
}

/// Returns the files of the same top-level module that a file imports from, by their modules.
fn imports<'a>(own: &[&'a str], text: &'a str, modules: &BTreeSet<Vec<&str>>) -> BTreeSet<Vec<&'a str>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("::") {
        let head = text[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |before| before + 1);
        if head < at && !text[..head].ends_with(':') {
            paths(&text[head..], &[], &mut found);
        }
    }
    let absolute = |path: Vec<&'a str>| -> Vec<&'a str> {
        let up = path.iter().take_while(|part| **part == "super").count();
        match path[0] {
            "crate" => path[1..].to_vec(),
            "self" => [own, &path[1..]].concat(),
            "super" => [&own[..own.len().saturating_sub(up)], &path[up..]].concat(),
            _ => [own, &path].concat(),
        }
    };
    let file = |path: Vec<&'a str>| (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|m| modules.contains(m));
    let related = |other: &Vec<&str>| own.starts_with(other) || other.starts_with(own);
    let found = found.into_iter().filter(|path| !path.is_empty()).filter_map(|path| file(absolute(path)));
    found.filter(|other| other[0] == own[0] && !related(other)).collect()
}

/// Returns the groups of files that import each other, directly or through others.
fn circles(files: &[(String, String)]) -> Vec<Vec<String>> {
    let plain: Vec<(Vec<&str>, String)> = files.iter().map(|(f, t)| (module(f), without_tests(t))).collect();
    let modules: BTreeSet<Vec<&str>> = plain.iter().map(|(m, _)| m.clone()).collect();
    let next: BTreeMap<&[&str], BTreeSet<Vec<&str>>> =
        plain.iter().map(|(m, t)| (m.as_slice(), imports(m, t, &modules))).collect();
    let reach = |from: &[&str]| {
        let (mut seen, mut left) = (BTreeSet::new(), vec![from.to_vec()]);
        while let Some(at) = left.pop() {
            for to in next.get(at.as_slice()).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    left.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&[&str], BTreeSet<Vec<&str>>> = next.keys().map(|m| (*m, reach(m))).collect();
    let mut groups: BTreeSet<Vec<String>> = BTreeSet::new();
    for (own, seen) in &reached {
        if seen.contains(*own) {
            let both = seen.iter().filter(|other| reached[other.as_slice()].contains(*own));
            groups.insert(both.map(|m| m.join("/")).collect());
        }
    }
    groups.into_iter().collect()
}

/// Returns a file without its comments and without the tests at its end.
fn without_tests(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    without_comments(&text[..end])
}

#[test]
fn circles_between_files_only_become_fewer() {
    let files: Vec<_> = all().into_iter().filter(|(f, _)| f.contains('/') && !f.contains("tests")).collect();
    let mut faults = Vec::new();
    for (room, known) in CIRCLES {
        let own: Vec<_> = files.iter().filter(|(f, _)| f.split('/').next() == Some(room)).cloned().collect();
        let found = circles(&own);
        if found.len() != known {
            faults.push(format!("{room} has {} circles, and {known} are known: {found:?}", found.len()));
        }
    }
    report(&faults);
}

#[test]
fn a_circle_is_seen_whatever_way_it_is_written() {
    let files = |b: &str| {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        vec![
            file("x/mod.rs", "mod a; mod b; pub use a::A;"),
            file("x/a.rs", "use super::b::B; use super::Top;"),
            file("x/b.rs", b),
        ]
    };
    for text in [
        "use super::a::A;",
        "use crate::x::{a::A};",
        "fn f(a: &super::a::A) {}",
        "use crate::{sim::S, x::{self, a as c}};",
    ] {
        assert_eq!(circles(&files(text)), [["x/a", "x/b"]], "{text}");
    }
    for text in [
        "use super::Top;",
        "// super::a::A",
        "use other::a::A;",
        "#[cfg(test)]\nmod tests {\n    use super::super::a::A;\n}",
    ] {
        assert!(circles(&files(text)).is_empty(), "{text}");
    }
}

/// Returns every source file of the repository by its path.
fn everywhere() -> Vec<(String, String)> {
    let named = |folder: &'static str| under(folder).into_iter().map(move |(f, t)| (format!("{folder}/{f}"), t));
    ["src"].into_iter().chain(BESIDES).flat_map(named).collect()
}

#[test]
fn clippy_guards_every_module_below_ui() {
    let lib = include_str!("../src/lib.rs");
    let open: Vec<String> = LAYERS
        .iter()
        .filter(|l| **l != "ui" && !lib.contains(&format!("{WALLS}\npub mod {l};")))
        .map(|l| format!("src/lib.rs does not deny `{WALLS}` for {l}"))
        .collect();
    report(&open);
}

#[test]
fn each_file_says_what_it_is() {
    let says =
        |t: &str| t.starts_with("//! ") && (t.lines().count() < 5 || t.lines().next().is_some_and(|l| l.len() > 12));
    let silent = everywhere().into_iter().filter(|(_, t)| !says(t));
    report(
        &silent.map(|(f, _)| format!("{f} does not begin with a //! header that says what it is")).collect::<Vec<_>>(),
    );
}

#[test]
fn no_file_is_too_long() {
    let long = everywhere().into_iter().filter(|(_, t)| t.lines().count() > LONGEST);
    report(
        &long.map(|(f, t)| format!("{f} has {} lines, {LONGEST} are allowed", t.lines().count())).collect::<Vec<_>>(),
    );
}

/// Returns the modules that a file declares, `mod x;`.
fn declared(text: &str) -> Vec<&str> {
    text.lines().filter_map(|l| l.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')).collect()
}

/// Returns the file that declares a file of `tests/`: `main.rs` declares `time.rs`, `lessons.rs` declares `lessons/errors.rs`.
fn parent(file: &str) -> String {
    match file.trim_end_matches("/mod.rs").rsplit_once('/') {
        Some(("common", _)) => "common/mod.rs".to_owned(),
        Some((folder, _)) => format!("{folder}.rs"),
        None => "main.rs".to_owned(),
    }
}

/// Cargo finds no tests by itself here (`autotests = false`), so a file that is not declared would be left out silently.
#[test]
fn every_file_of_tests_is_compiled() {
    let files: Vec<_> = under("tests").into_iter().filter(|(f, _)| !f.starts_with("fuzz/")).collect();
    let text = |name: &str| files.iter().find(|(f, _)| f == name).map_or("", |(_, t)| t);
    let targets = ["main.rs", "web.rs"];
    let lost = files.iter().map(|(f, _)| f).filter(|f| {
        let module = f.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next().unwrap_or_default();
        !targets.contains(&f.as_str()) && !declared(text(&parent(f))).contains(&module)
    });
    report(
        &lost
            .map(|f| format!("tests/{f} is compiled by nothing: tests/{} has no `mod`", parent(f)))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn this_test_sees_what_it_is_for() {
    let up = |file: &str, text: &str| !upward(file, text).is_empty();
    assert!(up("sim/net.rs", "use crate::etcd::Raft;"));
    assert!(up("kube/api.rs", "use crate::{sim::Ctx, edge::{Lb, Ip}};"));
    assert!(up("kube/mod.rs", "use super::edge;"));
    assert!(up("kube/api/get.rs", "use super::super::super::edge;"));
    assert!(!up("kube/api/get.rs", "use super::edge;"));
    assert!(!up("lab/run.rs", "use crate::{cluster::Cluster, sim::SimTime};"));
    assert!(!up("bin/ha-lab.rs", "use crate::ui;"));
    let bad = |text: &str| !forbidden("sim/net.rs", text).is_empty();
    assert!(bad("use gloo_timers::x;") && bad("web_sys::window()"));
    assert!(!bad("let yewtree = 1;"));
    assert!(forbidden("ui/app.rs", "use yew::prelude::*;").is_empty());
    assert_eq!(without_comments("a // yew\nb"), "a \nb");
    assert_eq!(declared("mod a;\n// mod b;\npub mod c;\nmod d {\n}"), ["a", "c"]);
    let parents = ["time.rs", "lessons/errors.rs", "common/toy.rs", "common/mod.rs"].map(parent);
    assert_eq!(parents, ["main.rs", "lessons.rs", "common/mod.rs", "main.rs"]);
}
