//! Conditions and taints that the node lifecycle controller writes into silent nodes and their pods (FACTS 3.3).

use crate::kube::object::{Condition, ConditionStatus, Node, Object, Pod, Taint, TaintEffect};
use crate::sim::WallTime;

/// `node.kubernetes.io/not-ready`
pub(super) const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// `node.kubernetes.io/unreachable`
pub(super) const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// `node.kubernetes.io/unschedulable`
pub(super) const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

const CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// Returns the node with every condition unknown; `None` if all are unknown already.
pub(super) fn unknown(object: &Object, wall: WallTime) -> Option<Object> {
    use ConditionStatus::Unknown;
    let node = object.node()?;
    if CONDITIONS.iter().all(|kind| node.condition(kind).is_some_and(|c| c.status == Unknown)) {
        return None;
    }
    let mut object = object.clone();
    let node = object.node_mut()?;
    for kind in CONDITIONS {
        match node.conditions.iter_mut().find(|c| c.kind == kind) {
            Some(condition) if condition.status == Unknown => {}
            Some(condition) => {
                condition.status = Unknown;
                condition.reason = "NodeStatusUnknown".into();
                condition.message = "Kubelet stopped posting node status.".into();
                condition.last_transition_time = wall;
            }
            None => node.conditions.push(Condition {
                kind,
                status: Unknown,
                reason: "NodeStatusNeverUpdated".into(),
                message: "Kubelet never posted node status.".into(),
                last_heartbeat_time: None,
                last_transition_time: wall,
            }),
        }
    }
    Some(object)
}

/// Returns the pod with its Ready condition false; `None` if it is not ready anyway.
pub(super) fn pod_not_ready(object: &Object, wall: WallTime) -> Option<Object> {
    let ready = |c: &Condition| c.kind == "Ready" && c.status == ConditionStatus::True;
    object.pod()?.conditions.iter().find(|c| ready(c))?;
    let mut object = object.clone();
    let condition = object.pod_mut()?.conditions.iter_mut().find(|c| ready(c))?;
    condition.status = ConditionStatus::False;
    condition.last_transition_time = wall;
    Some(object)
}

/// The pod marked as deleted for its node's taint.
pub(super) fn disruption_target(object: &Object, wall: WallTime) -> Option<Object> {
    let mut object = object.clone();
    let pod: &mut Pod = object.pod_mut()?;
    pod.conditions.retain(|c| c.kind != "DisruptionTarget");
    pod.conditions.push(Condition {
        kind: "DisruptionTarget",
        status: ConditionStatus::True,
        reason: "DeletionByTaintManager".into(),
        message: "Taint manager: deleting due to NoExecute taint".into(),
        last_heartbeat_time: None,
        last_transition_time: wall,
    });
    Some(object)
}

/// Returns the taints that a node should have; taints of others stay.
pub(super) fn taints(node: &Node, no_execute: bool, wall: WallTime) -> Vec<Taint> {
    let ours = |t: &Taint| [NOT_READY, UNREACHABLE, UNSCHEDULABLE].contains(&t.key);
    let key = match node.condition("Ready").map(|c| c.status) {
        Some(ConditionStatus::True) => None,
        Some(ConditionStatus::Unknown) => Some(UNREACHABLE),
        Some(ConditionStatus::False) | None => Some(NOT_READY),
    };
    let mut wanted = Vec::new();
    if let Some(key) = key {
        if no_execute {
            wanted.push((key, TaintEffect::NoExecute));
        }
        wanted.push((key, TaintEffect::NoSchedule));
    }
    if node.unschedulable {
        wanted.push((UNSCHEDULABLE, TaintEffect::NoSchedule));
    }
    let mut taints: Vec<Taint> = node.taints.iter().filter(|t| !ours(t)).cloned().collect();
    for (key, effect) in wanted {
        let old = node.taints.iter().find(|t| t.key == key && t.effect == effect);
        taints.push(old.cloned().unwrap_or(Taint { key, effect, time_added: Some(wall) }));
    }
    taints
}

/// Whether two lists hold the same taints, in any order.
pub(super) fn same_taints(a: &[Taint], b: &[Taint]) -> bool {
    a.len() == b.len() && a.iter().all(|t| b.iter().any(|u| u.key == t.key && u.effect == t.effect))
}
