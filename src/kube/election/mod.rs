//! Leader election of controller managers and schedulers (FACTS 1).
//!
//! [`Candidate`] is the algorithm, pure; `Elector` binds it to a process: its clock, its connection, its notes.

mod attempt;
mod candidate;
mod elector;
mod lock;
mod loops;
mod record;
mod settings;

pub use candidate::{Alarm, Candidate, Effect, Expiry, Input, Now, Phase};
pub(crate) use elector::{Change, Elector};
pub use elector::{ElectorConfig, Peer};
pub use lock::{Lock, LockKind};
pub use record::{ANNOTATION, Record};
pub use settings::{Component, Reading, Settings};
