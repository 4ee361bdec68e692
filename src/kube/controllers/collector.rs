//! Garbage collection: objects whose owner is gone, and pods on nodes that are gone (pkg/controller/garbagecollector,
//! pkg/controller/podgc). Only owners that are Deployments and ReplicaSets.

use super::{Purpose, Work};
use crate::kube::api::Call;
use crate::kube::informer::Change;
use crate::kube::object::{Kind, Name, Stored, Uid};
use crate::kube::timer;
use crate::sim::map::Map;
use crate::sim::{SimDuration, SimTime};

const GC_PERIOD: SimDuration = SimDuration::from_secs(20);
/// How long a node must be gone before its pods are deleted.
const QUARANTINE: SimDuration = SimDuration::from_secs(40);

/// The garbage collector of orphans, and that of pods.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    /// Nodes that have pods and do not exist, and since when.
    gone: Map<Name, SimTime>,
}

impl Collector {
    /// The caches are complete.
    pub(crate) fn start(&mut self, work: &mut Work<'_, '_>) {
        work.ctx.set_timer(GC_PERIOD, timer::ControllerManager::CollectPods, 0);
        let caches = work.caches;
        let exists = |s: &Stored| {
            s.object.meta.owner.as_ref().is_none_or(|owner| {
                let key = (s.object.meta.namespace.clone(), owner.name.clone());
                let cached = match owner.kind {
                    Kind::Deployment => caches.deployments.get(&key),
                    Kind::ReplicaSet => caches.replica_sets.get(&key),
                    _ => return true,
                };
                cached.is_some_and(|o| o.object.meta.uid == owner.uid)
            })
        };
        let orphans: Vec<&Stored> =
            caches.replica_sets.iter().chain(caches.pods.iter()).filter(|s| !exists(s)).collect();
        for orphan in orphans {
            delete(work, orphan, None);
        }
    }

    /// An owner has been deleted.
    pub(crate) fn on_change(&mut self, work: &mut Work<'_, '_>, change: &Change) {
        let Change::Deleted(last) = change else { return };
        let uid: Uid = last.object.meta.uid;
        let caches = work.caches;
        match last.object.kind() {
            Kind::Deployment => caches.replica_sets_of(uid).for_each(|s| delete(work, s, None)),
            Kind::ReplicaSet => caches.pods_of(uid).for_each(|s| delete(work, s, None)),
            _ => {}
        }
    }

    /// Deletes the pods of nodes that have been gone for the quarantine.
    pub(crate) fn on_timer(&mut self, work: &mut Work<'_, '_>) {
        work.ctx.set_timer(GC_PERIOD, timer::ControllerManager::CollectPods, 0);
        let now = work.ctx.now();
        let caches = work.caches;
        let gone: Vec<&Name> = caches.nodes_with_pods().filter(|n| caches.nodes.named(n).is_none()).collect();
        self.gone.retain(|name, _| gone.contains(&name));
        for name in gone {
            let since = *self.gone.entry(name.clone()).or_insert(now);
            if now.since(since) >= QUARANTINE {
                caches.pods_on(name).for_each(|p| delete(work, p, Some(SimDuration::ZERO)));
            }
        }
    }
}

fn delete(work: &mut Work<'_, '_>, stored: &Stored, grace_period: Option<SimDuration>) {
    let meta = &stored.object.meta;
    if meta.deletion_timestamp.is_some() && grace_period.is_none() {
        return;
    }
    let call = Call::Delete {
        kind: stored.object.kind(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: Some(meta.uid),
        grace_period,
    };
    work.call(call, Purpose::Forget);
}
