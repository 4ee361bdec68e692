//! etcd: Raft, the MVCC store with its watches, and a member that serves clients with both.
//!
//! It knows the kernel below it and nothing of Kubernetes: what it stores is a type parameter.

mod error;
mod kv;
mod member;
pub mod members;
mod peers;
pub mod raft;
mod reads;
pub mod store;
mod watches;
pub mod wire;

pub use error::EtcdError;
pub use kv::{Compare, Key, KeyValue, Revision, Span, Txn, TxnOp, TxnResult, WatchEvent, WatchKind};
pub use member::{Member, MemberConfig};
pub use members::{Change, ChangeKind, Known, MemberId, Members, Peer};
pub use wire::{
    CLIENT_PORT, Command, Op, PEER_PORT, Payload, Proposal, Reply, Request, Response, Status, WatchResponse, Wire,
};

use crate::sim::{Label, Vocabulary};

/// What etcd stores.
pub trait Value: Clone + std::fmt::Debug + PartialEq + 'static {
    /// What a person would name about a change.
    type Note;

    /// Bytes that it takes in the database, roughly.
    fn size(&self) -> u64;

    /// What a person would name about the change from one value of a key to the next.
    fn change_note(before: Option<&Self>, after: Option<&Self>) -> Option<Self::Note>;
}

/// What the world around a member must be able to carry.
pub trait Speaks<D: Value<Note = Self::Note>>:
    Vocabulary<Wire: From<Wire<D>>, Note: From<Note>, Timer: From<Timer>>
{
}

impl<D, V> Speaks<D> for V
where
    D: Value<Note = V::Note>,
    V: Vocabulary<Wire: From<Wire<D>>, Note: From<Note>, Timer: From<Timer>>,
{
}

/// Why a member sets a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The database and the log have been opened.
    Start,
    /// Raft's tick of 100 ms.
    Tick,
    /// A leader that was told to exit waits for its successor no longer.
    Handover,
    /// The members of the cluster have not told a joining one who it is.
    Join,
    /// A removed member has sent its last messages.
    Removed,
}

impl Label for Timer {
    fn label(&self) -> &'static str {
        match self {
            Timer::Start => "etcd startup",
            Timer::Tick => "raft tick",
            Timer::Handover => "leader transfer before exit",
            Timer::Join => "etcd asks the cluster for its members",
            Timer::Removed => "removed from the cluster",
        }
    }
}

/// What a person would name about etcd itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It heard nothing from the leader for its election timeout.
    CampaignStarted {
        /// The term of the campaign.
        term: u64,
    },
    /// It won an election.
    BecameLeader {
        /// The term that it leads.
        term: u64,
    },
    /// It led and does not any more.
    SteppedDown {
        /// Its term after it stepped down.
        term: u64,
    },
    /// It follows another leader.
    LeaderChanged {
        /// The new leader.
        leader: MemberId,
        /// The leader's term.
        term: u64,
    },
    /// It knows no leader.
    LostLeader {
        /// Its term.
        term: u64,
    },
}
