//! The taint eviction controller: deletes pods from nodes with a NoExecute taint once they have tolerated it for long
//! enough (FACTS 3.3; pkg/controller/tainteviction). The time counts from when this process saw the taint, in memory.

use std::rc::Rc;

use super::node_status::disruption_target;
use super::{Purpose, Work};
use crate::kube::api::{Answer, Call};
use crate::kube::error::Failure;
use crate::kube::informer::{Change, Key, key_of};
use crate::kube::object::{Kind, Name, Stored, TaintEffect};
use crate::kube::recorder::Involved;
use crate::kube::timer;
use crate::sim::map::{Map, Set};
use crate::sim::{Cause, SimDuration, SimTime, Ticket};

const SOURCE: &str = "taint-eviction-controller";
const RETRY: SimDuration = SimDuration::from_secs(10);

#[derive(Clone, Debug)]
enum Stage {
    /// Deleted at this local time.
    Counting {
        ticket: Ticket,
        at: SimTime,
    },
    /// Its condition is being written; then it is deleted.
    Marking,
    Deleting,
}

/// The taint eviction controller.
#[derive(Clone, Debug, Default)]
pub(super) struct TaintEviction {
    tainted: Set<Name>,
    pods: Map<Key, (u64, Stage)>,
    keys: Map<u64, Key>,
    serial: u64,
}

impl TaintEviction {
    /// Pods that will be deleted, and when, local time.
    pub(crate) fn counting(&self) -> impl Iterator<Item = (&Key, SimTime)> {
        self.pods.iter().filter_map(|(key, (_, stage))| match stage {
            Stage::Counting { at, .. } => Some((key, *at)),
            Stage::Marking | Stage::Deleting => None,
        })
    }

    /// A node or a pod changed.
    pub(crate) fn on_change(&mut self, work: &mut Work<'_, '_>, change: &Change) {
        let (Change::Added(stored) | Change::Modified { new: stored, .. } | Change::Deleted(stored)) = change;
        let gone = matches!(change, Change::Deleted(_));
        match stored.object.kind() {
            Kind::Node => {
                let name = &stored.object.meta.name;
                let no_execute = |s: &Stored| {
                    s.object.node().is_some_and(|n| n.taints.iter().any(|t| t.effect == TaintEffect::NoExecute))
                };
                if !gone && no_execute(stored) {
                    if self.tainted.insert(name.clone()) {
                        work.caches.pods_on(name).for_each(|pod| self.count_down(work, pod));
                    }
                } else if self.tainted.remove(name) {
                    work.caches.pods_on(name).for_each(|pod| self.cancel(work, pod, !gone));
                }
            }
            Kind::Pod if gone || stored.object.meta.deletion_timestamp.is_some() => self.cancel(work, stored, false),
            Kind::Pod => self.count_down(work, stored),
            _ => {}
        }
    }

    fn count_down(&mut self, work: &mut Work<'_, '_>, stored: &Stored) {
        let Some(pod) = stored.object.pod() else { return };
        let tainted = pod.node_name.as_ref().is_some_and(|n| self.tainted.contains(n));
        let key = key_of(stored);
        let leaving = stored.object.meta.deletion_timestamp.is_some();
        if !tainted || pod.mirror || leaving || self.pods.contains_key(&key) {
            return;
        }
        self.set(work, key, pod.toleration);
    }

    fn set(&mut self, work: &mut Work<'_, '_>, key: Key, after: SimDuration) {
        self.serial += 1;
        self.keys.insert(self.serial, key.clone());
        let ticket = work.ctx.set_timer(after, timer::ControllerManager::EvictPod, self.serial);
        let at = work.ctx.now() + after;
        self.pods.insert(key, (self.serial, Stage::Counting { ticket, at }));
    }

    fn cancel(&mut self, work: &mut Work<'_, '_>, stored: &Stored, tell: bool) {
        let key = key_of(stored);
        let Some((serial, stage)) = self.pods.remove(&key) else { return };
        self.keys.remove(&serial);
        if let Stage::Counting { ticket, .. } = stage {
            work.ctx.cancel_timer(ticket);
            if tell {
                let text = format!("Cancelling deletion of Pod {}/{}", key.0, key.1);
                work.event(SOURCE, Involved::of(&stored.object), false, "TaintManagerEviction", text);
            }
        }
    }

    /// The pod of the eviction with this number has tolerated the taint long enough.
    pub(crate) fn on_timer(&mut self, work: &mut Work<'_, '_>, number: u64) {
        let Some(pod) = self.keys.remove(&number) else { return };
        let Some(stored) = work.caches.pods.get(&pod).cloned() else {
            self.pods.remove(&pod);
            return;
        };
        let cause: Cause = work.ctx.cause();
        let text = format!("Marking for deletion Pod {}/{}", pod.0, pod.1);
        work.event(SOURCE, Involved::of(&stored.object), false, "TaintManagerEviction", text);
        work.ctx.resume_cause(cause);
        if let Some(object) = disruption_target(&stored.object, work.ctx.wall()) {
            let resource_version = stored.resource_version;
            let call = Call::Update { object: Rc::new(object), resource_version, status: true };
            self.pods.insert(pod.clone(), (number, Stage::Marking));
            work.call(call, Purpose::Eviction(pod));
        }
    }

    /// The result of a call.
    pub(crate) fn answered(&mut self, work: &mut Work<'_, '_>, key: Key, result: &Result<Answer, Failure>) {
        let Some((_, stage)) = self.pods.get_mut(&key) else { return };
        let missed = result.as_ref().is_err_and(|f| !f.is_not_found());
        match stage {
            _ if missed => self.set(work, key, RETRY),
            Stage::Marking => {
                *stage = Stage::Deleting;
                let uid = work.caches.pods.get(&key).map(|p| p.object.meta.uid);
                let (namespace, name) = key.clone();
                let call = Call::Delete { kind: Kind::Pod, namespace, name, uid, grace_period: None };
                work.call(call, Purpose::Eviction(key));
            }
            Stage::Deleting | Stage::Counting { .. } => {
                self.pods.remove(&key);
            }
        }
    }
}
