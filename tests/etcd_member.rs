//! etcd members in a small world: elections, writes and reads through any member, quorum loss, catch-up, watches.

use std::rc::Rc;

use crate::common::etcd_world::Cluster;
use ha_lab::etcd::{Compare, EtcdError, Op, Span, Txn, TxnOp};
use ha_lab::kube::Value;
use ha_lab::sim::HostId;

/// Every member serves writes and reads, and all end with the same store: C23.
#[test]
fn writes_and_reads_go_through_any_member() {
    for n in [1, 2, 3, 5, 7] {
        let mut c = Cluster::new(n, 7);
        c.run(4_000);
        assert!(c.leader().is_some(), "{n} members elect a leader");
        for i in 0..n {
            let put = c.put(i, &format!("k{i}"), "v");
            c.run(100);
            assert_eq!(c.answer(i, put).expect("answered").1, "succeeded=true", "{n} members, put through {i}");
            let reader = (i + 1) % n;
            let get = c.get(reader, &format!("k{i}"), false);
            c.run(100);
            assert_eq!(c.answer(reader, get).expect("answered").1, "v", "{n} members, get through {reader}");
        }
        c.run(300);
        for i in 0..n {
            assert_eq!(c.member(i).store().revision(), 1 + n as u64);
        }
    }
}

/// A dead leader is replaced within the time in FACTS 5.1 and 9; no acknowledged write is lost.
#[test]
fn a_dead_leader_is_replaced_and_nothing_is_lost() {
    let mut times = Vec::new();
    for seed in 0..60 {
        let mut c = Cluster::new(3, seed);
        c.run(5_000);
        let old = c.leader().expect("a leader");
        let put = c.put(old, "before", "kept");
        c.run(50);
        assert_eq!(c.answer(old, put).expect("answered").1, "succeeded=true");
        c.world.act(None, None, ha_lab::kube::trace_event::TraceEvent::Act("power-off".into()));
        c.world.power_off(HostId(old as u16));
        let died = c.world.now();
        while c.leader().is_none() {
            c.run(1);
        }
        times.push(c.world.now().since(died).as_millis());
        let survivor = (old + 1) % 3;
        c.run(500); // by then both know the leader: a read that is waiting gets the error that the leader changed
        let get = c.get(survivor, "before", false);
        c.run(1_500);
        assert_eq!(c.answer(survivor, get).expect("answered").1, "kept", "seed {seed}");
    }
    let mean = times.iter().sum::<u64>() / times.len() as u64;
    let (min, max) = (times.iter().min().expect("some"), times.iter().max().expect("some"));
    assert!(*min >= 800 && *max <= 4_000 && (1_000..1_600).contains(&mean), "min {min} mean {mean} max {max} ms");
}

/// Without a majority there are no writes and no linearizable reads, only stale ones. All work again once the majority is back.
#[test]
fn a_minority_serves_stale_reads_only() {
    let mut c = Cluster::new(3, 3);
    c.run(5_000);
    let put = c.put(0, "k", "v");
    c.run(100);
    assert!(c.answer(0, put).is_some());
    let leader = c.leader().expect("a leader");
    let others: Vec<usize> = (0..3).filter(|i| *i != leader).collect();
    for i in &others {
        c.world.power_off(HostId(*i as u16));
    }
    c.run(3_000);
    assert_eq!(c.leader(), None, "a leader that hears no majority steps down");
    let put = c.put(leader, "k", "w");
    let get = c.get(leader, "k", false);
    let stale = c.get(leader, "k", true);
    c.run(100);
    assert_eq!(c.answer(leader, stale).expect("answered").1, "v");
    c.run(8_000);
    assert_eq!(c.answer(leader, put).expect("answered").1, EtcdError::DeadlineExceeded.to_string());
    assert_eq!(c.answer(leader, get).expect("answered").1, EtcdError::Timeout.to_string());
    c.world.power_on(HostId(others[0] as u16));
    c.run(5_000);
    let put = c.put(leader, "k", "x");
    c.run(100);
    assert_eq!(c.answer(leader, put).expect("answered").1, "succeeded=true");
}

/// Compare-and-swap: of two writers with the same revision one wins. Leases depend on that (C12).
#[test]
fn of_two_compares_one_wins() {
    let mut c = Cluster::new(3, 5);
    c.run(5_000);
    let create = |value: &str| {
        let put = TxnOp::Put { key: "lock".into(), value: Value::Text(value.into()) };
        let compare = vec![Compare::ModRevision { key: "lock".into(), equals: 0 }];
        Op::Txn(Rc::new(Txn { compare, success: vec![put], failure: vec![] }))
    };
    let (a, b) = (c.ask(0, create("a")), c.ask(1, create("b")));
    c.run(200);
    let mut answers = [c.answer(0, a).expect("answered").1, c.answer(1, b).expect("answered").1];
    answers.sort();
    assert_eq!(answers, ["succeeded=false", "succeeded=true"]);
}

/// A watch through a follower sees every change once, in order, from the requested revision.
#[test]
fn a_watch_sees_every_change_in_order() {
    let mut c = Cluster::new(3, 9);
    c.run(5_000);
    let follower = (c.leader().expect("a leader") + 1) % 3;
    for i in 0..5 {
        c.put(0, &format!("/a/{i}"), "v");
        c.run(20);
    }
    c.ask(follower, Op::Watch { span: Span::Prefix("/a/".into()), start: 4, require_leader: true });
    c.run(20);
    c.put(0, "/b/other", "v");
    c.put(1, "/a/5", "v");
    c.run(100);
    let seen: Vec<_> = c.client(follower).watched.iter().map(|(_, what)| what.as_str()).collect();
    assert_eq!(seen, ["Put /a/2", "Put /a/3", "Put /a/4", "Put /a/5"]);
}

/// A member that was down for longer than the log reaches back is brought up to date by a snapshot.
#[test]
fn a_member_far_behind_catches_up_by_snapshot() {
    let mut c = Cluster::new(3, 11);
    c.run(5_000);
    let leader = c.leader().expect("a leader");
    let away = (leader + 1) % 3;
    c.world.power_off(HostId(away as u16));
    c.run(100);
    for _ in 0..160 {
        for k in 0..100 {
            c.put(leader, &format!("k{k}"), "v");
        }
        c.run(20);
    }
    c.run(200);
    assert!(c.member(leader).raft().expect("runs").log().first_index() > 2, "the log was compacted");
    c.world.power_on(HostId(away as u16));
    c.run(4_000);
    assert_eq!(c.member(away).store().revision(), c.member(leader).store().revision());
}

/// SIGTERM hands leadership over before the process ends.
#[test]
fn sigterm_hands_over() {
    let mut c = Cluster::new(3, 13);
    c.run(6_000);
    let old = c.leader().expect("a leader");
    c.world.terminate(c.members[old]);
    c.run(100);
    assert!(c.leader().is_some_and(|l| l != old), "another member leads at once");
    assert!(!c.world.slot(c.members[old]).up);
}
