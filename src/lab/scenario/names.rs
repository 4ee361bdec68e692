//! Names in a scenario: hosts and processes of a cluster.

use crate::cluster::config::{Config, EtcdTopology, LbKind};

/// Hosts that differ by their number: `master-1` and so on.
struct Family {
    name: &'static str,
    count: usize,
}

fn families(config: &Config) -> [Family; 4] {
    let external = match config.etcd {
        EtcdTopology::Stacked => 0,
        EtcdTopology::External { members } => members,
    };
    [
        Family { name: "lb", count: config.load_balancer.map_or(0, |lb| lb.instances) },
        Family { name: "master", count: config.masters },
        Family { name: "etcd", count: external },
        Family { name: "worker", count: config.workers },
    ]
}

/// Returns the family of a host. `None` if the cluster has no such host. The laptop and the app's user are families of one.
fn find<'a>(config: &Config, host: &'a str) -> Option<&'a str> {
    if matches!(host, "laptop" | "app-user") {
        return Some(host);
    }
    let (family, number) = host.rsplit_once('-')?;
    let plain = !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
    let number: usize = number.parse().ok()?;
    let known = families(config).iter().any(|f| f.name == family && number <= f.count);
    (plain && known).then_some(family)
}

pub(super) fn is_host(config: &Config, host: &str) -> bool {
    find(config, host).is_some()
}

/// Returns a list such as `laptop, app-user, lb-1, master-1 .. master-3, worker-1 .. worker-3`.
pub(super) fn hosts(config: &Config) -> String {
    let mut names = vec!["laptop".to_owned(), "app-user".to_owned()];
    for Family { name, count } in families(config) {
        match count {
            0 => {}
            1 => names.push(format!("{name}-1")),
            _ => names.push(format!("{name}-1 .. {name}-{count}")),
        }
    }
    names.join(", ")
}

/// Returns the processes of a host that can be named.
pub(super) fn processes(config: &Config, host: &str) -> &'static [&'static str] {
    match find(config, host) {
        Some("master") if config.etcd == EtcdTopology::Stacked => {
            &["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"]
        }
        Some("master") => &["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"],
        Some("etcd") => &["etcd"],
        Some("worker") => &["kube-proxy", "kubelet"],
        Some("lb") => match config.load_balancer.map(|lb| (lb.kind, lb.instances)) {
            Some((LbKind::Nginx, 2)) => &["keepalived", "nginx"],
            Some((LbKind::Nginx, _)) => &["nginx"],
            Some((_, 2)) => &["haproxy", "keepalived"],
            _ => &["haproxy"],
        },
        _ => &[],
    }
}
