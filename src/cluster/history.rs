//! The history of a run, as intervals: who held each lease, who acted, which etcd member led, what worked. Built from
//! the notes of the trace as they appear; the report and the page's timeline read it.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::etcd;
use crate::kube::election::Component;
use crate::kube::object::Kind;
use crate::kube::trace_event::{ElectionEvent, Lane, Printed, TraceEvent};
use crate::sim::map::Map;
use crate::sim::{HostId, Note, NoteId, Occurrence, ProcId, SimTime};

/// Intervals kept of each kind; the oldest are dropped beyond that.
const KEPT: usize = 2_000;

/// An interval of time with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval<T> {
    /// Its start.
    pub from: SimTime,
    /// Its end; `None` while it lasts.
    pub to: Option<SimTime>,
    /// The value during it.
    pub what: T,
}

/// Intervals in the order of their starts, bounded.
#[derive(Clone, Debug)]
pub struct Intervals<T>(VecDeque<Interval<T>>);

impl<T> Default for Intervals<T> {
    fn default() -> Self {
        Intervals(VecDeque::new())
    }
}

impl<T: PartialEq> Intervals<T> {
    /// Iterates over the intervals from the oldest to the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Interval<T>> + ExactSizeIterator {
        self.0.iter()
    }

    fn open(&mut self, from: SimTime, what: T) {
        self.0.push_back(Interval { from, to: None, what });
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    fn close(&mut self, to: SimTime, which: impl Fn(&T) -> bool) -> bool {
        let mut any = false;
        for interval in self.0.iter_mut().filter(|i| i.to.is_none() && which(&i.what)) {
            interval.to = Some(to.max(interval.from));
            any = true;
        }
        any
    }

    fn is_open(&self, which: impl Fn(&T) -> bool) -> bool {
        self.0.iter().any(|i| i.to.is_none() && which(&i.what))
    }

    /// Ends the current interval and starts one with `what`, unless that is the current value.
    fn switch(&mut self, at: SimTime, what: T) {
        if self.0.back().is_some_and(|i| i.to.is_none() && i.what == what) {
            return;
        }
        self.close(at, |_| true);
        self.open(at, what);
    }
}

/// A process that acts as the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The process.
    pub process: ProcId,
    /// Its host.
    pub host: HostId,
}

/// A member that leads in a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EtcdLeader {
    /// The member's process.
    pub(crate) process: ProcId,
    /// Its host.
    pub(crate) host: HostId,
    /// The term that it leads.
    pub(crate) term: u64,
}

/// A takeover of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// The component.
    pub component: Component,
    /// The host of the old leader.
    pub(crate) from: HostId,
    /// The host of the new leader.
    pub(crate) to: HostId,
    /// When the old holder stopped acting.
    pub lost: SimTime,
    /// When the new leader started to act.
    pub gained: SimTime,
    /// Whether the old holder released the lease, so that no standby had to wait for its expiry.
    pub(crate) released: bool,
    /// Whether the cluster was left alone while no process acted.
    pub(crate) undisturbed: bool,
    /// The note of the new leader's start.
    pub note: NoteId,
}

/// What has happened in a run up to now, as intervals.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The holders of each component's lease by host name; empty for no holder.
    pub leases: Map<Component, Intervals<String>>,
    /// Who acts as the leader of a component.
    pub acting: Map<Component, Intervals<Actor>>,
    /// Who leads etcd.
    pub etcd_leaders: Intervals<EtcdLeader>,
    /// Whether the requests of a lane succeed.
    pub lanes: Map<Lane, Intervals<bool>>,
    /// Whether a controller manager and a scheduler act, and both can write.
    pub(crate) reconciling: Intervals<bool>,
    /// Takeovers, in the order in which they were completed.
    pub takeovers: VecDeque<Takeover>,
    /// Notes of the acts from outside.
    pub acts: VecDeque<NoteId>,
    /// Commands that were typed on the laptop.
    pub commands: VecDeque<Typed>,
    /// The number of commands that were typed.
    typed: u32,
    /// Pods that were created over the whole run.
    pub pods_created: u64,
    /// Pods that were deleted over the whole run.
    pub(crate) pods_deleted: u64,
    /// The most live pods beyond the desired number.
    pub(crate) surplus_peak: u64,
    /// The last process that acted, until another one does.
    last: Map<Component, (Actor, SimTime, bool)>,
    /// Acts since the last one stopped acting.
    acts_since: Map<Component, u32>,
}

/// A command that was typed on the laptop.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// The number of the line.
    pub(crate) number: u32,
    /// When it was typed.
    pub at: SimTime,
    /// With the tool's name first.
    pub args: Vec<String>,
    /// When it ended and what it printed; `None` while it runs, or if the laptop lost power meanwhile.
    pub ended: Option<(SimTime, Rc<Printed>)>,
}

/// The state of the cluster that the history needs while it takes in a note.
pub(crate) trait Observer {
    /// Returns the component that a process is an instance of, if any.
    fn component(&self, process: ProcId) -> Option<Component>;
    /// Returns whether it runs and believes that it leads.
    fn leads(&self, process: ProcId) -> bool;
    /// The processes of a host.
    fn processes(&self, host: HostId) -> Vec<ProcId>;
    /// Returns whether the API server that this process talks to can write.
    fn can_write(&self, actor: Actor) -> bool;
    /// Returns the number of live pods beyond the wanted number, given the number of Pod objects.
    fn surplus(&self, objects: u64) -> u64;
}

impl History {
    /// A command is typed; its number.
    pub(crate) fn typed(&mut self, at: SimTime, tool: &str, args: &[String]) -> u32 {
        self.typed += 1;
        let args = std::iter::once(tool.to_owned()).chain(args.iter().cloned()).collect();
        self.commands.push_back(Typed { number: self.typed, at, args, ended: None });
        if self.commands.len() > KEPT {
            self.commands.pop_front();
        }
        self.typed
    }

    /// A command has ended.
    fn printed(&mut self, at: SimTime, what: &Rc<Printed>) {
        if let Some(typed) = self.commands.iter_mut().find(|t| t.number == what.number) {
            typed.ended = Some((at, what.clone()));
        }
    }

    /// Takes in one note.
    pub(crate) fn absorb(&mut self, note: &Note<TraceEvent>, facts: &impl Observer) {
        let at = note.at;
        match (&note.what, note.process, note.host) {
            (TraceEvent::LeaseHolder { component, holder }, ..) => {
                let host = holder.split('_').next().unwrap_or_default().to_owned();
                self.leases.entry(*component).or_default().switch(at, host);
            }
            (TraceEvent::Election { component, what }, Some(process), Some(host)) => {
                let actor = Actor { process, host };
                match what {
                    ElectionEvent::StartedLeading { .. } => self.started(*component, actor, at, note.id),
                    ElectionEvent::StoppedLeading => self.stopped(actor, at, false),
                    ElectionEvent::Released => self.stopped(actor, at, true),
                    _ => {}
                }
            }
            (TraceEvent::Kernel(what), process, Some(host)) => self.kernel(*what, process, host, at, facts),
            (TraceEvent::Etcd(what), Some(process), Some(host)) => match what {
                etcd::Event::BecameLeader { term } => {
                    let leader = EtcdLeader { process, host, term: *term };
                    // A leader of an older term that has not noticed yet no longer counts.
                    self.etcd_leaders.switch(at, leader);
                }
                etcd::Event::SteppedDown { .. } => {
                    self.etcd_leaders.close(at, |l| l.process == process);
                }
                _ => {}
            },
            (TraceEvent::Lane { lane, since, ok, .. }, ..) => {
                let intervals = self.lanes.entry(*lane).or_default();
                let from = intervals.iter().next_back().map_or(*since, |last| last.from.max(*since));
                intervals.switch(from, *ok);
            }
            (TraceEvent::Created { kind: Kind::Pod, .. }, ..) => {
                self.pods_created += 1;
                self.surplus_peak = self.surplus_peak.max(facts.surplus(self.pods_created - self.pods_deleted));
            }
            (TraceEvent::Deleted { kind: Kind::Pod, .. }, ..) => self.pods_deleted += 1,
            (TraceEvent::Command(printed), ..) => self.printed(at, printed),
            (TraceEvent::Act(_), ..) => {
                self.acts.push_back(note.id);
                if self.acts.len() > KEPT {
                    self.acts.pop_front();
                }
                for count in self.acts_since.values_mut() {
                    *count += 1;
                }
            }
            _ => {}
        }
        self.reconcile(at, facts);
    }

    fn started(&mut self, component: Component, actor: Actor, at: SimTime, note: NoteId) {
        let intervals = self.acting.entry(component).or_default();
        let overlaps = intervals.is_open(|_| true);
        intervals.open(at, actor);
        let undisturbed = self.acts_since.remove(&component).unwrap_or(0) == 0;
        if let Some((old, lost, released)) = self.last.insert(component, (actor, at, false)) {
            let lost = if overlaps { at } else { lost };
            self.takeovers.push_back(Takeover {
                component,
                from: old.host,
                to: actor.host,
                lost,
                gained: at,
                released,
                undisturbed: undisturbed && !overlaps,
                note,
            });
            if self.takeovers.len() > KEPT {
                self.takeovers.pop_front();
            }
        }
    }

    fn stopped(&mut self, actor: Actor, at: SimTime, released: bool) {
        for (component, intervals) in self.acting.iter_mut() {
            let closed = intervals.close(at, |a| *a == actor);
            if let Some(last) = self.last.get_mut(component).filter(|(last, ..)| *last == actor) {
                last.2 |= released;
                if closed {
                    last.1 = at;
                    self.acts_since.insert(*component, 0);
                }
            }
        }
    }

    fn kernel(&mut self, what: Occurrence, process: Option<ProcId>, host: HostId, at: SimTime, facts: &impl Observer) {
        let affected = process.map_or_else(|| facts.processes(host), |p| vec![p]);
        match what {
            Occurrence::PoweredOff | Occurrence::HostPaused | Occurrence::Exited(_) | Occurrence::Paused => {
                for process in affected {
                    self.stopped(Actor { process, host }, at, false);
                    if !matches!(what, Occurrence::HostPaused | Occurrence::Paused) {
                        self.etcd_leaders.close(at, |l| l.process == process);
                    }
                }
            }
            Occurrence::HostResumed | Occurrence::Resumed => {
                for process in affected {
                    let Some(component) = facts.component(process).filter(|_| facts.leads(process)) else { continue };
                    let (intervals, actor) = (self.acting.entry(component).or_default(), Actor { process, host });
                    // It resumes acting, even if another process leads by now, unless it is still paused or has resumed
                    // before.
                    if !intervals.is_open(|a| *a == actor) {
                        intervals.open(at, actor);
                    }
                }
            }
            _ => {}
        }
    }

    fn reconcile(&mut self, at: SimTime, facts: &impl Observer) {
        let able = |component: Component| {
            self.acting
                .get(&component)
                .is_some_and(|i| i.iter().rev().take(8).any(|i| i.to.is_none() && facts.can_write(i.what)))
        };
        let ok = able(Component::ControllerManager) && able(Component::Scheduler);
        self.reconciling.switch(at, ok);
    }
}
