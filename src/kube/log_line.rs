//! Lines in the logs of the kubelet, kube-proxy and the load balancers, as facts: the wording of the real programs is
//! added when a log is read (`lab/project/details/log`), so that a thousand kubelets without an API server stay cheap.

use super::api::Status;
use super::error::{Failure, TransportError};
use super::object::{Kind, Name};
use crate::sim::{HostId, SimDuration};

/// A line of a program's log, as facts.
#[derive(Clone, Debug, PartialEq)]
pub enum LogLine {
    /// A line of a kubelet.
    Kubelet(Kubelet),
    /// A line of kube-proxy.
    Proxy(Proxy),
    /// A list and watch of one kind has trouble.
    Reflector(Kind, Reflector),
    /// A line of HAProxy.
    Haproxy(Haproxy),
    /// A line of NGINX.
    Nginx(Nginx),
}

/// Upstream `cmd/kubelet/app/server.go`, `pkg/kubelet/kubelet.go`, `kubelet_node_status.go`, `pod_workers.go`,
/// `prober/prober.go`, `component-helpers/apimachinery/lease/controller.go`.
#[derive(Clone, Debug, PartialEq)]
pub enum Kubelet {
    /// "Kubelet version"
    Version,
    /// "Starting kubelet main sync loop"
    MainLoop,
    /// "Attempting to register node"
    Registering,
    /// "Successfully registered node"
    Registered,
    /// "Node was previously registered"
    RegisteredBefore,
    /// "Unable to register node with API server"
    NotRegistered(Failure),
    /// The node exists, and could not be read.
    NotAdopted(Failure),
    /// The status could not be read.
    StatusNotRead {
        /// Whether it is the first attempt of its round, which reads from the API server's cache.
        first: bool,
        /// The reason.
        failure: Failure,
    },
    /// "Error updating node status, will retry"
    StatusNotWritten(Failure),
    /// "Unable to update node status": all attempts of a round have failed.
    StatusGivenUp,
    /// "Failed to update lease"
    LeaseNotUpdated(Failure),
    /// All attempts to update the lease have failed, and it is fetched again.
    LeaseFetchedAnew,
    /// "Failed to ensure lease exists, will retry"
    LeaseNotEnsured {
        /// Whether creating it failed, not reading it.
        creating: bool,
        /// The reason.
        failure: Failure,
        /// The back-off before the next attempt.
        wait: SimDuration,
    },
    /// "Failed to update lease after fetching it": this renewal is given up.
    LeaseGivenUp,
    /// Of a static pod.
    BackOff {
        /// The pod.
        pod: Name,
        /// The length of the back-off.
        wait: SimDuration,
    },
    /// "Probe failed"
    ProbeFailed {
        /// Whether it was the startup probe; else the liveness probe.
        startup: bool,
        /// The reason.
        why: ProbeFailure,
    },
}

/// The reason of a failed probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeFailure {
    /// It was answered with this HTTP status.
    Status(u16),
    /// It was not answered.
    Transport(TransportError),
}

impl From<&Status> for ProbeFailure {
    fn from(status: &Status) -> Self {
        ProbeFailure::Status(status.code)
    }
}

/// Upstream `cmd/kube-proxy/app/server.go`, `pkg/proxy/config/config.go`, `client-go/tools/cache/shared_informer.go`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proxy {
    /// "Version info"
    Version,
    /// "Starting service config controller", or that of EndpointSlices
    Starting(Kind),
    /// "Waiting for caches to sync"
    Waiting(Kind),
    /// "Caches are synced"
    Synced(Kind),
}

/// Upstream `client-go/tools/cache/reflector.go`. A refused connection and a watch that its server closed are not logged.
#[derive(Clone, Debug, PartialEq)]
pub enum Reflector {
    /// A list failed.
    NotListed {
        /// The resourceVersion that the list asked for; 0 if there was none yet.
        resource_version: u64,
        /// The reason.
        failure: Failure,
    },
    /// The connection under its watch was lost.
    WatchLost,
}

/// Upstream `src/server.c`, `src/check.c`, `src/backend.c` of HAProxy 2.6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Haproxy {
    /// "Server ... is DOWN" or "is UP"
    Changed {
        /// The server.
        server: HostId,
        /// Whether it is UP now.
        up: bool,
        /// Its label: `L4CON`.
        check: &'static str,
        /// How long the check took.
        took: SimDuration,
        /// Servers that are UP now.
        active: u32,
        /// Sessions of this server.
        sessions: u32,
    },
    /// "backend ... has no server available!"
    NoServer,
}

/// Upstream `src/stream/ngx_stream_proxy_module.c`, `ngx_stream_handler.c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nginx {
    /// A connection to a server failed.
    NotConnected {
        /// The client's host.
        client: HostId,
        /// The server.
        server: HostId,
        /// Whether the connection was refused; else it timed out.
        refused: bool,
    },
    /// "no live upstreams while connecting to upstream"
    NoUpstream {
        /// The client's host.
        client: HostId,
    },
}
