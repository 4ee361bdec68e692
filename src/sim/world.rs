//! The world: hosts, processes and the loop that runs them; and the acts that disturb them.

use std::collections::VecDeque;
use std::rc::Rc;

use super::conns::Conns;
use super::core::{Core, Delivery, Floating, Pending};
use super::ctx::Ctx;
use super::host::{Host, Overdue, Power};
use super::ids::{Cause, HostId, NoteId, ProcId};
use super::machine::Machine;
use super::net::Net;
use super::process::{Exit, Input, Occurrence, Queued, Slot, Supervisor, Vocabulary};
use super::queue::{Queue, Ticket};
use super::time::{SimDuration, SimTime};
use super::trace::{RecordKind, Trace};

type Wire<M> = <<M as Machine>::V as Vocabulary>::Wire;
type Timer<M> = <<M as Machine>::V as Vocabulary>::Timer;
type NoteOf<M> = <<M as Machine>::V as Vocabulary>::Note;

/// Hosts, processes, network and history. A clone is a snapshot; machines are shared until they change.
#[derive(Clone)]
pub struct World<M: Machine> {
    machines: Vec<Rc<M>>,
    pub(super) core: Core<M::V>,
}

impl<M: Machine> World<M> {
    /// An empty world at time zero, whose random streams come from `seed`.
    pub fn new(seed: u64) -> Self {
        World {
            machines: Vec::new(),
            core: Core {
                seed,
                now: SimTime::ZERO,
                queue: Queue::default(),
                hosts: Vec::new(),
                slots: Vec::new(),
                net: Net::default(),
                floating: Floating::default(),
                conns: Conns::default(),
                trace: Trace::default(),
                cause: Cause::default(),
                popped: Ticket::NONE,
                exit_requested: None,
            },
        }
    }

    // ---- building ----

    /// Adds a host that is on. `boot` is the time from power on to the start of its units.
    pub fn add_host(&mut self, name: &str, boot: SimDuration) -> HostId {
        self.core.hosts.push(Host::new(name, self.core.seed, boot));
        HostId((self.core.hosts.len() - 1) as u16)
    }

    /// The number that the next added process will have.
    pub fn next_process(&self) -> ProcId {
        ProcId(self.machines.len() as u16)
    }

    /// Adds a process that does not run yet.
    pub fn add_process(&mut self, host: HostId, name: &str, supervisor: Supervisor, machine: M) -> ProcId {
        let process = self.next_process();
        self.machines.push(Rc::new(machine));
        self.core.hosts[host.0 as usize].processes.push(process);
        self.core.slots.push(Slot {
            name: name.to_owned(),
            host,
            supervisor,
            up: false,
            paused: false,
            stopped: false,
            incarnation: 0,
            since: SimTime::ZERO,
            down_because: 0,
            was_down_because: 0,
            last_exit: None,
            inbox: VecDeque::new(),
            streams: Vec::new(),
        });
        process
    }

    /// Starts the units of every host, now.
    pub fn boot_all(&mut self) {
        for host in 0..self.core.hosts.len() {
            self.start_units(HostId(host as u16), Cause::default());
        }
    }

    // ---- reading ----

    /// Returns the present, in true time.
    pub fn now(&self) -> SimTime {
        self.core.now
    }

    /// Returns the hosts, by index.
    pub fn hosts(&self) -> &[Host] {
        &self.core.hosts
    }

    /// Returns a host.
    pub fn host(&self, id: HostId) -> &Host {
        &self.core.hosts[id.0 as usize]
    }

    /// Returns what the kernel keeps for each process, by index.
    pub(crate) fn slots(&self) -> &[Slot<Wire<M>, Timer<M>>] {
        &self.core.slots
    }

    /// Returns what the kernel keeps for a process.
    pub fn slot(&self, id: ProcId) -> &Slot<Wire<M>, Timer<M>> {
        &self.core.slots[id.0 as usize]
    }

    /// Returns the state machine of a process.
    pub fn machine(&self, id: ProcId) -> &M {
        &self.machines[id.0 as usize]
    }

    /// Iterates over the state machines of all processes.
    pub fn machines(&self) -> impl Iterator<Item = (ProcId, &M)> {
        self.machines.iter().enumerate().map(|(i, m)| (ProcId(i as u16), m.as_ref()))
    }

    /// Returns the state of the links.
    pub(crate) fn net(&self) -> &Net {
        &self.core.net
    }

    /// Returns the trace.
    pub fn trace(&self) -> &Trace<NoteOf<M>> {
        &self.core.trace
    }

    /// Drops the trace's records, half the memory of a small world: they are only read to draw messages.
    pub(crate) fn forget_records(&mut self) {
        self.core.trace.forget_records();
    }

    /// Whether a process executes: it is up, not paused, and its host runs.
    pub fn is_running(&self, id: ProcId) -> bool {
        let slot = self.slot(id);
        slot.up && !slot.paused && self.core.is_on(slot.host)
    }

    /// Returns when the next event is due; `None` if nothing is queued.
    pub fn next_at(&mut self) -> Option<SimTime> {
        self.core.queue.next_at()
    }

    // ---- running ----

    /// Runs up to and including `until`, which becomes the present.
    pub fn run_until(&mut self, until: SimTime) {
        while self.step_until(until) {}
        self.core.now = self.core.now.max(until);
    }

    /// Handles the next event if it is due by `until`; returns false if none is.
    pub(crate) fn step_until(&mut self, until: SimTime) -> bool {
        let Some((at, ticket, pending)) = self.core.queue.pop_until(until) else { return false };
        debug_assert!(at >= self.core.now, "an event of {at:?} is due at {:?}: time would go back", self.core.now);
        self.core.now = at;
        self.core.popped = ticket;
        self.core.cause = Cause::default();
        if let Some(delivery) = self.resolve(pending) {
            self.deliver(delivery);
        }
        true
    }

    fn resolve(&mut self, pending: Pending<Wire<M>, Timer<M>>) -> Option<Delivery<M::V>> {
        let core = &mut self.core;
        match pending {
            Pending::Timer { process, incarnation, key, cause } => {
                let slot = &core.slots[process.0 as usize];
                let kind = RecordKind::Timer { process, why: super::Label::label(&key.why) };
                (slot.up && slot.incarnation == incarnation).then_some(Delivery {
                    process,
                    input: Input::Timer(key),
                    cause,
                    kind,
                })
            }
            Pending::Datagram { from, from_host, to, port, wire, sent, cause } => {
                core.arrive_datagram((from, from_host), to, port, wire, sent, cause)
            }
            Pending::Syn { conn, sent, cause } => core.arrive_syn(conn, sent, cause),
            Pending::SynAck { conn, refused, sent, cause } => core.arrive_syn_ack(conn, refused, sent, cause),
            Pending::SynRetry { conn, attempt } => {
                core.retry_syn(conn, attempt);
                None
            }
            Pending::ConnectTimeout { conn } => core.connect_timeout(conn),
            Pending::Segment { conn, side, seq, payload, sent, cause } => {
                core.arrive_segment(conn, side as usize, seq, payload, sent, cause)
            }
            Pending::Retransmit { conn, side } => core.retransmit(conn, side as usize),
            Pending::Keepalive { conn, side, missed } => core.keepalive(conn, side as usize, missed),
            Pending::Local { from, to, incarnation, wire, sent, cause } => {
                let slot = &core.slots[to.0 as usize];
                let kind = super::core::delivered((from, slot.host), to, slot.host, super::Label::label(&wire), sent);
                (slot.up && slot.incarnation == incarnation).then_some(Delivery {
                    process: to,
                    input: Input::Local { from, wire },
                    cause,
                    kind,
                })
            }
            Pending::Exited { parent, child, exit, cause } => {
                let kind = RecordKind::Process { process: child, what: "exited" };
                core.slots[parent.0 as usize].up.then_some(Delivery {
                    process: parent,
                    input: Input::Exited { child, exit },
                    cause,
                    kind,
                })
            }
            Pending::Start { process, incarnation, epoch, cause } => {
                let slot = &core.slots[process.0 as usize];
                if slot.incarnation == incarnation && core.host(slot.host).epoch == epoch {
                    self.start(process, cause);
                }
                None
            }
            Pending::Boot { host, epoch, cause } => {
                if core.host(host).epoch == epoch {
                    self.boot(host, cause);
                }
                None
            }
            Pending::Kill { process, incarnation, cause } => {
                if core.slots[process.0 as usize].incarnation == incarnation {
                    core.cause = cause;
                    self.kill(process);
                }
                None
            }
            Pending::Drain { process, incarnation } => {
                self.drain(process, incarnation);
                None
            }
            Pending::Terminate { process, incarnation, cause } => {
                let slot = &core.slots[process.0 as usize];
                let kind = RecordKind::Process { process, what: "SIGTERM" };
                let alive = slot.up && slot.incarnation == incarnation;
                alive.then_some(Delivery { process, input: Input::Terminate, cause, kind })
            }
        }
    }

    /// Hands an input to its process, or keeps it until the process runs again.
    fn deliver(&mut self, delivery: Delivery<M::V>) {
        let Delivery { process, input, cause, kind } = delivery;
        let core = &mut self.core;
        core.enter(cause, kind);
        let slot = &mut core.slots[process.0 as usize];
        if !slot.up {
            return;
        }
        if slot.paused || core.hosts[slot.host.0 as usize].power == Power::Paused || !slot.inbox.is_empty() {
            let ticket = if matches!(input, Input::Timer(_)) { core.popped } else { Ticket::NONE };
            slot.inbox.push_back(Queued { input, cause: core.cause, ticket });
            return;
        }
        self.run(process, |machine, ctx| machine.handle(ctx, input));
    }

    fn run(&mut self, process: ProcId, f: impl FnOnce(&mut M, &mut Ctx<'_, M::V>)) {
        let slot = &self.core.slots[process.0 as usize];
        let (host, incarnation) = (slot.host, slot.incarnation);
        let machine = Rc::make_mut(&mut self.machines[process.0 as usize]);
        f(machine, &mut Ctx { core: &mut self.core, me: process, host, incarnation });
        if let Some(code) = self.core.exit_requested.take() {
            self.end(process, Exit::Code(code));
        }
    }

    fn drain(&mut self, process: ProcId, incarnation: u32) {
        loop {
            let slot = &mut self.core.slots[process.0 as usize];
            let on = self.core.hosts[slot.host.0 as usize].power == Power::On;
            if !slot.up || slot.paused || !on || slot.incarnation != incarnation {
                return;
            }
            let Some(Queued { input, cause, .. }) = slot.inbox.pop_front() else { return };
            self.core.cause = cause;
            self.run(process, |machine, ctx| machine.handle(ctx, input));
        }
    }

    fn start(&mut self, process: ProcId, cause: Cause) {
        let core = &mut self.core;
        let now = core.now;
        let slot = &mut core.slots[process.0 as usize];
        let host = slot.host;
        if slot.up || slot.stopped {
            return;
        }
        match core.hosts[host.0 as usize].power {
            Power::Off => return,
            Power::On if !core.hosts[host.0 as usize].booted => return,
            Power::On => {}
            Power::Paused => return core.hosts[host.0 as usize].overdue.push(Overdue::Start(process, cause)),
        }
        slot.up = true;
        slot.paused = false;
        slot.incarnation += 1;
        slot.since = now;
        slot.was_down_because = slot.down_because;
        slot.down_because = 0;
        slot.inbox.clear();
        core.enter(cause, RecordKind::Process { process, what: "started" });
        if now > SimTime::ZERO {
            core.note(Some(process), Some(host), 0, Occurrence::Started.into());
        }
        self.run(process, |machine, ctx| machine.start(ctx));
    }

    /// A host has come up.
    fn boot(&mut self, id: HostId, cause: Cause) {
        let host = &mut self.core.hosts[id.0 as usize];
        match host.power {
            Power::Off => {}
            Power::Paused => host.overdue.push(Overdue::Boot(cause)),
            Power::On => {
                host.booted = true;
                self.start_units(id, cause);
            }
        }
    }

    fn start_units(&mut self, host: HostId, cause: Cause) {
        for process in self.core.host(host).processes.clone() {
            if matches!(self.core.slots[process.0 as usize].supervisor, Supervisor::Unit { .. }) {
                self.start(process, cause);
            }
        }
    }

    /// A process ends; its host closes what it held open, and its supervisor is told.
    fn end(&mut self, process: ProcId, exit: Exit) {
        let core = &mut self.core;
        let now = core.now;
        let slot = &mut core.slots[process.0 as usize];
        if !slot.up {
            return;
        }
        let host = slot.host;
        slot.up = false;
        slot.paused = false;
        slot.since = now;
        slot.last_exit = Some(exit);
        let unread: Vec<_> = slot
            .inbox
            .drain(..)
            .filter(|held| matches!(held.input, Input::Data { .. } | Input::Accepted { .. }))
            .filter_map(|held| held.input.connection())
            .collect();
        let (supervisor, stopped) = (slot.supervisor, slot.stopped);
        core.hosts[host.0 as usize].listeners.retain(|(_, p)| *p != process);
        if exit == Exit::PowerLost {
            core.slots[process.0 as usize].down_because = core.hosts[host.0 as usize].down_because;
        } else {
            let note = core.note(Some(process), Some(host), 0, Occurrence::Exited(exit).into());
            core.slots[process.0 as usize].down_because = note;
            core.close_all_of(process, &unread);
            let cause = core.cause;
            match supervisor {
                Supervisor::Process(parent) => {
                    core.queue.push(now, Pending::Exited { parent, child: process, exit, cause });
                }
                Supervisor::Unit { restart_after_us } if !stopped => {
                    core.plan_start(process, now + SimDuration(restart_after_us), cause);
                }
                Supervisor::Unit { .. } => {}
            }
        }
        Rc::make_mut(&mut self.machines[process.0 as usize]).crash(exit == Exit::PowerLost);
    }

    // ---- acts from outside ----

    /// Opens an act, which causes everything that follows until time advances.
    pub fn act(&mut self, process: Option<ProcId>, host: Option<HostId>, what: NoteOf<M>) -> NoteId {
        self.core.enter(Cause::default(), RecordKind::Act);
        self.core.note(process, host, 0, what)
    }

    /// Power off: every process ends at once, without telling anyone.
    pub fn power_off(&mut self, id: HostId) {
        if self.core.host(id).power == Power::Off {
            return;
        }
        let note = self.core.note(None, Some(id), 0, Occurrence::PoweredOff.into());
        let now = self.core.now;
        let host = &mut self.core.hosts[id.0 as usize];
        host.power = Power::Off;
        host.since = now;
        host.epoch += 1;
        host.booted = false;
        host.overdue.clear();
        host.down_because = note;
        for process in self.core.host(id).processes.clone() {
            self.end(process, Exit::PowerLost);
        }
        self.core.forget_conns_of(id);
        self.core.give_address_up(id);
    }

    /// Power on: after its boot time the host starts its units.
    pub fn power_on(&mut self, id: HostId) {
        if self.core.host(id).power != Power::Off {
            return;
        }
        self.core.note(None, Some(id), 0, Occurrence::PoweredOn.into());
        let (now, cause) = (self.core.now, self.core.cause);
        let host = &mut self.core.hosts[id.0 as usize];
        host.power = Power::On;
        host.since = now;
        host.was_down_because = std::mem::take(&mut host.down_because);
        let (boot, epoch) = (host.boot, host.epoch);
        self.core.queue.push(now + boot, Pending::Boot { host: id, epoch, cause });
    }

    /// Stalls a host: nothing runs on it and nothing reaches it.
    pub fn pause_host(&mut self, id: HostId) {
        if self.core.host(id).power != Power::On {
            return;
        }
        let note = self.core.note(None, Some(id), 0, Occurrence::HostPaused.into());
        let now = self.core.now;
        let host = &mut self.core.hosts[id.0 as usize];
        host.power = Power::Paused;
        host.since = now;
        host.down_because = note;
    }

    /// Resumes a stalled host; timers that became due meanwhile fire now.
    pub fn resume_host(&mut self, id: HostId) {
        if self.core.host(id).power != Power::Paused {
            return;
        }
        self.core.note(None, Some(id), 0, Occurrence::HostResumed.into());
        let now = self.core.now;
        let host = &mut self.core.hosts[id.0 as usize];
        host.power = Power::On;
        host.since = now;
        host.was_down_because = std::mem::take(&mut host.down_because);
        let epoch = host.epoch;
        for overdue in std::mem::take(&mut host.overdue) {
            let incarnation = |p: ProcId| self.core.slots[p.0 as usize].incarnation;
            let pending = match overdue {
                Overdue::Boot(cause) => Pending::Boot { host: id, epoch, cause },
                Overdue::Start(process, cause) => {
                    Pending::Start { process, incarnation: incarnation(process), epoch, cause }
                }
                Overdue::Kill(process, cause) => Pending::Kill { process, incarnation: incarnation(process), cause },
            };
            self.core.queue.push(now, pending);
        }
        for process in self.core.host(id).processes.clone() {
            self.wake(process);
        }
    }

    fn wake(&mut self, process: ProcId) {
        let incarnation = self.core.slots[process.0 as usize].incarnation;
        let now = self.core.now;
        self.core.queue.push(now, Pending::Drain { process, incarnation });
    }

    /// SIGKILL; on a paused host it takes effect when the host resumes.
    pub fn kill(&mut self, process: ProcId) {
        let host = self.core.slots[process.0 as usize].host;
        if self.core.host(host).power == Power::Paused {
            let cause = self.core.cause;
            self.core.hosts[host.0 as usize].overdue.push(Overdue::Kill(process, cause));
        } else {
            self.end(process, Exit::Killed);
        }
    }

    /// SIGTERM; a paused process receives it when it resumes.
    pub fn terminate(&mut self, process: ProcId) {
        let cause = self.core.cause;
        let kind = RecordKind::Process { process, what: "SIGTERM" };
        self.deliver(Delivery { process, input: Input::Terminate, cause, kind });
    }

    /// SIGSTOP.
    pub fn pause(&mut self, process: ProcId) {
        let slot = &self.core.slots[process.0 as usize];
        if !slot.up || slot.paused {
            return;
        }
        let host = slot.host;
        let note = self.core.note(Some(process), Some(host), 0, Occurrence::Paused.into());
        let now = self.core.now;
        let slot = &mut self.core.slots[process.0 as usize];
        slot.paused = true;
        slot.since = now;
        slot.down_because = note;
    }

    /// SIGCONT.
    pub fn resume(&mut self, process: ProcId) {
        let slot = &self.core.slots[process.0 as usize];
        if !slot.up || !slot.paused {
            return;
        }
        let host = slot.host;
        self.core.note(Some(process), Some(host), 0, Occurrence::Resumed.into());
        let now = self.core.now;
        let slot = &mut self.core.slots[process.0 as usize];
        slot.paused = false;
        slot.since = now;
        slot.was_down_because = std::mem::take(&mut slot.down_because);
        self.wake(process);
    }

    /// Ends a process and keeps it down until [`allow_start`](Self::allow_start). The caller terminates it first if it
    /// should end in order.
    pub fn stop(&mut self, process: ProcId) {
        self.core.slots[process.0 as usize].stopped = true;
        let host = self.core.slots[process.0 as usize].host;
        let note = self.core.note(Some(process), Some(host), 0, Occurrence::Stopped.into());
        self.core.slots[process.0 as usize].down_because = note;
    }

    /// Lifts a [`stop`](Self::stop) and executes the process.
    pub fn allow_start(&mut self, process: ProcId) {
        self.core.slots[process.0 as usize].stopped = false;
        if let Supervisor::Process(parent) = self.core.slots[process.0 as usize].supervisor
            && !self.core.slots[parent.0 as usize].up
        {
            return; // its supervisor is down, and starts it when it comes up
        }
        let cause = self.core.cause;
        self.start(process, cause);
    }

    /// Changes a process from outside, as editing its files would; the process has to be told separately.
    pub fn edit(&mut self, process: ProcId, f: impl FnOnce(&mut M)) {
        f(Rc::make_mut(&mut self.machines[process.0 as usize]));
    }

    /// Gives a process a message as from its own host (a signal, an edited manifest).
    pub fn tell(&mut self, process: ProcId, wire: Wire<M>) {
        let cause = self.core.cause;
        let kind = RecordKind::Process { process, what: "told" };
        self.deliver(Delivery { process, input: Input::Local { from: process, wire }, cause, kind });
    }
}
