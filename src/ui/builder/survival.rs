//! The parts of a cluster and the losses that it survives, before it is started. Pure: computed from the choices alone;
//! `tests/survival.rs` runs the clusters and checks it. FACTS 5.2, 5.5, 6, 3.3.

use crate::lab::i18n::{Text, plural};
use crate::lab::narration::join;
use crate::lab::scenario::{Cluster, HealthCheck, Kind, Servers, Topology};
use crate::lab::view::{Duration, Timings, takeover_range_us};
use crate::ui::texts::builder as say;
use crate::ui::widgets::format;

/// The number of servers of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub masters: usize,
    /// Servers that run only etcd.
    pub etcd: usize,
    pub(crate) balancers: usize,
    pub(crate) workers: usize,
    pub(crate) members: usize,
    pub(crate) pods: u64,
}

impl Count {
    pub fn of(cluster: &Cluster) -> Self {
        let external = cluster.etcd.topology == Topology::External;
        Self {
            masters: cluster.masters,
            etcd: if external { cluster.etcd.members } else { 0 },
            balancers: cluster.load_balancer.map_or(0, |lb| lb.instances),
            workers: cluster.workers,
            members: cluster.etcd.members,
            pods: cluster.deployments.iter().map(|d| u64::from(d.replicas)).sum(),
        }
    }

    pub(crate) fn servers(&self) -> usize {
        self.masters + self.etcd + self.balancers + self.workers
    }

    /// Returns how many members must remain.
    pub(crate) fn majority(&self) -> usize {
        self.members / 2 + 1
    }

    /// Returns a text such as `3 masters · 3 workers · 1 load balancer`.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let all = [
            (self.masters, say::BUILDER_MASTERS_ONE, say::BUILDER_MASTERS_MANY),
            (self.etcd, say::BUILDER_ETCD_ONE, say::BUILDER_ETCD_MANY),
            (self.balancers, say::BUILDER_LB_ONE, say::BUILDER_LB_MANY),
            (self.workers, say::BUILDER_WORKERS_ONE, say::BUILDER_WORKERS_MANY),
        ];
        let shown = all.into_iter().filter(|(n, ..)| *n > 0);
        shown.map(|(n, one, many)| plural(n as u64, format::count(n as u64), one, many)).collect()
    }
}

/// How many servers of one kind may be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Unique among the rows.
    pub(crate) id: &'static str,
    pub(crate) what: Text2,
    /// The key of its term in the glossary.
    pub(crate) term: &'static str,
    /// Set if at least one may be lost.
    pub(crate) ok: bool,
    pub(crate) survives: String,
    pub(crate) why: String,
}

/// A text that can be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text2(pub(crate) Text);

impl PartialEq for Text2 {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Text2 {}

/// The master whose address the kubelets have if there is no load balancer.
const KUBELETS_USE: &str = "master-1";

/// Returns how many masters may be lost, and those that may not: clients have their address and no other.
pub fn masters_to_lose(cluster: &Cluster) -> (usize, Vec<String>) {
    let count = Count::of(cluster);
    let needed = match (&cluster.load_balancer, cluster.kubeconfig.as_str()) {
        (None, KUBELETS_USE) => vec![KUBELETS_USE.to_owned()],
        (None, kubectl) => vec![KUBELETS_USE.to_owned(), kubectl.to_owned()],
        (Some(_), "load-balancer") => vec![],
        (Some(_), kubectl) => vec![kubectl.to_owned()],
    };
    let spare = count.masters - needed.len().max(1);
    let by_etcd = if count.etcd > 0 { spare } else { count.members - count.majority() };
    (spare.min(by_etcd), needed)
}

/// Returns how many members of etcd may be lost.
pub fn members_to_lose(cluster: &Cluster) -> usize {
    let count = Count::of(cluster);
    count.members - count.majority()
}

/// Returns a row for each kind of server, and one for the leaders.
pub(crate) fn rows(cluster: &Cluster) -> Vec<Row> {
    vec![masters(cluster), etcd(cluster), leaders(cluster), balancer(cluster), workers(cluster)]
}

fn row(id: &'static str, what: Text, term: &'static str, survives: Option<String>, why: String) -> Row {
    let ok = survives.is_some();
    let survives = survives.unwrap_or_else(|| say::SURVIVES_NONE.to_string());
    Row { id, what: Text2(what), term, ok, survives, why }
}

fn masters(cluster: &Cluster) -> Row {
    let count = Count::of(cluster);
    let (n, needed) = masters_to_lose(cluster);
    let numbers: [(&str, &dyn std::fmt::Display); 2] = [("majority", &count.majority()), ("members", &count.members)];
    let mut why = match count {
        Count { masters: 1, .. } => say::SURVIVES_MASTERS_ONLY.to_string(),
        Count { etcd: 0, .. } => say::SURVIVES_MASTERS_STACKED.with(&numbers),
        _ => say::SURVIVES_MASTERS_EXTERNAL.to_string(),
    };
    let all = &count.masters;
    let (survives, endpoints) = match needed.as_slice() {
        [] => (say::SURVIVES_OF.with(&[("n", &n), ("all", all)]), None),
        [host] => {
            let text = match cluster.load_balancer {
                None => say::SURVIVES_MASTERS_ENDPOINT,
                Some(_) => say::SURVIVES_MASTERS_KUBECTL,
            };
            (say::SURVIVES_OTHERS.with(&[("n", &n), ("all", all), ("host", host)]), Some(text.with(&[("host", host)])))
        }
        [host, other, ..] => {
            let hosts: [(&str, &dyn std::fmt::Display); 2] = [("host", host), ("other", other)];
            let survives = say::SURVIVES_OTHERS_TWO.with(&[("n", &n), ("all", all), hosts[0], hosts[1]]);
            (survives, Some(say::SURVIVES_MASTERS_TWO_ENDPOINTS.with(&hosts)))
        }
    };
    let survives = (n > 0).then_some(survives);
    if let Some(endpoints) = endpoints.filter(|_| count.masters > 1) {
        why = join::sentences(&[why, endpoints]);
    }
    row("masters", say::SURVIVES_ROW_MASTERS, "master", survives, why)
}

fn etcd(cluster: &Cluster) -> Row {
    let count = Count::of(cluster);
    let n = members_to_lose(cluster);
    let numbers: [(&str, &dyn std::fmt::Display); 2] = [("majority", &count.majority()), ("members", &count.members)];
    let why = match count.members {
        1 => say::SURVIVES_ETCD_ONE.to_string(),
        _ if cluster.etcd.servers == Servers::Local => say::SURVIVES_ETCD_LOCAL.with(&numbers),
        m if m.is_multiple_of(2) => say::SURVIVES_ETCD_EVEN.with(&numbers),
        _ => say::SURVIVES_ETCD.with(&numbers),
    };
    let survives = (n > 0).then(|| say::SURVIVES_OF.with(&[("n", &n), ("all", &count.members)]));
    row("etcd", say::SURVIVES_ROW_ETCD, "quorum", survives, why)
}

fn leaders(cluster: &Cluster) -> Row {
    let election = &cluster.leader_election;
    let of = |span: crate::lab::scenario::Span| Duration { typed: span.0.to_string().into(), us: span.0.0 };
    let timings = Timings {
        lease: of(election.lease_duration),
        renew: of(election.renew_deadline),
        retry: of(election.retry_period),
    };
    let reading = election.renewal;
    let (low, high) = takeover_range_us(reading, &timings);
    let shown = |us: u64| format::seconds(us);
    let (survives, why) = match (election.enabled, cluster.masters) {
        (true, 1) => (None, say::SURVIVES_LEADERS_ALONE.to_string()),
        (true, _) => {
            let takeover = say::SURVIVES_LEADERS.with(&[("low", &shown(low)), ("high", &shown(high))]);
            (Some(takeover), say::SURVIVES_LEADERS_WHY.to_string())
        }
        (false, 1) => (Some(say::SURVIVES_LEADERS_NEVER.to_string()), say::SURVIVES_LEADERS_OFF_ONE.to_string()),
        (false, n) => (None, say::SURVIVES_LEADERS_OFF.with(&[("n", &n)])),
    };
    row("leaders", say::SURVIVES_ROW_LEADERS, "election", survives, why)
}

fn balancer(cluster: &Cluster) -> Row {
    let (survives, mut why) = match cluster.load_balancer.map(|lb| lb.instances) {
        None => (None, say::SURVIVES_LB_NONE.to_string()),
        Some(1) => (None, say::SURVIVES_LB_ONE.to_string()),
        Some(all) => (Some(say::SURVIVES_OF.with(&[("n", &1), ("all", &all)])), say::SURVIVES_LB_TWO.to_string()),
    };
    if cluster.load_balancer.is_some_and(|lb| lb.kind == Kind::Haproxy && lb.check == HealthCheck::Tcp) {
        why = join::sentences(&[&why, say::SURVIVES_LB_TCP.get()]);
    }
    row("balancer", say::SURVIVES_ROW_LB, "load-balancer", survives, why)
}

/// The most pods on a worker.
const ROOM: u64 = 110;

/// Returns how many workers have room to spare, and how many of those may be lost at once so that their pods are still recreated:
/// if more than two nodes, and at least 55 % of all, are silent, evictions stop, or slow to one node in 100 s where there are over 50.
pub fn workers_to_lose(cluster: &Cluster) -> (usize, usize) {
    let count = Count::of(cluster);
    let room = count.workers.saturating_sub(count.pods.div_ceil(ROOM).max(1) as usize);
    let nodes = count.masters + count.workers;
    let evicted = |silent: usize| silent <= 2 || silent * 100 < nodes * 55;
    (room, (0..=room).rev().find(|n| evicted(*n)).unwrap_or(0))
}

fn workers(cluster: &Cluster) -> Row {
    let all = cluster.workers;
    let (survives, why) = match (all, workers_to_lose(cluster)) {
        (0, _) => (None, say::SURVIVES_WORKERS_NONE.to_string()),
        (1, _) => (None, say::SURVIVES_WORKERS_ONE.to_string()),
        (_, (0, _)) => (None, say::SURVIVES_WORKERS_ROOM.to_string()),
        (_, (room, n)) => {
            let of = say::SURVIVES_OF.with(&[("n", &format::count(n as u64)), ("all", &format::count(all as u64))]);
            let mut why = vec![say::SURVIVES_WORKERS.get()];
            if n < room {
                why.push(say::SURVIVES_WORKERS_EVICTIONS.get());
            } else if room + 1 < all {
                why.push(say::SURVIVES_WORKERS_ROOM.get());
            }
            (Some(of), join::sentences(&why))
        }
    };
    row("workers", say::SURVIVES_ROW_WORKERS, "worker", survives, why)
}

/// Returns a warning about the cost of a large cluster, from the figures in BENCHMARKS.md. `None` if it is not large.
pub(crate) fn heavy(cluster: &Cluster) -> Option<String> {
    let count = Count::of(cluster);
    if count.workers <= 50 && count.pods <= 300 {
        return None;
    }
    let (workers, pods) = (count.workers as f64, count.pods as f64);
    // "The largest clusters": seconds to start in a browser, ms for each simulated second, MB once it has started, and three
    // times that with the checkpoints.
    let start = workers * 0.000_6 + pods * (0.003 + workers * 0.000_000_5);
    let speed = (1_000.0 / (0.1 + workers * 0.009_5)).min(1_000.0);
    let memory = 3.0 + workers * 0.027 + pods * 0.022;
    let round = |x: f64| match x {
        x if x >= 1_000.0 => (x / 500.0).round() as u64 * 500,
        x if x >= 100.0 => (x / 50.0).round() as u64 * 50,
        x if x >= 20.0 => (x / 10.0).round() as u64 * 10,
        x => x.round().max(1.0) as u64,
    };
    Some(say::HEAVY.with(&[
        ("start_low", &round(start * 0.6)),
        ("start_high", &round(start * 1.5)),
        ("speed_low", &format::count(round(speed / 2.0))),
        ("speed_high", &format::count(round(speed))),
        ("memory_low", &round(memory)),
        ("memory_high", &format::count(round(memory * 3.0))),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::Scenario;
    use crate::lab::session::Session;
    use crate::lab::view::{NodeReady, Setup, Verb};

    /// Checks what each row allows to be lost, for a cluster in the format of a scenario file.
    fn check(cluster: &str, servers: usize, expect: [&str; 5]) {
        let scenario = Scenario::parse(&format!(r#"{{"version":1,"cluster":{cluster}}}"#)).expect(cluster);
        assert_eq!(Count::of(&scenario.cluster).servers(), servers, "{cluster}");
        let said: Vec<String> = rows(&scenario.cluster).into_iter().map(|row| row.survives).collect();
        assert_eq!(said, expect, "{cluster}");
    }

    #[test]
    fn what_a_cluster_survives_follows_from_its_shape() {
        let none = "no loss";
        let lecture = "takeover in 5.0 s to 17.0 s";
        check("{}", 7, ["any 1 of 3", "any 1 of 3", lecture, none, "any 2 of 3"]);
        check(r#"{"masters":1,"loadBalancer":null}"#, 4, [none, none, none, none, "any 2 of 3"]);
        check(r#"{"masters":2}"#, 6, [none, none, lecture, none, "any 2 of 3"]);
        check(r#"{"masters":4,"workers":0}"#, 5, ["any 1 of 4", "any 1 of 4", lecture, none, none]);
        check(r#"{"masters":5,"workers":1}"#, 7, ["any 2 of 5", "any 2 of 5", lecture, none, none]);
        let external = r#"{"etcd":{"topology":"external"},"loadBalancer":{"instances":2}}"#;
        check(external, 11, ["any 2 of 3", "any 1 of 3", lecture, "any 1 of 2", "any 2 of 3"]);
        let direct = r#"{"masters":3,"loadBalancer":null}"#;
        check(direct, 6, ["1 of 3, not master-1", "any 1 of 3", lecture, none, "any 2 of 3"]);
        let elsewhere = r#"{"masters":3,"loadBalancer":null,"kubeconfig":"master-2"}"#;
        check(elsewhere, 6, ["1 of 3, not master-1 or master-2", "any 1 of 3", lecture, none, "any 2 of 3"]);
        let past = r#"{"masters":3,"kubeconfig":"master-2"}"#;
        check(past, 7, ["1 of 3, not master-2", "any 1 of 3", lecture, none, "any 2 of 3"]);
        check(r#"{"workers":6}"#, 10, ["any 1 of 3", "any 1 of 3", lecture, none, "any 4 of 6"]);
        check(r#"{"workers":100}"#, 104, ["any 1 of 3", "any 1 of 3", lecture, none, "any 56 of 100"]);
        let real = r#"{"leaderElection":{"renewal":"client-go"}}"#;
        check(real, 7, ["any 1 of 3", "any 1 of 3", "takeover in 13.0 s to 23.8 s", none, "any 2 of 3"]);
        let off = r#"{"leaderElection":{"enabled":false},"deployments":[{"name":"web","replicas":250}]}"#;
        check(off, 7, ["any 1 of 3", "any 1 of 3", none, none, none]);
    }

    #[test]
    fn a_large_cluster_is_announced() {
        let of = |workers, replicas| {
            let cluster = format!(r#"{{"workers":{workers},"deployments":[{{"name":"web","replicas":{replicas}}}]}}"#);
            heavy(&Scenario::parse(&format!(r#"{{"version":1,"cluster":{cluster}}}"#)).expect("valid").cluster)
        };
        assert_eq!(of(3, 3), None);
        let said = of(100, 1000).expect("it is large");
        assert!(said.contains("about 2 to 5 s") && said.contains("MB"), "{said}");
        assert!(of(1000, 10_000).expect("it is large").contains("20 to 50 s"), "{:?}", of(1000, 10_000));
    }

    /// Switches hosts off, and returns the session so many seconds later.
    fn without(cluster: &str, hosts: &[String], seconds: u64) -> Session {
        let scenario = Scenario::parse(&format!(r#"{{"version":1,"cluster":{cluster}}}"#)).expect(cluster);
        let mut session = Session::new();
        session.reset(Setup::new(1, scenario.cluster));
        session.start();
        for host in hosts {
            session.act(host, Verb::PowerOff).unwrap_or_else(|error| panic!("{cluster}: {host}: {error}"));
        }
        for _ in 0..seconds {
            session.advance(1_000_000);
        }
        session
    }

    /// Guards the number of workers: with more lost at once, evictions stop, and their pods are not recreated.
    #[test]
    fn the_pods_of_so_many_workers_are_recreated_and_of_no_more() {
        let check = |cluster: &str, all: usize, expect: usize, more: bool| {
            let scenario = Scenario::parse(&format!(r#"{{"version":1,"cluster":{cluster}}}"#)).expect(cluster);
            assert_eq!(workers_to_lose(&scenario.cluster).1, expect, "{cluster}");
            let recreated = |lost: usize| {
                let hosts: Vec<String> = (all - lost + 1..=all).map(|n| format!("worker-{n}")).collect();
                let counters = without(cluster, &hosts, 900).view().counters;
                counters.pods_ready == counters.pods_desired
            };
            assert!(recreated(expect), "{cluster}: {expect} workers lost");
            assert_eq!(recreated(expect + 1), more, "{cluster}: one more lost");
        };
        check(r#"{"masters":1,"workers":4,"deployments":[{"name":"web","replicas":4}]}"#, 4, 2, false);
        check(r#"{"workers":6,"deployments":[{"name":"web","replicas":6}]}"#, 6, 4, false);
        check(r#"{"workers":5,"deployments":[{"name":"web","replicas":5}]}"#, 5, 4, false);
    }

    /// Guards who is cut off by the loss of a master: kubelets and kubectl may have different addresses.
    #[test]
    fn kubelets_lose_the_master_whose_address_they_have() {
        // Of the three workers.
        let check = |cluster: &str, lost: &str, ready: usize, writes: bool| {
            let view = without(cluster, &[lost.to_owned()], 90).view();
            let found = view.hosts.iter().filter(|host| host.node_ready == Some(NodeReady::True)).count();
            let lane = view.history.api_writable.last().is_some_and(|lane| lane.ok && lane.to_us.is_none());
            assert_eq!((found, lane), (ready, writes), "{cluster} without {lost}");
        };
        let direct = r#"{"masters":3,"loadBalancer":null,"kubeconfig":"master-2"}"#;
        check(direct, "master-1", 0, true);
        check(direct, "master-2", 3, false);
        check(direct, "master-3", 3, true);
        let past = r#"{"masters":3,"kubeconfig":"master-2"}"#;
        check(past, "master-2", 3, false);
        check(past, "master-1", 3, true);
    }
}
