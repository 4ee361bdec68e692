//! From exec to serving: the first read of etcd, the watch that keeps the cache, and what every cluster has from the
//! start (FACTS 4.1, 9; upstream controlplane/{instance,server}.go, controller/systemnamespaces).
//!
//! 0.3 s after exec it dials etcd; without any connection after 20 s it exits. It listens once about 1.4 s have passed
//! and etcd has been read; its post-start hooks take about 0.7 s more.

use std::rc::Rc;

use super::etcd_client::{CallError, EtcdClient, Event, Owner};
use super::storage::{put_if, range};
use super::{ApiServer, Phase};
use crate::etcd::{self, EtcdError, Op, Reply, Response, Span};
use crate::kube::api::API_PORT;
use crate::kube::object::{Body, Kind, Meta, Object, Service};
use crate::kube::timer;
use crate::kube::trace_event::TraceEvent;
use crate::kube::value::Value;
use crate::kube::vocabulary::Ctx;
use crate::sim::{SimDuration, WallTime};

const DIAL_AFTER: SimDuration = SimDuration::from_millis(300);
const NO_ETCD_AFTER: SimDuration = SimDuration::from_secs(20);
const INITIALISED_AFTER: SimDuration = SimDuration::from_millis(1_200);
const INITIALISED_JITTER: SimDuration = SimDuration::from_millis(400);
const HOOKS_AFTER: SimDuration = SimDuration::from_millis(500);
const HOOKS_JITTER: SimDuration = SimDuration::from_millis(400);
/// The reflector's first back-off is 0.8 s with jitter.
const WATCH_AGAIN_AFTER: SimDuration = SimDuration::from_millis(800);
const WATCH_AGAIN_JITTER: SimDuration = SimDuration::from_millis(800);
const BOOTSTRAP_AGAIN_AFTER: SimDuration = SimDuration::from_secs(1);

pub(super) const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];
pub(super) const SERVICE_PORT: u16 = 443;
const SERVICE_IP: &str = "10.96.0.1";

/// The creation of system objects that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bootstrap {
    outstanding: usize,
    failed: bool,
    done: bool,
}

impl Bootstrap {
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }
}

impl ApiServer {
    pub(super) fn execute(&mut self, ctx: &mut Ctx<'_>) {
        self.memory.phase = Phase::Starting;
        self.memory.etcd = EtcdClient::new(&self.config.advertise_address, &self.config.etcd_servers);
        ctx.set_timer(DIAL_AFTER, timer::ApiServer::DialEtcd, 0);
        ctx.set_timer(DIAL_AFTER + NO_ETCD_AFTER, timer::ApiServer::NoEtcd, 0);
        let jitter = ctx.rng("start").below(INITIALISED_JITTER.0);
        ctx.set_timer(INITIALISED_AFTER + SimDuration(jitter), timer::ApiServer::Initialised, 0);
    }

    pub(super) fn dial_etcd(&mut self, ctx: &mut Ctx<'_>) {
        self.memory.etcd.start(ctx);
        self.read_everything(ctx);
    }

    /// An API server that cannot reach etcd at start exits.
    pub(super) fn give_up_without_etcd(&mut self, ctx: &mut Ctx<'_>) {
        if self.memory.phase == Phase::Starting && !self.memory.etcd.ever_connected() {
            let text = "Error creating leases: error creating storage factory: context deadline exceeded";
            ctx.note(TraceEvent::Log(text.into()));
            ctx.exit(1);
        }
    }

    fn read_everything(&mut self, ctx: &mut Ctx<'_>) {
        self.memory.etcd.call(ctx, Owner::Cache, range(Span::Prefix("/registry/".into()), false));
    }

    /// The first read of etcd has ended, or one after the cache fell too far behind.
    pub(super) fn cache_read(&mut self, ctx: &mut Ctx<'_>, result: Result<Rc<Response<Value>>, CallError>) {
        let response = match result {
            Ok(response) => response,
            Err(_) => {
                ctx.set_timer(WATCH_AGAIN_AFTER, timer::ApiServer::WatchAgain, 0);
                return;
            }
        };
        if let Ok(Reply::Range { kvs, .. }) = &response.result {
            if self.memory.cache.is_ready() {
                self.end_watches(ctx);
            }
            let now = ctx.now();
            self.memory.cache.replace(now, response.revision, kvs);
            for kv in kvs {
                self.memory.reconciler.see(now, kv);
            }
        }
        self.watch_etcd(ctx);
        self.cache_advanced(ctx);
        self.listen_when_ready(ctx);
    }

    /// Watches all keys, so that every revision advances the cache and no progress requests are needed.
    pub(super) fn watch_etcd(&mut self, ctx: &mut Ctx<'_>) {
        if !self.memory.cache.is_ready() {
            return self.read_everything(ctx);
        }
        let start = self.memory.cache.revision() + 1;
        let op = Op::Watch { span: Span::Prefix("".into()), start, require_leader: true };
        self.memory.etcd.call(ctx, Owner::Cache, op);
    }

    /// etcd's watch has events.
    pub(super) fn changes(&mut self, ctx: &mut Ctx<'_>, changes: &etcd::WatchResponse<Value>) {
        let now = ctx.now();
        if changes.events.is_empty() {
            self.memory.cache.advance(now, changes.revision);
        }
        for event in &changes.events {
            match self.memory.cache.apply(now, event) {
                Some(change) => self.memory.watchers.tell(ctx, &change),
                None => self.memory.reconciler.changed(now, event),
            }
        }
        self.memory.cache.advance(now, 0);
        self.cache_advanced(ctx);
    }

    /// etcd's watch has ended: resumes it, or reads everything again if the revision is compacted.
    pub(super) fn watch_ended(&mut self, ctx: &mut Ctx<'_>, error: &CallError) {
        match error {
            CallError::Lost(_) => self.watch_etcd(ctx),
            CallError::Etcd(EtcdError::Compacted) => self.read_everything(ctx),
            CallError::Etcd(_) => {
                let jitter = ctx.rng("watch back-off").below(WATCH_AGAIN_JITTER.0);
                ctx.set_timer(WATCH_AGAIN_AFTER + SimDuration(jitter), timer::ApiServer::WatchAgain, 0);
            }
        }
    }

    pub(super) fn listen_when_ready(&mut self, ctx: &mut Ctx<'_>) {
        let m = &mut self.memory;
        if m.phase != Phase::Starting || !m.initialised || !m.cache.is_ready() {
            return;
        }
        m.phase = Phase::Serving;
        ctx.listen(API_PORT);
        ctx.note(TraceEvent::Log("Serving securely on [::]:6443".into()));
        let jitter = ctx.rng("start").below(HOOKS_JITTER.0);
        ctx.set_timer(HOOKS_AFTER + SimDuration(jitter), timer::ApiServer::Hooks, 0);
        self.bootstrap(ctx);
        self.begin_reconciling(ctx);
        self.begin_compacting(ctx);
    }

    /// Creates the system namespaces and the service `default/kubernetes` if they are missing.
    pub(super) fn bootstrap(&mut self, ctx: &mut Ctx<'_>) {
        let mut missing = Vec::new();
        for name in SYSTEM_NAMESPACES {
            if !self.memory.cache.contains(Kind::Namespace, "", name) {
                let meta = Meta { name: name.into(), ..Meta::default() };
                missing.push(Object { meta, body: Body::Namespace });
            }
        }
        if !self.memory.cache.contains(Kind::Service, "default", "kubernetes") {
            let service = Service {
                cluster_ip: SERVICE_IP.into(),
                port: SERVICE_PORT,
                target_port: API_PORT,
                ..Service::default()
            };
            missing.push(Object { meta: kubernetes_meta(&[("component", "apiserver")]), body: Body::Service(service) });
        }
        self.memory.bootstrap = Bootstrap { outstanding: missing.len(), failed: false, done: missing.is_empty() };
        for mut object in missing {
            let (uid, wall) = (super::admission::new_uid(ctx.rng("uid")), ctx.wall());
            super::admission::prepare_create(&mut object, uid, wall);
            let op = put_if(&object.key(), 0, Rc::new(object), false);
            self.memory.etcd.call(ctx, Owner::Bootstrap, op);
        }
    }

    pub(super) fn bootstrapped(&mut self, ctx: &mut Ctx<'_>, ok: bool) {
        let bootstrap = &mut self.memory.bootstrap;
        bootstrap.failed |= !ok;
        bootstrap.outstanding = bootstrap.outstanding.saturating_sub(1);
        if bootstrap.outstanding == 0 {
            bootstrap.done = !bootstrap.failed;
            if bootstrap.failed {
                ctx.set_timer(BOOTSTRAP_AGAIN_AFTER, timer::ApiServer::BootstrapAgain, 0);
            }
        }
    }

    /// Passes the etcd client's events to the owners of the calls.
    pub(super) fn etcd_events(&mut self, ctx: &mut Ctx<'_>, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            match event {
                Event::Done { owner, result } => match owner {
                    Owner::Request(number) => self.request_answered(ctx, number, result),
                    Owner::Cache => self.cache_read(ctx, result),
                    Owner::Bootstrap => self.bootstrapped(ctx, result.is_ok()),
                    Owner::Reconciler => self.reconciled(ctx, result.is_ok()),
                    Owner::Compactor => self.compactor_answered(ctx, result),
                    Owner::Nobody => {}
                },
                Event::Changes(changes) => self.changes(ctx, &changes),
                Event::WatchEnded { error } => self.watch_ended(ctx, &error),
            }
        }
    }
}

/// Metadata of the objects called `default/kubernetes`.
pub(super) fn kubernetes_meta(labels: &[(&str, &str)]) -> Meta {
    Meta {
        name: "kubernetes".into(),
        namespace: "default".into(),
        labels: labels.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        creation_timestamp: WallTime::ZERO,
        ..Meta::default()
    }
}
