//! Raft as etcd runs it: one member's consensus state machine, pure and deterministic.
//!
//! It knows nothing of time, disks, networks or of what an entry means. A caller feeds it ticks, messages and requests
//! ([`Raft::tick`], [`Raft::step`], [`Raft::propose`], ...) and afterwards drains what came of it:
//!
//! 1. [`Raft::take_must_sync`]: whether the durable part changed in a way that a real member would fsync;
//! 2. [`Raft::drain_messages`]: messages for other members;
//! 3. [`Raft::take_snapshot`], then [`Raft::next_committed`] until `None`: what to apply;
//! 4. [`Raft::drain_read_states`]: linearizable reads that may be served once that index is applied;
//! 5. [`Raft::take_soft_state`]: a new role or leader, for whoever watches.
//!
//! Persisting is instantaneous here: [`Durable`] is updated in place and is what a crash leaves behind; everything else
//! is rebuilt by [`Raft::new`]. The real thing: etcd-io/raft `raft.go`, `log.go`, `tracker/`, `quorum/`, `read_only.go`,
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
pub use log::RaftLog;
pub use membership::{ConfChange, ConfChangeKind, ConfState};
pub use message::{Body, Entries, Entry, EntryData, Message, Snapshot};
pub use node::Raft;
pub use progress::{Inflights, Progress, ProgressState};
pub use quorum::{VoteResult, majority};
pub use read_only::ReadState;

/// A member's identity in the group; never [`NONE`].
pub type NodeId = u64;
/// An election term; 0 before the first election.
pub type Term = u64;
/// A position in the log; the first entry is 1, 0 means "before the log".
pub type Index = u64;
/// "Nobody": no leader known, no vote cast, no transfer under way.
pub const NONE: NodeId = 0;
