//! A learner's session: one cluster that runs as far as the caller asks, the acts on it, and the way back.

mod branches;
mod checkpoints;
mod time_machine;

use std::cell::RefCell;
use std::rc::Rc;

use super::forms::{self, FormAct};
use super::narration::texts as say;
use super::project::messages::Messages;
use super::project::timeline::Timeline;
use super::project::{self, details};
use super::scenario::{MAX_NAME, MAX_UNTIL, Scenario, Span};
use super::view::{BranchView, Detail, EventView, Name, Reading, Setup, Verb, View};
use crate::cluster::Cluster;
use crate::cluster::config::{self, Target};
use crate::cluster::observation::Requests;
use crate::console::{self, Parsed, Tool};
use crate::sim::{SimDuration, SimTime};
pub use time_machine::Goal;
pub(crate) use time_machine::Patience;
use time_machine::TimeMachine;

/// How long a new cluster runs before it is shown: every part is up and the leases are held.
const WARM_UP: SimTime = SimTime(30_000_000);

/// A learner's session: one cluster, the acts on it, and the way back.
pub struct Session {
    name: String,
    setup: Setup,
    machine: TimeMachine,
    /// Requests made before the cluster was up and shown. They are subtracted from the totals.
    base: Requests,
    /// Parts that views share. Updated when a view is built.
    cache: RefCell<Cache>,
}

struct Cache {
    names: project::ViewCache,
    timeline: Timeline,
    messages: Messages,
    branches: Rc<Vec<BranchView>>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// Returns a session with the default cluster, with every part up.
    pub fn new() -> Session {
        let mut session = Session::build(Setup::default());
        session.start();
        session
    }

    /// Returns a session whose cluster has not started yet: [`Self::start_on`].
    pub(crate) fn build(setup: Setup) -> Session {
        Session::of(String::new(), setup, &[], WARM_UP)
    }

    fn of(name: String, setup: Setup, script: &[super::scenario::Step], until: SimTime) -> Session {
        let mut script = script.to_vec();
        script.sort_by_key(|step| step.at.0);
        let first = script.first().map_or(until, |step| SimTime::ZERO + step.at.0);
        let start = WARM_UP.min(first).min(until);
        let config = setup.cluster.config(setup.seed);
        let machine = TimeMachine::new(&config, start, script, until);
        let cluster = machine.now();
        let cache = Cache {
            names: project::ViewCache::of(cluster),
            timeline: Timeline::default(),
            messages: Messages::from_now(cluster),
            branches: Rc::default(),
        };
        Session { name, base: cluster.requests(), setup, machine, cache: RefCell::new(cache) }
    }

    /// Replaces the cluster, and starts again at 0 s. [`Self::start_on`] starts it; the lease is read as the cluster says.
    pub fn reset(&mut self, setup: Setup) {
        let spent = self.spent();
        *self = Session::build(setup);
        self.machine.has_spent(spent);
    }

    /// Returns the run of a scenario, not started yet. [`Self::advance`] does its acts on the way to its end, [`Self::head_us`].
    pub fn open(scenario: &Scenario) -> Session {
        let setup = Setup::new(scenario.seed, scenario.cluster.clone());
        Session::of(scenario.name.clone(), setup, &scenario.script, SimTime::ZERO + scenario.until.0)
    }

    /// Returns the run of a scenario at its end.
    pub fn load(scenario: &Scenario) -> Session {
        let mut session = Session::open(scenario);
        session.start();
        session.advance(session.head_us() - session.now_us());
        session
    }

    /// Returns whether the cluster is still starting. That takes seconds for a large one, and [`Self::start_on`] does it in
    /// parts. Any other call that passes time or changes the cluster finishes the start first. A small cluster may start again
    /// to go back in time.
    pub(crate) fn is_starting(&self) -> bool {
        !self.machine.has_started()
    }

    /// Continues the start while `go_on` returns true. Returns whether the cluster has started.
    pub fn start_on(&mut self, go_on: Patience<'_>) -> bool {
        if self.is_starting() && self.machine.start_on(go_on) {
            self.base = self.machine.now().requests();
            self.cache.get_mut().messages = Messages::from_now(self.machine.now());
        }
        !self.is_starting()
    }

    /// Finishes the start at once.
    pub fn start(&mut self) {
        self.start_on(&mut || true);
    }

    /// Returns the scenario that leads to this moment.
    pub fn to_scenario(&self) -> Scenario {
        let place = self.machine.place();
        self.scenario(place.acts, place.at)
    }

    /// Returns the scenario of the whole branch, to its head.
    pub fn to_head(&self) -> Scenario {
        self.scenario(usize::MAX, self.machine.head_at())
    }

    fn scenario(&self, acts: usize, until: SimTime) -> Scenario {
        let logged = self.machine.branches().current().acts.iter();
        Scenario {
            name: self.name.chars().take(MAX_NAME).collect(),
            seed: self.setup.seed,
            cluster: (*self.setup.cluster).clone(),
            script: logged.take(acts).map(|act| (*act.step).clone()).collect(),
            until: Span(until.since(SimTime::ZERO)),
        }
    }

    /// Returns the cluster as it is now.
    pub fn cluster(&self) -> &Cluster {
        self.machine.now()
    }

    /// Returns the simulated time since the start of the run, µs.
    pub fn now_us(&self) -> u64 {
        self.cluster().now().0
    }

    /// Returns the earliest moment to go back to, µs. While the cluster is starting, that is the end of its start.
    pub fn start_us(&self) -> u64 {
        self.machine.start().0
    }

    /// Returns the furthest moment of the branch that is shown, µs.
    pub fn head_us(&self) -> u64 {
        self.machine.head_at().0
    }

    /// Returns the last moment that a run can reach, µs: the limit of a saved run.
    pub(crate) fn end_us(&self) -> u64 {
        MAX_UNTIL.0
    }

    /// Runs `us` of simulated time. In the past it repeats the branch's acts. At the head it extends the branch.
    pub fn advance(&mut self, us: u64) {
        self.start_stretch();
        self.run_on(us);
    }

    /// Runs `us` of simulated time as a part of the step of time that [`Self::start_stretch`] started.
    pub(crate) fn run_on(&mut self, us: u64) {
        self.start();
        let until = SimTime(self.now_us().saturating_add(us));
        self.machine.run_until(until);
    }

    /// Runs up to a moment while `go_on` returns true. Returns true when it is reached, or when time stands still.
    pub(crate) fn run_on_until(&mut self, us: u64, go_on: Patience<'_>) -> bool {
        if !self.start_on(go_on) {
            return false;
        }
        self.machine.run_while(SimTime(us), go_on);
        self.now_us() >= us.min(self.end_us()) || self.broken().is_some()
    }

    /// Returns the work done so far, in events handled. Includes moves in time and the runs before a reset.
    pub fn spent(&self) -> u64 {
        self.machine.spent()
    }

    /// Runs `us` of simulated time in small parts while `go_on` returns true before each. Returns how much was run, µs.
    pub fn advance_while(&mut self, us: u64, go_on: Patience<'_>) -> u64 {
        self.start_stretch();
        let from = self.now_us();
        self.machine.run_while(SimTime(from.saturating_add(us)), go_on);
        self.now_us() - from
    }

    /// Runs to the next event of the list of events.
    pub fn step(&mut self) {
        self.start_stretch();
        self.machine.step();
    }

    /// Runs to the next event, at most `us` of simulated time, while `go_on` returns true. Returns whether it reached one.
    pub(crate) fn step_within(&mut self, us: u64, go_on: Patience<'_>) -> bool {
        self.start_stretch();
        let limit = SimTime(self.now_us().saturating_add(us));
        self.machine.step_within(limit, go_on)
    }

    /// Runs until the goal is reached, at most `us` of simulated time, while `go_on` returns true. Returns whether it is reached.
    pub fn run_towards(&mut self, goal: Goal, us: u64, go_on: Patience<'_>) -> bool {
        self.start_stretch();
        let limit = SimTime(self.now_us().saturating_add(us));
        self.machine.run_towards(goal, limit, go_on)
    }

    /// Starts a step of time: views carry the messages sent from now on.
    pub(crate) fn start_stretch(&mut self) {
        self.start();
        self.cache.get_mut().messages.begin(self.machine.now());
    }

    /// Goes to a moment between the start and the head of the branch while `go_on` returns true. `None` when it is there.
    /// Otherwise returns the moment to continue to: by [`Self::start_on`] if the cluster starts again for
    /// that, then by [`Self::advance_while`]. All jumps in time work like this.
    pub fn seek(&mut self, us: u64, go_on: Patience<'_>) -> Option<u64> {
        self.jump(|machine| machine.seek(SimTime(us), go_on))
    }

    /// Goes back to a moment of the branch, on a branch without later acts. Returns false if the branch has no such moment, and
    /// `None` if it is not there yet and must be called again.
    pub fn rewind(&mut self, us: u64, go_on: Patience<'_>) -> Option<bool> {
        let mut there = None;
        self.jump(|machine| {
            there = machine.rewind(SimTime(us), go_on);
            None
        });
        there
    }

    /// Goes back to the last listed event before now, or to the start. Returns as [`Self::seek`].
    pub fn step_back(&mut self, go_on: Patience<'_>) -> Option<u64> {
        self.jump(|machine| machine.step_back(go_on))
    }

    /// Goes back to just before the last act, on a branch without it. The undone branch is kept. Returns as [`Self::seek`].
    pub fn undo(&mut self, go_on: Patience<'_>) -> Option<u64> {
        self.jump(|machine| machine.undo(go_on))
    }

    /// Takes the last undo back. Returns as [`Self::seek`].
    pub fn redo(&mut self, go_on: Patience<'_>) -> Option<u64> {
        self.jump(|machine| machine.redo(go_on))
    }

    /// Shows another branch at the place where it was left. Returns as [`Self::seek`].
    pub fn branch(&mut self, id: u32, go_on: Patience<'_>) -> Option<u64> {
        self.jump(|machine| machine.show(id, go_on))
    }

    fn jump(&mut self, go: impl FnOnce(&mut TimeMachine) -> Option<SimTime>) -> Option<u64> {
        let left = go(&mut self.machine);
        let cache = self.cache.get_mut();
        cache.timeline = Timeline::default();
        cache.messages = Messages::from_now(self.machine.now());
        cache.names.jump();
        left.map(|at| at.0)
    }

    /// Returns whether there is an act to undo.
    pub fn can_undo(&self) -> bool {
        self.machine.can_undo()
    }

    /// Returns whether there is an undo to take back.
    pub fn can_redo(&self) -> bool {
        self.machine.can_redo()
    }

    /// Returns how many branches were dropped because there were too many.
    pub fn dropped(&self) -> u32 {
        self.machine.dropped()
    }

    /// Returns how many states of the cluster are kept to go back to.
    pub fn kept(&self) -> usize {
        self.machine.kept()
    }

    /// Returns which invariant of the simulation was violated, and how. Time has stood still since. `None` while all hold.
    pub(crate) fn broken(&self) -> Option<String> {
        let broken = self.cluster().invariants().broken()?;
        Some(format!("invariant {} did not hold at {} ms: {}", broken.name, broken.at.as_millis(), broken.detail))
    }

    /// Makes an invariant count as broken from this moment on, in µs, to show what the page does then.
    pub(crate) fn plan_to_break(&mut self, at_us: u64) {
        self.machine.plan_to_break(SimTime(at_us));
    }

    /// Returns the view of the present moment.
    pub fn view(&self) -> View {
        let mut cache = self.cache.borrow_mut();
        let Cache { names, timeline, messages, branches } = &mut *cache;
        let cluster = self.machine.now();
        let told = self.machine.branches().views();
        if **branches != told {
            *branches = Rc::new(told);
        }
        let reading = cluster.settings().reading;
        // Until it has started there are no other moments to go to.
        let ends = if self.is_starting() { [self.now_us(); 2] } else { [self.start_us(), self.head_us()] };
        project::view(
            cluster,
            &self.base,
            names,
            project::Shared {
                setup: Setup { reading, ..self.setup.clone() },
                history: timeline.update(cluster, self.machine.head()),
                series: timeline.series(self.machine.head().unwrap_or(cluster)),
                messages: messages.recent(cluster, names),
                start_us: ends[0],
                head_us: ends[1],
                known_us: self.machine.head().unwrap_or(cluster).now().0,
                branches: branches.clone(),
                branch: self.machine.branches().current().id,
            },
        )
    }

    /// Returns the details of one host, process or pod.
    pub fn detail(&self, target: &str) -> Detail {
        details::of(self.cluster(), target)
    }

    /// Applies a verb to a host or a process (`master-1`, `master-1/etcd`).
    ///
    /// # Errors
    /// A sentence that says why it is refused. Nothing has changed then.
    pub fn act(&mut self, target: &str, verb: Verb) -> Result<(), String> {
        // `pod/web-6d4b-x2x9k`, as kubectl names it.
        let named = match target.split_once('/') {
            Some(("pod", name)) => Target::PodNamed(name.to_owned()),
            Some((host, name)) => Target::Process { host: host.to_owned(), name: name.to_owned() },
            None => Target::Host(target.to_owned()),
        };
        self.apply(&config::Act::On(verb, named))
    }

    /// Submits a form of `target`.
    ///
    /// # Errors
    /// Which field is wrong, or why the act is refused. Nothing has changed then.
    pub fn perform(&mut self, act: FormAct, target: &str, fields: &[Name]) -> Result<(), String> {
        let hosts: Vec<String> = self.cluster().topology().hosts.iter().map(|host| host.name.clone()).collect();
        let act = forms::act_of(act, target, fields, &hosts)?;
        let typed = match &act {
            config::Act::Kubectl { args } => Some((Tool::Kubectl, args)),
            config::Act::Etcdctl { args } => Some((Tool::Etcdctl, args)),
            _ => None,
        };
        if let Some((tool, args)) = typed
            && let Parsed::Unsupported(what) = console::parse(tool, args)
        {
            return Err(say::NOT_DONE_UNSUPPORTED.with(&[("what", &what)]));
        }
        self.apply(&act)
    }

    /// Sets the lease timings, as typed (`15s`), for every candidate from its next step on.
    ///
    /// # Errors
    /// The real component's message. The old timings stay in force.
    pub fn set_timings(&mut self, lease: &str, renew: &str, retry: &str) -> Result<(), String> {
        let read = |flag: &str, text: &str| SimDuration::parse(text).map_err(|error| format!("{flag}: {error}"));
        let act = config::Act::Timings {
            lease_duration: read("--leader-elect-lease-duration", lease)?,
            renew_deadline: read("--leader-elect-renew-deadline", renew)?,
            retry_period: read("--leader-elect-retry-period", retry)?,
        };
        self.apply(&act)
    }

    /// Sets the reading of the lease for every candidate, from its next step on.
    ///
    /// # Errors
    /// If the timings in force are not valid in that reading.
    pub(crate) fn set_reading(&mut self, reading: Reading) -> Result<(), String> {
        self.apply(&config::Act::Reading(reading))
    }

    /// Applies an act now, as the page's controls do.
    ///
    /// # Errors
    /// A sentence that says why it is refused. Nothing has changed then.
    pub(super) fn apply(&mut self, act: &config::Act) -> Result<(), String> {
        self.start_stretch();
        let branch = self.machine.branches().current().id;
        self.machine.act(act)?;
        if self.machine.branches().current().id != branch {
            self.cache.get_mut().timeline = Timeline::default();
        }
        Ok(())
    }

    /// Returns the chain of causes from an event, the first element, back to the act that started it. The event may be one of
    /// the future.
    pub fn why(&self, event: u64) -> Vec<EventView> {
        let known = |cluster: &&Cluster| cluster.world().trace().get_note(event).is_some();
        let cluster = Some(self.cluster()).filter(known).or(self.machine.head());
        super::narration::transcript::why(cluster.unwrap_or(self.cluster()), event)
    }
}
