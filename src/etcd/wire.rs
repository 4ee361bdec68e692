//! Messages between etcd and its clients (the gRPC API, FACTS 5.3 and 5.4), over connections to port 2379, and
//! between members, on port 2380. Generic over the stored value `D`.

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
pub(crate) const PEER_PORT: Port = 2380;

/// A message to or from a member.
#[derive(Clone, Debug)]
pub enum Wire<D> {
    /// Between members: a Raft message.
    Raft(Rc<raft::Message<Payload<D>>>),
    /// From a client: a call.
    Request(Rc<Request<D>>),
    /// To a client: the answer.
    Response(Rc<Response<D>>),
    /// To a client: events of a watch.
    Watch(Rc<WatchResponse<D>>),
    /// A member that does not lead asks the leader to promote a learner, for the request that has `number` there
    /// (POST `/members/promote/` of the peer API). Only a refusal is answered; a promotion shows in the log.
    Promote {
        /// The member that asks.
        from: MemberId,
        /// The number of its client's request.
        number: u64,
        /// The learner.
        id: MemberId,
    },
    /// The leader refuses to promote a learner.
    NotPromoted {
        /// The number of the request at the member that asked.
        number: u64,
        /// The reason.
        error: EtcdError,
    },
    /// Keeps the stream between two followers open (rafthttp's link heartbeat).
    Link,
    /// To a removed member that still takes part (410 Gone of the peer API).
    Gone,
    /// gRPC keepalive.
    Ping,
    /// The answer to [`Wire::Ping`].
    Pong,
}

/// One call on a client connection; answers carry the same `id`.
#[derive(Clone, Debug)]
pub struct Request<D> {
    /// The number of the call on its connection.
    pub id: u64,
    /// The operation.
    pub op: Op<D>,
}

/// An operation.
#[derive(Clone, Debug)]
pub enum Op<D> {
    /// Reads keys.
    Range {
        /// The keys.
        span: Span,
        /// 0: the latest.
        revision: Revision,
        /// 0: no limit.
        limit: usize,
        /// Answered from this member's own state, possibly stale.
        serializable: bool,
        /// Whether only the number of keys is wanted.
        count_only: bool,
    },
    /// Runs a transaction.
    Txn(Rc<Txn<D>>),
    /// Events on `span` from `start` on (0: from now); answers are [`WatchResponse`]s with this request's id.
    Watch {
        /// The keys.
        span: Span,
        /// The first revision of interest; 0 for the next one.
        start: Revision,
        /// Whether the watch ends when the member has no leader.
        require_leader: bool,
    },
    /// Ends a watch.
    CancelWatch {
        /// The id of the request that began the watch.
        watch: u64,
    },
    /// Forgets the past before a revision.
    Compact {
        /// The oldest revision that stays readable.
        revision: Revision,
    },
    /// The status of a member, as `endpoint status` shows it.
    Status,
    /// A hash of what the store holds, to compare members by.
    HashKv,
    /// Lists the members.
    MemberList {
        /// Whether the member answers from its own state, possibly stale.
        serializable: bool,
    },
    /// Adds a member on `host`; the client has to start it.
    MemberAdd {
        /// The new member's host.
        host: HostId,
        /// Whether the new member begins as a learner.
        learner: bool,
    },
    /// Removes a member.
    MemberRemove {
        /// The member.
        id: MemberId,
    },
    /// A learner becomes a voter.
    MemberPromote {
        /// The learner.
        id: MemberId,
    },
    /// Transfers leadership.
    MoveLeader {
        /// The member that is to lead.
        to: MemberId,
    },
    /// Lists the alarms.
    AlarmList,
    /// Takes back the alarms of all members.
    AlarmDisarm,
    /// Releases the space that compaction has freed, on the member that is asked.
    Defragment,
}

/// The payload of log entries and snapshots.
#[derive(Clone, Debug)]
pub enum Payload<D> {
    /// What a client's request or a member itself proposed.
    Proposal(Rc<Proposal<D>>),
    /// The context of a membership change.
    Change(Rc<Change>),
    /// A snapshot for another member: the whole database.
    Database(Rc<Database<D>>),
    /// A member's own snapshot: its database is on disk already.
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

/// The data of a member, without its log.
#[derive(Clone, Debug)]
pub struct Database<D> {
    /// The keys.
    pub(crate) store: Rc<Store<D>>,
    /// The members and alarms.
    pub(crate) members: Members,
}

/// A proposed command in the Raft log.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal<D> {
    /// The member that proposed it, and its number there: the proposer answers its client when it is applied.
    pub(crate) from: MemberId,
    /// The number of the proposal at that member.
    pub(crate) number: u64,
    /// What changes.
    pub(crate) command: Command<D>,
}

/// A change of the database that every member applies alike.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Command<D> {
    /// A transaction.
    Txn(Rc<Txn<D>>),
    /// A compaction.
    Compact {
        /// The oldest revision that stays readable.
        revision: Revision,
    },
    /// A member has run out of space.
    Alarm {
        /// The member.
        member: MemberId,
    },
    /// Takes back all alarms.
    Disarm,
    /// A member that was added has started, and says who it is.
    Publish {
        /// The member.
        member: MemberId,
        /// `--name`
        name: Rc<str>,
        /// Its process.
        process: ProcId,
    },
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Response<D> {
    /// The id of the request.
    pub id: u64,
    /// The store's revision when it was answered.
    pub(crate) revision: Revision,
    /// The member that answers.
    pub(crate) member: MemberId,
    /// The member's Raft term.
    pub(crate) raft_term: u64,
    /// The reply, or the error.
    pub result: Result<Reply<D>, EtcdError>,
}

/// The reply to an operation that succeeded.
#[derive(Clone, Debug)]
pub enum Reply<D> {
    /// The keys that were read.
    Range {
        /// The keys, in order; empty if only the number was wanted.
        kvs: Vec<KeyValue<D>>,
        /// The number of keys in the span, whatever the limit.
        count: usize,
    },
    /// A transaction was committed.
    Txn {
        /// Whether every condition held.
        succeeded: bool,
        /// The results, in the order of the operations.
        results: Vec<TxnResult<D>>,
    },
    /// The watch is open; events follow.
    WatchCreated,
    /// The watch has ended at the client's request.
    WatchCanceled,
    /// The past before the revision is forgotten.
    Compacted,
    /// The status of the member.
    Status(Status),
    /// The hash of the member's store.
    HashKv {
        /// The hash.
        hash: u32,
        /// The store's revision.
        revision: Revision,
        /// The oldest readable revision.
        compacted: Revision,
    },
    /// The members.
    Members(Vec<Member>),
    /// A member was added.
    MemberAdded {
        /// The new member.
        id: MemberId,
        /// All members, the new one included.
        members: Vec<Member>,
    },
    /// Another member leads.
    Moved,
    /// The members that have a NOSPACE alarm, or had it.
    Alarms(Vec<MemberId>),
    /// The database file has shrunk.
    Defragmented,
}

/// The status of a member, as `endpoint status` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The member.
    pub member: MemberId,
    /// 0 if it knows none.
    pub leader: MemberId,
    /// Whether it is a learner.
    pub is_learner: bool,
    /// Its term.
    pub(crate) raft_term: u64,
    /// Its last index.
    pub raft_index: u64,
    /// The last index that it has applied.
    pub raft_applied_index: u64,
    /// Bytes of the database file, estimated; what compaction freed is still part of it.
    pub db_size: u64,
    /// Bytes in use, estimated.
    pub db_size_in_use: u64,
    /// `--quota-backend-bytes`
    pub db_size_quota: u64,
    /// Alarms such as `NOSPACE`; empty if there are none.
    pub errors: Vec<String>,
}

/// Changes to watched keys, in revision order.
#[derive(Clone, Debug)]
pub struct WatchResponse<D> {
    /// The id of the request that began the watch.
    pub(crate) watch: u64,
    /// The store's revision when the events were sent.
    pub(crate) revision: Revision,
    /// The changes; empty when the watch ends.
    pub events: Vec<WatchEvent<D>>,
    /// Why the watch has ended; `None` while it is open.
    pub(crate) canceled: Option<EtcdError>,
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
