//! The kubelet: registers its node and keeps its heartbeat, runs the pods that the API assigns to the node through the
//! host's container runtime, and on masters supervises the static pods of the control plane. It continues with what it
//! knows when no API server answers. FACTS 3.3, 3.5, 3.6, 3.7.

mod back_off;
mod events;
mod node_lease;
mod node_status;
mod pods;
mod probe;
mod static_pods;
mod status;
mod worker;

use std::rc::Rc;

pub(crate) use pods::PodView;
pub use static_pods::StaticPhase;
pub(crate) use worker::WorkerPhase;

use super::list_watch::ListWatch;
use super::log_line;
use super::object::{Kind, Name, Uid};
use super::timer::{self, Timer, TimerKey};
use super::transport::{Client, Event};
use super::vocabulary::{Control, Cri, Ctx, Input, Wire};
use crate::sim::map::Set;
use crate::sim::{HostId, Port, ProcId, SimDuration, SimTime};
use events::{About, Recorder};
use node_lease::NodeLease;
use node_status::NodeStatus;
use pods::{Env, Pods};
use static_pods::StaticPods;

/// The client of heartbeats gives up a call after `nodeStatusUpdateFrequency`.
const HEARTBEAT_TIMEOUT: SimDuration = SimDuration::from_secs(10);
/// The period of the pod lifecycle event generator (PLEG).
const RELIST: SimDuration = SimDuration::from_secs(1);
/// From the unit's start until the kubelet is ready for work.
const START_UP: SimDuration = SimDuration::from_millis(400);
const START_UP_SPREAD: SimDuration = SimDuration::from_millis(400);
/// The pause before an unanswered request to the container runtime is repeated.
const RUNTIME_RETRY: SimDuration = SimDuration::from_secs(1);

/// A component that this kubelet runs from a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticPod {
    /// The process of its container.
    pub process: ProcId,
    /// `kube-apiserver`
    pub name: Name,
}

/// Flags and surroundings of one kubelet.
#[derive(Clone, Debug)]
pub struct KubeletConfig {
    /// The name of its node.
    pub node_name: Name,
    /// `status.addresses` of its node: `10.0.1.1`
    pub internal_ip: Name,
    /// Where its kubeconfig points: the load balancer, or a master.
    pub server: (HostId, Port),
    /// The `node` process of its host, if it runs pods.
    pub runtime: Option<ProcId>,
    /// A master: labelled and tainted.
    pub control_plane: bool,
    /// The manifests in `/etc/kubernetes/manifests`.
    pub static_pods: Vec<StaticPod>,
    /// How many pods the node can take.
    pub pods_capacity: u32,
    /// The node's CPU, in thousandths of a core.
    pub cpu_millis: u32,
    /// What its pods' addresses begin with: `10.244.1.`
    pub pod_subnet: Name,
}

/// State that survives the kubelet, and a power loss of its host.
#[derive(Clone, Debug, Default)]
struct Disk {
    images: Set<Name>,
    addresses_given: u32,
    /// How often each static pod's container was started.
    static_starts: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Memory {
    client: Client,
    node: NodeStatus,
    lease: NodeLease,
    pods: Pods,
    watch: ListWatch,
    static_pods: StaticPods,
    recorder: Recorder,
    runtime_ready: bool,
}

/// The process `kubelet`.
#[derive(Clone, Debug)]
pub struct Kubelet {
    config: Rc<KubeletConfig>,
    disk: Disk,
    memory: Memory,
}

impl Memory {
    fn new(config: &Rc<KubeletConfig>) -> Self {
        Memory {
            client: Client::new(config.server, "kubelet"),
            node: NodeStatus::new(config.clone()),
            lease: NodeLease::new(config.node_name.clone()),
            pods: Pods::new(config.clone()),
            watch: ListWatch::new(Kind::Pod, Some(config.node_name.clone())),
            static_pods: StaticPods::new(config.clone()),
            recorder: Recorder::default(),
            runtime_ready: false,
        }
    }
}

impl Kubelet {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: KubeletConfig) -> Self {
        let config = Rc::new(config);
        let memory = Memory::new(&config);
        Kubelet { config, disk: Disk::default(), memory }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.log(log_line::Kubelet::Version.into());
        let spread = ctx.rng("kubelet start-up").below(START_UP_SPREAD.as_micros());
        ctx.set_timer(START_UP + SimDuration::from_micros(spread), timer::Kubelet::StartUp, 0);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Local { wire: Wire::Cri(cri), .. } => self.runtime(ctx, cri),
            Input::Local { wire: Wire::Control(Control::Manifest(process)), .. } => {
                self.memory.static_pods.manifest_changed(ctx, process);
            }
            Input::Terminate => ctx.exit(0),
            input => self.other(ctx, &input),
        }
        self.memory.recorder.flush(ctx, &mut self.memory.client);
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::new(&self.config);
    }

    // ---- for the inspector ----

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &KubeletConfig {
        &self.config
    }

    /// Returns whether this run of the kubelet has registered its node.
    pub(crate) fn is_registered(&self) -> bool {
        self.memory.node.is_registered()
    }

    /// Returns when it last renewed its node lease, and when it last posted its node's status (host's monotonic clock).
    pub fn heartbeats(&self) -> (Option<SimTime>, Option<SimTime>) {
        (self.memory.lease.renewed_at, self.memory.node.reported_at)
    }

    /// Returns how many of its lease requests have failed.
    pub(crate) fn heartbeat_failures(&self) -> u64 {
        self.memory.lease.failures
    }

    /// Returns whether it has an open watch of its pods, as far as it knows.
    pub fn is_watching(&self) -> bool {
        self.memory.watch.is_watching()
    }

    /// Iterates over its pods, as it sees them.
    pub(crate) fn pods(&self) -> impl Iterator<Item = PodView<'_>> {
        self.memory.pods.views()
    }

    /// Iterates over its static pods: the state of each container, and how often it was restarted.
    pub fn static_pods(&self) -> impl Iterator<Item = (&StaticPod, StaticPhase, u32)> {
        let starts = self.disk.static_starts.iter().map(|n| n.saturating_sub(1));
        let phases = self.memory.static_pods.phases();
        self.config.static_pods.iter().zip(phases).zip(starts).map(|((pod, phase), restarts)| (pod, phase, restarts))
    }

    /// Returns the failures in a row of the API server's probe.
    pub(crate) fn liveness_failures(&self) -> u32 {
        self.memory.static_pods.probe_failures()
    }

    // ---- what it does ----

    fn other(&mut self, ctx: &mut Ctx<'_>, input: &Input) {
        if let Some(events) = self.memory.client.handle(ctx, input) {
            self.events(ctx, events);
            return;
        }
        if let Input::Timer(key) = input {
            return self.timer(ctx, *key);
        }
        let _taken = self.memory.static_pods.handle(ctx, input);
    }

    fn timer(&mut self, ctx: &mut Ctx<'_>, key: TimerKey) {
        let Memory { client, node, lease, watch, pods, static_pods, recorder, runtime_ready } = &mut self.memory;
        match key.why {
            Timer::Kubelet(why) => match why {
                timer::Kubelet::StartUp => {
                    ctx.log(log_line::Kubelet::MainLoop.into());
                    static_pods.run(ctx, &mut self.disk);
                    self.ask_runtime(ctx);
                }
                timer::Kubelet::Runtime if *runtime_ready => {}
                timer::Kubelet::Runtime => self.ask_runtime(ctx),
                timer::Kubelet::StatusSync => {
                    pods.sync_statuses(&mut Env { ctx, client, recorder, disk: &mut self.disk });
                }
                timer::Kubelet::EventRetry => recorder.wake(),
            },
            Timer::NodeLease(why) => lease.timer(ctx, client, why),
            Timer::NodeStatus(why) => node.timer(ctx, client, why),
            Timer::PodWorker(why) => {
                pods.timer(&mut Env { ctx, client, recorder, disk: &mut self.disk }, why, key.arg);
            }
            Timer::StaticPod(why) => static_pods.timer(ctx, &mut self.disk, why, key.arg),
            Timer::Probe(why) => static_pods.probe_timer(ctx, why),
            Timer::Reflector(_) => {
                let _known = watch.timer(ctx, client, key.arg);
            }
            Timer::Client(_) => {} // of a call that has ended
            other => other.misrouted(),
        }
    }

    fn ask_runtime(&mut self, ctx: &mut Ctx<'_>) {
        match self.config.runtime {
            Some(runtime) => {
                ctx.local(runtime, Wire::Cri(Cri::List));
                ctx.set_timer(RUNTIME_RETRY, timer::Kubelet::Runtime, 0);
            }
            None => self.runtime_is(ctx, Vec::new()),
        }
    }

    fn runtime(&mut self, ctx: &mut Ctx<'_>, cri: Cri) {
        let Memory { client, recorder, pods, .. } = &mut self.memory;
        let mut env = Env { ctx, client, recorder, disk: &mut self.disk };
        match cri {
            Cri::Running(running) => self.runtime_is(ctx, running),
            Cri::Started { pod } => pods.started(&mut env, pod),
            Cri::Exited { pod, code } => pods.exited(&mut env, pod, code),
            Cri::Start { .. } | Cri::Stop { .. } | Cri::List | Cri::Crash { .. } => {}
        }
    }

    /// The runtime has listed its containers: the kubelet starts to talk to the API.
    fn runtime_is(&mut self, ctx: &mut Ctx<'_>, running: Vec<Uid>) {
        let memory = &mut self.memory;
        if std::mem::replace(&mut memory.runtime_ready, true) {
            return;
        }
        memory.pods.run(ctx, running);
        memory.node.run(ctx, &mut memory.client);
        if self.config.runtime.is_some() {
            memory.watch.run(ctx, &mut memory.client);
        }
        let name = self.config.node_name.clone();
        let about = About { kind: Kind::Node, namespace: Name::default(), name };
        memory.recorder.event(ctx, &about, false, "Starting", "Starting kubelet.".to_owned());
    }

    fn events(&mut self, ctx: &mut Ctx<'_>, events: Vec<Event>) {
        let mut renew_again = false;
        for event in events {
            renew_again |= self.event(ctx, event);
        }
        if renew_again {
            let lost = self.memory.client.abort(ctx);
            for event in lost {
                self.event(ctx, event);
            }
            self.memory.lease.retry(ctx, &mut self.memory.client);
        }
    }

    /// Returns whether the heartbeat wants all connections closed.
    fn event(&mut self, ctx: &mut Ctx<'_>, event: Event) -> bool {
        let Memory { client, node, lease, watch, pods, recorder, .. } = &mut self.memory;
        let event = match lease.event(ctx, client, event) {
            Ok(close_all) => return close_all,
            Err(event) => event,
        };
        let event = match node.event(ctx, client, event) {
            Ok(registered) => {
                if let Some(uid) = registered {
                    lease.run(ctx, client, uid);
                }
                return false;
            }
            Err(event) => event,
        };
        let event = match watch.event(ctx, client, event) {
            Ok(change) => {
                if let Some(change) = change {
                    pods.changed(&mut Env { ctx, client, recorder, disk: &mut self.disk }, change);
                }
                return false;
            }
            Err(event) => event,
        };
        if let Err(event) = recorder.answer(ctx, event) {
            pods.event(&mut Env { ctx, client, recorder, disk: &mut self.disk }, event);
        }
        false
    }
}

/// Returns how long it is until the next relist.
fn until_relist(anchor: SimTime, now: SimTime) -> SimDuration {
    RELIST - SimDuration(now.since(anchor).0 % RELIST.0)
}
