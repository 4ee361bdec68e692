//! The requests of etcd's clients besides reads and writes: status, member list, membership changes with their checks,
//! leader transfer, alarms, and the refusals of FACTS 5.3. All requests go over the network.

use std::rc::Rc;

use crate::common::etcd_world::Cluster;
use ha_lab::etcd::{EtcdError, Op, Reply, Span, Status, Txn, TxnOp};
use ha_lab::kube::Value;
use ha_lab::sim::{HostId, SimDuration};

fn add(host: u16, learner: bool) -> Op<Value> {
    Op::MemberAdd { host: HostId(host), learner }
}

fn txn(success: Vec<TxnOp<Value>>) -> Op<Value> {
    Op::Txn(Rc::new(Txn { compare: vec![], success, failure: vec![] }))
}

fn put(key: &str, value: String) -> TxnOp<Value> {
    TxnOp::Put { key: key.into(), value: Value::Text(value.into()) }
}

/// Three members that have had a leader and contact for a while, and two spare hosts.
fn grown(seed: u64) -> Cluster {
    let mut c = Cluster::with(3, 2, 2 << 30, seed);
    c.run(12_000);
    c
}

fn status(c: &mut Cluster, member: usize) -> Status {
    let id = c.ask(member, Op::Status);
    c.run(50);
    match c.response(member, id).map(|r| &r.result) {
        Some(Ok(Reply::Status(status))) => status.clone(),
        other => panic!("{other:?}"),
    }
}

/// Returns `name started learner`, with `-` for a member that was never started.
fn list(c: &mut Cluster, member: usize) -> Vec<String> {
    let id = c.ask(member, Op::MemberList { serializable: false });
    c.run(300);
    match c.response(member, id).map(|r| &r.result) {
        Some(Ok(Reply::Members(rows))) => {
            let mut rows: Vec<_> = rows.iter().collect();
            rows.sort_by_key(|m| m.host);
            let name = |m: &str| if m.is_empty() { "-".to_owned() } else { m.to_owned() };
            rows.iter().map(|m| format!("{} {} {}", name(&m.name), m.started, m.is_learner)).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Returns the current id of the member at `host`.
fn id_at(c: &Cluster, host: u16) -> u64 {
    let members = c.member(c.leader().expect("a leader")).members();
    members.list.iter().find(|m| m.host == HostId(host)).map_or(0, |m| m.id)
}

#[test]
fn status_and_hash_agree_on_all_members() {
    let mut c = grown(1);
    c.put(0, "k", "v");
    c.run(300);
    let leader = c.leader().expect("a leader") as u64 + 1;
    let of: Vec<Status> = (0..3).map(|i| status(&mut c, i)).collect();
    for (i, s) in of.iter().enumerate() {
        assert_eq!((s.member, s.leader, s.is_learner), (i as u64 + 1, leader, false));
        assert_eq!((s.raft_index, s.raft_applied_index), (of[0].raft_index, of[0].raft_index));
        assert_eq!((s.db_size_quota, &s.errors), (2 << 30, &vec![]));
    }
    let hashes: Vec<String> = (0..3).map(|i| c.asked(i, Op::HashKv, 100)).collect();
    assert!(hashes[0].starts_with("HashKv") && hashes.iter().all(|h| *h == hashes[0]), "{hashes:?}");
    c.put(0, "k", "w");
    c.run(100);
    assert_ne!(c.asked(1, Op::HashKv, 100), hashes[0], "another value, another hash");
}

/// The procedure of kubeadm: add a learner, start it, promote it once it has the log. Then it counts towards the majority.
#[test]
fn a_learner_joins_and_is_promoted() {
    let mut c = grown(2);
    for i in 0..50 {
        c.put(0, &format!("k{i}"), "v");
    }
    c.run(300);
    let follower = (c.leader().expect("a leader") + 1) % 3;
    assert!(c.asked(follower, add(3, true), 1_000).starts_with("MemberAdded"));
    let rows = list(&mut c, 0);
    assert_eq!(rows[3], "- false true");
    let id = id_at(&c, 3);
    let promote = || Op::MemberPromote { id };
    assert_eq!(c.asked(follower, promote(), 1_000), EtcdError::LearnerNotReady.to_string(), "through a follower");
    assert_eq!(c.asked(follower, add(4, true), 1_000), EtcdError::TooManyLearners.to_string());

    c.world.power_on(HostId(3));
    c.run(6_000);
    assert_eq!(list(&mut c, 0)[3], "etcd-4 true true");
    let stale = c.get(3, "k7", true);
    let fresh = c.get(3, "k7", false);
    c.run(200);
    assert_eq!(c.answer(3, stale).expect("answered").1, "v", "a learner serves stale reads");
    assert_eq!(c.answer(3, fresh).expect("answered").1, EtcdError::NotSupportedForLearner.to_string());
    assert!(status(&mut c, 3).is_learner);
    let leader = c.leader().expect("a leader");
    assert_eq!(c.asked(leader, Op::MoveLeader { to: id }, 1_000), EtcdError::BadLeaderTransferee.to_string());

    assert!(c.asked(follower, promote(), 1_000).starts_with("Members"));
    assert_eq!(c.asked(follower, promote(), 1_000), EtcdError::NotALearner.to_string());
    assert_eq!(list(&mut c, 0)[3], "etcd-4 true false");
    assert_eq!(c.member(leader).raft().expect("runs").durable().conf_state.voters.len(), 4);
    let write = c.put(3, "through the new one", "v");
    c.run(200);
    assert_eq!(c.answer(3, write).expect("answered").1, "succeeded=true");
}

/// FACTS 5.2: growing from 3 to 4 while one is down is refused, as is a removal that would leave too few.
#[test]
fn the_strict_check_refuses_what_would_lose_the_quorum() {
    let mut c = grown(3);
    let leader = c.leader().expect("a leader");
    let (down, up) = ((leader + 1) % 3, (leader + 2) % 3);
    assert_eq!(c.asked(leader, Op::MemberRemove { id: 99 }, 1_000), EtcdError::MemberNotFound.to_string());
    assert_eq!(c.asked(leader, add(0, false), 1_000), EtcdError::PeerUrlExists.to_string());
    c.world.power_off(HostId(down as u16));
    c.run(6_000);
    assert_eq!(c.asked(leader, add(3, false), 1_000), EtcdError::Unhealthy.to_string());
    let remove = |i: usize| Op::MemberRemove { id: i as u64 + 1 };
    assert_eq!(c.asked(leader, remove(up), 1_000), EtcdError::Unhealthy.to_string(), "two are left of three");
    assert!(c.asked(leader, remove(down), 1_000).starts_with("Members"), "who is down is no loss");
    assert_eq!(list(&mut c, up).len(), 2);
    // Replace: remove first, then add.
    assert!(c.asked(leader, add(3, false), 1_000).starts_with("MemberAdded"));
    assert_eq!(c.asked(leader, add(4, false), 1_000), EtcdError::NotEnoughStarted.to_string(), "one change at a time");
    c.world.power_on(HostId(3));
    c.run(6_000);
    assert_eq!(list(&mut c, 3)[2], "etcd-4 true false");
    // The removed member comes back, learns that it was removed, and exits.
    c.world.power_on(HostId(down as u16));
    c.run(6_000);
    assert!(!c.world.is_running(c.members[down]), "a removed member does not run");
    assert!(c.leader().is_some());
}

/// After the removal of the leader, the others elect another, and the removed one exits.
#[test]
fn a_leader_may_be_removed() {
    let mut c = grown(4);
    let leader = c.leader().expect("a leader");
    assert!(c.asked(leader, Op::MemberRemove { id: leader as u64 + 1 }, 1_000).starts_with("Members"));
    c.run(6_000);
    assert!(!c.world.is_running(c.members[leader]));
    let next = c.leader().expect("another leads");
    assert_ne!(next, leader);
    let write = c.put(next, "k", "v");
    c.run(100);
    assert_eq!(c.answer(next, write).expect("answered").1, "succeeded=true");
}

/// Guards a member that was down while its leader was replaced by a member that it does not know: it must be able to
/// answer, or it never receives the new membership.
#[test]
fn a_member_that_was_away_answers_a_leader_it_does_not_know() {
    let mut c = grown(9);
    let leader = c.leader().expect("a leader");
    let (away, other) = ((leader + 1) % 3, (leader + 2) % 3);
    c.world.power_off(HostId(away as u16));
    assert!(c.asked(leader, add(3, false), 1_000).starts_with("MemberAdded"));
    c.world.power_on(HostId(3));
    c.run(8_000);
    let new = id_at(&c, 3);
    // With two of four the old leader stepped down for a while: the present leader hands over to the new one.
    let leads = c.leader().expect("three of four elect");
    assert_eq!(c.asked(leads, Op::MoveLeader { to: new }, 1_000), "Moved");
    c.world.power_on(HostId(away as u16));
    c.run(4_000);
    assert_eq!(c.leader(), Some(3));
    assert_eq!(c.member(away).members(), c.member(other).members());
    assert_eq!(c.member(away).raft().expect("runs").leader(), new);
}

/// The cluster grows from one member to seven, and shrinks back to one; every entry needs a majority of the members at its time.
#[test]
fn one_member_grows_to_seven_and_shrinks_to_one() {
    let mut c = Cluster::with(1, 6, 2 << 30, 5);
    c.run(8_000);
    for host in 1..7 {
        assert!(c.asked(0, add(host, false), 2_000).starts_with("MemberAdded"), "member {host}");
        c.world.power_on(HostId(host));
        c.run(8_000);
    }
    assert_eq!(list(&mut c, 6).len(), 7);
    for host in (1..7).rev() {
        let id = id_at(&c, host);
        let through = c.leader().expect("a leader");
        assert!(c.asked(through, Op::MemberRemove { id }, 2_000).starts_with("Members"), "member {host}");
        c.run(8_000);
    }
    assert_eq!(list(&mut c, 0), ["etcd-1 true false"]);
    let last = Op::MemberRemove { id: 1 };
    assert_eq!(c.asked(0, last, 1_000), EtcdError::NotEnoughStarted.to_string());
    let write = c.put(0, "k", "v");
    c.run(100);
    assert_eq!(c.answer(0, write).expect("answered").1, "succeeded=true");
}

#[test]
fn leadership_moves_where_it_is_told() {
    let mut c = grown(6);
    let old = c.leader().expect("a leader");
    let to = (old + 1) % 3;
    let other = (old + 2) % 3;
    assert_eq!(c.asked(other, Op::MoveLeader { to: to as u64 + 1 }, 1_000), EtcdError::NotLeader.to_string());
    assert_eq!(c.asked(old, Op::MoveLeader { to: 77 }, 1_000), EtcdError::BadLeaderTransferee.to_string());
    let began = c.world.now();
    assert_eq!(c.asked(old, Op::MoveLeader { to: to as u64 + 1 }, 1_000), "Moved");
    assert!(c.world.now().since(began) < SimDuration::from_millis(200), "without an election timeout");
    assert_eq!(c.leader(), Some(to));
    // Transfer to a member that does not answer: the leader gives up after an election timeout, the client after the request timeout.
    c.world.power_off(HostId(old as u16));
    assert_eq!(c.asked(to, Op::MoveLeader { to: old as u64 + 1 }, 9_000), EtcdError::LeaderTransferTimeout.to_string());
    assert_eq!(c.leader(), Some(to));
}

/// FACTS 5.3: when the database is full, deletes and reads still work; after compact, defragment and disarm, writes work again.
#[test]
fn a_full_database_takes_no_puts_until_it_is_disarmed() {
    let mut c = Cluster::with(3, 0, 60_000, 7);
    c.run(6_000);
    let big = || txn(vec![put("big", "x".repeat(5_000))]);
    let mut taken = 0;
    while c.asked(taken % 3, big(), 500) == "succeeded=true" {
        taken += 1;
        assert!(taken < 20, "the quota holds");
    }
    assert!(taken >= 5, "{taken} of 5 kB fit");
    c.run(300);
    for i in 0..3 {
        assert_eq!(c.asked(i, txn(vec![put("small", "y".to_owned())]), 500), EtcdError::NoSpace.to_string());
        assert!(c.asked(i, Op::AlarmList, 100).starts_with("Alarms(["), "the alarm is known everywhere");
        assert!(status(&mut c, i).errors[0].ends_with("alarm:NOSPACE "));
    }
    let read = c.get(1, "big", false);
    c.run(300);
    assert!(c.answer(1, read).expect("answered").1.starts_with("xxx"));
    assert_eq!(c.asked(0, txn(vec![TxnOp::Delete { span: Span::One("big".into()) }]), 500), "succeeded=true");
    let revision = c.member(0).store().revision();
    assert_eq!(c.asked(0, Op::Compact { revision }, 500), "Compacted");
    let before = status(&mut c, 0);
    assert!(before.db_size > before.db_size_in_use, "compaction does not shrink the file");
    assert_eq!(c.asked(1, txn(vec![put("small", "y".to_owned())]), 500), EtcdError::NoSpace.to_string());
    for i in 0..3 {
        assert_eq!(c.asked(i, Op::Defragment, 500), "Defragmented");
        let s = status(&mut c, i);
        assert_eq!(s.db_size, s.db_size_in_use);
    }
    assert!(c.asked(2, Op::AlarmDisarm, 500).starts_with("Alarms(["));
    assert_eq!(c.asked(1, txn(vec![put("small", "y".to_owned())]), 500), "succeeded=true");
    assert_eq!(c.asked(1, Op::AlarmList, 100), "Alarms([])");
}

/// The limits of a request, and revisions that do not exist.
#[test]
fn bad_requests_are_refused_by_name() {
    let mut c = grown(8);
    for i in 0..5 {
        c.put(0, "k", &i.to_string());
        c.run(50);
    }
    let many = (0..129).map(|i| put(&format!("k{i}"), "v".to_owned())).collect();
    let twice = vec![put("a", "1".to_owned()), put("a", "2".to_owned())];
    let at =
        |revision| Op::Range { span: Span::One("k".into()), revision, limit: 0, serializable: true, count_only: false };
    let rows = [
        (txn(vec![put("k", "x".repeat(1_600_000))]), EtcdError::RequestTooLarge),
        (txn(many), EtcdError::TooManyOps),
        (txn(twice), EtcdError::DuplicateKey),
        (txn(vec![put("", "v".to_owned())]), EtcdError::EmptyKey),
        (at(99), EtcdError::FutureRevision),
        (Op::Compact { revision: 99 }, EtcdError::FutureRevision),
    ];
    for (op, error) in rows {
        let what = format!("{op:?}").chars().take(80).collect::<String>();
        assert_eq!(c.asked(0, op, 500), error.to_string(), "{what}");
    }
    assert_eq!(c.asked(0, Op::Compact { revision: 4 }, 500), "Compacted");
    assert_eq!(c.asked(0, at(3), 500), EtcdError::Compacted.to_string());
    assert_eq!(c.asked(0, Op::Compact { revision: 4 }, 500), EtcdError::Compacted.to_string());
    assert_eq!(c.asked(0, at(4), 500), "2", "what the key was then");
}
