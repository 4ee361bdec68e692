//! API objects with the real kinds and field names, as far as the lab uses them.
//!
//! An object does not carry its own resourceVersion: etcd's mod_revision is it (FACTS 5.3), and travels beside the shared
//! object as [`Stored`]. Timestamps are wall-clock microseconds since the simulation's epoch.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use crate::sim::map::Map;
use crate::sim::{HostId, SimDuration, WallTime};

/// Which release the lab's components are.
pub const VERSION: &str = "v1.37.2";

/// A short shared string: names, namespaces, labels.
pub type Name = Rc<str>;
/// An object's unique identifier; printed as a UUID.
pub type Uid = u128;

/// An object as etcd stores it, with its resourceVersion.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub resource_version: u64,
    pub object: Rc<Object>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Namespace,
    Node,
    Pod,
    ReplicaSet,
    Deployment,
    Service,
    Endpoints,
    EndpointSlice,
    Lease,
    Event,
}

/// metadata
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    pub name: Name,
    /// Empty for kinds that are not namespaced.
    pub namespace: Name,
    /// Set on a create request whose name the API server shall make up.
    pub generate_name: Option<Name>,
    pub uid: Uid,
    pub generation: u64,
    pub creation_timestamp: WallTime,
    pub deletion_timestamp: Option<WallTime>,
    pub labels: Map<Name, Name>,
    pub annotations: Map<Name, Name>,
    /// The controller that owns it.
    pub owner: Option<OwnerReference>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OwnerReference {
    pub kind: Kind,
    pub name: Name,
    pub uid: Uid,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub meta: Meta,
    pub body: Body,
}

/// What is particular to a kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Namespace,
    Node(Node),
    Pod(Pod),
    ReplicaSet(ReplicaSet),
    Deployment(Deployment),
    Service(Service),
    Endpoints(Endpoints),
    EndpointSlice(EndpointSlice),
    Lease(Lease),
    Event(Event),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionStatus {
    True,
    False,
    Unknown,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `Ready`, `MemoryPressure`, `DisruptionTarget`
    pub kind: &'static str,
    pub status: ConditionStatus,
    pub reason: Name,
    pub message: Name,
    pub last_heartbeat_time: Option<WallTime>,
    pub last_transition_time: WallTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaintEffect {
    NoSchedule,
    NoExecute,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Taint {
    pub key: &'static str,
    pub effect: TaintEffect,
    pub time_added: Option<WallTime>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    // spec
    pub unschedulable: bool,
    pub taints: Vec<Taint>,
    // status
    pub internal_ip: Name,
    pub conditions: Vec<Condition>,
    /// How many pods it takes.
    pub pods_capacity: u32,
    pub cpu_millis: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodPhase {
    #[default]
    Pending,
    Running,
    Succeeded,
    Failed,
    Unknown,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum ContainerState {
    #[default]
    Unset,
    /// reason
    Waiting(&'static str),
    Running {
        started_at: WallTime,
    },
    Terminated {
        reason: &'static str,
        exit_code: i32,
        finished_at: WallTime,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pod {
    // spec
    pub node_name: Option<Name>,
    pub container: Name,
    pub image: Name,
    pub cpu_millis: u32,
    /// How long it tolerates each NoExecute taint; `DefaultTolerationSeconds` sets 300 s for both.
    pub toleration: SimDuration,
    pub termination_grace_period: SimDuration,
    /// A static pod's image in the API: its kubelet keeps it running whatever the API says.
    pub mirror: bool,
    // status
    pub phase: PodPhase,
    pub conditions: Vec<Condition>,
    pub pod_ip: Option<Name>,
    pub start_time: Option<WallTime>,
    pub ready: bool,
    pub restart_count: u32,
    pub last_restart: Option<WallTime>,
    pub state: ContainerState,
    pub reason: Option<Name>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodTemplate {
    pub labels: Map<Name, Name>,
    pub container: Name,
    pub image: Name,
    pub cpu_millis: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaSet {
    // spec
    pub replicas: u32,
    pub selector: Map<Name, Name>,
    pub template: PodTemplate,
    // status
    pub observed_generation: u64,
    pub current: u32,
    pub ready: u32,
    pub available: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    // spec
    pub replicas: u32,
    pub selector: Map<Name, Name>,
    pub template: PodTemplate,
    // status
    pub observed_generation: u64,
    pub current: u32,
    pub updated: u32,
    pub ready: u32,
    pub available: u32,
    /// `Available`, `Progressing`; what they call lastUpdateTime is `last_heartbeat_time`.
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// `ClusterIP` or `NodePort`
    pub node_port: Option<u16>,
    pub cluster_ip: Name,
    pub port: u16,
    pub target_port: u16,
    pub selector: Map<Name, Name>,
}

/// The old list of addresses; also the lecture's lock object, by its annotation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoints {
    pub addresses: Vec<Name>,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    pub pod: Name,
    pub pod_uid: Uid,
    pub address: Name,
    pub node_name: Name,
    pub ready: bool,
    pub terminating: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointSlice {
    pub service: Name,
    pub port: u16,
    pub endpoints: Vec<Endpoint>,
    pub ready: ReadyHosts,
}

/// Pods, each with the host that it is on.
pub type PodsAt = Rc<[(HostId, Uid)]>;

/// The host and uid of each ready endpoint of a slice: worked out by the first kube-proxy that looks at this version, for
/// all of them. With 5,000 workers each would else hold a list of its own. It is no part of what the slice says.
#[derive(Default)]
pub struct ReadyHosts(OnceCell<PodsAt>);

impl ReadyHosts {
    pub fn get(&self, work_out: impl FnOnce() -> PodsAt) -> PodsAt {
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
    pub holder_identity: Name,
    pub lease_duration_seconds: u32,
    pub acquire_time: Option<WallTime>,
    pub renew_time: Option<WallTime>,
    pub lease_transitions: u32,
}

/// A core/v1 Event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `Normal` or `Warning`
    pub warning: bool,
    pub reason: &'static str,
    pub message: Name,
    pub involved_kind: Kind,
    pub involved_name: Name,
    pub involved_namespace: Name,
    /// Which component says so.
    pub source: &'static str,
    pub first_timestamp: WallTime,
    pub last_timestamp: WallTime,
    pub count: u32,
}

/// An identifier as it is printed.
pub fn uuid(uid: Uid) -> String {
    let hex = format!("{uid:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

impl Kind {
    pub const ALL: [Kind; 10] = [
        Kind::Namespace,
        Kind::Node,
        Kind::Pod,
        Kind::ReplicaSet,
        Kind::Deployment,
        Kind::Service,
        Kind::Endpoints,
        Kind::EndpointSlice,
        Kind::Lease,
        Kind::Event,
    ];

    /// `Pod`
    pub fn name(self) -> &'static str {
        match self {
            Kind::Namespace => "Namespace",
            Kind::Node => "Node",
            Kind::Pod => "Pod",
            Kind::ReplicaSet => "ReplicaSet",
            Kind::Deployment => "Deployment",
            Kind::Service => "Service",
            Kind::Endpoints => "Endpoints",
            Kind::EndpointSlice => "EndpointSlice",
            Kind::Lease => "Lease",
            Kind::Event => "Event",
        }
    }

    /// `pods`
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Namespace => "namespaces",
            Kind::Node => "nodes",
            Kind::Pod => "pods",
            Kind::ReplicaSet => "replicasets",
            Kind::Deployment => "deployments",
            Kind::Service => "services",
            Kind::Endpoints => "endpoints",
            Kind::EndpointSlice => "endpointslices",
            Kind::Lease => "leases",
            Kind::Event => "events",
        }
    }

    /// `apps`; empty for the core group.
    pub fn group(self) -> &'static str {
        match self {
            Kind::ReplicaSet | Kind::Deployment => "apps",
            Kind::EndpointSlice => "discovery.k8s.io",
            Kind::Lease => "coordination.k8s.io",
            _ => "",
        }
    }

    /// `deployments.apps`, as error messages name it.
    pub fn qualified(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    pub fn is_namespaced(self) -> bool {
        !matches!(self, Kind::Namespace | Kind::Node)
    }

    /// Where its objects are in etcd: `/registry/pods/`.
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::Namespace => "/registry/namespaces/",
            Kind::Node => "/registry/minions/",
            Kind::Pod => "/registry/pods/",
            Kind::ReplicaSet => "/registry/replicasets/",
            Kind::Deployment => "/registry/deployments/",
            Kind::Service => "/registry/services/specs/",
            Kind::Endpoints => "/registry/services/endpoints/",
            Kind::EndpointSlice => "/registry/endpointslices/",
            Kind::Lease => "/registry/leases/",
            Kind::Event => "/registry/events/",
        }
    }

    /// Where one object is in etcd.
    pub fn key(self, namespace: &str, name: &str) -> Name {
        if self.is_namespaced() {
            [self.prefix(), namespace, "/", name].concat().into()
        } else {
            [self.prefix(), name].concat().into()
        }
    }
}

impl Object {
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
    /// Not finished. Whether it is being deleted is in its metadata.
    pub fn is_active(&self) -> bool {
        !matches!(self.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.kind == kind)
    }
}

impl Node {
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|c| c.kind == kind)
    }

    /// Its Ready condition; `Unknown` if there is none.
    pub fn ready(&self) -> ConditionStatus {
        self.condition("Ready").map_or(ConditionStatus::Unknown, |c| c.status)
    }
}
