//! Scenarios that random faults found, after which a client sent requests without end or the app stayed broken. All of them pass now.

use crate::common::load::Load;
use crate::common::whole;
use crate::common::whole::{outages, secs, works};
use ha_lab::cluster::Cluster;
use ha_lab::kube::object::Kind;
use ha_lab::kube::trace_event::Lane;
use ha_lab::lab::scenario::Scenario;
use ha_lab::sim::{SimDuration, SimTime};

/// Runs `tests/found/NAME.json`. From `well_after` seconds on the app must answer. From `calm_after` seconds on, when the pods of
/// a lost node have also been replaced, no process may be busier than before the first step.
fn check(name: &str, well_after: u64, calm_after: u64) -> Cluster {
    let path = format!("{}/tests/found/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut cluster = Cluster::new(&scenario.config(scenario.seed));
    let acts = scenario.acts();
    let first = acts.first().map_or(SimDuration::ZERO, |(at, _)| *at);
    cluster.run_until(SimTime(first.0 - 20 * whole::S));
    let healthy = Load::of(&mut cluster, 20);
    for (at, act) in acts {
        cluster.run_until(SimTime(at.0));
        cluster.apply(&act).unwrap_or_else(|why| panic!("{name}: {act:?}: {why:?}"));
    }
    cluster.run_until(secs(calm_after));
    while cluster.now().0 < scenario.until.0.0 {
        let load = Load::of(&mut cluster, 20);
        assert_eq!(cluster.invariants().broken(), None, "{name}");
        assert_eq!(load.beyond(&healthy, &cluster), None, "{name} at {:?}", cluster.now());
    }
    assert!(works(&cluster, Lane::AppServing), "{name}: the app does not answer");
    let again = outages(&cluster, Lane::AppServing, secs(well_after));
    assert!(again.is_empty(), "{name}: the app fails again: {again:?}");
    cluster
}

/// Guards the node lease: after five failed writes, the last one with a conflict, the kubelet does not repeat the same write forever.
#[test]
fn a_kubelet_whose_lease_has_changed_reads_it() {
    check("storm-after-etcd-restart", 230, 230);
    check("storm-after-partition", 150, 150);
    check("storm-and-flapping-app", 120, 120);
}

/// Guards slices that two controllers write at the same time: if one overwrites a slice, the other writes it again.
#[test]
fn an_endpoint_slice_that_another_controller_wrote_is_put_right() {
    let cluster = check("stale-slice-without-election", 200, 480);
    let slices = cluster.objects(Kind::EndpointSlice);
    let of_web = slices.iter().filter(|o| o.endpoint_slice().is_some_and(|s| &*s.service == "web")).count();
    assert_eq!(of_web, 1, "one slice of the Service, however many controllers there are");
}

/// Guards `rollout status` for an object that has not changed since before the API server's start: it lists and watches from there,
/// with back-off, and sees the rollout end.
#[test]
fn rollout_status_watches_what_is_older_than_its_server() {
    let cluster = check("rollout-status-after-restart", 100, 100);
    let commands = cluster.observation().commands;
    let rollout = commands.iter().find(|c| c.args.iter().any(|a| a == "rollout")).expect("it was typed");
    let (ended, printed) = rollout.ended.as_ref().expect("it ends once the node takes pods again");
    assert!(*ended > secs(140), "it ended at {ended:?}, while a pod was still missing");
    assert!(printed.stdout.ends_with("successfully rolled out\n"), "{printed:?}");
}
