//! A candidate bound to its process: its clock, its connection, its Events and notes (FACTS 1.6).

use super::candidate::{Alarm, Candidate, Effect, Input, Now};
use super::lock::{Lock, LockKind};
use super::settings::{Component, Settings};
use crate::kube::api::{Call, StreamId};
use crate::kube::handled::Handled;
use crate::kube::object::Name;
use crate::kube::recorder::{Involved, Recorder};
use crate::kube::throttle::Throttle;
use crate::kube::timer;
use crate::kube::trace_event::{ElectionEvent, TraceEvent};
use crate::kube::transport::{self, Client};
use crate::kube::vocabulary::Ctx;
use crate::sim::{Cause, HostId, NoteId, ProcId, Silent, SimDuration, Ticket};

/// Another candidate for the same lock, whose silence explains an expired lease.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its host's name, with which its identity begins.
    pub name: Name,
    /// Its host.
    pub host: HostId,
    /// Its process.
    pub process: ProcId,
}

/// The configuration of an elector.
#[derive(Clone, Debug)]
pub struct ElectorConfig {
    /// The component whose lock it is.
    pub component: Component,
    /// The `--leader-elect` flags; changed while it runs by `Control::Election`.
    pub settings: Settings,
    /// The kind of object that is the lock.
    pub lock: LockKind,
    /// This host's name.
    pub host_name: Name,
    /// The other candidates.
    pub peers: Vec<Peer>,
    /// The API server that it talks to, if it is a process of the world; its silence explains a failed renewal.
    pub api_server: Option<ProcId>,
}

/// What its process has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Start to act as the leader.
    Started,
    /// Exit; `cancelled` if SIGTERM asked for it.
    Stopped {
        /// Whether SIGTERM asked for it.
        cancelled: bool,
    },
}

/// A candidate bound to its process.
#[derive(Clone, Debug)]
pub(crate) struct Elector {
    config: ElectorConfig,
    candidate: Candidate,
    call: Option<StreamId>,
    /// A call that waits for a token of the client's rate limiter, with its timeout and its timer.
    waiting: Option<(Call, SimDuration, Ticket, u64)>,
    throttle: Throttle,
    alarms: [Option<(Ticket, u64)>; 2],
    generation: u64,
    effects: Vec<Effect>,
    /// The note that it could not renew; 0 if it could.
    gave_up: NoteId,
    /// The note that the lease was free; 0 once it leads.
    freed: NoteId,
}

impl Elector {
    /// Creates a candidate with a new identity: the host's name and a UUID.
    pub(crate) fn new(ctx: &mut Ctx<'_>, config: ElectorConfig) -> Self {
        let bits = ctx.rng("identity");
        let (high, low) = (bits.bits(), bits.bits());
        let identity = format!("{}_{}", config.host_name, uuid(u128::from(high) << 64 | u128::from(low)));
        let lock = Lock::new(config.lock, "kube-system", config.component.name());
        let releases = config.component == Component::Scheduler;
        // --kube-api-qps and --kube-api-burst as they are by default (FACTS 4.2).
        let throttle = match config.component {
            Component::ControllerManager => Throttle::new(20, 30),
            Component::Scheduler => Throttle::new(50, 100),
        };
        let candidate = Candidate::new(identity.into(), config.settings, lock, releases);
        Elector {
            config,
            candidate,
            call: None,
            waiting: None,
            throttle,
            alarms: [None; 2],
            generation: 0,
            effects: Vec::new(),
            gave_up: 0,
            freed: 0,
        }
    }

    /// Returns its candidate.
    pub(crate) fn candidate(&self) -> &Candidate {
        &self.candidate
    }

    /// Returns its candidate, for tests that break it.
    #[cfg(test)]
    pub(crate) fn candidate_mut(&mut self) -> &mut Candidate {
        &mut self.candidate
    }

    /// The flags that it runs with.
    pub(crate) fn settings(&self) -> &Settings {
        &self.config.settings
    }

    /// New settings, in force from the next step on.
    pub(crate) fn set(&mut self, settings: Settings) {
        self.config.settings = settings;
        self.candidate.set(settings);
    }

    /// Starts taking part in the election.
    pub(crate) fn start(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, recorder: &mut Recorder) -> Option<Change> {
        self.tell(ctx, client, recorder, Input::Begin)
    }

    /// SIGTERM.
    pub(crate) fn cancel(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, recorder: &mut Recorder) -> Option<Change> {
        self.tell(ctx, client, recorder, Input::Cancelled)
    }

    /// One of its timers is due; `number` is the timer's.
    pub(crate) fn on_timer(
        &mut self,
        ctx: &mut Ctx<'_>,
        client: &mut Client,
        recorder: &mut Recorder,
        why: timer::Election,
        number: u64,
    ) -> Option<Change> {
        let alarm = match why {
            timer::Election::NextAttempt => Alarm::Next,
            timer::Election::RenewDeadline => Alarm::Deadline,
            timer::Election::Token => {
                if let Some((call, timeout, ..)) = self.waiting.take_if(|waiting| waiting.3 == number) {
                    self.send(ctx, client, call, timeout);
                }
                return None;
            }
        };
        let slot = &mut self.alarms[alarm as usize];
        if slot.is_none_or(|(_, generation)| generation != number) {
            return None; // taken back while the process was paused
        }
        *slot = None;
        self.tell(ctx, client, recorder, Input::Alarm(alarm))
    }

    /// Takes the result of a call, if it is this elector's.
    pub(crate) fn on_event(
        &mut self,
        ctx: &mut Ctx<'_>,
        client: &mut Client,
        recorder: &mut Recorder,
        event: &transport::Event,
    ) -> Handled<Change> {
        let transport::Event::Done { stream, result } = event else { return Handled::NotMine };
        if self.call != Some(*stream) {
            return Handled::NotMine;
        }
        self.call = None;
        self.tell(ctx, client, recorder, Input::Answer(result.clone())).into()
    }

    fn tell(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, recorder: &mut Recorder, told: Input) -> Option<Change> {
        let now = Now { local: ctx.now(), wall: ctx.wall() };
        let mut effects = std::mem::take(&mut self.effects);
        self.candidate.told(now, ctx.rng("retry jitter"), told, &mut effects);
        let mut change = None;
        for effect in effects.drain(..) {
            if let Some(new) = self.carry_out(ctx, client, recorder, effect) {
                change = Some(new);
            }
        }
        self.effects = effects;
        change
    }

    fn carry_out(
        &mut self,
        ctx: &mut Ctx<'_>,
        client: &mut Client,
        recorder: &mut Recorder,
        effect: Effect,
    ) -> Option<Change> {
        let component = self.config.component;
        match effect {
            Effect::Call(call, timeout) => {
                // client-go waits for a token before it sends: with a retry period of microseconds, before each call.
                let wait = self.throttle.wait(ctx.now());
                if wait > SimDuration::ZERO {
                    self.generation += 1;
                    let ticket = ctx.set_timer(wait, timer::Election::Token, self.generation);
                    self.waiting = Some((call, timeout, ticket, self.generation));
                } else {
                    self.send(ctx, client, call, timeout);
                }
            }
            Effect::CancelCall => {
                if let Some((.., ticket, _)) = self.waiting.take() {
                    ctx.cancel_timer(ticket);
                }
                if let Some(stream) = self.call.take() {
                    client.cancel(ctx, stream);
                }
            }
            Effect::Set(alarm, after) => {
                self.unset(ctx, alarm);
                self.generation += 1;
                let why = match alarm {
                    Alarm::Next => timer::Election::NextAttempt,
                    Alarm::Deadline => timer::Election::RenewDeadline,
                };
                self.alarms[alarm as usize] = Some((ctx.set_timer(after, why, self.generation), self.generation));
            }
            Effect::Unset(alarm) => self.unset(ctx, alarm),
            Effect::Expired { holder } => self.free(ctx, &holder, ElectionEvent::Expired { holder: holder.clone() }),
            Effect::Vacant { holder } => self.free(ctx, &holder, ElectionEvent::Vacant { holder: holder.clone() }),
            Effect::Event(what) => {
                let lock = self.candidate.lock();
                let involved = Involved {
                    kind: lock.kind().kind(),
                    namespace: lock.namespace().clone(),
                    name: lock.name().clone(),
                    uid: 0,
                };
                let message = format!("{} {what}", self.candidate.identity());
                recorder.event(ctx, client, source(component), involved, false, "LeaderElection", message);
            }
            Effect::Log(line) => {
                let lock = self.candidate.lock();
                let text = format!("{line:?} lock=\"{}/{}\"", lock.namespace(), lock.name());
                ctx.note(TraceEvent::Log(text.into()));
            }
            Effect::StartedLeading { transitions } => {
                let note = TraceEvent::Election { component, what: ElectionEvent::StartedLeading { transitions } };
                ctx.note_because(std::mem::take(&mut self.freed), note);
                return Some(Change::Started);
            }
            Effect::FailedToRenew => {
                let note = TraceEvent::Election { component, what: ElectionEvent::FailedToRenew };
                self.gave_up = match self.config.api_server {
                    Some(process) if !self.candidate.observed_holder().is_empty() && self.candidate.is_leader() => {
                        ctx.note_silence(Silent::Process(process), note)
                    }
                    _ => ctx.note(note),
                };
            }
            Effect::Released => {
                ctx.note_because(self.gave_up, TraceEvent::Election { component, what: ElectionEvent::Released });
            }
            Effect::StoppedLeading { cancelled, led } => {
                if led {
                    ctx.note_because(
                        self.gave_up,
                        TraceEvent::Election { component, what: ElectionEvent::StoppedLeading },
                    );
                }
                return Some(Change::Stopped { cancelled });
            }
        }
        None
    }

    fn send(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, call: Call, timeout: SimDuration) {
        let cause = ctx.cause();
        // A release, or an acquisition, which may need several attempts.
        let takes = matches!(call, Call::Update { .. } | Call::Create { .. });
        let note = if self.gave_up == 0 && takes { self.freed } else { self.gave_up };
        if note != 0 {
            ctx.resume_cause(Cause { note, ..cause });
        }
        self.throttle.take(ctx.now());
        self.call = Some(client.call(ctx, call, Some(timeout)));
        ctx.resume_cause(cause);
    }

    /// The lease is free: the fate of its holder explains it.
    fn free(&mut self, ctx: &mut Ctx<'_>, holder: &str, what: ElectionEvent) {
        let of = self.config.peers.iter().find(|p| holder.rsplit_once('_').is_some_and(|h| h.0 == &*p.name));
        let note = TraceEvent::Election { component: self.config.component, what };
        self.freed = match of {
            Some(peer) => ctx.note_silence(Silent::Process(peer.process), note),
            None => ctx.note(note),
        };
    }

    fn unset(&mut self, ctx: &mut Ctx<'_>, alarm: Alarm) {
        if let Some((ticket, _)) = self.alarms[alarm as usize].take() {
            ctx.cancel_timer(ticket);
        }
    }
}

/// The component that its Events name.
fn source(component: Component) -> &'static str {
    match component {
        Component::ControllerManager => "kube-controller-manager",
        Component::Scheduler => "default-scheduler",
    }
}

/// A random (version 4) UUID of these bits.
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
