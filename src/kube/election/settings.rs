//! The elected components, and the settings of their elections.

use serde::{Serialize, Serializer};

use crate::sim::SimDuration;

/// A component of which one instance is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// kube-controller-manager
    ControllerManager,
    /// kube-scheduler
    Scheduler,
}

impl Component {
    /// Both components.
    pub const ALL: [Component; 2] = [Component::ControllerManager, Component::Scheduler];

    /// Returns the name of its process, and of its lock in `kube-system`.
    pub fn name(self) -> &'static str {
        match self {
            Component::ControllerManager => "kube-controller-manager",
            Component::Scheduler => "kube-scheduler",
        }
    }

    /// Returns the component with this lock; `None` if it is no component's.
    pub(crate) fn of_lease(namespace: &str, name: &str) -> Option<Component> {
        Component::ALL.into_iter().find(|c| namespace == "kube-system" && name == c.name())
    }
}

/// How the lease is renewed and judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Renewed every renew deadline; free once renewTime + lease duration has passed on the standby's clock, which looks
    /// every retry period (FACTS 2 (a1)).
    Lecture,
    /// client-go, step by step (FACTS 1.3 and 1.4).
    ClientGo,
}

impl Reading {
    /// Both, with their names in scenarios, links, lessons and reports.
    pub(crate) const NAMES: [(&str, Reading); 2] = [("lecture", Reading::Lecture), ("client-go", Reading::ClientGo)];

    /// `lecture`, `client-go`
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize].0
    }
}

impl Serialize for Reading {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The `--leader-elect` flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `--leader-elect`
    pub enabled: bool,
    /// How renewals and expiry work.
    pub reading: Reading,
    /// `--leader-elect-lease-duration`
    pub lease_duration: SimDuration,
    /// `--leader-elect-renew-deadline`
    pub renew_deadline: SimDuration,
    /// `--leader-elect-retry-period`
    pub retry_period: SimDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            enabled: true,
            reading: Reading::ClientGo,
            lease_duration: SimDuration::from_secs(15),
            renew_deadline: SimDuration::from_secs(10),
            retry_period: SimDuration::from_secs(2),
        }
    }
}

impl Settings {
    /// Checks as client-go does when it is constructed (FACTS 1.1), in its order; the lecture's reading has no jitter.
    ///
    /// # Errors
    /// client-go's own text.
    pub(crate) fn validate(&self) -> Result<(), &'static str> {
        if !self.enabled {
            return Ok(());
        }
        if self.lease_duration <= self.renew_deadline {
            return Err("leaseDuration must be greater than renewDeadline");
        }
        if self.reading == Reading::ClientGo && self.renew_deadline <= self.retry_period.scale(12, 10) {
            return Err("renewDeadline must be greater than retryPeriod*JitterFactor");
        }
        if self.lease_duration == SimDuration::ZERO {
            return Err("leaseDuration must be greater than zero");
        }
        if self.renew_deadline == SimDuration::ZERO {
            return Err("renewDeadline must be greater than zero");
        }
        if self.retry_period == SimDuration::ZERO {
            return Err("retryPeriod must be greater than zero");
        }
        Ok(())
    }
}
