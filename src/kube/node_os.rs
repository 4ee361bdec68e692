//! A worker's kernel and container shims (process `node`), which run whether or not kubelet and kube-proxy
//! do. It holds the running containers and the forwarding rules that kube-proxy last programmed, and answers users.
//!
//! It ends only with the power of its host. FACTS 3.5, 3.7.

use std::rc::Rc;

use super::object::{Name, Uid};
use super::timer::{self, Timer, TimerKey};
use super::trace_event::TraceEvent;
use super::vocabulary::{App, Cri, Ctx, Input, POD_PORT, Rules, Wire};
use crate::sim::map::Map;
use crate::sim::{Cause, CloseReason, ConnId, HostId, NoteId, Port, ProcId, SimDuration, Ticket};

/// From the runtime's order to a running container.
const START_FASTEST: SimDuration = SimDuration::from_millis(300);
const START_SPREAD: SimDuration = SimDuration::from_millis(300);
/// From SIGTERM to the end of a container that handles it.
const STOP_FASTEST: SimDuration = SimDuration::from_millis(200);
const STOP_SPREAD: SimDuration = SimDuration::from_millis(800);
/// Linux's own patience with an unanswered SYN (`tcp_syn_retries` 6).
const SYN_PATIENCE: SimDuration = SimDuration::from_secs(127);

/// The state of a pod's container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerPhase {
    /// It has been created and does not answer yet.
    Starting,
    /// It runs and answers.
    Running,
    /// It has been sent SIGTERM and still answers.
    Stopping,
}

#[derive(Clone, Debug)]
struct Container {
    name: Name,
    phase: ContainerPhase,
    /// Tells its timers from those of an earlier container.
    number: u64,
    timer: Option<Ticket>,
}

/// A user's connection that goes on to another host.
#[derive(Clone, Copy, Debug)]
struct Relay {
    user: ConnId,
    pod: Uid,
    connected: bool,
    asked: bool,
}

#[derive(Clone, Debug, Default)]
struct Memory {
    containers: Map<Uid, Container>,
    started: u64,
    /// The kubelet that last talked to the runtime.
    kubelet: Option<ProcId>,
    rules: Rc<Rules>,
    /// Connections of users, and the pod on this host that each was given to.
    local: Map<ConnId, Uid>,
    /// By the connection to the other host.
    relays: Map<ConnId, Relay>,
    /// From a user's connection to the one that carries it on.
    carried: Map<ConnId, ConnId>,
    answered: u64,
    refused: u64,
    /// The note of the last container that ended here.
    ended: NoteId,
}

/// The process `node`: a worker's own operating system.
#[derive(Clone, Debug, Default)]
pub struct NodeOs {
    memory: Memory,
}

impl NodeOs {
    /// A worker that has not booted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.listen(POD_PORT);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Local { from, wire: Wire::Cri(cri) } => self.cri(ctx, from, cri),
            Input::Local { wire: Wire::Netfilter(rules), .. } => self.program(ctx, rules),
            Input::Timer(TimerKey { why: Timer::NodeOs(why), arg }) => match why {
                timer::NodeOs::Started => self.started(ctx, arg),
                timer::NodeOs::Stopped => self.stopped(ctx, arg),
            },
            Input::Timer(key) => key.why.misrouted(),
            Input::Accepted { conn, port, .. } => self.accept(ctx, conn, port),
            Input::Data { conn, wire: Wire::App(app) } => self.app(ctx, conn, app),
            Input::Connected { conn } => self.connected(ctx, conn),
            Input::ConnectFailed { conn, .. } => self.closed(ctx, conn, true),
            Input::Closed { conn, reason } => self.closed(ctx, conn, reason != CloseReason::Eof),
            _ => {}
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::default();
    }

    // ---- for the inspector and the oracles ----

    /// The containers on this host, by pod.
    pub fn containers(&self) -> impl Iterator<Item = (Uid, &Name, ContainerPhase)> {
        self.memory.containers.iter().map(|(uid, c)| (*uid, &c.name, c.phase))
    }

    /// How many pods' containers run and answer.
    pub(crate) fn running(&self) -> usize {
        self.containers().filter(|(.., phase)| *phase == ContainerPhase::Running).count()
    }

    /// Whether this pod's container runs and answers.
    pub(crate) fn is_running(&self, pod: Uid) -> bool {
        self.memory.containers.get(&pod).is_some_and(|c| c.phase != ContainerPhase::Starting)
    }

    /// The forwarding rules in force.
    pub(crate) fn rules(&self) -> &Rules {
        &self.memory.rules
    }

    /// App requests that pods of this host answered, and connections that were refused.
    pub fn app_counters(&self) -> (u64, u64) {
        (self.memory.answered, self.memory.refused)
    }

    // ---- containers ----

    fn cri(&mut self, ctx: &mut Ctx<'_>, from: ProcId, cri: Cri) {
        match cri {
            Cri::Start { pod, name } => {
                self.memory.kubelet = Some(from);
                match self.memory.containers.get(&pod).map(|c| c.phase) {
                    Some(ContainerPhase::Running) => self.tell(ctx, Cri::Started { pod }),
                    Some(_) => {}
                    None => self.create(ctx, pod, name),
                }
            }
            Cri::Stop { pod, grace } => {
                self.memory.kubelet = Some(from);
                self.stop(ctx, pod, grace);
            }
            Cri::List => {
                self.memory.kubelet = Some(from);
                let alive = self.memory.containers.iter().filter(|(_, c)| c.phase != ContainerPhase::Starting);
                let running = alive.map(|(uid, _)| *uid).collect();
                self.tell(ctx, Cri::Running(running));
            }
            Cri::Crash { pod } => self.end(ctx, pod, 137),
            Cri::Running(_) | Cri::Started { .. } | Cri::Exited { .. } => {}
        }
    }

    fn create(&mut self, ctx: &mut Ctx<'_>, pod: Uid, name: Name) {
        self.memory.started += 1;
        let number = self.memory.started;
        let after = START_FASTEST + draw(ctx, "container start", START_SPREAD);
        let timer = Some(ctx.set_timer(after, timer::NodeOs::Started, number));
        self.memory.containers.insert(pod, Container { name, phase: ContainerPhase::Starting, number, timer });
    }

    fn numbered(&mut self, number: u64) -> Option<(Uid, &mut Container)> {
        self.memory.containers.iter_mut().find(|(_, c)| c.number == number).map(|(uid, c)| (*uid, c))
    }

    fn started(&mut self, ctx: &mut Ctx<'_>, number: u64) {
        let Some((pod, container)) = self.numbered(number) else { return };
        container.phase = ContainerPhase::Running;
        container.timer = None;
        let name = container.name.clone();
        ctx.note(TraceEvent::Container { pod: name, uid: pod, running: true });
        self.tell(ctx, Cri::Started { pod });
    }

    fn stop(&mut self, ctx: &mut Ctx<'_>, pod: Uid, grace: SimDuration) {
        let Some(container) = self.memory.containers.get_mut(&pod) else {
            self.tell(ctx, Cri::Exited { pod, code: 0 });
            return;
        };
        if container.phase == ContainerPhase::Stopping {
            return;
        }
        if let Some(ticket) = container.timer.take() {
            ctx.cancel_timer(ticket);
        }
        container.phase = ContainerPhase::Stopping;
        let after = (STOP_FASTEST + draw(ctx, "container stop", STOP_SPREAD)).min(grace);
        container.timer = Some(ctx.set_timer(after, timer::NodeOs::Stopped, container.number));
    }

    fn stopped(&mut self, ctx: &mut Ctx<'_>, number: u64) {
        if let Some((pod, _)) = self.numbered(number) {
            self.end(ctx, pod, 0);
        }
    }

    fn end(&mut self, ctx: &mut Ctx<'_>, pod: Uid, code: i32) {
        let Some(container) = self.memory.containers.remove(&pod) else { return };
        if let Some(ticket) = container.timer {
            ctx.cancel_timer(ticket);
        }
        if container.phase != ContainerPhase::Starting {
            self.memory.ended = ctx.note(TraceEvent::Container { pod: container.name, uid: pod, running: false });
        }
        self.tell(ctx, Cri::Exited { pod, code });
    }

    fn tell(&self, ctx: &mut Ctx<'_>, cri: Cri) {
        if let Some(kubelet) = self.memory.kubelet {
            ctx.local(kubelet, Wire::Cri(cri));
        }
    }

    // ---- traffic ----

    /// New rules. A port without endpoints refuses, as kube-proxy's REJECT rule and a port without a service do.
    fn program(&mut self, ctx: &mut Ctx<'_>, rules: Rc<Rules>) {
        for (port, _) in &self.memory.rules.node_ports {
            if *port != POD_PORT {
                ctx.unlisten(*port);
            }
        }
        for (port, endpoints) in &rules.node_ports {
            if !endpoints.is_empty() {
                ctx.listen(*port);
            }
        }
        self.memory.rules = rules;
    }

    fn pick(&self, ctx: &mut Ctx<'_>, port: Port) -> Option<(HostId, Uid)> {
        let (_, endpoints) = self.memory.rules.node_ports.iter().find(|(p, _)| *p == port)?;
        let index = ctx.rng("endpoint").below(endpoints.len() as u64);
        endpoints.get(index as usize).copied()
    }

    fn accept(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, port: Port) {
        if port == POD_PORT {
            return; // the carrying host says for which pod
        }
        match self.pick(ctx, port) {
            None => self.refuse(ctx, conn),
            Some((host, pod)) if host == ctx.host() => {
                if self.is_running(pod) {
                    self.memory.local.insert(conn, pod);
                } else {
                    self.refuse(ctx, conn);
                }
            }
            Some((host, pod)) => {
                let onward = ctx.connect(host, POD_PORT, SYN_PATIENCE);
                self.memory.relays.insert(onward, Relay { user: conn, pod, connected: false, asked: false });
                self.memory.carried.insert(conn, onward);
            }
        }
    }

    fn refuse(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        self.memory.refused += 1;
        let cause = ctx.cause();
        // The last container that ended here explains why nobody answers.
        ctx.resume_cause(Cause { note: cause.note.max(self.memory.ended), ..cause });
        ctx.reset(conn);
    }

    fn app(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, app: App) {
        match app {
            App::Get => {
                if let Some(pod) = self.memory.local.remove(&conn) {
                    self.answer(ctx, conn, pod);
                } else if let Some(relay) = self.memory.carried.get(&conn).and_then(|c| self.memory.relays.get_mut(c)) {
                    relay.asked = true;
                    let (connected, pod) = (relay.connected, relay.pod);
                    if let Some(onward) = self.memory.carried.get(&conn).filter(|_| connected) {
                        ctx.send(*onward, Wire::App(App::Forward { pod }));
                    }
                }
            }
            App::Forward { pod } => self.answer(ctx, conn, pod),
            App::Ok { pod } => {
                if let Some(relay) = self.memory.relays.remove(&conn) {
                    self.memory.carried.remove(&relay.user);
                    ctx.send(relay.user, Wire::App(App::Ok { pod }));
                    ctx.close(relay.user);
                    ctx.close(conn);
                }
            }
        }
    }

    fn answer(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, pod: Uid) {
        match self.memory.containers.get(&pod) {
            Some(c) if c.phase != ContainerPhase::Starting => {
                let pod = c.name.clone();
                self.memory.answered += 1;
                ctx.send(conn, Wire::App(App::Ok { pod }));
                ctx.close(conn);
            }
            _ => self.refuse(ctx, conn),
        }
    }

    fn connected(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        if let Some(relay) = self.memory.relays.get_mut(&conn) {
            relay.connected = true;
            if relay.asked {
                let pod = relay.pod;
                ctx.send(conn, Wire::App(App::Forward { pod }));
            }
        }
    }

    /// Either end of a connection is gone: so is the other.
    fn closed(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, hard: bool) {
        self.memory.local.remove(&conn);
        let other = match self.memory.relays.remove(&conn) {
            Some(relay) => {
                self.memory.carried.remove(&relay.user);
                Some(relay.user)
            }
            None => self.memory.carried.remove(&conn).inspect(|onward| {
                self.memory.relays.remove(onward);
            }),
        };
        match other {
            Some(other) if hard => ctx.reset(other),
            Some(other) => ctx.close(other),
            None => {}
        }
    }
}

fn draw(ctx: &mut Ctx<'_>, stream: &'static str, spread: SimDuration) -> SimDuration {
    SimDuration::from_micros(ctx.rng(stream).below(spread.as_micros() + 1))
}
