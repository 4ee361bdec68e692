//! One attempt to acquire or renew, call by call: client-go's `tryAcquireOrRenew` (FACTS 1.4), and `release` (FACTS 1.5).
//!
//! It starts with one call and continues with each answer until it is decided.

use super::candidate::{Candidate, Effect, Now, Out};
use super::record::Record;
use crate::kube::api::Answer;
use crate::kube::error::Failure;
use crate::sim::WallTime;

/// The call in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// PUT over the object in hand, without reading first.
    FastUpdate,
    Get,
    Create,
    Update,
    ReleaseGet,
    ReleaseUpdate,
}

/// An attempt under way to acquire, renew or release.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    at: At,
    /// When it began.
    now: Now,
    /// The record that the call in flight writes.
    writing: Record,
}

impl Attempt {
    pub(super) fn writing(&self) -> &Record {
        &self.writing
    }
}

/// The result of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Another call is in flight.
    Undecided,
    /// `tryAcquireOrRenew`, or `release`, returned this.
    Decided(bool),
}

impl Candidate {
    /// A new record of its own, as of now.
    fn fresh(&self, wall: WallTime) -> Record {
        Record {
            holder_identity: self.identity.clone(),
            lease_duration_seconds: (self.settings.lease_duration.as_micros() / 1_000_000) as u32,
            acquire_time: Some(wall),
            renew_time: Some(wall),
            leader_transitions: 0,
        }
    }

    pub(super) fn begin_attempt(&mut self, now: Now, out: &mut Out) {
        self.attempts += 1;
        let mut writing = self.fresh(now.wall);
        if self.is_leader() && self.is_lease_valid(now) {
            writing.acquire_time = self.observed.acquire_time;
            writing.leader_transitions = self.observed.leader_transitions;
            if let Some(call) = self.lock.update(&writing) {
                self.attempt = Some(Attempt { at: At::FastUpdate, now, writing });
                out.push(Effect::Call(call, self.call_timeout()));
                return;
            }
        }
        self.read(Attempt { at: At::Get, now, writing }, out);
    }

    pub(super) fn begin_release(&mut self, now: Now, out: &mut Out) {
        self.read(Attempt { at: At::ReleaseGet, now, writing: Record::default() }, out);
    }

    fn read(&mut self, attempt: Attempt, out: &mut Out) {
        out.push(Effect::Call(self.lock.get(), self.call_timeout()));
        self.attempt = Some(attempt);
    }

    /// Continues with the answer to the call in flight.
    pub(super) fn advance(&mut self, now: Now, answer: Result<Answer, Failure>, out: &mut Out) -> Verdict {
        let Some(mut attempt) = self.attempt.take() else { return Verdict::Undecided };
        let failure = answer.as_ref().err().cloned();
        let read = answer.ok().and_then(|a| self.lock.take(a));
        match attempt.at {
            At::FastUpdate | At::Update | At::Create if read.is_some() => {
                self.observe(now, attempt.writing);
                self.last_renew = Some(now.local);
                Verdict::Decided(true)
            }
            At::FastUpdate => {
                out.push(Effect::Log("Failed to update lease optimistically, falling back to slow path"));
                // It continues with the same record, as upstream does: a candidate that recreates a deleted lock keeps
                // acquireTime and leaderTransitions.
                attempt.at = At::Get;
                self.read(attempt, out);
                Verdict::Undecided
            }
            At::Get => match (read, failure) {
                (Some(record), _) => self.judge(now, attempt, record, out),
                (None, Some(failure)) if failure.is_not_found() => {
                    attempt.at = At::Create;
                    out.push(Effect::Call(self.lock.create(&attempt.writing), self.call_timeout()));
                    self.attempt = Some(attempt);
                    Verdict::Undecided
                }
                _ => Verdict::Decided(false),
            },
            At::ReleaseGet => match read {
                Some(record) if self.is_leader() && record.holder_identity == self.identity => {
                    attempt.writing = Record {
                        holder_identity: "".into(),
                        lease_duration_seconds: 1,
                        acquire_time: Some(now.wall),
                        renew_time: Some(now.wall),
                        leader_transitions: record.leader_transitions,
                    };
                    attempt.at = At::ReleaseUpdate;
                    self.write(attempt, out)
                }
                Some(_) => Verdict::Decided(true),
                None => Verdict::Decided(false),
            },
            At::ReleaseUpdate => match (read, failure) {
                (Some(_), _) => {
                    self.observe(now, attempt.writing);
                    self.report_transition();
                    out.push(Effect::Released);
                    Verdict::Decided(true)
                }
                (None, Some(failure)) if failure.is_conflict() => {
                    attempt.at = At::ReleaseGet;
                    self.read(attempt, out);
                    Verdict::Undecided
                }
                _ => Verdict::Decided(false),
            },
            At::Create | At::Update => Verdict::Decided(false),
        }
    }

    /// The record has been read: decides whether to write it.
    fn judge(&mut self, now: Now, mut attempt: Attempt, record: Record, out: &mut Out) -> Verdict {
        let before = self.observed.holder_identity.clone();
        if self.observed_raw.as_ref() != Some(&record) {
            self.observe(now, record.clone());
            self.observed_raw = Some(record.clone());
        }
        let held = !record.holder_identity.is_empty();
        if held && !self.is_leader() {
            if self.is_lease_valid(attempt.now) {
                return Verdict::Decided(false);
            }
            if !self.expiry_reported {
                self.expiry_reported = true;
                out.push(Effect::Expired { holder: record.holder_identity.clone() });
            }
        }
        if !held && !before.is_empty() {
            out.push(Effect::Vacant { holder: before });
        }
        if self.is_leader() {
            attempt.writing.acquire_time = record.acquire_time;
            attempt.writing.leader_transitions = record.leader_transitions;
        } else {
            attempt.writing.leader_transitions = record.leader_transitions + 1;
        }
        attempt.at = At::Update;
        self.write(attempt, out)
    }

    fn write(&mut self, attempt: Attempt, out: &mut Out) -> Verdict {
        let Some(call) = self.lock.update(&attempt.writing) else { return Verdict::Decided(false) };
        out.push(Effect::Call(call, self.call_timeout()));
        self.attempt = Some(attempt);
        Verdict::Undecided
    }
}
