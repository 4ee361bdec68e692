//! A whole cluster: plans and builds it, applies acts, checks its invariants and keeps its history.
//!
//! Knows every kind of process and nothing of learners, lessons or pages.

mod acts;
mod build;
pub mod config;
mod facts;
pub mod flags;
pub mod history;
mod invariants;
pub mod observation;
pub mod process;
pub mod samples;
pub mod topology;

pub use acts::Refusal;
pub(crate) use observation::Weight;

use std::rc::Rc;

use config::Config;
use history::History;
use invariants::Invariants;
use process::Process;
use samples::{Sample, Samples};
use topology::{API_SERVER, CONTROLLER_MANAGER, ETCD, SCHEDULER, Topology};

use crate::etcd::raft::Role;
use crate::kube::election::{Component, Settings};
use crate::sim::{NoteId, ProcId, SimDuration, SimTime, World};

/// How often the invariants of the whole state are checked, besides after each note.
const CHECK_EVERY: SimDuration = SimDuration::from_secs(1);

/// A cluster and its history. A clone is a snapshot.
#[derive(Clone)]
pub struct Cluster {
    config: Rc<Config>,
    topology: Rc<Topology>,
    world: World<Process>,
    settings: Settings,
    history: History,
    invariants: Invariants,
    samples: Samples,
    seen: NoteId,
    next_check: SimTime,
    /// Events that were handled.
    events: u64,
}

impl Cluster {
    /// Builds the cluster and starts every host at time 0.
    pub fn new(config: &Config) -> Self {
        let topology = Topology::plan(config);
        let settings = config.election.settings();
        let mut world = build::world(config, &topology, settings);
        world.boot_all();
        let samples = Samples::new(topology.all(API_SERVER).count());
        Cluster {
            config: Rc::new(config.clone()),
            topology: Rc::new(topology),
            world,
            settings,
            history: History::default(),
            invariants: Invariants::default(),
            samples,
            seen: 0,
            next_check: SimTime::ZERO,
            events: 0,
        }
    }

    /// Returns the present.
    pub fn now(&self) -> SimTime {
        self.world.now()
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the hosts and processes as they were planned.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Returns the simulated world.
    pub fn world(&self) -> &World<Process> {
        &self.world
    }

    /// Returns a copy to return to later, without the records of single messages.
    pub fn snapshot(&self) -> Self {
        let mut copy = self.clone();
        copy.world.forget_records();
        copy
    }

    /// Returns the history up to now.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Pods and requests over time.
    pub(crate) fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Returns the invariants and whether each has held so far.
    pub fn invariants(&self) -> &Invariants {
        &self.invariants
    }

    /// Makes an invariant count as broken from `at` on, to show what happens then.
    pub(crate) fn plan_to_break(&mut self, at: SimTime) {
        self.invariants.plan(at);
    }

    /// Runs up to and including `until`. It stops early, at the event, if an invariant breaks.
    pub fn run_until(&mut self, until: SimTime) {
        while self.step_until(until) {}
        if self.invariants.broken().is_none() {
            self.world.run_until(until);
        }
    }

    /// Returns how many events it has handled: the measure of its cost.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Handles one event that is due by `until`; returns false if there is none, or an invariant is broken.
    pub fn step_until(&mut self, until: SimTime) -> bool {
        if self.invariants.broken().is_some() || !self.world.step_until(until) {
            return false;
        }
        self.events += 1;
        if self.world.now() >= self.samples.due() {
            self.sample();
        }
        if self.world.trace().last_note() != self.seen {
            self.absorb();
            self.check();
        } else if self.world.now() >= self.next_check {
            self.check();
        }
        true
    }

    fn sample(&mut self) {
        let pods = self.pods();
        let servers = self.topology.all(API_SERVER).filter_map(|(_, p)| self.world.machine(p).api_server());
        let servers = servers.map(|server| (server.counters().requests, server.counters().errors())).collect();
        let sample = Sample { desired: pods.desired as u32, ready: pods.ready as u32, servers };
        self.samples.take(self.world.now(), &sample);
    }

    fn check(&mut self) {
        self.next_check = self.world.now() + CHECK_EVERY;
        let members: Vec<_> = self
            .topology
            .all(ETCD)
            .filter(|(_, p)| self.world.slot(*p).up)
            .filter_map(|(_, p)| self.world.machine(p).etcd())
            .collect();
        let now = self.world.now();
        self.invariants.check(now, &members);
        let disks: Vec<_> = self.topology.all(ETCD).filter_map(|(_, p)| self.world.machine(p).etcd()).collect();
        let clocks: Vec<_> = self
            .topology
            .all(CONTROLLER_MANAGER)
            .map(|(host, _)| (host, self.world.host(host).clock.monotonic(now)))
            .collect();
        let facts = self.facts();
        let seats: Vec<_> = self.topology.candidates().into_iter().filter_map(|process| facts.seat(process)).collect();
        self.invariants.check_leases(now, &disks, &seats, &clocks, &self.history);
    }

    fn facts(&self) -> facts::Facts<'_> {
        facts::Facts { world: &self.world, topology: &self.topology }
    }

    fn absorb(&mut self) {
        let facts = facts::Facts { world: &self.world, topology: &self.topology };
        for note in self.world.trace().notes_from(self.seen + 1) {
            self.history.absorb(note, &facts);
            self.invariants.check_cause(note);
        }
        self.seen = self.world.trace().last_note();
    }

    /// Returns the process that acts as the leader of a component; of several, the last one that started.
    pub fn acting(&self, component: Component) -> Option<ProcId> {
        let name = match component {
            Component::ControllerManager => CONTROLLER_MANAGER,
            Component::Scheduler => SCHEDULER,
        };
        let open = self.history.acting.get(&component)?.iter().rev().find(|i| i.to.is_none());
        open.map(|i| i.what.process).filter(|p| self.world.slot(*p).name == name)
    }

    /// Returns the etcd member that leads in the highest term; `None` if there is no leader.
    pub fn etcd_leader(&self) -> Option<ProcId> {
        self.topology
            .all(ETCD)
            .filter(|(_, p)| self.world.is_running(*p))
            .filter_map(|(_, p)| {
                let raft = self.world.machine(p).etcd()?.raft()?;
                (raft.role() == Role::Leader).then_some((raft.term(), p))
            })
            .max()
            .map(|(_, p)| p)
    }
}
