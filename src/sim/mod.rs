//! The deterministic kernel: virtual time, an event queue, named random streams, hosts, processes, network, trace.
//!
//! It knows nothing of Kubernetes. No wall clock, no thread, no global random source, no I/O: the caller says how far to
//! run. The same seed and the same acts give the same trace, natively and in wasm32.

mod address;
mod conns;
mod core;
mod ctx;
mod host;
mod ids;
mod keepalive;
mod links;
mod machine;
pub mod map;
mod net;
mod process;
mod queue;
mod rng;
mod tcp;
mod time;
mod trace;
mod world;

pub use ctx::Ctx;
pub(crate) use host::EXACT_RATE_PPM;
pub use host::{Clock, Host, Power};
pub(crate) use ids::Cause;
pub use ids::{ConnId, HostId, NOWHERE, NoteId, Port, ProcId, RecordId, Silent, VIRTUAL};
pub use machine::Machine;
pub(crate) use net::LAN;
pub use net::{CloseReason, ConnectError, Quality};
pub use process::{Exit, Input, Label, Occurrence, Slot, Supervisor, TimerKey, Vocabulary};
pub use queue::Ticket;
pub use rng::{Stream, fnv1a};
pub use time::{SimDuration, SimTime, WallTime};
pub use trace::{Note, Outcome, Record, RecordKind, Trace};
pub use world::World;
