//! A lesson in progress beside a running cluster: its place, what it waits for, the answers.
//!
//! A run has no clock: [`Run::look`] reads the cluster and advances as far as the cluster's state allows. An act done too
//! early counts if its effect still holds when the lesson asks for it. Acts that are no part of the lesson are undone
//! before the next beat starts, by going back or by replaying the earlier beats (`prepare`), which takes none of
//! the learner's time.

pub(super) mod autoplay;
pub(super) mod backend;
pub(super) mod evaluate;
mod prepare;
pub(super) mod progress;
pub(super) mod screen;
pub mod value_texts;

use std::collections::VecDeque;
use std::rc::Rc;

use super::model::measure::Value;
use super::model::{Beat, Inline, Lesson, Prose, Step, TargetBase, Task};
use crate::cluster::Cluster;
use crate::cluster::config::Act;
use crate::sim::{SimDuration, SimTime};
use backend::ClusterBackend;
use evaluate::{Baseline, Evaluator};
use prepare::{Then, Work, begins_anew};
use screen::{Answer, BeatResult, Prepared, Shown, show};

/// Simulated time between two looks at the cluster.
const SLICE: SimDuration = SimDuration::from_millis(100);
/// Simulated time after a mark, so that the next act is later than the mark.
const GAP: SimDuration = SimDuration::from_millis(1);
/// The longest pause after which a beat may continue from the one before, in simulated time.
const PAUSE: SimDuration = SimDuration::from_secs(10);

/// A lesson in progress beside a running cluster.
pub struct Run {
    lesson: Rc<Lesson>,
    seed: u64,
    beat: usize,
    /// The beat that is prepared, or was prepared last.
    target: usize,
    /// The work left before the beat can start, in order.
    work: VecDeque<Work>,
    /// The line of the file whose work is being done.
    line: usize,
    beat_state: BeatState,
    kept: Vec<Option<Value>>,
    passed: Vec<Passed>,
    prepared: Prepared,
    /// Start of free play, µs. `None` if the learner follows the lesson.
    left: Option<u64>,
    /// Set while it plays by itself: answers are not the learner's.
    auto: bool,
}

/// The result of a beat so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Passed {
    pub(crate) done: bool,
    pub(crate) answers: Vec<Answer>,
}

/// The progress within a beat.
#[derive(Clone, Default)]
struct BeatState {
    pub(crate) since: Baseline,
    /// The first step that is not complete.
    pub(crate) at: usize,
    pub(crate) parts: Vec<StepState>,
    /// When it reached that step.
    pub(crate) step_from: SimTime,
    /// When the beat was completed, and how many acts it had seen.
    pub(crate) complete: Option<(SimTime, usize)>,
}

impl BeatState {
    pub(crate) fn new(since: Baseline) -> Self {
        BeatState { since, ..BeatState::default() }
    }

    /// Goes back to `now`: steps completed later are open again. The beat's texts stay as they were first shown.
    fn on_rewind(&mut self, now: SimTime, steps: &[Step]) {
        self.since.on_rewind(now);
        // Texts and answers of this very moment stay. Conditions and acts of it may no longer hold.
        let stays = |step: &Step| matches!(step, Step::Text(..) | Step::Predict(_));
        let is_open = |(part, step): (&StepState, &Step)| {
            part.from > now || part.over.is_none_or(|over| over > now || over == now && !stays(step))
        };
        let open = self.parts.iter().zip(steps).position(is_open);
        let Some(at) = open else { return };
        self.at = at;
        self.parts.truncate(at + 1);
        self.complete = None;
        for part in &mut self.parts {
            if part.judged.is_some_and(|judged| judged >= now) && part.judged != Some(part.from) {
                (part.verdict, part.judged, part.why) = (None, None, Vec::new());
            }
        }
        let last = &mut self.parts[at];
        last.over = None;
        self.step_from = last.from.min(now);
    }
}

/// A step that has been reached.
#[derive(Clone)]
struct StepState {
    /// When it was reached, when it was completed, and when it was judged.
    from: SimTime,
    over: Option<SimTime>,
    judged: Option<SimTime>,
    /// Its texts with their numbers. A question's own text is first, then those of its choices.
    pub(crate) texts: Vec<Shown>,
    /// For a question that was judged: why each choice is right or wrong.
    pub(crate) why: Vec<Vec<Shown>>,
    pub(crate) chosen: Vec<usize>,
    /// The simulation's answer to a question; `None` until it was judged.
    pub(crate) verdict: Option<Verdict>,
}

/// The simulation's answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// This choice came true.
    Choice(usize),
    /// No choice came true, so any answer will do.
    NoChoice,
}

impl Verdict {
    /// Returns the choice that came true; `None` if no choice did.
    pub(crate) fn choice(self) -> Option<usize> {
        match self {
            Verdict::Choice(n) => Some(n),
            Verdict::NoChoice => None,
        }
    }
}

/// What the lesson waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Answer,
    Act,
    Time,
    Nothing,
}

impl Run {
    /// Returns a lesson that has not started.
    fn new(lesson: Rc<Lesson>, seed: Option<u64>) -> Run {
        Run {
            seed: seed.unwrap_or(lesson.seed),
            beat: 0,
            target: 0,
            work: VecDeque::new(),
            line: lesson.beats[0].line,
            beat_state: BeatState::default(),
            kept: vec![None; lesson.kept.len()],
            passed: vec![Passed::default(); lesson.beats.len()],
            prepared: Prepared::Fresh,
            left: None,
            auto: false,
            lesson,
        }
    }

    /// Starts a lesson, and loads its cluster with this seed, or the lesson's if `None`. As in all methods that change the
    /// stage, work for which there is no time is left to `Self::prepare_on`.
    pub fn start(lesson: Rc<Lesson>, seed: Option<u64>, stage: &mut dyn ClusterBackend) -> Run {
        let mut run = Run::new(lesson, seed);
        run.plan(0, None);
        run.prepare_on(stage);
        run
    }

    pub(crate) fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// Returns the beat that is shown or prepared, counted from 0.
    pub fn current_beat(&self) -> usize {
        self.target
    }

    /// Returns whether this beat is complete.
    pub fn is_complete(&self) -> bool {
        self.beat_state.complete.is_some()
    }

    /// Runs `us` of simulated time, and looks regularly. Runs less if the stage has no time left.
    pub fn advance(&mut self, us: u64, stage: &mut dyn ClusterBackend) {
        let mut left = us;
        while left > 0 {
            let slice = left.min(SLICE.0);
            stage.advance(slice);
            self.look(stage.cluster());
            left -= slice;
        }
    }

    /// Advances as far as the cluster's state allows. Returns whether there is something new to show. Call it after each
    /// act, and at least every simulated second.
    pub fn look(&mut self, cluster: &Cluster) -> bool {
        !self.is_preparing() && self.look_now(cluster)
    }

    fn look_now(&mut self, cluster: &Cluster) -> bool {
        if self.is_free(cluster) || self.beat_state.complete.is_some() {
            return false;
        }
        self.beat_state.since.watch(cluster);
        let (lesson, before) = (self.lesson.clone(), (self.beat_state.at, self.beat_state.parts.len()));
        let steps = &lesson.beats[self.beat].steps;
        while let Some(step) = steps.get(self.beat_state.at) {
            if self.beat_state.parts.len() <= self.beat_state.at {
                self.reveal(step, cluster);
            }
            let evaluator = self.evaluator(cluster);
            let over = match step {
                Step::Text(..) | Step::Measure(_) => true,
                Step::Wait(goal) => goal.when.iter().all(|c| c.holds(&evaluator)),
                Step::Do(task) => task.done.iter().all(|c| c.holds(&evaluator)),
                Step::Predict(_) => {
                    let part = &self.beat_state.parts[self.beat_state.at];
                    self.auto
                        || match part.verdict {
                            Some(Verdict::Choice(right)) => part.chosen.last() == Some(&right),
                            Some(Verdict::NoChoice) => true,
                            None => !part.chosen.is_empty(),
                        }
                }
            };
            if !over {
                break;
            }
            if let Step::Measure(index) = step {
                self.kept[*index] = evaluator.text_value(&lesson.kept[*index].1);
            }
            self.beat_state.parts[self.beat_state.at].over = Some(cluster.now());
            self.beat_state.at += 1;
            self.beat_state.step_from = cluster.now();
        }
        if self.beat_state.at == steps.len() {
            self.judge(cluster);
            self.beat_state.complete = Some((cluster.now(), self.beat_state.since.acts(cluster, cluster.now())));
            self.passed[self.beat].done = true;
        }
        before != (self.beat_state.at, self.beat_state.parts.len()) || self.is_complete()
    }

    /// Answers the present question. Returns false if there is none.
    pub fn answer(&mut self, choice: usize, cluster: &Cluster) -> bool {
        let lesson = self.lesson.clone();
        let Some(Step::Predict(question)) = lesson.beats[self.beat].steps.get(self.beat_state.at) else { return false };
        let Some(part) = self.beat_state.parts.get_mut(self.beat_state.at).filter(|_| choice < question.choices.len())
        else {
            return false;
        };
        part.chosen.push(choice);
        if let Some(verdict) = part.verdict
            && part.chosen.len() == 1
        {
            self.count(Answer { first: choice, right: verdict.choice() });
        }
        self.look(cluster);
        true
    }

    /// Goes to the next beat, even if this one is not complete. Returns false at the last.
    pub fn next(&mut self, stage: &mut dyn ClusterBackend) -> bool {
        let next = self.target + 1;
        let Some(beat) = self.lesson.beats.get(next) else { return false };
        self.left = None;
        match self.beat_state.complete.filter(|_| !self.is_preparing()) {
            _ if begins_anew(beat) => {
                self.abandon();
                self.plan(next, None);
            }
            None => return self.go(next, stage),
            Some((over, acts)) => {
                let as_told = acts == asked(&self.lesson.beats[self.beat]);
                let now = stage.cluster().now();
                let since = |until| self.beat_state.since.acts(stage.cluster(), until);
                let as_told = as_told && !self.beat_state.since.is_other(stage.cluster());
                let untouched = since(now) == acts && now >= over && now.since(over) <= PAUSE;
                // An act at the very moment when the beat ended cannot be distinguished from the one that ended it.
                let as_told = as_told && since(over) == acts;
                match (as_told, untouched) {
                    (true, true) => self.plan(next, None),
                    (true, false) => self.work.push_back(Work::Rewind(over, Then::Next(next))),
                    (false, _) => return self.go(next, stage),
                }
            }
        }
        self.prepare_on(stage);
        true
    }

    /// Follows the cluster to another moment, or after an undo: the beat is as far as it was then.
    pub(crate) fn on_rewind(&mut self, cluster: &Cluster) {
        if self.left.is_none() && !self.is_preparing() && !self.beat_state.since.is_other(cluster) {
            self.beat_state.on_rewind(cluster.now(), &self.lesson.beats[self.beat].steps);
            self.look(cluster);
        }
    }

    /// Does the present task as the lesson has it. Returns false if there is none, or if a target that it names cannot be
    /// found.
    pub(crate) fn perform(&mut self, stage: &mut dyn ClusterBackend) -> bool {
        let done = !self.is_preparing() && self::autoplay::do_task(self, stage);
        self.look(stage.cluster());
        done
    }

    /// Goes to the beat before. Returns false at the first.
    pub fn previous(&mut self, stage: &mut dyn ClusterBackend) -> bool {
        self.target.checked_sub(1).is_some_and(|before| self.go(before, stage))
    }

    /// Restarts the lesson, and forgets the answers.
    pub fn restart(&mut self, stage: &mut dyn ClusterBackend) {
        *self = Run::start(self.lesson.clone(), Some(self.seed), stage);
    }

    /// Restarts this beat.
    pub fn again(&mut self, stage: &mut dyn ClusterBackend) {
        self.left = None;
        if self.is_preparing() || self.beat_state.since.is_other(stage.cluster()) {
            self.go(self.target, stage);
            return;
        }
        self.work.push_back(Work::Rewind(self.beat_state.since.at, Then::Again));
        self.prepare_on(stage);
    }

    /// Starts free play. Does nothing until the beat is prepared.
    pub fn leave(&mut self, stage: &mut dyn ClusterBackend) {
        if self.left.is_none() && !self.is_preparing() {
            let now = stage.cluster().now();
            self.left = Some(now.0);
            self.work.push_back(Work::Run(now + GAP));
            self.prepare_on(stage);
        }
    }

    /// Returns whether the learner plays freely: by choice, or because the cluster is another one, or at a time before the
    /// beat.
    pub(crate) fn is_free(&self, cluster: &Cluster) -> bool {
        self.left.is_some() || self.beat_state.since.is_elsewhere(cluster)
    }

    /// Goes back to where free play started, or to the start of the beat if that moment no longer exists.
    pub fn back(&mut self, stage: &mut dyn ClusterBackend) {
        if self.is_preparing() || !self.is_free(stage.cluster()) {
            return;
        }
        match self.left.take() {
            Some(left) => {
                self.work.push_back(Work::Rewind(SimTime(left), Then::Back));
                self.prepare_on(stage);
            }
            None => self.jump(self.beat, stage),
        }
    }

    /// Goes to a beat by playing the earlier ones in the lesson's order.
    pub(crate) fn jump(&mut self, beat: usize, stage: &mut dyn ClusterBackend) {
        self.abandon();
        self.plan_jump(beat);
        self.prepare_on(stage);
    }

    fn go(&mut self, beat: usize, stage: &mut dyn ClusterBackend) -> bool {
        self.jump(beat, stage);
        true
    }

    fn evaluator<'a>(&'a self, cluster: &'a Cluster) -> Evaluator<'a> {
        Evaluator { cluster, since: &self.beat_state.since, kept: &self.kept }
    }

    /// Reaches a step, and fills the numbers into its texts.
    fn reveal(&mut self, step: &Step, cluster: &Cluster) {
        if matches!(step, Step::Measure(_)) || matches!(step, Step::Text(tone, _) if *tone != super::model::Tone::Plain)
        {
            self.judge(cluster);
        }
        let evaluator = self.evaluator(cluster);
        let shown = |prose: &Prose| show(prose, &|measure| evaluator.text_value(measure));
        let mut verdict = None;
        let texts = match step {
            Step::Text(_, paragraphs) => paragraphs.iter().map(shown).collect(),
            Step::Wait(goal) => vec![shown(&goal.text)],
            Step::Do(task) => vec![shown(&task.text)],
            Step::Measure(_) => Vec::new(),
            Step::Predict(question) => {
                if question.until_right {
                    verdict = Some(verdict_on(question, &evaluator));
                }
                std::iter::once(&question.text).chain(question.choices.iter().map(|c| &c.text)).map(shown).collect()
            }
        };
        let why = match step {
            Step::Predict(question) if verdict.is_some() => {
                question.choices.iter().map(|c| c.why.iter().map(shown).collect()).collect()
            }
            _ => Vec::new(),
        };
        let (from, judged) = (cluster.now(), verdict.map(|_| cluster.now()));
        self.beat_state.parts.push(StepState { from, over: None, judged, texts, why, chosen: Vec::new(), verdict });
    }

    /// Judges every open question whose answer the simulation has shown.
    fn judge(&mut self, cluster: &Cluster) {
        let lesson = self.lesson.clone();
        for n in 0..self.beat_state.parts.len() {
            let Some(Step::Predict(question)) = lesson.beats[self.beat].steps.get(n) else { continue };
            if self.beat_state.parts[n].verdict.is_some() || n >= self.beat_state.at {
                continue;
            }
            let evaluator = self.evaluator(cluster);
            let verdict = verdict_on(question, &evaluator);
            let shown = |prose: &Prose| show(prose, &|measure| evaluator.text_value(measure));
            let why = question.choices.iter().map(|c| c.why.iter().map(shown).collect()).collect();
            let part = &mut self.beat_state.parts[n];
            (part.why, part.verdict) = (why, Some(verdict));
            part.judged = Some(cluster.now());
            if let Some(first) = part.chosen.first().copied() {
                self.count(Answer { first, right: verdict.choice() });
            }
        }
    }

    /// Records the answer to the question judged last, unless it was answered before: the first try counts.
    fn count(&mut self, answer: Answer) {
        let judged =
            self.beat_state.parts.iter().filter(|part| part.verdict.is_some() && !part.chosen.is_empty()).count();
        let answers = &mut self.passed[self.beat].answers;
        if answers.len() < judged {
            answers.push(answer);
        }
    }

    /// Returns what the lesson waits for.
    fn need(&self) -> Need {
        match self.lesson.beats[self.beat].steps.get(self.beat_state.at) {
            Some(Step::Predict(_)) => Need::Answer,
            Some(Step::Do(_)) => Need::Act,
            Some(_) => Need::Time,
            None => Need::Nothing,
        }
    }

    /// Returns whether it has waited for longer than the lesson allows.
    pub fn is_astray(&self, cluster: &Cluster) -> bool {
        match self.lesson.beats[self.beat].steps.get(self.beat_state.at) {
            Some(Step::Wait(goal)) => cluster.now().since(self.beat_state.step_from.min(cluster.now())) > goal.within,
            _ => false,
        }
    }

    /// Returns the acts of a task. `None` if a target that it names cannot be found.
    fn acts_of(&self, task: &Task, cluster: &Cluster) -> Option<Vec<Act>> {
        let evaluator = self.evaluator(cluster);
        let mut all = Vec::new();
        for doing in &task.acts {
            all.extend(evaluator.acts(doing)?);
        }
        Some(all)
    }

    /// Returns whether a question of this beat was judged and no choice came true.
    fn is_unanswerable(&self) -> bool {
        self.beat_state.parts.iter().any(|part| part.verdict == Some(Verdict::NoChoice))
    }

    /// Returns the result of each beat so far.
    pub fn results(&self) -> Vec<BeatResult> {
        self.progress().results(&self.lesson)
    }

    /// Returns the card at the end: the lines whose numbers were all measured.
    pub fn recap(&self) -> Vec<Shown> {
        self.progress().recap(&self.lesson)
    }
}

/// Returns the number of acts that a beat asks for.
fn asked(beat: &Beat) -> usize {
    let tasks = beat.steps.iter().map(|step| if let Step::Do(task) = step { task.acts.len() } else { 0 });
    tasks.sum()
}

/// Returns the answer to a question at this moment.
fn verdict_on(question: &super::model::Question, evaluator: &Evaluator<'_>) -> Verdict {
    let came_true = question.choices.iter().position(|choice| choice.when.iter().all(|c| c.holds(evaluator)));
    came_true.map_or(Verdict::NoChoice, Verdict::Choice)
}

/// Returns the hosts and pods that a beat names.
fn whom(lesson: &Lesson, beat: usize) -> Vec<TargetBase> {
    let mut out = Vec::new();
    let prose = |prose: &Prose, out: &mut Vec<TargetBase>| {
        for inline in prose {
            if let Inline::Measured(measure) | Inline::Printed(measure) = inline {
                measure.whom(out);
            }
        }
    };
    for step in &lesson.beats[beat].steps {
        match step {
            Step::Text(_, paragraphs) => paragraphs.iter().for_each(|p| prose(p, &mut out)),
            Step::Wait(goal) => {
                prose(&goal.text, &mut out);
                goal.when.iter().for_each(|c| c.whom(&mut out));
            }
            Step::Predict(question) => {
                prose(&question.text, &mut out);
                for choice in &question.choices {
                    choice.when.iter().for_each(|c| c.whom(&mut out));
                    choice.why.iter().for_each(|p| prose(p, &mut out));
                    prose(&choice.text, &mut out);
                }
            }
            Step::Do(task) => {
                prose(&task.text, &mut out);
                task.acts.iter().for_each(|d| d.whom(&mut out));
                task.done.iter().for_each(|c| c.whom(&mut out));
            }
            Step::Measure(index) => lesson.kept[*index].1.whom(&mut out),
        }
    }
    out
}
