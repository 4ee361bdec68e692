//! Runs a scenario from beginning to end.

use super::Scenario;
use crate::cluster::Cluster;
use crate::lab::narration;
use crate::lab::report::{Report, Skipped};
use crate::sim::SimTime;

/// The report of a scenario that is run with this seed.
///
/// A step whose target cannot be found when it happens (nobody leads then) is skipped, and the report says so.
pub fn run(scenario: &Scenario, seed: u64) -> Report {
    let mut cluster = Cluster::new(&scenario.config(seed));
    let mut skipped = Vec::new();
    for (at, act) in scenario.acts() {
        cluster.run_until(SimTime::ZERO + at);
        if let Err(why) = cluster.apply(&act) {
            skipped.push(Skipped { at_ms: at.as_millis(), why: narration::acts::refusal(&why) });
        }
    }
    cluster.run_until(SimTime::ZERO + scenario.until.0);
    let mut report = Report::new(scenario, seed, &cluster.observation());
    report.skipped = skipped;
    report
}
