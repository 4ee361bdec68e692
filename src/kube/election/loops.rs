//! The loops between attempts: client-go's acquire and renew (FACTS 1.3), and the lecture's.

use super::attempt::Verdict;
use super::candidate::{Alarm, Candidate, Effect, Now, Out, Phase, Round};
use super::settings::Reading;
use crate::kube::api::Answer;
use crate::kube::error::Failure;
use crate::sim::{SimDuration, SimTime, Stream};

impl Candidate {
    pub(super) fn begin(&mut self, now: Now, out: &mut Out) {
        if self.phase != Phase::NotStarted {
            return;
        }
        if !self.settings.enabled {
            self.phase = Phase::Leading;
            out.push(Effect::StartedLeading { transitions: 0 });
            return;
        }
        self.phase = Phase::Acquiring;
        out.push(Effect::Log("Attempting to acquire leader lease..."));
        self.next_at = Some(now.local);
        self.begin_attempt(now, out);
    }

    pub(super) fn alarm(&mut self, now: Now, alarm: Alarm, out: &mut Out) {
        match (alarm, self.phase) {
            (Alarm::Next, Phase::Acquiring) if self.attempt.is_none() => self.begin_attempt(now, out),
            (Alarm::Next, Phase::Leading) if self.attempt.is_none() => self.renew(now, out),
            (Alarm::Deadline, Phase::Leading) => {
                self.deadline_at = None;
                self.fail_to_renew(now, out);
            }
            (Alarm::Deadline, Phase::Releasing) => {
                self.deadline_at = None;
                self.stop(out);
            }
            _ => {}
        }
    }

    /// Starts or continues a round of renewal.
    fn renew(&mut self, now: Now, out: &mut Out) {
        match self.settings.reading {
            Reading::ClientGo if self.round.is_none() => {
                let period = self.settings.retry_period;
                self.round = Some(Round { start: now.local, ticks: 0, period });
                self.set_deadline(now, self.settings.renew_deadline, out);
            }
            Reading::Lecture if self.round.is_none() && self.deadline_at.is_none() => {
                let left = (self.observed_time + self.observed.lease_duration()).since(now.local);
                self.set_deadline(now, left, out);
            }
            _ => {}
        }
        self.begin_attempt(now, out);
    }

    pub(super) fn answered(&mut self, now: Now, chance: &mut Stream, answer: Result<Answer, Failure>, out: &mut Out) {
        let Verdict::Decided(ok) = self.advance(now, answer, out) else { return };
        match (self.phase, ok) {
            (Phase::Acquiring, false) => {
                self.report_transition();
                self.wait_to_acquire(now, chance, out);
            }
            (Phase::Acquiring, true) => {
                self.report_transition();
                self.phase = Phase::Leading;
                out.push(Effect::Event("became leader"));
                out.push(Effect::Log("Successfully acquired lease"));
                out.push(Effect::StartedLeading { transitions: self.observed.leader_transitions });
                self.round = None;
                match self.settings.reading {
                    Reading::ClientGo => self.renew(now, out),
                    Reading::Lecture => self.lecture_renewed(now, out),
                }
            }
            (Phase::Leading, true) => self.renewed(now, out),
            (Phase::Leading, false) => self.not_renewed(now, out),
            (Phase::Releasing, _) => self.stop(out),
            _ => {}
        }
    }

    /// The pause until a standby polls again.
    fn wait_to_acquire(&mut self, now: Now, chance: &mut Stream, out: &mut Out) {
        let retry = self.settings.retry_period;
        let after = match self.settings.reading {
            Reading::ClientGo => retry + SimDuration(chance.below(retry.scale(12, 10).as_micros())),
            Reading::Lecture => until_next(self.next_at.unwrap_or(now.local), retry, now.local),
        };
        self.set_next(now, after, out);
    }

    fn renewed(&mut self, now: Now, out: &mut Out) {
        self.report_transition();
        self.round = None;
        match self.settings.reading {
            Reading::ClientGo => {
                self.unset_deadline(out);
                self.set_next(now, self.settings.retry_period, out);
            }
            Reading::Lecture => self.lecture_renewed(now, out),
        }
    }

    /// A lecture holder has its lease for the lease duration, and renews every renew deadline, on the tick.
    fn lecture_renewed(&mut self, now: Now, out: &mut Out) {
        let due = self.next_at.filter(|due| *due <= now.local).unwrap_or(now.local);
        let after = until_next(due, self.settings.renew_deadline, now.local);
        self.set_next(now, after, out);
        self.set_deadline(now, self.observed.lease_duration(), out);
    }

    fn not_renewed(&mut self, now: Now, out: &mut Out) {
        if let Some(round) = &mut self.round {
            let elapsed = now.local.since(round.start);
            let passed = elapsed.as_micros() / round.period.as_micros().max(1);
            if passed > round.ticks {
                round.ticks = passed; // a tick came during the attempt: of several, one is kept
                self.next_at = Some(now.local);
                self.begin_attempt(now, out);
                return;
            }
            let tick = SimDuration(round.period.as_micros().saturating_mul(round.ticks + 1));
            round.ticks += 1;
            self.set_next(now, tick - elapsed, out);
            return;
        }
        if self.settings.reading == Reading::Lecture && !self.is_leader() {
            self.unset_deadline(out);
            self.fail_to_renew(now, out);
            return;
        }
        let after = until_next(self.next_at.unwrap_or(now.local), self.settings.retry_period, now.local);
        self.set_next(now, after, out);
    }

    /// client-go then releases the lock if it would on SIGTERM; a lecture holder's lease has expired anyway.
    fn fail_to_renew(&mut self, now: Now, out: &mut Out) {
        self.report_transition();
        out.push(Effect::FailedToRenew);
        out.push(Effect::Log("Failed to renew lease"));
        if self.attempt.take().is_some() {
            out.push(Effect::CancelCall);
        }
        self.unset_next(out);
        if self.release_on_cancel && self.settings.reading == Reading::ClientGo {
            self.release(now, out);
        } else {
            out.push(Effect::Event("stopped leading"));
            self.stop(out);
        }
    }

    fn release(&mut self, now: Now, out: &mut Out) {
        self.phase = Phase::Releasing;
        self.round = None;
        self.set_deadline(now, self.settings.renew_deadline, out);
        self.begin_release(now, out);
    }

    /// SIGTERM.
    pub(super) fn cancel(&mut self, now: Now, out: &mut Out) {
        if self.phase == Phase::Over {
            return;
        }
        self.cancelled = true;
        if self.phase == Phase::Releasing {
            return;
        }
        if self.attempt.take().is_some() {
            out.push(Effect::CancelCall);
        }
        self.unset_next(out);
        self.unset_deadline(out);
        self.round = None;
        let led = self.phase == Phase::Leading && self.settings.enabled;
        if led && self.release_on_cancel {
            self.release(now, out);
        } else {
            if led {
                out.push(Effect::Event("stopped leading"));
            }
            self.stop(out);
        }
    }

    fn stop(&mut self, out: &mut Out) {
        if self.attempt.take().is_some() {
            out.push(Effect::CancelCall);
        }
        self.unset_deadline(out);
        if self.phase == Phase::Releasing {
            out.push(Effect::Event("stopped leading"));
        }
        let led = matches!(self.phase, Phase::Leading | Phase::Releasing);
        self.phase = Phase::Over;
        self.round = None;
        out.push(Effect::StoppedLeading { led, cancelled: self.cancelled });
    }
}

/// Returns the time from `now` to the next tick of `period` after `beat`; a missed tick is made up at once.
fn until_next(beat: SimTime, period: SimDuration, now: SimTime) -> SimDuration {
    (beat + period).since(now)
}
