//! A violated invariant of the simulation. It is a fault of the lab, and the stage can no longer be trusted: time stands
//! still, and the page says so. The learner can save the run, go back to before it, or replace the cluster.

use super::{Action, Model, texts};
use crate::lab::i18n::Text;
use crate::sim::SimDuration;
use crate::ui::learn::state as learn;
use crate::ui::storage::Kept;

/// How far a saved run extends beyond the fault, so that it reaches the fault again, µs.
const BEYOND_US: u64 = 1_000_000;

/// Returns whether an action lets time run on, or acts on the cluster.
pub(super) fn needs_a_sound_one(action: &Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::PlayPause
            | A::Play(true)
            | A::Step
            | A::Act(..)
            | A::Do(..)
            | A::Timings(..)
            | A::Reading(_)
            | A::Until(_)
            | A::Learn(learn::Step::Hurry | learn::Step::DoIt | learn::Step::Commit)
    )
}

impl Model {
    /// Checks for a violated invariant, after each move in time.
    pub(super) fn look_for_a_fault(&mut self) {
        let broken = self.session.broken();
        if broken.as_deref() == self.fault.as_deref() {
            return;
        }
        self.fault = broken.map(Into::into);
        if self.fault.is_some() {
            self.stop();
            if let Some(running) = &mut self.learn.running {
                running.hurry_ms = None;
            }
            self.tell_fault();
        }
    }

    pub(super) fn tell_fault(&mut self) {
        self.said = self.fault_text(texts::run::RUN_FAULT).into();
    }

    /// Returns the message, with the seed and the invariant.
    pub(crate) fn fault_text(&self, text: Text) -> String {
        let what = self.fault.as_deref().unwrap_or_default();
        text.with(&[("seed", &self.view.setup.seed), ("what", &what)])
    }

    /// Returns the run on the stage, long enough to reach the fault again.
    pub(crate) fn to_fault(&self) -> Kept {
        let mut kept = self.on_stage();
        let until = &mut kept.run.until.0;
        *until = (*until).max(SimDuration(self.session.now_us() + BEYOND_US)).min(SimDuration(self.session.end_us()));
        kept
    }

    /// Makes each run of this page break an invariant at this moment, µs.
    pub(crate) fn break_each_run(&mut self, at_us: u64) {
        self.break_at = Some(at_us);
        self.plan_to_break();
    }

    pub(super) fn plan_to_break(&mut self) {
        if let Some(at_us) = self.break_at {
            self.session.plan_to_break(at_us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use crate::lab::link::Link;
    use crate::lab::scenario::{Cluster, Scenario};
    use crate::ui::model::share::Step;
    use crate::ui::storage::Kept;

    const S: u64 = 1_000_000;

    fn frames(model: &mut Model) {
        for frame in 0..600 {
            model.reduce(Action::Frame(f64::from(frame) * 16.0));
        }
    }

    fn run(text: &str) -> Scenario {
        Scenario::parse(text).expect("good")
    }

    /// Guards that on every way to a broken invariant time stops, the message has the seed, nothing continues, and there is a way
    /// out.
    #[test]
    fn a_broken_invariant_stops_time_and_is_said_on_every_way() {
        type Go = fn(&mut Model);
        fn done(model: &mut Model, action: Action) {
            model.reduce(action);
        }
        let ways: [(&str, u64, Go); 10] = [
            ("playing", 33, |m| done(m, Action::Play(true))),
            ("playing fast", 95, |m| done(m, Action::Speed(3))),
            ("until a takeover", 200, |m| done(m, Action::Until(Goal::Takeover))),
            ("single steps", 31, |m| {
                for _ in 0..400 {
                    m.reduce(Action::Step);
                }
            }),
            ("an act", 30, |m| done(m, Action::Act("master-1".into(), Verb::PowerOff))),
            ("a large cluster's start", 4, |m| {
                m.reduce(Action::Reset(Setup::new(1, Cluster { workers: 160, ..Cluster::default() })));
            }),
            ("a run that is brought back", 50, |m| {
                m.bring_back(&Kept { run: run(r#"{"version":1,"until":"90s","seed":1}"#), now_us: 70 * S });
            }),
            ("a run that is brought back, to before it", 50, |m| {
                m.bring_back(&Kept { run: run(r#"{"version":1,"until":"90s","seed":1}"#), now_us: 40 * S });
            }),
            ("a link", 50, |m| {
                let scenario = run(r#"{"version":1,"until":"90s"}"#);
                m.reduce(Action::Share(Step::Open(Box::new(Link { now: None, scenario, place: None }))));
            }),
            ("a long link", 4_000, |m| {
                let scenario = run(r#"{"version":1,"until":"2h"}"#);
                m.reduce(Action::Share(Step::Open(Box::new(Link { now: None, scenario, place: None }))));
            }),
        ];
        for (way, at, go) in ways {
            let mut model = Model::new(Session::new(), false, true);
            model.break_each_run(at * S);
            go(&mut model);
            frames(&mut model);
            let fault = model.fault.clone().unwrap_or_else(|| panic!("{way}: no fault at {} µs", model.view.now_us));
            assert!(fault.contains("planned") && model.said.contains("Seed 1"), "{way}: {fault}; {}", model.said);
            assert!(!model.transport.playing && !model.travels(), "{way}");
            let stands = model.view.now_us;
            assert!(stands >= (at - 1) * S && stands <= (at + 2) * S, "{way}: {stands}");
            for action in [Action::PlayPause, Action::Play(true), Action::Step, Action::Until(Goal::Error)] {
                model.reduce(action);
                frames(&mut model);
                assert_eq!(
                    (model.view.now_us, model.transport.playing, model.travels()),
                    (stands, false, false),
                    "{way}"
                );
            }
            assert!(model.to_fault().run.until.0.0 >= stands + S, "{way}");
            model.break_at = None;
            model.reduce(Action::Reset(Setup::default()));
            assert_eq!((&model.fault, model.transport.playing), (&None, true), "{way}");
            let started = model.view.now_us;
            frames(&mut model);
            assert!(model.view.now_us > started, "{way}");
        }
    }

    #[test]
    fn one_can_go_back_to_before_a_broken_invariant() {
        let mut model = Model::new(Session::new(), false, true);
        model.reduce(Action::Act("master-2".into(), Verb::PowerOff));
        model.break_each_run(60 * S);
        model.reduce(Action::Speed(3));
        frames(&mut model);
        assert!(model.fault.is_some());
        model.reduce(Action::Seek(40 * S));
        model.arrive();
        assert_eq!((model.view.now_us, &model.fault), (40 * S, &None));
        model.reduce(Action::Undo);
        model.arrive();
        model.reduce(Action::Act("master-3".into(), Verb::PowerOff));
        assert_eq!(model.fault, None);
        assert_eq!(model.view.host("master-3").map(|host| host.power), Some(Power::Off));
    }
}
