//! Raft's safety under random faults: whatever the network loses, duplicates or reorders and whichever member crashes, the
//! five properties hold after every step. Once every fault is healed the group makes progress again.
//!
//! Each seed is one run, and is printed when it fails. Another test shows that the checker notices forged histories.

use crate::common::raft_net::Net;
use ha_lab::etcd::raft::invariants::Checker;
use ha_lab::etcd::raft::{Body, ConfState, Config, Durable, Entries, Entry, EntryData, Message, Raft};
use rand::Rng;
use rand_pcg::Pcg32;

struct Chaos {
    net: Net,
    rng: Pcg32,
    size: u64,
    proposed: u64,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let size = [3, 5, 3, 4, 7][seed as usize % 5];
        let voters: Vec<u64> = (1..=size).collect();
        let net = Net::new(&voters, |config| {
            config.seed = seed;
            config.pre_vote = !seed.is_multiple_of(4);
            config.check_quorum = seed % 7 != 3;
            config.max_entries_per_msg = if seed % 3 == 1 { 2 } else { 64 };
            config.max_inflight_msgs = if seed % 3 == 1 { 3 } else { 512 };
        });
        Self { net, rng: Pcg32::new(seed, 3), size, proposed: 0 }
    }

    fn below(&mut self, n: u64) -> u64 {
        (u64::from(self.rng.next_u32()) * n) >> 32
    }

    fn step(&mut self) {
        let (id, other) = (1 + self.below(self.size), 1 + self.below(self.size));
        match self.below(100) {
            0..40 => self.deliver(true),
            40..45 => self.deliver(false),
            45..70 => self.net.tick(id),
            70..85 => self.propose(id),
            85..87 => self.net.cut(id, other),
            87..88 => self.net.isolate(id),
            88..91 => self.net.heal(),
            91..93 => self.net.crash(id),
            93..96 => self.net.restart(id),
            96..97 => drop(self.net.act(id, |raft| raft.transfer_leader(other))),
            97..98 if self.net.members[&id].raft.is_some() => {
                let keep = self.below(6);
                if self.net.raft(id).applied() > self.net.raft(id).log().first_index() {
                    self.net.compact(id, keep);
                }
            }
            98..99 => drop(self.net.act(id, |raft| raft.read_index(1))),
            _ => self.net.deliver(),
        }
    }

    /// Picks any message in flight, not necessarily the oldest. Sometimes it also stays in flight, to arrive twice.
    fn deliver(&mut self, arrives: bool) {
        if self.net.queue.is_empty() {
            return;
        }
        let at = self.below(self.net.queue.len() as u64) as usize;
        let Some(m) = self.net.queue.remove(at) else { return };
        if self.below(10) == 0 {
            self.net.queue.push_back(m.clone());
        }
        if arrives { self.net.deliver_one(m) } else { self.net.lose(&m) }
    }

    fn propose(&mut self, id: u64) {
        self.proposed += 1;
        let data = format!("p{}", self.proposed).into();
        self.net.act(id, |raft| raft.propose(data).is_ok());
    }

    /// Checks that everything works again: within a few election timeouts a proposal reaches all members.
    fn recover(&mut self) {
        self.net.heal();
        (1..=self.size).for_each(|id| self.net.restart(id));
        self.net.run("tick all 100");
        let leader = self.net.leader();
        assert_ne!(leader, 0, "no leader\n{}", self.net.summary());
        self.net.run(&format!("propose {leader} end\n tick all 30"));
        for member in self.net.members.values() {
            assert_eq!(member.applied.last().map(|data| &**data), Some("end"), "{}", self.net.summary());
        }
        let mut histories: Vec<_> = self.net.members.values().map(|member| &member.applied).collect();
        histories.dedup();
        assert_eq!(histories.len(), 1, "the state machines differ");
    }
}

#[test]
fn safety_under_random_faults_then_progress() {
    for seed in 0..1000 {
        let run = std::panic::catch_unwind(|| {
            let mut chaos = Chaos::new(seed);
            (0..600).for_each(|_| chaos.step());
            chaos.recover();
        });
        assert!(run.is_ok(), "seed {seed} fails");
    }
}

/// The same seed gives the same run.
#[test]
fn runs_are_reproducible() {
    let run = || {
        let mut chaos = Chaos::new(12);
        chaos.net.trace = Some(String::new());
        (0..500).for_each(|_| chaos.step());
        (chaos.net.trace.take(), chaos.net.summary())
    };
    assert_eq!(run(), run());
}

/// A clone is independent and does not affect the original.
#[test]
fn a_clone_is_independent() {
    let mut leader: Raft<u64> = Raft::new(Config::new(1, 1), Durable::new(ConfState::of_voters([1])));
    leader.campaign();
    (0..1000).for_each(|n| leader.propose(n).expect("a leader"));
    let mut fork = leader.clone();
    (0..300).for_each(|n| fork.propose(n).expect("a leader"));
    leader.propose(7).expect("a leader");
    assert_eq!((leader.log().last_index(), fork.log().last_index()), (1002, 1301));
    assert_eq!(leader.log().entry(1002).map(|entry| entry.data.clone()), Some(EntryData::Normal(7)));
    assert_eq!(fork.log().entry(1002).map(|entry| entry.data.clone()), Some(EntryData::Normal(0)));
}

/// Returns a follower of term `term` whose log is `terms`, with the first `commit` entries committed.
fn follower(id: u64, term: u64, terms: &[u64], commit: u64) -> Raft<u64> {
    let mut raft = Raft::new(Config::new(id, 1), Durable::new(ConfState::of_voters([1, 2, 3])));
    let entry = |(at, term): (usize, &u64)| Entry { term: *term, index: at as u64 + 1, data: EntryData::Normal(*term) };
    let entries = Entries::Many(terms.iter().enumerate().map(entry).collect());
    let body = Body::Append { prev_index: 0, prev_term: 0, commit, entries };
    raft.step(Message { to: id, from: 9, term, body }).expect("an append");
    raft
}

fn leader(id: u64, term: u64, terms: &[u64]) -> Raft<u64> {
    let mut durable = follower(id, term - 1, terms, 0).into_durable();
    durable.conf_state = ConfState::of_voters([id]);
    let mut raft = Raft::new(Config::new(id, 1), durable);
    raft.campaign();
    raft
}

#[test]
fn the_checker_notices_forged_histories() {
    let rows: [(&str, Vec<Vec<Raft<u64>>>); 6] = [
        ("", vec![vec![follower(1, 3, &[1, 1, 2], 2), follower(2, 3, &[1, 1, 3], 2)]]),
        ("election safety", vec![vec![leader(1, 4, &[1]), leader(2, 4, &[1])]]),
        ("log matching", vec![vec![follower(1, 3, &[1, 1, 3], 0), follower(2, 3, &[1, 2, 3], 0)]]),
        ("state machine safety", vec![vec![follower(1, 3, &[1, 1], 2), follower(2, 3, &[1, 2], 2)]]),
        ("leader completeness", vec![vec![follower(1, 2, &[1, 2], 2)], vec![leader(2, 4, &[1])]]),
        ("leader append-only", vec![vec![leader(1, 4, &[1, 2, 3])], vec![leader(1, 4, &[1])]]),
    ];
    for (wanted, moments) in rows {
        let mut checker = Checker::new(8);
        let found = moments.iter().find_map(|members| {
            let members: Vec<_> = members.iter().collect();
            checker.check(&members).err()
        });
        assert_eq!(found.map_or("", |violation| violation.property), wanted);
    }
}
