//! Linearizable reads: one ReadIndex round at a time, shared by all reads that arrived before it began (etcd's
//! linearizableReadLoop, FACTS 5.1).

use std::rc::Rc;

use super::Request;
use crate::sim::{Cause, ConnId, SimTime};

/// A client's request that waits for Raft.
#[derive(Clone, Debug)]
pub(super) struct Waiting<D> {
    pub(crate) conn: ConnId,
    pub(crate) request: Rc<Request<D>>,
    pub(crate) since: SimTime,
    pub(crate) cause: Cause,
}

/// Reads that wait for the next round, and those of the round under way.
#[derive(Clone, Debug)]
pub(super) struct Reads<D> {
    next: Vec<Waiting<D>>,
    round: Option<Round<D>>,
    last_ctx: u64,
}

#[derive(Clone, Debug)]
struct Round<D> {
    ctx: u64,
    asked: SimTime,
    reads: Vec<Waiting<D>>,
}

impl<D> Default for Reads<D> {
    fn default() -> Self {
        Reads { next: Vec::new(), round: None, last_ctx: 0 }
    }
}

impl<D> Reads<D> {
    pub(crate) fn add(&mut self, read: Waiting<D>) {
        self.next.push(read);
    }

    /// Starts a round if none is under way and a read waits; returns its number for Raft.
    pub(crate) fn begin(&mut self, now: SimTime) -> Option<u64> {
        if self.round.is_some() || self.next.is_empty() {
            return None;
        }
        self.last_ctx += 1;
        self.round = Some(Round { ctx: self.last_ctx, asked: now, reads: std::mem::take(&mut self.next) });
        Some(self.last_ctx)
    }

    /// Returns the number of the round that was requested at or before `due`, to request it again.
    pub(crate) fn ask_again(&mut self, due: SimTime, now: SimTime) -> Option<u64> {
        let round = self.round.as_mut()?;
        if round.asked > due {
            return None;
        }
        round.asked = now;
        Some(round.ctx)
    }

    /// Raft has confirmed a round: returns its reads, which may be served.
    pub(crate) fn confirmed(&mut self, ctx: u64) -> Vec<Waiting<D>> {
        match self.round.take() {
            Some(round) if round.ctx == ctx => round.reads,
            other => {
                self.round = other;
                Vec::new()
            }
        }
    }

    /// Gives up the round: returns its reads, which get an error.
    pub(crate) fn fail_round(&mut self) -> Vec<Waiting<D>> {
        self.round.take().map_or_else(Vec::new, |round| round.reads)
    }

    /// Removes and returns the reads that have waited since `before` or longer.
    pub(crate) fn expired(&mut self, before: SimTime) -> Vec<Waiting<D>> {
        let mut out = Vec::new();
        let mut take = |list: &mut Vec<Waiting<D>>| {
            let (old, young) = std::mem::take(list).into_iter().partition(|r| r.since <= before);
            *list = young;
            let old: Vec<_> = old;
            out.extend(old);
        };
        take(&mut self.next);
        if let Some(round) = &mut self.round {
            take(&mut round.reads);
            if round.reads.is_empty() {
                self.round = None;
            }
        }
        out
    }

    pub(crate) fn drop_conn(&mut self, conn: ConnId) {
        self.next.retain(|r| r.conn != conn);
        if let Some(round) = &mut self.round {
            round.reads.retain(|r| r.conn != conn);
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.round.is_none() && self.next.is_empty()
    }
}
