//! A run as an omniscient observer sees it: plain data, gathered from the history and from the state of the processes,
//! for reports and the page.

use std::rc::Rc;

use super::Cluster;
use super::history::{Intervals, Typed};
use super::topology::{API_SERVER, BROWSER, KUBECTL, NODE};
use crate::etcd::Span;
use crate::kube::election::{Component, Record};
use crate::kube::object::{Kind, Object};
use crate::kube::trace_event::Lane;
use crate::sim::{HostId, SimTime};

/// What the processes of a host have for themselves, about, bytes (BENCHMARKS.md, "How cost grows").
const HOST_BYTES: u64 = 40_000;

/// Everything that a report says, from time zero to `end`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    /// The end of the run.
    pub(crate) end: SimTime,
    /// Whom the record names, by component (indexed by `Component as usize`); times without a holder are left out.
    pub(crate) leases: [Vec<Tenure>; 2],
    /// When a process believes that it leads and acts on it; these may overlap.
    pub(crate) acting: [Vec<Tenure>; 2],
    /// In the order in which they were completed.
    pub(crate) takeovers: Vec<Takeover>,
    /// Leaders of etcd, by time.
    pub(crate) etcd_leaders: Vec<Reign>,
    /// The newest revision that a quorum has.
    pub(crate) revision: u64,
    /// Whether requests succeed, over time.
    pub(crate) lanes: Lanes,
    /// Requests, counted.
    pub(crate) requests: Requests,
    /// Pods, counted.
    pub(crate) pods: Pods,
    /// The invariants, and whether each held.
    pub(crate) invariants: Vec<Invariant>,
    /// Commands that were typed on the laptop.
    pub commands: Vec<Typed>,
}

/// What a run has built up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Keys in etcd.
    pub(crate) objects: u64,
    /// State in memory, bytes, about.
    pub(crate) bytes: u64,
}

/// One host's time in office; `to` is none while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tenure {
    /// The host.
    pub(crate) host: String,
    /// When it begins.
    pub(crate) from: SimTime,
    /// When it ends; `None` while it lasts.
    pub(crate) to: Option<SimTime>,
}

/// A component's work went from one host to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Takeover {
    /// The component.
    pub(crate) component: Component,
    /// The host of the old leader.
    pub(crate) from: String,
    /// The host of the new leader.
    pub(crate) to: String,
    /// When the old holder stopped acting; for a crash, the moment of the crash. Later than `gained` if both acted.
    pub(crate) lost: SimTime,
    /// When the new leader started to act.
    pub(crate) gained: SimTime,
}

/// An etcd member's time as leader of one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reign {
    /// The member's host.
    pub(crate) member: String,
    /// The term.
    pub(crate) term: u64,
    /// When it begins.
    pub(crate) from: SimTime,
    /// When it ends; `None` while it lasts.
    pub(crate) to: Option<SimTime>,
}

/// Adjoining spans from zero to the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lanes {
    /// Whether kubectl's writes succeed.
    pub(crate) api_writable: Vec<LaneSpan>,
    /// Whether kubectl's reads succeed.
    pub(crate) api_readable: Vec<LaneSpan>,
    /// Whether a controller manager leads and works.
    pub(crate) reconciling: Vec<LaneSpan>,
    /// Whether the user's requests to the app succeed.
    pub(crate) app_serving: Vec<LaneSpan>,
}

/// A span in which requests all succeed, or all fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaneSpan {
    /// Its start.
    pub(crate) from: SimTime,
    /// Its end.
    pub(crate) to: SimTime,
    /// Whether they succeed.
    pub(crate) ok: bool,
}

/// Requests by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that succeeded.
    pub(crate) ok: u64,
    /// Requests that failed.
    pub failed: u64,
}

/// Requests over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// The laptop's reads and writes.
    pub kubectl: Tally,
    /// The user's requests to the app.
    pub(crate) app: Tally,
    /// How many requests each API server answered, by host.
    pub(crate) api_servers: Vec<(String, u64)>,
}

/// Pods over the whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// Pods that the Deployments want at the end.
    pub desired: u64,
    /// Really running and answering on live workers at the end.
    pub ready: u64,
    /// API objects over the whole run.
    pub(crate) created: u64,
    /// API objects deleted over the whole run.
    pub(crate) deleted: u64,
    /// The most live pods beyond the desired count that came from creating too many.
    pub(crate) surplus_peak: u64,
}

/// Something that must always hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invariant {
    /// `raft-election-safety`
    pub(crate) name: String,
    /// When it first did not hold, and how.
    pub(crate) broken: Option<(SimTime, String)>,
}

impl Cluster {
    /// How much it holds, cheaply estimated.
    pub(crate) fn weight(&self) -> Weight {
        // Members, API servers' caches and informers share the values; etcd's past is by far the most of what has
        // history.
        let (objects, database) = self.facts().store().map_or((0, 0), |store| (store.len() as u64, store.size()));
        Weight { objects, bytes: database + HOST_BYTES * self.topology.hosts.len() as u64 }
    }

    /// Every object of a kind, as one who sees all of etcd would list them.
    pub fn objects(&self, kind: Kind) -> Vec<Rc<Object>> {
        let facts = self.facts();
        let Some(store) = facts.store() else { return Vec::new() };
        let span = Span::Prefix(kind.prefix().into());
        store.iter(&span).filter_map(|kv| kv.value.object().cloned()).collect()
    }

    /// How many objects of a kind there are, and the newest of their resourceVersions: both stay as they are for as
    /// long as none of them changes.
    pub(crate) fn newest(&self, kind: Kind) -> (usize, u64) {
        let facts = self.facts();
        let Some(store) = facts.store() else { return (0, 0) };
        let span = Span::Prefix(kind.prefix().into());
        store.iter(&span).fold((0, 0), |(count, newest), kv| (count + 1, newest.max(kv.mod_revision)))
    }

    /// One object and its resourceVersion.
    pub fn object(&self, kind: Kind, namespace: &str, name: &str) -> Option<(Rc<Object>, u64)> {
        let facts = self.facts();
        let kv = facts.store()?.get(&kind.key(namespace, name))?;
        Some((kv.value.object()?.clone(), kv.mod_revision))
    }

    /// What the lock of a component says, and its resourceVersion.
    pub fn lock_record(&self, component: Component) -> Option<(Record, u64)> {
        let kind = self.config.election.lock.kind();
        let (object, resource_version) = self.object(kind, "kube-system", component.name())?;
        Some((Record::of(&object)?, resource_version))
    }

    /// The run so far, as a report tells it.
    pub fn observation(&self) -> Observation {
        let end = self.now();
        let history = &self.history;
        let host = |id: HostId| self.world.host(id).name.clone();
        let tenures = |component: Component| -> Vec<Tenure> {
            history.leases.get(&component).map_or_else(Vec::new, |intervals| {
                let held = intervals.iter().filter(|i| !i.what.is_empty());
                held.map(|i| Tenure { host: i.what.clone(), from: i.from, to: i.to }).collect()
            })
        };
        let acting = |component: Component| -> Vec<Tenure> {
            history.acting.get(&component).map_or_else(Vec::new, |intervals| {
                intervals.iter().map(|i| Tenure { host: host(i.what.host), from: i.from, to: i.to }).collect()
            })
        };
        Observation {
            end,
            leases: Component::ALL.map(tenures),
            acting: Component::ALL.map(acting),
            takeovers: history
                .takeovers
                .iter()
                .map(|t| Takeover {
                    component: t.component,
                    from: host(t.from),
                    to: host(t.to),
                    lost: t.lost,
                    gained: t.gained,
                })
                .collect(),
            etcd_leaders: history
                .etcd_leaders
                .iter()
                .map(|i| Reign { member: host(i.what.host), term: i.what.term, from: i.from, to: i.to })
                .collect(),
            revision: self.facts().store().map_or(0, |s| s.revision()),
            lanes: self.lanes(),
            requests: self.requests(),
            pods: self.pods(),
            commands: history.commands.iter().cloned().collect(),
            invariants: self
                .invariants
                .all()
                .map(|(name, held)| Invariant {
                    name: name.to_owned(),
                    broken: self.invariants.broken().filter(|_| !held).map(|b| (b.at, b.detail.clone())),
                })
                .collect(),
        }
    }

    fn lanes(&self) -> Lanes {
        let end = self.now();
        let of = |lane: Lane| self.history.lanes.get(&lane).map_or_else(Vec::new, |i| spans(i, end));
        let or_never = |spans: Vec<LaneSpan>| match spans.is_empty() {
            true => vec![LaneSpan { from: SimTime::ZERO, to: end, ok: false }],
            false => spans,
        };
        Lanes {
            api_writable: or_never(of(Lane::ApiWritable)),
            api_readable: or_never(of(Lane::ApiReadable)),
            reconciling: or_never(spans(&self.history.reconciling, end)),
            app_serving: or_never(of(Lane::AppServing)),
        }
    }

    /// Requests so far: the laptop's, the user's, and what each API server answered.
    pub fn requests(&self) -> Requests {
        let tally = |(ok, failed): (u64, u64)| Tally { ok, failed };
        let laptop = self.topology.all(KUBECTL).find_map(|(_, p)| self.world.machine(p).laptop());
        let user = self.topology.all(BROWSER).find_map(|(_, p)| self.world.machine(p).user());
        let both = laptop.map_or((0, 0), |l| {
            let (reads, writes) = (l.reads().counters(), l.writes().counters());
            (reads.0 + writes.0, reads.1 + writes.1)
        });
        Requests {
            kubectl: tally(both),
            app: tally(user.map_or((0, 0), |u| u.lane().counters())),
            api_servers: self
                .topology
                .all(API_SERVER)
                .filter_map(|(host, p)| {
                    Some((self.world.host(host).name.clone(), self.world.machine(p).api_server()?.counters().requests))
                })
                .collect(),
        }
    }

    /// Pods: what is wanted, and what really runs.
    pub fn pods(&self) -> Pods {
        let ready: usize = self
            .topology
            .all(NODE)
            .filter(|(_, p)| self.world.is_running(*p))
            .filter_map(|(_, p)| self.world.machine(p).node())
            .map(|node| node.running())
            .sum();
        Pods {
            desired: self.facts().wanted(),
            ready: ready as u64,
            created: self.history.pods_created,
            deleted: self.history.pods_deleted,
            surplus_peak: self.history.surplus_peak,
        }
    }
}

/// From zero to the end without gaps; what is not known yet counts as not working.
fn spans(intervals: &Intervals<bool>, end: SimTime) -> Vec<LaneSpan> {
    let mut out: Vec<LaneSpan> = Vec::new();
    let mut push = |from: SimTime, to: SimTime, ok: bool| {
        if to <= from {
            return;
        }
        match out.last_mut() {
            Some(last) if last.ok == ok => last.to = to,
            _ => out.push(LaneSpan { from, to, ok }),
        }
    };
    let mut at = SimTime::ZERO;
    for interval in intervals.iter() {
        push(at, interval.from, false);
        let to = interval.to.unwrap_or(end).max(interval.from);
        push(interval.from.max(at), to, interval.what);
        at = to;
    }
    push(at, end, false);
    out
}
