//! The network between hosts: latency, jitter, loss, one-way cuts and partitions, and the names of ports and
//! connections. TCP on top of it is in `tcp.rs`.

use super::ids::{HostId, NoteId};
use super::time::{SimDuration, SimTime};
use crate::sim::map::Map;

/// Why a connection could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The host answered that nobody listens on the port.
    Refused,
    /// No answer within the time that the caller gave.
    TimedOut,
}

/// Why an open connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The other side closed it, or its process ended.
    Eof,
    /// The other side does not know the connection, or dropped unread data.
    Reset,
    /// What was sent was not acknowledged for as long as the sender waits.
    TimedOut,
}

/// How a link carries packets, one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Time that every packet takes, one way.
    pub latency: SimDuration,
    /// Each packet takes up to this much longer, evenly.
    pub jitter: SimDuration,
    /// Packets lost, in a million.
    pub loss_ppm: u32,
}

/// A quiet local network.
pub(crate) const LAN: Quality =
    Quality { latency: SimDuration::from_micros(200), jitter: SimDuration::from_micros(100), loss_ppm: 0 };

/// From a host to itself.
pub(crate) const LOOPBACK: SimDuration = SimDuration::from_micros(20);

/// State of all links.
#[derive(Clone, Debug, Default)]
pub(crate) struct Net {
    quality: Map<(HostId, HostId), Quality>,
    /// Pairs that no packet crosses, in this direction, and the note that explains it.
    blocked: Map<(HostId, HostId), NoteId>,
    /// The last fault of a direction, and when it ended.
    faults: Map<(HostId, HostId), Fault>,
}

/// A cut, or a link that is worse than usual.
#[derive(Clone, Copy, Debug)]
struct Fault {
    note: NoteId,
    over: Option<SimTime>,
}

impl Net {
    /// Returns how packets travel from one host to another.
    pub(crate) fn quality(&self, from: HostId, to: HostId) -> Quality {
        if self.quality.is_empty() {
            return LAN;
        }
        self.quality.get(&(from, to)).copied().unwrap_or(LAN)
    }

    /// Returns the note that explains why no packet passes from one host to the other; `None` if packets pass.
    pub(crate) fn blocked(&self, from: HostId, to: HostId) -> Option<NoteId> {
        if self.blocked.is_empty() { None } else { self.blocked.get(&(from, to)).copied() }
    }

    /// All pairs that are cut, in one direction each.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = (HostId, HostId)> + '_ {
        self.blocked.keys().copied()
    }

    /// All pairs whose packets do not travel as usual, in one direction each.
    pub(crate) fn unusual(&self) -> impl Iterator<Item = ((HostId, HostId), Quality)> + '_ {
        self.quality.iter().map(|(pair, quality)| (*pair, *quality))
    }

    /// Returns the faults of the links that `concerns` picks, and those that ended less than `remembered` ago: lasting
    /// ones first, then the newest ones.
    pub(super) fn fault(
        &self,
        now: SimTime,
        remembered: SimDuration,
        concerns: impl Fn(HostId, HostId) -> bool,
    ) -> Option<(bool, NoteId)> {
        let known = self.faults.iter().filter(|((from, to), _)| concerns(*from, *to));
        let told = known.filter(|(_, fault)| fault.over.is_none_or(|over| now.since(over) < remembered));
        told.map(|(_, fault)| (fault.over.is_none(), fault.note)).max()
    }

    pub(super) fn set_quality(&mut self, from: HostId, to: HostId, quality: Quality, now: SimTime, because: NoteId) {
        if quality == LAN {
            self.quality.remove(&(from, to));
            if !self.blocked.contains_key(&(from, to)) {
                self.mended(now, |pair| pair == (from, to));
            }
        } else {
            self.quality.insert((from, to), quality);
            self.faults.insert((from, to), Fault { note: because, over: None });
        }
    }

    pub(super) fn cut(&mut self, from: HostId, to: HostId, because: NoteId) {
        self.blocked.insert((from, to), because);
        self.faults.insert((from, to), Fault { note: because, over: None });
    }

    pub(super) fn heal(&mut self, pair: Option<(HostId, HostId)>, now: SimTime) {
        match pair {
            None => {
                self.blocked.clear();
                self.quality.clear();
                self.mended(now, |_| true);
            }
            Some((a, b)) => {
                for key in [(a, b), (b, a)] {
                    self.blocked.remove(&key);
                    self.quality.remove(&key);
                }
                self.mended(now, |pair| pair == (a, b) || pair == (b, a));
            }
        }
    }

    fn mended(&mut self, now: SimTime, which: impl Fn((HostId, HostId)) -> bool) {
        for (_, fault) in self.faults.iter_mut().filter(|(pair, fault)| which(**pair) && fault.over.is_none()) {
            fault.over = Some(now);
        }
    }
}
