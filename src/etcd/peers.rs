//! The other members, as one member knows them: where they are, and since when it hears from them.

use super::MemberId;
use crate::sim::{HostId, ProcId, SimDuration, SimTime};

/// A peer stream counts as broken after this long without a message (rafthttp's read timeout).
const INACTIVE_AFTER: SimDuration = SimDuration::from_secs(5);

/// A member as the others are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub id: MemberId,
    pub name: String,
    pub host: HostId,
    pub process: ProcId,
}

/// When each peer was heard.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    /// By place in the list of peers: since when it is heard without a gap, and when it was last heard.
    heard: Vec<Option<(SimTime, SimTime)>>,
}

impl Activity {
    pub fn heard(&mut self, place: usize, now: SimTime) {
        if self.heard.len() <= place {
            self.heard.resize(place + 1, None);
        }
        let since = match self.heard[place] {
            Some((since, last)) if now.since(last) < INACTIVE_AFTER => since,
            _ => now,
        };
        self.heard[place] = Some((since, now));
    }

    /// Since when the peer is heard, if it still is.
    pub fn active_since(&self, place: usize, now: SimTime) -> Option<SimTime> {
        let (since, last) = self.heard.get(place).copied().flatten()?;
        (now.since(last) < INACTIVE_AFTER).then_some(since)
    }
}
