//! Settings of one Raft member, its roles, and the reasons for them.
//!
//! Knows nothing of the state machine. Defaults are etcd's: `server/etcdserver/bootstrap.go` (raftConfig), FACTS 5.1.

use std::fmt;

use super::{Index, NONE, NodeId};

/// Settings of one member. Lengths of time are in ticks; etcd's tick is its heartbeat interval, 100 ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// This member's identity; not [`NONE`].
    pub id: NodeId,
    /// Ticks without word from a leader after which a member may campaign; the actual timeout is drawn from
    /// `election_tick..2 * election_tick`. Must exceed `heartbeat_tick`.
    pub election_tick: u32,
    /// Ticks between heartbeats; at least 1.
    pub heartbeat_tick: u32,
    /// Highest index that the caller's state machine has already applied; 0 to have everything handed out again.
    pub applied: Index,
    /// Entries in one append message, at least 1. etcd limits bytes (1 MiB), which an opaque payload does not have.
    pub max_entries_per_msg: usize,
    /// Append messages in flight to one follower before the leader waits for an answer.
    pub max_inflight_msgs: usize,
    /// A leader that has not heard from a majority within `election_tick` ticks steps down, and a voter that has heard
    /// from a leader within them ignores requests for votes.
    pub check_quorum: bool,
    /// Ask whether an election could be won before raising the term (default on since etcd 3.5).
    pub pre_vote: bool,
    /// Followers drop proposals instead of passing them to the leader.
    pub disable_proposal_forwarding: bool,
    /// A leader that applies its own removal or demotion becomes a follower. etcd leaves this off.
    pub step_down_on_removal: bool,
    /// Seed of the election timeouts; the same seed draws the same timeouts in every build.
    pub seed: u64,
}

impl Config {
    /// etcd's settings for member `id`.
    pub fn new(id: NodeId, seed: u64) -> Self {
        Self {
            id,
            election_tick: 10,
            heartbeat_tick: 1,
            applied: 0,
            max_entries_per_msg: 1024,
            max_inflight_msgs: 512,
            check_quorum: true,
            pre_vote: true,
            disable_proposal_forwarding: false,
            step_down_on_removal: false,
            seed,
        }
    }

    /// Panics on settings that no member could run with; the message names the field.
    pub(super) fn validate(&self) {
        assert_ne!(self.id, NONE, "id must not be 0");
        assert!(self.heartbeat_tick > 0, "heartbeat_tick must be positive");
        assert!(self.election_tick > self.heartbeat_tick, "election_tick must exceed heartbeat_tick");
        assert!(self.max_entries_per_msg > 0, "max_entries_per_msg must be positive");
        assert!(self.max_inflight_msgs > 0, "max_inflight_msgs must be positive");
    }
}

/// What a member currently is. Learners are followers that never campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks whether an election could be won; its term is not raised.
    PreCandidate,
    /// Asks for votes in its own, raised term.
    Candidate,
    /// Replicates.
    Leader,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Follower => "follower",
            Role::PreCandidate => "pre-candidate",
            Role::Candidate => "candidate",
            Role::Leader => "leader",
        })
    }
}

/// Why a member took the role that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has just started.
    Started,
    /// Nothing was heard from a leader for the randomised election timeout.
    ElectionTimeout,
    /// The caller asked for an election.
    Asked,
    /// The leader handed over (MsgTimeoutNow).
    Transfer,
    /// A majority said in the pre-vote that it would vote for it.
    PreVoteWon,
    /// A majority granted its vote.
    ElectionWon,
    /// A majority refused.
    ElectionLost,
    /// A message of a higher term arrived from this member.
    HigherTerm(NodeId),
    /// While campaigning it heard from this leader of its own term.
    LeaderHeard(NodeId),
    /// As a leader it did not hear from a majority within an election timeout (CheckQuorum).
    QuorumLost,
    /// As a leader it applied its own removal or demotion.
    Removed,
}

/// Role and known leader: the state that is visible to users and not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftState {
    /// The leader this member believes in, or [`NONE`].
    pub leader: NodeId,
    /// What it is itself.
    pub role: Role,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// No leader is known, leadership is being transferred, or this leader was removed. etcd waits and times out.
    ProposalDropped,
    /// An answer from somebody who is not in the configuration; ignored.
    PeerNotFound,
    /// A leader says that entries are committed which this member acknowledged and no longer has: its disk was lost.
    LogLost,
    /// A membership change that would leave no voter; nothing was changed.
    RemovedAllVoters,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::ProposalDropped => "raft proposal dropped",
            Error::PeerNotFound => "raft: cannot step as peer not found",
            Error::LogLost => "tocommit is out of range. Was the raft log corrupted, truncated, or lost?",
            Error::RemovedAllVoters => "removed all voters",
        })
    }
}

impl std::error::Error for Error {}
