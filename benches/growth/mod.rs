//! Measures how CPU time grows with workers and with pods.

use super::clusters::run_on;
use super::{heap, processor};
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Config, DeploymentConfig};

/// Workers, deployments, replicas of each, simulated seconds until all pods run.
const SIZES: [(usize, usize, u32, u64); 6] = [
    (3, 1, 3, 60),
    (100, 1, 3, 60),
    (1_000, 1, 3, 120),
    (100, 1, 100, 120),
    (100, 10, 100, 300),
    (1_000, 20, 500, 900),
];
const MEASURED_S: u64 = 60;

pub fn table() {
    println!(
        "how cost grows: starting until all pods run, then {MEASURED_S} simulated s of steady state, processor time:"
    );
    println!(
        "{:>7} {:>6}  {:>9} {:>11} {:>10} {:>12} {:>9}",
        "workers", "pods", "start s", "events/s", "ms per s", "µs per event", "MB"
    );
    for (workers, deployments, replicas, settle) in SIZES {
        let config = Config {
            workers,
            deployments: (1..=deployments).map(|n| DeploymentConfig { name: format!("web-{n}"), replicas }).collect(),
            ..Config::default()
        };
        let base = heap::live();
        let begin = processor();
        let mut cluster = Cluster::new(&config);
        run_on(&mut cluster, settle);
        let start = processor() - begin;
        let pods = cluster.pods();
        let wanted = u64::from(replicas) * deployments as u64;
        assert!(pods.ready == wanted, "{} of {wanted} pods run after {settle} s", pods.ready);
        let (begin, first) = (processor(), cluster.world().trace().last_record());
        run_on(&mut cluster, MEASURED_S);
        let (took, events) = ((processor() - begin), cluster.world().trace().last_record() - first);
        println!(
            "{workers:>7} {wanted:>6}  {start:>9.2} {:>11.0} {:>10.3} {:>12.2} {:>9.1}",
            events as f64 / MEASURED_S as f64,
            took * 1e3 / MEASURED_S as f64,
            took * 1e6 / events as f64,
            heap::live() - base
        );
    }
}
