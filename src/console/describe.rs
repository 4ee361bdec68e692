//! What `kubectl describe` shows of an object (FACTS 7.3; upstream `kubectl/pkg/describe`).

use super::objects::{cpu, effect_word, phase_word, value};
use super::rows::{age_of, pairs, pod_status, roles};
use super::time::{age, rfc1123z};
use super::value::{Map, Value};
use super::{Labels, order};
use crate::kube::object::{
    Body, ConditionStatus, ContainerState, Deployment, Lease, Node, Object, Pod, PodTemplate, ReplicaSet, Service,
    Stored, Uid, VERSION,
};
use crate::sim::WallTime;

/// Other objects that the description of an object needs.
#[derive(Clone, Default)]
pub(crate) struct Related {
    /// Events about the object.
    pub(crate) events: Vec<Stored>,
    /// The pods of a node, or of a ReplicaSet; the ReplicaSets of a Deployment; the Endpoints of a Service.
    pub(crate) others: Vec<Stored>,
    /// A node's heartbeat.
    pub(crate) lease: Option<Stored>,
}

/// Returns what `kubectl describe` prints of one object. Of several objects at once kubectl shows no events.
pub(crate) fn describe(stored: &Stored, related: &Related, with_events: bool, now: WallTime) -> String {
    let object = &*stored.object;
    let mut out = String::new();
    match &object.body {
        Body::Node(node) => describe_node(&mut out, object, node, related, now),
        Body::Pod(pod) => describe_pod(&mut out, object, pod),
        Body::Deployment(d) => describe_deployment(&mut out, object, d, related),
        Body::ReplicaSet(set) => describe_replica_set(&mut out, object, set, related),
        Body::Service(service) => describe_service(&mut out, object, service, related),
        _ => generic(&mut out, stored),
    }
    if with_events {
        write_events(&mut out, related, now);
    }
    super::table::columns(&out, 2)
}

/// A line of a name and a value.
fn line(out: &mut String, name: &str, text: &str) {
    out.push_str(name);
    out.push_str(":\t");
    out.push_str(text);
    out.push('\n');
}

fn multi(out: &mut String, name: &str, of: &Labels, sign: &str) {
    out.push_str(name);
    out.push(':');
    if of.is_empty() {
        out.push_str("\t<none>\n");
    }
    for (key, text) in of {
        out.push('\t');
        out.push_str(key);
        out.push_str(sign);
        out.push_str(text);
        out.push('\n');
    }
}

fn write_events(out: &mut String, related: &Related, now: WallTime) {
    let events: Vec<_> = related.events.iter().filter_map(|e| e.object.event()).collect();
    if events.is_empty() {
        out.push_str("Events:\t<none>\n");
        return;
    }
    out.push_str("Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n");
    let times: Vec<String> =
        events.iter().map(|e| format!("{:020}", e.last_timestamp.0.wrapping_sub(i64::MIN) as u64)).collect();
    for event in order(&times).into_iter().map(|place| events[place]) {
        let seen = age(now, event.last_timestamp);
        let seen = match event.count {
            0 | 1 => seen,
            n => format!("{seen} (x{n} over {})", age(now, event.first_timestamp)),
        };
        let kind = if event.warning { "Warning" } else { "Normal" };
        let cells = ["  ", kind, "\t", event.reason, "\t", &seen, "\t", event.source, "\t", event.message.trim(), "\n"];
        out.push_str(&cells.concat());
    }
}

/// Whether an event is about an object.
pub(crate) fn is_about(event: &Object, object: &Object) -> bool {
    let Some(event) = event.event() else { return false };
    event.involved_kind == object.kind() && event.involved_name == object.meta.name
}

// ---- any kind ----

fn generic(out: &mut String, stored: &Stored) {
    let meta = &stored.object.meta;
    line(out, "Name", &meta.name);
    line(out, "Namespace", &meta.namespace);
    multi(out, "Labels", &meta.labels, "=");
    multi(out, "Annotations", &meta.annotations, ": ");
    if let Value::Map(mut root) = value(stored) {
        for (key, inner) in &mut root.0 {
            if let (true, Value::Map(inner)) = (key == "metadata", inner) {
                inner.0.retain(|(k, _)| !matches!(k.as_str(), "name" | "namespace" | "labels" | "annotations"));
            }
        }
        tree(out, &root, 0, "");
    }
}

fn tree(out: &mut String, map: &Map, level: usize, first: &str) {
    // In the order of what is printed.
    let mut lead = first;
    let labels: Vec<String> = map.0.iter().map(|(k, _)| smart_label(k)).collect();
    for (label, value) in order(&labels).into_iter().map(|place| (&labels[place], &map.0[place].1)) {
        for _ in 0..level - usize::from(!lead.is_empty()).min(level) {
            out.push_str("  ");
        }
        out.push_str(lead);
        lead = "";
        out.push_str(label);
        out.push(':');
        match value {
            Value::Map(inner) => {
                out.push('\n');
                tree(out, inner, level + 1, "");
            }
            Value::List(list) if list.iter().all(|v| matches!(v, Value::Map(_))) => {
                out.push('\n');
                for item in list {
                    if let Value::Map(inner) = item {
                        tree(out, inner, level + 1, "");
                    }
                }
            }
            Value::List(list) => {
                out.push('\n');
                for item in list {
                    for _ in 0..=level {
                        out.push_str("  ");
                    }
                    out.push_str(&item.plain());
                    out.push('\n');
                }
            }
            other => {
                out.push('\t');
                out.push_str(&other.plain());
                out.push('\n');
            }
        }
    }
}

/// `leaseDurationSeconds` as `Lease Duration Seconds`.
fn smart_label(key: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for c in key.chars() {
        match words.last_mut() {
            Some(word) if !c.is_uppercase() => word.push(c),
            _ => words.push(c.to_uppercase().to_string()),
        }
    }
    for word in &mut words {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "OSB", "GUID"].contains(&upper.as_str()) {
            *word = upper;
        }
    }
    words.join(" ")
}

// ---- workloads ----

/// A pod template; `pad` is how far in it stands.
fn describe_template(out: &mut String, template: &PodTemplate) {
    out.push_str("Pod Template:\n");
    multi(out, "  Labels", &template.labels, "=");
    out.push_str("  Containers:\n   ");
    out.push_str(&template.container);
    out.push_str(":\n");
    line(out, "    Image", &template.image);
    line(out, "    Port", "<none>");
    line(out, "    Host Port", "<none>");
    requests(out, template.cpu_millis);
    line(out, "    Environment", "<none>");
    line(out, "    Mounts", "<none>");
    line(out, "  Volumes", "<none>");
    line(out, "  Node-Selectors", "<none>");
    line(out, "  Tolerations", "<none>");
}

fn requests(out: &mut String, cpu_millis: u32) {
    if cpu_millis > 0 {
        out.push_str("    Requests:\n");
        line(out, "      cpu", &cpu(cpu_millis));
    }
}

fn describe_deployment(out: &mut String, object: &Object, d: &Deployment, related: &Related) {
    line(out, "Name", &object.meta.name);
    line(out, "Namespace", &object.meta.namespace);
    line(out, "CreationTimestamp", &rfc1123z(object.meta.creation_timestamp));
    multi(out, "Labels", &object.meta.labels, "=");
    multi(out, "Annotations", &object.meta.annotations, ": ");
    line(out, "Selector", &pairs(&d.selector));
    let unavailable = d.current.saturating_sub(d.available);
    let Deployment { replicas, updated, current, available, .. } = d;
    line(
        out,
        "Replicas",
        &format!(
            "{replicas} desired | {updated} updated | {current} total | {available} available | {unavailable} unavailable"
        ),
    );
    line(out, "StrategyType", "RollingUpdate");
    line(out, "MinReadySeconds", "0");
    line(out, "RollingUpdateStrategy", "25% max unavailable, 25% max surge");
    describe_template(out, &d.template);
    if !d.conditions.is_empty() {
        out.push_str("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n");
        for c in &d.conditions {
            out.push_str(&["  ", c.kind, " \t", status_word(c.status), "\t", &c.reason, "\n"].concat());
        }
    }
    let sets = |new: bool| {
        let mine = related.others.iter().filter_map(|s| Some((&s.object.meta, s.object.replica_set()?)));
        let mine = mine.filter(|(meta, set)| {
            meta.owner.as_ref().is_some_and(|o| o.uid == object.meta.uid)
                && (set.template.image == d.template.image) == new
        });
        let text: Vec<String> =
            mine.map(|(m, s)| format!("{} ({}/{} replicas created)", m.name, s.current, s.replicas)).collect();
        if text.is_empty() { "<none>".to_owned() } else { text.join(", ") }
    };
    line(out, "OldReplicaSets", &sets(false));
    line(out, "NewReplicaSet", &sets(true));
}

fn describe_replica_set(out: &mut String, object: &Object, set: &ReplicaSet, related: &Related) {
    line(out, "Name", &object.meta.name);
    line(out, "Namespace", &object.meta.namespace);
    line(out, "Selector", &pairs(&set.selector));
    multi(out, "Labels", &object.meta.labels, "=");
    multi(out, "Annotations", &object.meta.annotations, ": ");
    controlled_by(out, object);
    line(out, "Replicas", &format!("{} current / {} desired", set.current, set.replicas));
    let mut counts = [0u32; 4];
    for pod in related.others.iter().filter(|p| owned(p, object.meta.uid)).filter_map(|p| p.object.pod()) {
        let place = ["Running", "Pending", "Succeeded", "Failed"].iter().position(|p| *p == phase_word(pod.phase));
        counts[place.unwrap_or(1)] += 1;
    }
    let [running, waiting, succeeded, failed] = counts;
    let text = format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
    line(out, "Pods Status", &text);
    describe_template(out, &set.template);
}

fn owned(stored: &Stored, by: Uid) -> bool {
    stored.object.meta.owner.as_ref().is_some_and(|o| o.uid == by)
}

fn controlled_by(out: &mut String, object: &Object) {
    if let Some(owner) = &object.meta.owner {
        line(out, "Controlled By", &format!("{}/{}", owner.kind.name(), owner.name));
    }
}

fn describe_service(out: &mut String, object: &Object, service: &Service, related: &Related) {
    line(out, "Name", &object.meta.name);
    line(out, "Namespace", &object.meta.namespace);
    multi(out, "Labels", &object.meta.labels, "=");
    multi(out, "Annotations", &object.meta.annotations, ": ");
    let selector = pairs(&service.selector);
    line(out, "Selector", if selector.is_empty() { "<none>" } else { &selector });
    line(out, "Type", if service.node_port.is_some() { "NodePort" } else { "ClusterIP" });
    line(out, "IP Family Policy", "SingleStack");
    line(out, "IP Families", "IPv4");
    line(out, "IP", &service.cluster_ip);
    line(out, "IPs", &service.cluster_ip);
    line(out, "Port", &format!("<unset>\t{}/TCP", service.port));
    line(out, "TargetPort", &format!("{}/TCP", service.target_port));
    if let Some(port) = service.node_port {
        line(out, "NodePort", &format!("<unset>\t{port}/TCP"));
    }
    let endpoints = related.others.first().and_then(|s| s.object.endpoints());
    let all: Vec<String> =
        endpoints.map_or_else(Vec::new, |e| e.addresses.iter().map(|a| format!("{a}:{}", e.port)).collect());
    line(out, "Endpoints", &all.join(","));
    line(out, "Session Affinity", "None");
    line(out, "Internal Traffic Policy", "Cluster");
}

// ---- pods and nodes ----

fn status_word(status: ConditionStatus) -> &'static str {
    match status {
        ConditionStatus::True => "True",
        ConditionStatus::False => "False",
        ConditionStatus::Unknown => "Unknown",
    }
}

fn describe_pod(out: &mut String, object: &Object, pod: &Pod) {
    let meta = &object.meta;
    line(out, "Name", &meta.name);
    line(out, "Namespace", &meta.namespace);
    line(out, "Priority", "0");
    line(out, "Service Account", "default");
    match &pod.node_name {
        Some(node) => line(out, "Node", &format!("{node}/")),
        None => line(out, "Node", "<none>"),
    }
    if let Some(at) = pod.start_time {
        line(out, "Start Time", &rfc1123z(at));
    }
    multi(out, "Labels", &meta.labels, "=");
    multi(out, "Annotations", &meta.annotations, ": ");
    match meta.deletion_timestamp {
        Some(_) => {
            line(out, "Status", &pod_status(object, pod));
            line(out, "Termination Grace Period", &format!("{}s", pod.termination_grace_period.0 / 1_000_000));
        }
        None => line(out, "Status", phase_word(pod.phase)),
    }
    let ip = pod.pod_ip.as_deref().unwrap_or_default();
    line(out, "IP", ip);
    if ip.is_empty() {
        line(out, "IPs", "<none>");
    } else {
        out.push_str("IPs:\n");
        line(out, "  IP", ip);
    }
    controlled_by(out, object);
    out.push_str(&["Containers:\n  ", &pod.container, ":\n"].concat());
    line(out, "    Container ID", "");
    line(out, "    Image", &pod.image);
    line(out, "    Image ID", "");
    line(out, "    Port", "<none>");
    line(out, "    Host Port", "<none>");
    match &pod.state {
        ContainerState::Unset => line(out, "    State", "Waiting"),
        ContainerState::Waiting(reason) => {
            line(out, "    State", "Waiting");
            line(out, "      Reason", reason);
        }
        ContainerState::Running { started_at } => {
            line(out, "    State", "Running");
            line(out, "      Started", &rfc1123z(*started_at));
        }
        ContainerState::Terminated { reason, exit_code, finished_at } => {
            line(out, "    State", "Terminated");
            line(out, "      Reason", reason);
            line(out, "      Exit Code", &exit_code.to_string());
            line(out, "      Finished", &rfc1123z(*finished_at));
        }
    }
    line(out, "    Ready", if pod.ready { "True" } else { "False" });
    line(out, "    Restart Count", &pod.restart_count.to_string());
    requests(out, pod.cpu_millis);
    line(out, "    Environment", "<none>");
    line(out, "    Mounts", "<none>");
    if !pod.conditions.is_empty() {
        out.push_str("Conditions:\n  Type\tStatus\n");
        for c in &pod.conditions {
            out.push_str(&["  ", c.kind, " \t", status_word(c.status), " \n"].concat());
        }
    }
    line(out, "Volumes", "<none>");
    line(out, "QoS Class", if pod.cpu_millis > 0 { "Burstable" } else { "BestEffort" });
    line(out, "Node-Selectors", "<none>");
    let seconds = pod.toleration.0 / 1_000_000;
    line(out, "Tolerations", &format!("node.kubernetes.io/not-ready:NoExecute op=Exists for {seconds}s"));
    out.push_str(&format!("\tnode.kubernetes.io/unreachable:NoExecute op=Exists for {seconds}s\n"));
}

fn describe_node(out: &mut String, object: &Object, node: &Node, related: &Related, now: WallTime) {
    line(out, "Name", &object.meta.name);
    line(out, "Roles", &roles(object));
    multi(out, "Labels", &object.meta.labels, "=");
    multi(out, "Annotations", &object.meta.annotations, ": ");
    line(out, "CreationTimestamp", &rfc1123z(object.meta.creation_timestamp));
    let taints: Vec<String> = node.taints.iter().map(|t| format!("{}:{}", t.key, effect_word(t.effect))).collect();
    let taints: Vec<String> = order(&taints).into_iter().map(|place| taints[place].clone()).collect();
    let none = vec!["<none>".to_owned()];
    line(out, "Taints", &if taints.is_empty() { none } else { taints }.join("\n\t"));
    line(out, "Unschedulable", if node.unschedulable { "true" } else { "false" });
    let lease = related.lease.as_ref().and_then(|l| l.object.lease());
    let time = |pick: fn(&Lease) -> Option<WallTime>| lease.and_then(pick).map_or("<unset>".to_owned(), rfc1123z);
    out.push_str("Lease:\n");
    line(out, "  HolderIdentity", lease.map_or("<unset>", |l| &*l.holder_identity));
    line(out, "  AcquireTime", &time(|l| l.acquire_time));
    line(out, "  RenewTime", &time(|l| l.renew_time));
    out.push_str("Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n");
    out.push_str("  ----\t------\t-----------------\t------------------\t------\t-------\n");
    for c in &node.conditions {
        let beat = c.last_heartbeat_time.map(rfc1123z).unwrap_or_default();
        let since = rfc1123z(c.last_transition_time);
        let cells = ["  ", c.kind, " \t", status_word(c.status), " \t", &beat, " \t", &since, " \t", &c.reason, " \t"];
        out.push_str(&[&cells.concat(), &*c.message, "\n"].concat());
    }
    out.push_str("Addresses:\n");
    line(out, "  InternalIP", &node.internal_ip);
    line(out, "  Hostname", &object.meta.name);
    for what in ["Capacity", "Allocatable"] {
        out.push_str(&[what, ":\n"].concat());
        line(out, "  cpu", &cpu(node.cpu_millis));
        line(out, "  pods", &node.pods_capacity.to_string());
    }
    out.push_str("System Info:\n");
    for name in ["Machine ID", "System UUID", "Boot ID", "Kernel Version", "OS Image"] {
        line(out, &format!("  {name}"), "");
    }
    line(out, "  Operating System", "linux");
    line(out, "  Architecture", "amd64");
    line(out, "  Container Runtime Version", "");
    line(out, "  Kubelet Version", VERSION);
    node_pods(out, object, node, related, now);
}

fn node_pods(out: &mut String, object: &Object, node: &Node, related: &Related, now: WallTime) {
    let here = |p: &&Stored| {
        p.object.pod().is_some_and(|pod| pod.is_active() && pod.node_name.as_deref() == Some(&*object.meta.name))
    };
    let pods: Vec<&Stored> = related.others.iter().filter(here).collect();
    line(out, "Non-terminated Pods", &format!("({} in total)", pods.len()));
    out.push_str("  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n");
    out.push_str("  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n");
    let share = |millis: u32| {
        let percent = u64::from(millis) * 100 / u64::from(node.cpu_millis.max(1));
        let amount = if millis == 0 { "0".to_owned() } else { cpu(millis) };
        format!("{amount} ({percent}%)")
    };
    let mut sum = 0;
    for pod in pods {
        let meta = &pod.object.meta;
        let millis = pod.object.pod().map_or(0, |p| p.cpu_millis);
        sum += millis;
        let requests = share(millis);
        let cells = ["  ", &meta.namespace, "\t", &meta.name, "\t\t", &requests, "\t0 (0%)\t0 (0%)\t0 (0%)\t"];
        out.push_str(&[&cells.concat(), &*age_of(&pod.object, now), "\n"].concat());
    }
    out.push_str("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n");
    out.push_str("  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    out.push_str(&format!("  cpu\t{}\t0 (0%)\n  memory\t0 (0%)\t0 (0%)\n", share(sum)));
}
