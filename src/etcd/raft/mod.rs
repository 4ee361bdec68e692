//! Raft as etcd runs it: one member's consensus state machine, pure and deterministic.
//!
//! It knows nothing of time, disks, networks or of what an entry means. A caller feeds it ticks, messages and requests
//! ([`Raft::tick`], [`Raft::step`], [`Raft::propose`], ...) and then, while `Raft::has_ready`, drains what is ready.
//! What etcd-io/raft hands out as the fields of one `Ready` (`node.go`) are methods here, with the same order between
//! them:
//!
//! | method | field of `Ready` | order |
//! |---|---|---|
//! | [`Raft::take_must_sync`] | `MustSync`, with `Entries`, `HardState`, `Snapshot` | BEFORE `drain_messages`: a member must not answer for a term, a vote or an entry that a crash could take back. Asserted in debug builds. |
//! | [`Raft::take_snapshot`] | `Snapshot` | BEFORE `next_committed`, which returns `None` while a snapshot is pending: the entries continue its state. |
//! | [`Raft::next_committed`] | `CommittedEntries` | AFTER `take_snapshot`, one by one until `None`. A membership change goes to [`Raft::apply_conf_change`] BEFORE the next entry is taken. |
//! | [`Raft::drain_messages`] | `Messages` | AFTER `take_must_sync`; before or after the entries are applied. |
//! | [`Raft::drain_read_states`] | `ReadStates` | AFTER `next_committed`: a read may be served once its index is applied. |
//! | [`Raft::take_soft_state`] | `SoftState` | at any time; need not be taken. |
//!
//! Persisting is instantaneous here: [`Durable`] is updated in place and is what a crash leaves behind; [`Raft::new`]
//! rebuilds everything else. The real thing: etcd-io/raft `raft.go`, `log.go`, `tracker/`, `quorum/`, `read_only.go`,
//! `confchange/`, used as etcd's `server/etcdserver/bootstrap.go` configures it (FACTS 5.1).

mod config;
mod durable;
mod election;
mod follower;
pub mod invariants;
mod leader;
mod log;
mod membership;
mod message;
mod node;
mod progress;
mod quorum;
mod read_only;

pub use config::{Config, Error, Reason, Role, SoftState};
pub use durable::{Durable, HardState};
pub(crate) use log::RaftLog;
pub use membership::{ConfChange, ConfChangeKind, ConfState};
pub use message::{Body, Entries, Entry, EntryData, Message, Snapshot};
pub use node::Raft;
pub(crate) use progress::ProgressState;
pub use progress::{Inflights, Progress};
pub use quorum::majority;
pub use read_only::ReadState;

/// A member's identity in the group; never [`NONE`].
pub type NodeId = u64;
/// An election term; 0 before the first election.
pub(crate) type Term = u64;
/// A position in the log; the first entry is 1, 0 means "before the log".
pub(crate) type Index = u64;
/// "Nobody": no leader known, no vote cast, no transfer under way.
pub const NONE: NodeId = 0;
