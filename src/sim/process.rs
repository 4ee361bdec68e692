//! What a process is given ([`Input`]), how it ends, who restarts it, and what the kernel keeps for it.

use std::collections::VecDeque;

use super::ids::{Cause, ConnId, HostId, NoteId, Port, ProcId};
use super::net::{CloseReason, ConnectError};
use super::queue::Ticket;
use super::rng::Stream;
use super::time::SimTime;

/// The types of a world: messages between its processes, notes of its trace, and timers.
pub trait Vocabulary: Clone + 'static {
    /// Messages.
    type Wire: Clone + Label;
    /// Events for the trace; the kernel's own events become notes, too.
    type Note: Clone + From<Occurrence>;
    /// Why timers are set: a closed enum, so that a `match` on it is exhaustive; its labels are the words of the trace.
    type Timer: Copy + Label;
}

/// A short name for the trace.
pub trait Label {
    /// Returns the words for the trace.
    fn label(&self) -> &'static str;
}

/// For a world that names its timers by their words alone, such as a test's.
impl Label for &'static str {
    fn label(&self) -> &'static str {
        self
    }
}

/// The input of a process with the vocabulary `V`.
pub(super) type InputOf<V> = Input<<V as Vocabulary>::Wire, <V as Vocabulary>::Timer>;

/// What a process is given back when one of its timers is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerKey<T> {
    /// Why the timer was set.
    pub why: T,
    /// What it is about: the meaning depends on `why`.
    pub arg: u64,
}

/// An input of a process.
#[derive(Clone, Debug)]
pub enum Input<W, T> {
    /// A timer that it set is due.
    Timer(TimerKey<T>),
    /// A datagram arrived.
    Datagram {
        /// The sender.
        from: ProcId,
        /// The message.
        wire: W,
    },
    /// A connection that it opened is established.
    Connected {
        /// The connection.
        conn: ConnId,
    },
    /// A connection that it opened failed.
    ConnectFailed {
        /// The connection.
        conn: ConnId,
        /// The reason.
        error: ConnectError,
    },
    /// A client has connected to a port that it listens on.
    Accepted {
        /// The connection.
        conn: ConnId,
        /// The client's host.
        from: HostId,
        /// The port that the client asked for.
        port: Port,
    },
    /// Data on an open connection.
    Data {
        /// The connection.
        conn: ConnId,
        /// The message.
        wire: W,
    },
    /// An open connection ended from outside.
    Closed {
        /// The connection.
        conn: ConnId,
        /// The reason.
        reason: CloseReason,
    },
    /// A message from a process on the same host.
    Local {
        /// The sender.
        from: ProcId,
        /// The message.
        wire: W,
    },
    /// A process that it supervises has ended.
    Exited {
        /// The process that has ended.
        child: ProcId,
        /// How it ended.
        exit: Exit,
    },
    /// SIGTERM.
    Terminate,
}

impl<W, T> Input<W, T> {
    /// The connection that this is about.
    pub(super) fn connection(&self) -> Option<ConnId> {
        match self {
            Input::Connected { conn }
            | Input::ConnectFailed { conn, .. }
            | Input::Accepted { conn, .. }
            | Input::Data { conn, .. }
            | Input::Closed { conn, .. } => Some(*conn),
            _ => None,
        }
    }

    /// Returns the same input in another process's words; `None` if the message or the timer has no such words.
    pub fn map<W2, T2>(
        self,
        words: impl FnOnce(W) -> Option<W2>,
        timers: impl FnOnce(T) -> Option<T2>,
    ) -> Option<Input<W2, T2>> {
        Some(match self {
            Input::Timer(TimerKey { why, arg }) => Input::Timer(TimerKey { why: timers(why)?, arg }),
            Input::Datagram { from, wire } => Input::Datagram { from, wire: words(wire)? },
            Input::Connected { conn } => Input::Connected { conn },
            Input::ConnectFailed { conn, error } => Input::ConnectFailed { conn, error },
            Input::Accepted { conn, from, port } => Input::Accepted { conn, from, port },
            Input::Data { conn, wire } => Input::Data { conn, wire: words(wire)? },
            Input::Closed { conn, reason } => Input::Closed { conn, reason },
            Input::Local { from, wire } => Input::Local { from, wire: words(wire)? },
            Input::Exited { child, exit } => Input::Exited { child, exit },
            Input::Terminate => Input::Terminate,
        })
    }
}

/// An input that waits for a paused process.
#[derive(Clone, Debug)]
pub(super) struct Queued<W, T> {
    pub(crate) input: Input<W, T>,
    pub(crate) cause: Cause,
    /// Its queue entry, so that a timer can still be cancelled.
    pub(crate) ticket: Ticket,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Code(u8),
    /// By SIGKILL.
    Killed,
    /// Its host lost power.
    PowerLost,
}

/// The supervisor of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supervisor {
    /// A systemd unit with `Restart=always`: started at boot, and restarted after it exits.
    Unit {
        /// The pause before each restart, in microseconds (`RestartSec=`).
        restart_after_us: u64,
    },
    /// A process on the same host, which starts it and is told when it exits.
    Process(ProcId),
}

/// The kernel's own events, which become notes of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// A host lost power.
    PoweredOff,
    /// A host was powered on.
    PoweredOn,
    /// A host was paused.
    HostPaused,
    /// A paused host runs again.
    HostResumed,
    /// A process was executed.
    Started,
    /// A process has ended.
    Exited(Exit),
    /// A process was paused (SIGSTOP).
    Paused,
    /// A paused process runs again (SIGCONT).
    Resumed,
    /// A process was stopped, and stays down until it is started.
    Stopped,
}

/// What the kernel keeps for each process.
#[derive(Clone, Debug)]
pub struct Slot<W, T> {
    /// `kube-apiserver`
    pub name: String,
    /// Its host.
    pub host: HostId,
    /// Who starts it.
    pub(crate) supervisor: Supervisor,
    /// Whether it runs; a paused process is up.
    pub up: bool,
    /// Whether it is paused by itself; a paused host pauses its processes as well.
    pub paused: bool,
    /// Whether it stays down until it is started again.
    pub stopped: bool,
    /// How often it was started.
    pub incarnation: u32,
    /// When it last started, exited, was paused or was resumed.
    pub since: SimTime,
    /// The note that explains why it is down or paused; 0 if it runs.
    pub(crate) down_because: NoteId,
    /// The note that explained why it was last down or paused, until it ran again.
    pub(crate) was_down_because: NoteId,
    /// How it last ended; `None` if it never did.
    pub last_exit: Option<Exit>,
    /// Inputs that reached it while it was paused.
    pub(super) inbox: VecDeque<Queued<W, T>>,
    pub(super) streams: Vec<(&'static str, Stream)>,
}
