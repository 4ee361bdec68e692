//! What the history asks of the world as it is.

use super::history::{self, Actor};
use super::machine::Process;
use super::topology::{API_SERVER, CONTROLLER_MANAGER, ETCD, SCHEDULER, Topology};
use crate::etcd::{self, Span};
use crate::kube::Value;
use crate::kube::election::Component;
use crate::kube::object::Kind;
use crate::sim::{HostId, ProcId, World};

/// The world, read only.
pub(super) struct Facts<'a> {
    pub world: &'a World<Process>,
    pub topology: &'a Topology,
}

impl Facts<'_> {
    /// The store of the member that has applied most: what a client with perfect sight of etcd would read.
    pub fn store(&self) -> Option<&etcd::store::Store<Value>> {
        self.topology
            .all(ETCD)
            .filter_map(|(_, p)| Some(self.world.machine(p).etcd()?.store()))
            .max_by_key(|store| store.revision())
    }

    /// (wanted, live) pods: what the deployments ask for, and the Pod objects that are not being deleted.
    pub fn pods(&self) -> (u64, u64) {
        let Some(store) = self.store() else { return (0, 0) };
        let objects = |kind: Kind| {
            let span = Span::Prefix(kind.prefix().into());
            store.iter(&span).filter_map(|kv| kv.value.object().cloned()).collect::<Vec<_>>()
        };
        let wanted = objects(Kind::Deployment).iter().filter_map(|o| o.deployment()).map(|d| u64::from(d.replicas)).sum();
        let live = objects(Kind::Pod)
            .iter()
            .filter(|o| o.meta.owner.is_some() && o.meta.deletion_timestamp.is_none())
            .filter(|o| o.pod().is_some_and(|p| p.is_active()))
            .count();
        (wanted, live as u64)
    }
}

impl history::Facts for Facts<'_> {
    fn host_named(&self, name: &str) -> Option<HostId> {
        self.topology.host(name)
    }

    fn component(&self, process: ProcId) -> Option<Component> {
        match self.world.slot(process).name.as_str() {
            CONTROLLER_MANAGER => Some(Component::ControllerManager),
            SCHEDULER => Some(Component::Scheduler),
            _ => None,
        }
    }

    fn leads(&self, process: ProcId) -> bool {
        self.world.machine(process).candidate().is_some_and(|c| c.is_acting())
    }

    fn processes(&self, host: HostId) -> Vec<ProcId> {
        self.topology.planned(host).processes.iter().map(|(_, p)| *p).collect()
    }

    fn can_write(&self, actor: Actor) -> bool {
        let api = self.topology.process(actor.host, API_SERVER);
        api.is_some_and(|api| {
            self.world.is_running(api) && self.world.machine(api).api_server().is_some_and(|a| a.is_ready())
        })
    }

    fn surplus(&self) -> u64 {
        let (wanted, live) = self.pods();
        live.saturating_sub(wanted)
    }
}
