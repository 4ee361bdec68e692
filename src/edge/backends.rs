//! What HAProxy and NGINX have in common: the servers behind them, how one is chosen, and what a health check asks.

use crate::sim::{HostId, Port, ProcId};

/// HAProxy's `balance`; NGINX's default method and `least_conn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// Each server in turn.
    RoundRobin,
    /// The server with the fewest connections.
    LeastConn,
}

/// What a health check asks. NGINX has none: it only sees that it cannot connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// That the port accepts connections.
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
    /// Who listens there; only to say why it is silent.
    pub process: Option<ProcId>,
}

/// A server as its load balancer sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The server's host.
    pub host: HostId,
    /// Whether it gets new connections.
    pub up: bool,
    /// How the last check or attempt went.
    pub last: &'static str,
    /// Results in a row that speak against `up`, and how many turn it over.
    pub against: u32,
    /// How many results against it turn `up`.
    pub turns_at: u32,
    /// Sessions that it has now.
    pub sessions: u32,
}
