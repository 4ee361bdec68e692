//! Long runs: what a cluster keeps does not grow with the time that it runs, nor with the faults that it has seen.
#![cfg(not(target_arch = "wasm32"))]

mod whole;

use std::collections::BTreeMap;

use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, Target};
use ha_lab::sim::{Power, SimDuration, Stream};
use whole::host;

/// Something is disturbed for a while and then put right, again and again.
fn disturb(cluster: &mut Cluster, chance: &mut Stream, hours: u64) {
    let hosts: Vec<String> = cluster.world().hosts().iter().map(|h| h.name.clone()).collect();
    let nodes: Vec<String> =
        hosts.into_iter().filter(|h| h.starts_with("master") || h.starts_with("worker")).collect();
    let end = cluster.now() + SimDuration::from_secs(hours * 3_600);
    while cluster.now() < end {
        let a = nodes[chance.below(nodes.len() as u64) as usize].clone();
        let b = nodes[chance.below(nodes.len() as u64) as usize].clone();
        let node = Target::Host(a.clone());
        let act = match chance.below(4) {
            0 => Act::PowerOff(node),
            1 => Act::Pause(node),
            2 => Act::Kill(node),
            _ => Act::Cut { from: b, to: a.clone() },
        };
        let _ = cluster.apply(&act);
        let until = cluster.now() + SimDuration::from_secs(10 + chance.below(60));
        cluster.run_until(until);
        cluster.apply(&Act::Heal { between: None }).expect("possible");
        let id = cluster.topology().host(&a).expect("planned");
        match cluster.world().host(id).power {
            Power::Off => cluster.apply(&Act::PowerOn(host(&a))).expect("it is off"),
            Power::Paused => cluster.apply(&Act::Resume(host(&a))).expect("it is paused"),
            Power::On => {}
        }
        let until = cluster.now() + SimDuration::from_secs(60);
        cluster.run_until(until);
    }
}

#[test]
fn connections() {
    let mut cluster = Cluster::new(&Config::default());
    let mut chance = Stream::new(1, "faults");
    let mut last = 0.0;
    for hour in 1..=24 {
        disturb(&mut cluster, &mut chance, 1);
        let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let mb: f64 = text.split(' ').nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0 / 1e6;
        let mut by: BTreeMap<String, usize> = BTreeMap::new();
        for c in cluster.world().connection_ends() {
            let name = |p: ha_lab::sim::ProcId| cluster.path(p).split('/').nth(1).unwrap_or("").to_owned();
            *by.entry(format!("{}->{}:{} {}{}", name(c.client), name(c.server), c.port, c.client_open as u8, c.server_open as u8)).or_default() += 1;
        }
        println!("{hour} h: {mb:.1} MB (+{:.1}), {} connections", mb - last, cluster.world().connections());
        last = mb;
        if matches!(hour, 1 | 4 | 24) {
            for (k, n) in by { println!("    {n:5} {k}"); }
        }
        for (_, p) in cluster.topology().all("etcd") {
            if let Some(m) = cluster.world().machine(p).etcd() {
                println!("   store rev {} compacted {} keys {} log {:?} watches {} clients {}", m.store().revision(), m.store().compacted(), m.store().len(), m.raft().map(|r| r.log().len()), m.watches(), m.clients());
            }
        }
    }
}
