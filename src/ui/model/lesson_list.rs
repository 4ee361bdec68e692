//! The place in the page, the session on the stage, and the available lessons: the list, and files from elsewhere.

use std::rc::Rc;

use serde_json::Value;

use super::{Effect, Hint, Model, Setup};
use crate::lab::lesson::{self, Progress};
use crate::lab::link::Link;
use crate::lab::narration::join;
use crate::lab::session::Session;
use crate::lab::view::Name;
use crate::ui::learn::route;
use crate::ui::learn::state::{Aside, Item, Place, Source, Step, Wanted, path_of};
use crate::ui::texts::learn as say;

impl Model {
    // ---- places ----

    pub(super) fn go(&mut self, place: Place) {
        self.clear_trouble();
        self.learn.forgetting = false;
        match place {
            Place::Sandbox => self.take_stage(false),
            Place::Lesson if self.learn.running.is_none() => return self.go(Place::List),
            Place::Lesson => {
                self.take_stage(true);
                self.learn.place = Place::Lesson;
                self.told();
                self.write_address();
            }
            Place::List | Place::Results => self.need_list(),
        }
        self.page.sheet = None;
        self.learn.place = place;
        if place == Place::Results {
            self.read_begun();
        }
        if matches!(place, Place::List | Place::Results) {
            self.ask(Effect::Focus { css: "#page-title", lost: true });
        }
    }

    fn need_list(&mut self) {
        if self.learn.list.is_empty() && !self.learn.loading {
            self.learn.loading = true;
            self.ask(Effect::LoadList);
        }
    }

    /// Swaps the sessions on the stage and aside, unless the wanted one has the stage.
    pub(super) fn take_stage(&mut self, lesson: bool) {
        if self.learn.on_stage == lesson {
            return;
        }
        self.learn.on_stage = lesson;
        let other = self.learn.aside.take().unwrap_or_else(|| Aside {
            session: Session::build(Setup::default()),
            playing: true,
            speed: 1,
            selected: None,
            hint: Hint::Off,
        });
        self.learn.aside = Some(Aside {
            session: std::mem::replace(&mut self.session, other.session),
            playing: self.transport.playing,
            speed: self.transport.speed,
            selected: self.selection.selected.take(),
            hint: std::mem::replace(&mut self.hint, Hint::Off),
        });
        if !lesson {
            // A lesson loads its own cluster at once.
            self.session.start_on(&mut self.slice());
        }
        self.begin_anew();
        self.work.dropped = self.session.dropped();
        (self.transport.playing, self.transport.speed, self.hint) = (other.playing, other.speed, other.hint);
        self.select(other.selected);
    }

    /// Gives the stage to the sandbox.
    pub(super) fn enter_sandbox(&mut self) {
        self.take_stage(false);
        self.learn.place = Place::Sandbox;
    }

    /// Returns the sandbox's session, on the stage or aside.
    pub(super) fn sandbox(&self) -> &Session {
        let aside = self.learn.aside.as_ref().filter(|_| self.learn.on_stage);
        aside.map_or(&self.session, |aside| &aside.session)
    }

    // ---- files ----

    pub(super) fn listed(&mut self, language: &str, list: Result<Name, Name>) {
        self.learn.language = language.to_owned();
        self.learn.loading = false;
        let read = list.and_then(|text| lesson::read_index(&text).map_err(|error| error.into()));
        match read {
            Ok(entries) => {
                let ids = entries.iter().map(|entry| entry.id.as_str().into()).collect();
                let items = entries.into_iter().map(|entry| Item { entry, kept: None }).collect();
                self.learn.list = Rc::new(items);
                self.ask(Effect::RecallProgress(ids));
            }
            Err(reason) => self.learn.trouble = Some(say::LEARN_NO_LIST.with(&[("reason", &reason)]).into()),
        }
    }

    pub(super) fn recalled(&mut self, kept: Vec<(Name, Name)>) {
        for (id, text) in kept {
            let list = Rc::make_mut(&mut self.learn.list);
            let Some(item) = list.iter_mut().find(|item| item.entry.id == *id) else { continue };
            match Progress::from_json(&text).filter(|kept| kept.lesson == *id) {
                Some(kept) => item.kept = Some(Rc::new(kept)),
                None => {
                    let trouble = say::LEARN_DAMAGED.with(&[("lesson", &item.entry.title)]);
                    let before = self.learn.trouble.take().filter(|_| !self.learn.aside_texts.is_empty());
                    let all: Vec<&str> = before.as_deref().into_iter().chain([trouble.as_str()]).collect();
                    self.learn.trouble = Some(join::sentences(&all).into());
                    self.learn.aside_texts.push((id.clone(), text));
                    self.ask(Effect::SetAside(id));
                }
            }
        }
        if let Some(step) = self.learn.asked.take() {
            self.learn(step);
        }
        if self.learn.place == Place::Results {
            self.read_begun();
        }
    }

    /// Clears the error before another action. A notice that progress was set aside stays until it is closed.
    pub(super) fn clear_trouble(&mut self) {
        if self.learn.aside_texts.is_empty() {
            self.learn.trouble = None;
        }
    }

    pub(super) fn put_trouble_away(&mut self) {
        self.learn.trouble = None;
        self.learn.aside_texts.clear();
    }

    /// Saves the unreadable progress as a file, by lesson, exactly as it was kept.
    pub(super) fn save_aside(&mut self) {
        let texts = self.learn.aside_texts.iter().map(|(id, text)| (id.to_string(), Value::from(&**text)));
        let file = Value::Object(texts.collect()).to_string();
        self.ask(Effect::Save { name: "ha-lab-progress.json".into(), text: file });
    }

    pub(super) fn open_lesson(&mut self, id: Name, beat: Option<u32>, moment: Option<Box<Link>>) {
        if let Some(running) = &self.learn.running
            && running.listed
            && running.run.lesson().id == *id
            && moment.is_none()
        {
            self.go(Place::Lesson);
            match beat {
                Some(beat) if beat as usize != self.learn.running.as_ref().map_or(0, |r| r.run.current_beat()) => {
                    return self.learn(Step::Beat(beat as usize));
                }
                None if self.learn.running.as_ref().is_some_and(|running| running.over) => {
                    return self.learn(Step::Beat(0));
                }
                _ => return,
            }
        }
        if self.learn.list.is_empty() {
            self.learn.asked = Some(Step::Open { id, beat, moment });
            return self.need_list();
        }
        let Some(item) = self.learn.item(&id) else {
            let all: Vec<&str> = self.learn.list.iter().map(|item| item.entry.id.as_str()).collect();
            let trouble = say::LEARN_UNKNOWN.with(&[("id", &id), ("allowed", &all.join(", "))]);
            return self.fail(trouble);
        };
        let path = path_of(&self.learn.language, &item.entry.file);
        self.learn.wanted = Wanted { beat, moment };
        match self.learn.lessons.iter().find(|lesson| lesson.id == *id).cloned() {
            Some(lesson) => self.begin_lesson(lesson, true),
            None => {
                self.learn.loading = true;
                self.ask(Effect::Load(Source::Listed(id), path));
            }
        }
    }

    pub(super) fn open_path(&mut self, path: &Name) {
        let path = path.trim();
        self.learn.trouble = None;
        self.need_list();
        if route::is_here(path) {
            self.learn.wanted = Wanted::default();
            self.learn.loading = true;
            self.ask(Effect::Load(Source::Own(path.into()), path.to_owned()));
        } else {
            self.fail(say::LEARN_WRONG_PATH.with(&[("found", &format!("{path:?}"))]));
        }
    }

    /// Shows the list with an error.
    fn fail(&mut self, trouble: String) {
        self.go(Place::List);
        self.said = trouble.as_str().into();
        self.learn.trouble = Some(self.said.clone());
    }

    /// Reads the lessons that were started, for their results.
    fn read_begun(&mut self) {
        let known = |id: &str| self.learn.lessons.iter().any(|lesson| lesson.id == id);
        let begun = self.learn.list.iter().filter(|item| item.kept.is_some() && !known(&item.entry.id));
        let loads: Vec<Effect> = begun
            .map(|item| {
                Effect::Load(
                    Source::Begun(item.entry.id.as_str().into()),
                    path_of(&self.learn.language, &item.entry.file),
                )
            })
            .collect();
        self.effects.extend(loads);
    }

    pub(super) fn read_lesson(&mut self, source: &Source, text: Result<Name, Name>) {
        self.learn.loading = false;
        let text = match text {
            Ok(text) => text,
            Err(reason) => {
                let trouble = say::LEARN_NO_LESSON.with(&[("reason", &reason)]);
                // The other results can still be shown.
                if matches!(source, Source::Begun(_)) {
                    self.learn.trouble = Some(trouble.into());
                    return;
                }
                return self.fail(trouble);
            }
        };
        let name: Name = match source {
            Source::Own(name) => name.clone(),
            Source::Listed(id) | Source::Begun(id) => id.clone(),
        };
        let lesson = match lesson::read(&text) {
            Ok(lesson) => Rc::new(lesson),
            Err(error) => {
                let values: [(&str, &dyn std::fmt::Display); 3] =
                    [("name", &name), ("line", &error.line), ("reason", &error.what)];
                return self.fail(say::LEARN_WRONG_FILE.with(&values));
            }
        };
        if !matches!(source, Source::Own(_)) {
            Rc::make_mut(&mut self.learn.lessons).push(lesson.clone());
        }
        match source {
            Source::Begun(_) => {}
            Source::Listed(_) => self.begin_lesson(lesson, true),
            Source::Own(_) => self.begin_lesson(lesson, false),
        }
    }

    pub(super) fn forget(&mut self) {
        if !std::mem::replace(&mut self.learn.forgetting, true) {
            return;
        }
        self.learn.forgetting = false;
        for item in Rc::make_mut(&mut self.learn.list) {
            if item.kept.take().is_some() {
                self.effects.push(Effect::ForgetProgress(item.entry.id.as_str().into()));
            }
        }
        // A running lesson would be kept again with its next answer.
        if self.learn.running.take().is_some() {
            self.take_stage(false);
            self.learn.aside = None;
        }
        self.said = say::LEARN_FORGOTTEN.get().into();
        self.ask(Effect::Focus { css: "#page-title", lost: true });
    }
}
