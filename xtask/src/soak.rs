//! `cargo xtask soak`: runs the tests that draw their cases from seeds, with many times the number of seeds.

use std::process::Stdio;

use crate::run::{self, Lab, Result, say};

/// The test files whose number of seeds can be multiplied.
const FILES: &[&str] =
    &["etcd_faults", "linearizable", "raft_oracle", "faults", "long", "random_inputs", "random_scenarios", "leases"];

/// The options of the command.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// The factor by which to multiply the number of seeds in `cargo xtask test`.
    pub times: u64,
}

pub fn soak(lab: &Lab, options: &Options, rest: &[String]) -> Result {
    let names = chosen(&list(lab)?, rest);
    if names.is_empty() {
        return Err(format!(
            "No test that multiplies is called like {}; there are those of {}.",
            rest.join(" "),
            FILES.join(", ")
        ));
    }
    say(format!("Each test takes {} times the seeds of `cargo xtask test`.", options.times));
    let mut cargo = lab.command("cargo");
    cargo.args(["test", "--locked", "--test", "it", "--", "--nocapture", "--exact"]);
    cargo.args(rest.iter().filter(|word| is_option(word))).args(&names);
    run::show("Soaking", cargo.env("HA_LAB_SOAK", options.times.to_string()))
}

/// Returns the output of `--list`, one `file::test: test` a line.
fn list(lab: &Lab) -> Result<String> {
    let mut cargo = lab.command("cargo");
    cargo.args(["test", "--locked", "--test", "it", "--", "--list"]).stderr(Stdio::inherit());
    let out = cargo.output().map_err(|error| format!("Cannot start cargo: {error}."))?;
    if !out.status.success() {
        return Err(format!("The tests do not compile ({}).", out.status));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

/// Returns the tests of [`FILES`] that have one of the words in their name, or all of them if there is no word.
fn chosen(list: &str, rest: &[String]) -> Vec<String> {
    let words: Vec<&String> = rest.iter().filter(|word| !is_option(word)).collect();
    let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    let multiplies = |name: &&str| name.split_once("::").is_some_and(|(file, _)| FILES.contains(&file));
    let wanted = |name: &&str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    names.filter(multiplies).filter(wanted).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_that_multiply_are_taken() {
        let list = "apiserver_faults::members: test\netcd_faults::members: test\nleases::random::seeds: test\n\
                    faults::speed: benchmark\n\n3 tests, 1 benchmark\n";
        let check = |rest: &[&str], expect: &[&str]| {
            let rest: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(chosen(list, &rest), expect, "{rest:?}");
        };
        check(&[], &["etcd_faults::members", "leases::random::seeds"]);
        check(&["members"], &["etcd_faults::members"]);
        check(&["--test-threads=1", "seeds"], &["leases::random::seeds"]);
        check(&["nothing"], &[]);
    }

    #[test]
    fn each_file_that_multiplies_is_there() {
        let tests = Lab::locate().root.join("tests");
        for file in FILES {
            assert!(tests.join(format!("{file}.rs")).is_file(), "{file}");
        }
    }
}
