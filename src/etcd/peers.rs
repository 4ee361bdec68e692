//! Since when a member hears from each of the others.

use super::members::MemberId;
use crate::sim::{SimDuration, SimTime};

/// A peer stream counts as broken after this long without a message (rafthttp's read timeout).
const INACTIVE_AFTER: SimDuration = SimDuration::from_secs(5);

/// The activity of each peer.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    /// For each peer: since when it has been heard without a gap, and when it was last heard.
    heard: Vec<(MemberId, SimTime, SimTime)>,
}

impl Activity {
    pub(crate) fn heard(&mut self, id: MemberId, now: SimTime) {
        match self.heard.iter_mut().find(|(of, ..)| *of == id) {
            Some((_, since, last)) => {
                if now.since(*last) >= INACTIVE_AFTER {
                    *since = now;
                }
                *last = now;
            }
            None => self.heard.push((id, now, now)),
        }
    }

    /// Returns since when the peer has been active; `None` if it is not.
    pub(crate) fn active_since(&self, id: MemberId, now: SimTime) -> Option<SimTime> {
        let (_, since, last) = *self.heard.iter().find(|(of, ..)| *of == id)?;
        (now.since(last) < INACTIVE_AFTER).then_some(since)
    }
}
