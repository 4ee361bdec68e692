//! The network between hosts: latency, jitter, loss, one-way cuts and partitions, and the names of ports and
//! connections. TCP on top of it is in `tcp.rs`.

use std::collections::BTreeMap;

use super::host::HostId;
use super::time::SimDuration;
use super::trace::NoteId;

/// A port number.
pub type Port = u16;

/// Names one TCP connection; stale names are harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

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
    pub latency: SimDuration,
    /// Each packet takes up to this much longer, evenly.
    pub jitter: SimDuration,
    /// Packets lost, in a million.
    pub loss_ppm: u32,
}

/// A quiet local network.
pub const LAN: Quality =
    Quality { latency: SimDuration::from_micros(200), jitter: SimDuration::from_micros(100), loss_ppm: 0 };

/// From a host to itself.
pub const LOOPBACK: SimDuration = SimDuration::from_micros(20);

/// State of all links.
#[derive(Clone, Debug, Default)]
pub struct Net {
    quality: BTreeMap<(HostId, HostId), Quality>,
    /// Pairs that no packet crosses, in this direction, and the note that explains it.
    blocked: BTreeMap<(HostId, HostId), NoteId>,
}

impl Net {
    /// How packets travel from one host to another.
    pub fn quality(&self, from: HostId, to: HostId) -> Quality {
        if self.quality.is_empty() {
            return LAN;
        }
        self.quality.get(&(from, to)).copied().unwrap_or(LAN)
    }

    /// The note that explains why no packet passes from one host to the other, if none does.
    pub fn blocked(&self, from: HostId, to: HostId) -> Option<NoteId> {
        if self.blocked.is_empty() { None } else { self.blocked.get(&(from, to)).copied() }
    }

    /// All pairs that are cut, in one direction each.
    pub fn cuts(&self) -> impl Iterator<Item = (HostId, HostId)> + '_ {
        self.blocked.keys().copied()
    }

    pub(super) fn set_quality(&mut self, from: HostId, to: HostId, quality: Quality) {
        if quality == LAN {
            self.quality.remove(&(from, to));
        } else {
            self.quality.insert((from, to), quality);
        }
    }

    pub(super) fn cut(&mut self, from: HostId, to: HostId, because: NoteId) {
        self.blocked.insert((from, to), because);
    }

    pub(super) fn heal(&mut self, pair: Option<(HostId, HostId)>) {
        match pair {
            None => {
                self.blocked.clear();
                self.quality.clear();
            }
            Some((a, b)) => {
                for key in [(a, b), (b, a)] {
                    self.blocked.remove(&key);
                    self.quality.remove(&key);
                }
            }
        }
    }
}
