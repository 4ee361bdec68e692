//! Jumps in time: to another moment, another branch, or ahead until something happens. Long work is done in pieces, one a
//! frame, limited by the clock, so that the page stays responsive.

use super::{Goal, Hint, Model, texts};
use crate::lab::narration::join;
use crate::ui::widgets::format;

/// How far one "skip ahead" looks, µs.
pub(crate) const UNTIL_LIMIT_US: u64 = 600_000_000;

/// How far one step looks for an event, µs.
pub(super) const STEP_LIMIT_US: u64 = 60_000_000;

/// The goal of a jump in time, a piece of which runs in each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Journey {
    /// Goes to a moment of the branch, µs.
    To(u64),
    /// Runs until it happens, at most to this moment, µs.
    Until(Goal, u64),
    /// Runs to the next listed event, at most to this moment, µs.
    Step(u64),
}

impl Model {
    /// Returns whether a jump in time is under way.
    pub(crate) fn travels(&self) -> bool {
        self.transport.journey.is_some()
    }

    /// Returns the goal of skipping ahead. `None` if it is off.
    pub(crate) fn goal(&self) -> Option<Goal> {
        match self.transport.journey {
            Some(Journey::Until(goal, _)) => Some(goal),
            _ => None,
        }
    }

    pub(crate) fn can_undo(&self) -> bool {
        self.session.can_undo()
    }

    pub(crate) fn can_redo(&self) -> bool {
        self.session.can_redo()
    }

    pub(super) fn seek(&mut self, us: u64) {
        let left = self.session.seek(us, &mut self.slice());
        self.jumped(left);
    }

    /// Runs a session that was just opened to its head, then goes back to a moment. It counts as work not asked for.
    pub(super) fn run_out(&mut self, at: u64) {
        let head = self.session.head_us();
        let mut slice = self.slice();
        let left = if self.session.start_on(&mut slice) {
            self.session.seek(head, &mut slice)
        } else {
            (self.session.start_us() < head).then_some(head)
        };
        self.jumped(left);
        self.begin_unasked();
        match left {
            Some(_) => self.transport.after = (at < head).then_some(at),
            // Stay where it broke.
            None if at < head && self.session.broken().is_none() => self.seek(at),
            None => {}
        }
        self.weigh();
    }

    pub(super) fn step_back(&mut self) {
        let left = self.session.step_back(&mut self.slice());
        self.jumped(left);
        if left.is_none() {
            let now = self.view.now_us;
            let event = self.view.history.events.iter().find(|event| event.at_us == now);
            let what = event.map_or_else(|| texts::run::RUN_AT_START.to_string(), |event| event.text.to_string());
            self.said = texts::run::RUN_AT.with(&[("time", &format::clock(now)), ("event", &what)]).into();
        }
    }

    pub(super) fn until(&mut self, goal: Goal) {
        self.stop();
        self.transport.journey =
            Some(Journey::Until(goal, (self.view.now_us + UNTIL_LIMIT_US).min(self.session.end_us())));
    }

    pub(super) fn undo(&mut self) {
        if !self.session.can_undo() {
            self.said = texts::run::RUN_NOTHING_TO_UNDO.get().into();
            return;
        }
        let left = self.session.undo(&mut self.slice());
        self.turned(left, texts::run::RUN_UNDONE);
    }

    pub(super) fn redo(&mut self) {
        if !self.session.can_redo() {
            self.said = texts::run::RUN_NOTHING_TO_REDO.get().into();
            return;
        }
        let left = self.session.redo(&mut self.slice());
        self.turned(left, texts::run::RUN_REDONE);
    }

    pub(super) fn branch(&mut self, id: u32) {
        if id != self.view.branch && self.view.branches.iter().any(|branch| branch.id == id) {
            let left = self.session.branch(id, &mut self.slice());
            self.turned(left, texts::run::RUN_BRANCH);
        }
    }

    /// Updates the page after a change of branch.
    fn turned(&mut self, left: Option<u64>, said: crate::lab::i18n::Text) {
        self.selection.why = None;
        self.changes += 1;
        self.jumped(left);
        let time = format::clock(left.unwrap_or(self.view.now_us));
        self.said = said.with(&[("time", &time)]).into();
        self.tell_dropped();
    }

    /// Announces that the oldest branch was dropped, if it was.
    pub(super) fn tell_dropped(&mut self) {
        let dropped = self.session.dropped();
        if dropped > std::mem::replace(&mut self.work.dropped, dropped) {
            self.said = join::sentences(&[&*self.said, texts::run::RUN_BRANCH_DROPPED.get()]).into();
        }
    }

    /// Stops time and any jump.
    pub(super) fn stop(&mut self) {
        self.transport.stop();
    }

    /// Shows another moment after a jump: announces nothing of the time between, and removes the dots.
    pub(super) fn jumped(&mut self, left: Option<u64>) {
        self.stop();
        self.transport.journey = left.map(Journey::To);
        (self.selection.refusal, self.selection.denied) = (None, None);
        self.transport.carry_us = 0.0;
        self.pulses.clear();
        if matches!(self.hint, Hint::Wait { .. }) {
            self.hint = Hint::Select;
        }
        self.show_anew();
    }

    /// Does one piece of the journey. Returns whether the page is to be drawn.
    pub(super) fn travel(&mut self, journey: Journey) -> bool {
        let now = self.session.now_us();
        match journey {
            // The picture of a moment on the way has a frame of its own: it costs as much as a piece of the journey.
            Journey::To(_) if self.view.now_us != now && self.draws_progress() => self.show_anew(),
            Journey::To(to) => {
                self.session.advance_while(to.saturating_sub(now), &mut self.slice());
                let there = self.session.now_us() >= to || self.session.broken().is_some();
                if !there {
                    return false;
                }
                let after = self.transport.after;
                self.jumped(None);
                if let Some(us) = after.filter(|_| self.session.broken().is_none()) {
                    self.seek(us);
                }
            }
            Journey::Step(limit) => {
                let reached = self.session.step_within(limit.saturating_sub(now), &mut self.slice());
                self.refresh();
                if reached || self.session.now_us() >= limit || self.session.broken().is_some() {
                    self.transport.journey = None;
                }
            }
            Journey::Until(goal, limit) => {
                let reached = self.session.run_towards(goal, limit.saturating_sub(now), &mut self.slice());
                self.refresh();
                if reached {
                    self.transport.journey = None;
                    let now = self.view.now_us;
                    if goal == Goal::Error {
                        self.said = texts::run::RUN_ERROR_AT.with(&[("time", &format::clock(now))]).into();
                    }
                } else if self.session.broken().is_some() {
                    self.transport.journey = None;
                } else if self.session.now_us() >= limit {
                    self.transport.journey = None;
                    let text = match goal {
                        Goal::Takeover => texts::run::RUN_NO_TAKEOVER,
                        Goal::Error => texts::run::RUN_NO_ERROR,
                    };
                    let minutes = UNTIL_LIMIT_US / 60_000_000;
                    self.said = text.with(&[("minutes", &minutes)]).into();
                    self.notice.note = Some(self.said.clone());
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;

    const S: u64 = 1_000_000;

    /// A model whose leader was switched off at 40 s, after the takeover.
    fn after_takeover() -> Model {
        let mut model = Model::new(Session::new(), true, true);
        model.session.advance(10 * S);
        model.refresh();
        let leader = model.leader_host().expect("somebody leads");
        model.reduce(Action::Select(Some(leader.clone())));
        model.reduce(Action::Act(leader, Verb::PowerOff));
        model.session.advance(30 * S);
        model.refresh();
        assert!(model.said.contains("took over"), "{}", model.said);
        model
    }

    #[test]
    fn a_jump_over_a_takeover_announces_nothing_and_passing_it_does() {
        let mut model = after_takeover();
        let gained = model.view.history.takeovers[0].gained_us;
        model.reduce(Action::Seek(gained - S));
        assert_eq!((model.view.now_us, model.view.head_us, model.transport.playing), (gained - S, 70 * S, false));
        model.said = "".into();
        model.reduce(Action::Seek(70 * S));
        model.reduce(Action::Seek(gained - S));
        assert_eq!(&*model.said, "");
        assert!(model.pulses.live().is_empty(), "no dots of another time");
        model.reduce(Action::PlayPause);
        model.reduce(Action::Speed(4));
        for frame in 0..3 {
            model.reduce(Action::Frame(f64::from(frame) * 100.0));
        }
        assert!(model.said.contains("took over"), "{}", model.said);
    }

    #[test]
    fn the_hint_follows_an_undo() {
        assert!(matches!(after_takeover().hint, Hint::Done { .. }));
        let mut model = Model::new(Session::new(), true, true);
        let leader = model.leader_host().expect("somebody leads");
        model.reduce(Action::Select(Some(leader.clone())));
        model.reduce(Action::Act(leader, Verb::PowerOff));
        assert!(matches!(model.hint, Hint::Wait { .. }));
        model.reduce(Action::Undo);
        assert_eq!(model.hint, Hint::SwitchOff);
        assert!(!model.can_undo() && model.can_redo());
        model.reduce(Action::Redo);
        assert_eq!(model.view.branches.len(), 1);
    }

    #[test]
    fn until_stops_at_the_takeover_or_says_that_there_was_none() {
        let mut model = Model::new(Session::new(), false, true);
        let frames = |model: &mut Model| {
            for frame in 0..2_000 {
                model.reduce(Action::Frame(f64::from(frame) * 16.0));
                if !model.travels() {
                    return;
                }
            }
            panic!("it does not end");
        };
        model.reduce(Action::Until(Goal::Takeover));
        frames(&mut model);
        assert_eq!(model.view.now_us, 30 * S + UNTIL_LIMIT_US);
        assert_eq!(&*model.said, "No takeover within 10 minutes of simulated time.");
        let leader = model.leader_host().expect("somebody leads");
        model.reduce(Action::Act(leader, Verb::PowerOff));
        model.reduce(Action::Until(Goal::Takeover));
        frames(&mut model);
        assert_eq!(model.view.history.takeovers.last().map(|t| t.gained_us), Some(model.view.now_us));
        assert!(!model.transport.playing);
    }
}
