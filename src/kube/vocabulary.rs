//! The vocabulary of the lab: every message that its processes exchange, and the concrete types of context and input that
//! `kube`, `edge` and `console` use.

use std::rc::Rc;

use super::api::Api;
use super::object::{Name, PodsAt, Uid};
use super::timer::Timer;
use super::trace_event::TraceEvent;
use super::value::Value;
use crate::etcd;
use crate::sim::{self, Label, Port, SimDuration, Vocabulary};

/// The vocabulary of the whole lab.
#[derive(Clone, Debug)]
pub struct Lab;

impl Vocabulary for Lab {
    type Wire = Wire;
    type Note = TraceEvent;
    type Timer = Timer;
}

/// The interface of a process of the lab to the kernel.
pub type Ctx<'a> = sim::Ctx<'a, Lab>;
/// The input of a process of the lab.
pub type Input = sim::Input<Wire, Timer>;

/// A message on the network or on a host's own sockets.
#[derive(Clone, Debug)]
pub enum Wire {
    /// To and from an etcd member.
    Etcd(etcd::Wire<Value>),
    /// Between an API server and its clients, over TLS.
    Api(Api),
    /// Between the app's user and a pod.
    App(App),
    /// Between the kubelet and the container runtime.
    Cri(Cri),
    /// kube-proxy replaces the host's forwarding rules, which outlive it.
    Netfilter(Rc<Rules>),
    /// To a process from outside its host's network.
    Control(Control),
    /// An advertisement of the VRRP master; priority 0 if it gives the virtual IP up.
    Vrrp {
        /// The sender's effective priority.
        priority: u8,
    },
}

/// HTTP between the app's user and a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum App {
    /// A request.
    Get,
    /// The same, carried by one host's forwarding rules to the host of this pod.
    Forward {
        /// The pod.
        pod: Uid,
    },
    /// Which pod answered.
    Ok {
        /// The pod's name.
        pod: Name,
    },
}

/// Node ports: users reach the app here on any worker.
pub const APP_NODE_PORT: Port = 30080;
/// Pods listen here; a pod's address is a port of its host in the lab.
pub(crate) const POD_PORT: Port = 8080;

/// The kubelet and the containers of its host (the container runtime interface).
#[derive(Clone, Debug, PartialEq)]
pub enum Cri {
    /// kubelet: run this pod's container.
    Start {
        /// The pod.
        pod: Uid,
        /// The pod's name.
        name: Name,
    },
    /// kubelet: SIGTERM, and SIGKILL after the grace period.
    Stop {
        /// The pod.
        pod: Uid,
        /// The grace period.
        grace: SimDuration,
    },
    /// kubelet: list the containers.
    List,
    /// runtime: these run.
    Running(Vec<Uid>),
    /// runtime: it runs now.
    Started {
        /// The pod.
        pod: Uid,
    },
    /// runtime: it has ended.
    Exited {
        /// The pod.
        pod: Uid,
        /// Exit status; 137 after SIGKILL.
        code: i32,
    },
    /// from outside: the container crashes.
    Crash {
        /// The pod.
        pod: Uid,
    },
}

/// The forwarding rules of one host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// For each node port, the pods behind it: (host, pod).
    pub(crate) node_ports: Vec<(Port, PodsAt)>,
}

/// A message to a process from outside: what an administrator changes on its host.
#[derive(Clone, Debug, PartialEq)]
pub enum Control {
    /// New leader election settings, effective from the next step on.
    Election(super::election::Settings),
    /// The manifest of this process was edited; told to its kubelet.
    Manifest(sim::ProcId),
    /// A line is typed on a terminal; `number` tells it from the others.
    Type {
        /// The number of the line.
        number: u32,
        /// `kubectl` or `etcdctl`
        tool: &'static str,
        /// The arguments after the tool's name.
        args: Rc<[String]>,
    },
}

impl Wire {
    /// Returns the message for etcd; `None` if it is not for etcd.
    pub fn etcd(self) -> Option<etcd::Wire<Value>> {
        match self {
            Wire::Etcd(wire) => Some(wire),
            _ => None,
        }
    }
}

impl Label for Wire {
    fn label(&self) -> &'static str {
        match self {
            Wire::Etcd(wire) => wire.label(),
            Wire::Api(api) => api.label(),
            Wire::App(App::Get | App::Forward { .. }) => "app GET",
            Wire::App(App::Ok { .. }) => "app 200",
            Wire::Cri(_) => "CRI",
            Wire::Netfilter(_) => "iptables",
            Wire::Control(_) => "control",
            Wire::Vrrp { .. } => "VRRP",
        }
    }
}

impl From<etcd::Wire<Value>> for Wire {
    fn from(wire: etcd::Wire<Value>) -> Self {
        Wire::Etcd(wire)
    }
}

impl From<Api> for Wire {
    fn from(api: Api) -> Self {
        Wire::Api(api)
    }
}
