//! Nodes: kubelet, container runtime and kube-proxy, against a fake API server. FACTS 3.3, 3.5, 3.6, 3.7.

use crate::common::small_world::*;
use ha_lab::kube::kubelet::StaticPhase;
use ha_lab::kube::object::{ConditionStatus, Kind};
use ha_lab::sim::{ProcId, SimDuration, WallTime};

/// An act between two observations.
#[derive(Clone, Copy, Debug)]
enum Do {
    Nothing,
    /// The pod's container crashes.
    Crash,
    /// `kubectl delete pod`
    Delete,
    KubeletDown,
    KubeletUp,
    ApiDown,
    ApiUp,
    PowerOff,
    PowerOn,
}

/// A worker with one pod. Each row has an act, a wait (ms), and the state of `web-1` in the
/// API after it, with a `+` if its container runs.
fn check(rows: &[(Do, u64, &str)]) {
    let mut small = Small::new(1, 1);
    small.world.boot_all();
    small.run(secs(3));
    small.put(0, pod("web-1", "worker-1"));
    for (index, (act, wait_ms, expected)) in rows.iter().enumerate() {
        let (kubelet, api, host) = (small.kubelets[0], small.apis[0], small.workers[0]);
        match act {
            Do::Nothing => {}
            Do::Crash => small.crash_container(0, "web-1"),
            Do::Delete => small.delete_pod("web-1"),
            Do::KubeletDown => {
                small.world.stop(kubelet);
                small.world.kill(kubelet);
            }
            Do::KubeletUp => small.world.allow_start(kubelet),
            Do::ApiDown => {
                small.world.stop(api);
                small.world.kill(api);
            }
            Do::ApiUp => small.world.allow_start(api),
            Do::PowerOff => small.world.power_off(host),
            Do::PowerOn => small.world.power_on(host),
        }
        small.run(SimDuration::from_millis(*wait_ms));
        let runs = small.node(0).containers().count() > 0;
        let shown = format!("{}{}", small.show("web-1"), if runs { " +" } else { "" });
        assert_eq!(shown, *expected, "row {index}: {act:?}");
    }
}

const UP: &str = "Running 1/1 0 running +";

/// Guards the start of a new pod: about a second if the image still has to be pulled.
#[test]
fn a_pod_runs_about_a_second_after_it_was_bound() {
    check(&[(Do::Nothing, 200, "Pending 0/1 0 ContainerCreating"), (Do::Nothing, 1_300, UP)]);
}

/// Guards FACTS 3.5: a crashed container comes back at once the first time, after 10 s the second.
#[test]
fn a_crashed_container_is_restarted_with_back_off() {
    check(&[
        (Do::Nothing, 2_000, UP),
        (Do::Crash, 1_800, "Running 1/1 1 running +"),
        (Do::Crash, 1_300, "Running 0/1 1 CrashLoopBackOff"),
        (Do::Nothing, 8_000, "Running 0/1 1 CrashLoopBackOff"),
        (Do::Nothing, 2_000, "Running 1/1 2 running +"),
    ]);
}

/// Guards that a deleted pod and its container end within about a second.
#[test]
fn a_deleted_pod_is_stopped_and_removed() {
    check(&[(Do::Nothing, 2_000, UP), (Do::Delete, 1_500, "gone")]);
}

/// Guards FACTS 3.7: without an API server the kubelet keeps restarting containers, and reports that afterwards.
#[test]
fn a_kubelet_goes_on_without_an_api_server() {
    check(&[
        (Do::Nothing, 2_000, UP),
        (Do::ApiDown, 60_000, UP),
        (Do::Crash, 5_000, UP),
        (Do::ApiUp, 45_000, "Running 1/1 1 running +"),
    ]);
}

/// Guards that containers outlive their kubelet, and that the kubelet catches up when it is back.
#[test]
fn containers_outlive_their_kubelet() {
    check(&[(Do::Nothing, 2_000, UP), (Do::KubeletDown, 30_000, UP), (Do::KubeletUp, 5_000, UP)]);
    check(&[
        (Do::Nothing, 2_000, UP),
        (Do::KubeletDown, 1_000, UP),
        (Do::Delete, 60_000, UP),
        (Do::KubeletUp, 3_000, "gone"),
    ]);
    check(&[
        (Do::Nothing, 2_000, UP),
        (Do::KubeletDown, 1_000, UP),
        (Do::Crash, 9_000, "Running 1/1 0 running"),
        (Do::KubeletUp, 3_000, "Running 1/1 1 running +"),
    ]);
}

/// Guards that after a power loss a host restarts exactly the pods that are still bound to it.
#[test]
fn a_host_that_lost_power_restarts_its_pods() {
    check(&[
        (Do::Nothing, 2_000, UP),
        (Do::PowerOff, 60_000, "Running 1/1 0 running"),
        (Do::PowerOn, 10_000, "Running 1/1 1 running +"),
    ]);
    check(&[
        (Do::Nothing, 2_000, UP),
        (Do::PowerOff, 1_000, "Running 1/1 0 running"),
        (Do::Delete, 60_000, "Running 1/1 0 running"),
        (Do::PowerOn, 10_000, "gone"),
    ]);
}

/// Guards FACTS 3.3: a registered node renews its lease every 10 s and posts its status only when it has to.
#[test]
fn a_node_keeps_its_heartbeat_and_little_else() {
    let mut small = Small::new(1, 1);
    small.world.boot_all();
    small.run(secs(301));
    let api = small.api(0);
    let node = api.objects[&Kind::Node.key("", "worker-1")].object.clone();
    assert_eq!(node.node().map(|n| n.ready()), Some(ConditionStatus::True));
    let lease = api.objects[&Kind::Lease.key("kube-node-lease", "worker-1")].object.clone();
    assert_eq!(lease.meta.owner.as_ref().map(|o| o.uid), Some(node.meta.uid));
    let age = WallTime::exact(small.world.now()).since(lease.lease().and_then(|l| l.renew_time).expect("renewed"));
    assert!(age < secs(11), "{age}");
    let renewals = api.calls["PUT lease"];
    assert!((28..=30).contains(&renewals), "{renewals} renewals in 5 minutes");
    assert_eq!(api.calls.get("PUT").copied().unwrap_or_default(), 0, "status posted without need");
}

/// Guards that the kubelet corrects a status that another client changed, within about 10 s.
#[test]
fn a_node_called_unknown_says_that_it_is_ready() {
    let mut small = Small::new(1, 1);
    small.world.boot_all();
    small.run(secs(15));
    small.edit(0, |api| {
        let key = Kind::Node.key("", "worker-1");
        let mut object = (*api.objects[&key].object).clone();
        for condition in &mut object.node_mut().expect("a node").conditions {
            condition.status = ConditionStatus::Unknown;
        }
        api.objects.get_mut(&key).expect("there").object = object.into();
    });
    small.run(secs(11));
    let node = small.api(0).objects[&Kind::Node.key("", "worker-1")].object.clone();
    assert_eq!(node.node().map(|n| n.ready()), Some(ConditionStatus::True));
}

/// Guards that a kubelet opens a new connection before its lease is too old if the host of its API server has vanished.
#[test]
fn a_heartbeat_that_fails_twice_closes_the_connection() {
    let mut small = Small::new(1, 1);
    small.world.boot_all();
    small.run(secs(15));
    let master = small.masters[0];
    small.world.power_off(master);
    small.run(secs(2));
    small.world.power_on(master);
    small.run(secs(28)); // boot 5 s, two timeouts of 10 s, and some margin
    let (renewed, _) = small.kubelet(0).heartbeats();
    let age = small.world.now().since(renewed.expect("renewed before"));
    assert!(age < secs(10), "last renewed {age} ago");
}

/// Runs a master's kubelet with a fake API server and an idle component through `act`. Returns when each was started (ms).
fn starts(act: impl Fn(&mut ha_lab::sim::World<Toy>, [ProcId; 3]), run_s: u64) -> (Vec<u64>, Vec<u64>) {
    use ha_lab::kube::trace_event::TraceEvent;
    use ha_lab::sim::Occurrence;
    let (mut world, _, processes) = master_with_kubelet();
    world.boot_all();
    world.run_until(at(20));
    act(&mut world, processes);
    world.run_until(at(20 + run_s));
    let of = |process| {
        let notes = world.trace().notes_from(0).filter(|n| n.process == Some(process));
        notes.filter(|n| n.what == TraceEvent::Kernel(Occurrence::Started)).map(|n| n.at.as_millis()).collect()
    };
    (of(processes[1]), of(processes[2]))
}

/// Guards that static pods start with their kubelet and are restarted about a second after the first crash.
#[test]
fn static_pods_start_and_come_back() {
    let (api, idle) = starts(|world, [_, _, idle]| world.kill(idle), 5);
    assert_eq!((api.len(), idle.len()), (1, 2));
    assert!(api[0] < 2_000 && idle[0] < 2_000, "{api:?} {idle:?}");
    assert!((20_200..=21_500).contains(&idle[1]), "{idle:?}");
}

/// Guards that a second crash waits 10 s.
#[test]
fn static_pods_have_crash_back_off() {
    let twice = |world: &mut ha_lab::sim::World<Toy>, [_, _, idle]: [ProcId; 3]| {
        world.kill(idle);
        world.run_until(at(23));
        world.kill(idle);
    };
    let (_, idle) = starts(twice, 20);
    assert!((33_000..=33_600).contains(&idle[2]), "{idle:?}");
}

/// Guards that static pods outlive their kubelet, and that a dead one waits for it.
#[test]
fn static_pods_need_a_kubelet_only_to_come_back() {
    let act = |world: &mut ha_lab::sim::World<Toy>, [kubelet, api, idle]: [ProcId; 3]| {
        world.stop(kubelet);
        world.kill(kubelet);
        world.kill(idle);
        world.run_until(at(40));
        assert!(world.is_running(api) && !world.is_running(idle));
        world.allow_start(kubelet);
    };
    let (api, idle) = starts(act, 30);
    assert_eq!(api.len(), 1);
    assert!((40_000..=42_000).contains(&idle[1]), "{idle:?}");
}

/// Guards FACTS 4.1: eight failed liveness probes in a row restart the API server; one stopped by SIGSTOP is restarted only after its grace
/// period, because it cannot react to SIGTERM.
#[test]
fn the_liveness_probe_restarts_the_api_server() {
    let sick = |world: &mut ha_lab::sim::World<Toy>, [_, api, _]: [ProcId; 3]| {
        world.edit(api, |m| {
            if let Toy::Api(api) = m {
                api.sick = true;
            }
        });
    };
    let (api, _) = starts(sick, 110);
    assert!((90_000..=105_000).contains(&api[1]), "{api:?}");
    let paused = |world: &mut ha_lab::sim::World<Toy>, [_, api, _]: [ProcId; 3]| world.pause(api);
    let (api, _) = starts(paused, 200);
    // Eight probes of 15 s each, 30 s of grace.
    assert!((165_000..=185_000).contains(&api[1]), "{api:?}");
}

/// Guards that a master's node is tainted, and what the inspector shows of its static pods.
#[test]
fn a_master_is_a_tainted_node() {
    let (mut world, _, [kubelet, api, _]) = master_with_kubelet();
    world.boot_all();
    world.run_until(at(20));
    let Toy::Api(api) = world.machine(api) else { panic!("an API server") };
    let node = api.objects[&Kind::Node.key("", "master-1")].object.clone();
    assert_eq!(node.node().map(|n| n.taints[0].key), Some("node-role.kubernetes.io/control-plane"));
    let Toy::Kubelet(kubelet) = world.machine(kubelet) else { panic!("a kubelet") };
    let shown: Vec<_> = kubelet.static_pods().map(|(pod, phase, restarts)| (&*pod.name, phase, restarts)).collect();
    assert_eq!(shown, [("kube-apiserver", StaticPhase::Running, 0), ("kube-scheduler", StaticPhase::Running, 0)]);
}
