//! The oracle's side: a member run by tikv's `raft` 0.7, with its storage, fed with our messages translated.
//!
//! Persisting is instantaneous here, too: every act is followed by ready/advance until nothing is left.

use std::collections::BTreeMap;

use ha_lab::etcd::raft as ours;
use ha_lab::etcd::raft::{Body, ConfChangeKind, ConfState, Entries, EntryData, HardState, NodeId, Snapshot};
use raft::eraftpb::{self as pb, MessageType as T};
use raft::{GetEntriesContext, RaftState, RawNode, StateRole, Storage, StorageError};

/// Contexts of reads, by the leader's id, its term and our number for the read.
pub type ReadContexts = BTreeMap<(NodeId, u64, u64), Vec<u8>>;

/// Persistent state, complete with the term of the last compacted entry (tikv's own MemStorage forgets it).
#[derive(Clone, Default)]
pub struct Store {
    state: RaftState,
    entries: Vec<pb::Entry>,
    truncated: (u64, u64),
}

impl Store {
    fn append(&mut self, entries: &[pb::Entry]) {
        if let Some(first) = entries.first() {
            self.entries.truncate((first.index - self.truncated.0 - 1) as usize);
            self.entries.extend_from_slice(entries);
        }
    }

    pub fn compact(&mut self, index: u64) {
        if index > self.truncated.0 {
            let term = self.term(index).expect("a term");
            self.entries.drain(..(index - self.truncated.0) as usize);
            self.truncated = (index, term);
        }
    }

    fn restore(&mut self, snapshot: &pb::Snapshot) {
        let meta = snapshot.get_metadata();
        self.entries.clear();
        self.truncated = (meta.index, meta.term);
        self.state.conf_state = meta.get_conf_state().clone();
        self.state.hard_state.commit = self.state.hard_state.commit.max(meta.index);
    }
}

impl Storage for Store {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(self.state.clone())
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        _: impl Into<Option<u64>>,
        _: GetEntriesContext,
    ) -> raft::Result<Vec<pb::Entry>> {
        if low <= self.truncated.0 {
            return Err(raft::Error::Store(StorageError::Compacted));
        }
        let base = self.truncated.0 + 1;
        Ok(self.entries[(low - base) as usize..(high - base) as usize].to_vec())
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        match index.checked_sub(self.truncated.0) {
            None => Err(raft::Error::Store(StorageError::Compacted)),
            Some(0) => Ok(self.truncated.1),
            Some(at) => self
                .entries
                .get(at as usize - 1)
                .map(|entry| entry.term)
                .ok_or(raft::Error::Store(StorageError::Unavailable)),
        }
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.truncated.0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.truncated.0 + self.entries.len() as u64)
    }

    fn snapshot(&self, _: u64, _: u64) -> raft::Result<pb::Snapshot> {
        let mut snapshot = pb::Snapshot::default();
        let commit = self.state.hard_state.commit;
        snapshot.mut_metadata().index = commit;
        snapshot.mut_metadata().term = self.term(commit)?;
        snapshot.mut_metadata().set_conf_state(self.state.conf_state.clone());
        Ok(snapshot)
    }
}

pub struct Peer {
    pub node: RawNode<Store>,
    config: raft::Config,
    pub applied: Vec<ours::Entry<u64>>,
    pub applied_index: u64,
    pub reads: Vec<(u64, u64)>,
    pub sent: Vec<pb::Message>,
    /// It led while it applied its own removal: from then on tikv's code may panic, which ends a schedule.
    pub removed_leader: bool,
    /// Changes that would have left no voter.
    pub refused: u64,
}

impl Peer {
    pub fn new(id: NodeId, conf_state: &ConfState, pre_vote: bool, check_quorum: bool) -> Self {
        let config = raft::Config {
            id,
            election_tick: 10,
            heartbeat_tick: 1,
            max_size_per_msg: raft::NO_LIMIT,
            max_inflight_msgs: 512,
            pre_vote,
            check_quorum,
            ..raft::Config::default()
        };
        let mut store = Store::default();
        store.state.conf_state = conf_state_to(conf_state);
        Self {
            node: start(&config, store),
            config,
            applied: Vec::new(),
            applied_index: 0,
            reads: Vec::new(),
            sent: Vec::new(),
            removed_leader: false,
            refused: 0,
        }
    }

    pub fn restart(&mut self) {
        self.config.applied = self.applied_index;
        self.node = start(&self.config, self.node.store().clone());
    }

    /// Delivers one of our messages, without the fields that etcd's messages do not have.
    pub fn step(&mut self, m: pb::Message) {
        let _ = self.node.step(m);
    }

    /// Persists, applies and collects until nothing is left to do.
    pub fn settle(&mut self) {
        while self.node.has_ready() {
            let mut ready = self.node.ready();
            self.sent.extend(ready.take_messages());
            if !ready.snapshot().is_empty() {
                let snapshot = ready.snapshot().clone();
                self.applied_index = snapshot.get_metadata().index;
                self.node.mut_store().restore(&snapshot);
            }
            self.apply(ready.take_committed_entries());
            if self.removed_leader {
                return;
            }
            self.node.mut_store().append(ready.entries());
            if let Some(hard_state) = ready.hs() {
                self.node.mut_store().state.hard_state = hard_state.clone();
            }
            self.sent.extend(ready.take_persisted_messages());
            self.keep_reads(ready.take_read_states());
            let mut light = self.node.advance_append(ready);
            if let Some(commit) = light.commit_index() {
                self.node.mut_store().state.hard_state.commit = commit;
            }
            self.sent.extend(light.take_messages());
            self.apply(light.take_committed_entries());
            if self.removed_leader {
                return;
            }
            self.node.advance_apply();
        }
    }

    fn keep_reads(&mut self, reads: Vec<raft::ReadState>) {
        self.reads.extend(reads.iter().map(|read| (number(&read.request_ctx), read.index)));
    }

    fn apply(&mut self, entries: Vec<pb::Entry>) {
        for entry in &entries {
            let entry = entry_from(entry);
            self.applied_index = entry.index;
            if let EntryData::ConfChange(change) = &entry.data {
                let mut cc = pb::ConfChange::default();
                cc.set_change_type(change_type(change.kind));
                cc.node_id = change.node;
                if let Ok(conf_state) = self.node.apply_conf_change(&cc) {
                    let raft = &self.node.raft;
                    self.removed_leader |= raft.state == StateRole::Leader && !conf_state.voters.contains(&raft.id);
                    self.node.mut_store().state.conf_state = conf_state;
                } else {
                    self.refused += 1;
                }
            }
            self.applied.push(entry);
        }
    }
}

fn start(config: &raft::Config, store: Store) -> RawNode<Store> {
    let logger = slog::Logger::root(slog::Discard, slog::o!());
    RawNode::new(config, store, &logger).expect("valid settings")
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

pub fn change_type(kind: ConfChangeKind) -> pb::ConfChangeType {
    match kind {
        ConfChangeKind::AddVoter | ConfChangeKind::Update => pb::ConfChangeType::AddNode,
        ConfChangeKind::Remove => pb::ConfChangeType::RemoveNode,
        ConfChangeKind::AddLearner => pb::ConfChangeType::AddLearnerNode,
    }
}

fn conf_state_to(conf_state: &ConfState) -> pb::ConfState {
    let mut out = pb::ConfState::default();
    out.set_voters(conf_state.voters.clone());
    out.set_learners(conf_state.learners.clone());
    out
}

fn entry_to(entry: &ours::Entry<u64>) -> pb::Entry {
    let mut out = pb::Entry { term: entry.term, index: entry.index, ..pb::Entry::default() };
    match &entry.data {
        EntryData::Empty => {}
        EntryData::Normal(data) => out.data = data.to_le_bytes().to_vec().into(),
        EntryData::ConfChange(change) => {
            // The encoding of a ConfChange: field 2 the type, field 3 the node; a zero is left out.
            let kind = change_type(change.kind) as u8;
            let mut bytes = if kind == 0 { Vec::new() } else { vec![0x10, kind] };
            bytes.extend([0x18, change.node as u8]);
            out.set_entry_type(pb::EntryType::EntryConfChange);
            out.data = bytes.into();
        }
    }
    out
}

fn entry_from(entry: &pb::Entry) -> ours::Entry<u64> {
    let data = match (entry.get_entry_type(), entry.data.as_ref()) {
        (pb::EntryType::EntryNormal, []) => EntryData::Empty,
        (pb::EntryType::EntryNormal, data) => EntryData::Normal(number(data)),
        (_, [0x18, node]) => conf_change(ConfChangeKind::AddVoter, *node),
        (_, [0x10, 1, 0x18, node]) => conf_change(ConfChangeKind::Remove, *node),
        (_, [0x10, 2, 0x18, node]) => conf_change(ConfChangeKind::AddLearner, *node),
        other => panic!("unexpected entry {other:?}"),
    };
    ours::Entry { term: entry.term, index: entry.index, data }
}

fn conf_change(kind: ConfChangeKind, node: u8) -> EntryData<u64> {
    EntryData::ConfChange(std::rc::Rc::new(ours::ConfChange::new(kind, node.into())))
}

pub fn message_to(m: &ours::Message<u64>, contexts: &ReadContexts) -> pb::Message {
    let mut out = pb::Message { to: m.to, from: m.from, term: m.term, ..pb::Message::default() };
    let context = |leader, seq| contexts.get(&(leader, m.term, seq)).cloned().unwrap_or_default().into();
    let kind = match &m.body {
        Body::PreVote { last_index, last_term } => {
            (out.index, out.log_term) = (*last_index, *last_term);
            T::MsgRequestPreVote
        }
        Body::Vote { last_index, last_term, transfer } => {
            (out.index, out.log_term) = (*last_index, *last_term);
            if *transfer {
                out.context = b"CampaignTransfer".to_vec().into();
            }
            T::MsgRequestVote
        }
        Body::PreVoteResp { reject } => {
            out.reject = *reject;
            T::MsgRequestPreVoteResponse
        }
        Body::VoteResp { reject } => {
            out.reject = *reject;
            T::MsgRequestVoteResponse
        }
        Body::Append { prev_index, prev_term, commit, entries } => {
            (out.index, out.log_term, out.commit) = (*prev_index, *prev_term, *commit);
            out.set_entries(entries.as_slice().iter().map(entry_to).collect::<Vec<_>>().into());
            T::MsgAppend
        }
        Body::AppendResp { index } => {
            out.index = *index;
            T::MsgAppendResponse
        }
        Body::AppendReject { index, hint_index, hint_term } => {
            (out.index, out.reject, out.reject_hint, out.log_term) = (*index, true, *hint_index, *hint_term);
            T::MsgAppendResponse
        }
        Body::Heartbeat { commit, read_seq } => {
            (out.commit, out.context) = (*commit, context(m.from, *read_seq));
            T::MsgHeartbeat
        }
        Body::HeartbeatResp { read_seq } => {
            out.context = context(m.to, *read_seq);
            T::MsgHeartbeatResponse
        }
        Body::Snapshot(snapshot) => {
            let meta = out.mut_snapshot().mut_metadata();
            (meta.index, meta.term) = (snapshot.index, snapshot.term);
            meta.set_conf_state(conf_state_to(&snapshot.conf_state));
            T::MsgSnapshot
        }
        Body::TimeoutNow => T::MsgTimeoutNow,
        Body::TransferLeader => T::MsgTransferLeader,
        Body::Propose(data) => {
            let entry = ours::Entry { term: 0, index: 0, data: data.clone() };
            out.set_entries(vec![entry_to(&entry)].into());
            T::MsgPropose
        }
        Body::ReadIndex { ctx } => {
            out.set_entries(vec![read_entry(*ctx)].into());
            T::MsgReadIndex
        }
        Body::ReadIndexResp { index, ctx } => {
            out.index = *index;
            out.set_entries(vec![read_entry(*ctx)].into());
            T::MsgReadIndexResp
        }
    };
    out.set_msg_type(kind);
    out
}

fn read_entry(ctx: u64) -> pb::Entry {
    pb::Entry { data: ctx.to_le_bytes().to_vec().into(), ..pb::Entry::default() }
}

/// Translates a message of the oracle into ours. Of a heartbeat's context it keeps only whether there is one (`read_seq` 1 or 0).
pub fn message_from(m: &pb::Message) -> ours::Message<u64> {
    let read_seq = u64::from(!m.context.is_empty());
    let ctx = || number(&m.get_entries()[0].data);
    let body = match m.get_msg_type() {
        T::MsgRequestPreVote => Body::PreVote { last_index: m.index, last_term: m.log_term },
        T::MsgRequestVote => Body::Vote { last_index: m.index, last_term: m.log_term, transfer: !m.context.is_empty() },
        T::MsgRequestPreVoteResponse => Body::PreVoteResp { reject: m.reject },
        T::MsgRequestVoteResponse => Body::VoteResp { reject: m.reject },
        T::MsgAppend => {
            let mut entries: Vec<_> = m.get_entries().iter().map(entry_from).collect();
            let entries = match entries.len() {
                0 => Entries::None,
                1 => Entries::One(entries.remove(0)),
                _ => Entries::Many(entries),
            };
            Body::Append { prev_index: m.index, prev_term: m.log_term, commit: m.commit, entries }
        }
        T::MsgAppendResponse if m.reject => {
            Body::AppendReject { index: m.index, hint_index: m.reject_hint, hint_term: m.log_term }
        }
        T::MsgAppendResponse => Body::AppendResp { index: m.index },
        T::MsgHeartbeat => Body::Heartbeat { commit: m.commit, read_seq },
        T::MsgHeartbeatResponse => Body::HeartbeatResp { read_seq },
        T::MsgSnapshot => {
            let meta = m.get_snapshot().get_metadata();
            let conf_state = ConfState {
                voters: meta.get_conf_state().voters.clone(),
                learners: meta.get_conf_state().learners.clone(),
            };
            Body::Snapshot(Snapshot { index: meta.index, term: meta.term, conf_state, data: 0 }.into())
        }
        T::MsgTimeoutNow => Body::TimeoutNow,
        T::MsgTransferLeader => Body::TransferLeader,
        T::MsgPropose => Body::Propose(entry_from(&m.get_entries()[0]).data),
        T::MsgReadIndex => Body::ReadIndex { ctx: ctx() },
        T::MsgReadIndexResp => Body::ReadIndexResp { index: m.index, ctx: ctx() },
        other => panic!("unexpected {other:?}"),
    };
    ours::Message { to: m.to, from: m.from, term: m.term, body }
}

pub fn hard_state(peer: &Peer) -> HardState {
    let raft = &peer.node.raft;
    HardState { term: raft.term, vote: raft.vote, commit: raft.raft_log.committed }
}
