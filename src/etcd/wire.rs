//! What etcd's clients say to it and hear from it (the gRPC API, FACTS 5.3 and 5.4), over connections to port 2379, and
//! what members say to each other on port 2380. Generic over the stored value `D`.

use std::fmt;
use std::rc::Rc;

use super::raft;
use super::store::Store;
use crate::sim::{Label, Port};

/// Clients connect here.
pub const CLIENT_PORT: Port = 2379;
/// Members send Raft messages here.
pub const PEER_PORT: Port = 2380;

/// A key; `/registry/pods/default/web-1`.
pub type Key = Rc<str>;
/// A revision of the store; 0 is "the latest".
pub type Revision = u64;
/// A member's identifier.
pub type MemberId = u64;

/// Everything that a member hears or says.
#[derive(Clone, Debug)]
pub enum Wire<D> {
    Raft(Rc<raft::Message<Payload<D>>>),
    Request(Rc<Request<D>>),
    Response(Rc<Response<D>>),
    Watch(Rc<WatchResponse<D>>),
    /// gRPC keepalive.
    Ping,
    Pong,
}

/// One call on a client connection; answers carry the same `id`.
#[derive(Clone, Debug)]
pub struct Request<D> {
    pub id: u64,
    pub op: Op<D>,
}

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

/// What is asked.
#[derive(Clone, Debug)]
pub enum Op<D> {
    Range {
        span: Span,
        /// 0: the latest.
        revision: Revision,
        /// 0: no limit.
        limit: usize,
        /// Answered from this member's own state, possibly stale.
        serializable: bool,
        count_only: bool,
    },
    Txn(Rc<Txn<D>>),
    /// Events on `span` from `start` on (0: from now); answers are [`WatchResponse`]s with this request's id.
    Watch {
        span: Span,
        start: Revision,
        require_leader: bool,
    },
    CancelWatch {
        watch: u64,
    },
    Compact {
        revision: Revision,
    },
    Status,
    MemberList {
        serializable: bool,
    },
    MoveLeader {
        to: MemberId,
    },
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

/// What Raft carries: log entries and snapshots.
#[derive(Clone, Debug)]
pub enum Payload<D> {
    Proposal(Rc<Proposal<D>>),
    Store(Rc<Store<D>>),
}

impl<D> PartialEq for Payload<D> {
    /// Proposals are equal by number, stores by revision.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Payload::Proposal(a), Payload::Proposal(b)) => (a.from, a.number) == (b.from, b.number),
            (Payload::Store(a), Payload::Store(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// What goes through the Raft log.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal<D> {
    /// The member that proposed it, and its number there: the proposer answers its client when it is applied.
    pub from: MemberId,
    pub number: u64,
    pub command: Command<D>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Command<D> {
    Txn(Rc<Txn<D>>),
    Compact { revision: Revision },
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

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Response<D> {
    pub id: u64,
    /// The store's revision when it was answered.
    pub revision: Revision,
    pub member: MemberId,
    pub raft_term: u64,
    pub result: Result<Reply<D>, EtcdError>,
}

#[derive(Clone, Debug)]
pub enum Reply<D> {
    Range { kvs: Vec<KeyValue<D>>, count: usize },
    Txn { succeeded: bool, results: Vec<TxnResult<D>> },
    WatchCreated,
    WatchCanceled,
    Compacted,
    Status(Status),
    Members(Vec<Member>),
    Moved,
}

#[derive(Clone, Debug)]
pub enum TxnResult<D> {
    Put,
    Deleted { count: usize },
    Range { kvs: Vec<KeyValue<D>> },
}

/// What `endpoint status` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub member: MemberId,
    /// 0 if it knows none.
    pub leader: MemberId,
    pub is_learner: bool,
    pub raft_term: u64,
    pub raft_index: u64,
    pub raft_applied_index: u64,
    /// Bytes, estimated.
    pub db_size: u64,
    pub errors: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub name: String,
    pub is_learner: bool,
    pub started: bool,
}

/// Changes to watched keys, in revision order.
#[derive(Clone, Debug)]
pub struct WatchResponse<D> {
    /// The id of the request that began the watch.
    pub watch: u64,
    pub revision: Revision,
    pub events: Vec<WatchEvent<D>>,
    /// The watch is over.
    pub canceled: Option<EtcdError>,
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

/// What etcd answers when it cannot (FACTS 4.4, 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtcdError {
    /// Not committed within the request timeout of 7 s, while a leader was known.
    Timeout,
    TimeoutDueToLeaderFail,
    TimeoutDueToConnectionLost,
    LeaderChanged,
    /// Only for requests that require a leader.
    NoLeader,
    /// No leader for as long as the request timeout: gRPC DeadlineExceeded, which clients retry.
    DeadlineExceeded,
    Compacted,
    FutureRevision,
    NoSpace,
    TooManyRequests,
    NotSupportedForLearner,
    BadLeaderTransferee,
    NotLeader,
    LeaderTransferTimeout,
    MemberNotFound,
    Stopped,
}

impl fmt::Display for EtcdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EtcdError::Timeout => "etcdserver: request timed out",
            EtcdError::TimeoutDueToLeaderFail => {
                "etcdserver: request timed out, possibly due to previous leader failure"
            }
            EtcdError::TimeoutDueToConnectionLost => "etcdserver: request timed out, possibly due to connection lost",
            EtcdError::LeaderChanged => "etcdserver: leader changed",
            EtcdError::NoLeader => "etcdserver: no leader",
            EtcdError::DeadlineExceeded => "context deadline exceeded",
            EtcdError::Compacted => "etcdserver: mvcc: required revision has been compacted",
            EtcdError::FutureRevision => "etcdserver: mvcc: required revision is a future revision",
            EtcdError::NoSpace => "etcdserver: mvcc: database space exceeded",
            EtcdError::TooManyRequests => "etcdserver: too many requests",
            EtcdError::NotSupportedForLearner => "etcdserver: rpc not supported for learner",
            EtcdError::BadLeaderTransferee => "etcdserver: bad leader transferee",
            EtcdError::NotLeader => "etcdserver: not leader",
            EtcdError::LeaderTransferTimeout => "etcdserver: request timed out, leader transfer took too long",
            EtcdError::MemberNotFound => "etcdserver: member not found",
            EtcdError::Stopped => "etcdserver: server stopped",
        })
    }
}

impl<D> Label for Wire<D> {
    fn label(&self) -> &'static str {
        match self {
            Wire::Raft(message) => message.name(),
            Wire::Request(request) => match request.op {
                Op::Range { .. } => "etcd range",
                Op::Txn(_) => "etcd txn",
                Op::Watch { .. } => "etcd watch",
                Op::CancelWatch { .. } => "etcd cancel watch",
                Op::Compact { .. } => "etcd compact",
                Op::Status => "etcd status",
                Op::MemberList { .. } => "etcd member list",
                Op::MoveLeader { .. } => "etcd move leader",
            },
            Wire::Response(_) => "etcd response",
            Wire::Watch(_) => "etcd watch event",
            Wire::Ping => "gRPC ping",
            Wire::Pong => "gRPC pong",
        }
    }
}
