//! Linearizable reads (ReadIndex, safe mode): a read may be served at the commit index it arrived at, once a majority
//! has confirmed, by answering a later heartbeat, that this leader still leads.
//!
//! Knows nothing of members. The real thing: etcd-io/raft `read_only.go`; reads are numbered in order of arrival, a
//! heartbeat carries the number of the last one, and the number that a majority has answered confirms all up to it.

use std::collections::VecDeque;

use super::{Index, NodeId};

/// A read that may be served as soon as the state machine has applied `index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadState {
    /// The commit index when the read arrived at the leader.
    pub index: Index,
    /// The caller's own number, from [`super::Raft::read_index`].
    pub ctx: u64,
}

/// A read as it waits at the leader.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadRequest {
    /// Who asked.
    pub(crate) from: NodeId,
    /// Its number for it.
    pub(crate) ctx: u64,
}

/// The leader's queue.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadOnly {
    unconfirmed: VecDeque<(ReadRequest, Index)>,
    confirmed: u64,
}

impl ReadOnly {
    pub(crate) fn reset(&mut self) {
        self.unconfirmed.clear();
        self.confirmed = 0;
    }

    /// Number of the last read that waits, 0 if none does.
    #[inline]
    pub(crate) fn last_seq(&self) -> u64 {
        if self.unconfirmed.is_empty() { 0 } else { self.confirmed + self.unconfirmed.len() as u64 }
    }

    pub(crate) fn add(&mut self, request: ReadRequest, commit: Index) {
        self.unconfirmed.push_back((request, commit));
    }

    /// A majority has answered `seq`; the next read that this confirms.
    pub(crate) fn pop_confirmed(&mut self, seq: u64) -> Option<(ReadRequest, Index)> {
        if seq <= self.confirmed {
            return None;
        }
        let read = self.unconfirmed.pop_front()?;
        self.confirmed += 1;
        Some(read)
    }
}
