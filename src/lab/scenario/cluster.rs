//! The `cluster` part of a scenario: its saved form, its reader, and the cluster that it describes.

use serde::Serialize;

use super::Span;
use super::read::{At, Object, Read};
use super::texts as say;
use crate::cluster::config::{
    Balance, Check, Config, DeploymentConfig, Election, EtcdServers, EtcdTopology, Kubeconfig, LbKind, LoadBalancer,
    LockKind, MAX_MASTERS, MAX_WORKERS, Reading,
};
use crate::sim::SimDuration;
use crate::sim::map::Set;

const MAX_MEMBERS: u64 = 7;
/// The most deployments of a scenario, and the most replicas of all of them.
pub(crate) const MAX_DEPLOYMENTS: usize = 50;
pub(crate) const MAX_REPLICAS: u64 = 10_000;
/// The longest timing of the leader election.
pub(crate) const MAX_TIMING: SimDuration = SimDuration::from_secs(24 * 3_600);

/// The saved form of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Number of masters, 1 to 7.
    pub masters: usize,
    /// Number of workers, 0 to 5,000.
    pub workers: usize,
    /// The etcd members, and which of them an API server uses.
    pub etcd: Etcd,
    /// The load balancer in front of the API servers; `None` if clients connect to a master directly.
    pub load_balancer: Option<Balancer>,
    /// Server of the laptop's kubeconfig: `load-balancer`, or the name of a master.
    pub kubeconfig: String,
    /// Leader election of the controller managers and schedulers.
    pub leader_election: LeaderElection,
    /// Deployments that the laptop applies at the start: at most 50, with 10,000 replicas in all.
    pub deployments: Vec<Deployment>,
}

/// The saved form of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Etcd {
    pub(crate) topology: Topology,
    /// Number of members, 1 to 7. Equal to the number of masters if etcd is stacked.
    pub(crate) members: usize,
    /// The list in each API server's `--etcd-servers`.
    pub(crate) servers: Servers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topology {
    Stacked,
    External,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Servers {
    All,
    Local,
}

/// The saved form of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Balancer {
    pub(crate) kind: Kind,
    /// 1, or 2 that share a virtual IP address through keepalived.
    pub(crate) instances: usize,
    pub(crate) balance: Algorithm,
    /// `Tcp` for NGINX, which has no active checks.
    pub(crate) check: HealthCheck,
    /// Whether `option redispatch` is set; false for NGINX.
    pub(crate) redispatch: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Haproxy,
    Nginx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Algorithm {
    RoundRobin,
    LeastConn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HealthCheck {
    Tcp,
    Readyz,
}

/// The saved form of the leader election's flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaderElection {
    /// `--leader-elect`.
    pub(crate) enabled: bool,
    /// The reading of the lease that all candidates follow.
    pub(crate) renewal: Reading,
    pub(crate) lock: Lock,
    /// At most 24 h, as the two timings after it.
    pub(crate) lease_duration: Span,
    pub(crate) renew_deadline: Span,
    pub(crate) retry_period: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lock {
    Leases,
    Endpoints,
}

/// The saved form of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// Its name: a DNS label of at most 40 characters.
    pub name: String,
    /// Desired number of pods, at most 10,000 over all deployments.
    pub replicas: u32,
}

impl Default for Cluster {
    fn default() -> Self {
        Cluster {
            masters: 3,
            workers: 3,
            etcd: Etcd { topology: Topology::Stacked, members: 3, servers: Servers::All },
            load_balancer: Some(Balancer::default()),
            kubeconfig: LOAD_BALANCER.to_owned(),
            leader_election: LeaderElection::default(),
            deployments: vec![Deployment { name: "web".to_owned(), replicas: 3 }],
        }
    }
}

impl Default for Balancer {
    fn default() -> Self {
        Balancer {
            kind: Kind::Haproxy,
            instances: 1,
            balance: Algorithm::RoundRobin,
            check: HealthCheck::Readyz,
            redispatch: false,
        }
    }
}

impl Default for LeaderElection {
    fn default() -> Self {
        LeaderElection {
            enabled: true,
            renewal: Reading::Lecture,
            lock: Lock::Leases,
            lease_duration: Span(SimDuration::from_secs(15)),
            renew_deadline: Span(SimDuration::from_secs(10)),
            retry_period: Span(SimDuration::from_secs(2)),
        }
    }
}

const LOAD_BALANCER: &str = "load-balancer";

/// Reads a key if it is there.
macro_rules! optional {
    ($object:expr, $key:literal, $into:expr, $at:ident => $read:expr) => {
        if let Some($at) = $object.get($key) {
            $into = $read;
        }
    };
}

pub(super) fn read(at: &At<'_>) -> Read<Cluster> {
    let keys = ["masters", "workers", "etcd", "loadBalancer", "kubeconfig", "leaderElection", "deployments"];
    let object = at.object(&keys)?;
    let mut cluster = Cluster::default();
    optional!(object, "masters", cluster.masters, at => at.whole(1..=MAX_MASTERS as u64)? as usize);
    optional!(object, "workers", cluster.workers, at => at.whole(0..=MAX_WORKERS as u64)? as usize);
    cluster.etcd.members = cluster.masters;
    optional!(object, "etcd", cluster.etcd, at => read_etcd(&at, cluster.masters)?);
    optional!(object, "loadBalancer", cluster.load_balancer, at => read_balancer(&at)?);
    cluster.kubeconfig = read_kubeconfig(&object, &cluster)?;
    optional!(object, "leaderElection", cluster.leader_election, at => read_election(&at)?);
    optional!(object, "deployments", cluster.deployments, at => read_deployments(&at)?);
    Ok(cluster)
}

fn read_etcd(at: &At<'_>, masters: usize) -> Read<Etcd> {
    let object = at.object(&["topology", "members", "servers"])?;
    let mut etcd = Etcd { topology: Topology::Stacked, members: masters, servers: Servers::All };
    let topologies = [("stacked", Topology::Stacked), ("external", Topology::External)];
    optional!(object, "topology", etcd.topology, at => at.choice(&topologies)?);
    if etcd.topology == Topology::External {
        etcd.members = 3;
    }
    if let Some(at) = object.get("members") {
        let members = at.whole(1..=MAX_MEMBERS)? as usize;
        if etcd.topology == Topology::Stacked && members != masters {
            let why = format!("differs from masters, which is {masters}: a stacked cluster has one member per master");
            return Err(at.refuse(why, format!("{masters}, or topology \"external\"")));
        }
        etcd.members = members;
    }
    if let Some(at) = object.get("servers") {
        etcd.servers = at.choice(&[("all", Servers::All), ("local", Servers::Local)])?;
        if etcd.servers == Servers::Local && etcd.topology == Topology::External {
            return Err(at.refuse("needs a member on each master, and topology is \"external\"", "all"));
        }
    }
    Ok(etcd)
}

fn read_balancer(at: &At<'_>) -> Read<Option<Balancer>> {
    if at.value.is_null() {
        return Ok(None);
    }
    let object = at.object(&["kind", "instances", "balance", "check", "redispatch"])?;
    let mut lb = Balancer::default();
    optional!(object, "kind", lb.kind, at => at.choice(&[("haproxy", Kind::Haproxy), ("nginx", Kind::Nginx)])?);
    optional!(object, "instances", lb.instances, at => at.whole(1..=2)? as usize);
    let algorithms = [("roundrobin", Algorithm::RoundRobin), ("leastconn", Algorithm::LeastConn)];
    optional!(object, "balance", lb.balance, at => at.choice(&algorithms)?);
    let nginx = lb.kind == Kind::Nginx;
    if nginx {
        lb.check = HealthCheck::Tcp; // it has no active checks: it notices only failed connections
    }
    let checks = [("tcp", HealthCheck::Tcp), ("readyz", HealthCheck::Readyz)];
    if let Some(at) = object.get("check") {
        lb.check = at.choice(&checks)?;
        if nginx && lb.check == HealthCheck::Readyz {
            let why = "is not possible: NGINX sees only whether it can connect, health checks are in the commercial NGINX Plus";
            return Err(at.refuse(why, "tcp, or kind \"haproxy\""));
        }
    }
    if let Some(at) = object.get("redispatch") {
        lb.redispatch = at.boolean()?;
        if nginx && lb.redispatch {
            let why = "is HAProxy's option; NGINX always tries the next server (proxy_next_upstream on)";
            return Err(at.refuse(why, "false, or kind \"haproxy\""));
        }
    }
    Ok(Some(lb))
}

/// Reads the laptop's server. Without a load balancer the default is the first master.
fn read_kubeconfig(object: &Object<'_>, cluster: &Cluster) -> Read<String> {
    let balanced = cluster.load_balancer.is_some();
    let Some(at) = object.get("kubeconfig") else {
        return Ok(if balanced { LOAD_BALANCER.to_owned() } else { "master-1".to_owned() });
    };
    let masters = match cluster.masters {
        1 => "master-1".to_owned(),
        n => format!("master-1 .. master-{n}"),
    };
    let allowed = if balanced { format!("{LOAD_BALANCER}, {masters}") } else { masters };
    let name = at.string(&allowed)?;
    if name == LOAD_BALANCER && !balanced {
        return Err(at.refuse("is not there: loadBalancer is null", allowed));
    }
    if name != LOAD_BALANCER && master_number(name).is_none_or(|n| n > cluster.masters) {
        return Err(at.refuse("is not a master of this cluster", allowed));
    }
    Ok(name.to_owned())
}

fn master_number(name: &str) -> Option<usize> {
    (1..=MAX_MASTERS).find(|n| name.strip_prefix("master-") == Some(n.to_string().as_str()))
}

fn read_election(at: &At<'_>) -> Read<LeaderElection> {
    let timings = ["leaseDuration", "renewDeadline", "retryPeriod"];
    let object = at.object(&["enabled", "renewal", "lock", timings[0], timings[1], timings[2]])?;
    let mut election = LeaderElection::default();
    optional!(object, "enabled", election.enabled, at => at.boolean()?);
    optional!(object, "renewal", election.renewal, at => at.choice(&Reading::NAMES)?);
    let locks = [("leases", Lock::Leases), ("endpoints", Lock::Endpoints)];
    optional!(object, "lock", election.lock, at => at.choice(&locks)?);
    let timing = |at: At<'_>| at.duration(SimDuration::ZERO, MAX_TIMING).map(Span);
    optional!(object, "leaseDuration", election.lease_duration, at => timing(at)?);
    optional!(object, "renewDeadline", election.renew_deadline, at => timing(at)?);
    optional!(object, "retryPeriod", election.retry_period, at => timing(at)?);
    check_timings(at, &election)?;
    Ok(election)
}

/// Checks that a component with these timings would start.
pub(super) fn check_timings(at: &At<'_>, election: &LeaderElection) -> Read<()> {
    election.config().settings().validate().map_err(|why| refuse_timings(at, election, why))
}

/// Returns the real component's message, at the timing that it names first.
fn refuse_timings(at: &At<'_>, e: &LeaderElection, why: &'static str) -> super::ScenarioError {
    let key = why.split(' ').next().unwrap_or_default();
    let (value, allowed) = match key {
        "leaseDuration" => (e.lease_duration, say::FILE_MORE_THAN_RENEW.with(&[("renew", &e.renew_deadline.0)])),
        "renewDeadline" => {
            let least = e.retry_period.0.scale(12, 10);
            (e.renew_deadline, say::FILE_MORE_THAN_RETRY.with(&[("least", &least)]))
        }
        _ => (e.retry_period, say::FILE_MORE_THAN_ZERO.to_string()),
    };
    super::ScenarioError {
        path: at.path_of(key),
        found: say::FILE_FOUND
            .with(&[("value", &format_args!("\"{}\"", value.0)), ("why", &say::FILE_REFUSED.with(&[("why", &why)]))]),
        allowed,
    }
}

fn read_deployments(at: &At<'_>) -> Read<Vec<Deployment>> {
    let items = at.list(&format!("a list of at most {MAX_DEPLOYMENTS} deployments"), 0..=MAX_DEPLOYMENTS)?;
    let (mut deployments, mut names, mut total) = (Vec::new(), Set::new(), 0);
    for item in items {
        let object = item.object(&["name", "replicas"])?;
        let allowed = say::FILE_NAME.get();
        let at = object.need("name", allowed)?;
        let name = at.string(allowed)?;
        if !is_label(name) {
            return Err(at.refuse(say::FILE_NOT_A_NAME, allowed));
        }
        if !names.insert(name) {
            return Err(at.refuse(say::FILE_TWICE, allowed));
        }
        let mut replicas = 1;
        if let Some(at) = object.get("replicas") {
            replicas = at.whole(0..=MAX_REPLICAS)?;
            if total + replicas > MAX_REPLICAS {
                return Err(at.refuse(
                    say::FILE_IN_ALL.with(&[("n", &(total + replicas))]),
                    say::FILE_MOST_IN_ALL.with(&[("n", &MAX_REPLICAS)]),
                ));
            }
        }
        total += replicas;
        deployments.push(Deployment { name: name.to_owned(), replicas: replicas as u32 });
    }
    Ok(deployments)
}

/// Returns whether it is a DNS label with room for the suffix of a pod's name.
pub(super) fn is_label(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=40).contains(&name.len()) && name.chars().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

impl LeaderElection {
    fn config(self) -> Election {
        Election {
            enabled: self.enabled,
            renewal: self.renewal,
            lock: match self.lock {
                Lock::Leases => LockKind::Leases,
                Lock::Endpoints => LockKind::Endpoints,
            },
            lease_duration: self.lease_duration.0,
            renew_deadline: self.renew_deadline.0,
            retry_period: self.retry_period.0,
        }
    }
}

impl Balancer {
    fn config(self) -> LoadBalancer {
        LoadBalancer {
            kind: match self.kind {
                Kind::Haproxy => LbKind::Haproxy,
                Kind::Nginx => LbKind::Nginx,
            },
            instances: self.instances,
            balance: match self.balance {
                Algorithm::RoundRobin => Balance::RoundRobin,
                Algorithm::LeastConn => Balance::LeastConn,
            },
            check: match self.check {
                HealthCheck::Tcp => Check::Tcp,
                HealthCheck::Readyz => Check::Readyz,
            },
            redispatch: self.redispatch,
        }
    }
}

impl Cluster {
    /// Returns the configuration of the cluster to build.
    pub(crate) fn config(&self, seed: u64) -> Config {
        Config {
            seed,
            masters: self.masters,
            workers: self.workers,
            etcd: match self.etcd.topology {
                Topology::Stacked => EtcdTopology::Stacked,
                Topology::External => EtcdTopology::External { members: self.etcd.members },
            },
            etcd_servers: match self.etcd.servers {
                Servers::All => EtcdServers::All,
                Servers::Local => EtcdServers::Local,
            },
            load_balancer: self.load_balancer.map(Balancer::config),
            kubeconfig: master_number(&self.kubeconfig).map_or(Kubeconfig::LoadBalancer, Kubeconfig::Master),
            election: self.leader_election.config(),
            deployments: self
                .deployments
                .iter()
                .map(|d| DeploymentConfig { name: d.name.clone(), replicas: d.replicas })
                .collect(),
        }
    }
}
