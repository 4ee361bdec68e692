//! The scheduling queue: active, backing off, unschedulable (FACTS 3.4; pkg/scheduler/backend/queue).

use std::collections::VecDeque;

use crate::kube::informer::Key;
use crate::kube::timer;
use crate::kube::vocabulary::Ctx;
use crate::sim::map::{Map, Set};
use crate::sim::{SimDuration, SimTime};

const INITIAL: SimDuration = SimDuration::from_secs(1);
const MAX: SimDuration = SimDuration::from_secs(10);
const FLUSH_AFTER: SimDuration = SimDuration::from_secs(300);

#[derive(Clone, Debug)]
struct Waiting {
    attempts: u32,
    /// When it was found unschedulable, local time; `None` if it is not in that pool.
    unschedulable_since: Option<SimTime>,
    /// When its back-off ends, local time.
    back_off_until: SimTime,
}

/// The scheduling queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    active: VecDeque<Key>,
    /// Every pod without a node that it knows of.
    pods: Map<Key, Waiting>,
    backing_off: Map<u64, Key>,
    unschedulable: Set<Key>,
    serial: u64,
    flush_timer: bool,
}

impl Queue {
    /// Adds a pod without a node.
    pub(crate) fn add(&mut self, key: Key) {
        if !self.pods.contains_key(&key) {
            let waiting = Waiting { attempts: 0, unschedulable_since: None, back_off_until: SimTime::ZERO };
            self.pods.insert(key.clone(), waiting);
            self.active.push_back(key);
        }
    }

    /// Removes a pod that has a node, or is gone.
    pub(crate) fn remove(&mut self, key: &Key) {
        if self.pods.remove(key).is_some() {
            self.active.retain(|k| k != key);
            self.unschedulable.remove(key);
            self.backing_off.retain(|_, k| k != key);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Key> {
        let key = self.active.pop_front()?;
        if let Some(waiting) = self.pods.get_mut(&key) {
            waiting.attempts += 1;
        }
        Some(key)
    }

    /// Puts back a pod that fits no node: it waits until something changes, and at least for its back-off.
    pub(crate) fn put_unschedulable(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        let now = ctx.now();
        let Some(waiting) = self.pods.get_mut(&key) else { return };
        waiting.unschedulable_since = Some(now);
        waiting.back_off_until = now + back_off(waiting.attempts);
        self.unschedulable.insert(key);
        if !self.flush_timer {
            self.flush_timer = true;
            ctx.set_timer(FLUSH_AFTER, timer::Scheduler::FlushUnschedulable, 0);
        }
    }

    /// Puts back a pod after an error: it is tried again after its back-off.
    pub(crate) fn put_back(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        let now = ctx.now();
        let Some(waiting) = self.pods.get_mut(&key) else { return };
        waiting.back_off_until = now + back_off(waiting.attempts);
        self.wake(ctx, key);
    }

    /// Something changed that may make room: all unschedulable pods are tried again, once their back-off has expired.
    pub(crate) fn move_all(&mut self, ctx: &mut Ctx<'_>) {
        for key in std::mem::take(&mut self.unschedulable) {
            self.wake(ctx, key);
        }
    }

    fn wake(&mut self, ctx: &mut Ctx<'_>, key: Key) {
        let Some(waiting) = self.pods.get_mut(&key) else { return };
        waiting.unschedulable_since = None;
        let now = ctx.now();
        if waiting.back_off_until <= now {
            self.active.push_back(key);
        } else {
            self.serial += 1;
            let after = waiting.back_off_until.since(now);
            self.backing_off.insert(self.serial, key);
            ctx.set_timer(after, timer::Scheduler::BackOff, self.serial);
        }
    }

    /// The back-off with this number has passed: its pod is active again.
    pub(crate) fn back_off_passed(&mut self, number: u64) {
        if let Some(pod) = self.backing_off.remove(&number) {
            self.active.push_back(pod);
        }
    }

    /// Moves pods that have been unschedulable for [`FLUSH_AFTER`] back into the queue.
    pub(crate) fn flush_unschedulable(&mut self, ctx: &mut Ctx<'_>) {
        self.flush_timer = false;
        let now = ctx.now();
        let since = |k: &Key| self.pods.get(k).and_then(|w| w.unschedulable_since).unwrap_or(now);
        let due: Vec<Key> = self.unschedulable.iter().filter(|k| now.since(since(k)) >= FLUSH_AFTER).cloned().collect();
        let oldest = self.unschedulable.iter().filter(|k| !due.contains(k)).map(since).min();
        for key in due {
            self.unschedulable.remove(&key);
            self.wake(ctx, key);
        }
        if let Some(oldest) = oldest {
            self.flush_timer = true;
            ctx.set_timer((oldest + FLUSH_AFTER).since(now), timer::Scheduler::FlushUnschedulable, 0);
        }
    }

    /// Returns the number of pods that are active, backing off, and unschedulable.
    pub(crate) fn depths(&self) -> (usize, usize, usize) {
        (self.active.len(), self.backing_off.len(), self.unschedulable.len())
    }
}

/// 1 s after the first attempt, doubling to 10 s.
fn back_off(attempts: u32) -> SimDuration {
    let doublings = attempts.saturating_sub(1).min(4);
    SimDuration(INITIAL.0 << doublings).min(MAX)
}
