//! Moments that leave the page, and those that come from elsewhere.

use super::{Model, texts};
use crate::lab::link::Link;
use crate::lab::scenario::Scenario;
use crate::lab::session::Session;
use crate::sim::SimDuration;

impl Model {
    /// This moment, to be given away: all that was done on the branch, and where on it one is.
    pub fn moment(&self) -> Link {
        let now = self.session.now_us();
        let now = (now < self.session.head_us()).then_some(SimDuration::from_micros(now));
        Link { scenario: self.session.to_head(), now, place: self.place.clone() }
    }

    /// Goes to a moment that came from elsewhere, and stands still there; gives the moment, µs. What takes long is run in
    /// pieces.
    pub fn open(&mut self, link: &Link) -> u64 {
        // A lesson alone, or nothing in particular: a fresh cluster.
        let fresh = link.scenario == Scenario::default();
        let session = if fresh { Session::new() } else { Session::open(&link.scenario) };
        self.enter_sandbox();
        self.session = session;
        self.begin_anew();
        if fresh {
            self.playing = true;
            return self.session.now_us();
        }
        let head = self.session.head_us();
        let at = link.now.map_or(head, |now| now.0).clamp(self.session.start_us().min(head), head);
        if self.is_starting() {
            self.jumped((at > self.session.start_us()).then_some(at));
        } else {
            self.seek(at);
        }
        at
    }

    /// Time runs from now on, or stands still.
    pub(super) fn play(&mut self, on: bool) {
        self.stop();
        self.playing = on;
        self.said = if on { texts::delivery::EMBED_PLAYS } else { texts::delivery::EMBED_STANDS }.get().into();
    }
}
