//! The interface of a process to the kernel while it handles an input. Effects take place at once; what they lead to is
//! queued, so no process is ever entered twice.

use super::core::{Core, Pending};
use super::ids::{Cause, ConnId, HostId, NoteId, Port, ProcId, Silent};
use super::process::{TimerKey, Vocabulary};
use super::queue::Ticket;
use super::rng::Stream;
use super::time::{SimDuration, SimTime, WallTime};
/// The world as one process sees it while it handles one input.
pub struct Ctx<'a, V: Vocabulary> {
    pub(super) core: &'a mut Core<V>,
    pub(super) me: ProcId,
    pub(super) host: HostId,
    pub(super) incarnation: u32,
}

impl<V: Vocabulary> Ctx<'_, V> {
    /// Monotonic time on this host's clock; timers run on it.
    pub fn now(&self) -> SimTime {
        self.core.hosts[self.host.0 as usize].clock.monotonic(self.core.now)
    }

    /// Wall-clock time of this host, as written into objects.
    pub fn wall(&self) -> WallTime {
        self.core.hosts[self.host.0 as usize].clock.wall(self.core.now)
    }

    /// Returns this process.
    pub(crate) fn me(&self) -> ProcId {
        self.me
    }

    /// Returns the host of this process.
    pub(crate) fn host(&self) -> HostId {
        self.host
    }

    /// How often this process has been started, counting from 1.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// The source address of what a process sends.
    pub(crate) fn address_of(&self, sender: ProcId) -> HostId {
        self.core.slots[sender.0 as usize].host
    }

    /// Returns the name of a host, or of the host that has the address that can move.
    pub(crate) fn host_name(&self, host: HostId) -> &str {
        &self.core.hosts[self.core.real(host).0 as usize].name
    }

    /// This host takes the address that can move, or tells the network again that it has it (gratuitous ARP).
    pub fn take_address(&mut self) {
        self.core.take_address(self.host);
    }

    /// This host gives the address up.
    pub fn give_address_up(&mut self) {
        self.core.give_address_up(self.host);
    }

    /// The named random stream of this process: kept across restarts.
    pub fn rng(&mut self, name: &'static str) -> &mut Stream {
        self.core.stream(self.me, name)
    }

    /// Sets a timer that is due `after` this span on the host's clock. It is lost when the process ends.
    pub fn set_timer(&mut self, after: SimDuration, why: impl Into<V::Timer>, arg: u64) -> Ticket {
        let at = self.core.now + self.core.hosts[self.host.0 as usize].clock.true_span(after);
        let cause = self.core.cause;
        let key = TimerKey { why: why.into(), arg };
        self.core.queue.push(at, Pending::Timer { process: self.me, incarnation: self.incarnation, key, cause })
    }

    /// Cancels a timer; harmless if it has fired.
    pub fn cancel_timer(&mut self, ticket: Ticket) {
        if self.core.queue.cancel(ticket).is_none() {
            // It may have come due while this process was paused, and not have been seen yet.
            self.core.slots[self.me.0 as usize].inbox.retain(|held| held.ticket != ticket);
        }
    }

    /// Listens on a port of this host until the process ends.
    pub fn listen(&mut self, port: Port) {
        let listeners = &mut self.core.hosts[self.host.0 as usize].listeners;
        listeners.retain(|(p, _)| *p != port);
        listeners.push((port, self.me));
    }

    /// Stops listening; open connections stay.
    pub fn unlisten(&mut self, port: Port) {
        let me = self.me;
        self.core.hosts[self.host.0 as usize].listeners.retain(|(p, proc)| !(*p == port && *proc == me));
    }

    /// Opens a TCP connection. `Connected` or `ConnectFailed` follows, the latter at the latest after `timeout`.
    pub fn connect(&mut self, to: HostId, port: Port, timeout: SimDuration) -> ConnId {
        self.core.connect(self.me, self.host, self.incarnation, to, port, timeout)
    }

    /// Sets how long sent data may stay unacknowledged before the connection ends with `TimedOut` (`TCP_USER_TIMEOUT`).
    pub fn set_user_timeout(&mut self, conn: ConnId, timeout: SimDuration) {
        self.core.set_user_timeout(self.me, conn, timeout);
    }

    /// Sends on an open connection; returns false if this process no longer has it.
    pub fn send(&mut self, conn: ConnId, wire: V::Wire) -> bool {
        self.core.send(self.me, conn, wire)
    }

    /// Closes a connection; the other side reads what was sent and then the end.
    pub fn close(&mut self, conn: ConnId) {
        self.core.close(self.me, conn, false);
    }

    /// Closes a connection with a reset.
    pub fn reset(&mut self, conn: ConnId) {
        self.core.close(self.me, conn, true);
    }

    /// Sends one packet that may be lost; packets on one path keep their order.
    pub fn datagram(&mut self, to: HostId, port: Port, wire: V::Wire) {
        self.core.datagram(self.me, self.host, to, port, wire);
    }

    /// Sends a message to a process on the same host.
    pub fn local(&mut self, to: ProcId, wire: V::Wire) {
        self.core.local(self.me, to, wire);
    }

    /// Executes a process that this one supervises; has no effect if it is up.
    pub fn start_process(&mut self, process: ProcId) {
        self.core.plan_start(process, self.core.now, self.core.cause);
    }

    /// Sends SIGTERM to a process on this host.
    pub(crate) fn signal_terminate(&mut self, process: ProcId) {
        let (incarnation, cause) = (self.incarnation_of(process), self.core.cause);
        self.core.queue.push(self.core.now, Pending::Terminate { process, incarnation, cause });
    }

    /// Sends SIGKILL to a process on this host; it takes effect even on a stopped one.
    pub(crate) fn signal_kill(&mut self, process: ProcId) {
        let (incarnation, cause) = (self.incarnation_of(process), self.core.cause);
        self.core.queue.push(self.core.now, Pending::Kill { process, incarnation, cause });
    }

    fn incarnation_of(&self, process: ProcId) -> u32 {
        let slot = &self.core.slots[process.0 as usize];
        debug_assert_eq!(slot.host, self.host, "signals stay on one host");
        slot.incarnation
    }

    /// Exits with this status once the input is handled.
    pub fn exit(&mut self, code: u8) {
        self.core.exit_requested = Some(code);
    }

    /// Writes an event into the trace and returns its number.
    pub fn note(&mut self, what: V::Note) -> NoteId {
        self.core.note(Some(self.me), Some(self.host), 0, what)
    }

    /// As [`note`](Self::note), for a reaction to silence: also names the note that explains the silence, if there is
    /// one.
    pub fn note_silence(&mut self, of: Silent, what: V::Note) -> NoteId {
        let because = self.core.silence(self.host, of);
        self.core.note(Some(self.me), Some(self.host), because, what)
    }

    /// As [`note_silence`](Self::note_silence), for a failure that was answered: what led to the answer explains it, if
    /// that is newer than the known fault.
    pub(crate) fn note_failure(&mut self, of: Silent, what: V::Note) -> NoteId {
        let wrong = self.core.silence(self.host, of);
        let because = if wrong > self.core.cause.note { wrong } else { 0 };
        self.core.note(Some(self.me), Some(self.host), because, what)
    }

    /// As [`note`](Self::note), for the end of a disturbance: `because` is the note with which it began.
    pub(crate) fn note_because(&mut self, because: NoteId, what: V::Note) -> NoteId {
        self.core.note(Some(self.me), Some(self.host), because, what)
    }

    /// Writes a line of this process's log; unlike a note, it causes nothing.
    pub(crate) fn log(&mut self, what: V::Note) {
        let (at, process) = (self.core.now, self.me);
        self.core.trace.log(at, process, what);
    }

    /// Returns the cause that effects of this input are attributed to; with [`resume_cause`](Self::resume_cause) a
    /// process that queues work can attribute the work to its origin.
    pub(crate) fn cause(&self) -> Cause {
        self.core.cause
    }

    /// Attributes what follows in this input to `cause`.
    pub(crate) fn resume_cause(&mut self, cause: Cause) {
        self.core.cause = cause;
    }

    /// Returns whether a process of this host is up.
    pub(crate) fn is_up(&self, process: ProcId) -> bool {
        let slot = &self.core.slots[process.0 as usize];
        debug_assert_eq!(slot.host, self.host);
        slot.up
    }
}
