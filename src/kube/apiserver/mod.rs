//! The API server: the only client of etcd, and the only thing that everything else talks to (FACTS 4, 5.3, 9).
//!
//! A process that listens on port 6443. Its clients reach it over connections (`connections`), their requests become
//! operations of etcd (`storage`) through a client of all members (`etcd_client`); one watch of etcd fills its cache
//! (`cache`), from which lists and watches are served (`watchers`). It keeps nothing on disk.

mod admission;
mod cache;
mod compactor;
mod config;
mod connections;
mod etcd_client;
mod etcd_endpoint;
mod health;
mod inflight;
mod modify;
mod quota;
mod reconciler;
mod startup;
mod storage;
mod watchers;

use std::rc::Rc;

pub use config::ApiServerConfig;
pub(crate) use connections::Counters;
pub use etcd_endpoint::EndpointState;

use crate::etcd::Response;
use crate::kube::object::{Kind, Name};
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::value::Value;
use crate::kube::vocabulary::{Ctx, Input, Wire};
use crate::sim::map::Map;
use crate::sim::{Cause, CloseReason, ConnId, ConnectError, HostId, SimTime, Ticket};
use cache::WatchCache;
use etcd_client::{CallError, EtcdClient, Event};
use inflight::{InFlight, Step};
use watchers::Watchers;

/// The lifecycle phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Not executed.
    #[default]
    Down,
    /// It has been executed and does not listen yet.
    Starting,
    /// It listens on port 6443.
    Serving,
    /// It has received SIGTERM and finishes its requests.
    Terminating,
}

/// The process `kube-apiserver`.
#[derive(Clone, Debug)]
pub struct ApiServer {
    config: ApiServerConfig,
    /// The lab's own count, over all restarts; the process itself does not remember it.
    counters: Counters,
    memory: Memory,
}

/// State that is lost when the process ends.
#[derive(Clone, Debug)]
struct Memory {
    phase: Phase,
    /// The cause of SIGTERM, and so of its exit once the last request is answered.
    told_to_end: Cause,
    initialised: bool,
    hooks_done: bool,
    etcd: EtcdClient,
    /// The etcd client's events while they are handed on; empty in between.
    events: Vec<Event>,
    cache: WatchCache,
    watchers: Watchers,
    connections: Map<ConnId, connections::Connection>,
    inflight: Map<u64, InFlight>,
    waiting_for_cache: Vec<u64>,
    deadline: Option<(SimTime, Ticket)>,
    number: u64,
    health: health::Health,
    bootstrap: startup::Bootstrap,
    reconciler: reconciler::Reconciler,
    compactor: compactor::Compactor,
    /// Read to learn etcd's revision.
    revision_key: Name,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            phase: Phase::Down,
            told_to_end: Cause::default(),
            initialised: false,
            hooks_done: false,
            etcd: EtcdClient::default(),
            events: Vec::new(),
            cache: WatchCache::default(),
            watchers: Watchers::default(),
            connections: Map::new(),
            inflight: Map::new(),
            waiting_for_cache: Vec::new(),
            deadline: None,
            number: 0,
            health: health::Health::default(),
            bootstrap: startup::Bootstrap::default(),
            reconciler: reconciler::Reconciler::default(),
            compactor: compactor::Compactor::default(),
            revision_key: "/registry/".into(),
        }
    }
}

impl ApiServer {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: ApiServerConfig) -> Self {
        ApiServer { config, counters: Counters::default(), memory: Memory::default() }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        self.execute(ctx);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Data { conn, wire: Wire::Api(api) } => self.client_said(ctx, conn, api),
            Input::Data { conn, wire: Wire::Etcd(wire) } => {
                self.with_etcd(ctx, |etcd, ctx, out| etcd.receive(ctx, conn, wire, out));
            }
            Input::Timer(key) => self.timer(ctx, key),
            Input::Accepted { conn, .. } => self.accepted(conn),
            Input::Connected { conn } => self.memory.etcd.connected(ctx, conn),
            Input::ConnectFailed { conn, error } => {
                let reason = match error {
                    ConnectError::Refused => CloseReason::Reset,
                    ConnectError::TimedOut => CloseReason::TimedOut,
                };
                self.with_etcd(ctx, |etcd, ctx, out| etcd.closed(ctx, conn, reason, out));
            }
            Input::Closed { conn, reason } => {
                if self.memory.etcd.owns(conn) {
                    self.with_etcd(ctx, |etcd, ctx, out| etcd.closed(ctx, conn, reason, out));
                } else {
                    self.client_closed(ctx, conn);
                }
            }
            Input::Terminate => self.terminate(ctx),
            Input::Data { .. } | Input::Datagram { .. } | Input::Local { .. } | Input::Exited { .. } => {}
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::default();
    }

    fn timer(&mut self, ctx: &mut Ctx<'_>, key: TimerKey) {
        match key.why {
            Timer::ApiServer(why) => match why {
                timer::ApiServer::RequestDeadline => self.deadlines(ctx),
                timer::ApiServer::WatchTimeout => self.watch_timeout(ctx, key.arg),
                timer::ApiServer::Reconcile => self.reconcile(ctx),
                timer::ApiServer::Compact => self.compact(ctx),
                timer::ApiServer::DialEtcd => self.dial_etcd(ctx),
                timer::ApiServer::NoEtcd => self.give_up_without_etcd(ctx),
                timer::ApiServer::Initialised => {
                    self.memory.initialised = true;
                    self.listen_when_ready(ctx);
                }
                timer::ApiServer::Hooks => self.memory.hooks_done = true,
                timer::ApiServer::WatchAgain => self.watch_etcd(ctx),
                timer::ApiServer::BootstrapAgain => self.bootstrap(ctx),
            },
            Timer::EtcdClient(why) => self.with_etcd(ctx, |etcd, ctx, out| etcd.timer(ctx, why, key.arg, out)),
            other => other.misrouted(),
        }
    }

    /// Lets the etcd client act, then passes on its events.
    fn with_etcd(&mut self, ctx: &mut Ctx<'_>, f: impl FnOnce(&mut EtcdClient, &mut Ctx<'_>, &mut Vec<Event>)) {
        let mut events = std::mem::take(&mut self.memory.events);
        f(&mut self.memory.etcd, ctx, &mut events);
        self.etcd_events(ctx, &mut events);
        self.memory.events = events;
    }

    fn request_answered(&mut self, ctx: &mut Ctx<'_>, number: u64, result: Result<Rc<Response<Value>>, CallError>) {
        let Some(mut r) = self.memory.inflight.remove(&number) else { return };
        r.call = None;
        let progress = match r.step {
            Step::Health(probe) => self.health_probed(ctx, number, &mut r, probe, result.is_err()),
            _ => self.object_answered(ctx, number, &mut r, result),
        };
        match progress {
            Some(result) => self.respond(ctx, r.conn, r.stream(), result),
            None => self.keep(ctx, number, r),
        }
    }

    fn next_number(&mut self) -> u64 {
        self.memory.number += 1;
        self.memory.number
    }

    // ---- for the inspector ----

    /// Returns its manifest; a change takes effect at the next start.
    pub(crate) fn config_mut(&mut self) -> &mut ApiServerConfig {
        &mut self.config
    }

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &ApiServerConfig {
        &self.config
    }

    /// Returns its lifecycle phase.
    pub fn phase(&self) -> Phase {
        self.memory.phase
    }

    /// Returns the last answer of readyz (`None` before its first success), and the checks that failed then.
    pub fn readyz(&self) -> (Option<bool>, &[&'static str]) {
        self.memory.health.readyz()
    }

    /// Counted over all restarts.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Returns the requests in flight, without watches: (mutating, others).
    pub fn in_flight(&self) -> (usize, usize) {
        let all = self.memory.inflight.len();
        let mutating = self.memory.inflight.values().filter(|r| r.request.call.is_mutating()).count();
        (mutating, all - mutating)
    }

    /// Returns the number of open watches.
    pub fn watchers(&self) -> usize {
        self.memory.watchers.len()
    }

    /// Clients' connections.
    pub(crate) fn connections(&self) -> usize {
        self.memory.connections.len()
    }

    /// The revision that the watch cache has seen; 0 before its first read.
    pub fn cache_revision(&self) -> u64 {
        self.memory.cache.revision()
    }

    /// When the watch cache last heard from etcd, on this host's clock.
    pub(crate) fn cache_updated_at(&self) -> SimTime {
        self.memory.cache.updated_at()
    }

    /// The oldest revision from which a watch of a kind can start.
    pub fn watch_floor(&self, kind: Kind) -> u64 {
        self.memory.cache.floor(kind)
    }

    /// Iterates over `--etcd-servers`: host, address, and the state of the connection.
    pub fn etcd_endpoints(&self) -> impl Iterator<Item = (HostId, &str, EndpointState)> {
        self.memory.etcd.endpoints().iter().map(|e| (e.host, e.address.as_str(), e.state))
    }

    /// Calls to etcd that are not answered yet, the watch among them.
    pub fn etcd_calls(&self) -> usize {
        self.memory.etcd.outstanding()
    }
}
