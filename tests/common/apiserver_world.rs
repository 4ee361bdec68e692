//! A small world for the API servers: masters with etcd and an API server each, and a laptop with one client per server.

use std::rc::Rc;

use ha_lab::etcd::Member;
use ha_lab::kube::api::{API_PORT, Answer, Api, Call, Freshness, HealthPath, Request, StreamId, WatchEvent};
use ha_lab::kube::apiserver::{ApiServer, ApiServerConfig};
use ha_lab::kube::error::Failure;
use ha_lab::kube::object::{Body, Deployment, Kind, Lease, Meta, Node, Object, Pod, Stored};
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::kube::transport::{Client, Event};
use ha_lab::kube::{Ctx, Input, Lab, Timer, Value, Wire};
use ha_lab::sim::map::Map;
use ha_lab::sim::{HostId, Machine, ProcId, SimDuration, SimTime, World};

use crate::common::masters::{UNIT, add_masters};

/// A client that makes the calls it is given, and records the answers.
#[derive(Clone)]
pub struct Toy {
    client: Client,
    pub done: Map<StreamId, (SimTime, Result<Answer, Failure>)>,
    pub watched: Vec<(StreamId, String)>,
}

#[derive(Clone)]
pub enum M {
    Etcd(Box<Member<Value>>),
    Api(Box<ApiServer>),
    Toy(Box<Toy>),
}

impl Machine for M {
    type V = Lab;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            M::Etcd(m) => m.start(ctx),
            M::Api(a) => a.start(ctx),
            M::Toy(_) => {}
        }
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match self {
            M::Etcd(m) => {
                if let Some(input) = input.map(Wire::etcd, Timer::etcd) {
                    m.handle(ctx, input);
                }
            }
            M::Api(a) => a.handle(ctx, input),
            M::Toy(t) => {
                if let Input::Local { wire: Wire::Api(api), .. } = &input {
                    match api {
                        Api::Request(request) => {
                            t.client.call(ctx, request.call.clone(), request.timeout);
                        }
                        Api::Cancel { stream } => t.client.cancel(ctx, *stream),
                        _ => {}
                    }
                }
                for event in t.client.handle(ctx, &input).unwrap_or_default() {
                    match event {
                        Event::Done { stream, result } => {
                            t.done.insert(stream, (ctx.now(), result));
                        }
                        Event::Watch { stream, event } => t.watched.push((stream, watch_text(&event))),
                        Event::WatchEnded { stream, failure } => {
                            t.watched.push((stream, failure.map_or("end".to_owned(), |f| format!("lost: {f}"))));
                        }
                    }
                }
            }
        }
    }

    fn crash(&mut self, power_lost: bool) {
        match self {
            M::Etcd(m) => m.crash(),
            M::Api(a) => a.crash(power_lost),
            M::Toy(_) => {}
        }
    }
}

fn watch_text(event: &WatchEvent) -> String {
    let name = |s: &Stored| s.object.meta.name.clone();
    match event {
        WatchEvent::Added(s) => format!("ADDED {}", name(s)),
        WatchEvent::Modified(s) => format!("MODIFIED {}", name(s)),
        WatchEvent::Deleted(s) => format!("DELETED {}", name(s)),
        WatchEvent::Expired => "EXPIRED".to_owned(),
    }
}

pub struct Lab3 {
    pub world: World<M>,
    pub hosts: Vec<HostId>,
    pub etcd: Vec<ProcId>,
    pub api: Vec<ProcId>,
    pub toys: Vec<ProcId>,
    streams: Vec<StreamId>,
}

/// A started call: its client, its stream, and when it started.
#[derive(Clone, Copy)]
pub struct Asked(usize, StreamId, SimTime);

impl Lab3 {
    /// `n` masters, all started at time 0.
    pub fn new(n: usize, seed: u64) -> Self {
        Self::with(n, seed, |_| {})
    }

    pub fn with(n: usize, seed: u64, edit: impl Fn(&mut ApiServerConfig)) -> Self {
        let mut world = World::new(seed);
        let hosts: Vec<_> =
            (1..=n).map(|i| world.add_host(&format!("master-{i}"), SimDuration::from_secs(1))).collect();
        let laptop = world.add_host("laptop", SimDuration::ZERO);
        let (etcd, api) = add_masters(&mut world, &hosts, M::Etcd, M::Api, edit);
        let mut toys = Vec::new();
        for (i, host) in hosts.iter().enumerate() {
            let client = Client::new((*host, API_PORT), "toy");
            let toy = Toy { client, done: Map::new(), watched: Vec::new() };
            toys.push(world.add_process(laptop, &format!("toy-{i}"), UNIT, M::Toy(Box::new(toy))));
        }
        world.boot_all();
        Lab3 { world, hosts, etcd, api, toys, streams: vec![0; n] }
    }

    /// `n` masters whose API servers are ready.
    pub fn ready(n: usize, seed: u64) -> Self {
        let mut lab = Lab3::new(n, seed);
        lab.run(6_000);
        lab
    }

    pub fn run(&mut self, ms: u64) -> &mut Self {
        let until = self.world.now() + SimDuration::from_millis(ms);
        self.world.run_until(until);
        self
    }

    pub fn server(&self, i: usize) -> &ApiServer {
        match self.world.machine(self.api[i]) {
            M::Api(a) => a,
            _ => unreachable!(),
        }
    }

    pub fn member(&self, i: usize) -> &Member<Value> {
        match self.world.machine(self.etcd[i]) {
            M::Etcd(m) => m,
            _ => unreachable!(),
        }
    }

    pub fn toy(&self, i: usize) -> &Toy {
        match self.world.machine(self.toys[i]) {
            M::Toy(t) => t,
            _ => unreachable!(),
        }
    }

    pub fn etcd_leader(&self) -> usize {
        let leads = |i: &usize| {
            self.world.is_running(self.etcd[*i])
                && self.member(*i).raft().is_some_and(|r| r.role() == ha_lab::etcd::raft::Role::Leader)
        };
        (0..self.etcd.len()).find(leads).expect("etcd has a leader")
    }

    /// Starts a call at server `i`.
    pub fn ask(&mut self, i: usize, call: Call) -> Asked {
        self.ask_within(i, call, None)
    }

    pub fn ask_within(&mut self, i: usize, call: Call, timeout: Option<SimDuration>) -> Asked {
        self.streams[i] += 1;
        let request = Request { stream: 0, user_agent: "toy", timeout, call };
        self.world.tell(self.toys[i], Wire::Api(Api::Request(Rc::new(request))));
        Asked(i, self.streams[i], self.world.now())
    }

    /// Returns the result of a call, and how long it took in ms. `None` while it has none.
    pub fn outcome(&self, asked: Asked) -> Option<(u64, Result<Answer, Failure>)> {
        let (at, result) = self.toy(asked.0).done.get(&asked.1)?;
        Some((at.since(asked.2).as_millis(), result.clone()))
    }

    /// Returns [`outcome`](Self::outcome) as a short text.
    pub fn text(&self, asked: Asked) -> Option<(u64, String)> {
        let (ms, result) = self.outcome(asked)?;
        Some((ms, answer_text(&result)))
    }

    /// Makes a call, waits a little, and returns the result.
    pub fn call(&mut self, i: usize, call: Call) -> Result<Answer, Failure> {
        let asked = self.ask(i, call);
        self.run(100);
        self.outcome(asked).expect("answered within 100 ms").1
    }

    pub fn call_text(&mut self, i: usize, call: Call) -> String {
        answer_text(&self.call(i, call))
    }

    /// Returns the stored object as it is now.
    pub fn get(&mut self, i: usize, kind: Kind, namespace: &str, name: &str) -> Stored {
        match self.call(i, get(kind, namespace, name)) {
            Ok(Answer::Object(stored)) => stored,
            other => panic!("{kind:?} {name}: {}", answer_text(&other)),
        }
    }

    pub fn watched(&self, i: usize) -> Vec<&str> {
        self.toy(i).watched.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Cuts a master off silently.
    pub fn power_off(&mut self, i: usize) {
        self.world.act(None, Some(self.hosts[i]), TraceEvent::Act("power-off".into()));
        self.world.power_off(self.hosts[i]);
    }

    pub fn kill(&mut self, process: ProcId) {
        self.world.act(Some(process), None, TraceEvent::Act("kill".into()));
        self.world.kill(process);
    }

    /// Kills a process and keeps it down.
    pub fn stop(&mut self, process: ProcId) {
        self.world.act(Some(process), None, TraceEvent::Act("stop".into()));
        self.world.stop(process);
        self.world.kill(process);
    }
}

pub fn answer_text(result: &Result<Answer, Failure>) -> String {
    match result {
        Ok(Answer::Object(s)) => format!("{} {}", s.object.kind().name(), s.object.meta.name),
        Ok(Answer::List { items, .. }) => {
            let names: Vec<&str> = items.iter().map(|s| &*s.object.meta.name).collect();
            format!("[{}]", names.join(" "))
        }
        Ok(Answer::WatchStarted) => "watching".to_owned(),
        Ok(Answer::Deleted(s)) if s.object.meta.deletion_timestamp.is_some() => {
            format!("terminating {}", s.object.meta.name)
        }
        Ok(Answer::Deleted(s)) => format!("deleted {}", s.object.meta.name),
        Ok(Answer::Text(text)) => text.to_string(),
        Err(Failure::Status(s)) => format!("{} {:?}: {}", s.code, s.reason, s.message),
        Err(Failure::Transport(e)) => e.to_string(),
    }
}

// ---- calls and objects ----

pub fn get(kind: Kind, namespace: &str, name: &str) -> Call {
    Call::Get { kind, namespace: namespace.into(), name: name.into(), freshness: Freshness::Latest }
}

pub fn list(kind: Kind, freshness: Freshness) -> Call {
    Call::List { kind, namespace: None, selector: Map::new(), freshness }
}

pub fn watch(kind: Kind, node_name: Option<&str>, resource_version: u64) -> Call {
    Call::Watch { kind, namespace: None, node_name: node_name.map(Into::into), resource_version }
}

pub fn create(object: Object) -> Call {
    Call::Create { object: Rc::new(object) }
}

pub fn update(stored: &Stored, status: bool, edit: impl FnOnce(&mut Object)) -> Call {
    let mut object = (*stored.object).clone();
    edit(&mut object);
    Call::Update { object: Rc::new(object), resource_version: stored.resource_version, status }
}

pub fn delete(kind: Kind, name: &str, grace_period: Option<u64>) -> Call {
    let grace_period = grace_period.map(SimDuration::from_secs);
    Call::Delete { kind, namespace: "default".into(), name: name.into(), uid: None, grace_period }
}

pub fn readyz(verbose: bool) -> Call {
    Call::Health { path: HealthPath::Readyz, verbose }
}

pub fn livez() -> Call {
    Call::Health { path: HealthPath::Livez, verbose: false }
}

fn meta(namespace: &str, name: &str) -> Meta {
    Meta { name: name.into(), namespace: namespace.into(), ..Meta::default() }
}

pub fn pod(name: &str) -> Object {
    Object { meta: meta("default", name), body: Body::Pod(Pod { image: "nginx".into(), ..Pod::default() }) }
}

pub fn deployment(name: &str, replicas: u32) -> Object {
    let body = Body::Deployment(Deployment { replicas, ..Deployment::default() });
    Object { meta: meta("default", name), body }
}

pub fn lease(name: &str, holder: &str) -> Object {
    let body = Body::Lease(Lease { holder_identity: holder.into(), lease_duration_seconds: 15, ..Lease::default() });
    Object { meta: meta("kube-system", name), body }
}

pub fn node(name: &str) -> Object {
    Object { meta: meta("", name), body: Body::Node(Node::default()) }
}
