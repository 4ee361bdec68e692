//! The lanes of the timeline, and the value of each at a moment. Pure.

use crate::lab::view::{History, HostTenure, Interval, LeaseHistory};
use crate::ui::texts::time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Writable,
    Readable,
    Reconciling,
    Serving,
    /// The lease with this index in the history.
    Lease(usize),
    Etcd,
}

impl Lane {
    /// Returns all lanes of a run, top to bottom.
    pub(crate) fn all(history: &History) -> Vec<Lane> {
        let mut lanes = vec![Lane::Writable, Lane::Readable, Lane::Reconciling, Lane::Serving];
        lanes.extend((0..history.leases.len()).map(Lane::Lease));
        lanes.push(Lane::Etcd);
        lanes
    }

    pub(crate) fn name(self, history: &History) -> String {
        match self {
            Lane::Writable => time::LANE_WRITABLE.to_string(),
            Lane::Readable => time::LANE_READABLE.to_string(),
            Lane::Reconciling => time::LANE_RECONCILING.to_string(),
            Lane::Serving => time::LANE_SERVING.to_string(),
            Lane::Lease(at) => time::lane_lease(history.leases.get(at).map_or("", |lease| &lease.lease)),
            Lane::Etcd => time::LANE_ETCD.to_string(),
        }
    }

    /// Returns its term in the glossary.
    pub(crate) fn term(self) -> &'static str {
        match self {
            Lane::Writable => "writable",
            Lane::Readable => "readable",
            Lane::Reconciling => "reconciling",
            Lane::Serving => "serving",
            Lane::Lease(_) => "holder",
            Lane::Etcd => "leader",
        }
    }

    /// Returns its id in `data-lane`.
    pub(crate) fn id(self, history: &History) -> String {
        match self {
            Lane::Writable => "apiWritable".into(),
            Lane::Readable => "apiReadable".into(),
            Lane::Reconciling => "reconciling".into(),
            Lane::Serving => "appServing".into(),
            Lane::Lease(at) => history.leases.get(at).map_or_else(String::new, |lease| lease.lease.to_string()),
            Lane::Etcd => "etcd".into(),
        }
    }

    /// Returns the intervals of a lane that is up or down. `None` for other lanes.
    pub(crate) fn intervals(self, history: &History) -> Option<&[Interval]> {
        match self {
            Lane::Writable => Some(&history.api_writable),
            Lane::Readable => Some(&history.api_readable),
            Lane::Reconciling => Some(&history.reconciling),
            Lane::Serving => Some(&history.app_serving),
            Lane::Lease(_) | Lane::Etcd => None,
        }
    }

    /// Returns the text of the lane at a moment, and whether it is up then. `None` for lanes that are not up or down.
    pub(crate) fn value(self, history: &History, us: u64) -> (String, Option<bool>) {
        if let Some(intervals) = self.intervals(history) {
            let ok = intervals.iter().rev().find(|i| holds(i.from_us, i.to_us, us)).map(|i| i.ok);
            return (ok.map_or(time::LANE_UNKNOWN, time::yes_no).to_string(), ok);
        }
        match self {
            Lane::Lease(at) => (history.leases.get(at).map_or_else(String::new, |lease| holder(lease, us)), None),
            _ => {
                let leader = history.etcd_leaders.iter().rev().find(|held| holds(held.from_us, held.to_us, us));
                (leader.map_or_else(|| time::LANE_NONE.to_string(), |held| time::held(&held.host, held.term)), None)
            }
        }
    }
}

fn holds(from_us: u64, to_us: Option<u64>, us: u64) -> bool {
    from_us <= us && to_us.is_none_or(|to| us < to)
}

/// Returns the leader by the lease, or the holder in the record if it does not act.
fn holder(lease: &LeaseHistory, us: u64) -> String {
    let at = |all: &[HostTenure]| -> Vec<_> {
        all.iter().filter(|held| holds(held.from_us, held.to_us, us)).map(|held| held.host.clone()).collect()
    };
    let (acting, named) = (at(&lease.acting), at(&lease.holders));
    match (&acting[..], &named[..]) {
        ([], []) => time::LANE_NONE.to_string(),
        ([], [named, ..]) => time::LANE_RECORD_ONLY.with(&[("host", named)]),
        ([one], _) => one.to_string(),
        ([one, two, ..], _) => time::LANE_AND.with(&[("first", one), ("second", two)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lane_says_what_was_so_at_a_moment() {
        let up = |from_us, to_us, ok| Interval { from_us, to_us, ok };
        let held = |host: &str, term, from_us, to_us| HostTenure { host: host.into(), term, from_us, to_us };
        let history = History {
            api_writable: vec![up(10, Some(20), true), up(20, Some(30), false), up(30, None, true)],
            leases: vec![LeaseHistory {
                lease: "kube-scheduler".into(),
                holders: vec![held("master-1", None, 10, Some(40)), held("master-2", None, 40, None)],
                acting: vec![
                    held("master-1", None, 10, Some(20)),
                    held("master-2", None, 40, None),
                    held("master-1", None, 50, None),
                ],
            }],
            etcd_leaders: vec![held("master-3", Some(2), 5, Some(25))],
            ..History::default()
        };
        let check =
            |lane: Lane, us: u64, expect: &str| assert_eq!(lane.value(&history, us).0, expect, "{lane:?} at {us}");
        check(Lane::Writable, 5, "not known");
        check(Lane::Writable, 10, "yes");
        check(Lane::Writable, 20, "no");
        check(Lane::Writable, 900, "yes");
        check(Lane::Lease(0), 5, "none");
        check(Lane::Lease(0), 15, "master-1");
        check(Lane::Lease(0), 25, "master-1, which does not act");
        check(Lane::Lease(0), 45, "master-2");
        check(Lane::Lease(0), 55, "master-2 and master-1");
        check(Lane::Etcd, 24, "master-3 · term 2");
        check(Lane::Etcd, 25, "none");
        assert_eq!(Lane::all(&history).len(), 6);
        assert_eq!(Lane::Lease(0).name(&history), "scheduler lease");
    }
}
