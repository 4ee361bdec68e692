//! The closed set of processes that a cluster consists of.

use std::rc::Rc;

use crate::edge::browser::Browser;
use crate::edge::haproxy::Haproxy;
use crate::edge::kubectl::Laptop;
use crate::etcd::Member;
use crate::kube::apiserver::{ApiServer, Phase};
use crate::kube::controllers::ControllerManager;
use crate::kube::election::{Candidate, Settings};
use crate::kube::kubelet::Kubelet;
use crate::kube::node_os::NodeOs;
use crate::kube::proxy::KubeProxy;
use crate::kube::scheduler::Scheduler;
use crate::kube::{Ctx, Input, Lab, Value, Wire};
use crate::sim::{Machine, SimTime};

/// One process of any kind.
#[derive(Clone)]
pub enum Process {
    Etcd(Member<Value>),
    ApiServer(ApiServer),
    ControllerManager(ControllerManager),
    Scheduler(Scheduler),
    Kubelet(Kubelet),
    KubeProxy(KubeProxy),
    Node(NodeOs),
    Haproxy(Haproxy),
    Kubectl(Laptop),
    Browser(Browser),
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
            Process::Kubectl($m) => $call,
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
                let words = |wire| match wire {
                    Wire::Etcd(wire) => Some(wire),
                    _ => None,
                };
                if let Some(input) = input.map(words) {
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
            Process::Kubectl(m) => m.handle(ctx, input),
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
            Process::Kubectl(m) => m.crash(power_lost),
            Process::Browser(m) => m.crash(power_lost),
        }
    }
}
