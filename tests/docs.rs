//! Follows the references of the sources and the documents: sections of docs/facts.md (`FACTS 1.4`), claims of docs/lecture.md
//! (`C16`), recordings of docs/golden.md (`golden/4`), documents by name, links, and the places that the map of the code names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::tree::{Joined, files, in_word, read, root, words};

/// Documents whose paths in backticks are places in this repository.
const MAPS: [&str; 5] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/golden.md", "docs/lecture.md", "docs/style.md"];
/// Folders at which a path in one of them may begin, besides the root and the folder of the document.
const BASES: [&str; 2] = ["src", "xtask/src"];
/// Folders that a build creates.
const BUILT: [&str; 4] = ["dist/", "target/", ".tools/", "node_modules/"];

/// Returns whether this is a lesson, whose links are terms and not places.
fn is_lesson(name: &str) -> bool {
    name.starts_with("static/lessons/") && name.matches('/').count() == 3
}

fn sources() -> Vec<(String, String)> {
    files(&[".rs", ".mjs", ".js", ".css"])
}

/// Returns the Markdown files, without lessons.
fn documents() -> Vec<(String, String)> {
    files(&[".md"]).into_iter().filter(|(name, _)| !is_lesson(name)).collect()
}

fn report(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

// ---- text ----

/// Returns the lines of Markdown that are not in a fenced block, with their numbers.
fn outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fence && !fenced).then_some((index + 1, line))
    })
}

/// Returns `(level, title)` of each heading.
fn headings(text: &str) -> Vec<(usize, &str)> {
    let heading = |line: &'_ str| line.starts_with('#').then(|| line.chars().take_while(|c| *c == '#').count());
    outside_fences(text)
        .filter_map(|(_, line)| heading(line).map(|level| (level, line[level..].trim())))
        .filter(|(_, title)| !title.is_empty())
        .collect()
}

/// Returns the anchors of a page's headings, as GitHub creates them.
fn anchors(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (_, title) in headings(text) {
        let kept = title.to_lowercase().chars().filter(|c| in_word(*c) || matches!(c, ' ' | '-')).collect::<String>();
        let slug = kept.replace(' ', "-");
        let again = all.iter().filter(|known| **known == slug).count();
        all.push(if again == 0 { slug } else { format!("{slug}-{again}") });
    }
    all
}

// ---- FACTS ----

/// A cited section, and the labels of its parts.
#[derive(Debug, PartialEq)]
struct Cited {
    section: String,
    labels: Vec<String>,
}

/// Parses the text after `FACTS`: ` 1.3, 2 (a1) and 3.1 to 3.3`. Empty if it is not a citation.
fn cited(text: &str) -> Vec<Cited> {
    let mut found: Vec<Cited> = Vec::new();
    let mut rest = text.strip_prefix(' ').unwrap_or_default();
    loop {
        let digits = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').count();
        let number = rest[..digits].trim_end_matches('.');
        // "FACTS 1.7, 9 s": a number before a unit or a name is not a section.
        if number.is_empty() || (found.is_empty() && !number.starts_with(|c: char| c.is_ascii_digit())) {
            return found;
        }
        rest = &rest[number.len()..];
        let mut labels = Vec::new();
        while let Some((inside, after)) = rest.strip_prefix(" (").and_then(|open| open.split_once(')')) {
            let parts: Vec<&str> = inside.split([',', ' ']).filter(|w| !matches!(*w, "" | "to" | "and")).collect();
            if !parts.iter().all(|part| part.len() <= 3 && part.chars().all(char::is_alphanumeric)) {
                break;
            }
            labels.extend(parts.into_iter().map(str::to_owned));
            rest = after;
            // `2 (a1), (b) and (d)`
            if let Some(next) = [", (", " and ("].iter().find_map(|sign| rest.strip_prefix(sign)) {
                rest = &rest[rest.len() - next.len() - 2..];
            }
        }
        found.push(Cited { section: number.to_owned(), labels });
        let Some(next) = [", and ", ", ", " and ", " to "].iter().find_map(|sign| rest.strip_prefix(sign)) else {
            return found;
        };
        rest = next;
    }
}

/// Returns the text of a section of docs/facts.md with its subsections: `2` or `1.4`.
fn section<'a>(facts: &'a str, number: &str) -> Option<&'a str> {
    let (level, sign) =
        if number.contains('.') { (3, format!("### {number} ")) } else { (2, format!("## {number}. ")) };
    let start = facts.match_indices(&sign).map(|(at, _)| at).find(|at| *at == 0 || facts[..*at].ends_with('\n'))?;
    let mut end = facts.len();
    for mark in (1..=level).map(|n| format!("\n{} ", "#".repeat(n))) {
        end = facts[start..].find(&mark).map_or(end, |at| end.min(start + at));
    }
    Some(&facts[start..end])
}

fn has_label(section: &str, label: &str) -> bool {
    match label.chars().next() {
        Some(c) if c.is_ascii_lowercase() => section.contains(&format!("({label})")),
        Some(c) if c.is_ascii_digit() => section.lines().any(|line| line.starts_with(&format!("{label}. "))),
        _ => !words(section, label).is_empty(),
    }
}

fn wrong_facts(name: &str, text: &str, facts: &str) -> Vec<String> {
    let joined = Joined::new(text, false);
    let mut faults = Vec::new();
    for at in words(&joined.text, "FACTS") {
        let place = format!("{name}:{}", joined.line(at));
        let all = cited(&joined.text[at + "FACTS".len()..]);
        if all.is_empty() {
            faults.push(format!("{place}: FACTS without a section"));
        }
        for Cited { section: number, labels } in all {
            let Some(found) = section(facts, &number) else {
                faults.push(format!("{place}: FACTS {number} is not in docs/facts.md"));
                continue;
            };
            let missing = labels.iter().filter(|label| !has_label(found, label));
            faults.extend(missing.map(|label| format!("{place}: FACTS {number} has no ({label})")));
        }
    }
    faults
}

#[test]
fn every_cited_fact_exists() {
    let facts = read("docs/facts.md");
    let all = sources().into_iter().chain(documents());
    report(&all.flat_map(|(name, text)| wrong_facts(&name, &text, &facts)).collect::<Vec<_>>());
}

// ---- claims ----

fn claims() -> BTreeSet<u32> {
    let lecture = read("docs/lecture.md");
    lecture.lines().filter_map(|line| line.strip_prefix("| C")?.split(' ').next()?.parse().ok()).collect()
}

/// Returns the claims that a text names: `C16`, but not labels in the brackets of a cited fact.
fn named_claims(text: &str) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('C') {
        let digits: String = text[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        let after = text[at + 1 + digits.len()..].chars().next();
        let before = text[..at].chars().next_back();
        let Ok(number) = digits.parse() else { continue };
        if !before.is_some_and(|c| in_word(c) || c == '-') && !after.is_some_and(in_word) {
            found.push((at, number));
        }
    }
    // Inside the brackets after a cited fact, and close to it.
    let quoted = |at: usize| {
        let near = text[..at].char_indices().rev().nth(60).map_or(0, |(start, _)| start);
        let before = &text[near..at];
        let Some(start) = before.rfind("FACTS") else { return false };
        let label = |w: &str| w.len() <= 3 && w.chars().all(char::is_alphanumeric);
        let open = before[start..].rfind('(').map(|open| &before[start + open + 1..]);
        open.is_some_and(|inside| !inside.contains(')') && inside.split([',', ' ']).all(label))
    };
    found.into_iter().filter(|(at, _)| !quoted(*at)).collect()
}

#[test]
fn every_named_claim_exists() {
    let known = claims();
    assert!(!known.is_empty(), "docs/lecture.md has no claims");
    let mut faults = Vec::new();
    let mut check = |name: &str, joined: &Joined| {
        for (at, claim) in named_claims(&joined.text).into_iter().filter(|(_, claim)| !known.contains(claim)) {
            faults.push(format!("{name}:{}: C{claim} is not a claim of docs/lecture.md", joined.line(at)));
        }
    };
    for (name, text) in sources() {
        check(&name, &Joined::new(&text, true));
    }
    // The rows of a table of docs/facts.md have names like those of claims.
    for (name, text) in documents().into_iter().filter(|(name, _)| name != "docs/facts.md") {
        check(&name, &Joined::new(&text, false));
    }
    for (name, text) in files(&[".md"]).into_iter().filter(|(name, _)| is_lesson(name)) {
        let claims = |line: &str| if line.starts_with("claims:") { line.to_owned() } else { String::new() };
        check(&name, &Joined::new(&text.lines().map(claims).collect::<Vec<_>>().join("\n"), false));
    }
    report(&faults);
}

#[test]
fn every_claim_has_its_test() {
    let tests = read("tests/lecture.rs") + &read("tests/lecture/etcd.rs");
    let untested = claims().into_iter().filter(|claim| !tests.contains(&format!("fn c{claim}_")));
    report(&untested.map(|claim| format!("C{claim} has no test in tests/lecture")).collect::<Vec<_>>());
}

// ---- recordings ----

/// Returns the files of the recordings by their names, `golden/4`.
fn recordings(page: &str) -> Vec<(String, String)> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| golden/")?.split('|');
        Some((format!("golden/{}", cells.next()?.trim()), cells.next()?.trim().trim_matches('`').to_owned()))
    };
    page.lines().filter_map(row).collect()
}

fn wrong_recordings(name: &str, text: &str, known: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (at, _) in line.match_indices("golden/") {
            let rest = &line[at..];
            let cited = &rest[..rest.find(|c: char| !in_word(c) && c != '/' && c != '-').unwrap_or(rest.len())];
            let numbered = cited["golden/".len()..].starts_with(|c: char| c.is_ascii_digit());
            if numbered && !line[..at].ends_with('/') && !known.iter().any(|(name, _)| name == cited) {
                faults.push(format!("{name}:{}: {cited} is not a recording of docs/golden.md", index + 1));
            }
        }
    }
    faults
}

#[test]
fn every_recording_exists() {
    let known = recordings(&read("docs/golden.md"));
    assert!(!known.is_empty(), "docs/golden.md has no recordings");
    let lost = known.iter().filter(|(_, file)| !root().join(file).is_file());
    let mut faults: Vec<String> =
        lost.map(|(name, file)| format!("docs/golden.md: {name} is {file}, which is not there")).collect();
    for (name, text) in sources().into_iter().chain(documents()) {
        faults.extend(wrong_recordings(&name, &text, &known));
    }
    report(&faults);
}

// ---- documents, links and places ----

/// Documents that a comment names: `docs/facts.md`, `BENCHMARKS.md`.
#[test]
fn every_document_that_a_comment_names_exists() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        let joined = Joined::new(&text, true);
        let in_path = |c: char| in_word(c) || matches!(c, '/' | '-' | '.');
        for (at, _) in joined.text.match_indices(".md") {
            let start = joined.text[..at].rfind(|c: char| !in_path(c)).map_or(0, |before| before + 1);
            let (path, after) = (&joined.text[start..at + 3], joined.text[at + 3..].chars().next());
            let is_name = path.len() > 3 && !after.is_some_and(in_word);
            let places = ["", "docs", "static/lessons", "static/lessons/en"];
            if is_name && !places.iter().any(|place| root().join(place).join(path).is_file()) {
                faults.push(format!("{name}:{}: {path} is not there", joined.line(at)));
            }
        }
    }
    report(&faults);
}

/// Returns the targets of the links in a line, without inline code.
fn targets(line: &str) -> Vec<String> {
    let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
    let target = |(at, _): (usize, &str)| plain[at + 2..].split(')').next().map(str::to_owned);
    plain.match_indices("](").filter_map(target).collect()
}

fn wrong_links(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let folder = root().join(name).parent().expect("in a folder").to_owned();
    for (number, line) in outside_fences(text) {
        for target in targets(line) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').map_or((&*target, None), |(path, anchor)| (path, Some(anchor)));
            let file = if path.is_empty() { root().join(name) } else { folder.join(path) };
            let place = format!("{name}:{number}: {target}");
            if !file.exists() {
                faults.push(format!("{place} is not there"));
            } else if let Some(anchor) = anchor
                && !fs::read_to_string(&file).is_ok_and(|page| anchors(&page).iter().any(|known| known == anchor))
            {
                faults.push(format!("{place}: there is no such heading"));
            }
        }
    }
    faults
}

#[test]
fn every_link_leads_somewhere() {
    report(&documents().iter().flat_map(|(name, text)| wrong_links(name, text)).collect::<Vec<_>>());
}

/// Returns the inline code of a document.
fn code(text: &str) -> Vec<(usize, &str)> {
    outside_fences(text).flat_map(|(n, line)| line.split('`').skip(1).step_by(2).map(move |code| (n, code))).collect()
}

/// Returns whether this is a place in the repository: `lab/time.rs`, `tests/golden/raft/*.txt`, `ui/texts/`. Names in capitals are placeholders.
fn is_place(code: &str) -> bool {
    let endings = [".rs", ".mjs", ".js", ".css", ".json", ".txt", ".toml", ".md", ".yml", ".html", "/"];
    let of_a_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '/' | '.' | '-' | '_' | '*');
    let known_capitals = code.replace("GUIDE.md", "").replace("INSTRUCTOR.md", "").replace("zh-Hans", "");
    code.contains('/') && endings.iter().any(|end| code.ends_with(end)) && known_capitals.chars().all(of_a_path)
}

fn place_exists(base: &Path, place: &str) -> bool {
    let Some((before, after)) = place.split_once('*') else { return base.join(place).exists() };
    let (folder, start) = before.rsplit_once('/').unwrap_or(("", before));
    let fits = |name: &str| name.starts_with(start) && name.ends_with(after);
    fs::read_dir(base.join(folder)).is_ok_and(|all| all.flatten().any(|e| fits(&e.file_name().to_string_lossy())))
}

#[test]
fn every_place_on_the_map_exists() {
    let mut faults = Vec::new();
    for name in MAPS {
        let text = read(name);
        let beside = root().join(name).parent().expect("in a folder").to_owned();
        let bases: Vec<PathBuf> =
            [root().to_owned(), beside].into_iter().chain(BASES.iter().map(|b| root().join(b))).collect();
        for (number, code) in code(&text).into_iter().filter(|(_, code)| is_place(code)) {
            let built = BUILT.iter().any(|folder| code.starts_with(folder));
            // An example of a file that is to be added.
            let example = code == "static/lessons/en/15-name.md";
            if !built && !example && !bases.iter().any(|base| place_exists(base, code)) {
                faults.push(format!("{name}:{number}: {code} is not there"));
            }
        }
    }
    report(&faults);
}

/// `kube::trace_event::Done` and `carry_out` in the map of the code are names that the sources have.
#[test]
fn every_name_on_the_map_exists() {
    let sources: String = sources().into_iter().map(|(_, text)| text + "\n").collect();
    let known: BTreeSet<&str> = sources.split(|c: char| !in_word(c)).collect();
    let text = read("ARCHITECTURE.md");
    let is_name = |code: &str| code.contains("::") && code.chars().all(|c| in_word(c) || c == ':');
    let mut faults = Vec::new();
    for (number, code) in code(&text).into_iter().filter(|(_, code)| is_name(code)) {
        for part in code.split("::").filter(|part| !known.contains(part)) {
            faults.push(format!("ARCHITECTURE.md:{number}: {code}: no source has {part}"));
        }
    }
    report(&faults);
}

// ---- this test ----

#[test]
fn this_test_sees_what_it_is_for() {
    let facts =
        "# Facts\n## 1. Election\n### 1.4 Attempt\n| A3 | x |\n### 1.5 Release\n## 2. Times\n- **(a1)** x\n3. third\n";
    let wrong = |text: &str| wrong_facts("a.rs", text, facts);
    for fine in
        ["FACTS 1.4.", "(FACTS 1.4, 2; upstream)", "FACTS 1.4 to 1.5", "FACTS 2 (a1)", "FACTS 1.4 (A3)", "FACTS 2 (3)"]
    {
        assert_eq!(wrong(fine), Vec::<String>::new(), "{fine}");
    }
    for bad in [
        "FACTS 1.6",
        "FACTS 1.4, 1.9",
        "FACTS 3 and 1.4",
        "FACTS 2 (c)",
        "FACTS 1.5 (A3)",
        "see FACTS",
        "FACTS 1.4 and\n/// 7.7",
    ] {
        assert_eq!(wrong(bad).len(), 1, "{bad}: {:?}", wrong(bad));
    }
    assert!(wrong("x\n/// FACTS 9.9")[0].starts_with("a.rs:2: "));
    assert_eq!(cited(" 2 (a1), (b) and (d), and so").first().map(|c| c.labels.len()), Some(3));
    assert_eq!(cited(" 9, row by row").len(), 1);

    let claims = |text: &str| named_claims(text).into_iter().map(|(_, claim)| claim).collect::<Vec<_>>();
    assert_eq!(claims("C1, (C18 to C23). C8: not LC3, C4x, V-C5"), [1, 18, 23, 8]);
    assert_eq!(claims("FACTS 1.8 (A1 to A8, C1, C2); C3"), [3]);

    let known = [("golden/4".to_owned(), "x".to_owned())];
    let odd = |line: &str| wrong_recordings("a.rs", line, &known).len();
    assert_eq!(
        [odd("golden/4."), odd("golden/5,"), odd("golden/4-x.txt"), odd("tests/golden/9"), odd("golden/raft")],
        [0, 1, 1, 0, 0]
    );

    assert_eq!(targets("[a](b.md) and `[c](d)` ![e](f.png)"), ["b.md", "f.png"]);
    assert_eq!(anchors("# Two `commands`, now\n```\n# no\n```\n## A\n## A"), ["two-commands-now", "a", "a-1"]);
    assert_eq!(wrong_links("README.md", "[x](nowhere.md) [y](LICENSE) [z](#nothing) [w](https://x.example)").len(), 2);
    assert!(
        is_place("lab/time.rs") && is_place("ui/texts/") && !is_place("static/texts/LANGUAGE.json") && !is_place("a/b")
    );
}
