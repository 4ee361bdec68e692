//! Leases, clocks and pauses: whatever clients do to the locks of elections, whatever clocks show and whatever is
//! paused in whichever order, the invariants hold, and the lab behaves as the real programs do.
//!
//! `cargo xtask soak` runs many more of the random scenarios.

mod random;

use crate::common::soak;
use crate::common::whole::{BOTH, S, act, host, process, running, secs};
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, EtcdTopology, Kubeconfig, LockKind, Reading, Verb};
use ha_lab::kube::election::{Component, Record};
use ha_lab::lab::scenario::Scenario;
use ha_lab::sim::{Power, SimDuration, SimTime};

/// Runs a scenario. Skips acts that cannot be carried out, as `ha-lab run` does.
fn play(scenario: &Scenario) -> Cluster {
    let mut cluster = Cluster::new(&scenario.config(scenario.seed));
    for (at, act) in scenario.acts() {
        cluster.run_until(SimTime::ZERO + at);
        let _ = cluster.apply(&act);
    }
    cluster.run_until(SimTime::ZERO + scenario.until.0);
    cluster
}

/// Returns `name: how` of a broken invariant, or an empty text.
fn broken(cluster: &Cluster) -> Option<String> {
    cluster.invariants().broken().map(|b| format!("{} at {} us: {}", b.name, b.at.0, b.detail))
}

/// Returns who acts as the leader of a component now.
fn acting(cluster: &Cluster, component: Component) -> Vec<String> {
    let intervals = cluster.history().acting.get(&component);
    intervals
        .into_iter()
        .flat_map(|i| i.iter())
        .filter(|i| i.to.is_none())
        .map(|i| cluster.path(i.what.process))
        .collect()
}

/// Failures that random faults once found.
#[test]
fn what_was_found_stays_mended() {
    type Row = (&'static str, &'static str, fn(&Cluster));
    let rows: [Row; 6] = [
        (
            "a wall clock that was set back before the beginning goes on: a leader's renewals are seen, and it leads on",
            include_str!("found/clock-below-zero.json"),
            |cluster| assert_eq!(cluster.history().takeovers.len(), 0, "a healthy leader's lease was taken"),
        ),
        (
            "a process that is paused on a host that was paused and goes on does not act",
            include_str!("found/nested-pause.json"),
            |cluster| {
                let at = |i: &&ha_lab::cluster::history::Interval<_>| i.from >= SimTime(112_874_000);
                let host = cluster.topology().host("master-1").expect("it is there");
                for (component, intervals) in &cluster.history().acting {
                    let again = intervals.iter().filter(at).filter(|i| i.what.host == host).count();
                    assert_eq!((component.name(), again), (component.name(), 0), "it is paused to the end");
                }
            },
        ),
        (
            "clocks that run apart let two act in the lecture's reading, for as long as each may by its own clock",
            include_str!("found/overlap-lecture-clock.json"),
            |cluster| assert!(cluster.history().takeovers.len() > 2, "a lease was taken early by another clock"),
        ),
        (
            "a leader that retries each 10 µs while its API server is gone waits for its client's rate limit before each call",
            include_str!("found/short-retry.json"),
            |_| {},
        ),
        (
            "a timeout of centuries by a slow clock ends after all else, and does not turn time back",
            include_str!("found/endless-timeout.json"),
            |cluster| {
                for typed in &cluster.history().commands {
                    let (at, printed) = typed.ended.as_ref().expect("both are answered");
                    assert_eq!((*at >= typed.at, printed.exit), (true, 0), "{:?}", typed.args);
                }
            },
        ),
        (
            "the same with a clock that runs ten times as fast",
            include_str!("found/fast-clock-short-retry.json"),
            |_| {},
        ),
    ];
    for (name, text, more) in rows {
        let cluster = play(&Scenario::parse(text).unwrap_or_else(|why| panic!("{name}: {why}")));
        assert_eq!(broken(&cluster), None, "{name}");
        more(&cluster);
    }
}

/// Two masters, and one etcd member on a separate host: little work, but enough for an election.
fn small(seed: u64, renewal: Reading, lock: LockKind) -> Config {
    let mut config = Config {
        seed,
        masters: 2,
        workers: 0,
        etcd: EtcdTopology::External { members: 1 },
        load_balancer: None,
        kubeconfig: Kubeconfig::Master(1),
        deployments: Vec::new(),
        ..Config::default()
    };
    config.election.renewal = renewal;
    config.election.lock = lock;
    config
}

/// At every moment of a round of renewal, does everything that a client can do to the locks of both components:
/// no invariant is broken, and if the lock can be recreated there is a leader in the end.
#[test]
fn a_lock_may_be_deleted_or_rewritten_at_any_moment() {
    let name = |component: Component| component.name();
    for renewal in [Reading::Lecture, Reading::ClientGo] {
        for (lock, resource, prefix) in [
            (LockKind::Leases, "lease", "/registry/leases/kube-system/"),
            (LockKind::Endpoints, "endpoints", "/registry/services/endpoints/kube-system/"),
        ] {
            let key = |component: Component| format!("{prefix}{}", name(component));
            let other = r#"{"spec":{"holderIdentity":"somebody","leaseDurationSeconds":15}}"#;
            let line =
                |tool: fn(Vec<String>) -> Act, args: &[&str]| tool(args.iter().map(|a| (*a).to_owned()).collect());
            let kubectl = |args: &[&str]| line(|args| Act::Kubectl { args }, args);
            let etcdctl = |args: &[&str]| line(|args| Act::Etcdctl { args }, args);
            let each = |of: &dyn Fn(Component) -> Act| BOTH.map(of).to_vec();
            let cases: [(&str, bool, Vec<Act>); 5] = [
                ("delete", true, each(&|c| kubectl(&["delete", resource, name(c), "-n", "kube-system"]))),
                ("del", true, each(&|c| etcdctl(&["del", &key(c)]))),
                ("del --prefix", true, vec![etcdctl(&["del", "--prefix", prefix.trim_end_matches("kube-system/")])]),
                ("put of garbage", false, each(&|c| etcdctl(&["put", &key(c), "garbage"]))),
                ("put of another holder", false, each(&|c| etcdctl(&["put", &key(c), other]))),
            ];
            let mut cluster = running(&small(7, renewal, lock), secs(30));
            for moment in (31..90).step_by(2) {
                cluster.run_until(secs(moment));
                for (what, mended, acts) in &cases {
                    let mut cluster = cluster.clone();
                    acts.iter().for_each(|a| act(&mut cluster, a.clone()));
                    cluster.run_until(secs(moment + 40));
                    let case = format!("{renewal:?}, {lock:?}, {what} at {moment} s");
                    assert_eq!(broken(&cluster), None, "{case}");
                    for component in BOTH.into_iter().filter(|_| *mended) {
                        let object = cluster.object(lock.kind(), "kube-system", name(component));
                        let record = object.and_then(|(object, _)| Record::of(&object));
                        let holder = record.map(|r| r.holder_identity.split('_').next().unwrap_or_default().to_owned());
                        let acts = acting(&cluster, component);
                        let one = holder.map(|host| vec![format!("{host}/{}", name(component))]);
                        assert_eq!(Some(acts), one, "{case}: who holds the lock acts, and nobody else");
                    }
                }
            }
        }
    }
}

/// Scenarios that once broke an invariant: leases of milliseconds, and annotations that are written unchanged within a
/// second or after a clock was set back.
#[test]
fn short_leases_and_records_that_say_the_same_again() {
    let rows = [
        r#"{"version":1,"until":"34s","cluster":{"leaderElection":{"lock":"endpoints","renewal":"client-go","leaseDuration":"15002us","renewDeadline":"10001us","retryPeriod":"1ms"}}}"#,
        r#"{"version":1,"until":"34s","cluster":{"leaderElection":{"renewal":"client-go","leaseDuration":"30ms","renewDeadline":"10ms","retryPeriod":"1ms"}}}"#,
        r#"{"version":1,"until":"40s","cluster":{"leaderElection":{"renewal":"lecture","leaseDuration":"390ms","renewDeadline":"130ms","retryPeriod":"100ms"}},"script":[{"at":"31s","do":"renewal","renewal":"client-go"}]}"#,
        r#"{"version":1,"until":"60s","cluster":{"leaderElection":{"lock":"endpoints"}},"script":[{"at":"31s","do":"timings","leaseDuration":"500500us","renewDeadline":"500ms","retryPeriod":"100ms"},{"at":"33s","do":"pause","target":"master-2/kube-apiserver"}]}"#,
        r#"{"cluster":{"deployments":[],"etcd":{"members":1,"topology":"external"},"leaderElection":{"leaseDuration":"4263932us","lock":"endpoints","renewDeadline":"3503217us","renewal":"lecture","retryPeriod":"635432us"},"loadBalancer":null,"masters":2,"workers":0},"script":[{"args":["del","/registry/services/endpoints/kube-system/kube-scheduler"],"at":"28591576us","do":"etcdctl"},{"at":"28827482us","do":"timings","leaseDuration":"9491187us","renewDeadline":"6361389us","retryPeriod":"2000000us"},{"at":"29178529us","do":"clock","offset":"-5912ms","target":"master-2"}],"seed":422,"until":"94618830us","version":1}"#,
        r#"{"cluster":{"deployments":[],"etcd":{"members":1,"topology":"external"},"leaderElection":{"leaseDuration":"3465363us","lock":"endpoints","renewDeadline":"1268us","renewal":"client-go","retryPeriod":"1056us"},"loadBalancer":null,"masters":3,"workers":0},"script":[{"at":"30655540us","do":"clock","offset":"166h","target":"master-2"},{"at":"30689152us","do":"pause","target":{"as":"host","leaderOf":"kube-controller-manager"}},{"args":["delete","endpoints","kube-controller-manager","-n","kube-system"],"at":"35589954us","do":"kubectl"}],"seed":904,"until":"70125118us","version":1}"#,
    ];
    for text in rows {
        let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(broken(&play(&scenario)), None, "{text}");
    }
}

/// The acts on a process and on its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    PauseHost,
    ResumeHost,
    Pause,
    Resume,
    Kill,
    PowerOff,
    PowerOn,
}

/// A paused host and a paused process are independent: tests every order of them, with a kill and a power loss in between.
#[test]
fn a_process_runs_when_neither_it_nor_its_host_is_paused() {
    const PATH: &str = "master-1/kube-scheduler";
    let all = [Do::PauseHost, Do::ResumeHost, Do::Pause, Do::Resume, Do::Kill, Do::PowerOff, Do::PowerOn];
    /// The expected state: whether the process is up, whether it is paused, its host's power, whether it will be killed when its host resumes.
    #[derive(Clone, Copy)]
    struct Expected {
        up: bool,
        paused: bool,
        power: Power,
        doomed: bool,
    }
    fn after(e: Expected, what: Do) -> Expected {
        let ended = Expected { up: false, paused: false, ..e };
        match (what, e.power) {
            (Do::PauseHost, Power::On) => Expected { power: Power::Paused, ..e },
            (Do::ResumeHost, Power::Paused) if e.doomed => Expected { power: Power::On, doomed: false, ..ended },
            (Do::ResumeHost, Power::Paused) => Expected { power: Power::On, ..e },
            (Do::Pause, _) => Expected { paused: e.up, ..e },
            (Do::Resume, _) => Expected { paused: false, ..e },
            (Do::Kill, Power::Paused) => Expected { doomed: e.up, ..e },
            (Do::Kill, _) => ended,
            (Do::PowerOff, _) => Expected { power: Power::Off, doomed: false, ..ended },
            (Do::PowerOn, Power::Off) => Expected { power: Power::On, ..e },
            _ => e,
        }
    }
    fn walk(cluster: &Cluster, e: Expected, path: &mut Vec<Do>, all: &[Do]) {
        let (_, id) =
            (PATH, cluster.topology().process(cluster.topology().host("master-1").expect("is"), "kube-scheduler"));
        let id = id.expect("it is there");
        let runs = e.up && !e.paused && e.power == Power::On;
        assert_eq!(broken(cluster), None, "{path:?}");
        assert_eq!(cluster.world().is_running(id), runs, "{path:?}: whether it runs");
        let acts = acting(cluster, Component::Scheduler);
        assert_eq!(acts, if runs { vec![PATH.to_owned()] } else { Vec::new() }, "{path:?}: who acts");
        if path.len() == 5 {
            return;
        }
        for what in all {
            let mut next = cluster.clone();
            let act = match what {
                Do::PauseHost => Act::On(Verb::Pause, host("master-1")),
                Do::ResumeHost => Act::On(Verb::Resume, host("master-1")),
                Do::Pause => Act::On(Verb::Pause, process(PATH)),
                Do::Resume => Act::On(Verb::Resume, process(PATH)),
                Do::Kill => Act::On(Verb::Kill, process(PATH)),
                Do::PowerOff => Act::On(Verb::PowerOff, host("master-1")),
                Do::PowerOn => Act::On(Verb::PowerOn, host("master-1")),
            };
            let done = next.apply(&act).is_ok();
            // Not long enough for a container to restart, or for a lease to expire.
            let until = next.now() + SimDuration::from_millis(5);
            let before = attempts(&next, id);
            next.run_until(until);
            let e = if done { after(e, *what) } else { e };
            if e.paused || e.power == Power::Paused {
                assert_eq!(attempts(&next, id), before, "{path:?}, {what:?}: it does nothing");
            }
            path.push(*what);
            walk(&next, e, path, all);
            path.pop();
        }
    }
    fn attempts(cluster: &Cluster, id: ha_lab::sim::ProcId) -> Option<u64> {
        cluster.world().machine(id).candidate().map(|c| c.attempts())
    }
    let mut config = small(3, Reading::ClientGo, LockKind::Leases);
    config.masters = 1;
    let cluster = running(&config, secs(40));
    let up = Expected { up: true, paused: false, power: Power::On, doomed: false };
    walk(&cluster, up, &mut Vec::new(), &all);
}

/// No offset that a scenario may give stops a clock, and none makes a healthy leader lose its lease by client-go's
/// reading: it compares no clocks.
#[test]
fn a_leader_keeps_its_lease_whatever_its_wall_clock_shows() {
    for lock in [LockKind::Leases, LockKind::Endpoints] {
        let cluster = running(&small(5, Reading::ClientGo, lock), secs(40));
        for hours in [-168, -1, 1, 168] {
            let mut cluster = cluster.clone();
            for master in ["master-1", "master-2"] {
                let offset_us = Some(hours * 3_600 * S as i64);
                act(&mut cluster, Act::Clock { target: host(master), rate_ppm: None, offset_us });
            }
            cluster.run_until(secs(100));
            assert_eq!(broken(&cluster), None);
            assert_eq!(cluster.history().takeovers.len(), 0, "{lock:?}, {hours} h");
            for component in BOTH {
                let (record, _) = cluster.lock_record(component).expect("it is held");
                let shown = record.renew_time.expect("renewed").0 / S as i64 - hours * 3_600;
                assert!((95..=100).contains(&shown), "{lock:?}, {hours} h: renewed at {shown} s");
            }
        }
    }
}
