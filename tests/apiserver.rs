//! The API server in a small world with real etcd members: requests, concurrency, watches, health.

use ha_lab::sim::map::Map;

use crate::common::apiserver_world::*;
use ha_lab::kube::api::{Answer, Call, Freshness, HealthPath, Patch};
use ha_lab::kube::apiserver::Phase;
use ha_lab::kube::object::{ConditionStatus, Kind, PodPhase};
use ha_lab::sim::{SimDuration, WallTime};

/// Started together with etcd, every server is ready within 2 to 5 s, and has the objects that every cluster has from the start.
#[test]
fn cold_start() {
    for seed in 0..20 {
        let mut lab = Lab3::new(3, seed);
        let mut ready_at = [0; 3];
        for step in 0..30 {
            let asked: Vec<_> = (0..3).map(|i| lab.ask(i, readyz(false))).collect();
            lab.run(200);
            for (i, asked) in asked.into_iter().enumerate() {
                if ready_at[i] == 0 && lab.text(asked).is_some_and(|(_, text)| text == "ok") {
                    ready_at[i] = step * 200 + 200;
                }
            }
        }
        for at in ready_at {
            assert!((2_000..=5_200).contains(&at), "seed {seed}: ready at {ready_at:?} ms");
        }
        let namespaces = lab.call_text(0, list(Kind::Namespace, Freshness::Latest));
        assert_eq!(namespaces, "[default kube-node-lease kube-public kube-system]");
        assert_eq!(lab.call_text(1, get(Kind::Service, "default", "kubernetes")), "Service kubernetes");
        let endpoints = lab.run(10_000).get(2, Kind::Endpoints, "default", "kubernetes");
        let addresses = endpoints.object.endpoints().expect("endpoints").addresses.join(" ");
        assert_eq!(addresses, "10.0.0.1 10.0.0.2 10.0.0.3", "seed {seed}");
    }
}

/// Each row has a call to a server, and its answer; the calls run in order, on one cluster.
#[test]
fn requests_and_their_answers() {
    let mut lab = Lab3::ready(3, 1);
    let mut check = |server: usize, call: Call, expect: &str| {
        let what = format!("{call:?}");
        assert_eq!(lab.call_text(server, call), expect, "{what}");
    };
    let not_found = |what: &str| format!("404 NotFound: {what} not found");
    check(0, get(Kind::Pod, "default", "nope"), &not_found("pods \"nope\""));
    check(0, get(Kind::Lease, "kube-system", "nope"), &not_found("leases.coordination.k8s.io \"nope\""));
    check(0, create(deployment("web", 3)), "Deployment web");
    check(1, create(deployment("web", 3)), "409 AlreadyExists: deployments.apps \"web\" already exists");
    check(2, get(Kind::Deployment, "default", "web"), "Deployment web");
    check(2, list(Kind::Deployment, Freshness::Latest), "[web]");
    check(
        0,
        create(deployment("Bad_Name", 1)),
        "422 Invalid: Deployment.apps \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC \
         1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an \
         alphanumeric character (e.g. 'example.com', regex used for validation is \
         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    );
    let mut lost = pod("lost");
    lost.meta.namespace = "nowhere".into();
    check(0, create(lost), &not_found("namespaces \"nowhere\""));
    let patch = |kind, name: &str, patch| Call::Patch { kind, namespace: "default".into(), name: name.into(), patch };
    check(1, patch(Kind::Deployment, "web", Patch::Replicas(5)), "Deployment web");
    check(1, patch(Kind::Deployment, "gone", Patch::Replicas(5)), &not_found("deployments.apps \"gone\""));
    check(0, create(node("worker-1")), "Node worker-1");
    check(0, patch(Kind::Node, "worker-1", Patch::Unschedulable(true)), "Node worker-1");
    check(2, delete(Kind::Deployment, "web", None), "deleted web");
    check(2, delete(Kind::Deployment, "web", None), &not_found("deployments.apps \"web\""));
    check(0, list(Kind::Deployment, Freshness::Latest), "[]");
}

/// C8, precisely: a create that is sent to two servers creates one object if it has a name, and two if the server generates
/// the name. So a request must go to one server only.
#[test]
fn c8_a_create_sent_to_both_servers() {
    let mut lab = Lab3::ready(2, 1);
    let both = |lab: &mut Lab3, object: &dyn Fn() -> ha_lab::kube::object::Object| {
        let asked = [lab.ask(0, create(object())), lab.ask(1, create(object()))];
        lab.run(200);
        asked.map(|asked| lab.text(asked).expect("answered").1)
    };
    let mut named = both(&mut lab, &|| deployment("web", 3));
    named.sort();
    assert_eq!(named, ["409 AlreadyExists: deployments.apps \"web\" already exists", "Deployment web"]);
    let generated = both(&mut lab, &|| {
        let mut pod = pod("x");
        pod.meta.name = "".into();
        pod.meta.generate_name = Some("web-".into());
        pod
    });
    assert!(generated.iter().all(|text| text.starts_with("Pod web-")), "{generated:?}");
    assert_ne!(generated[0], generated[1]);
}

/// A PUT needs the stored resourceVersion. Of two PUTs with the same one, through different servers, one wins.
#[test]
fn optimistic_concurrency() {
    let mut lab = Lab3::ready(3, 2);
    lab.call(0, create(lease("kube-scheduler", "a"))).expect("created");
    let seen = lab.get(1, Kind::Lease, "kube-system", "kube-scheduler");
    let put = |holder: &'static str| {
        update(&seen, false, move |o| o.lease_mut().expect("lease").holder_identity = holder.into())
    };
    let both = [lab.ask(1, put("b")), lab.ask(2, put("c"))];
    lab.run(100);
    let texts = both.map(|asked| lab.text(asked).expect("answered").1);
    let conflict = "409 Conflict: Operation cannot be fulfilled on leases.coordination.k8s.io \"kube-scheduler\": the object \
        has been modified; please apply your changes to the latest version and try again";
    let won = texts.iter().filter(|t| *t == "Lease kube-scheduler").count();
    let lost = texts.iter().filter(|t| *t == conflict).count();
    assert_eq!((won, lost), (1, 1), "{texts:?}");

    let without = Call::Update { object: seen.object.clone(), resource_version: 0, status: false };
    assert_eq!(
        lab.call_text(0, without),
        "422 Invalid: Lease.coordination.k8s.io \"kube-scheduler\" is invalid: metadata.resourceVersion: Invalid value: \
         0x0: must be specified for an update"
    );
    // An unchanged object is not written.
    let now = lab.get(0, Kind::Lease, "kube-system", "kube-scheduler");
    lab.call(0, update(&now, false, |_| {})).expect("accepted");
    assert_eq!(lab.get(0, Kind::Lease, "kube-system", "kube-scheduler").resource_version, now.resource_version);
}

/// The server itself sets names, identifiers, times, generations and defaults, and it updates spec and status separately.
#[test]
fn what_the_server_fills_in() {
    let mut lab = Lab3::ready(3, 3);
    let mut names = std::collections::BTreeSet::new();
    for i in 0..10 {
        let mut made = pod("");
        made.meta.generate_name = Some("web-69c6f74b8b-".into());
        let second = WallTime::exact(lab.world.now()).whole_seconds();
        let Ok(Answer::Object(stored)) = lab.call(i % 3, create(made)) else { panic!("created") };
        let (meta, pod) = (&stored.object.meta, stored.object.pod().expect("pod"));
        let suffix = meta.name.strip_prefix("web-69c6f74b8b-").expect("prefix");
        assert!(suffix.len() == 5 && suffix.chars().all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c)), "{suffix}");
        assert_eq!((meta.generation, meta.uid >> 76 & 0xf), (1, 4));
        assert_eq!(meta.creation_timestamp, second, "whole seconds");
        assert_eq!((pod.phase, pod.toleration.as_millis()), (PodPhase::Pending, 300_000));
        assert_eq!(pod.termination_grace_period, SimDuration::from_secs(30));
        names.insert(meta.name.clone());
    }
    assert_eq!(names.len(), 10);

    lab.call(0, create(deployment("web", 3))).expect("created");
    let stored = lab.get(0, Kind::Deployment, "default", "web");
    let both = |o: &mut ha_lab::kube::object::Object| {
        let d = o.deployment_mut().expect("deployment");
        (d.replicas, d.ready) = (7, 2);
    };
    let mut check = |status: bool, expect: (u32, u32, u64)| {
        let before = lab.get(0, Kind::Deployment, "default", "web");
        lab.call(0, update(&before, status, both)).expect("updated");
        let after = lab.get(0, Kind::Deployment, "default", "web").object;
        let d = after.deployment().expect("deployment");
        assert_eq!((d.replicas, d.ready, after.meta.generation), expect, "status: {status}");
        assert_eq!(after.meta.uid, stored.object.meta.uid);
    };
    check(true, (3, 2, 1));
    check(false, (7, 2, 2));
}

/// A pod is bound once. A bound pod is deleted in two steps, the second by its kubelet; other pods are deleted at once.
#[test]
fn binding_and_deleting_pods() {
    let mut lab = Lab3::ready(3, 4);
    for name in ["a", "b"] {
        lab.call(0, create(pod(name))).expect("created");
    }
    let uid = lab.get(0, Kind::Pod, "default", "a").object.meta.uid;
    let bind = |uid, node: &str| Call::Bind { namespace: "default".into(), pod: "a".into(), uid, node: node.into() };
    let refused = "409 Conflict: Operation cannot be fulfilled on pods/binding \"a\": ";
    let other = lab.call_text(0, bind(1, "worker-1"));
    assert!(other.starts_with(refused) && other.contains("UID in precondition: 00000000-0000-0000-0000-000000000001"));
    assert_eq!(lab.call_text(1, bind(uid, "worker-1")), "Pod a");
    let second = lab.call_text(2, bind(uid, "worker-2"));
    assert_eq!(second, format!("{refused}pod a is already assigned to node \"worker-1\""));
    let bound = lab.get(2, Kind::Pod, "default", "a").object;
    let scheduled = bound.pod().and_then(|p| p.condition("PodScheduled")).map(|c| c.status);
    assert_eq!(scheduled, Some(ConditionStatus::True));

    assert_eq!(lab.call_text(0, delete(Kind::Pod, "b", None)), "deleted b", "not bound");
    assert_eq!(lab.call_text(0, delete(Kind::Pod, "a", None)), "terminating a");
    assert_eq!(lab.call_text(1, delete(Kind::Pod, "a", None)), "terminating a", "again");
    let gone = lab.get(0, Kind::Pod, "default", "a").object.meta.deletion_timestamp.expect("being deleted");
    let left = gone.since(WallTime::exact(lab.world.now())).as_millis();
    assert!((28_000..=30_000).contains(&left), "30 s of grace: {left} ms");
    lab.call(1, delete(Kind::Pod, "a", Some(0))).expect("deleted by the kubelet");
    assert_eq!(lab.call_text(0, get(Kind::Pod, "default", "a")), "404 NotFound: pods \"a\" not found");
}

/// Watches deliver the requested events: from a revision, of one kind, of one node.
#[test]
fn watches() {
    let mut lab = Lab3::ready(3, 5);
    lab.call(0, create(pod("old"))).expect("created");
    lab.run(50);
    let Ok(Answer::List { resource_version, .. }) = lab.call(0, list(Kind::Pod, Freshness::Latest)) else { panic!() };
    lab.call(0, create(pod("a"))).expect("created");
    assert_eq!(lab.call_text(0, watch(Kind::Pod, None, resource_version)), "watching");
    assert_eq!(lab.call_text(1, watch(Kind::Pod, None, 0)), "watching");
    assert_eq!(lab.call_text(2, watch(Kind::Pod, Some("worker-1"), resource_version)), "watching");
    assert_eq!((0..3).map(|i| lab.server(i).watchers()).collect::<Vec<_>>(), [1, 1, 1]);

    lab.call(1, create(deployment("web", 1))).expect("created");
    let uid = lab.get(0, Kind::Pod, "default", "a").object.meta.uid;
    lab.call(2, Call::Bind { namespace: "default".into(), pod: "a".into(), uid, node: "worker-1".into() })
        .expect("bound");
    lab.call(0, delete(Kind::Pod, "a", Some(0))).expect("deleted");
    assert_eq!(lab.watched(0), ["ADDED a", "MODIFIED a", "DELETED a"], "from a revision on");
    assert_eq!(lab.watched(1), ["ADDED a", "ADDED old", "MODIFIED a", "DELETED a"], "from the present state on");
    assert_eq!(lab.watched(2), ["ADDED a", "DELETED a"], "of one node");
}

/// A watch from a revision that is no longer known gets an error, and ends.
#[test]
fn watch_from_too_long_ago() {
    let mut lab = Lab3::ready(1, 6);
    lab.call(0, create(lease("l", "x"))).expect("created");
    let first = lab.get(0, Kind::Lease, "kube-system", "l").resource_version;
    for i in 0..150 {
        let now = lab.get(0, Kind::Lease, "kube-system", "l");
        let put = update(&now, false, |o| o.lease_mut().expect("lease").lease_transitions = i + 1);
        lab.run(800).call(0, put).expect("updated");
    }
    assert!(lab.server(0).watch_floor(Kind::Lease) > first);
    lab.call(0, watch(Kind::Lease, None, first)).expect("started");
    assert_eq!(lab.watched(0), ["EXPIRED", "end"]);
    assert_eq!(lab.server(0).watchers(), 0);
    // Other kinds have their own windows, so none of their events was missed.
    lab.call(0, watch(Kind::Pod, None, first)).expect("started");
    assert_eq!(lab.server(0).watchers(), 1);
}

/// Reads with resourceVersion=0 come from the cache; label selectors and namespaces filter them.
#[test]
fn lists_from_the_cache() {
    let mut lab = Lab3::ready(3, 7);
    for (name, app) in [("a", "web"), ("b", "db"), ("c", "web")] {
        let mut made = pod(name);
        made.meta.labels.insert("app".into(), app.into());
        lab.call(0, create(made)).expect("created");
    }
    let mut check = |namespace: Option<&str>, app: Option<&str>, expect: &str| {
        for freshness in [Freshness::Any, Freshness::Latest] {
            let selector: Map<_, _> = app.map(|a| ("app".into(), a.into())).into_iter().collect();
            let call = Call::List { kind: Kind::Pod, namespace: namespace.map(Into::into), selector, freshness };
            assert_eq!(lab.call_text(1, call), expect);
        }
    };
    check(None, None, "[a b c]");
    check(Some("default"), Some("web"), "[a c]");
    check(Some("kube-system"), None, "[]");
    check(Some("default"), Some("nothing"), "[]");
}

/// The verbose text of readyz equals the recorded one line by line (golden/1).
#[test]
fn readyz_verbose() {
    let mut lab = Lab3::ready(3, 8);
    let text = lab.call_text(0, readyz(true));
    assert_eq!(text, include_str!("golden/apiserver/readyz-verbose.txt"));
    assert_eq!(lab.call_text(0, Call::Health { path: HealthPath::Livez, verbose: false }), "ok");
}

/// A steady cluster with three servers does little. Measures the cost of one lease renewal in events of the kernel.
#[test]
fn a_renewal_is_cheap() {
    let mut lab = Lab3::ready(3, 9);
    lab.call(0, create(lease("l", "x"))).expect("created");
    lab.run(60_000);
    let calls = lab.server(0).counters().requests;
    for i in 0..100 {
        let now = lab.get(0, Kind::Lease, "kube-system", "l");
        let put = update(&now, false, |o| o.lease_mut().expect("lease").renew_time = Some(WallTime(i)));
        lab.call(0, put).expect("updated");
    }
    assert_eq!(lab.server(0).counters().requests - calls, 200);
    assert_eq!(lab.server(0).in_flight(), (0, 0));
    assert_eq!(lab.server(0).etcd_calls(), 1, "the watch");
    assert_eq!(lab.server(0).phase(), Phase::Serving);
}
