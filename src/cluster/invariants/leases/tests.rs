//! An elector that is broken is caught, and one that is not is not blamed for what others do.

use super::super::tests::breaks;
use super::*;
use crate::cluster::Cluster;
use crate::cluster::config::{Act, Config, LeaderOf, Reading, Target, Verb};
use crate::cluster::topology::ETCD;
use crate::kube::election::Component::ControllerManager;
use crate::sim::WallTime;

const S: u64 = 1_000_000;

fn cluster(renewal: Reading) -> Cluster {
    let mut config = Config::default();
    config.election.renewal = renewal;
    let mut cluster = Cluster::new(&config);
    cluster.run_until(SimTime(40 * S));
    cluster
}

fn run(cluster: &mut Cluster, seconds: u64) {
    let until = SimTime(cluster.now().0 + seconds * S);
    cluster.run_until(until);
}

fn apply(cluster: &mut Cluster, act: &Act) {
    cluster.apply(act).expect("it can be done");
}

fn target(cluster: &Cluster, process: ProcId) -> Target {
    let path = cluster.path(process);
    let (host, name) = path.split_once('/').expect("host/process");
    Target::Process { host: host.to_owned(), name: name.to_owned() }
}

/// The leader's elector forgets when to give up: it acts on long after another has its lease.
#[test]
fn one_that_goes_on_to_act_is_caught() {
    for renewal in [Reading::ClientGo, Reading::Lecture] {
        let mut cluster = cluster(renewal);
        let leader = cluster.acting(ControllerManager).expect("a leader");
        cluster.world.edit(leader, |process| {
            let candidate = process.elector_mut().expect("it has begun").candidate_mut();
            let longer = SimDuration::from_secs(3_600);
            let reading = Reading::ClientGo;
            candidate.set(Settings { renew_deadline: longer, reading, ..*candidate.settings() });
        });
        // Its API server does not answer any more.
        run(&mut cluster, 12);
        let host = cluster.world.host(cluster.world.slot(leader).host).name.clone();
        let server = Target::Process { host, name: "kube-apiserver".to_owned() };
        apply(&mut cluster, &Act::On(Verb::Pause, server));
        let broken = breaks(cluster, "acting-leaders-overlap");
        assert!(broken.detail.contains("since it last renewed"), "{}", broken.detail);
    }
}

/// A standby that takes a lease which stands still, after three seconds instead of fifteen.
#[test]
fn one_that_does_not_wait_is_caught() {
    let mut cluster = cluster(Reading::ClientGo);
    let leader = cluster.acting(ControllerManager).expect("a leader");
    let paused = target(&cluster, leader);
    apply(&mut cluster, &Act::On(Verb::Pause, paused));
    run(&mut cluster, 3);
    let (record, _) = cluster.lock_record(ControllerManager).expect("it is held");
    let standby = cluster.topology().candidates().into_iter().find(|p| *p != leader).expect("a standby");
    cluster.world.edit(standby, |process| {
        let candidate = process.elector_mut().expect("it has begun").candidate_mut();
        *candidate = candidate.clone().with_observed(record.clone(), true, SimTime(1));
    });
    let broken = breaks(cluster, "lease-record");
    assert!(broken.detail.contains("is not over"), "{}", broken.detail);
}

/// A leader that was paused acts on for a while after it wakes, beside the new one: FACTS 1.7.
#[test]
fn a_leader_that_wakes_is_not_blamed() {
    let mut cluster = cluster(Reading::ClientGo);
    let leader = cluster.acting(ControllerManager).expect("a leader");
    let paused = target(&cluster, leader);
    apply(&mut cluster, &Act::On(Verb::Pause, Target::Leader { of: LeaderOf::ControllerManager, host: false }));
    run(&mut cluster, 40);
    apply(&mut cluster, &Act::On(Verb::Resume, paused));
    run(&mut cluster, 1);
    let open = cluster.history().acting[&ControllerManager].iter().filter(|i| i.to.is_none()).count();
    assert_eq!(open, 2, "both act");
    run(&mut cluster, 60);
    assert_eq!(cluster.invariants().broken(), None);
}

#[test]
fn a_lease_that_names_two() {
    let cluster = cluster(Reading::ClientGo);
    let member = |number: usize| cluster.topology().all(ETCD).nth(number).expect("three members").1;
    let members: Vec<_> = (0..3).filter_map(|n| cluster.world.machine(member(n)).etcd()).collect();
    let mut leases = Leases::default();
    assert_eq!(leases.look(&members, &[], &[]), Ok(()));
    let held = leases.locks[0].held.as_mut().expect("it is held");
    held.record.holder_identity = "somebody-else".into();
    assert_eq!(leases.look(&members, &[], &[]).map_err(|wrong| wrong.0), Err("lease-single-holder"));
}

fn record(holder: &str, transitions: u32, acquired: i64) -> Record {
    Record {
        holder_identity: holder.into(),
        leader_transitions: transitions,
        acquire_time: Some(WallTime(acquired)),
        lease_duration_seconds: 15,
        renew_time: Some(WallTime(acquired)),
    }
}

#[test]
fn what_may_follow_a_record() {
    let old = record("a", 3, 1);
    for (new, fine) in [
        (record("a", 3, 1), true),
        (record("b", 4, 2), true),
        (record("", 3, 2), true),
        (record("a", 4, 1), false),
        (record("a", 3, 2), false),
        (record("b", 3, 2), false),
        (record("b", 5, 2), false),
    ] {
        assert_eq!(follows(&old, &new).is_ok(), fine, "{new:?}");
    }
    assert!(follows(&record("", 3, 2), &record("a", 4, 5)).is_ok(), "a released lease that is taken again counts");
}

/// Whether `b`, whose clock shows 100 s, may take what `a` wrote when it showed so many seconds.
#[test]
fn how_long_a_standby_waits() {
    let s = |seconds: u64| seconds * S;
    let rows = [
        // Reading, the record's age on its clock, renewTime after renewTime, since when it reads so.
        (Reading::ClientGo, 15, 0, 0, true),
        (Reading::ClientGo, 14, 60, 0, false),
        (Reading::Lecture, 0, 15, 0, true),
        (Reading::Lecture, 60, 14, 0, false),
        (Reading::Lecture, 15, 0, 90, true),
        (Reading::ClientGo, 3, 15, 98, true),
        (Reading::ClientGo, 3, 14, 98, false),
    ];
    for (reading, age, later, reads_since, fine) in rows {
        let seat = Seat {
            component: ControllerManager,
            process: ProcId(1),
            host: HostId(1),
            path: "master-2/kube-controller-manager".into(),
            identity: "b".into(),
            settings: Settings { reading, ..Settings::default() },
            enabled: true,
            lock: LockKind::Leases,
            releasing: false,
            runs: true,
            local: SimTime(s(100)),
            writing: None,
            observed: Record::default(),
            renewed: None,
        };
        let clocks: Rc<[(HostId, SimTime)]> = Rc::new([(HostId(1), SimTime(s(100 - age)))]);
        let old = record("a", 0, 0);
        let versions = [Version { record: old.clone(), clocks }].into();
        let new = record("b", 1, s(later) as i64);
        let case = format!("{reading:?}, {age} s old, {later} s later, since {reads_since} s");
        assert_eq!(waited(&old, &versions, &new, &seat, SimTime(s(reads_since))).is_ok(), fine, "{case}");
        assert!(
            waited(&old, &versions, &record("c", 1, 0), &seat, SimTime::ZERO).is_ok(),
            "another's write is not its"
        );
    }
}

/// From a write in etcd: its answer, the pause until the next attempt, and the round that fails. In the lecture's reading
/// the answer and the lease.
#[test]
fn how_long_one_may_act_without_renewing() {
    let secs = SimDuration::from_secs;
    for (reading, lease, renew, retry, limit) in [
        (Reading::ClientGo, 15, 10, 2, 17),
        (Reading::ClientGo, 60, 40, 10, 70),
        (Reading::ClientGo, 3, 1, 0, 2),
        (Reading::Lecture, 15, 10, 2, 20),
    ] {
        let settings = Settings {
            enabled: true,
            reading,
            lease_duration: secs(lease),
            renew_deadline: secs(renew),
            retry_period: secs(retry),
        };
        assert_eq!(Limit::of(&settings).span(), secs(limit), "{reading:?} {lease}/{renew}/{retry}");
    }
    let both =
        Limit::of(&Settings::default()).and(Limit::of(&Settings { reading: Reading::Lecture, ..Settings::default() }));
    assert_eq!(both.span(), secs(5 + 10 + 15), "the longest pause and the longest round of both");
}
