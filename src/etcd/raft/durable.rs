//! What a member keeps through a crash: term, vote and commit, the log, the configuration and the last snapshot.
//!
//! Knows nothing of roles. The real thing: etcd's WAL and snapshot files, etcd-io/raft `raftpb.HardState`.

use std::rc::Rc;

use super::{ConfState, Index, NodeId, RaftLog, Snapshot, Term};

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
    pub hard_state: HardState,
    /// Entries since the last compaction.
    pub log: RaftLog<D>,
    /// The configuration after the entry `conf_index`.
    pub conf_state: ConfState,
    /// Index of the entry or snapshot that `conf_state` comes from: replayed changes up to it are not applied twice.
    pub conf_index: Index,
    /// The last snapshot taken here or received from a leader.
    pub snapshot: Option<Rc<Snapshot<D>>>,
}

impl<D: Clone> Durable<D> {
    /// A member that has seen nothing yet, in a group of `conf_state`. A member that joins a running group starts with
    /// the default (empty) configuration and learns it from the log or from a snapshot.
    pub fn new(conf_state: ConfState) -> Self {
        Self { hard_state: HardState::default(), log: RaftLog::new(), conf_state, conf_index: 0, snapshot: None }
    }

    /// A member restored from a snapshot: the log starts after it, all of it is committed.
    pub fn from_snapshot(snapshot: Rc<Snapshot<D>>) -> Self {
        let mut log = RaftLog::new();
        log.restore(snapshot.index, snapshot.term);
        Self {
            hard_state: HardState { term: snapshot.term, vote: super::NONE, commit: snapshot.index },
            log,
            conf_state: snapshot.conf_state.clone(),
            conf_index: snapshot.index,
            snapshot: Some(snapshot),
        }
    }
}
