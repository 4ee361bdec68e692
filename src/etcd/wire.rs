//! What etcd's clients say to it and hear from it (the gRPC API, FACTS 5.3 and 5.4), over connections to port 2379, and
//! what members say to each other on port 2380. Generic over the stored value `D`.

use std::rc::Rc;

use super::error::EtcdError;
use super::members::Members;
use super::raft;
use super::store::Store;
use crate::sim::{HostId, Label, Port, ProcId};

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
    /// A member that does not lead asks the leader to promote a learner, for the request that has `number` there
    /// (POST `/members/promote/` of the peer API). Only a refusal is answered; a promotion shows in the log.
    Promote {
        from: MemberId,
        number: u64,
        id: MemberId,
    },
    NotPromoted {
        number: u64,
        error: EtcdError,
    },
    /// Keeps the stream between two followers open (rafthttp's link heartbeat).
    Link,
    /// To a member that was removed and does not know it (410 Gone of the peer API).
    Gone,
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
    /// A hash of what the store holds, to compare members by.
    HashKv,
    MemberList {
        serializable: bool,
    },
    /// The new member will be found at `host`; it is started by whoever asks.
    MemberAdd {
        host: HostId,
        learner: bool,
    },
    MemberRemove {
        id: MemberId,
    },
    /// A learner becomes a voter.
    MemberPromote {
        id: MemberId,
    },
    MoveLeader {
        to: MemberId,
    },
    AlarmList,
    /// Takes back the alarms of all members.
    AlarmDisarm,
    /// Gives back the space that compaction has freed; only on the member that is asked.
    Defragment,
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
    /// Beside a membership change.
    Change(Rc<Change>),
    /// A snapshot on its way to another member: the whole database.
    Database(Rc<Database<D>>),
    /// A member's own snapshot: the database is what it has on disk anyway.
    OnDisk,
}

impl<D> PartialEq for Payload<D> {
    /// Proposals are equal by number, databases by identity.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Payload::Proposal(a), Payload::Proposal(b)) => (a.from, a.number) == (b.from, b.number),
            (Payload::Change(a), Payload::Change(b)) => (a.from, a.number) == (b.from, b.number),
            (Payload::Database(a), Payload::Database(b)) => Rc::ptr_eq(a, b),
            (Payload::OnDisk, Payload::OnDisk) => true,
            _ => false,
        }
    }
}

/// All that a member has on disk beside its log.
#[derive(Clone, Debug)]
pub struct Database<D> {
    pub store: Rc<Store<D>>,
    pub members: Members,
}

/// What stands beside a membership change in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As in [`Proposal`]; 0 for a founder.
    pub from: MemberId,
    pub number: u64,
    pub what: ChangeKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// One of the members that the cluster began with.
    Found(super::Peer),
    Add(HostId),
    Remove,
    Promote,
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
    Compact {
        revision: Revision,
    },
    /// A member has run out of space.
    Alarm {
        member: MemberId,
    },
    Disarm,
    /// A member that was added has started, and says who it is.
    Publish {
        member: MemberId,
        name: Rc<str>,
        process: ProcId,
    },
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
    Range {
        kvs: Vec<KeyValue<D>>,
        count: usize,
    },
    Txn {
        succeeded: bool,
        results: Vec<TxnResult<D>>,
    },
    WatchCreated,
    WatchCanceled,
    Compacted,
    Status(Status),
    HashKv {
        hash: u32,
        revision: Revision,
        compacted: Revision,
    },
    Members(Vec<Member>),
    MemberAdded {
        id: MemberId,
        members: Vec<Member>,
    },
    Moved,
    /// The members that have a NOSPACE alarm, or had it.
    Alarms(Vec<MemberId>),
    Defragmented,
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
    /// Bytes of the database file, estimated; what compaction freed is still part of it.
    pub db_size: u64,
    pub db_size_in_use: u64,
    /// `--quota-backend-bytes`
    pub db_size_quota: u64,
    pub errors: Vec<String>,
}

/// A row of the member list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    /// Empty if it was never started.
    pub name: Rc<str>,
    /// Where its ports 2379 and 2380 are.
    pub host: HostId,
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
                Op::HashKv => "etcd hashkv",
                Op::MemberList { .. } => "etcd member list",
                Op::MemberAdd { .. } => "etcd member add",
                Op::MemberRemove { .. } => "etcd member remove",
                Op::MemberPromote { .. } => "etcd member promote",
                Op::MoveLeader { .. } => "etcd move leader",
                Op::AlarmList => "etcd alarm list",
                Op::AlarmDisarm => "etcd alarm disarm",
                Op::Defragment => "etcd defrag",
            },
            Wire::Response(_) => "etcd response",
            Wire::Watch(_) => "etcd watch event",
            Wire::Promote { .. } => "etcd promote for a peer",
            Wire::NotPromoted { .. } => "etcd not promoted",
            Wire::Link => "etcd link heartbeat",
            Wire::Gone => "etcd peer removed",
            Wire::Ping => "gRPC ping",
            Wire::Pong => "gRPC pong",
        }
    }
}
