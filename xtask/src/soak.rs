//! `cargo xtask soak`: the tests that draw their cases from seeds, with many times as many seeds.

use crate::run::{self, Lab, Result, say};

/// The files of tests that multiply.
const TESTS: &[&str] =
    &["etcd_faults", "linearizable", "raft_oracle", "faults", "long", "random_inputs", "random_scenarios", "leases"];

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// As many seeds as `cargo xtask test` takes, times this.
    pub times: u64,
}

pub fn soak(lab: &Lab, options: &Options, rest: &[String]) -> Result {
    say(format!("Each test takes {} times the seeds of `cargo xtask test`.", options.times));
    let mut cargo = lab.command("cargo");
    cargo.args(["test", "--locked", "--no-fail-fast"]);
    for test in TESTS {
        cargo.args(["--test", test]);
    }
    cargo.args(["--", "--nocapture"]).args(rest).env("HA_LAB_SOAK", options.times.to_string());
    run::show("Soaking", &mut cargo)
}
