//! Requests for objects, from the client's call to etcd and back: optimistic concurrency, reads from the cache and from
//! etcd (FACTS 4.2; upstream storage/etcd3/store.go, storage/cacher/delegator.go).

use std::rc::Rc;

use super::ApiServer;
use super::admission::{generate_name, new_uid, prepare_create, validate_name};
use super::etcd_client::{CallError, Owner};
use super::inflight::{InFlight, Step, initializing};
use super::modify::{Verdict, judge, target};
use crate::etcd::{self, Compare, Op, Reply, Response, Span, Txn, TxnOp, TxnResult};
use crate::kube::api::{Answer, Call, Freshness, Reason, Status};
use crate::kube::object::{Kind, Name, Object, Stored};
use crate::kube::value::Value;
use crate::kube::vocabulary::Ctx;
use crate::sim::SimDuration;
use crate::sim::map::Map;

const CACHE_WAIT: SimDuration = SimDuration::from_secs(3);
const MOST_NAMES: u32 = 8;

/// The answer; `None` while the request waits.
pub(super) type Progress = Option<Result<Answer, Status>>;

impl ApiServer {
    /// Starts a call for objects.
    pub(super) fn object_request(&mut self, ctx: &mut Ctx<'_>, number: u64, r: &mut InFlight) -> Progress {
        let request = r.request.clone();
        match &request.call {
            Call::Get { kind, namespace, name, freshness } => {
                r.key = kind.key(namespace, name);
                if *freshness == Freshness::Any && self.memory.cache.is_ready() {
                    let found = self.memory.cache.get(*kind, &r.key).cloned();
                    return Some(found.map(Answer::Object).ok_or_else(|| Status::not_found(*kind, name)));
                }
                self.read_key(ctx, number, r, Step::Get)
            }
            Call::List { kind, namespace, selector, freshness } => {
                if !self.memory.cache.is_ready() {
                    return Some(Err(initializing()));
                }
                if *freshness == Freshness::Any {
                    return Some(Ok(self.list_cache(*kind, namespace.as_ref(), selector)));
                }
                let op = range(Span::One(self.memory.revision_key.clone()), true);
                r.call = Some(self.memory.etcd.call(ctx, Owner::Request(number), op));
                r.step = Step::Revision;
                None
            }
            Call::Create { object } => self.create(ctx, number, r, object),
            call => {
                let (kind, namespace, name) = target(call)?;
                r.key = kind.key(namespace, name);
                match self.memory.cache.get(kind, &r.key).cloned() {
                    Some(base) => self.modify(ctx, number, r, Some(base), false),
                    None => self.read_key(ctx, number, r, Step::Read),
                }
            }
        }
    }

    /// etcd has answered the current step of a request.
    pub(super) fn object_answered(
        &mut self,
        ctx: &mut Ctx<'_>,
        number: u64,
        r: &mut InFlight,
        result: Result<Rc<Response<Value>>, CallError>,
    ) -> Progress {
        let response = match result {
            Ok(response) => response,
            Err(error) => return Some(Err(Status::new(500, Reason::None, error.to_string()))),
        };
        let Ok(reply) = &response.result else { return None };
        let request = r.request.clone();
        match (std::mem::replace(&mut r.step, Step::Begun), reply, &request.call) {
            (Step::Get, Reply::Range { kvs, .. }, Call::Get { kind, name, .. }) => {
                let found = kvs.first().and_then(stored);
                Some(found.map(Answer::Object).ok_or_else(|| Status::not_found(*kind, name)))
            }
            (Step::Revision, _, _) => self.list_at(ctx, number, r, response.revision),
            (Step::ListEtcd, Reply::Range { kvs, .. }, Call::List { selector, .. }) => {
                let items = kvs.iter().filter_map(stored).filter(|s| selected(&s.object, selector)).collect();
                Some(Ok(Answer::List { resource_version: response.revision, items }))
            }
            (Step::Create { object, .. }, Reply::Txn { succeeded: true, .. }, _) => {
                Some(Ok(Answer::Object(Stored { resource_version: response.revision, object })))
            }
            (Step::Create { object, tries }, Reply::Txn { .. }, Call::Create { object: asked }) => {
                if asked.meta.generate_name.is_none() || !asked.meta.name.is_empty() || tries >= MOST_NAMES {
                    return Some(Err(Status::already_exists(object.kind(), &object.meta.name)));
                }
                self.create_named(ctx, number, r, asked, tries + 1)
            }
            (Step::Read, Reply::Range { kvs, .. }, _) => {
                let base = kvs.first().and_then(stored);
                self.modify(ctx, number, r, base, true)
            }
            (Step::Write { object }, Reply::Txn { succeeded: true, .. }, call) => {
                Some(Ok(changed(call, Stored { resource_version: response.revision, object })))
            }
            (Step::Write { .. }, Reply::Txn { results, .. }, _) => {
                let base = match results.first() {
                    Some(TxnResult::Range { kvs }) => kvs.first().and_then(stored),
                    _ => None,
                };
                self.modify(ctx, number, r, base, true)
            }
            _ => Some(Err(Status::new(500, Reason::InternalError, "etcd gave an answer of another kind"))),
        }
    }

    fn read_key(&mut self, ctx: &mut Ctx<'_>, number: u64, r: &mut InFlight, step: Step) -> Progress {
        let op = range(Span::One(r.key.clone()), false);
        r.call = Some(self.memory.etcd.call(ctx, Owner::Request(number), op));
        r.step = step;
        None
    }

    // ---- lists ----

    fn list_cache(&self, kind: Kind, namespace: Option<&Name>, selector: &Map<Name, Name>) -> Answer {
        let all = self.memory.cache.objects(kind, namespace.map(|n| &**n));
        let items = all.map(|(_, s)| s).filter(|s| selected(&s.object, selector)).cloned().collect();
        Answer::List { resource_version: self.memory.cache.revision(), items }
    }

    /// Lists from the cache once it has seen `revision`.
    fn list_at(&mut self, ctx: &mut Ctx<'_>, number: u64, r: &mut InFlight, revision: u64) -> Progress {
        if revision > self.memory.cache.revision() {
            r.step = Step::WaitForCache(revision);
            r.step_deadline = Some(ctx.now() + CACHE_WAIT);
            self.memory.waiting_for_cache.push(number);
            return None;
        }
        r.step_deadline = None;
        match &r.request.call {
            Call::List { kind, namespace, selector, .. } => {
                Some(Ok(self.list_cache(*kind, namespace.as_ref(), selector)))
            }
            _ => None,
        }
    }

    /// The cache has advanced: lists that waited for it may continue.
    pub(super) fn cache_advanced(&mut self, ctx: &mut Ctx<'_>) {
        if self.memory.waiting_for_cache.is_empty() {
            return;
        }
        let here = ctx.cause();
        for number in std::mem::take(&mut self.memory.waiting_for_cache) {
            let Some(mut r) = self.memory.inflight.remove(&number) else { continue };
            let Step::WaitForCache(revision) = r.step else {
                self.memory.inflight.insert(number, r);
                continue;
            };
            match self.list_at(ctx, number, &mut r, revision) {
                Some(result) => {
                    ctx.resume_cause(r.cause);
                    self.respond(ctx, r.conn, r.stream(), result);
                }
                None => {
                    self.memory.inflight.insert(number, r);
                }
            }
        }
        ctx.resume_cause(here);
    }

    /// The cache did not see the revision in time: etcd lists itself.
    pub(super) fn cache_is_late(&mut self, ctx: &mut Ctx<'_>, number: u64, r: &mut InFlight) -> Progress {
        r.step_deadline = None;
        let request = r.request.clone();
        let Call::List { kind, namespace, .. } = &request.call else { return None };
        let prefix = match namespace {
            Some(namespace) if kind.is_namespaced() => format!("{}{namespace}/", kind.prefix()),
            _ => kind.prefix().to_owned(),
        };
        let op = range(Span::Prefix(prefix.into()), false);
        r.call = Some(self.memory.etcd.call(ctx, Owner::Request(number), op));
        r.step = Step::ListEtcd;
        None
    }

    // ---- writes ----

    fn create(&mut self, ctx: &mut Ctx<'_>, number: u64, r: &mut InFlight, object: &Rc<Object>) -> Progress {
        let (kind, meta) = (object.kind(), &object.meta);
        if kind.is_namespaced() && !self.memory.cache.contains(Kind::Namespace, "", &meta.namespace) {
            return Some(Err(Status::not_found(Kind::Namespace, &meta.namespace)));
        }
        let given = !meta.name.is_empty() || meta.generate_name.is_none();
        if let (true, Err(status)) = (given, validate_name(kind, &meta.name)) {
            return Some(Err(status));
        }
        self.create_named(ctx, number, r, object, 1)
    }

    fn create_named(
        &mut self,
        ctx: &mut Ctx<'_>,
        number: u64,
        r: &mut InFlight,
        asked: &Rc<Object>,
        tries: u32,
    ) -> Progress {
        let mut object = (**asked).clone();
        if let (true, Some(base)) = (object.meta.name.is_empty(), &asked.meta.generate_name) {
            object.meta.name = generate_name(base, ctx.rng("generateName"));
        }
        let (uid, wall) = (new_uid(ctx.rng("uid")), ctx.wall());
        prepare_create(&mut object, uid, wall);
        if let Err(status) = validate_name(object.kind(), &object.meta.name) {
            return Some(Err(status));
        }
        if let Err(status) = self.admit(&object, wall) {
            return Some(Err(status));
        }
        let object = Rc::new(object);
        r.key = object.key();
        let op = put_if(&r.key, 0, object.clone(), false);
        r.call = Some(self.memory.etcd.call(ctx, Owner::Request(number), op));
        r.step = Step::Create { object, tries };
        None
    }

    /// Changes the stored object, on the condition that it is still `base`. A base from the cache may be stale (`fresh`
    /// is false): a refusal, or a change without effect, is decided only on a base from etcd.
    fn modify(
        &mut self,
        ctx: &mut Ctx<'_>,
        number: u64,
        r: &mut InFlight,
        base: Option<Stored>,
        fresh: bool,
    ) -> Progress {
        let wall = ctx.wall();
        let verdict = judge(&r.request.call, base.as_ref(), wall);
        let (op, object) = match (verdict, base) {
            (Ok(Verdict::Write(object)), Some(base)) => {
                (put_if(&r.key, base.resource_version, object.clone(), true), object)
            }
            (Ok(Verdict::Remove), Some(base)) => (delete_if(&r.key, base.resource_version), base.object),
            (_, _) if !fresh => return self.read_key(ctx, number, r, Step::Read),
            (Err(status), _) => return Some(Err(status)),
            (Ok(_), Some(base)) => return Some(Ok(changed(&r.request.call, base))),
            (Ok(_), None) => return Some(Err(Status::new(500, Reason::InternalError, "nothing to change"))),
        };
        r.call = Some(self.memory.etcd.call(ctx, Owner::Request(number), op));
        r.step = Step::Write { object };
        None
    }
}

fn changed(call: &Call, stored: Stored) -> Answer {
    match call {
        Call::Delete { .. } => Answer::Deleted(stored),
        _ => Answer::Object(stored),
    }
}

fn selected(object: &Object, selector: &Map<Name, Name>) -> bool {
    selector.iter().all(|(key, value)| object.meta.labels.get(key) == Some(value))
}

fn stored(kv: &etcd::KeyValue<Value>) -> Option<Stored> {
    let object = kv.value.object()?.clone();
    Some(Stored { resource_version: kv.mod_revision, object })
}

/// A linearizable read of the present.
pub(super) fn range(span: Span, count_only: bool) -> Op<Value> {
    Op::Range { span, revision: 0, limit: 0, serializable: false, count_only }
}

/// Stores an object if its key was last changed at `revision`; else reads the present one, if that is wanted.
pub(super) fn put_if(key: &Name, revision: u64, object: Rc<Object>, else_read: bool) -> Op<Value> {
    let read = || TxnOp::Range { span: Span::One(key.clone()) };
    Op::Txn(Rc::new(Txn {
        compare: vec![Compare::ModRevision { key: key.clone(), equals: revision }],
        success: vec![TxnOp::Put { key: key.clone(), value: Value::Object(object) }],
        failure: if else_read { vec![read()] } else { Vec::new() },
    }))
}

fn delete_if(key: &Name, revision: u64) -> Op<Value> {
    Op::Txn(Rc::new(Txn {
        compare: vec![Compare::ModRevision { key: key.clone(), equals: revision }],
        success: vec![TxnOp::Delete { span: Span::One(key.clone()) }],
        failure: vec![TxnOp::Range { span: Span::One(key.clone()) }],
    }))
}
