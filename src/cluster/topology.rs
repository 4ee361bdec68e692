//! The hosts and processes of a cluster and their names (docs/scenario.md), planned before anything is built,
//! because processes refer to each other.

use super::config::{Config, EtcdTopology, LbKind};
use crate::sim::map::Map;
use crate::sim::{HostId, ProcId, VIRTUAL};

/// The role of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostRole {
    /// The administrator's laptop.
    Laptop,
    /// The app's user.
    User,
    /// A host with a load balancer.
    LoadBalancer,
    /// A master, with the control plane.
    Master,
    /// A host for an etcd member only.
    Etcd,
    /// A worker.
    Worker,
}

/// One host of the plan.
#[derive(Clone, Debug)]
pub struct PlannedHost {
    /// `master-1`
    pub name: String,
    /// What it is for.
    pub role: HostRole,
    /// Its processes, in order: their names and numbers.
    pub processes: Vec<(&'static str, ProcId)>,
}

/// The hosts and processes of a cluster. Hosts and processes are numbered in the order in which they stand here.
#[derive(Clone, Debug)]
pub struct Topology {
    /// The hosts, by index.
    pub hosts: Vec<PlannedHost>,
    by_name: Map<String, HostId>,
    /// Every instance of each process.
    instances: Map<&'static str, Vec<(HostId, ProcId)>>,
}

/// The process name of an API server.
pub(crate) const API_SERVER: &str = "kube-apiserver";
/// The process name of a controller manager.
pub(crate) const CONTROLLER_MANAGER: &str = "kube-controller-manager";
/// The process name of a scheduler.
pub(crate) const SCHEDULER: &str = "kube-scheduler";
/// The process name of an etcd member.
pub(crate) const ETCD: &str = "etcd";
/// The process name of a kubelet.
pub(crate) const KUBELET: &str = "kubelet";
/// The process name of a kube-proxy.
pub(crate) const KUBE_PROXY: &str = "kube-proxy";
/// The process name of a worker's own operating system.
pub(crate) const NODE: &str = "node";
/// The process name of HAProxy.
pub(crate) const HAPROXY: &str = "haproxy";
/// The process name of NGINX.
pub(crate) const NGINX: &str = "nginx";
/// The process name of keepalived.
pub(crate) const KEEPALIVED: &str = "keepalived";
/// The process name of the laptop's polling.
pub(crate) const KUBECTL: &str = "kubectl";
/// The process name of the laptop's terminal.
pub(crate) const TERMINAL: &str = "terminal";
/// The process name of the app's user.
pub(crate) const BROWSER: &str = "browser";

impl Topology {
    /// Plans the hosts and processes that `config` asks for.
    pub(crate) fn plan(config: &Config) -> Self {
        let mut hosts = Vec::new();
        let mut next = 0;
        let mut add = |name: String, role: HostRole, names: &[&'static str]| {
            let mut processes = Vec::with_capacity(names.len());
            for name in names {
                processes.push((*name, ProcId(next)));
                next += 1;
            }
            hosts.push(PlannedHost { name, role, processes });
        };
        add("laptop".to_owned(), HostRole::Laptop, &[KUBECTL, TERMINAL]);
        add("app-user".to_owned(), HostRole::User, &[BROWSER]);
        if let Some(lb) = config.load_balancer {
            let proxy = if lb.kind == LbKind::Nginx { NGINX } else { HAPROXY };
            let names = [proxy, KEEPALIVED];
            for i in 1..=lb.instances {
                add(format!("lb-{i}"), HostRole::LoadBalancer, &names[..lb.instances.min(2)]);
            }
        }
        let stacked = config.etcd == EtcdTopology::Stacked;
        for i in 1..=config.masters {
            let mut names = vec![KUBELET, API_SERVER, CONTROLLER_MANAGER, SCHEDULER];
            if stacked {
                names.push(ETCD);
            }
            add(format!("master-{i}"), HostRole::Master, &names);
        }
        if let EtcdTopology::External { members } = config.etcd {
            for i in 1..=members {
                add(format!("etcd-{i}"), HostRole::Etcd, &[ETCD]);
            }
        }
        for i in 1..=config.workers {
            add(format!("worker-{i}"), HostRole::Worker, &[KUBELET, KUBE_PROXY, NODE]);
        }
        let by_name = hosts.iter().enumerate().map(|(i, h)| (h.name.clone(), HostId(i as u16))).collect();
        let mut instances: Map<&'static str, Vec<_>> = Map::new();
        for (i, host) in hosts.iter().enumerate() {
            for (name, process) in &host.processes {
                instances.entry(*name).or_default().push((HostId(i as u16), *process));
            }
        }
        Topology { hosts, by_name, instances }
    }

    /// Returns the host with this name; `None` if there is none.
    pub fn host(&self, name: &str) -> Option<HostId> {
        self.by_name.get(name).copied()
    }

    /// Returns the plan of a host.
    pub fn planned(&self, host: HostId) -> &PlannedHost {
        &self.hosts[host.0 as usize]
    }

    /// Returns the process with this name on a host.
    pub fn process(&self, host: HostId, name: &str) -> Option<ProcId> {
        self.planned(host).processes.iter().find(|(n, _)| *n == name).map(|(_, p)| *p)
    }

    /// Hosts of one role, in order.
    pub(crate) fn with_role(&self, role: HostRole) -> impl Iterator<Item = (HostId, &PlannedHost)> {
        self.hosts.iter().enumerate().filter(move |(_, h)| h.role == role).map(|(i, h)| (HostId(i as u16), h))
    }

    /// Every instance of one process: where it runs, and its number.
    pub fn all(&self, name: &'static str) -> impl Iterator<Item = (HostId, ProcId)> {
        self.instances.get(name).into_iter().flatten().copied()
    }

    /// Controller managers and schedulers.
    pub(crate) fn candidates(&self) -> Vec<ProcId> {
        self.all(CONTROLLER_MANAGER).chain(self.all(SCHEDULER)).map(|(_, p)| p).collect()
    }

    /// An address for each host and for the virtual IP, as error messages and objects show it.
    pub fn address(&self, host: HostId) -> String {
        if host == VIRTUAL {
            return "10.0.0.9".to_owned();
        }
        let planned = self.planned(host);
        let number: u32 = planned.name.rsplit('-').next().and_then(|n| n.parse().ok()).unwrap_or(1);
        match planned.role {
            HostRole::Laptop => "10.0.0.2".to_owned(),
            HostRole::User => "10.0.0.3".to_owned(),
            HostRole::LoadBalancer => format!("10.0.0.{}", 9 + number),
            HostRole::Master => format!("10.0.1.{number}"),
            HostRole::Etcd => format!("10.0.2.{number}"),
            HostRole::Worker => format!("10.1.{}.{}", number / 250, 1 + number % 250),
        }
    }
}
