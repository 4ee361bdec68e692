//! Notes in words: one short sentence for each event, its category and its tone. English; the facts are in the notes.

use super::view::{Category, Tone};
use crate::cluster::Cluster;
use crate::etcd;
use crate::kube::note::{ElectionNote, Lane, Note};
use crate::kube::object::Kind;
use crate::sim::{Exit, Note as Noted, Occurrence};

/// How an event is told; `None` for notes that are not shown in the list of events.
pub fn tell(cluster: &Cluster, note: &Noted<Note>) -> Option<(Category, Tone, String)> {
    let who = match (note.process, note.host) {
        (Some(process), _) => cluster.path(process),
        (None, Some(host)) => cluster.world().host(host).name.clone(),
        (None, None) => String::new(),
    };
    let host = note.host.map(|h| cluster.world().host(h).name.clone()).unwrap_or_default();
    Some(match &note.what {
        Note::Act(text) => (Category::Act, Tone::Neutral, format!("You: {text}")),
        Note::Kernel(what) => return kernel(note, &who, *what),
        Note::Etcd(what) => match what {
            etcd::Note::CampaignStarted { term } => {
                (Category::Etcd, Tone::Neutral, format!("{who} hears no leader and asks for votes in term {term}"))
            }
            etcd::Note::BecameLeader { term } => {
                (Category::Etcd, Tone::Good, format!("{who} is the leader of term {term}"))
            }
            etcd::Note::SteppedDown { term } => {
                (Category::Etcd, Tone::Bad, format!("{who} does not lead any more (term {term})"))
            }
            etcd::Note::LeaderChanged { .. } | etcd::Note::LostLeader { .. } => return None,
        },
        Note::LeaseHolder { component, holder } => {
            let name = component.name();
            match holder.split('_').next().filter(|h| !h.is_empty()) {
                Some(holder) => (Category::Election, Tone::Neutral, format!("The lease {name} names {holder}")),
                None => (Category::Election, Tone::Neutral, format!("The lease {name} names nobody")),
            }
        }
        Note::Election { component, what } => {
            let name = component.name();
            match what {
                ElectionNote::Expired { holder } => {
                    let holder = holder.split('_').next().unwrap_or_default();
                    (
                        Category::Election,
                        Tone::Neutral,
                        format!("{who}: the lease of {holder} has expired; it tries to take it"),
                    )
                }
                ElectionNote::Vacant { holder } => {
                    let holder = holder.split('_').next().unwrap_or_default();
                    let text = format!("{who}: {holder} has given its lease back; it tries to take it");
                    (Category::Election, Tone::Neutral, text)
                }
                ElectionNote::StartedLeading { .. } => {
                    (Category::Election, Tone::Good, format!("{host} leads as {name}"))
                }
                ElectionNote::StoppedLeading => {
                    (Category::Election, Tone::Bad, format!("{host} stops leading as {name}"))
                }
                ElectionNote::FailedToRenew => {
                    (Category::Election, Tone::Bad, format!("{who} could not renew its lease in time"))
                }
                ElectionNote::Released => (Category::Election, Tone::Neutral, format!("{who} gives its lease back")),
            }
        }
        Note::Created { kind, name, .. } => {
            (Category::Pods, Tone::Neutral, format!("{} {name} is created", kind.name()))
        }
        Note::Deleted { kind: Kind::Pod, name, .. } => {
            (Category::Pods, Tone::Neutral, format!("Pod {name} is deleted"))
        }
        Note::Deleted { kind, name, .. } => {
            (Category::Pods, Tone::Neutral, format!("{} {name} is deleted", kind.name()))
        }
        Note::Bound { pod, node } => (Category::Pods, Tone::Neutral, format!("Pod {pod} is assigned to {node}")),
        Note::NodeReady { node, ready: true } => (Category::Node, Tone::Good, format!("Node {node} is Ready")),
        Note::NodeReady { node, ready: false } => (Category::Node, Tone::Bad, format!("Node {node} is NotReady")),
        Note::ApiReady { ready: true, .. } => (Category::Api, Tone::Good, format!("{who} is ready")),
        Note::ApiReady { ready: false, failed } => {
            (Category::Api, Tone::Bad, format!("{who} is not ready: {}", failed.join(", ")))
        }
        Note::Backend { server, up, check } => {
            let server = &cluster.world().host(*server).name;
            let (tone, state) = if *up { (Tone::Good, "UP") } else { (Tone::Bad, "DOWN") };
            (Category::LoadBalancer, tone, format!("{who} marks {server} {state} ({check})"))
        }
        Note::VirtualIp { taken: true } => {
            (Category::LoadBalancer, Tone::Good, format!("{who} takes the virtual IP: clients now reach {host}"))
        }
        Note::VirtualIp { taken: false } => {
            (Category::LoadBalancer, Tone::Neutral, format!("{who} gives the virtual IP to the one with more priority"))
        }
        Note::Lane { lane, ok, error, .. } => {
            let (category, good, bad) = match lane {
                Lane::ApiWritable => (Category::Api, "kubectl can write", "kubectl cannot write"),
                Lane::ApiReadable => (Category::Api, "kubectl can read", "kubectl cannot read"),
                Lane::AppServing => (Category::Pods, "the app answers its user", "the app does not answer its user"),
            };
            if *ok {
                (category, Tone::Good, sentence(good))
            } else if error.is_empty() {
                (category, Tone::Bad, sentence(bad))
            } else {
                (category, Tone::Bad, format!("{}: {error}", sentence(bad)))
            }
        }
        Note::Container { pod, running, .. } => {
            if *running {
                (Category::Pods, Tone::Good, format!("{host} runs the container of {pod}"))
            } else {
                (Category::Pods, Tone::Bad, format!("The container of {pod} on {host} has ended"))
            }
        }
        Note::Command(printed) => {
            let line = cluster.history().commands.iter().find(|t| t.number == printed.number);
            let line = line.map_or_else(|| "a command".to_owned(), |t| t.args.join(" "));
            let last = printed.stderr.lines().last().or(printed.stdout.lines().last()).unwrap_or_default();
            let tone = if printed.exit == 0 { Tone::Good } else { Tone::Bad };
            (Category::Api, tone, format!("{line} ends with {}: {last}", printed.exit))
        }
        Note::Log(_) => return None,
    })
}

fn kernel(note: &Noted<Note>, who: &str, what: Occurrence) -> Option<(Category, Tone, String)> {
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
        Occurrence::PoweredOff => (Tone::Bad, format!("{who} is off")),
        Occurrence::PoweredOn => (Tone::Good, format!("{who} is switched on and boots")),
        Occurrence::HostPaused | Occurrence::Paused => (Tone::Bad, format!("{who} is paused")),
        Occurrence::HostResumed | Occurrence::Resumed => (Tone::Good, format!("{who} goes on")),
        Occurrence::Started => (Tone::Neutral, format!("{who} starts")),
        Occurrence::Stopped => (Tone::Bad, format!("{who} is to stay down")),
        Occurrence::Exited(Exit::Killed) => (Tone::Bad, format!("{who} is killed")),
        Occurrence::Exited(Exit::Code(0)) => (Tone::Neutral, format!("{who} exits")),
        Occurrence::Exited(Exit::Code(code)) => (Tone::Bad, format!("{who} exits with status {code}")),
        Occurrence::Exited(Exit::PowerLost) => return None,
    };
    let _ = note;
    Some((category, tone, text))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}
