//! The kinds of object that the API serves: their names, groups, plurals and keys in etcd.

use std::rc::Rc;

/// The kinds of object that the lab's API serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `v1 Namespace`
    Namespace,
    /// `v1 Node`
    Node,
    /// `v1 Pod`
    Pod,
    /// `apps/v1 ReplicaSet`
    ReplicaSet,
    /// `apps/v1 Deployment`
    Deployment,
    /// `v1 Service`
    Service,
    /// `v1 Endpoints`
    Endpoints,
    /// `discovery.k8s.io/v1 EndpointSlice`
    EndpointSlice,
    /// `coordination.k8s.io/v1 Lease`
    Lease,
    /// `v1 Event`
    Event,
}

impl Kind {
    /// All kinds.
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
    pub(crate) fn plural(self) -> &'static str {
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
    pub(crate) fn group(self) -> &'static str {
        match self {
            Kind::ReplicaSet | Kind::Deployment => "apps",
            Kind::EndpointSlice => "discovery.k8s.io",
            Kind::Lease => "coordination.k8s.io",
            _ => "",
        }
    }

    /// `deployments.apps`, as error messages name it.
    pub(crate) fn qualified(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    /// Returns whether objects of this kind live in namespaces.
    pub(crate) fn is_namespaced(self) -> bool {
        !matches!(self, Kind::Namespace | Kind::Node)
    }

    /// Returns the prefix of its objects in etcd: `/registry/pods/`
    pub(crate) fn prefix(self) -> &'static str {
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

    /// Returns the key of an object in etcd.
    pub fn key(self, namespace: &str, name: &str) -> Rc<str> {
        if self.is_namespaced() {
            [self.prefix(), namespace, "/", name].concat().into()
        } else {
            [self.prefix(), name].concat().into()
        }
    }
}
