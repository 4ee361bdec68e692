//! What the command line prints and returns, with made-up runs.

use super::*;
use crate::cluster::observation::{Invariant, Observation};
use crate::sim::SimTime;

struct Outcome {
    status: u8,
    out: String,
    err: String,
}

const LESSON: &str = "---
id: cut
title: A cut
about: Two hosts.
---
## A cut {#cut}
do: Cut them.
  act: cut master-1 master-2
  done: cuts >= 1

check: It is cut.
  when: cuts is 2
  within: 5s

measure: directions = cuts

## End {#recap}
- {directions} directions are cut.
";

/// Seeds that are multiples of five break an invariant.
fn fake(scenario: &Scenario, seed: u64) -> Report {
    let broken = seed.is_multiple_of(5).then(|| (SimTime(9_000), "two at once".to_owned()));
    let invariants = vec![Invariant { name: "one-leader".to_owned(), broken }];
    Report::new(scenario, seed, &Observation { invariants, ..Observation::default() })
}

fn ha_lab(line: &str) -> Outcome {
    let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let read = |file: &str| match file {
        "good.json" => Ok(br#"{"version":1,"name":"Good","seed":3}"#.to_vec()),
        "last.json" => Ok(format!(r#"{{"version":1,"seed":{}}}"#, u64::MAX).into_bytes()),
        "-" => Ok(br#"{"version":1,"script":[{"at":"1s","do":"power-off","target":"master-9"}]}"#.to_vec()),
        "binary" => Ok(vec![b'{', 0xff]),
        "long" => Ok(vec![b' '; MAX_FILE + 1]),
        "empty" => Ok(Vec::new()),
        "lesson.md" => Ok(LESSON.as_bytes().to_vec()),
        "stuck.md" => Ok(LESSON.replace("cuts is 2", "cuts is 3").into_bytes()),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut host = Host { read: &read, run: &fake, out: &mut out, err: &mut err };
    let status = main(&args, &mut host).expect("writes to memory");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome { status, out: text(out), err: text(err) }
}

#[test]
fn bad_input_is_named_and_nothing_is_printed() {
    let rows = [
        ("", "no command; allowed: run, check"),
        ("walk", "\"walk\" is not a command; allowed: run, check"),
        ("check", "no file; allowed: a lesson, or - for standard input"),
        ("check a b", "\"b\" is a second file; allowed: one"),
        ("check a --json", "\"--json\" is not an option; allowed: --tell, --help"),
        ("check missing.md", "missing.md: cannot be read: no such file"),
        ("check binary", "binary: byte 2: not UTF-8; allowed: text in UTF-8"),
        (
            "check good.json",
            "good.json: line 1: no front matter; allowed: ---, then id, title, about, seed, cluster, then ---",
        ),
        ("run", "no file; allowed: a scenario file, or - for standard input"),
        ("run a b", "\"b\" is a second file; allowed: one"),
        ("run a --fast", "\"--fast\" is not an option; allowed: --seed N, --runs N, --json, --help"),
        ("run a --json=1", "\"--json=1\" is not an option; allowed: --seed N, --runs N, --json, --help"),
        ("run a --seed", "--seed has no value; allowed: a whole number from 0 to 18446744073709551615"),
        ("run a --seed -1", "--seed: \"-1\" is not allowed; allowed: a whole number from 0 to 18446744073709551615"),
        ("run a --seed +1", "--seed: \"+1\" is not allowed; allowed: a whole number from 0 to 18446744073709551615"),
        ("run a --runs 0", "--runs: \"0\" is not allowed; allowed: a whole number from 1 to 100000"),
        ("run a --runs=100001", "--runs: \"100001\" is not allowed; allowed: a whole number from 1 to 100000"),
        ("run a --runs 1 --runs 2", "--runs is there twice; allowed: once"),
        ("run missing.json", "missing.json: cannot be read: no such file"),
        ("run empty --json", "empty: the file: empty; allowed: a JSON object, at least {\"version\": 1}"),
        ("run long", "long: the file: more than 1 MiB; allowed: at most 1 MiB"),
        ("run binary", "binary: byte 2: not UTF-8; allowed: JSON, which is UTF-8"),
        (
            "run -",
            "standard input: script[0].target: \"master-9\" is not a host of this cluster; \
             allowed: laptop, app-user, lb-1, master-1 .. master-3, worker-1 .. worker-3",
        ),
        (
            "run last.json --runs 2",
            "2 seeds from 18446744073709551615 up go beyond the largest one; allowed: 0 to 18446744073709551615",
        ),
    ];
    for (line, expected) in rows {
        let Outcome { status, out, err } = ha_lab(line);
        assert_eq!((status, out.as_str()), (BAD_INPUT, ""), "{line}");
        assert_eq!(err.lines().next(), Some(format!("ha-lab: {expected}").as_str()), "{line}");
    }
}

#[test]
fn one_line_for_each_seed() {
    let Outcome { status, out, err } = ha_lab("run good.json --json");
    assert_eq!((status, err.as_str(), out.lines().count()), (HELD, "", 1));
    assert!(out.contains(r#""scenario":"Good","seed":3,"#), "{out}");
    let Outcome { status, out, err } = ha_lab("run --runs=4 good.json --json --seed 6");
    let seeds: Vec<u64> = out.lines().map(|l| serde_json::from_str::<Report>(l).expect("a report").seed).collect();
    assert_eq!((status, err.as_str()), (HELD, ""));
    assert_eq!(seeds, [6, 7, 8, 9]);
    assert_eq!(ha_lab("run last.json --json").out.lines().count(), 1);
}

#[test]
fn a_broken_invariant_is_named_with_its_seed() {
    for line in ["run good.json --runs 4", "run good.json --runs 4 --json"] {
        let Outcome { status, out, err } = ha_lab(line);
        assert_eq!(status, BROKEN);
        assert_eq!(err, "ha-lab: seed 5: invariant one-leader did not hold: two at once\n");
        assert!(out.contains("one-leader"));
    }
}

#[test]
fn without_json_it_is_an_account() {
    let Outcome { status, out, .. } = ha_lab("run good.json");
    assert_eq!(status, HELD);
    assert!(out.starts_with("Good\nseed 3, "), "{out}");
}

#[test]
fn a_lesson_is_checked_and_told() {
    let Outcome { status, out, err } = ha_lab("check lesson.md");
    assert_eq!((status, err.as_str()), (HELD, ""));
    assert_eq!(out, "lesson.md: cut, beats: 1, played with 3 seeds\n");
    let told = ha_lab("check lesson.md --tell").out;
    assert!(told.starts_with("# A cut\nTwo hosts.\n\n## A cut\n[do] Cut them.\n"), "{told}");
    assert!(told.contains("\n- 2 directions are cut.\n"), "{told}");
    let Outcome { status, out, err } = ha_lab("check stuck.md");
    assert_eq!((status, out.as_str()), (BAD_INPUT, ""));
    let expected = "ha-lab: stuck.md: with seed 1: beat cut (line 6): after 5 s it still waits for: cuts is 3\n";
    assert_eq!(err, expected);
}

#[test]
fn help_is_no_error() {
    for line in ["--help", "-h", "help", "run --help", "run x.json -h"] {
        let Outcome { status, out, err } = ha_lab(line);
        assert_eq!((status, err.as_str()), (HELD, ""));
        assert!(out.contains("usage: ha-lab run FILE [--seed N] [--runs N] [--json]"));
    }
}
