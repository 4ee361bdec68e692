//! The messages that are drawn at this moment. Pure.
//!
//! A hop takes about 0.5 ms, too short to see at any useful speed. So each drawn message is a real one, but its dot takes
//! `TRAVEL_MS` of real time. A message that another one caused leaves when its cause has arrived, so that a request can be
//! followed on its way. At high speed only some are drawn.

use crate::lab::view::{Fate, MessageClass, MessageView, Name};
use crate::sim::map::Map;

/// How long a dot travels, ms of real time.
pub(crate) const TRAVEL_MS: f64 = 420.0;
/// How long the mark of a lost or refused message stays, ms of real time.
const MARK_MS: f64 = 380.0;
/// The most dots at once.
const MOST: usize = 56;
/// The shortest time between two dots of one class on the same way, ms.
const APART_MS: f64 = 190.0;
/// A message sent within this time after another arrived at its sender is drawn as its consequence, µs.
const CHAIN_US: u64 = 3_000;
/// The longest wait of a dot for its turn, ms.
const WAIT_MS: f64 = 1_700.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pulse {
    pub(crate) id: u64,
    pub(crate) from: Name,
    pub(crate) to: Name,
    pub(crate) class: MessageClass,
    pub(crate) fate: Fate,
    /// When its dot leaves, ms of real time.
    pub(crate) leaves_ms: f64,
    arrives_us: u64,
}

impl Pulse {
    /// Returns its progress at `now_ms`, which exceeds 1 once it has ended. `None` before it leaves.
    pub(crate) fn fraction(&self, now_ms: f64) -> Option<f64> {
        let fraction = (now_ms - self.leaves_ms) / TRAVEL_MS;
        (fraction >= 0.0).then_some(fraction)
    }

    /// Returns the place of its dot or mark on the way: a lost message ends halfway, a refused one at its goal.
    pub(crate) fn place(&self, now_ms: f64) -> Option<f64> {
        let end = match self.fate {
            Fate::Arrives | Fate::Refused => 1.0,
            Fate::Lost => 0.5,
        };
        self.fraction(now_ms).map(|fraction| fraction.min(end))
    }

    /// Returns whether it is lost or refused by `now_ms`.
    pub(crate) fn failed(&self, now_ms: f64) -> bool {
        match self.fate {
            Fate::Arrives => false,
            Fate::Refused => self.fraction(now_ms).is_some_and(|fraction| fraction >= 1.0),
            Fate::Lost => self.fraction(now_ms).is_some_and(|fraction| fraction >= 0.5),
        }
    }

    fn over(&self, now_ms: f64) -> bool {
        let end = match self.fate {
            Fate::Arrives => TRAVEL_MS,
            Fate::Refused => TRAVEL_MS + MARK_MS,
            Fate::Lost => TRAVEL_MS / 2.0 + MARK_MS,
        };
        now_ms > self.leaves_ms + end
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Pulses {
    live: Vec<Pulse>,
    last_id: u64,
    last: Map<(Name, Name, MessageClass), f64>,
}

impl Pulses {
    /// A frame in which time stands still. Returns whether something moved.
    pub(crate) fn fade(&mut self, now_ms: f64) -> bool {
        let moved = !self.live.is_empty();
        self.frame(&[], now_ms);
        moved
    }

    /// Adds new messages, and drops those that have ended.
    pub(crate) fn frame(&mut self, messages: &[MessageView], now_ms: f64) {
        self.live.retain(|pulse| !pulse.over(now_ms));
        if self.live.is_empty() && self.last.len() > 400 {
            self.last.clear();
        }
        for message in messages {
            if message.id <= self.last_id {
                continue;
            }
            self.last_id = message.id;
            self.take(message, now_ms);
        }
    }

    fn take(&mut self, message: &MessageView, now_ms: f64) {
        let cause = self.live.iter().rev().find(|pulse| {
            pulse.to == message.from
                && pulse.fate == Fate::Arrives
                && pulse.arrives_us <= message.sent_us
                && message.sent_us - pulse.arrives_us < CHAIN_US
        });
        let leaves_ms = cause.map_or(now_ms, |cause| (cause.leaves_ms + TRAVEL_MS).max(now_ms));
        let key = (message.from.clone(), message.to.clone(), message.class);
        let soon = self.last.get(&key).is_some_and(|last| leaves_ms - last < APART_MS);
        if soon || self.live.len() >= MOST || leaves_ms > now_ms + WAIT_MS {
            return;
        }
        self.last.insert(key, leaves_ms);
        self.live.push(Pulse {
            id: message.id,
            from: message.from.clone(),
            to: message.to.clone(),
            class: message.class,
            fate: message.fate,
            leaves_ms,
            arrives_us: message.arrives_us,
        });
    }

    pub(crate) fn live(&self) -> &[Pulse] {
        &self.live
    }

    /// Forgets everything, for another run, whose ids start again.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u64, from: &str, to: &str, sent_us: u64, fate: Fate) -> MessageView {
        let (from, to) = (from.into(), to.into());
        MessageView { id, from, to, class: MessageClass::Api, sent_us, arrives_us: sent_us + 500, fate }
    }

    #[test]
    fn a_request_walks_hop_after_hop_and_a_lost_one_ends_halfway() {
        let mut pulses = Pulses::default();
        let hops = [message(1, "a", "b", 0, Fate::Arrives), message(2, "b", "c", 600, Fate::Lost)];
        pulses.frame(&hops, 1000.0);
        assert_eq!(pulses.live().iter().map(|p| p.leaves_ms).collect::<Vec<_>>(), [1000.0, 1000.0 + TRAVEL_MS]);
        let lost = pulses.live()[1].clone();
        assert_eq!(lost.place(1000.0), None);
        assert_eq!(lost.place(1000.0 + 5.0 * TRAVEL_MS), Some(0.5));
        assert!(lost.failed(1000.0 + 1.6 * TRAVEL_MS));
        pulses.frame(&hops, 1000.0 + TRAVEL_MS + 1.0);
        assert_eq!(pulses.live().len(), 1, "the same messages again are not drawn again");
    }

    #[test]
    fn a_flood_is_thinned_out() {
        let mut pulses = Pulses::default();
        let flood: Vec<_> = (1..500).map(|n| message(n, "a", "b", n * 1000, Fate::Arrives)).collect();
        pulses.frame(&flood, 0.0);
        assert_eq!(pulses.live().len(), 1);
        let wide: Vec<_> = (500..900).map(|n| message(n, "a", &format!("b{n}"), n * 1000, Fate::Arrives)).collect();
        pulses.frame(&wide, 10.0);
        assert_eq!(pulses.live().len(), MOST);
    }
}
