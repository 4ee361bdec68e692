//! The columns of `kubectl get` for each kind (FACTS 7.2; upstream `pkg/printers/internalversion`).

use super::Labels;
use super::objects::phase_word;
use super::time::age;
use crate::kube::object::{
    Body, ConditionStatus, ContainerState, Deployment, EndpointSlice, Kind, Node, Object, Pod, PodTemplate, Service,
    Stored, VERSION,
};
use crate::sim::WallTime;

const ROLE: &str = "node-role.kubernetes.io/";
const NONE: &str = "<none>";
const UNKNOWN: &str = "<unknown>";

/// The headers of a kind; those that only `-o wide` shows stand after the first number of them.
pub(crate) fn headers(kind: Kind) -> (&'static [&'static str], usize) {
    match kind {
        Kind::Namespace => (&["NAME", "STATUS", "AGE"], 3),
        Kind::Node => (
            &[
                "NAME",
                "STATUS",
                "ROLES",
                "AGE",
                "VERSION",
                "INTERNAL-IP",
                "EXTERNAL-IP",
                "OS-IMAGE",
                "KERNEL-VERSION",
                "CONTAINER-RUNTIME",
            ],
            5,
        ),
        Kind::Pod => {
            (&["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED NODE", "READINESS GATES"], 5)
        }
        Kind::ReplicaSet => (&["NAME", "DESIRED", "CURRENT", "READY", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"], 5),
        Kind::Deployment => {
            (&["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"], 5)
        }
        Kind::Service => (&["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR"], 6),
        Kind::Endpoints => (&["NAME", "ENDPOINTS", "AGE"], 3),
        Kind::EndpointSlice => (&["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], 5),
        Kind::Lease => (&["NAME", "HOLDER", "AGE"], 3),
        Kind::Event => (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], 5),
    }
}

/// One object's cells, those of `-o wide` among them; `name` is how it is called in the first column.
pub(crate) fn cells(stored: &Stored, name: &str, now: WallTime) -> Vec<String> {
    let object = &*stored.object;
    let age = age_of(object, now);
    let mut row: Vec<String> = vec![name.to_owned()];
    match &object.body {
        Body::Namespace => row.extend(["Active".to_owned(), age]),
        Body::Node(node) => {
            row.extend([node_status(node), roles(object), age, VERSION.to_owned()]);
            row.extend([or_none(&node.internal_ip), NONE.to_owned()]);
            row.extend([UNKNOWN, UNKNOWN, UNKNOWN].map(str::to_owned));
        }
        Body::Pod(pod) => {
            let restarts = match pod.last_restart {
                Some(at) if pod.restart_count > 0 => {
                    format!("{} ({} ago)", pod.restart_count, super::time::age(now, at))
                }
                _ => pod.restart_count.to_string(),
            };
            row.extend([format!("{}/1", u32::from(pod.ready)), pod_status(object, pod), restarts, age]);
            row.extend([or_none(pod.pod_ip.as_deref().unwrap_or_default())]);
            row.extend([or_none(pod.node_name.as_deref().unwrap_or_default()), NONE.to_owned(), NONE.to_owned()]);
        }
        Body::ReplicaSet(set) => {
            row.extend([set.replicas, set.current, set.ready].map(|n| n.to_string()));
            row.push(age);
            row.extend(of_template(&set.template, &set.selector));
        }
        Body::Deployment(d) => {
            let Deployment { replicas, updated, ready, available, .. } = d;
            row.extend([format!("{ready}/{replicas}"), updated.to_string(), available.to_string(), age]);
            row.extend(of_template(&d.template, &d.selector));
        }
        Body::Service(service) => {
            let kind = if service.node_port.is_some() { "NodePort" } else { "ClusterIP" };
            row.extend([kind.to_owned(), service.cluster_ip.to_string(), NONE.to_owned(), ports(service), age]);
            row.push(or_none(&pairs(&service.selector)));
        }
        Body::Endpoints(endpoints) => {
            let all: Vec<String> = endpoints.addresses.iter().map(|a| format!("{a}:{}", endpoints.port)).collect();
            row.extend([first_three(&all), age]);
        }
        Body::EndpointSlice(slice) => row.extend(slice_cells(slice, age)),
        Body::Lease(lease) => row.extend([lease.holder_identity.to_string(), age]),
        Body::Event(event) => {
            let kind = event.involved_kind.name().to_lowercase();
            row.clear();
            row.extend([super::time::age(now, event.last_timestamp)]);
            row.extend([if event.warning { "Warning" } else { "Normal" }.to_owned(), event.reason.to_owned()]);
            row.extend([format!("{kind}/{}", event.involved_name), event.message.trim_end().to_owned()]);
        }
    }
    row
}

fn slice_cells(slice: &EndpointSlice, age: String) -> [String; 4] {
    let all: Vec<String> = slice.endpoints.iter().map(|e| e.address.to_string()).collect();
    let list = if all.is_empty() { "<unset>".to_owned() } else { first_three(&all) };
    ["IPv4".to_owned(), slice.port.to_string(), list, age]
}

/// How old an object is.
pub(crate) fn age_of(object: &Object, now: WallTime) -> String {
    age(now, object.meta.creation_timestamp)
}

fn or_none(text: &str) -> String {
    if text.is_empty() { NONE.to_owned() } else { text.to_owned() }
}

fn first_three(all: &[String]) -> String {
    let shown = all[..all.len().min(3)].join(",");
    match all.len() {
        0 => NONE.to_owned(),
        1..=3 => shown,
        more => format!("{shown} + {} more...", more - 3),
    }
}

/// `app=web,tier=a`
pub(crate) fn pairs(of: &Labels) -> String {
    let all: Vec<String> = of.iter().map(|(k, v)| format!("{k}={v}")).collect();
    all.join(",")
}

fn of_template(template: &PodTemplate, selector: &Labels) -> [String; 3] {
    [template.container.to_string(), template.image.to_string(), or_none(&pairs(selector))]
}

fn ports(service: &Service) -> String {
    match service.node_port {
        Some(node) => format!("{}:{node}/TCP", service.port),
        None => format!("{}/TCP", service.port),
    }
}

fn node_status(node: &Node) -> String {
    let mut status = match node.condition("Ready").map(|c| c.status) {
        Some(ConditionStatus::True) => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if node.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    status
}

/// `control-plane`, or `<none>`
pub(crate) fn roles(node: &Object) -> String {
    let all: Vec<&str> = node.meta.labels.keys().filter_map(|k| k.strip_prefix(ROLE)).collect();
    or_none(&all.join(","))
}

/// The cell under STATUS.
pub(crate) fn pod_status(object: &Object, pod: &Pod) -> String {
    let mut status = pod.reason.as_deref().unwrap_or(phase_word(pod.phase)).to_owned();
    match &pod.state {
        ContainerState::Waiting(reason) => status = (*reason).to_owned(),
        ContainerState::Terminated { reason, exit_code, .. } => {
            status = if reason.is_empty() { format!("ExitCode:{exit_code}") } else { (*reason).to_owned() };
        }
        ContainerState::Unset | ContainerState::Running { .. } => {}
    }
    if object.meta.deletion_timestamp.is_some() { "Terminating".to_owned() } else { status }
}
