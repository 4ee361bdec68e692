//! What a lesson needs of whoever runs the cluster, and the plainest that there is: for tests and the command line.

use std::rc::Rc;

use crate::cluster::Cluster;
use crate::cluster::config::Act;
use crate::lab::narration::acts::refusal;
use crate::lab::scenario::{self, Scenario};
use crate::lab::session::{Patience, Session};
use crate::lab::view::Setup;
use crate::sim::{SimDuration, SimTime};

/// A new cluster has run so long before a beat begins: every part is up and the leases are held.
const WARM_UP: SimTime = SimTime(30_000_000);

/// Whoever runs the cluster. What may take long is done for as long as there is time ([`Stage::in_time`]), and is asked for
/// again when there is more.
pub trait Stage {
    fn cluster(&self) -> &Cluster;

    /// A new cluster with this seed takes the place of what runs; it has not started yet.
    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64);

    /// Goes on with the start; true when the cluster has run for half a minute.
    fn start_on(&mut self) -> bool;

    /// Does something now.
    ///
    /// # Errors
    /// A sentence that says why it cannot be done; nothing was changed.
    fn apply(&mut self, act: &Act) -> Result<(), String>;

    /// Runs towards this moment; true when it is there, or when time stands still because an invariant is broken.
    fn run_until(&mut self, until: SimTime) -> bool;

    /// Goes back to this instant of the run: what was done at it or before stays, what was done later is undone. False if
    /// the run does not reach back so far, or another was loaded meanwhile. None: not there yet.
    fn rewind(&mut self, us: u64) -> Option<bool>;

    /// Whether there is time for more now.
    fn in_time(&mut self) -> bool {
        true
    }

    /// Runs so much simulated time, if there is time for it.
    fn advance(&mut self, us: u64) {
        let until = self.cluster().now() + SimDuration::from_micros(us);
        self.run_until(until);
    }
}

/// A session for as long as somebody's patience lasts: a page's, whose frames must be short.
pub struct Timed<'a> {
    pub session: &'a mut Session,
    pub go_on: Patience<'a>,
}

impl Stage for Timed<'_> {
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
        // A part of the page's own stretch of time.
        self.session.run_on_until(until.0, self.go_on)
    }

    fn rewind(&mut self, us: u64) -> Option<bool> {
        self.session.rewind(us, self.go_on)
    }

    fn in_time(&mut self) -> bool {
        (self.go_on)()
    }
}

impl Stage for Session {
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

/// A cluster, how it began, and what was done to it.
pub struct Bench {
    cluster: Cluster,
    begun: Cluster,
    acts: Vec<(SimTime, Act)>,
    /// What was loaded last, and whether it has started.
    loaded: (Rc<scenario::Cluster>, u64),
    started: bool,
    /// Clusters that were loaded before, as they are half a minute old.
    known: Vec<(Rc<scenario::Cluster>, u64, Cluster)>,
    /// So many more events are handled, for it to end whatever is played.
    events: u64,
}

impl Default for Bench {
    /// With the default cluster, which has not run yet.
    fn default() -> Self {
        Bench::limited(u64::MAX)
    }
}

impl Bench {
    /// The same, but it handles at most so many events.
    pub fn limited(events: u64) -> Self {
        let begun = Cluster::new(&Scenario::default().config(1));
        let loaded = (Rc::default(), 1);
        Bench { cluster: begun.clone(), begun, acts: Vec::new(), loaded, started: true, known: Vec::new(), events }
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

impl Stage for Bench {
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
            // It could be done then, so it can be done now.
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
