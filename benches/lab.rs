//! Measures whole clusters: simulated time over wall time, the sources of events, the cost of a snapshot, and
//! whether memory stays flat.
//!
//! `cargo bench --bench lab` runs all parts; `cargo bench --bench lab -- NAME` runs only those with NAME in their name. The
//! figures after "of processor time" do not depend on other load on the machine (Linux). `cargo xtask bench` also runs the
//! same clusters in wasm32 (`benches/wasm.rs`).

mod clusters;
mod growth;
mod heap;
mod large;
mod travel;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use clusters::{CASES, Case, run_on};
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Target, Verb};
use ha_lab::sim::{RecordKind, SimTime, fnv1a};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

/// The number of rows in the table of labels.
const TOP: usize = 15;
/// The number of rounds. The best one is printed, because the machine is shared.
const ROUNDS: u32 = 3;

fn main() {
    let filter: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| filter.is_empty() || filter.iter().any(|part| name.contains(part.as_str()));
    if wanted("memory") {
        memory(); // first, while nothing else has grown the heap
    }
    if wanted("travel") {
        travel::table();
    }
    // These take some minutes, so they run only by name.
    if filter.iter().any(|part| part == "large") {
        large::table();
    }
    if filter.iter().any(|part| part == "frame") {
        large::frames();
    }
    if wanted("growth") {
        growth::table();
    }
    for case in &CASES {
        if wanted(case.name) {
            speed(case);
        }
    }
}

fn speed(case: &Case) {
    let begin = Instant::now();
    let mut cluster = case.cluster();
    run_on(&mut cluster, case.settle);
    let start_up = begin.elapsed().as_secs_f64();

    let (mut wall, mut busy) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let (begin, from) = (Instant::now(), processor());
        run_on(&mut cluster, case.measure);
        wall = wall.min(begin.elapsed().as_secs_f64());
        busy = busy.min(processor() - from);
    }
    let measure = case.measure as f64;
    println!(
        "{}: {:.0}x of wall time, {:.0}x of processor time ({measure} simulated s in {wall:.3} s, best of {ROUNDS}), \
         start-up {} s in {start_up:.3} s, digest {:#018x}",
        case.name,
        measure / wall,
        measure / busy,
        case.settle,
        cluster.world().trace().digest()
    );

    let copies = 100;
    let begin = Instant::now();
    for _ in 0..copies {
        black_box(cluster.clone());
    }
    println!("  a snapshot: {:.1} µs", begin.elapsed().as_secs_f64() * 1e6 / f64::from(copies));
    events(&mut cluster);
}

/// Prints the events of a simulated minute, by label.
fn events(cluster: &mut Cluster) {
    const SECONDS: u64 = 60;
    let mut by_label: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut steps, first, notes) = (0u64, cluster.world().trace().last_record(), cluster.world().trace().last_note());
    let end = SimTime(cluster.now().0 + SECONDS * 1_000_000);
    let mut seen = first;
    while cluster.step_until(end) {
        steps += 1;
        for record in cluster.world().trace().records_from(seen + 1) {
            let label = match record.kind {
                RecordKind::Timer { why, .. } => why,
                RecordKind::Message { label, .. } => label,
                RecordKind::Process { what, .. } => what,
                RecordKind::Act => "act",
            };
            *by_label.entry(label).or_default() += 1;
        }
        seen = cluster.world().trace().last_record();
    }
    let per_second = |count: u64| count as f64 / SECONDS as f64;
    println!(
        "  per simulated second: {:.1} events, {:.1} records, {:.2} notes; records by label:",
        per_second(steps),
        per_second(seen - first),
        per_second(cluster.world().trace().last_note() - notes)
    );
    let mut rows: Vec<_> = by_label.into_iter().collect();
    rows.sort_by_key(|(label, count)| (std::cmp::Reverse(*count), *label));
    for (label, count) in rows.iter().take(TOP) {
        println!("  {:>10.2}  {label}", per_second(*count));
    }
}

/// Returns the number of entries that the first member keeps.
fn log_length(cluster: &Cluster) -> usize {
    let first = cluster.topology().all("etcd").next();
    let member = first.and_then(|(_, process)| cluster.world().machine(process).etcd());
    member.and_then(|m| m.raft()).map_or(0, |raft| raft.log().len())
}

/// Runs a day of random faults, and prints the peak memory of each hour.
fn memory() {
    const HOUR: u64 = 3_600_000_000;
    let (before, live_before, mut peaks) = (resident(), heap::live(), Vec::new());
    let mut cluster = CASES[0].cluster();
    let hosts: Vec<String> = cluster.world().hosts().iter().map(|h| h.name.clone()).collect();
    let nodes: Vec<&String> = hosts.iter().filter(|h| h.starts_with("master") || h.starts_with("worker")).collect();
    let begin = Instant::now();
    let (mut draw, mut next_hour) = (0u64, 1);
    let mut pick = |bound: usize| {
        draw += 1;
        (fnv1a(&draw.to_le_bytes()) >> 20) as usize % bound
    };
    while cluster.now().0 < 24 * HOUR {
        // Every two minutes a fault disturbs something for a while, and is then repaired.
        let node = Target::Host(nodes[pick(nodes.len())].clone());
        let other = nodes[pick(nodes.len())].clone();
        let act = match pick(4) {
            0 => Act::On(Verb::PowerOff, node.clone()),
            1 => Act::On(Verb::Pause, node.clone()),
            2 => Act::On(Verb::Kill, node.clone()),
            _ => Act::Cut { from: nodes[pick(nodes.len())].clone(), to: other },
        };
        let _ = cluster.apply(&act);
        run_on(&mut cluster, 10 + pick(60) as u64);
        for act in
            [Act::On(Verb::Resume, node.clone()), Act::On(Verb::PowerOn, node.clone()), Act::Heal { between: None }]
        {
            let _ = cluster.apply(&act);
        }
        run_on(&mut cluster, 60);
        if cluster.now().0 >= next_hour * HOUR {
            let peak = heap::peak() - live_before;
            peaks.push(peak);
            if [1, 2, 4, 8, 12, 16, 20, 24].contains(&next_hour) {
                println!(
                    "memory in hour {next_hour:>2} of random faults: {peak:.1} MB at most ({:.1} MB from the system), \
                     {} connections, {} entries in an etcd log",
                    (resident() - before) / 1e6,
                    cluster.world().connections(),
                    log_length(&cluster)
                );
            }
            next_hour += 1;
        }
    }
    let wall = begin.elapsed().as_secs_f64();
    println!(
        "  hour 24 against hour 1: {:.2}x; against hour 4, by when etcd's log has reached its 15,000 entries: {:.2}x; \
         {:.0}x of wall time under faults",
        peaks[23] / peaks[0],
        peaks[23] / peaks[3],
        86_400.0 / wall
    );
}

/// Returns the CPU seconds of this thread, if the system reports them (Linux).
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

/// Returns the bytes of memory that this process uses, if the system reports them (Linux).
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(f64::NAN);
    pages * 4096.0
}
