//! What a client of an API server sees when etcd or the server itself fails: FACTS 9, row by row.

use crate::common::apiserver_world::*;
use ha_lab::kube::api::{Answer, Call, Freshness, Patch};
use ha_lab::kube::apiserver::{EndpointState, Phase};
use ha_lab::kube::object::Kind;
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::sim::{Exit, SimDuration};

fn annotate(value: &str) -> Call {
    let patch = Patch::Annotate("probe".into(), value.into());
    Call::Patch { kind: Kind::Namespace, namespace: "".into(), name: "default".into(), patch }
}

fn get_default() -> Call {
    get(Kind::Namespace, "", "default")
}

/// Sends requests to all servers for a while, every 100 ms. Returns (write?, started ms after now, took ms, text); `None` while unanswered.
type Row = (bool, u64, Option<(u64, String)>);

fn hammer(lab: &mut Lab3, servers: &[usize], ms: u64, then: u64) -> Vec<Row> {
    let mut asked = Vec::new();
    for step in 0..ms / 100 {
        for i in servers {
            asked.push((false, step * 100, lab.ask(*i, list(Kind::Namespace, Freshness::Latest))));
            asked.push((false, step * 100, lab.ask(*i, get_default())));
            asked.push((true, step * 100, lab.ask(*i, annotate(&step.to_string()))));
        }
        lab.run(100);
    }
    lab.run(then);
    asked.into_iter().map(|(write, at, asked)| (write, at, lab.text(asked))).collect()
}

fn failed(text: &str) -> bool {
    !(text.starts_with('[') || text.starts_with("Namespace"))
}

/// etcd's leader is killed: reads wait and succeed; writes of that second and a half fail after about 7 s, with etcd's texts.
#[test]
fn etcd_leader_killed() {
    let mut failures = 0;
    for seed in 0..8 {
        let mut lab = Lab3::ready(3, seed);
        let leader = lab.etcd_leader();
        let process = lab.etcd[leader];
        lab.run(2_000).stop(process);
        for (write, at, answer) in hammer(&mut lab, &[0, 1, 2], 4_000, 9_000) {
            let (ms, text) = answer.expect("answered");
            if !failed(&text) {
                assert!(write || ms < 4_000, "seed {seed}: a read that began at {at} ms took {ms} ms");
                continue;
            }
            assert!(write, "seed {seed}: a read failed: {text}");
            failures += 1;
            let known = [
                "500 None: etcdserver: request timed out",
                "500 None: etcdserver: request timed out, possibly due to previous leader failure",
                "500 None: etcdserver: request timed out, possibly due to connection lost",
            ];
            let slow = known.contains(&text.as_str()) && (6_900..=8_000).contains(&ms);
            let cut = text.ends_with("error reading from server: EOF") && ms < 10;
            assert!((slow || cut) && at < 3_000, "seed {seed}: at {at} ms, after {ms} ms: {text}");
        }
    }
    assert!(failures > 8, "writes fail visibly: {failures}");
}

/// An etcd follower is killed: no client notices, except one with a write on its way to that follower.
#[test]
fn etcd_follower_killed() {
    for seed in 0..4 {
        let mut lab = Lab3::ready(3, seed);
        let follower = (lab.etcd_leader() + 1) % 3;
        let process = lab.etcd[follower];
        lab.run(2_000).stop(process);
        for (_, at, answer) in hammer(&mut lab, &[0, 1, 2], 3_000, 2_000) {
            let (ms, text) = answer.expect("answered");
            assert!(!failed(&text) && ms < 200, "seed {seed}: at {at} ms, after {ms} ms: {text}");
        }
    }
}

/// A master loses power: on the other masters, calls to its etcd member hang for 10 s. Then reads succeed elsewhere, and
/// writes fail with the text of the lost connection.
#[test]
fn master_powered_off() {
    for seed in 0..4 {
        let mut lab = Lab3::ready(3, seed);
        let off = (lab.etcd_leader() + 1) % 3;
        let rest: Vec<usize> = (0..3).filter(|i| *i != off).collect();
        lab.run(1_000).power_off(off);
        let (mut late_reads, mut lost_writes) = (0, 0);
        for (write, at, answer) in hammer(&mut lab, &rest, 15_000, 25_000) {
            let (ms, text) = answer.expect("answered");
            if write && failed(&text) {
                assert!(
                    text.starts_with(
                        "500 None: rpc error: code = Unavailable desc = error reading from server: read tcp"
                    )
                );
                assert!(
                    text.ends_with(":2379: read: connection timed out") && ms <= 10_700 && at <= 10_700,
                    "{ms} {text}"
                );
                lost_writes += 1;
            } else {
                assert!(!failed(&text) && ms <= 10_700, "seed {seed}: at {at} ms, after {ms} ms: {text}");
                late_reads += u64::from(!write && ms > 1_000);
            }
            assert!(at < 11_000 || ms < 100, "seed {seed}: afterwards all is well: at {at} ms, after {ms} ms: {text}");
        }
        assert!(late_reads > 10 && lost_writes > 10, "seed {seed}: {late_reads} late reads, {lost_writes} lost writes");
    }
}

/// The master with etcd's leader loses power: as above, and the writes of the election fail as well.
#[test]
fn etcd_leader_powered_off() {
    for seed in 0..4 {
        let mut lab = Lab3::ready(3, seed);
        let off = lab.etcd_leader();
        let rest: Vec<usize> = (0..3).filter(|i| *i != off).collect();
        lab.run(1_000).power_off(off);
        for (write, at, answer) in hammer(&mut lab, &rest, 15_000, 25_000) {
            let (ms, text) = answer.expect("answered");
            let known = text.ends_with("read: connection timed out") || text.contains("etcdserver: request timed out");
            assert!(!failed(&text) || (write && known), "seed {seed}: at {at} ms, after {ms} ms: {text}");
            assert!(at < 11_000 || ms < 100, "seed {seed}: afterwards all is well: at {at} ms, after {ms} ms: {text}");
        }
    }
}

/// An etcd member is stopped permanently by SIGSTOP, so its host still acknowledges. Calls to it hang until the keepalive fails,
/// 30 s + 10 s after the last data from it.
#[test]
fn etcd_member_paused() {
    let mut lab = Lab3::ready(3, 3);
    let paused = (lab.etcd_leader() + 1) % 3;
    let process = lab.etcd[paused];
    lab.world.pause(process);
    let server = (paused + 1) % 3;
    let mut hung = 0;
    for (write, at, answer) in hammer(&mut lab, &[server], 3_000, 60_000) {
        let (ms, text) = answer.expect("answered");
        // If the server's watch is on the stopped member, lists wait 3 s for the cache, and then read etcd.
        let behind = text.starts_with('[') && (3_000..3_100).contains(&ms);
        if ms < 100 || behind {
            assert!(!failed(&text));
            continue;
        }
        hung += 1;
        assert!((35_000..=40_100).contains(&(at + ms)), "at {at} ms, after {ms} ms: {text}");
        let lost = "500 None: rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout";
        assert_eq!(failed(&text), write && text == lost, "{text}");
    }
    // Round robin over three members alternates with three kinds of calls, so the share need not be one in three of each kind.
    assert!((20..=70).contains(&hung), "{hung} of 90");
}

/// Cut off from the other masters, a server has only a member without a leader: readyz fails, and names the cut as its cause.
#[test]
fn partitioned() {
    let mut lab = Lab3::ready(3, 4);
    lab.call(0, readyz(false)).expect("ready");
    lab.world.act(None, None, TraceEvent::Act("partition".into()));
    for other in 1..3 {
        let (here, there) = (lab.hosts[0], lab.hosts[other]);
        lab.world.cut(here, there);
        lab.world.cut(there, here);
    }
    lab.run(2_000);
    let ready = lab.ask(0, readyz(false));
    lab.run(4_500);
    assert!(lab.text(ready).expect("answered").1.starts_with("500"));
    let trace = lab.world.trace();
    let note =
        trace.notes_from(1).rfind(|n| matches!(n.what, TraceEvent::ApiReady { ready: false, .. })).expect("noted");
    let why = trace.why(note.id, 20);
    assert!(why.iter().any(|n| n.what == TraceEvent::Act("partition".into())), "{why:?}");
    lab.world.heal(None);
    lab.run(15_000);
    assert_eq!(lab.call_text(0, readyz(false)), "ok");
    assert_eq!(lab.call_text(0, annotate("healed")), "Namespace default");
    // Its cache has caught up.
    lab.run(100);
    assert_eq!(lab.server(0).cache_revision(), lab.server(1).cache_revision());
}

/// Without a quorum: readyz fails after 4 s and livez after 2 s, with the recorded texts. Reads and writes end after 60 s.
/// Everything works again within 4 s after the members are back.
#[test]
fn no_quorum() {
    let mut lab = Lab3::ready(3, 11);
    for i in 0..3 {
        assert_eq!(lab.call_text(i, readyz(false)), "ok");
    }
    let leader = lab.etcd_leader();
    let gone = [leader, (leader + 1) % 3];
    for i in gone {
        let process = lab.etcd[i];
        lab.stop(process);
    }
    let left = (leader + 2) % 3;
    lab.run(10_000);
    let ready = lab.ask(left, readyz(false));
    let reading = lab.ask(left, list(Kind::Pod, Freshness::Latest));
    let writing = lab.ask(left, annotate("x"));
    let cached = lab.call_text(left, list(Kind::Namespace, Freshness::Any));
    assert_eq!(cached, "[default kube-node-lease kube-public kube-system]", "the cache still answers");
    lab.run(4_500);
    let (ms, text) = lab.text(ready).expect("answered");
    assert!((3_990..=4_010).contains(&ms), "readyz after {ms} ms");
    let golden = include_str!("golden/apiserver/readyz-no-quorum.txt").trim_end();
    assert_eq!(text, format!("500 InternalError: {golden}"));
    let live = lab.ask(left, livez());
    lab.run(2_500);
    let (ms, text) = lab.text(live).expect("answered");
    assert!((1_990..=2_010).contains(&ms), "livez after {ms} ms");
    let golden = include_str!("golden/apiserver/livez-no-quorum.txt").trim_end();
    assert_eq!(text, format!("500 InternalError: {golden}"));
    let notes: Vec<_> = lab.world.trace().notes_from(1).collect();
    let mut why = notes.iter().rfind(|n| matches!(n.what, TraceEvent::ApiReady { ready: false, .. })).expect("noted");
    while why.cause != 0 {
        why = notes.iter().find(|n| n.id == why.cause).expect("kept");
    }
    assert_eq!(why.what, TraceEvent::Act("stop".into()), "why: somebody stopped a member");

    lab.run(60_000);
    let (ms, text) = lab.text(reading).expect("answered");
    assert_eq!(
        (ms / 100, text.as_str()),
        (600, "504 Timeout: Timeout: request did not complete within the allotted timeout")
    );
    let (ms, text) = lab.text(writing).expect("answered");
    let late = "504 Timeout: Timeout: request did not complete within requested timeout - context deadline exceeded";
    assert_eq!((ms / 100, text.as_str()), (600, late));

    for i in gone {
        lab.world.allow_start(lab.etcd[i]);
    }
    let back = lab.ask(left, annotate("back"));
    lab.run(6_000);
    let (ms, text) = lab.text(back).expect("answered");
    assert!(text == "Namespace default" && ms < 4_500, "{text} after {ms} ms");
}

/// An API server is killed: its clients see their connections close. The server is ready again a few seconds after its start.
#[test]
fn killed_and_restarted() {
    let mut lab = Lab3::ready(3, 12);
    lab.call(0, watch(Kind::Pod, None, 0)).expect("watching");
    let process = lab.api[0];
    lab.kill(process);
    lab.run(10);
    assert_eq!(lab.watched(0), ["lost: EOF"]);
    assert_eq!(lab.call_text(0, get_default()), "connect: connection refused");
    lab.run(4_500);
    assert_eq!(lab.call_text(0, readyz(false)), "ok");
    lab.run(20_000);
    let addresses = lab.get(1, Kind::Endpoints, "default", "kubernetes").object;
    assert_eq!(addresses.endpoints().expect("endpoints").addresses.len(), 3);
}

/// SIGTERM: the server stops listening, finishes requests in flight, ends its watches, and exits with 0.
#[test]
fn terminated() {
    let mut lab = Lab3::ready(3, 13);
    lab.call(0, watch(Kind::Pod, None, 0)).expect("watching");
    let asked = lab.ask(0, annotate("last"));
    lab.run(0);
    let process = lab.api[0];
    lab.world.stop(process);
    let until = lab.world.now() + SimDuration::from_micros(700);
    lab.world.run_until(until); // the request has arrived by now, and its write is not done
    assert_eq!(lab.server(0).in_flight(), (1, 0));
    lab.world.terminate(process);
    lab.run(100);
    assert_eq!(lab.text(asked).expect("answered").1, "Namespace default");
    assert_eq!(lab.watched(0), ["end"]);
    assert_eq!(lab.world.slot(process).last_exit, Some(Exit::Code(0)));
    assert_eq!(lab.call_text(0, get_default()), "connect: connection refused");
    let addresses = lab.get(1, Kind::Endpoints, "default", "kubernetes").object;
    assert_eq!(addresses.endpoints().expect("endpoints").addresses.join(" "), "10.0.0.2 10.0.0.3", "it signed off");
}

/// A master that loses power leaves the endpoints of default/kubernetes after 15 to 30 s.
#[test]
fn dead_server_leaves_the_endpoints() {
    let mut lab = Lab3::ready(3, 14);
    lab.run(10_000).power_off(2);
    let count = |lab: &mut Lab3| {
        let asked = lab.ask(0, list(Kind::Endpoints, Freshness::Any));
        lab.run(100);
        match lab.outcome(asked).expect("from the cache").1 {
            Ok(Answer::List { items, .. }) => items[0].object.endpoints().expect("endpoints").addresses.len(),
            _ => 0,
        }
    };
    lab.run(14_000);
    assert_eq!(count(&mut lab), 3);
    lab.run(20_000);
    assert_eq!(count(&mut lab), 2);
}

/// Without etcd a server does not start: it exits after 20 s.
#[test]
fn no_etcd_at_start() {
    let mut lab = Lab3::new(1, 15);
    let etcd = lab.etcd[0];
    lab.stop(etcd);
    lab.run(15_000);
    assert_eq!(lab.server(0).phase(), Phase::Starting);
    assert!(lab.server(0).etcd_endpoints().all(|(_, _, state)| state == EndpointState::Backoff));
    assert_eq!(lab.call_text(0, get_default()), "connect: connection refused");
    lab.run(5_500);
    assert_eq!(lab.world.slot(lab.api[0]).last_exit, Some(Exit::Code(1)));
    lab.world.allow_start(etcd);
    lab.run(10_000);
    assert_eq!(lab.call_text(0, readyz(false)), "ok");
}

/// More requests than the budget: 429, and the client may retry after a second.
#[test]
fn too_many_requests() {
    let mut lab = Lab3::with(1, 16, |config| {
        config.max_requests_inflight = 4;
        config.max_mutating_requests_inflight = 2;
    });
    lab.run(6_000);
    let etcd = lab.etcd[0];
    lab.world.pause(etcd);
    let asked: Vec<_> = (0..8).map(|_| lab.ask(0, get_default())).collect();
    lab.run(100);
    let texts: Vec<_> = asked.iter().filter_map(|a| lab.text(*a)).map(|(_, text)| text).collect();
    assert_eq!(texts, vec!["429 TooManyRequests: Too many requests, please try again later."; 2]);
    assert_eq!(lab.server(0).counters().rejected, 2);
    lab.world.resume(etcd);
    lab.run(1_000);
    let answered = asked.iter().filter(|a| lab.text(**a).is_some_and(|(_, t)| t == "Namespace default")).count();
    assert_eq!(answered, 6);
}

/// One server at a time compacts etcd, to where it was 5 minutes before.
#[test]
fn compaction() {
    let mut lab = Lab3::ready(3, 17);
    lab.run(900_000);
    let store = lab.member(0).store();
    assert!(store.compacted() > 1 && store.compacted() < store.revision());
    let version = store.get("compact_rev_key").expect("the servers' key").version;
    assert_eq!(version, 3, "one in each 5 minutes");
}

/// The server also enforces a caller's own shorter time limit.
#[test]
fn shorter_limit() {
    let mut lab = Lab3::ready(1, 18);
    let etcd = lab.etcd[0];
    lab.world.pause(etcd);
    let asked = lab.ask_within(0, get_default(), Some(SimDuration::from_secs(5)));
    lab.run(5_100);
    assert!((4_990..=5_010).contains(&lab.outcome(asked).expect("over").0));
    assert_eq!(lab.server(0).in_flight(), (0, 0));
}
