//! Long runs: the memory of a cluster grows neither with the time that it runs nor with the number of faults.

use crate::common::soak;
use crate::common::whole::host;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, Target, Verb};
use ha_lab::etcd::Payload;
use ha_lab::sim::{Power, SimDuration, Stream};

/// Repeatedly disturbs something for a while and then repairs it.
fn disturb(cluster: &mut Cluster, chance: &mut Stream, hours: u64) {
    let hosts: Vec<String> = cluster.world().hosts().iter().map(|h| h.name.clone()).collect();
    let nodes: Vec<String> = hosts.into_iter().filter(|h| h.starts_with("master") || h.starts_with("worker")).collect();
    let end = cluster.now() + SimDuration::from_secs(hours * 3_600);
    while cluster.now() < end {
        let a = nodes[chance.below(nodes.len() as u64) as usize].clone();
        let b = nodes[chance.below(nodes.len() as u64) as usize].clone();
        let node = Target::Host(a.clone());
        let act = match chance.below(4) {
            0 => Act::On(Verb::PowerOff, node),
            1 => Act::On(Verb::Pause, node),
            2 => Act::On(Verb::Kill, node),
            _ => Act::Cut { from: b, to: a.clone() },
        };
        let _ = cluster.apply(&act);
        let until = cluster.now() + SimDuration::from_secs(10 + chance.below(60));
        cluster.run_until(until);
        cluster.apply(&Act::Heal { between: None }).expect("possible");
        let id = cluster.topology().host(&a).expect("planned");
        match cluster.world().host(id).power {
            Power::Off => cluster.apply(&Act::On(Verb::PowerOn, host(&a))).expect("it is off"),
            Power::Paused => cluster.apply(&Act::On(Verb::Resume, host(&a))).expect("it is paused"),
            Power::On => {}
        }
        let until = cluster.now() + SimDuration::from_secs(60);
        cluster.run_until(until);
    }
}

/// Guards the table of connections: each process keeps only a few, however many have died silently before.
#[test]
fn connections_do_not_pile_up() {
    let mut cluster = Cluster::new(&Config::default());
    let mut chance = Stream::new(1, "faults");
    disturb(&mut cluster, &mut chance, (8 * soak::times()).min(240));
    let until = cluster.now() + SimDuration::from_secs(600);
    cluster.run_until(until);
    let ends: Vec<_> = cluster.world().connection_ends().collect();
    let half = ends.iter().filter(|e| e.client_open != e.server_open).count();
    let processes: usize = cluster.topology().hosts.iter().map(|h| h.processes.len()).sum();
    assert!(half <= 2, "{half} half-open connections, ten minutes after the last fault");
    assert!(ends.len() <= 2 * processes, "{} connections of {processes} processes", ends.len());
}

/// Guards the log of etcd: it keeps `--snapshot-count` entries and those for slow followers, however long it runs.
#[test]
fn etcd_keeps_a_bounded_log_and_history() {
    let mut cluster = Cluster::new(&Config::default());
    let mut chance = Stream::new(2, "faults");
    for _ in 0..(8 * soak::times()).min(240) {
        disturb(&mut cluster, &mut chance, 1);
        for (_, process) in cluster.topology().all("etcd") {
            let member = cluster.world().machine(process).etcd().expect("etcd");
            let Some(raft) = member.raft() else { continue };
            let (kept, store) = (raft.log().len(), member.store());
            assert!(kept <= 15_000, "{kept} entries");
            let past = store.revision() - store.compacted();
            assert!(past <= 3_000, "{past} revisions: the API servers compact every five minutes");
            let snapshot = raft.durable().snapshot.as_ref();
            assert!(snapshot.is_none_or(|s| s.data == Payload::OnDisk), "no second copy of the store is kept");
        }
    }
}
