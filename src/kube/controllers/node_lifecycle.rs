//! The node lifecycle controller: detects silent nodes, and taints them (FACTS 3.3 and 9;
//! pkg/controller/nodelifecycle/node_lifecycle_controller.go).
//!
//! A node is judged every 5 s by the local time at which its lease or status was last seen to change. All of that is in
//! memory: a new leader gives every node the whole grace period again. Both taints are set at once, as measured, the
//! NoExecute one subject to the eviction rate.

use std::collections::VecDeque;
use std::rc::Rc;

use super::node_status::{self, same_taints};
use super::{Purpose, Work};
use crate::kube::api::{Answer, Call};
use crate::kube::error::Failure;
use crate::kube::informer::Change;
use crate::kube::object::{ConditionStatus, Kind, Name, Stored, TaintEffect};
use crate::kube::recorder::Involved;
use crate::kube::timer;
use crate::kube::trace_event::TraceEvent;
use crate::sim::map::{Map, Set};
use crate::sim::{ProcId, Silent, SimDuration, SimTime, WallTime};

/// `--node-monitor-period`
const MONITOR_PERIOD: SimDuration = SimDuration::from_secs(5);
/// `--node-monitor-grace-period`
const GRACE_PERIOD: SimDuration = SimDuration::from_secs(50);
/// `--node-startup-grace-period`
const STARTUP_GRACE_PERIOD: SimDuration = SimDuration::from_secs(60);
/// One node in 10 s (`--node-eviction-rate`), or in 100 s when much of a large cluster is silent.
const EVICTION_INTERVAL: SimDuration = SimDuration::from_secs(10);
const SECONDARY_INTERVAL: SimDuration = SimDuration::from_secs(100);
const LARGE_CLUSTER: usize = 50;

/// The purpose of a call of this controller.
#[derive(Clone, Debug)]
pub(crate) enum Did {
    /// Set the node's conditions to unknown.
    Status,
    Taints,
    /// Set a pod's Ready condition to false.
    Pod,
}

/// How much of the cluster is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Disruption {
    #[default]
    Normal,
    /// At least three nodes and 55 %: evictions slow down, or stop in a small cluster.
    Partial,
    /// All nodes: the fault is more likely on this side. Evictions stop.
    Full,
}

#[derive(Clone, Debug)]
struct Health {
    /// When a sign of life was last seen, local time.
    probe: SimTime,
    lease_renewed: Option<WallTime>,
    heartbeat: Option<WallTime>,
    status_in_flight: bool,
    taints_in_flight: bool,
    /// Whether its pods still have to be marked not ready.
    pods_to_mark: bool,
}

/// The node lifecycle controller.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeLifecycle {
    health: Map<Name, Health>,
    /// Nodes that may be tainted NoExecute, and those that wait for the rate.
    no_execute: Set<Name>,
    waiting: VecDeque<Name>,
    next_eviction: SimTime,
    timer: bool,
    disruption: Disruption,
    running: bool,
}

impl NodeLifecycle {
    /// The caches are complete.
    pub(crate) fn start(&mut self, work: &mut Work<'_, '_>, kubelets: &Map<Name, ProcId>) {
        self.running = true;
        self.monitor(work, kubelets);
    }

    /// Iterates over the nodes, and when each last showed a sign of life, local time.
    pub(crate) fn probes(&self) -> impl Iterator<Item = (&Name, SimTime)> {
        self.health.iter().map(|(name, health)| (name, health.probe))
    }

    /// The eviction rate limiter has a token for the next node.
    pub(crate) fn taint_next(&mut self, work: &mut Work<'_, '_>) {
        self.timer = false;
        self.evict(work);
    }

    /// Judges all nodes, as every `--node-monitor-period`.
    pub(crate) fn monitor(&mut self, work: &mut Work<'_, '_>, kubelets: &Map<Name, ProcId>) {
        let caches = work.caches;
        let now = work.ctx.now();
        self.health.retain(|name, _| caches.nodes.named(name).is_some());
        let (mut ready, mut silent) = (0, 0);
        for stored in caches.nodes.iter() {
            let before = work.ctx.cause();
            let is_ready = self.judge(work, stored, now, kubelets);
            work.ctx.resume_cause(before);
            if is_ready { ready += 1 } else { silent += 1 }
        }
        self.set_disruption(work, ready, silent, now);
        for stored in caches.nodes.iter() {
            self.allow_no_execute(stored);
            self.taint(work, stored);
        }
        self.evict(work);
        work.ctx.set_timer(MONITOR_PERIOD, timer::ControllerManager::MonitorNodes, 0);
    }

    /// Looks for signs of life; returns whether the node counts as ready.
    fn judge(&mut self, work: &mut Work<'_, '_>, stored: &Stored, now: SimTime, kubelets: &Map<Name, ProcId>) -> bool {
        let name = &stored.object.meta.name;
        let Some(node) = stored.object.node() else { return true };
        let key = ("kube-node-lease".into(), name.clone());
        let lease_renewed = work.caches.leases.get(&key).and_then(|l| l.object.lease()?.renew_time);
        let ready = node.condition("Ready");
        let heartbeat = ready.and_then(|c| c.last_heartbeat_time);
        if !self.health.contains_key(name) {
            let text = format!("Node {name} event: Registered Node {name} in Controller");
            work.event("node-controller", Involved::of(&stored.object), false, "RegisteredNode", text);
            let health = Health {
                probe: now,
                lease_renewed,
                heartbeat,
                status_in_flight: false,
                taints_in_flight: false,
                pods_to_mark: false,
            };
            self.health.insert(name.clone(), health);
        }
        let Some(health) = self.health.get_mut(name) else { return true };
        if health.lease_renewed != lease_renewed || health.heartbeat != heartbeat {
            health.probe = now;
            (health.lease_renewed, health.heartbeat) = (lease_renewed, heartbeat);
        }
        let status = ready.map_or(ConditionStatus::Unknown, |c| c.status);
        let grace = if ready.is_some() { GRACE_PERIOD } else { STARTUP_GRACE_PERIOD };
        // Upstream wants more than the grace period, but its passes are a little more than their period apart: the tenth
        // pass is past it. Here a pass takes no time.
        if now.since(health.probe) >= grace && !health.status_in_flight {
            let wall = work.ctx.wall();
            if let Some(object) = node_status::unknown(&stored.object, wall) {
                let quiet = now.since(health.probe);
                let text = format!("Node has not been updated by its kubelet node=\"{name}\" since=\"{quiet}\"");
                match kubelets.get(name) {
                    Some(kubelet) => work.ctx.note_silence(Silent::Process(*kubelet), TraceEvent::Log(text.into())),
                    None => work.ctx.note(TraceEvent::Log(text.into())),
                };
                health.status_in_flight = true;
                let resource_version = stored.resource_version;
                let call = Call::Update { object: Rc::new(object), resource_version, status: true };
                work.call(call, Purpose::Node(name.clone(), Did::Status));
            }
        }
        if health.pods_to_mark && status != ConditionStatus::True {
            health.pods_to_mark = false;
            mark_pods(work, name);
        }
        status == ConditionStatus::True
    }

    fn set_disruption(&mut self, work: &mut Work<'_, '_>, ready: usize, silent: usize, now: SimTime) {
        let new = match (ready, silent) {
            (0, s) if s > 0 => Disruption::Full,
            (r, s) if s > 2 && s * 100 >= (r + s) * 55 => Disruption::Partial,
            _ => Disruption::Normal,
        };
        if self.disruption == Disruption::Full && new != Disruption::Full {
            self.health.values_mut().for_each(|h| h.probe = now);
        }
        if new == Disruption::Full && self.disruption != Disruption::Full {
            let text = "Controller detected that all Nodes are not-Ready. Entering master disruption mode";
            work.ctx.note(TraceEvent::Log(text.into()));
            self.no_execute.clear();
            self.waiting.clear();
        }
        self.disruption = new;
    }

    /// Queues a silent node for the NoExecute taint, and takes a node that has come back out of the queue.
    fn allow_no_execute(&mut self, stored: &Stored) {
        let name = &stored.object.meta.name;
        let Some(node) = stored.object.node() else { return };
        if node.ready() == ConditionStatus::True {
            self.no_execute.remove(name);
            self.waiting.retain(|n| n != name);
            return;
        }
        if self.disruption == Disruption::Full || node.condition("Ready").is_none() {
            return;
        }
        let ours = [node_status::NOT_READY, node_status::UNREACHABLE];
        if node.taints.iter().any(|t| t.effect == TaintEffect::NoExecute && ours.contains(&t.key)) {
            self.no_execute.insert(name.clone());
        }
        if !self.no_execute.contains(name) && !self.waiting.contains(name) {
            self.waiting.push_back(name.clone());
        }
    }

    /// Lets the next nodes be tainted NoExecute, as far as the rate allows.
    fn evict(&mut self, work: &mut Work<'_, '_>) {
        let interval = match self.disruption {
            Disruption::Normal => EVICTION_INTERVAL,
            Disruption::Partial if work.caches.nodes.len() > LARGE_CLUSTER => SECONDARY_INTERVAL,
            Disruption::Partial | Disruption::Full => return,
        };
        while !self.waiting.is_empty() {
            let now = work.ctx.now();
            if now < self.next_eviction {
                if !self.timer {
                    self.timer = true;
                    work.ctx.set_timer(self.next_eviction.since(now), timer::ControllerManager::TaintNextNode, 0);
                }
                return;
            }
            let Some(name) = self.waiting.pop_front() else { return };
            self.next_eviction = now + interval;
            self.no_execute.insert(name.clone());
            if let Some(stored) = work.caches.nodes.named(&name) {
                self.taint(work, stored);
            }
        }
    }

    /// A node changed.
    pub(crate) fn on_change(&mut self, work: &mut Work<'_, '_>, change: &Change) {
        match change {
            _ if !self.running => {}
            Change::Added(stored) | Change::Modified { new: stored, .. } => {
                if stored.object.kind() == Kind::Node {
                    self.allow_no_execute(stored);
                    self.evict(work);
                    self.taint(work, stored);
                }
            }
            Change::Deleted(stored) if stored.object.kind() == Kind::Node => {
                let name = &stored.object.meta.name;
                self.health.remove(name);
                self.no_execute.remove(name);
                self.waiting.retain(|n| n != name);
                let text = format!("Node {name} event: Removing Node {name} from Controller");
                work.event("node-controller", Involved::of(&stored.object), false, "RemovingNode", text);
            }
            Change::Deleted(_) => {}
        }
    }

    /// Writes the taints that the node should have, if it has others.
    fn taint(&mut self, work: &mut Work<'_, '_>, stored: &Stored) {
        let name = &stored.object.meta.name;
        let Some(node) = stored.object.node() else { return };
        let Some(health) = self.health.get_mut(name).filter(|h| !h.taints_in_flight) else { return };
        let healthy = node.ready() == ConditionStatus::True && !node.unschedulable;
        if healthy && node.taints.iter().all(|t| !t.key.starts_with("node.kubernetes.io/")) {
            return;
        }
        let taints = node_status::taints(node, self.no_execute.contains(name), work.ctx.wall());
        if same_taints(&taints, &node.taints) {
            return;
        }
        health.taints_in_flight = true;
        let mut object = (*stored.object).clone();
        if let Some(node) = object.node_mut() {
            node.taints = taints;
        }
        let call = Call::Update { object: Rc::new(object), resource_version: stored.resource_version, status: false };
        work.call(call, Purpose::Node(name.clone(), Did::Taints));
    }

    /// The result of a call.
    pub(crate) fn answered(&mut self, work: &mut Work<'_, '_>, name: Name, did: Did, result: &Result<Answer, Failure>) {
        let Some(health) = self.health.get_mut(&name) else { return };
        match did {
            Did::Taints => {
                health.taints_in_flight = false;
                // After a conflict, the next event of the cache or the next pass tries again.
                if let Ok(Answer::Object(written)) = result
                    && let Some(cached) = work.caches.nodes.named(&name).cloned()
                    && cached.resource_version >= written.resource_version
                {
                    self.taint(work, &cached);
                }
            }
            Did::Status => {
                health.status_in_flight = false;
                let Ok(Answer::Object(written)) = result else { return };
                let text = format!("Node {name} status is now: NodeNotReady");
                work.event("node-controller", Involved::of(&written.object), false, "NodeNotReady", text);
                mark_pods(work, &name);
            }
            Did::Pod => health.pods_to_mark |= result.as_ref().is_err_and(|f| !f.is_not_found()),
        }
    }
}

/// Marks the pods on a silent node not ready, which takes them out of their Services.
fn mark_pods(work: &mut Work<'_, '_>, name: &Name) {
    let wall = work.ctx.wall();
    for pod in work.caches.pods_on(name) {
        let Some(object) = node_status::pod_not_ready(&pod.object, wall) else { continue };
        work.event("node-controller", Involved::of(&pod.object), true, "NodeNotReady", "Node is not ready");
        let call = Call::Update { object: Rc::new(object), resource_version: pod.resource_version, status: true };
        work.call(call, Purpose::Node(name.clone(), Did::Pod));
    }
}
