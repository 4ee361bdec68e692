//! What a member keeps through a crash: term, vote and commit, the log, the configuration and the last snapshot.
//!
//! Knows nothing of roles. The real thing: etcd's WAL and snapshot files, etcd-io/raft `raftpb.HardState`.

use std::rc::Rc;

use super::{ConfChange, ConfChangeKind, ConfState, EntryData, Index, NodeId, RaftLog, Snapshot, Term};

/// The three numbers that Raft must not forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardState {
    /// Latest term seen.
    pub term: Term,
    /// Who got this member's vote in that term, or [`super::NONE`].
    pub vote: NodeId,
    /// Highest index known to be committed.
    pub commit: Index,
}

/// Everything that survives a crash. Cloning it shares the log's chunks.
#[derive(Clone, Debug)]
pub struct Durable<D> {
    /// Term, vote, commit.
    pub(crate) hard_state: HardState,
    /// Entries since the last compaction.
    pub(crate) log: RaftLog<D>,
    /// The configuration after the entry `conf_index`.
    pub conf_state: ConfState,
    /// Index of the entry or snapshot that `conf_state` comes from: replayed changes up to it are not applied twice.
    pub(crate) conf_index: Index,
    /// The last snapshot taken here or received from a leader.
    pub snapshot: Option<Rc<Snapshot<D>>>,
}

impl<D: Clone> Durable<D> {
    /// A founding member as etcd starts it (etcd-io/raft `bootstrap.go`): the log begins with one committed entry per
    /// member, in the order given, so that a member that joins later learns of them all; the term is 1. Every founder
    /// must be given the same list. The contexts come out with the entries ([`super::Raft::next_committed`]).
    pub fn bootstrap(members: impl IntoIterator<Item = (NodeId, Option<D>)>) -> Self {
        let (mut log, mut voters) = (RaftLog::new(), Vec::new());
        for (node, context) in members {
            let change = ConfChange { kind: ConfChangeKind::AddVoter, node, context };
            log.append(1, EntryData::ConfChange(Rc::new(change)));
            voters.push(node);
        }
        let last = log.last_index();
        let hard_state = HardState { term: 1, vote: super::NONE, commit: last };
        Self { hard_state, log, conf_state: ConfState::of_voters(voters), conf_index: last, snapshot: None }
    }

    /// A member that has seen nothing yet. One that joins a running group starts with the default (empty)
    /// configuration and learns it from the log or from a snapshot; a test may give a group that was never written down.
    pub fn new(conf_state: ConfState) -> Self {
        Self { hard_state: HardState::default(), log: RaftLog::new(), conf_state, conf_index: 0, snapshot: None }
    }
}
