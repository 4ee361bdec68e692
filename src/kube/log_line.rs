//! What the kubelet, kube-proxy and the load balancers write into their logs, as facts: the wording of the real programs is
//! put on when somebody reads a log (`lab/detail/log`), so that a thousand kubelets without an API server stay cheap.

use super::api::Status;
use super::error::{Failure, TransportError};
use super::object::{Kind, Name};
use crate::sim::{HostId, SimDuration};

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub enum LogLine {
    Kubelet(Kubelet),
    Proxy(Proxy),
    /// A list and watch of one kind has trouble.
    Reflector(Kind, Reflector),
    Haproxy(Haproxy),
    Nginx(Nginx),
}

/// Upstream `cmd/kubelet/app/server.go`, `pkg/kubelet/kubelet.go`, `kubelet_node_status.go`, `pod_workers.go`,
/// `prober/prober.go`, `component-helpers/apimachinery/lease/controller.go`.
#[derive(Clone, Debug, PartialEq)]
pub enum Kubelet {
    Version,
    MainLoop,
    Registering,
    Registered,
    RegisteredBefore,
    NotRegistered(Failure),
    /// The node exists, and could not be read.
    NotAdopted(Failure),
    /// `first`: of its round, which reads from the API server's cache.
    StatusNotRead {
        first: bool,
        failure: Failure,
    },
    StatusNotWritten(Failure),
    StatusGivenUp,
    LeaseNotUpdated(Failure),
    /// All attempts to update it failed, and it is fetched anew.
    LeaseFetchedAnew,
    LeaseNotEnsured {
        creating: bool,
        failure: Failure,
        wait: SimDuration,
    },
    LeaseGivenUp,
    /// Of a static pod.
    BackOff {
        pod: Name,
        wait: SimDuration,
    },
    ProbeFailed {
        startup: bool,
        why: ProbeFailure,
    },
}

/// What came of a probe that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeFailure {
    /// It was answered with this HTTP status.
    Status(u16),
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
    Version,
    Starting(Kind),
    Waiting(Kind),
    Synced(Kind),
}

/// Upstream `client-go/tools/cache/reflector.go`. A refused connection and a watch that its server closed are not logged.
#[derive(Clone, Debug, PartialEq)]
pub enum Reflector {
    /// It could not list, from this resourceVersion on (0: none yet).
    NotListed { resource_version: u64, failure: Failure },
    /// The connection under its watch was lost.
    WatchLost,
}

/// Upstream `src/server.c`, `src/check.c`, `src/backend.c` of HAProxy 2.6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Haproxy {
    Changed {
        server: HostId,
        up: bool,
        /// Its label: `L4CON`.
        check: &'static str,
        took: SimDuration,
        /// Servers that are UP now.
        active: u32,
        /// Sessions of this server.
        sessions: u32,
    },
    NoServer,
}

/// Upstream `src/stream/ngx_stream_proxy_module.c`, `ngx_stream_handler.c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nginx {
    NotConnected { client: HostId, server: HostId, refused: bool },
    NoUpstream { client: HostId },
}
