//! Limits on work that the learner did not ask for: of a link, a kept run, a lesson, another page's message. When its work
//! or its size reaches a limit, time stands still and the page asks. The learner's own acts are not limited.
//!
//! Work is counted in events handled, while it is done: the cost of a cluster cannot be predicted from its size.

use super::{Action, Model, pace, texts};
use crate::cluster::Weight;
use crate::ui::widgets::format;

/// The limits: events handled, and the size of what they build up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(crate) events: u64,
    pub(crate) state: Weight,
}

impl Default for Allowance {
    /// About 10 s in a browser, or 40,000 simulated seconds of the default cluster. More than 2,000 workers with as many pods
    /// need to start.
    fn default() -> Self {
        Allowance { events: 10_000_000, state: Weight { objects: 20_000, bytes: 256_000_000 } }
    }
}

/// Work that the learner did not ask for.
#[derive(Default)]
pub(crate) struct Work {
    /// Its limit, while it runs.
    pub(super) allowance: Option<Allowance>,
    /// The limit of one answer.
    pub(super) at_once: Allowance,
    /// Set when the run got this far and the page asks whether to continue. Time stands still until the user answers.
    pub(crate) burden: Option<Burden>,
    /// Number of commands left out of a run because it would have become too long.
    pub(super) dropped: u32,
}

/// Why the page asks, with the present amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burden {
    Events(u64),
    Objects(u64),
    Bytes(u64),
}

impl Burden {
    /// Returns the text of the question.
    pub(crate) fn text(self) -> String {
        let (text, n) = match self {
            Burden::Events(n) => (texts::run::RUN_HEAVY_EVENTS, n),
            Burden::Objects(n) => (texts::run::RUN_HEAVY_OBJECTS, n),
            Burden::Bytes(n) => (texts::run::RUN_HEAVY_BYTES, n / 1_000_000),
        };
        text.with(&[("n", &format::count(n))])
    }
}

/// Returns whether an action makes time pass or changes the run, and comes only from a learner.
fn is_by_hand(action: &Action) -> bool {
    matches!(action, Action::PlayPause) || super::starting::needs_a_started_one(action)
}

/// Returns a patience that lasts `ms` from now: a closure that returns true until then.
pub(super) fn patience(clock: fn() -> f64, ms: f64) -> impl FnMut() -> bool + use<> {
    let begun = clock();
    move || clock() - begun < ms
}

impl Model {
    /// Returns the patience of one frame or one action, for work towards another moment or a cluster's start.
    pub(super) fn slice(&self) -> impl FnMut() -> bool + use<> {
        patience(self.clock, pace::STARTING_MS)
    }

    /// Starts to count: the work from now on was not asked for by the learner.
    pub(super) fn begin_unasked(&mut self) {
        self.work.burden = None;
        let Allowance { events, state } = self.work.at_once;
        self.work.allowance = Some(Allowance { events: self.session.spent() + events, state });
    }

    /// Stops counting, because the learner acts.
    pub(super) fn take_over(&mut self) {
        (self.work.burden, self.work.allowance) = (None, None);
    }

    /// Checks the limits after a part of the work. Returns whether the page asks now.
    pub(super) fn weigh(&mut self) -> bool {
        let Some(Allowance { events, state }) = self.work.allowance else { return false };
        let (spent, weight) = (self.session.spent(), self.session.cluster().weight());
        self.work.burden = if spent > events {
            Some(Burden::Events(spent))
        } else if weight.objects > state.objects {
            Some(Burden::Objects(weight.objects))
        } else if weight.bytes > state.bytes {
            Some(Burden::Bytes(weight.bytes))
        } else {
            None
        };
        if let Some(burden) = self.work.burden {
            self.transport.playing = false;
            self.show_anew();
            self.said = burden.text().into();
        } else if !self.is_busy() {
            self.work.allowance = None;
        }
        self.work.burden.is_some()
    }

    /// Returns whether a cluster is starting, a beat is being prepared, or the run is on its way to another moment.
    fn is_busy(&self) -> bool {
        self.is_starting() || self.is_preparing() || self.travels()
    }

    /// Applies the learner's answer: continue for as much again, or replace the run.
    pub(super) fn answer_burden(&mut self, go_on: bool) {
        let Some(burden) = self.work.burden.take() else { return };
        if !go_on {
            self.work.allowance = None;
            return if self.in_lesson() { self.cancel_lesson() } else { self.reset(Default::default()) };
        }
        if let Some(Allowance { events, state }) = &mut self.work.allowance {
            match burden {
                Burden::Events(_) => *events += self.work.at_once.events,
                Burden::Objects(now) => state.objects = now + self.work.at_once.state.objects,
                Burden::Bytes(now) => state.bytes = now + self.work.at_once.state.bytes,
            }
        }
    }

    /// Called before an action: stops counting if the learner acts. Returns whether the action only answers the question.
    pub(super) fn is_answer(&mut self, action: &Action) -> bool {
        if !is_by_hand(action) || self.is_away() {
            return false;
        }
        if self.work.burden.is_some() && matches!(action, Action::PlayPause) {
            self.answer_burden(true);
            return true;
        }
        if !self.is_starting() && !self.is_preparing() {
            self.take_over();
        }
        false
    }
}
