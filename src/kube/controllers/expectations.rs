//! Creations and deletions that a controller has requested and not yet seen in its cache; until then it requests no
//! more (FACTS 3.1).
//!
//! Upstream: pkg/controller/controller_utils.go. In memory only: a new leader expects nothing.

use crate::kube::informer::Key;
use crate::sim::map::{Map, Set};
use crate::sim::{SimDuration, SimTime};

const TIMEOUT: SimDuration = SimDuration::from_secs(300);

#[derive(Clone, Debug, Default)]
struct Expected {
    creations: usize,
    deletions: Set<Key>,
    since: SimTime,
}

/// The creations and deletions that a controller has yet to see in its cache.
#[derive(Clone, Debug, Default)]
pub(super) struct Expectations(Map<Key, Expected>);

impl Expectations {
    /// Returns whether everything expected has been seen, or has been waited for too long.
    pub(crate) fn satisfied(&self, key: &Key, now: SimTime) -> bool {
        self.0.get(key).is_none_or(|e| e.creations == 0 && e.deletions.is_empty() || now.since(e.since) > TIMEOUT)
    }

    pub(crate) fn expect(&mut self, key: &Key, creations: usize, deletions: Set<Key>, now: SimTime) {
        self.0.insert(key.clone(), Expected { creations, deletions, since: now });
    }

    /// This number of creations have been seen, or will never be.
    pub(crate) fn created(&mut self, key: &Key, count: usize) {
        if let Some(expected) = self.0.get_mut(key) {
            expected.creations = expected.creations.saturating_sub(count);
        }
    }

    /// This deletion has been seen, or will never be.
    pub(crate) fn deleted(&mut self, key: &Key, pod: &Key) {
        if let Some(expected) = self.0.get_mut(key) {
            expected.deletions.remove(pod);
        }
    }

    pub(crate) fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }
}
