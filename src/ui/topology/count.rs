//! What a host's chip says, and how many workers of a group are in which state. Pure.

use std::rc::Rc;

use super::cables::Reach;
use crate::lab::view::{HostView, NodeReady, PodState, Power};
use crate::sim::map::Map;

/// A host's state as its sign shows it, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    Off,
    Paused,
    CutOff,
    Unknown,
    NotReady,
    PartlyCut,
    Starting,
    /// Runs; of a worker, Ready.
    Well,
}

impl Health {
    pub const ALL: [Self; 8] = [
        Self::Off,
        Self::Paused,
        Self::CutOff,
        Self::Unknown,
        Self::NotReady,
        Self::PartlyCut,
        Self::Starting,
        Self::Well,
    ];

    pub fn of(host: &HostView, reach: Reach) -> Self {
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

    /// The name of its sign.
    pub fn sign(self) -> &'static str {
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

/// How many of a group are in which state, and its pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub hosts: Map<Health, u32>,
    pub pods: u32,
    /// Pods that do not run and answer.
    pub pods_unwell: u32,
}

impl Count {
    pub fn of(hosts: &[Rc<HostView>], reach: &[Reach]) -> Self {
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
