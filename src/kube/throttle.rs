//! A client's rate limiter: client-go's token bucket (`--kube-api-qps`, `--kube-api-burst`; upstream
//! util/flowcontrol/throttle.go). The client of a leader election has one of its own, with its process's figures
//! (upstream leaderelection/resourcelock/interface.go, `NewFromKubeconfig`), so leases of milliseconds cannot be
//! renewed for long.

use crate::sim::{SimDuration, SimTime};

/// A token bucket. Times are of one host's clock.
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    /// Between two requests in the long run.
    interval: SimDuration,
    /// How far requests may run ahead of that.
    ahead: SimDuration,
    /// When the bucket is full again.
    full: SimTime,
}

impl Throttle {
    /// `qps` requests a second in the long run, `burst` at once.
    pub(crate) fn new(qps: u64, burst: u64) -> Self {
        let interval = SimDuration(1_000_000 / qps);
        Throttle { interval, ahead: SimDuration(interval.0 * (burst - 1)), full: SimTime::ZERO }
    }

    /// Records a request that is sent now.
    pub(crate) fn take(&mut self, now: SimTime) {
        self.full = self.full.max(now) + self.interval;
    }

    /// Returns how many requests may be sent now.
    pub(crate) fn room(&self, now: SimTime) -> u64 {
        let used = self.full.0.saturating_sub(now.0);
        (self.ahead.0 + self.interval.0).saturating_sub(used) / self.interval.0
    }

    /// Returns how long the next request has to wait.
    pub(crate) fn wait(&self, now: SimTime) -> SimDuration {
        SimDuration(self.full.0.saturating_sub(now.0).saturating_sub(self.ahead.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_so_many_a_second() {
        let mut throttle = Throttle::new(20, 30);
        let mut now = SimTime(5_000_000);
        let mut sent = 0;
        while now < SimTime(6_000_000) {
            now = now + throttle.wait(now);
            throttle.take(now);
            sent += 1;
        }
        assert!((49..=51).contains(&sent), "{sent} in a second");
        let rested = now + SimDuration::from_secs(10);
        for _ in 0..30 {
            assert_eq!(throttle.wait(rested), SimDuration::ZERO);
            throttle.take(rested);
        }
        assert_eq!((throttle.wait(rested), throttle.room(rested)), (SimDuration::from_millis(50), 0));
        assert_eq!(throttle.room(rested + SimDuration::from_millis(520)), 10);
        assert_eq!(throttle.room(rested + SimDuration::from_secs(60)), 30);
    }
}
