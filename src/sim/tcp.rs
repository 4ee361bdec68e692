//! TCP as far as its users can see it: refused, timed out, reset, end of stream, in-order delivery, retransmission.
//!
//! It belongs to the hosts, not to the processes: a stopped process still accepts connections and receives data, which
//! waits for it; a killed process's connections are closed by its host; a host without power says nothing, and the other
//! side only notices when what it sends stays unacknowledged. An acknowledgement is not a message of its own here: a
//! sender learns of a loss after its retransmission timeout, as it would without one.

use super::address::Course;
use super::conns::{Conn, End, FIRST_RETRANSMIT, Payload, State, end};
use super::core::{Core, Delivery, Pending, delivered};
use super::ids::{Cause, ConnId, HostId, NOWHERE, NoteId, Port, ProcId};
use super::net::{CloseReason, ConnectError};
use super::process::{Input, Vocabulary};
use super::time::{SimDuration, SimTime};
use super::trace::{Outcome, RecordKind};
const SLOWEST_RETRANSMIT: SimDuration = SimDuration::from_secs(120);
const FIRST_SYN_RETRY: SimDuration = SimDuration::from_secs(1);
/// How long a host keeps sending what a process left behind.
const ORPHAN_TIMEOUT: SimDuration = SimDuration::from_secs(60);

/// Number, content and cause of a segment.
type Segment<W> = (u32, Payload<W>, Cause);

const CLIENT: usize = 0;
const SERVER: usize = 1;

impl<W> End<W> {
    /// When this end gives up retransmitting.
    fn gives_up_at(&self, now: SimTime) -> SimTime {
        let limit = if self.state == State::Orphan { ORPHAN_TIMEOUT } else { self.user_timeout };
        self.trouble_since.unwrap_or(now) + limit
    }

    /// Something that this end sent has arrived.
    fn progress(&mut self, now: SimTime) {
        self.trouble_since = if self.stalled.is_empty() { None } else { Some(now) };
        self.rto = FIRST_RETRANSMIT;
    }
}

impl<V: Vocabulary> Core<V> {
    pub(super) fn connect(
        &mut self,
        process: ProcId,
        from: HostId,
        incarnation: u32,
        to: HostId,
        port: Port,
        timeout: SimDuration,
    ) -> ConnId {
        let client: End<V::Wire> = end(from, process, incarnation, State::Opening);
        let real = if to == NOWHERE { from } else { self.real(to) };
        let server = end(real, process, 0, State::Idle);
        let (cause, asked, ends) = (self.cause, to, [client, server]);
        let id = self.conns.insert(Conn { ends, port, asked, timeout: None, syn_retry: None, last_lost: cause });
        let deadline = self.now + self.host(from).clock.true_span(timeout);
        let ticket = self.queue.push(deadline, Pending::ConnectTimeout { conn: id });
        if let Some(conn) = self.conns.get(id) {
            conn.timeout = Some(ticket);
        }
        self.send_syn(id, 0, cause);
        id
    }

    fn send_syn(&mut self, id: ConnId, attempt: u32, cause: Cause) {
        let Some((client, from)) = self.conns.get(id).map(|c| (c.ends[CLIENT].process, c.ends[CLIENT].host)) else {
            return;
        };
        let aimed = self.aim_syn(id, from);
        let Some(to) = self.conns.get(id).map(|c| c.ends[SERVER].host) else { return };
        let sent = self.now;
        let passes = match aimed {
            Ok(()) if self.is_on(from) => self.transmit(from, to),
            Ok(()) => Err(self.lost_at(from)),
            Err(because) => Err(because),
        };
        match passes {
            Ok(latency) => {
                self.queue.push(sent + latency, Pending::Syn { conn: id, sent, cause });
            }
            Err(because) => {
                let lost = self.record_lost((client, from), to, "TCP SYN", sent, cause, because);
                self.syn_lost(id, lost);
            }
        }
        let retry_at = sent + FIRST_SYN_RETRY.scale(1 << attempt.min(6), 1);
        let ticket = self.queue.push(retry_at, Pending::SynRetry { conn: id, attempt: attempt + 1 });
        if let Some(conn) = self.conns.get(id) {
            conn.syn_retry = Some(ticket);
        }
    }

    fn syn_lost(&mut self, id: ConnId, lost: Cause) {
        if let Some(conn) = self.conns.get(id) {
            conn.last_lost = lost;
        }
    }

    pub(super) fn retry_syn(&mut self, id: ConnId, attempt: u32) {
        let Some(conn) = self.conns.get(id) else { return };
        if conn.ends[CLIENT].state == State::Opening {
            let cause = conn.last_lost;
            self.send_syn(id, attempt, cause);
        }
    }

    /// A connection request reaches its host.
    pub(super) fn arrive_syn(&mut self, id: ConnId, sent: SimTime, cause: Cause) -> Option<Delivery<V>> {
        let conn = self.conns.get(id)?;
        let (client, from, to, port) =
            (conn.ends[CLIENT].process, conn.ends[CLIENT].host, conn.ends[SERVER].host, conn.port);
        let server = conn.ends[SERVER].state;
        if conn.ends[CLIENT].state != State::Opening {
            return None;
        }
        if !self.is_on(to) {
            let because = self.lost_at(to);
            let lost = self.record_lost((client, from), to, "TCP SYN", sent, cause, because);
            self.syn_lost(id, lost);
            return None;
        }
        if server == State::Open {
            self.cause = cause;
            self.answer_syn(id, false); // the first answer was lost
            return None;
        }
        // A connection that this host accepted and has finished with since is answered like a closed port.
        let listener = if server == State::Idle { self.host(to).listener(port) } else { None };
        let Some(process) = listener else {
            let kind = RecordKind::Message {
                from: client,
                to: None,
                from_host: from,
                to_host: to,
                label: "TCP SYN",
                sent,
                outcome: Outcome::Refused,
            };
            // The port is closed because of the last process that ended there, if any.
            let note = self.last_end_on(to).unwrap_or(cause.note);
            self.enter(Cause { note, ..cause }, kind);
            self.answer_syn(id, true);
            return None;
        };
        let kind = delivered((client, from), process, to, "TCP SYN", sent);
        self.cause = cause;
        if !self.answer_syn(id, false) {
            return None; // half open: the handshake goes on with the next request
        }
        let incarnation = self.slots[process.0 as usize].incarnation;
        if let Some(conn) = self.conns.get(id) {
            conn.ends[SERVER].state = State::Open;
            conn.ends[SERVER].process = process;
            conn.ends[SERVER].incarnation = incarnation;
        }
        Some(Delivery { process, input: Input::Accepted { conn: id, from, port }, cause, kind })
    }

    /// Answers a connection request; false if the answer is lost on the way.
    fn answer_syn(&mut self, id: ConnId, refused: bool) -> bool {
        let (sent, cause) = (self.now, self.cause);
        let Some(conn) = self.conns.get(id) else { return false };
        let (from, to, process) = (conn.ends[SERVER].host, conn.ends[CLIENT].host, conn.ends[SERVER].process);
        match self.transmit(from, to) {
            Ok(latency) => {
                let at = sent + latency;
                if let Some(conn) = self.conns.get(id) {
                    let last = &mut conn.ends[SERVER].last_arrival;
                    *last = at.max(*last); // what the server sends first must not overtake this
                }
                self.queue.push(at, Pending::SynAck { conn: id, refused, sent, cause });
                true
            }
            Err(because) => {
                let lost = self.record_lost((process, from), to, "TCP SYN-ACK", sent, cause, because);
                self.syn_lost(id, lost);
                false
            }
        }
    }

    /// The answer to a connection request reaches the client's host.
    pub(super) fn arrive_syn_ack(
        &mut self,
        id: ConnId,
        refused: bool,
        sent: SimTime,
        cause: Cause,
    ) -> Option<Delivery<V>> {
        let conn = self.conns.get(id)?;
        let (host, process) = (conn.ends[CLIENT].host, conn.ends[CLIENT].process);
        let (server_host, server) = (conn.ends[SERVER].host, conn.ends[SERVER].process);
        if conn.ends[CLIENT].state != State::Opening {
            return None;
        }
        if !self.is_on(host) {
            let because = self.lost_at(host);
            let lost = self.record_lost((server, server_host), host, "TCP SYN-ACK", sent, cause, because);
            self.syn_lost(id, lost);
            return None;
        }
        let conn = self.conns.get(id)?;
        let tickets = [conn.timeout.take(), conn.syn_retry.take()];
        conn.ends[CLIENT].state = if refused { State::Gone } else { State::Open };
        for ticket in tickets.into_iter().flatten() {
            self.queue.cancel(ticket);
        }
        let label = if refused { "TCP RST" } else { "TCP SYN-ACK" };
        let kind = delivered((server, server_host), process, host, label, sent);
        let input = if refused {
            self.conns.reap(id);
            Input::ConnectFailed { conn: id, error: ConnectError::Refused }
        } else {
            self.send_waiting(id, CLIENT);
            Input::Connected { conn: id }
        };
        Some(Delivery { process, input, cause, kind })
    }

    pub(super) fn connect_timeout(&mut self, id: ConnId) -> Option<Delivery<V>> {
        let conn = self.conns.get(id)?;
        if conn.ends[CLIENT].state != State::Opening {
            return None;
        }
        let (process, cause) = (conn.ends[CLIENT].process, conn.last_lost);
        conn.ends[CLIENT].state = State::Gone;
        if conn.ends[SERVER].state == State::Open {
            self.push_reset(id, CLIENT, cause); // only the answer did not get through
        }
        self.conns.reap(id);
        let kind = RecordKind::Process { process, what: "connecting timed out" };
        Some(Delivery { process, input: Input::ConnectFailed { conn: id, error: ConnectError::TimedOut }, cause, kind })
    }

    /// Which end of an open connection a process holds.
    fn side(&mut self, process: ProcId, id: ConnId) -> Option<usize> {
        let incarnation = self.slots[process.0 as usize].incarnation;
        let conn = self.conns.get(id)?;
        // A process may be connected to itself: the client's end is looked at first, the server's when that is gone.
        (0..2).find(|s| {
            let e = &conn.ends[*s];
            e.process == process && e.incarnation == incarnation && matches!(e.state, State::Open | State::Opening)
        })
    }

    pub(super) fn set_user_timeout(&mut self, process: ProcId, id: ConnId, timeout: SimDuration) {
        if let Some(side) = self.side(process, id)
            && let Some(conn) = self.conns.get(id)
        {
            conn.ends[side].user_timeout = timeout;
        }
    }

    pub(super) fn send(&mut self, process: ProcId, id: ConnId, wire: V::Wire) -> bool {
        match self.side(process, id) {
            Some(side) => {
                let cause = self.cause;
                self.push_segment(id, side, Payload::Data(wire), cause);
                true
            }
            None => false,
        }
    }

    pub(super) fn close(&mut self, process: ProcId, id: ConnId, reset: bool) {
        self.slots[process.0 as usize].inbox.retain(|held| held.input.connection() != Some(id));
        if let Some(side) = self.side(process, id) {
            self.close_end(id, side, reset);
        }
    }

    fn close_end(&mut self, id: ConnId, side: usize, reset: bool) {
        let cause = self.cause;
        let Some(conn) = self.conns.get(id) else { return };
        let opening = conn.ends[side].state == State::Opening;
        if opening {
            conn.ends[side].state = State::Gone;
            let tickets = [conn.timeout.take(), conn.syn_retry.take()];
            for ticket in tickets.into_iter().flatten() {
                self.queue.cancel(ticket);
            }
        } else {
            conn.ends[side].state = State::Orphan;
        }
        let accepted = conn.ends[1 - side].state == State::Open;
        if !(reset || opening) {
            self.push_segment(id, side, Payload::Fin, cause);
        } else if accepted {
            self.push_reset(id, side, cause);
        }
        self.settle_orphan(id, side);
    }

    /// An orphan with nothing left to send is forgotten by its host.
    fn settle_orphan(&mut self, id: ConnId, side: usize) {
        if let Some(conn) = self.conns.get(id) {
            let e = &mut conn.ends[side];
            if e.state == State::Orphan && e.stalled.is_empty() {
                e.state = State::Gone;
            }
        }
        // The entry itself stays until the other end is gone too.
        self.conns.reap(id);
    }

    fn push_segment(&mut self, id: ConnId, side: usize, payload: Payload<V::Wire>, cause: Cause) {
        let Some(conn) = self.conns.get(id) else { return };
        let e = &mut conn.ends[side];
        let seq = e.next_seq;
        e.next_seq += 1;
        if e.stalled.is_empty() && e.state != State::Opening {
            self.try_segment(id, side, (seq, payload, cause));
        } else {
            e.stalled.push_back((seq, payload, cause));
        }
    }

    /// Sends a reset at once, instead of whatever waited. Nobody repeats a reset.
    pub(super) fn push_reset(&mut self, id: ConnId, side: usize, cause: Cause) {
        let Some(conn) = self.conns.get(id) else { return };
        conn.ends[side].stalled.clear();
        let seq = conn.ends[side].next_seq;
        self.try_segment(id, side, (seq, Payload::Rst, cause));
    }

    /// Sends what an end was given before it was open.
    fn send_waiting(&mut self, id: ConnId, side: usize) {
        let Some(conn) = self.conns.get(id) else { return };
        for segment in std::mem::take(&mut conn.ends[side].stalled) {
            match self.conns.get(id).map(|c| &mut c.ends[side].stalled) {
                Some(stalled) if !stalled.is_empty() => stalled.push_back(segment),
                _ => self.try_segment(id, side, segment),
            }
        }
    }

    /// Puts one segment on the wire; if it is lost there, it waits to be sent again.
    fn try_segment(&mut self, id: ConnId, side: usize, segment: Segment<V::Wire>) {
        if let Err((segment, because)) = self.put_on_wire(id, side, segment) {
            self.stall(id, side, segment, self.now, because);
        }
    }

    fn put_on_wire(
        &mut self,
        id: ConnId,
        side: usize,
        segment: Segment<V::Wire>,
    ) -> Result<(), (Segment<V::Wire>, NoteId)> {
        let sent = self.now;
        let Some(conn) = self.conns.get(id) else { return Ok(()) };
        let (from, to) = (conn.ends[side].host, conn.ends[1 - side].host);
        match self.course(id, side, &segment.1) {
            Course::Goes => {}
            Course::Lost(because) => return Err((segment, because)),
            Course::Strayed => return Ok(()),
        }
        let latency = match self.transmit(from, to) {
            Ok(latency) => latency,
            Err(because) => return Err((segment, because)),
        };
        if let Some(conn) = self.conns.get(id) {
            let at = (sent + latency).max(conn.ends[side].last_arrival);
            conn.ends[side].last_arrival = at;
            let (seq, payload, cause) = segment;
            self.queue.push(at, Pending::Segment { conn: id, side: side as u8, seq, payload, sent, cause });
        }
        Ok(())
    }

    /// A segment did not arrive: its host keeps it and tries again, for as long as the connection allows.
    fn stall(&mut self, id: ConnId, side: usize, segment: Segment<V::Wire>, sent: SimTime, because: NoteId) {
        let Some(conn) = self.conns.get(id) else { return };
        let e = &conn.ends[side];
        let (from, to) = ((e.process, e.host), conn.ends[1 - side].host);
        let repeated = !e.forgotten && !matches!(segment.1, Payload::Rst);
        let lost = self.record_lost(from, to, segment.1.label(), sent, segment.2, because);
        let Some(conn) = self.conns.get(id) else { return };
        if !repeated {
            conn.last_lost = lost;
            let e = &mut conn.ends[side];
            if e.state == State::Orphan && e.stalled.is_empty() {
                e.state = State::Gone; // nothing is left to send
            }
            return self.watch_half_open(id);
        }
        conn.last_lost = lost;
        let e = &mut conn.ends[side];
        if e.state == State::Gone {
            e.state = State::Orphan; // its host retransmits the last data of the process
        }
        let place = e.stalled.partition_point(|(s, ..)| *s < segment.0);
        e.stalled.insert(place, segment);
        if e.trouble_since.is_none() {
            e.trouble_since = Some(sent);
            e.rto = FIRST_RETRANSMIT;
        }
        self.schedule_retry(id, side);
    }

    fn schedule_retry(&mut self, id: ConnId, side: usize) {
        let now = self.now;
        let Some(conn) = self.conns.get(id) else { return };
        let e = &mut conn.ends[side];
        if e.retry.is_none() && !e.stalled.is_empty() {
            let at = (now + e.rto).min(e.gives_up_at(now)).max(now);
            e.retry = Some(self.queue.push(at, Pending::Retransmit { conn: id, side: side as u8 }));
        }
    }

    pub(super) fn retransmit(&mut self, id: ConnId, side: usize) -> Option<Delivery<V>> {
        let now = self.now;
        let conn = self.conns.get(id)?;
        let e = &mut conn.ends[side];
        e.retry = None;
        if e.stalled.is_empty() || e.state == State::Gone {
            return None;
        }
        if now >= e.gives_up_at(now) {
            let was = std::mem::replace(&mut e.state, State::Gone);
            e.stalled.clear();
            e.forgotten = true;
            let (process, cause) = (e.process, conn.last_lost);
            self.watch_half_open(id);
            self.conns.reap(id);
            let kind = RecordKind::Process { process, what: "sending timed out" };
            let input = Input::Closed { conn: id, reason: CloseReason::TimedOut };
            return (was == State::Open).then_some(Delivery { process, input, cause, kind });
        }
        e.rto = SimDuration((e.rto.0 * 2).min(SLOWEST_RETRANSMIT.0));
        let host = e.host;
        if self.is_on(host) {
            self.repeat(id, side);
        }
        let settled = self.conns.get(id)?.ends[side].stalled.is_empty();
        if settled {
            self.settle_orphan(id, side);
        } else {
            self.schedule_retry(id, side);
        }
        None
    }

    /// Retransmits stalled segments in order, up to the first one that is lost again.
    fn repeat(&mut self, id: ConnId, side: usize) {
        while let Some(segment) = self.conns.get(id).and_then(|c| c.ends[side].stalled.pop_front()) {
            if let Err((segment, _)) = self.put_on_wire(id, side, segment) {
                if let Some(conn) = self.conns.get(id) {
                    conn.ends[side].stalled.push_front(segment);
                }
                return;
            }
        }
    }

    /// A segment reaches the other host.
    pub(super) fn arrive_segment(
        &mut self,
        id: ConnId,
        side: usize,
        seq: u32,
        payload: Payload<V::Wire>,
        sent: SimTime,
        cause: Cause,
    ) -> Option<Delivery<V>> {
        let other = 1 - side;
        let conn = self.conns.get(id)?;
        let (from, to_host) = ((conn.ends[side].process, conn.ends[side].host), conn.ends[other].host);
        let (state, process, expected) =
            (conn.ends[other].state, conn.ends[other].process, conn.ends[other].expected_seq);
        let label = payload.label();
        let rst = matches!(payload, Payload::Rst);
        if !self.is_on(to_host) {
            let because = self.lost_at(to_host);
            self.stall(id, side, (seq, payload, cause), sent, because);
            return None;
        }
        if state == State::Opening && !rst {
            // The answer to the connection request was lost: this end is not ready for data.
            self.stall(id, side, (seq, payload, cause), sent, 0);
            return None;
        }
        if state != State::Open {
            // The host knows no such connection (any more).
            if matches!(payload, Payload::Data(_)) && matches!(state, State::Gone | State::Orphan) {
                self.cause = cause;
                self.push_reset(id, other, cause);
                self.settle_orphan(id, other);
            }
            self.conns.reap(id);
            return None;
        }
        if seq > expected && !rst {
            self.stall(id, side, (seq, payload, cause), sent, 0);
            return None;
        }
        let now = self.now;
        let conn = self.conns.get(id)?;
        conn.ends[other].expected_seq = seq + 1;
        conn.ends[side].progress(now);
        let kind = delivered(from, process, to_host, label, sent);
        let input = match payload {
            Payload::Data(wire) => Input::Data { conn: id, wire },
            Payload::Fin | Payload::Rst => {
                conn.ends[other].state = State::Gone;
                conn.ends[other].forgotten = true;
                conn.ends[other].stalled.clear();
                self.conns.reap(id);
                let reason = if rst { CloseReason::Reset } else { CloseReason::Eof };
                Input::Closed { conn: id, reason }
            }
        };
        Some(Delivery { process, input, cause, kind })
    }

    /// Closes the connections of a process that has ended. Those with data that it never read are reset.
    pub(super) fn close_all_of(&mut self, process: ProcId, unread: &[ConnId]) {
        for id in self.conns.ids() {
            for side in [CLIENT, SERVER] {
                let Some(conn) = self.conns.get(id) else { continue };
                let e = &conn.ends[side];
                if e.process == process && matches!(e.state, State::Open | State::Opening) {
                    self.close_end(id, side, unread.contains(&id));
                }
            }
        }
    }

    /// A host has lost power: it forgets its connections and sends nothing.
    pub(super) fn forget_conns_of(&mut self, host: HostId) {
        for id in self.conns.ids() {
            if let Some(conn) = self.conns.get(id) {
                for e in conn.ends.iter_mut().filter(|e| e.host == host && e.state != State::Idle) {
                    e.state = State::Gone;
                    e.forgotten = true;
                    e.stalled.clear();
                }
                self.watch_half_open(id);
                self.conns.reap(id);
            }
        }
    }
}
