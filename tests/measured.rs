//! The measurements on a real cluster (FACTS 9), row by row, as far as the lab can reproduce the row.

use crate::common::whole::*;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, LeaderOf, Reading, Verb};
use ha_lab::kube::object::Kind;
use ha_lab::kube::trace_event::{Lane, TraceEvent};
use ha_lab::sim::{SimDuration, SimTime, Stream};

const SEEDS: std::ops::Range<u64> = 0..10;

/// Returns a default cluster at a random moment after a minute.
fn calm(seed: u64) -> Cluster {
    let at = SimTime(60 * S + Stream::new(seed, "moment").below(10 * S));
    running(&config(seed, 3, Reading::ClientGo), at)
}

fn pass(cluster: &mut Cluster, seconds: u64) {
    let until = cluster.now() + SimDuration::from_secs(seconds);
    cluster.run_until(until);
}

/// Kills a master's process permanently: its kubelet is stopped first.
fn kill(cluster: &mut Cluster, path: &str) {
    let master = path.split('/').next().unwrap_or_default();
    act(cluster, Act::On(Verb::Stop, process(&format!("{master}/kubelet"))));
    act(cluster, Act::On(Verb::Kill, process(path)));
}

fn etcd_leader(cluster: &Cluster) -> String {
    cluster.path(cluster.etcd_leader().expect("etcd has a leader"))
}

/// One in three new connections hangs in HAProxy's retries until it marks the server DOWN; none fails from then on.
#[test]
fn an_api_server_is_killed() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let at = cluster.now();
        kill(&mut cluster, "master-2/kube-apiserver");
        pass(&mut cluster, 40);
        let down =
            notes(&cluster, at, |n| matches!(n.what, TraceEvent::Backend { up: false, .. })).next().expect("DOWN").at;
        let noticed = down.since(at).as_millis();
        assert!((4_000..=6_100).contains(&noticed), "seed {seed}: DOWN after {noticed} ms");
        let mut failed = 0;
        for note in notes(&cluster, at, |_| true) {
            if let TraceEvent::Lane { since, ok: false, error, lane } = &note.what {
                failed += 1;
                let waited = note.at.since(*since).as_millis();
                // The laptop's requests time out before HAProxy's three seconds of retries end.
                assert!(error.contains("context deadline exceeded"), "seed {seed}: {lane:?}: {error}");
                assert!((1_990..=2_010).contains(&waited), "seed {seed}: {lane:?} waited {waited} ms");
                assert!(*since <= down, "seed {seed}: nothing fails that begins later");
            }
        }
        assert!((1..=6).contains(&failed), "seed {seed}: {failed} failures");
        assert!(works(&cluster, Lane::ApiReadable) && works(&cluster, Lane::ApiWritable), "seed {seed}");
    }
}

/// SIGTERM without a shutdown delay is no better: the port closes just as soon, and the checks take as long.
#[test]
fn an_api_server_is_stopped() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let at = cluster.now();
        act(&mut cluster, Act::On(Verb::Stop, process("master-2/kube-apiserver")));
        pass(&mut cluster, 40);
        let down =
            notes(&cluster, at, |n| matches!(n.what, TraceEvent::Backend { up: false, .. })).next().expect("DOWN").at;
        assert!((2_000..=6_200).contains(&down.since(at).as_millis()), "seed {seed}: DOWN at {down:?}");
        let out = outages(&cluster, Lane::ApiReadable, at).len() + outages(&cluster, Lane::ApiWritable, at).len();
        assert!(out > 0, "seed {seed}: clients notice");
        assert_eq!(unwell(&cluster), None, "seed {seed}");
    }
}

/// TCP connects, but TLS never answers: a third of the requests hang until HAProxy's checks, which hang as well, have failed
/// three times; after that none. A hanging request hangs until the client gives up.
#[test]
fn an_api_server_is_paused() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let at = cluster.now();
        act(&mut cluster, Act::On(Verb::Pause, process("master-2/kube-apiserver")));
        pass(&mut cluster, 60);
        let down = notes(&cluster, at, |n| matches!(n.what, TraceEvent::Backend { .. })).next().expect("DOWN");
        let TraceEvent::Backend { up: false, check, .. } = down.what else { panic!("seed {seed}: {down:?}") };
        assert!(matches!(check, "L6TOUT" | "L7TOUT"), "seed {seed}: {check}");
        let noticed = down.at.since(at).as_millis();
        assert!((8_000..=12_100).contains(&noticed), "seed {seed}: DOWN after {noticed} ms");
        let mut failed = 0;
        for note in notes(&cluster, at, |_| true) {
            if let TraceEvent::Lane { since, ok: false, lane, .. } = &note.what {
                failed += 1;
                assert!(*since <= down.at, "seed {seed}: {lane:?} fails although the server is DOWN");
            }
        }
        assert!(failed > 0, "seed {seed}: somebody hung");
        assert!(works(&cluster, Lane::ApiReadable) && works(&cluster, Lane::ApiWritable), "seed {seed}");
        act(&mut cluster, Act::On(Verb::Resume, process("master-2/kube-apiserver")));
        pass(&mut cluster, 60);
        assert_eq!(unwell(&cluster), None, "seed {seed}");
    }
}

/// A master loses power. (a) The load balancer marks it DOWN by L4TOUT after 6 to 12 s, and no request fails that starts after
/// the dead etcd member's connections have ended. (b) On the other API servers, calls to the dead member are answered late,
/// by up to 10 s; a write may then fail. After that everything works, because two of three instances of everything are left.
#[test]
fn a_master_is_powered_off() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let at = cluster.now();
        act(&mut cluster, Act::On(Verb::PowerOff, host("master-2")));
        pass(&mut cluster, 60);
        // Another server may be marked DOWN earlier, because its own check hangs at the dead etcd member.
        let dead = cluster.topology().host("master-2").expect("planned");
        let is_dead = |n: &ha_lab::sim::Note<TraceEvent>| match n.what {
            TraceEvent::Backend { up: false, server, .. } => server == dead,
            _ => false,
        };
        let down = notes(&cluster, at, is_dead).next().expect("DOWN");
        let TraceEvent::Backend { check, .. } = down.what else { panic!("seed {seed}: {down:?}") };
        let noticed = down.at.since(at).as_millis();
        assert!(check == "L4TOUT" && (6_000..=12_100).contains(&noticed), "seed {seed}: {check} after {noticed} ms");
        let late = notes(&cluster, at, |_| true).filter_map(|n| match &n.what {
            TraceEvent::Lane { since, ok: false, lane, .. } if *lane != Lane::AppServing => {
                Some(since.since(at).as_millis())
            }
            _ => None,
        });
        let late: Vec<_> = late.collect();
        assert!(!late.is_empty() && late.iter().all(|ms| *ms <= 14_000), "seed {seed}: {late:?}");
        assert!(outages(&cluster, Lane::AppServing, at).is_empty(), "seed {seed}: the app");
        pass(&mut cluster, 60);
        assert_eq!(unwell(&cluster), None, "seed {seed}");
        sound(&cluster, seed);
    }
}

/// A whole worker loses power: as when its kubelet dies, but its pods are also dead, and users' requests go elsewhere. The dead pods
/// stay Terminating until the node is back, and disappear within seconds after that.
#[test]
fn a_worker_is_lost_and_comes_back() {
    for seed in 0..4 {
        let mut cluster = calm(seed);
        let at = cluster.now();
        let pods = cluster.pods_of("web");
        let worker = pods.iter().find_map(|o| o.pod()?.node_name.clone()).expect("a pod runs somewhere");
        let there = |c: &Cluster| {
            let on = |o: &ha_lab::kube::object::Object| o.pod().is_some_and(|p| p.node_name.as_ref() == Some(&worker));
            c.objects(Kind::Pod).into_iter().filter(|o| o.meta.owner.is_some() && on(o)).collect::<Vec<_>>()
        };
        let lost = there(&cluster).len();
        act(&mut cluster, Act::On(Verb::PowerOff, host(&worker)));
        pass(&mut cluster, 390);
        let unready = notes(&cluster, at, |n| matches!(n.what, TraceEvent::NodeReady { ready: false, .. })).next();
        let noticed = unready.expect("NotReady").at.since(at).as_millis();
        assert!((40_000..=55_500).contains(&noticed), "seed {seed}: NotReady after {noticed} ms");
        let left = there(&cluster);
        assert!(
            left.iter().all(|o| o.meta.deletion_timestamp.is_some()) && left.len() == lost,
            "seed {seed}: Terminating"
        );
        assert_eq!(cluster.pods_of("web").len(), 3, "seed {seed}: replaced elsewhere");
        assert_eq!(unwell(&cluster), None, "seed {seed}");
        act(&mut cluster, Act::On(Verb::PowerOn, host(&worker)));
        pass(&mut cluster, 40);
        assert!(there(&cluster).iter().all(|o| o.meta.deletion_timestamp.is_none()), "seed {seed}: gone");
        sound(&cluster, seed);
    }
}

/// All hosts are switched on together. The first answer comes through the load balancer after about 7 s (rise 2 included),
/// and a controller manager makes its first attempt about half a second after it was executed.
#[test]
fn a_cold_start() {
    for seed in SEEDS {
        let config = config(seed, 3, Reading::ClientGo);
        let mut cluster = Cluster::new(&config);
        let mut attempt = None;
        while attempt.is_none() && cluster.now() < secs(30) {
            let next = cluster.now() + SimDuration::from_millis(10);
            cluster.run_until(next);
            let first = cluster.topology().all("kube-controller-manager").next().expect("planned").1;
            let tried = cluster.world().machine(first).candidate().is_some_and(|c| c.attempts() > 0);
            attempt = tried.then(|| cluster.now().since(cluster.world().slot(first).since).as_millis());
        }
        assert!((450..=570).contains(&attempt.unwrap_or(0)), "seed {seed}: first attempt after {attempt:?} ms");
        cluster.run_until(secs(30));
        let first = cluster.history().lanes.get(&Lane::ApiReadable).and_then(|l| l.iter().find(|i| i.what));
        let first = first.expect("it works").from.as_millis();
        assert!((1_500..=9_000).contains(&first), "seed {seed}: first answer to a request sent at {first} ms");
    }
}

/// There is a new leader after 0.9 to 1.85 s, 1.27 s on average. The loss of a follower has no effect.
#[test]
fn an_etcd_member_is_killed() {
    let (mut sum, runs) = (0, 60);
    for seed in 0..runs {
        let mut cluster = calm(seed);
        let (at, leader) = (cluster.now(), etcd_leader(&cluster));
        kill(&mut cluster, &leader);
        pass(&mut cluster, 5);
        let next = cluster.history().etcd_leaders.iter().find(|i| i.from > at).map(|i| i.from);
        let took = next.unwrap_or_else(|| panic!("seed {seed}: no leader after 5 s")).since(at).as_millis();
        assert!((800..=3_500).contains(&took), "seed {seed}: {took} ms");
        sum += took;
    }
    let mean = sum / runs;
    assert!((1_100..=1_450).contains(&mean), "mean {mean} ms");
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let (at, leader) = (cluster.now(), etcd_leader(&cluster));
        let follower = (1..=3).map(|m| format!("master-{m}/etcd")).find(|m| *m != leader).expect("a follower");
        kill(&mut cluster, &follower);
        pass(&mut cluster, 30);
        for lane in [Lane::ApiReadable, Lane::ApiWritable] {
            assert!(outages(&cluster, lane, at).is_empty(), "seed {seed}: {lane:?}");
        }
    }
}

/// No API server is ready any more, and controller manager and scheduler exit. The app is still served. Everything works again afterwards.
#[test]
fn two_of_three_etcd_members_are_killed() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        for member in ["master-1/etcd", "master-2/etcd"] {
            act(&mut cluster, Act::On(Verb::Stop, process(member)));
        }
        let at = cluster.now();
        pass(&mut cluster, 60);
        for lane in [Lane::ApiReadable, Lane::ApiWritable] {
            assert!(!works(&cluster, lane), "seed {seed}: {lane:?}");
        }
        let (_, balancer) = cluster.topology().all("haproxy").next().expect("a load balancer");
        let balancer = cluster.world().machine(balancer).haproxy().expect("HAProxy");
        assert!(balancer.servers().all(|s| !s.up), "seed {seed}");
        for component in BOTH {
            let mine = cluster.history().acting[&component].iter().find(|i| i.from < at && i.to.is_none_or(|t| t > at));
            let left = mine.and_then(|i| i.to).expect("it left").since(at).as_millis();
            assert!(left <= 12_000 + 5_100, "seed {seed}: {} left after {left} ms", component.name());
        }
        assert!(outages(&cluster, Lane::AppServing, at).is_empty(), "seed {seed}: the app");
        for member in ["master-1/etcd", "master-2/etcd"] {
            act(&mut cluster, Act::On(Verb::Start, process(member)));
        }
        pass(&mut cluster, 15);
        assert!(
            works(&cluster, Lane::ApiReadable) && works(&cluster, Lane::ApiWritable),
            "seed {seed}: back within 15 s"
        );
        pass(&mut cluster, 120);
        assert_eq!(unwell(&cluster), None, "seed {seed}");
        sound(&cluster, seed);
    }
}

/// NotReady 40 to 55 s after the death, eviction 300 s after the taint, a running replacement; the old pods continue to run.
#[test]
fn a_workers_kubelet_dies() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let at = cluster.now();
        let pods = cluster.objects(Kind::Pod);
        let worker = pods.iter().filter(|o| o.meta.owner.is_some()).find_map(|o| o.pod()?.node_name.clone());
        let worker = worker.expect("a pod runs somewhere");
        let lost = pods
            .iter()
            .filter(|o| o.meta.owner.is_some() && o.pod().is_some_and(|p| p.node_name.as_ref() == Some(&worker)));
        let lost = lost.count() as u64;
        act(&mut cluster, Act::On(Verb::Stop, process(&format!("{worker}/kubelet"))));
        pass(&mut cluster, 340);
        let is_unready =
            |n: &ha_lab::sim::Note<TraceEvent>| matches!(&n.what, TraceEvent::NodeReady { ready: false, .. });
        let unready = notes(&cluster, at, is_unready).next().expect("NotReady").at;
        let noticed = unready.since(at).as_millis();
        assert!((40_000..=55_500).contains(&noticed), "seed {seed}: NotReady after {noticed} ms");
        let made = cluster.history().pods_created;
        assert_eq!(made, 3, "seed {seed}: nothing is replaced before the eviction");
        pass(&mut cluster, 40);
        assert_eq!(cluster.history().pods_created, 3 + lost, "seed {seed}");
        let replaced = notes(&cluster, at, |n| matches!(n.what, TraceEvent::Created { kind: Kind::Pod, .. }))
            .next()
            .expect("one")
            .at;
        let after = replaced.since(unready).as_millis();
        assert!((299_900..=306_000).contains(&after), "seed {seed}: replaced {after} ms after NotReady");
        assert_eq!(cluster.pods().ready, 3 + lost, "seed {seed}: the old ones run on, the new ones run");
        sound(&cluster, seed);
    }
}

/// The same for the other members; clients of the paused one wait.
#[test]
fn etcds_leader_is_paused() {
    for seed in SEEDS {
        let mut cluster = calm(seed);
        let at = cluster.now();
        act(&mut cluster, Act::On(Verb::Pause, leader(LeaderOf::Etcd)));
        pass(&mut cluster, 10);
        let next = cluster.history().etcd_leaders.iter().find(|i| i.from > at).expect("another leads");
        assert!(next.from.since(at).as_millis() <= 3_500, "seed {seed}");
        mend(&mut cluster);
        pass(&mut cluster, 60);
        assert_eq!(unwell(&cluster), None, "seed {seed}");
        sound(&cluster, seed);
    }
}

/// Resumes everything that is paused.
fn mend(cluster: &mut Cluster) {
    for (_, member) in cluster.topology().clone().all("etcd") {
        if cluster.world().slot(member).paused {
            let path = cluster.path(member);
            act(cluster, Act::On(Verb::Resume, process(&path)));
        }
    }
}
