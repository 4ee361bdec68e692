//! Keys, revisions, transactions and events, as clients and the store know them (etcd `api/mvccpb/kv.proto`,
//! `api/etcdserverpb/rpc.proto`; FACTS 5.3). Generic over the stored value `D`.

use std::rc::Rc;

/// A key; `/registry/pods/default/web-1`.
pub type Key = Rc<str>;
/// A revision of the store; 0 is "the latest".
pub type Revision = u64;
/// Which keys an operation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    One(Key),
    /// Every key that begins so.
    Prefix(Key),
}

impl Span {
    pub fn contains(&self, key: &str) -> bool {
        match self {
            Span::One(k) => &**k == key,
            Span::Prefix(p) => key.starts_with(&**p),
        }
    }
}

/// Compare, then, else: one atomic step.
#[derive(Clone, Debug, PartialEq)]
pub struct Txn<D> {
    pub compare: Vec<Compare>,
    pub success: Vec<TxnOp<D>>,
    pub failure: Vec<TxnOp<D>>,
}

/// A condition on one key; a missing key has revision 0 and version 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compare {
    ModRevision { key: Key, equals: Revision },
    CreateRevision { key: Key, equals: Revision },
    Version { key: Key, equals: u64 },
}

#[derive(Clone, Debug, PartialEq)]
pub enum TxnOp<D> {
    Put { key: Key, value: D },
    Delete { span: Span },
    Range { span: Span },
}

/// A stored key as of some revision.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValue<D> {
    pub key: Key,
    pub value: D,
    pub create_revision: Revision,
    pub mod_revision: Revision,
    pub version: u64,
}

#[derive(Clone, Debug)]
pub enum TxnResult<D> {
    Put,
    Deleted { count: usize },
    Range { kvs: Vec<KeyValue<D>> },
}

#[derive(Clone, Debug)]
pub struct WatchEvent<D> {
    pub kind: WatchKind,
    pub kv: KeyValue<D>,
    /// What was there before.
    pub previous: Option<KeyValue<D>>,
}

/// A deletion's `kv` has the key, the revision of the deletion and the last value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchKind {
    Put,
    Delete,
}
