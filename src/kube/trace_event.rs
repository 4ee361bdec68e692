//! The events of a run, as facts; `lab/narration` puts them into words.

use std::rc::Rc;

use super::act::Verb;
use super::election::{Component, Record};
use super::log_line::{self, LogLine};
use super::object::{Kind, Name, Uid};
use super::value::Value;
use crate::etcd;
use crate::sim::{HostId, Occurrence, SimDuration, SimTime};

/// An event of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum TraceEvent {
    /// From outside: an act was carried out.
    Act(ActRecord),
    /// From the kernel: a host or a process changed its state.
    Kernel(Occurrence),
    /// From an etcd member: its role or its leader has changed.
    Etcd(etcd::Event),
    /// The lease record in etcd names another holder (empty: nobody).
    LeaseHolder {
        /// The component whose lock it is.
        component: Component,
        /// The new holder; empty if the lease was given back.
        holder: Name,
    },
    /// From a candidate in a leader election.
    Election {
        /// The component whose lock it is.
        component: Component,
        /// What has happened to the candidate.
        what: ElectionEvent,
    },
    /// An object was stored for the first time.
    Created {
        /// The kind.
        kind: Kind,
        /// The namespace; empty for a kind without.
        namespace: Name,
        /// The name.
        name: Name,
        /// The uid.
        uid: Uid,
    },
    /// An object is no longer stored.
    Deleted {
        /// The kind.
        kind: Kind,
        /// The namespace; empty for a kind without.
        namespace: Name,
        /// The name.
        name: Name,
        /// The uid.
        uid: Uid,
    },
    /// A pod was bound to a node.
    Bound {
        /// The pod.
        pod: Name,
        /// The node.
        node: Name,
    },
    /// The API's Ready condition of a node changed.
    NodeReady {
        /// The node.
        node: Name,
        /// Whether the condition is true now.
        ready: bool,
    },
    /// From an API server, when it was asked: the answer of `/readyz` has changed.
    ApiReady {
        /// Whether it is ready now.
        ready: bool,
        /// The checks that fail; empty if it is ready.
        failed: Vec<&'static str>,
    },
    /// From a load balancer: a server goes UP or DOWN.
    Backend {
        /// The server.
        server: HostId,
        /// Whether it is used from now on.
        up: bool,
        /// The result that turned it: `L4CON`
        check: &'static str,
    },
    /// A load balancer took the virtual IP, or gave it up to another.
    VirtualIp {
        /// Whether the address was taken; else it was given up.
        taken: bool,
    },
    /// From the laptop or the user: requests start or cease to succeed.
    Lane {
        /// Whose requests they are.
        lane: Lane,
        /// When the first request that went differently was sent.
        since: SimTime,
        /// Whether requests succeed from then on.
        ok: bool,
        /// The text of the failure; empty if they succeed.
        error: Rc<str>,
    },
    /// A container started or ended.
    Container {
        /// The pod.
        pod: Name,
        /// The pod's uid.
        uid: Uid,
        /// Whether it runs from now on; else it has ended.
        running: bool,
    },
    /// A line that the real process would log, in its wording.
    Log(Rc<str>),
    /// What a process logs, as a fact.
    Line(LogLine),
    /// A command that was typed has ended.
    Command(Rc<Printed>),
}

/// What was done from outside, to which host (`master-1`), process (`master-1/etcd`) or pod.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are those of docs/scenario.md")]
pub enum ActRecord {
    On(Verb, Name),
    Clock(Name),
    Partition,
    Cut(Name, Name),
    Link(Name, Name),
    Heal,
    /// Lease duration, renew deadline, retry period.
    Timings([SimDuration; 3]),
    Reading,
    /// The process, and its flags as they are typed.
    Flags(Name, Name),
    /// A line on the laptop.
    Typed(Name),
}

/// A line that was typed.
impl From<&str> for ActRecord {
    fn from(line: &str) -> Self {
        ActRecord::Typed(line.into())
    }
}

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// Its number, in the order in which commands were typed.
    pub(crate) number: u32,
    /// Exit status.
    pub exit: u8,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Events of a candidate in a leader election.
#[derive(Clone, Debug, PartialEq)]
pub enum ElectionEvent {
    /// It saw no change of the record for the lease duration, and tries to take the lease.
    Expired {
        /// The last holder.
        holder: Name,
    },
    /// It has seen that the holder released the lease, and tries to take it.
    Vacant {
        /// The last holder; empty if there was none.
        holder: Name,
    },
    /// It leads and acts.
    StartedLeading {
        /// How often the lease has changed hands.
        transitions: u32,
    },
    /// It no longer acts as the leader.
    StoppedLeading,
    /// It could not renew for the whole renew deadline.
    FailedToRenew,
    /// It has released the lease on SIGTERM.
    Released,
}

/// Requests that are sent all the time, to see what works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// kubectl's writes.
    ApiWritable,
    /// kubectl's reads.
    ApiReadable,
    /// The user's requests to the app.
    AppServing,
}

impl From<Occurrence> for TraceEvent {
    fn from(what: Occurrence) -> Self {
        TraceEvent::Kernel(what)
    }
}

impl From<etcd::Event> for TraceEvent {
    fn from(note: etcd::Event) -> Self {
        TraceEvent::Etcd(note)
    }
}

impl etcd::Value for Value {
    type Note = TraceEvent;

    fn size(&self) -> u64 {
        match self {
            Value::Object(_) => 1_200, // a typical encoded object
            Value::Text(text) => text.len() as u64,
        }
    }

    fn change_note(before: Option<&Self>, after: Option<&Self>) -> Option<TraceEvent> {
        let object = |v: Option<&Value>| v.and_then(|v| v.object().cloned());
        let (before, after) = (object(before), object(after));
        match (&before, &after) {
            (None, Some(new)) if matches!(new.kind(), Kind::Pod | Kind::ReplicaSet | Kind::Deployment) => {
                let m = &new.meta;
                Some(TraceEvent::Created {
                    kind: new.kind(),
                    namespace: m.namespace.clone(),
                    name: m.name.clone(),
                    uid: m.uid,
                })
            }
            (Some(old), None) if matches!(old.kind(), Kind::Pod | Kind::ReplicaSet | Kind::Deployment) => {
                let m = &old.meta;
                Some(TraceEvent::Deleted {
                    kind: old.kind(),
                    namespace: m.namespace.clone(),
                    name: m.name.clone(),
                    uid: m.uid,
                })
            }
            (old, Some(new)) => {
                let old = old.as_ref();
                if matches!(new.kind(), Kind::Lease | Kind::Endpoints) {
                    let component = Component::of_lease(&new.meta.namespace, &new.meta.name)?;
                    let holder = Record::of(new)?.holder_identity;
                    let held = old.and_then(|o| Record::of(o)).map(|r| r.holder_identity).unwrap_or_default();
                    return (held != holder).then_some(TraceEvent::LeaseHolder { component, holder });
                }
                if let (Some(old), Some(pod)) = (old.and_then(|o| o.pod()), new.pod()) {
                    let node = pod.node_name.clone()?;
                    return old.node_name.is_none().then(|| TraceEvent::Bound { pod: new.meta.name.clone(), node });
                }
                if let (Some(old), Some(node)) = (old.and_then(|o| o.node()), new.node()) {
                    use super::object::ConditionStatus::True;
                    let ready = node.ready() == True;
                    return (ready != (old.ready() == True))
                        .then(|| TraceEvent::NodeReady { node: new.meta.name.clone(), ready });
                }
                None
            }
            _ => None,
        }
    }
}

impl From<LogLine> for TraceEvent {
    fn from(line: LogLine) -> Self {
        TraceEvent::Line(line)
    }
}

impl From<log_line::Kubelet> for TraceEvent {
    fn from(line: log_line::Kubelet) -> Self {
        LogLine::Kubelet(line).into()
    }
}

impl From<log_line::Proxy> for TraceEvent {
    fn from(line: log_line::Proxy) -> Self {
        LogLine::Proxy(line).into()
    }
}

impl From<log_line::Haproxy> for TraceEvent {
    fn from(line: log_line::Haproxy) -> Self {
        LogLine::Haproxy(line).into()
    }
}

impl From<log_line::Nginx> for TraceEvent {
    fn from(line: log_line::Nginx) -> Self {
        LogLine::Nginx(line).into()
    }
}
