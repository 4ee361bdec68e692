//! Compares Raft with an oracle: the same messages to our member and to tikv's `raft` 0.7 must lead to the same decisions.
//!
//! A schedule is drawn from a seed: ticks, proposals, deliveries, losses, duplicates, reordering, crashes, partitions,
//! transfers, reads, compactions, membership changes. Our messages travel between the members. Each is also translated and given to the
//! oracle's member, and after every act the two are compared: role, term, vote, commit, leader, log, applied entries,
//! reads, configuration, the leader's progress of each log, and all messages. A failing schedule is reduced to a shorter one.
//!
//! Where tikv's code differs from etcd's, ours follows etcd. The comparison leaves these out:
//! - tikv adds the commit index to votes and commits by it: our messages carry none, so nothing happens.
//! - tikv's follower commits when a read index arrives: translated responses of its own term come without the term,
//!   those of a higher term are lost for both.
//! - tikv's leader drops reads before it has committed in its term, etcd keeps them: such reads reach neither.
//! - tikv knows reads by their context, etcd numbers them: the test only compares whether there is a context. With more than
//!   three voters answers to different reads add up in etcd (a later one confirms the earlier) but not in tikv, and a
//!   smaller configuration confirms at once only in tikv; so reads are only drawn for up to three voters, unchanging.
//!   A duplicate read is one read for tikv and two for etcd: reads are not duplicated.
//! - Flow control: etcd remembers the commit index it sent (`sentCommit`), goes from probe to replicate on any
//!   acknowledgement of the match, sends an empty append into a full window and resumes a snapshot's receiver as soon as
//!   the logs connect; tikv differs in each of these. So empty appends and snapshots are not compared, and appends with
//!   entries only where both sent one from the same place, except in calm schedules (nothing lost, nothing reordered),
//!   where both must send the same ones. For the same reason a second MsgTimeoutNow is ours alone.
//! - A leader that applies its own removal: tikv panics later on; the schedule ends there.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::common::raft_peer::{Peer, ReadContexts, change_type, hard_state, message_from, message_to};
use crate::common::soak;
use ha_lab::etcd::raft::{
    Body, ConfChange, ConfChangeKind, ConfState, Config, Durable, Entry, EntryData, Message, NodeId, Raft, Role,
};
use raft::StateRole;
use rand::Rng;
use rand_pcg::Pcg32;

#[derive(Clone, Copy, Debug)]
enum Act {
    Tick(NodeId),
    /// All members tick, and all messages are delivered.
    Round,
    Propose(NodeId),
    /// The numbers pick one of the messages under way.
    Deliver(u32),
    Lose(u32),
    Duplicate(u32),
    Restart(NodeId),
    Campaign(NodeId),
    Transfer(NodeId, NodeId),
    Read(NodeId),
    Unreachable(NodeId, NodeId),
    SnapshotStatus(NodeId, NodeId, bool),
    Compact(NodeId, u32),
    Change(NodeId, ConfChangeKind, NodeId),
    /// Messages between the members in the mask and the others are lost.
    Partition(u32),
}

#[derive(Clone, Copy, Debug)]
struct Shape {
    seed: u64,
    voters: u64,
    pre_vote: bool,
    check_quorum: bool,
    /// Nothing is lost, reordered or restarted.
    calm: bool,
    /// Membership changes, and no reads.
    changes: bool,
    steps: usize,
}

struct Pair {
    ours: Raft<u64>,
    applied: Vec<Entry<u64>>,
    reads: Vec<(u64, u64)>,
    refused: u64,
    theirs: Peer,
}

struct Arena {
    shape: Shape,
    pairs: Vec<Pair>,
    queue: VecDeque<Message<u64>>,
    contexts: ReadContexts,
    partition: u32,
    next: u64,
    appends_compared: u64,
    over: bool,
}

type Verdict = Result<(), String>;

impl Arena {
    fn new(shape: Shape) -> Self {
        let conf_state = ConfState::of_voters(1..=shape.voters);
        // Two more members are ready to be added.
        let pairs = (1..=shape.voters + 2).map(|id| {
            let mut config = Config::new(id, shape.seed);
            (config.pre_vote, config.check_quorum) = (shape.pre_vote, shape.check_quorum);
            let (ours, theirs) =
                (Durable::new(conf_state.clone()), Peer::new(id, &conf_state, shape.pre_vote, shape.check_quorum));
            Pair { ours: Raft::new(config, ours), applied: Vec::new(), reads: Vec::new(), refused: 0, theirs }
        });
        let mut arena = Self {
            shape,
            pairs: pairs.collect(),
            queue: VecDeque::new(),
            contexts: ReadContexts::new(),
            partition: 0,
            next: 1,
            appends_compared: 0,
            over: false,
        };
        arena.pairs.iter_mut().for_each(sync_timeout);
        arena
    }

    fn pair(&mut self, id: NodeId) -> &mut Pair {
        &mut self.pairs[id as usize - 1]
    }

    fn act(&mut self, act: Act) -> Verdict {
        match act {
            Act::Tick(id) => self.tick(id),
            Act::Round => {
                for id in 1..=self.pairs.len() as NodeId {
                    self.tick(id)?;
                }
                for _ in 0..2000 {
                    let Some(m) = self.queue.pop_front() else { break };
                    self.deliver(m)?;
                }
                Ok(())
            }
            Act::Propose(id) => {
                let data = self.fresh();
                let pair = self.pair(id);
                let ours = pair.ours.propose(data).is_ok();
                let theirs = pair.theirs.node.propose(Vec::new(), data.to_le_bytes().to_vec()).is_ok();
                same("proposal taken", &ours, &theirs)?;
                self.compare(id)
            }
            Act::Deliver(pick) => self.pick(pick).map_or(Ok(()), |m| self.deliver(m)),
            Act::Lose(pick) => {
                self.pick(pick);
                Ok(())
            }
            Act::Duplicate(pick) => {
                if let Some(m) = self.pick(pick) {
                    self.queue.push_back(m.clone());
                    if !matches!(m.body, Body::ReadIndex { .. } | Body::ReadIndexResp { .. }) {
                        self.queue.push_back(m);
                    }
                }
                Ok(())
            }
            Act::Restart(id) => {
                let pair = self.pair(id);
                let mut config = pair.ours.config().clone();
                config.applied = pair.ours.applied();
                config.seed += 1;
                pair.ours = Raft::new(config, pair.ours.durable().clone());
                pair.theirs.restart();
                self.compare(id)
            }
            Act::Campaign(id) => {
                self.pair(id).ours.campaign();
                // The oracle gets the same message that its own clock sends; learners do not campaign.
                if self.pair(id).theirs.node.raft.promotable() {
                    let _ = self.pair(id).theirs.node.campaign();
                }
                self.compare(id)
            }
            Act::Transfer(id, to) => {
                self.pair(id).ours.transfer_leader(to);
                self.pair(id).theirs.node.transfer_leader(to);
                self.compare(id)
            }
            Act::Read(id) => {
                let ctx = self.fresh();
                if !commits_in_term(&self.pair(id).ours) {
                    return Ok(());
                }
                self.pair(id).ours.read_index(ctx);
                self.pair(id).theirs.node.read_index(ctx.to_le_bytes().to_vec());
                self.compare(id)
            }
            Act::Unreachable(id, to) => {
                self.pair(id).ours.report_unreachable(to);
                self.pair(id).theirs.node.report_unreachable(to);
                self.compare(id)
            }
            Act::SnapshotStatus(id, to, ok) => {
                let status = if ok { raft::SnapshotStatus::Finish } else { raft::SnapshotStatus::Failure };
                self.pair(id).ours.report_snapshot(to, ok);
                self.pair(id).theirs.node.report_snapshot(to, status);
                self.compare(id)
            }
            Act::Compact(id, keep) => {
                let ours = &mut self.pair(id).ours;
                let applied = ours.applied();
                if applied > ours.log().first_index() {
                    let index = applied.saturating_sub(keep.into()).max(ours.log().first_index());
                    let snapshot = ours.make_snapshot(applied, 0);
                    ours.compact(index, snapshot);
                    self.pair(id).theirs.node.mut_store().compact(index);
                }
                self.compare(id)
            }
            Act::Change(id, kind, node) => {
                let pair = self.pair(id);
                let ours = pair.ours.propose_conf_change(ConfChange::new(kind, node)).is_ok();
                let mut change = raft::eraftpb::ConfChange::default();
                change.set_change_type(change_type(kind));
                change.node_id = node;
                let theirs = pair.theirs.node.propose_conf_change(Vec::new(), change).is_ok();
                same("change taken", &ours, &theirs)?;
                self.compare(id)
            }
            Act::Partition(mask) => {
                self.partition = mask;
                Ok(())
            }
        }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn tick(&mut self, id: NodeId) -> Verdict {
        if self.over {
            return Ok(());
        }
        self.pair(id).ours.tick();
        self.pair(id).theirs.node.tick();
        self.compare(id)
    }

    fn pick(&mut self, pick: u32) -> Option<Message<u64>> {
        // In a calm schedule messages keep their order.
        let at = if self.shape.calm { 0 } else { pick as usize % self.queue.len().max(1) };
        self.queue.remove(at)
    }

    fn deliver(&mut self, m: Message<u64>) -> Verdict {
        let side = |id: NodeId| self.partition >> id & 1;
        if self.over || side(m.from) != side(m.to) {
            return Ok(());
        }
        let pair = &mut self.pairs[m.to as usize - 1];
        let mut translated = message_to(&m, &self.contexts);
        match m.body {
            Body::ReadIndex { .. } if !commits_in_term(&pair.ours) => return Ok(()),
            Body::ReadIndexResp { .. } if m.term > pair.ours.term() => return Ok(()),
            // Beyond the end of its log tikv takes the term for 0, so that there the real term is the harmless one.
            Body::ReadIndexResp { index, .. }
                if m.term == pair.ours.term() && index <= pair.ours.log().last_index() =>
            {
                translated.term = 0;
            }
            _ => {}
        }
        let to = m.to;
        pair.theirs.step(translated);
        let _ = pair.ours.step(m);
        self.compare(to)
    }

    /// Lets both finish their work, then compares them.
    fn compare(&mut self, id: NodeId) -> Verdict {
        let pair = &mut self.pairs[id as usize - 1];
        pair.theirs.settle();
        if pair.theirs.removed_leader {
            self.over = true;
            return Ok(());
        }
        if pair.ours.take_snapshot().is_some() {
            pair.applied.clear();
            pair.theirs.applied.retain(|entry| entry.index > pair.ours.applied());
        }
        while let Some(entry) = pair.ours.next_committed() {
            if let EntryData::ConfChange(change) = &entry.data {
                pair.refused += u64::from(pair.ours.apply_conf_change(change).is_err());
            }
            pair.applied.push(entry);
        }
        pair.reads.extend(pair.ours.drain_read_states().map(|read| (read.ctx, read.index)));
        pair.ours.take_must_sync();
        let sent: Vec<_> = pair.ours.drain_messages().collect();
        sync_timeout(pair);
        pair.same_state().map_err(|problem| format!("member {id}: {problem}"))?;
        self.same_messages(id, &sent).map_err(|problem| format!("member {id}: {problem}"))?;
        self.queue.extend(sent);
        Ok(())
    }

    fn same_messages(&mut self, id: NodeId, sent: &[Message<u64>]) -> Verdict {
        let theirs = std::mem::take(&mut self.pair(id).theirs.sent);
        // Contexts first: our number of a read and their context went out side by side.
        for m in sent {
            if let Body::Heartbeat { read_seq: seq @ 1.., .. } = m.body {
                let same = |t: &&raft::eraftpb::Message| t.to == m.to && !t.context.is_empty();
                if let Some(t) = theirs.iter().rfind(same) {
                    self.contexts.insert((id, m.term, seq), t.context.to_vec());
                }
            }
        }
        let theirs: Vec<_> = theirs.iter().map(message_from).collect();
        let plain = |messages: &[Message<u64>]| {
            let mut plain: Vec<_> = messages.iter().filter(|m| is_plain(m)).cloned().map(without_seq).collect();
            plain.sort_by_key(|m| m.to);
            plain
        };
        same("messages", &plain(sent), &plain(&theirs))?;
        self.same_appends(sent, &theirs)
    }

    fn same_appends(&mut self, sent: &[Message<u64>], theirs: &[Message<u64>]) -> Verdict {
        let appends = |messages: &[Message<u64>]| {
            let mut appends: Vec<_> = messages.iter().filter(|m| carries_entries(m)).cloned().collect();
            appends.sort_by_key(|m| m.to);
            appends
        };
        let (ours, theirs) = (appends(sent), appends(theirs));
        if self.shape.calm {
            self.appends_compared += ours.len() as u64;
            return same("appends", &ours, &theirs);
        }
        let place = |m: &Message<u64>| match &m.body {
            Body::Append { prev_index, entries, .. } => (m.to, *prev_index, entries.len()),
            _ => unreachable!(),
        };
        for m in &ours {
            if let Some(other) = theirs.iter().find(|other| place(other) == place(m)) {
                same("append", m, other)?;
                self.appends_compared += 1;
            }
        }
        Ok(())
    }
}

impl Pair {
    fn same_state(&mut self) -> Verdict {
        let (ours, theirs) = (&self.ours, &self.theirs.node.raft);
        let role = match theirs.state {
            StateRole::Follower => Role::Follower,
            StateRole::PreCandidate => Role::PreCandidate,
            StateRole::Candidate => Role::Candidate,
            StateRole::Leader => Role::Leader,
        };
        same("role", &ours.role(), &role)?;
        same("hard state", &ours.hard_state(), &hard_state(&self.theirs))?;
        same("leader", &ours.leader(), &theirs.leader_id)?;
        same("transferee", &ours.lead_transferee(), &theirs.lead_transferee.unwrap_or(0))?;
        same("elapsed", &(ours.election_elapsed() as usize), &theirs.election_elapsed)?;
        same("first", &ours.log().first_index(), &theirs.raft_log.first_index())?;
        same("last", &ours.log().last_index(), &theirs.raft_log.last_index())?;
        let from = ours.log().last_index().saturating_sub(8).max(ours.log().first_index());
        for index in from..=ours.log().last_index() {
            same("term of an entry", &ours.log().term(index), &theirs.raft_log.term(index).ok())?;
        }
        same("applied", &self.applied, &self.theirs.applied)?;
        same("reads", &self.reads, &self.theirs.reads)?;
        same("refused", &self.refused, &self.theirs.refused)?;
        let tracked = theirs.prs();
        same("members", &ours.progress().len(), &tracked.iter().len())?;
        for pr in ours.progress() {
            let Some(other) = tracked.get(pr.id) else { return Err(format!("{} unknown to the oracle", pr.id)) };
            same("voter", &!pr.is_learner, &tracked.conf().voters().contains(pr.id))?;
            if role == Role::Leader {
                same("match", &pr.match_index, &other.matched)?;
                same("activity", &pr.recent_active, &(other.recent_active || pr.id == ours.id()))?;
            }
        }
        // Compared data need not be kept.
        self.applied.clear();
        self.theirs.applied.clear();
        Ok(())
    }
}

fn sync_timeout(pair: &mut Pair) {
    pair.theirs.node.raft.set_randomized_election_timeout(pair.ours.randomized_election_timeout() as usize);
}

fn commits_in_term(ours: &Raft<u64>) -> bool {
    ours.role() != Role::Leader || ours.log().matches(ours.commit_index(), ours.term())
}

fn is_plain(m: &Message<u64>) -> bool {
    !matches!(m.body, Body::Append { .. } | Body::Snapshot(_) | Body::TimeoutNow)
}

fn carries_entries(m: &Message<u64>) -> bool {
    matches!(&m.body, Body::Append { entries, .. } if !entries.is_empty())
}

fn without_seq(mut m: Message<u64>) -> Message<u64> {
    if let Body::Heartbeat { read_seq, .. } | Body::HeartbeatResp { read_seq } = &mut m.body {
        *read_seq = (*read_seq).min(1);
    }
    m
}

fn same<V: PartialEq + std::fmt::Debug>(what: &str, ours: &V, theirs: &V) -> Verdict {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: ours {ours:?}, oracle's {theirs:?}")) }
}

fn draw(shape: Shape) -> Vec<Act> {
    let mut rng = Pcg32::new(shape.seed, 7);
    let mut below = |n: u64| (u64::from(rng.next_u32()) * n) >> 32;
    let all = shape.voters + 2;
    let mut acts = vec![Act::Round; 20];
    for _ in 0..shape.steps {
        let (id, other, pick) = (1 + below(all), 1 + below(all), below(1 << 32) as u32);
        let quiet = shape.calm;
        acts.push(match below(100) {
            0..10 => Act::Tick(id),
            10..25 => Act::Round,
            25..45 => Act::Propose(1 + below(shape.voters)),
            45..70 => Act::Deliver(pick),
            70..75 if !quiet => Act::Lose(pick),
            75..80 if !quiet => Act::Duplicate(pick),
            80..82 if !quiet => Act::Restart(id),
            82..84 => Act::Campaign(id),
            84..86 => Act::Transfer(id, other),
            86..91 if shape.voters <= 3 && !shape.changes => Act::Read(1 + below(shape.voters)),
            91..92 if !quiet => Act::Unreachable(id, other),
            92..93 if !quiet => Act::SnapshotStatus(id, other, pick & 1 == 0),
            93..95 if !quiet => Act::Compact(id, pick % 5),
            95..97 if shape.changes => {
                let kinds = [ConfChangeKind::AddVoter, ConfChangeKind::AddLearner, ConfChangeKind::Remove];
                Act::Change(id, kinds[pick as usize % 3], other)
            }
            97..99 if !quiet => Act::Partition(if pick & 1 == 0 { 0 } else { pick }),
            _ => Act::Round,
        });
    }
    acts
}

/// Runs a schedule. Returns the number of appends compared, or the act that failed and how.
fn run(shape: Shape, acts: &[Act]) -> Result<u64, (usize, String)> {
    let mut arena = Arena::new(shape);
    for (at, act) in acts.iter().enumerate() {
        match catch_unwind(AssertUnwindSafe(|| arena.act(*act))) {
            Ok(Ok(())) => {}
            Ok(Err(problem)) => return Err((at, problem)),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map_or("panic", String::as_str).to_owned();
                return Err((at, text));
            }
        }
        if arena.over {
            break;
        }
    }
    Ok(arena.appends_compared)
}

/// Removes every act that a failing schedule does not need to fail.
fn shrink(shape: Shape, mut acts: Vec<Act>) -> Vec<Act> {
    let mut length = acts.len() / 2;
    while length > 0 {
        let mut at = 0;
        while at + length <= acts.len() {
            let mut shorter = acts.clone();
            shorter.drain(at..at + length);
            if run(shape, &shorter).is_err() { acts = shorter } else { at += length }
        }
        length /= 2;
    }
    acts
}

fn check(name: &str, seeds: std::ops::Range<u64>, of: impl Fn(u64) -> Shape) {
    let mut compared = 0;
    let count = seeds.end - seeds.start;
    for seed in seeds.clone() {
        soak::progress(name, seed - seeds.start, &seeds);
        let shape = of(seed);
        let mut acts = draw(shape);
        match run(shape, &acts) {
            Ok(appends) => compared += appends,
            Err((at, _)) => {
                acts.truncate(at + 1);
                let acts = shrink(shape, acts);
                let problem = run(shape, &acts).expect_err("the shrunk schedule fails").1;
                panic!("{shape:?}\n{acts:#?}\n{problem}");
            }
        }
    }
    assert!(compared > 1000, "only {compared} appends were compared");
    println!("{name}: {count} schedules of 400 acts, {compared} appends compared");
}

fn shape(seed: u64) -> Shape {
    Shape {
        seed,
        voters: [3, 1, 3, 5, 3, 2, 3, 5][seed as usize % 8],
        pre_vote: !seed.is_multiple_of(3),
        check_quorum: seed % 5 != 1,
        calm: false,
        changes: false,
        steps: 400,
    }
}

#[test]
fn calm_schedules_give_the_same_messages() {
    check("calm", soak::seeds(0, 300), |seed| Shape { calm: true, ..shape(seed) });
}

#[test]
fn faulty_schedules_give_the_same_decisions() {
    check("faulty", soak::seeds(1000, 900), shape);
}

#[test]
fn membership_changes_give_the_same_decisions() {
    check("membership changes", soak::seeds(2000, 500), |seed| Shape { changes: true, ..shape(seed) });
}
