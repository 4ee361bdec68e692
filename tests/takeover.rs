//! Compares the duration of takeovers in whole clusters, over many seeds, with the theory of FACTS 2: both readings, one and two
//! standbys, both components, other timings. Also tests how leaders end that are not killed (SIGTERM, paused, cut off).
//!
//! A whole cluster has two effects that the theory leaves out:
//! - API round trips: a few milliseconds at each end ([`ROUND_TRIP`]).
//! - A master that is powered off takes an etcd member and an API server with it. Its component's standbys talk to the
//!   API servers of their own masters, so the load balancer plays no part. But those API servers may wait for the dead
//!   member: a call that is on a connection to it, or that needs an etcd leader while one is being elected, is answered
//!   late or not at all within the 5 s that a candidate waits. See [`POWER_OFF`].

use crate::common::whole::*;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, Reading, Verb};
use ha_lab::kube::election::Component::{self, ControllerManager, Scheduler};
use ha_lab::kube::trace_event::{ElectionEvent, TraceEvent};
use ha_lab::sim::{Exit, Occurrence, SimDuration, SimTime, Stream};

const ROUND_TRIP: u64 = 60;
const POWER_OFF: u64 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// kill -9 of the process; its kubelet is stopped first, so that the process stays down.
    Kill,
    /// kill -9, and its kubelet restarts it at once, so there is one more standby (FACTS 2 (f)).
    KillAndRestart,
    PowerOff,
    Sigterm,
}

struct Row {
    name: &'static str,
    config: fn(u64) -> Config,
    component: Component,
    end: End,
    /// Milliseconds: lease duration, renew deadline, retry period in seconds.
    timings: (u64, u64, u64),
    /// Milliseconds.
    bounds: (u64, u64),
    /// Milliseconds, and the allowed deviation of the mean of the runs.
    mean: Option<(u64, u64)>,
    seeds: u64,
}

fn timed(mut config: Config, (lease, renew, retry): (u64, u64, u64)) -> Config {
    config.election.lease_duration = SimDuration::from_secs(lease);
    config.election.renew_deadline = SimDuration::from_secs(renew);
    config.election.retry_period = SimDuration::from_secs(retry);
    config
}

fn end(cluster: &mut Cluster, component: Component, end: End) {
    let of = leader_of(component);
    match end {
        End::Kill => {
            let kubelet = process(&format!("{}/kubelet", acting_host(cluster, component)));
            act(cluster, Act::On(Verb::Stop, kubelet));
            act(cluster, Act::On(Verb::Kill, leader(of)));
        }
        End::KillAndRestart => act(cluster, Act::On(Verb::Kill, leader(of))),
        End::PowerOff => act(cluster, Act::On(Verb::PowerOff, leading_host(of))),
        End::Sigterm => act(cluster, Act::On(Verb::Terminate, leader(of))),
    }
}

/// The masters boot together, so their candidates poll in step, and in the lecture's reading they stay in step. Restarting the
/// standbys at different moments gives each the uniform phase that the theory assumes.
fn stagger(cluster: &mut Cluster, component: Component, retry_secs: u64, seed: u64) {
    let leads = acting_host(cluster, component);
    let mut moments = Stream::new(seed, "phase");
    let all: Vec<_> = cluster.topology().all(component.name()).map(|(_, p)| cluster.path(p)).collect();
    let standbys = all.into_iter().filter(|path| path.split('/').next() != Some(&leads));
    let from = cluster.now();
    let mut kills: Vec<_> =
        standbys.map(|path| (from + SimDuration::from_micros(moments.below(retry_secs * S)), path)).collect();
    kills.sort();
    for (at, path) in kills {
        cluster.run_until(at);
        act(cluster, Act::On(Verb::Kill, process(&path)));
    }
}

/// Returns the time from the end of a leader to the start of the next, in milliseconds.
fn takeover(row: &Row, seed: u64) -> u64 {
    let config = timed((row.config)(seed), row.timings);
    // The moment is drawn uniformly over some renewal periods, independently of the seed's other draws.
    let calm = 30 * S + 2 * row.timings.0 * S;
    let at = SimTime(calm + Stream::new(seed, "moment").below(2 * row.timings.0 * S));
    let mut cluster = running(&config, secs(30));
    stagger(&mut cluster, row.component, row.timings.2, seed);
    cluster.run_until(at);
    end(&mut cluster, row.component, row.end);
    let limit = at + SimDuration::from_millis(row.bounds.1 + 10_000);
    let found = |c: &Cluster| {
        let all = &c.history().takeovers;
        all.iter().find(|t| t.component == row.component && t.gained > at).map(|t| (t.lost, t.gained))
    };
    while found(&cluster).is_none() && cluster.now() < limit {
        let next = cluster.now() + SimDuration::from_secs(1);
        cluster.run_until(next);
    }
    sound(&cluster, seed);
    let (lost, gained) = found(&cluster).unwrap_or_else(|| panic!("{}: nobody took over; seed {seed}", row.name));
    if row.end != End::Sigterm {
        assert_eq!(lost, at, "{}: seed {seed}", row.name);
    }
    gained.since(at).as_millis()
}

fn check(row: &Row) {
    let mut times: Vec<(u64, u64)> = (0..row.seeds).map(|seed| (takeover(row, seed), seed)).collect();
    times.sort_unstable();
    let ((min, first), (max, last)) = (times[0], times[times.len() - 1]);
    let mean = times.iter().map(|(t, _)| t).sum::<u64>() / row.seeds;
    println!("{:<44} min {min:>6} (seed {first}) mean {mean:>6} max {max:>6} (seed {last}) ms", row.name);
    assert!(min >= row.bounds.0, "{}: {min} ms with seed {first}", row.name);
    assert!(max <= row.bounds.1, "{}: {max} ms with seed {last}", row.name);
    if let Some((want, off)) = row.mean {
        assert!(mean.abs_diff(want) <= off, "{}: mean {mean} ms, theory {want} ms", row.name);
    }
}

const USUAL: (u64, u64, u64) = (15, 10, 2);
const LONG: (u64, u64, u64) = (60, 40, 10);

fn lecture2(seed: u64) -> Config {
    config(seed, 2, Reading::Lecture)
}
fn lecture3(seed: u64) -> Config {
    config(seed, 3, Reading::Lecture)
}
fn client_go2(seed: u64) -> Config {
    config(seed, 2, Reading::ClientGo)
}
fn client_go3(seed: u64) -> Config {
    config(seed, 3, Reading::ClientGo)
}
fn lecture2_external(seed: u64) -> Config {
    external(lecture2(seed))
}
fn client_go2_external(seed: u64) -> Config {
    external(client_go2(seed))
}

/// FACTS 2 (a1): 15 − U + V, U in 0..10, V in 0..2.
#[test]
fn lecture_reading_after_kill_9() {
    let row = |name, config, component, mean| Row {
        name,
        config,
        component,
        end: End::Kill,
        timings: USUAL,
        bounds: (5_000, 17_000 + ROUND_TRIP),
        mean: Some((mean, 1_000)),
        seeds: 60,
    };
    check(&row("lecture, 1 standby, controller manager", lecture2, ControllerManager, 11_000));
    check(&row("lecture, 1 standby, scheduler", lecture2, Scheduler, 11_000));
    check(&row("lecture, 2 standbys, controller manager", lecture3, ControllerManager, 10_700));
    check(&row("lecture, 2 standbys, scheduler", lecture3, Scheduler, 10_700));
}

/// FACTS 2 (b): D + 15 + O − U.
#[test]
fn client_go_reading_after_kill_9() {
    let row = |name, config, component, mean| Row {
        name,
        config,
        component,
        end: End::Kill,
        timings: USUAL,
        bounds: (13_000 - ROUND_TRIP, 23_800 + ROUND_TRIP),
        mean: Some((mean, 600)),
        seeds: 60,
    };
    check(&row("client-go, 1 standby, controller manager", client_go2, ControllerManager, 17_350));
    check(&row("client-go, 1 standby, scheduler", client_go2, Scheduler, 17_350));
    check(&row("client-go, 2 standbys, controller manager", client_go3, ControllerManager, 16_500));
    check(&row("client-go, 2 standbys, scheduler", client_go3, Scheduler, 16_500));
}

/// FACTS 2 (f): the restarted process is one more standby, and has to wait like any other.
#[test]
fn a_killed_leader_that_restarts_waits_like_any_standby() {
    let row = |name, config, bounds| Row {
        name,
        config,
        component: ControllerManager,
        end: End::KillAndRestart,
        timings: USUAL,
        bounds,
        mean: None,
        seeds: 40,
    };
    check(&row("lecture, killed and restarted", lecture2, (5_000, 17_000 + ROUND_TRIP)));
    check(&row("client-go, killed and restarted", client_go2, (13_000 - ROUND_TRIP, 23_800 + ROUND_TRIP)));
}

/// The same formulas with 60/40/10.
#[test]
fn longer_timings_after_kill_9() {
    let row = |name, config, bounds, mean| Row {
        name,
        config,
        component: ControllerManager,
        end: End::Kill,
        timings: LONG,
        bounds,
        mean: Some(mean),
        seeds: 60,
    };
    check(&row("lecture 60/40/10, 1 standby", lecture2, (20_000, 70_000 + ROUND_TRIP), (45_000, 5_000)));
    check(&row("client-go 60/40/10, 1 standby", client_go2, (50_000 - ROUND_TRIP, 104_000), (71_750, 3_500)));
    check(&row("client-go 60/40/10, 2 standbys", client_go3, (50_000 - ROUND_TRIP, 104_000), (67_500, 3_500)));
}

/// A master is powered off. With external etcd only the lease matters; a stacked master adds [`POWER_OFF`].
#[test]
fn after_a_power_off() {
    let row = |name, config, component, bounds: (u64, u64), slack, seeds| Row {
        name,
        config,
        component,
        end: End::PowerOff,
        timings: USUAL,
        bounds: (bounds.0, bounds.1 + slack),
        mean: None,
        seeds,
    };
    let (lecture, client_go) = ((5_000, 17_000 + ROUND_TRIP), (13_000 - ROUND_TRIP, 23_800 + ROUND_TRIP));
    check(&row("lecture, external etcd, power off", lecture2_external, ControllerManager, lecture, 0, 60));
    check(&row("client-go, external etcd, power off", client_go2_external, Scheduler, client_go, 0, 60));
    check(&row("lecture, stacked, power off", lecture3, ControllerManager, lecture, POWER_OFF, 60));
    check(&row("lecture, stacked, power off, scheduler", lecture3, Scheduler, lecture, POWER_OFF, 60));
    check(&row("client-go, stacked, power off", client_go3, ControllerManager, client_go, POWER_OFF, 60));
    check(&row("client-go, stacked, power off, scheduler", client_go3, Scheduler, client_go, POWER_OFF, 60));
}

/// FACTS 2 (d) and (e): the scheduler releases its lease, the controller manager does not.
#[test]
fn after_sigterm() {
    let row = |name, config, component, bounds, mean| Row {
        name,
        config,
        component,
        end: End::Sigterm,
        timings: USUAL,
        bounds,
        mean,
        seeds: 60,
    };
    let released = (0, 4_400 + ROUND_TRIP);
    check(&row("client-go, scheduler, SIGTERM, 1 standby", client_go2, Scheduler, released, None));
    check(&row("client-go, scheduler, SIGTERM, 2 standbys", client_go3, Scheduler, released, None));
    check(&row("lecture, scheduler, SIGTERM", lecture3, Scheduler, (0, 2_000 + ROUND_TRIP), None));
    let held = (13_000 - ROUND_TRIP, 23_800 + ROUND_TRIP);
    check(&row("client-go, controller manager, SIGTERM", client_go2, ControllerManager, held, None));
    check(&row(
        "lecture, controller manager, SIGTERM",
        lecture2,
        ControllerManager,
        (5_000, 17_000 + ROUND_TRIP),
        None,
    ));
}

/// Returns how a process ended after `from`.
fn exits(cluster: &Cluster, path: &str, from: SimTime) -> Vec<(SimTime, Exit)> {
    notes(cluster, from, |_| true)
        .filter(|n| n.process.is_some_and(|p| cluster.path(p) == path))
        .filter_map(
            |n| if let TraceEvent::Kernel(Occurrence::Exited(exit)) = n.what { Some((n.at, exit)) } else { None },
        )
        .collect()
}

/// FACTS 1.7 and 9: a leader that slept longer than its lease acts for a fresh renew deadline after it wakes, next to the
/// new one, then exits with status 1. In the lecture's reading it gives up at its first read.
#[test]
fn a_paused_leader_wakes_and_still_acts() {
    for (renewal, component) in [
        (Reading::ClientGo, ControllerManager),
        (Reading::ClientGo, Scheduler),
        (Reading::Lecture, ControllerManager),
        (Reading::Lecture, Scheduler),
    ] {
        for seed in 0..12 {
            let what = format!("{renewal:?} {} seed {seed}", component.name());
            let at = SimTime(60 * S + Stream::new(seed, "moment").below(10 * S));
            let mut cluster = running(&config(seed, 3, renewal), at);
            let old = acting_host(&cluster, component);
            let path = format!("{old}/{}", component.name());
            act(&mut cluster, Act::On(Verb::Pause, process(&path)));
            let wakes = at + SimDuration::from_secs(40);
            cluster.run_until(wakes);
            assert_ne!(acting_host(&cluster, component), old, "{what}: somebody else leads by now");
            act(&mut cluster, Act::On(Verb::Resume, process(&path)));
            cluster.run_until(wakes + SimDuration::from_secs(20));
            let (exited, how) = exits(&cluster, &path, wakes)[0];
            let after = exited.since(wakes).as_millis();
            assert_eq!(how, Exit::Code(1), "{what}");
            let (least, most) = if renewal == Reading::ClientGo { (9_900, 10_100) } else { (0, 100) };
            assert!((least..=most).contains(&after), "{what}: {after} ms after it woke");
            let acted = cluster.history().acting[&component]
                .iter()
                .filter(|i| i.from < exited && i.to.is_none_or(|t| t > wakes));
            let both = if renewal == Reading::ClientGo { 2 } else { 1 };
            assert_eq!(acted.count(), both, "{what}: so many acted after it woke");
            sound(&cluster, seed);
        }
    }
}

/// FACTS 1.3 and 2 (c): a leader whose API server no longer answers stops by itself within 12 s of its last success, before
/// any standby can take over. A scheduler first tries to release its lease, and continues to act while it does: an API server that
/// hangs keeps it for the 5 s that a candidate waits for an answer (FACTS 1.1, 1.5), so it can meet its successor.
#[test]
fn a_leader_that_is_cut_off_stops_before_another_begins() {
    for pause in [true, false] {
        for seed in 0..20 {
            let component = if seed % 2 == 0 { ControllerManager } else { Scheduler };
            let what = format!("{} pause {pause} seed {seed}", component.name());
            let at = SimTime(60 * S + Stream::new(seed, "moment").below(10 * S));
            let mut cluster = running(&config(seed, 3, Reading::ClientGo), at);
            let old = acting_host(&cluster, component);
            let server = process(&format!("{old}/kube-apiserver"));
            if pause {
                act(&mut cluster, Act::On(Verb::Pause, server));
            } else {
                act(&mut cluster, Act::On(Verb::Stop, process(&format!("{old}/kubelet"))));
                act(&mut cluster, Act::On(Verb::Kill, server));
            }
            cluster.run_until(at + SimDuration::from_secs(40));
            let mine = cluster.history().acting[&component].iter().find(|i| i.from < at && i.to.is_none_or(|t| t > at));
            let stopped = mine.and_then(|i| i.to).unwrap_or_else(|| panic!("{what}: it still acts"));
            let took = stopped.since(at).as_millis();
            let releasing = if pause && component == Scheduler { 5_000 } else { 0 };
            let bounds = 8_000 + releasing..=12_000 + releasing + ROUND_TRIP;
            assert!(bounds.contains(&took), "{what}: stopped after {took} ms");
            let gave_up = notes(&cluster, at, |n| {
                matches!(n.what, TraceEvent::Election { what: ElectionEvent::FailedToRenew, .. })
            });
            assert!(gave_up.count() >= 1, "{what}");
            let next = cluster.history().acting[&component].iter().find(|i| i.from > at).expect("another leads");
            let gap = next.from.as_millis() as i64 - stopped.as_millis() as i64;
            let least = 1_000 - releasing as i64;
            assert!((least..=16_000).contains(&gap), "{what}: {gap} ms between the two");
            assert_eq!(exits(&cluster, &format!("{old}/{}", component.name()), at)[0].1, Exit::Code(1), "{what}");
            sound(&cluster, seed);
        }
    }
}
