//! Entries, snapshots and the messages that members exchange.
//!
//! Knows nothing of how they are used. The real thing: etcd-io/raft `raftpb/raft.proto`; there a message is one wide
//! struct, here each kind carries only what it uses.

use std::fmt;
use std::rc::Rc;

use super::{ConfChange, ConfState, Index, NodeId, Term};

/// One position of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<D> {
    /// Term of the leader that appended it.
    pub term: Term,
    /// Its position.
    pub index: Index,
    /// What it carries.
    pub data: EntryData<D>,
}

/// What an entry carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryData<D> {
    /// Nothing: a new leader's first entry, or a membership change that the leader refused.
    Empty,
    /// The caller's payload.
    Normal(D),
    /// A membership change, to be passed to [`super::Raft::apply_conf_change`] when it is committed.
    ConfChange(Rc<ConfChange<D>>),
}

/// The entries of an append message; one entry, the common case, needs no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entries<D> {
    /// None: carries only the commit index, or probes.
    None,
    /// A single one.
    One(Entry<D>),
    /// Two or more, contiguous.
    Many(Vec<Entry<D>>),
}

impl<D> Entries<D> {
    /// As a slice.
    pub fn as_slice(&self) -> &[Entry<D>] {
        match self {
            Entries::None => &[],
            Entries::One(entry) => std::slice::from_ref(entry),
            Entries::Many(entries) => entries,
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Entries::None)
    }
}

/// The state machine as of `index`, for a member whose log does not reach back far enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot<D> {
    /// Last entry that it contains.
    pub index: Index,
    /// That entry's term.
    pub term: Term,
    /// The configuration as of `index`.
    pub conf_state: ConfState,
    /// The caller's state.
    pub data: D,
}

/// A message between two members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<D> {
    /// Receiver.
    pub to: NodeId,
    /// Sender; for [`Body::TransferLeader`] the member that shall lead.
    pub from: NodeId,
    /// The sender's term; in a pre-vote the term that it would campaign in; 0 in `Propose` and `ReadIndex`.
    pub term: Term,
    /// Kind and content.
    pub body: Body<D>,
}

/// Kind and content of a message. The comments give etcd's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<D> {
    /// MsgPreVote: would you vote for me? Last entry of the sender's log.
    PreVote {
        /// The candidate's last index.
        last_index: Index,
        /// The term of that entry.
        last_term: Term,
    },
    /// MsgPreVoteResp.
    PreVoteResp {
        /// Whether the vote is refused.
        reject: bool,
    },
    /// MsgVote; `transfer` overrides the receivers' lease, for the old leader asked for it.
    Vote {
        /// The candidate's last index.
        last_index: Index,
        /// The term of that entry.
        last_term: Term,
        /// Whether the leader asked for this election: then leases do not count.
        transfer: bool,
    },
    /// MsgVoteResp.
    VoteResp {
        /// Whether the vote is refused.
        reject: bool,
    },
    /// MsgApp: entries that follow `prev_index`, and how far the log is committed.
    Append {
        /// The index before the entries.
        prev_index: Index,
        /// The term of the entry at that index.
        prev_term: Term,
        /// The leader's commit index.
        commit: Index,
        /// The entries; empty for a probe.
        entries: Entries<D>,
    },
    /// MsgAppResp: the log matches up to `index`.
    AppendResp {
        /// The last index that the follower has in common with the leader.
        index: Index,
    },
    /// MsgAppResp with Reject: no match at `index`; a guess where it may match (`hint_term` 0: unknown).
    AppendReject {
        /// The index that did not match.
        index: Index,
        /// Where the logs may match.
        hint_index: Index,
        /// The term of the follower's entry there.
        hint_term: Term,
    },
    /// MsgHeartbeat; `read_seq` numbers the last read waiting for a quorum of answers, 0 for none.
    Heartbeat {
        /// The commit index, at most what the follower is known to have.
        commit: Index,
        /// The newest pending read; 0 if there is none.
        read_seq: u64,
    },
    /// MsgHeartbeatResp: repeats `read_seq`.
    HeartbeatResp {
        /// The read of the heartbeat that is answered.
        read_seq: u64,
    },
    /// MsgSnap. The caller may put a newer snapshot in its place before sending, as etcd does.
    Snapshot(Rc<Snapshot<D>>),
    /// MsgTimeoutNow: campaign at once, the leader hands over to you.
    TimeoutNow,
    /// MsgTransferLeader: a follower passes on the wish that `from` shall lead.
    TransferLeader,
    /// MsgProp: a follower passes a proposal to the leader.
    Propose(EntryData<D>),
    /// MsgReadIndex: a follower asks the leader for a read index; `ctx` is the follower's own number for it.
    ReadIndex {
        /// The asking member's number of the read.
        ctx: u64,
    },
    /// MsgReadIndexResp.
    ReadIndexResp {
        /// The index that must be applied before the read is served.
        index: Index,
        /// The asking member's number of the read.
        ctx: u64,
    },
}

impl<D> Message<D> {
    /// etcd's name for this kind of message.
    pub fn name(&self) -> &'static str {
        match self.body {
            Body::PreVote { .. } => "MsgPreVote",
            Body::PreVoteResp { .. } => "MsgPreVoteResp",
            Body::Vote { .. } => "MsgVote",
            Body::VoteResp { .. } => "MsgVoteResp",
            Body::Append { .. } => "MsgApp",
            Body::AppendResp { .. } | Body::AppendReject { .. } => "MsgAppResp",
            Body::Heartbeat { .. } => "MsgHeartbeat",
            Body::HeartbeatResp { .. } => "MsgHeartbeatResp",
            Body::Snapshot(_) => "MsgSnap",
            Body::TimeoutNow => "MsgTimeoutNow",
            Body::TransferLeader => "MsgTransferLeader",
            Body::Propose(_) => "MsgProp",
            Body::ReadIndex { .. } => "MsgReadIndex",
            Body::ReadIndexResp { .. } => "MsgReadIndexResp",
        }
    }

    /// Whether `from` is who asked for something, and not who sent the message.
    pub(crate) fn is_forwarded(&self) -> bool {
        matches!(self.body, Body::Propose(_) | Body::ReadIndex { .. } | Body::TransferLeader)
    }

    /// Whether only a member of the configuration may send it.
    pub(super) fn is_response(&self) -> bool {
        matches!(
            self.body,
            Body::PreVoteResp { .. }
                | Body::VoteResp { .. }
                | Body::AppendResp { .. }
                | Body::AppendReject { .. }
                | Body::HeartbeatResp { .. }
                | Body::ReadIndexResp { .. }
        )
    }
}

impl<D: fmt::Debug> fmt::Display for Entry<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.term, self.index)?;
        match &self.data {
            EntryData::Empty => f.write_str(" empty"),
            EntryData::Normal(data) => write!(f, " {data:?}"),
            EntryData::ConfChange(cc) => write!(f, " {cc}"),
        }
    }
}

/// One line a person can read; positions are written `term/index`.
impl<D: fmt::Debug> fmt::Display for Message<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}->{} {}", self.from, self.to, self.name())?;
        if self.term != 0 {
            write!(f, " term {}", self.term)?;
        }
        let verdict = |reject: bool| if reject { " refused" } else { " granted" };
        match &self.body {
            Body::PreVote { last_index, last_term } => write!(f, ", log ends {last_term}/{last_index}"),
            Body::Vote { last_index, last_term, transfer } => {
                write!(f, ", log ends {last_term}/{last_index}{}", if *transfer { ", by transfer" } else { "" })
            }
            Body::PreVoteResp { reject } | Body::VoteResp { reject } => f.write_str(verdict(*reject)),
            Body::Append { prev_index, prev_term, commit, entries } => {
                write!(f, ", after {prev_term}/{prev_index}, commit {commit}")?;
                entries.as_slice().iter().try_for_each(|entry| write!(f, ", [{entry}]"))
            }
            Body::AppendResp { index } => write!(f, " up to {index}"),
            Body::AppendReject { index, hint_index, hint_term } => {
                write!(f, " refused at {index}, try {hint_term}/{hint_index}")
            }
            Body::Heartbeat { commit, read_seq: 0 } => write!(f, ", commit {commit}"),
            Body::Heartbeat { commit, read_seq } => write!(f, ", commit {commit}, read {read_seq}"),
            Body::HeartbeatResp { read_seq: 0 } | Body::TimeoutNow | Body::TransferLeader => Ok(()),
            Body::HeartbeatResp { read_seq } => write!(f, ", read {read_seq}"),
            Body::Snapshot(snapshot) => {
                write!(f, " {}/{}, {}", snapshot.term, snapshot.index, snapshot.conf_state)
            }
            Body::Propose(EntryData::Empty) => f.write_str(" empty"),
            Body::Propose(EntryData::Normal(data)) => write!(f, " {data:?}"),
            Body::Propose(EntryData::ConfChange(cc)) => write!(f, " {cc}"),
            Body::ReadIndex { ctx } => write!(f, " #{ctx}"),
            Body::ReadIndexResp { index, ctx } => write!(f, " #{ctx} at {index}"),
        }
    }
}
