//! Compares the speed of the Raft core with tikv's `raft` 0.7 in the same run: committed proposals per second with three members,
//! one at a time and in batches of 64, and the cost of an idle tick round (a tick each, heartbeats and their answers).
//!
//! `cargo bench --bench raft`. Both sides do all the work: persist (in memory), replicate, apply on all members.

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ha_lab::etcd::raft::{ConfState, Config, Durable, Message, Raft, Role};
use raft::eraftpb::Message as PbMessage;
use raft::storage::MemStorage;
use raft::{RawNode, StateRole, Storage};

const TIME: Duration = Duration::from_millis(800);
const PAYLOAD: [u8; 100] = [7; 100];
/// The number of entries after which both compact their logs.
const COMPACT_EVERY: u64 = 10_000;

trait Cluster {
    fn propose(&mut self, count: u64);
    fn settle(&mut self);
    fn tick(&mut self);
    fn committed(&self) -> u64;
    fn compact(&mut self);
}

struct Ours {
    members: Vec<Raft<Rc<[u8]>>>,
    queue: Vec<Message<Rc<[u8]>>>,
    batch: Vec<Message<Rc<[u8]>>>,
    applied: u64,
}

impl Ours {
    fn new() -> Self {
        let start = |id| Raft::new(Config::new(id, 1), Durable::new(ConfState::of_voters(1..=3)));
        let members = (1..=3).map(start).collect();
        let mut cluster = Self { members, queue: Vec::new(), batch: Vec::new(), applied: 0 };
        cluster.members[0].campaign();
        cluster.settle();
        assert_eq!(cluster.members[0].role(), Role::Leader);
        cluster
    }

    fn drain(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.take_must_sync();
        while let Some(entry) = member.next_committed() {
            black_box(&entry);
            self.applied += 1;
        }
        self.queue.extend(member.drain_messages());
    }
}

impl Cluster for Ours {
    fn propose(&mut self, count: u64) {
        for _ in 0..count {
            self.members[0].propose(Rc::from(PAYLOAD)).expect("a leader");
        }
    }

    fn settle(&mut self) {
        (0..3).for_each(|at| self.drain(at));
        while !self.queue.is_empty() {
            std::mem::swap(&mut self.queue, &mut self.batch);
            let mut batch = std::mem::take(&mut self.batch);
            for m in batch.drain(..) {
                let at = m.to as usize - 1;
                self.members[at].step(m).expect("a valid message");
                self.drain(at);
            }
            self.batch = batch;
        }
    }

    fn tick(&mut self) {
        for member in &mut self.members {
            member.tick();
        }
    }

    fn committed(&self) -> u64 {
        self.members[0].commit_index()
    }

    fn compact(&mut self) {
        for member in &mut self.members {
            let snapshot = member.make_snapshot(member.applied(), Rc::from([]));
            member.compact(member.applied(), snapshot);
        }
    }
}

struct Theirs {
    members: Vec<RawNode<MemStorage>>,
    queue: Vec<PbMessage>,
    applied: u64,
}

impl Theirs {
    fn new() -> Self {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let start = |id| {
            let config = raft::Config {
                id,
                election_tick: 10,
                heartbeat_tick: 1,
                max_size_per_msg: raft::NO_LIMIT,
                max_inflight_msgs: 512,
                pre_vote: true,
                check_quorum: true,
                ..raft::Config::default()
            };
            RawNode::new(&config, MemStorage::new_with_conf_state((vec![1, 2, 3], vec![])), &logger).expect("settings")
        };
        let mut cluster = Self { members: (1..=3).map(start).collect(), queue: Vec::new(), applied: 0 };
        cluster.members[0].campaign().expect("a campaign");
        cluster.settle();
        assert_eq!(cluster.members[0].raft.state, StateRole::Leader);
        cluster
    }

    fn drain(&mut self, at: usize) {
        let node = &mut self.members[at];
        if !node.has_ready() {
            return;
        }
        let mut ready = node.ready();
        self.queue.extend(ready.take_messages());
        for entry in ready.take_committed_entries() {
            black_box(&entry);
            self.applied += 1;
        }
        if !ready.entries().is_empty() {
            node.mut_store().wl().append(ready.entries()).expect("contiguous entries");
        }
        if let Some(hard_state) = ready.hs() {
            node.mut_store().wl().set_hardstate(hard_state.clone());
        }
        self.queue.extend(ready.take_persisted_messages());
        let mut light = node.advance(ready);
        if let Some(commit) = light.commit_index() {
            node.mut_store().wl().mut_hard_state().commit = commit;
        }
        self.queue.extend(light.take_messages());
        for entry in light.take_committed_entries() {
            black_box(&entry);
            self.applied += 1;
        }
        node.advance_apply();
    }
}

impl Cluster for Theirs {
    fn propose(&mut self, count: u64) {
        for _ in 0..count {
            self.members[0].propose(Vec::new(), PAYLOAD.to_vec()).expect("a leader");
        }
    }

    fn settle(&mut self) {
        (0..3).for_each(|at| self.drain(at));
        while !self.queue.is_empty() {
            for m in std::mem::take(&mut self.queue) {
                let at = m.to as usize - 1;
                self.members[at].step(m).expect("a valid message");
                self.drain(at);
            }
        }
    }

    fn tick(&mut self) {
        for member in &mut self.members {
            member.tick();
        }
    }

    fn committed(&self) -> u64 {
        self.members[0].raft.raft_log.committed
    }

    fn compact(&mut self) {
        for member in &mut self.members {
            // MemStorage needs its last entry.
            let last = member.store().last_index().expect("an index");
            member.mut_store().wl().compact(last).expect("a valid index");
        }
    }
}

/// Returns the committed proposals per second.
fn proposals(cluster: &mut impl Cluster, batch: u64) -> f64 {
    let (start, first) = (Instant::now(), cluster.committed());
    let mut compacted = first;
    while start.elapsed() < TIME {
        for _ in 0..16 {
            cluster.propose(batch);
            cluster.settle();
        }
        if cluster.committed() - compacted >= COMPACT_EVERY {
            compacted = cluster.committed();
            cluster.compact();
        }
    }
    (cluster.committed() - first) as f64 / start.elapsed().as_secs_f64()
}

/// Returns the nanoseconds per idle round: three ticks, two heartbeats, two answers.
fn rounds(cluster: &mut impl Cluster) -> f64 {
    let start = Instant::now();
    let mut rounds = 0u64;
    while start.elapsed() < TIME {
        for _ in 0..1000 {
            cluster.tick();
            cluster.settle();
        }
        rounds += 1000;
    }
    start.elapsed().as_nanos() as f64 / rounds as f64
}

/// Returns the nanoseconds per tick of an idle follower.
fn follower_tick() -> f64 {
    let mut member: Raft<Rc<[u8]>> = Raft::new(Config::new(1, 1), Durable::new(ConfState::of_voters(2..=3)));
    let start = Instant::now();
    let mut ticks = 0u64;
    while start.elapsed() < TIME / 4 {
        for _ in 0..10_000 {
            black_box(&mut member).tick();
        }
        ticks += 10_000;
    }
    start.elapsed().as_nanos() as f64 / ticks as f64
}

fn main() {
    for (name, batch) in [("one at a time", 1), ("batches of 64", 64)] {
        // The sides take turns, so that other load on the machine affects both.
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            ours.push(proposals(&mut Ours::new(), batch));
            theirs.push(proposals(&mut Theirs::new(), batch));
        }
        let best = |runs: &[f64]| runs.iter().copied().fold(0.0, f64::max);
        let (ours, theirs) = (best(&ours), best(&theirs));
        println!(
            "committed proposals/s, 3 members, {name}: ours {ours:.0}, tikv {theirs:.0}, ratio {:.1}",
            ours / theirs
        );
    }
    let (ours, theirs) = (rounds(&mut Ours::new()), rounds(&mut Theirs::new()));
    println!(
        "idle tick round (3 ticks, 4 messages): ours {ours:.0} ns, tikv {theirs:.0} ns, ratio {:.1}",
        theirs / ours
    );
    println!("tick of an idle follower: {:.1} ns", follower_tick());
    println!("message: {} bytes", size_of::<Message<Rc<u8>>>());
}
