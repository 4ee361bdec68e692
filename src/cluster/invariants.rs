//! Invariants, checked while the cluster runs; those of election locks are in `invariants/leases.rs`.
//!
//! That etcd's histories are linearizable and that a cluster recovers after its faults are repaired is judged by tests
//! (`tests/linearizable.rs`, `tests/faults.rs`): it cannot be seen from inside a run.

mod leases;
#[cfg(test)]
mod tests;

pub(super) use leases::Seat;

use super::history::History;
use crate::etcd::raft::invariants::Checker;
use crate::etcd::{Member, MemberId, Revision};
use crate::kube::Value;
use crate::kube::trace_event::TraceEvent;
use crate::sim::map::Map;
use crate::sim::{self, HostId, ProcId, SimTime};
use leases::Leases;

/// Log entries compared per pair of members and check.
const DEPTH: u64 = 4;
/// The names of the invariants in reports.
pub(crate) const NAMES: [&str; 10] = [
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

/// The invariants of one cluster, and the first time that one of them was broken.
#[derive(Clone, Debug)]
pub struct Invariants {
    raft: Checker,
    revisions: Map<MemberId, Revision>,
    leases: Leases,
    broken: Option<Broken>,
    /// See [`Invariants::plan`].
    planned: Option<SimTime>,
}

impl Default for Invariants {
    fn default() -> Self {
        Invariants {
            raft: Checker::new(DEPTH),
            revisions: Map::new(),
            leases: Leases::default(),
            broken: None,
            planned: None,
        }
    }
}

impl Invariants {
    /// The first one that broke.
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// Returns each invariant's name and whether it has held so far.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        NAMES.into_iter().map(|name| (name, self.broken.as_ref().is_none_or(|b| b.name != name)))
    }

    /// Makes one count as broken from `at` on, to show what happens then. It is none of [`NAMES`], and earlier copies
    /// do not have it.
    pub(super) fn plan(&mut self, at: SimTime) {
        self.planned = Some(at);
    }

    fn fail(&mut self, name: &'static str, at: SimTime, detail: String) {
        self.broken.get_or_insert(Broken { name, at, detail });
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
        }
    }

    /// The locks of elections and those who hold them: see `leases.rs`. `members` are all whose disk is there, `seats`
    /// the candidates that are up, `clocks` what the hosts of all candidates show.
    pub(super) fn check_leases(
        &mut self,
        at: SimTime,
        members: &[&Member<Value>],
        seats: &[Seat],
        clocks: &[(HostId, SimTime)],
        history: &History,
    ) {
        if self.broken.is_some() {
            return;
        }
        let mut result = self.leases.look(members, seats, clocks);
        for (component, intervals) in &history.acting {
            let acting: Vec<ProcId> =
                intervals.iter().rev().take(8).filter(|i| i.to.is_none()).map(|i| i.what.process).collect();
            result = result.and_then(|()| self.leases.acting(*component, &acting, seats));
        }
        if let Err((name, detail)) = result {
            self.fail(name, at, detail);
        }
    }

    /// Everything after the start has a cause: a message, a timer or an act.
    pub(super) fn check_cause(&mut self, note: &sim::Note<TraceEvent>) {
        let from_outside = matches!(note.what, TraceEvent::Act(_)) || note.at == SimTime::ZERO;
        if note.record == 0 && !from_outside {
            self.fail("event-has-cause", note.at, format!("{:?}", note.what));
        }
    }
}

/// `Leader Completeness` as `leader-completeness`.
fn slug(property: &str) -> String {
    property.to_lowercase().replace(' ', "-")
}
