//! Details of an API server, a controller manager and a scheduler, with the lease of the latter two as kubectl prints it.
//! FACTS 1.6, 4, 7.4.

use super::{Sheet, paper, row, seconds, texts, yes_no};
use crate::cluster::Cluster;
use crate::cluster::topology::ETCD;
use crate::console::objects;
use crate::kube::api::HealthPath;
use crate::kube::apiserver::{ApiServer, EndpointState, Phase};
use crate::kube::controllers::ControllerManager;
use crate::kube::election::{Candidate, Component};
use crate::kube::object::{Kind, Stored};
use crate::kube::scheduler::Scheduler;
use crate::lab::view::Tone;
use crate::lab::view::details::Row;

/// Rows of a list that grows with the cluster.
const ROWS: usize = 12;

pub(super) fn api_server(sheet: &mut Sheet, cluster: &Cluster, api: &ApiServer) {
    // The lab counts mutating requests first.
    let (writes, reads) = api.in_flight();
    sheet.fact(
        "in-flight",
        texts::INSPECT_IN_FLIGHT,
        texts::INSPECT_IN_FLIGHT_IS.with(&[("reads", &reads), ("writes", &writes)]),
    );
    let counters = api.counters();
    let rate = (counters.per_second(sheet.local), counters.requests);
    sheet.fact("", texts::INSPECT_RATE, texts::INSPECT_RATE_IS.with(&[("n", &rate.0), ("all", &rate.1)]));
    sheet.fact("", texts::INSPECT_FAILED, format!("{}, {}", counters.failed, counters.rejected));
    sheet.fact("", texts::INSPECT_CLIENTS, api.connections().to_string());
    sheet.fact("watch", texts::INSPECT_WATCHES, api.watchers().to_string());
    let newest =
        cluster.topology().all(ETCD).filter_map(|(_, p)| Some(cluster.world().machine(p).etcd()?.store().revision()));
    let revision = api.cache_revision();
    let behind = newest.max().unwrap_or(0).saturating_sub(revision);
    let (cache, tone) = if revision == 0 {
        (texts::INSPECT_CACHE_EMPTY.to_string(), Tone::Bad)
    } else {
        let late = if behind > 20 { Tone::Bad } else { Tone::Neutral };
        (texts::INSPECT_CACHE_IS.with(&[("revision", &revision), ("behind", &behind)]), late)
    };
    sheet.marked("watch-cache", texts::INSPECT_CACHE, cache, tone);
    if revision > 0 {
        sheet.fact("watch-cache", texts::INSPECT_CACHE_HEARD, sheet.ago(api.cache_updated_at()));
    }
    sheet.fact("", texts::INSPECT_ETCD_CALLS, api.etcd_calls().to_string());
    let endpoint = |(host, address, state): (_, &str, EndpointState)| {
        let (word, tone) = match state {
            EndpointState::Ready(_) => (texts::INSPECT_CONNECTED, Tone::Good),
            EndpointState::Dialing(_) => (texts::INSPECT_DIALING, Tone::Bad),
            EndpointState::Handshake(_) => (texts::INSPECT_HANDSHAKE, Tone::Neutral),
            EndpointState::Backoff => (texts::INSPECT_BACKOFF, Tone::Bad),
        };
        let known = (host != crate::sim::NOWHERE).then(|| cluster.topology().planned(host).name.clone());
        row([known.unwrap_or_default(), address.to_owned(), word.to_string()], tone)
    };
    let rows = api.etcd_endpoints().map(endpoint).collect();
    let head = [texts::INSPECT_MEMBER, texts::INSPECT_HOST_ADDRESS, texts::INSPECT_CONNECTION];
    sheet.table("etcd", "etcd-servers", (texts::INSPECT_ETCD_ENDPOINTS, texts::INSPECT_NONE), &head, rows);
    if matches!(api.phase(), Phase::Serving | Phase::Terminating) {
        for (path, id) in [(HealthPath::Readyz, "readyz"), (HealthPath::Livez, "livez")] {
            let text = api.health_text(path);
            let failing = text.lines().filter(|line| line.starts_with("[-]")).collect::<Vec<_>>().join("\n");
            let mut paper = paper(id, &format!("kubectl get --raw '/{id}?verbose'"), text, false);
            if !failing.is_empty() {
                (paper.hot, paper.tone, paper.open) = (failing.into(), Tone::Bad, true);
            }
            sheet.papers.push(paper);
        }
    }
}

fn candidate(sheet: &mut Sheet, candidate: &Candidate) {
    sheet.fact("identity", texts::INSPECT_IDENTITY, candidate.identity().clone());
    sheet.fact("retry-period", texts::INSPECT_ATTEMPTS, candidate.attempts().to_string());
}

pub(super) fn controller_manager(sheet: &mut Sheet, manager: &ControllerManager) {
    if let Some(elector) = manager.elector() {
        candidate(sheet, elector.candidate());
    }
    if let Some(since) = manager.working_since() {
        sheet.fact("reconciling", texts::INSPECT_WORKING, seconds(sheet.local.since(since)));
        sheet.fact("", texts::INSPECT_QUEUE, manager.queue_depth().to_string());
        let mut silent: Vec<Row> = Vec::new();
        for (node, at) in manager.node_probes().into_iter().take(ROWS) {
            let late = sheet.local.since(at).0 > 20_000_000;
            silent.push(row([node.to_string(), sheet.ago(at)], if late { Tone::Bad } else { Tone::Neutral }));
        }
        let head = [texts::INSPECT_NODE, texts::INSPECT_SIGN];
        sheet.table("nodes", "node-lease", (texts::INSPECT_SILENT_NODES, texts::INSPECT_NONE), &head, silent);
        let evictions = manager.evictions();
        if !evictions.is_empty() {
            let due = |at| texts::INSPECT_IN.with(&[("time", &seconds(crate::sim::SimTime::since(at, sheet.local)))]);
            let rows =
                evictions.into_iter().take(ROWS).map(|(pod, at)| row([pod.to_string(), due(at)], Tone::Bad)).collect();
            let head = [texts::INSPECT_POD, texts::INSPECT_WHEN];
            sheet.table("evictions", "taint", (texts::INSPECT_EVICTIONS, texts::INSPECT_NONE), &head, rows);
        }
    }
    let cache = |(kind, n, watching, heard): (Kind, usize, bool, _)| {
        let tone = if watching { Tone::Neutral } else { Tone::Bad };
        row([kind.name().to_owned(), n.to_string(), yes_no(watching), sheet.ago(heard)], tone)
    };
    let rows: Vec<Row> =
        if manager.is_leading() { manager.caches().into_iter().map(cache).collect() } else { Vec::new() };
    if !rows.is_empty() {
        let head = [texts::INSPECT_KIND, texts::INSPECT_OBJECTS, texts::INSPECT_WATCHING, texts::INSPECT_SIGN];
        sheet.table("caches", "watch", (texts::INSPECT_CACHES, texts::INSPECT_NONE), &head, rows);
    }
}

pub(super) fn scheduler(sheet: &mut Sheet, scheduler: &Scheduler) {
    if let Some(elector) = scheduler.elector() {
        candidate(sheet, elector.candidate());
    }
    if scheduler.is_leading() {
        let (active, backoff, unschedulable) = scheduler.queue_depths();
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("active", &active), ("backoff", &backoff), ("unschedulable", &unschedulable)];
        sheet.fact("", texts::INSPECT_PODS_WAITING, texts::INSPECT_PODS_WAITING_IS.with(&values));
        let (bound, failed) = scheduler.counts();
        sheet.fact("", texts::INSPECT_BOUND, texts::INSPECT_BOUND_IS.with(&[("bound", &bound), ("failed", &failed)]));
    }
}

/// Adds the lock object of `component`'s election, with the holder marked.
pub(super) fn lock(sheet: &mut Sheet, cluster: &Cluster, component: &str) {
    let Some(component) = Component::ALL.into_iter().find(|c| c.name() == component) else { return };
    let kind = cluster.config().election.lock.kind();
    let name = component.name();
    let Some((object, resource_version)) = cluster.object(kind, "kube-system", name) else { return };
    let Some((record, _)) = cluster.lock_record(component) else { return };
    let acts = cluster.acting(component).is_some_and(|p| {
        cluster.world().machine(p).candidate().is_some_and(|c| *c.identity() == record.holder_identity)
    });
    let what = if kind == Kind::Lease { "lease" } else { "endpoints" };
    let text = objects::value(&Stored { resource_version, object }).yaml();
    let mut paper = paper("lease", &format!("kubectl get {what} {name} -n kube-system -o yaml"), text, true);
    (paper.hot, paper.tone) = (record.holder_identity, if acts { Tone::Good } else { Tone::Bad });
    sheet.papers.push(paper);
}
