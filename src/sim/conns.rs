//! The table of TCP connections: what each end knows. What happens to them is in `tcp.rs`.

use std::collections::VecDeque;

use super::ids::{Cause, ConnId, HostId, Port, ProcId};
use super::process::Label;
use super::queue::Ticket;
use super::time::{SimDuration, SimTime};

pub(super) const FIRST_RETRANSMIT: SimDuration = SimDuration::from_millis(200);
/// Linux gives up after about 924 s (`tcp_retries2`), unless `TCP_USER_TIMEOUT` says otherwise.
const USER_TIMEOUT: SimDuration = SimDuration::from_secs(924);

/// The content of a segment.
#[derive(Clone, Debug)]
pub(super) enum Payload<W> {
    Data(W),
    Fin,
    Rst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The server's end before the connection request arrived.
    Idle,
    /// The client's end until it is answered.
    Opening,
    Open,
    /// The process is done with it; the host still has something to send.
    Orphan,
    /// Unknown to its host.
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct End<W> {
    pub(crate) host: HostId,
    pub(crate) process: ProcId,
    pub(crate) incarnation: u32,
    pub(crate) state: State,
    pub(crate) next_seq: u32,
    pub(crate) expected_seq: u32,
    pub(crate) last_arrival: SimTime,
    /// Sent and lost, or queued behind what was lost, in order.
    pub(crate) stalled: VecDeque<(u32, Payload<W>, Cause)>,
    /// Since when nothing of what this end sends has arrived, although something was sent.
    pub(crate) trouble_since: Option<SimTime>,
    /// When it tries again, if something is stalled.
    pub(crate) retry: Option<Ticket>,
    /// Its host lost power and has forgotten it.
    pub(crate) forgotten: bool,
    /// The other end is gone; keepalive is probing it.
    pub(crate) probed: bool,
    pub(crate) rto: SimDuration,
    pub(crate) user_timeout: SimDuration,
}

#[derive(Clone, Debug)]
pub(super) struct Conn<W> {
    pub(crate) ends: [End<W>; 2],
    pub(crate) port: Port,
    /// The address that the client asked for.
    pub(crate) asked: HostId,
    pub(crate) timeout: Option<Ticket>,
    /// When the connection request is repeated, while it is not answered.
    pub(crate) syn_retry: Option<Ticket>,
    /// The cause of the last loss, for the end that gives up.
    pub(crate) last_lost: Cause,
}

/// A connection as `ss` would show it on both of its hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The process that opened the connection.
    pub(crate) client: ProcId,
    /// The process that was listening when it was opened.
    pub(crate) server: ProcId,
    /// The server's port.
    pub(crate) port: Port,
    /// Whether its process still holds it; a half-open connection is held on one side only.
    pub client_open: bool,
    /// Whether the server's process still holds it.
    pub server_open: bool,
}

/// All connections of the world.
#[derive(Clone, Debug)]
pub(super) struct Conns<W> {
    slots: Vec<(u32, Option<Box<Conn<W>>>)>,
    free: Vec<u32>,
}

impl<W> Default for Conns<W> {
    fn default() -> Self {
        Conns { slots: Vec::new(), free: Vec::new() }
    }
}

impl<W> Conns<W> {
    pub(super) fn get(&mut self, id: ConnId) -> Option<&mut Conn<W>> {
        let (generation, conn) = self.slots.get_mut(id.slot as usize)?;
        if *generation == id.generation { conn.as_deref_mut() } else { None }
    }

    pub(super) fn insert(&mut self, conn: Conn<W>) -> ConnId {
        let conn = Some(Box::new(conn));
        match self.free.pop() {
            Some(slot) => {
                let entry = &mut self.slots[slot as usize];
                entry.1 = conn;
                ConnId { slot, generation: entry.0 }
            }
            None => {
                self.slots.push((0, conn));
                ConnId { slot: (self.slots.len() - 1) as u32, generation: 0 }
            }
        }
    }

    /// Forgets the connection once neither host knows it.
    pub(super) fn reap(&mut self, id: ConnId) {
        let done = self.get(id).is_some_and(|c| c.ends.iter().all(|e| matches!(e.state, State::Gone | State::Idle)));
        if done {
            let entry = &mut self.slots[id.slot as usize];
            entry.0 = entry.0.wrapping_add(1);
            entry.1 = None;
            self.free.push(id.slot);
        }
    }

    pub(super) fn ids(&self) -> Vec<ConnId> {
        let live = self.slots.iter().enumerate().filter(|(_, (_, conn))| conn.is_some());
        live.map(|(slot, (generation, _))| ConnId { slot: slot as u32, generation: *generation }).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Ends> + '_ {
        self.slots.iter().filter_map(|(_, conn)| conn.as_deref()).map(|conn| {
            let [client, server] = &conn.ends;
            let open = |e: &End<W>| matches!(e.state, State::Open | State::Opening);
            Ends {
                client: client.process,
                server: server.process,
                port: conn.port,
                client_open: open(client),
                server_open: open(server),
            }
        })
    }

    /// Returns the number of connections that some host still knows.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

pub(super) fn end<W>(host: HostId, process: ProcId, incarnation: u32, state: State) -> End<W> {
    End {
        host,
        process,
        incarnation,
        state,
        next_seq: 0,
        expected_seq: 0,
        last_arrival: SimTime::ZERO,
        stalled: VecDeque::new(),
        trouble_since: None,
        retry: None,
        forgotten: false,
        probed: false,
        rto: FIRST_RETRANSMIT,
        user_timeout: USER_TIMEOUT,
    }
}

impl<W: Label> Payload<W> {
    pub(super) fn label(&self) -> &'static str {
        match self {
            Payload::Data(wire) => wire.label(),
            Payload::Fin => "TCP FIN",
            Payload::Rst => "TCP RST",
        }
    }
}
