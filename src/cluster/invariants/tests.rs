//! Each invariant can break, and then the run stands still and says which one, when and how.

use super::*;
use crate::cluster::Cluster;
use crate::cluster::config::{Act, Config, LeaderOf, Renewal, Target};
use crate::cluster::machine::Process;
use crate::cluster::topology::ETCD;
use crate::kube::election::Reading;
use crate::sim::ProcId;

const S: u64 = 1_000_000;

fn cluster() -> Cluster {
    let mut config = Config::default();
    config.election.renewal = Renewal::ClientGo;
    let mut cluster = Cluster::new(&config);
    cluster.run_until(SimTime(40 * S));
    cluster
}

fn member(cluster: &Cluster, number: usize) -> ProcId {
    cluster.topology().all(ETCD).nth(number).expect("three members").1
}

/// Runs on: it must stop, and name this invariant.
fn breaks(mut cluster: Cluster, name: &str) {
    let until = SimTime(cluster.now().0 + 60 * S);
    cluster.run_until(until);
    let broken = cluster.invariants().broken().unwrap_or_else(|| panic!("{name} breaks")).clone();
    assert_eq!(broken.name, name, "{}", broken.detail);
    assert!(!broken.detail.is_empty() && broken.at < until);
    assert_eq!(cluster.now(), broken.at, "time stands still");
    assert!(!cluster.step_until(until), "nothing happens any more");
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

/// A leader that was paused may act beside the new one after it wakes; without that excuse it would be a fault.
#[test]
fn two_that_act_at_once() {
    let mut cluster = cluster();
    let leader = Target::Leader { of: LeaderOf::ControllerManager, host: false };
    let paused = cluster.acting(Component::ControllerManager).expect("a leader");
    cluster.apply(&Act::Pause(leader)).expect("it runs");
    let until = SimTime(cluster.now().0 + 40 * S);
    cluster.run_until(until);
    let path = cluster.path(paused);
    let (host, name) = path.split_once('/').expect("host/process");
    let target = Target::Process { host: host.to_owned(), name: name.to_owned() };
    cluster.apply(&Act::Resume(target)).expect("it is paused");
    let mut excused = cluster.clone();
    let until = SimTime(cluster.now().0 + 60 * S);
    excused.run_until(until);
    assert_eq!(excused.invariants().broken(), None, "FACTS 1.7 allows it");
    cluster.invariants.excused_until = SimTime::ZERO;
    breaks(cluster, "acting-leaders-overlap");
}

#[test]
fn a_lease_that_names_two() {
    let mut cluster = cluster();
    let seen = &mut cluster.invariants.leases[0];
    seen.lease.holder_identity = "somebody-else".into();
    let store = cluster.world.machine(member(&cluster, 0)).etcd().expect("etcd").store().clone();
    let seen = &mut cluster.invariants.leases[0];
    seen.revision = store.get(&seen.key).expect("it is held").mod_revision;
    let members = [member(&cluster, 0)].map(|id| cluster.world.machine(id).etcd().expect("etcd").clone());
    let at = cluster.now();
    cluster.invariants.check(at, &[&members[0]]);
    assert_eq!(cluster.invariants().broken().map(|b| b.name), Some("lease-single-holder"));
}

#[test]
fn what_may_follow_a_lease() {
    let lease = |holder: &str, transitions, acquired| Lease {
        holder_identity: holder.into(),
        lease_transitions: transitions,
        acquire_time: Some(SimTime(acquired)),
        ..Lease::default()
    };
    let old = lease("a", 3, 1);
    for (new, fine) in [
        (lease("a", 3, 1), true),
        (lease("b", 4, 2), true),
        (lease("", 3, 2), true),
        (lease("a", 4, 1), false),
        (lease("a", 3, 2), false),
        (lease("b", 3, 2), false),
        (lease("b", 5, 2), false),
    ] {
        assert_eq!(follows(&old, &new).is_ok(), fine, "{new:?}");
    }
    assert!(follows(&lease("", 3, 2), &lease("a", 4, 5)).is_ok(), "a released lease that is taken again counts");
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
        what: Note::Bound { pod: "web".into(), node: "worker-1".into() },
    };
    invariants.check_cause(&note);
    assert_eq!(invariants.broken(), None);
    note.record = 0;
    invariants.check_cause(&note);
    assert_eq!(invariants.broken().map(|b| b.name), Some("event-has-cause"));
}

/// 15/10/2: 2 s, as FACTS 1.7 derives; none where the lease is long enough.
#[test]
fn how_long_two_may_act() {
    for (lease, renew, retry, allowed) in [(15, 10, 2, 2), (60, 40, 10, 10), (130, 100, 26, 46), (30, 10, 2, 0)] {
        let secs = SimDuration::from_secs;
        let settings = Settings {
            enabled: true,
            reading: Reading::ClientGo,
            lease_duration: secs(lease),
            renew_deadline: secs(renew),
            retry_period: secs(retry),
        };
        assert_eq!(overlap_allowed(&settings), secs(allowed), "{lease}/{renew}/{retry}");
    }
}
