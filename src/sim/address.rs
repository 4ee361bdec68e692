//! An address that is not a host's own: hosts take it and give it up, as keepalived adds a virtual IP to an interface.
//!
//! Who takes it says so to the whole segment (gratuitous ARP), so of several holders the one that took it last is reached,
//! unless the network is cut there. A connection stays with the host that accepted it: when the address has moved, what
//! the client sends reaches a host that does not know the connection, and is reset.

use super::conns::{Payload, State};
use super::core::{Core, Pending};
use super::host::HostId;
use super::net::ConnId;
use super::process::{Machine, Vocabulary};
use super::trace::NoteId;
use super::world::World;

/// The address, where a host is asked for. A world has one, if any.
pub const VIRTUAL: HostId = HostId(u16::MAX);

/// An address that no host has: a mistyped one. Nothing that is sent there arrives.
pub const NOWHERE: HostId = HostId(u16::MAX - 1);

/// Who has the address.
#[derive(Clone, Debug, Default)]
pub(super) struct Floating {
    /// Who took it last stands last.
    holders: Vec<HostId>,
    /// Who had it last, and the note with which it was given up or taken.
    last: HostId,
    note: NoteId,
}

/// What becomes of a segment of a connection.
pub(super) enum Course {
    Goes,
    Lost(NoteId),
    /// It went to a host that does not know the connection.
    Strayed,
}

impl<M: Machine> World<M> {
    /// Who has the address that can move ([`VIRTUAL`]).
    pub fn address_holder(&self) -> Option<HostId> {
        self.core.address_holder()
    }
}

impl<V: Vocabulary> Core<V> {
    /// The host takes the address, or says again that it has it.
    pub(super) fn take_address(&mut self, host: HostId) {
        let floating = &mut self.floating;
        floating.holders.retain(|h| *h != host);
        floating.holders.push(host);
        (floating.last, floating.note) = (host, self.cause.note);
    }

    /// The host does not have the address any more.
    pub(super) fn give_address_up(&mut self, host: HostId) {
        let before = self.floating.holders.len();
        self.floating.holders.retain(|h| *h != host);
        if self.floating.holders.len() < before {
            self.floating.note = self.cause.note;
        }
    }

    /// Who is reached by the address from here; none if nobody has it.
    fn holder(&self, from: HostId) -> Option<HostId> {
        let holders = &self.floating.holders;
        let reached = holders.iter().rev().find(|h| **h == from || self.net.blocked(from, **h).is_none());
        reached.or(holders.last()).copied()
    }

    /// Who has the address, as the network sees it.
    pub(super) fn address_holder(&self) -> Option<HostId> {
        self.floating.holders.last().copied()
    }

    /// The host that an address is, or was last.
    pub(super) fn real(&self, address: HostId) -> HostId {
        if address >= NOWHERE { self.address_holder().unwrap_or(self.floating.last) } else { address }
    }

    /// Turns a connection request to the host that has the address now; else why nobody has.
    pub(super) fn aim_syn(&mut self, id: ConnId, from: HostId) -> Result<(), NoteId> {
        let holder = self.holder(from);
        let note = self.floating.note;
        let Some(conn) = self.conns.get(id) else { return Ok(()) };
        match conn.asked {
            NOWHERE => Err(0),
            VIRTUAL if conn.ends[1].state == State::Idle => {
                conn.ends[1].host = holder.ok_or(note)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether a segment from this end still finds the other one.
    pub(super) fn course(&mut self, id: ConnId, side: usize, payload: &Payload<V::Wire>) -> Course {
        let Some(conn) = self.conns.get(id).filter(|c| c.asked == VIRTUAL) else { return Course::Goes };
        let (client, server) = (conn.ends[0].host, conn.ends[1].host);
        let note = self.floating.note;
        if side == 1 {
            // A host does not send from an address that it does not have.
            return if self.floating.holders.contains(&server) { Course::Goes } else { Course::Lost(note) };
        }
        match self.holder(client) {
            Some(host) if host == server => Course::Goes,
            Some(_) if matches!(payload, Payload::Rst) => Course::Strayed,
            Some(host) if self.is_on(host) => match (self.transmit(client, host), self.transmit(host, client)) {
                (Ok(there), Ok(back)) => {
                    let (sent, cause) = (self.now + there, super::process::Cause { note, ..self.cause });
                    let payload = Payload::Rst;
                    self.queue.push(sent + back, Pending::Segment { conn: id, side: 1, seq: 0, payload, sent, cause });
                    Course::Strayed
                }
                (Err(because), _) | (_, Err(because)) => Course::Lost(because),
            },
            Some(host) => Course::Lost(self.lost_at(host)),
            None => Course::Lost(note),
        }
    }
}
