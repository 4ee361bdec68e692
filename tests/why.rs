//! "Why?": every event in a cluster that was quiet before leads back to an act. Also the golden transcripts
//! of whole takeovers, which `UPDATE_EXPECT=1` rewrites.

use crate::common::whole::*;
use expect_test::expect_file;
use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, LbKind, LeaderOf, LoadBalancer, LockKind, Reading, Target, Verb};
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::lab::narration::transcript;
use ha_lab::sim::{NoteId, SimDuration, SimTime};

const DONE: SimTime = SimTime(70 * S);

/// Applies the acts a second apart, and then runs for `watch` seconds.
fn story(seed: u64, masters: usize, renewal: Reading, acts: &[Act], watch: u64) -> Cluster {
    story_of(&config(seed, masters, renewal), acts, watch)
}

fn story_of(config: &Config, acts: &[Act], watch: u64) -> Cluster {
    let (mut cluster, seed) = (running(config, DONE), config.seed);
    for step in acts {
        act(&mut cluster, step.clone());
        let next = cluster.now() + SimDuration::from_secs(1);
        cluster.run_until(next);
    }
    let until = cluster.now() + SimDuration::from_secs(watch);
    cluster.run_until(until);
    sound(&cluster, seed);
    cluster
}

/// Returns the text of the act at the end of a chain. `None` if the chain ends elsewhere.
fn act_behind(cluster: &Cluster, event: NoteId) -> Option<String> {
    let chain = cluster.world().trace().why(event, transcript::WHY_LIMIT);
    match &chain.last()?.what {
        TraceEvent::Act(done) => Some(ha_lab::lab::narration::acts::done(done)),
        _ => None,
    }
}

/// Checks that every event since the acts leads to one of them.
fn check(name: &str, seed: u64, masters: usize, renewal: Reading, acts: &[Act], watch: u64) {
    check_of(name, &config(seed, masters, renewal), acts, watch);
}

fn check_of(name: &str, config: &Config, acts: &[Act], watch: u64) {
    let (cluster, seed) = (story_of(config, acts, watch), config.seed);
    let events = transcript::events(&cluster, DONE);
    let stray: Vec<_> = events.iter().filter(|e| act_behind(&cluster, e.id).is_none()).collect();
    let tell = |e: &&ha_lab::lab::view::EventView| {
        let chain: Vec<_> = cluster
            .world()
            .trace()
            .why(e.id, 40)
            .iter()
            .map(|n| format!("\n        <- {} {:?}", n.at.0, n.what))
            .collect();
        format!("    {}{}", transcript::line(e), chain.join(""))
    };
    let lines: Vec<_> = stray.iter().map(tell).collect();
    assert!(
        lines.is_empty(),
        "{name}, seed {seed}: {} of {} lead to no act\n{}",
        lines.len(),
        events.len(),
        lines.join("\n")
    );
}

#[test]
fn nothing_happens_in_a_cluster_that_is_left_alone() {
    for renewal in [Reading::Lecture, Reading::ClientGo] {
        let cluster = story(1, 3, renewal, &[], 600);
        let told: Vec<_> = transcript::events(&cluster, DONE).iter().map(transcript::line).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

/// A whole takeover as a transcript: the events after the leading master lost power, and why the other leads.
#[test]
fn a_takeover_told() {
    for (renewal, name) in [(Reading::Lecture, "lecture"), (Reading::ClientGo, "client-go")] {
        let off = Act::On(Verb::PowerOff, leading_host(LeaderOf::ControllerManager));
        let cluster = story(1, 3, renewal, &[off], 29);
        let events = transcript::events(&cluster, DONE);
        let mut text: String = events.iter().map(|e| transcript::line(e) + "\n").collect();
        let takeovers = &cluster.history().takeovers;
        for takeover in takeovers.iter().filter(|t| t.gained > DONE) {
            let took = takeover.gained.since(takeover.lost).as_millis();
            text += &format!("\nWhy, {took} ms after:\n");
            let chain = transcript::why(&cluster, takeover.note);
            text.extend(chain.iter().map(|e| transcript::line(e) + "\n"));
        }
        assert!(takeovers.iter().any(|t| t.gained > DONE), "{name}: nobody took over");
        expect_file![format!("{}/tests/golden/takeover-{name}.txt", env!("CARGO_MANIFEST_DIR"))].assert_eq(&text);
    }
}

#[test]
fn everything_leads_back_to_what_was_done() {
    use LeaderOf::{ControllerManager, Etcd, Scheduler};
    let cut = |from: &str, to: &str| Act::Cut { from: from.to_owned(), to: to.to_owned() };
    let alone = |name: &str| Act::Partition {
        groups: vec![
            vec![name.to_owned()],
            ["master-1", "master-2", "master-3", "lb-1", "worker-1", "worker-2", "worker-3", "laptop"]
                .into_iter()
                .filter(|n| *n != name)
                .map(str::to_owned)
                .collect(),
        ],
    };
    let pod = |index| Target::Pod { deployment: "web".to_owned(), index };
    let set = |path: &str, flag: &str, value: &str| Act::Flags {
        target: process(path),
        set: vec![(flag.to_owned(), value.to_owned())],
    };
    let rows: Vec<(&str, Vec<Act>)> = vec![
        ("power off the leading master", vec![Act::On(Verb::PowerOff, leading_host(ControllerManager))]),
        ("power off etcd's leader", vec![Act::On(Verb::PowerOff, leading_host(Etcd))]),
        ("power off a worker", vec![Act::On(Verb::PowerOff, host("worker-2"))]),
        ("power off the load balancer", vec![Act::On(Verb::PowerOff, host("lb-1"))]),
        ("kill the controller manager", vec![Act::On(Verb::Kill, leader(ControllerManager))]),
        ("kill the scheduler", vec![Act::On(Verb::Kill, leader(Scheduler))]),
        ("kill etcd's leader", vec![Act::On(Verb::Kill, leader(Etcd))]),
        ("kill an API server", vec![Act::On(Verb::Kill, process("master-1/kube-apiserver"))]),
        ("kill the load balancer", vec![Act::On(Verb::Kill, process("lb-1/haproxy"))]),
        ("stop the load balancer", vec![Act::On(Verb::Stop, process("lb-1/haproxy"))]),
        ("stop a kubelet", vec![Act::On(Verb::Stop, process("worker-1/kubelet"))]),
        ("SIGTERM to the scheduler", vec![Act::On(Verb::Terminate, leader(Scheduler))]),
        ("SIGTERM to the controller manager", vec![Act::On(Verb::Terminate, leader(ControllerManager))]),
        ("pause the controller manager", vec![Act::On(Verb::Pause, leader(ControllerManager))]),
        ("pause an API server", vec![Act::On(Verb::Pause, process("master-2/kube-apiserver"))]),
        ("pause etcd's leader", vec![Act::On(Verb::Pause, leader(Etcd))]),
        ("pause the leading master", vec![Act::On(Verb::Pause, leading_host(ControllerManager))]),
        ("pause the load balancer", vec![Act::On(Verb::Pause, host("lb-1"))]),
        ("cut a worker off", vec![alone("worker-1")]),
        ("cut a master off", vec![alone("master-1")]),
        ("cut master-2 off", vec![alone("master-2")]),
        ("one way", vec![cut("master-1", "master-2")]),
        ("from the load balancer to a master", vec![cut("lb-1", "master-1")]),
        ("two masters off", vec![Act::On(Verb::PowerOff, host("master-1")), Act::On(Verb::PowerOff, host("master-2"))]),
        (
            "a worker, then a master",
            vec![Act::On(Verb::PowerOff, host("worker-2")), Act::On(Verb::PowerOff, host("master-3"))],
        ),
        ("crash a container", vec![Act::On(Verb::CrashContainer, pod(0)), Act::On(Verb::CrashContainer, pod(1))]),
        ("delete a pod", vec![Act::On(Verb::DeletePod, pod(1))]),
        ("a wrong list", vec![set("master-1/kube-apiserver", "--etcd-servers", "https://10.9.9.9:2379")]),
        ("election off", vec![set("master-2/kube-controller-manager", "--leader-elect", "false")]),
        ("timings refused", vec![set("master-3/kube-scheduler", "--leader-elect-lease-duration", "1s")]),
        ("off and on again", vec![Act::On(Verb::PowerOff, host("master-1")), Act::On(Verb::PowerOn, host("master-1"))]),
        ("pause and resume", vec![Act::On(Verb::Pause, host("master-1")), Act::On(Verb::Resume, host("master-1"))]),
        (
            "slow link",
            vec![Act::Link {
                between: ("master-1".to_owned(), "master-2".to_owned()),
                latency: Some(SimDuration::from_millis(1_500)),
                jitter: None,
                loss_ppm: Some(300_000),
            }],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, acts) in rows {
        for seed in 1..=3 {
            let renewal = if seed % 2 == 0 { Reading::Lecture } else { Reading::ClientGo };
            let seed_ran = std::panic::catch_unwind(|| check(name, seed, 3, renewal, &acts, 400));
            if let Err(panic) = seed_ran {
                wrong.push(panic.downcast_ref::<String>().cloned().unwrap_or_default());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same with two load balancers, of either kind, and with the lecture's lock.
#[test]
fn everything_leads_back_in_other_clusters() {
    let rows: [(&str, Vec<Act>); 6] = [
        ("power off a balancer", vec![Act::On(Verb::PowerOff, host("lb-1"))]),
        ("its keepalived stops", vec![Act::On(Verb::Stop, process("lb-1/keepalived"))]),
        ("it comes back", vec![Act::On(Verb::PowerOff, host("lb-1")), Act::On(Verb::PowerOn, host("lb-1"))]),
        ("the other", vec![Act::On(Verb::PowerOff, host("lb-2"))]),
        ("an API server", vec![Act::On(Verb::Stop, process("master-2/kube-apiserver"))]),
        ("the leading master", vec![Act::On(Verb::PowerOff, leading_host(LeaderOf::ControllerManager))]),
    ];
    for kind in [LbKind::Haproxy, LbKind::Nginx] {
        for (seed, (name, acts)) in (1..).zip(&rows) {
            let mut config = config(seed, 3, Reading::Lecture);
            config.load_balancer = config.load_balancer.map(|lb| LoadBalancer { kind, instances: 2, ..lb });
            config.election.lock = LockKind::Endpoints;
            check_of(name, &config, acts, 200);
        }
    }
}

/// Guards against blaming a fault that was repaired long ago: every event after the second act leads to it.
#[test]
fn what_was_mended_long_ago_explains_nothing() {
    for first in [
        vec![Act::Cut { from: "master-1".to_owned(), to: "master-2".to_owned() }, Act::Heal { between: None }],
        vec![Act::On(Verb::Pause, host("worker-3")), Act::On(Verb::Resume, host("worker-3"))],
    ] {
        let mut cluster = story(1, 3, Reading::ClientGo, &first, 400);
        let at = cluster.now();
        act(&mut cluster, Act::On(Verb::PowerOff, leading_host(LeaderOf::Scheduler)));
        cluster.run_until(at + SimDuration::from_secs(60));
        for event in transcript::events(&cluster, at) {
            let act = act_behind(&cluster, event.id).unwrap_or_default();
            assert!(act.starts_with("Power off"), "{}: {act:?}", transcript::line(&event));
        }
    }
}

/// A host that was paused for a while explains its silence after it has resumed.
#[test]
fn a_host_that_goes_on_still_explains_its_silence() {
    let mut cluster = story(2, 3, Reading::ClientGo, &[], 0);
    let target = leading_host(LeaderOf::ControllerManager);
    let name = acting_host(&cluster, ha_lab::kube::election::Component::ControllerManager);
    act(&mut cluster, Act::On(Verb::Pause, target));
    cluster.run_until(DONE + SimDuration::from_secs(12));
    act(&mut cluster, Act::On(Verb::Resume, host(&name)));
    cluster.run_until(DONE + SimDuration::from_secs(60));
    for event in transcript::events(&cluster, DONE) {
        assert!(act_behind(&cluster, event.id).is_some(), "{}", transcript::line(&event));
    }
}
