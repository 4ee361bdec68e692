//! The order in which a ReplicaSet deletes pods (FACTS 3.1; pkg/controller/controller_utils.go,
//! `ActivePodsWithRanks.Less`).

use std::cmp::Ordering;

use super::caches::is_ready;
use crate::kube::object::{Object, Pod, PodPhase};
use crate::sim::WallTime;

/// Compares two pods: `Less` is deleted earlier. `rank` is how many active siblings share its node.
pub(crate) fn order(now: WallTime, a: (&Object, u32), b: (&Object, u32)) -> Ordering {
    let (Some(p), Some(q)) = (a.0.pod(), b.0.pod()) else { return Ordering::Equal };
    let (ready_p, ready_q) = (is_ready(p), is_ready(q));
    p.node_name
        .is_some()
        .cmp(&q.node_name.is_some())
        .then(phase(p).cmp(&phase(q)))
        .then(ready_p.cmp(&ready_q))
        .then(deletion_cost(a.0).cmp(&deletion_cost(b.0)))
        .then(b.1.cmp(&a.1))
        .then_with(|| {
            if ready_p && ready_q {
                younger_first(now, ready_since(p), ready_since(q), a.0, b.0)
            } else {
                Ordering::Equal
            }
        })
        .then(q.restart_count.cmp(&p.restart_count))
        .then_with(|| younger_first(now, a.0.meta.creation_timestamp, b.0.meta.creation_timestamp, a.0, b.0))
}

fn phase(pod: &Pod) -> u8 {
    match pod.phase {
        PodPhase::Pending => 0,
        PodPhase::Unknown => 1,
        _ => 2,
    }
}

fn deletion_cost(object: &Object) -> i32 {
    let cost = object.meta.annotations.get("controller.kubernetes.io/pod-deletion-cost");
    cost.and_then(|c| c.parse().ok()).unwrap_or(0)
}

fn ready_since(pod: &Pod) -> WallTime {
    pod.condition("Ready").map_or(WallTime::ZERO, |c| c.last_transition_time)
}

/// Compares ages by powers of two; within one power the smaller uid goes first.
fn younger_first(now: WallTime, a: WallTime, b: WallTime, x: &Object, y: &Object) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    let magnitude =
        |t: WallTime| (now.since(t).as_micros().saturating_mul(1_000)).checked_ilog2().map_or(-1, i64::from);
    magnitude(a).cmp(&magnitude(b)).then(x.meta.uid.cmp(&y.meta.uid))
}
