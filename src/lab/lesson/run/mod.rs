//! A lesson that is told beside a running cluster: where it is, what it waits for, what was answered.
//!
//! A run never looks at a clock of its own: [`Run::look`] reads the cluster and goes as far as what it sees allows. What
//! is done too early counts if it still holds when it is asked for; what was done beside the lesson is undone before the
//! next beat begins, by going back or by playing the beats before again (`prepare`), which takes no learner's time.

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
use super::model::{Base, Beat, Inline, Lesson, Prose, Step, Task};
use crate::cluster::Cluster;
use crate::cluster::config::Act;
use crate::sim::{SimDuration, SimTime};
use backend::Stage;
use evaluate::{Look, Since};
use prepare::{Then, Work, begins_anew};
use screen::{Answer, BeatResult, Prepared, Shown, show};

/// How far it runs between two looks.
const SLICE: SimDuration = SimDuration::from_millis(100);
/// After a mark so much time passes, so that what is done next is later than the mark.
const GAP: SimDuration = SimDuration::from_millis(1);
/// A beat may go on from the one before if no more time than this has passed.
const PAUSE: SimDuration = SimDuration::from_secs(10);

/// See the module.
pub struct Run {
    lesson: Rc<Lesson>,
    seed: u64,
    beat: usize,
    /// The beat that is prepared, or that was last.
    target: usize,
    /// What is still to be done before it can be told, in order.
    work: VecDeque<Work>,
    /// Where in the file that stands which is done for it.
    line: usize,
    told: Told,
    kept: Vec<Option<Value>>,
    passed: Vec<Passed>,
    prepared: Prepared,
    /// When free play began, µs.
    left: Option<u64>,
    /// It plays by itself: answers are not the learner's.
    auto: bool,
}

/// What came of a beat so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Passed {
    pub done: bool,
    pub answers: Vec<Answer>,
}

/// How far a beat is told.
#[derive(Clone, Default)]
struct Told {
    pub since: Since,
    /// The next step that is not over.
    pub at: usize,
    pub parts: Vec<Told1>,
    /// When it came to that step.
    pub step_from: SimTime,
    /// When it was over, and how many acts it had seen.
    pub complete: Option<(SimTime, usize)>,
}

impl Told {
    pub fn new(since: Since) -> Self {
        Told { since, ..Told::default() }
    }

    /// It is `now` again: what was over later is not over yet. The beat's texts stay as they were first told.
    fn turn(&mut self, now: SimTime, steps: &[Step]) {
        self.since.turn(now);
        // What was told or answered at this very moment stays so; what was seen or done at it may not be so any more.
        let stays = |step: &Step| matches!(step, Step::Text(..) | Step::Predict(_));
        let is_open = |(part, step): (&Told1, &Step)| {
            part.from > now || part.over.is_none_or(|over| over > now || over == now && !stays(step))
        };
        let open = self.parts.iter().zip(steps).position(is_open);
        let Some(at) = open else { return };
        self.at = at;
        self.parts.truncate(at + 1);
        self.complete = None;
        for part in &mut self.parts {
            if part.judged.is_some_and(|judged| judged >= now) && part.judged != Some(part.from) {
                (part.right, part.judged, part.why) = (None, None, Vec::new());
            }
        }
        let last = &mut self.parts[at];
        last.over = None;
        self.step_from = last.from.min(now);
    }
}

/// A step that was reached.
#[derive(Clone)]
struct Told1 {
    /// When it was reached, when it was over, and when it was judged.
    from: SimTime,
    over: Option<SimTime>,
    judged: Option<SimTime>,
    /// Its texts with their numbers: of a question first its own, then those of its choices.
    pub texts: Vec<Shown>,
    /// Of a question: why each choice is right or wrong, once it is judged.
    pub why: Vec<Vec<Shown>>,
    pub chosen: Vec<usize>,
    /// Of a question, once it is judged: the right choice, if one came true.
    pub right: Option<Option<usize>>,
}

/// What the learner or the simulation has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Answer,
    Act,
    Time,
    Nothing,
}

impl Run {
    /// A lesson that has not begun.
    fn new(lesson: Rc<Lesson>, seed: Option<u64>) -> Run {
        Run {
            seed: seed.unwrap_or(lesson.seed),
            beat: 0,
            target: 0,
            work: VecDeque::new(),
            line: lesson.beats[0].line,
            told: Told::default(),
            kept: vec![None; lesson.kept.len()],
            passed: vec![Passed::default(); lesson.beats.len()],
            prepared: Prepared::Fresh,
            left: None,
            auto: false,
            lesson,
        }
    }

    /// Begins a lesson; the stage gets its cluster, with the lesson's seed or another. Here as wherever the stage is
    /// changed: what it has no time for is left to [`Self::prepare_on`].
    pub fn start(lesson: Rc<Lesson>, seed: Option<u64>, stage: &mut dyn Stage) -> Run {
        let mut run = Run::new(lesson, seed);
        run.plan(0, None);
        run.prepare_on(stage);
        run
    }

    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The beat that is told or prepared, counted from 0.
    pub fn current_beat(&self) -> usize {
        self.target
    }

    /// Nothing is waited for any more in this beat.
    pub fn is_complete(&self) -> bool {
        self.told.complete.is_some()
    }

    /// Runs so much simulated time and looks now and then; less if the stage has no time left.
    pub fn advance(&mut self, us: u64, stage: &mut dyn Stage) {
        let mut left = us;
        while left > 0 {
            let slice = left.min(SLICE.0);
            stage.advance(slice);
            self.look(stage.cluster());
            left -= slice;
        }
    }

    /// Goes as far as the cluster allows; true if something is told that was not told before. To be called after anything
    /// was done, and at least every simulated second.
    pub fn look(&mut self, cluster: &Cluster) -> bool {
        !self.is_preparing() && self.look_now(cluster)
    }

    fn look_now(&mut self, cluster: &Cluster) -> bool {
        if self.is_free(cluster) || self.told.complete.is_some() {
            return false;
        }
        self.told.since.watch(cluster);
        let (lesson, before) = (self.lesson.clone(), (self.told.at, self.told.parts.len()));
        let steps = &lesson.beats[self.beat].steps;
        while let Some(step) = steps.get(self.told.at) {
            if self.told.parts.len() <= self.told.at {
                self.reveal(step, cluster);
            }
            let look = self.look_at(cluster);
            let over = match step {
                Step::Text(..) | Step::Measure(_) => true,
                Step::Wait(goal) => goal.when.iter().all(|c| c.holds(&look)),
                Step::Do(task) => task.done.iter().all(|c| c.holds(&look)),
                Step::Predict(_) => {
                    let part = &self.told.parts[self.told.at];
                    match part.right {
                        Some(right) => self.auto || right.is_none() || part.chosen.last().copied() == right,
                        None => self.auto || !part.chosen.is_empty(),
                    }
                }
            };
            if !over {
                break;
            }
            if let Step::Measure(index) = step {
                self.kept[*index] = look.told(&lesson.kept[*index].1);
            }
            self.told.parts[self.told.at].over = Some(cluster.now());
            self.told.at += 1;
            self.told.step_from = cluster.now();
        }
        if self.told.at == steps.len() {
            self.judge(cluster);
            self.told.complete = Some((cluster.now(), self.told.since.acts(cluster, cluster.now())));
            self.passed[self.beat].done = true;
        }
        before != (self.told.at, self.told.parts.len()) || self.is_complete()
    }

    /// Answers the question that is asked; false if none is.
    pub fn answer(&mut self, choice: usize, cluster: &Cluster) -> bool {
        let lesson = self.lesson.clone();
        let Some(Step::Predict(question)) = lesson.beats[self.beat].steps.get(self.told.at) else { return false };
        let Some(part) = self.told.parts.get_mut(self.told.at).filter(|_| choice < question.choices.len()) else {
            return false;
        };
        part.chosen.push(choice);
        if let Some(right) = part.right
            && part.chosen.len() == 1
        {
            self.count(Answer { first: choice, right });
        }
        self.look(cluster);
        true
    }

    /// The next beat. One that is not over is skipped. False at the last.
    pub fn next(&mut self, stage: &mut dyn Stage) -> bool {
        let next = self.target + 1;
        let Some(beat) = self.lesson.beats.get(next) else { return false };
        self.left = None;
        match self.told.complete.filter(|_| !self.is_preparing()) {
            _ if begins_anew(beat) => {
                self.abandon();
                self.plan(next, None);
            }
            None => return self.go(next, stage),
            Some((over, acts)) => {
                let as_told = acts == asked(&self.lesson.beats[self.beat]);
                let now = stage.cluster().now();
                let since = |until| self.told.since.acts(stage.cluster(), until);
                let as_told = as_told && !self.told.since.is_other(stage.cluster());
                let untouched = since(now) == acts && now >= over && now.since(over) <= PAUSE;
                // What was done at the very moment when the beat was over cannot be told from what ended it.
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

    /// The cluster was taken to another moment, or an act was undone: the beat is told as far as it was told then.
    pub fn turn(&mut self, cluster: &Cluster) {
        if self.left.is_none() && !self.is_preparing() && !self.told.since.is_other(cluster) {
            self.told.turn(cluster.now(), &self.lesson.beats[self.beat].steps);
            self.look(cluster);
        }
    }

    /// Does the task that is to be done as the lesson means it; false if there is none, or if somebody whom it names cannot
    /// be found.
    pub fn perform(&mut self, stage: &mut dyn Stage) -> bool {
        let done = !self.is_preparing() && self::autoplay::do_task(self, stage);
        self.look(stage.cluster());
        done
    }

    /// The beat before; false at the first.
    pub fn previous(&mut self, stage: &mut dyn Stage) -> bool {
        self.target.checked_sub(1).is_some_and(|before| self.go(before, stage))
    }

    /// The lesson from its beginning; what was answered is forgotten.
    pub fn restart(&mut self, stage: &mut dyn Stage) {
        *self = Run::start(self.lesson.clone(), Some(self.seed), stage);
    }

    /// This beat from its beginning.
    pub fn again(&mut self, stage: &mut dyn Stage) {
        self.left = None;
        if self.is_preparing() || self.told.since.is_other(stage.cluster()) {
            self.go(self.target, stage);
            return;
        }
        self.work.push_back(Work::Rewind(self.told.since.at, Then::Again));
        self.prepare_on(stage);
    }

    /// The learner plays freely from now on; not before the beat is prepared.
    pub fn leave(&mut self, stage: &mut dyn Stage) {
        if self.left.is_none() && !self.is_preparing() {
            let now = stage.cluster().now();
            self.left = Some(now.0);
            self.work.push_back(Work::Run(now + GAP));
            self.prepare_on(stage);
        }
    }

    /// The learner plays freely, on purpose or because the cluster is another one now, or at a time before the beat.
    pub fn is_free(&self, cluster: &Cluster) -> bool {
        self.left.is_some() || self.told.since.is_elsewhere(cluster)
    }

    /// Back to where free play began; if that is gone, to the beginning of the beat.
    pub fn back(&mut self, stage: &mut dyn Stage) {
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

    /// Goes to a beat: the cluster is brought there by playing what comes before as the lesson tells it.
    pub fn jump(&mut self, beat: usize, stage: &mut dyn Stage) {
        self.abandon();
        self.plan_jump(beat);
        self.prepare_on(stage);
    }

    fn go(&mut self, beat: usize, stage: &mut dyn Stage) -> bool {
        self.jump(beat, stage);
        true
    }

    fn look_at<'a>(&'a self, cluster: &'a Cluster) -> Look<'a> {
        Look { cluster, since: &self.told.since, kept: &self.kept }
    }

    /// A step is reached: its texts get their numbers.
    fn reveal(&mut self, step: &Step, cluster: &Cluster) {
        if matches!(step, Step::Measure(_)) || matches!(step, Step::Text(tone, _) if *tone != super::model::Tone::Plain)
        {
            self.judge(cluster);
        }
        let look = self.look_at(cluster);
        let shown = |prose: &Prose| show(prose, &|measure| look.told(measure));
        let mut right = None;
        let texts = match step {
            Step::Text(_, paragraphs) => paragraphs.iter().map(shown).collect(),
            Step::Wait(goal) => vec![shown(&goal.text)],
            Step::Do(task) => vec![shown(&task.text)],
            Step::Measure(_) => Vec::new(),
            Step::Predict(question) => {
                if question.until_right {
                    right = Some(right_one(question, &look));
                }
                std::iter::once(&question.text).chain(question.choices.iter().map(|c| &c.text)).map(shown).collect()
            }
        };
        let why = match step {
            Step::Predict(question) if right.is_some() => {
                question.choices.iter().map(|c| c.why.iter().map(shown).collect()).collect()
            }
            _ => Vec::new(),
        };
        let (from, judged) = (cluster.now(), right.map(|_| cluster.now()));
        self.told.parts.push(Told1 { from, over: None, judged, texts, why, chosen: Vec::new(), right });
    }

    /// The simulation answers every question that is open.
    fn judge(&mut self, cluster: &Cluster) {
        let lesson = self.lesson.clone();
        for n in 0..self.told.parts.len() {
            let Some(Step::Predict(question)) = lesson.beats[self.beat].steps.get(n) else { continue };
            if self.told.parts[n].right.is_some() || n >= self.told.at {
                continue;
            }
            let look = self.look_at(cluster);
            let right = right_one(question, &look);
            let shown = |prose: &Prose| show(prose, &|measure| look.told(measure));
            let why = question.choices.iter().map(|c| c.why.iter().map(shown).collect()).collect();
            let part = &mut self.told.parts[n];
            (part.why, part.right) = (why, Some(right));
            part.judged = Some(cluster.now());
            if let Some(first) = part.chosen.first().copied() {
                self.count(Answer { first, right });
            }
        }
    }

    /// Keeps the answer to the question that was judged last, unless it was answered before: the first try counts.
    fn count(&mut self, answer: Answer) {
        let judged = self.told.parts.iter().filter(|part| part.right.is_some() && !part.chosen.is_empty()).count();
        let answers = &mut self.passed[self.beat].answers;
        if answers.len() < judged {
            answers.push(answer);
        }
    }

    /// What the learner or the simulation has to do next.
    fn need(&self) -> Need {
        match self.lesson.beats[self.beat].steps.get(self.told.at) {
            Some(Step::Predict(_)) => Need::Answer,
            Some(Step::Do(_)) => Need::Act,
            Some(_) => Need::Time,
            None => Need::Nothing,
        }
    }

    /// It waits for longer than the lesson thinks possible.
    pub fn is_astray(&self, cluster: &Cluster) -> bool {
        match self.lesson.beats[self.beat].steps.get(self.told.at) {
            Some(Step::Wait(goal)) => cluster.now().since(self.told.step_from.min(cluster.now())) > goal.within,
            _ => false,
        }
    }

    /// The acts of the task that is to be done, as a test does it; none if somebody whom it names cannot be found.
    fn acts_of(&self, task: &Task, cluster: &Cluster) -> Option<Vec<Act>> {
        let look = self.look_at(cluster);
        let mut all = Vec::new();
        for doing in &task.acts {
            all.extend(look.acts(doing)?);
        }
        Some(all)
    }

    /// A question of this beat to which no choice came true.
    fn is_unanswerable(&self) -> bool {
        self.told.parts.iter().any(|part| part.right == Some(None))
    }

    /// What came of each beat so far.
    pub fn results(&self) -> Vec<BeatResult> {
        self.progress().results(&self.lesson)
    }

    /// The card at the end: the lines whose numbers were all measured.
    pub fn recap(&self) -> Vec<Shown> {
        self.progress().recap(&self.lesson)
    }
}

/// How many acts a beat asks for.
fn asked(beat: &Beat) -> usize {
    let tasks = beat.steps.iter().map(|step| if let Step::Do(task) = step { task.acts.len() } else { 0 });
    tasks.sum()
}

fn right_one(question: &super::model::Question, look: &Look<'_>) -> Option<usize> {
    question.choices.iter().position(|choice| choice.when.iter().all(|c| c.holds(look)))
}

/// Whom a beat names, for what has to be remembered.
fn whom(lesson: &Lesson, beat: usize) -> Vec<Base> {
    let mut out = Vec::new();
    let prose = |prose: &Prose, out: &mut Vec<Base>| {
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
