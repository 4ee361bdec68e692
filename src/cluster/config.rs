//! The configuration of a cluster, and the acts on it. The saved formats (`lab/scenario.rs`) have types of their own
//! and are converted into these.

pub use crate::edge::backends::{Balance, Check};
pub use crate::kube::act::Verb;
use crate::kube::election::Settings;
pub use crate::kube::election::{LockKind, Reading};
use crate::sim::SimDuration;

/// How many masters a cluster may have.
pub(crate) const MAX_MASTERS: usize = 7;
/// How many workers a cluster may have.
pub(crate) const MAX_WORKERS: usize = 5_000;

/// A cluster to build.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The seed of all random streams.
    pub seed: u64,
    /// 1 to 7.
    pub masters: usize,
    /// 0 to 5,000.
    pub workers: usize,
    /// Where the etcd members run.
    pub etcd: EtcdTopology,
    /// `--etcd-servers` of the API servers.
    pub etcd_servers: EtcdServers,
    /// The load balancer in front of the API servers; `None` for none.
    pub load_balancer: Option<LoadBalancer>,
    /// Where the kubeconfigs of laptop and kubelets point.
    pub kubeconfig: Kubeconfig,
    /// The `--leader-elect` flags of both components.
    pub election: Election,
    /// The Deployments that the laptop applies.
    pub deployments: Vec<DeploymentConfig>,
}

/// Where etcd members live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtcdTopology {
    /// One member on each master.
    Stacked,
    /// This many members (1 to 7) on hosts of their own, `etcd-1` and so on.
    External {
        /// How many members: 1, 3, 5 or 7.
        members: usize,
    },
}

/// What each API server's `--etcd-servers` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtcdServers {
    /// All members, its own first.
    All,
    /// Only the member on its own master; stacked only.
    Local,
}

/// The load balancers that the lab has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LbKind {
    /// HAProxy, which checks its servers.
    Haproxy,
    /// NGINX, which learns of failures from its clients' connections.
    Nginx,
}

/// The load balancer in front of the API servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBalancer {
    /// The program.
    pub kind: LbKind,
    /// 1, or 2 that share a virtual IP by keepalived.
    pub instances: usize,
    /// How it picks a server for a new connection.
    pub balance: Balance,
    /// The kind of HAProxy's health checks; NGINX has none.
    pub check: Check,
    /// HAProxy's `option redispatch`.
    pub redispatch: bool,
}

/// Where the laptop's kubectl points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kubeconfig {
    /// At the load balancer.
    LoadBalancer,
    /// The master with this number, counted from 1.
    Master(usize),
}

/// Leader election of the controller managers and schedulers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Election {
    /// `--leader-elect`
    pub enabled: bool,
    /// How renewals and expiry work.
    pub renewal: Reading,
    /// The kind of object that is the lock.
    pub lock: LockKind,
    /// `--leader-elect-lease-duration`
    pub lease_duration: SimDuration,
    /// `--leader-elect-renew-deadline`
    pub renew_deadline: SimDuration,
    /// `--leader-elect-retry-period`
    pub retry_period: SimDuration,
}

impl Election {
    /// The flags of each candidate.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            enabled: self.enabled,
            reading: self.renewal,
            lease_duration: self.lease_duration,
            renew_deadline: self.renew_deadline,
            retry_period: self.retry_period,
        }
    }
}

/// A Deployment that the laptop applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentConfig {
    /// Its name.
    pub name: String,
    /// Its desired number of pods.
    pub replicas: u32,
}

impl Default for Config {
    /// Three stacked masters, three workers, HAProxy, the lecture's timings, three replicas of `web`.
    fn default() -> Self {
        Config {
            seed: 1,
            masters: 3,
            workers: 3,
            etcd: EtcdTopology::Stacked,
            etcd_servers: EtcdServers::All,
            load_balancer: Some(LoadBalancer {
                kind: LbKind::Haproxy,
                instances: 1,
                balance: Balance::RoundRobin,
                check: Check::Readyz,
                redispatch: false,
            }),
            kubeconfig: Kubeconfig::LoadBalancer,
            election: Election {
                enabled: true,
                renewal: Reading::Lecture,
                lock: LockKind::Leases,
                lease_duration: SimDuration::from_secs(15),
                renew_deadline: SimDuration::from_secs(10),
                retry_period: SimDuration::from_secs(2),
            },
            deployments: vec![DeploymentConfig { name: "web".to_owned(), replicas: 3 }],
        }
    }
}

/// The target of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of docs/scenario.md")]
pub enum Target {
    /// `master-1`
    Host(String),
    /// `master-1` and `kube-scheduler`
    Process { host: String, name: String },
    /// The leader at the time of the act.
    Leader { of: LeaderOf, host: bool },
    /// The pod at this index of a deployment's pods, sorted by name.
    Pod { deployment: String, index: usize },
    /// The pod with this name in the namespace `default`.
    PodNamed(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of docs/scenario.md")]
pub enum LeaderOf {
    ControllerManager,
    Scheduler,
    Etcd,
}

/// An act on a cluster.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names are those of docs/scenario.md")]
pub enum Act {
    /// What one verb does to one host, process or pod.
    On(Verb, Target),
    Clock {
        target: Target,
        rate_ppm: Option<u32>,
        offset_us: Option<i64>,
    },
    Partition {
        groups: Vec<Vec<String>>,
    },
    Cut {
        from: String,
        to: String,
    },
    Link {
        between: (String, String),
        latency: Option<SimDuration>,
        jitter: Option<SimDuration>,
        loss_ppm: Option<u32>,
    },
    Heal {
        between: Option<(String, String)>,
    },
    Kubectl {
        args: Vec<String>,
    },
    Etcdctl {
        args: Vec<String>,
    },
    Flags {
        target: Target,
        set: Vec<(String, String)>,
    },
    /// New timings for all candidates of both components, from their next step on (the lab's sliders).
    Timings {
        lease_duration: SimDuration,
        renew_deadline: SimDuration,
        retry_period: SimDuration,
    },
    /// The other reading of the lease.
    Reading(Reading),
}
