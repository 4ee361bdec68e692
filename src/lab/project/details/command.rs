//! Command lines and configuration files, as kubeadm and its guide to high availability write them. Options that the lab
//! models have the values in force; the rest have kubeadm's. FACTS 1.1, 4.2, 4.3, 5.1, 6; upstream
//! `cmd/kubeadm/app/phases/controlplane/manifests.go`, `cmd/kubeadm/app/phases/etcd/local.go`.

use super::paper;
use crate::cluster::config::{Balance, Check};
use crate::cluster::process::Process;
use crate::cluster::topology::KUBELET as KUBELET_NAME;
use crate::cluster::{Cluster, flags};
use crate::etcd::CLIENT_PORT;
use crate::lab::project::restart_cost;
use crate::lab::view::details::{CommandLine, Flag, FlagKind, Paper};
use crate::sim::{HostId, ProcId, VIRTUAL};

type Given = (&'static str, &'static str);

const API_SERVER: &[Given] = &[
    ("--allow-privileged", "true"),
    ("--authorization-mode", "Node,RBAC"),
    ("--client-ca-file", "/etc/kubernetes/pki/ca.crt"),
    ("--enable-admission-plugins", "NodeRestriction"),
    ("--enable-bootstrap-token-auth", "true"),
    ("--etcd-cafile", "/etc/kubernetes/pki/etcd/ca.crt"),
    ("--etcd-certfile", "/etc/kubernetes/pki/apiserver-etcd-client.crt"),
    ("--etcd-keyfile", "/etc/kubernetes/pki/apiserver-etcd-client.key"),
    ("--kubelet-client-certificate", "/etc/kubernetes/pki/apiserver-kubelet-client.crt"),
    ("--kubelet-client-key", "/etc/kubernetes/pki/apiserver-kubelet-client.key"),
    ("--service-account-issuer", "https://kubernetes.default.svc.cluster.local"),
    ("--service-account-key-file", "/etc/kubernetes/pki/sa.pub"),
    ("--service-account-signing-key-file", "/etc/kubernetes/pki/sa.key"),
    ("--service-cluster-ip-range", "10.96.0.0/12"),
    ("--tls-cert-file", "/etc/kubernetes/pki/apiserver.crt"),
    ("--tls-private-key-file", "/etc/kubernetes/pki/apiserver.key"),
];
const CONTROLLER_MANAGER: &[Given] = &[
    ("--authentication-kubeconfig", "/etc/kubernetes/controller-manager.conf"),
    ("--authorization-kubeconfig", "/etc/kubernetes/controller-manager.conf"),
    ("--bind-address", "127.0.0.1"),
    ("--client-ca-file", "/etc/kubernetes/pki/ca.crt"),
    ("--cluster-signing-cert-file", "/etc/kubernetes/pki/ca.crt"),
    ("--cluster-signing-key-file", "/etc/kubernetes/pki/ca.key"),
    ("--controllers", "*,bootstrapsigner,tokencleaner"),
    ("--kubeconfig", "/etc/kubernetes/controller-manager.conf"),
    ("--root-ca-file", "/etc/kubernetes/pki/ca.crt"),
    ("--service-account-private-key-file", "/etc/kubernetes/pki/sa.key"),
    ("--use-service-account-credentials", "true"),
];
const SCHEDULER: &[Given] = &[
    ("--authentication-kubeconfig", "/etc/kubernetes/scheduler.conf"),
    ("--authorization-kubeconfig", "/etc/kubernetes/scheduler.conf"),
    ("--bind-address", "127.0.0.1"),
    ("--kubeconfig", "/etc/kubernetes/scheduler.conf"),
];
const ETCD: &[Given] = &[
    ("--client-cert-auth", "true"),
    ("--data-dir", "/var/lib/etcd"),
    ("--election-timeout", "1000"),
    ("--heartbeat-interval", "100"),
    ("--peer-client-cert-auth", "true"),
    ("--snapshot-count", "10000"),
];
const KUBELET: &[Given] = &[
    ("--bootstrap-kubeconfig", "/etc/kubernetes/bootstrap-kubelet.conf"),
    ("--config", "/var/lib/kubelet/config.yaml"),
    ("--kubeconfig", "/etc/kubernetes/kubelet.conf"),
    // Makes it log failed probes.
    ("--v", "1"),
];
const KUBE_PROXY: &[Given] = &[("--config", "/var/lib/kube-proxy/config.conf")];
const HAPROXY_FILE: &str = "/usr/local/etc/haproxy/haproxy.cfg";
const NGINX_FILE: &str = "/etc/nginx/nginx.conf";
const KEEPALIVED_FILE: &str = "/etc/keepalived/keepalived.conf";

/// Returns how `process` was started. `None` for commands that are typed.
pub(super) fn line(cluster: &Cluster, host: HostId, process: ProcId) -> Option<CommandLine> {
    let machine = cluster.world().machine(process);
    let name = cluster.world().slot(process).name.as_str();
    let address = cluster.topology().address(host);
    let own = cluster.topology().planned(host).name.clone();
    let mut identity: Vec<(&'static str, String)> = Vec::new();
    let manifest = format!("/etc/kubernetes/manifests/{name}.yaml");
    let (fixed, file): (&[Given], String) = match machine {
        Process::ApiServer(_) => {
            identity.push(("--advertise-address", address));
            identity.push(("--secure-port", "6443".to_owned()));
            (API_SERVER, manifest)
        }
        Process::ControllerManager(_) => (CONTROLLER_MANAGER, manifest),
        Process::Scheduler(_) => (SCHEDULER, manifest),
        Process::Etcd(member) => {
            let url = |port: u16| format!("https://{address}:{port}");
            let peers = &member.config().peers;
            let peer =
                |p: &crate::etcd::Peer| format!("{}=https://{}:2380", p.name, cluster.topology().address(p.host));
            identity.push(("--name", own));
            identity.push(("--advertise-client-urls", url(CLIENT_PORT)));
            identity.push(("--initial-advertise-peer-urls", url(2380)));
            identity.push(("--initial-cluster", peers.iter().map(peer).collect::<Vec<_>>().join(",")));
            identity.push(("--listen-client-urls", format!("https://127.0.0.1:{CLIENT_PORT},{}", url(CLIENT_PORT))));
            identity.push(("--listen-peer-urls", url(2380)));
            let own_kubelet = cluster.topology().process(host, KUBELET_NAME).is_some();
            (ETCD, if own_kubelet { manifest } else { unit(name) })
        }
        Process::Kubelet(kubelet) => {
            identity.push(("--hostname-override", kubelet.config().node_name.to_string()));
            (KUBELET, "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf".to_owned())
        }
        Process::KubeProxy(_) => {
            identity.push(("--hostname-override", own));
            (KUBE_PROXY, "DaemonSet kube-system/kube-proxy".to_owned())
        }
        Process::Haproxy(_) => (&[("-W", ""), ("-db", ""), ("-f /usr/local/etc/haproxy/haproxy.cfg", "")], unit(name)),
        Process::Nginx(_) => (&[("-g 'daemon off;'", "")], unit(name)),
        Process::Keepalived(_) => (&[("--dont-fork", ""), ("--log-console", "")], unit(name)),
        Process::Node(_) | Process::Kubectl(_) | Process::Terminal(_) | Process::Browser(_) => return None,
    };
    let flag = |kind: FlagKind| move |(name, value): (&'static str, String)| Flag { name, value: value.into(), kind };
    let mut all: Vec<Flag> = flags::values(machine).into_iter().map(flag(FlagKind::Changeable)).collect();
    all.extend(identity.into_iter().map(flag(FlagKind::Identity)));
    all.extend(fixed.iter().map(|(name, value)| (*name, (*value).to_owned())).map(flag(FlagKind::Fixed)));
    Some(CommandLine { program: name.into(), file: file.into(), flags: all, cost: restart_cost::of(cluster, process) })
}

/// Returns the path of its systemd unit.
fn unit(name: &str) -> String {
    format!("/usr/lib/systemd/system/{name}.service")
}

/// Returns the load balancer's configuration file.
pub(super) fn file(cluster: &Cluster, process: ProcId) -> Option<Paper> {
    let (name, text) = match cluster.world().machine(process) {
        Process::Haproxy(m) => (HAPROXY_FILE, haproxy(cluster, m.config())),
        Process::Nginx(m) => (NGINX_FILE, nginx(cluster, m.config())),
        Process::Keepalived(m) => (KEEPALIVED_FILE, keepalived(cluster, m.configured_priority())),
        _ => return None,
    };
    Some(paper("config", &format!("cat {name}"), text, false))
}

fn haproxy(cluster: &Cluster, config: &crate::edge::haproxy::HaproxyConfig) -> String {
    let mut out = "defaults\n    mode tcp\n    timeout connect 5s\n    retries 3\n".to_owned();
    if config.redispatch {
        out.push_str("    option redispatch\n");
    }
    out.push_str(
        "frontend apiserver\n    bind *:6443\n    default_backend apiserverbackend\nbackend apiserverbackend\n",
    );
    out.push_str(match config.balance {
        Balance::RoundRobin => "    balance roundrobin\n",
        Balance::LeastConn => "    balance leastconn\n",
    });
    let check = match config.check {
        Check::Readyz => {
            out.push_str("    option httpchk GET /readyz\n    http-check expect status 200\n");
            "check check-ssl verify none"
        }
        Check::Tcp => "check",
    };
    for server in &config.servers {
        let address = cluster.topology().address(server.host);
        out.push_str(&format!("    server {} {address}:{} {check} inter 2s fall 3 rise 2\n", server.name, server.port));
    }
    out
}

fn nginx(cluster: &Cluster, config: &crate::edge::nginx::NginxConfig) -> String {
    let mut out = "stream {\n    upstream apiservers {\n".to_owned();
    if config.balance == Balance::LeastConn {
        out.push_str("        least_conn;\n");
    }
    for server in &config.servers {
        let address = cluster.topology().address(server.host);
        out.push_str(&format!("        server {address}:{} max_fails=1 fail_timeout=10s;\n", server.port));
    }
    out.push_str("    }\n    server {\n        listen 6443;\n        proxy_pass apiservers;\n    }\n}\n");
    out
}

fn keepalived(cluster: &Cluster, priority: u8) -> String {
    let state = if priority > 100 { "MASTER" } else { "BACKUP" };
    format!(
        "vrrp_script check_apiserver {{\n    script \"/etc/keepalived/check_apiserver.sh\"\n    interval 3\n    weight -2\n    \
         fall 10\n    rise 2\n}}\nvrrp_instance VI_1 {{\n    state {state}\n    priority {priority}\n    advert_int 1\n    \
         virtual_ipaddress {{\n        {}\n    }}\n    track_script {{\n        check_apiserver\n    }}\n}}\n",
        cluster.topology().address(VIRTUAL)
    )
}
