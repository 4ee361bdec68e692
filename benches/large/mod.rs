//! Measures the largest clusters that a scenario can describe: how long they would block the page while they start, and how much memory they take.

use std::time::Instant;

use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Config, DeploymentConfig};
use ha_lab::lab::scenario::{self as lab, Deployment};
use ha_lab::lab::session::Session;
use ha_lab::lab::view::Setup;
use ha_lab::sim::SimTime;

use super::heap;

/// Workers, deployments, replicas of each, simulated seconds until all pods run.
const SIZES: [(usize, usize, u32, u64); 4] =
    [(5_000, 1, 2_000, 120), (5_000, 4, 500, 120), (1_000, 20, 500, 120), (5_000, 1, 10_000, 120)];
const STEP_US: u64 = 10_000_000;
/// The interval at which the lab keeps a state to return to.
const KEEP_S: u64 = 60;

pub fn table() {
    for (workers, deployments, replicas, settle) in SIZES {
        let config = Config {
            workers,
            deployments: (1..=deployments).map(|n| DeploymentConfig { name: format!("web-{n}"), replicas }).collect(),
            ..Config::default()
        };
        row(&config, settle);
    }
}

/// Measures a frame of the page: simulating 16 ms, and building the view of the cluster.
pub fn frames() {
    let deployments = (1..=4).map(|n| Deployment { name: format!("web-{n}"), replicas: 500 }).collect();
    let mut session = Session::new();
    session.reset(Setup::new(1, lab::Cluster { workers: 5_000, deployments, ..lab::Cluster::default() }));
    session.start();
    let (mut runs, mut views) = (Vec::new(), Vec::new());
    let mut last = session.view();
    for _ in 0..300 {
        let begin = Instant::now();
        session.advance(16_000);
        runs.push(begin.elapsed().as_secs_f64() * 1e3);
        let begin = Instant::now();
        last = session.view();
        views.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    assert_eq!(last.hosts.len(), 5_006);
    for (what, mut times) in [("16 ms simulated", runs), ("a view", views)] {
        times.sort_by(f64::total_cmp);
        println!(
            "  {what}: {:.2} ms in the middle, p95 {:.2} ms, longest {:.2} ms",
            times[150], times[285], times[299]
        );
    }
}

fn row(config: &Config, settle: u64) {
    let pods: u64 = config.deployments.iter().map(|d| u64::from(d.replicas)).sum();
    println!("large, {} workers, {pods} pods:", config.workers);
    let base = heap::live();
    let begin = Instant::now();
    let mut cluster = Cluster::new(config);
    println!("  built in {:.2} s, {:.1} MB", begin.elapsed().as_secs_f64(), heap::live() - base);
    let mut kept: Vec<Cluster> = Vec::new();
    while cluster.now().0 < settle * 1_000_000 {
        let (begin, until) = (Instant::now(), SimTime(cluster.now().0 + STEP_US));
        let (mut events, mut longest, mut at) = (0, 0f64, 0);
        loop {
            let begin = Instant::now();
            if !cluster.step_until(until) {
                break;
            }
            events += 1;
            let took = begin.elapsed().as_secs_f64() * 1e3;
            if took > longest {
                (longest, at) = (took, cluster.now().as_millis());
            }
        }
        cluster.run_until(until);
        println!(
            "  to {:>3} s: {:.2} s, {events} events, the longest {longest:.1} ms at {at} ms, {} pods, {:.1} MB",
            until.0 / 1_000_000,
            begin.elapsed().as_secs_f64(),
            cluster.pods().ready,
            heap::live() - base
        );
        if (cluster.now().0 / 1_000_000).is_multiple_of(KEEP_S) {
            let (before, begin) = (heap::live(), Instant::now());
            kept.push(cluster.snapshot());
            let took = begin.elapsed().as_secs_f64() * 1e3;
            println!("  a copy in {took:.1} ms: {:.1} MB", heap::live() - before);
        }
    }
}
