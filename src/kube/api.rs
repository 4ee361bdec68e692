//! Messages on a connection to an API server: calls, answers, watch events; and the Status of an error.
//!
//! One connection carries many calls at once, as HTTP/2 streams do. FACTS 4.

use std::fmt;
use std::rc::Rc;

use super::election::Component;
use super::object::{Kind, Name, Object, Stored, Uid};
use crate::sim::map::Map;
use crate::sim::{Port, SimDuration};

/// The port of API servers and load balancers.
pub const API_PORT: Port = 6443;

/// A call's number on its connection, given by the client.
pub type StreamId = u32;

/// A message on a connection to an API server.
#[derive(Clone, Debug)]
pub enum Api {
    /// The TLS handshake, in one round trip.
    ClientHello,
    /// The server's part of the TLS handshake.
    ServerHello,
    /// A call.
    Request(Rc<Request>),
    /// The answer to a call.
    Response(Rc<Response>),
    /// One change on a watch.
    Watch {
        /// The watch's stream.
        stream: StreamId,
        /// The event.
        event: WatchEvent,
    },
    /// The server ends a watch; the client lists or watches again.
    WatchEnd {
        /// The watch's stream.
        stream: StreamId,
    },
    /// The client cancels a call or ends a watch.
    Cancel {
        /// The stream of the call or watch.
        stream: StreamId,
    },
    /// HTTP/2 ping.
    Ping,
    /// The answer to [`Api::Ping`].
    Pong,
}

/// One call, with what its HTTP headers say.
#[derive(Clone, Debug)]
pub struct Request {
    /// The HTTP/2 stream; numbers are unique on one connection.
    pub stream: StreamId,
    /// `kube-controller-manager`, `kubectl`
    pub user_agent: &'static str,
    /// Shortens the server's own limit of 60 s.
    pub timeout: Option<SimDuration>,
    /// The call itself.
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

/// What a client asks an API server.
#[derive(Clone, Debug)]
pub enum Call {
    /// Reads one object.
    Get {
        /// The kind.
        kind: Kind,
        /// The namespace; empty for a kind without.
        namespace: Name,
        /// The name.
        name: Name,
        /// How fresh the answer must be.
        freshness: Freshness,
    },
    /// Lists objects of a kind.
    List {
        /// The kind.
        kind: Kind,
        /// `None`: all.
        namespace: Option<Name>,
        /// Labels that objects must have; empty for all objects.
        selector: Map<Name, Name>,
        /// How fresh the answer must be.
        freshness: Freshness,
    },
    /// Opens a watch.
    Watch {
        /// The kind.
        kind: Kind,
        /// The namespace; `None` for all.
        namespace: Option<Name>,
        /// Only pods of this node.
        node_name: Option<Name>,
        /// Where the watch begins: changes after this version are sent.
        resource_version: u64,
    },
    /// Creates an object.
    Create {
        /// The object.
        object: Rc<Object>,
    },
    /// PUT; `resource_version` must be the stored one.
    Update {
        /// The object as it should be.
        object: Rc<Object>,
        /// The version that it must have; 0 for any.
        resource_version: u64,
        /// Whether the status subresource is written.
        status: bool,
    },
    /// Changes part of an object.
    Patch {
        /// The kind.
        kind: Kind,
        /// The namespace; empty for a kind without.
        namespace: Name,
        /// The name.
        name: Name,
        /// The change.
        patch: Patch,
    },
    /// Deletes an object.
    Delete {
        /// The kind.
        kind: Kind,
        /// The namespace; empty for a kind without.
        namespace: Name,
        /// The name.
        name: Name,
        /// A precondition: the uid that the object must have.
        uid: Option<Uid>,
        /// `None`: the object's own.
        grace_period: Option<SimDuration>,
    },
    /// POST pods/NAME/binding
    Bind {
        /// The pod's namespace.
        namespace: Name,
        /// The pod.
        pod: Name,
        /// The uid that the pod must have.
        uid: Uid,
        /// The node.
        node: Name,
    },
    /// `/readyz`, `/livez`, `/healthz`
    Health {
        /// The endpoint.
        path: HealthPath,
        /// Whether the answer lists each check.
        verbose: bool,
    },
    /// What the server is and serves; it needs nobody else for the answer.
    Discover(Discover),
}

/// A step of a client's discovery of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discover {
    /// `/version`
    Version,
    /// `/api`
    Api,
    /// `/apis`
    Apis,
}

/// The health endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthPath {
    /// `/readyz`
    Readyz,
    /// `/livez`
    Livez,
    /// `/healthz`
    Healthz,
}

/// The change of a PATCH.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// Sets the spec and labels that a Deployment's manifest contains.
    Apply(Rc<Object>),
    /// Sets one annotation: key and value.
    Annotate(Name, Name),
    /// Sets the number of replicas.
    Replicas(u32),
    /// Cordons or uncordons a node.
    Unschedulable(bool),
}

/// The answer to a call.
#[derive(Clone, Debug)]
pub struct Response {
    /// The call's stream.
    pub stream: StreamId,
    /// The answer, or the error status.
    pub result: Result<Answer, Status>,
}

/// What a call that succeeded returns.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The object after the call.
    Object(Stored),
    /// The objects of a list.
    List {
        /// The version of the list; a watch can continue from it.
        resource_version: u64,
        /// The objects, by key.
        items: Vec<Stored>,
    },
    /// A watch is open; events follow on its stream.
    WatchStarted,
    /// A deletion; the object is gone or is being deleted.
    Deleted(Stored),
    /// A health endpoint's body.
    Text(Rc<str>),
}

/// An event of a watch.
#[derive(Clone, Debug)]
pub enum WatchEvent {
    /// An object is new to the watch.
    Added(Stored),
    /// An object has changed.
    Modified(Stored),
    /// The last state, with the resourceVersion of the deletion.
    Deleted(Stored),
    /// 410: too old; list again.
    Expired,
}

/// metav1.Status of a failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// Machine-readable reason.
    pub reason: Reason,
    /// Message for people.
    pub message: String,
    /// The header `Retry-After`, if the server sent it.
    pub(crate) retry_after: Option<SimDuration>,
}

/// `metav1.StatusReason`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No reason; kubectl prints `Error from server: ...`.
    None,
    /// 400
    BadRequest,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 409, for an object that exists.
    AlreadyExists,
    /// 409, for a version that is not the newest.
    Conflict,
    /// 422
    Invalid,
    /// 410
    Expired,
    /// 429
    TooManyRequests,
    /// 500
    InternalError,
    /// 503
    ServiceUnavailable,
    /// 504
    Timeout,
}

impl Status {
    /// A status with this HTTP code, reason and message, and no `Retry-After`.
    pub fn new(code: u16, reason: Reason, message: impl Into<String>) -> Self {
        Status { code, reason, message: message.into(), retry_after: None }
    }

    /// 404: the object does not exist.
    pub fn not_found(kind: Kind, name: &str) -> Self {
        Status::new(404, Reason::NotFound, format!("{} {name:?} not found", kind.qualified()))
    }

    /// 409: the object exists.
    pub fn already_exists(kind: Kind, name: &str) -> Self {
        Status::new(409, Reason::AlreadyExists, format!("{} {name:?} already exists", kind.qualified()))
    }

    /// 409: the object has changed since it was read.
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
    /// Returns whether it counts against `--max-mutating-requests-inflight`.
    pub(crate) fn is_mutating(&self) -> bool {
        matches!(
            self,
            Call::Create { .. } | Call::Update { .. } | Call::Patch { .. } | Call::Delete { .. } | Call::Bind { .. }
        )
    }

    /// Returns the label for the trace, by which the animation chooses colours.
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
    /// Returns the words for the trace.
    pub(crate) fn label(&self) -> &'static str {
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
