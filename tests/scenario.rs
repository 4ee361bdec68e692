//! `ha-lab run` as a program: exit status and streams. The error for each mistake is tested in `src/lab`.

use crate::common::program::{Said, ha_lab};

#[test]
fn bad_input_ends_with_2_and_prints_nothing() {
    let rows: &[(&[&str], &str, &str)] = &[
        (&["run", "-"], "", "ha-lab: standard input: the file: empty; allowed: "),
        (&["run", "-"], r#"{"version":1"#, "ha-lab: standard input: line 1, column 12: the file is cut short, "),
        (&["run", "-", "--json"], r#"{"version":1,"sead":3}"#, "ha-lab: standard input: sead: unknown key; allowed: "),
        (&["run", "no/such/file.json"], "", "ha-lab: no/such/file.json: cannot be read: "),
        (&["run", "-", "--runs", "x"], "", "ha-lab: --runs: \"x\" is not allowed; allowed: "),
        (&[], "", "ha-lab: no command; allowed: run, check"),
        (&["check", "-"], "# A lesson?\n", "ha-lab: standard input: line 1: no front matter; allowed: "),
    ];
    for (args, input, expected) in rows {
        let Said { status, out, err } = ha_lab(args, input);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args:?} {input}");
        assert!(err.starts_with(expected), "{args:?} {input}: {err}");
    }
}

#[test]
fn each_seed_gives_one_line_and_the_same_line_again() {
    let scenario = r#"{"version":1,"name":"Short","seed":4,"until":"5s"}"#;
    let Said { status, out, err } = ha_lab(&["run", "-", "--runs", "2", "--json"], scenario);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(lines.iter().map(|l| l["seed"].as_u64()).collect::<Vec<_>>(), [Some(4), Some(5)]);
    assert_eq!(lines[0]["endMs"], 5_000);
    assert_eq!(ha_lab(&["run", "-", "--runs", "2", "--json"], scenario).out, out);
}
