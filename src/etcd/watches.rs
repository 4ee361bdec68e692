//! The watches that clients hold at one member.

use std::rc::Rc;

use super::store::Store;
use super::{EtcdError, Revision, Span, Value, WatchResponse};
use crate::sim::ConnId;

#[derive(Clone, Debug)]
struct Watcher {
    conn: ConnId,
    id: u64,
    span: Span,
    require_leader: bool,
    /// The first revision that it has not been told.
    next: Revision,
}

/// The watches that clients hold at one member.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    watchers: Vec<Watcher>,
}

/// A message to a watcher: its connection, and the response.
pub(super) type Delivery<D> = (ConnId, Rc<WatchResponse<D>>);

impl Watches {
    /// Adds a watch from `start` on (0: from the next revision on).
    pub(crate) fn add(
        &mut self,
        conn: ConnId,
        id: u64,
        span: Span,
        start: Revision,
        require_leader: bool,
        now: Revision,
    ) {
        let next = if start == 0 { now + 1 } else { start };
        self.watchers.push(Watcher { conn, id, span, require_leader, next });
    }

    pub(crate) fn cancel(&mut self, conn: ConnId, id: u64) -> bool {
        let before = self.watchers.len();
        self.watchers.retain(|w| !(w.conn == conn && w.id == id));
        self.watchers.len() < before
    }

    pub(crate) fn drop_conn(&mut self, conn: ConnId) {
        self.watchers.retain(|w| w.conn != conn);
    }

    pub(crate) fn len(&self) -> usize {
        self.watchers.len()
    }

    /// Returns the events that each watcher has not been sent.
    pub(crate) fn catch_up<D: Value>(&mut self, store: &Store<D>) -> Vec<Delivery<D>> {
        let revision = store.revision();
        let mut out = Vec::new();
        self.watchers.retain_mut(|w| {
            if w.next > revision {
                return true;
            }
            let (events, canceled) = match store.events_from(w.next) {
                Ok(events) => (events.filter(|e| w.span.contains(&e.kv.key)).cloned().collect(), None),
                Err(error) => (Vec::new(), Some(error)),
            };
            w.next = revision + 1;
            if !events.is_empty() || canceled.is_some() {
                out.push((w.conn, Rc::new(WatchResponse { watch: w.id, revision, events, canceled })));
            }
            canceled.is_none()
        });
        out
    }

    /// Ends the watches that require a leader, after too long without one.
    pub(crate) fn cancel_for_no_leader<D>(&mut self, revision: Revision) -> Vec<Delivery<D>> {
        let mut out = Vec::new();
        self.watchers.retain(|w| {
            if w.require_leader {
                let canceled = Some(EtcdError::NoLeader);
                out.push((w.conn, Rc::new(WatchResponse { watch: w.id, revision, events: Vec::new(), canceled })));
            }
            !w.require_leader
        });
        out
    }
}
