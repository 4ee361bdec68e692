//! TCP keepalive: closes an idle connection whose other end has vanished.
//!
//! Every socket has it on as Go's network library sets it: after 15 s of silence, every 15 s, given up after nine probes
//! without an answer. A probe of a connection that both ends know changes nothing, so only half-open ones are probed:
//! [`Core::watch_half_open`] is called wherever an end may be left alone.

use super::conns::State;
use super::core::{Core, Delivery, Pending};
use super::ids::ConnId;
use super::net::CloseReason;
use super::process::{Input, Vocabulary};
use super::time::SimDuration;
use super::trace::RecordKind;
const INTERVAL: SimDuration = SimDuration::from_secs(15);
const PROBES: u8 = 9;

impl<V: Vocabulary> Core<V> {
    /// Starts probing if one end of the connection is open and the other is gone.
    pub(super) fn watch_half_open(&mut self, id: ConnId) {
        let Some(conn) = self.conns.get(id) else { return };
        let alone = |side: usize| conn.ends[side].state == State::Open && conn.ends[1 - side].state == State::Gone;
        let Some(side) = (0..2).find(|side| alone(*side)) else { return };
        if !std::mem::replace(&mut conn.ends[side].probed, true) {
            self.probe_later(id, side, 0);
        }
    }

    fn probe_later(&mut self, id: ConnId, side: usize, missed: u8) {
        let at = self.now + INTERVAL;
        self.queue.push(at, Pending::Keepalive { conn: id, side: side as u8, missed });
    }

    pub(super) fn keepalive(&mut self, id: ConnId, side: usize, missed: u8) -> Option<Delivery<V>> {
        let conn = self.conns.get(id)?;
        let (near, far) = (&conn.ends[side], &conn.ends[1 - side]);
        if near.state != State::Open {
            return None;
        }
        let (process, from, to, cause) = (near.process, near.host, far.host, conn.last_lost);
        if !near.stalled.is_empty() || !self.is_on(from) {
            self.probe_later(id, side, 0); // unacknowledged data is retransmitted instead
            return None;
        }
        if self.transmit(from, to).is_ok() && self.is_on(to) {
            self.push_reset(id, 1 - side, cause); // its host does not know the connection; the reset may be lost
        } else if missed + 1 == PROBES {
            let conn = self.conns.get(id)?;
            conn.ends[side].state = State::Gone;
            conn.ends[side].forgotten = true;
            self.conns.reap(id);
            let kind = RecordKind::Process { process, what: "keepalive timed out" };
            let input = Input::Closed { conn: id, reason: CloseReason::TimedOut };
            return Some(Delivery { process, input, cause, kind });
        }
        self.probe_later(id, side, missed + 1);
        None
    }
}
