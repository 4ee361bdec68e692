//! The lock object: reading the record from it and writing it back (FACTS 1.6).
//!
//! Upstream: client-go tools/leaderelection/resourcelock/leaselock.go, and endpointslock.go up to Kubernetes 1.23. It
//! keeps the object that it last read or wrote, whose resourceVersion the next write must match.

use std::rc::Rc;

use super::record::{ANNOTATION, Record};
use crate::kube::api::{Answer, Call, Freshness};
use crate::kube::object::{Body, Endpoints, Kind, Lease, Meta, Name, Object, Stored};
use crate::sim::WallTime;

/// `--leader-elect-resource-lock`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockKind {
    /// `leases`
    #[default]
    Leases,
    /// `endpoints`, as in the lecture: an annotation of an Endpoints object. Each renewal is a change of that object,
    /// sent to all who watch Endpoints: why Leases were made.
    Endpoints,
}

impl LockKind {
    /// Returns a record as it can be read back: an annotation has times to the second.
    pub(crate) fn stored(self, record: &Record) -> Record {
        let seconds =
            |at: Option<WallTime>| at.map(|at| if self == LockKind::Leases { at } else { at.whole_seconds() });
        Record { acquire_time: seconds(record.acquire_time), renew_time: seconds(record.renew_time), ..record.clone() }
    }

    /// The kind of the object.
    pub fn kind(self) -> Kind {
        match self {
            LockKind::Leases => Kind::Lease,
            LockKind::Endpoints => Kind::Endpoints,
        }
    }
}

/// The lock object of an election, and what was last read of it.
#[derive(Clone, Debug)]
pub struct Lock {
    kind: LockKind,
    namespace: Name,
    name: Name,
    /// The object as last read or written, whose resourceVersion a write needs.
    cached: Option<Stored>,
}

impl Lock {
    /// The lock in this object, of which nothing is known yet.
    pub fn new(kind: LockKind, namespace: &str, name: &str) -> Self {
        Lock { kind, namespace: namespace.into(), name: name.into(), cached: None }
    }

    /// Returns the kind of object.
    pub(crate) fn kind(&self) -> LockKind {
        self.kind
    }

    /// Returns the namespace.
    pub(crate) fn namespace(&self) -> &Name {
        &self.namespace
    }

    /// Returns the name.
    pub(crate) fn name(&self) -> &Name {
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
        let body = Body::Endpoints(Endpoints::default());
        Call::Create { object: Rc::new(self.with(&Object { meta, body }, record)) }
    }

    /// Returns a write over the object last seen; `None` if no object has been seen.
    pub(super) fn update(&self, record: &Record) -> Option<Call> {
        let Stored { resource_version, object } = self.cached.as_ref()?;
        let object = Rc::new(self.with(object, record));
        Some(Call::Update { object, resource_version: *resource_version, status: false })
    }

    /// The object with this record in it.
    fn with(&self, object: &Object, record: &Record) -> Object {
        let mut meta = object.meta.clone();
        let body = match self.kind {
            LockKind::Leases => Body::Lease(Lease::from(record)),
            LockKind::Endpoints => {
                meta.annotations.insert(ANNOTATION.into(), record.to_json().into());
                object.body.clone()
            }
        };
        Object { meta, body }
    }

    /// Keeps the object of an answer; returns the record in it, if it has one.
    pub(super) fn take(&mut self, answer: Answer) -> Option<Record> {
        let Answer::Object(stored) = answer else { return None };
        let record = match self.kind {
            LockKind::Leases => stored.object.lease().map(Record::from),
            LockKind::Endpoints => match stored.object.meta.annotations.get(ANNOTATION) {
                Some(text) => Record::parse(text),
                None => Some(Record::default()),
            },
        };
        self.cached = Some(stored);
        record
    }
}
