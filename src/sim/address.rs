//! An address that is not a host's own: hosts take it and give it up, as keepalived adds a virtual IP to an interface.
//!
//! A host that takes it announces that to the whole segment (gratuitous ARP), so packets reach the last host that took
//! it, unless the network is cut there. A connection stays with the host that accepted it: after the address has moved,
//! what the client sends reaches a host that does not know the connection, and is reset.

use super::conns::{Payload, State};
use super::core::{Core, Pending};
use super::ids::{Cause, ConnId, HostId, NOWHERE, NoteId, VIRTUAL};
use super::process::Vocabulary;
/// The fate of a segment of a connection.
pub(super) enum Course {
    Goes,
    Lost(NoteId),
    /// It went to a host that does not know the connection.
    Strayed,
}

impl<V: Vocabulary> Core<V> {
    /// The host takes the address, or announces again that it has it.
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

    /// Returns the host that the address reaches from here; `None` if no host has it.
    fn holder(&self, from: HostId) -> Option<HostId> {
        let holders = &self.floating.holders;
        let reached = holders.iter().rev().find(|h| **h == from || self.net.blocked(from, **h).is_none());
        reached.or(holders.last()).copied()
    }

    /// Returns the host with the address, as the network sees it; `None` if there is none.
    pub(super) fn address_holder(&self) -> Option<HostId> {
        self.floating.holders.last().copied()
    }

    /// The host that an address is, or was last.
    pub(super) fn real(&self, address: HostId) -> HostId {
        if address >= NOWHERE { self.address_holder().unwrap_or(self.floating.last) } else { address }
    }

    /// Directs a connection request to the host that has the address now; `Err` with the note that explains why none has.
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

    /// Decides whether a segment from this end still reaches the other one.
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
                    let (sent, cause) = (self.now + there, Cause { note, ..self.cause });
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
