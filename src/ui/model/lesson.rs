//! The running lesson: its session on the stage, the learner's acts, and the progress of the beat.

use std::rc::Rc;

use super::burden::patience;
use super::{Effect, FRAME_MAX_MS, Journey, Model, SPEEDS, pace};
use crate::lab::lesson::{ClusterBackend, Lesson, Part, Run, Screen, Timed};
use crate::lab::link::Place as LinkPlace;
use crate::lab::session::Session;
use crate::lab::view::Name;
use crate::ui::embed::protocol::Event;
use crate::ui::learn::state::{Place, Running, Seen, Step, Wanted, place_of};

/// Simulated time between two looks of the lesson, µs.
const SLICE_US: u64 = 100_000;
/// The initial speed of "skip ahead", and the real time after which it doubles, ms.
const HURRY: f64 = 10.0;
const HURRY_DOUBLES_MS: f64 = 1_000.0;

impl Model {
    pub(super) fn learn(&mut self, step: Step) {
        match step {
            Step::Go(place) => self.go(place),
            Step::Learn => self.go(if self.learn.running.is_some() { Place::Lesson } else { Place::List }),
            Step::List(language, list) => self.listed(&language, list),
            Step::Kept(kept) => self.recalled(kept),
            Step::Open { id, beat, moment } => self.open_lesson(id, beat, moment),
            Step::OpenPath(path) => self.open_path(&path),
            Step::Text(source, text) => self.read_lesson(&source, text),
            Step::Mark(choice) => self.with_running(|running| running.marked = Some(choice)),
            Step::Next => self.next_beat(),
            Step::Previous => self.move_in_lesson(|run, stage| {
                run.previous(stage);
            }),
            Step::Beat(beat) => self.move_in_lesson(|run, stage| run.jump(beat, stage)),
            Step::Again => self.move_in_lesson(|run, stage| run.again(stage)),
            Step::Restart => self.move_in_lesson(|run, stage| run.restart(stage)),
            Step::Freely => self.move_in_lesson(|run, stage| run.leave(stage)),
            Step::Back => self.back_to_beat(),
            Step::Cancel => self.cancel_lesson(),
            Step::Hurry | Step::ShowMe | Step::DoIt | Step::Commit if self.is_preparing() || self.is_starting() => {}
            Step::Commit => self.commit(),
            Step::Hurry => {
                self.stop();
                self.with_running(|running| running.hurry_ms = Some(0.0));
            }
            Step::ShowMe => self.show_me(),
            Step::DoIt => self.do_it(),
            Step::Sheet(open) => {
                self.learn.sheet = open;
                if open {
                    self.select(None);
                }
            }
            Step::Name(name) => self.learn.name = name.to_string(),
            Step::Forget => self.forget(),
            Step::PutAway => self.put_trouble_away(),
            Step::SaveAside => self.save_aside(),
        }
    }

    /// Returns whether the page shows no cluster.
    pub(crate) fn is_away(&self) -> bool {
        matches!(self.learn.place, Place::List | Place::Results)
    }

    /// Returns whether a lesson has the stage.
    pub(crate) fn in_lesson(&self) -> bool {
        self.learn.place == Place::Lesson && self.learn.running.is_some()
    }

    fn with_running(&mut self, change: impl FnOnce(&mut Running)) {
        if let Some(running) = &mut self.learn.running {
            change(running);
        }
    }

    // ---- the lesson that runs ----

    pub(super) fn begin_lesson(&mut self, lesson: Rc<Lesson>, listed: bool) {
        let Wanted { beat, moment } = std::mem::take(&mut self.learn.wanted);
        let kept = self.learn.item(&lesson.id).filter(|_| listed).and_then(|item| item.kept.clone());
        let mut progress = kept.map(|kept| (*kept).clone()).unwrap_or_default();
        progress.lesson = lesson.id.clone();
        match beat {
            Some(beat) => progress.beat = beat as usize,
            None if progress.done() >= lesson.beats.len() => progress.beat = 0,
            None => {}
        }
        self.take_stage(true);
        let strange = moment.is_some();
        let run = match &moment {
            Some(link) => {
                self.session = Session::open(&link.scenario);
                Run::beside(lesson, &progress)
            }
            None => {
                let mut slice = self.slice();
                Run::resume(lesson, &progress, &mut Timed { session: &mut self.session, go_on: &mut slice })
            }
        };
        let screen = Rc::new(run.screen(self.session.cluster()));
        self.learn.running = Some(Running {
            screen,
            run,
            listed,
            marked: None,
            over: false,
            progress: Rc::default(),
            strange,
            shown: 0,
            hurry_ms: None,
            refused: false,
            seen: Seen::default(),
        });
        self.clear_trouble();
        self.learn.place = Place::Lesson;
        self.learn.sheet = true;
        self.begin_anew();
        self.begin_unasked();
        self.beat_begun();
        if let Some(link) = moment {
            self.go_to_moment(&link);
        }
    }

    /// Goes to another place in the lesson.
    fn move_in_lesson(&mut self, go: impl FnOnce(&mut Run, &mut dyn ClusterBackend)) {
        self.begin_unasked();
        let mut slice = self.slice();
        let Some(running) = &mut self.learn.running else { return };
        go(&mut running.run, &mut Timed { session: &mut self.session, go_on: &mut slice });
        (running.over, running.strange) = (false, false);
        self.beat_begun();
    }

    /// Returns whether the lesson is bringing its cluster to the start of a beat.
    pub(crate) fn is_preparing(&self) -> bool {
        self.in_lesson() && self.learn.running.as_ref().is_some_and(|running| running.run.is_preparing())
    }

    /// Does a frame's part of that. Returns whether the page must be redrawn.
    pub(super) fn prepare_on(&mut self) -> bool {
        // Drawing has a frame of its own, as in `start_on`.
        if self.view.now_us != self.session.now_us() && self.draws_progress() {
            self.show_anew();
            return true;
        }
        let mut slice = self.slice();
        let Some(running) = &mut self.learn.running else { return false };
        let done = running.run.prepare_on(&mut Timed { session: &mut self.session, go_on: &mut slice });
        if self.weigh() {
            return true;
        }
        if done {
            self.beat_begun();
        }
        done
    }

    /// Stops the preparation, because another cluster replaces the lesson's.
    pub(super) fn give_up_preparing(&mut self) {
        if self.is_preparing() {
            self.with_running(|running| running.run.give_up());
        }
    }

    /// Leaves the lesson, and stops its preparation.
    pub(super) fn cancel_lesson(&mut self) {
        if self.learn.running.take().is_some() {
            self.take_stage(false);
            self.learn.aside = None;
        }
        self.go(Place::List);
    }

    fn back_to_beat(&mut self) {
        // The lesson's moments are those of its earlier run.
        let strange = self.learn.running.as_ref().is_some_and(|running| running.strange);
        self.move_in_lesson(|run, stage| if strange { run.jump(run.current_beat(), stage) } else { run.back(stage) });
    }

    fn next_beat(&mut self) {
        self.begin_unasked();
        let mut slice = self.slice();
        let Some(running) = self.learn.running.as_mut().filter(|running| !running.over) else { return };
        if running.run.next(&mut Timed { session: &mut self.session, go_on: &mut slice }) {
            return self.beat_begun();
        }
        if running.run.is_preparing() {
            return; // the last beat has not started
        }
        running.over = true;
        let (right, questions) = running.progress.score();
        let lesson = running.run.lesson().id.clone();
        self.stop();
        self.ask(Effect::Tell(Event::Result { lesson, right: right as u32, questions: questions as u32 }));
        self.ask(Effect::Focus { css: "#lesson-title", lost: false });
    }

    /// Updates the page once the stage is at the start of a beat.
    pub(super) fn beat_begun(&mut self) {
        self.with_running(|running| {
            (running.marked, running.shown, running.hurry_ms, running.refused) = (None, 0, None, false);
        });
        self.selection.why = None;
        self.changes += 1;
        self.jumped(None);
        self.select(self.selection.selected.clone());
        self.told();
        self.write_address();
        self.go_on();
        self.weigh();
        self.ask(Effect::Focus { css: "#lesson-title", lost: false });
    }

    /// Starts time if the lesson waits for it.
    fn go_on(&mut self) {
        self.transport.journey = None;
        let waits = |running: &Running| !running.run.is_preparing() && !running.run.stands(self.session.cluster());
        self.transport.playing = self.learn.running.as_ref().is_some_and(waits);
    }

    fn commit(&mut self) {
        let Some(running) = &mut self.learn.running else { return };
        let Some(choice) = running.marked.take() else { return };
        if running.run.answer(choice, self.session.cluster()) {
            running.shown = 0;
            self.told();
            self.go_on();
            self.ask(Effect::Focus { css: "#lesson-now", lost: true });
        }
    }

    fn show_me(&mut self) {
        let Some(running) = &mut self.learn.running else { return };
        let Some(Part::Do { at, .. }) = running.screen.parts.last() else { return };
        let Some(pointer) = at.get(running.shown % at.len().max(1)) else {
            running.shown += 1;
            return;
        };
        running.shown += 1;
        let (target, css) = place_of(pointer);
        self.learn.sheet = false;
        self.select(target.map(Into::into));
        self.ask(Effect::Point(css));
    }

    fn do_it(&mut self) {
        let Some(running) = &mut self.learn.running else { return };
        self.session.start_stretch();
        running.refused = !running.run.perform(&mut self.session);
        self.did();
        self.refresh();
        self.read_detail();
        self.told();
        self.go_on();
        self.ask(Effect::Focus { css: "#lesson-now", lost: true });
    }

    // ---- time ----

    /// Runs `us` of simulated time, with regular looks of the lesson. Returns how much was run, µs, and whether the lesson has
    /// something new to show.
    pub(super) fn pass(&mut self, us: u64) -> (u64, bool) {
        let mut in_time = patience(self.clock, pace::BUDGET_MS);
        let learns = self.in_lesson();
        let Some(running) = self.learn.running.as_mut().filter(|_| learns) else {
            return (self.session.advance_while(us, &mut in_time), false);
        };
        self.session.start_stretch();
        let (from, until) = (self.session.now_us(), self.session.now_us().saturating_add(us));
        let mut news = false;
        while self.session.now_us() < until && !news && in_time() {
            let before = self.session.now_us();
            self.session.run_on_until(until.min(before + SLICE_US), &mut in_time);
            if self.session.now_us() == before {
                break; // an invariant is broken
            }
            news = running.run.look(self.session.cluster());
        }
        let ran = self.session.now_us() - from;
        if news {
            self.told();
            if self.learn.running.as_ref().is_some_and(|running| running.run.stands(self.session.cluster())) {
                self.stop();
            }
        }
        (ran, news)
    }

    /// Runs a frame of "skip ahead". Returns false if it is off.
    pub(super) fn hurry(&mut self, elapsed_ms: f64) -> bool {
        let speed = SPEEDS[self.transport.speed].0;
        let learns = self.in_lesson();
        let Some(running) = self.learn.running.as_mut().filter(|_| learns) else { return false };
        let Some(ms) = running.hurry_ms else { return false };
        running.hurry_ms = Some(ms + elapsed_ms);
        let rate = (HURRY * (ms / HURRY_DOUBLES_MS).exp2()).min(SPEEDS[SPEEDS.len() - 1].0).max(speed);
        let (_, news) = self.pass((elapsed_ms.min(FRAME_MAX_MS) * 1000.0 * rate) as u64);
        self.refresh();
        let Some(running) = &mut self.learn.running else { return true };
        let ended = news || running.run.is_astray(self.session.cluster());
        if ended {
            running.hurry_ms = None;
            self.told();
            self.go_on();
            self.ask(Effect::Focus { css: "#lesson-now", lost: true });
        }
        true
    }

    /// Lets the lesson look at the cluster, after any change. Returns whether it has something new to show.
    pub(super) fn follow(&mut self) -> bool {
        // The lesson does not look on the way to another moment: an undo may start earlier than its goal.
        let on_the_way = self.is_starting() || matches!(self.transport.journey, Some(Journey::To(_)));
        if !self.in_lesson() || self.is_preparing() || on_the_way {
            return false;
        }
        let seen = self.moment_seen();
        let Some(running) = &mut self.learn.running else { return false };
        if running.seen == seen || running.hurry_ms.is_some() {
            return false;
        }
        let cluster = self.session.cluster();
        let before = std::mem::replace(&mut running.seen, seen);
        let news = if seen.now_us < before.now_us || seen.branch != before.branch {
            running.run.on_rewind(cluster);
            true
        } else {
            running.run.look(cluster)
        };
        let (astray, free) = (running.run.is_astray(cluster), running.run.is_free(cluster));
        if !news && running.screen.astray == astray && running.screen.free == free {
            return false;
        }
        self.told();
        if self.learn.running.as_ref().is_some_and(|running| running.screen.complete) && seen.now_us > before.now_us {
            self.stop();
        }
        true
    }

    fn moment_seen(&self) -> Seen {
        Seen { now_us: self.session.now_us(), branch: self.view.branch, changes: self.changes }
    }

    /// Updates the screen from the run, and keeps the progress.
    pub(super) fn told(&mut self) {
        let seen = self.moment_seen();
        let shown = self.learn.place == Place::Lesson;
        let Some(running) = &mut self.learn.running else { return };
        let screen = running.run.screen(self.session.cluster());
        let judged = |screen: &Screen| {
            screen.parts.iter().filter(|part| matches!(part, Part::Predict { judged: true, .. })).count()
        };
        let told = screen.parts.len() != running.screen.parts.len();
        let reveal =
            if judged(&screen) > judged(&running.screen) { ".beat-part.predict .verdict" } else { "#lesson-now" };
        let same = screen.beat == running.screen.beat;
        if told || !same {
            (running.marked, running.refused, running.shown) = (None, false, 0);
        }
        running.screen = Rc::new(screen);
        running.seen = seen;
        let id: Name = running.screen.lesson.as_str().into();
        let place = LinkPlace { lesson: id.to_string(), beat: running.run.current_beat() as u32 };
        self.place = Some(place).filter(|_| running.listed && shown);
        if told && same {
            self.ask(Effect::Reveal(reveal));
        }
        let Some(running) = &mut self.learn.running else { return };
        let progress = running.run.progress();
        if running.run.is_preparing() || *running.progress == progress {
            return;
        }
        running.progress = Rc::new(progress);
        let (beat, beats) = (running.run.current_beat() as u32 + 1, running.screen.beats as u32);
        let (kept, listed) = (running.progress.clone(), running.listed);
        self.ask(Effect::Tell(Event::Progress { lesson: id.to_string(), beat, beats }));
        if listed {
            self.ask(Effect::KeepProgress(id.clone(), kept.to_json()));
            if let Some(item) = Rc::make_mut(&mut self.learn.list).iter_mut().find(|item| item.entry.id == *id) {
                item.kept = Some(kept);
            }
        }
    }

    pub(super) fn write_address(&mut self) {
        let Some(running) = &self.learn.running else { return };
        let (id, beat) = (&running.screen.lesson, running.run.current_beat());
        let address = if running.listed { format!("#lesson/{id}/{beat}") } else { "#learn".to_owned() };
        self.ask(Effect::Address(address));
    }
}
