//! Turns a configuration into a world of hosts and processes that know each other's addresses.

use std::rc::Rc;

use super::config::{self, Config, Kubeconfig};
use super::process::Process;
use super::topology::{
    API_SERVER, BROWSER, CONTROLLER_MANAGER, ETCD, HAPROXY, HostRole, KEEPALIVED, KUBE_PROXY, KUBECTL, KUBELET, NGINX,
    NODE, SCHEDULER, TERMINAL, Topology,
};
use crate::console;
use crate::edge::backends::{Balance, Check, ServerConfig};
use crate::edge::haproxy::{Haproxy, HaproxyConfig};
use crate::edge::keepalived::{Keepalived, KeepalivedConfig};
use crate::edge::kubectl::Server;
use crate::edge::laptop::{AppDeployment, Laptop, LaptopConfig};
use crate::edge::nginx::{Nginx, NginxConfig};
use crate::edge::user::{AppUser, UserConfig};
use crate::etcd::{CLIENT_PORT, Member, MemberConfig, Peer};
use crate::kube::api::API_PORT;
use crate::kube::apiserver::{ApiServer, ApiServerConfig};
use crate::kube::controllers::{ControllerManager, ControllerManagerConfig};
use crate::kube::election::{self, Settings};
use crate::kube::kubelet::{Kubelet, KubeletConfig, StaticPod};
use crate::kube::node_os::NodeOs;
use crate::kube::object::Name;
use crate::kube::proxy::{Proxy, ProxyConfig};
use crate::kube::scheduler::{Scheduler, SchedulerConfig};
use crate::kube::vocabulary::APP_NODE_PORT;
use crate::sim::map::Map;
use crate::sim::{HostId, Port, ProcId, SimDuration, Supervisor, VIRTUAL, World, fnv1a};

/// From power on to the first units, for a small virtual machine.
const BOOT: SimDuration = SimDuration::from_secs(5);
/// systemd's `RestartSec` of the kubelet's unit as kubeadm installs it.
const KUBELET_RESTART_US: u64 = 10_000_000;
/// systemd's default `RestartSec`.
const UNIT_RESTART_US: u64 = 100_000;
/// What each worker offers, and each pod asks for.
const WORKER_CPU_MILLIS: u32 = 16_000;
const WORKER_PODS: u32 = 110;
const IMAGE: &str = "nginx:1.27";
/// How many pods beyond the configured ones are created without throttling.
const MORE_PODS: u64 = 1_000;

/// Everything that `topology` plans.
pub(super) fn world(config: &Config, topology: &Topology, settings: Settings) -> World<Process> {
    let mut world = World::new(config.seed);
    let builder = Builder {
        config,
        topology,
        settings,
        endpoint: endpoint(config, topology),
        kubelets: Rc::new(topology.all(KUBELET).map(|(h, p)| (topology.planned(h).name.as_str().into(), p)).collect()),
        node_hosts: Rc::new(topology.with_role(HostRole::Worker).map(|(id, h)| (h.name.as_str().into(), id)).collect()),
    };
    for planned in &topology.hosts {
        world.add_host(&planned.name, BOOT);
    }
    for (index, planned) in topology.hosts.iter().enumerate() {
        let host = HostId(index as u16);
        for (name, id) in &planned.processes {
            let machine = builder.machine(host, name);
            let supervisor = builder.supervisor(host, name);
            let added = world.add_process(host, name, supervisor, machine);
            debug_assert_eq!(added, *id, "processes are numbered as planned");
        }
    }
    world
}

/// Returns the server of kubeconfigs that name the cluster's endpoint: two load balancers share a virtual IP.
fn endpoint(config: &Config, topology: &Topology) -> HostId {
    let first = |role| topology.with_role(role).next().map(|(id, _)| id);
    match config.load_balancer.map(|lb| lb.instances) {
        Some(2) => VIRTUAL,
        _ => first(HostRole::LoadBalancer).or_else(|| first(HostRole::Master)).unwrap_or(HostId(0)),
    }
}

struct Builder<'a> {
    config: &'a Config,
    topology: &'a Topology,
    settings: Settings,
    endpoint: HostId,
    kubelets: Rc<Map<Name, ProcId>>,
    /// Where each worker's pods are.
    node_hosts: Rc<Map<Name, HostId>>,
}

impl Builder<'_> {
    fn supervisor(&self, host: HostId, name: &str) -> Supervisor {
        let planned = self.topology.planned(host);
        match (planned.role, name) {
            (HostRole::Master, KUBELET) | (HostRole::Worker, KUBELET) => {
                Supervisor::Unit { restart_after_us: KUBELET_RESTART_US }
            }
            (HostRole::Master, _) => match self.topology.process(host, KUBELET) {
                Some(kubelet) => Supervisor::Process(kubelet),
                None => Supervisor::Unit { restart_after_us: UNIT_RESTART_US },
            },
            _ => Supervisor::Unit { restart_after_us: UNIT_RESTART_US },
        }
    }

    fn machine(&self, host: HostId, name: &str) -> Process {
        let host_name: Name = self.topology.planned(host).name.as_str().into();
        match name {
            ETCD => Process::Etcd(Member::new(self.member(&host_name))),
            API_SERVER => Process::ApiServer(ApiServer::new(ApiServerConfig::new(
                &*host_name,
                self.topology.address(host),
                self.etcd_servers(host),
            ))),
            CONTROLLER_MANAGER => Process::ControllerManager(ControllerManager::new(ControllerManagerConfig {
                election: self.elector(host, election::Component::ControllerManager),
                server: host,
                kubelets: self.kubelets.clone(),
                burst: MORE_PODS + self.config.deployments.iter().map(|d| u64::from(d.replicas)).sum::<u64>(),
            })),
            SCHEDULER => Process::Scheduler(Scheduler::new(SchedulerConfig {
                election: self.elector(host, election::Component::Scheduler),
                server: host,
            })),
            KUBELET => Process::Kubelet(Kubelet::new(self.kubelet(host, &host_name))),
            KUBE_PROXY => Process::KubeProxy(Proxy::new(ProxyConfig {
                server: (self.endpoint, API_PORT),
                node: self.topology.process(host, NODE).unwrap_or(ProcId(0)),
                hosts: self.node_hosts.clone(),
            })),
            NODE => Process::Node(NodeOs::new()),
            HAPROXY => Process::Haproxy(Haproxy::new(self.haproxy())),
            NGINX => Process::Nginx(Nginx::new(NginxConfig {
                listen: API_PORT,
                servers: self.api_servers(),
                balance: self.config.load_balancer.map_or(Balance::RoundRobin, |lb| lb.balance),
            })),
            KEEPALIVED => Process::Keepalived(Keepalived::new(self.keepalived(host))),
            KUBECTL => Process::Kubectl(Laptop::new(self.laptop())),
            TERMINAL => Process::Terminal(console::Terminal::new(self.terminal())),
            _ => {
                debug_assert_eq!(name, BROWSER);
                Process::Browser(AppUser::new(UserConfig {
                    workers: self.topology.with_role(HostRole::Worker).map(|(id, _)| id).collect(),
                    port: APP_NODE_PORT,
                }))
            }
        }
    }

    fn member(&self, name: &Name) -> MemberConfig {
        let peers: Vec<Peer> = self
            .topology
            .all(ETCD)
            .map(|(host, process)| {
                let name = self.topology.planned(host).name.clone();
                Peer { id: fnv1a(name.as_bytes()), name, host, process }
            })
            .collect();
        MemberConfig { id: fnv1a(name.as_bytes()), name: name.to_string(), peers }
    }

    fn etcd_servers(&self, own: HostId) -> Vec<(HostId, String)> {
        self.topology
            .all(ETCD)
            .filter(|(host, _)| self.config.etcd_servers == config::EtcdServers::All || *host == own)
            .map(|(host, _)| (host, format!("{}:{CLIENT_PORT}", self.topology.address(host))))
            .collect()
    }

    fn elector(&self, host: HostId, component: election::Component) -> election::ElectorConfig {
        election::ElectorConfig {
            component,
            settings: self.settings,
            lock: self.config.election.lock,
            host_name: self.topology.planned(host).name.as_str().into(),
            peers: self
                .topology
                .all(component.name())
                .map(|(host, process)| election::Peer {
                    name: self.topology.planned(host).name.as_str().into(),
                    host,
                    process,
                })
                .collect(),
            api_server: self.topology.process(host, API_SERVER),
        }
    }

    fn kubelet(&self, host: HostId, name: &Name) -> KubeletConfig {
        let planned = self.topology.planned(host);
        let static_pods = planned
            .processes
            .iter()
            .filter(|(name, _)| matches!(*name, ETCD | API_SERVER | CONTROLLER_MANAGER | SCHEDULER))
            .map(|(name, process)| StaticPod { process: *process, name: (*name).into() })
            .collect();
        let number = host.0;
        KubeletConfig {
            node_name: name.clone(),
            internal_ip: self.topology.address(host).into(),
            server: (self.endpoint, API_PORT),
            runtime: self.topology.process(host, NODE),
            control_plane: planned.role == HostRole::Master,
            static_pods,
            pods_capacity: WORKER_PODS,
            cpu_millis: WORKER_CPU_MILLIS,
            pod_subnet: format!("10.{}.{}.", 128 + number / 256, number % 256).into(),
        }
    }

    fn haproxy(&self) -> HaproxyConfig {
        let lb = self.config.load_balancer;
        HaproxyConfig {
            listen: API_PORT,
            servers: self.api_servers(),
            balance: lb.map_or(Balance::RoundRobin, |lb| lb.balance),
            check: lb.map_or(Check::Readyz, |lb| lb.check),
            redispatch: lb.is_some_and(|lb| lb.redispatch),
        }
    }

    fn keepalived(&self, own: HostId) -> KeepalivedConfig {
        let mut pair = self.topology.all(KEEPALIVED);
        let first = pair.next().unwrap_or((own, ProcId(0)));
        let second = pair.next().unwrap_or(first);
        let (priority, peer) = if first.0 == own { (101, second) } else { (100, first) };
        KeepalivedConfig { priority, peer }
    }

    fn api_servers(&self) -> Vec<ServerConfig> {
        let server = |(host, process)| ServerConfig {
            name: self.topology.planned(host).name.clone(),
            host,
            port: API_PORT,
            process: Some(process),
        };
        self.topology.all(API_SERVER).map(server).collect()
    }

    /// Returns what is on the laptop: its kubeconfig, the hosts' addresses, and the members of etcd.
    fn terminal(&self) -> console::Laptop {
        let hosts = self.topology.hosts.iter().enumerate().map(|(i, planned)| {
            let id = HostId(i as u16);
            (planned.name.as_str().into(), self.topology.address(id).into(), id)
        });
        let virtual_ip = (self.endpoint == VIRTUAL).then(|| {
            let address: Name = self.topology.address(VIRTUAL).into();
            (address.clone(), address, VIRTUAL)
        });
        let etcd = self.topology.all(ETCD);
        console::Laptop {
            server: self.laptop().server,
            hosts: hosts.chain(virtual_ip).collect(),
            etcd: etcd.map(|(h, _)| format!("https://{}:{CLIENT_PORT}", self.topology.address(h)).into()).collect(),
            discovered: Vec::new(),
        }
    }

    fn laptop(&self) -> LaptopConfig {
        let host = match self.config.kubeconfig {
            Kubeconfig::LoadBalancer => self.endpoint,
            Kubeconfig::Master(number) => self.topology.host(&format!("master-{number}")).unwrap_or(self.endpoint),
        };
        let port: Port = API_PORT;
        let address = format!("{}:{port}", self.topology.address(host)).into();
        LaptopConfig {
            server: Server { host, port, address },
            deployments: self
                .config
                .deployments
                .iter()
                .map(|d| AppDeployment { name: d.name.as_str().into(), replicas: d.replicas, image: IMAGE.into() })
                .collect(),
        }
    }
}
