//! etcd: Raft, the MVCC store with its watches, and a member that serves clients with both.
//!
//! It knows the kernel below it and nothing of Kubernetes: what it stores is a type parameter.

mod error;
mod member;
mod members;
mod peers;
pub mod raft;
mod reads;
pub mod store;
mod watches;
pub mod wire;

pub use error::EtcdError;
pub use member::{Member, MemberConfig};
pub use members::{Known, Members};
pub use peers::Peer;
pub use wire::{
    CLIENT_PORT, Change, ChangeKind, Command, Compare, Key, KeyValue, MemberId, Op, PEER_PORT, Payload, Proposal,
    Reply, Request, Response, Revision, Span, Status, Txn, TxnOp, TxnResult, WatchEvent, WatchKind, WatchResponse,
    Wire,
};

use crate::sim::Vocabulary;

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
pub trait Speaks<D: Value<Note = Self::Note>>: Vocabulary<Wire: From<Wire<D>>, Note: From<Note>> {}

impl<D: Value<Note = V::Note>, V: Vocabulary<Wire: From<Wire<D>>, Note: From<Note>>> Speaks<D> for V {}

/// What a person would name about etcd itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It heard nothing from the leader for its election timeout.
    CampaignStarted {
        term: u64,
    },
    BecameLeader {
        term: u64,
    },
    /// It led and does not any more.
    SteppedDown {
        term: u64,
    },
    /// It follows another leader.
    LeaderChanged {
        leader: MemberId,
        term: u64,
    },
    /// It knows no leader.
    LostLeader {
        term: u64,
    },
}
