//! A candidate for a lock, as a pure state machine: given an input, it returns the effects to carry out (FACTS 1.2 to
//! 1.5).
//!
//! Upstream: client-go tools/leaderelection/leaderelection.go. It knows no network and no queue; time and randomness are
//! inputs. One attempt to acquire or renew is in `attempt.rs`, the loops around it are in `loops.rs`.
//!
//! Two readings of the lease share the machine. **client-go** is FACTS 1.3 and 1.4. **Lecture**: a standby polls every
//! retry period exactly, and takes the lock once its wall clock reaches renewTime + lease duration; the holder renews
//! every renew deadline exactly. A lecture holder that cannot renew tries again every retry period, and exits when its
//! lease has expired by its own monotonic clock, or as soon as it reads that another candidate holds it.

use super::attempt::Attempt;
use super::lock::Lock;
use super::record::Record;
use super::settings::{Reading, Settings};
use crate::kube::api::{Answer, Call};
use crate::kube::error::Failure;
use crate::kube::object::Name;
use crate::sim::{SimDuration, SimTime, Stream, WallTime};

/// The time on a candidate's host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic; durations are measured on it.
    pub local: SimTime,
    /// Wall clock; written into records, and compared with them in the lecture's reading only.
    pub wall: WallTime,
}

/// When the observed lock is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// client-go's reading: by its monotonic clock, from when it saw the record change.
    Local(SimTime),
    /// The lecture's: by its wall clock, from renewTime. A record without renewTime is free.
    Wall(WallTime),
}

/// An alarm of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// The next attempt.
    Next,
    /// The end of the time in which it must renew, or release.
    Deadline,
}

/// An input of a candidate.
#[derive(Clone, Debug)]
pub enum Input {
    /// The process is ready to take part.
    Begin,
    /// An alarm is due.
    Alarm(Alarm),
    /// The result of the call in flight.
    Answer(Result<Answer, Failure>),
    /// The context is cancelled: SIGTERM.
    Cancelled,
}

/// An effect that a candidate's owner has to carry out.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Make this call, with this limit. At most one is in flight.
    Call(Call, SimDuration),
    /// Forget the call in flight.
    CancelCall,
    /// Replaces an alarm of the same kind.
    Set(Alarm, SimDuration),
    /// Takes an alarm back.
    Unset(Alarm),
    /// The observed lease has expired; the candidate tries to take it.
    Expired {
        /// The last holder.
        holder: Name,
    },
    /// The holder has released the lease; the candidate tries to take it.
    Vacant {
        /// The last holder; empty if there was none.
        holder: Name,
    },
    /// An Event on the lock: the identity and this.
    Event(&'static str),
    /// A line of the log about the lock.
    Log(&'static str),
    /// It leads from now on.
    StartedLeading {
        /// How often the lease has changed hands.
        transitions: u32,
    },
    /// The renew deadline has passed without a renewal.
    FailedToRenew,
    /// The lease was given back.
    Released,
    /// The process has to exit: the candidate has stopped leading, or never led.
    StoppedLeading {
        /// Whether it led.
        led: bool,
        /// Whether SIGTERM ended it.
        cancelled: bool,
    },
}

/// The lifecycle phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The election has not begun for it.
    NotStarted,
    /// A standby, trying to acquire.
    Acquiring,
    /// It leads and renews.
    Leading,
    /// It releases the lock.
    Releasing,
    /// It takes no part any more.
    Over,
}

/// One round of client-go's renew loop: attempts from `start` until one succeeds or the renew deadline passes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    pub(crate) start: SimTime,
    /// How many of its retry periods have passed.
    pub(crate) ticks: u64,
    /// The retry period when it began.
    pub(crate) period: SimDuration,
}

/// One candidate for a lock.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub(super) identity: Name,
    pub(super) settings: Settings,
    pub(super) lock: Lock,
    /// Whether it releases the lock when it is cancelled.
    pub(super) release_on_cancel: bool,
    pub(super) phase: Phase,
    pub(super) attempt: Option<Attempt>,
    pub(super) round: Option<Round>,
    /// The record last seen or written, and when, locally.
    pub(super) observed: Record,
    pub(super) observed_time: SimTime,
    /// The record as last read; writing does not change it.
    pub(super) observed_raw: Option<Record>,
    pub(super) reported_leader: Name,
    pub(super) expiry_reported: bool,
    pub(super) next_at: Option<SimTime>,
    pub(super) deadline_at: Option<SimTime>,
    pub(super) last_renew: Option<SimTime>,
    pub(super) cancelled: bool,
    pub(super) attempts: u64,
}

/// Effects of one step.
pub(super) type Out = Vec<Effect>;

impl Candidate {
    /// A candidate that has not begun. `release_on_cancel` is client-go's `ReleaseOnCancel`.
    pub fn new(identity: Name, settings: Settings, lock: Lock, release_on_cancel: bool) -> Self {
        Candidate {
            identity,
            settings,
            lock,
            release_on_cancel,
            phase: Phase::NotStarted,
            attempt: None,
            round: None,
            observed: Record::default(),
            observed_time: SimTime::ZERO,
            observed_raw: None,
            reported_leader: Name::default(),
            expiry_reported: false,
            next_at: None,
            deadline_at: None,
            last_renew: None,
            cancelled: false,
            attempts: 0,
        }
    }

    /// Sets the observed record and when it was seen, local time, for tests. `raw` as for a GET.
    pub fn with_observed(mut self, record: Record, raw: bool, at: SimTime) -> Self {
        self.observed_raw = raw.then(|| record.clone());
        self.observed = record;
        self.observed_time = at;
        self
    }

    /// Checks what client-go's constructor checks (FACTS 1.1).
    ///
    /// # Errors
    /// client-go's own text.
    pub fn validate(&self) -> Result<(), &'static str> {
        self.settings.validate()?;
        if self.settings.enabled && self.identity.is_empty() {
            return Err("Lock identity is empty");
        }
        Ok(())
    }

    /// Changes the settings from the next step on. `--leader-elect` itself is read when the process starts.
    pub fn set(&mut self, settings: Settings) {
        self.settings = Settings { enabled: self.settings.enabled, ..settings };
    }

    /// Takes one step. The effects are appended to `out`.
    pub fn told(&mut self, now: Now, chance: &mut Stream, told: Input, out: &mut Vec<Effect>) {
        match told {
            Input::Begin => self.begin(now, out),
            Input::Alarm(alarm) => self.alarm(now, alarm, out),
            Input::Answer(answer) => self.answered(now, chance, answer, out),
            Input::Cancelled => self.cancel(now, out),
        }
    }

    // ---- what an inspector shows ----

    /// Returns the identity that it writes into the record.
    pub(crate) fn identity(&self) -> &Name {
        &self.identity
    }

    /// Returns the settings in force.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the lock.
    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    /// Returns the record that the call in flight would write; `None` if no write is in flight.
    pub(crate) fn writing(&self) -> Option<&Record> {
        self.attempt.as_ref().map(|attempt| attempt.writing())
    }

    /// Returns whether it is releasing the lock.
    pub(crate) fn is_releasing(&self) -> bool {
        self.phase == Phase::Releasing
    }

    /// Returns its lifecycle phase.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns whether it acts as the leader; without election it always does.
    pub fn is_acting(&self) -> bool {
        self.phase == Phase::Leading
    }

    /// Returns whether the observed record names it: client-go's `IsLeader`.
    pub fn is_leader(&self) -> bool {
        !self.identity.is_empty() && self.observed.holder_identity == self.identity
    }

    /// Returns the observed record; empty if it has never seen one.
    pub(crate) fn observed(&self) -> &Record {
        &self.observed
    }

    /// Returns the observed record; `None` if it has never seen one.
    pub fn record(&self) -> Option<&Record> {
        (self.observed_time > SimTime::ZERO).then_some(&self.observed)
    }

    /// Returns the observed holder; empty if there is none.
    pub fn observed_holder(&self) -> &Name {
        &self.observed.holder_identity
    }

    /// The holder that it last reported to its owner.
    pub fn reported_leader(&self) -> &Name {
        &self.reported_leader
    }

    /// Returns when it last saw the record change, or wrote it; local time.
    pub fn observed_time(&self) -> SimTime {
        self.observed_time
    }

    /// Returns when the lock becomes free for it if nothing changes; `None` if it knows no holder.
    pub fn free_at(&self) -> Option<Expiry> {
        if self.observed.holder_identity.is_empty() {
            return None;
        }
        Some(self.expiry())
    }

    /// Returns when its next attempt is due, local time.
    pub(crate) fn next_look(&self) -> Option<SimTime> {
        self.next_at
    }

    /// Returns when it last wrote the record, local time.
    pub(crate) fn last_renew(&self) -> Option<SimTime> {
        self.last_renew
    }

    /// Returns when it stops trying to renew, local time; set during a round of renewal, and always for a lecture holder.
    pub(crate) fn renew_deadline(&self) -> Option<SimTime> {
        self.deadline_at
    }

    /// Returns how many attempts to acquire or renew it has made.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    /// client-go's health check of the election: unhealthy if it believes that it leads, and has not observed itself
    /// renewing for the lease duration and `tolerance` (FACTS 1.1).
    ///
    /// # Errors
    /// The text that `/healthz` shows.
    pub fn healthz(&self, now: Now, tolerance: SimDuration) -> Result<(), String> {
        let limit = self.settings.lease_duration + tolerance;
        if self.is_leader() && now.local.since(self.observed_time) > limit {
            return Err(format!("failed election to renew leadership on lease {}", self.lock.name()));
        }
        Ok(())
    }

    // ---- shared by attempt.rs and loops.rs ----

    /// Each call's limit: half the renew deadline, at least a second.
    pub(super) fn call_timeout(&self) -> SimDuration {
        (self.settings.renew_deadline.scale(1, 2)).max(SimDuration::from_secs(1))
    }

    fn expiry(&self) -> Expiry {
        let lease = self.observed.lease_duration();
        match self.settings.reading {
            Reading::ClientGo => Expiry::Local(self.observed_time + lease),
            Reading::Lecture => Expiry::Wall(self.observed.renew_time.map_or(WallTime(i64::MIN), |at| at + lease)),
        }
    }

    /// Strict: at the very end of the lease it is free.
    pub(super) fn is_lease_valid(&self, now: Now) -> bool {
        match self.expiry() {
            Expiry::Local(at) => at > now.local,
            Expiry::Wall(at) => at > now.wall,
        }
    }

    pub(super) fn observe(&mut self, now: Now, record: Record) {
        self.observed = record;
        self.observed_time = now.local;
        self.expiry_reported = false;
    }

    pub(super) fn report_transition(&mut self) {
        if self.reported_leader != self.observed.holder_identity {
            self.reported_leader = self.observed.holder_identity.clone();
        }
    }

    pub(super) fn set_next(&mut self, now: Now, after: SimDuration, out: &mut Out) {
        self.next_at = Some(now.local + after);
        out.push(Effect::Set(Alarm::Next, after));
    }

    pub(super) fn set_deadline(&mut self, now: Now, after: SimDuration, out: &mut Out) {
        self.deadline_at = Some(now.local + after);
        out.push(Effect::Set(Alarm::Deadline, after));
    }

    pub(super) fn unset_deadline(&mut self, out: &mut Out) {
        if self.deadline_at.take().is_some() {
            out.push(Effect::Unset(Alarm::Deadline));
        }
    }

    pub(super) fn unset_next(&mut self, out: &mut Out) {
        if self.next_at.take().is_some() {
            out.push(Effect::Unset(Alarm::Next));
        }
    }
}
