//! The status of a pod, computed from the state of its worker. FACTS 3.5; upstream
//! `pkg/kubelet/kubelet_pods.go`.

use super::worker::{Worker, WorkerPhase};
use crate::kube::object::{Condition, ConditionStatus, ContainerState, Pod, PodPhase};
use crate::sim::WallTime;

/// Returns the pod with the status that the API should have.
pub(super) fn wanted(worker: &Worker, pod: &Pod, now: WallTime) -> Pod {
    let mut pod = pod.clone();
    let (phase, state) = match worker.phase {
        WorkerPhase::Pulling | WorkerPhase::Starting if worker.restart_count == 0 => {
            (PodPhase::Pending, ContainerState::Waiting("ContainerCreating"))
        }
        WorkerPhase::Pulling | WorkerPhase::Starting | WorkerPhase::Exited => (PodPhase::Running, terminated(worker)),
        WorkerPhase::Running | WorkerPhase::Stopping => {
            (PodPhase::Running, ContainerState::Running { started_at: worker.started_at })
        }
        WorkerPhase::CrashLoopBackOff { .. } => (PodPhase::Running, ContainerState::Waiting("CrashLoopBackOff")),
        WorkerPhase::Finished => {
            let failed = worker.last_exit.is_some_and(|(code, _)| code != 0);
            (if failed { PodPhase::Failed } else { PodPhase::Succeeded }, terminated(worker))
        }
    };
    let ready = matches!(state, ContainerState::Running { .. });
    pod.phase = phase;
    pod.state = state;
    pod.ready = ready;
    pod.start_time = pod.start_time.or(Some(worker.accepted_at));
    pod.pod_ip.clone_from(&worker.address);
    // A container that is about to be started is not counted yet.
    let starting = matches!(worker.phase, WorkerPhase::Pulling | WorkerPhase::Starting);
    pod.restart_count = worker.restart_count.saturating_sub(u32::from(starting));
    pod.last_restart = worker.last_exit.map(|(_, at)| at).filter(|_| worker.restart_count > 0).or(pod.last_restart);
    for (kind, holds) in [("PodScheduled", true), ("Initialized", true), ("ContainersReady", ready), ("Ready", ready)] {
        set_condition(&mut pod, kind, holds, now);
    }
    pod
}

fn terminated(worker: &Worker) -> ContainerState {
    match worker.last_exit {
        Some((exit_code, finished_at)) => {
            let reason = if exit_code == 0 { "Completed" } else { "Error" };
            ContainerState::Terminated { reason, exit_code, finished_at }
        }
        None => ContainerState::Waiting("ContainerCreating"),
    }
}

fn set_condition(pod: &mut Pod, kind: &'static str, holds: bool, now: WallTime) {
    let status = if holds { ConditionStatus::True } else { ConditionStatus::False };
    let place = pod.conditions.iter().position(|c| c.kind == kind);
    if place.is_some_and(|i| pod.conditions[i].status == status) {
        return;
    }
    let (reason, message) = match holds {
        true => ("".into(), "".into()),
        false => ("ContainersNotReady".into(), format!("containers with unready status: [{}]", pod.container).into()),
    };
    let condition = Condition { kind, status, reason, message, last_heartbeat_time: None, last_transition_time: now };
    match place {
        Some(i) => pod.conditions[i] = condition,
        None => pod.conditions.push(condition),
    }
}

/// Returns whether the status in the API is up to date.
pub(super) fn agrees(wanted: &Pod, has: &Pod) -> bool {
    let ready = |pod: &Pod| pod.condition("Ready").map(|c| c.status);
    wanted.phase == has.phase
        && wanted.ready == has.ready
        && ready(wanted) == ready(has)
        && wanted.restart_count == has.restart_count
        && wanted.state == has.state
        && wanted.pod_ip == has.pod_ip
}
