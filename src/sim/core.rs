//! The kernel's state apart from the processes themselves: clock, queue, hosts, links, connections, trace.

use super::conns::{Conns, Payload};
use super::host::{Host, Power};
use super::ids::{Cause, ConnId, HostId, NoteId, Port, ProcId, Silent};
use super::net::{LOOPBACK, Net};
use super::process::{Exit, Input, InputOf, Label, Slot, TimerKey, Vocabulary};
use super::queue::{Queue, Ticket};
use super::rng::Stream;
use super::time::{SimDuration, SimTime};
use super::trace::{Note, Outcome, RecordKind, Trace};
/// How many inputs may wait for a paused process before its host drops datagrams (a socket buffer of 208 KiB).
const DATAGRAMS_HELD: usize = 256;

/// How long a fault that has ended (a process that runs again, a repaired link) still explains a silence.
const REMEMBERED: SimDuration = SimDuration::from_secs(300);

/// An entry of the event queue.
#[derive(Clone, Debug)]
pub(super) enum Pending<W, T> {
    Timer {
        process: ProcId,
        incarnation: u32,
        key: TimerKey<T>,
        cause: Cause,
    },
    Datagram {
        from: ProcId,
        from_host: HostId,
        to: HostId,
        port: Port,
        wire: W,
        sent: SimTime,
        cause: Cause,
    },
    Syn {
        conn: ConnId,
        sent: SimTime,
        cause: Cause,
    },
    SynAck {
        conn: ConnId,
        refused: bool,
        sent: SimTime,
        cause: Cause,
    },
    SynRetry {
        conn: ConnId,
        attempt: u32,
    },
    ConnectTimeout {
        conn: ConnId,
    },
    Segment {
        conn: ConnId,
        side: u8,
        seq: u32,
        payload: Payload<W>,
        sent: SimTime,
        cause: Cause,
    },
    Retransmit {
        conn: ConnId,
        side: u8,
    },
    Keepalive {
        conn: ConnId,
        side: u8,
        missed: u8,
    },
    Local {
        from: ProcId,
        to: ProcId,
        incarnation: u32,
        wire: W,
        sent: SimTime,
        cause: Cause,
    },
    Exited {
        parent: ProcId,
        child: ProcId,
        exit: Exit,
        cause: Cause,
    },
    /// Has no effect if the process has been started by other means, or its host has lost power.
    Start {
        process: ProcId,
        incarnation: u32,
        epoch: u32,
        cause: Cause,
    },
    Boot {
        host: HostId,
        epoch: u32,
        cause: Cause,
    },
    Kill {
        process: ProcId,
        incarnation: u32,
        cause: Cause,
    },
    Drain {
        process: ProcId,
        incarnation: u32,
    },
    Terminate {
        process: ProcId,
        incarnation: u32,
        cause: Cause,
    },
}

/// The hosts that have the address that can move.
#[derive(Clone, Debug, Default)]
pub(super) struct Floating {
    /// In the order in which they took it; the last one counts.
    pub(super) holders: Vec<HostId>,
    /// The last host that had it, and the note with which it was given up or taken.
    pub(super) last: HostId,
    pub(super) note: NoteId,
}

/// An input ready for a process.
pub(super) struct Delivery<V: Vocabulary> {
    pub(crate) process: ProcId,
    pub(crate) input: InputOf<V>,
    pub(crate) cause: Cause,
    pub(crate) kind: RecordKind,
}

/// The kernel's state apart from the processes.
#[derive(Clone, Debug)]
pub(crate) struct Core<V: Vocabulary> {
    pub(super) seed: u64,
    pub(super) now: SimTime,
    pub(super) queue: Queue<Pending<V::Wire, V::Timer>>,
    pub(super) hosts: Vec<Host>,
    pub(super) slots: Vec<Slot<V::Wire, V::Timer>>,
    pub(super) net: Net,
    pub(super) floating: Floating,
    pub(super) conns: Conns<V::Wire>,
    pub(super) trace: Trace<V::Note>,
    /// The cause of what is being handled now.
    pub(super) cause: Cause,
    /// The queue entry that is being handled.
    pub(super) popped: Ticket,
    pub(super) exit_requested: Option<u8>,
}

impl<V: Vocabulary> Core<V> {
    pub(super) fn stream(&mut self, process: ProcId, name: &'static str) -> &mut Stream {
        let slot = &mut self.slots[process.0 as usize];
        let index = slot.streams.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
            let full = format!("{}/{}/{name}", self.hosts[slot.host.0 as usize].name, slot.name);
            slot.streams.push((name, Stream::new(self.seed, &full)));
            slot.streams.len() - 1
        });
        &mut slot.streams[index].1
    }

    pub(super) fn note(
        &mut self,
        process: Option<ProcId>,
        host: Option<HostId>,
        because: NoteId,
        what: V::Note,
    ) -> NoteId {
        let Cause { record, note } = self.cause;
        let id = self.trace.note(Note { id: 0, at: self.now, process, host, record, cause: note, because, what });
        self.cause.note = id;
        id
    }

    /// Starts a record and makes it the cause of what follows.
    pub(super) fn enter(&mut self, cause: Cause, kind: RecordKind) {
        let record = self.trace.record(self.now, cause.record, cause.note, kind);
        self.cause = Cause { record, note: cause.note };
    }

    /// Returns the note that explains why `here` hears nothing from `of`: first a fault of it or between the two, then
    /// a fault of anything else on its host or its links, then any fault at all (it may have waited for another process
    /// in turn). Lasting faults go before those that have ended, newer ones before older ones.
    pub(super) fn silence(&self, here: HostId, of: Silent) -> NoteId {
        let (host, process) = match of {
            Silent::Host(host) => (self.real(host), None),
            Silent::Process(process) => (self.slots[process.0 as usize].host, Some(process)),
        };
        let one = process.and_then(|p| self.down(p));
        let it = [one, self.off(host), self.net_fault(|a, b| (a, b) == (here, host) || (a, b) == (host, here))];
        let around = || {
            let processes = self.host(host).processes.iter().filter_map(|process| self.down(*process));
            processes.chain(self.net_fault(|a, b| a == host || b == host)).max()
        };
        let anywhere = || {
            let hosts = (0..self.hosts.len()).filter_map(|i| self.off(HostId(i as u16)));
            let processes = (0..self.slots.len()).filter_map(|i| self.down(ProcId(i as u16)));
            hosts.chain(processes).chain(self.net_fault(|_, _| true)).max()
        };
        let found = it.into_iter().flatten().max().or_else(around).or_else(anywhere);
        found.map_or(0, |(_, note)| note)
    }

    /// Returns why a process is down, or was until recently, and whether it is down now.
    fn down(&self, process: ProcId) -> Option<(bool, NoteId)> {
        let slot = &self.slots[process.0 as usize];
        self.told(slot.down_because, slot.was_down_because, slot.since)
    }

    /// Returns why the last process of a host that has ended is down; `None` if all are up.
    pub(super) fn last_end_on(&self, host: HostId) -> Option<NoteId> {
        let slots = self.host(host).processes.iter().map(|process| &self.slots[process.0 as usize]);
        let ended = slots.filter(|s| !s.up && s.down_because != 0);
        ended.map(|s| s.down_because).max()
    }

    /// Returns why a host is down, or was until recently.
    fn off(&self, host: HostId) -> Option<(bool, NoteId)> {
        let host = self.host(host);
        self.told(host.down_because, host.was_down_because, host.since)
    }

    fn told(&self, is: NoteId, was: NoteId, since: SimTime) -> Option<(bool, NoteId)> {
        match (is, was) {
            (0, 0) => None,
            (0, was) => (self.now.since(since) < REMEMBERED).then_some((false, was)),
            (is, _) => Some((true, is)),
        }
    }

    fn net_fault(&self, concerns: impl Fn(HostId, HostId) -> bool) -> Option<(bool, NoteId)> {
        self.net.fault(self.now, REMEMBERED, concerns)
    }

    /// Returns how long a packet sent now takes; `Err` with the note that explains why it is lost.
    pub(super) fn transmit(&mut self, from: HostId, to: HostId) -> Result<SimDuration, NoteId> {
        if from == to {
            return Ok(LOOPBACK);
        }
        if let Some(note) = self.net.blocked(from, to) {
            return Err(note);
        }
        let quality = self.net.quality(from, to);
        let wire = &mut self.hosts[from.0 as usize].wire;
        if quality.loss_ppm > 0 && wire.chance_ppm(quality.loss_ppm) {
            return Err(self.net_fault(|a, b| (a, b) == (from, to)).map_or(0, |(_, note)| note));
        }
        Ok(quality.latency + SimDuration(wire.below(quality.jitter.0)))
    }

    pub(super) fn host(&self, host: HostId) -> &Host {
        &self.hosts[host.0 as usize]
    }

    pub(super) fn is_on(&self, host: HostId) -> bool {
        self.host(host).power == Power::On
    }

    /// Returns the note that explains why a packet to `to` was lost on arrival.
    pub(super) fn lost_at(&self, to: HostId) -> NoteId {
        self.host(to).down_because
    }

    /// Records a message that did not arrive; returns the cause of the events that follow from the loss.
    pub(super) fn record_lost(
        &mut self,
        from: (ProcId, HostId),
        to_host: HostId,
        label: &'static str,
        sent: SimTime,
        cause: Cause,
        because: NoteId,
    ) -> Cause {
        let kind = RecordKind::Message {
            from: from.0,
            to: None,
            from_host: from.1,
            to_host,
            label,
            sent,
            outcome: Outcome::Lost,
        };
        let note = if because != 0 { because } else { cause.note };
        let record = self.trace.record(self.now, cause.record, note, kind);
        Cause { record, note }
    }

    pub(super) fn datagram(&mut self, from: ProcId, from_host: HostId, to: HostId, port: Port, wire: V::Wire) {
        let (sent, cause) = (self.now, self.cause);
        match self.transmit(from_host, to) {
            Err(because) => {
                self.record_lost((from, from_host), to, wire.label(), sent, cause, because);
            }
            Ok(latency) => {
                let last = &mut self.hosts[from_host.0 as usize].last_arrival;
                if last.len() <= to.0 as usize {
                    last.resize(to.0 as usize + 1, SimTime::ZERO);
                }
                let at = (sent + latency).max(last[to.0 as usize]);
                last[to.0 as usize] = at;
                self.queue.push(at, Pending::Datagram { from, from_host, to, port, wire, sent, cause });
            }
        }
    }

    pub(super) fn local(&mut self, from: ProcId, to: ProcId, wire: V::Wire) {
        let (sent, cause) = (self.now, self.cause);
        let slot = &self.slots[to.0 as usize];
        debug_assert_eq!(slot.host, self.slots[from.0 as usize].host, "local messages stay on one host");
        let incarnation = slot.incarnation;
        self.queue.push(sent + LOOPBACK, Pending::Local { from, to, incarnation, wire, sent, cause });
    }

    /// Plans the start of a process.
    pub(super) fn plan_start(&mut self, process: ProcId, at: SimTime, cause: Cause) {
        let slot = &self.slots[process.0 as usize];
        let (incarnation, epoch) = (slot.incarnation, self.host(slot.host).epoch);
        self.queue.push(at, Pending::Start { process, incarnation, epoch, cause });
    }

    /// A datagram reaches its host.
    pub(super) fn arrive_datagram(
        &mut self,
        from: (ProcId, HostId),
        to: HostId,
        port: Port,
        wire: V::Wire,
        sent: SimTime,
        cause: Cause,
    ) -> Option<Delivery<V>> {
        let label = wire.label();
        if !self.is_on(to) {
            let because = self.lost_at(to);
            self.record_lost(from, to, label, sent, cause, because);
            return None;
        }
        let Some(process) = self.host(to).listener(port) else {
            self.record_lost(from, to, label, sent, cause, 0);
            return None;
        };
        if self.slots[process.0 as usize].inbox.len() >= DATAGRAMS_HELD {
            self.record_lost(from, to, label, sent, cause, self.slots[process.0 as usize].down_because);
            return None;
        }
        let kind = delivered(from, process, to, label, sent);
        Some(Delivery { process, input: Input::Datagram { from: from.0, wire }, cause, kind })
    }
}

/// The record of a message that arrived.
pub(super) fn delivered(
    from: (ProcId, HostId),
    to: ProcId,
    to_host: HostId,
    label: &'static str,
    sent: SimTime,
) -> RecordKind {
    RecordKind::Message {
        from: from.0,
        to: Some(to),
        from_host: from.1,
        to_host,
        label,
        sent,
        outcome: Outcome::Delivered,
    }
}
