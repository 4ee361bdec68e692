//! The Deployment controller: creates the ReplicaSet of the present template, scales old and new ones, and updates the
//! status (FACTS 3.2; pkg/controller/deployment). Rolling updates with 25% surge and 25% unavailable.

use std::rc::Rc;

use super::work_queue::WorkQueue;
use super::{Purpose, Work};
use crate::kube::api::{Answer, Call, Patch, Reason};
use crate::kube::error::Failure;
use crate::kube::informer::{Change, Key, key_of};
use crate::kube::object::{
    Body, Condition, ConditionStatus, Deployment, Kind, Meta, Name, Object, OwnerReference, PodTemplate, ReplicaSet,
    Stored,
};
use crate::kube::recorder::Involved;
use crate::kube::timer;
use crate::sim::map::Map;
use crate::sim::{WallTime, fnv1a};

const SOURCE: &str = "deployment-controller";
const HASH_LABEL: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The purpose of a call of this controller.
#[derive(Clone, Debug)]
pub(crate) enum Did {
    /// Created or scaled a ReplicaSet: its name, from how many, to how many.
    Scaled {
        created: bool,
        name: Name,
        from: u32,
        to: u32,
    },
    Annotated,
    Status,
}

/// The Deployment controller.
#[derive(Clone, Debug)]
pub(super) struct Deployments {
    pub(crate) queue: WorkQueue,
    /// Those that wait for an answer, as they were.
    syncs: Map<Key, Stored>,
}

impl Default for Deployments {
    fn default() -> Self {
        Deployments { queue: WorkQueue::new(timer::ControllerManager::DeploymentRetry), syncs: Map::new() }
    }
}

impl Deployments {
    /// A Deployment or a ReplicaSet changed.
    pub(crate) fn on_change(&mut self, change: &Change) {
        let (Change::Added(stored) | Change::Modified { new: stored, .. } | Change::Deleted(stored)) = change;
        if stored.object.kind() == Kind::Deployment {
            return self.queue.add(key_of(stored));
        }
        let meta = &stored.object.meta;
        if let Some(owner) = meta.owner.as_ref().filter(|o| o.kind == Kind::Deployment) {
            self.queue.add((meta.namespace.clone(), owner.name.clone()));
        }
    }

    /// Works on the keys in the queue.
    pub(crate) fn pump(&mut self, work: &mut Work<'_, '_>) {
        while let Some(key) = self.queue.take() {
            match work.caches.deployments.get(&key).cloned() {
                Some(stored) if stored.object.meta.deletion_timestamp.is_none() => {
                    self.syncs.insert(key.clone(), stored.clone());
                    self.sync(work, key, &stored);
                }
                _ => self.queue.done(work.ctx, &key, true),
            }
        }
    }

    fn sync(&mut self, work: &mut Work<'_, '_>, key: Key, stored: &Stored) {
        let Some(deployment) = stored.object.deployment() else { return };
        let name = replica_set_name(&stored.object.meta.name, &deployment.template);
        let sets: Vec<&Stored> = work.caches.replica_sets_of(stored.object.meta.uid).collect();
        let new = sets.iter().find(|s| s.object.meta.name == name).copied();
        let olds: Vec<&Stored> = sets.iter().filter(|s| s.object.meta.name != name).copied().collect();
        match next_step(deployment, new, &olds) {
            Step::Create(replicas) => {
                let revision = 1 + olds.iter().map(|s| revision_of(s)).max().unwrap_or(0);
                let object = Rc::new(new_replica_set(&stored.object, deployment, &name, replicas, revision));
                let did = Did::Scaled { created: true, name, from: 0, to: replicas };
                work.call(Call::Create { object }, Purpose::Deployment(key, did));
            }
            Step::Scale(set, to) => {
                let from = set.object.replica_set().map_or(0, |r| r.replicas);
                let did = Did::Scaled { created: false, name: set.object.meta.name.clone(), from, to };
                let mut object = (*set.object).clone();
                if let Some(rs) = object.replica_set_mut() {
                    rs.replicas = to;
                }
                let resource_version = set.resource_version;
                let call = Call::Update { object: Rc::new(object), resource_version, status: false };
                work.call(call, Purpose::Deployment(key, did));
            }
            Step::Nothing => self.write_status(work, &key),
        }
    }

    /// The result of a call.
    pub(crate) fn answered(&mut self, work: &mut Work<'_, '_>, key: Key, did: Did, result: &Result<Answer, Failure>) {
        let Some(stored) = self.syncs.get(&key).cloned() else { return };
        match (did, result) {
            (Did::Scaled { created, name, from, to }, Ok(answer)) => {
                let direction = if to >= from { "up" } else { "down" };
                let text = format!("Scaled {direction} replica set {name} from {from} to {to}");
                work.event(SOURCE, Involved::of(&stored.object), false, "ScalingReplicaSet", text);
                let revision = match answer {
                    Answer::Object(set) => set.object.meta.annotations.get(REVISION).cloned(),
                    _ => None,
                };
                let known = stored.object.meta.annotations.get(REVISION);
                match revision.filter(|r| created && Some(r) != known) {
                    Some(revision) => {
                        let patch = Patch::Annotate(REVISION.into(), revision);
                        let (namespace, name) = key.clone();
                        let call = Call::Patch { kind: Kind::Deployment, namespace, name, patch };
                        work.call(call, Purpose::Deployment(key, Did::Annotated));
                    }
                    None => self.finish(work, &key, true),
                }
            }
            // Another controller manager has created it: the cache will show it.
            (Did::Scaled { created: true, .. }, Err(failure))
                if failure.status().is_some_and(|s| s.reason == Reason::AlreadyExists) =>
            {
                self.finish(work, &key, true);
            }
            (_, result) => self.finish(work, &key, result.is_ok()),
        }
    }

    fn write_status(&mut self, work: &mut Work<'_, '_>, key: &Key) {
        let Some(stored) = self.syncs.get(key) else { return };
        let meta = &stored.object.meta;
        let Some(deployment) = stored.object.deployment() else { return };
        let name = replica_set_name(&meta.name, &deployment.template);
        let mut new = Deployment { observed_generation: meta.generation, ..deployment.clone() };
        (new.current, new.updated, new.ready, new.available) = (0, 0, 0, 0);
        for set in work.caches.replica_sets_of(meta.uid) {
            let Some(rs) = set.object.replica_set() else { continue };
            new.current += rs.current;
            new.ready += rs.ready;
            new.available += rs.available;
            if set.object.meta.name == name {
                new.updated += rs.current;
            }
        }
        let now = work.ctx.wall().whole_seconds();
        judge(&mut new, deployment, &name, now);
        if new == *deployment {
            return self.finish(work, key, true);
        }
        let object = Rc::new(Object { meta: meta.clone(), body: Body::Deployment(new) });
        let call = Call::Update { object, resource_version: stored.resource_version, status: true };
        work.call(call, Purpose::Deployment(key.clone(), Did::Status));
    }

    fn finish(&mut self, work: &mut Work<'_, '_>, key: &Key, ok: bool) {
        self.syncs.remove(key);
        self.queue.done(work.ctx, key, ok);
    }
}

/// Sets the conditions from the new counts: whether enough replicas are available, and the progress of the rollout.
fn judge(new: &mut Deployment, old: &Deployment, set: &str, now: WallTime) {
    let want = new.replicas;
    let enough = new.available >= want - unavailable_of(want);
    let (status, reason, message) = match enough {
        true => (ConditionStatus::True, "MinimumReplicasAvailable", "Deployment has minimum availability."),
        false => {
            (ConditionStatus::False, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        }
    };
    set_condition(new, "Available", status, reason, message.into(), now);
    let done = "NewReplicaSetAvailable";
    let was = new.conditions.iter().find(|c| c.kind == "Progressing").map(|c| c.reason.clone());
    let complete = (new.updated, new.current, new.available) == (want, want, want);
    if new.current == new.updated && was.as_deref() == Some(done) {
        return;
    }
    if complete {
        let message = format!("ReplicaSet \"{set}\" has successfully progressed.");
        set_condition(new, "Progressing", ConditionStatus::True, done, message.into(), now);
    } else if (new.updated, new.available) != (old.updated, old.available) || was.is_none() {
        let message = format!("ReplicaSet \"{set}\" is progressing.");
        set_condition(new, "Progressing", ConditionStatus::True, "ReplicaSetUpdated", message.into(), now);
    }
}

/// What changed goes to the end of the list.
fn set_condition(
    of: &mut Deployment,
    kind: &'static str,
    status: ConditionStatus,
    reason: &str,
    message: Name,
    now: WallTime,
) {
    let place = of.conditions.iter().position(|c| c.kind == kind);
    let old = place.map(|i| &of.conditions[i]);
    if old.is_some_and(|c| c.status == status && *c.reason == *reason) {
        return;
    }
    let since = old.filter(|c| c.status == status).map_or(now, |c| c.last_transition_time);
    if let Some(place) = place {
        of.conditions.remove(place);
    }
    let (reason, last_heartbeat_time) = (reason.into(), Some(now));
    of.conditions.push(Condition { kind, status, reason, message, last_heartbeat_time, last_transition_time: since });
}

/// 25 %, but one where neither more nor fewer pods than wanted would be allowed.
fn unavailable_of(want: u32) -> u32 {
    if want.div_ceil(4) == 0 && want / 4 == 0 { want.min(1) } else { want / 4 }
}

enum Step<'a> {
    /// Create the new ReplicaSet with this number of replicas.
    Create(u32),
    Scale(&'a Stored, u32),
    Nothing,
}

/// The next action; one at a time, since the caches report its result.
fn next_step<'a>(deployment: &Deployment, new: Option<&'a Stored>, olds: &[&'a Stored]) -> Step<'a> {
    let spec = |s: &Stored| s.object.replica_set().map_or(0, |r| r.replicas);
    let available = |s: &Stored| s.object.replica_set().map_or(0, |r| r.available);
    let want = deployment.replicas;
    let surge = want.div_ceil(4);
    let unavailable = if surge == 0 && want / 4 == 0 { 1 } else { want / 4 };
    let old_total: u32 = olds.iter().map(|s| spec(s)).sum();
    let room = (want + surge).saturating_sub(old_total);
    let Some(new) = new else {
        return Step::Create(if old_total == 0 { want } else { room.min(want) });
    };
    let has = spec(new);
    let next = if has > want || old_total == 0 { want } else { has.max(room.min(want)) };
    if next != has {
        return Step::Scale(new, next);
    }
    if old_total == 0 {
        return Step::Nothing;
    }
    // Old pods that are not available go first; then as many as leaves enough available.
    let missing = has.saturating_sub(available(new));
    let at_most = (old_total + has).saturating_sub(want.saturating_sub(unavailable) + missing);
    let sick = |s: &Stored| spec(s).saturating_sub(available(s));
    let all_available: u32 = olds.iter().map(|s| available(s)).sum::<u32>() + available(new);
    let spare = all_available.saturating_sub(want.saturating_sub(unavailable));
    for set in olds.iter().filter(|s| spec(s) > 0) {
        let down = sick(set).max(spare.min(available(set))).min(at_most);
        if down > 0 {
            return Step::Scale(set, spec(set) - down.min(spec(set)));
        }
    }
    Step::Nothing
}

fn revision_of(set: &Stored) -> u64 {
    set.object.meta.annotations.get(REVISION).and_then(|r| r.parse().ok()).unwrap_or(0)
}

fn new_replica_set(owner: &Object, deployment: &Deployment, name: &Name, replicas: u32, revision: u64) -> Object {
    let hash: Name = template_hash(&deployment.template).into();
    let with_hash = |labels: &Map<Name, Name>| {
        let mut labels = labels.clone();
        labels.insert(HASH_LABEL.into(), hash.clone());
        labels
    };
    let want = deployment.replicas;
    let annotations = [
        ("deployment.kubernetes.io/desired-replicas", u64::from(want)),
        ("deployment.kubernetes.io/max-replicas", u64::from(want + want.div_ceil(4))),
        (REVISION, revision),
    ];
    let template = PodTemplate { labels: with_hash(&deployment.template.labels), ..deployment.template.clone() };
    Object {
        meta: Meta {
            name: name.clone(),
            namespace: owner.meta.namespace.clone(),
            labels: template.labels.clone(),
            annotations: annotations.into_iter().map(|(k, v)| (k.into(), v.to_string().into())).collect(),
            owner: Some(OwnerReference { kind: Kind::Deployment, name: owner.meta.name.clone(), uid: owner.meta.uid }),
            ..Meta::default()
        },
        body: Body::ReplicaSet(ReplicaSet {
            replicas,
            selector: with_hash(&deployment.selector),
            template,
            ..ReplicaSet::default()
        }),
    }
}

/// `<deployment>-<pod-template-hash>`: deterministic, so that two controllers agree.
fn replica_set_name(deployment: &str, template: &PodTemplate) -> Name {
    format!("{deployment}-{}", template_hash(template)).into()
}

/// A hash of the template in the alphabet without vowels, so that no words arise.
fn template_hash(template: &PodTemplate) -> String {
    let mut text = format!("{}\n{}\n{}\n", template.container, template.image, template.cpu_millis);
    for (key, value) in &template.labels {
        text.push_str(&format!("{key}={value}\n"));
    }
    let hash = fnv1a(text.as_bytes());
    let folded = (hash ^ hash >> 32) as u32;
    folded.to_string().bytes().map(|b| char::from(ALPHABET[usize::from(b) % ALPHABET.len()])).collect()
}
