//! TCP as far as its users can see it: refused, timed out, reset, end of stream, in-order delivery, retransmission.
//!
//! It belongs to the hosts, not to the processes: a stopped process still accepts connections and receives data, which
//! waits for it; a killed process's connections are closed by its host; a host without power says nothing, and the other
//! side only notices when what it sends stays unacknowledged. An acknowledgement is not a message of its own here: a
//! sender learns of a loss after its retransmission timeout, as it would without one.

use std::collections::VecDeque;

use super::core::{Core, Delivery, Pending, delivered};
use super::host::HostId;
use super::net::{CloseReason, ConnId, ConnectError, Port};
use super::process::{Cause, Input, Label, ProcId, Vocabulary};
use super::queue::Ticket;
use super::time::{SimDuration, SimTime};
use super::trace::{NoteId, Outcome, RecordKind};

const FIRST_RETRANSMIT: SimDuration = SimDuration::from_millis(200);
const SLOWEST_RETRANSMIT: SimDuration = SimDuration::from_secs(120);
const FIRST_SYN_RETRY: SimDuration = SimDuration::from_secs(1);
/// Linux gives up after about 924 s (`tcp_retries2`), unless `TCP_USER_TIMEOUT` says otherwise.
const USER_TIMEOUT: SimDuration = SimDuration::from_secs(924);
/// How long a host goes on sending what a process left behind.
const ORPHAN_TIMEOUT: SimDuration = SimDuration::from_secs(60);

const CLIENT: usize = 0;
const SERVER: usize = 1;

/// What a segment carries.
#[derive(Clone, Debug)]
pub(super) enum Payload<W> {
    Data(W),
    Fin,
    Rst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
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
struct End<W> {
    host: HostId,
    process: ProcId,
    incarnation: u32,
    state: State,
    next_seq: u32,
    expected_seq: u32,
    last_arrival: SimTime,
    /// Sent and lost, or queued behind what was lost, in order.
    stalled: VecDeque<(u32, Payload<W>, Cause)>,
    stalled_since: SimTime,
    rto: SimDuration,
    user_timeout: SimDuration,
}

#[derive(Clone, Debug)]
struct Conn<W> {
    ends: [End<W>; 2],
    port: Port,
    timeout: Option<Ticket>,
    /// What last went wrong, for the one who gives up.
    last_lost: Cause,
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
    fn get(&mut self, id: ConnId) -> Option<&mut Conn<W>> {
        let (generation, conn) = self.slots.get_mut(id.slot as usize)?;
        if *generation == id.generation { conn.as_deref_mut() } else { None }
    }

    fn insert(&mut self, conn: Conn<W>) -> ConnId {
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
    fn reap(&mut self, id: ConnId) {
        let done = self.get(id).is_some_and(|c| c.ends.iter().all(|e| matches!(e.state, State::Gone | State::Idle)));
        if done {
            let entry = &mut self.slots[id.slot as usize];
            entry.0 = entry.0.wrapping_add(1);
            entry.1 = None;
            self.free.push(id.slot);
        }
    }

    fn ids(&self) -> Vec<ConnId> {
        let live = self.slots.iter().enumerate().filter(|(_, (_, conn))| conn.is_some());
        live.map(|(slot, (generation, _))| ConnId { slot: slot as u32, generation: *generation }).collect()
    }

    /// How many connections some host still knows.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

fn end<W>(host: HostId, process: ProcId, incarnation: u32, state: State) -> End<W> {
    End {
        host,
        process,
        incarnation,
        state,
        next_seq: 0,
        expected_seq: 0,
        last_arrival: SimTime::ZERO,
        stalled: VecDeque::new(),
        stalled_since: SimTime::ZERO,
        rto: FIRST_RETRANSMIT,
        user_timeout: USER_TIMEOUT,
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
        let client = end(from, process, incarnation, State::Opening);
        let server = end(to, process, 0, State::Idle);
        let cause = self.cause;
        let id = self.conns.insert(Conn { ends: [client, server], port, timeout: None, last_lost: cause });
        let deadline = self.now + self.host(from).clock.true_span(timeout);
        let ticket = self.queue.push(deadline, Pending::ConnectTimeout { conn: id });
        if let Some(conn) = self.conns.get(id) {
            conn.timeout = Some(ticket);
        }
        self.send_syn(id, 0, cause);
        id
    }

    fn send_syn(&mut self, id: ConnId, attempt: u32, cause: Cause) {
        let Some(conn) = self.conns.get(id) else { return };
        let (client, from, to) = (conn.ends[CLIENT].process, conn.ends[CLIENT].host, conn.ends[SERVER].host);
        let sent = self.now;
        match self.transmit(from, to) {
            Ok(latency) => {
                self.queue.push(sent + latency, Pending::Syn { conn: id, sent, cause });
            }
            Err(because) => {
                let lost = self.record_lost((client, from), to, "TCP SYN", sent, cause, because);
                self.syn_lost(id, lost);
            }
        }
        let retry_at = sent + FIRST_SYN_RETRY.scale(1 << attempt.min(6), 1);
        self.queue.push(retry_at, Pending::SynRetry { conn: id, attempt: attempt + 1 });
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
    pub(super) fn arrive_syn(&mut self, id: ConnId, sent: SimTime, cause: Cause) -> Option<Delivery<V::Wire>> {
        let conn = self.conns.get(id)?;
        let (client, from, to, port) =
            (conn.ends[CLIENT].process, conn.ends[CLIENT].host, conn.ends[SERVER].host, conn.port);
        let known = conn.ends[SERVER].state == State::Open;
        if conn.ends[CLIENT].state != State::Opening {
            return None;
        }
        if !self.is_on(to) {
            let because = self.lost_at(to);
            let lost = self.record_lost((client, from), to, "TCP SYN", sent, cause, because);
            self.syn_lost(id, lost);
            return None;
        }
        let listener = self.host(to).listener(port);
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
            self.enter(cause, kind);
            self.answer_syn(id, true);
            return None;
        };
        let incarnation = self.slots[process.0 as usize].incarnation;
        if let Some(conn) = self.conns.get(id) {
            conn.ends[SERVER].state = State::Open;
            conn.ends[SERVER].process = process;
            conn.ends[SERVER].incarnation = incarnation;
        }
        let kind = delivered((client, from), process, to, "TCP SYN", sent);
        self.cause = cause;
        self.answer_syn(id, false);
        if known {
            return None;
        }
        Some(Delivery { process, input: Input::Accepted { conn: id, from, port }, cause, kind })
    }

    fn answer_syn(&mut self, id: ConnId, refused: bool) {
        let (sent, cause) = (self.now, self.cause);
        let Some(conn) = self.conns.get(id) else { return };
        let (from, to, process) = (conn.ends[SERVER].host, conn.ends[CLIENT].host, conn.ends[SERVER].process);
        match self.transmit(from, to) {
            Ok(latency) => {
                let at = sent + latency;
                if let Some(conn) = self.conns.get(id) {
                    conn.ends[SERVER].last_arrival = at; // what the server sends first must not overtake this
                }
                self.queue.push(at, Pending::SynAck { conn: id, refused, sent, cause });
            }
            Err(because) => {
                let lost = self.record_lost((process, from), to, "TCP SYN-ACK", sent, cause, because);
                self.syn_lost(id, lost);
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
    ) -> Option<Delivery<V::Wire>> {
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
        let ticket = conn.timeout.take();
        conn.ends[CLIENT].state = if refused { State::Gone } else { State::Open };
        if let Some(ticket) = ticket {
            self.queue.cancel(ticket);
        }
        let label = if refused { "TCP RST" } else { "TCP SYN-ACK" };
        let kind = delivered((server, server_host), process, host, label, sent);
        let input = if refused {
            self.conns.reap(id);
            Input::ConnectFailed { conn: id, error: ConnectError::Refused }
        } else {
            Input::Connected { conn: id }
        };
        Some(Delivery { process, input, cause, kind })
    }

    pub(super) fn connect_timeout(&mut self, id: ConnId) -> Option<Delivery<V::Wire>> {
        let conn = self.conns.get(id)?;
        if conn.ends[CLIENT].state != State::Opening {
            return None;
        }
        conn.ends[CLIENT].state = State::Gone;
        let (process, cause) = (conn.ends[CLIENT].process, conn.last_lost);
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
            let ticket = conn.timeout.take();
            if let Some(ticket) = ticket {
                self.queue.cancel(ticket);
            }
        } else {
            conn.ends[side].state = State::Orphan;
            if reset {
                conn.ends[side].stalled.clear();
            }
        }
        // An end that was still opening may have been accepted by the other side already: tell it.
        self.push_segment(id, side, if reset || opening { Payload::Rst } else { Payload::Fin }, cause);
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
        if e.stalled.is_empty() {
            self.try_segment(id, side, seq, payload, cause);
        } else {
            e.stalled.push_back((seq, payload, cause));
        }
    }

    /// Puts one segment on the wire; false if it was lost there, in which case it waits to be sent again.
    fn try_segment(&mut self, id: ConnId, side: usize, seq: u32, payload: Payload<V::Wire>, cause: Cause) -> bool {
        let sent = self.now;
        let Some(conn) = self.conns.get(id) else { return false };
        let (from, to) = (conn.ends[side].host, conn.ends[1 - side].host);
        match self.transmit(from, to) {
            Ok(latency) => {
                let Some(conn) = self.conns.get(id) else { return false };
                let at = (sent + latency).max(conn.ends[side].last_arrival);
                conn.ends[side].last_arrival = at;
                self.queue.push(at, Pending::Segment { conn: id, side: side as u8, seq, payload, sent, cause });
                true
            }
            Err(because) => {
                self.stall(id, side, (seq, payload, cause), sent, because);
                false
            }
        }
    }

    fn stall(
        &mut self,
        id: ConnId,
        side: usize,
        segment: (u32, Payload<V::Wire>, Cause),
        sent: SimTime,
        because: NoteId,
    ) {
        let now = self.now;
        let Some(conn) = self.conns.get(id) else { return };
        let e = &conn.ends[side];
        if e.state == State::Gone && !matches!(segment.1, Payload::Fin) {
            return;
        }
        let (from, to) = ((e.process, e.host), conn.ends[1 - side].host);
        let lost = self.record_lost(from, to, segment.1.label(), sent, segment.2, because);
        let Some(conn) = self.conns.get(id) else { return };
        conn.last_lost = lost;
        let e = &mut conn.ends[side];
        if e.state == State::Gone {
            e.state = State::Orphan; // its last word was lost: the host repeats it
        }
        let first = e.stalled.is_empty();
        let place = e.stalled.partition_point(|(s, ..)| *s < segment.0);
        e.stalled.insert(place, segment);
        if first {
            e.stalled_since = sent;
            e.rto = FIRST_RETRANSMIT;
            self.queue.push(now + FIRST_RETRANSMIT, Pending::Retransmit { conn: id, side: side as u8 });
        }
    }

    pub(super) fn retransmit(&mut self, id: ConnId, side: usize) -> Option<Delivery<V::Wire>> {
        let now = self.now;
        let conn = self.conns.get(id)?;
        let host = conn.ends[side].host;
        let e = &mut conn.ends[side];
        if e.stalled.is_empty() || e.state == State::Gone {
            return None;
        }
        let limit = if e.state == State::Orphan { ORPHAN_TIMEOUT } else { e.user_timeout };
        let deadline = e.stalled_since + limit;
        if now >= deadline {
            let was = std::mem::replace(&mut e.state, State::Gone);
            e.stalled.clear();
            let (process, cause) = (e.process, conn.last_lost);
            self.conns.reap(id);
            let kind = RecordKind::Process { process, what: "sending timed out" };
            let input = Input::Closed { conn: id, reason: CloseReason::TimedOut };
            return (was == State::Open).then_some(Delivery { process, input, cause, kind });
        }
        let waiting = std::mem::take(&mut e.stalled);
        let since = e.stalled_since;
        let rto = SimDuration((e.rto.0 * 2).min(SLOWEST_RETRANSMIT.0));
        let mut waiting = waiting.into_iter();
        if self.is_on(host) {
            while let Some((seq, payload, cause)) = waiting.next() {
                if !self.try_segment_again(id, side, seq, payload, cause) {
                    break;
                }
            }
        }
        let conn = self.conns.get(id)?;
        let e = &mut conn.ends[side];
        e.stalled.extend(waiting);
        if e.stalled.is_empty() {
            self.settle_orphan(id, side);
        } else {
            e.rto = rto;
            e.stalled_since = since;
            let at = (now + rto).min(deadline);
            self.queue.push(at, Pending::Retransmit { conn: id, side: side as u8 });
        }
        None
    }

    /// As `try_segment`, but a loss puts the segment back without starting a new timer.
    fn try_segment_again(
        &mut self,
        id: ConnId,
        side: usize,
        seq: u32,
        payload: Payload<V::Wire>,
        cause: Cause,
    ) -> bool {
        let now = self.now;
        let Some(conn) = self.conns.get(id) else { return false };
        let (from, to) = (conn.ends[side].host, conn.ends[1 - side].host);
        let passes = self.transmit(from, to);
        let Some(conn) = self.conns.get(id) else { return false };
        let e = &mut conn.ends[side];
        match passes {
            Ok(latency) => {
                let at = (now + latency).max(e.last_arrival);
                e.last_arrival = at;
                self.queue.push(at, Pending::Segment { conn: id, side: side as u8, seq, payload, sent: now, cause });
                true
            }
            Err(_) => {
                e.stalled.push_back((seq, payload, cause));
                false
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
    ) -> Option<Delivery<V::Wire>> {
        let other = 1 - side;
        let conn = self.conns.get(id)?;
        let (from, to_host) = ((conn.ends[side].process, conn.ends[side].host), conn.ends[other].host);
        let (state, process, expected) =
            (conn.ends[other].state, conn.ends[other].process, conn.ends[other].expected_seq);
        let label = payload.label();
        let rst = matches!(payload, Payload::Rst);
        if !self.is_on(to_host) {
            if !rst {
                let because = self.lost_at(to_host);
                self.stall(id, side, (seq, payload, cause), sent, because);
            }
            return None;
        }
        if !matches!(state, State::Open) {
            // The host knows no such connection (any more).
            if matches!(payload, Payload::Data(_)) && matches!(state, State::Gone | State::Orphan) {
                self.cause = cause;
                self.push_segment(id, other, Payload::Rst, cause);
            }
            self.conns.reap(id);
            return None;
        }
        if seq > expected && !rst {
            self.stall(id, side, (seq, payload, cause), sent, 0);
            return None;
        }
        let conn = self.conns.get(id)?;
        conn.ends[other].expected_seq = seq + 1;
        let kind = delivered(from, process, to_host, label, sent);
        let input = match payload {
            Payload::Data(wire) => Input::Data { conn: id, wire },
            Payload::Fin | Payload::Rst => {
                conn.ends[other].state = State::Gone;
                conn.ends[other].stalled.clear();
                self.conns.reap(id);
                let reason = if rst { CloseReason::Reset } else { CloseReason::Eof };
                Input::Closed { conn: id, reason }
            }
        };
        Some(Delivery { process, input, cause, kind })
    }

    /// A process is gone: its host closes its connections. Those with data that it never read are reset.
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

    /// A host lost power: it knows none of its connections any more, and tells nobody.
    pub(super) fn forget_conns_of(&mut self, host: HostId) {
        for id in self.conns.ids() {
            if let Some(conn) = self.conns.get(id) {
                for e in conn.ends.iter_mut().filter(|e| e.host == host && e.state != State::Idle) {
                    e.state = State::Gone;
                    e.stalled.clear();
                }
                self.conns.reap(id);
            }
        }
    }
}

impl<W: Label> Payload<W> {
    fn label(&self) -> &'static str {
        match self {
            Payload::Data(wire) => wire.label(),
            Payload::Fin => "TCP FIN",
            Payload::Rst => "TCP RST",
        }
    }
}
