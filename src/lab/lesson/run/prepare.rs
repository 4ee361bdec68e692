//! Brings the cluster to the start of a beat: a list of pieces of work, each of which can be interrupted and continued.
//!
//! How long that takes depends on the lesson and its author. So the stage says when a frame's time is used up
//! ([`ClusterBackend::in_time`]), and the next [`Run::prepare_on`] continues. The result is the same however often it was
//! interrupted.

use std::rc::Rc;

use super::autoplay;
use super::backend::ClusterBackend;
use super::evaluate::{Baseline, Evaluator};
use super::screen::Prepared;
use super::{BeatState, GAP, Need, Passed, Run, SLICE, whom};
use crate::lab::lesson::model::{Beat, Prepare};
use crate::lab::scenario;
use crate::sim::{SimDuration, SimTime};

/// The longest wait of a setup for a condition, in simulated time.
const SETUP_LIMIT: SimDuration = SimDuration::from_secs(120);

/// One piece of work before a beat can start.
pub(super) enum Work {
    /// Replaces the cluster by this one.
    Load(Rc<scenario::Cluster>),
    Start,
    /// Does a line of a beat's setup.
    Prepare(usize, usize),
    Run(SimTime),
    /// Runs until the condition of a line holds, at most to `limit`. `slice` is the moment of the next look.
    Until {
        place: (usize, usize),
        since: Box<Baseline>,
        limit: SimTime,
        slice: Option<SimTime>,
    },
    /// Goes back to an instant of the run, if it reaches back to it.
    Rewind(SimTime, Then),
    /// Starts the beat with the cluster as it is.
    Begin(usize, Prepared),
    /// Looks at the cluster for the first time.
    Evaluator,
    /// Plays the beat to its end in the lesson's order.
    Finish {
        begun: Option<SimTime>,
        slice: Option<SimTime>,
    },
    /// Ends a replay of the earlier beats and restores their results: those of the replay are not the learner's.
    Played(Vec<Passed>),
}

/// What follows a rewind. If the run cannot go back, the earlier beats are played instead.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Next(usize),
    Again,
    Back,
}

impl Run {
    /// Returns whether the cluster is being brought to the start of a beat. Until then nothing is shown, and acts are refused.
    pub(crate) fn is_preparing(&self) -> bool {
        !self.work.is_empty()
    }

    /// Returns the line of the lesson's file that is being prepared, or was last, counted from 1.
    pub(crate) fn preparing_line(&self) -> usize {
        self.line
    }

    /// Continues the work before the beat while the stage has time. Returns whether it is done.
    pub(crate) fn prepare_on(&mut self, stage: &mut dyn ClusterBackend) -> bool {
        while let Some(work) = self.work.pop_front() {
            if let Some(rest) = self.work_on(work, stage) {
                self.work.push_front(rest);
                return false;
            }
            if !self.work.is_empty() && !stage.in_time() {
                return false;
            }
        }
        true
    }

    /// Drops the remaining work.
    pub(super) fn abandon(&mut self) {
        for work in self.work.drain(..) {
            if let Work::Played(passed) = work {
                (self.passed, self.auto) = (passed, false);
            }
        }
    }

    /// Starts free play, because the stage has another cluster now.
    pub(crate) fn give_up(&mut self) {
        self.abandon();
        self.left = Some(0);
    }

    /// Plans the start of a beat, with its setup. `prepared` is how it was reached, if not by its setup alone.
    pub(super) fn plan(&mut self, beat: usize, prepared: Option<Prepared>) {
        let lesson = self.lesson.clone();
        let fresh = begins_anew(&lesson.beats[beat]);
        if beat == 0 && !fresh {
            self.work.push_back(Work::Load(lesson.cluster.clone()));
        }
        let lines = 0..lesson.beats[beat].setup.len();
        self.work.extend(lines.map(|line| Work::Prepare(beat, line)));
        let plain = if beat == 0 || fresh { Prepared::Fresh } else { Prepared::Continues };
        self.work.push_back(Work::Begin(beat, prepared.unwrap_or(plain)));
        self.target = beat;
    }

    /// Plans the start of a beat by playing the earlier ones in the lesson's order.
    pub(super) fn plan_jump(&mut self, beat: usize) {
        let beat = beat.min(self.lesson.beats.len() - 1);
        let from = (0..=beat).rev().find(|n| begins_anew(&self.lesson.beats[*n])).unwrap_or(0);
        self.left = None;
        self.auto = true;
        for before in from..beat {
            self.plan(before, None);
            self.work.push_back(Work::Finish { begun: None, slice: None });
        }
        self.work.push_back(Work::Played(self.passed.clone()));
        self.plan(beat, (from < beat).then_some(Prepared::Replayed));
    }

    /// Does a piece of work. Returns what is left of it if time ran out.
    fn work_on(&mut self, work: Work, stage: &mut dyn ClusterBackend) -> Option<Work> {
        match work {
            Work::Load(cluster) => {
                self.line = self.lesson.beats[self.target].line;
                self.load(&cluster, stage);
            }
            Work::Start if !stage.start_on() => return Some(Work::Start),
            Work::Start => {}
            Work::Prepare(beat, line) => self.prepare(beat, line, stage),
            Work::Run(until) if !stage.run_until(until) => return Some(Work::Run(until)),
            Work::Run(_) => {}
            Work::Until { place, since, limit, slice } => return self.wait_for(place, since, limit, slice, stage),
            Work::Rewind(to, then) => match stage.rewind(to.0) {
                None => return Some(Work::Rewind(to, then)),
                Some(there) => self.rewound(then, there, stage),
            },
            Work::Begin(beat, prepared) => {
                (self.beat, self.prepared, self.line) = (beat, prepared, self.lesson.beats[beat].line);
                let cluster = stage.cluster();
                let since = Baseline::now(cluster, &whom(&self.lesson, beat));
                self.beat_state = BeatState { step_from: cluster.now(), ..BeatState::new(since) };
                self.settle(cluster.now());
            }
            Work::Evaluator => {
                self.look_now(stage.cluster());
            }
            Work::Finish { begun, slice } => return self.finish(begun, slice, stage),
            Work::Played(passed) => (self.passed, self.auto) = (passed, false),
        }
        None
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, stage: &mut dyn ClusterBackend) {
        stage.load(cluster, self.seed);
        self.work.push_front(Work::Start);
    }

    /// Lets some time pass after a mark, so that the next act is later than the mark, then looks.
    fn settle(&mut self, now: SimTime) {
        self.work.push_front(Work::Evaluator);
        self.work.push_front(Work::Run(now + GAP));
    }

    fn prepare(&mut self, beat: usize, line: usize, stage: &mut dyn ClusterBackend) {
        let lesson = self.lesson.clone();
        let (prepare, at) = &lesson.beats[beat].setup[line];
        self.line = *at;
        let mut whom = Vec::new();
        let now = stage.cluster().now();
        match prepare {
            Prepare::Fresh(own) => self.load(own.as_ref().unwrap_or(&lesson.cluster), stage),
            Prepare::Act(doing) => {
                doing.whom(&mut whom);
                let since = Baseline::now(stage.cluster(), &whom);
                let acts = Evaluator { cluster: stage.cluster(), since: &since, kept: &self.kept }.acts(doing);
                for act in acts.into_iter().flatten() {
                    // A refusal means that the cluster is in this state already.
                    let _ = stage.apply(&act);
                }
            }
            Prepare::Run(span) => self.work.push_front(Work::Run(now + *span)),
            Prepare::Until(condition) => {
                condition.whom(&mut whom);
                let since = Box::new(Baseline::now(stage.cluster(), &whom));
                let limit = now + SETUP_LIMIT;
                self.work.push_front(Work::Until { place: (beat, line), since, limit, slice: None });
            }
        }
    }

    fn wait_for(
        &mut self,
        place: (usize, usize),
        since: Box<Baseline>,
        limit: SimTime,
        mut slice: Option<SimTime>,
        stage: &mut dyn ClusterBackend,
    ) -> Option<Work> {
        let lesson = self.lesson.clone();
        let (Prepare::Until(condition), _) = &lesson.beats[place.0].setup[place.1] else { return None };
        loop {
            if let Some(to) = slice
                && !stage.run_until(to)
            {
                return Some(Work::Until { place, since, limit, slice });
            }
            let cluster = stage.cluster();
            let holds = condition.holds(&Evaluator { cluster, since: &since, kept: &self.kept });
            if holds || cluster.now() >= limit || cluster.invariants().broken().is_some() {
                return None;
            }
            slice = Some(cluster.now() + SLICE);
        }
    }

    fn rewound(&mut self, then: Then, there: bool, stage: &mut dyn ClusterBackend) {
        match then {
            Then::Next(beat) if there => self.plan(beat, Some(Prepared::Rewound)),
            Then::Next(beat) => self.plan_jump(beat),
            Then::Again if there => {
                let mut since = std::mem::take(&mut self.beat_state.since);
                since.forget();
                let now = stage.cluster().now();
                self.beat_state = BeatState { step_from: now, ..BeatState::new(since) };
                self.settle(now);
            }
            Then::Back if there && !self.is_free(stage.cluster()) => self.work.push_front(Work::Evaluator),
            Then::Again | Then::Back => self.plan_jump(self.beat),
        }
    }

    /// Plays a beat to its end in the lesson's order, without a learner's answers. Gives up if it goes astray.
    fn finish(
        &mut self,
        begun: Option<SimTime>,
        mut slice: Option<SimTime>,
        stage: &mut dyn ClusterBackend,
    ) -> Option<Work> {
        let begun = begun.unwrap_or(stage.cluster().now());
        loop {
            if let Some(to) = slice {
                if !stage.run_until(to) {
                    return Some(Work::Finish { begun: Some(begun), slice });
                }
                self.look_now(stage.cluster());
            }
            let over = stage.cluster().now().since(begun) >= autoplay::LIMIT;
            if self.is_complete() || over || stage.cluster().invariants().broken().is_some() {
                return None;
            }
            if self.need() == Need::Act {
                autoplay::do_task(self, stage);
                self.look_now(stage.cluster());
            }
            if self.is_astray(stage.cluster()) {
                return None;
            }
            slice = Some(stage.cluster().now() + SLICE);
        }
    }
}

/// Returns whether a beat starts with a new cluster.
pub(super) fn begins_anew(beat: &Beat) -> bool {
    matches!(beat.setup.first(), Some((Prepare::Fresh(_), _)))
}
