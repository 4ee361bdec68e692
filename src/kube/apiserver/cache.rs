//! The watch cache: the state from etcd's watch, by kind, and the recent changes from which a client's watch can
//! start (FACTS 4.2; upstream storage/cacher/watch_cache.go).
//!
//! Each kind has a window of its own, which keeps at least 100 changes and all that are younger than 75 s, at most
//! 10,240.

use std::collections::VecDeque;
use std::ops::Bound;
use std::rc::Rc;

use crate::etcd::{self, WatchKind};
use crate::kube::api::WatchEvent;
use crate::kube::object::{Kind, Name, Object, Stored};
use crate::kube::value::Value;
use crate::sim::map::Map;
use crate::sim::{SimDuration, SimTime};

const LEAST_KEPT: usize = 100;
const MOST_KEPT: usize = 10_240;
const FRESH: SimDuration = SimDuration::from_secs(75);
const KINDS: usize = Kind::ALL.len();

/// One change of one object.
#[derive(Clone, Debug)]
pub(super) struct Change {
    at: SimTime,
    /// The state after the change, or the last state of what was deleted; with the change's revision.
    pub(crate) stored: Stored,
    pub(crate) previous: Option<Rc<Object>>,
    pub(crate) deleted: bool,
}

#[derive(Clone, Debug, Default)]
struct KindCache {
    objects: Map<Name, Stored>,
    window: VecDeque<Change>,
    /// Changes up to this revision are not in the window.
    floor: u64,
}

/// The watch cache of one API server, all kinds.
#[derive(Clone, Debug)]
pub(super) struct WatchCache {
    kinds: [Rc<KindCache>; KINDS],
    revision: u64,
    updated_at: SimTime,
    ready: bool,
}

impl Default for WatchCache {
    fn default() -> Self {
        let kinds = std::array::from_fn(|_| Rc::default());
        WatchCache { kinds, revision: 0, updated_at: SimTime::ZERO, ready: false }
    }
}

impl WatchCache {
    /// Whether the first read is done.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// When it last heard from its watch, on this host's clock.
    pub(crate) fn updated_at(&self) -> SimTime {
        self.updated_at
    }

    pub(crate) fn len(&self, kind: Kind) -> usize {
        self.kinds[kind as usize].objects.len()
    }

    pub(crate) fn get(&self, kind: Kind, key: &str) -> Option<&Stored> {
        self.kinds[kind as usize].objects.get(key)
    }

    /// Whether an object is there.
    pub(crate) fn contains(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.get(kind, &kind.key(namespace, name)).is_some()
    }

    /// Objects of a kind in the order of their keys.
    pub(crate) fn objects(&self, kind: Kind, namespace: Option<&str>) -> impl Iterator<Item = (&Name, &Stored)> {
        let prefix = match namespace {
            Some(namespace) if kind.is_namespaced() => format!("{}{namespace}/", kind.prefix()),
            _ => kind.prefix().to_owned(),
        };
        let from =
            self.kinds[kind as usize].objects.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.take_while(move |(key, _)| key.starts_with(prefix.as_str()))
    }

    /// Replaces everything by a read at `revision`.
    pub(crate) fn replace(&mut self, now: SimTime, revision: u64, kvs: &[etcd::KeyValue<Value>]) {
        *self = WatchCache { revision, updated_at: now, ready: true, ..WatchCache::default() };
        let mut kinds: [KindCache; KINDS] =
            std::array::from_fn(|_| KindCache { floor: revision, ..Default::default() });
        for kv in kvs {
            if let Value::Object(object) = &kv.value {
                let stored = Stored { resource_version: kv.mod_revision, object: object.clone() };
                kinds[object.kind() as usize].objects.insert(kv.key.clone(), stored);
            }
        }
        self.kinds = kinds.map(Rc::new);
    }

    /// The watch has delivered everything up to `revision`.
    pub(crate) fn advance(&mut self, now: SimTime, revision: u64) {
        self.revision = self.revision.max(revision);
        self.updated_at = now;
    }

    /// Applies one event of the watch; returns the change if it is about an object and not known yet.
    pub(crate) fn apply(&mut self, now: SimTime, event: &etcd::WatchEvent<Value>) -> Option<Change> {
        let revision = event.kv.mod_revision;
        if revision < self.revision {
            return None;
        }
        self.revision = revision;
        let Value::Object(object) = &event.kv.value else { return None };
        let cache = Rc::make_mut(&mut self.kinds[object.kind() as usize]);
        let stored = Stored { resource_version: revision, object: object.clone() };
        let deleted = event.kind == WatchKind::Delete;
        let before = if deleted {
            Some(cache.objects.remove(&event.kv.key)?)
        } else {
            match cache.objects.get_mut(&event.kv.key) {
                Some(entry) if entry.resource_version >= revision => return None,
                Some(entry) => Some(std::mem::replace(entry, stored.clone())),
                None => {
                    cache.objects.insert(event.kv.key.clone(), stored.clone());
                    None
                }
            }
        };
        let change = Change { at: now, stored, previous: before.map(|b| b.object), deleted };
        cache.window.push_back(change.clone());
        while let Some(oldest) = cache.window.front() {
            let len = cache.window.len();
            if len <= LEAST_KEPT || (len <= MOST_KEPT && now.since(oldest.at) < FRESH) {
                break;
            }
            cache.floor = oldest.stored.resource_version;
            cache.window.pop_front();
        }
        Some(change)
    }

    /// Returns the changes of a kind after `revision`; `None` if some of them are no longer in the window.
    pub(crate) fn since(&self, kind: Kind, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        let cache = &self.kinds[kind as usize];
        (revision >= cache.floor).then(|| {
            let from = cache.window.partition_point(|c| c.stored.resource_version <= revision);
            cache.window.range(from..)
        })
    }

    /// The oldest revision of a kind from which a watch can start.
    pub(crate) fn floor(&self, kind: Kind) -> u64 {
        self.kinds[kind as usize].floor
    }
}

impl Change {
    /// Returns the event of a watch of all objects.
    pub(crate) fn event(&self) -> WatchEvent {
        let stored = self.stored.clone();
        match (&self.previous, self.deleted) {
            (_, true) => WatchEvent::Deleted(stored),
            (None, false) => WatchEvent::Added(stored),
            (Some(_), false) => WatchEvent::Modified(stored),
        }
    }

    /// Returns the event of a watch of one node's pods, in which a pod appears when it is bound.
    pub(crate) fn event_of_node(&self, node: &str) -> Option<WatchEvent> {
        let is = !self.deleted && node_of(&self.stored.object) == Some(node);
        let was = self.previous.as_deref().and_then(node_of) == Some(node);
        let stored = || self.stored.clone();
        match (was, is) {
            (false, false) => None,
            (false, true) => Some(WatchEvent::Added(stored())),
            (true, true) => Some(WatchEvent::Modified(stored())),
            (true, false) => {
                let last = if self.deleted { &self.stored.object } else { self.previous.as_ref()? };
                let resource_version = self.stored.resource_version;
                Some(WatchEvent::Deleted(Stored { resource_version, object: last.clone() }))
            }
        }
    }
}

/// The node that a pod is bound to.
pub(super) fn node_of(object: &Object) -> Option<&str> {
    object.pod()?.node_name.as_deref()
}
