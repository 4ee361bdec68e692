//! Kept states of the cluster: to go back in time is to restore the nearest one before, and run on from it.
//!
//! Their number and spacing depend on the size of the cluster's state. They are dense around the shown moment, and sparser
//! further away. All branches share one pool: a state belongs to every branch with the same past. A checkpoint is a clone,
//! which shares unchanged parts with the others.

use std::rc::Rc;

use super::branches::{Branch, Place, number_before};
use crate::cluster::Cluster;
use crate::cluster::config::Config;
use crate::sim::SimTime;

/// How many states of a cluster are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Simulated time between two checkpoints around the shown moment, µs.
    pub(crate) spacing_us: u64,
    pub(crate) branches: usize,
    /// The number of hidden branches whose furthest state is kept. For others it is recomputed by running on to it.
    pub(crate) heads: usize,
    /// Set if the start is not kept: the cluster starts again to go back there, which takes a frame or two.
    pub(crate) start_again: bool,
    /// Memory that one state does not share, in kB, at the start. etcd's log adds to it each hour, until the log is full.
    state_kb: u64,
    hour_kb: u64,
}

/// The most memory for the checkpoints of one session, in kB. A cluster too large for [`FEW`] of them may use [`LARGE_KB`].
const BUDGET_KB: u64 = 96_000;
const LARGE_KB: u64 = 400_000;
const FEW: u64 = 5;
/// The fewest checkpoints, however large the cluster: the start, and one other.
const LEAST: u64 = 2;
/// The longest time between two checkpoints, µs, so that there is one near the last act even if there are few.
const SPACING_MOST_US: u64 = 120_000_000;
/// The largest state, in kB, of a cluster that starts in about 20 ms of real time.
const SMALL_KB: u64 = 1_500;
/// Memory that a full log of etcd adds to a state, in kB.
const LOG_KB: u64 = 3_600;
const HOUR_US: u64 = 3_600_000_000;

impl Limits {
    /// Returns the limits for a cluster, from the measurements in BENCHMARKS.md, "Going back in time".
    pub(crate) fn of(config: &Config) -> Limits {
        let pods: u64 = config.deployments.iter().map(|d| u64::from(d.replicas)).sum();
        let workers = config.workers as u64;
        let state_kb = 600 + 25 * workers + 8 * pods;
        Limits {
            spacing_us: (10_000_000 * (1 + state_kb / 1_500)).min(SPACING_MOST_US),
            branches: 16,
            heads: (BUDGET_KB / 2 / state_kb).min(15) as usize,
            start_again: state_kb < SMALL_KB,
            state_kb,
            hour_kb: 1_300 + 100 * workers,
        }
    }

    /// Returns the number of checkpoints for a run of this length.
    fn checkpoints(&self, now: SimTime) -> usize {
        let log_kb = (self.hour_kb * (now.0 / 1_000_000) / (HOUR_US / 1_000_000)).min(LOG_KB);
        let each_kb = self.state_kb + log_kb;
        match BUDGET_KB / each_kb {
            many @ FEW.. => many.min(40) as usize,
            _ => (LARGE_KB / each_kb).clamp(LEAST, FEW) as usize,
        }
    }
}

struct Checkpoint {
    place: Place,
    /// Number of the last act done. 0 if there is none.
    last_act: u64,
    state: Rc<Cluster>,
}

/// States of the cluster, kept so that a moment is reached from the nearest one.
pub(crate) struct Checkpoints {
    limits: Limits,
    /// Checkpoints in the order of their places.
    kept: Vec<Checkpoint>,
}

impl Checkpoints {
    pub(crate) fn new(limits: Limits) -> Self {
        Checkpoints { limits, kept: Vec::new() }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns when the next checkpoint is due after `now`.
    pub(crate) fn due(&self, now: SimTime) -> SimTime {
        SimTime((now.0 / self.limits.spacing_us + 1) * self.limits.spacing_us)
    }

    /// Keeps the state at `place` of `branch`, and drops the least useful one if there are too many.
    pub(crate) fn keep(&mut self, branch: &Branch, place: Place, state: impl FnOnce() -> Rc<Cluster>) {
        let last_act = number_before(&branch.acts, place.acts);
        if self.kept.iter().any(|kept| kept.place == place && kept.last_act == last_act) {
            return;
        }
        let at = self.kept.iter().take_while(|kept| kept.place <= place).count();
        self.kept.insert(at, Checkpoint { place, last_act, state: state() });
        let latest = self.kept.last().map_or(place.at, |kept| kept.place.at);
        while self.kept.len() > self.limits.checkpoints(latest) {
            let least = self.missed_least(branch, place.at);
            self.kept.remove(least);
        }
    }

    /// Returns the nearest state of `branch` that is not after `place`.
    pub(crate) fn before(&self, branch: &Branch, place: Place) -> Option<(Place, Rc<Cluster>)> {
        let earlier = |kept: &&Checkpoint| kept.place.at <= place.at && kept.place.acts <= place.acts;
        let found = self.kept.iter().rev().filter(earlier).find(|kept| branch.has(kept.place, kept.last_act))?;
        Some((found.place, found.state.clone()))
    }

    /// Returns the index of the least useful checkpoint. While other branches have more than a quarter of all, it is the oldest
    /// of theirs. Otherwise it is the one of this branch whose loss adds least to the way from the one before it; ways near
    /// `now` count more.
    fn missed_least(&self, branch: &Branch, now: SimTime) -> usize {
        let own: Vec<usize> =
            (0..self.kept.len()).filter(|i| branch.has(self.kept[*i].place, self.kept[*i].last_act)).collect();
        let others = (0..self.kept.len()).find(|i| !own.contains(i));
        if let Some(other) = others
            && own.len() * 4 < self.kept.len() * 3
        {
            return other;
        }
        let span = self.kept.last().map_or(1, |last| last.place.at.0.max(1)) as f64;
        let mut least = (f64::INFINITY, others.unwrap_or(self.kept.len() - 1));
        // The first is the start: without it there is no way back.
        for near in own.windows(3) {
            let [before, at, after] = [0, 1, 2].map(|i| self.kept[near[i]].place.at);
            let gap = after.since(before).0 as f64;
            let distance = now.since(at).0.max(at.since(now).0) as f64;
            let cost = gap * (1.0 / span + NEAR / (distance + self.limits.spacing_us as f64));
            if cost < least.0 {
                least = (cost, near[1]);
            }
        }
        least.1
    }

    /// Returns the number of checkpoints.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }
}

/// The weight of a checkpoint's distance from now.
const NEAR: f64 = 0.15;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::config::DeploymentConfig;

    #[test]
    fn what_is_kept_is_bounded_by_what_it_weighs_and_never_fewer_than_two_states() {
        let check = |workers, replicas, kept: usize, heads: usize, spacing_s: u64| {
            let deployments = vec![DeploymentConfig { name: "web".to_owned(), replicas }];
            let limits = Limits::of(&Config { workers, deployments, ..Config::default() });
            let found = (limits.checkpoints(SimTime::ZERO), limits.heads, limits.spacing_us / 1_000_000);
            assert_eq!(found, (kept, heads, spacing_s), "{workers} workers, {replicas} pods");
        };
        check(3, 3, 40, 15, 10);
        check(100, 1_000, 8, 4, 80);
        check(1_000, 2_000, 5, 1, 120);
        check(5_000, 2_000, 2, 0, 120);
        check(5_000, 10_000, 2, 0, 120);
    }
}
