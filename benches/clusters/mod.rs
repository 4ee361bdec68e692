//! The clusters to measure, natively (`benches/lab.rs`) and in wasm32 (`benches/wasm.rs`).

use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Config, DeploymentConfig};
use ha_lab::sim::SimTime;

/// A cluster to measure.
pub struct Case {
    pub name: &'static str,
    workers: usize,
    deployments: usize,
    replicas: u32,
    /// Simulated seconds from the start until it is quiet.
    pub settle: u64,
    /// Simulated seconds to measure.
    pub measure: u64,
}

pub const CASES: [Case; 3] = [
    Case { name: "default", workers: 3, deployments: 1, replicas: 3, settle: 60, measure: 3_600 },
    Case { name: "100 pods", workers: 3, deployments: 1, replicas: 100, settle: 120, measure: 3_600 },
    Case { name: "100 workers, 1,000 pods", workers: 100, deployments: 10, replicas: 100, settle: 300, measure: 600 },
];

impl Case {
    /// Returns the cluster at its start.
    pub fn cluster(&self) -> Cluster {
        let deployment = |n| DeploymentConfig { name: format!("web-{n}"), replicas: self.replicas };
        Cluster::new(&Config {
            workers: self.workers,
            deployments: (1..=self.deployments).map(deployment).collect(),
            ..Config::default()
        })
    }
}

pub fn run_on(cluster: &mut Cluster, seconds: u64) {
    cluster.run_until(SimTime(cluster.now().0 + seconds * 1_000_000));
    assert!(cluster.invariants().broken().is_none(), "an invariant broke");
}
