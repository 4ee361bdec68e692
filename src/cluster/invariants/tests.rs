//! Each invariant can break, and then the run stands still and says which one, when and how.

use super::*;
use crate::cluster::Cluster;
use crate::cluster::config::{Config, Reading};
use crate::cluster::process::Process;
use crate::cluster::topology::ETCD;

const S: u64 = 1_000_000;

fn cluster() -> Cluster {
    let mut config = Config::default();
    config.election.renewal = Reading::ClientGo;
    let mut cluster = Cluster::new(&config);
    cluster.run_until(SimTime(40 * S));
    cluster
}

fn member(cluster: &Cluster, number: usize) -> ProcId {
    cluster.topology().all(ETCD).nth(number).expect("three members").1
}

/// Runs on: it must stop, and name this invariant.
pub(super) fn breaks(mut cluster: Cluster, name: &str) -> Broken {
    let until = SimTime(cluster.now().0 + 60 * S);
    cluster.run_until(until);
    let broken = cluster.invariants().broken().unwrap_or_else(|| panic!("{name} breaks")).clone();
    assert_eq!(broken.name, name, "{}", broken.detail);
    assert!(!broken.detail.is_empty() && broken.at < until);
    assert_eq!(cluster.now(), broken.at, "time stands still");
    assert!(!cluster.step_until(until), "nothing happens any more");
    broken
}

/// A member whose disk is put back to an older state.
#[test]
fn a_store_that_goes_back() {
    let mut cluster = cluster();
    let id = member(&cluster, 0);
    let Process::Etcd(old) = cluster.world.machine(id).clone() else { panic!("etcd") };
    let until = SimTime(cluster.now().0 + 5 * S);
    cluster.run_until(until);
    cluster.world.edit(id, |process| *process = Process::Etcd(old));
    breaks(cluster, "etcd-revision-monotonic");
}

/// Members that lost their disks elect each other: what was committed before is not in the new leader's log.
#[test]
fn a_majority_that_forgets() {
    let mut cluster = cluster();
    for number in 0..2 {
        let id = member(&cluster, number);
        cluster.world.kill(id);
        let Process::Etcd(old) = cluster.world.machine(id).clone() else { panic!("etcd") };
        cluster.world.edit(id, |process| *process = Process::Etcd(Member::new(old.config().clone())));
    }
    let third = member(&cluster, 2);
    let host = cluster.world.slot(third).host;
    cluster.world.power_off(host);
    cluster.invariants.revisions.clear(); // that they went back is not what is asked here
    let until = SimTime(cluster.now().0 + 60 * S);
    cluster.run_until(until);
    let broken = cluster.invariants().broken().expect("it breaks");
    assert!(broken.name.starts_with("raft-"), "{}: {}", broken.name, broken.detail);
}

#[test]
fn an_event_without_a_cause() {
    let mut invariants = Invariants::default();
    let mut note = sim::Note {
        id: 9,
        at: SimTime(5),
        process: None,
        host: None,
        record: 7,
        cause: 3,
        because: 0,
        what: TraceEvent::Bound { pod: "web".into(), node: "worker-1".into() },
    };
    invariants.check_cause(&note);
    assert_eq!(invariants.broken(), None);
    note.record = 0;
    invariants.check_cause(&note);
    assert_eq!(invariants.broken().map(|b| b.name), Some("event-has-cause"));
}
