//! The builder's choices, as the contents of its fields and as a scenario. The reader of scenario files checks them, so the
//! errors are those of a file, shown at the field of their path. Pure.

use serde_json::{Value, json};

use crate::lab::i18n::Text;
use crate::lab::scenario::{
    Algorithm, Cluster, HealthCheck, Kind, Lock, MAX_DEPLOYMENTS, Reading, Scenario, ScenarioError, Servers, Topology,
};
use crate::lab::view::Setup;
use crate::ui::texts::builder as say;

/// The load balancers in front of the API servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    None,
    Haproxy,
    Nginx,
}

/// The contents of the builder's fields. Text is kept as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    /// 1 to 7.
    pub(crate) masters: usize,
    pub(crate) workers: String,
    pub(crate) external: bool,
    /// Of external etcd, 1 to 7.
    pub(crate) members: usize,
    /// Set if `--etcd-servers` lists only the master's own member.
    pub(crate) local: bool,
    pub(crate) front: Front,
    pub(crate) pair: bool,
    pub(crate) least_conn: bool,
    pub(crate) tcp_check: bool,
    pub(crate) redispatch: bool,
    /// The master that kubectl talks to. `None` is the load balancer.
    pub(crate) kubeconfig: Option<usize>,
    pub(crate) elects: bool,
    pub(crate) client_go: bool,
    pub(crate) endpoints: bool,
    /// Lease duration, renew deadline, retry period.
    pub(crate) timings: [String; 3],
    /// Name and replicas of each.
    pub(crate) deployments: Vec<(String, String)>,
    pub(crate) seed: String,
}

/// The paths of the timings in a scenario.
pub(crate) const TIMINGS: [(&str, &str); 3] = [
    ("cluster.leaderElection.leaseDuration", "--leader-elect-lease-duration"),
    ("cluster.leaderElection.renewDeadline", "--leader-elect-renew-deadline"),
    ("cluster.leaderElection.retryPeriod", "--leader-elect-retry-period"),
];

impl Draft {
    /// Returns the choices for a setup.
    pub(crate) fn of(setup: &Setup) -> Self {
        Self { seed: setup.seed.to_string(), ..Self::of_cluster(&setup.cluster) }
    }

    /// Returns the choices for a cluster, with seed 1.
    pub(crate) fn of_cluster(cluster: &Cluster) -> Self {
        let lb = cluster.load_balancer.unwrap_or_default();
        let election = &cluster.leader_election;
        let external = cluster.etcd.topology == Topology::External;
        Self {
            masters: cluster.masters,
            workers: cluster.workers.to_string(),
            external,
            members: if external { cluster.etcd.members } else { 3 },
            local: cluster.etcd.servers == Servers::Local,
            front: match cluster.load_balancer {
                None => Front::None,
                Some(lb) if lb.kind == Kind::Nginx => Front::Nginx,
                Some(_) => Front::Haproxy,
            },
            pair: lb.instances > 1,
            least_conn: lb.balance == Algorithm::LeastConn,
            tcp_check: lb.check == HealthCheck::Tcp,
            redispatch: lb.redispatch,
            kubeconfig: cluster.kubeconfig.strip_prefix("master-").and_then(|n| n.parse().ok()),
            elects: election.enabled,
            client_go: election.renewal == Reading::ClientGo,
            endpoints: election.lock == Lock::Endpoints,
            timings: [election.lease_duration, election.renew_deadline, election.retry_period].map(|t| t.0.to_string()),
            deployments: cluster.deployments.iter().map(|d| (d.name.clone(), d.replicas.to_string())).collect(),
            seed: "1".to_owned(),
        }
    }

    /// Corrects choices that another one has made impossible.
    pub(crate) fn settled(mut self) -> Self {
        self.local &= !self.external;
        if self.front == Front::Nginx {
            (self.tcp_check, self.redispatch) = (true, false);
        }
        if self.front == Front::None {
            self.kubeconfig = Some(self.kubeconfig.unwrap_or(1));
        }
        self.kubeconfig = self.kubeconfig.map(|n| n.min(self.masters));
        self
    }

    /// Returns the scenario of this cluster, as the text of a file.
    pub(crate) fn json(&self) -> String {
        let mut etcd = json!({
            "topology": if self.external { "external" } else { "stacked" },
            "servers": if self.local { "local" } else { "all" },
        });
        if self.external {
            etcd["members"] = json!(self.members);
        }
        let balancer = match self.front {
            Front::None => Value::Null,
            front => json!({
                "kind": if front == Front::Nginx { "nginx" } else { "haproxy" },
                "instances": if self.pair { 2 } else { 1 },
                "balance": if self.least_conn { "leastconn" } else { "roundrobin" },
                "check": if self.tcp_check { "tcp" } else { "readyz" },
                "redispatch": self.redispatch,
            }),
        };
        let kubeconfig = self.kubeconfig.map_or("load-balancer".to_owned(), |n| format!("master-{n}"));
        let deployments: Vec<Value> = self
            .deployments
            .iter()
            .map(|(name, replicas)| json!({ "name": name.trim(), "replicas": number(replicas) }))
            .collect();
        let [lease, renew, retry] = self.timings.each_ref().map(|typed| typed.trim());
        let file = json!({
            "version": 1,
            "seed": number(&self.seed),
            "cluster": {
                "masters": self.masters,
                "workers": number(&self.workers),
                "etcd": etcd,
                "loadBalancer": balancer,
                "kubeconfig": kubeconfig,
                "leaderElection": {
                    "enabled": self.elects,
                    "renewal": if self.client_go { "client-go" } else { "lecture" },
                    "lock": if self.endpoints { "endpoints" } else { "leases" },
                    "leaseDuration": lease, "renewDeadline": renew, "retryPeriod": retry,
                },
                "deployments": deployments,
            },
        });
        file.to_string()
    }

    /// Reads the choices as a scenario.
    ///
    /// # Errors
    /// The first error, as for a file. Its path is that of a field (see [`TIMINGS`]; others as in docs/scenario.md).
    pub(crate) fn read(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(&self.json())
    }

    /// Adds a deployment with a new name, unless the limit is reached.
    pub(crate) fn add_deployment(&mut self) {
        let free = |name: &String| self.deployments.iter().all(|(other, _)| other != name);
        let name =
            (1..=MAX_DEPLOYMENTS + 1).map(|n| if n == 1 { "web".to_owned() } else { format!("web-{n}") }).find(free);
        if self.deployments.len() < MAX_DEPLOYMENTS {
            self.deployments.push((name.unwrap_or_default(), "3".to_owned()));
        }
    }
}

/// Returns a typed number as a number, or any other text as a string, which the reader refuses.
fn number(typed: &str) -> Value {
    typed.trim().parse::<u64>().map_or_else(|_| Value::String(typed.trim().to_owned()), Value::from)
}

/// Returns the clusters to start from.
pub(crate) fn presets() -> Vec<(Text, Draft)> {
    let lecture = || Draft::of_cluster(&Cluster::default());
    let masters = |n| Draft { masters: n, ..lecture() };
    let external = Draft { external: true, members: 3, ..lecture() };
    let large = Draft {
        workers: "100".to_owned(),
        deployments: vec![("web".to_owned(), "1000".to_owned())],
        client_go: true,
        ..lecture()
    };
    let kubeadm = Draft { local: true, client_go: true, ..lecture() };
    vec![
        (say::BUILDER_PRESET_LECTURE, lecture()),
        (say::BUILDER_PRESET_KUBEADM, kubeadm),
        (say::BUILDER_PRESET_ONE, Draft { front: Front::None, kubeconfig: Some(1), ..masters(1) }),
        (say::BUILDER_PRESET_TWO, masters(2)),
        (say::BUILDER_PRESET_EXTERNAL, external),
        (say::BUILDER_PRESET_BALANCERS, Draft { pair: true, ..lecture() }),
        (say::BUILDER_PRESET_LARGE, large),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Draft), path: &str, allowed: &str) {
        let mut draft = Draft::of_cluster(&Cluster::default());
        change(&mut draft);
        let error = draft.read().expect_err(path);
        assert_eq!((error.path.as_str(), error.allowed.as_str()), (path, allowed), "{}", error.found);
    }

    /// Guards that an error of the reader lands at a field that the builder has.
    #[test]
    fn errors_are_those_of_a_file_at_the_field_of_their_path() {
        let duration = "a duration from 0s to 24h0m0s, such as \"15s\", \"1m30s\" or \"250ms\"";
        check(|d| d.workers = "5001".into(), "cluster.workers", "0 to 5000");
        check(|d| d.workers = "many".into(), "cluster.workers", "0 to 5000");
        check(|d| d.seed = "-1".into(), "seed", "a whole number from 0 to 18446744073709551615");
        check(|d| d.timings[0] = "15".into(), TIMINGS[0].0, duration);
        check(|d| d.timings[0] = "10s".into(), TIMINGS[0].0, "more than renewDeadline, which is 10s");
        check(|d| d.timings[1] = "".into(), TIMINGS[1].0, duration);
        check(|d| d.timings[2] = "0s".into(), TIMINGS[2].0, "more than zero");
        let name = "at most 40 of a-z, 0-9 and -, beginning and ending with a letter or digit, each name once";
        check(|d| d.deployments[0].0 = "Web".into(), "cluster.deployments[0].name", name);
        check(|d| d.deployments.push(("web".into(), "1".into())), "cluster.deployments[1].name", name);
        check(|d| d.deployments[0].1 = "".into(), "cluster.deployments[0].replicas", "0 to 10000");
    }

    /// Guards that what cannot go together is put right, whatever was chosen before.
    #[test]
    fn every_combination_of_choices_can_be_built() {
        let mut built = 0;
        for masters in 1..=7 {
            for bits in 0..1024u32 {
                let on = |n: u32| bits & 1 << n != 0;
                let front = if on(0) {
                    Front::Nginx
                } else if on(1) {
                    Front::None
                } else {
                    Front::Haproxy
                };
                let draft = Draft {
                    masters,
                    external: on(2),
                    local: on(3),
                    front,
                    pair: on(4),
                    least_conn: on(5),
                    tcp_check: on(6),
                    redispatch: on(7),
                    kubeconfig: on(8).then_some(7),
                    elects: on(9),
                    ..Draft::of_cluster(&Cluster::default())
                };
                let draft = draft.settled();
                let scenario = draft.read().unwrap_or_else(|error| panic!("{draft:?}: {error}"));
                let back = Draft::of_cluster(&scenario.cluster);
                if draft.front != Front::None {
                    assert_eq!(back, draft, "what is built is what was chosen");
                }
                built += 1;
            }
        }
        assert_eq!(built, 7 * 1024);
        for (name, preset) in presets() {
            assert_eq!(preset.clone().settled(), preset, "{name}");
            preset.read().unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn deployments_are_added_with_names_of_their_own() {
        let mut draft = Draft::of_cluster(&Cluster::default());
        for _ in 0..60 {
            draft.add_deployment();
        }
        assert_eq!((draft.deployments.len(), draft.deployments[1].0.as_str()), (MAX_DEPLOYMENTS, "web-2"));
        draft.read().expect("all names differ");
    }
}
