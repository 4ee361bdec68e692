//! Crash back-off of one container: no delay, then 10, 20, 40 ... 300 s, reset after 10 minutes without a crash.
//! FACTS 3.5; upstream `client-go/util/flowcontrol/backoff.go`.

use crate::sim::{SimDuration, SimTime};

const FIRST: SimDuration = SimDuration::from_secs(10);
const LONGEST: SimDuration = SimDuration::from_secs(300);
/// Twice the longest back-off.
const RESET: SimDuration = SimDuration::from_secs(600);

/// The crash back-off of one container; all times are the host's monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BackOff {
    /// Returns the delay after the next crash; `None` before the first restart.
    wait: Option<SimDuration>,
    restarted_at: SimTime,
}

impl BackOff {
    /// Returns when a container that ended at `finished` may start again; `None` if at once.
    pub(crate) fn until(&self, finished: SimTime, now: SimTime) -> Option<SimTime> {
        let wait = self.wait.filter(|_| !self.expired(finished))?;
        let until = finished + wait;
        (until > now).then_some(until)
    }

    /// The delay if the container crashes now.
    pub(crate) fn wait(&self) -> Option<SimDuration> {
        self.wait
    }

    /// The container is restarted after it ended at `finished`.
    pub(crate) fn restarted(&mut self, finished: SimTime, now: SimTime) {
        self.wait = Some(match self.wait {
            Some(wait) if !self.expired(finished) => wait.scale(2, 1).min(LONGEST),
            _ => FIRST,
        });
        self.restarted_at = now;
    }

    fn expired(&self, finished: SimTime) -> bool {
        finished.since(self.restarted_at) > RESET
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row: how long the container ran before it crashed, and how long it then waits, in seconds.
    fn check(rows: &[(u64, u64)]) {
        let mut back_off = BackOff::default();
        let mut now = SimTime::ZERO;
        for (index, (ran, waits)) in rows.iter().enumerate() {
            let finished = now + SimDuration::from_secs(*ran);
            let start = back_off.until(finished, finished).unwrap_or(finished);
            assert_eq!(start.since(finished), SimDuration::from_secs(*waits), "row {index} of {rows:?}");
            back_off.restarted(finished, start);
            now = start;
        }
    }

    /// Guards the series of FACTS 3.5 and its limit.
    #[test]
    fn it_doubles_from_ten_seconds_to_five_minutes() {
        check(&[(0, 0), (0, 10), (0, 20), (0, 40), (0, 80), (0, 160), (0, 300), (0, 300)]);
    }

    /// Guards that running well for ten minutes forgives, and that running for less does not.
    #[test]
    fn ten_quiet_minutes_forgive() {
        check(&[(0, 0), (0, 10), (600, 20), (601, 0), (0, 10)]);
    }

    /// Guards that the wait counts from the crash.
    #[test]
    fn the_wait_counts_from_the_crash() {
        let mut back_off = BackOff::default();
        back_off.restarted(SimTime::ZERO, SimTime::ZERO);
        let at = |s| SimTime::ZERO + SimDuration::from_secs(s);
        assert_eq!(back_off.until(at(5), at(9)), Some(at(15)));
        assert_eq!(back_off.until(at(5), at(15)), None);
    }
}
