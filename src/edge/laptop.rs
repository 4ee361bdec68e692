//! The laptop (process `kubectl`): once a second a read and a write through its kubeconfig, on a new connection each, to
//! see what works; and at the start it applies the application. docs/scenario.md, FACTS 4.4.

use std::rc::Rc;

use super::kubectl::{Command, CommandResult, Server, explain};
use super::lane::{LaneLog, Verdict};
use crate::kube::api::{Call, Freshness, Patch, Reason};
use crate::kube::error::{Failure, TransportError};
use crate::kube::handled::Handled;
use crate::kube::object::{Body, Deployment, Kind, Meta, Name, Object, PodTemplate, Service};
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::trace_event::Lane;
use crate::kube::vocabulary::{APP_NODE_PORT, Ctx, Input, POD_PORT};
use crate::sim::SimDuration;
use crate::sim::map::Map;

const PERIOD: SimDuration = SimDuration::from_secs(1);
/// A write comes half a period after each read.
const HALF: SimDuration = SimDuration::from_millis(500);
/// A request that has not succeeded after this time has failed.
const PATIENCE: SimDuration = SimDuration::from_secs(2);
/// The administrator applies the application once the nodes have had time to join.
const APPLY_FIRST: SimDuration = SimDuration::from_secs(10);
/// The pause before a failed apply is repeated.
const APPLY_AGAIN: SimDuration = SimDuration::from_secs(2);
/// The first tag of the probes; lower ones belong to what is applied.
const FIRST_PROBE: u32 = 1 << 16;
const CPU_MILLIS: u32 = 100;

/// A Deployment of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppDeployment {
    /// The Deployment's name.
    pub name: Name,
    /// The desired number of pods.
    pub replicas: u32,
    /// `nginx:1.27`
    pub image: Name,
}

/// The laptop's kubeconfig and manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaptopConfig {
    /// Where the kubeconfig points.
    pub server: Server,
    /// The first is exposed on [`APP_NODE_PORT`].
    pub deployments: Vec<AppDeployment>,
}

#[derive(Clone, Debug)]
struct Memory {
    read: LaneLog,
    write: LaneLog,
    probes: Vec<Command>,
    next_probe: u32,
    /// How many objects have been applied.
    applied: usize,
    apply: Option<Command>,
}

/// The process `kubectl`: a laptop that polls the API.
#[derive(Clone, Debug)]
pub struct Laptop {
    config: LaptopConfig,
    /// The manifests on its disk.
    manifests: Vec<Rc<Object>>,
    memory: Memory,
}

impl Laptop {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: LaptopConfig) -> Self {
        let mut manifests: Vec<_> = config.deployments.iter().map(deployment).collect();
        manifests.extend(config.deployments.first().map(service));
        Laptop { config, manifests, memory: Self::fresh() }
    }

    fn fresh() -> Memory {
        Memory {
            read: LaneLog::new(Lane::ApiReadable),
            write: LaneLog::new(Lane::ApiWritable),
            probes: Vec::new(),
            next_probe: FIRST_PROBE,
            applied: 0,
            apply: None,
        }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(HALF, timer::Laptop::Read, 0);
        ctx.set_timer(PERIOD, timer::Laptop::Write, 0);
        ctx.set_timer(APPLY_FIRST, timer::Laptop::Apply, 0);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Timer(TimerKey { why: Timer::Laptop(why), .. }) => match why {
                timer::Laptop::Read => {
                    ctx.set_timer(PERIOD, timer::Laptop::Read, 0);
                    self.ask(ctx, false);
                }
                timer::Laptop::Write => {
                    ctx.set_timer(PERIOD, timer::Laptop::Write, 0);
                    self.ask(ctx, true);
                }
                timer::Laptop::Apply => self.apply(ctx),
            },
            Input::Terminate => ctx.exit(0),
            input => self.command(ctx, &input),
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Self::fresh();
    }

    // ---- for the inspector ----

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &LaptopConfig {
        &self.config
    }

    /// Returns the reads.
    pub fn reads(&self) -> &LaneLog {
        &self.memory.read
    }

    /// Returns the writes.
    pub fn writes(&self) -> &LaneLog {
        &self.memory.write
    }

    // ---- what it does ----

    /// Odd numbers are writes.
    fn ask(&mut self, ctx: &mut Ctx<'_>, write: bool) {
        let tag = (self.memory.next_probe & !1) + u32::from(write);
        self.memory.next_probe = tag.checked_add(2).unwrap_or(FIRST_PROBE);
        let (kind, namespace, name) = (Kind::Namespace, Name::default(), Name::from("default"));
        let call = if write {
            let patch = Patch::Annotate("ha-lab/probe".into(), tag.to_string().into());
            Call::Patch { kind, namespace, name, patch }
        } else {
            Call::Get { kind, namespace, name, freshness: Freshness::Latest }
        };
        let lane = if write { &mut self.memory.write } else { &mut self.memory.read };
        lane.sent(ctx, tag.into());
        self.memory.probes.push(Command::start(ctx, &self.config.server, tag, call, Some(PATIENCE)));
    }

    fn command(&mut self, ctx: &mut Ctx<'_>, input: &Input) {
        let memory = &mut self.memory;
        for index in 0..memory.probes.len() {
            let probe = &mut memory.probes[index];
            match probe.handle(ctx, input) {
                Handled::NotMine => {}
                Handled::Nothing => return,
                Handled::Done(result) => {
                    let tag = probe.tag();
                    memory.probes.remove(index);
                    return self.verdict(ctx, tag, result);
                }
            }
        }
        if let Some(command) = &mut memory.apply
            && let Handled::Done(result) = command.handle(ctx, input)
        {
            memory.apply = None;
            self.apply_ended(ctx, result);
        }
    }

    fn verdict(&mut self, ctx: &mut Ctx<'_>, tag: u32, result: CommandResult) {
        let server = &self.config.server;
        let verdict = match result {
            Ok(_) => Verdict::OK,
            Err(failure) => {
                let silent = matches!(
                    failure,
                    Failure::Transport(
                        TransportError::DeadlineExceeded | TransportError::DialTimeout | TransportError::TlsTimeout
                    )
                );
                let error = Some(explain(&failure, server).into());
                Verdict { error, silent: silent.then_some(server.host) }
            }
        };
        let lane = if tag & 1 == 1 { &mut self.memory.write } else { &mut self.memory.read };
        lane.decided(ctx, tag.into(), verdict);
    }

    fn apply(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(object) = self.manifests.get(self.memory.applied) {
            let (tag, call) = (self.memory.applied as u32 + 1, Call::Create { object: object.clone() });
            self.memory.apply = Some(Command::start(ctx, &self.config.server, tag, call, None));
        }
    }

    fn apply_ended(&mut self, ctx: &mut Ctx<'_>, result: CommandResult) {
        match result {
            Err(failure) if failure.status().is_none_or(|s| s.reason != Reason::AlreadyExists) => {
                ctx.set_timer(APPLY_AGAIN, timer::Laptop::Apply, 0);
            }
            _ => {
                self.memory.applied += 1;
                self.apply(ctx);
            }
        }
    }
}

fn labels(app: &AppDeployment) -> Map<Name, Name> {
    [("app".into(), app.name.clone())].into()
}

fn meta(app: &AppDeployment) -> Meta {
    Meta { name: app.name.clone(), namespace: "default".into(), labels: labels(app), ..Meta::default() }
}

/// As `kubectl create deployment` makes it: the container is named after the image.
fn deployment(app: &AppDeployment) -> Rc<Object> {
    let repository = app.image.rsplit('/').next().unwrap_or_default();
    let container: Name = repository.split([':', '@']).next().unwrap_or_default().into();
    let template = PodTemplate { labels: labels(app), container, image: app.image.clone(), cpu_millis: CPU_MILLIS };
    let body = Deployment { replicas: app.replicas, selector: labels(app), template, ..Deployment::default() };
    Rc::new(Object { meta: meta(app), body: Body::Deployment(body) })
}

fn service(app: &AppDeployment) -> Rc<Object> {
    let body = Service {
        node_port: Some(APP_NODE_PORT),
        cluster_ip: "10.96.30.80".into(),
        port: 80,
        target_port: POD_PORT,
        selector: labels(app),
    };
    Rc::new(Object { meta: meta(app), body: Body::Service(body) })
}
