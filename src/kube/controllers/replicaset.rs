//! The ReplicaSet controller: creates and deletes pods until there are as many as wanted (FACTS 3.1;
//! pkg/controller/replicaset/replica_set.go).

use std::cmp::Ordering;
use std::rc::Rc;

use super::caches::is_active;
use super::expectations::Expectations;
use super::victims;
use super::work_queue::WorkQueue;
use super::{Purpose, Work};
use crate::kube::api::{Answer, Call, Freshness};
use crate::kube::error::Failure;
use crate::kube::informer::{Change, Key, key_of};
use crate::kube::object::{Body, Kind, Meta, Name, Object, OwnerReference, Pod, ReplicaSet, Stored};
use crate::kube::recorder::Involved;
use crate::kube::throttle::Throttle;
use crate::kube::timer;
use crate::sim::map::{Map, Set};
use crate::sim::{SimDuration, WallTime};

const SOURCE: &str = "replicaset-controller";
const BURST_REPLICAS: usize = 500;
const GRACE: SimDuration = SimDuration::from_secs(30);
/// `--kube-api-qps` of a controller manager (FACTS 4.2).
const QPS: u64 = 20;
/// How long creations wait for room: as many at once as the limit lets through in that time.
const ROOM: SimDuration = SimDuration::from_secs(1);

/// The purpose of a call of this controller.
#[derive(Clone, Debug)]
pub(crate) enum Did {
    Create,
    Delete(Key),
    Status,
    /// A fresh GET after a conflict.
    Refresh,
}

/// One ReplicaSet being worked on.
#[derive(Clone, Debug)]
struct Sync {
    replica_set: Stored,
    /// The status computed from the pods that it saw.
    current: u32,
    ready: u32,
    /// Creations not yet asked for; the size of the present batch; what is in flight.
    remaining: usize,
    batch: usize,
    in_flight: usize,
    created: usize,
    wanted: usize,
    failed: bool,
    refreshed: bool,
}

/// The ReplicaSet controller.
#[derive(Clone, Debug)]
pub(super) struct ReplicaSets {
    pub(crate) queue: WorkQueue,
    expectations: Expectations,
    syncs: Map<Key, Sync>,
    /// How often pods are created.
    throttle: Throttle,
    /// ReplicaSets that wait for room in it.
    held: Set<Key>,
}

impl ReplicaSets {
    /// `burst`: how many pods are created as fast as the API server takes them, before [`QPS`] limits them.
    pub(crate) fn new(burst: u64) -> Self {
        ReplicaSets {
            queue: WorkQueue::new(timer::ControllerManager::ReplicaSetRetry),
            expectations: Expectations::default(),
            syncs: Map::new(),
            throttle: Throttle::new(QPS, burst),
            held: Set::new(),
        }
    }

    /// The client's rate limiter has tokens again.
    pub(crate) fn on_room(&mut self) {
        std::mem::take(&mut self.held).into_iter().for_each(|key| self.queue.add(key));
    }

    /// Returns how many of `count` creations may be requested now; if none, the key is tried again when there are tokens.
    fn room(&mut self, work: &mut Work<'_, '_>, key: &Key, count: usize) -> usize {
        let now = work.ctx.now();
        let count = count.min(self.throttle.room(now) as usize);
        (0..count).for_each(|_| self.throttle.take(now));
        if count == 0 {
            if self.held.is_empty() {
                work.ctx.set_timer(ROOM, timer::ControllerManager::ReplicaSetRoom, 0);
            }
            self.held.insert(key.clone());
        }
        count
    }

    /// A ReplicaSet or a pod changed.
    pub(crate) fn on_change(&mut self, work: &Work<'_, '_>, change: &Change) {
        let (Change::Added(object) | Change::Modified { new: object, .. } | Change::Deleted(object)) = change;
        if object.object.kind() == Kind::ReplicaSet {
            if matches!(change, Change::Deleted(_)) {
                self.expectations.forget(&key_of(object));
            }
            self.queue.add(key_of(object));
            return;
        }
        let Some(owner) = owner_key(&object.object) else { return };
        if work.caches.replica_sets.get(&owner).is_none() {
            return;
        }
        let ending = |s: &Stored| s.object.meta.deletion_timestamp.is_some();
        match change {
            Change::Added(pod) if ending(pod) => self.expectations.deleted(&owner, &key_of(pod)),
            Change::Added(_) => self.expectations.created(&owner, 1),
            Change::Modified { old, new } if ending(new) && !ending(old) => {
                self.expectations.deleted(&owner, &key_of(new));
            }
            Change::Modified { .. } => {}
            Change::Deleted(pod) => self.expectations.deleted(&owner, &key_of(pod)),
        }
        self.queue.add(owner);
    }

    /// Works on the keys in the queue.
    pub(crate) fn pump(&mut self, work: &mut Work<'_, '_>) {
        while let Some(key) = self.queue.take() {
            self.sync(work, key);
        }
    }

    fn sync(&mut self, work: &mut Work<'_, '_>, key: Key) {
        let Some(stored) = work.caches.replica_sets.get(&key).cloned() else {
            self.expectations.forget(&key);
            return self.queue.done(work.ctx, &key, true);
        };
        let Some(rs) = stored.object.replica_set() else { return };
        let (current, ready) = work.caches.count_of(stored.object.meta.uid);
        let have = current as usize;
        let wanted = rs.replicas as usize;
        let mut sync = Sync {
            current,
            ready,
            remaining: 0,
            batch: 1,
            in_flight: 0,
            created: 0,
            wanted: 0,
            failed: false,
            refreshed: false,
            replica_set: stored.clone(),
        };
        let now = work.ctx.now();
        let idle = stored.object.meta.deletion_timestamp.is_some() || !self.expectations.satisfied(&key, now);
        if !idle && have < wanted {
            let count = self.room(work, &key, (wanted - have).min(BURST_REPLICAS));
            if count > 0 {
                self.expectations.expect(&key, count, Set::new(), now);
                (sync.remaining, sync.wanted) = (count, count);
                create_batch(work, &key, &mut sync);
            }
        } else if !idle && have > wanted {
            let pods = work.caches.pods_of(stored.object.meta.uid).filter(|p| is_active(&p.object)).cloned().collect();
            let victims = choose(work, &stored, pods, have - wanted);
            self.expectations.expect(&key, 0, victims.iter().map(key_of).collect(), now);
            for pod in victims {
                let meta = &pod.object.meta;
                let call = Call::Delete {
                    kind: Kind::Pod,
                    namespace: meta.namespace.clone(),
                    name: meta.name.clone(),
                    uid: Some(meta.uid),
                    grace_period: None,
                };
                sync.in_flight += 1;
                work.call(call, Purpose::ReplicaSet(key.clone(), Did::Delete(key_of(&pod))));
            }
        }
        let waits = sync.in_flight > 0;
        self.syncs.insert(key.clone(), sync);
        if !waits {
            self.write_status(work, &key);
        }
    }

    /// The result of a call.
    pub(crate) fn answered(&mut self, work: &mut Work<'_, '_>, key: Key, did: Did, result: &Result<Answer, Failure>) {
        let Some(sync) = self.syncs.get_mut(&key) else { return };
        match did {
            Did::Create => {
                let involved = Involved::of(&sync.replica_set.object);
                match result {
                    Ok(Answer::Object(pod)) => {
                        sync.created += 1;
                        let text = format!("Created pod: {}", pod.object.meta.name);
                        work.event(SOURCE, involved, false, "SuccessfulCreate", text);
                    }
                    Ok(_) => {}
                    Err(failure) => {
                        sync.failed = true;
                        work.event(SOURCE, involved, true, "FailedCreate", format!("Error creating: {failure}"));
                    }
                }
                sync.in_flight -= 1;
                if sync.in_flight > 0 {
                    return;
                }
                if !sync.failed && sync.remaining > 0 {
                    sync.batch *= 2;
                    return create_batch(work, &key, sync);
                }
                let never = sync.wanted - sync.created;
                self.expectations.created(&key, never);
                self.write_status(work, &key);
            }
            Did::Delete(pod) => {
                let involved = Involved::of(&sync.replica_set.object);
                match result {
                    Ok(_) => work.event(SOURCE, involved, false, "SuccessfulDelete", format!("Deleted pod: {}", pod.1)),
                    Err(failure) => {
                        self.expectations.deleted(&key, &pod);
                        if !failure.is_not_found() {
                            sync.failed = true;
                            work.event(SOURCE, involved, true, "FailedDelete", format!("Error deleting: {failure}"));
                        }
                    }
                }
                sync.in_flight -= 1;
                if sync.in_flight == 0 {
                    self.write_status(work, &key);
                }
            }
            Did::Status => match result {
                Err(failure) if failure.is_conflict() && !sync.refreshed => {
                    sync.refreshed = true;
                    let (namespace, name) = key.clone();
                    let call = Call::Get { kind: Kind::ReplicaSet, namespace, name, freshness: Freshness::Latest };
                    work.call(call, Purpose::ReplicaSet(key, Did::Refresh));
                }
                Ok(_) => self.finish(work, &key),
                Err(_) => {
                    sync.failed = true;
                    self.finish(work, &key);
                }
            },
            Did::Refresh => match result {
                Ok(Answer::Object(fresh)) => {
                    sync.replica_set = fresh.clone();
                    self.write_status(work, &key);
                }
                _ => {
                    sync.failed = true;
                    self.finish(work, &key);
                }
            },
        }
    }

    fn write_status(&mut self, work: &mut Work<'_, '_>, key: &Key) {
        let Some(sync) = self.syncs.get(key) else { return };
        let meta = &sync.replica_set.object.meta;
        let Some(rs) = sync.replica_set.object.replica_set() else { return };
        let new = ReplicaSet {
            observed_generation: meta.generation,
            current: sync.current,
            ready: sync.ready,
            available: sync.ready,
            ..rs.clone()
        };
        if new == *rs {
            return self.finish(work, key);
        }
        let object = Rc::new(Object { meta: meta.clone(), body: Body::ReplicaSet(new) });
        let resource_version = sync.replica_set.resource_version;
        let call = Call::Update { object, resource_version, status: true };
        work.call(call, Purpose::ReplicaSet(key.clone(), Did::Status));
    }

    fn finish(&mut self, work: &mut Work<'_, '_>, key: &Key) {
        let ok = self.syncs.remove(key).is_none_or(|s| !s.failed);
        self.queue.done(work.ctx, key, ok);
    }
}

/// Requests the next batch of pods; each batch is twice the size of the last one (slow start).
fn create_batch(work: &mut Work<'_, '_>, key: &Key, sync: &mut Sync) {
    let count = sync.batch.min(sync.remaining);
    sync.remaining -= count;
    sync.in_flight = count;
    let Some(pod) = pod_of(&sync.replica_set.object) else { return };
    let pod = Rc::new(pod);
    for _ in 0..count {
        work.call(Call::Create { object: pod.clone() }, Purpose::ReplicaSet(key.clone(), Did::Create));
    }
}

fn pod_of(object: &Object) -> Option<Object> {
    let rs = object.replica_set()?;
    let meta = &object.meta;
    let prefix: String = format!("{}-", meta.name).chars().take(58).collect();
    Some(Object {
        meta: Meta {
            generate_name: Some(prefix.into()),
            namespace: meta.namespace.clone(),
            labels: rs.template.labels.clone(),
            owner: Some(OwnerReference { kind: Kind::ReplicaSet, name: meta.name.clone(), uid: meta.uid }),
            ..Meta::default()
        },
        body: Body::Pod(Pod {
            container: rs.template.container.clone(),
            image: rs.template.image.clone(),
            cpu_millis: rs.template.cpu_millis,
            termination_grace_period: GRACE,
            ..Pod::default()
        }),
    })
}

/// A pod that may have to go; the first in order goes first, and of equal ones the first that was known.
struct Candidate {
    now: WallTime,
    rank: u32,
    place: usize,
    pod: Stored,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        victims::order(self.now, (&self.pod.object, self.rank), (&other.pod.object, other.rank))
            .then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

/// The pods to delete, first victim first.
fn choose(work: &Work<'_, '_>, replica_set: &Stored, pods: Vec<Stored>, surplus: usize) -> Vec<Stored> {
    let mut ranks: Map<Name, u32> = Map::new();
    let mut count = |p: &Stored| {
        if let Some(node) = p.object.pod().filter(|_| is_active(&p.object)).and_then(|p| p.node_name.clone()) {
            *ranks.entry(node).or_insert(0) += 1;
        }
    };
    match &replica_set.object.meta.owner {
        Some(deployment) => {
            for sibling in work.caches.replica_sets_of(deployment.uid) {
                work.caches.pods_of(sibling.object.meta.uid).for_each(&mut count);
            }
        }
        None => pods.iter().for_each(&mut count),
    }
    let rank =
        |p: &Stored| p.object.pod().and_then(|p| p.node_name.as_ref()).and_then(|n| ranks.get(n)).copied().unwrap_or(0);
    let now = work.ctx.wall();
    let candidates: Set<Candidate> =
        pods.into_iter().enumerate().map(|(place, pod)| Candidate { now, rank: rank(&pod), place, pod }).collect();
    candidates.into_iter().take(surplus.min(BURST_REPLICAS)).map(|candidate| candidate.pod).collect()
}

fn owner_key(object: &Object) -> Option<Key> {
    let owner = object.meta.owner.as_ref().filter(|o| o.kind == Kind::ReplicaSet)?;
    Some((object.meta.namespace.clone(), owner.name.clone()))
}
