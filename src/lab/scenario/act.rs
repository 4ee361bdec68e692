//! Converts a step of a script to an act on the cluster, and back.

use super::Span;
use super::script::{Action, As, Elected, Millionths, Offset, TargetRef};
use crate::cluster::config::{Act, LeaderOf, Target};
use crate::console::{self, Parsed, Tool};

impl TargetRef {
    fn config(&self) -> Target {
        match self {
            TargetRef::Name(name) => match name.split_once('/') {
                None => Target::Host(name.clone()),
                Some((host, name)) => Target::Process { host: host.to_owned(), name: name.to_owned() },
            },
            TargetRef::Leader { leader_of, r#as } => {
                let of = match leader_of {
                    Elected::KubeControllerManager => LeaderOf::ControllerManager,
                    Elected::KubeScheduler => LeaderOf::Scheduler,
                    Elected::Etcd => LeaderOf::Etcd,
                };
                Target::Leader { of, host: *r#as == As::Host }
            }
            TargetRef::Pod { pod_of, index } => Target::Pod { deployment: pod_of.clone(), index: *index },
            TargetRef::NamedPod { pod } => Target::PodNamed(pod.clone()),
        }
    }

    fn of(target: &Target) -> TargetRef {
        match target {
            Target::Host(name) => TargetRef::Name(name.clone()),
            Target::Process { host, name } => TargetRef::Name(format!("{host}/{name}")),
            Target::Leader { of, host } => TargetRef::Leader {
                leader_of: match of {
                    LeaderOf::ControllerManager => Elected::KubeControllerManager,
                    LeaderOf::Scheduler => Elected::KubeScheduler,
                    LeaderOf::Etcd => Elected::Etcd,
                },
                r#as: if *host { As::Host } else { As::Process },
            },
            Target::Pod { deployment, index } => TargetRef::Pod { pod_of: deployment.clone(), index: *index },
            Target::PodNamed(name) => TargetRef::NamedPod { pod: name.clone() },
        }
    }
}

impl Action {
    /// Returns the act on the cluster.
    pub(crate) fn act(&self) -> Act {
        match self.clone() {
            Action::On { verb, target } => Act::On(verb, target.config()),
            Action::Clock { target, rate, offset } => {
                Act::Clock { target: target.config(), rate_ppm: rate.map(|r| r.0), offset_us: offset.map(|o| o.0) }
            }
            Action::Partition { groups } => Act::Partition { groups },
            Action::Cut { from, to } => Act::Cut { from, to },
            Action::Link { between, latency, jitter, loss } => Act::Link {
                between,
                latency: latency.map(|s| s.0),
                jitter: jitter.map(|s| s.0),
                loss_ppm: loss.map(|l| l.0),
            },
            Action::Heal { between } => Act::Heal { between },
            Action::Kubectl { args, .. } => Act::Kubectl { args },
            Action::Etcdctl { args, .. } => Act::Etcdctl { args },
            Action::Flags { target, set } => Act::Flags { target: target.config(), set: set.into_iter().collect() },
            Action::Timings { lease_duration, renew_deadline, retry_period } => Act::Timings {
                lease_duration: lease_duration.0,
                renew_deadline: renew_deadline.0,
                retry_period: retry_period.0,
            },
            Action::Renewal { renewal } => Act::Reading(renewal),
        }
    }

    /// Returns the step for an act.
    pub(crate) fn of(act: &Act) -> Action {
        match act.clone() {
            Act::On(verb, target) => Action::On { verb, target: TargetRef::of(&target) },
            Act::Clock { target, rate_ppm, offset_us } => Action::Clock {
                target: TargetRef::of(&target),
                rate: rate_ppm.map(Millionths),
                offset: offset_us.map(Offset),
            },
            Act::Partition { groups } => Action::Partition { groups },
            Act::Cut { from, to } => Action::Cut { from, to },
            Act::Link { between, latency, jitter, loss_ppm } => Action::Link {
                between,
                latency: latency.map(Span),
                jitter: jitter.map(Span),
                loss: loss_ppm.map(Millionths),
            },
            Act::Heal { between } => Action::Heal { between },
            Act::Kubectl { args } => Action::Kubectl { mistaken: mistaken(Tool::Kubectl, &args), args },
            Act::Etcdctl { args } => Action::Etcdctl { mistaken: mistaken(Tool::Etcdctl, &args), args },
            Act::Flags { target, set } => {
                Action::Flags { target: TargetRef::of(&target), set: set.into_iter().collect() }
            }
            Act::Timings { lease_duration, renew_deadline, retry_period } => Action::Timings {
                lease_duration: Span(lease_duration),
                renew_deadline: Span(renew_deadline),
                retry_period: Span(retry_period),
            },
            Act::Reading(renewal) => Action::Renewal { renewal },
        }
    }
}

/// Returns whether the tool itself refuses the line.
fn mistaken(tool: Tool, args: &[String]) -> bool {
    matches!(console::parse(tool, args), Parsed::Ended(_, code) if code != 0)
}
