//! What must always hold, checked while the cluster runs.

use super::history::History;
use crate::etcd::raft::invariants::Checker;
use crate::etcd::{Member, MemberId, Revision};
use crate::kube::Value;
use crate::sim::SimTime;
use crate::sim::map::Map;

/// Log entries compared per pair of members and check.
const DEPTH: u64 = 4;

/// The names under which reports list them.
pub const NAMES: [&str; 7] = [
    "raft-election-safety",
    "raft-leader-append-only",
    "raft-log-matching",
    "raft-leader-completeness",
    "raft-state-machine-safety",
    "etcd-revision-monotonic",
    "lease-single-holder",
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

/// See the module.
#[derive(Clone, Debug)]
pub struct Invariants {
    raft: Checker,
    revisions: Map<MemberId, Revision>,
    broken: Option<Broken>,
}

impl Default for Invariants {
    fn default() -> Self {
        Invariants { raft: Checker::new(DEPTH), revisions: Map::new(), broken: None }
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

    pub(super) fn check(&mut self, at: SimTime, members: &[&Member<Value>], history: &History) {
        if self.broken.is_some() {
            return;
        }
        let rafts: Vec<_> = members.iter().filter_map(|m| m.raft()).collect();
        if let Err(violation) = self.raft.check(&rafts) {
            let name = NAMES.into_iter().find(|n| n.ends_with(&slug(violation.property))).unwrap_or(NAMES[0]);
            self.broken = Some(Broken { name, at, detail: violation.to_string() });
            return;
        }
        for member in members {
            let revision = member.store().revision();
            let seen = self.revisions.entry(member.config().id).or_insert(revision);
            if revision < *seen {
                let detail = format!("{} went from revision {seen} to {revision}", member.config().name);
                self.broken = Some(Broken { name: "etcd-revision-monotonic", at, detail });
                return;
            }
            *seen = revision;
        }
        for (component, intervals) in &history.leases {
            if intervals.iter().filter(|i| i.to.is_none()).count() > 1 {
                let detail = format!("{} has two holders", component.name());
                self.broken = Some(Broken { name: "lease-single-holder", at, detail });
                return;
            }
        }
    }
}

/// `Leader Completeness` as `leader-completeness`.
fn slug(property: &str) -> String {
    property.to_lowercase().replace(' ', "-")
}
