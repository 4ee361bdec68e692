//! The time machine: a cluster that can be taken to any moment of its past, on several branches.
//!
//! A run is fixed by its cluster, its seed and its acts. So a moment is reached from any earlier state by running on and
//! repeating the same acts at the same instants. An act comes after all events of its instant, as when a scenario runs, and
//! each move ends at the end of an instant.
//!
//! Long work runs while the caller's [`Patience`] lasts, and can be continued. How much fits into a frame of a page is
//! measured by its clock, not guessed from the size of the cluster.

use std::rc::Rc;

use super::branches::{Branches, Place};
use super::checkpoints::{Checkpoints, Limits};
use crate::cluster::Cluster;
use crate::cluster::config::{Act, Config};
use crate::kube::trace_event::TraceEvent;
use crate::lab::narration::acts::{done, refusal};
use crate::lab::narration::{self, texts as say};
use crate::lab::scenario::{Action, MAX_STEPS, MAX_UNTIL, Span, Step};
use crate::sim::{SimDuration, SimTime};

/// Asked before each part of long work: returns whether to continue.
pub(crate) type Patience<'a> = &'a mut dyn FnMut() -> bool;

/// The number of events handled between two looks at the clock; one takes about 1 µs. With more hosts than [`MANY_HOSTS`] an
/// event may take ms (a change that thousands of kube-proxies receive), and a look costs little beside it.
const LOOK_EVENTS: u32 = 16;
const MANY_HOSTS: usize = 200;
/// The longest step to the next event, in simulated time.
const STEP_LIMIT: SimDuration = SimDuration::from_secs(60);

/// An event to run towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A takeover: a component's lease changes hands.
    Takeover,
    /// A request of the laptop or of the app's user fails where the one before did not, or a typed command fails.
    Error,
}

/// A cluster that can be taken to any moment of its past, on several branches.
pub(crate) struct TimeMachine {
    now: Cluster,
    /// The number of the branch's acts that are done.
    done: usize,
    start: SimTime,
    /// Set once it has reached `start`. From there on it accepts acts, and can go back.
    started: bool,
    branches: Branches,
    checkpoints: Checkpoints,
    /// The furthest state of the shown branch. `None` if it is `now` or unknown.
    head: Option<Rc<Cluster>>,
    /// The furthest states of the other branches, as far as they are known.
    heads: Vec<(u32, Rc<Cluster>)>,
    dropped: u32,
    /// The number of events handled, in all directions of time.
    spent: u64,
    look_events: u32,
}

impl TimeMachine {
    /// Returns a machine for the cluster from `start` on. `acts` are done when time passes them. [`Self::start_on`] brings it to
    /// `start`; before that it accepts nothing else.
    pub(crate) fn new(config: &Config, start: SimTime, acts: Vec<Step>, head: SimTime) -> Self {
        let limits = Limits::of(config);
        let mut branches = Branches::new(start, limits.branches);
        for step in acts {
            branches.log(Rc::new(step), "".into());
        }
        branches.current_mut().head = head.max(start);
        let now = Cluster::new(config);
        let look_events = if now.topology().hosts.len() > MANY_HOSTS { 1 } else { LOOK_EVENTS };
        TimeMachine {
            now,
            done: 0,
            start,
            started: false,
            branches,
            checkpoints: Checkpoints::new(limits),
            head: None,
            heads: Vec::new(),
            dropped: 0,
            spent: 0,
            look_events,
        }
    }

    /// Runs towards the start while `go_on` returns true. Returns whether it is there.
    pub(crate) fn start_on(&mut self, go_on: Patience<'_>) -> bool {
        while !self.started {
            if !go_on() {
                return false;
            }
            if !self.work(self.start) {
                self.now.run_until(self.start);
                self.on_started();
            }
        }
        true
    }

    /// Handles a few events up to and including `until`. Returns false if there are no more.
    fn work(&mut self, until: SimTime) -> bool {
        let before = self.now.events();
        let more = (0..self.look_events).all(|_| self.now.step_until(until));
        self.spent += self.now.events() - before;
        more
    }

    /// Handles all events up to and including `until`.
    fn work_through(&mut self, until: SimTime) {
        let before = self.now.events();
        self.now.run_until(until);
        self.spent += self.now.events() - before;
    }

    /// Adds events that were handled before, by the machine that this one replaces.
    pub(crate) fn has_spent(&mut self, events: u64) {
        self.spent += events;
    }

    /// Returns the number of events handled so far, moves in time included.
    pub(crate) fn spent(&self) -> u64 {
        self.spent
    }

    pub(crate) fn has_started(&self) -> bool {
        self.started
    }

    fn on_started(&mut self) {
        self.started = true;
        if self.checkpoints.limits().start_again {
            return self.arrive();
        }
        // An undo may go back to before acts at the very start.
        let acts_now = self.branches.current().acts.first().is_some_and(|act| act.at() <= self.start);
        if acts_now {
            self.keep();
        }
        self.arrive();
        self.keep();
    }

    pub(crate) fn now(&self) -> &Cluster {
        &self.now
    }

    /// Calls [`Cluster::plan_to_break`]. States that were kept before are not affected.
    pub(crate) fn plan_to_break(&mut self, at: SimTime) {
        self.now.plan_to_break(at);
    }

    pub(crate) fn start(&self) -> SimTime {
        self.start
    }

    pub(crate) fn branches(&self) -> &Branches {
        &self.branches
    }

    pub(crate) fn place(&self) -> Place {
        Place { at: self.now.now(), acts: self.done }
    }

    /// Returns how far the shown branch has run.
    pub(crate) fn head_at(&self) -> SimTime {
        self.branches.current().head
    }

    pub(crate) fn is_past(&self) -> bool {
        self.now.now() < self.head_at()
    }

    /// Returns the furthest state of the branch. `None` if it is `now` or unknown.
    pub(crate) fn head(&self) -> Option<&Cluster> {
        self.head.as_deref().filter(|_| self.is_past())
    }

    /// Returns how many branches were dropped because there were too many.
    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Returns how many states are kept to go back to.
    pub(crate) fn kept(&self) -> usize {
        self.checkpoints.len()
    }

    // ---- forwards ----

    /// Runs up to and including `until`, repeating the branch's acts, and beyond its head.
    pub(crate) fn run_until(&mut self, until: SimTime) {
        let until = until.min(SimTime::ZERO + MAX_UNTIL);
        loop {
            let stop = self.next_stop(until);
            self.work_through(stop);
            if self.now.invariants().broken().is_some() {
                return;
            }
            self.arrive();
            if stop == until {
                return;
            }
        }
    }

    /// Runs up to and including `until` while `go_on` returns true. Ends at the end of an instant.
    pub(crate) fn run_while(&mut self, until: SimTime, go_on: Patience<'_>) {
        let until = until.min(SimTime::ZERO + MAX_UNTIL);
        while self.now.now() < until && self.now.invariants().broken().is_none() && go_on() {
            let stop = self.next_stop(until);
            let more = self.work(stop);
            self.run_until(if more { self.now.now() } else { stop });
        }
    }

    /// Returns the next moment with an act or a checkpoint, at most `until`.
    fn next_stop(&self, until: SimTime) -> SimTime {
        let act = self.branches.current().acts.get(self.done).map_or(until, |act| act.at());
        until.min(act).min(self.checkpoints.due(self.now.now()))
    }

    /// Does the acts that are due now, and keeps a checkpoint if one is due.
    fn arrive(&mut self) {
        let now = self.now.now();
        while let Some(act) = self.branches.current().acts.get(self.done).filter(|act| act.at() <= now) {
            let (cluster_act, told) = (act.step.action.act(), !act.text.is_empty());
            // An act that is refused (there is no leader) was refused before too.
            let text = carry_out(&mut self.now, &cluster_act).unwrap_or_default();
            if !told {
                self.branches.current_mut().acts[self.done].text = text.into();
            }
            self.done += 1;
        }
        if now >= self.head_at() {
            self.branches.current_mut().head = now;
            self.head = None;
        }
        let limits = self.checkpoints.limits();
        if now.0.is_multiple_of(limits.spacing_us) && !(now == self.start && limits.start_again) {
            self.keep();
        }
    }

    fn keep(&mut self) {
        let (now, place) = (&self.now, self.place());
        self.checkpoints.keep(self.branches.current(), place, || Rc::new(now.snapshot()));
    }

    /// Runs while `go_on` returns true, at most to `limit`, until `wanted` accepts the notes since the one with a given number.
    /// Returns whether it did. Ends at the end of an instant.
    fn run_to(&mut self, limit: SimTime, go_on: Patience<'_>, wanted: impl Fn(&Cluster, u64) -> bool) -> bool {
        let limit = limit.min(SimTime::ZERO + MAX_UNTIL);
        loop {
            let before = self.now.world().trace().last_note();
            let stop = self.next_stop(limit);
            let mut events = 0;
            let (from, mut patient) = (self.now.events(), true);
            let noted = loop {
                if events % self.look_events == 0 && !go_on() {
                    patient = false;
                    break false;
                }
                events += 1;
                if !self.now.step_until(stop) {
                    break false;
                }
                if self.now.world().trace().last_note() != before {
                    break true;
                }
            };
            self.spent += self.now.events() - from;
            if self.now.invariants().broken().is_some() {
                return false;
            }
            if patient && !noted {
                self.now.run_until(stop);
                self.arrive();
            }
            let found = wanted(&self.now, before);
            if found || !patient {
                let now = self.now.now();
                self.run_until(now);
                return found || wanted(&self.now, before);
            }
            if !noted && stop == limit {
                return false;
            }
        }
    }

    /// Runs to the next event of the list of events, or for a minute.
    pub(crate) fn step(&mut self) {
        self.step_within(self.now.now() + STEP_LIMIT, &mut || true);
    }

    /// Runs to the next event, at most to `limit`. Returns whether it reached one.
    pub(crate) fn step_within(&mut self, limit: SimTime, go_on: Patience<'_>) -> bool {
        self.run_to(limit, go_on, |cluster, before| {
            cluster.world().trace().notes_from(before + 1).any(|note| narration::tell(cluster, note).is_some())
        })
    }

    /// Runs until the goal is reached, at most to `limit`. Returns whether it is reached.
    pub(crate) fn run_towards(&mut self, goal: Goal, limit: SimTime, go_on: Patience<'_>) -> bool {
        self.run_to(limit, go_on, |cluster, before| match goal {
            Goal::Takeover => cluster.history().takeovers.back().is_some_and(|takeover| takeover.note > before),
            Goal::Error => cluster.world().trace().notes_from(before + 1).any(|note| match &note.what {
                TraceEvent::Lane { ok, .. } => !ok,
                TraceEvent::Command(printed) => printed.exit != 0,
                _ => false,
            }),
        })
    }

    // ---- acts ----

    /// Applies an act now. In the past that starts a new branch.
    ///
    /// # Errors
    /// A sentence that says why it is refused. Nothing has changed then.
    pub(crate) fn act(&mut self, act: &Act) -> Result<(), String> {
        let at = self.now.now();
        let step = Step { at: Span(at.since(SimTime::ZERO)), action: Action::of(act) };
        if self.done >= MAX_STEPS {
            return Err(say::NOT_DONE_TOO_MANY.with(&[("n", &MAX_STEPS)]));
        }
        if let Err(error) = step.check(self.now.config()) {
            // The cluster's own reason, if it has one, is that of the real component.
            return Err(self.now.check_act(act).map_or_else(|why| refusal(&why), |()| error.to_string()));
        }
        // The act of the saved step, so that a loaded run is the same.
        let text = carry_out(&mut self.now, &step.action.act())?;
        let here = self.place();
        if here.at < self.head_at() || self.done < self.branches.current().acts.len() {
            self.leave(here, here);
        }
        self.branches.log(Rc::new(step), text.into());
        let branch = self.branches.current_mut();
        (branch.head, branch.undone) = (at, None);
        self.done += 1;
        self.thin();
        Ok(())
    }

    /// Leaves the branch at `here` for a new one that has the same past up to `place`.
    fn leave(&mut self, here: Place, place: Place) {
        self.store_head();
        self.branches.fork(here, place);
    }

    fn store_head(&mut self) {
        let id = self.branches.current().id;
        if self.checkpoints.limits().heads == 0 {
            self.head = None;
            return;
        }
        let known = if self.is_past() { self.head.take() } else { Some(Rc::new(self.now.snapshot())) };
        self.head = None;
        if let Some(head) = known {
            self.heads.retain(|(other, _)| *other != id);
            self.heads.push((id, head));
            let many = self.heads.len().saturating_sub(self.checkpoints.limits().heads);
            self.heads.drain(..many);
        }
    }

    /// Drops branches that are too many.
    fn thin(&mut self) {
        while self.branches.thin().is_some() {
            self.dropped += 1;
        }
        let branches = &self.branches;
        self.heads.retain(|(id, _)| branches.get(*id).is_some());
    }

    // ---- anywhere ----

    /// Goes to a moment of the branch while `go_on` returns true. `None` when it is there. Otherwise returns the moment to
    /// continue to: by [`Self::start_on`] if it starts again for that, then by [`Self::run_while`].
    pub(crate) fn seek(&mut self, at: SimTime, go_on: Patience<'_>) -> Option<SimTime> {
        let place = self.branches.current().place(at.clamp(self.start, self.head_at()));
        if place < self.place() && !self.is_past() {
            self.head = Some(Rc::new(self.now.snapshot()));
        }
        self.go(place, true, go_on)
    }

    /// Goes to a place of the branch. `own` says whether the present state belongs to the branch.
    fn go(&mut self, place: Place, own: bool, go_on: Patience<'_>) -> Option<SimTime> {
        let here = self.place();
        let on_the_way = own && here.at <= place.at && here.acts <= place.acts;
        let branch = self.branches.current();
        let nearest = self.checkpoints.before(branch, place);
        let head = branch.place(branch.head);
        if on_the_way && here == place {
            return None;
        }
        if place == head
            && let Some(state) = &self.head
        {
            (self.now, self.done) = ((**state).clone(), place.acts);
        } else if let Some((kept, state)) = nearest.filter(|(kept, _)| !on_the_way || *kept > here) {
            (self.now, self.done) = ((*state).clone(), kept.acts);
        } else if !on_the_way {
            (self.now, self.done, self.started) = (Cluster::new(self.now.config()), 0, false);
        }
        if !self.start_on(go_on) {
            return Some(place.at);
        }
        self.run_while(place.at, go_on);
        if self.now.now() == place.at {
            // A kept state may be from before the acts of its instant.
            self.run_until(place.at);
        }
        (self.now.now() < place.at && self.now.invariants().broken().is_none()).then_some(place.at)
    }

    /// Goes back to a moment of the branch, on a branch without later acts. Returns false if the branch has no such moment, and
    /// `None` if patience ended on the way and it must be called again.
    pub(crate) fn rewind(&mut self, at: SimTime, go_on: Patience<'_>) -> Option<bool> {
        if at < self.start || at > self.head_at() {
            return Some(false);
        }
        if self.seek(at, go_on).is_some() {
            return None;
        }
        let here = self.place();
        if self.is_past() || self.done < self.branches.current().acts.len() {
            self.leave(here, here);
            self.thin();
        }
        Some(here.at == at)
    }

    /// Goes back to the last listed event before now, or to the start.
    pub(crate) fn step_back(&mut self, go_on: Patience<'_>) -> Option<SimTime> {
        let now = self.now.now();
        let mut notes = self.now.world().trace().notes_from(1).rev();
        let told = notes.find(|note| note.at < now && narration::tell(&self.now, note).is_some());
        let at = told.map_or(self.start, |note| note.at);
        drop(notes);
        self.seek(at, go_on)
    }

    pub(crate) fn can_undo(&self) -> bool {
        self.done > 0
    }

    pub(crate) fn can_redo(&self) -> bool {
        self.branches.current().undone.is_some()
    }

    /// Goes back to just before the last act done, on a branch without it.
    pub(crate) fn undo(&mut self, go_on: Patience<'_>) -> Option<SimTime> {
        let last = self.done.checked_sub(1)?;
        let branch = self.branches.current();
        let place = Place { at: branch.acts[last].at(), acts: last };
        let (id, steps) = (branch.id, self.done);
        if branch.undone.is_some() && branch.own().is_empty() {
            self.rewrite(place, None);
        } else {
            let here = self.place();
            self.leave(here, place);
            self.branches.current_mut().undone = Some((id, steps));
            self.thin();
        }
        self.go(place, false, go_on)
    }

    /// Takes the last undo back: repeats the act, or shows the undone branch at the place where it was left.
    pub(crate) fn redo(&mut self, go_on: Patience<'_>) -> Option<SimTime> {
        let branch = self.branches.current();
        let (id, steps) = branch.undone?;
        let next = branch.acts.len() + 1;
        let undone = self.branches.get(id)?;
        if next == steps {
            return self.show(id, go_on);
        }
        let place = Place { at: undone.acts[next].at(), acts: next };
        self.rewrite(place, Some(id));
        self.go(place, false, go_on)
    }

    /// Ends the branch, which has no acts of its own, at `place`, with the acts of `source` if it has fewer.
    fn rewrite(&mut self, place: Place, source: Option<u32>) {
        let acts = source.and_then(|id| self.branches.get(id)).map(|branch| branch.acts[..place.acts].to_vec());
        let branch = self.branches.current_mut();
        match acts {
            Some(acts) => branch.acts = acts,
            None => branch.acts.truncate(place.acts),
        }
        (branch.forked, branch.head) = (place, place.at);
        self.head = None;
    }

    /// Shows another branch at the place where it was left.
    pub(crate) fn show(&mut self, id: u32, go_on: Patience<'_>) -> Option<SimTime> {
        let there = self.branches.get(id)?.here;
        let here = self.place();
        if id == self.branches.current().id {
            return None;
        }
        self.store_head();
        self.branches.show(id, here);
        self.thin();
        let found = self.heads.iter().position(|(other, _)| *other == id);
        self.head = found.map(|at| self.heads.remove(at).1);
        self.go(there, false, go_on)
    }
}

/// Applies an act, and handles all events of its instant. Returns the act's text.
fn carry_out(cluster: &mut Cluster, act: &Act) -> Result<String, String> {
    let before = cluster.world().trace().last_note();
    cluster.apply(act).map_err(|why| refusal(&why))?;
    let mut notes = cluster.world().trace().notes_from(before + 1);
    let text = notes.find_map(|note| match &note.what {
        TraceEvent::Act(what) => Some(done(what)),
        _ => None,
    });
    drop(notes);
    let now = cluster.now();
    cluster.run_until(now);
    Ok(text.unwrap_or_default())
}
