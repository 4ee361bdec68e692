//! Names of the things in a world: indexes and numbers that are cheap to copy and to compare.

/// A host's index in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u16);

/// The address that can move, in the place of a host. A world has at most one.
pub const VIRTUAL: HostId = HostId(u16::MAX);

/// An address that no host has, such as a mistyped one. Packets to it are lost.
pub const NOWHERE: HostId = HostId(u16::MAX - 1);

/// A process's index in the world, the same across restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcId(pub u16);

/// A port number.
pub type Port = u16;

/// Identifies one TCP connection; stale identifiers are harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

/// A record's number, counted from 1; 0 is "nothing".
pub type RecordId = u64;
/// A note's number, counted from 1; 0 is "nothing".
pub type NoteId = u64;

/// The silent party that a note reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silent {
    /// A whole host.
    Host(HostId),
    /// One process.
    Process(ProcId),
}

/// The cause of an event: a record, and the nearest note above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cause {
    /// The record being handled; 0 for an act from outside.
    pub(crate) record: u64,
    /// The nearest note above the record; 0 if there is none.
    pub(crate) note: NoteId,
}
