//! Facts about the present state of the world, for the history.

use super::history::{self, Actor};
use super::invariants::Seat;
use super::process::Process;
use super::topology::{API_SERVER, CONTROLLER_MANAGER, ETCD, SCHEDULER, Topology};
use crate::etcd::{self, Span};
use crate::kube::Value;
use crate::kube::election::Component;
use crate::kube::object::Kind;
use crate::sim::{HostId, ProcId, World};

/// The world, read only.
pub(super) struct Facts<'a> {
    pub(crate) world: &'a World<Process>,
    pub(crate) topology: &'a Topology,
}

impl Facts<'_> {
    /// Returns the store of the member that has applied most: the newest state that a quorum has.
    pub(crate) fn store(&self) -> Option<&etcd::store::Store<Value>> {
        self.topology
            .all(ETCD)
            .filter_map(|(_, p)| Some(self.world.machine(p).etcd()?.store()))
            .max_by_key(|store| store.revision())
    }

    /// Returns how many pods the deployments ask for.
    pub(crate) fn wanted(&self) -> u64 {
        let span = Span::Prefix(Kind::Deployment.prefix().into());
        let deployments = self.store().into_iter().flat_map(|store| store.iter(&span).collect::<Vec<_>>());
        deployments.filter_map(|kv| kv.value.object()?.deployment().map(|d| u64::from(d.replicas))).sum()
    }

    /// Pods of deployments that are neither finished nor being deleted.
    fn live(&self) -> u64 {
        let span = Span::Prefix(Kind::Pod.prefix().into());
        let pods = self.store().into_iter().flat_map(|store| store.iter(&span).collect::<Vec<_>>());
        pods.filter_map(|kv| kv.value.object())
            .filter(|o| o.meta.owner.is_some() && o.meta.deletion_timestamp.is_none())
            .filter(|o| o.pod().is_some_and(|p| p.is_active()))
            .count() as u64
    }
}

impl Facts<'_> {
    /// Returns a process's candidate in an election; `None` if the process is down or has not started.
    pub(crate) fn seat(&self, process: ProcId) -> Option<Seat> {
        let (slot, machine) = (self.world.slot(process), self.world.machine(process));
        let (component, elector) =
            (history::Observer::component(self, process)?, machine.elector().filter(|_| slot.up)?);
        let (candidate, host) = (elector.candidate(), self.world.host(slot.host));
        Some(Seat {
            component,
            process,
            host: slot.host,
            path: format!("{}/{}", host.name, slot.name),
            identity: candidate.identity().clone(),
            settings: *elector.settings(),
            enabled: candidate.settings().enabled,
            lock: candidate.lock().kind(),
            releasing: candidate.is_releasing(),
            runs: self.world.is_running(process),
            local: host.clock.monotonic(self.world.now()),
            writing: candidate.writing().cloned(),
            observed: candidate.observed().clone(),
            renewed: candidate.last_renew(),
        })
    }
}

impl history::Observer for Facts<'_> {
    fn component(&self, process: ProcId) -> Option<Component> {
        match self.world.slot(process).name.as_str() {
            CONTROLLER_MANAGER => Some(Component::ControllerManager),
            SCHEDULER => Some(Component::Scheduler),
            _ => None,
        }
    }

    fn leads(&self, process: ProcId) -> bool {
        self.world.is_running(process) && self.world.machine(process).candidate().is_some_and(|c| c.is_acting())
    }

    fn processes(&self, host: HostId) -> Vec<ProcId> {
        self.topology.planned(host).processes.iter().map(|(_, p)| *p).collect()
    }

    fn can_write(&self, actor: Actor) -> bool {
        let api = self.topology.process(actor.host, API_SERVER);
        api.is_some_and(|api| {
            self.world.is_running(api)
                && self.world.machine(api).api_server().is_some_and(|a| a.readyz().0 == Some(true))
        })
    }

    fn surplus(&self, objects: u64) -> u64 {
        let wanted = self.wanted();
        // Counting live pods visits each of them; skipped while there are no more objects than wanted.
        if objects <= wanted { 0 } else { self.live().saturating_sub(wanted) }
    }
}
