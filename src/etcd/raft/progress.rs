//! A leader's view of each member, and the flow control of its appends.
//!
//! Knows nothing of messages. The real thing: etcd-io/raft `tracker/progress.go`, `tracker/inflights.go`.

use std::collections::VecDeque;

use super::{Index, NodeId};

/// How the leader talks to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProgressState {
    /// It does not know where the logs match: one append, then wait for the answer or for a heartbeat's.
    Probe,
    /// It streams entries, optimistically.
    Replicate,
    /// It waits for a snapshot to arrive.
    Snapshot,
}

/// The leader's view of one member. Only meaningful while this member leads.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Whose.
    pub id: NodeId,
    /// The member's log is known to match up to here.
    pub match_index: Index,
    /// The next entry to send; greater than `match_index`.
    pub(crate) next_index: Index,
    /// The highest commit index on its way to the member.
    pub(super) sent_commit: Index,
    /// How to talk to it.
    pub(crate) state: ProgressState,
    /// Index of the snapshot sent, in [`ProgressState::Snapshot`]; otherwise 0.
    pub(crate) pending_snapshot: Index,
    /// It was heard from since the last CheckQuorum.
    pub recent_active: bool,
    /// Wait for a heartbeat's answer before sending another append.
    pub(crate) flow_paused: bool,
    /// It replicates but neither votes nor counts.
    pub is_learner: bool,
    /// What it answered in the current election.
    pub(crate) vote: Option<bool>,
    /// Highest read number that it acknowledged (read_only.rs).
    pub(super) read_ack: u64,
    /// Appends not answered yet.
    pub inflights: Inflights,
}

impl Progress {
    /// A member that just entered the configuration.
    pub(super) fn new(id: NodeId, last_index: Index, max_inflight: usize, is_learner: bool) -> Self {
        Self {
            id,
            match_index: 0,
            next_index: last_index.max(1),
            sent_commit: 0,
            state: ProgressState::Probe,
            pending_snapshot: 0,
            // Otherwise CheckQuorum could depose the leader before the newcomer had a chance to speak.
            recent_active: true,
            flow_paused: false,
            is_learner,
            vote: None,
            read_ack: 0,
            inflights: Inflights::new(max_inflight),
        }
    }

    /// Back to knowing nothing, at the start of a term.
    pub(super) fn reset(&mut self, last_index: Index) {
        self.match_index = 0;
        self.next_index = last_index + 1;
        self.sent_commit = 0;
        self.recent_active = false;
        self.vote = None;
        self.read_ack = 0;
        self.reset_state(ProgressState::Probe);
    }

    fn reset_state(&mut self, state: ProgressState) {
        self.flow_paused = false;
        self.pending_snapshot = 0;
        self.state = state;
        self.inflights.clear();
    }

    pub(super) fn become_probe(&mut self) {
        // After a snapshot the probe starts behind it: it has probably arrived.
        let after_snapshot = if self.state == ProgressState::Snapshot { self.pending_snapshot } else { 0 };
        self.reset_state(ProgressState::Probe);
        self.next_index = self.match_index.max(after_snapshot) + 1;
        self.sent_commit = self.sent_commit.min(self.next_index - 1);
    }

    pub(super) fn become_replicate(&mut self) {
        self.reset_state(ProgressState::Replicate);
        self.next_index = self.match_index + 1;
    }

    pub(super) fn become_snapshot(&mut self, index: Index) {
        self.reset_state(ProgressState::Snapshot);
        self.pending_snapshot = index;
        self.next_index = index + 1;
        self.sent_commit = index;
    }

    /// Whether appends have to wait.
    #[inline]
    pub fn is_paused(&self) -> bool {
        self.state == ProgressState::Snapshot || self.flow_paused
    }

    /// An append with `count` entries from `next_index` on is being sent.
    #[inline]
    pub(super) fn sent_entries(&mut self, count: usize) {
        match self.state {
            ProgressState::Replicate => {
                if count > 0 {
                    self.next_index += count as Index;
                    self.inflights.add(self.next_index - 1);
                }
                self.flow_paused = self.inflights.is_full();
            }
            ProgressState::Probe => self.flow_paused |= count > 0,
            ProgressState::Snapshot => unreachable!("no append while a snapshot is on its way"),
        }
    }

    /// Whether telling the member this commit index could move its own.
    #[inline]
    pub(super) fn can_bump_commit(&self, commit: Index) -> bool {
        commit > self.sent_commit && self.sent_commit < self.next_index - 1
    }

    /// The member acknowledged `index`; false if that is no news.
    #[inline]
    pub(super) fn maybe_update(&mut self, index: Index) -> bool {
        if index <= self.match_index {
            return false;
        }
        self.match_index = index;
        self.next_index = self.next_index.max(index + 1);
        self.flow_paused = false;
        true
    }

    /// The member refused an append at `rejected`; false if that is a stale answer.
    pub(super) fn maybe_decrease(&mut self, rejected: Index, match_hint: Index) -> bool {
        if self.state == ProgressState::Replicate {
            if rejected <= self.match_index {
                return false;
            }
            self.next_index = self.match_index + 1;
        } else {
            if self.next_index - 1 != rejected {
                return false;
            }
            self.next_index = rejected.min(match_hint + 1).max(self.match_index + 1);
            self.flow_paused = false;
        }
        self.sent_commit = self.sent_commit.min(self.next_index - 1);
        true
    }
}

/// A window over the appends that are under way, each known by its last entry.
#[derive(Clone, Debug)]
pub struct Inflights {
    window: VecDeque<Index>,
    max: usize,
}

impl Inflights {
    fn new(max: usize) -> Self {
        Self { window: VecDeque::new(), max }
    }

    /// Whether another one has to wait.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.window.len() >= self.max
    }

    #[inline]
    fn add(&mut self, last: Index) {
        debug_assert!(!self.is_full());
        self.window.push_back(last);
    }

    /// Everything up to `index` has been answered.
    #[inline]
    pub(super) fn free_to(&mut self, index: Index) {
        while self.window.front().is_some_and(|last| *last <= index) {
            self.window.pop_front();
        }
    }

    fn clear(&mut self) {
        self.window.clear();
    }
}
