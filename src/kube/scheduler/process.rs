//! The process kube-scheduler: keeps its caches warm as a standby, schedules one pod after the other when it leads,
//! binds them concurrently, gives its lease back on SIGTERM (FACTS 1.5, 2, 3.4; cmd/kube-scheduler/app/server.go).

use super::node_info::Nodes;
use super::queue::Queue;
use crate::kube::api::{API_PORT, Call, StreamId};
use crate::kube::election::{self, Elector, ElectorConfig};
use crate::kube::handled::Handled;
use crate::kube::informer::{Change, Informer, Key, key_of};
use crate::kube::object::{Kind, Name, Stored};
use crate::kube::recorder::{Involved, Recorder};
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::trace_event::TraceEvent;
use crate::kube::transport::{Client, Event};
use crate::kube::vocabulary::{Control, Ctx, Input, Wire};
use crate::sim::map::{Map, Set};
use crate::sim::{HostId, SimDuration};

const STARTUP: SimDuration = SimDuration::from_millis(450);
const STARTUP_SPREAD_US: u64 = 100_000;
const SOURCE: &str = "default-scheduler";

/// Flags and addresses of a kube-scheduler.
#[derive(Clone, Debug)]
pub struct SchedulerConfig {
    /// The API server that it talks to: the one on its own host.
    pub server: HostId,
    /// The `--leader-elect` flags, and who else takes part.
    pub election: ElectorConfig,
}

/// The process `kube-scheduler`.
#[derive(Clone, Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
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
    pods: Informer,
    nodes: Informer,
    infos: Nodes,
    queue: Queue,
    /// Bindings in flight: the pod and the node.
    binds: Map<StreamId, (Stored, Name)>,
    /// Whether its caches are complete and it takes part in the election.
    taking_part: bool,
    leading: bool,
    scheduled: u64,
    failed: u64,
}

impl Scheduler {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: SchedulerConfig) -> Self {
        Scheduler { config, memory: Memory::default() }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        let elector = Elector::new(ctx, self.config.election.clone());
        if let Err(error) = elector.candidate().validate() {
            ctx.note(TraceEvent::Log(error.into()));
            return ctx.exit(1);
        }
        let after = STARTUP + SimDuration(ctx.rng("startup").below(STARTUP_SPREAD_US));
        ctx.set_timer(after, timer::Scheduler::StartUp, 0);
        self.memory.running = Some(Running {
            client: Client::new((self.config.server, API_PORT), "kube-scheduler"),
            recorder: Recorder::default(),
            elector,
            pods: Informer::new(Kind::Pod),
            nodes: Informer::new(Kind::Node),
            infos: Nodes::default(),
            queue: Queue::default(),
            binds: Map::new(),
            taking_part: false,
            leading: false,
            scheduled: 0,
            failed: 0,
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
            Input::Terminate => {
                let change = running.elector.cancel(ctx, &mut running.client, &mut running.recorder);
                running.leading = false;
                running.obey(ctx, change);
            }
            Input::Timer(key) if !matches!(key.why, Timer::Client(_)) => running.on_timer(ctx, *key),
            _ => {
                for event in running.client.handle(ctx, &input).into_iter().flatten() {
                    running.on_event(ctx, &event);
                }
                running.schedule(ctx);
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
    pub(crate) fn config(&self) -> &SchedulerConfig {
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
        self.memory.running.as_ref().is_some_and(|r| r.leading)
    }

    /// Returns the number of pods that are active, backing off, and unschedulable.
    pub fn queue_depths(&self) -> (usize, usize, usize) {
        self.memory.running.as_ref().map_or((0, 0, 0), |r| r.queue.depths())
    }

    /// Returns how many pods it has bound, and how many attempts found no node.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.memory.running.as_ref().map_or((0, 0), |r| (r.scheduled, r.failed))
    }
}

impl Running {
    /// Any timer but the client's.
    fn on_timer(&mut self, ctx: &mut Ctx<'_>, key: TimerKey) {
        match key.why {
            Timer::Scheduler(why) => match why {
                timer::Scheduler::StartUp => {
                    self.pods.start(ctx, &mut self.client);
                    self.nodes.start(ctx, &mut self.client);
                    return;
                }
                timer::Scheduler::BackOff => self.queue.back_off_passed(key.arg),
                timer::Scheduler::FlushUnschedulable => self.queue.flush_unschedulable(ctx),
            },
            Timer::Election(why) => {
                let change = self.elector.on_timer(ctx, &mut self.client, &mut self.recorder, why, key.arg);
                self.obey(ctx, change);
            }
            Timer::EventRecorder(why) => self.recorder.on_timer(ctx, &mut self.client, why),
            Timer::Informer(_) => {
                let _known = self.pods.on_timer(ctx, &mut self.client, key.arg)
                    || self.nodes.on_timer(ctx, &mut self.client, key.arg);
            }
            other => other.misrouted(),
        }
        self.schedule(ctx);
    }

    fn obey(&mut self, ctx: &mut Ctx<'_>, change: Option<election::Change>) {
        match change {
            Some(election::Change::Started) => self.leading = true,
            Some(election::Change::Stopped { cancelled: true }) => {
                ctx.note(TraceEvent::Log("Requested to terminate, exiting".into()));
                ctx.exit(0);
            }
            Some(election::Change::Stopped { cancelled: false }) => {
                ctx.note(TraceEvent::Log("Leaderelection lost".into()));
                ctx.exit(1);
            }
            None => {}
        }
    }

    fn on_event(&mut self, ctx: &mut Ctx<'_>, event: &Event) {
        match self.elector.on_event(ctx, &mut self.client, &mut self.recorder, event) {
            Handled::NotMine => {}
            Handled::Nothing => return,
            Handled::Done(change) => return self.obey(ctx, Some(change)),
        }
        if self.recorder.on_event(ctx, &mut self.client, event) {
            return;
        }
        if let Event::Done { stream, result } = event
            && let Some((pod, node)) = self.binds.remove(stream)
        {
            return self.bound(ctx, &pod, &node, result.is_ok());
        }
        let mut changes = Vec::new();
        if self.pods.on_event(ctx, &mut self.client, event, &mut changes)
            || self.nodes.on_event(ctx, &mut self.client, event, &mut changes)
        {
            for change in &changes {
                self.on_change(ctx, change);
            }
            if !self.taking_part && self.pods.is_synced() && self.nodes.is_synced() {
                self.taking_part = true;
                let change = self.elector.start(ctx, &mut self.client, &mut self.recorder);
                self.obey(ctx, change);
            }
        }
    }

    fn on_change(&mut self, ctx: &mut Ctx<'_>, change: &Change) {
        let (old, stored) = match change {
            Change::Added(stored) | Change::Deleted(stored) => (None, stored),
            Change::Modified { old, new } => (Some(old), new),
        };
        let gone = matches!(change, Change::Deleted(_));
        if stored.object.kind() == Kind::Node {
            if gone {
                return self.infos.remove_node(&stored.object.meta.name);
            }
            self.infos.set_node(stored);
            if makes_room(old, stored) {
                self.queue.move_all(ctx);
            }
            return;
        }
        let Some(pod) = stored.object.pod() else { return };
        let key = key_of(stored);
        match &pod.node_name {
            _ if gone || !pod.is_active() => {
                self.queue.remove(&key);
                if pod.node_name.is_some() {
                    self.infos.remove_pod(&key);
                    self.queue.move_all(ctx);
                }
            }
            Some(node) => {
                self.queue.remove(&key);
                self.infos.place(stored, pod, node);
            }
            None if stored.object.meta.deletion_timestamp.is_some() => self.queue.remove(&key),
            None => self.queue.add(key),
        }
    }

    /// Schedules one pod after the other while it leads; binding is asynchronous.
    fn schedule(&mut self, ctx: &mut Ctx<'_>) {
        while self.leading {
            let Some(key) = self.queue.pop() else { return };
            let Some(stored) = self.pods.get(&key).cloned() else { continue };
            let Some(pod) = stored.object.pod().filter(|p| p.node_name.is_none()) else { continue };
            match self.infos.select(&stored, pod) {
                Ok(best) => {
                    let node = best[ctx.rng("equal nodes").below(best.len() as u64) as usize].clone();
                    self.infos.place(&stored, pod, &node);
                    let (namespace, name) = key;
                    let uid = stored.object.meta.uid;
                    let call = Call::Bind { namespace, pod: name, uid, node: node.clone() };
                    let stream = self.client.call(ctx, call, None);
                    self.binds.insert(stream, (stored, node));
                }
                Err(reasons) => self.no_node(ctx, key, &stored, &reasons),
            }
        }
    }

    fn no_node(&mut self, ctx: &mut Ctx<'_>, key: Key, stored: &Stored, reasons: &Map<String, usize>) {
        self.failed += 1;
        let text = if self.infos.is_empty() {
            "no nodes available to schedule pods".to_owned()
        } else {
            explain(self.infos.len(), reasons)
        };
        let involved = Involved::of(&stored.object);
        self.recorder.event(ctx, &mut self.client, SOURCE, involved, true, "FailedScheduling", text);
        self.queue.put_unschedulable(ctx, key);
    }

    fn bound(&mut self, ctx: &mut Ctx<'_>, stored: &Stored, node: &Name, ok: bool) {
        let key = key_of(stored);
        if ok {
            self.scheduled += 1;
            let text = format!("Successfully assigned {}/{} to {node}", key.0, key.1);
            let involved = Involved::of(&stored.object);
            self.recorder.event(ctx, &mut self.client, SOURCE, involved, false, "Scheduled", text);
            return;
        }
        // Forgets the assumed pod, unless the cache shows another scheduler's binding.
        match self.pods.get(&key).cloned() {
            Some(now) if now.object.pod().is_some_and(|p| p.node_name.is_none()) => {
                self.infos.remove_pod(&key);
                self.queue.put_back(ctx, key);
            }
            Some(_) => {}
            None => self.infos.remove_pod(&key),
        }
    }
}

/// Returns whether a node's change may make a pod fit that did not before.
fn makes_room(old: Option<&Stored>, new: &Stored) -> bool {
    let (Some(old), Some(new)) = (old.and_then(|o| o.object.node()), new.object.node()) else { return true };
    old.taints != new.taints
        || old.unschedulable != new.unschedulable
        || old.cpu_millis != new.cpu_millis
        || old.pods_capacity != new.pods_capacity
}

fn joined(texts: Set<String>) -> String {
    texts.into_iter().collect::<Vec<_>>().join(", ")
}

/// `0/3 nodes are available: 1 Insufficient cpu, ... preemption: ...`: preemption never helps, all pods are equal.
fn explain(nodes: usize, reasons: &Map<String, usize>) -> String {
    let list: Set<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let resources = ["Insufficient cpu", "Too many pods"];
    let full = reasons.iter().filter(|(r, _)| resources.contains(&r.as_str())).map(|(_, c)| *c).max().unwrap_or(0);
    let helpless = nodes - full.min(nodes);
    let mut preemption: Set<String> = Set::new();
    if full > 0 {
        preemption.insert(format!("{full} No preemption victims found for incoming pod"));
    }
    if helpless > 0 {
        preemption.insert(format!("{helpless} Preemption is not helpful for scheduling"));
    }
    format!(
        "0/{nodes} nodes are available: {}. preemption: 0/{nodes} nodes are available: {}.",
        joined(list),
        joined(preemption)
    )
}
