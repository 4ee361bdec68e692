//! The output of `ha-lab` cannot control a terminal, whatever a file, its name or a typed line contains. Tests the output of the real program.

use crate::common::program::{Said, ha_lab};

const LESSON: &str = "---
id: cut
title: A \u{1b}[31mcut\u{202e}
about: Two \u{9b}31mhosts.
---
## A \u{7}cut {#cut}
Red \u{1b}]0;title\u{7} prose.

predict: What \u{2066}now?
- It is \u{7f}cut.
  when: cuts >= 1
  As \u{8}said.
- It is not.
  when: cuts is 0
  It is.

do: Cut them.
  act: cut master-1 master-2
  done: cuts >= 1

check: It is cut.
  when: cuts is 2
  within: 5s

measure: directions = cuts

## End {#recap}
- {directions} directions\u{1b}c are cut.
";

/// Checks that there is no control character except newline and tab, and none that changes the direction of text.
fn steering(text: &str) -> Option<char> {
    text.chars().find(|&c| {
        let direction =
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        (c.is_control() && c != '\n' && c != '\t') || direction.contains(c)
    })
}

fn check(args: &[&str], input: &str, status: i32, expect: &[&str]) -> Said {
    let said = ha_lab(args, input);
    let what = format!("{args:?} with {input:?}: {}{}", said.out, said.err);
    assert_eq!(said.status, Some(status), "{what}");
    assert_eq!(steering(&said.out), None, "stdout of {what}");
    assert_eq!(steering(&said.err), None, "stderr of {what}");
    for text in expect {
        assert!(said.out.contains(text) || said.err.contains(text), "no {text:?} in {what}");
    }
    said
}

fn typed(args: &str) -> String {
    format!(r#"{{"version":1,"name":"A \u202ename","until":"34s","script":[{args}]}}"#)
}

#[test]
fn errors_in_files_show_what_would_steer_the_terminal() {
    let key = r#"{"version":1,"\u001b[31mRED\u001b]0;title\u0007":1}"#;
    check(&["run", "-"], key, 2, &["\\u001b[31mRED\\u001b]0;title\\u0007"]);
    check(&["run", "-"], r#"{"version":1,"script":[{"at":"1s","do":"\u009b31m"}]}"#, 2, &["\\u009b31m"]);
    check(&["run", "-"], r#"{"version":1,"seed":"\u202e\u007f"}"#, 2, &["\\u202e\\u007f"]);
    check(&["run", "-"], &typed(r#"{"at":"31s","do":"kubectl","args":["\u001b[2J"]}"#), 2, &["[2J"]);
    check(&["check", "-"], "---\nid: \u{1b}[31mx\n---\n", 2, &["[31mx"]);
    check(&["check", "-"], &LESSON.replace("cut master-1 master-2", "cut \u{1b}[31m x"), 2, &["line 1"]);
}

#[test]
fn arguments_and_names_of_files_are_shown_without_their_effect() {
    for command in ["run", "check"] {
        check(
            &[command, "\u{1b}[31mno\u{9b}\u{202e}.json"],
            "",
            2,
            &["\\u001b[31mno\\u009b\\u202e.json: cannot be read"],
        );
        check(&[command, "a", "--\u{1b}[31m"], "", 2, &["[31m"]);
    }
    check(&["\u{1b}[31m"], "", 2, &["is not a command"]);
}

#[test]
fn accounts_of_runs_show_what_was_typed_and_printed_without_its_effect() {
    let script = typed(
        r#"{"at":"31s","do":"etcdctl","args":["put","k","\u001b[31mRED\u009b\u2066"]},
           {"at":"32s","do":"etcdctl","args":["get","k"]},
           {"at":"33s","do":"kubectl","args":["get","pods","\u001b[31mRED"]}"#,
    );
    let account = check(&["run", "-"], &script, 0, &["A \\u202ename", "$ kubectl get pods \\u001b[31mRED"]);
    assert_eq!(
        account.out.matches("\\u001b[31mRED\\u009b\\u2066").count(),
        2,
        "typed, and read again: {}",
        account.out
    );
    let json = check(&["run", "-", "--json"], &script, 0, &["\\u001b[31mRED\\u009b\\u2066"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(report["scenario"], "A \u{202e}name");
    assert_eq!(report["commands"][1]["stdout"], "k\n\u{1b}[31mRED\u{9b}\u{2066}\n");
}

#[test]
fn a_lesson_is_told_without_its_effects() {
    let texts = [
        "# A \\u001b[31mcut\\u202e\nTwo \\u009b31mhosts.",
        "## A \\u0007cut",
        "Red \\u001b]0;title\\u0007 prose.",
        "What \\u2066now?",
        "It is \\u007fcut.: As \\u0008said.",
        "directions\\u001bc are cut.",
    ];
    check(&["check", "-", "--tell"], LESSON, 0, &texts);
}
