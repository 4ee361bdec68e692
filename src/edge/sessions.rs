//! The sessions of a TCP proxy: each client's connection and the one to its server. Data and ends of stream are passed on
//! in both directions. Picking a server, and handling its failure, is the proxy's job.

use crate::kube::vocabulary::{Ctx, Input, Wire};
use crate::sim::map::Map;
use crate::sim::{CloseReason, ConnId, ConnectError, HostId, Port, SimDuration, SimTime, Ticket};

/// One client.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Its number; never used again.
    pub(crate) number: u64,
    /// The client's host.
    pub(crate) from: HostId,
    /// The index of its server.
    pub(crate) server: usize,
    /// Attempts to connect that failed so far.
    pub(crate) failures: u32,
    /// Set while it waits to try again.
    pub(crate) retry: Option<Ticket>,
    /// A bit for each server that it was given to; kept by a proxy that tries each once.
    pub(crate) tried: u8,
    /// When data last passed.
    pub(crate) used: SimTime,
    onward: Option<ConnId>,
    open: bool,
    /// The client has left before its server was connected.
    gone: bool,
    /// What the client sent before its server was connected.
    waiting: Vec<Wire>,
}

/// What the proxy has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing for the load balancer to do.
    Nothing,
    /// The connection to a server is established.
    Established {
        /// The server's index.
        server: usize,
    },
    /// The connection to a server failed.
    ConnectFailed {
        /// The client's connection.
        client: ConnId,
        /// The server's index.
        server: usize,
        /// The reason.
        error: ConnectError,
    },
    /// The session has ended.
    Ended {
        /// The server's index.
        server: usize,
    },
}

/// The sessions of a TCP proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    by_client: Map<ConnId, Session>,
    by_onward: Map<ConnId, ConnId>,
    by_number: Map<u64, ConnId>,
    last_number: u64,
    /// A connection attempt goes on to its end although the client has left: NGINX looks at the client again only then.
    pub(crate) patient: bool,
}

impl Sessions {
    /// Adds a session for a client and its server; returns its number.
    pub(crate) fn insert(&mut self, ctx: &Ctx<'_>, (client, from): (ConnId, HostId), server: usize) -> u64 {
        self.last_number += 1;
        let number = self.last_number;
        let session = Session {
            number,
            from,
            server,
            failures: 0,
            retry: None,
            tried: 0,
            used: ctx.now(),
            onward: None,
            open: false,
            gone: false,
            waiting: Vec::new(),
        };
        self.by_client.insert(client, session);
        self.by_number.insert(number, client);
        number
    }

    /// Returns the session of a client's connection.
    pub(crate) fn get_mut(&mut self, client: ConnId) -> Option<&mut Session> {
        self.by_client.get_mut(&client)
    }

    /// Returns the client's connection of a session.
    pub(crate) fn numbered(&self, number: u64) -> Option<ConnId> {
        self.by_number.get(&number).copied()
    }

    /// Returns the number of sessions.
    pub(crate) fn len(&self) -> usize {
        self.by_client.len()
    }

    /// Connects a session to its server.
    pub(crate) fn connect(&mut self, ctx: &mut Ctx<'_>, client: ConnId, to: (HostId, Port), timeout: SimDuration) {
        if let Some(session) = self.by_client.get_mut(&client) {
            let onward = ctx.connect(to.0, to.1, timeout);
            session.onward = Some(onward);
            self.by_onward.insert(onward, client);
        }
    }

    /// Closes both connections of a session and forgets it.
    pub(crate) fn drop_session(&mut self, ctx: &mut Ctx<'_>, client: ConnId) {
        if let Some(session) = self.forget(ctx, client) {
            ctx.close(client);
            if let Some(onward) = session.onward {
                ctx.close(onward);
            }
        }
    }

    fn forget(&mut self, ctx: &mut Ctx<'_>, client: ConnId) -> Option<Session> {
        let session = self.by_client.remove(&client)?;
        self.by_number.remove(&session.number);
        if let Some(onward) = session.onward {
            self.by_onward.remove(&onward);
        }
        if let Some(ticket) = session.retry {
            ctx.cancel_timer(ticket);
        }
        Some(session)
    }

    /// Takes an input if it is about one of these connections.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Option<Outcome> {
        match input {
            Input::Data { conn, wire } => self.data(ctx, *conn, wire),
            Input::Connected { conn } => {
                let client = self.by_onward.get(conn)?;
                let session = self.by_client.get_mut(client)?;
                session.open = true;
                if session.gone {
                    let server = session.server;
                    let client = *client;
                    self.drop_session(ctx, client);
                    return Some(Outcome::Ended { server });
                }
                for wire in std::mem::take(&mut session.waiting) {
                    ctx.send(*conn, wire);
                }
                Some(Outcome::Established { server: session.server })
            }
            Input::ConnectFailed { conn, error } => {
                let client = self.by_onward.remove(conn)?;
                let session = self.by_client.get_mut(&client)?;
                session.onward = None;
                session.failures += 1;
                Some(Outcome::ConnectFailed { client, server: session.server, error: *error })
            }
            Input::Closed { conn, reason } => self.closed(ctx, *conn, *reason),
            _ => None,
        }
    }

    fn data(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, wire: &Wire) -> Option<Outcome> {
        if let Some(client) = self.by_onward.get(&conn) {
            if let Some(session) = self.by_client.get_mut(client) {
                session.used = ctx.now();
            }
            ctx.send(*client, wire.clone());
            return Some(Outcome::Nothing);
        }
        let session = self.by_client.get_mut(&conn)?;
        session.used = ctx.now();
        match session.onward {
            Some(onward) if session.open => {
                ctx.send(onward, wire.clone());
            }
            _ => session.waiting.push(wire.clone()),
        }
        Some(Outcome::Nothing)
    }

    fn closed(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, reason: CloseReason) -> Option<Outcome> {
        let client = self.by_onward.get(&conn).copied().unwrap_or(conn);
        if let Some(session) = self.by_client.get_mut(&client).filter(|s| self.patient && !s.open) {
            session.gone = true;
            return Some(Outcome::Nothing);
        }
        let session = self.forget(ctx, client)?;
        let other = if client == conn { session.onward } else { Some(client) };
        match other {
            Some(other) if reason == CloseReason::Eof && session.open => ctx.close(other),
            Some(other) => ctx.reset(other),
            None => {}
        }
        Some(Outcome::Ended { server: session.server })
    }
}
