//! A controller's queue of keys: each worked on by one worker at a time, and again later when that failed.
//!
//! Upstream: client-go util/workqueue (FACTS 3.1): back-off per key 5 ms doubling to 1000 s, and 10 retries a second over
//! all keys with a burst of 100, whichever is longer.

use std::collections::VecDeque;

use crate::kube::informer::Key;
use crate::kube::timer;
use crate::kube::vocabulary::Ctx;
use crate::sim::map::{Map, Set};
use crate::sim::{SimDuration, SimTime};

const BASE: SimDuration = SimDuration::from_millis(5);
const MAX: SimDuration = SimDuration::from_secs(1_000);
const INTERVAL: SimDuration = SimDuration::from_millis(100);
const BURST: SimDuration = SimDuration::from_secs(10);
/// Workers of one controller.
const WORKERS: usize = 5;

/// A rate-limited queue of keys with a fixed number of workers.
#[derive(Clone, Debug)]
pub(super) struct WorkQueue {
    /// The timer of its retries.
    retry: timer::ControllerManager,
    ready: VecDeque<Key>,
    waiting: Set<Key>,
    active: Set<Key>,
    /// Added again while a worker had them.
    dirty: Set<Key>,
    failures: Map<Key, u32>,
    /// Keys that are added later, by the number of their timer, and when.
    delayed: Map<u64, (Key, SimTime)>,
    next_delayed: u64,
    /// When the overall rate limiter has a token again.
    rate: SimTime,
}

impl WorkQueue {
    /// An empty queue whose retries are set by `retry`.
    pub(crate) fn new(retry: timer::ControllerManager) -> Self {
        WorkQueue {
            retry,
            ready: VecDeque::new(),
            waiting: Set::new(),
            active: Set::new(),
            dirty: Set::new(),
            failures: Map::new(),
            delayed: Map::new(),
            next_delayed: 0,
            rate: SimTime::ZERO,
        }
    }

    pub(crate) fn add(&mut self, key: Key) {
        if self.active.contains(&key) {
            self.dirty.insert(key);
        } else if self.waiting.insert(key.clone()) {
            self.ready.push_back(key);
        }
    }

    /// Adds a key after a delay, unless it is added sooner anyway.
    pub(crate) fn add_after(&mut self, ctx: &mut Ctx<'_>, key: Key, after: SimDuration) {
        let due = ctx.now() + after;
        if !self.delayed.values().any(|(other, at)| *other == key && *at <= due) {
            self.set(ctx, key, after);
        }
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, key: Key, after: SimDuration) {
        self.next_delayed += 1;
        self.delayed.insert(self.next_delayed, (key, ctx.now() + after));
        ctx.set_timer(after, self.retry, self.next_delayed);
    }

    /// Returns the next key to work on; `None` if the queue is empty or no worker is free.
    pub(crate) fn take(&mut self) -> Option<Key> {
        if self.active.len() >= WORKERS {
            return None;
        }
        let key = self.ready.pop_front()?;
        self.waiting.remove(&key);
        self.active.insert(key.clone());
        Some(key)
    }

    /// A worker has finished a key; after a failure the key is added again later.
    pub(crate) fn done(&mut self, ctx: &mut Ctx<'_>, key: &Key, ok: bool) {
        self.active.remove(key);
        if ok {
            self.failures.remove(key);
        } else {
            let failures = self.failures.entry(key.clone()).or_insert(0);
            let own = SimDuration(BASE.0 << (*failures).min(28)).min(MAX);
            *failures += 1;
            let now = ctx.now();
            self.rate = self.rate.max(now) + INTERVAL;
            let after = own.max(self.rate.since(now) - BURST);
            self.set(ctx, key.clone(), after);
        }
        if self.dirty.remove(key) {
            self.add(key.clone());
        }
    }

    /// The retry with this number is due.
    pub(crate) fn on_retry(&mut self, number: u64) {
        if let Some((key, _)) = self.delayed.remove(&number) {
            self.add(key);
        }
    }

    /// Returns the number of keys that wait, are being worked on, or wait for a retry.
    pub(crate) fn depth(&self) -> usize {
        self.ready.len() + self.active.len() + self.delayed.len()
    }
}
