//! The endpoints of the service `default/kubernetes`: the API servers that are alive (FACTS 4.4; upstream
//! controlplane/reconcilers/lease.go).
//!
//! Each server renews a key of its own every 10 s, which is valid for 15 s, and sets the addresses to those whose key is
//! valid. The lab's etcd has no leases that expire, so a server judges another's key by when it last saw it change, and
//! removes it when it is too old. Beside it each server renews a Lease that names it, `kube-system/apiserver-...`
//! (upstream controlplane/controller/leasecontroller); nobody reads it.

use std::rc::Rc;

use super::ApiServer;
use super::admission::{new_uid, prepare_create};
use super::etcd_client::Owner;
use super::startup::kubernetes_meta;
use super::storage::put_if;
use crate::etcd::{self, Compare, Op, Span, Txn, TxnOp, WatchKind};
use crate::kube::api::API_PORT;
use crate::kube::object::{Body, Endpoint, EndpointSlice, Endpoints, Kind, Lease, Meta, Name, Object, uuid};
use crate::kube::timer;
use crate::kube::value::Value;
use crate::kube::vocabulary::Ctx;
use crate::sim::map::{Map, Set};
use crate::sim::{SimDuration, SimTime, fnv1a};

const INTERVAL: SimDuration = SimDuration::from_secs(10);
const VALID_FOR: SimDuration = SimDuration::from_secs(15);
/// `leaseDurationSeconds` of an API server's Lease.
const IDENTITY_SECONDS: u32 = 3_600;
const PREFIX: &str = "/registry/masterleases/";

#[derive(Clone, Debug)]
struct Master {
    seen_at: SimTime,
    revision: u64,
}

/// Its view of the API servers' keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Reconciler {
    masters: Map<Name, Master>,
    /// The name of its own Lease, and its holder identity.
    identity: (Name, Name),
    busy: bool,
}

impl Reconciler {
    /// A key as it was first read.
    pub(crate) fn see(&mut self, now: SimTime, kv: &etcd::KeyValue<Value>) {
        if kv.key.starts_with(PREFIX) {
            self.masters.insert(kv.key.clone(), Master { seen_at: now, revision: kv.mod_revision });
        }
    }

    /// A key changed.
    pub(crate) fn changed(&mut self, now: SimTime, event: &etcd::WatchEvent<Value>) {
        match event.kind {
            WatchKind::Put => self.see(now, &event.kv),
            WatchKind::Delete => {
                self.masters.remove(&event.kv.key);
            }
        }
    }

    /// Returns the addresses of the servers that are alive.
    pub(crate) fn addresses(&self, now: SimTime) -> impl Iterator<Item = &str> {
        let valid = move |m: &Master| now.since(m.seen_at) <= VALID_FOR;
        self.masters.iter().filter(move |(_, m)| valid(m)).map(|(key, _)| &key[PREFIX.len()..])
    }
}

impl ApiServer {
    fn own_key(&self) -> Name {
        format!("{PREFIX}{}", self.config.advertise_address).into()
    }

    pub(super) fn begin_reconciling(&mut self, ctx: &mut Ctx<'_>) {
        let name = identity(&self.config.advertise_address);
        let holder = format!("{name}_{}", uuid(new_uid(ctx.rng("identity"))));
        self.memory.reconciler.identity = (name.into(), holder.into());
        ctx.set_timer(INTERVAL, timer::ApiServer::Reconcile, 0);
        self.renew_place(ctx);
    }

    pub(super) fn reconcile(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(INTERVAL, timer::ApiServer::Reconcile, 0);
        if !self.memory.reconciler.busy {
            self.renew_place(ctx);
        }
    }

    fn renew_identity(&mut self, ctx: &mut Ctx<'_>) {
        let (name, holder_identity) = self.memory.reconciler.identity.clone();
        let (key, wall) = (Kind::Lease.key("kube-system", &name), ctx.wall());
        let found = self.memory.cache.get(Kind::Lease, &key);
        let revision = found.map_or(0, |s| s.resource_version);
        let mut object = match found {
            Some(stored) => (*stored.object).clone(),
            None => {
                let meta = Meta { name, namespace: "kube-system".into(), ..Meta::default() };
                let mut object = Object { meta, body: Body::Lease(Lease::default()) };
                let uid = new_uid(ctx.rng("uid"));
                prepare_create(&mut object, uid, wall);
                object
            }
        };
        if let Some(lease) = object.lease_mut() {
            (lease.holder_identity, lease.lease_duration_seconds) = (holder_identity, IDENTITY_SECONDS);
            lease.renew_time = Some(wall);
        }
        self.memory.etcd.call(ctx, Owner::Nobody, put_if(&key, revision, Rc::new(object), false));
    }

    fn renew_place(&mut self, ctx: &mut Ctx<'_>) {
        self.renew_identity(ctx);
        self.memory.reconciler.busy = true;
        let value = Value::Text(self.config.advertise_address.as_str().into());
        let put = TxnOp::Put { key: self.own_key(), value };
        let txn = Txn { compare: Vec::new(), success: vec![put], failure: Vec::new() };
        self.memory.etcd.call(ctx, Owner::Reconciler, Op::Txn(Rc::new(txn)));
    }

    pub(super) fn reconciled(&mut self, ctx: &mut Ctx<'_>, ok: bool) {
        self.memory.reconciler.busy = false;
        if !ok {
            return;
        }
        let now = ctx.now();
        let own = self.own_key();
        let masters = &self.memory.reconciler.masters;
        let dead = masters.iter().filter(|(key, m)| **key != own && now.since(m.seen_at) > VALID_FOR);
        let dead: Vec<(Name, u64)> = dead.map(|(key, m)| (key.clone(), m.revision)).collect();
        for (key, revision) in dead {
            self.remove_place(ctx, &key, Some(revision));
        }
        self.set_addresses(ctx, true);
    }

    fn remove_place(&mut self, ctx: &mut Ctx<'_>, key: &Name, revision: Option<u64>) {
        let compare = revision.map(|equals| Compare::ModRevision { key: key.clone(), equals });
        let txn = Txn {
            compare: compare.into_iter().collect(),
            success: vec![TxnOp::Delete { span: Span::One(key.clone()) }],
            failure: Vec::new(),
        };
        self.memory.etcd.call(ctx, Owner::Nobody, Op::Txn(Rc::new(txn)));
    }

    /// Writes the addresses if they differ; with or without this server's own.
    fn set_addresses(&mut self, ctx: &mut Ctx<'_>, with_own: bool) {
        let now = ctx.now();
        let own = self.config.advertise_address.as_str();
        let mut addresses: Set<Name> =
            self.memory.reconciler.addresses(now).filter(|a| *a != own).map(Name::from).collect();
        if with_own {
            addresses.insert(own.into());
        }
        let slice = EndpointSlice {
            service: "kubernetes".into(),
            port: API_PORT,
            endpoints: addresses.iter().map(endpoint).collect(),
            ..EndpointSlice::default()
        };
        let labels = [("kubernetes.io/service-name", "kubernetes")];
        self.set_object(
            ctx,
            kubernetes_meta(&[]),
            Body::Endpoints(Endpoints { addresses: addresses.into_iter().collect(), port: API_PORT }),
        );
        self.set_object(ctx, kubernetes_meta(&labels), Body::EndpointSlice(slice));
    }

    fn set_object(&mut self, ctx: &mut Ctx<'_>, meta: Meta, body: Body) {
        let mut object = Object { meta, body };
        let (kind, key): (Kind, Name) = (object.kind(), object.key());
        let revision = match self.memory.cache.get(kind, &key) {
            Some(stored) if stored.object.body == object.body => return,
            Some(stored) => {
                object.meta = stored.object.meta.clone();
                stored.resource_version
            }
            None => {
                let (uid, wall) = (new_uid(ctx.rng("uid")), ctx.wall());
                prepare_create(&mut object, uid, wall);
                0
            }
        };
        self.memory.etcd.call(ctx, Owner::Nobody, put_if(&key, revision, Rc::new(object), false));
    }

    /// SIGTERM: removes this server's key, so that the others need not wait for its expiry.
    pub(super) fn retire_endpoint(&mut self, ctx: &mut Ctx<'_>) {
        let own = self.own_key();
        self.remove_place(ctx, &own, None);
        self.set_addresses(ctx, false);
    }
}

/// A name that follows from the host's, as the real one does.
fn identity(address: &str) -> String {
    let mut hash = fnv1a(address.as_bytes());
    let mut name = "apiserver-".to_owned();
    for _ in 0..26 {
        name.push(char::from(b"abcdefghijklmnopqrstuvwxyz234567"[(hash & 31) as usize]));
        hash = (hash ^ hash >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    name
}

fn endpoint(address: &Name) -> Endpoint {
    Endpoint {
        pod: Name::default(),
        pod_uid: 0,
        address: address.clone(),
        node_name: Name::default(),
        ready: true,
        terminating: false,
    }
}
