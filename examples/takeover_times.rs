//! How long a standby takes to replace a controller manager whose host loses power, over 20 seeds and both readings of the
//! lease: `cargo run --release --example takeover_times`.

use ha_lab::lab::scenario::runner::run;
use ha_lab::lab::scenario::{Scenario, ScenarioError};

const SEEDS: u64 = 20;

fn main() -> Result<(), ScenarioError> {
    for renewal in ["lecture", "client-go"] {
        let scenario = Scenario::parse(&format!(
            r#"{{
                "version": 1,
                "cluster": {{ "leaderElection": {{ "renewal": "{renewal}" }} }},
                "script": [{{ "at": "40s", "do": "power-off", "target": {{ "leaderOf": "kube-controller-manager", "as": "host" }} }}],
                "until": "80s"
            }}"#
        ))?;
        let mut took: Vec<i64> = (1..=SEEDS)
            .flat_map(|seed| run(&scenario, seed).takeovers)
            .filter(|takeover| takeover.component == "kube-controller-manager")
            .map(|takeover| takeover.took_ms)
            .collect();
        took.sort_unstable();
        let [Some(first), Some(last)] = [took.first(), took.last()] else { continue };
        let median = took[took.len() / 2];
        println!("{renewal:>9}: {} takeovers, {first} to {last} ms, median {median} ms", took.len());
    }
    Ok(())
}
