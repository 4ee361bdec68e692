//! The EndpointSlice and Endpoints controllers: which pods are behind each Service (pkg/controller/endpointslice,
//! pkg/controller/endpoint). One slice for each Service, however many pods it has: of several, which two controllers at
//! once can make, the oldest is kept and the others go, as upstream's reconciler takes an address out of all but one.

use std::rc::Rc;

use super::caches::{is_ready, selects};
use super::work_queue::WorkQueue;
use super::{Purpose, Work};
use crate::kube::api::{Answer, Call};
use crate::kube::election::ANNOTATION;
use crate::kube::error::Failure;
use crate::kube::informer::{Change, Key, key_of};
use crate::kube::object::{
    Body, Endpoint, EndpointSlice, Endpoints as EndpointsObject, Kind, Meta, Name, Object, OwnerReference, Service,
    Stored,
};
use crate::kube::timer;
use crate::sim::SimDuration;
use crate::sim::map::Map;

/// From a change of a slice by another client to the work on it (upstream `endpointSliceChangeMinSyncDelay`). Because of it, two
/// controllers that see different pods rewrite a slice once a second, not as fast as the API server answers.
const SLICE_CHANGE_DELAY: SimDuration = SimDuration::from_secs(1);

const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// The object that a call of this controller wrote.
#[derive(Clone, Debug)]
pub(crate) enum Did {
    Slice,
    Endpoints,
}

/// The EndpointSlice and Endpoints controllers.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    pub(crate) queue: WorkQueue,
    /// Calls in flight for each Service, and whether one failed.
    syncs: Map<Key, (u8, bool)>,
    /// The newest slice that it wrote for a Service, until the cache has it.
    written: Map<Key, Stored>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Endpoints {
            queue: WorkQueue::new(timer::ControllerManager::EndpointsRetry),
            syncs: Map::new(),
            written: Map::new(),
        }
    }
}

impl Endpoints {
    /// A Service, a pod or one of its own objects has changed.
    pub(crate) fn on_change(&mut self, work: &mut Work<'_, '_>, change: &Change) {
        let (old, new) = match change {
            Change::Added(new) => (None, Some(new)),
            Change::Modified { old, new } => (Some(old), Some(new)),
            Change::Deleted(last) => (Some(last), None),
        };
        let Some(any) = new.or(old) else { return };
        match &any.object.body {
            Body::Service(_) => self.queue.add(key_of(any)),
            Body::EndpointSlice(slice) => {
                let service = (any.object.meta.namespace.clone(), slice.service.clone());
                let written = self.written.get(&service);
                let mine = written.is_some_and(|w| w.object.meta.uid == any.object.meta.uid);
                if new.is_none() && mine {
                    self.written.remove(&service);
                }
                // Slices of Services without a selector are not this controller's.
                let cached = work.caches.services.get(&service).and_then(|s| s.object.service());
                let managed = cached.is_some_and(|s| !s.selector.is_empty());
                if managed && new.is_none_or(|new| self.is_foreign(&service, new)) {
                    self.queue.add_after(work.ctx, service, SLICE_CHANGE_DELAY);
                }
            }
            Body::Endpoints(_) if new.is_none() => self.queue.add(key_of(any)),
            Body::Pod(_) => {
                if let (Some(old), Some(new)) = (old, new)
                    && endpoint_of(old) == endpoint_of(new)
                    && old.object.meta.labels == new.object.meta.labels
                {
                    return;
                }
                for service in work.caches.services.iter() {
                    let Some(spec) = service.object.service() else { continue };
                    let behind = |p: Option<&Stored>| {
                        p.is_some_and(|p| {
                            p.object.meta.namespace == service.object.meta.namespace
                                && selects(&spec.selector, &p.object.meta.labels)
                        })
                    };
                    if behind(old) || behind(new) {
                        self.queue.add(key_of(service));
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns whether a slice is not as this controller wrote it: another client created or changed it (upstream
    /// `EndpointSliceTracker.ShouldSync`). Endpoints have no such guard: their controller minds only that they go.
    fn is_foreign(&self, service: &Key, slice: &Stored) -> bool {
        self.written.get(service).is_none_or(|written| {
            written.object.meta.uid != slice.object.meta.uid || written.resource_version < slice.resource_version
        })
    }

    /// Works on the keys in the queue.
    pub(crate) fn pump(&mut self, work: &mut Work<'_, '_>) {
        while let Some(key) = self.queue.take() {
            let service = work.caches.services.get(&key).cloned();
            match service.as_ref().and_then(|s| Some((s, s.object.service()?))) {
                Some((stored, spec)) if !spec.selector.is_empty() => self.sync(work, key, stored, spec),
                Some(_) => self.queue.done(work.ctx, &key, true),
                None => self.remove(work, key),
            }
        }
    }

    fn sync(&mut self, work: &mut Work<'_, '_>, key: Key, service: &Stored, spec: &Service) {
        let namespace = &service.object.meta.namespace;
        let endpoints: Vec<Endpoint> = work
            .caches
            .pods_with_address()
            .filter(|p| p.object.meta.namespace == *namespace && selects(&spec.selector, &p.object.meta.labels))
            .filter_map(endpoint_of)
            .collect();
        let addresses = endpoints.iter().filter(|e| e.ready).map(|e| e.address.clone()).collect();
        let wanted =
            EndpointSlice { service: key.1.clone(), port: spec.target_port, endpoints, ..EndpointSlice::default() };
        let legacy = EndpointsObject { addresses, port: spec.target_port };
        let mut calls = 0;
        let mut slices = self.slices_of(work, &key).into_iter();
        let slice = slices.next();
        for other in slices {
            delete(work, Kind::EndpointSlice, &other.object.meta);
        }
        if slice.as_ref().and_then(|s| s.object.endpoint_slice()) != Some(&wanted) {
            let meta = || Meta {
                generate_name: Some(format!("{}-", key.1).into()),
                namespace: namespace.clone(),
                labels: Map::from([(SERVICE_LABEL.into(), key.1.clone())]),
                owner: Some(OwnerReference { kind: Kind::Service, name: key.1.clone(), uid: service.object.meta.uid }),
                ..Meta::default()
            };
            let call = put_or_create(slice.as_ref(), meta, Body::EndpointSlice(wanted));
            work.call(call, Purpose::Endpoints(key.clone(), Did::Slice));
            calls += 1;
        }
        let old = work.caches.endpoints.get(&key);
        if old.and_then(|s| s.object.endpoints()) != Some(&legacy) {
            let meta = || Meta { name: key.1.clone(), namespace: namespace.clone(), ..Meta::default() };
            let call = put_or_create(old, meta, Body::Endpoints(legacy));
            work.call(call, Purpose::Endpoints(key.clone(), Did::Endpoints));
            calls += 1;
        }
        if calls == 0 {
            self.queue.done(work.ctx, &key, true);
        } else {
            self.syncs.insert(key, (calls, false));
        }
    }

    /// The slices of a Service, oldest first, so that all controllers agree which is kept; each as it was last seen, or
    /// written since.
    fn slices_of(&self, work: &Work<'_, '_>, key: &Key) -> Vec<Stored> {
        let of = |s: &&Stored| {
            s.object.meta.namespace == key.0 && s.object.endpoint_slice().is_some_and(|e| e.service == key.1)
        };
        let mut slices: Vec<Stored> = work.caches.slices.iter().filter(of).cloned().collect();
        if let Some(written) = self.written.get(key) {
            match slices.iter_mut().find(|s| s.object.meta.uid == written.object.meta.uid) {
                Some(cached) if cached.resource_version < written.resource_version => *cached = written.clone(),
                Some(_) => {}
                None => slices.push(written.clone()),
            }
        }
        slices.sort_by_key(|s| (s.object.meta.creation_timestamp, s.object.meta.uid));
        slices
    }

    fn remove(&mut self, work: &mut Work<'_, '_>, key: Key) {
        for slice in self.slices_of(work, &key) {
            delete(work, Kind::EndpointSlice, &slice.object.meta);
        }
        // A lock is not left over from a Service.
        let left = work.caches.endpoints.get(&key).filter(|e| !e.object.meta.annotations.contains_key(ANNOTATION));
        if let Some(endpoints) = left.cloned() {
            delete(work, Kind::Endpoints, &endpoints.object.meta);
        }
        self.written.remove(&key);
        self.queue.done(work.ctx, &key, true);
    }

    /// The result of a call.
    pub(crate) fn answered(&mut self, work: &mut Work<'_, '_>, key: Key, did: Did, result: &Result<Answer, Failure>) {
        match (did, result) {
            (Did::Slice, Ok(Answer::Object(stored))) => {
                self.written.insert(key.clone(), stored.clone());
            }
            (Did::Slice, Err(_)) => {
                self.written.remove(&key);
            }
            _ => {}
        }
        let Some((calls, failed)) = self.syncs.get_mut(&key) else { return };
        *calls -= 1;
        *failed |= result.is_err();
        if *calls == 0 {
            let ok = !*failed;
            self.syncs.remove(&key);
            self.queue.done(work.ctx, &key, ok);
        }
    }
}

fn put_or_create(old: Option<&Stored>, meta: impl FnOnce() -> Meta, body: Body) -> Call {
    match old {
        Some(old) => {
            let object = Rc::new(Object { meta: old.object.meta.clone(), body });
            Call::Update { object, resource_version: old.resource_version, status: false }
        }
        None => Call::Create { object: Rc::new(Object { meta: meta(), body }) },
    }
}

fn delete(work: &mut Work<'_, '_>, kind: Kind, meta: &Meta) {
    let (namespace, name): (Name, Name) = (meta.namespace.clone(), meta.name.clone());
    let call = Call::Delete { kind, namespace, name, uid: Some(meta.uid), grace_period: None };
    work.call(call, Purpose::Forget);
}

/// The pod as an endpoint: once it has an address, as long as it is not finished.
fn endpoint_of(stored: &Stored) -> Option<Endpoint> {
    let pod = stored.object.pod().filter(|p| p.is_active())?;
    let meta = &stored.object.meta;
    let terminating = meta.deletion_timestamp.is_some();
    Some(Endpoint {
        pod: meta.name.clone(),
        pod_uid: meta.uid,
        address: pod.pod_ip.clone()?,
        node_name: pod.node_name.clone()?,
        ready: is_ready(pod) && !terminating,
        terminating,
    })
}
