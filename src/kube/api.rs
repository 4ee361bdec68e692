//! What crosses a connection to an API server: calls, answers, watch events; and the Status that an error carries.
//!
//! One connection carries many calls at once, as HTTP/2 streams do. FACTS 4.

use std::fmt;
use std::rc::Rc;

use super::election::Component;
use super::object::{Kind, Name, Object, Stored, Uid};
use crate::sim::map::Map;
use crate::sim::{Port, SimDuration};

/// API servers and load balancers listen here.
pub const API_PORT: Port = 6443;

/// A call's number on its connection, given by the client.
pub type StreamId = u32;

/// What is sent on a connection to an API server.
#[derive(Clone, Debug)]
pub enum Api {
    /// The TLS handshake, in one round trip.
    ClientHello,
    ServerHello,
    Request(Rc<Request>),
    Response(Rc<Response>),
    /// One change on a watch.
    Watch {
        stream: StreamId,
        event: WatchEvent,
    },
    /// The server ends a watch; the client lists or watches again.
    WatchEnd {
        stream: StreamId,
    },
    /// The client gives up on a call or ends a watch.
    Cancel {
        stream: StreamId,
    },
    /// HTTP/2 ping.
    Ping,
    Pong,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub stream: StreamId,
    /// `kube-controller-manager`, `kubectl`
    pub user_agent: &'static str,
    /// Shortens the server's own limit of 60 s.
    pub timeout: Option<SimDuration>,
    pub call: Call,
}

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// resourceVersion unset: as of now, which needs a quorum of etcd.
    Latest,
    /// `resourceVersion=0`: whatever the watch cache has.
    Any,
}

#[derive(Clone, Debug)]
pub enum Call {
    Get {
        kind: Kind,
        namespace: Name,
        name: Name,
        freshness: Freshness,
    },
    List {
        kind: Kind,
        /// `None`: all.
        namespace: Option<Name>,
        selector: Map<Name, Name>,
        freshness: Freshness,
    },
    Watch {
        kind: Kind,
        namespace: Option<Name>,
        /// Only pods of this node.
        node_name: Option<Name>,
        resource_version: u64,
    },
    Create {
        object: Rc<Object>,
    },
    /// PUT; `resource_version` must be the stored one.
    Update {
        object: Rc<Object>,
        resource_version: u64,
        status: bool,
    },
    Patch {
        kind: Kind,
        namespace: Name,
        name: Name,
        patch: Patch,
    },
    Delete {
        kind: Kind,
        namespace: Name,
        name: Name,
        uid: Option<Uid>,
        /// `None`: the object's own.
        grace_period: Option<SimDuration>,
    },
    /// POST pods/NAME/binding
    Bind {
        namespace: Name,
        pod: Name,
        uid: Uid,
        node: Name,
    },
    /// `/readyz`, `/livez`, `/healthz`
    Health {
        path: HealthPath,
        verbose: bool,
    },
    /// What the server is and serves; it needs nobody else for the answer.
    Discover(Discover),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discover {
    /// `/version`
    Version,
    /// `/api`
    Api,
    /// `/apis`
    Apis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthPath {
    Readyz,
    Livez,
    Healthz,
}

/// What a PATCH changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// What a manifest says of a Deployment's spec and labels.
    Apply(Rc<Object>),
    Annotate(Name, Name),
    Replicas(u32),
    Unschedulable(bool),
}

#[derive(Clone, Debug)]
pub struct Response {
    pub stream: StreamId,
    pub result: Result<Answer, Status>,
}

#[derive(Clone, Debug)]
pub enum Answer {
    Object(Stored),
    List {
        resource_version: u64,
        items: Vec<Stored>,
    },
    WatchStarted,
    /// A deletion; the object is gone or is being deleted.
    Deleted(Stored),
    /// A health endpoint's body.
    Text(Rc<str>),
}

#[derive(Clone, Debug)]
pub enum WatchEvent {
    Added(Stored),
    Modified(Stored),
    /// The last state, with the resourceVersion of the deletion.
    Deleted(Stored),
    /// 410: too old; list again.
    Expired,
}

/// metav1.Status of a failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub code: u16,
    pub reason: Reason,
    pub message: String,
    pub retry_after: Option<SimDuration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The server gave none; kubectl prints `Error from server: ...`.
    None,
    BadRequest,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    Expired,
    TooManyRequests,
    InternalError,
    ServiceUnavailable,
    Timeout,
}

impl Status {
    pub fn new(code: u16, reason: Reason, message: impl Into<String>) -> Self {
        Status { code, reason, message: message.into(), retry_after: None }
    }

    pub fn not_found(kind: Kind, name: &str) -> Self {
        Status::new(404, Reason::NotFound, format!("{} {name:?} not found", kind.qualified()))
    }

    pub fn already_exists(kind: Kind, name: &str) -> Self {
        Status::new(409, Reason::AlreadyExists, format!("{} {name:?} already exists", kind.qualified()))
    }

    pub fn conflict(kind: Kind, name: &str) -> Self {
        let what = kind.qualified();
        Status::new(
            409,
            Reason::Conflict,
            format!(
                "Operation cannot be fulfilled on {what} {name:?}: the object has been modified; \
                 please apply your changes to the latest version and try again"
            ),
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Call {
    /// Whether it counts against `--max-mutating-requests-inflight`.
    pub fn is_mutating(&self) -> bool {
        matches!(
            self,
            Call::Create { .. } | Call::Update { .. } | Call::Patch { .. } | Call::Delete { .. } | Call::Bind { .. }
        )
    }

    /// For the trace; what the animation colours by.
    pub fn label(&self) -> &'static str {
        // The old lock is an Endpoints object.
        let lease = |kind: Kind, name: &str| match kind {
            Kind::Lease => true,
            Kind::Endpoints => Component::of_lease("kube-system", name).is_some(),
            _ => false,
        };
        match self {
            Call::Get { kind, name, .. } if lease(*kind, name) => "GET lease",
            Call::Get { .. } => "GET",
            Call::List { .. } => "LIST",
            Call::Watch { .. } => "WATCH",
            Call::Create { object } if lease(object.kind(), &object.meta.name) => "POST lease",
            Call::Create { .. } => "POST",
            Call::Update { object, .. } if lease(object.kind(), &object.meta.name) => "PUT lease",
            Call::Update { .. } => "PUT",
            Call::Patch { .. } => "PATCH",
            Call::Delete { .. } => "DELETE",
            Call::Bind { .. } => "POST binding",
            Call::Health { .. } => "GET health",
            Call::Discover(_) => "GET discovery",
        }
    }
}

impl Api {
    pub fn label(&self) -> &'static str {
        match self {
            Api::ClientHello => "TLS ClientHello",
            Api::ServerHello => "TLS ServerHello",
            Api::Request(request) => request.call.label(),
            Api::Response(_) => "API response",
            Api::Watch { .. } | Api::WatchEnd { .. } => "watch event",
            Api::Cancel { .. } => "cancel",
            Api::Ping => "HTTP/2 ping",
            Api::Pong => "HTTP/2 pong",
        }
    }
}
