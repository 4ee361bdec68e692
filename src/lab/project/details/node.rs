//! Details of a worker's kubelet, its kube-proxy, the Node object and a pod: heartbeats, conditions and taints, pods,
//! forwarding rules. FACTS 3.3, 3.5, 3.7, 7.3.

use super::{Sheet, paper, row, seconds, texts, yes_no};
use crate::cluster::Cluster;
use crate::cluster::topology::NODE;
use crate::console::describe::{Related, describe};
use crate::console::objects::{effect_word, phase_word};
use crate::console::rows::pod_status;
use crate::console::time::age;
use crate::kube::kubelet::{Kubelet, StaticPhase, WorkerPhase};
use crate::kube::object::{ConditionStatus, Kind, Object, Stored};
use crate::kube::proxy::Proxy;
use crate::lab::view::Tone;
use crate::lab::view::details::Row;
use crate::sim::{HostId, SimTime, WallTime};

/// The most pods and rules that are shown for one node.
const ROWS: usize = 40;

pub(super) fn kubelet(sheet: &mut Sheet, kubelet: &Kubelet) {
    sheet.fact("kubelet", texts::INSPECT_REGISTERED, yes_no(kubelet.is_registered()));
    let (renewed, posted) = kubelet.heartbeats();
    let late = |at: Option<SimTime>, limit| at.is_none_or(|at| sheet.local.since(at).0 > limit);
    let tone = if late(renewed, 12_000_000) { Tone::Bad } else { Tone::Neutral };
    sheet.marked("node-lease", texts::INSPECT_NODE_LEASE, sheet.ago_or_never(renewed), tone);
    sheet.fact("node-lease", texts::INSPECT_NODE_LEASE_FAILED, kubelet.heartbeat_failures().to_string());
    sheet.fact("condition", texts::INSPECT_NODE_STATUS, sheet.ago_or_never(posted));
    let statics: Vec<_> = kubelet.static_pods().collect();
    if !statics.is_empty() {
        let n = kubelet.liveness_failures();
        let tone = if n > 0 { Tone::Bad } else { Tone::Neutral };
        sheet.marked("livez", texts::INSPECT_PROBE, texts::INSPECT_PROBE_IS.with(&[("n", &n)]), tone);
        let one = |(pod, phase, restarts): &(&crate::kube::kubelet::StaticPod, StaticPhase, u32)| {
            let (state, tone) = match phase {
                StaticPhase::Running => (texts::INSPECT_RUNNING.to_string(), Tone::Good),
                StaticPhase::Exited => (texts::INSPECT_NOTICED_EXIT.to_string(), Tone::Bad),
                StaticPhase::Starting => (texts::INSPECT_STARTING.to_string(), Tone::Neutral),
                StaticPhase::CrashLoopBackOff { until } => (back_off(sheet, *until), Tone::Bad),
            };
            row([pod.name.to_string(), state, restarts.to_string()], tone)
        };
        let rows = statics.iter().map(one).collect();
        let head = [texts::INSPECT_CONTAINER, texts::INSPECT_STATE, texts::INSPECT_RESTARTS];
        sheet.table("static-pods", "static-pod", (texts::INSPECT_STATIC_PODS, texts::INSPECT_NONE), &head, rows);
    }
    if kubelet.config().runtime.is_some() {
        let tone = if kubelet.is_watching() { Tone::Neutral } else { Tone::Bad };
        sheet.marked("watch", texts::INSPECT_API_WATCH, yes_no(kubelet.is_watching()), tone);
        let pod = |view: crate::kube::kubelet::PodView<'_>| {
            let (state, tone) = match view.phase {
                WorkerPhase::Pulling => (texts::INSPECT_PULLING.to_string(), Tone::Neutral),
                WorkerPhase::Starting => (texts::INSPECT_STARTING.to_string(), Tone::Neutral),
                WorkerPhase::Running => (texts::INSPECT_RUNNING.to_string(), Tone::Good),
                WorkerPhase::Exited => (texts::INSPECT_NOTICED_EXIT.to_string(), Tone::Bad),
                WorkerPhase::CrashLoopBackOff { until } => (back_off(sheet, until), Tone::Bad),
                WorkerPhase::Stopping => (texts::INSPECT_STOPPING.to_string(), Tone::Neutral),
                WorkerPhase::Finished => (texts::INSPECT_ENDED.to_string(), Tone::Neutral),
            };
            let address = view.address.unwrap_or_default().to_owned();
            row([view.object.meta.name.to_string(), state, view.restart_count.to_string(), address], tone)
        };
        let rows = kubelet.pods().take(ROWS).map(pod).collect();
        let head = [texts::INSPECT_POD, texts::INSPECT_STATE, texts::INSPECT_RESTARTS, texts::INSPECT_ADDRESS];
        sheet.table("pods", "pod", (texts::INSPECT_PODS, texts::INSPECT_PODS_EMPTY), &head, rows);
    }
}

fn back_off(sheet: &Sheet, until: SimTime) -> String {
    texts::INSPECT_BACK_OFF.with(&[("time", &seconds(until.since(sheet.local)))])
}

/// Adds the conditions and taints of the Node object, and all of it as kubectl describes it.
pub(super) fn object(sheet: &mut Sheet, cluster: &Cluster, name: &str) {
    let Some((object, resource_version)) = cluster.object(Kind::Node, "", name) else {
        let head = [texts::INSPECT_TYPE];
        sheet.table("conditions", "condition", (texts::INSPECT_CONDITIONS, texts::INSPECT_NO_NODE), &head, vec![]);
        return;
    };
    let Some(node) = object.node() else { return };
    let condition = |c: &crate::kube::object::Condition| {
        let (word, bad) = match c.status {
            ConditionStatus::True => ("True", c.kind != "Ready"),
            ConditionStatus::False => ("False", c.kind == "Ready"),
            ConditionStatus::Unknown => ("Unknown", true),
        };
        let since = age(WallTime::exact(cluster.now()), c.last_transition_time);
        row([c.kind.to_owned(), word.to_owned(), c.reason.to_string(), since], if bad { Tone::Bad } else { Tone::Good })
    };
    let rows: Vec<Row> = node.conditions.iter().map(condition).collect();
    let head = [texts::INSPECT_TYPE, texts::INSPECT_STATUS, texts::INSPECT_REASON, texts::INSPECT_SINCE];
    sheet.table("conditions", "condition", (texts::INSPECT_CONDITIONS, texts::INSPECT_NONE), &head, rows);
    let taints: Vec<String> = node.taints.iter().map(|t| format!("{}:{}", t.key, effect_word(t.effect))).collect();
    let control_plane = node.taints.iter().all(|t| t.key.starts_with("node-role."));
    let taints = if taints.is_empty() { "<none>".to_owned() } else { taints.join(", ") };
    sheet.marked("taint", texts::INSPECT_TAINTS, taints, if control_plane { Tone::Neutral } else { Tone::Bad });
    sheet.fact("cordon", texts::INSPECT_UNSCHEDULABLE, if node.unschedulable { "true" } else { "false" });
    let lease = cluster.object(Kind::Lease, "kube-node-lease", name);
    let lease = lease.map(|(object, resource_version)| Stored { resource_version, object });
    let mut pods = cluster.objects(Kind::Pod);
    pods.retain(|pod| pod.pod().is_some_and(|p| p.node_name.as_deref() == Some(name)));
    let others = pods.into_iter().map(|object| Stored { resource_version: 0, object }).collect();
    let related = Related { events: events(cluster, &object), others, lease };
    let text = describe(&Stored { resource_version, object }, &related, true, WallTime::exact(cluster.now()));
    sheet.papers.push(paper("describe", &format!("kubectl describe node {name}"), text, false));
}

fn events(cluster: &Cluster, about: &Object) -> Vec<Stored> {
    let all = cluster.objects(Kind::Event).into_iter();
    let own = all.filter(|event| crate::console::describe::is_about(event, about));
    own.map(|object| Stored { resource_version: 0, object }).collect()
}

pub(super) fn proxy(sheet: &mut Sheet, proxy: &Proxy) {
    let live = proxy.is_watching();
    let (text, tone) =
        if live { (texts::INSPECT_RULES_LIVE, Tone::Good) } else { (texts::INSPECT_RULES_STALE, Tone::Bad) };
    sheet.marked("kube-proxy", texts::INSPECT_RULES_STATE, text.get(), tone);
    sheet.fact("kube-proxy", texts::INSPECT_RULES_AGE, sheet.ago_or_never(proxy.synced_at()));
}

/// Adds the forwarding rules in force on a host. They are there even when kube-proxy is not running.
pub(super) fn rules(sheet: &mut Sheet, cluster: &Cluster, host: HostId) {
    let Some(process) = cluster.topology().process(host, NODE) else { return };
    let Some(node) = cluster.world().machine(process).node() else { return };
    let pods = cluster.objects(Kind::Pod);
    let behind = |(at, uid): &(HostId, u128)| {
        let host = &cluster.topology().planned(*at).name;
        let runs = cluster.topology().process(*at, NODE).is_some_and(|p| {
            cluster.world().is_running(p) && cluster.world().machine(p).node().is_some_and(|n| n.is_running(*uid))
        });
        let name = pods.iter().find(|pod| pod.meta.uid == *uid).map_or("?", |pod| &*pod.meta.name);
        let text = if runs { texts::INSPECT_RULE_POD } else { texts::INSPECT_RULE_GONE };
        (text.with(&[("pod", &name), ("host", host)]), runs)
    };
    let mut rows: Vec<Row> = Vec::new();
    for (port, pods) in &node.rules().node_ports {
        for (n, one) in pods.iter().take(ROWS).enumerate() {
            let (text, runs) = behind(one);
            let port = if n == 0 { port.to_string() } else { String::new() };
            rows.push(row([port, text], if runs { Tone::Good } else { Tone::Bad }));
        }
        if pods.is_empty() {
            rows.push(row([port.to_string(), texts::INSPECT_NONE.to_string()], Tone::Bad));
        }
    }
    let head = [texts::INSPECT_PORT, texts::INSPECT_BEHIND];
    sheet.table("rules", "kube-proxy", (texts::INSPECT_RULES, texts::INSPECT_RULES_EMPTY), &head, rows);
    let (ok, failed) = node.app_counters();
    sheet.fact("", texts::INSPECT_APP_CALLS, texts::INSPECT_APP_CALLS_IS.with(&[("ok", &ok), ("failed", &failed)]));
}

/// Returns the details of a pod of the namespace `default`. Empty if it does not exist.
pub(super) fn pod(cluster: &Cluster, name: &str) -> Sheet {
    let found = cluster.object(Kind::Pod, "default", name);
    let node = found.as_ref().and_then(|(o, _)| cluster.topology().host(o.pod()?.node_name.as_deref()?));
    let mut sheet = Sheet::of(cluster, node.unwrap_or(HostId(0)));
    let Some((object, resource_version)) = found else { return sheet };
    let Some(pod) = object.pod() else { return sheet };
    let none = || "<none>".to_owned();
    sheet.fact("pod", texts::INSPECT_PHASE, phase_word(pod.phase));
    sheet.fact("pod", texts::INSPECT_STATUS, pod_status(&object, pod));
    sheet.fact("readiness", texts::INSPECT_READY, format!("{}/1", u32::from(pod.ready)));
    if let Some(host) = node {
        let runs = cluster.topology().process(host, NODE).is_some_and(|p| {
            let machine = cluster.world().machine(p);
            cluster.world().is_running(p) && machine.node().is_some_and(|n| n.is_running(object.meta.uid))
        });
        let (text, tone) =
            if runs { (texts::INSPECT_REALLY_RUNS, Tone::Good) } else { (texts::INSPECT_REALLY_NOT, Tone::Bad) };
        sheet.marked("pod", texts::INSPECT_REALLY, text.get(), tone);
    }
    sheet.fact("node", texts::INSPECT_NODE, pod.node_name.as_deref().map_or_else(none, str::to_owned));
    sheet.fact("pod", texts::INSPECT_ADDRESS, pod.pod_ip.as_deref().map_or_else(none, str::to_owned));
    sheet.fact("back-off", texts::INSPECT_RESTARTS, pod.restart_count.to_string());
    let owner = object.meta.owner.as_ref().map_or_else(none, |o| format!("{}/{}", o.kind.name(), o.name));
    sheet.fact("replica-set", texts::INSPECT_CONTROLLED, owner);
    sheet.fact("", texts::INSPECT_IMAGE, pod.image.clone());
    sheet.fact("", texts::INSPECT_AGE, age(WallTime::exact(cluster.now()), object.meta.creation_timestamp));
    if object.meta.deletion_timestamp.is_some() {
        sheet.marked("pod", texts::INSPECT_DELETED, pod.termination_grace_period.to_string(), Tone::Bad);
    }
    let condition = |c: &crate::kube::object::Condition| {
        let word = if c.status == ConditionStatus::True { "True" } else { "False" };
        let since = age(WallTime::exact(cluster.now()), c.last_transition_time);
        let tone = if c.status == ConditionStatus::True { Tone::Good } else { Tone::Bad };
        row([c.kind.to_owned(), word.to_owned(), since], tone)
    };
    let rows = pod.conditions.iter().map(condition).collect();
    let head = [texts::INSPECT_TYPE, texts::INSPECT_STATUS, texts::INSPECT_SINCE];
    sheet.table("conditions", "condition", (texts::INSPECT_CONDITIONS, texts::INSPECT_NONE), &head, rows);
    let related = Related { events: events(cluster, &object), ..Related::default() };
    let text =
        describe(&Stored { resource_version, object: object.clone() }, &related, true, WallTime::exact(cluster.now()));
    sheet.papers.push(paper("describe", &format!("kubectl describe pod {name}"), text, false));
    sheet
}
