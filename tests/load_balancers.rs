//! Load balancers in front of a whole cluster: NGINX and HAProxy, and both ways to choose a server (FACTS 6).

use crate::common::whole::*;
use ha_lab::cluster::Cluster;
use ha_lab::edge::backends::Backend;
use ha_lab::kube::trace_event::{Lane, TraceEvent};
use ha_lab::lab::scenario::Scenario;
use ha_lab::lab::scenario::runner::run;
use ha_lab::sim::{SimDuration, SimTime};

/// Runs the default cluster with another load balancer through a script.
fn ran(balancer: &str, script: &str, until: u64, seed: u64) -> Cluster {
    let text =
        format!(r#"{{"version":1,"cluster":{{"loadBalancer":{balancer}}},"script":[{script}],"until":"{until}s"}}"#);
    let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let mut cluster = Cluster::new(&scenario.config(seed));
    for (at, step) in scenario.acts() {
        cluster.run_until(SimTime::ZERO + at);
        act(&mut cluster, step);
    }
    cluster.run_until(secs(until));
    sound(&cluster, seed);
    cluster
}

const SEEDS: std::ops::Range<u64> = 1..4;
const NGINX: &str = r#"{"kind":"nginx"}"#;

fn backends(cluster: &Cluster) -> Vec<Backend> {
    let host = cluster.topology().host("lb-1").expect("a load balancer");
    let (_, proxy) = cluster.topology().planned(host).processes[0];
    cluster.world().machine(proxy).backends()
}

/// Returns when the load balancer changed the state of a server, and why.
fn changes(cluster: &Cluster, from: SimTime) -> Vec<(u64, bool, &'static str)> {
    let all = notes(cluster, from, |n| matches!(n.what, TraceEvent::Backend { .. }));
    all.filter_map(|n| match n.what {
        TraceEvent::Backend { up, check, .. } => Some((n.at.since(from).as_millis(), up, check)),
        _ => None,
    })
    .collect()
}

fn failed(cluster: &Cluster, from: SimTime) -> usize {
    outages(cluster, Lane::ApiReadable, from).len() + outages(cluster, Lane::ApiWritable, from).len()
}

/// Guards FACTS 6.2: if the port refuses, NGINX tries the next server and the client notices nothing. The server is left out
/// for ten full seconds; then one client's connection is the probe.
#[test]
fn nginx_hides_a_server_that_refuses() {
    for seed in SEEDS {
        let stop = r#"{"at":"60s","do":"stop","target":"master-1/kube-apiserver"}"#;
        let start = r#"{"at":"95s","do":"start","target":"master-1/kube-apiserver"}"#;
        let cluster = ran(NGINX, &format!("{stop},{start}"), 150, seed);
        assert_eq!(failed(&cluster, secs(60)), 0, "seed {seed}");
        let changes = changes(&cluster, secs(60));
        let (at, up, why) = changes[0];
        assert!(!up && why == "connection refused" && at <= 4_000, "seed {seed}: {changes:?}");
        let (at, up, _) = *changes.last().expect("it came back");
        assert!(up && (35_000..60_000).contains(&at), "seed {seed}: {changes:?}");
        assert_eq!(changes.len(), 2, "seed {seed}: what is out is not put out again, {changes:?}");
        assert!(backends(&cluster).iter().all(|b| b.up && b.last == "connected"));
    }
}

/// Guards FACTS 6.2: a silent host costs the full `proxy_connect_timeout` of 60 s, so one new connection in
/// three hangs until then; HAProxy's checks notice it after 12 s.
#[test]
fn nginx_waits_a_minute_for_a_silent_host() {
    let off = r#"{"at":"60s","do":"power-off","target":"master-1"}"#;
    for seed in SEEDS {
        let cluster = ran(NGINX, off, 180, seed);
        let changes = changes(&cluster, secs(60));
        let (at, up, why) = changes[0];
        assert!(!up && why == "connection timed out" && (60_000..64_000).contains(&at), "seed {seed}: {changes:?}");
        let until = |c: &Cluster| {
            let last = outages(c, Lane::ApiReadable, secs(60)).into_iter().filter_map(|o| o.to).max();
            last.map_or(0, |t| t.since(secs(60)).as_millis())
        };
        let haproxy = ran("{}", off, 180, seed);
        assert!(until(&cluster) > 50_000, "seed {seed}: {}", until(&cluster));
        assert!(until(&haproxy) < 25_000, "seed {seed}: {}", until(&haproxy));
    }
}

/// Guards that NGINX does not check beyond an open port: an API server without etcd stays in rotation.
#[test]
fn nginx_keeps_an_api_server_that_is_not_ready() {
    let local = r#"{"version":1,"cluster":{"loadBalancer":{"kind":"nginx"},"etcd":{"servers":"local"}},
        "script":[{"at":"60s","do":"stop","target":"master-1/etcd"}],"until":"90s"}"#;
    let scenario = Scenario::parse(local).expect("a scenario");
    let mut cluster = running(&scenario.config(1), secs(60));
    act(&mut cluster, scenario.acts()[0].1.clone());
    cluster.run_until(secs(90));
    assert_eq!(changes(&cluster, secs(60)), []);
    assert!(failed(&cluster, secs(60)) > 0, "its share of the requests fails");
}

/// Guards that if every server refuses, the client's connection is closed at once, and that one server is tried again after ten seconds.
#[test]
fn nginx_closes_at_once_where_no_server_is_left() {
    let each = |verb: &str, at: u64| {
        let step = |m| format!(r#"{{"at":"{at}s","do":"{verb}","target":"master-{m}/kube-apiserver"}}"#);
        (1..=3).map(step).collect::<Vec<_>>().join(",")
    };
    let cluster = ran(NGINX, &format!("{},{}", each("stop", 60), each("start", 90)), 150, 1);
    let (_, kubectl) = cluster.topology().all("kubectl").next().expect("a laptop");
    let laptop = cluster.world().machine(kubectl).laptop().expect("kubectl");
    assert_eq!(laptop.writes().last_error(), "Unable to connect to the server: EOF");
    assert!(works(&cluster, Lane::ApiReadable) && works(&cluster, Lane::ApiWritable));
    let only = r#"{"version":1,"cluster":{"masters":1,"loadBalancer":{"kind":"nginx"}},
        "script":[{"at":"60s","do":"kill","target":"master-1/kube-apiserver"}],"until":"90s"}"#;
    let scenario = Scenario::parse(only).expect("a scenario");
    let mut cluster = running(&scenario.config(1), secs(60));
    act(&mut cluster, scenario.acts()[0].1.clone());
    cluster.run_until(secs(90));
    assert_eq!(changes(&cluster, secs(60)), [], "the only server is never left out");
    assert!(works(&cluster, Lane::ApiWritable));
}

/// Guards both choices of a server: watches reconnect while one API server is down and after it is back. Least
/// connections balances them; round robin counts turns, which short requests use up as well.
#[test]
fn least_connections_level_out_and_a_round_robin_does_not() {
    let stop = r#"{"at":"60s","do":"stop","target":"master-1/kube-apiserver"}"#;
    let start = r#"{"at":"80s","do":"start","target":"master-1/kube-apiserver"}"#;
    let again = (1..=3).flat_map(|w| {
        ["kubelet", "kube-proxy"].map(|p| format!(r#"{{"at":"{}s","do":"kill","target":"worker-{w}/{p}"}}"#, 110 + w))
    });
    let script = [stop.to_owned(), start.to_owned()].into_iter().chain(again).collect::<Vec<_>>().join(",");
    let apart = |balancer: &str, seed: u64| {
        let mut sessions: Vec<_> = backends(&ran(balancer, &script, 140, seed)).iter().map(|b| b.sessions).collect();
        sessions.sort_unstable();
        sessions[2] - sessions[0]
    };
    for kind in ["haproxy", "nginx"] {
        let most = |balance: &str| {
            let balancer = format!(r#"{{"kind":"{kind}","balance":"{balance}"}}"#);
            SEEDS.map(|seed| apart(&balancer, seed)).max().unwrap_or(0)
        };
        let (round, least) = (most("roundrobin"), most("leastconn"));
        assert!(least <= 1 && round > least, "{kind}: {least} apart with leastconn, {round} in a round robin");
    }
}

const PAIR: &str = r#"{"instances":2}"#;

/// Returns who took the virtual IP, and when after `from` in ms.
fn moves(cluster: &Cluster, from: SimTime) -> Vec<(String, u64)> {
    let taken = notes(cluster, from, |n| n.what == TraceEvent::VirtualIp { taken: true });
    taken.map(|n| (cluster.path(n.process.expect("keepalived")), n.at.since(from).as_millis())).collect()
}

fn holder(cluster: &Cluster) -> &str {
    let host = cluster.world().address_holder().expect("somebody has the address");
    &cluster.world().host(host).name
}

/// Applies one act to the first of the pair at 60 s. Checks when the second takes the address, and within how many seconds
/// clients are served again.
fn check_pair(name: &str, step: &str, taken_ms: std::ops::RangeInclusive<u64>) {
    for seed in SEEDS {
        let cluster = ran(PAIR, step, 120, seed);
        let moves = moves(&cluster, secs(60));
        let (who, at) = moves.first().unwrap_or_else(|| panic!("{name}: nobody took it, seed {seed}"));
        assert_eq!(who, "lb-2/keepalived", "{name}");
        assert!(taken_ms.contains(at), "{name}: after {at} ms, seed {seed}");
        let back = outages(&cluster, Lane::ApiWritable, secs(60)).into_iter().map(|o| o.to).max();
        let back = back.unwrap_or(Some(secs(60))).unwrap_or_else(|| panic!("{name}: still out, seed {seed}"));
        assert!(back <= secs(62) + SimDuration::from_millis(*at), "{name}: writes work again at {back:?}");
        assert_eq!(outages(&cluster, Lane::AppServing, secs(60)).len(), 0, "{name}");
        assert_eq!(unwell(&cluster), None, "{name}, seed {seed}");
    }
}

/// Guards FACTS 6.3: three advertisements and the skew of priority 100 after the host is lost, only the skew if
/// keepalived stops in an orderly way, and ten failures of the script, 3 s apart, if only the balancer is down.
#[test]
fn the_second_load_balancer_takes_the_virtual_ip() {
    let skew = 156 * 1_000 / 256;
    check_pair("power off", r#"{"at":"60s","do":"power-off","target":"lb-1"}"#, 2_600..=3_610);
    check_pair("cut off", r#"{"at":"60s","do":"pause","target":"lb-1"}"#, 2_600..=3_610);
    check_pair("keepalived stops", r#"{"at":"60s","do":"stop","target":"lb-1/keepalived"}"#, skew..=skew + 10);
    check_pair("HAProxy is gone", r#"{"at":"60s","do":"stop","target":"lb-1/haproxy"}"#, 27_000..=34_000);
}

/// Guards the way back: the first has the higher priority and takes the address back. Connected clients are reset and
/// reconnect, and no work of the old connections remains.
#[test]
fn the_address_returns_to_the_one_with_more_priority() {
    let script = r#"{"at":"60s","do":"power-off","target":"lb-1"},{"at":"90s","do":"power-on","target":"lb-1"}"#;
    for seed in SEEDS {
        let cluster = ran(PAIR, script, 150, seed);
        assert_eq!(holder(&cluster), "lb-1");
        let moves = moves(&cluster, secs(60));
        let who: Vec<_> = moves.iter().map(|(who, _)| who.as_str()).collect();
        assert_eq!(who, ["lb-2/keepalived", "lb-1/keepalived"], "seed {seed}");
        let given = notes(&cluster, secs(90), |n| n.what == TraceEvent::VirtualIp { taken: false }).count();
        assert_eq!(given, 1, "seed {seed}");
        assert_eq!(unwell(&cluster), None, "seed {seed}");
        for (_, kubelet) in cluster.topology().all("kubelet") {
            let host = cluster.world().slot(kubelet).host;
            let worker = cluster.topology().planned(host).role == ha_lab::cluster::topology::HostRole::Worker;
            let kubelet = cluster.world().machine(kubelet).kubelet().expect("a kubelet");
            assert!(!worker || kubelet.is_watching(), "its watch is on the new way");
        }
    }
}

/// Guards that a pair needs a link between them. Cut off from each other, both have the address, and clients reach the one that
/// took it last. Once they receive each other's advertisements again, the first keeps it.
#[test]
fn two_that_do_not_hear_each_other_both_have_the_address() {
    let cut = r#"{"at":"60s","do":"partition","groups":[["lb-1"],["lb-2"]]}"#;
    let cluster = ran(PAIR, cut, 80, 1);
    let masters = cluster
        .topology()
        .all("keepalived")
        .filter(|(_, p)| cluster.world().machine(*p).keepalived().is_some_and(|k| k.is_master()));
    assert_eq!(masters.count(), 2);
    assert_eq!(holder(&cluster), "lb-2");
    assert!(works(&cluster, Lane::ApiWritable), "clients do not notice");
    let healed = ran(PAIR, &format!(r#"{cut},{{"at":"80s","do":"heal"}}"#), 100, 1);
    assert_eq!(holder(&healed), "lb-1");
    assert_eq!(unwell(&healed), None);
}

/// Guards that a pair of NGINX also works, and that the chain of causes of the virtual IP leads back to the act.
#[test]
fn a_pair_of_nginx() {
    let off = r#"{"at":"60s","do":"power-off","target":"lb-1"}"#;
    let cluster = ran(r#"{"kind":"nginx","instances":2}"#, off, 120, 1);
    assert_eq!(unwell(&cluster), None);
    let taken = notes(&cluster, secs(60), |n| n.what == TraceEvent::VirtualIp { taken: true }).next().expect("taken");
    let because = cluster.world().trace().notes_from(taken.because).next().expect("a note");
    assert!(format!("{:?}", because.what).contains("PoweredOff"), "{because:?}");
}

/// Guards that the lane "reconciling" does not depend on who requests readyz: if no balancer does, the
/// kubelets' livez probes decide.
#[test]
fn reconciling_is_known_without_a_check_of_readyz() {
    let check = |balancer: &str| {
        let text = format!(
            r#"{{"version":1,"cluster":{{"loadBalancer":{balancer},"kubeconfig":"{}"}},"script":[
                {{"at":"90s","do":"stop","target":"master-1/etcd"}},{{"at":"90s","do":"stop","target":"master-2/etcd"}}],
                "until":"120s"}}"#,
            if balancer == "null" { "master-1" } else { "load-balancer" }
        );
        let report = run(&Scenario::parse(&text).expect("a scenario"), 1);
        let works = |at: u64| {
            let lane = &report.lanes.reconciling;
            lane.iter().find(|s| (s.from_ms..s.to_ms).contains(&at)).map(|s| s.ok)
        };
        assert_eq!((works(60_000), works(119_000)), (Some(true), Some(false)), "{balancer}");
    };
    check(r#"{"kind":"haproxy"}"#);
    check(r#"{"kind":"haproxy","check":"tcp"}"#);
    check(r#"{"kind":"nginx","check":"tcp"}"#);
    check("null");
}
