//! The cost of restarting a component with other flags, shown before the restart: how long it is down, what happens to its
//! role, and who notices. Computed from the timings in force and the state of the process. FACTS 1.3, 1.5, 2, 3.5, 6.1.

use super::details::texts;
use crate::cluster::Cluster;
use crate::cluster::config::LbKind;
use crate::cluster::topology::{API_SERVER, CONTROLLER_MANAGER, SCHEDULER};
use crate::kube::election::Settings;
use crate::lab::view::{Duration, Name, Reading, Timings, takeover_range_us};
use crate::sim::{ProcId, SimDuration};

/// Downtime in µs: the kubelet notices an exit within 1 s and restarts within 0.5 s, then the component becomes ready.
const DOWN_US: (u64, u64) = (650_000, 2_100_000);
/// Downtime of an API server in µs, until it is known to be ready.
const API_DOWN_US: (u64, u64) = (1_900_000, 6_000_000);
/// The longest until it is noticed, in µs: three checks, 2 s apart, each of at most 2 s.
const NOTICED_US: u64 = 6_000_000;

/// The facts that decide the cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Situation {
    /// `kube-scheduler`
    pub(crate) component: Name,
    pub(crate) up: bool,
    /// Set if it acts as the leader.
    pub(crate) leads: bool,
    /// Number of others of its kind that run.
    pub(crate) others: usize,
    /// The value of `--leader-elect` in force.
    pub(crate) elects: bool,
    pub(crate) reading: Reading,
    pub(crate) timings: Timings,
    /// The load balancer in front of the API servers, if there is one.
    pub(crate) balancer: Option<LbKind>,
}

/// Returns the cost now. Empty if no flag of it can be changed.
pub(super) fn of(cluster: &Cluster, process: ProcId) -> Vec<Name> {
    let world = cluster.world();
    let slot = world.slot(process);
    let machine = world.machine(process);
    let name = match slot.name.as_str() {
        API_SERVER => API_SERVER,
        CONTROLLER_MANAGER => CONTROLLER_MANAGER,
        SCHEDULER => SCHEDULER,
        _ => return Vec::new(),
    };
    let settings = cluster.settings();
    let situation = Situation {
        component: name.into(),
        up: slot.up,
        leads: slot.up && machine.candidate().is_some_and(|c| c.is_acting()),
        others: cluster.topology().all(name).filter(|(_, p)| *p != process && world.is_running(*p)).count(),
        elects: machine.election().is_none_or(|e| e.settings.enabled),
        reading: settings.reading,
        timings: timings(&settings),
        balancer: cluster.config().load_balancer.map(|lb| lb.kind),
    };
    cost(&situation).into_iter().map(Name::from).collect()
}

fn timings(settings: &Settings) -> Timings {
    let of = |d: SimDuration| Duration { typed: d.to_string().into(), us: d.0 };
    Timings { lease: of(settings.lease_duration), renew: of(settings.renew_deadline), retry: of(settings.retry_period) }
}

/// Returns the cost, one sentence for each consequence.
pub(crate) fn cost(s: &Situation) -> Vec<String> {
    let seconds = |us: u64| SimDuration::from_micros(us / 100_000 * 100_000).to_string();
    if !s.up {
        return vec![texts::COST_NOT_UP.to_string()];
    }
    if &*s.component == API_SERVER {
        let (low, high) = API_DOWN_US;
        let mut out = vec![texts::COST_DOWN.with(&[("low", &seconds(low)), ("high", &seconds(high))])];
        out.push(match (s.others, s.balancer) {
            (0, _) => texts::COST_ONLY_API.to_string(),
            (_, Some(LbKind::Haproxy)) => texts::COST_HAPROXY.with(&[("time", &seconds(NOTICED_US))]),
            (_, Some(LbKind::Nginx)) => texts::COST_NGINX.to_string(),
            (_, None) => texts::COST_UNBALANCED.to_string(),
        });
        return out;
    }
    let (low, high) = DOWN_US;
    let mut out = vec![texts::COST_DOWN.with(&[("low", &seconds(low)), ("high", &seconds(high))])];
    if !s.elects {
        out.push(texts::COST_NO_ELECTION.to_string());
        return out;
    }
    out.push(texts::COST_IDENTITY.to_string());
    let (least, most) = takeover_range_us(s.reading, &s.timings);
    let (lease, retry) = (s.timings.lease.us, s.timings.retry.us);
    let scheduler = &*s.component == SCHEDULER;
    let look = if s.reading == Reading::Lecture { retry } else { retry * 22 / 10 };
    out.push(match (s.leads, s.others) {
        (false, _) => texts::COST_STANDBY.to_string(),
        (true, _) if scheduler => texts::COST_RELEASES.with(&[("time", &seconds(look))]),
        (true, 0) => texts::COST_ALONE.with(&[("time", &seconds(lease + look + high))]),
        (true, _) => texts::COST_LEADS.with(&[("low", &seconds(least)), ("high", &seconds(most))]),
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(component: &str, change: impl FnOnce(&mut Situation), expect: &[&str]) {
        let mut s = Situation {
            component: component.into(),
            up: true,
            leads: false,
            others: 2,
            elects: true,
            reading: Reading::Lecture,
            timings: timings(&Settings::default()),
            balancer: Some(LbKind::Haproxy),
        };
        change(&mut s);
        let cost = cost(&s);
        assert_eq!(cost.len(), expect.len(), "{cost:?}");
        for (said, wanted) in cost.iter().zip(expect) {
            assert!(said.contains(wanted), "{said:?} has no {wanted:?}");
        }
    }

    /// Guards that the cost follows the role, the reading, the timings and who else is there.
    #[test]
    fn the_cost_follows_the_role_and_the_timings() {
        let down = "600ms to 2.1s";
        check(CONTROLLER_MANAGER, |_| (), &[down, "new identity", "nobody notices"]);
        check(CONTROLLER_MANAGER, |s| s.leads = true, &[down, "new identity", "5s to 17s"]);
        let real = |s: &mut Situation| (s.leads, s.reading) = (true, Reading::ClientGo);
        check(CONTROLLER_MANAGER, real, &[down, "new identity", "13s to 23.8s"]);
        check(CONTROLLER_MANAGER, |s| (s.leads, s.others) = (true, 0), &[down, "new identity", "19.1s"]);
        check(SCHEDULER, |s| s.leads = true, &[down, "new identity", "within 2s"]);
        check(SCHEDULER, real, &[down, "new identity", "within 4.4s"]);
        check(SCHEDULER, |s| s.elects = false, &[down, "acts again at once"]);
        check(API_SERVER, |_| (), &["1.9s to 6s", "6s"]);
        check(API_SERVER, |s| s.others = 0, &["1.9s to 6s", "only API server"]);
        check(API_SERVER, |s| s.balancer = Some(LbKind::Nginx), &["1.9s to 6s", "next"]);
        check(API_SERVER, |s| s.balancer = None, &["1.9s to 6s", "kubeconfig"]);
        check(API_SERVER, |s| s.up = false, &["does not run"]);
    }
}
