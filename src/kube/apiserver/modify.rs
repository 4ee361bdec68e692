//! The result of a change to a stored object, as a pure function: PUT, PATCH, DELETE and binding (FACTS 3.4, 4.2;
//! upstream registry/generic/registry/store.go, registry/rest/{update,delete}.go, registry/core/pod/storage).
//!
//! It knows neither etcd nor the network: its caller reads, asks it, writes on the condition that nothing changed, and
//! asks again if something did.

use std::rc::Rc;

use super::admission::{has_generation, invalid};
use crate::kube::api::{Call, Patch, Reason, Status};
use crate::kube::object::{Body, Condition, ConditionStatus, Kind, Meta, Name, Object, Pod, Stored, Uid, uuid};
use crate::sim::{SimDuration, WallTime};

/// The new state of the stored object.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Write(Rc<Object>),
    Remove,
    Unchanged,
}

/// The object that a change is about.
pub(super) fn target(call: &Call) -> Option<(Kind, &Name, &Name)> {
    match call {
        Call::Update { object, .. } => Some((object.kind(), &object.meta.namespace, &object.meta.name)),
        Call::Patch { kind, namespace, name, .. } | Call::Delete { kind, namespace, name, .. } => {
            Some((*kind, namespace, name))
        }
        Call::Bind { namespace, pod, .. } => Some((Kind::Pod, namespace, pod)),
        _ => None,
    }
}

/// Applies a change to `base`.
///
/// # Errors
/// The API's refusal.
pub(super) fn judge(call: &Call, base: Option<&Stored>, wall: WallTime) -> Result<Verdict, Status> {
    let Some((kind, _, name)) = target(call) else {
        return Err(Status::new(400, Reason::BadRequest, "not a change"));
    };
    let Some(base) = base else { return Err(Status::not_found(kind, name)) };
    match call {
        Call::Update { object, resource_version, status } => update(base, object, *resource_version, *status),
        Call::Patch { patch, .. } => apply_patch(base, patch),
        Call::Delete { uid, grace_period, .. } => delete(base, *uid, *grace_period, wall),
        Call::Bind { uid, node, .. } => bind(base, *uid, node, wall),
        _ => Ok(Verdict::Unchanged),
    }
}

fn update(base: &Stored, new: &Rc<Object>, resource_version: u64, status: bool) -> Result<Verdict, Status> {
    let (kind, name) = (new.kind(), &new.meta.name);
    if resource_version == 0 && kind == Kind::Lease {
        return Err(invalid(
            kind,
            name,
            "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
        ));
    }
    let old = &base.object;
    if new.meta.uid != 0 && new.meta.uid != old.meta.uid {
        return Err(other_uid(kind.qualified().as_str(), old, new.meta.uid));
    }
    if resource_version != 0 && resource_version != base.resource_version {
        return Err(Status::conflict(kind, name));
    }
    if !status && !has_split(kind) && keeps_meta(&old.meta, &new.meta) {
        // Nothing of the old object is needed: leases come this way.
        return Ok(if new.body == old.body { unchanged_or(old, new) } else { Verdict::Write(new.clone()) });
    }
    let mut merged = Object {
        meta: if status { old.meta.clone() } else { merged_meta(&old.meta, &new.meta) },
        body: merged_body(&old.body, &new.body, status)?,
    };
    if !status && has_generation(kind) && spec_changed(&old.body, &merged.body) {
        merged.meta.generation += 1;
    }
    Ok(if merged == **old { Verdict::Unchanged } else { Verdict::Write(Rc::new(merged)) })
}

fn unchanged_or(old: &Object, new: &Rc<Object>) -> Verdict {
    if old.meta == new.meta { Verdict::Unchanged } else { Verdict::Write(new.clone()) }
}

/// Whether status and spec are written by different requests.
fn has_split(kind: Kind) -> bool {
    matches!(kind, Kind::Node | Kind::Pod | Kind::ReplicaSet | Kind::Deployment)
}

/// Whether the client gave back what only the server may set.
fn keeps_meta(old: &Meta, new: &Meta) -> bool {
    new.uid == old.uid
        && new.creation_timestamp == old.creation_timestamp
        && new.deletion_timestamp == old.deletion_timestamp
        && new.generation == old.generation
}

fn merged_meta(old: &Meta, new: &Meta) -> Meta {
    Meta {
        uid: old.uid,
        creation_timestamp: old.creation_timestamp,
        deletion_timestamp: old.deletion_timestamp,
        generation: old.generation,
        ..new.clone()
    }
}

/// The new spec with the old status, or the other way round.
fn merged_body(old: &Body, new: &Body, status: bool) -> Result<Body, Status> {
    let (spec, state) = if status { (old, new) } else { (new, old) };
    Ok(match (spec, state) {
        (Body::Pod(spec), Body::Pod(state)) => {
            let fixed = if let Body::Pod(old) = old { old } else { spec };
            Body::Pod(Pod {
                image: spec.image.clone(),
                node_name: fixed.node_name.clone(),
                container: fixed.container.clone(),
                cpu_millis: fixed.cpu_millis,
                toleration: fixed.toleration,
                termination_grace_period: fixed.termination_grace_period,
                mirror: fixed.mirror,
                ..state.clone()
            })
        }
        (Body::Node(spec), Body::Node(state)) => {
            let mut node = state.clone();
            node.unschedulable = spec.unschedulable;
            node.taints.clone_from(&spec.taints);
            Body::Node(node)
        }
        (Body::ReplicaSet(spec), Body::ReplicaSet(state)) => {
            let mut set = state.clone();
            set.replicas = spec.replicas;
            set.selector.clone_from(&spec.selector);
            set.template.clone_from(&spec.template);
            Body::ReplicaSet(set)
        }
        (Body::Deployment(spec), Body::Deployment(state)) => {
            let mut deployment = state.clone();
            deployment.replicas = spec.replicas;
            deployment.selector.clone_from(&spec.selector);
            deployment.template.clone_from(&spec.template);
            Body::Deployment(deployment)
        }
        _ => new.clone(),
    })
}

fn spec_changed(old: &Body, new: &Body) -> bool {
    match (old, new) {
        (Body::Pod(a), Body::Pod(b)) => a.image != b.image,
        (Body::ReplicaSet(a), Body::ReplicaSet(b)) => (a.replicas, &a.template) != (b.replicas, &b.template),
        (Body::Deployment(a), Body::Deployment(b)) => (a.replicas, &a.template) != (b.replicas, &b.template),
        _ => false,
    }
}

fn apply_patch(base: &Stored, patch: &Patch) -> Result<Verdict, Status> {
    let mut object = (*base.object).clone();
    match (patch, &mut object.body) {
        (Patch::Annotate(key, value), _) => {
            object.meta.annotations.insert(key.clone(), value.clone());
        }
        (Patch::Apply(wanted), Body::Deployment(d)) => {
            object.meta.labels.clone_from(&wanted.meta.labels);
            if let Some(w) = wanted.deployment() {
                d.replicas = w.replicas;
                d.template.clone_from(&w.template);
            }
        }
        (Patch::Replicas(n), Body::Deployment(d)) => d.replicas = *n,
        (Patch::Replicas(n), Body::ReplicaSet(s)) => s.replicas = *n,
        (Patch::Unschedulable(to), Body::Node(node)) => node.unschedulable = *to,
        _ => return Err(Status::new(404, Reason::NotFound, "the server could not find the requested resource")),
    }
    if object == *base.object {
        return Ok(Verdict::Unchanged);
    }
    if has_generation(object.kind()) && spec_changed(&base.object.body, &object.body) {
        object.meta.generation += 1;
    }
    Ok(Verdict::Write(Rc::new(object)))
}

fn delete(base: &Stored, uid: Option<Uid>, grace: Option<SimDuration>, wall: WallTime) -> Result<Verdict, Status> {
    let old = &base.object;
    if let Some(uid) = uid.filter(|u| *u != old.meta.uid) {
        let why = format!(
            "the UID in the precondition ({}) does not match the UID in record ({}). \
             The object might have been deleted and then recreated",
            uuid(uid),
            uuid(old.meta.uid)
        );
        return Err(refused(&old.kind().qualified(), &old.meta.name, &why));
    }
    let Some(pod) = old.pod() else { return Ok(Verdict::Remove) };
    let grace = grace.unwrap_or(pod.termination_grace_period);
    if grace == SimDuration::ZERO || pod.node_name.is_none() || !pod.is_active() {
        return Ok(Verdict::Remove);
    }
    let deletion = (wall + grace).whole_seconds();
    if old.meta.deletion_timestamp.is_some_and(|already| already <= deletion) {
        return Ok(Verdict::Unchanged);
    }
    let mut object = (**old).clone();
    object.meta.deletion_timestamp = Some(deletion);
    object.meta.generation += 1;
    Ok(Verdict::Write(Rc::new(object)))
}

fn bind(base: &Stored, uid: Uid, node: &Name, wall: WallTime) -> Result<Verdict, Status> {
    let old = &base.object;
    let name = &old.meta.name;
    if uid != 0 && uid != old.meta.uid {
        return Err(other_uid("pods/binding", old, uid));
    }
    let Some(pod) = old.pod() else { return Err(Status::not_found(Kind::Pod, name)) };
    if old.meta.deletion_timestamp.is_some() {
        let why = format!("pod {name} is being deleted, cannot be assigned to a host");
        return Err(refused("pods/binding", name, &why));
    }
    if let Some(node) = &pod.node_name {
        let why = format!("pod {name} is already assigned to node {node:?}");
        return Err(refused("pods/binding", name, &why));
    }
    let mut object = (**old).clone();
    if let Some(pod) = object.pod_mut() {
        pod.node_name = Some(node.clone());
        pod.conditions.retain(|c| c.kind != "PodScheduled");
        pod.conditions.push(Condition {
            kind: "PodScheduled",
            status: ConditionStatus::True,
            reason: Name::default(),
            message: Name::default(),
            last_heartbeat_time: None,
            last_transition_time: wall.whole_seconds(),
        });
    }
    Ok(Verdict::Write(Rc::new(object)))
}

fn refused(resource: &str, name: &str, why: &str) -> Status {
    Status::new(409, Reason::Conflict, format!("Operation cannot be fulfilled on {resource} {name:?}: {why}"))
}

fn other_uid(resource: &str, old: &Object, wanted: Uid) -> Status {
    let why = format!(
        "StorageError: invalid object, Code: 4, Key: {}, ResourceVersion: 0, AdditionalErrorMsg: \
         Precondition failed: UID in precondition: {}, UID in object meta: {}",
        old.key(),
        uuid(wanted),
        uuid(old.meta.uid)
    );
    refused(resource, &old.meta.name, &why)
}
