//! Log lines of the kubelet and kube-proxy, as klog prints them after its header, as of Kubernetes 1.36 and client-go 0.37.
//! `kube/log_line.rs` names the upstream files. `podUID` is left out: a static pod's UID is a hash of its manifest, which the
//! lab does not have. The patch of a node's status is cut to `{...}`. A failed probe is printed from `-v=1` on.

use crate::cluster::Cluster;
use crate::cluster::process::Process;
use crate::kube::error::{Failure, TransportError};
use crate::kube::kubelet::KubeletConfig;
use crate::kube::log_line::{Kubelet, ProbeFailure, Proxy, Reflector};
use crate::kube::object::{Kind, VERSION};
use crate::sim::{HostId, Port};

pub(super) fn kubelet(cluster: &Cluster, config: &KubeletConfig, line: &Kubelet) -> String {
    let node = &config.node_name;
    let nodes = "/api/v1/nodes";
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    let error = |verb: &str, path: String, failure: &Failure| error(cluster, config.server, verb, &path, failure);
    match line {
        Kubelet::Version => format!("\"Kubelet version\" kubeletVersion={VERSION:?}"),
        Kubelet::MainLoop => "\"Starting kubelet main sync loop\"".to_owned(),
        Kubelet::Registering => format!("\"Attempting to register node\" node={node:?}"),
        Kubelet::Registered => format!("\"Successfully registered node\" node={node:?}"),
        Kubelet::RegisteredBefore => format!("\"Node was previously registered\" node={node:?}"),
        Kubelet::NotRegistered(failure) => {
            let error = error("Post", nodes.to_owned(), failure);
            format!("\"Unable to register node with API server\" err={error:?} node={node:?}")
        }
        Kubelet::NotAdopted(failure) => {
            let error = error("Get", format!("{nodes}/{node}"), failure);
            let what = "Unable to register node with API server, error getting existing node";
            format!("{what:?} err={error:?} node={node:?}")
        }
        Kubelet::StatusNotRead { first, failure } => {
            let cached = if *first { "resourceVersion=0&" } else { "" };
            let error = error("Get", format!("{nodes}/{node}?{cached}timeout=10s"), failure);
            let error = format!("error getting node {node:?}: {error}");
            format!("\"Error updating node status, will retry\" err={error:?}")
        }
        Kubelet::StatusNotWritten(failure) => {
            let error = error("Patch", format!("{nodes}/{node}/status?timeout=10s"), failure);
            let error = format!("failed to patch status \"{{...}}\" for node {node:?}: {error}");
            format!("\"Error updating node status, will retry\" err={error:?}")
        }
        Kubelet::StatusGivenUp => {
            "\"Unable to update node status\" err=\"update node status exceeds retry count\"".to_owned()
        }
        Kubelet::LeaseNotUpdated(failure) => {
            let error = error("Put", format!("{leases}/{node}?timeout=10s"), failure);
            format!("\"Failed to update lease\" err={error:?}")
        }
        Kubelet::LeaseFetchedAnew => "\"failed to update lease using latest lease, fallback to ensure lease\" \
             err=\"failed 5 attempts to update lease\""
            .to_owned(),
        Kubelet::LeaseNotEnsured { creating, failure, wait } => {
            let error = if *creating {
                error("Post", format!("{leases}?timeout=10s"), failure)
            } else {
                error("Get", format!("{leases}/{node}?timeout=10s"), failure)
            };
            format!("\"Failed to ensure lease exists, will retry\" err={error:?} interval=\"{wait}\"")
        }
        Kubelet::LeaseGivenUp => {
            "\"Will retry updating lease\" err=\"failed 5 attempts to update lease\" interval=\"10s\"".to_owned()
        }
        Kubelet::BackOff { pod, wait } => {
            let why = format!("back-off {wait} restarting failed container={pod} pod={pod}-{node}_kube-system");
            let error = format!("failed to \"StartContainer\" for {pod:?} with CrashLoopBackOff: {why:?}");
            format!("\"Error syncing pod, skipping\" err={error:?} pod=\"kube-system/{pod}-{node}\"")
        }
        Kubelet::ProbeFailed { startup, why } => {
            let kind = if *startup { "Startup" } else { "Liveness" };
            let pod = "kube-apiserver";
            let output = match why {
                ProbeFailure::Status(code) => format!("HTTP probe failed with statuscode: {code}"),
                ProbeFailure::Transport(error) => {
                    let host = &config.internal_ip;
                    let dial = if *error == TransportError::Refused {
                        format!("dial tcp {host}:6443: ")
                    } else {
                        String::new()
                    };
                    let limit = match error {
                        TransportError::DeadlineExceeded => " (Client.Timeout exceeded while awaiting headers)",
                        _ => "",
                    };
                    format!("Get \"https://{host}:6443/livez\": {dial}{error}{limit}")
                }
            };
            format!(
                "\"Probe failed\" probeType=\"{kind}\" pod=\"kube-system/{pod}-{node}\" containerName=\"{pod}\" \
                 probeResult=\"failure\" output={output:?}"
            )
        }
    }
}

pub(super) fn proxy(line: Proxy) -> String {
    match line {
        Proxy::Version => format!("\"Version info\" version={VERSION:?}"),
        Proxy::Starting(kind) => format!("\"Starting {} config controller\"", config(kind)),
        Proxy::Waiting(kind) => format!("\"Waiting for caches to sync\" controller=\"{} config\"", config(kind)),
        Proxy::Synced(kind) => format!("\"Caches are synced\" controller=\"{} config\"", config(kind)),
    }
}

/// Returns kube-proxy's name for its watch of a kind.
fn config(kind: Kind) -> &'static str {
    if kind == Kind::Service { "service" } else { "endpoint slice" }
}

pub(super) fn reflector(cluster: &Cluster, process: &Process, kind: Kind, line: &Reflector) -> Option<String> {
    let (server, name, selector) = match process {
        Process::Kubelet(kubelet) => {
            let node = &kubelet.config().node_name;
            let selector = format!("fieldSelector=spec.nodeName%3D{node}");
            (kubelet.config().server, "pkg/kubelet/config/apiserver.go:66", selector)
        }
        Process::KubeProxy(proxy) => {
            let no_name = "%21service.kubernetes.io%2Fservice-proxy-name";
            let selector = format!("labelSelector=%21service.kubernetes.io%2Fheadless%2C{no_name}");
            (proxy.config().server, "k8s.io/client-go/informers/factory.go:178", selector)
        }
        _ => return None,
    };
    let class = kind.name();
    Some(match line {
        Reflector::NotListed { resource_version, failure } => {
            let pages = if *resource_version == 0 { "limit=500&" } else { "" };
            let group = if kind.group().is_empty() { "api".to_owned() } else { format!("apis/{}", kind.group()) };
            let path = format!("/{group}/v1/{}?{selector}&{pages}resourceVersion={resource_version}", kind.plural());
            let error = format!("failed to list *v1.{class}: {}", error(cluster, server, "Get", &path, failure));
            format!(
                "\"Failed to watch\" err={error:?} logger=\"UnhandledError\" reflector=\"{name}\" type=\"*v1.{class}\""
            )
        }
        Reflector::WatchLost => {
            let error = "an error on the server (\"unable to decode an event from the watch stream: http2: client \
                         connection lost\") has prevented the request from succeeding";
            format!("\"Warning: watch ended with error\" reflector=\"{name}\" type=\"*v1.{class}\" err={error:?}")
        }
    })
}

/// Returns a URL such as `https://10.0.0.10:6443/api/v1/nodes`.
fn url(cluster: &Cluster, (host, port): (HostId, Port), path: &str) -> String {
    format!("https://{}:{port}{path}", cluster.topology().address(host))
}

/// Returns an error in client-go's wording: the server's message, or Go's for a request that failed.
fn error(cluster: &Cluster, server: (HostId, Port), verb: &str, path: &str, failure: &Failure) -> String {
    let error = match failure {
        Failure::Status(status) => return status.to_string(),
        Failure::Transport(error) => error,
    };
    let dial = match error {
        TransportError::Refused | TransportError::DialTimeout => {
            format!("dial tcp {}:{}: ", cluster.topology().address(server.0), server.1)
        }
        _ => String::new(),
    };
    format!("{verb} \"{}\": {dial}{error}", url(cluster, server, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::config::Config;
    use crate::kube::log_line::LogLine;
    use crate::kube::trace_event::TraceEvent;
    use crate::sim::SimDuration;

    /// Checks what `worker-1/process` prints for a line.
    fn check(process: &str, line: impl Into<TraceEvent>, printed: &str) {
        let cluster = Cluster::new(&Config::default());
        let host = cluster.topology().host("worker-1").expect("planned");
        let process = cluster.topology().process(host, process).expect("planned");
        assert_eq!(crate::lab::project::details::log::words(&cluster, process, &line.into()).as_deref(), Some(printed));
    }

    const REFUSED: Failure = Failure::Transport(TransportError::Refused);

    /// Guards the wording that a run seldom shows, or that the transcripts of `tests/logs.rs` do not show.
    #[test]
    fn the_kubelets_wording() {
        use Kubelet::*;
        let node = r#"node=\"worker-1\""#;
        let _ = node;
        let rows: [(Kubelet, &str); 7] = [
            (
                NotRegistered(REFUSED),
                r#""Unable to register node with API server" err="Post \"https://10.0.0.10:6443/api/v1/nodes\": dial tcp 10.0.0.10:6443: connect: connection refused" node="worker-1""#,
            ),
            (
                NotAdopted(REFUSED),
                r#""Unable to register node with API server, error getting existing node" err="Get \"https://10.0.0.10:6443/api/v1/nodes/worker-1\": dial tcp 10.0.0.10:6443: connect: connection refused" node="worker-1""#,
            ),
            (
                StatusNotWritten(REFUSED),
                r#""Error updating node status, will retry" err="failed to patch status \"{...}\" for node \"worker-1\": Patch \"https://10.0.0.10:6443/api/v1/nodes/worker-1/status?timeout=10s\": dial tcp 10.0.0.10:6443: connect: connection refused""#,
            ),
            (
                LeaseNotEnsured { creating: true, failure: REFUSED, wait: SimDuration::from_millis(400) },
                r#""Failed to ensure lease exists, will retry" err="Post \"https://10.0.0.10:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?timeout=10s\": dial tcp 10.0.0.10:6443: connect: connection refused" interval="400ms""#,
            ),
            (LeaseGivenUp, r#""Will retry updating lease" err="failed 5 attempts to update lease" interval="10s""#),
            (
                ProbeFailed { startup: true, why: ProbeFailure::Transport(TransportError::Refused) },
                r#""Probe failed" probeType="Startup" pod="kube-system/kube-apiserver-worker-1" containerName="kube-apiserver" probeResult="failure" output="Get \"https://10.1.0.2:6443/livez\": dial tcp 10.1.0.2:6443: connect: connection refused""#,
            ),
            (
                BackOff { pod: "etcd".into(), wait: SimDuration::from_secs(80) },
                r#""Error syncing pod, skipping" err="failed to \"StartContainer\" for \"etcd\" with CrashLoopBackOff: \"back-off 1m20s restarting failed container=etcd pod=etcd-worker-1_kube-system\"" pod="kube-system/etcd-worker-1""#,
            ),
        ];
        for (line, printed) in rows {
            check("kubelet", line, printed);
        }
    }

    /// Guards that a first list asks for pages, and that a server's message is printed unchanged.
    #[test]
    fn a_reflectors_wording() {
        let list = |resource_version, failure| {
            LogLine::Reflector(Kind::Pod, Reflector::NotListed { resource_version, failure })
        };
        let busy = crate::kube::api::Status {
            code: 500,
            reason: crate::kube::api::Reason::None,
            message: "etcdserver: request timed out".to_owned(),
            retry_after: None,
        };
        check(
            "kubelet",
            list(0, Failure::Transport(TransportError::Eof)),
            r#""Failed to watch" err="failed to list *v1.Pod: Get \"https://10.0.0.10:6443/api/v1/pods?fieldSelector=spec.nodeName%3Dworker-1&limit=500&resourceVersion=0\": EOF" logger="UnhandledError" reflector="pkg/kubelet/config/apiserver.go:66" type="*v1.Pod""#,
        );
        check(
            "kubelet",
            list(7, Failure::Status(busy)),
            r#""Failed to watch" err="failed to list *v1.Pod: etcdserver: request timed out" logger="UnhandledError" reflector="pkg/kubelet/config/apiserver.go:66" type="*v1.Pod""#,
        );
    }
}
