//! Runs a scenario from start to end.

use super::Scenario;
use crate::cluster::Cluster;
use crate::lab::narration;
use crate::lab::report::{Report, Skipped};
use crate::sim::SimTime;

/// Runs a scenario with this seed, and returns the report.
///
/// A step whose target cannot be found at its time (there is no leader, for example) is skipped, and the report lists it.
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
