//! API objects as the API server returns them in JSON: the real field names, with what the server fills in by itself.

use super::Labels;
use super::time::{rfc3339, rfc3339_micro};
use super::value::{Map, Value};
use crate::kube::api::API_PORT;
use crate::kube::object::{
    Body, Condition, ConditionStatus, ContainerState, Deployment, EndpointSlice, Endpoints, Event, Kind, Lease, Meta,
    Name, Node, Object, Pod, PodPhase, PodTemplate, ReplicaSet, Service, Stored, TaintEffect, VERSION, uuid,
};
use crate::sim::{SimDuration, WallTime};

/// `apps/v1`
pub(crate) fn api_version(kind: Kind) -> &'static str {
    match kind.group() {
        "apps" => "apps/v1",
        "discovery.k8s.io" => "discovery.k8s.io/v1",
        "coordination.k8s.io" => "coordination.k8s.io/v1",
        _ => "v1",
    }
}

/// Returns an object as the API server returns it in JSON.
pub fn value(stored: &Stored) -> Value {
    let object = &*stored.object;
    let kind = object.kind();
    let mut root = Map::default();
    root.text("apiVersion", api_version(kind));
    root.text("kind", kind.name());
    root.map("metadata", meta(object, stored.resource_version));
    body(&mut root, object);
    Value::Map(root)
}

fn meta(object: &Object, resource_version: u64) -> Map {
    let m: &Meta = &object.meta;
    let mut out = Map::default();
    out.map_if("annotations", names(&m.annotations));
    out.text("creationTimestamp", &rfc3339(m.creation_timestamp));
    if let Some(at) = m.deletion_timestamp {
        let grace = object.pod().map_or(SimDuration::ZERO, |p| p.termination_grace_period);
        out.number("deletionGracePeriodSeconds", grace.0 / 1_000_000);
        out.text("deletionTimestamp", &rfc3339(at));
    }
    if let Some(base) = &m.generate_name {
        out.text("generateName", base);
    }
    out.number_if("generation", m.generation);
    out.map_if("labels", names(&m.labels));
    out.text("name", &m.name);
    out.text_if("namespace", &m.namespace);
    if let Some(owner) = &m.owner {
        let mut o = Map::default();
        o.text("apiVersion", api_version(owner.kind));
        if owner.kind != Kind::Node {
            o.flag("blockOwnerDeletion", true);
            o.flag("controller", true);
        }
        o.text("kind", owner.kind.name());
        o.text("name", &owner.name);
        o.text("uid", &uuid(owner.uid));
        out.list("ownerReferences", vec![Value::Map(o)]);
    }
    out.text("resourceVersion", &resource_version.to_string());
    out.text("uid", &uuid(m.uid));
    out
}

pub(super) fn names(of: &Labels) -> Map {
    Map(of.iter().map(|(k, v)| (k.to_string(), Value::of_text(v))).collect())
}

fn body(root: &mut Map, object: &Object) {
    match &object.body {
        Body::Namespace => {
            let mut spec = Map::default();
            spec.list("finalizers", vec![Value::of_text("kubernetes")]);
            root.map("spec", spec);
            let mut status = Map::default();
            status.text("phase", "Active");
            root.map("status", status);
        }
        Body::Node(node) => write_node(root, object, node),
        Body::Pod(pod) => write_pod(root, pod),
        Body::ReplicaSet(set) => write_replica_set(root, set),
        Body::Deployment(deployment) => write_deployment(root, deployment),
        Body::Service(service) => write_service(root, service),
        Body::Endpoints(endpoints) => write_endpoints(root, endpoints),
        Body::EndpointSlice(slice) => write_slice(root, object, slice),
        Body::Lease(lease) => write_lease(root, lease),
        Body::Event(event) => write_event(root, event),
    }
}

fn status_word(status: ConditionStatus) -> &'static str {
    match status {
        ConditionStatus::True => "True",
        ConditionStatus::False => "False",
        ConditionStatus::Unknown => "Unknown",
    }
}

/// `beat` is how this kind calls the time of the last look.
fn conditions(of: &[Condition], beat: &str) -> Vec<Value> {
    let one = |c: &Condition| {
        let mut out = Map::default();
        if let Some(at) = c.last_heartbeat_time {
            out.text(beat, &rfc3339(at));
        }
        out.text("lastTransitionTime", &rfc3339(c.last_transition_time));
        out.text_if("message", &c.message);
        out.text_if("reason", &c.reason);
        out.text("status", status_word(c.status));
        out.text("type", c.kind);
        Value::Map(out)
    };
    of.iter().map(one).collect()
}

fn write_node(root: &mut Map, object: &Object, node: &Node) {
    let mut spec = Map::default();
    let taint = |t: &crate::kube::object::Taint| {
        let mut out = Map::default();
        out.text("effect", effect_word(t.effect));
        out.text("key", t.key);
        if let Some(at) = t.time_added {
            out.text("timeAdded", &rfc3339(at));
        }
        Value::Map(out)
    };
    if !node.taints.is_empty() {
        spec.list("taints", node.taints.iter().map(taint).collect());
    }
    if node.unschedulable {
        spec.flag("unschedulable", true);
    }
    root.map("spec", spec);
    let mut status = Map::default();
    let address = |kind: &str, address: &str| {
        let mut out = Map::default();
        out.text("address", address);
        out.text("type", kind);
        Value::Map(out)
    };
    status.list("addresses", vec![address("InternalIP", &node.internal_ip), address("Hostname", &object.meta.name)]);
    let mut capacity = Map::default();
    capacity.text("cpu", &cpu(node.cpu_millis));
    capacity.text("pods", &node.pods_capacity.to_string());
    status.map("allocatable", capacity.clone());
    status.map("capacity", capacity);
    status.list("conditions", conditions(&node.conditions, "lastHeartbeatTime"));
    let mut info = Map::default();
    for unknown in ["bootID", "containerRuntimeVersion", "kernelVersion", "kubeProxyVersion", "machineID", "osImage"] {
        info.text(unknown, "");
    }
    info.text("systemUUID", "");
    info.text("architecture", "amd64");
    info.text("kubeletVersion", VERSION);
    info.text("operatingSystem", "linux");
    status.map("nodeInfo", info);
    root.map("status", status);
}

/// `NoSchedule`
pub(crate) fn effect_word(effect: TaintEffect) -> &'static str {
    match effect {
        TaintEffect::NoSchedule => "NoSchedule",
        TaintEffect::NoExecute => "NoExecute",
    }
}

/// `16`, `100m`
pub(super) fn cpu(millis: u32) -> String {
    if millis.is_multiple_of(1_000) { (millis / 1_000).to_string() } else { format!("{millis}m") }
}

fn container(name: &str, image: &str, cpu_millis: u32) -> Value {
    let mut resources = Map::default();
    if cpu_millis > 0 {
        let mut requests = Map::default();
        requests.text("cpu", &cpu(cpu_millis));
        resources.map("requests", requests);
    }
    let latest = !image.rsplit('/').next().unwrap_or_default().contains(':') || image.ends_with(":latest");
    let mut out = Map::default();
    out.text("image", image);
    out.text("imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    out.text("name", name);
    out.map("resources", resources);
    out.text("terminationMessagePath", "/dev/termination-log");
    out.text("terminationMessagePolicy", "File");
    Value::Map(out)
}

fn pod_spec(container_name: &str, image: &str, cpu_millis: u32, grace: u64) -> Map {
    let mut spec = Map::default();
    spec.list("containers", vec![container(container_name, image, cpu_millis)]);
    spec.text("dnsPolicy", "ClusterFirst");
    spec.text("restartPolicy", "Always");
    spec.text("schedulerName", "default-scheduler");
    spec.map("securityContext", Map::default());
    spec.number("terminationGracePeriodSeconds", grace);
    spec
}

fn write_pod(root: &mut Map, pod: &Pod) {
    let mut spec = pod_spec(&pod.container, &pod.image, pod.cpu_millis, pod.termination_grace_period.0 / 1_000_000);
    if let Some(node) = &pod.node_name {
        spec.text("nodeName", node);
    }
    let toleration = |key: &str| {
        let mut out = Map::default();
        out.text("effect", "NoExecute");
        out.text("key", key);
        out.text("operator", "Exists");
        out.number("tolerationSeconds", pod.toleration.0 / 1_000_000);
        Value::Map(out)
    };
    let both = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    spec.list("tolerations", both.into_iter().map(toleration).collect());
    root.map("spec", spec);
    let mut status = Map::default();
    if !pod.conditions.is_empty() {
        status.list("conditions", conditions(&pod.conditions, "lastProbeTime"));
    }
    if pod.state != ContainerState::Unset {
        status.list("containerStatuses", vec![container_status(pod)]);
    }
    status.text("phase", phase_word(pod.phase));
    if let Some(ip) = &pod.pod_ip {
        status.text("podIP", ip);
        let mut one = Map::default();
        one.text("ip", ip);
        status.list("podIPs", vec![Value::Map(one)]);
    }
    status.text("qosClass", if pod.cpu_millis > 0 { "Burstable" } else { "BestEffort" });
    if let Some(reason) = &pod.reason {
        status.text("reason", reason);
    }
    if let Some(at) = pod.start_time {
        status.text("startTime", &rfc3339(at));
    }
    root.map("status", status);
}

/// `Running`
pub(crate) fn phase_word(phase: PodPhase) -> &'static str {
    match phase {
        PodPhase::Pending => "Pending",
        PodPhase::Running => "Running",
        PodPhase::Succeeded => "Succeeded",
        PodPhase::Failed => "Failed",
        PodPhase::Unknown => "Unknown",
    }
}

fn container_status(pod: &Pod) -> Value {
    let mut state = Map::default();
    let mut inner = Map::default();
    let word = match &pod.state {
        ContainerState::Unset => "",
        ContainerState::Waiting(reason) => {
            inner.text("reason", reason);
            "waiting"
        }
        ContainerState::Running { started_at } => {
            inner.text("startedAt", &rfc3339(*started_at));
            "running"
        }
        ContainerState::Terminated { reason, exit_code, finished_at } => {
            inner.number("exitCode", u64::from(exit_code.unsigned_abs()));
            inner.text("finishedAt", &rfc3339(*finished_at));
            inner.text("reason", reason);
            "terminated"
        }
    };
    state.map(word, inner);
    let mut out = Map::default();
    out.text("image", &pod.image);
    out.text("imageID", "");
    out.text("name", &pod.container);
    out.flag("ready", pod.ready);
    out.number("restartCount", u64::from(pod.restart_count));
    out.flag("started", matches!(pod.state, ContainerState::Running { .. }));
    out.map("state", state);
    Value::Map(out)
}

fn template(of: &PodTemplate) -> Map {
    let mut meta = Map::default();
    meta.map_if("labels", names(&of.labels));
    let mut out = Map::default();
    out.map("metadata", meta);
    out.map("spec", pod_spec(&of.container, &of.image, of.cpu_millis, 30));
    out
}

fn selector(of: &Labels) -> Map {
    let mut out = Map::default();
    out.map("matchLabels", names(of));
    out
}

fn write_replica_set(root: &mut Map, set: &ReplicaSet) {
    let mut spec = Map::default();
    spec.number("replicas", u64::from(set.replicas));
    spec.map("selector", selector(&set.selector));
    spec.map("template", template(&set.template));
    root.map("spec", spec);
    let mut status = Map::default();
    status.number_if("availableReplicas", u64::from(set.available));
    status.number_if("fullyLabeledReplicas", u64::from(set.current));
    status.number_if("observedGeneration", set.observed_generation);
    status.number_if("readyReplicas", u64::from(set.ready));
    status.number("replicas", u64::from(set.current));
    root.map("status", status);
}

fn write_deployment(root: &mut Map, deployment: &Deployment) {
    let mut spec = Map::default();
    spec.number("progressDeadlineSeconds", 600);
    spec.number("replicas", u64::from(deployment.replicas));
    spec.number("revisionHistoryLimit", 10);
    spec.map("selector", selector(&deployment.selector));
    let mut rolling = Map::default();
    rolling.text("maxSurge", "25%");
    rolling.text("maxUnavailable", "25%");
    let mut strategy = Map::default();
    strategy.map("rollingUpdate", rolling);
    strategy.text("type", "RollingUpdate");
    spec.map("strategy", strategy);
    spec.map("template", template(&deployment.template));
    root.map("spec", spec);
    let mut status = Map::default();
    status.number_if("availableReplicas", u64::from(deployment.available));
    if !deployment.conditions.is_empty() {
        status.list("conditions", conditions(&deployment.conditions, "lastUpdateTime"));
    }
    status.number_if("observedGeneration", deployment.observed_generation);
    status.number_if("readyReplicas", u64::from(deployment.ready));
    status.number_if("replicas", u64::from(deployment.current));
    if deployment.observed_generation > 0 {
        status.number("terminatingReplicas", 0);
        status.number_if("unavailableReplicas", u64::from(deployment.current.saturating_sub(deployment.available)));
    }
    status.number_if("updatedReplicas", u64::from(deployment.updated));
    root.map("status", status);
}

fn write_service(root: &mut Map, service: &Service) {
    let mut port = Map::default();
    port.number_if("nodePort", service.node_port.map_or(0, u64::from));
    port.number("port", u64::from(service.port));
    port.text("protocol", "TCP");
    port.number("targetPort", u64::from(service.target_port));
    if service.target_port == API_PORT {
        port.text("name", "https");
    }
    let mut spec = Map::default();
    spec.text("clusterIP", &service.cluster_ip);
    spec.list("clusterIPs", vec![Value::of_text(&service.cluster_ip)]);
    spec.text("internalTrafficPolicy", "Cluster");
    spec.list("ipFamilies", vec![Value::of_text("IPv4")]);
    spec.text("ipFamilyPolicy", "SingleStack");
    spec.list("ports", vec![Value::Map(port)]);
    spec.map_if("selector", names(&service.selector));
    spec.text("sessionAffinity", "None");
    spec.text("type", if service.node_port.is_some() { "NodePort" } else { "ClusterIP" });
    root.map("spec", spec);
    let mut status = Map::default();
    status.map("loadBalancer", Map::default());
    root.map("status", status);
}

fn port(number: u16) -> Value {
    let mut out = Map::default();
    out.number("port", u64::from(number));
    out.text("protocol", "TCP");
    Value::Map(out)
}

fn write_endpoints(root: &mut Map, endpoints: &Endpoints) {
    if endpoints.addresses.is_empty() {
        return;
    }
    let address = |ip: &Name| {
        let mut out = Map::default();
        out.text("ip", ip);
        Value::Map(out)
    };
    let mut subset = Map::default();
    subset.list("addresses", endpoints.addresses.iter().map(address).collect());
    subset.list("ports", vec![port(endpoints.port)]);
    root.list("subsets", vec![Value::Map(subset)]);
}

fn write_slice(root: &mut Map, object: &Object, slice: &EndpointSlice) {
    root.text("addressType", "IPv4");
    let endpoint = |e: &crate::kube::object::Endpoint| {
        let mut out = Map::default();
        out.list("addresses", vec![Value::of_text(&e.address)]);
        let mut conditions = Map::default();
        conditions.flag("ready", e.ready);
        conditions.flag("serving", e.ready || e.terminating);
        conditions.flag("terminating", e.terminating);
        out.map("conditions", conditions);
        out.text_if("nodeName", &e.node_name);
        if !e.pod.is_empty() {
            let mut target = Map::default();
            target.text("kind", "Pod");
            target.text("name", &e.pod);
            target.text("namespace", &object.meta.namespace);
            target.text("uid", &uuid(e.pod_uid));
            out.map("targetRef", target);
        }
        Value::Map(out)
    };
    root.list("endpoints", slice.endpoints.iter().map(endpoint).collect());
    root.list("ports", vec![port(slice.port)]);
}

fn write_lease(root: &mut Map, lease: &Lease) {
    let mut spec = Map::default();
    let time = |at: Option<WallTime>| at.map(rfc3339_micro).unwrap_or_default();
    spec.text_if("acquireTime", &time(lease.acquire_time));
    spec.text("holderIdentity", &lease.holder_identity);
    spec.number("leaseDurationSeconds", u64::from(lease.lease_duration_seconds));
    if lease.acquire_time.is_some() {
        spec.number("leaseTransitions", u64::from(lease.lease_transitions));
    }
    spec.text_if("renewTime", &time(lease.renew_time));
    root.map("spec", spec);
}

fn write_event(root: &mut Map, event: &Event) {
    root.number("count", u64::from(event.count));
    root.text("firstTimestamp", &rfc3339(event.first_timestamp));
    let mut involved = Map::default();
    involved.text("apiVersion", api_version(event.involved_kind));
    involved.text("kind", event.involved_kind.name());
    involved.text("name", &event.involved_name);
    involved.text_if("namespace", &event.involved_namespace);
    root.map("involvedObject", involved);
    root.text("lastTimestamp", &rfc3339(event.last_timestamp));
    root.text("message", &event.message);
    root.text("reason", event.reason);
    root.text("reportingComponent", event.source);
    root.text("reportingInstance", "");
    let mut source = Map::default();
    source.text("component", event.source);
    root.map("source", source);
    root.text("type", if event.warning { "Warning" } else { "Normal" });
}
