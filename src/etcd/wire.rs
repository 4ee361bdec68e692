//! What etcd's clients say to it and hear from it (the gRPC API, FACTS 5.3 and 5.4), over connections to port 2379, and
//! what members say to each other on port 2380. Generic over the stored value `D`.

use std::rc::Rc;

use super::error::EtcdError;
use super::kv::{KeyValue, Revision, Span, Txn, TxnResult, WatchEvent};
use super::members::{Change, Member, MemberId, Members};
use super::raft;
use super::store::Store;
use crate::sim::{HostId, Label, Port, ProcId};

/// Clients connect here.
pub const CLIENT_PORT: Port = 2379;
/// Members send Raft messages here.
pub const PEER_PORT: Port = 2380;

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
