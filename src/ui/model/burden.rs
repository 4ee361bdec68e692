//! What runs without being asked for: a link, a kept run, a lesson, what another page sends. It may do so much work and
//! build up so much; then time stands and the page asks. What the learner does by hand is not counted.
//!
//! Work is counted in events that were handled, while it is done: what a cluster costs cannot be told from its size.

use super::{Action, Model, pace, texts};
use crate::cluster::Weight;
use crate::ui::widgets::format;

/// How far it may go: events that are handled, and what it builds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub events: u64,
    pub state: Weight,
}

impl Default for Allowance {
    /// Some ten seconds of a browser, forty thousand simulated seconds of the default cluster; more than two thousand workers
    /// with as many pods need.
    fn default() -> Self {
        Allowance { events: 10_000_000, state: Weight { objects: 20_000, bytes: 256_000_000 } }
    }
}

/// Why the page asks, with how much it is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burden {
    Events(u64),
    Objects(u64),
    Bytes(u64),
}

impl Burden {
    /// What is said of it.
    pub fn text(self) -> String {
        let (text, n) = match self {
            Burden::Events(n) => (texts::run::RUN_HEAVY_EVENTS, n),
            Burden::Objects(n) => (texts::run::RUN_HEAVY_OBJECTS, n),
            Burden::Bytes(n) => (texts::run::RUN_HEAVY_BYTES, n / 1_000_000),
        };
        text.with(&[("n", &format::count(n))])
    }
}

/// Whether an action, which only a learner does, makes time pass or changes the run.
fn is_by_hand(action: &Action) -> bool {
    matches!(action, Action::PlayPause) || super::starting::needs_a_started_one(action)
}

/// A clock's patience: so many ms from now.
pub(super) fn patience(clock: fn() -> f64, ms: f64) -> impl FnMut() -> bool + use<> {
    let begun = clock();
    move || clock() - begun < ms
}

impl Model {
    /// What one frame, or one action, may do towards another moment or a cluster's start.
    pub(super) fn slice(&self) -> impl FnMut() -> bool + use<> {
        patience(self.clock, pace::STARTING_MS)
    }

    /// What is done from now on was not asked for by hand.
    pub(super) fn begin_unasked(&mut self) {
        self.burden = None;
        let Allowance { events, state } = self.at_once;
        self.allowance = Some(Allowance { events: self.session.spent() + events, state });
    }

    /// The learner does something by hand: nothing is counted any more.
    pub(super) fn take_over(&mut self) {
        (self.burden, self.allowance) = (None, None);
    }

    /// After a part of the work: true if it has become so much that the page asks.
    pub(super) fn weigh(&mut self) -> bool {
        let Some(Allowance { events, state }) = self.allowance else { return false };
        let (spent, weight) = (self.session.spent(), self.session.cluster().weight());
        self.burden = if spent > events {
            Some(Burden::Events(spent))
        } else if weight.objects > state.objects {
            Some(Burden::Objects(weight.objects))
        } else if weight.bytes > state.bytes {
            Some(Burden::Bytes(weight.bytes))
        } else {
            None
        };
        if let Some(burden) = self.burden {
            self.playing = false;
            self.show_anew();
            self.said = burden.text().into();
        } else if !self.is_busy() {
            self.allowance = None;
        }
        self.burden.is_some()
    }

    /// Something starts, is prepared, or is on the way to another moment.
    fn is_busy(&self) -> bool {
        self.is_starting() || self.is_preparing() || self.travels()
    }

    /// The learner's answer: as much again, or something else.
    pub(super) fn answer_burden(&mut self, go_on: bool) {
        let Some(burden) = self.burden.take() else { return };
        if !go_on {
            self.allowance = None;
            return if self.in_lesson() { self.cancel_lesson() } else { self.reset(Default::default()) };
        }
        if let Some(Allowance { events, state }) = &mut self.allowance {
            match burden {
                Burden::Events(_) => *events += self.at_once.events,
                Burden::Objects(now) => state.objects = now + self.at_once.state.objects,
                Burden::Bytes(now) => state.bytes = now + self.at_once.state.bytes,
            }
        }
    }

    /// Before an action: what is done by hand is not counted; true if it is all that was meant, an answer.
    pub(super) fn is_answer(&mut self, action: &Action) -> bool {
        if !is_by_hand(action) || self.is_away() {
            return false;
        }
        if self.burden.is_some() && matches!(action, Action::PlayPause) {
            self.answer_burden(true);
            return true;
        }
        if !self.is_starting() && !self.is_preparing() {
            self.take_over();
        }
        false
    }
}
