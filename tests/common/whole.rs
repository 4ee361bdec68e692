//! Helpers for tests of whole clusters: build one, apply acts at given times, and check its state.

use ha_lab::cluster::Cluster;
use ha_lab::cluster::config::{Act, Config, EtcdTopology, LeaderOf, Reading, Target};
use ha_lab::cluster::history::Interval;
use ha_lab::kube::election::Component;
use ha_lab::kube::trace_event::{Lane, TraceEvent};
use ha_lab::sim::{self, SimTime};

pub const S: u64 = 1_000_000;
pub const BOTH: [Component; 2] = Component::ALL;

pub fn secs(seconds: u64) -> SimTime {
    SimTime(seconds * S)
}

/// Returns the default cluster with this number of masters, in this reading.
pub fn config(seed: u64, masters: usize, renewal: Reading) -> Config {
    let mut config = Config { seed, masters, ..Config::default() };
    config.election.renewal = renewal;
    config
}

/// The same with three etcd members on separate hosts.
pub fn external(mut config: Config) -> Config {
    config.etcd = EtcdTopology::External { members: 3 };
    config
}

/// Returns a cluster that has run until `at`.
pub fn running(config: &Config, at: SimTime) -> Cluster {
    let mut cluster = Cluster::new(config);
    cluster.run_until(at);
    cluster
}

pub fn host(name: &str) -> Target {
    Target::Host(name.to_owned())
}

/// `master-1/etcd`
pub fn process(path: &str) -> Target {
    let (host, name) = path.split_once('/').expect("host/process");
    Target::Process { host: host.to_owned(), name: name.to_owned() }
}

pub fn leader(of: LeaderOf) -> Target {
    Target::Leader { of, host: false }
}

pub fn leading_host(of: LeaderOf) -> Target {
    Target::Leader { of, host: true }
}

pub fn leader_of(component: Component) -> LeaderOf {
    match component {
        Component::ControllerManager => LeaderOf::ControllerManager,
        Component::Scheduler => LeaderOf::Scheduler,
    }
}

/// Applies `act` now. It must be accepted.
pub fn act(cluster: &mut Cluster, act: Act) {
    let at = cluster.now();
    cluster.apply(&act).unwrap_or_else(|why| panic!("{act:?} at {at:?}: {why:?}"));
}

/// Returns the name of the host whose process acts as the leader now.
pub fn acting_host(cluster: &Cluster, component: Component) -> String {
    let process = cluster.acting(component).unwrap_or_else(|| panic!("{} has a leader", component.name()));
    cluster.path(process).split('/').next().unwrap_or_default().to_owned()
}

/// Returns whether the requests of a lane succeed now.
pub fn works(cluster: &Cluster, lane: Lane) -> bool {
    let last = cluster.history().lanes.get(&lane).and_then(|i| i.iter().next_back());
    last.is_some_and(|i| i.to.is_none() && i.what)
}

/// Returns the intervals after `from` in which a lane did not work.
pub fn outages(cluster: &Cluster, lane: Lane, from: SimTime) -> Vec<Interval<bool>> {
    let all = cluster.history().lanes.get(&lane).into_iter().flat_map(|i| i.iter());
    all.filter(|i| !i.what && i.to.is_none_or(|to| to > from)).cloned().collect()
}

/// Returns the notes after `from` that `pick` selects.
pub fn notes<'a>(
    cluster: &'a Cluster,
    from: SimTime,
    pick: impl Fn(&sim::Note<TraceEvent>) -> bool + 'a,
) -> impl Iterator<Item = &'a sim::Note<TraceEvent>> + 'a {
    cluster.world().trace().notes_from(1).filter(move |n| n.at >= from && pick(n))
}

/// Returns the first thing that is wrong with the cluster. `None` if everything works.
pub fn unwell(cluster: &Cluster) -> Option<String> {
    for component in BOTH {
        if cluster.acting(component).is_none() {
            return Some(format!("{} has no leader", component.name()));
        }
    }
    for lane in [Lane::ApiWritable, Lane::ApiReadable, Lane::AppServing] {
        if !works(cluster, lane) {
            return Some(format!("{lane:?} does not work"));
        }
    }
    let pods = cluster.pods();
    (pods.ready != pods.desired).then(|| format!("{} pods ready, {} desired", pods.ready, pods.desired))
}

/// Checks that the cluster's invariants hold.
pub fn sound(cluster: &Cluster, seed: u64) {
    assert_eq!(cluster.invariants().broken(), None, "seed {seed}");
}
