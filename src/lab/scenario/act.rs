//! Converts a step of a script to an act on the cluster, and back.

use super::Span;
use super::script::{Aim, As, Deed, Elected, Millionths, Offset};
use crate::cluster::config::{Act, LeaderOf, Target};
use crate::console::{self, Parsed, Tool};

impl Aim {
    fn config(&self) -> Target {
        match self {
            Aim::Name(name) => match name.split_once('/') {
                None => Target::Host(name.clone()),
                Some((host, name)) => Target::Process { host: host.to_owned(), name: name.to_owned() },
            },
            Aim::Leader { leader_of, r#as } => {
                let of = match leader_of {
                    Elected::KubeControllerManager => LeaderOf::ControllerManager,
                    Elected::KubeScheduler => LeaderOf::Scheduler,
                    Elected::Etcd => LeaderOf::Etcd,
                };
                Target::Leader { of, host: *r#as == As::Host }
            }
            Aim::Pod { pod_of, index } => Target::Pod { deployment: pod_of.clone(), index: *index },
            Aim::NamedPod { pod } => Target::PodNamed(pod.clone()),
        }
    }

    fn of(target: &Target) -> Aim {
        match target {
            Target::Host(name) => Aim::Name(name.clone()),
            Target::Process { host, name } => Aim::Name(format!("{host}/{name}")),
            Target::Leader { of, host } => Aim::Leader {
                leader_of: match of {
                    LeaderOf::ControllerManager => Elected::KubeControllerManager,
                    LeaderOf::Scheduler => Elected::KubeScheduler,
                    LeaderOf::Etcd => Elected::Etcd,
                },
                r#as: if *host { As::Host } else { As::Process },
            },
            Target::Pod { deployment, index } => Aim::Pod { pod_of: deployment.clone(), index: *index },
            Target::PodNamed(name) => Aim::NamedPod { pod: name.clone() },
        }
    }
}

impl Deed {
    /// Returns the act on the cluster.
    pub fn act(&self) -> Act {
        match self.clone() {
            Deed::On { verb, target } => Act::On(verb, target.config()),
            Deed::Clock { target, rate, offset } => {
                Act::Clock { target: target.config(), rate_ppm: rate.map(|r| r.0), offset_us: offset.map(|o| o.0) }
            }
            Deed::Partition { groups } => Act::Partition { groups },
            Deed::Cut { from, to } => Act::Cut { from, to },
            Deed::Link { between, latency, jitter, loss } => Act::Link {
                between,
                latency: latency.map(|s| s.0),
                jitter: jitter.map(|s| s.0),
                loss_ppm: loss.map(|l| l.0),
            },
            Deed::Heal { between } => Act::Heal { between },
            Deed::Kubectl { args, .. } => Act::Kubectl { args },
            Deed::Etcdctl { args, .. } => Act::Etcdctl { args },
            Deed::Flags { target, set } => Act::Flags { target: target.config(), set: set.into_iter().collect() },
            Deed::Timings { lease_duration, renew_deadline, retry_period } => Act::Timings {
                lease_duration: lease_duration.0,
                renew_deadline: renew_deadline.0,
                retry_period: retry_period.0,
            },
            Deed::Renewal { renewal } => Act::Reading(renewal),
        }
    }

    /// Returns the step for an act.
    pub fn of(act: &Act) -> Deed {
        match act.clone() {
            Act::On(verb, target) => Deed::On { verb, target: Aim::of(&target) },
            Act::Clock { target, rate_ppm, offset_us } => {
                Deed::Clock { target: Aim::of(&target), rate: rate_ppm.map(Millionths), offset: offset_us.map(Offset) }
            }
            Act::Partition { groups } => Deed::Partition { groups },
            Act::Cut { from, to } => Deed::Cut { from, to },
            Act::Link { between, latency, jitter, loss_ppm } => Deed::Link {
                between,
                latency: latency.map(Span),
                jitter: jitter.map(Span),
                loss: loss_ppm.map(Millionths),
            },
            Act::Heal { between } => Deed::Heal { between },
            Act::Kubectl { args } => Deed::Kubectl { mistaken: mistaken(Tool::Kubectl, &args), args },
            Act::Etcdctl { args } => Deed::Etcdctl { mistaken: mistaken(Tool::Etcdctl, &args), args },
            Act::Flags { target, set } => Deed::Flags { target: Aim::of(&target), set: set.into_iter().collect() },
            Act::Timings { lease_duration, renew_deadline, retry_period } => Deed::Timings {
                lease_duration: Span(lease_duration),
                renew_deadline: Span(renew_deadline),
                retry_period: Span(retry_period),
            },
            Act::Reading(renewal) => Deed::Renewal { renewal },
        }
    }
}

/// Returns whether the tool itself refuses the line.
fn mistaken(tool: Tool, args: &[String]) -> bool {
    matches!(console::parse(tool, args), Parsed::Ended(_, code) if code != 0)
}
