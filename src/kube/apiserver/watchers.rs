//! The clients' watches. A change is sent only to watches of its kind, namespace and
//! node (FACTS 4.2; upstream storage/cacher/cacher.go, whose pods are indexed by node in the same way).

use super::cache::{Change, node_of};
use crate::kube::api::{Api, StreamId};
use crate::kube::object::{Kind, Name};
use crate::kube::vocabulary::{Ctx, Wire};
use crate::sim::ConnId;
use crate::sim::map::Map;

/// One client's watch.
#[derive(Clone, Debug)]
pub(super) struct Watcher {
    pub(crate) number: u64,
    pub(crate) conn: ConnId,
    pub(crate) stream: StreamId,
    pub(crate) namespace: Option<Name>,
    /// Changes up to this revision are known to it.
    pub(crate) after: u64,
}

#[derive(Clone, Debug)]
struct Place {
    kind: Kind,
    node: Option<Name>,
    conn: ConnId,
    stream: StreamId,
}

/// All watches of one API server.
#[derive(Clone, Debug, Default)]
pub(super) struct Watchers {
    by_kind: Map<Kind, Vec<Watcher>>,
    /// Of pods, those that asked for one node.
    by_node: Map<Name, Vec<Watcher>>,
    places: Map<u64, Place>,
}

impl Watchers {
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn insert(&mut self, kind: Kind, node: Option<Name>, watcher: Watcher) {
        let Watcher { conn, stream, .. } = watcher;
        self.places.insert(watcher.number, Place { kind, node: node.clone(), conn, stream });
        match node {
            Some(node) => self.by_node.entry(node).or_default().push(watcher),
            None => self.by_kind.entry(kind).or_default().push(watcher),
        }
    }

    /// Removes a watch; returns its connection and stream, `None` if it does not exist.
    pub(crate) fn remove(&mut self, number: u64) -> Option<(ConnId, StreamId)> {
        let place = self.places.remove(&number)?;
        match place.node {
            Some(node) => {
                if let Some(watchers) = self.by_node.get_mut(&node) {
                    watchers.retain(|w| w.number != number);
                    if watchers.is_empty() {
                        self.by_node.remove(&node);
                    }
                }
            }
            None => {
                if let Some(watchers) = self.by_kind.get_mut(&place.kind) {
                    watchers.retain(|w| w.number != number);
                }
            }
        }
        Some((place.conn, place.stream))
    }

    /// The stream of a watch.
    pub(crate) fn stream_of(&self, number: u64) -> Option<StreamId> {
        self.places.get(&number).map(|p| p.stream)
    }

    /// Ends all watches and tells their clients.
    pub(crate) fn end_all(&mut self, ctx: &mut Ctx<'_>) {
        for place in std::mem::take(self).places.into_values() {
            ctx.send(place.conn, Wire::Api(Api::WatchEnd { stream: place.stream }));
        }
    }

    /// Sends a change to the watches that match it.
    pub(crate) fn tell(&self, ctx: &mut Ctx<'_>, change: &Change) {
        let object = &change.stored.object;
        let kind = object.kind();
        for watcher in self.by_kind.get(&kind).into_iter().flatten() {
            if watcher.wants(change) {
                watcher.send(ctx, change.event());
            }
        }
        if kind != Kind::Pod || self.by_node.is_empty() {
            return;
        }
        let after = node_of(object);
        let before = change.previous.as_deref().and_then(node_of).filter(|b| Some(*b) != after);
        for node in [before, after].into_iter().flatten() {
            for watcher in self.by_node.get(node).into_iter().flatten() {
                if watcher.wants(change)
                    && let Some(event) = change.event_of_node(node)
                {
                    watcher.send(ctx, event);
                }
            }
        }
    }
}

impl Watcher {
    pub(crate) fn wants(&self, change: &Change) -> bool {
        let object = &change.stored.object;
        change.stored.resource_version > self.after
            && self.namespace.as_ref().is_none_or(|n| *n == object.meta.namespace)
    }

    pub(crate) fn send(&self, ctx: &mut Ctx<'_>, event: crate::kube::api::WatchEvent) {
        ctx.send(self.conn, Wire::Api(Api::Watch { stream: self.stream, event }));
    }
}
