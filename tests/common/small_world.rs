//! A small world around the processes of a node and of the edge: real kubelets, proxies, load balancers and clients
//! against a fake API server that keeps its objects in a map.

use std::rc::Rc;

use ha_lab::edge::haproxy::{Balance, Check, Haproxy, HaproxyConfig, ServerConfig};
use ha_lab::edge::kubectl::Server;
use ha_lab::edge::laptop::{AppDeployment, Laptop, LaptopConfig};
use ha_lab::edge::user::{AppUser, UserConfig};
use ha_lab::kube::api::*;
use ha_lab::kube::kubelet::{Kubelet, KubeletConfig, StaticPod};
use ha_lab::kube::node_os::NodeOs;
use ha_lab::kube::object::*;
use ha_lab::kube::proxy::{Proxy, ProxyConfig};
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::kube::vocabulary::{APP_NODE_PORT, Cri};
use ha_lab::kube::{Ctx, Input, Lab, Wire};
use ha_lab::sim::map::Map;
use ha_lab::sim::{ConnId, HostId, Machine, ProcId, SimDuration, SimTime, Supervisor, WallTime, World};

pub use crate::common::masters::UNIT;

/// An API server with one shared map, which [`Small::edit`] gives to it.
#[derive(Clone, Debug, Default)]
pub struct FakeApi {
    /// The stored objects, which outlive the process as etcd does.
    pub objects: Map<Name, Stored>,
    pub revision: u64,
    pub sick: bool,
    watches: Vec<(ConnId, StreamId, Kind, Option<Name>)>,
    changes: Vec<(Kind, WatchEvent)>,
    /// Calls answered, by label.
    pub calls: Map<&'static str, u32>,
}

impl FakeApi {
    fn put(&mut self, mut object: Object) -> Stored {
        self.revision += 1;
        let key = object.key();
        let new = !self.objects.contains_key(&key);
        if new {
            object.meta.uid = u128::from(self.revision) << 64 | 7;
        }
        let stored = Stored { resource_version: self.revision, object: Rc::new(object) };
        self.objects.insert(key, stored.clone());
        let event = if new { WatchEvent::Added(stored.clone()) } else { WatchEvent::Modified(stored.clone()) };
        self.changes.push((stored.object.kind(), event));
        stored
    }

    fn remove(&mut self, key: &str) -> Option<Stored> {
        let mut stored = self.objects.remove(key)?;
        self.revision += 1;
        stored.resource_version = self.revision;
        self.changes.push((stored.object.kind(), WatchEvent::Deleted(stored.clone())));
        Some(stored)
    }

    fn answer(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, request: &Request) -> Result<Answer, Status> {
        let find = |kind: Kind, ns: &str, name: &str| {
            let key = kind.key(ns, name);
            self.objects.get(&key).cloned().ok_or_else(|| Status::not_found(kind, name))
        };
        match &request.call {
            Call::Get { kind, namespace, name, .. } => Ok(Answer::Object(find(*kind, namespace, name)?)),
            Call::List { kind, .. } => {
                let items = self.objects.values().filter(|s| s.object.kind() == *kind).cloned().collect();
                Ok(Answer::List { resource_version: self.revision, items })
            }
            Call::Watch { kind, node_name, .. } => {
                self.watches.push((conn, request.stream, *kind, node_name.clone()));
                Ok(Answer::WatchStarted)
            }
            Call::Create { object } => {
                if self.objects.contains_key(&object.key()) {
                    return Err(Status::already_exists(object.kind(), &object.meta.name));
                }
                Ok(Answer::Object(self.put((**object).clone())))
            }
            Call::Update { object, resource_version, .. } => {
                let old = find(object.kind(), &object.meta.namespace, &object.meta.name)?;
                if old.resource_version != *resource_version {
                    return Err(Status::conflict(object.kind(), &object.meta.name));
                }
                Ok(Answer::Object(self.put((**object).clone())))
            }
            Call::Patch { kind, namespace, name, patch: Patch::Annotate(key, value) } => {
                let mut object = (*find(*kind, namespace, name)?.object).clone();
                object.meta.annotations.insert(key.clone(), value.clone());
                Ok(Answer::Object(self.put(object)))
            }
            Call::Delete { kind, namespace, name, grace_period, .. } => {
                let stored = find(*kind, namespace, name)?;
                if *kind == Kind::Pod && grace_period.is_none() {
                    let mut object = (*stored.object).clone();
                    object.meta.deletion_timestamp = Some(ctx.wall());
                    return Ok(Answer::Deleted(self.put(object)));
                }
                Ok(Answer::Deleted(self.remove(&stored.object.key()).expect("found above")))
            }
            Call::Health { .. } if self.sick => Err(Status::new(500, Reason::InternalError, "readyz check failed")),
            Call::Health { .. } => Ok(Answer::Text("ok".into())),
            call => panic!("the fake does not know {call:?}"),
        }
    }

    fn flush(&mut self, ctx: &mut Ctx<'_>) {
        for (kind, event) in std::mem::take(&mut self.changes) {
            let (WatchEvent::Added(s) | WatchEvent::Modified(s) | WatchEvent::Deleted(s)) = &event else { continue };
            let node = s.object.pod().and_then(|p| p.node_name.clone());
            for (conn, stream, watched, filter) in &self.watches {
                if *watched == kind && (filter.is_none() || *filter == node) {
                    let event = event.clone();
                    ctx.send(*conn, Wire::Api(Api::Watch { stream: *stream, event }));
                }
            }
        }
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Data { conn, wire: Wire::Api(api) } => match api {
                Api::ClientHello => drop(ctx.send(conn, Wire::Api(Api::ServerHello))),
                Api::Ping => drop(ctx.send(conn, Wire::Api(Api::Pong))),
                Api::Request(request) => {
                    *self.calls.entry(request.call.label()).or_default() += 1;
                    let (stream, result) = (request.stream, self.answer(ctx, conn, &request));
                    ctx.send(conn, Wire::Api(Api::Response(Rc::new(Response { stream, result }))));
                    self.flush(ctx);
                }
                _ => {}
            },
            Input::Closed { conn, .. } => self.watches.retain(|(c, ..)| *c != conn),
            Input::Local { .. } => self.flush(ctx),
            Input::Terminate => ctx.exit(0),
            _ => {}
        }
    }
}

/// The processes of this world.
#[derive(Clone, Debug)]
pub enum Toy {
    Api(FakeApi),
    Kubelet(Kubelet),
    Node(NodeOs),
    Proxy(Proxy),
    Haproxy(Haproxy),
    Laptop(Laptop),
    User(AppUser),
    /// Does nothing, as a component that a kubelet supervises.
    Idle,
}

impl Machine for Toy {
    type V = Lab;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            Toy::Api(_) => ctx.listen(API_PORT),
            Toy::Kubelet(m) => m.start(ctx),
            Toy::Node(m) => m.start(ctx),
            Toy::Proxy(m) => m.start(ctx),
            Toy::Haproxy(m) => m.start(ctx),
            Toy::Laptop(m) => m.start(ctx),
            Toy::User(m) => m.start(ctx),
            Toy::Idle => {}
        }
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match self {
            Toy::Api(m) => m.handle(ctx, input),
            Toy::Kubelet(m) => m.handle(ctx, input),
            Toy::Node(m) => m.handle(ctx, input),
            Toy::Proxy(m) => m.handle(ctx, input),
            Toy::Haproxy(m) => m.handle(ctx, input),
            Toy::Laptop(m) => m.handle(ctx, input),
            Toy::User(m) => m.handle(ctx, input),
            Toy::Idle => {}
        }
    }

    fn crash(&mut self, power_lost: bool) {
        match self {
            Toy::Api(m) => m.watches.clear(),
            Toy::Kubelet(m) => m.crash(power_lost),
            Toy::Node(m) => m.crash(power_lost),
            Toy::Proxy(m) => m.crash(power_lost),
            Toy::Haproxy(m) => m.crash(power_lost),
            Toy::Laptop(m) => m.crash(power_lost),
            Toy::User(m) => m.crash(power_lost),
            Toy::Idle => {}
        }
    }
}

/// The world and the numbers of its processes.
pub struct Small {
    pub world: World<Toy>,
    pub masters: Vec<HostId>,
    pub apis: Vec<ProcId>,
    pub workers: Vec<HostId>,
    pub nodes: Vec<ProcId>,
    pub kubelets: Vec<ProcId>,
    pub proxies: Vec<ProcId>,
}

pub fn secs(s: u64) -> SimDuration {
    SimDuration::from_secs(s)
}

impl Small {
    /// Masters with only an API server, each a unit; workers that talk to the first one.
    pub fn new(masters: usize, workers: usize) -> Self {
        let mut world = World::new(7);
        let boot = secs(5);
        let names = |what: &str, n: usize| (1..=n).map(|i| format!("{what}-{i}")).collect::<Vec<_>>();
        let masters: Vec<_> = names("master", masters).iter().map(|n| world.add_host(n, boot)).collect();
        let worker_names = names("worker", workers);
        let workers: Vec<_> = worker_names.iter().map(|n| world.add_host(n, boot)).collect();
        let apis: Vec<_> = masters
            .iter()
            .map(|h| world.add_process(*h, "kube-apiserver", UNIT, Toy::Api(FakeApi::default())))
            .collect();
        let hosts: Rc<Map<Name, HostId>> =
            Rc::new(worker_names.iter().map(|n| n.as_str().into()).zip(workers.iter().copied()).collect());
        let (mut nodes, mut kubelets, mut proxies) = (Vec::new(), Vec::new(), Vec::new());
        for (index, host) in workers.iter().enumerate() {
            let node = world.add_process(*host, "node", UNIT, Toy::Node(NodeOs::new()));
            let server = (masters[0], API_PORT);
            let config = KubeletConfig {
                node_name: worker_names[index].as_str().into(),
                internal_ip: format!("10.0.1.{}", index + 1).into(),
                server,
                runtime: Some(node),
                control_plane: false,
                static_pods: Vec::new(),
                pods_capacity: 110,
                cpu_millis: 4_000,
                pod_subnet: format!("10.244.{}.", index + 1).into(),
            };
            kubelets.push(world.add_process(*host, "kubelet", UNIT, Toy::Kubelet(Kubelet::new(config))));
            let proxy = Proxy::new(ProxyConfig { server, node, hosts: hosts.clone() });
            proxies.push(world.add_process(*host, "kube-proxy", UNIT, Toy::Proxy(proxy)));
            nodes.push(node);
        }
        let mut small = Small { world, masters, apis, workers, nodes, kubelets, proxies };
        for index in 0..small.apis.len() {
            small.put(index, Object { meta: meta("default", ""), body: Body::Namespace });
        }
        small
    }

    pub fn run(&mut self, span: SimDuration) {
        let until = self.world.now() + span;
        self.world.run_until(until);
    }

    pub fn api(&self, index: usize) -> &FakeApi {
        match self.world.machine(self.apis[index]) {
            Toy::Api(api) => api,
            other => panic!("{other:?} is no API server"),
        }
    }

    /// Changes the objects of an API server, and lets it inform its watchers.
    pub fn edit<R>(&mut self, index: usize, f: impl FnOnce(&mut FakeApi) -> R) -> R {
        let mut result = None;
        let process = self.apis[index];
        self.world.edit(process, |m| {
            if let Toy::Api(api) = m {
                result = Some(f(api));
            }
        });
        if self.world.is_running(process) {
            self.world.tell(process, Wire::Cri(Cri::List));
        }
        result.expect("an API server")
    }

    pub fn put(&mut self, index: usize, object: Object) -> Stored {
        self.edit(index, |api| api.put(object))
    }

    pub fn pod(&self, name: &str) -> Option<Stored> {
        self.api(0).objects.get(&Kind::Pod.key("default", name)).cloned()
    }

    /// Returns one line about a pod: phase, ready, restarts, and the state of its container.
    pub fn show(&self, name: &str) -> String {
        match self.pod(name) {
            None => "gone".to_owned(),
            Some(stored) => {
                let pod = stored.object.pod().expect("a pod");
                let state = match &pod.state {
                    ContainerState::Unset => "unset",
                    ContainerState::Waiting(reason) => reason,
                    ContainerState::Running { .. } => "running",
                    ContainerState::Terminated { reason, .. } => reason,
                };
                format!("{:?} {} {} {state}", pod.phase, if pod.ready { "1/1" } else { "0/1" }, pod.restart_count)
            }
        }
    }

    pub fn kubelet(&self, index: usize) -> &Kubelet {
        match self.world.machine(self.kubelets[index]) {
            Toy::Kubelet(kubelet) => kubelet,
            other => panic!("{other:?} is no kubelet"),
        }
    }

    pub fn node(&self, index: usize) -> &NodeOs {
        match self.world.machine(self.nodes[index]) {
            Toy::Node(node) => node,
            other => panic!("{other:?} is no node"),
        }
    }

    /// Returns the notes so far, with their times in milliseconds.
    pub fn notes(&self) -> Vec<(u64, TraceEvent)> {
        self.world.trace().notes_from(0).map(|n| (n.at.as_millis(), n.what.clone())).collect()
    }

    /// Crashes the container of a pod.
    pub fn crash_container(&mut self, worker: usize, pod: &str) {
        let uid = self.pod(pod).expect("the pod is there").object.meta.uid;
        let node = self.nodes[worker];
        self.world.tell(node, Wire::Cri(Cri::Crash { pod: uid }));
    }

    /// `kubectl delete pod`
    pub fn delete_pod(&mut self, name: &str) {
        let (now, key) = (WallTime::exact(self.world.now()), Kind::Pod.key("default", name));
        self.edit(0, |api| {
            let mut object = (*api.objects[&key].object).clone();
            object.meta.deletion_timestamp = Some(now);
            api.put(object);
        });
    }
}

pub fn meta(name: &str, namespace: &str) -> Meta {
    Meta { name: name.into(), namespace: namespace.into(), ..Meta::default() }
}

/// A pod that is bound to a worker.
pub fn pod(name: &str, node: &str) -> Object {
    let body = Pod {
        node_name: Some(node.into()),
        container: "nginx".into(),
        image: "nginx:1.27".into(),
        termination_grace_period: secs(30),
        ..Pod::default()
    };
    Object { meta: meta(name, "default"), body: Body::Pod(body) }
}

/// A service on the app's node port.
pub fn service(name: &str) -> Object {
    let body = Service { node_port: Some(APP_NODE_PORT), port: 80, target_port: 8080, ..Service::default() };
    Object { meta: meta(name, "default"), body: Body::Service(body) }
}

/// Its endpoints: pods by name, uid and node.
pub fn slice(service: &str, pods: &[(&str, Uid, &str)]) -> Object {
    let endpoint = |(pod, uid, node): &(&str, Uid, &str)| Endpoint {
        pod: (*pod).into(),
        pod_uid: *uid,
        address: "10.244.0.2".into(),
        node_name: (*node).into(),
        ready: true,
        terminating: false,
    };
    let body = EndpointSlice {
        service: service.into(),
        port: 8080,
        endpoints: pods.iter().map(endpoint).collect(),
        ..EndpointSlice::default()
    };
    Object { meta: meta(&format!("{service}-abcde"), "default"), body: Body::EndpointSlice(body) }
}

pub fn haproxy(small: &Small, check: Check, redispatch: bool, balance: Balance) -> Haproxy {
    let server = |(index, host): (usize, &HostId)| ServerConfig {
        name: format!("master-{}", index + 1),
        host: *host,
        port: API_PORT,
        process: Some(small.apis[index]),
    };
    let servers = small.masters.iter().enumerate().map(server).collect();
    Haproxy::new(HaproxyConfig { listen: API_PORT, servers, balance, check, redispatch })
}

pub fn laptop(host: HostId, deployments: &[&str]) -> Laptop {
    let app = |name: &&str| AppDeployment { name: (*name).into(), replicas: 3, image: "nginx:1.27".into() };
    let server = Server { host, port: API_PORT, address: "10.0.0.10:6443".into() };
    Laptop::new(LaptopConfig { server, deployments: deployments.iter().map(app).collect() })
}

pub fn user(small: &Small) -> AppUser {
    AppUser::new(UserConfig { workers: small.workers.clone(), port: APP_NODE_PORT })
}

/// A master whose kubelet runs an API server and an idle component from manifests.
pub fn master_with_kubelet() -> (World<Toy>, HostId, [ProcId; 3]) {
    let mut world = World::new(3);
    let host = world.add_host("master-1", secs(5));
    let kubelet = world.next_process();
    let (api, idle) = (ProcId(kubelet.0 + 1), ProcId(kubelet.0 + 2));
    let config = KubeletConfig {
        node_name: "master-1".into(),
        internal_ip: "10.0.0.1".into(),
        server: (host, API_PORT),
        runtime: None,
        control_plane: true,
        static_pods: vec![
            StaticPod { process: api, name: "kube-apiserver".into() },
            StaticPod { process: idle, name: "kube-scheduler".into() },
        ],
        pods_capacity: 110,
        cpu_millis: 4_000,
        pod_subnet: "10.244.0.".into(),
    };
    world.add_process(host, "kubelet", UNIT, Toy::Kubelet(Kubelet::new(config)));
    world.add_process(host, "kube-apiserver", Supervisor::Process(kubelet), Toy::Api(FakeApi::default()));
    world.add_process(host, "kube-scheduler", Supervisor::Process(kubelet), Toy::Idle);
    (world, host, [kubelet, api, idle])
}

pub fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + secs(seconds)
}
