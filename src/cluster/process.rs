//! The closed set of processes that a cluster consists of.

use crate::console::Terminal;
use crate::edge::backends::Backend;
use crate::edge::haproxy::Haproxy;
use crate::edge::keepalived::Keepalived;
use crate::edge::laptop::Laptop;
use crate::edge::nginx::Nginx;
use crate::edge::user::AppUser;
use crate::etcd::Member;
use crate::kube::apiserver::{ApiServer, Phase};
use crate::kube::controllers::ControllerManager;
use crate::kube::election::{Candidate, Elector, ElectorConfig};
use crate::kube::kubelet::Kubelet;
use crate::kube::node_os::NodeOs;
use crate::kube::proxy::Proxy;
use crate::kube::scheduler::Scheduler;
use crate::kube::{Ctx, Input, Lab, Timer, Value, Wire};
use crate::sim::Machine;

/// One process of any kind.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "each is in an Rc of its own, and is made once")]
pub enum Process {
    /// `etcd`
    Etcd(Member<Value>),
    /// `kube-apiserver`
    ApiServer(ApiServer),
    /// `kube-controller-manager`
    ControllerManager(ControllerManager),
    /// `kube-scheduler`
    Scheduler(Scheduler),
    /// `kubelet`
    Kubelet(Kubelet),
    /// `kube-proxy`
    KubeProxy(Proxy),
    /// `node`: a worker's own operating system.
    Node(NodeOs),
    /// `haproxy`
    Haproxy(Haproxy),
    /// `nginx`
    Nginx(Nginx),
    /// `keepalived`
    Keepalived(Keepalived),
    /// `kubectl`: the laptop that polls the API.
    Kubectl(Laptop),
    /// `terminal`: the laptop's terminal for typed commands.
    Terminal(Terminal),
    /// `browser`: the app's user.
    Browser(AppUser),
}

macro_rules! each {
    ($self:ident, $m:ident => $call:expr) => {
        match $self {
            Process::Etcd($m) => $call,
            Process::ApiServer($m) => $call,
            Process::ControllerManager($m) => $call,
            Process::Scheduler($m) => $call,
            Process::Kubelet($m) => $call,
            Process::KubeProxy($m) => $call,
            Process::Node($m) => $call,
            Process::Haproxy($m) => $call,
            Process::Nginx($m) => $call,
            Process::Keepalived($m) => $call,
            Process::Kubectl($m) => $call,
            Process::Terminal($m) => $call,
            Process::Browser($m) => $call,
        }
    };
}

impl Machine for Process {
    type V = Lab;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        each!(self, m => m.start(ctx));
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match self {
            Process::Etcd(member) => {
                if let Some(input) = input.map(Wire::etcd, Timer::etcd) {
                    member.handle(ctx, input);
                }
            }
            Process::ApiServer(m) => m.handle(ctx, input),
            Process::ControllerManager(m) => m.handle(ctx, input),
            Process::Scheduler(m) => m.handle(ctx, input),
            Process::Kubelet(m) => m.handle(ctx, input),
            Process::KubeProxy(m) => m.handle(ctx, input),
            Process::Node(m) => m.handle(ctx, input),
            Process::Haproxy(m) => m.handle(ctx, input),
            Process::Nginx(m) => m.handle(ctx, input),
            Process::Keepalived(m) => m.handle(ctx, input),
            Process::Kubectl(m) => m.handle(ctx, input),
            Process::Terminal(m) => m.handle(ctx, input),
            Process::Browser(m) => m.handle(ctx, input),
        }
    }

    fn crash(&mut self, power_lost: bool) {
        match self {
            Process::Etcd(member) => member.crash(),
            Process::ApiServer(m) => m.crash(power_lost),
            Process::ControllerManager(m) => m.crash(power_lost),
            Process::Scheduler(m) => m.crash(power_lost),
            Process::Kubelet(m) => m.crash(power_lost),
            Process::KubeProxy(m) => m.crash(power_lost),
            Process::Node(m) => m.crash(power_lost),
            Process::Haproxy(m) => m.crash(power_lost),
            Process::Nginx(m) => m.crash(power_lost),
            Process::Keepalived(m) => m.crash(power_lost),
            Process::Kubectl(m) => m.crash(power_lost),
            Process::Terminal(m) => m.crash(power_lost),
            Process::Browser(m) => m.crash(power_lost),
        }
    }
}

impl Process {
    /// Returns the etcd member, if it is one.
    pub fn etcd(&self) -> Option<&Member<Value>> {
        match self {
            Process::Etcd(m) => Some(m),
            _ => None,
        }
    }

    /// Returns the API server, if it is one.
    pub fn api_server(&self) -> Option<&ApiServer> {
        match self {
            Process::ApiServer(m) => Some(m),
            _ => None,
        }
    }

    /// Returns the worker's own operating system, if it is one.
    pub(crate) fn node(&self) -> Option<&NodeOs> {
        match self {
            Process::Node(m) => Some(m),
            _ => None,
        }
    }

    /// Returns HAProxy, if it is one.
    pub fn haproxy(&self) -> Option<&Haproxy> {
        match self {
            Process::Haproxy(m) => Some(m),
            _ => None,
        }
    }

    /// Returns the kubelet, if it is one.
    pub fn kubelet(&self) -> Option<&Kubelet> {
        match self {
            Process::Kubelet(m) => Some(m),
            _ => None,
        }
    }

    /// Returns keepalived, if it is one.
    pub fn keepalived(&self) -> Option<&Keepalived> {
        match self {
            Process::Keepalived(m) => Some(m),
            _ => None,
        }
    }

    /// Returns the servers behind it, if it is a load balancer.
    pub fn backends(&self) -> Vec<Backend> {
        match self {
            Process::Haproxy(m) => m.backends().collect(),
            Process::Nginx(m) => m.backends().collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the laptop that polls the API, if it is one.
    pub fn laptop(&self) -> Option<&Laptop> {
        match self {
            Process::Kubectl(m) => Some(m),
            _ => None,
        }
    }

    /// Returns the app's user, if it is one.
    pub(crate) fn user(&self) -> Option<&AppUser> {
        match self {
            Process::Browser(m) => Some(m),
            _ => None,
        }
    }

    /// Returns its candidate in a leader election; `None` if it takes no part or has not started.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.elector().map(|e| e.candidate())
    }

    pub(super) fn elector(&self) -> Option<&Elector> {
        match self {
            Process::ControllerManager(m) => m.elector(),
            Process::Scheduler(m) => m.elector(),
            _ => None,
        }
    }

    #[cfg(test)]
    pub(super) fn elector_mut(&mut self) -> Option<&mut Elector> {
        match self {
            Process::ControllerManager(m) => m.elector_mut(),
            Process::Scheduler(m) => m.elector_mut(),
            _ => None,
        }
    }

    /// Returns the `--leader-elect` flags that it starts with, if it takes part in an election.
    pub(crate) fn election(&self) -> Option<&ElectorConfig> {
        match self {
            Process::ControllerManager(m) => Some(&m.config().election),
            Process::Scheduler(m) => Some(&m.config().election),
            _ => None,
        }
    }

    pub(super) fn election_mut(&mut self) -> Option<&mut ElectorConfig> {
        match self {
            Process::ControllerManager(m) => Some(m.election_mut()),
            Process::Scheduler(m) => Some(m.election_mut()),
            _ => None,
        }
    }

    /// Returns whether it has finished its start-up; it must be up.
    pub(crate) fn has_started(&self) -> bool {
        match self {
            Process::Etcd(m) => m.raft().is_some(),
            Process::ApiServer(m) => m.phase() == Phase::Serving,
            Process::ControllerManager(m) => m.elector().is_some(),
            Process::Scheduler(m) => m.elector().is_some(),
            _ => true,
        }
    }

    /// Returns whether it can do its work now, as far as it knows.
    pub(crate) fn can_serve(&self) -> bool {
        match self {
            Process::Etcd(m) => m.raft().is_some_and(|r| r.leader() != crate::etcd::raft::NONE),
            Process::ApiServer(m) => m.readyz().0 == Some(true),
            Process::Haproxy(_) | Process::Nginx(_) => self.backends().iter().any(|s| s.up),
            _ => true,
        }
    }
}
