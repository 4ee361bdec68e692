//! The kubelet's Node object: registered at start; its status is computed every 10 s and posted when it differs from what
//! the API has, or every 5 minutes. FACTS 3.3; upstream `pkg/kubelet/kubelet_node_status.go`.

use std::rc::Rc;

use super::{HEARTBEAT_TIMEOUT, KubeletConfig};
use crate::kube::Ctx;
use crate::kube::api::{Answer, Call, Freshness, Reason, StreamId};
use crate::kube::error::Failure;
use crate::kube::log_line;
use crate::kube::object::{
    Body, Condition, ConditionStatus, Kind, Meta, Name, Node, Object, Stored, Taint, TaintEffect, Uid,
};
use crate::kube::timer;
use crate::kube::transport::{Client, Event};
use crate::sim::map::Map;
use crate::sim::{SimDuration, SimTime};

const UPDATE_FREQUENCY: SimDuration = SimDuration::from_secs(10);
const REPORT_FREQUENCY: SimDuration = SimDuration::from_secs(300);
const UPDATE_RETRIES: u32 = 5;
const FIRST_BACK_OFF: SimDuration = SimDuration::from_millis(100);
const LONGEST_BACK_OFF: SimDuration = SimDuration::from_secs(7);
/// The taint and role label that kubeadm gives a master.
pub(crate) const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// Type, healthy status, reason, message.
const CONDITIONS: [(&str, ConditionStatus, &str, &str); 4] = [
    ("MemoryPressure", ConditionStatus::False, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", ConditionStatus::False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", ConditionStatus::False, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", ConditionStatus::True, "KubeletReady", "kubelet is posting ready status"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Register,
    /// The Node exists already.
    Adopt,
    Get,
    Update,
}

/// The kubelet's Node object.
#[derive(Clone, Debug)]
pub(super) struct NodeStatus {
    config: Rc<KubeletConfig>,
    call: Option<(StreamId, Step)>,
    back_off: SimDuration,
    registered: bool,
    attempt: u32,
    pub(crate) reported_at: Option<SimTime>,
}

impl NodeStatus {
    pub(crate) fn new(config: Rc<KubeletConfig>) -> Self {
        NodeStatus { config, call: None, back_off: FIRST_BACK_OFF, registered: false, attempt: 0, reported_at: None }
    }

    pub(crate) fn is_registered(&self) -> bool {
        self.registered
    }

    /// Registers the node.
    pub(crate) fn run(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        let c = &self.config;
        let mut labels: Map<Name, Name> = Map::new();
        labels.insert("kubernetes.io/hostname".into(), c.node_name.clone());
        labels.insert("kubernetes.io/os".into(), "linux".into());
        let mut taints = Vec::new();
        if c.control_plane {
            labels.insert(CONTROL_PLANE.into(), "".into());
            taints.push(Taint { key: CONTROL_PLANE, effect: TaintEffect::NoSchedule, time_added: None });
        }
        let mut node = Node { taints, ..Node::default() };
        self.fill(ctx, &mut node);
        let meta = Meta { name: c.node_name.clone(), labels, ..Meta::default() };
        let object = Rc::new(Object { meta, body: Body::Node(node) });
        ctx.log(log_line::Kubelet::Registering.into());
        self.call = Some((client.call(ctx, Call::Create { object }, Some(HEARTBEAT_TIMEOUT)), Step::Register));
    }

    /// The status as it should be.
    fn fill(&self, ctx: &Ctx<'_>, node: &mut Node) {
        let now = ctx.wall();
        node.internal_ip = self.config.internal_ip.clone();
        node.pods_capacity = self.config.pods_capacity;
        node.cpu_millis = self.config.cpu_millis;
        for (kind, status, reason, message) in CONDITIONS {
            let place = node.conditions.iter().position(|c| c.kind == kind);
            let since = place.map(|i| &node.conditions[i]).filter(|c| c.status == status);
            let last_transition_time = since.map_or(now, |c| c.last_transition_time);
            let (reason, message, last_heartbeat_time) = (reason.into(), message.into(), Some(now));
            let fresh = Condition { kind, status, reason, message, last_heartbeat_time, last_transition_time };
            match place {
                Some(i) => node.conditions[i] = fresh,
                None => node.conditions.push(fresh),
            }
        }
    }

    fn needs_report(&self, ctx: &Ctx<'_>, node: &Node) -> bool {
        let due = self.reported_at.is_none_or(|at| ctx.now().since(at) >= REPORT_FREQUENCY);
        let as_wanted = |kind, status| node.condition(kind).is_some_and(|c| c.status == status);
        due || !CONDITIONS.iter().all(|(kind, status, ..)| as_wanted(kind, *status))
            || node.pods_capacity != self.config.pods_capacity
            || node.internal_ip != self.config.internal_ip
    }

    fn get(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, step: Step) {
        // The first read of each round accepts the server's cache.
        let cached = self.attempt == 0 && step == Step::Get;
        let freshness = if cached { Freshness::Any } else { Freshness::Latest };
        let name = self.config.node_name.clone();
        let call = Call::Get { kind: Kind::Node, namespace: Name::default(), name, freshness };
        self.call = Some((client.call(ctx, call, Some(HEARTBEAT_TIMEOUT)), step));
    }

    fn post(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, stored: &Stored) {
        let mut object = (*stored.object).clone();
        if let Some(node) = object.node_mut() {
            self.fill(ctx, node);
        }
        let resource_version = stored.resource_version;
        let call = Call::Update { object: Rc::new(object), resource_version, status: true };
        self.call = Some((client.call(ctx, call, Some(HEARTBEAT_TIMEOUT)), Step::Update));
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        self.attempt = 0;
        let jitter = ctx.rng("node status").below(UPDATE_FREQUENCY.scale(4, 100).as_micros());
        ctx.set_timer(UPDATE_FREQUENCY + SimDuration::from_micros(jitter), timer::NodeStatus::Update, 0);
    }

    /// One of its timers is due.
    pub(crate) fn timer(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, why: timer::NodeStatus) {
        match why {
            timer::NodeStatus::Register => self.run(ctx, client),
            timer::NodeStatus::Update => self.get(ctx, client, Step::Get),
        }
    }

    /// Takes an event if it is about its own call; `Ok(Some(uid))` once, when the node is registered.
    ///
    /// # Errors
    /// The event, if it is another part's.
    pub(crate) fn event(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, event: Event) -> Result<Option<Uid>, Event> {
        let (result, step) = match (event, self.call) {
            (Event::Done { stream, result }, Some((mine, step))) if stream == mine => (result, step),
            (event, _) => return Err(event),
        };
        self.call = None;
        Ok(match result {
            Ok(Answer::Object(stored)) => self.got(ctx, client, step, &stored),
            Ok(_) => None,
            Err(failure) => {
                self.failed(ctx, client, step, &failure);
                None
            }
        })
    }

    fn got(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, step: Step, stored: &Stored) -> Option<Uid> {
        match step {
            Step::Register | Step::Update => {
                self.reported_at = Some(ctx.now());
                self.plan(ctx);
            }
            Step::Adopt => {
                ctx.log(log_line::Kubelet::RegisteredBefore.into());
                self.post(ctx, client, stored);
            }
            Step::Get => match stored.object.node() {
                Some(node) if self.needs_report(ctx, node) => self.post(ctx, client, stored),
                _ => self.plan(ctx),
            },
        }
        let first = !std::mem::replace(&mut self.registered, true);
        if first {
            ctx.log(log_line::Kubelet::Registered.into());
        }
        first.then_some(stored.object.meta.uid)
    }

    fn failed(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, step: Step, failure: &Failure) {
        let exists = failure.status().is_some_and(|s| s.reason == Reason::AlreadyExists);
        match step {
            Step::Register if exists => self.get(ctx, client, Step::Adopt),
            Step::Register | Step::Adopt => {
                let failure = failure.clone();
                let adopting = step == Step::Adopt;
                let why = if adopting { log_line::Kubelet::NotAdopted } else { log_line::Kubelet::NotRegistered };
                ctx.log(why(failure).into());
                ctx.set_timer(self.back_off, timer::NodeStatus::Register, 0);
                self.back_off = self.back_off.scale(2, 1).min(LONGEST_BACK_OFF);
            }
            Step::Get | Step::Update => {
                let (first, failure) = (self.attempt == 0, failure.clone());
                ctx.log(match step {
                    Step::Get => log_line::Kubelet::StatusNotRead { first, failure }.into(),
                    _ => log_line::Kubelet::StatusNotWritten(failure).into(),
                });
                self.attempt += 1;
                if self.attempt < UPDATE_RETRIES {
                    self.get(ctx, client, Step::Get);
                } else {
                    ctx.log(log_line::Kubelet::StatusGivenUp.into());
                    self.plan(ctx);
                }
            }
        }
    }
}
