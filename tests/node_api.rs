//! A node with the lab's own API server and etcd: they accept what the kubelet writes, and serve what it needs.

use std::rc::Rc;

use ha_lab::edge::kubectl::{Command, Server};
use ha_lab::etcd::Member;
use ha_lab::kube::api::{API_PORT, Answer, Call, Freshness};
use ha_lab::kube::apiserver::ApiServer;
use ha_lab::kube::kubelet::{Kubelet, KubeletConfig};
use ha_lab::kube::node_os::NodeOs;
use ha_lab::kube::object::{Body, Kind, Meta, Object, Pod, PodPhase};
use ha_lab::kube::vocabulary::Cri;

use ha_lab::kube::{Ctx, Handled, Input, Lab, Timer, Value, Wire};
use ha_lab::sim::{Machine, ProcId, SimDuration, SimTime, World};

use crate::common::masters::{UNIT, add_masters};

/// Runs one command each time it is told to, and records the answer.
#[derive(Clone)]
struct Typist {
    server: Server,
    next: Option<Call>,
    command: Option<Command>,
    said: Option<String>,
}

#[derive(Clone)]
enum M {
    Etcd(Box<Member<Value>>),
    Api(Box<ApiServer>),
    Kubelet(Box<Kubelet>),
    Node(NodeOs),
    Typist(Box<Typist>),
}

impl Machine for M {
    type V = Lab;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            M::Etcd(m) => m.start(ctx),
            M::Api(m) => m.start(ctx),
            M::Kubelet(m) => m.start(ctx),
            M::Node(m) => m.start(ctx),
            M::Typist(_) => {}
        }
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match self {
            M::Etcd(m) => {
                if let Some(input) = input.map(Wire::etcd, Timer::etcd) {
                    m.handle(ctx, input);
                }
            }
            M::Api(m) => m.handle(ctx, input),
            M::Kubelet(m) => m.handle(ctx, input),
            M::Node(m) => m.handle(ctx, input),
            M::Typist(t) => {
                if let Some(call) = t.next.take() {
                    t.command = Some(Command::start(ctx, &t.server, 1, call, None));
                } else if let Some(Handled::Done(result)) = t.command.as_mut().map(|c| c.handle(ctx, &input)) {
                    t.said = Some(match result {
                        Ok(Answer::Object(s) | Answer::Deleted(s)) => look(&s.object),
                        Ok(other) => format!("{other:?}"),
                        Err(failure) => failure.to_string(),
                    });
                }
            }
        }
    }

    fn crash(&mut self, power_lost: bool) {
        match self {
            M::Etcd(m) => m.crash(),
            M::Api(m) => m.crash(power_lost),
            M::Kubelet(m) => m.crash(power_lost),
            M::Node(m) => m.crash(power_lost),
            M::Typist(t) => t.command = None,
        }
    }
}

fn look(object: &Object) -> String {
    match &object.body {
        Body::Pod(p) if p.phase == PodPhase::Running => {
            format!("Running {} {} {}", p.ready, p.restart_count, p.pod_ip.as_deref().unwrap_or("-"))
        }
        Body::Pod(p) => format!("{:?}", p.phase),
        Body::Node(n) => format!("Ready {:?}", n.ready()),
        body => format!("{body:?}"),
    }
}

struct Real {
    world: World<M>,
    node: ProcId,
    typist: ProcId,
}

impl Real {
    fn new() -> Self {
        let mut world: World<M> = World::new(5);
        let boot = SimDuration::from_secs(5);
        let master = world.add_host("master-1", boot);
        let worker = world.add_host("worker-1", boot);
        let desk = world.add_host("laptop", boot);
        add_masters(&mut world, &[master], M::Etcd, M::Api, |_| {});
        let node = world.add_process(worker, "node", UNIT, M::Node(NodeOs::new()));
        let config = KubeletConfig {
            node_name: "worker-1".into(),
            internal_ip: "10.0.1.1".into(),
            server: (master, API_PORT),
            runtime: Some(node),
            control_plane: false,
            static_pods: Vec::new(),
            pods_capacity: 110,
            cpu_millis: 4_000,
            pod_subnet: "10.244.1.".into(),
        };
        world.add_process(worker, "kubelet", UNIT, M::Kubelet(Box::new(Kubelet::new(config))));
        let server = Server { host: master, port: API_PORT, address: "10.0.0.1:6443".into() };
        let typist = Typist { server, next: None, command: None, said: None };
        let typist = world.add_process(desk, "kubectl", UNIT, M::Typist(Box::new(typist)));
        world.boot_all();
        world.run_until(SimTime::ZERO + SimDuration::from_secs(30));
        Real { world, node, typist }
    }

    /// Returns the answer to a call as text, and then waits.
    fn say(&mut self, call: Call, wait_s: u64) -> String {
        self.world.edit(self.typist, |m| {
            if let M::Typist(t) = m {
                (t.next, t.said) = (Some(call), None);
            }
        });
        self.world.tell(self.typist, Wire::Cri(Cri::List));
        let until = self.world.now() + SimDuration::from_secs(wait_s);
        self.world.run_until(until);
        match self.world.machine(self.typist) {
            M::Typist(t) => t.said.clone().unwrap_or_else(|| "no answer".to_owned()),
            _ => unreachable!("the typist's number"),
        }
    }
}

fn get(kind: Kind, name: &str) -> Call {
    let namespace = if kind == Kind::Node { "" } else { "default" };
    Call::Get { kind, namespace: namespace.into(), name: name.into(), freshness: Freshness::Latest }
}

/// Guards the whole life of a pod on a real node: bound, running, crashed and restarted, deleted.
#[test]
fn a_pod_lives_and_dies_on_a_real_node() {
    let mut real = Real::new();
    assert_eq!(real.say(get(Kind::Node, "worker-1"), 1), "Ready True");
    let body = Pod {
        node_name: Some("worker-1".into()),
        container: "nginx".into(),
        image: "nginx:1.27".into(),
        ..Pod::default()
    };
    let meta = Meta { name: "web-1".into(), namespace: "default".into(), ..Meta::default() };
    let object = Rc::new(Object { meta, body: Body::Pod(body) });
    assert_eq!(real.say(Call::Create { object }, 1), "Pending");
    real.say(get(Kind::Pod, "web-1"), 1);
    assert_eq!(real.say(get(Kind::Pod, "web-1"), 1), "Running true 0 10.244.1.2");

    let M::Node(node) = real.world.machine(real.node) else { panic!("the node") };
    let uid = node.containers().next().expect("a container").0;
    real.world.tell(real.node, Wire::Cri(Cri::Crash { pod: uid }));
    real.say(get(Kind::Pod, "web-1"), 3);
    assert_eq!(real.say(get(Kind::Pod, "web-1"), 1), "Running true 1 10.244.1.2");

    let (kind, namespace, name) = (Kind::Pod, "default".into(), "web-1".into());
    real.say(Call::Delete { kind, namespace, name, uid: None, grace_period: None }, 3);
    assert_eq!(real.say(get(Kind::Pod, "web-1"), 1), "pods \"web-1\" not found");
    let M::Node(node) = real.world.machine(real.node) else { panic!("the node") };
    assert_eq!(node.containers().count(), 0);
}
