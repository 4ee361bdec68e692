//! The MVCC store: keys with revisions and versions, transactions, ranges at past revisions, compaction, and the events
//! that watches are fed from. FACTS 5.3; the real thing: etcd `server/storage/mvcc`.
//!
//! Current values are in one map; the past, back to the last compaction, is the list of events, each with what it
//! replaced. A range at an old revision undoes the events after it.

use std::collections::VecDeque;

use crate::sim::map::Map;

use super::{Compare, EtcdError, Key, KeyValue, Revision, Span, Txn, TxnOp, TxnResult, Value, WatchEvent, WatchKind};
use crate::sim::fnv1a;

/// The overhead of a key in the database, in bytes.
const KEY_OVERHEAD: u64 = 120;

/// The MVCC store of one member.
#[derive(Clone, Debug)]
pub struct Store<D> {
    revision: Revision,
    compacted: Revision,
    keys: Map<Key, KeyValue<D>>,
    events: VecDeque<WatchEvent<D>>,
    size: u64,
    /// Of the database file: what compaction frees stays part of it until it is defragmented.
    file_size: u64,
}

impl<D> Default for Store<D> {
    fn default() -> Self {
        // A new etcd is at revision 1.
        let size = 20_480;
        Store { revision: 1, compacted: 0, keys: Map::new(), events: VecDeque::new(), size, file_size: size }
    }
}

/// The result of a transaction.
#[derive(Clone, Debug)]
pub(crate) struct Applied<D> {
    /// Whether every condition held.
    pub(crate) succeeded: bool,
    /// The results, in the order of the operations.
    pub(crate) results: Vec<TxnResult<D>>,
    /// How many of the newest events are this transaction's.
    pub(crate) events: usize,
}

impl<D: Value> Store<D> {
    /// Returns the current revision; 1 for an empty store.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Revisions below this one cannot be read or watched any more.
    pub fn compacted(&self) -> Revision {
        self.compacted
    }

    /// Bytes in use in the database, estimated.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of the database file, estimated.
    pub(crate) fn file_size(&self) -> u64 {
        self.file_size
    }

    /// Releases unused space of the database file.
    pub(crate) fn defragment(&mut self) {
        self.file_size = self.size;
    }

    /// Returns how many bytes a transaction may add, at most; 0 if it puts nothing.
    pub(crate) fn cost(txn: &Txn<D>) -> u64 {
        let cost = |ops: &[TxnOp<D>]| -> u64 {
            let puts = ops.iter().filter_map(|op| match op {
                TxnOp::Put { value, .. } => Some(value.size() + KEY_OVERHEAD),
                _ => None,
            });
            puts.sum()
        };
        cost(&txn.success).max(cost(&txn.failure))
    }

    /// A number that differs between stores that hold different keys, revisions or sizes of values.
    pub fn hash(&self) -> u32 {
        let mut bytes = Vec::new();
        for kv in self.keys.values() {
            bytes.extend_from_slice(kv.key.as_bytes());
            for number in [kv.create_revision, kv.mod_revision, kv.version, kv.value.size()] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
        }
        bytes.extend_from_slice(&self.compacted.to_le_bytes());
        fnv1a(&bytes) as u32
    }

    /// Number of keys now.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns a key as of the current revision; `None` if it does not exist.
    pub fn get(&self, key: &str) -> Option<&KeyValue<D>> {
        self.keys.get(key)
    }

    /// All current keys under `span`, in key order.
    pub(crate) fn iter<'a>(&'a self, span: &'a Span) -> impl Iterator<Item = &'a KeyValue<D>> + 'a {
        let start = match span {
            Span::One(key) | Span::Prefix(key) => key.clone(),
        };
        self.keys.range(start..).map(|(_, kv)| kv).take_while(move |kv| span.contains(&kv.key))
    }

    /// The keys under `span` as of `revision` (0: now), at most `limit` (0: all), and how many there are in all.
    ///
    /// # Errors
    /// [`EtcdError::Compacted`], [`EtcdError::FutureRevision`].
    pub(crate) fn range(
        &self,
        span: &Span,
        revision: Revision,
        limit: usize,
    ) -> Result<(Vec<KeyValue<D>>, usize), EtcdError> {
        let limit = if limit == 0 { usize::MAX } else { limit };
        if revision == 0 || revision == self.revision {
            if let Span::One(key) = span {
                let found: Vec<_> = self.keys.get(key).cloned().into_iter().collect();
                let count = found.len();
                return Ok((found, count));
            }
            let count = self.iter(span).count();
            return Ok((self.iter(span).take(limit).cloned().collect(), count));
        }
        if revision > self.revision {
            return Err(EtcdError::FutureRevision);
        }
        if revision < self.compacted {
            return Err(EtcdError::Compacted);
        }
        let mut past: Map<Key, KeyValue<D>> = self.iter(span).map(|kv| (kv.key.clone(), kv.clone())).collect();
        for event in self.events.iter().rev().take_while(|e| e.kv.mod_revision > revision) {
            if span.contains(&event.kv.key) {
                match &event.previous {
                    Some(previous) => past.insert(event.kv.key.clone(), previous.clone()),
                    None => past.remove(&event.kv.key),
                };
            }
        }
        let count = past.len();
        Ok((past.into_values().take(limit).collect(), count))
    }

    /// Events from `start` on, oldest first.
    ///
    /// # Errors
    /// [`EtcdError::Compacted`] if some of them are gone.
    pub(crate) fn events_from(&self, start: Revision) -> Result<impl Iterator<Item = &WatchEvent<D>>, EtcdError> {
        if start <= self.compacted && self.compacted > 0 {
            return Err(EtcdError::Compacted);
        }
        let first = self.events.partition_point(|e| e.kv.mod_revision < start);
        Ok(self.events.range(first..))
    }

    /// The newest `count` events, oldest first.
    pub(crate) fn newest(&self, count: usize) -> impl Iterator<Item = &WatchEvent<D>> {
        self.events.range(self.events.len() - count..)
    }

    /// Runs a transaction; it takes one revision if it changes anything.
    pub(crate) fn apply(&mut self, txn: &Txn<D>) -> Applied<D> {
        let succeeded = txn.compare.iter().all(|c| self.holds(c));
        let ops = if succeeded { &txn.success } else { &txn.failure };
        let next = self.revision + 1;
        let before = self.events.len();
        let mut results = Vec::with_capacity(ops.len());
        for op in ops {
            results.push(match op {
                TxnOp::Put { key, value } => {
                    self.put(key, value, next);
                    TxnResult::Put
                }
                TxnOp::Delete { span } => TxnResult::Deleted { count: self.delete(span, next) },
                TxnOp::Range { span } => TxnResult::Range { kvs: self.iter(span).cloned().collect() },
            });
        }
        let events = self.events.len() - before;
        if events > 0 {
            self.revision = next;
            self.file_size = self.file_size.max(self.size);
        }
        Applied { succeeded, results, events }
    }

    fn holds(&self, compare: &Compare) -> bool {
        let of = |key: &Key| self.keys.get(key);
        match compare {
            Compare::ModRevision { key, equals } => of(key).map_or(0, |kv| kv.mod_revision) == *equals,
            Compare::CreateRevision { key, equals } => of(key).map_or(0, |kv| kv.create_revision) == *equals,
            Compare::Version { key, equals } => of(key).map_or(0, |kv| kv.version) == *equals,
        }
    }

    fn put(&mut self, key: &Key, value: &D, revision: Revision) {
        let previous = self.keys.get(key).cloned();
        let kv = KeyValue {
            key: key.clone(),
            value: value.clone(),
            create_revision: previous.as_ref().map_or(revision, |p| p.create_revision),
            mod_revision: revision,
            version: previous.as_ref().map_or(1, |p| p.version + 1),
        };
        self.size += value.size() + KEY_OVERHEAD;
        self.keys.insert(key.clone(), kv.clone());
        self.events.push_back(WatchEvent { kind: WatchKind::Put, kv, previous });
    }

    fn delete(&mut self, span: &Span, revision: Revision) -> usize {
        let gone: Vec<Key> = self.iter(span).map(|kv| kv.key.clone()).collect();
        for key in &gone {
            if let Some(previous) = self.keys.remove(key) {
                self.size += KEY_OVERHEAD;
                let kv = KeyValue { mod_revision: revision, version: 0, ..previous.clone() };
                self.events.push_back(WatchEvent { kind: WatchKind::Delete, kv, previous: Some(previous) });
            }
        }
        gone.len()
    }

    /// Forgets what is only needed for revisions below `revision`.
    ///
    /// # Errors
    /// [`EtcdError::Compacted`] if that was done already, [`EtcdError::FutureRevision`].
    pub(crate) fn compact(&mut self, revision: Revision) -> Result<(), EtcdError> {
        if revision <= self.compacted {
            return Err(EtcdError::Compacted);
        }
        if revision > self.revision {
            return Err(EtcdError::FutureRevision);
        }
        self.compacted = revision;
        while self.events.front().is_some_and(|e| e.kv.mod_revision <= revision) {
            if let Some(event) = self.events.pop_front()
                && let Some(previous) = event.previous
            {
                // The replaced value leaves the database.
                self.size = self.size.saturating_sub(previous.value.size() + KEY_OVERHEAD);
            }
        }
        Ok(())
    }
}
