//! The lock object: how a record is read from it and written to it (FACTS 1.6).
//!
//! Upstream: client-go tools/leaderelection/resourcelock/leaselock.go. It keeps the object that it last read or wrote,
//! whose resourceVersion the next write must match. Another kind of lock is another [`LockKind`].

use std::rc::Rc;

use super::record::Record;
use crate::kube::api::{Answer, Call, Freshness};
use crate::kube::object::{Body, Kind, Lease, Meta, Name, Object, Stored};

/// `--leader-elect-resource-lock`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockKind {
    /// `leases`
    #[default]
    Leases,
}

impl LockKind {
    /// The kind of the object.
    pub fn kind(self) -> Kind {
        match self {
            LockKind::Leases => Kind::Lease,
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Lock {
    kind: LockKind,
    namespace: Name,
    name: Name,
    /// The object as last read or written; a write needs it.
    cached: Option<Stored>,
}

impl Lock {
    pub fn new(kind: LockKind, namespace: &str, name: &str) -> Self {
        Lock { kind, namespace: namespace.into(), name: name.into(), cached: None }
    }

    pub fn kind(&self) -> LockKind {
        self.kind
    }

    pub fn namespace(&self) -> &Name {
        &self.namespace
    }

    pub fn name(&self) -> &Name {
        &self.name
    }

    pub(super) fn get(&self) -> Call {
        Call::Get {
            kind: self.kind.kind(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            freshness: Freshness::Latest,
        }
    }

    pub(super) fn create(&self, record: &Record) -> Call {
        let meta = Meta { name: self.name.clone(), namespace: self.namespace.clone(), ..Meta::default() };
        Call::Create { object: Rc::new(Object { meta, body: self.body(record) }) }
    }

    /// A write over the object last seen; `None` if none was.
    pub(super) fn update(&self, record: &Record) -> Option<Call> {
        let Stored { resource_version, object } = self.cached.as_ref()?;
        let object = Rc::new(Object { meta: object.meta.clone(), body: self.body(record) });
        Some(Call::Update { object, resource_version: *resource_version, status: false })
    }

    fn body(&self, record: &Record) -> Body {
        match self.kind {
            LockKind::Leases => Body::Lease(Lease::from(record)),
        }
    }

    /// Keeps the object of an answer; the record in it, if it is such an object.
    pub(super) fn take(&mut self, answer: Answer) -> Option<Record> {
        let Answer::Object(stored) = answer else { return None };
        let record = match self.kind {
            LockKind::Leases => stored.object.lease().map(Record::from),
        };
        self.cached = Some(stored);
        record
    }
}
