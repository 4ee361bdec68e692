//! Acts on pods: a container crashes, a pod is deleted (FACTS 3.1, 3.5).

use crate::common::whole::*;
use ha_lab::cluster::config::{Act, Config, DeploymentConfig, Reading, Target, Verb};
use ha_lab::cluster::{Cluster, Refusal};
use ha_lab::kube::object::{ContainerState, Kind};
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::sim::{SimDuration, SimTime};

fn web(index: usize) -> Target {
    Target::Pod { deployment: "web".to_owned(), index }
}

/// The clusters of this file have one pod, unless they say otherwise.
fn with(seed: u64, deployments: &[(&str, u32)]) -> Config {
    let mut config = config(seed, 3, Reading::ClientGo);
    let one = |(name, replicas): &(&str, u32)| DeploymentConfig { name: (*name).to_owned(), replicas: *replicas };
    config.deployments = deployments.iter().map(one).collect();
    config
}

/// Returns when containers started after `from`.
fn starts(cluster: &Cluster, from: SimTime) -> Vec<SimTime> {
    notes(cluster, from, |n| matches!(n.what, TraceEvent::Container { running: true, .. })).map(|n| n.at).collect()
}

/// Guards the kubelet's back-off: at once, then 10, 20, 40 ... s after each crash; the API's status in the meantime; and that
/// ten quiet minutes reset it.
#[test]
fn a_container_that_crashes_again_and_again_waits_longer_each_time() {
    let mut cluster = running(&with(1, &[("web", 1)]), secs(60));
    let name = cluster.pods_of("web")[0].meta.name.clone();
    for (crash, waits) in [0, 10, 20, 40, 80, 160, 300, 300].into_iter().enumerate() {
        let crashed = cluster.now();
        act(&mut cluster, Act::On(Verb::CrashContainer, web(0)));
        if waits > 0 {
            cluster.run_until(crashed + SimDuration::from_secs(5));
            let pod = cluster.pods_of("web")[0].clone();
            let pod = pod.pod().expect("a pod");
            assert_eq!(pod.state, ContainerState::Waiting("CrashLoopBackOff"), "crash {crash}");
            assert!(!pod.ready);
            let again = cluster.apply(&Act::On(Verb::CrashContainer, web(0)));
            assert_eq!(again, Err(Refusal::NoContainer(name.to_string())));
        }
        cluster.run_until(crashed + SimDuration::from_secs(waits + 4));
        let started = starts(&cluster, crashed);
        assert_eq!(started.len(), 1, "crash {crash}");
        let took = started[0].since(crashed).as_millis();
        assert!((waits * 1_000..=waits * 1_000 + 2_000).contains(&took), "crash {crash}: {took} ms");
        let pod = cluster.pods_of("web")[0].clone();
        assert_eq!(pod.pod().map(|p| (p.restart_count, p.ready)), Some((crash as u32 + 1, true)));
    }
    let next = cluster.now() + SimDuration::from_secs(601);
    cluster.run_until(next);
    act(&mut cluster, Act::On(Verb::CrashContainer, web(0)));
    cluster.run_until(next + SimDuration::from_secs(4));
    assert_eq!(starts(&cluster, next).len(), 1, "forgiven: at once");
    let events = cluster.objects(Kind::Event);
    let back_off = events.iter().filter_map(|o| o.event()).find(|e| e.reason == "BackOff").expect("an Event");
    assert!(back_off.warning && back_off.message.starts_with("Back-off restarting failed container nginx in pod"));
    assert_eq!(cluster.history().pods_created, 1, "it is the same pod all the time");
    sound(&cluster, 1);
}

/// Guards that a deleted pod ends and the ReplicaSet creates another at once; that `index` counts by name among the pods that
/// are not being deleted; and that an act on a missing pod is refused with that reason.
#[test]
fn a_deleted_pod_is_replaced() {
    let mut cluster = running(&with(2, &[("web", 3), ("shop", 2)]), secs(60));
    let names = |c: &Cluster, of: &str| c.pods_of(of).iter().map(|p| p.meta.name.to_string()).collect::<Vec<_>>();
    let (before, shop) = (names(&cluster, "web"), names(&cluster, "shop"));
    assert_eq!((before.len(), shop.len()), (3, 2), "each deployment has its own");
    act(&mut cluster, Act::On(Verb::DeletePod, web(1)));
    cluster.run_until(secs(70));
    let after = names(&cluster, "web");
    assert!(after.len() == 3 && !after.contains(&before[1]) && after.contains(&before[0]), "{before:?} {after:?}");
    assert_eq!(names(&cluster, "shop"), shop);
    assert_eq!(cluster.object(Kind::Pod, "default", &before[1]), None, "it is gone");
    assert_eq!((cluster.history().pods_created, unwell(&cluster)), (6, None));
    let gone = cluster.apply(&Act::On(Verb::DeletePod, web(3)));
    assert_eq!(gone, Err(Refusal::NoPodAt { deployment: "web".to_owned(), count: 3, index: 3 }));
    let gone = cluster.apply(&Act::On(Verb::CrashContainer, Target::PodNamed("web-x".to_owned())));
    assert_eq!(gone, Err(Refusal::NoPod("web-x".to_owned())));
    assert_eq!(cluster.apply(&Act::On(Verb::DeletePod, host("master-1"))), Err(Refusal::WantsPod));
}

/// Guards a container that ends between the start of its kubelet and the kubelet's first answer from the API.
#[test]
fn a_container_that_ends_before_its_kubelet_knows_its_pod_is_started_again() {
    let mut cluster = running(&with(4, &[("web", 3)]), secs(60));
    let node = cluster.pods_of("web")[0].pod().and_then(|p| p.node_name.clone()).expect("bound");
    act(&mut cluster, Act::On(Verb::PowerOff, host("lb-1")));
    act(&mut cluster, Act::On(Verb::Kill, process(&format!("{node}/kubelet"))));
    cluster.run_until(secs(75));
    act(&mut cluster, Act::On(Verb::CrashContainer, web(0)));
    cluster.run_until(secs(80));
    act(&mut cluster, Act::On(Verb::PowerOn, host("lb-1")));
    cluster.run_until(secs(110));
    assert_eq!((cluster.pods().ready, unwell(&cluster)), (3, None));
}

/// Guards that deleting goes through the API and crashing does not.
#[test]
fn without_an_api_a_pod_cannot_be_deleted_but_its_container_is_restarted() {
    let mut cluster = running(&with(3, &[("web", 2)]), secs(60));
    for master in 1..=3 {
        act(&mut cluster, Act::On(Verb::PowerOff, host(&format!("master-{master}"))));
    }
    cluster.run_until(secs(90));
    act(&mut cluster, Act::On(Verb::DeletePod, web(0)));
    act(&mut cluster, Act::On(Verb::CrashContainer, web(1)));
    cluster.run_until(secs(180));
    let typed = cluster.history().commands.back().expect("a command");
    let (_, printed) = typed.ended.as_ref().expect("it gave up");
    assert!(printed.stderr.contains("Unable to connect to the server: EOF"), "{printed:?}");
    assert_eq!(starts(&cluster, secs(90)).len(), 1);
    assert_eq!(cluster.pods().ready, 2, "both containers run");
}
