//! What must always hold, checked while the cluster runs.
//!
//! That etcd's histories are linearizable and that a cluster comes back after its faults are mended is judged by tests
//! (`tests/linearizable.rs`, `tests/faults.rs`): one cannot see it from inside a run.

#[cfg(test)]
mod tests;

use super::history::{Actor, History};
use crate::etcd::raft::invariants::Checker;
use crate::etcd::{Member, MemberId, Revision};
use crate::kube::Value;
use crate::kube::election::{Component, LockKind, Settings};
use crate::kube::note::Note;
use crate::kube::object::{Kind, Lease, Name};
use crate::sim::map::Map;
use crate::sim::{self, SimDuration, SimTime};

/// Log entries compared per pair of members and check.
const DEPTH: u64 = 4;
/// Between what happens and what is noted of it, at most.
const NOTED_WITHIN: SimDuration = SimDuration::from_secs(1);

/// The names under which reports list them.
pub const NAMES: [&str; 10] = [
    "raft-election-safety",
    "raft-leader-append-only",
    "raft-log-matching",
    "raft-leader-completeness",
    "raft-state-machine-safety",
    "etcd-revision-monotonic",
    "lease-single-holder",
    "lease-record",
    "acting-leaders-overlap",
    "event-has-cause",
];

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// One of [`NAMES`].
    pub name: &'static str,
    pub at: SimTime,
    /// Who and where.
    pub detail: String,
}

/// A lease as it was last seen in etcd.
#[derive(Clone, Debug)]
struct Seen {
    key: Name,
    revision: Revision,
    uid: u128,
    lease: Lease,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Invariants {
    raft: Checker,
    revisions: Map<MemberId, Revision>,
    leases: Vec<Seen>,
    /// Until then, what was done to the cluster lets two leaders act at once (FACTS 1.7).
    excused_until: SimTime,
    broken: Option<Broken>,
    /// See [`Invariants::plan`].
    planned: Option<SimTime>,
}

impl Default for Invariants {
    fn default() -> Self {
        let lease = |component: Component| {
            let key = Kind::Lease.key("kube-system", component.name());
            Seen { key, revision: 0, uid: 0, lease: Lease::default() }
        };
        Invariants {
            raft: Checker::new(DEPTH),
            revisions: Map::new(),
            leases: Component::ALL.into_iter().map(lease).collect(),
            excused_until: SimTime::ZERO,
            broken: None,
            planned: None,
        }
    }
}

impl Invariants {
    /// The first that broke.
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// Each invariant's name, and whether it held so far.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        NAMES.into_iter().map(|name| (name, self.broken.as_ref().is_none_or(|b| b.name != name)))
    }

    /// From `at` on one counts as broken, to see what is said then. It is none of [`NAMES`], and no copy made earlier has it.
    pub(super) fn plan(&mut self, at: SimTime) {
        self.planned = Some(at);
    }

    fn fail(&mut self, name: &'static str, at: SimTime, detail: String) {
        self.broken.get_or_insert(Broken { name, at, detail });
    }

    /// A pause, a clock or the flags were changed: for a while two leaders may act at once.
    pub(super) fn excuse(&mut self, now: SimTime, settings: &Settings) {
        let round = settings.lease_duration + settings.renew_deadline + settings.retry_period;
        self.excused_until = now + round + round;
    }

    pub(super) fn check(&mut self, at: SimTime, members: &[&Member<Value>]) {
        if self.broken.is_some() {
            return;
        }
        if self.planned.is_some_and(|planned| planned <= at) {
            return self.fail("planned", at, "it was asked for".to_owned());
        }
        let rafts: Vec<_> = members.iter().filter_map(|m| m.raft()).collect();
        if let Err(violation) = self.raft.check(&rafts) {
            let name = NAMES.into_iter().find(|n| n.ends_with(&slug(violation.property))).unwrap_or(NAMES[0]);
            return self.fail(name, at, violation.to_string());
        }
        for member in members {
            let revision = member.store().revision();
            let seen = self.revisions.entry(member.config().id).or_insert(revision);
            if revision < *seen {
                let detail = format!("{} went from revision {seen} to {revision}", member.config().name);
                return self.fail("etcd-revision-monotonic", at, detail);
            }
            *seen = revision;
            self.check_leases(at, member);
        }
    }

    /// A lease has one record at a time, the same wherever it is read, and it changes as its rules say.
    fn check_leases(&mut self, at: SimTime, member: &Member<Value>) {
        let mut wrong = None;
        for seen in &mut self.leases {
            let Some(stored) = member.store().get(&seen.key) else { continue };
            let Some(object) = stored.value.object() else { continue };
            let Some(lease) = object.lease() else { continue };
            if stored.mod_revision == seen.revision {
                if lease.holder_identity != seen.lease.holder_identity {
                    let (a, b) = (&seen.lease.holder_identity, &lease.holder_identity);
                    wrong = Some(("lease-single-holder", format!("{}: {a} and {b} at once", seen.key)));
                }
            } else if stored.mod_revision > seen.revision {
                if object.meta.uid == seen.uid
                    && let Err(why) = follows(&seen.lease, lease)
                {
                    wrong = Some(("lease-record", format!("{}: {why}", seen.key)));
                }
                (seen.revision, seen.uid, seen.lease) = (stored.mod_revision, object.meta.uid, lease.clone());
            }
        }
        if let Some((name, detail)) = wrong {
            self.fail(name, at, detail);
        }
    }

    /// Two leaders of one component may act at once only as far as FACTS 1.7 says. Those with other flags, or with a
    /// clock of their own (no flags are given then), may do as they like.
    pub(super) fn check_acting(
        &mut self,
        at: SimTime,
        history: &History,
        flags: impl Fn(&Actor) -> Option<(Settings, LockKind)>,
    ) {
        if at < self.excused_until {
            return;
        }
        for (component, intervals) in &history.acting {
            let mut open = intervals.iter().rev().take(8).filter(|i| i.to.is_none());
            let (Some(last), Some(first)) = (open.next(), open.next()) else { continue };
            let Some((settings, lock)) = flags(&last.what) else { continue };
            let allowed = overlap_allowed(&settings) + NOTED_WITHIN;
            let alike = flags(&first.what) == Some((settings, lock)) && settings.enabled;
            if at.since(last.from) > allowed && alike {
                let since = last.from.as_millis();
                let detail = format!("two of {} act since {since} ms, {allowed} are possible", component.name());
                return self.fail("acting-leaders-overlap", at, detail);
            }
        }
    }

    /// Whatever happens after the start was led to by a message, a timer or an act.
    pub(super) fn check_cause(&mut self, note: &sim::Note<Note>) {
        let from_outside = matches!(note.what, Note::Act(_)) || note.at == SimTime::ZERO;
        if note.record == 0 && !from_outside {
            self.fail("event-has-cause", note.at, format!("{:?}", note.what));
        }
    }
}

/// For how long two leaders may act at once with exact clocks and no pause: a renewal that was committed and whose answer
/// came as late as the client waits for it. Lease duration counts from the commit, the leader's own limit from the answer.
fn overlap_allowed(settings: &Settings) -> SimDuration {
    let answer = SimDuration::from_micros((settings.renew_deadline.as_micros() / 2).max(1_000_000));
    settings.retry_period + settings.renew_deadline + answer - settings.lease_duration
}

/// Whether one record of a lease may follow another (FACTS 8, 3).
fn follows(old: &Lease, new: &Lease) -> Result<(), String> {
    let (from, to) = (&old.holder_identity, &new.holder_identity);
    let added = u32::from(from != to && !to.is_empty());
    if new.lease_transitions != old.lease_transitions + added {
        let (a, b) = (old.lease_transitions, new.lease_transitions);
        return Err(format!("from {from:?} to {to:?}, and leaseTransitions from {a} to {b}"));
    }
    if from == to && !to.is_empty() && old.acquire_time != new.acquire_time {
        return Err(format!("{to} holds it on, but acquireTime changed"));
    }
    Ok(())
}

/// `Leader Completeness` as `leader-completeness`.
fn slug(property: &str) -> String {
    property.to_lowercase().replace(' ', "-")
}
