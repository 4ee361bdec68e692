//! The beliefs of a candidate in an election, in simulated time.

use super::{LocalTime, host_of};
use crate::kube::election::{Candidate, Component, Expiry, Phase, Reading};
use crate::lab::view::CandidateView;

/// Returns the view of a candidate: the timers of a standby, or the renewals of a leader.
pub(crate) fn view(candidate: &Candidate, component: Component, clock: &LocalTime) -> CandidateView {
    let acting = candidate.is_acting();
    let settings = candidate.settings();
    let holder = host_of(candidate.observed_holder());
    let renewed = acting.then(|| candidate.last_renew()).flatten();
    let gives_up = renewed.map(|at| match settings.reading {
        // A round of renewal begins one retry period after the last success and lasts for the renew deadline.
        Reading::ClientGo => candidate.renew_deadline().unwrap_or(at + settings.retry_period + settings.renew_deadline),
        Reading::Lecture => candidate.renew_deadline().unwrap_or(at + settings.lease_duration),
    });
    let free = candidate.free_at().filter(|_| !acting).map(|at| match at {
        Expiry::Local(at) => clock.local_us(at),
        Expiry::Wall(at) => clock.wall_us(at),
    });
    CandidateView {
        lease: component.name().into(),
        observed_holder: holder,
        observed_us: candidate.record().map(|_| clock.local_us(candidate.observed_time())),
        free_us: free,
        next_look_us: (candidate.phase() != Phase::Over)
            .then(|| candidate.next_look())
            .flatten()
            .map(|at| clock.local_us(at)),
        acting,
        renewed_us: renewed.map(|at| clock.local_us(at)),
        gives_up_us: gives_up.map(|at| clock.local_us(at)),
    }
}
