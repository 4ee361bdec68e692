//! Every message that the page may show has a path in the picture, in every cluster and after every act.

use std::rc::Rc;

use ha_lab::lab::forms::FormAct;
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::session::Session;
use ha_lab::lab::view::{Name, Verb, View};
use ha_lab::sim::map::Set;
use ha_lab::ui::topology::cables::{Cables, Reach, Wire, Wires, links, reach};
use ha_lab::ui::topology::layout::{Shape, layout};
use ha_lab::ui::topology::routes::route;

const SIZES: [(f64, f64); 2] = [(338.0, 600.0), (1092.0, 540.0)];

/// Returns which hosts exchanged messages; looks up the path of each message.
fn watch(session: &Session, seen: &mut Set<(Name, Name)>) {
    let view = session.view();
    let shape = Shape::of(&view, false);
    for message in view.messages.iter() {
        if !seen.insert((message.from.clone(), message.to.clone())) {
            continue;
        }
        for (w, h) in SIZES {
            let way = route(&layout(&shape, w, h), &message.from, &message.to);
            let way = way.unwrap_or_else(|| panic!("{} -> {} has no way at {w}x{h}", message.from, message.to));
            assert!(way.points.len() >= 2, "{} -> {} does not move at {w}x{h}", message.from, message.to);
        }
    }
}

fn hosts_of((from, to): &(Name, Name)) -> (String, String) {
    let host = |target: &Name| target.split('/').next().unwrap_or_default().to_owned();
    let (a, b) = (host(from), host(to));
    if a < b { (a, b) } else { (b, a) }
}

#[test]
fn every_message_of_every_cluster_walks_a_way_and_most_walk_a_cable_that_is_drawn() {
    for cluster in [
        r#"{"masters": 1, "loadBalancer": null}"#,
        r#"{"masters": 3}"#,
        r#"{"masters": 3, "loadBalancer": null}"#,
        r#"{"masters": 3, "loadBalancer": {"kind": "nginx"}, "kubeconfig": "master-2"}"#,
        r#"{"masters": 3, "etcd": {"topology": "stacked", "servers": "local"}, "loadBalancer": {"instances": 2}}"#,
        r#"{"masters": 2, "etcd": {"topology": "external", "members": 3}, "workers": 12}"#,
        r#"{"masters": 7, "etcd": {"topology": "external", "members": 7}, "loadBalancer": {"instances": 2}}"#,
        r#"{"masters": 7, "etcd": {"topology": "external", "members": 5}, "loadBalancer": null, "workers": 1}"#,
        r#"{"masters": 3, "workers": 0}"#,
        r#"{"masters": 3, "workers": 120, "deployments": [{"name": "web", "replicas": 240}]}"#,
    ] {
        check(cluster);
    }
}

fn check(cluster: &str) {
    let scenario = format!(r#"{{"version": 1, "cluster": {cluster}}}"#);
    let scenario = Scenario::parse(&scenario).unwrap_or_else(|error| panic!("{cluster}: {error}"));
    let mut session = Session::open(&scenario);
    let what = cluster;
    let mut seen = Set::new();
    let mut run = |session: &mut Session, ms: u64| {
        for _ in 0..ms / 250 {
            session.advance(250_000);
            watch(session, &mut seen);
        }
    };
    run(&mut session, 12_000);
    session.act("master-1", Verb::PowerOff).expect("it runs");
    run(&mut session, 25_000);
    session.act("master-1", Verb::PowerOn).expect("it is off");
    if session.view().host("worker-1").is_some() {
        session.act("worker-1", Verb::Pause).expect("it runs");
    }
    run(&mut session, 20_000);
    if session.view().host("lb-2").is_some() {
        session.act("lb-1", Verb::PowerOff).expect("it runs");
    }
    let typed = session.perform(FormAct::Type, "laptop", &["etcdctl endpoint status".into()]).is_ok();
    run(&mut session, 10_000);

    let view = session.view();
    let shape = Shape::of(&view, false);
    let drawn: Set<(String, String)> =
        links(&shape).iter().map(|link| hosts_of(&(link.from.clone(), link.to.clone()))).collect();
    for pair in seen.iter().map(hosts_of) {
        // Typed etcdctl requests go directly to etcd; workers forward the app's requests; API servers call the members on
        // other masters when their own is down.
        let kind = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
        let rare = match (kind(&pair.0).as_str(), kind(&pair.1).as_str()) {
            ("worker", "worker") | ("master", "master") => true,
            (_, "laptop") | ("laptop", _) => typed && !pair.0.starts_with("lb") && !pair.1.starts_with("lb"),
            _ => false,
        };
        assert!(rare || drawn.contains(&pair), "{} – {} talk over no cable, {what}", pair.0, pair.1);
    }
}

fn at(view: &View) -> Cables {
    let shape = Shape::of(view, false);
    Cables::of(&shape, &layout(&shape, 1092.0, 540.0))
}

#[test]
fn cuts_are_seen_on_cables_and_at_hosts() {
    let mut session = Session::new();
    let cables = at(&session.view());
    let pair = |a: &str, b: &str| (Name::from(a), Name::from(b));
    let wire = |session: &Session, a: &str, b: &str| Wires::of(&session.view().links, &[]).state(&pair(a, b));
    let reached =
        |session: &Session, host: &str| reach(&session.view().links, &cables).get(host).copied().unwrap_or_default();
    let now = session.now_us();
    session.perform(FormAct::CutBoth, "lb-1", &["master-2".into()]).expect("both are there");
    assert_eq!(wire(&session, "lb-1", "master-2"), Wire::Cut { since_us: now });
    assert_eq!(reached(&session, "master-2"), Reach::CutOff, "no request reaches it");
    assert_eq!(reached(&session, "lb-1"), Reach::Partly);
    assert_eq!(reached(&session, "master-1"), Reach::Whole);

    session.perform(FormAct::Heal, "lb-1", &["master-2".into()]).expect("both are there");
    session.perform(FormAct::CutFrom, "master-1", &["master-3".into()]).expect("both are there");
    let one_way = Wire::OneWay { from: "master-3".into(), to: "master-1".into(), since_us: now };
    assert_eq!(wire(&session, "master-1", "master-3"), one_way);
    assert_eq!(reached(&session, "master-2"), Reach::Whole);
    assert_eq!(reached(&session, "master-3"), Reach::Partly);

    session.perform(FormAct::HealAll, "lb-1", &[]).expect("always possible");
    let fields = ["worker-2".into(), "80ms".into(), "".into(), "10".into()];
    session.perform(FormAct::Link, "lb-1", &fields).expect("both are there");
    let slow = Wire::Slow { latency_us: 80_000, loss_ppm: 100_000 };
    assert_eq!(wire(&session, "worker-2", "lb-1"), slow);
    assert_eq!(reached(&session, "worker-2"), Reach::Whole);

    session.perform(FormAct::Isolate, "worker-3", &[]).expect("it is there");
    assert_eq!(reached(&session, "worker-3"), Reach::CutOff);
    assert_eq!(Wires::of(&[], &["lb-1".into()]).state(&pair("lb-1", "master-1")), Wire::Dead);
}

#[test]
fn a_host_that_stands_still_is_the_same_in_the_next_view() {
    let mut session = Session::new();
    session.act("worker-3", Verb::PowerOff).expect("it runs");
    let before = session.view();
    session.advance(1_000);
    let after = session.view();
    let same = before.hosts.iter().zip(&after.hosts).filter(|(a, b)| Rc::ptr_eq(a, b)).count();
    assert!(same + 2 >= before.hosts.len(), "{same} of {} hosts are as they were", before.hosts.len());
}
