//! Brings the cluster to where a beat begins: a list of things to do, each of which can be interrupted and gone on with.
//!
//! How long that takes is the lesson's choice, or that of whoever wrote it. So the stage says when a frame's time is used
//! up ([`Stage::in_time`]); what is left is done by the next [`Run::prepare_on`]. What comes of it is the same however often
//! it was interrupted.

use std::rc::Rc;

use super::autoplay;
use super::backend::Stage;
use super::evaluate::{Look, Since};
use super::screen::Prepared;
use super::{GAP, Need, Passed, Run, SLICE, Told, whom};
use crate::lab::lesson::model::{Beat, Prepare};
use crate::lab::scenario;
use crate::sim::{SimDuration, SimTime};

/// The longest that a setup waits for a condition.
const SETUP_LIMIT: SimDuration = SimDuration::from_secs(120);

/// One thing that has to be done before the beat can be told.
pub(super) enum Work {
    /// This cluster takes the place of what runs.
    Load(Rc<scenario::Cluster>),
    Start,
    /// A line of the setup of a beat.
    Prepare(usize, usize),
    Run(SimTime),
    /// Until the condition of a line holds, at most to `limit`; `slice`: the next look is then.
    Until {
        place: (usize, usize),
        since: Box<Since>,
        limit: SimTime,
        slice: Option<SimTime>,
    },
    /// Back to an instant of what runs, if it has that.
    Rewind(SimTime, Then),
    /// The beat begins with the cluster as it is.
    Begin(usize, Prepared),
    /// The lesson looks for the first time.
    Look,
    /// The beat is played to its end as the lesson tells it.
    Finish {
        begun: Option<SimTime>,
        slice: Option<SimTime>,
    },
    /// The beats before are played: what came of them by that is not the learner's.
    Played(Vec<Passed>),
}

/// What is to come after a rewind. If there is no way back, the beats before are played.
#[derive(Clone, Copy)]
pub(super) enum Then {
    Next(usize),
    Again,
    Back,
}

impl Run {
    /// The cluster is brought to where a beat begins: nothing is told meanwhile, and nothing can be done to the cluster.
    pub fn is_preparing(&self) -> bool {
        !self.work.is_empty()
    }

    /// Where in the lesson's file that stands which is being prepared, or was last; counted from 1.
    pub fn preparing_line(&self) -> usize {
        self.line
    }

    /// Goes on with what has to be done before the beat can be told, for as long as the stage has time; true when it is
    /// done.
    pub fn prepare_on(&mut self, stage: &mut dyn Stage) -> bool {
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

    /// Forgets what was still to be done: something else is wanted.
    pub(super) fn abandon(&mut self) {
        for work in self.work.drain(..) {
            if let Work::Played(passed) = work {
                (self.passed, self.auto) = (passed, false);
            }
        }
    }

    /// Another cluster was put on the stage: the learner plays freely.
    pub fn give_up(&mut self) {
        self.abandon();
        self.left = Some(0);
    }

    /// A beat is to begin, after what its setup says; `prepared` if that is not all that leads to it.
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

    /// The same by playing what comes before as the lesson tells it.
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

    /// Does a piece of work; what is left of it, if the time was not enough.
    fn work_on(&mut self, work: Work, stage: &mut dyn Stage) -> Option<Work> {
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
                let since = Since::now(cluster, &whom(&self.lesson, beat));
                self.told = Told { step_from: cluster.now(), ..Told::new(since) };
                self.settle(cluster.now());
            }
            Work::Look => {
                self.look_now(stage.cluster());
            }
            Work::Finish { begun, slice } => return self.finish(begun, slice, stage),
            Work::Played(passed) => (self.passed, self.auto) = (passed, false),
        }
        None
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, stage: &mut dyn Stage) {
        stage.load(cluster, self.seed);
        self.work.push_front(Work::Start);
    }

    /// After a mark some time passes, so that what is done next is later than the mark; then the lesson looks.
    fn settle(&mut self, now: SimTime) {
        self.work.push_front(Work::Look);
        self.work.push_front(Work::Run(now + GAP));
    }

    fn prepare(&mut self, beat: usize, line: usize, stage: &mut dyn Stage) {
        let lesson = self.lesson.clone();
        let (prepare, at) = &lesson.beats[beat].setup[line];
        self.line = *at;
        let mut whom = Vec::new();
        let now = stage.cluster().now();
        match prepare {
            Prepare::Fresh(own) => self.load(own.as_ref().unwrap_or(&lesson.cluster), stage),
            Prepare::Act(doing) => {
                doing.whom(&mut whom);
                let since = Since::now(stage.cluster(), &whom);
                let acts = Look { cluster: stage.cluster(), since: &since, kept: &self.kept }.acts(doing);
                for act in acts.into_iter().flatten() {
                    // What is so already needs nothing.
                    let _ = stage.apply(&act);
                }
            }
            Prepare::Run(span) => self.work.push_front(Work::Run(now + *span)),
            Prepare::Until(condition) => {
                condition.whom(&mut whom);
                let since = Box::new(Since::now(stage.cluster(), &whom));
                let limit = now + SETUP_LIMIT;
                self.work.push_front(Work::Until { place: (beat, line), since, limit, slice: None });
            }
        }
    }

    fn wait_for(
        &mut self,
        place: (usize, usize),
        since: Box<Since>,
        limit: SimTime,
        mut slice: Option<SimTime>,
        stage: &mut dyn Stage,
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
            let holds = condition.holds(&Look { cluster, since: &since, kept: &self.kept });
            if holds || cluster.now() >= limit || cluster.invariants().broken().is_some() {
                return None;
            }
            slice = Some(cluster.now() + SLICE);
        }
    }

    fn rewound(&mut self, then: Then, there: bool, stage: &mut dyn Stage) {
        match then {
            Then::Next(beat) if there => self.plan(beat, Some(Prepared::Rewound)),
            Then::Next(beat) => self.plan_jump(beat),
            Then::Again if there => {
                let mut since = std::mem::take(&mut self.told.since);
                since.forget();
                let now = stage.cluster().now();
                self.told = Told { step_from: now, ..Told::new(since) };
                self.settle(now);
            }
            Then::Back if there && !self.is_free(stage.cluster()) => self.work.push_front(Work::Look),
            Then::Again | Then::Back => self.plan_jump(self.beat),
        }
    }

    /// Ends a beat as the lesson tells it, without a learner's answers; gives up where it goes astray.
    fn finish(&mut self, begun: Option<SimTime>, mut slice: Option<SimTime>, stage: &mut dyn Stage) -> Option<Work> {
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

/// Whether a beat has a cluster of its own.
pub(super) fn begins_anew(beat: &Beat) -> bool {
    matches!(beat.setup.first(), Some((Prepare::Fresh(_), _)))
}
