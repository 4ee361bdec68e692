//! The process kube-controller-manager: takes part in the election, fills its caches when it wins, runs the
//! controllers, exits when it loses (FACTS 1.3, 1.5, 2; cmd/kube-controller-manager/app/controllermanager.go).

use std::rc::Rc;

use super::caches::Caches;
use super::collector::Collector;
use super::deployment::Deployments;
use super::endpoints::Endpoints;
use super::node_lifecycle::NodeLifecycle;
use super::replicaset::ReplicaSets;
use super::taint_eviction::TaintEviction;
use super::{Purpose, Work};
use crate::kube::api::{API_PORT, StreamId};
use crate::kube::election::{self, Elector, ElectorConfig};
use crate::kube::handled::Handled;
use crate::kube::informer;
use crate::kube::object::{Kind, Name};
use crate::kube::recorder::Recorder;
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::trace_event::TraceEvent;
use crate::kube::transport::{Client, Event};
use crate::kube::vocabulary::{Control, Ctx, Input, Wire};
use crate::sim::map::Map;
use crate::sim::{HostId, ProcId, SimDuration, SimTime};

/// From exec to the first attempt to acquire: about half a second (FACTS 9).
const STARTUP: SimDuration = SimDuration::from_millis(450);
const STARTUP_SPREAD_US: u64 = 100_000;
/// 128 and SIGTERM, which it does not handle.
const EXIT_SIGTERM: u8 = 143;

/// Flags and addresses of a kube-controller-manager.
#[derive(Clone, Debug)]
pub struct ControllerManagerConfig {
    /// The API server that it talks to: the one on its own host.
    pub server: HostId,
    /// The `--leader-elect` flags, and who else takes part.
    pub election: ElectorConfig,
    /// Each node's kubelet: whose silence a lost node means.
    pub kubelets: Rc<Map<Name, ProcId>>,
    /// How many pods it creates as fast as it can; from then on 20 a second (`--kube-api-qps`). A real one's burst is
    /// 30, and a cluster of ten thousand pods takes it eight minutes to start.
    pub burst: u64,
}

/// The process `kube-controller-manager`.
#[derive(Clone, Debug)]
pub struct ControllerManager {
    config: ControllerManagerConfig,
    memory: Memory,
}

#[derive(Clone, Debug, Default)]
struct Memory {
    running: Option<Running>,
}

#[derive(Clone, Debug)]
struct Running {
    client: Client,
    recorder: Recorder,
    elector: Elector,
    calls: Map<StreamId, Purpose>,
    caches: Caches,
    /// When the controllers started to work, local time: it leads, and its caches are complete.
    working_since: Option<SimTime>,
    replica_sets: ReplicaSets,
    deployments: Deployments,
    nodes: NodeLifecycle,
    eviction: TaintEviction,
    endpoints: Endpoints,
    collector: Collector,
    changes: Vec<informer::Change>,
}

impl ControllerManager {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: ControllerManagerConfig) -> Self {
        ControllerManager { config, memory: Memory::default() }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        let elector = Elector::new(ctx, self.config.election.clone());
        if let Err(error) = elector.candidate().validate() {
            ctx.note(TraceEvent::Log(error.into()));
            return ctx.exit(1);
        }
        let after = STARTUP + SimDuration(ctx.rng("startup").below(STARTUP_SPREAD_US));
        ctx.set_timer(after, timer::ControllerManager::StartUp, 0);
        self.memory.running = Some(Running {
            client: Client::new((self.config.server, API_PORT), "kube-controller-manager"),
            recorder: Recorder::default(),
            elector,
            calls: Map::new(),
            caches: Caches::default(),
            working_since: None,
            replica_sets: ReplicaSets::new(self.config.burst),
            deployments: Deployments::default(),
            nodes: NodeLifecycle::default(),
            eviction: TaintEviction::default(),
            endpoints: Endpoints::default(),
            collector: Collector::default(),
            changes: Vec::new(),
        });
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        let Some(running) = &mut self.memory.running else { return };
        match &input {
            Input::Local { wire: Wire::Control(Control::Election(settings)), .. } => {
                self.config.election.settings = *settings;
                running.elector.set(*settings);
            }
            Input::Terminate => ctx.exit(EXIT_SIGTERM), // the lease is not given back
            Input::Timer(key) if !matches!(key.why, Timer::Client(_)) => {
                running.on_timer(ctx, *key, &self.config.kubelets);
            }
            _ => {
                for event in running.client.handle(ctx, &input).into_iter().flatten() {
                    running.on_event(ctx, &event, &self.config.kubelets);
                }
                running.pump(ctx);
            }
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::default();
    }

    // ---- what an inspector shows ----

    /// Returns the `--leader-elect` flags in its manifest; a change takes effect at the next start. A running process is
    /// told by `Control::Election`.
    pub(crate) fn election_mut(&mut self) -> &mut ElectorConfig {
        &mut self.config.election
    }

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &ControllerManagerConfig {
        &self.config
    }

    /// Returns its candidate in the election; `None` while it is down.
    pub(crate) fn elector(&self) -> Option<&Elector> {
        self.memory.running.as_ref().map(|r| &r.elector)
    }

    #[cfg(test)]
    pub(crate) fn elector_mut(&mut self) -> Option<&mut Elector> {
        self.memory.running.as_mut().map(|r| &mut r.elector)
    }

    /// Returns whether it acts as the leader.
    pub fn is_leading(&self) -> bool {
        self.elector().is_some_and(|e| e.candidate().is_acting())
    }

    /// Returns since when its controllers have worked, local time; `None` unless it leads and its caches are complete.
    pub(crate) fn working_since(&self) -> Option<SimTime> {
        self.memory.running.as_ref()?.working_since
    }

    /// Returns each cache: its kind, the number of objects, whether it watches, and when it last received something,
    /// local time.
    pub(crate) fn caches(&self) -> Vec<(Kind, usize, bool, SimTime)> {
        let Some(running) = &self.memory.running else { return Vec::new() };
        let c = &running.caches;
        [&c.deployments, &c.replica_sets, &c.pods, &c.nodes, &c.leases, &c.services, &c.slices, &c.endpoints]
            .into_iter()
            .map(|i| (i.kind(), i.len(), i.is_watching(), i.last_heard()))
            .collect()
    }

    /// Returns each node, and when it last showed a sign of life, local time.
    pub(crate) fn node_probes(&self) -> Vec<(Name, SimTime)> {
        let running = self.memory.running.iter();
        running.flat_map(|r| r.nodes.probes()).map(|(name, at)| (name.clone(), at)).collect()
    }

    /// Returns the pods that will be deleted for their node's taint, and when, local time.
    pub fn evictions(&self) -> Vec<(Name, SimTime)> {
        let running = self.memory.running.iter();
        running.flat_map(|r| r.eviction.counting()).map(|(key, at)| (key.1.clone(), at)).collect()
    }

    /// Returns the number of keys in the queues of the Deployment, ReplicaSet and endpoints controllers.
    pub(crate) fn queue_depth(&self) -> usize {
        let Some(r) = &self.memory.running else { return 0 };
        r.deployments.queue.depth() + r.replica_sets.queue.depth() + r.endpoints.queue.depth()
    }
}

/// The fields that a controller works with.
macro_rules! work {
    ($running:expr, $ctx:expr) => {
        &mut Work {
            ctx: $ctx,
            client: &mut $running.client,
            recorder: &mut $running.recorder,
            caches: &$running.caches,
            calls: &mut $running.calls,
        }
    };
}

impl Running {
    /// Any timer but the client's.
    fn on_timer(&mut self, ctx: &mut Ctx<'_>, key: TimerKey, kubelets: &Map<Name, ProcId>) {
        match key.why {
            Timer::ControllerManager(timer::ControllerManager::StartUp) => {
                let change = self.elector.start(ctx, &mut self.client, &mut self.recorder);
                return self.obey(ctx, change);
            }
            Timer::Election(why) => {
                let change = self.elector.on_timer(ctx, &mut self.client, &mut self.recorder, why, key.arg);
                return self.obey(ctx, change);
            }
            Timer::ControllerManager(why) => self.controller_timer(ctx, why, key.arg, kubelets),
            Timer::EventRecorder(why) => self.recorder.on_timer(ctx, &mut self.client, why),
            Timer::Informer(_) => self.caches.on_timer(ctx, &mut self.client, key.arg),
            other => other.misrouted(),
        }
        self.pump(ctx);
    }

    fn controller_timer(
        &mut self,
        ctx: &mut Ctx<'_>,
        why: timer::ControllerManager,
        arg: u64,
        kubelets: &Map<Name, ProcId>,
    ) {
        use timer::ControllerManager as Why;
        match why {
            Why::StartUp => {} // the election begins, not a controller
            Why::MonitorNodes => self.nodes.monitor(work!(self, ctx), kubelets),
            Why::TaintNextNode => self.nodes.taint_next(work!(self, ctx)),
            Why::EvictPod => self.eviction.on_timer(work!(self, ctx), arg),
            Why::CollectPods => self.collector.on_timer(work!(self, ctx)),
            Why::ReplicaSetRetry => self.replica_sets.queue.on_retry(arg),
            Why::ReplicaSetRoom => self.replica_sets.on_room(),
            Why::DeploymentRetry => self.deployments.queue.on_retry(arg),
            Why::EndpointsRetry => self.endpoints.queue.on_retry(arg),
        }
    }

    fn obey(&mut self, ctx: &mut Ctx<'_>, change: Option<election::Change>) {
        match change {
            Some(election::Change::Started) => self.caches.start(ctx, &mut self.client),
            Some(election::Change::Stopped { .. }) => {
                ctx.note(TraceEvent::Log("leaderelection lost".into()));
                ctx.exit(1);
            }
            None => {}
        }
    }

    fn on_event(&mut self, ctx: &mut Ctx<'_>, event: &Event, kubelets: &Map<Name, ProcId>) {
        match self.elector.on_event(ctx, &mut self.client, &mut self.recorder, event) {
            Handled::NotMine => {}
            Handled::Nothing => return,
            Handled::Done(change) => return self.obey(ctx, Some(change)),
        }
        if self.recorder.on_event(ctx, &mut self.client, event) {
            return;
        }
        if let Event::Done { stream, result } = event
            && let Some(purpose) = self.calls.remove(stream)
        {
            let work = work!(self, ctx);
            match purpose {
                Purpose::ReplicaSet(key, did) => self.replica_sets.answered(work, key, did, result),
                Purpose::Deployment(key, did) => self.deployments.answered(work, key, did, result),
                Purpose::Node(name, did) => self.nodes.answered(work, name, did, result),
                Purpose::Eviction(key) => self.eviction.answered(work, key, result),
                Purpose::Endpoints(key, did) => self.endpoints.answered(work, key, did, result),
                Purpose::Forget => {}
            }
            return;
        }
        let mut changes = std::mem::take(&mut self.changes);
        if self.caches.on_event(ctx, &mut self.client, event, &mut changes) {
            for change in changes.drain(..) {
                self.on_change(ctx, &change);
            }
            if self.working_since.is_none() && self.caches.are_synced() {
                self.working_since = Some(ctx.now());
                self.nodes.start(work!(self, ctx), kubelets);
                self.collector.start(work!(self, ctx));
            }
        }
        self.changes = changes;
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &informer::Change) {
        let (informer::Change::Added(stored)
        | informer::Change::Modified { new: stored, .. }
        | informer::Change::Deleted(stored)) = change;
        let work = work!(self, ctx);
        match stored.object.kind() {
            Kind::Lease => {}
            Kind::Node => {
                self.nodes.on_change(work, change);
                self.eviction.on_change(work, change);
            }
            Kind::Pod => {
                self.replica_sets.on_change(work, change);
                self.eviction.on_change(work, change);
                self.endpoints.on_change(work, change);
            }
            Kind::ReplicaSet => {
                self.replica_sets.on_change(work, change);
                self.deployments.on_change(change);
            }
            Kind::Deployment => self.deployments.on_change(change),
            Kind::Service | Kind::EndpointSlice | Kind::Endpoints => self.endpoints.on_change(work, change),
            _ => {}
        }
        if self.working_since.is_some() {
            self.collector.on_change(work, change);
        }
    }

    /// Lets the controllers work once the caches are complete.
    fn pump(&mut self, ctx: &mut Ctx<'_>) {
        if self.working_since.is_none() {
            return;
        }
        self.deployments.pump(work!(self, ctx));
        self.replica_sets.pump(work!(self, ctx));
        self.endpoints.pump(work!(self, ctx));
    }
}
