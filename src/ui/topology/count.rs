//! The state that a host's chip shows, and the number of a group's workers in each state. Pure.

use std::rc::Rc;

use super::cables::Reach;
use crate::lab::view::{HostView, NodeReady, PodState, Power};
use crate::sim::map::Map;

/// A host's state as its sign shows it, from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Health {
    Off,
    Paused,
    CutOff,
    Unknown,
    NotReady,
    PartlyCut,
    Starting,
    /// Runs, and a worker is Ready.
    Well,
}

impl Health {
    pub(crate) const ALL: [Self; 8] = [
        Self::Off,
        Self::Paused,
        Self::CutOff,
        Self::Unknown,
        Self::NotReady,
        Self::PartlyCut,
        Self::Starting,
        Self::Well,
    ];

    pub(crate) fn of(host: &HostView, reach: Reach) -> Self {
        match (host.power, reach, host.node_ready) {
            (Power::Off, ..) => Self::Off,
            (Power::Paused, ..) => Self::Paused,
            (Power::Starting, ..) => Self::Starting,
            (_, Reach::CutOff, _) => Self::CutOff,
            (_, _, Some(NodeReady::Unknown)) => Self::Unknown,
            (_, _, Some(NodeReady::False)) => Self::NotReady,
            (_, Reach::Partly, _) => Self::PartlyCut,
            _ => Self::Well,
        }
    }

    /// Returns the name of its sign.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Off => "dead",
            Self::Paused => "paused",
            Self::CutOff => "cut-off",
            Self::Unknown => "unknown",
            Self::NotReady => "not-ready",
            Self::PartlyCut => "partly-cut",
            Self::Starting => "starting",
            Self::Well => "running",
        }
    }
}

/// The number of a group's workers in each state, and its pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) hosts: Map<Health, u32>,
    pub(crate) pods: u32,
    /// Number of pods that do not run or do not answer.
    pub(crate) pods_unwell: u32,
}

impl Count {
    pub(crate) fn of(hosts: &[Rc<HostView>], reach: &[Reach]) -> Self {
        let mut count = Self::default();
        for (n, host) in hosts.iter().enumerate() {
            let health = Health::of(host, reach.get(n).copied().unwrap_or_default());
            *count.hosts.entry(health).or_default() += 1;
            count.pods += host.pods.len() as u32;
            let well = |state: PodState| state == PodState::Ready && health != Health::Off;
            count.pods_unwell += host.pods.iter().filter(|pod| !well(pod.state)).count() as u32;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::link::{self, Link};
    use crate::lab::scenario::Scenario;
    use crate::lab::session::Session;
    use crate::lab::view::HostKind;
    use crate::ui::topology::layout::tests::SIZES;
    use crate::ui::topology::layout::{Shape, Workers, layout};

    #[test]
    fn the_largest_cluster_that_a_scenario_can_describe_opens_by_a_link_and_is_drawn_whole() {
        let largest = r#"{"version":1,"until":"30s","cluster":{"masters":7,"workers":5000,"etcd":{"topology":"external","members":7},
            "loadBalancer":{"instances":2},"deployments":[{"name":"web","replicas":10000}]}}"#;
        let scenario = Scenario::parse(largest).expect("the format allows it");
        let fragment = link::encode(&Link { scenario, now: None, place: None }).expect("a link allows it");
        let link = link::decode(&fragment).expect("it is whole").expect("it is ours");
        let view = Session::open(&link.scenario).view();
        let workers: Vec<_> = view.hosts.iter().filter(|host| host.kind == HostKind::Worker).cloned().collect();
        assert_eq!(workers.len(), 5_000);
        for (w, h) in SIZES {
            let layout = layout(&Shape::of(&view, false), w, h);
            let Workers::Groups(groups) = &layout.workers else { panic!("{w}x{h}: they are grouped") };
            let mut counted = 0;
            for group in groups.iter() {
                assert!(layout.hosts.contains_key(&group.name), "{w}x{h}: {} has a card", group.name);
                let count = Count::of(&workers[group.first - 1..group.last], &[]);
                counted += count.hosts.values().sum::<u32>();
            }
            assert_eq!(counted, 5_000, "{w}x{h}");
            assert!(view.hosts.iter().all(|host| layout.card_of(&host.name).is_some()), "{w}x{h}: all have a card");
        }
    }
}
