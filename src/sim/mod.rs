//! The deterministic kernel: virtual time, an event queue, named random streams, hosts, processes, network, trace.
//!
//! It knows nothing of Kubernetes. No wall clock, no thread, no global random source, no I/O: the caller says how far to
//! run. The same seed and the same acts give the same trace, natively and in wasm32.

mod address;
mod conns;
mod core;
mod ctx;
mod host;
mod keepalive;
mod links;
pub mod map;
mod net;
mod process;
mod queue;
mod rng;
mod tcp;
mod time;
mod trace;
mod world;

pub use address::{NOWHERE, VIRTUAL};
pub use conns::Ends;
pub use ctx::{Ctx, Silent};
pub use host::{Clock, EXACT_RATE_PPM, Host, HostId, Power};
pub use net::{CloseReason, ConnId, ConnectError, LAN, Net, Port, Quality};
pub use process::{Cause, Exit, Input, Label, Machine, Occurrence, ProcId, Slot, Supervisor, TimerKey, Vocabulary};
pub use queue::Ticket;
pub use rng::{Stream, fnv1a};
pub use time::{SimDuration, SimTime, WallTime};
pub use trace::{Note, NoteId, Outcome, Record, RecordId, RecordKind, Trace};
pub use world::World;
