//! Types that HAProxy and NGINX share: the servers behind them, the balancing, and the kind of health check.

use crate::sim::{HostId, Port, ProcId};

/// HAProxy's `balance`; NGINX's default method and `least_conn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Each server in turn.
    RoundRobin,
    /// The server with the fewest connections.
    LeastConn,
}

/// The kind of health check. NGINX has none: it only notices that it cannot connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Whether the port accepts connections.
    Tcp,
    /// `option httpchk GET /readyz` over TLS, expecting 200.
    Readyz,
}

/// A `server` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// `master-1`
    pub name: String,
    /// The server's host.
    pub host: HostId,
    /// The server's port.
    pub port: Port,
    /// The process that listens there, which explains its silence.
    pub process: Option<ProcId>,
}

/// A server as its load balancer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The server's host.
    pub(crate) host: HostId,
    /// Whether it gets new connections.
    pub up: bool,
    /// The result of the last check or attempt.
    pub last: &'static str,
    /// Results in a row that contradict `up`.
    pub(crate) against: u32,
    /// How many results against it turn `up`.
    pub(crate) turns_at: u32,
    /// Sessions that it has now.
    pub sessions: u32,
}
