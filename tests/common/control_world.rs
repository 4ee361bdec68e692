//! A small control plane for the controllers and schedulers: masters with etcd, API server, controller manager and
//! scheduler; workers with a toy kubelet; a laptop.

use std::rc::Rc;

use ha_lab::etcd::Member;
use ha_lab::kube::api::{API_PORT, Answer, Call, Freshness, StreamId};
use ha_lab::kube::apiserver::ApiServer;
use ha_lab::kube::controllers::{ControllerManager, ControllerManagerConfig};
use ha_lab::kube::election::{Component, ElectorConfig, LockKind, Peer, Settings};
use ha_lab::kube::error::Failure;
use ha_lab::kube::informer::{Change, Informer};
use ha_lab::kube::object::*;
use ha_lab::kube::scheduler::{Scheduler, SchedulerConfig};
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::kube::transport::{Client, Event as Heard};
use ha_lab::kube::vocabulary::Control;
use ha_lab::kube::{Ctx, Input, Lab, Timer, Value, Wire};
use ha_lab::sim::map::Map;
use ha_lab::sim::{HostId, Machine, ProcId, SimDuration, WallTime, World};

use crate::common::masters::{UNIT, add_masters};

/// Registers its node, renews its lease, runs every bound pod at once, and ends the pods that are deleted.
#[derive(Clone)]
pub struct ToyKubelet {
    node: Name,
    server: HostId,
    client: Client,
    pods: Informer,
    lease: Option<Stored>,
    lease_call: Option<StreamId>,
}

/// Makes calls and records the answers.
#[derive(Clone)]
pub struct Laptop {
    client: Client,
    todo: Vec<Call>,
    pub done: Map<StreamId, Result<Answer, Failure>>,
}

#[derive(Clone)]
pub enum M {
    Etcd(Box<Member<Value>>),
    Api(Box<ApiServer>),
    Manager(Box<ControllerManager>),
    Scheduler(Box<Scheduler>),
    Kubelet(Box<ToyKubelet>),
    Laptop(Box<Laptop>),
}

impl ToyKubelet {
    fn fresh_client(&self) -> Client {
        Client::new((self.server, API_PORT), "kubelet")
    }

    fn condition(kind: &'static str, status: ConditionStatus, at: WallTime) -> Condition {
        Condition {
            kind,
            status,
            reason: "Kubelet".into(),
            message: "ok".into(),
            last_heartbeat_time: Some(at),
            last_transition_time: at,
        }
    }

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(SimDuration::from_secs(4), Timer::Other("toy kubelet: begin"), 0);
    }

    fn register(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.wall();
        let node = Node {
            internal_ip: "10.0.1.1".into(),
            pods_capacity: 110,
            cpu_millis: 1_000,
            conditions: vec![Self::condition("Ready", ConditionStatus::True, now)],
            ..Node::default()
        };
        let meta = Meta { name: self.node.clone(), ..Meta::default() };
        let object = Rc::new(Object { meta, body: Body::Node(node) });
        self.client.call(ctx, Call::Create { object }, None);
    }

    fn renew(&mut self, ctx: &mut Ctx<'_>) {
        let lease = Lease {
            holder_identity: self.node.clone(),
            lease_duration_seconds: 40,
            renew_time: Some(ctx.wall()),
            ..Lease::default()
        };
        let meta = Meta { name: self.node.clone(), namespace: "kube-node-lease".into(), ..Meta::default() };
        let object = Rc::new(Object { meta, body: Body::Lease(lease) });
        let call = match &self.lease {
            Some(old) => Call::Update { object, resource_version: old.resource_version, status: false },
            None => Call::Create { object },
        };
        self.lease_call = Some(self.client.call(ctx, call, Some(SimDuration::from_secs(5))));
        ctx.set_timer(SimDuration::from_secs(10), Timer::Other("toy kubelet: renew"), 0);
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        if let Input::Timer(key) = &input {
            match key.why {
                Timer::Other("toy kubelet: begin") => {
                    self.register(ctx);
                    self.renew(ctx);
                    self.pods.start(ctx, &mut self.client);
                    return;
                }
                Timer::Other("toy kubelet: renew") => return self.renew(ctx),
                Timer::Informer(_) if self.pods.on_timer(ctx, &mut self.client, key.arg) => return,
                _ => {}
            }
        }
        for event in self.client.handle(ctx, &input).into_iter().flatten() {
            if let Heard::Done { stream, result: Ok(Answer::Object(stored)) } = &event
                && Some(*stream) == self.lease_call
            {
                self.lease = Some(stored.clone());
            }
            let mut changes = Vec::new();
            self.pods.on_event(ctx, &mut self.client, &event, &mut changes);
            for change in changes {
                if let Change::Added(pod) | Change::Modified { new: pod, .. } = change {
                    self.care(ctx, &pod);
                }
            }
        }
    }

    fn care(&mut self, ctx: &mut Ctx<'_>, stored: &Stored) {
        let meta = &stored.object.meta;
        if meta.deletion_timestamp.is_some() {
            let call = Call::Delete {
                kind: Kind::Pod,
                namespace: meta.namespace.clone(),
                name: meta.name.clone(),
                uid: Some(meta.uid),
                grace_period: Some(SimDuration::ZERO),
            };
            self.client.call(ctx, call, None);
            return;
        }
        let mut object = (*stored.object).clone();
        let now = ctx.wall();
        let Some(pod) = object.pod_mut().filter(|p| p.phase == PodPhase::Pending) else { return };
        pod.phase = PodPhase::Running;
        pod.ready = true;
        pod.start_time = Some(now);
        pod.pod_ip = Some(format!("10.1.0.{}", meta.uid % 250).into());
        pod.conditions.push(Self::condition("Ready", ConditionStatus::True, now));
        let resource_version = stored.resource_version;
        self.client.call(ctx, Call::Update { object: Rc::new(object), resource_version, status: true }, None);
    }
}

impl Machine for M {
    type V = Lab;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            M::Etcd(m) => m.start(ctx),
            M::Api(a) => a.start(ctx),
            M::Manager(m) => m.start(ctx),
            M::Scheduler(s) => s.start(ctx),
            M::Kubelet(k) => k.start(ctx),
            M::Laptop(_) => {}
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
            M::Manager(m) => m.handle(ctx, input),
            M::Scheduler(s) => s.handle(ctx, input),
            M::Kubelet(k) => k.handle(ctx, input),
            M::Laptop(l) => {
                for call in std::mem::take(&mut l.todo) {
                    l.client.call(ctx, call, None);
                }
                for event in l.client.handle(ctx, &input).into_iter().flatten() {
                    if let Heard::Done { stream, result } = event {
                        l.done.insert(stream, result);
                    }
                }
            }
        }
    }

    fn crash(&mut self, power_lost: bool) {
        match self {
            M::Etcd(m) => m.crash(),
            M::Api(a) => a.crash(power_lost),
            M::Manager(m) => m.crash(power_lost),
            M::Scheduler(s) => s.crash(power_lost),
            M::Kubelet(k) => {
                k.pods = Informer::new(Kind::Pod).of_node(k.node.clone());
                k.client = k.fresh_client();
            }
            M::Laptop(_) => {}
        }
    }
}

pub struct Plane {
    pub world: World<M>,
    pub masters: Vec<HostId>,
    pub workers: Vec<HostId>,
    pub api: Vec<ProcId>,
    pub managers: Vec<ProcId>,
    pub schedulers: Vec<ProcId>,
    laptop: ProcId,
    asked: StreamId,
}

impl Plane {
    pub fn new(seed: u64, masters: usize, workers: usize, settings: Settings) -> Self {
        let mut world = World::new(seed);
        let boot = SimDuration::from_secs(5);
        let hosts: Vec<HostId> = (1..=masters).map(|i| world.add_host(&format!("master-{i}"), boot)).collect();
        let worker_hosts: Vec<HostId> = (1..=workers).map(|i| world.add_host(&format!("worker-{i}"), boot)).collect();
        let laptop_host = world.add_host("laptop", SimDuration::ZERO);
        let (_, api) = add_masters(&mut world, &hosts, M::Etcd, M::Api, |_| {});
        let first = world.next_process().0;
        let id = |offset: usize| ProcId(first + offset as u16);
        let peers = |offset: usize| -> Vec<Peer> {
            let peer =
                |i: usize| Peer { name: format!("master-{}", i + 1).into(), host: hosts[i], process: id(offset + i) };
            (0..masters).map(peer).collect()
        };
        let elector = |i: usize, component, offset| ElectorConfig {
            component,
            settings,
            lock: LockKind::Leases,
            host_name: format!("master-{}", i + 1).into(),
            peers: peers(offset),
            api_server: Some(api[i]),
        };
        let kubelets: Map<Name, ProcId> =
            (0..workers).map(|i| (format!("worker-{}", i + 1).into(), id(2 * masters + i))).collect();
        let kubelets = Rc::new(kubelets);
        let mut managers = Vec::new();
        for (i, host) in hosts.iter().enumerate() {
            let election = elector(i, Component::ControllerManager, 0);
            let config = ControllerManagerConfig { server: *host, election, kubelets: kubelets.clone(), burst: 1_000 };
            let machine = M::Manager(Box::new(ControllerManager::new(config)));
            managers.push(world.add_process(*host, "kube-controller-manager", UNIT, machine));
        }
        let mut schedulers = Vec::new();
        for (i, host) in hosts.iter().enumerate() {
            let election = elector(i, Component::Scheduler, masters);
            let machine = M::Scheduler(Box::new(Scheduler::new(SchedulerConfig { server: *host, election })));
            schedulers.push(world.add_process(*host, "kube-scheduler", UNIT, machine));
        }
        let mut toys = Vec::new();
        for (i, host) in worker_hosts.iter().enumerate() {
            let node: Name = format!("worker-{}", i + 1).into();
            let kubelet = ToyKubelet {
                server: hosts[0],
                client: Client::new((hosts[0], API_PORT), "kubelet"),
                pods: Informer::new(Kind::Pod).of_node(node.clone()),
                node,
                lease: None,
                lease_call: None,
            };
            toys.push(world.add_process(*host, "kubelet", UNIT, M::Kubelet(Box::new(kubelet))));
        }
        assert_eq!(toys.first(), kubelets.values().next());
        let client = Client::new((hosts[0], API_PORT), "kubectl");
        let laptop = Laptop { client, todo: Vec::new(), done: Map::new() };
        let laptop = world.add_process(laptop_host, "kubectl", UNIT, M::Laptop(Box::new(laptop)));
        world.boot_all();
        Plane { world, masters: hosts, workers: worker_hosts, api, managers, schedulers, laptop, asked: 0 }
    }

    pub fn run(&mut self, secs: u64) -> &mut Self {
        self.run_ms(secs * 1_000)
    }

    pub fn run_ms(&mut self, ms: u64) -> &mut Self {
        let until = self.world.now() + SimDuration::from_millis(ms);
        self.world.run_until(until);
        self
    }

    pub fn act(&mut self, text: &str, f: impl FnOnce(&mut World<M>)) {
        self.world.act(None, None, TraceEvent::Act(text.into()));
        f(&mut self.world);
    }

    pub fn call(&mut self, call: Call) -> Result<Answer, Failure> {
        self.asked += 1;
        let (laptop, asked) = (self.laptop, self.asked);
        self.world.edit(laptop, |m| {
            if let M::Laptop(l) = m {
                l.todo.push(call);
            }
        });
        let wake = Wire::Control(Control::Election(Settings::default()));
        self.world.tell(laptop, wake);
        for _ in 0..100 {
            self.run_ms(10);
            if let M::Laptop(l) = self.world.machine(laptop)
                && let Some(result) = l.done.get(&asked)
            {
                return result.clone();
            }
        }
        panic!("no answer within a second")
    }

    pub fn list(&mut self, kind: Kind) -> Vec<Stored> {
        let call = Call::List { kind, namespace: None, selector: Map::new(), freshness: Freshness::Latest };
        match self.call(call) {
            Ok(Answer::List { items, .. }) => items,
            other => panic!("{kind:?}: {other:?}"),
        }
    }

    pub fn get(&mut self, kind: Kind, namespace: &str, name: &str) -> Stored {
        let freshness = Freshness::Latest;
        match self.call(Call::Get { kind, namespace: namespace.into(), name: name.into(), freshness }) {
            Ok(Answer::Object(stored)) => stored,
            other => panic!("{kind:?} {name}: {other:?}"),
        }
    }

    /// A Deployment `web`, and a Service in front of it.
    pub fn deploy(&mut self, replicas: u32, cpu_millis: u32) {
        let labels = Map::from([("app".into(), "web".into())]);
        let meta =
            || Meta { name: "web".into(), namespace: "default".into(), labels: labels.clone(), ..Meta::default() };
        let template =
            PodTemplate { labels: labels.clone(), container: "nginx".into(), image: "nginx:1.27".into(), cpu_millis };
        let deployment = Deployment { replicas, selector: labels.clone(), template, ..Deployment::default() };
        let object = Rc::new(Object { meta: meta(), body: Body::Deployment(deployment) });
        self.call(Call::Create { object }).expect("created");
        let service = Service { port: 80, target_port: 80, selector: labels.clone(), ..Service::default() };
        let object = Rc::new(Object { meta: meta(), body: Body::Service(service) });
        self.call(Call::Create { object }).expect("created");
    }

    /// Returns the pods that are neither finished nor being deleted.
    pub fn active_pods(&mut self) -> Vec<Stored> {
        let active = |s: &Stored| s.object.meta.deletion_timestamp.is_none() && s.object.pod().unwrap().is_active();
        self.list(Kind::Pod).into_iter().filter(active).collect()
    }

    /// Returns `reason message` of all Events, sorted and without duplicates.
    pub fn events(&mut self) -> Vec<String> {
        let text = |s: Stored| s.object.event().map(|e| format!("{} {}", e.reason, e.message)).unwrap_or_default();
        let mut events: Vec<String> = self.list(Kind::Event).into_iter().map(text).collect();
        events.sort();
        events.dedup();
        events
    }

    pub fn manager(&self, i: usize) -> &ControllerManager {
        match self.world.machine(self.managers[i]) {
            M::Manager(m) => m,
            _ => unreachable!(),
        }
    }

    pub fn scheduler(&self, i: usize) -> &Scheduler {
        match self.world.machine(self.schedulers[i]) {
            M::Scheduler(s) => s,
            _ => unreachable!(),
        }
    }

    /// Returns the controller managers that act.
    pub fn acting(&self) -> Vec<usize> {
        (0..self.managers.len())
            .filter(|i| self.world.is_running(self.managers[*i]) && self.manager(*i).is_leading())
            .collect()
    }

    /// Returns the schedulers that act.
    pub fn scheduling(&self) -> Vec<usize> {
        (0..self.schedulers.len())
            .filter(|i| self.world.is_running(self.schedulers[*i]) && self.scheduler(*i).is_leading())
            .collect()
    }

    /// Runs until `f` holds, at most this many seconds, in steps of 50 ms. Returns how long it took, in ms.
    pub fn until(&mut self, secs: u64, what: &str, mut f: impl FnMut(&mut Self) -> bool) -> u64 {
        let start = self.world.now();
        while !f(self) {
            assert!(self.world.now().since(start) < SimDuration::from_secs(secs), "not within {secs} s: {what}");
            self.run_ms(50);
        }
        self.world.now().since(start).as_millis()
    }
}
