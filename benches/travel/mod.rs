//! Measures the cost of going back in time: how long the worst seek takes, and how much memory the kept states take.

use std::time::Instant;

use ha_lab::lab::scenario::{Cluster, Deployment, Scenario, Span};
use ha_lab::lab::session::Session;
use ha_lab::sim::{SimDuration, fnv1a};

use crate::heap;

const HOUR: u64 = 3_600_000_000;
/// The simulated time of a frame at the highest speed.
const FRAME: u64 = 16_000_000;
const SEEKS: u64 = 40;

pub fn table() {
    for (name, workers, deployments, replicas, hours) in [
        ("default", 3, 1, 3, 1),
        ("default", 3, 1, 3, 24),
        ("100 workers, 1,000 pods", 100, 10, 100, 1),
        ("100 workers, 1,000 pods", 100, 10, 100, 6),
        ("200 workers, 2,000 pods", 200, 10, 200, 1),
    ] {
        let deployments = (1..=deployments).map(|n| Deployment { name: format!("web-{n}"), replicas }).collect();
        let cluster = Cluster { workers, deployments, ..Cluster::default() };
        let until = Span(SimDuration::from_secs(30));
        row(&format!("{name}, {hours} h"), &Scenario { cluster, until, ..Scenario::default() }, hours);
    }
}

fn row(name: &str, scenario: &Scenario, hours: u64) {
    let before = heap::live();
    let (begin, mut session) = (Instant::now(), Session::open(scenario));
    session.start();
    let opened = begin.elapsed().as_secs_f64();
    let mut slowest_frame = 0f64;
    while session.now_us() < hours * HOUR {
        let begin = Instant::now();
        session.advance(FRAME);
        slowest_frame = slowest_frame.max(begin.elapsed().as_secs_f64());
    }
    let (run, with) = (begin.elapsed().as_secs_f64(), heap::live() - before);
    let (start, head) = (session.start_us(), session.head_us());
    let mut times: Vec<f64> = (0..SEEKS)
        .map(|n| {
            let part = fnv1a(&n.to_le_bytes()) >> 20;
            let begin = Instant::now();
            session.seek(start + part % (head - start), &mut || true);
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let begin = Instant::now();
    for _ in 0..10 {
        session.step_back(&mut || true);
    }
    let back = begin.elapsed().as_secs_f64() * 1e3 / 10.0;
    heap::peak();
    session.seek(head, &mut || true);
    session.branch(0, &mut || true);
    let peak = heap::peak() - before;
    let kept = session.kept();
    let cluster = session.cluster().clone();
    drop(session);
    let alone = heap::live() - before;
    drop(cluster);
    println!(
        "travel, {name}: opened in {opened:.2} s, run in {run:.1} s, slowest frame of 16 s {:.1} ms; {kept} states kept, \
         {with:.1} MB in all, {peak:.1} MB at most, one state alone {alone:.1} MB",
        slowest_frame * 1e3,
    );
    println!(
        "  a seek anywhere: {:.1} ms in the middle, {:.1} ms at worst of {SEEKS}; a step back {back:.1} ms",
        times[times.len() / 2],
        times[times.len() - 1]
    );
}
