//! The worker of one pod: what its only container does, and what the API has been told (upstream
//! `pkg/kubelet/pod_workers.go`).

use super::back_off::BackOff;
use crate::kube::api::StreamId;
use crate::kube::object::{Name, Stored};
use crate::sim::{SimTime, Ticket, WallTime};

/// The state of a pod's only container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerPhase {
    /// The image is being pulled.
    Pulling,
    /// The runtime has been asked to start it.
    Starting,
    /// It runs.
    Running,
    /// It has ended, and the kubelet has not noticed yet.
    Exited,
    /// It may start again at this moment of the host's monotonic clock.
    CrashLoopBackOff {
        /// When it may start again.
        until: SimTime,
    },
    /// It has been sent SIGTERM.
    Stopping,
    /// It ended because the pod is deleted.
    Finished,
}

/// The call to the API that a worker waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ApiCall {
    /// A write of the status.
    Status,
    /// A read of the pod.
    Get,
    /// A deletion.
    Delete,
}

/// What the kubelet keeps of one pod.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub stored: Stored,
    pub number: u64,
    pub phase: WorkerPhase,
    pub restart_count: u32,
    /// Exit code and wall-clock time of the last end.
    pub last_exit: Option<(i32, WallTime)>,
    pub started_at: WallTime,
    pub accepted_at: WallTime,
    pub address: Option<Name>,
    pub finished: SimTime,
    pub back_off: BackOff,
    pub timer: Option<Ticket>,
    pub call: Option<(StreamId, ApiCall)>,
    /// The API no longer has the pod.
    pub orphan: bool,
}
