//! API objects with the real kinds and field names, as far as the lab uses them.
//!
//! An object does not carry its own resourceVersion: etcd's mod_revision is it (FACTS 5.3), and travels beside the shared
//! object as [`Stored`]. Timestamps are wall-clock microseconds since the simulation's epoch.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

pub use super::kind::Kind;
use crate::sim::map::Map;
use crate::sim::{HostId, SimDuration, WallTime};

/// Which release the lab's components are.
pub(crate) const VERSION: &str = "v1.37.2";

/// A short shared string: names, namespaces, labels.
pub type Name = Rc<str>;
/// An object's unique identifier; printed as a UUID.
pub type Uid = u128;

/// An object as etcd stores it, with its resourceVersion.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// `metadata.resourceVersion`: the revision of etcd at which it was last written.
    pub resource_version: u64,
    /// The object.
    pub object: Rc<Object>,
}

/// metadata
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Unique among the objects of its kind in its namespace.
    pub name: Name,
    /// Empty for kinds that are not namespaced.
    pub namespace: Name,
    /// Set on a create request whose name the API server generates.
    pub generate_name: Option<Name>,
    /// Unique for ever; 0 before the API server assigns it.
    pub uid: Uid,
    /// Counts changes of the spec, from 1.
    pub generation: u64,
    /// When it was created, by the API server's clock.
    pub creation_timestamp: WallTime,
    /// When its grace period ends; `None` unless it is being deleted.
    pub deletion_timestamp: Option<WallTime>,
    /// Labels, by key.
    pub labels: Map<Name, Name>,
    /// Annotations, by key.
    pub annotations: Map<Name, Name>,
    /// The controller that owns it.
    pub owner: Option<OwnerReference>,
}

/// The controller that owns an object.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerReference {
    /// The owner's kind.
    pub(crate) kind: Kind,
    /// The owner's name.
    pub(crate) name: Name,
    /// The owner's uid.
    pub uid: Uid,
}

/// An API object.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Its metadata.
    pub meta: Meta,
    /// Its spec and status.
    pub body: Body,
}

/// The spec and status of each kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A Namespace has nothing but metadata.
    Namespace,
    /// A Node.
    Node(Node),
    /// A Pod.
    Pod(Pod),
    /// A ReplicaSet.
    ReplicaSet(ReplicaSet),
    /// A Deployment.
    Deployment(Deployment),
    /// A Service.
    Service(Service),
    /// An Endpoints object.
    Endpoints(Endpoints),
    /// An EndpointSlice.
    EndpointSlice(EndpointSlice),
    /// A Lease.
    Lease(Lease),
    /// An Event.
    Event(Event),
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionStatus {
    /// The condition holds.
    True,
    /// The condition does not hold.
    False,
    /// Nobody knows whether it holds.
    Unknown,
}

/// A condition in a status.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `Ready`, `MemoryPressure`, `DisruptionTarget`
    pub kind: &'static str,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word in CamelCase.
    pub reason: Name,
    /// A sentence for people.
    pub message: Name,
    /// When it was last reported; `None` for conditions without heartbeat.
    pub last_heartbeat_time: Option<WallTime>,
    /// When the status last changed.
    pub last_transition_time: WallTime,
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaintEffect {
    /// They are not scheduled here.
    NoSchedule,
    /// They are evicted.
    NoExecute,
}

/// A taint of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Taint {
    /// `node.kubernetes.io/unreachable`
    pub key: &'static str,
    /// What it does.
    pub effect: TaintEffect,
    /// When a `NoExecute` taint was added.
    pub(crate) time_added: Option<WallTime>,
}

/// Spec and status of a Node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    // spec
    /// Cordoned: `kubectl cordon`
    pub unschedulable: bool,
    /// Its taints.
    pub taints: Vec<Taint>,
    // status
    /// `status.addresses`, type `InternalIP`
    pub internal_ip: Name,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// How many pods it takes.
    pub pods_capacity: u32,
    /// Allocatable CPU, in thousandths of a core.
    pub cpu_millis: u32,
}

/// `status.phase` of a Pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodPhase {
    /// Its container has never run.
    #[default]
    Pending,
    /// Its container runs, or will be restarted.
    Running,
    /// Its container has exited with status 0, and will not be restarted.
    Succeeded,
    /// Its container has failed, and will not be restarted.
    Failed,
    /// The node does not report.
    Unknown,
}

/// `status.containerStatuses[0].state` of a Pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ContainerState {
    /// Nothing has been reported.
    #[default]
    Unset,
    /// reason
    Waiting(&'static str),
    /// It runs.
    Running {
        /// When it was executed, by its host's clock.
        started_at: WallTime,
    },
    /// It has ended.
    Terminated {
        /// `Completed` or `Error`
        reason: &'static str,
        /// Exit status.
        exit_code: i32,
        /// When it ended, by its host's clock.
        finished_at: WallTime,
    },
}

/// Spec and status of a Pod with one container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    // spec
    /// The node that it is bound to; `None` before it is scheduled.
    pub node_name: Option<Name>,
    /// The container's name.
    pub container: Name,
    /// The container's image.
    pub image: Name,
    /// `resources.requests.cpu`, in thousandths of a core.
    pub cpu_millis: u32,
    /// How long it tolerates each NoExecute taint; `DefaultTolerationSeconds` sets 300 s for both.
    pub toleration: SimDuration,
    /// Between SIGTERM and SIGKILL.
    pub termination_grace_period: SimDuration,
    /// A static pod's image in the API: its kubelet keeps it running whatever the API says.
    pub mirror: bool,
    // status
    /// Its phase.
    pub phase: PodPhase,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// Its address; `None` before its container's first start.
    pub pod_ip: Option<Name>,
    /// When the kubelet accepted it.
    pub start_time: Option<WallTime>,
    /// Whether its container is ready.
    pub ready: bool,
    /// How often its container was restarted.
    pub restart_count: u32,
    /// When its container was last restarted.
    pub last_restart: Option<WallTime>,
    /// The state of its container.
    pub state: ContainerState,
    /// Why it is in its phase, if there is something to say: `NodeLost`
    pub reason: Option<Name>,
}

/// The template of a ReplicaSet's or Deployment's pods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTemplate {
    /// The pods' labels.
    pub labels: Map<Name, Name>,
    /// The container's name.
    pub container: Name,
    /// The container's image.
    pub image: Name,
    /// `resources.requests.cpu`, in thousandths of a core.
    pub cpu_millis: u32,
}

/// Spec and status of a ReplicaSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaSet {
    // spec
    /// The desired number of pods.
    pub(crate) replicas: u32,
    /// The labels of its pods.
    pub(crate) selector: Map<Name, Name>,
    /// The template of its pods.
    pub(crate) template: PodTemplate,
    // status
    /// The generation that the status is about.
    pub(crate) observed_generation: u64,
    /// `status.replicas`: pods that exist.
    pub(crate) current: u32,
    /// Pods that are ready.
    pub(crate) ready: u32,
    /// Pods that have been ready for `minReadySeconds`.
    pub(crate) available: u32,
}

/// Spec and status of a Deployment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    // spec
    /// The desired number of pods.
    pub replicas: u32,
    /// The labels of its pods.
    pub selector: Map<Name, Name>,
    /// The template of its pods.
    pub template: PodTemplate,
    // status
    /// The generation that the status is about.
    pub observed_generation: u64,
    /// `status.replicas`: pods that exist.
    pub current: u32,
    /// Pods of the newest template.
    pub updated: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Pods that have been ready for `minReadySeconds`.
    pub available: u32,
    /// `Available`, `Progressing`; what they call lastUpdateTime is `last_heartbeat_time`.
    pub conditions: Vec<Condition>,
}

/// Spec of a Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// `ClusterIP` or `NodePort`
    pub node_port: Option<u16>,
    /// The Service's virtual address.
    pub cluster_ip: Name,
    /// The port at that address.
    pub port: u16,
    /// The pods' port.
    pub target_port: u16,
    /// The labels of its pods.
    pub selector: Map<Name, Name>,
}

/// The old list of addresses; also the lecture's lock object, by its annotation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    /// Addresses of ready pods.
    pub addresses: Vec<Name>,
    /// The port at these addresses.
    pub(crate) port: u16,
}

/// One pod behind a Service.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The pod.
    pub pod: Name,
    /// The pod's uid.
    pub pod_uid: Uid,
    /// The pod's address.
    pub address: Name,
    /// The pod's node.
    pub node_name: Name,
    /// Whether it gets new connections.
    pub ready: bool,
    /// Whether it is being deleted.
    pub terminating: bool,
}

/// The pods behind a Service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointSlice {
    /// The Service.
    pub service: Name,
    /// The port at the pods' addresses.
    pub port: u16,
    /// The pods.
    pub endpoints: Vec<Endpoint>,
    /// The ready pods by host, shared by all kube-proxies.
    pub ready: ReadyHosts,
}

/// Pods, each with the host that it is on.
pub(crate) type PodsAt = Rc<[(HostId, Uid)]>;

/// The host and uid of each ready endpoint of a slice: worked out by the first kube-proxy that looks at this version, for
/// all of them. With 5,000 workers each would else hold a list of its own. It is no part of what the slice says.
#[derive(Default)]
pub struct ReadyHosts(OnceCell<PodsAt>);

impl ReadyHosts {
    /// Returns the ready pods, which the first caller works out.
    pub(crate) fn get(&self, work_out: impl FnOnce() -> PodsAt) -> PodsAt {
        self.0.get_or_init(work_out).clone()
    }
}

/// A copy may be changed.
impl Clone for ReadyHosts {
    fn clone(&self) -> Self {
        ReadyHosts::default()
    }
}

impl PartialEq for ReadyHosts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for ReadyHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadyHosts")
    }
}

/// coordination.k8s.io/v1
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lease {
    /// `spec.holderIdentity`; empty if nobody holds it.
    pub holder_identity: Name,
    /// `spec.leaseDurationSeconds`
    pub lease_duration_seconds: u32,
    /// When the holder acquired it, by the holder's clock.
    pub acquire_time: Option<WallTime>,
    /// When the holder last renewed it, by the holder's clock.
    pub renew_time: Option<WallTime>,
    /// How often it has changed hands.
    pub lease_transitions: u32,
}

/// A core/v1 Event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `Normal` or `Warning`
    pub warning: bool,
    /// `Scheduled`
    pub reason: &'static str,
    /// A sentence for people.
    pub message: Name,
    /// The kind of the object that it is about.
    pub involved_kind: Kind,
    /// The name of the object that it is about.
    pub involved_name: Name,
    /// The namespace of the object that it is about.
    pub(crate) involved_namespace: Name,
    /// The component that reports it.
    pub(crate) source: &'static str,
    /// When it first happened.
    pub(crate) first_timestamp: WallTime,
    /// When it last happened.
    pub(crate) last_timestamp: WallTime,
    /// How often it happened.
    pub(crate) count: u32,
}

/// Returns a uid as it is printed: a UUID.
pub(crate) fn uuid(uid: Uid) -> String {
    let hex = format!("{uid:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl Object {
    /// Returns its kind.
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::Namespace => Kind::Namespace,
            Body::Node(_) => Kind::Node,
            Body::Pod(_) => Kind::Pod,
            Body::ReplicaSet(_) => Kind::ReplicaSet,
            Body::Deployment(_) => Kind::Deployment,
            Body::Service(_) => Kind::Service,
            Body::Endpoints(_) => Kind::Endpoints,
            Body::EndpointSlice(_) => Kind::EndpointSlice,
            Body::Lease(_) => Kind::Lease,
            Body::Event(_) => Kind::Event,
        }
    }

    /// Returns its key in etcd: `/registry/pods/default/web-1`
    pub fn key(&self) -> Name {
        self.kind().key(&self.meta.namespace, &self.meta.name)
    }
}

macro_rules! body_accessors {
    ($($variant:ident $get:ident $get_mut:ident;)*) => {
        impl Object {
            $(
                #[doc = concat!("The ", stringify!($variant), ", if it is one.")]
                pub fn $get(&self) -> Option<&$variant> {
                    match &self.body { Body::$variant(b) => Some(b), _ => None }
                }
                #[doc = concat!("The ", stringify!($variant), ", if it is one.")]
                pub fn $get_mut(&mut self) -> Option<&mut $variant> {
                    match &mut self.body { Body::$variant(b) => Some(b), _ => None }
                }
            )*
        }
    };
}

body_accessors! {
    Node node node_mut;
    Pod pod pod_mut;
    ReplicaSet replica_set replica_set_mut;
    Deployment deployment deployment_mut;
    Service service service_mut;
    Endpoints endpoints endpoints_mut;
    EndpointSlice endpoint_slice endpoint_slice_mut;
    Lease lease lease_mut;
    Event event event_mut;
}

impl Pod {
    /// Returns whether the pod is not finished; whether it is being deleted is in its metadata.
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    /// Returns one condition; `None` if it was never reported.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.kind == kind)
    }
}

impl Node {
    /// Returns one condition; `None` if it was never reported.
    pub(crate) fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.kind == kind)
    }

    /// Returns its Ready condition; `Unknown` if there is none.
    pub fn ready(&self) -> ConditionStatus {
        self.condition("Ready").map_or(ConditionStatus::Unknown, |c| c.status)
    }
}
