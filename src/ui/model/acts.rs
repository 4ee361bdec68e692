//! The learner's acts on the cluster, and its replacement by another one.

use std::rc::Rc;

use super::{CONTROLLER_MANAGER, FormAct, Hint, Model, Name, Refusal, Setup, Timing, Verb, texts};
use crate::ui::verbs;

impl Model {
    pub(super) fn act(&mut self, target: &Name, act: Verb) {
        let hits_leader = self.leader(CONTROLLER_MANAGER).is_some_and(|leader| {
            *leader == **target || leader.split('/').next() == Some(target) && act == Verb::PowerOff
        });
        match self.session.act(target, act) {
            Ok(()) => {
                self.said = verbs::label_on(act, target).into();
                self.did();
                let waits = matches!(self.hint, Hint::Select | Hint::SwitchOff);
                if hits_leader && waits && matches!(act, Verb::PowerOff | Verb::Kill | Verb::Stop | Verb::Terminate) {
                    let takeovers = self.takeovers().filter(|t| &*t.component == CONTROLLER_MANAGER).count();
                    self.hint = Hint::Wait { takeovers };
                }
            }
            Err(reason) => self.said = texts::refused(&reason).into(),
        }
        self.refresh();
        self.read_detail();
    }

    pub(super) fn perform(&mut self, form: &'static str, target: &Name, act: FormAct, fields: &[Name]) {
        self.selection.denied = match self.session.perform(act, target, fields) {
            Ok(()) => {
                self.said = match (act, fields) {
                    (FormAct::CutBoth | FormAct::Heal, [peer, ..]) => {
                        texts::topology::said(act == FormAct::CutBoth, target, peer).into()
                    }
                    _ => texts::DONE.into(),
                };
                self.did();
                None
            }
            Err(reason) => {
                self.said = texts::refused(&reason).into();
                Some((form, reason.into()))
            }
        };
        self.refresh();
        self.read_detail();
    }

    pub(super) fn set_timings(&mut self, at: Timing, typed: [Name; 3]) {
        let [lease, renew, retry] = &typed;
        match self.session.set_timings(lease, renew, retry) {
            Ok(()) => {
                self.did();
                self.selection.refusal = None;
            }
            Err(reason) => {
                self.said = texts::refused(&reason).into();
                self.selection.refusal = Some(Refusal { at, typed, reason: reason.into() });
            }
        }
        self.refresh();
        self.read_detail();
    }

    pub(super) fn reset(&mut self, setup: Setup) {
        self.give_up_preparing();
        self.session.reset(setup.clone());
        self.plan_to_break();
        // A small cluster starts at once.
        self.session.start_on(&mut self.slice());
        self.said = texts::started(&setup).into();
        self.begin_anew();
        self.transport.playing = true;
    }

    /// Resets the page's state for another run.
    pub(super) fn begin_anew(&mut self) {
        self.place = None;
        (self.selection.selected, self.selection.why, self.page.sheet, self.notice.note) = (None, None, None, None);
        self.notice.offers = Rc::default();
        self.stage = Rc::default();
        self.changes += 1;
        self.work.dropped = 0;
        self.take_over();
        if self.hint != Hint::Off {
            self.hint = Hint::Select;
        }
        self.plan_to_break();
        self.jumped(None);
    }

    /// Updates the page's state after an act.
    pub(super) fn did(&mut self) {
        self.changes += 1;
        if self.transport.journey.take().is_some() || self.view.now_us < self.view.head_us {
            self.selection.why = None; // it may explain an event of the future that this act replaces
        }
        // What the hint promised may no longer come.
        if matches!(self.hint, Hint::Wait { .. }) {
            self.hint = Hint::Off;
        }
        self.tell_dropped();
    }
}
