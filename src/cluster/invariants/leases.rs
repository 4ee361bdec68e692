//! Invariants of the locks of leader elections, whatever real clients do to them: a Lease may be deleted, rewritten or
//! made unreadable by any client with write access, and then two candidates may act for a while, as with real programs
//! (FACTS 1.7).
//!
//! So each candidate is judged by what etcd shows and by the candidate's own clock:
//!
//! - **Taking.** A candidate writes itself over another holder's record only when that record has expired: in client-go's
//!   reading it has stood unchanged for its lease duration, in the lecture's renewTime and lease duration have passed
//!   (FACTS 1.4 and 2). After an object was deleted, recreated or written by a stranger, the count starts again.
//! - **Keeping.** A candidate acts only for as long after its last record in etcd as its flags allow: the time
//!   that it runs, on its own clock, from that write to the end of the round in which it fails to renew (FACTS 1.3).
//!
//! With exact clocks, no pause and no stranger the two give the bound of FACTS 1.7.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::etcd::{Member, Revision, WatchKind};
use crate::kube::Value;
use crate::kube::election::{Component, LockKind, Reading, Record, Settings};
use crate::kube::object::{Name, Uid};
use crate::sim::{HostId, ProcId, SimDuration, SimTime};

/// How many different records of one object are remembered: a standby that has not polled meanwhile may find an old one
/// again.
const REMEMBERED: usize = 32;
/// Tolerance for rounding on clocks that run at another rate.
const ROUNDING: SimDuration = SimDuration::from_millis(10);

/// A candidate of an election whose process is up.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) component: Component,
    pub(crate) process: ProcId,
    pub(crate) host: HostId,
    /// `master-1/kube-scheduler`
    pub(crate) path: String,
    pub(crate) identity: Name,
    /// The flags that it runs with.
    pub(crate) settings: Settings,
    /// Whether it takes part, by the flags that it was started with.
    pub(crate) enabled: bool,
    pub(crate) lock: LockKind,
    /// Returns whether it is releasing the lock.
    pub(crate) releasing: bool,
    /// Whether neither it nor its host is paused.
    pub(crate) runs: bool,
    /// Monotonic time on its host's clock.
    pub(crate) local: SimTime,
    /// Returns the record that the call in flight would write; `None` if no write is in flight.
    pub(crate) writing: Option<Record>,
    /// The record that it last saw or wrote.
    pub(crate) observed: Record,
    /// When it last noticed its own renewal, on its clock.
    pub(crate) renewed: Option<SimTime>,
}

/// A record, and the earliest that each candidate's clock can have shown when it was written.
#[derive(Clone, Debug)]
struct Version {
    record: Record,
    clocks: Rc<[(HostId, SimTime)]>,
}

/// A lock object that can be read.
#[derive(Clone, Debug)]
struct HeldRecord {
    revision: Revision,
    uid: Uid,
    record: Record,
}

#[derive(Clone, Debug)]
struct Lock {
    component: Component,
    kind: LockKind,
    key: Name,
    held: Option<HeldRecord>,
    /// The records that the lock had, of any object: a candidate looks at the record alone, and in an object that was
    /// recreated within the second an annotation may be the same.
    versions: VecDeque<Version>,
}

/// How long a candidate may act without renewing, by all the flags with which it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// Until a renewal that was written is answered.
    answer: SimDuration,
    /// The pause between the answer and the next attempt.
    sleep: SimDuration,
    /// client-go: the renew deadline, from that attempt on.
    round: SimDuration,
    /// The lecture: the lease duration, from the answer on.
    lease: SimDuration,
    client_go: bool,
    lecture: bool,
}

impl Limit {
    pub(super) fn of(settings: &Settings) -> Self {
        let lecture = settings.reading == Reading::Lecture;
        Limit {
            answer: settings.renew_deadline.scale(1, 2).max(SimDuration::from_secs(1)),
            sleep: if lecture { settings.renew_deadline } else { settings.retry_period },
            round: settings.renew_deadline,
            lease: settings.lease_duration,
            client_go: !lecture,
            lecture,
        }
    }

    /// With a lease as long as a record says.
    fn and_lease(self, lease: SimDuration) -> Self {
        Limit { lease: self.lease.max(lease), ..self }
    }

    /// The longest of each part.
    fn and(self, other: Self) -> Self {
        Limit {
            answer: self.answer.max(other.answer),
            sleep: self.sleep.max(other.sleep),
            round: self.round.max(other.round),
            lease: self.lease.max(other.lease),
            client_go: self.client_go || other.client_go,
            lecture: self.lecture || other.lecture,
        }
    }

    pub(super) fn span(&self) -> SimDuration {
        self.answer
            + match (self.client_go, self.lecture) {
                (false, _) => self.lease,
                (true, false) => self.sleep + self.round,
                (true, true) => self.sleep + self.round.max(self.lease),
            }
    }
}

/// What is known of a candidate since its last record in etcd.
#[derive(Clone, Debug)]
struct Grip {
    process: ProcId,
    identity: Name,
    /// For how long it has run since, on its own clock; at most.
    ran: SimDuration,
    /// By all the flags with which it ran since it last learnt that it had renewed.
    limit: Limit,
    /// The state at the last check.
    local: SimTime,
    runs: bool,
    settings: Settings,
    renewed: Option<SimTime>,
    /// It has learnt since the last look that it had renewed.
    news: bool,
    /// When, on its clock, it began to read leases as it does.
    reads_since: SimTime,
}

/// What the locks of the leader elections are checked against.
#[derive(Clone, Debug)]
pub(super) struct Leases {
    /// The last change that was checked.
    revision: Revision,
    locks: Vec<Lock>,
    grips: Vec<Grip>,
    /// The candidates' clocks at the last check.
    clocks: Rc<[(HostId, SimTime)]>,
}

impl Default for Leases {
    fn default() -> Self {
        let kinds = [LockKind::Leases, LockKind::Endpoints];
        let lock = |(component, kind): (Component, LockKind)| {
            let key = kind.kind().key("kube-system", component.name());
            Lock { component, kind, key, held: None, versions: VecDeque::new() }
        };
        let all = Component::ALL.into_iter().flat_map(|component| kinds.map(|kind| (component, kind)));
        Leases { revision: 0, locks: all.map(lock).collect(), grips: Vec::new(), clocks: Rc::new([]) }
    }
}

/// The name of an invariant, and how it was broken.
pub(super) type Wrong = (&'static str, String);

impl Leases {
    /// Checks what has changed since the last check. `members` are those with a disk, up or down.
    pub(super) fn look(
        &mut self,
        members: &[&Member<Value>],
        seats: &[Seat],
        clocks: &[(HostId, SimTime)],
    ) -> Result<(), Wrong> {
        self.follow_time(seats);
        self.renewals_without_a_change(seats);
        let newest = members.iter().map(|m| m.store()).max_by_key(|store| store.revision());
        if let Some(store) = newest.filter(|store| store.revision() > self.revision) {
            match store.events_from(self.revision + 1) {
                Ok(events) => {
                    for event in events {
                        let Some(place) = self.locks.iter().position(|lock| lock.key == event.kv.key) else { continue };
                        let value = (event.kind == WatchKind::Put).then_some(&event.kv.value);
                        self.changed(place, event.kv.mod_revision, value, seats)?;
                        self.renewals_without_a_change(seats);
                    }
                }
                // Compacted before it was checked: start again with the present state.
                Err(_) => {
                    for place in 0..self.locks.len() {
                        self.locks[place].held = None;
                        if let Some(kv) = store.get(&self.locks[place].key) {
                            self.changed(place, kv.mod_revision, Some(&kv.value), seats)?;
                        }
                    }
                }
            }
            self.revision = store.revision();
        }
        self.clocks = clocks.into();
        self.same_everywhere(members)
    }

    /// An update that changes nothing is answered and not written: in an annotation, with times to the second, a record may
    /// say the same again. It counts if etcd has, or had since the last look, the very record that the candidate says it
    /// wrote: so this is asked before the first change and after each.
    fn renewals_without_a_change(&mut self, seats: &[Seat]) {
        for grip in self.grips.iter_mut().filter(|grip| grip.news) {
            let Some(seat) = seats.iter().find(|s| s.process == grip.process) else { continue };
            let lock = self.locks.iter().find(|l| l.component == seat.component && l.kind == seat.lock);
            let Some(held) = lock.and_then(|l| l.held.as_ref()) else { continue };
            if seat.identity == held.record.holder_identity && seat.lock.stored(&seat.observed) == held.record {
                grip.ran = SimDuration::ZERO;
            }
        }
    }

    /// Counts for how long each candidate has run.
    fn follow_time(&mut self, seats: &[Seat]) {
        self.grips.retain(|grip| seats.iter().any(|s| s.process == grip.process && s.identity == grip.identity));
        for seat in seats {
            let limit = Limit::of(&seat.settings);
            let Some(grip) = self.grips.iter_mut().find(|g| g.process == seat.process) else {
                self.grips.push(Grip {
                    process: seat.process,
                    identity: seat.identity.clone(),
                    ran: SimDuration::ZERO,
                    limit,
                    local: seat.local,
                    runs: seat.runs,
                    settings: seat.settings,
                    renewed: seat.renewed,
                    news: false,
                    reads_since: SimTime::ZERO,
                });
                continue;
            };
            if grip.runs {
                grip.ran = grip.ran + seat.local.since(grip.local);
            }
            if grip.settings.reading != seat.settings.reading {
                grip.reads_since = seat.local;
            }
            let before = if grip.renewed == seat.renewed { grip.limit } else { Limit::of(&grip.settings) };
            grip.limit = before.and(limit).and_lease(seat.observed.lease_duration());
            (grip.local, grip.runs) = (seat.local, seat.runs);
            grip.news = grip.renewed != seat.renewed;
            (grip.settings, grip.renewed) = (seat.settings, seat.renewed);
        }
    }

    /// A lock was written, or deleted.
    fn changed(
        &mut self,
        place: usize,
        revision: Revision,
        value: Option<&Value>,
        seats: &[Seat],
    ) -> Result<(), Wrong> {
        let lock = &mut self.locks[place];
        let object = value.and_then(|v| v.object());
        let Some((object, record)) = object.and_then(|o| Some((o, Record::of(o)?))) else {
            lock.held = None;
            return Ok(());
        };
        let (uid, record) = (object.meta.uid, &record);
        let of_lock = |seat: &&Seat| seat.component == lock.component && seat.lock == lock.kind;
        let mine = |r: &Record| lock.kind.stored(r) == *record;
        let writer = seats.iter().filter(of_lock).find(|seat| {
            seat.writing.as_ref().is_some_and(mine) || seat.identity == record.holder_identity && mine(&seat.observed)
        });
        if let Some(seat) = seats.iter().filter(of_lock).find(|seat| seat.identity == record.holder_identity)
            && let Some(grip) = self.grips.iter_mut().find(|g| g.process == seat.process)
        {
            grip.ran = SimDuration::ZERO;
        }
        if let (Some(old), Some(seat)) = (lock.held.as_ref().filter(|held| held.uid == uid), writer) {
            let grip = self.grips.iter().find(|g| g.process == seat.process);
            let since = grip.map_or(SimTime::ZERO, |g| g.reads_since);
            let judged =
                follows(&old.record, record).and_then(|()| waited(&old.record, &lock.versions, record, seat, since));
            judged.map_err(|why| ("lease-record", format!("{}: {why}", lock.key)))?;
        }
        lock.held = Some(HeldRecord { revision, uid, record: record.clone() });
        if lock.versions.back().is_none_or(|last| last.record != *record) {
            lock.versions.push_back(Version { record: record.clone(), clocks: self.clocks.clone() });
            if lock.versions.len() > REMEMBERED {
                lock.versions.pop_front();
            }
        }
        Ok(())
    }

    /// A lock has one record at a time, the same wherever it is read.
    fn same_everywhere(&self, members: &[&Member<Value>]) -> Result<(), Wrong> {
        for lock in &self.locks {
            let Some(held) = &lock.held else { continue };
            let a = &held.record.holder_identity;
            for member in members {
                let stored = member.store().get(&lock.key).filter(|kv| kv.mod_revision == held.revision);
                let Some(b) = stored.and_then(|kv| Record::of(kv.value.object()?)).map(|r| r.holder_identity) else {
                    continue;
                };
                if *a != b {
                    return Err(("lease-single-holder", format!("{}: {a} and {b} at once", lock.key)));
                }
            }
        }
        Ok(())
    }

    /// Checks whether each of the candidates that act may act.
    pub(super) fn acting(&self, component: Component, acting: &[ProcId], seats: &[Seat]) -> Result<(), Wrong> {
        if acting.len() < 2 {
            return Ok(());
        }
        for seat in seats.iter().filter(|s| s.enabled && s.runs && acting.contains(&s.process)) {
            let Some(grip) = self.grips.iter().find(|g| g.process == seat.process) else { continue };
            // While client-go releases the lock, its caller still works.
            let release = if seat.releasing { seat.settings.renew_deadline } else { SimDuration::ZERO };
            let limit = grip.limit.span() + release;
            if grip.ran > limit + ROUNDING {
                let (name, path, ran) = (component.name(), &seat.path, grip.ran);
                let detail =
                    format!("two of {name} act, and {path} for {ran} since it last renewed; {limit} are possible");
                return Err(("acting-leaders-overlap", detail));
            }
        }
        Ok(())
    }
}

/// Whether a candidate may write one record over another (FACTS 1.4 and 1.5).
pub(super) fn follows(old: &Record, new: &Record) -> Result<(), String> {
    let (from, to) = (&old.holder_identity, &new.holder_identity);
    let added = u32::from(from != to && !to.is_empty());
    if new.leader_transitions != old.leader_transitions.saturating_add(added) {
        let (a, b) = (old.leader_transitions, new.leader_transitions);
        return Err(format!("from {from:?} to {to:?}, and leaseTransitions from {a} to {b}"));
    }
    if from == to && !to.is_empty() && old.acquire_time != new.acquire_time {
        return Err(format!("{to} holds it on, but acquireTime changed"));
    }
    Ok(())
}

/// Whether the lease of another was over for the candidate that takes it, which reads leases as it does since
/// `reads_since` on its clock.
fn waited(
    old: &Record,
    versions: &VecDeque<Version>,
    new: &Record,
    seat: &Seat,
    reads_since: SimTime,
) -> Result<(), String> {
    let (from, to) = (&old.holder_identity, &new.holder_identity);
    if from.is_empty() || from == to || *to != seat.identity {
        return Ok(());
    }
    let lease = old.lease_duration();
    let clock = |version: &Version| {
        let clock = version.clocks.iter().find(|(host, _)| *host == seat.host);
        clock.map_or(SimTime::ZERO, |(_, local)| *local)
    };
    let first = versions.iter().filter(|v| v.record == *old).map(clock).min().unwrap_or(seat.local);
    let stood = seat.local.since(first);
    let unchanged = stood + ROUNDING >= lease;
    // What a call began under the other reading may still decide.
    let over = old.renew_time.is_none_or(|at| new.renew_time.is_some_and(|now| now >= at + lease));
    let free = match seat.settings.reading {
        _ if reads_since > first && (unchanged || over) => true,
        Reading::ClientGo => unchanged,
        Reading::Lecture => over,
    };
    if free {
        return Ok(());
    }
    Err(format!("{to} takes it from {from}, whose lease of {lease} is not over: its record is {stood} old at most"))
}
