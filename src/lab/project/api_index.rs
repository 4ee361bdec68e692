//! The API's pods and nodes, by host, for views. Rebuilt only when an object has changed: a large cluster has thousands
//! of each, and the page asks in every frame.

use std::rc::Rc;

use crate::cluster::Cluster;
use crate::kube::object::{ConditionStatus, Kind, Object};
use crate::lab::view::NodeReady;
use crate::sim::HostId;

/// The API's pods and nodes, by host.
#[derive(Default)]
pub(crate) struct ApiIndex {
    /// The number of pods and of nodes, and the newest resource version of each, when this was built.
    stamp: Option<[(usize, u64); 2]>,
    /// Pods of deployments, by the host of their node.
    pods: Vec<Vec<Rc<Object>>>,
    /// Pods that have no node.
    pub(crate) waiting: Vec<Rc<Object>>,
    /// By host. Unknown for a host without a Node object.
    ready: Vec<NodeReady>,
}

impl ApiIndex {
    pub(crate) fn update(&mut self, cluster: &Cluster) {
        let stamp = [Kind::Pod, Kind::Node].map(|kind| cluster.newest(kind));
        if self.stamp == Some(stamp) {
            return;
        }
        let hosts = cluster.topology().hosts.len();
        *self = ApiIndex {
            stamp: Some(stamp),
            pods: vec![vec![]; hosts],
            waiting: vec![],
            ready: vec![NodeReady::Unknown; hosts],
        };
        let host_of = |node: &str| cluster.topology().host(node).map(|host| usize::from(host.0));
        for object in cluster.objects(Kind::Pod) {
            let Some(pod) = object.pod() else { continue };
            let Some(node) = pod.node_name.as_deref() else {
                self.waiting.push(object);
                continue;
            };
            if let Some(at) = host_of(node)
                && object.meta.owner.is_some()
            {
                self.pods[at].push(object);
            }
        }
        for object in cluster.objects(Kind::Node) {
            if let (Some(node), Some(at)) = (object.node(), host_of(&object.meta.name)) {
                self.ready[at] = match node.ready() {
                    ConditionStatus::True => NodeReady::True,
                    ConditionStatus::False => NodeReady::False,
                    ConditionStatus::Unknown => NodeReady::Unknown,
                };
            }
        }
    }

    pub(crate) fn pods(&self, host: HostId) -> &[Rc<Object>] {
        self.pods.get(usize::from(host.0)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn ready(&self, host: HostId) -> NodeReady {
        self.ready.get(usize::from(host.0)).copied().unwrap_or(NodeReady::Unknown)
    }
}
