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
pub use kv::{Compare, KeyValue, Span, Txn, TxnOp, TxnResult, WatchEvent, WatchKind};
pub(crate) use kv::{Key, Revision};
pub use member::{Member, MemberConfig};
pub use members::{Change, Members, Peer, PeerInfo};
pub(crate) use members::{ChangeKind, MemberId};
pub use wire::{CLIENT_PORT, Op, Payload, Proposal, Reply, Request, Response, Status, WatchResponse, Wire};
pub(crate) use wire::{Command, PEER_PORT};

use crate::sim::{Label, Vocabulary};

/// The type of the stored values.
pub trait Value: Clone + std::fmt::Debug + PartialEq + 'static {
    /// Events about changes of values.
    type Note;

    /// Returns its size in the database, in bytes, estimated.
    fn size(&self) -> u64;

    /// Returns the event about the change of a key from one value to the next; `None` if it is not worth one.
    fn change_note(before: Option<&Self>, after: Option<&Self>) -> Option<Self::Note>;
}

/// The vocabulary that a member needs of its world.
pub trait Speaks<D: Value<Note = Self::Note>>:
    Vocabulary<Wire: From<Wire<D>>, Note: From<Event>, Timer: From<Timer>>
{
}

impl<D, V> Speaks<D> for V
where
    D: Value<Note = V::Note>,
    V: Vocabulary<Wire: From<Wire<D>>, Note: From<Event>, Timer: From<Timer>>,
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

/// Events of etcd members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A member starts an election: it has not heard from a leader for its election timeout.
    CampaignStarted {
        /// The term of the campaign.
        term: u64,
    },
    /// It won an election.
    BecameLeader {
        /// The term that it leads.
        term: u64,
    },
    /// A leader has stepped down.
    SteppedDown {
        /// Its term after it stepped down.
        term: u64,
    },
    /// A member follows a new leader.
    LeaderChanged {
        /// The new leader.
        leader: MemberId,
        /// The leader's term.
        term: u64,
    },
    /// A member has lost its leader.
    LostLeader {
        /// Its term.
        term: u64,
    },
}
