//! Keeps the run and the settings in this browser, brings them back, and passes the run to the crash panel.
//! `ui/storage/shelf.rs` decides what may replace what.

use std::rc::Rc;

use super::Kept;
use super::shelf::{self, Found, RUN, Saved, Shelf, Store};
use crate::lab::i18n::Text;
use crate::lab::narration::join;
use crate::lab::view::{Name, Setup};
use crate::sim::SimDuration;
use crate::ui::browser::bridge;
use crate::ui::browser::{self, Kept as Storage};
use crate::ui::learn;
use crate::ui::model::Dispatch;
use crate::ui::model::settings;
use crate::ui::model::share::Step;
use crate::ui::model::{Action, KeptAct, Model, Offer};
use crate::ui::page::{crash, run_sheet};
use crate::ui::storage;
use crate::ui::texts::run;

/// Keeps the run and the settings in this browser, and brings them back.
pub(crate) struct Saver {
    /// Set by `?crash=test` in the address: the next act on the cluster crashes the page, to show the crash panel.
    crash_test: bool,
    /// Set by `?crash=abort`: the same without a panic, as when the memory is used up.
    crash_abort: bool,
    /// Set by `?crash=restore`: the return of a kept run crashes the page.
    crash_restore: bool,
    /// Set unless the page is in a frame: the learner's own runs are not the business of the page around it.
    keeps: bool,
    shelf: Shelf,
    /// Set if the learner has acted since the run was last kept.
    acted: bool,
    /// Frames left until a restored run counts as working. `None` if no run is being restored.
    restoring: Option<u32>,
    changes: u32,
    broke: bool,
    saved_ms: f64,
    settings: String,
    told: bool,
}

/// How often a continuing run is kept, ms.
const SAVE_MS: f64 = 10_000.0;
/// Frames drawn before a run counts as restored.
const FRAMES: u32 = 3;

/// The meaning of an action for the kept runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The learner acts on the run.
    Act,
    /// A moment comes from elsewhere.
    Opened,
    /// The learner replaces this run: by one from a file, or a new one.
    Chosen,
    Frame,
    Other,
}

impl Meaning {
    pub(crate) fn of(action: &Action) -> Self {
        use Action as A;
        match action {
            A::Act(..)
            | A::Do(..)
            | A::Timings(..)
            | A::Reading(_)
            | A::Reset(_)
            | A::Undo
            | A::Redo
            | A::Branch(_) => Self::Act,
            A::Share(Step::Open(link)) if link.place.is_none() => Self::Opened,
            A::Share(Step::WrongLink(_)) => Self::Opened,
            A::Share(Step::File(link)) if link.place.is_none() => Self::Chosen,
            A::Frame(_) => Self::Frame,
            _ => Self::Other,
        }
    }
}

impl Saver {
    /// Restores the last visit's run, unless the address has `?fresh` or a link.
    pub(crate) fn begin(model: &mut Model) -> Self {
        let query = browser::query();
        let has = |part: &str| query.iter().any(|other| other == part);
        if let Some(at) = query.iter().find_map(|part| part.strip_prefix("break=")) {
            let _ = SimDuration::parse(at).map(|at| model.break_each_run(at.0));
        }
        let mut saver = Saver {
            crash_test: has("crash=test"),
            crash_abort: has("crash=abort"),
            crash_restore: has("crash=restore"),
            keeps: !browser::framed(),
            shelf: Shelf::default(),
            acted: false,
            restoring: None,
            changes: 0,
            broke: false,
            saved_ms: 0.0,
            settings: String::new(),
            told: false,
        };
        let mut said = Vec::new();
        if saver.keeps
            && let Some(text) = browser::recall("settings")
            && !settings::set(model, &text)
        {
            shelf::set_aside(&Storage, "settings");
            said.push(run::RUN_SETTINGS_LOST.get().to_owned());
        }
        crash::note(model.kept());
        let link = !learn::route::leaves_the_run(&bridge::address().1);
        for part in ["fresh", "other"] {
            if has(part) {
                browser::drop_from_query(part);
            }
        }
        if !saver.keeps {
            // The learner's own runs are neither shown nor replaced here.
        } else if has("fresh") {
            if !link {
                saver.tell_own(model, run::RUN_FRESH);
            }
        } else if link {
            saver.shelf.opened(&Storage);
        } else {
            saver.come_back(model, if has("other") { shelf::OTHERS[0] } else { RUN });
        }
        said.extend(model.notice.note.take().map(|note| note.to_string()));
        if !said.is_empty() {
            model.notice.note = Some(join::sentences(&said).into());
        }
        saver.changes = model.changes;
        saver.settings = settings::settings(model);
        saver
    }

    /// Brings the kept run back at the start of a visit.
    fn come_back(&mut self, model: &mut Model, name: &'static str) {
        let saves = |at: &str| offer("kept-save", run::RUN_SAVE, KeptAct::Save(at.into()));
        match Shelf::find(&Storage, name) {
            Found::Nothing => {}
            Found::Run(kept) => self.bring(model, name, &kept),
            Found::Held(_) => say(
                model,
                run::RUN_HELD.get(),
                vec![
                    offer("kept-show", run::RUN_TRY_AGAIN, KeptAct::Show(name.into())),
                    saves(name),
                    offer("kept-forget", run::RUN_FORGET, KeptAct::Forget(name.into())),
                ],
            ),
            Found::Damaged(error, aside) => {
                let short: String = error.chars().take(200).collect();
                let at = aside.as_deref().unwrap_or(name);
                if aside.is_none() {
                    self.shelf.opened(&Storage);
                }
                say(model, &run::RUN_BACK_LOST.with(&[("error", &short)]), vec![saves(at)]);
            }
        }
    }

    /// Runs a kept run, and notes that before for the crash panel and the next visit.
    fn bring(&mut self, model: &mut Model, name: &str, kept: &Kept) {
        self.shelf.bring(&Storage, name);
        crash::coming(kept.clone());
        self.restoring = Some(0);
        if self.crash_restore {
            panic!("the address asked for it: ?crash=restore");
        }
        model.bring_back(kept);
        let others = shelf::others(&Storage);
        if name != RUN {
            return self.tell_own(model, run::RUN_OTHER_BACK);
        }
        let anew = Action::Reset(Setup::default());
        let mut offers = vec![Offer { id: "start-anew", text: run::RUN_ANEW, action: anew }];
        let mut said = vec![run::RUN_BACK.get()];
        if let Some((name, _)) = others.first() {
            said.push(run::RUN_OTHER_KEPT.get());
            offers.push(offer("kept-other", run::RUN_OTHER_SHOW, KeptAct::Show((*name).into())));
        }
        say(model, &join::sentences(&said), offers);
    }

    /// Shows a notice that the learner's own run is kept, if it is not the one on the page.
    fn tell_own(&self, model: &mut Model, text: Text) {
        if self.shelf.has_own(&Storage) {
            say(model, text.get(), vec![offer("kept-show", run::RUN_OWN_SHOW, KeptAct::Show(RUN.into()))]);
        }
    }

    /// Called before an action. Returns its meaning.
    pub(crate) fn before(&mut self, model: &mut Model, action: &Action) -> Meaning {
        let mut meaning = Meaning::of(action);
        // Another cluster replaces a run with acts.
        if matches!(action, Action::Reset(_)) && !model.learn.on_stage && !model.kept().run.script.is_empty() {
            meaning = Meaning::Chosen;
        }
        crash::attempt(action);
        if self.keeps && meaning != Meaning::Frame && matches!(action, Action::Open(Some(_))) {
            model.notice.others = Rc::new(self.list());
        }
        if matches!(meaning, Meaning::Opened | Meaning::Chosen) {
            // The run on the page is about to be replaced.
            self.save(model);
        }
        if let Action::Share(Step::Open(link) | Step::File(link)) = action {
            let now_us = link.now.map_or(link.scenario.until.0.0, |now| now.0);
            crash::coming(Kept { run: link.scenario.clone(), now_us });
        }
        meaning
    }

    /// Returns the kept runs other than the one on the page.
    fn list(&self) -> Vec<(Name, Kept)> {
        let own = Storage.get(RUN).filter(|_| self.shelf.has_own(&Storage)).and_then(|text| storage::read(&text).ok());
        let here = self.shelf.place().map(|(name, _)| name);
        let others = shelf::others(&Storage).into_iter().filter(|(name, _)| here != Some(*name));
        own.map(|own| (RUN, own)).into_iter().chain(others).map(|(name, kept)| (name.into(), kept)).collect()
    }

    /// Called after each action.
    pub(crate) fn follow(&mut self, model: &mut Model, meaning: Meaning) {
        crash::moment(model.view.now_us);
        self.look_whether_it_came(model, meaning);
        // A run that broke the simulation is worth keeping as far as it went.
        let broke = model.fault.is_some() != self.broke;
        self.broke = model.fault.is_some();
        let changed = model.changes != self.changes || broke;
        if changed || meaning == Meaning::Opened {
            self.changes = model.changes;
            match meaning {
                Meaning::Opened if self.keeps => {
                    (self.restoring, self.acted) = (None, false);
                    self.shelf.opened(&Storage);
                    self.tell_own(model, run::RUN_OWN_KEPT);
                }
                Meaning::Chosen => {
                    self.restoring = None;
                    self.shelf.chosen();
                    self.acted = true;
                }
                // Acts in a lesson are not acts on the kept run.
                Meaning::Act => self.acted |= !model.learn.on_stage,
                _ => {}
            }
            crash::note(model.on_stage());
            self.place_of_crash(model);
            if self.crash_test && meaning == Meaning::Act {
                panic!("the address asked for it: ?crash=test");
            }
            if self.crash_abort && meaning == Meaning::Act {
                std::process::abort();
            }
        } else if model.wall_ms < self.saved_ms + SAVE_MS {
            return;
        }
        // A journey to the last visit's moment has not arrived yet.
        if !model.travels() && !self.save(model) && !self.told {
            self.told = true;
            say(model, run::RUN_NOT_KEPT.get(), vec![]);
        }
    }

    fn look_whether_it_came(&mut self, model: &Model, meaning: Meaning) {
        let Some(frames) = &mut self.restoring else { return };
        // A page that asks whether to continue works.
        let comes = (model.travels() || model.is_starting()) && model.fault.is_none() && model.work.burden.is_none();
        *frames = if comes { 0 } else { *frames + u32::from(meaning == Meaning::Frame) };
        if *frames >= FRAMES {
            self.restoring = None;
            Shelf::arrived(&Storage);
            self.place_of_crash(model);
        }
    }

    /// Passes the run's place to the crash panel: none in a lesson, or while the run is not kept.
    fn place_of_crash(&self, model: &Model) {
        let kept = self.keeps && !model.learn.on_stage && self.restoring.is_none();
        crash::place(self.shelf.place().filter(|_| kept));
    }

    /// Keeps the run, as the page may be closed at any moment.
    pub(crate) fn leave(&mut self, model: &Model) {
        self.save(model);
        // The page worked until now, so the run may be restored again.
        if self.restoring.take().is_some() {
            Shelf::arrived(&Storage);
        }
    }

    /// Keeps the run. Returns false if there is no room for it.
    fn save(&mut self, model: &Model) -> bool {
        self.saved_ms = model.wall_ms;
        if !self.keeps {
            return true;
        }
        let settings = settings::settings(model);
        if settings != self.settings {
            browser::remember("settings", &settings);
            self.settings = settings;
        }
        if model.travels() || self.restoring.is_some() && !self.acted {
            return true;
        }
        let Some(text) = storage::write(&model.kept()) else { return false };
        let saved = self.shelf.save(&Storage, &text, self.acted);
        if saved == Saved::Yes {
            self.acted = false;
        }
        self.place_of_crash(model);
        saved != Saved::NoRoom
    }

    /// Performs an act on a kept run.
    pub(crate) fn perform(&mut self, model: &mut Model, act: &KeptAct, dispatch: &Dispatch) {
        match act {
            KeptAct::Show(name) => {
                self.save(model);
                let (Found::Run(kept) | Found::Held(kept)) = Shelf::find(&Storage, name) else {
                    return say(model, run::RUN_GONE.get(), vec![]);
                };
                browser::drop_fragment();
                model.share.notice = None;
                self.acted = false;
                self.bring(model, name, &kept);
                model.said = model.notice.note.clone().unwrap_or_default();
                self.changes = model.changes;
            }
            KeptAct::Save(name) => {
                let Some(text) = Storage.get(name) else { return say(model, run::RUN_GONE.get(), vec![]) };
                let file = match storage::read(&text) {
                    Ok(kept) => (run_sheet::FILE, kept.run.to_json()),
                    Err(_) => (run_sheet::RAW, text),
                };
                bridge::save(file.0, &file.1, "application/json");
                dispatch.emit(Action::Say(run::RUN_SAVED.with(&[("name", &file.0)]).into()));
            }
            KeptAct::Forget(name) => {
                shelf::forget(&Storage, name);
                browser::forget_earlier(name);
                model.notice.others = Rc::new(self.list());
                if model.page.sheet.is_none() {
                    say(model, run::RUN_FORGOTTEN.get(), vec![]);
                }
                model.said = run::RUN_FORGOTTEN.get().into();
            }
        }
    }
}

fn offer(id: &'static str, text: Text, act: KeptAct) -> Offer {
    Offer { id, text, action: Action::Kept(act) }
}

fn say(model: &mut Model, text: &str, offers: Vec<Offer>) {
    (model.notice.note, model.notice.offers) = (Some(text.into()), Rc::new(offers));
}
