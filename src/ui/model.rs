//! The state of the page and the one function that changes it: state, action, reduce. Independent of the browser; the wall
//! clock comes in as an argument.

mod action;
mod acts;
mod burden;
#[cfg(test)]
mod burden_tests;
mod effect;
mod fault;
pub(crate) mod hint;
pub mod keys;
mod lesson;
mod lesson_list;
#[cfg(test)]
mod lesson_tests;
#[cfg(test)]
mod model_tests;
mod moment;
mod notice;
pub mod pace;
mod page;
mod runs;
mod selection;
pub mod settings;
pub mod share;
mod starting;
mod time;
mod transport;

use std::rc::Rc;

use super::dock::state::{self, Deck};
use super::embed::protocol;
use super::learn::state as learn;
use super::texts;
use super::topology::in_flight::Pulses;
use super::topology::state::StageState;
use crate::lab::forms::FormAct;
use crate::lab::link::Place;
use crate::lab::narration::join;
pub use crate::lab::session::Goal;
use crate::lab::session::Session;
use crate::lab::view::{MessageClass, Name, Power, Reading, Setup, TakeoverView, Verb, View};
pub use action::{Action, KeptAct};
#[cfg(target_arch = "wasm32")]
pub(crate) use burden::Burden;
use burden::Work;
pub(crate) use effect::Effect;
pub(crate) use hint::Hint;
#[cfg(target_arch = "wasm32")]
pub(crate) use notice::Offer;
use notice::Standing;
use page::Page;
pub use page::Sheet;
pub(crate) use selection::{Refusal, Selection, Why};
#[cfg(target_arch = "wasm32")]
pub(crate) use starting::Starting;
pub(crate) use time::Journey;
use transport::FRAME_MAX_MS;
pub(crate) use transport::{SPEEDS, Transport};

/// The callback by which components send actions.
#[cfg(target_arch = "wasm32")]
pub(crate) type Dispatch = yew::Callback<Action>;

/// How often the details of the selected component are refreshed, in ms.
const DETAIL_MS: f64 = 200.0;

pub(crate) const CONTROLLER_MANAGER: &str = "kube-controller-manager";

/// One of the three timings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    Lease,
    Renew,
    Retry,
}

/// The state of the page. Each part has a file of its own.
pub(crate) struct Model {
    session: Session,
    pub(crate) view: Rc<View>,
    pub(crate) pulses: Pulses,
    /// What moves simulated time: play, speed, and the way to another moment.
    pub(crate) transport: Transport,
    /// The selected component, and what the inspector shows of it.
    pub(crate) selection: Selection,
    /// What the page shows beside the cluster: sheets, colours, keys.
    pub(crate) page: Page,
    /// The notice that stays on the page until it is closed.
    pub(crate) notice: Standing,
    /// Work that the learner did not ask for.
    pub(crate) work: Work,
    pub(crate) deck: Deck,
    pub(crate) stage: Rc<StageState>,
    pub(crate) hint: Hint,
    /// The next announcement to screen readers.
    pub(crate) said: Name,
    /// Notices about links and files.
    pub(crate) share: share::State,
    /// The place in a lesson. `None` in the sandbox.
    pub(crate) place: Option<Place>,
    pub(crate) learn: learn::State,
    /// The invariant of the simulation that was violated, and how. Time stands still then. `None` while all hold.
    pub(crate) fault: Option<Name>,
    /// Moment at which every run of this page breaks an invariant, µs, to show what the page does then.
    pub(crate) break_at: Option<u64>,
    /// How often the run was changed by something other than time: an act, a jump to another branch, a new run.
    pub(crate) changes: u32,
    effects: Vec<Effect>,
    /// Real time, ms, which bounds the simulation of a frame.
    pub(crate) clock: fn() -> f64,
    /// Real time that the page has been shown, ms.
    pub(crate) wall_ms: f64,
    /// When the page last showed the progress of a start or a journey, ms.
    started_ms: f64,
}

impl Model {
    pub(crate) fn new(session: Session, hint: bool, single_keys: bool) -> Self {
        let view = Rc::new(session.view());
        Self {
            session,
            view,
            pulses: Pulses::default(),
            transport: Transport::default(),
            selection: Selection::default(),
            page: Page { single_keys, ..Page::default() },
            notice: Standing::default(),
            work: Work::default(),
            deck: Deck::default(),
            stage: Rc::default(),
            hint: if hint { Hint::Select } else { Hint::Off },
            said: "".into(),
            share: share::State::default(),
            place: None,
            learn: learn::State::default(),
            fault: None,
            break_at: None,
            changes: 0,
            effects: vec![],
            clock: || 0.0,
            wall_ms: 0.0,
            started_ms: 0.0,
        }
    }

    /// Changes the state. Returns whether the page must be redrawn; [`Model::take_effects`] has what the browser must do.
    pub(crate) fn reduce(&mut self, action: Action) -> bool {
        let playing = self.transport.playing;
        let changed = self.change(action);
        if self.fault.is_some() {
            self.stop();
        }
        // The lesson looks at the result.
        let followed = self.follow();
        if self.transport.playing != playing {
            self.ask(Effect::Tell(protocol::Event::Playing(self.transport.playing)));
        }
        followed || changed
    }

    /// A link was opened: the page that embeds this one may send orders. It asked for the moment, so it needs no notice.
    fn opened(&mut self) {
        if self.page.embedded && matches!(self.share.notice, Some(share::Notice::Done(_))) {
            self.share.notice = None;
        }
        self.tell_ready();
    }

    /// Tells the page that embeds this one that a cluster runs.
    pub(crate) fn tell_ready(&mut self) {
        let (seed, now_us) = (self.view.setup.seed, self.view.now_us);
        self.ask(Effect::Tell(protocol::Event::Ready { seed, now_us }));
    }

    /// Takes the effects of the actions so far.
    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    fn change(&mut self, action: Action) -> bool {
        if self.fault.is_some() && fault::needs_a_sound_one(&action) {
            self.tell_fault();
            return true;
        }
        if self.is_answer(&action) {
            return true;
        }
        if (self.is_starting() || self.is_preparing()) && starting::needs_a_started_one(&action) {
            self.said = texts::run::RUN_STARTING_NOT_YET.get().into();
            return true;
        }
        match action {
            Action::Frame(ms) => return self.frame(ms),
            Action::PlayPause => self.transport.play_or_pause(),
            Action::Step => {
                self.stop();
                let journey = Journey::Step(self.view.now_us + time::STEP_LIMIT_US);
                self.transport.journey = Some(journey);
                self.travel(journey);
            }
            Action::Speed(speed) => self.transport.set_speed(speed),
            Action::Select(target) => self.select(target),
            Action::SelectLeader => {
                if let Some(leader) = self.leader(CONTROLLER_MANAGER) {
                    self.select(Some(leader));
                }
            }
            Action::Act(target, act) => self.act(&target, act),
            Action::Do(form, target, act, fields) => self.perform(form, &target, act, &fields),
            Action::Timings(at, typed) => self.set_timings(at, typed),
            Action::PutBack => self.selection.refusal = None,
            Action::Reading(reading) => {
                match self.session.set_reading(reading) {
                    Ok(()) => self.did(),
                    Err(reason) => self.said = texts::refused(&reason).into(),
                }
                self.refresh();
            }
            Action::Reset(setup) => self.reset(setup),
            Action::Why(event) => {
                self.selection.why = event.map(|event| Why { event, chain: Rc::new(self.session.why(event)) });
            }
            Action::Dock(ask) => return self.deck.reduce(ask),
            Action::Stage(act) => return Rc::make_mut(&mut self.stage).reduce(act),
            Action::DismissHint => {
                self.hint = Hint::Off;
                self.ask(Effect::Remember { key: "hint", value: "done" });
            }
            Action::Open(_)
            | Action::ToggleClass(_)
            | Action::SingleKeys(_)
            | Action::Theme
            | Action::System { .. }
            | Action::FindTerm(_) => self.effects.extend(self.page.reduce(action)),
            Action::Share(step) => {
                let opens = matches!(step, share::Step::Open(_));
                share::reduce(self, step);
                if opens {
                    self.opened();
                }
            }
            // The page around the lab must not continue what the learner is asked about.
            Action::Play(_) if self.work.burden.is_some() => {}
            Action::Play(on) => self.play(on),
            Action::Seek(us) => self.seek(us),
            Action::StepBack => self.step_back(),
            Action::Until(goal) => self.until(goal),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Branch(id) => self.branch(id),
            Action::PutNoteAway => self.notice.put_away(),
            Action::Kept(act) => {
                self.ask(Effect::Kept(act));
                return false;
            }
            Action::Learn(step) => self.learn(step),
            Action::Heavy(go_on) => self.answer_burden(go_on),
            Action::Copy(text, said) => {
                self.ask(Effect::Copy { text, said });
                return false;
            }
            Action::Say(said) => self.said = said,
        }
        true
    }

    fn frame(&mut self, ms: f64) -> bool {
        let (took, elapsed) = self.transport.tick(ms);
        self.wall_ms += elapsed;
        if self.is_away() {
            return false;
        }
        if self.fault.is_some() || self.work.burden.is_some() {
            return self.stand();
        }
        if self.is_preparing() {
            return self.prepare_on();
        }
        if self.is_starting() {
            return self.start_on();
        }
        if self.hurry(elapsed) {
            return true;
        }
        if let Some(us) = self.deck.take_scrub() {
            let (from, to) = state::range(&self.view);
            return self.change(Action::Seek(us.clamp(from, to)));
        }
        if let Some(journey) = self.transport.journey {
            let drawn = self.travel(journey);
            return self.weigh() || drawn;
        }
        if !self.transport.playing {
            return self.stand();
        }
        let us = self.transport.share(elapsed);
        let (ran, _) = self.pass(us);
        self.transport.ran(took, ran);
        self.refresh();
        if self.view.now_us >= self.session.end_us() {
            self.stop();
            self.notice.note = Some(texts::run::RUN_TOO_LONG.get().into());
        }
        true
    }

    /// A frame in which time stands still. Returns whether dots still move.
    fn stand(&mut self) -> bool {
        self.pulses.fade(self.wall_ms)
    }

    /// Updates the view after time has passed.
    fn refresh(&mut self) {
        let old = self.take_view();
        self.pulses.frame(&self.view.messages, self.wall_ms);
        self.announce(old.now_us);
        self.move_hint();
        if self.wall_ms >= self.selection.detail_ms + DETAIL_MS {
            self.read_detail();
        }
    }

    /// Updates the view after a jump.
    fn show_anew(&mut self) {
        self.take_view();
        self.move_hint();
        self.read_detail();
    }

    fn take_view(&mut self) -> Rc<View> {
        let view = Rc::new(self.session.view());
        let old = std::mem::replace(&mut self.view, view);
        self.look_for_a_fault();
        old
    }

    /// Returns the takeovers up to now. The history may have later ones.
    fn takeovers(&self) -> impl DoubleEndedIterator<Item = &TakeoverView> {
        let now = self.view.now_us;
        self.view.history.takeovers.iter().filter(move |takeover| takeover.gained_us <= now)
    }

    fn announce(&mut self, since_us: u64) {
        let news = self.takeovers().rev().take_while(|takeover| takeover.gained_us > since_us);
        let said: Vec<_> = news.map(|t| texts::takeover(&t.component, &t.from, &t.to, t.took_us())).collect();
        if !said.is_empty() {
            let said: Vec<_> = said.into_iter().rev().collect();
            self.said = join::sentences(&said).into();
        }
    }

    fn move_hint(&mut self) {
        let of_manager = |takeover: &&TakeoverView| &*takeover.component == CONTROLLER_MANAGER;
        match self.hint {
            Hint::Wait { takeovers } if self.takeovers().filter(of_manager).count() > takeovers => {
                let last = self.takeovers().rev().find(of_manager);
                if let Some((to, took_us)) = last.map(|last| (last.to.clone(), last.took_us())) {
                    self.hint = Hint::Done { to, took_us };
                    self.ask(Effect::Remember { key: "hint", value: "done" });
                }
            }
            Hint::Select if self.on_leader() => self.hint = Hint::SwitchOff,
            Hint::SwitchOff if !self.on_leader() => self.hint = Hint::Select,
            _ => {}
        }
    }

    fn on_leader(&self) -> bool {
        let leader = self.leader_host();
        leader.is_some()
            && leader.as_deref() == self.selection.selected.as_deref().and_then(|target| target.split('/').next())
    }

    fn read_detail(&mut self) {
        self.selection.detail_ms = self.wall_ms;
        let detail = self.selection.selected.as_deref().map(|target| self.session.detail(target)).unwrap_or_default();
        if *self.selection.detail != detail {
            self.selection.detail = Rc::new(detail);
        }
    }

    fn select(&mut self, target: Option<Name>) {
        self.selection.selected = target.filter(|target| match target.split_once('/') {
            Some(("pod", name)) => self.view.pod(name).is_some(),
            Some(_) => self.view.process(target).is_some(),
            None => self.view.host(target).is_some(),
        });
        self.selection.denied = None;
        self.read_detail();
        self.move_hint();
    }

    /// Returns the process that leads by the lease of `component`.
    fn leader(&self, component: &str) -> Option<Name> {
        let host = self.view.hosts.iter().find(|host| {
            let acts = |process: &&crate::lab::view::ProcessView| process.candidate.as_ref().is_some_and(|c| c.acting);
            host.power == Power::On && host.processes.iter().filter(|p| &*p.name == component).any(|p| acts(&p))
        })?;
        Some(format!("{}/{component}", host.name).into())
    }

    /// Returns the host whose controller manager leads.
    pub(crate) fn leader_host(&self) -> Option<Name> {
        self.leader(CONTROLLER_MANAGER).and_then(|target| target.split('/').next().map(Into::into))
    }

    /// Returns the target of each event in the open chain of causes, from the event to the act. Empty for an event without one.
    pub(crate) fn chain_targets(&self) -> Vec<Name> {
        let chain = self.selection.why.iter().flat_map(|why| why.chain.iter());
        chain.map(|event| event.target.clone()).collect()
    }
}
