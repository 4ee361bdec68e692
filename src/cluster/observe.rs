//! What can be said of a run by one who sees everything: plain data, filled by the cluster, read by reports and the page.

use super::history::Typed;
use crate::kube::election::Component;
use crate::sim::SimTime;

/// Everything that a report says, from time zero to `end`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    pub end: SimTime,
    /// Whom the record names, by component (indexed by `Component as usize`); times without a holder are left out.
    pub leases: [Vec<Tenure>; 2],
    /// When a process believes that it leads and acts on it; these may overlap.
    pub acting: [Vec<Tenure>; 2],
    /// In the order in which they were completed.
    pub takeovers: Vec<Takeover>,
    pub etcd_leaders: Vec<Reign>,
    /// The newest revision that a quorum has.
    pub revision: u64,
    pub lanes: Lanes,
    pub requests: Requests,
    pub pods: Pods,
    pub invariants: Vec<Invariant>,
    /// What was typed on the laptop.
    pub commands: Vec<Typed>,
}

/// What a run has built up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Keys in etcd.
    pub objects: u64,
    /// State in memory, bytes, about.
    pub bytes: u64,
}

/// One host's time in office; `to` is none while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenure {
    pub host: String,
    pub from: SimTime,
    pub to: Option<SimTime>,
}

/// A component's work went from one host to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Takeover {
    pub component: Component,
    pub from: String,
    pub to: String,
    /// When the old holder stopped acting; for a crash, the moment of the crash. Later than `gained` if both acted.
    pub lost: SimTime,
    pub gained: SimTime,
}

/// An etcd member's time as leader of one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reign {
    pub member: String,
    pub term: u64,
    pub from: SimTime,
    pub to: Option<SimTime>,
}

/// Adjoining spans from zero to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes {
    pub api_writable: Vec<LaneSpan>,
    pub api_readable: Vec<LaneSpan>,
    pub reconciling: Vec<LaneSpan>,
    pub app_serving: Vec<LaneSpan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSpan {
    pub from: SimTime,
    pub to: SimTime,
    pub ok: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub ok: u64,
    pub failed: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    pub kubectl: Tally,
    pub app: Tally,
    /// How many requests each API server answered, by host.
    pub api_servers: Vec<(String, u64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    pub desired: u64,
    /// Really running and answering on live workers at the end.
    pub ready: u64,
    /// API objects over the whole run.
    pub created: u64,
    pub deleted: u64,
    /// The most live pods beyond the desired count that came from creating too many.
    pub surplus_peak: u64,
}

/// Something that must always hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// `raft-election-safety`
    pub name: String,
    /// When it first did not hold, and how.
    pub broken: Option<(SimTime, String)>,
}
