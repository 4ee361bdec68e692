//! Notes as text: one short sentence for each event, its category and its tone. The facts are in the notes.

pub mod acts;
pub(crate) mod brief;
pub mod join;
pub(crate) mod texts;
pub mod transcript;

use super::view::{Category, Tone};
use crate::cluster::Cluster;
use crate::etcd;
use crate::kube::object::Kind;
use crate::kube::trace_event::{ElectionEvent, Lane, TraceEvent};
use crate::sim::{Exit, Note, Occurrence};
use texts as say;

/// Returns an event's category, tone and sentence. `None` for notes that the list of events does not show.
pub(crate) fn tell(cluster: &Cluster, note: &Note<TraceEvent>) -> Option<(Category, Tone, String)> {
    let who = match (note.process, note.host) {
        (Some(process), _) => cluster.path(process),
        (None, Some(host)) => cluster.world().host(host).name.clone(),
        (None, None) => String::new(),
    };
    let host = note.host.map(|h| cluster.world().host(h).name.clone()).unwrap_or_default();
    Some(match &note.what {
        TraceEvent::Act(done) => (Category::Act, Tone::Neutral, say::EVENT_ACT.with(&[("act", &acts::done(done))])),
        TraceEvent::Kernel(what) => return kernel(&who, *what),
        TraceEvent::Etcd(what) => match what {
            etcd::Event::CampaignStarted { term } => {
                (Category::Etcd, Tone::Neutral, say::EVENT_CAMPAIGN.with(&[("who", &who), ("term", term)]))
            }
            etcd::Event::BecameLeader { term } => {
                (Category::Etcd, Tone::Good, say::EVENT_RAFT_LEADS.with(&[("who", &who), ("term", term)]))
            }
            etcd::Event::SteppedDown { term } => {
                (Category::Etcd, Tone::Bad, say::EVENT_RAFT_STEPS_DOWN.with(&[("who", &who), ("term", term)]))
            }
            etcd::Event::LeaderChanged { .. } | etcd::Event::LostLeader { .. } => return None,
        },
        TraceEvent::LeaseHolder { component, holder } => {
            let name = component.name();
            match holder.split('_').next().filter(|h| !h.is_empty()) {
                Some(holder) => (
                    Category::Election,
                    Tone::Neutral,
                    say::EVENT_LEASE_NAMES.with(&[("name", &name), ("holder", &holder)]),
                ),
                None => (Category::Election, Tone::Neutral, say::EVENT_LEASE_NOBODY.with(&[("name", &name)])),
            }
        }
        TraceEvent::Election { component, what } => {
            let name = component.name();
            match what {
                ElectionEvent::Expired { holder } => {
                    let holder = holder.split('_').next().unwrap_or_default();
                    (Category::Election, Tone::Neutral, say::EVENT_EXPIRED.with(&[("who", &who), ("holder", &holder)]))
                }
                ElectionEvent::Vacant { holder } => {
                    let holder = holder.split('_').next().unwrap_or_default();
                    let text = say::EVENT_VACANT.with(&[("who", &who), ("holder", &holder)]);
                    (Category::Election, Tone::Neutral, text)
                }
                ElectionEvent::StartedLeading { .. } => {
                    (Category::Election, Tone::Good, say::EVENT_LEADS.with(&[("host", &host), ("name", &name)]))
                }
                ElectionEvent::StoppedLeading => {
                    (Category::Election, Tone::Bad, say::EVENT_STOPS_LEADING.with(&[("host", &host), ("name", &name)]))
                }
                ElectionEvent::FailedToRenew => {
                    (Category::Election, Tone::Bad, say::EVENT_NOT_RENEWED.with(&[("who", &who)]))
                }
                ElectionEvent::Released => {
                    (Category::Election, Tone::Neutral, say::EVENT_RELEASED.with(&[("who", &who)]))
                }
            }
        }
        TraceEvent::Created { kind, name, .. } => {
            (Category::Pods, Tone::Neutral, say::EVENT_CREATED.with(&[("kind", &kind.name()), ("name", name)]))
        }
        TraceEvent::Deleted { kind: Kind::Pod, name, .. } => {
            (Category::Pods, Tone::Neutral, say::EVENT_DELETED.with(&[("kind", &"Pod"), ("name", name)]))
        }
        TraceEvent::Deleted { kind, name, .. } => {
            (Category::Pods, Tone::Neutral, say::EVENT_DELETED.with(&[("kind", &kind.name()), ("name", name)]))
        }
        TraceEvent::Bound { pod, node } => {
            (Category::Pods, Tone::Neutral, say::EVENT_BOUND.with(&[("name", pod), ("host", node)]))
        }
        TraceEvent::NodeReady { node, ready: true } => {
            (Category::Node, Tone::Good, say::EVENT_NODE_READY.with(&[("name", node)]))
        }
        TraceEvent::NodeReady { node, ready: false } => {
            (Category::Node, Tone::Bad, say::EVENT_NODE_NOT_READY.with(&[("name", node)]))
        }
        TraceEvent::ApiReady { ready: true, .. } => {
            (Category::Api, Tone::Good, say::EVENT_API_READY.with(&[("who", &who)]))
        }
        TraceEvent::ApiReady { ready: false, failed } => {
            (Category::Api, Tone::Bad, say::EVENT_API_NOT_READY.with(&[("who", &who), ("why", &join::list(failed))]))
        }
        TraceEvent::Backend { server, up, check } => {
            let server = &cluster.world().host(*server).name;
            let (tone, text) = if *up { (Tone::Good, say::EVENT_MARKS_UP) } else { (Tone::Bad, say::EVENT_MARKS_DOWN) };
            (Category::LoadBalancer, tone, text.with(&[("who", &who), ("host", server), ("check", check)]))
        }
        TraceEvent::VirtualIp { taken: true } => {
            (Category::LoadBalancer, Tone::Good, say::EVENT_TAKES_ADDRESS.with(&[("who", &who), ("host", &host)]))
        }
        TraceEvent::VirtualIp { taken: false } => {
            (Category::LoadBalancer, Tone::Neutral, say::EVENT_GIVES_ADDRESS.with(&[("who", &who)]))
        }
        TraceEvent::Lane { lane, ok, error, .. } => {
            let (category, good, bad) = match lane {
                Lane::ApiWritable => (Category::Api, say::EVENT_CAN_WRITE, say::EVENT_CANNOT_WRITE),
                Lane::ApiReadable => (Category::Api, say::EVENT_CAN_READ, say::EVENT_CANNOT_READ),
                Lane::AppServing => (Category::Pods, say::EVENT_APP_ANSWERS, say::EVENT_APP_SILENT),
            };
            if *ok {
                (category, Tone::Good, good.to_string())
            } else if error.is_empty() {
                (category, Tone::Bad, bad.to_string())
            } else {
                (category, Tone::Bad, say::EVENT_WITH_ERROR.with(&[("what", &bad), ("error", error)]))
            }
        }
        TraceEvent::Container { pod, running, .. } => {
            if *running {
                (Category::Pods, Tone::Good, say::EVENT_CONTAINER_RUNS.with(&[("host", &host), ("name", pod)]))
            } else {
                (Category::Pods, Tone::Bad, say::EVENT_CONTAINER_ENDED.with(&[("host", &host), ("name", pod)]))
            }
        }
        TraceEvent::Command(printed) => {
            let line = cluster.history().commands.iter().find(|t| t.number == printed.number);
            let line = line.map_or_else(|| say::EVENT_COMMAND.to_string(), |t| t.args.join(" "));
            let last = printed.stderr.lines().last().or(printed.stdout.lines().last()).unwrap_or_default();
            let tone = if printed.exit == 0 { Tone::Good } else { Tone::Bad };
            (
                Category::Api,
                tone,
                say::EVENT_COMMAND_ENDS.with(&[("line", &line), ("exit", &printed.exit), ("last", &last)]),
            )
        }
        TraceEvent::Log(_) | TraceEvent::Line(_) => return None,
    })
}

fn kernel(who: &str, what: Occurrence) -> Option<(Category, Tone, String)> {
    let category = match who.split('/').nth(1) {
        Some("etcd") => Category::Etcd,
        Some("haproxy" | "nginx" | "keepalived") => Category::LoadBalancer,
        Some("kube-apiserver") => Category::Api,
        Some("kube-controller-manager" | "kube-scheduler") => Category::Election,
        _ => Category::Node,
    };
    // The process `node` stands for the host itself.
    if who.ends_with("/node") {
        return None;
    }
    let (tone, text) = match what {
        Occurrence::PoweredOff => (Tone::Bad, say::EVENT_OFF.with(&[("who", &who)])),
        Occurrence::PoweredOn => (Tone::Good, say::EVENT_BOOTS.with(&[("who", &who)])),
        Occurrence::HostPaused | Occurrence::Paused => (Tone::Bad, say::EVENT_PAUSED.with(&[("who", &who)])),
        Occurrence::HostResumed | Occurrence::Resumed => (Tone::Good, say::EVENT_GOES_ON.with(&[("who", &who)])),
        Occurrence::Started => (Tone::Neutral, say::EVENT_STARTS.with(&[("who", &who)])),
        Occurrence::Stopped => (Tone::Bad, say::EVENT_STAYS_DOWN.with(&[("who", &who)])),
        Occurrence::Exited(Exit::Killed) => (Tone::Bad, say::EVENT_KILLED.with(&[("who", &who)])),
        Occurrence::Exited(Exit::Code(0)) => (Tone::Neutral, say::EVENT_EXITS.with(&[("who", &who)])),
        Occurrence::Exited(Exit::Code(code)) => {
            (Tone::Bad, say::EVENT_EXITS_WITH.with(&[("who", &who), ("code", &code)]))
        }
        Occurrence::Exited(Exit::PowerLost) => return None,
    };
    Some((category, tone, text))
}
