//! A group of Raft members in a test: a network that can be cut, members that crash and restart, a state machine that
//! is the list of words applied, and the five safety properties checked after every step.
//!
//! A scenario is a script, one act a line (`run`). With `trace` on, the acts and all their effects form a
//! transcript. This file uses only the public interface of `ha_lab::etcd::raft`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use ha_lab::etcd::raft::invariants::Checker;
use ha_lab::etcd::raft::{
    Body, ConfChange, ConfChangeKind, ConfState, Config, Durable, EntryData, Error, Message, NONE, NodeId, Raft, Role,
};

pub type Data = Rc<str>;

pub struct Member {
    /// `None` while it is down.
    pub raft: Option<Raft<Data>>,
    durable: Option<Durable<Data>>,
    config: Config,
    pub applied: Vec<Data>,
    pub reads: Vec<String>,
}

pub struct Net {
    pub members: BTreeMap<NodeId, Member>,
    cuts: BTreeSet<(NodeId, NodeId)>,
    pub queue: VecDeque<Message<Data>>,
    checker: Checker,
    /// Settings for new members, without id and seed.
    template: Config,
    pub trace: Option<String>,
    last_error: Option<Error>,
    auto_deliver: bool,
}

impl Net {
    pub fn new(voters: &[NodeId], tune: impl Fn(&mut Config)) -> Self {
        let mut template = Config::new(1, 0);
        tune(&mut template);
        let mut net = Self {
            members: BTreeMap::new(),
            cuts: BTreeSet::new(),
            queue: VecDeque::new(),
            checker: Checker::new(u64::MAX),
            template,
            trace: None,
            last_error: None,
            auto_deliver: true,
        };
        for id in voters {
            net.start(*id, Durable::new(ConfState::of_voters(voters.iter().copied())));
        }
        net
    }

    /// Creates a group as etcd does: with its members in the log, so that others can join. The first term is 2.
    pub fn bootstrap(voters: &[NodeId]) -> Self {
        let mut net = Self::new(&[], |_| {});
        for id in voters {
            net.start(*id, Durable::bootstrap(voters.iter().map(|id| (*id, None))));
        }
        net
    }

    fn start(&mut self, id: NodeId, durable: Durable<Data>) {
        let seed = self.template.seed.wrapping_mul(1000).wrapping_add(id);
        let config = Config { id, seed, ..self.template.clone() };
        let raft = Some(Raft::new(config.clone(), durable));
        let member = Member { raft, durable: None, config, applied: Vec::new(), reads: Vec::new() };
        self.members.insert(id, member);
        self.drain(id);
    }

    pub fn raft(&self, id: NodeId) -> &Raft<Data> {
        self.members[&id].raft.as_ref().unwrap_or_else(|| panic!("{id} is down"))
    }

    pub fn up(&self) -> impl Iterator<Item = &Raft<Data>> {
        self.members.values().filter_map(|member| member.raft.as_ref())
    }

    /// Returns the leader of the highest term. `None` if there is no leader.
    pub fn leader(&self) -> NodeId {
        let leaders = self.up().filter(|raft| raft.role() == Role::Leader);
        leaders.max_by_key(|raft| raft.term()).map_or(NONE, Raft::id)
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push_str(&line());
            trace.push('\n');
        }
    }

    /// Applies `f` to a member that is up, then collects the effects.
    pub fn act<R>(&mut self, id: NodeId, act: impl FnOnce(&mut Raft<Data>) -> R) -> Option<R> {
        let result = act(self.members.get_mut(&id)?.raft.as_mut()?);
        self.drain(id);
        Some(result)
    }

    fn drain(&mut self, id: NodeId) {
        let member = self.members.get_mut(&id).expect("a member");
        let Some(raft) = member.raft.as_mut() else { return };
        let mut notes = Vec::new();
        if let Some(now) = raft.take_soft_state() {
            notes.push(format!("  {id} is {} of term {}, leader {}", now.role, raft.term(), now.leader));
        }
        if let Some(snapshot) = raft.take_snapshot() {
            member.applied = snapshot.data.split_whitespace().map(Rc::from).collect();
            notes.push(format!("  {id} restores the snapshot {}/{}", snapshot.term, snapshot.index));
        }
        while let Some(entry) = raft.next_committed() {
            notes.push(format!("  {id} applies {entry}"));
            match entry.data {
                EntryData::Empty => {}
                EntryData::Normal(data) => member.applied.push(data),
                EntryData::ConfChange(change) => {
                    raft.apply_conf_change(&change).expect("a valid change");
                }
            }
        }
        member.reads.extend(raft.drain_read_states().map(|read| format!("{}@{}", read.ctx, read.index)));
        raft.take_must_sync();
        self.queue.extend(raft.drain_messages());
        for note in notes {
            self.note(|| note);
        }
        let up: Vec<&Raft<Data>> = self.members.values().filter_map(|member| member.raft.as_ref()).collect();
        if let Err(violation) = self.checker.check(&up) {
            panic!("{violation}");
        }
    }

    /// Delivers one message, or loses it if the link is cut or the receiver is down.
    pub fn deliver_one(&mut self, m: Message<Data>) {
        let passes =
            !self.cuts.contains(&(m.from, m.to)) && self.members.get(&m.to).is_some_and(|to| to.raft.is_some());
        // Transcripts leave out the arrival of heartbeats, which is not informative.
        if !passes || !matches!(m.body, Body::Heartbeat { .. } | Body::HeartbeatResp { .. }) {
            self.note(|| format!("  {m}{}", if passes { "" } else { "  (lost)" }));
        }
        if !passes {
            return self.lose(&m);
        }
        let (from, to, is_snapshot) = (m.from, m.to, matches!(m.body, Body::Snapshot(_)));
        self.act(to, |raft| match raft.step(m) {
            Ok(()) | Err(Error::ProposalDropped | Error::PeerNotFound) => {}
            Err(error) => panic!("{error}"),
        });
        if is_snapshot {
            self.act(from, |raft| raft.report_snapshot(to, true));
        }
    }

    /// Drops a message. For a snapshot, the transport notices that and reports it.
    pub fn lose(&mut self, m: &Message<Data>) {
        if matches!(m.body, Body::Snapshot(_)) {
            self.act(m.from, |raft| raft.report_snapshot(m.to, false));
        }
    }

    pub fn deliver(&mut self) {
        while let Some(m) = self.queue.pop_front() {
            self.deliver_one(m);
        }
    }

    pub fn tick(&mut self, id: NodeId) {
        self.act(id, Raft::tick);
    }

    pub fn cut(&mut self, left: NodeId, right: NodeId) {
        self.cuts.extend([(left, right), (right, left)]);
    }

    pub fn isolate(&mut self, id: NodeId) {
        for other in self.members.keys().copied().collect::<Vec<_>>() {
            self.cut(id, other);
        }
    }

    pub fn heal(&mut self) {
        self.cuts.clear();
    }

    pub fn crash(&mut self, id: NodeId) {
        let member = self.members.get_mut(&id).expect("a member");
        if let Some(raft) = member.raft.take() {
            member.durable = Some(raft.into_durable());
        }
    }

    /// Restarts a member. Its state machine was in memory, so it is rebuilt from the snapshot and the log.
    pub fn restart(&mut self, id: NodeId) {
        let member = self.members.get_mut(&id).expect("a member");
        if let Some(durable) = member.durable.take() {
            member.config.seed = member.config.seed.wrapping_add(0x9e37_79b9);
            member.applied.clear();
            member.reads.clear();
            member.raft = Some(Raft::new(member.config.clone(), durable));
            self.drain(id);
        }
    }

    pub fn compact(&mut self, id: NodeId, keep: u64) {
        let data: Data = self.members[&id].applied.join(" ").into();
        self.act(id, |raft| {
            let snapshot = raft.make_snapshot(raft.applied(), data);
            raft.compact(raft.applied().saturating_sub(keep), snapshot);
        });
    }

    /// Runs a script; see `step` for the acts. `#` starts a comment.
    pub fn run(&mut self, script: &str) {
        for (number, line) in script.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                self.note(|| format!("> {line}"));
                let words: Vec<&str> = line.split_whitespace().collect();
                if let Err(problem) = self.step(&words) {
                    panic!("line {} `{line}`: {problem}\n{}", number + 1, self.summary());
                }
                if self.auto_deliver {
                    self.deliver();
                }
            }
        }
    }

    fn step(&mut self, words: &[&str]) -> Result<(), String> {
        let id = |at: usize| -> NodeId { words[at].parse().expect("a number") };
        self.last_error = None;
        match words[0] {
            "campaign" => drop(self.act(id(1), Raft::campaign)),
            "tick" => self.tick_many(words[1], id(2)),
            "timeout" => drop(self.act(id(1), |raft| raft.set_randomized_election_timeout(id(2) as u32))),
            "propose" => {
                let dropped =
                    self.act(id(1), |raft| raft.propose(words[2].into())) == Some(Err(Error::ProposalDropped));
                return matches(dropped, words.get(3) == Some(&"dropped"));
            }
            "add-voter" => self.change(id(1), ConfChangeKind::AddVoter, id(2)),
            "add-learner" => self.change(id(1), ConfChangeKind::AddLearner, id(2)),
            "remove" => self.change(id(1), ConfChangeKind::Remove, id(2)),
            "transfer" => drop(self.act(id(1), |raft| raft.transfer_leader(id(2)))),
            "read" => drop(self.act(id(1), |raft| raft.read_index(id(2)))),
            "compact" => self.compact(id(1), id(2)),
            "unreachable" => drop(self.act(id(1), |raft| raft.report_unreachable(id(2)))),
            "cut" => self.cut(id(1), id(2)),
            "isolate" => self.isolate(id(1)),
            "heal" => self.heal(),
            "crash" => self.crash(id(1)),
            "restart" => self.restart(id(1)),
            "join" => self.start(id(1), Durable::new(ConfState::default())),
            "hold" => self.auto_deliver = false,
            "release" => self.auto_deliver = true,
            "lose" => std::mem::take(&mut self.queue).iter().for_each(|m| self.lose(m)),
            "expect" => return self.expect(&words[1..]),
            other => return Err(format!("unknown act {other}")),
        }
        Ok(())
    }

    /// Ticks one member, or all in turn, and delivers after every round.
    fn tick_many(&mut self, who: &str, times: u64) {
        for _ in 0..times {
            let ids: Vec<NodeId> = self.members.keys().copied().collect();
            for id in ids {
                if who == "all" || who == id.to_string() {
                    self.tick(id);
                }
            }
            if self.auto_deliver {
                self.deliver();
            }
        }
    }

    fn change(&mut self, via: NodeId, kind: ConfChangeKind, node: NodeId) {
        self.act(via, |raft| raft.propose_conf_change(ConfChange::new(kind, node)));
    }

    fn expect(&self, words: &[&str]) -> Result<(), String> {
        if words[0] == "leader" {
            return matches(self.leader(), words[1].parse().unwrap_or(NONE));
        }
        let id: NodeId = words[1].parse().expect("a number");
        let number = |at: usize| -> u64 { words[at].parse().expect("a number") };
        let list = |items: &[NodeId]| items.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        let rest = words[2..].join(" ");
        match words[0] {
            "applied" => matches(self.members[&id].applied.join(" "), rest),
            "reads" => matches(self.members[&id].reads.join(" "), rest),
            "role" => matches(self.raft(id).role().to_string(), rest),
            "reason" => matches(format!("{:?}", self.raft(id).reason()), rest),
            "follows" => matches(self.raft(id).leader(), number(2)),
            "term" => matches(self.raft(id).term(), number(2)),
            "commit" => matches(self.raft(id).commit_index(), number(2)),
            "last" => matches(self.raft(id).log().last_index(), number(2)),
            "first" => matches(self.raft(id).log().first_index(), number(2)),
            "voters" => matches(list(&self.raft(id).durable().conf_state.voters), rest),
            "learners" => matches(list(&self.raft(id).durable().conf_state.learners), rest),
            other => Err(format!("unknown expectation {other}")),
        }
    }

    /// Returns one line per member.
    pub fn summary(&self) -> String {
        let mut lines = String::new();
        for (id, member) in &self.members {
            lines += &match &member.raft {
                None => format!("{id}: down\n"),
                Some(raft) => format!(
                    "{id}: {} term {} leader {} commit {} log {}..={} applied [{}]\n",
                    raft.role(),
                    raft.term(),
                    raft.leader(),
                    raft.commit_index(),
                    raft.log().first_index(),
                    raft.log().last_index(),
                    member.applied.join(" ")
                ),
            };
        }
        lines
    }
}

fn matches<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("found {found:?}, wanted {wanted:?}")) }
}
