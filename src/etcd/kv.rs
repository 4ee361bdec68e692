//! Keys, revisions, transactions and events, as clients and the store know them (etcd `api/mvccpb/kv.proto`,
//! `api/etcdserverpb/rpc.proto`; FACTS 5.3). Generic over the stored value `D`.

use std::rc::Rc;

/// A key; `/registry/pods/default/web-1`.
pub(crate) type Key = Rc<str>;
/// A revision of the store; 0 is "the latest".
pub(crate) type Revision = u64;
/// The keys that an operation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// This key alone.
    One(Key),
    /// Every key with this prefix.
    Prefix(Key),
}

impl Span {
    /// Returns whether the key is in the span.
    pub(crate) fn contains(&self, key: &str) -> bool {
        match self {
            Span::One(k) => &**k == key,
            Span::Prefix(p) => key.starts_with(&**p),
        }
    }
}

/// A transaction: compare, then, else, in one atomic step.
#[derive(Clone, Debug, PartialEq)]
pub struct Txn<D> {
    /// Conditions; all must hold for `success` to run.
    pub compare: Vec<Compare>,
    /// Operations if every condition holds.
    pub success: Vec<TxnOp<D>>,
    /// Operations if a condition fails.
    pub failure: Vec<TxnOp<D>>,
}

/// A condition on one key; a missing key has revision 0 and version 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The revision of the key's last change.
    ModRevision {
        /// The key.
        key: Key,
        /// The revision it must have; 0 for a missing key.
        equals: Revision,
    },
    /// The revision that created the key.
    CreateRevision {
        /// The key.
        key: Key,
        /// The revision it must have; 0 for a missing key.
        equals: Revision,
    },
    /// The number of writes since the key was created.
    Version {
        /// The key.
        key: Key,
        /// The version it must have; 0 for a missing key.
        equals: u64,
    },
}

/// One operation of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum TxnOp<D> {
    /// Stores a value.
    Put {
        /// The key.
        key: Key,
        /// The new value.
        value: D,
    },
    /// Deletes keys.
    Delete {
        /// The keys.
        span: Span,
    },
    /// Reads keys as they are after the operations before it.
    Range {
        /// The keys.
        span: Span,
    },
}

/// A stored key as of some revision.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValue<D> {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: D,
    /// The revision that created the key.
    pub(crate) create_revision: Revision,
    /// The revision of the last change.
    pub mod_revision: Revision,
    /// The number of writes since the key was created; 1 for a new key.
    pub version: u64,
}

/// The result of one operation of a transaction.
#[derive(Clone, Debug)]
pub enum TxnResult<D> {
    /// The value was stored.
    Put,
    /// Keys were deleted.
    Deleted {
        /// How many keys.
        count: usize,
    },
    /// Keys were read.
    Range {
        /// The keys, in order.
        kvs: Vec<KeyValue<D>>,
    },
}

/// One change of one key.
#[derive(Clone, Debug)]
pub struct WatchEvent<D> {
    /// Whether the key was written or deleted.
    pub kind: WatchKind,
    /// The key after the change.
    pub kv: KeyValue<D>,
    /// The key before the change; `None` if it did not exist.
    pub(crate) previous: Option<KeyValue<D>>,
}

/// A deletion's `kv` has the key, the revision of the deletion and the last value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchKind {
    /// The key was written.
    Put,
    /// The key was deleted.
    Delete,
}
