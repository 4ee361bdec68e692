//! What a lesson needs of whoever runs the cluster, and the plainest that there is: for tests and the command line.

use std::rc::Rc;

use crate::cluster::Cluster;
use crate::cluster::config::Act;
use crate::lab::scenario::{self, Scenario};
use crate::lab::session::Session;
use crate::lab::view::Setup;
use crate::lab::words::acts::refusal;
use crate::sim::{SimDuration, SimTime};

/// A new cluster has run so long before a beat begins: every part is up and the leases are held.
const WARM_UP: SimTime = SimTime(30_000_000);

/// Whoever runs the cluster.
pub trait Stage {
    fn cluster(&self) -> &Cluster;

    /// A new cluster with this seed that has run for half a minute.
    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64);

    /// Does something now.
    ///
    /// # Errors
    /// A sentence that says why it cannot be done; nothing was changed.
    fn apply(&mut self, act: &Act) -> Result<(), String>;

    /// Runs so much simulated time.
    fn advance(&mut self, us: u64);

    /// Goes back to this instant of the run: what was done at it or before stays, what was done later is undone. False if
    /// the run does not reach back so far, or another was loaded meanwhile.
    fn rewind(&mut self, us: u64) -> bool;
}

impl Stage for Session {
    fn cluster(&self) -> &Cluster {
        Session::cluster(self)
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64) {
        self.reset(Setup::new(seed, (**cluster).clone()));
        self.start();
    }

    fn apply(&mut self, act: &Act) -> Result<(), String> {
        Session::apply(self, act)
    }

    fn advance(&mut self, us: u64) {
        // A part of the page's own stretch of time.
        self.run_on(us);
    }

    fn rewind(&mut self, us: u64) -> bool {
        Session::rewind(self, us)
    }
}

/// A cluster, how it began, and what was done to it.
pub struct Bench {
    cluster: Cluster,
    begun: Cluster,
    acts: Vec<(SimTime, Act)>,
    /// Clusters that were loaded before, as they are half a minute old.
    known: Vec<(Rc<scenario::Cluster>, u64, Cluster)>,
}

impl Default for Bench {
    /// With the default cluster, which has not run yet.
    fn default() -> Self {
        let begun = Cluster::new(&Scenario::default().config(1));
        Bench { cluster: begun.clone(), begun, acts: Vec::new(), known: Vec::new() }
    }
}

fn warm(cluster: &scenario::Cluster, seed: u64) -> Cluster {
    let scenario = Scenario { cluster: cluster.clone(), ..Scenario::default() };
    let mut cluster = Cluster::new(&scenario.config(seed));
    cluster.run_until(WARM_UP);
    cluster
}

impl Stage for Bench {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn load(&mut self, cluster: &Rc<scenario::Cluster>, seed: u64) {
        let known = self.known.iter().find(|(known, s, _)| known == cluster && *s == seed).map(|(.., c)| c.clone());
        self.begun = known.unwrap_or_else(|| {
            let begun = warm(cluster, seed);
            self.known.push((cluster.clone(), seed, begun.clone()));
            begun
        });
        self.cluster = self.begun.clone();
        self.acts.clear();
    }

    fn apply(&mut self, act: &Act) -> Result<(), String> {
        self.cluster.apply(act).map_err(|why| refusal(&why))?;
        self.acts.push((self.cluster.now(), act.clone()));
        Ok(())
    }

    fn advance(&mut self, us: u64) {
        let until = self.cluster.now() + SimDuration::from_micros(us);
        self.cluster.run_until(until);
    }

    fn rewind(&mut self, us: u64) -> bool {
        let until = SimTime(us);
        if until < self.begun.now() || until > self.cluster.now() {
            return false;
        }
        let mut cluster = self.begun.clone();
        self.acts.retain(|(at, _)| *at <= until);
        for (at, act) in &self.acts {
            cluster.run_until(*at);
            // It could be done then, so it can be done now.
            let done = cluster.apply(act);
            debug_assert_eq!(done, Ok(()));
        }
        cluster.run_until(until);
        self.cluster = cluster;
        true
    }
}
