//! The worker of one pod: what its only container does, and what the API has been told (upstream
//! `pkg/kubelet/pod_workers.go`).

use super::back_off::BackOff;
use crate::kube::api::StreamId;
use crate::kube::object::{Name, Stored};
use crate::sim::{SimTime, Ticket, WallTime};

/// The state of a pod's only container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkerPhase {
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
    pub(crate) stored: Stored,
    pub(crate) number: u64,
    pub(crate) phase: WorkerPhase,
    pub(crate) restart_count: u32,
    /// Exit code and wall-clock time of the last end.
    pub(crate) last_exit: Option<(i32, WallTime)>,
    pub(crate) started_at: WallTime,
    pub(crate) accepted_at: WallTime,
    pub(crate) address: Option<Name>,
    pub(crate) finished: SimTime,
    pub(crate) back_off: BackOff,
    pub(crate) timer: Option<Ticket>,
    pub(crate) call: Option<(StreamId, ApiCall)>,
    /// The API no longer has the pod.
    pub(crate) orphan: bool,
}
