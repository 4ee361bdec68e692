//! What a lesson needs from its host, the owner of the cluster, and the simplest host: for tests and the command line.

use std::rc::Rc;

use crate::cluster::Cluster;
use crate::cluster::config::Act;
use crate::lab::narration::acts::refusal;
use crate::lab::scenario::{self, Scenario};
use crate::lab::session::{Patience, Session};
use crate::lab::view::Setup;
use crate::sim::{SimDuration, SimTime};

/// How long a new cluster runs before a beat starts: every part is up and the leases are held.
const WARM_UP: SimTime = SimTime(30_000_000);

/// The owner of the cluster. Long work runs while there is time ([`ClusterBackend::in_time`]); the caller asks again to continue it.
pub trait ClusterBackend {
    fn cluster(&self) -> &Cluster;

    /// Replaces the cluster by a new one with this seed, which has not started yet.
    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64);

    /// Continues the start. Returns whether the cluster has run for half a minute.
    fn start_on(&mut self) -> bool;

    /// Applies an act now.
    ///
    /// # Errors
    /// A sentence that says why it is refused. Nothing has changed then.
    fn apply(&mut self, act: &Act) -> Result<(), String>;

    /// Runs towards this moment. Returns true when it is reached, or when time stands still because an invariant is broken.
    fn run_until(&mut self, until: SimTime) -> bool;

    /// Goes back to this instant of the run: acts up to it stay, later ones are undone. Returns false if the run does not
    /// reach back this far, or if another was loaded meanwhile, and `None` if it is not there yet.
    fn rewind(&mut self, us: u64) -> Option<bool>;

    /// Returns whether there is time for more now.
    fn in_time(&mut self) -> bool {
        true
    }

    /// Runs `us` of simulated time, or less if the time is up.
    fn advance(&mut self, us: u64) {
        let until = self.cluster().now() + SimDuration::from_micros(us);
        self.run_until(until);
    }
}

/// A session with a limit on the time of each call, for a page, whose frames must be short.
pub(crate) struct Timed<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) go_on: Patience<'a>,
}

impl ClusterBackend for Timed<'_> {
    fn cluster(&self) -> &Cluster {
        self.session.cluster()
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64) {
        self.session.reset(Setup::new(seed, (**cluster).clone()));
    }

    fn start_on(&mut self) -> bool {
        self.session.start_on(self.go_on)
    }

    fn apply(&mut self, act: &Act) -> Result<(), String> {
        self.session.apply(act)
    }

    fn run_until(&mut self, until: SimTime) -> bool {
        // A part of the page's own step of time.
        self.session.run_on_until(until.0, self.go_on)
    }

    fn rewind(&mut self, us: u64) -> Option<bool> {
        self.session.rewind(us, self.go_on)
    }

    fn in_time(&mut self) -> bool {
        (self.go_on)()
    }
}

impl ClusterBackend for Session {
    fn cluster(&self) -> &Cluster {
        Session::cluster(self)
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64) {
        self.reset(Setup::new(seed, (**cluster).clone()));
    }

    fn start_on(&mut self) -> bool {
        self.start();
        true
    }

    fn apply(&mut self, act: &Act) -> Result<(), String> {
        Session::apply(self, act)
    }

    fn run_until(&mut self, until: SimTime) -> bool {
        self.run_on_until(until.0, &mut || true)
    }

    fn rewind(&mut self, us: u64) -> Option<bool> {
        Session::rewind(self, us, &mut || true)
    }
}

/// A cluster, its start, and the acts on it.
pub struct InMemoryBackend {
    cluster: Cluster,
    begun: Cluster,
    acts: Vec<(SimTime, Act)>,
    /// The cluster that was loaded last, with its seed.
    loaded: (Rc<scenario::Cluster>, u64),
    started: bool,
    /// Clusters that were loaded before, at the age of half a minute.
    known: Vec<(Rc<scenario::Cluster>, u64, Cluster)>,
    /// The number of events that may still be handled, so that every lesson ends.
    events: u64,
}

impl Default for InMemoryBackend {
    /// Returns a bench with the default cluster, which has not run yet.
    fn default() -> Self {
        InMemoryBackend::limited(u64::MAX)
    }
}

impl InMemoryBackend {
    /// Returns a bench with the default cluster that handles at most `events` events.
    pub fn limited(events: u64) -> Self {
        let begun = Cluster::new(&Scenario::default().config(1));
        let loaded = (Rc::default(), 1);
        InMemoryBackend {
            cluster: begun.clone(),
            begun,
            acts: Vec::new(),
            loaded,
            started: true,
            known: Vec::new(),
            events,
        }
    }

    fn work(&mut self, until: SimTime) -> bool {
        while self.events > 0 {
            if !self.cluster.step_until(until) {
                self.cluster.run_until(until);
                return true;
            }
            self.events -= 1;
        }
        false
    }
}

impl ClusterBackend for InMemoryBackend {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64) {
        let known = self.known.iter().find(|(known, s, _)| known == cluster && *s == seed).map(|(.., c)| c.clone());
        self.started = known.is_some();
        self.loaded = (cluster.clone(), seed);
        self.begun = known.unwrap_or_else(|| {
            let scenario = Scenario { cluster: (**cluster).clone(), ..Scenario::default() };
            Cluster::new(&scenario.config(seed))
        });
        self.cluster = self.begun.clone();
        self.acts.clear();
    }

    fn start_on(&mut self) -> bool {
        if !self.started && self.work(WARM_UP) {
            self.started = true;
            self.begun = self.cluster.clone();
            let (cluster, seed) = self.loaded.clone();
            self.known.push((cluster, seed, self.begun.clone()));
        }
        self.started
    }

    fn apply(&mut self, act: &Act) -> Result<(), String> {
        self.cluster.apply(act).map_err(|why| refusal(&why))?;
        self.acts.push((self.cluster.now(), act.clone()));
        Ok(())
    }

    fn run_until(&mut self, until: SimTime) -> bool {
        self.work(until)
    }

    fn rewind(&mut self, us: u64) -> Option<bool> {
        let until = SimTime(us);
        if until < self.begun.now() || until > self.cluster.now() {
            return Some(false);
        }
        self.cluster = self.begun.clone();
        let mut acts = std::mem::take(&mut self.acts);
        acts.retain(|(at, _)| *at <= until);
        for (at, act) in &acts {
            self.work(*at);
            // It was accepted then, so it is accepted now.
            let done = self.cluster.apply(act);
            debug_assert!(done.is_ok() || self.events == 0, "{done:?}");
        }
        self.acts = acts;
        self.work(until).then_some(true)
    }

    fn in_time(&mut self) -> bool {
        self.events > 0
    }
}
