//! `/readyz`, `/livez` and `/healthz` (FACTS 4.1 and 9, golden/1, golden/6).
//!
//! Two checks ask etcd, each with a limit of 2 s and at most once a second; in between each repeats its last result.
//! They run one after the other, so without a quorum readyz takes 4 s to fail, and livez 2 s.

use std::rc::Rc;

use super::etcd_client::Owner;
use super::inflight::{InFlight, Probe, Step};
use super::{ApiServer, Phase};
use crate::etcd::{Op, Span};
use crate::kube::api::{Answer, HealthPath, Reason, Status};
use crate::kube::trace_event::TraceEvent;
use crate::kube::vocabulary::Ctx;
use crate::sim::{NoteId, Silent, SimDuration, SimTime};

const PROBE_TIMEOUT: SimDuration = SimDuration::from_secs(2);
const PROBE_INTERVAL: SimDuration = SimDuration::from_secs(1);

const ETCD: &str = "etcd";
const ETCD_READINESS: &str = "etcd-readiness";
const INFORMER_SYNC: &str = "informer-sync";
const LOOPBACK_CERTIFICATE: &str = "loopback-serving-certificate";
const SHUTDOWN: &str = "shutdown";
const NAMESPACES: &str = "poststarthook/start-system-namespaces-controller";
const ROLES: &str = "poststarthook/rbac/bootstrap-roles";
const PRIORITIES: &str = "poststarthook/scheduling/bootstrap-system-priority-classes";

/// The checks between `informer-sync` and `shutdown`, in the order in which they are registered.
const HOOKS: [&str; 30] = [
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    NAMESPACES,
    "poststarthook/peer-endpoint-reconciler-controller",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-apiserver-identity-lease-controller",
    "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
    "poststarthook/storage-readiness",
    "poststarthook/start-legacy-token-tracking-controller",
    "poststarthook/start-service-ip-repair-controllers",
    ROLES,
    PRIORITIES,
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-status-local-available-controller",
    "poststarthook/apiservice-status-remote-available-controller",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
];

/// After this time without a request to readyz, livez is taken for it.
const READYZ_UNASKED: SimDuration = SimDuration::from_secs(20);

/// One of the checks that ask etcd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct EtcdCheck {
    failed: bool,
    result_of: SimTime,
    next_probe: SimTime,
}

/// The state of the health endpoints.
#[derive(Clone, Debug)]
pub(super) struct Health {
    checks: [EtcdCheck; 2],
    /// The last answer of readyz; `None` before its first success.
    reported: Option<bool>,
    /// When readyz was last requested.
    asked: Option<SimTime>,
    /// The newest note about it: a failure explains the success after it.
    noted: NoteId,
    failed: Vec<&'static str>,
    ok: Rc<str>,
    key: Rc<str>,
}

impl Default for Health {
    fn default() -> Self {
        let checks = [EtcdCheck::default(); 2];
        Health {
            checks,
            reported: None,
            asked: None,
            noted: 0,
            failed: Vec::new(),
            ok: "ok".into(),
            key: "/registry/health".into(),
        }
    }
}

impl Health {
    /// Returns the last answer of readyz, and the checks that failed then.
    pub(crate) fn readyz(&self) -> (Option<bool>, &[&'static str]) {
        (self.reported, &self.failed)
    }
}

impl ApiServer {
    pub(super) fn health_request(&mut self, ctx: &mut Ctx<'_>, mut r: InFlight, path: HealthPath, verbose: bool) {
        let probe = Probe { path, verbose, check: 0, began: ctx.now(), failed: [false; 2] };
        let number = self.next_number();
        if let Some(result) = self.health_check(ctx, number, &mut r, probe) {
            self.respond(ctx, r.conn, r.stream(), result);
        } else {
            self.keep(ctx, number, r);
        }
    }

    /// Runs the etcd checks one after the other; returns the answer, `None` while it waits for etcd.
    fn health_check(
        &mut self,
        ctx: &mut Ctx<'_>,
        number: u64,
        r: &mut InFlight,
        mut probe: Probe,
    ) -> Option<Result<Answer, Status>> {
        let checks = if probe.path == HealthPath::Readyz { 2 } else { 1 };
        while probe.check < checks {
            let check = &mut self.memory.health.checks[probe.check];
            let now = ctx.now();
            if now < check.next_probe {
                probe.failed[probe.check] = check.failed;
                probe.check += 1;
                continue;
            }
            check.next_probe = now + PROBE_INTERVAL;
            probe.began = now;
            let op = Op::Range {
                span: Span::One(self.memory.health.key.clone()),
                revision: 0,
                limit: 0,
                serializable: false,
                count_only: false,
            };
            r.call = Some(self.memory.etcd.call(ctx, Owner::Request(number), op));
            r.step_deadline = Some(now + PROBE_TIMEOUT);
            r.step = Step::Health(probe);
            return None;
        }
        Some(self.health_answer(ctx, &probe))
    }

    /// A check of etcd has been answered, or has timed out.
    pub(super) fn health_probed(
        &mut self,
        ctx: &mut Ctx<'_>,
        number: u64,
        r: &mut InFlight,
        mut probe: Probe,
        failed: bool,
    ) -> Option<Result<Answer, Status>> {
        r.step_deadline = None;
        let check = &mut self.memory.health.checks[probe.check];
        if probe.began >= check.result_of {
            check.result_of = probe.began;
            check.failed = failed;
        }
        probe.failed[probe.check] = failed;
        probe.check += 1;
        self.health_check(ctx, number, r, probe)
    }

    /// Returns the checks that fail now, given the results of those that ask etcd.
    fn failing(&self, path: HealthPath, etcd: [bool; 2]) -> Vec<&'static str> {
        let mut failed = Vec::new();
        if etcd[0] {
            failed.push(ETCD);
        }
        if etcd[1] {
            failed.push(ETCD_READINESS);
        }
        if !self.memory.cache.is_ready() {
            failed.push(INFORMER_SYNC);
        }
        if !self.memory.bootstrap.is_done() {
            failed.push(NAMESPACES);
        }
        if !self.memory.hooks_done {
            failed.extend([ROLES, PRIORITIES]);
        }
        if path == HealthPath::Readyz && self.memory.phase == Phase::Terminating {
            failed.push(SHUTDOWN);
        }
        failed
    }

    /// Returns the output of `?verbose`, with the last results of the checks that ask etcd.
    pub(crate) fn health_text(&self, path: HealthPath) -> String {
        let [etcd, readiness] = self.memory.health.checks.map(|check| check.failed);
        body(path, &self.failing(path, [etcd, readiness && path == HealthPath::Readyz]))
    }

    fn health_answer(&mut self, ctx: &mut Ctx<'_>, probe: &Probe) -> Result<Answer, Status> {
        let failed = self.failing(probe.path, probe.failed);
        let readyz = probe.path == HealthPath::Readyz;
        let result = if !failed.is_empty() {
            let body = body(probe.path, &failed);
            let escaped = body.trim_end().replace('\n', "\\n").replace('"', "\\\"");
            let message = format!("an error on the server (\"{escaped}\") has prevented the request from succeeding");
            self.counters.unhealthy += 1;
            Err(Status::new(500, Reason::InternalError, message))
        } else if probe.verbose {
            Ok(Answer::Text(body(probe.path, &failed).into()))
        } else {
            Ok(Answer::Text(self.memory.health.ok.clone()))
        };
        // A load balancer may give up before readyz fails; livez, which waits longer, finds the same about etcd. Where
        // nobody requests readyz (NGINX, a TCP check, no balancer), only livez is known, which its kubelet requests.
        let now = ctx.now();
        let unasked = self.memory.health.asked.is_none_or(|asked| now.since(asked) > READYZ_UNASKED);
        if readyz {
            self.memory.health.asked = Some(now);
        }
        if readyz || probe.failed[0] || unasked {
            self.report_readyz(ctx, failed);
        }
        result
    }

    /// Notes a change of readyz. The loss of an etcd connection explains a failure; else whatever silences the member
    /// that has been silent for longest.
    pub(super) fn report_readyz(&mut self, ctx: &mut Ctx<'_>, failed: Vec<&'static str>) {
        let ready = failed.is_empty();
        let health = &mut self.memory.health;
        let changed = health.reported != Some(ready) && (ready || health.reported.is_some());
        if changed {
            health.reported = Some(ready);
            let cause = ctx.cause();
            let note = TraceEvent::ApiReady { ready, failed: failed.clone() };
            let endpoints = self.memory.etcd.endpoints();
            let lost = endpoints.iter().find_map(|e| e.lost);
            let quietest = endpoints.iter().filter(|e| e.host != ctx.host()).min_by_key(|e| e.last_read);
            let noted = match (failed.contains(&ETCD) || failed.contains(&ETCD_READINESS), lost, quietest) {
                (true, Some(lost), _) if lost.note != 0 => {
                    ctx.resume_cause(lost);
                    ctx.note(note)
                }
                (true, _, Some(quietest)) => ctx.note_silence(Silent::Host(quietest.host), note),
                _ if ready && self.memory.health.noted != 0 => ctx.note_because(self.memory.health.noted, note),
                _ if ready => ctx.note_silence(Silent::Process(ctx.me()), note), // its own downtime explains it
                _ => ctx.note(note),
            };
            self.memory.health.noted = noted;
            ctx.resume_cause(cause);
        }
        self.memory.health.failed = failed;
    }

    /// SIGTERM: readyz fails from now on.
    pub(super) fn readyz_shutdown(&mut self, ctx: &mut Ctx<'_>) {
        self.report_readyz(ctx, vec![SHUTDOWN]);
    }
}

/// The verbose text.
fn body(path: HealthPath, failed: &[&'static str]) -> String {
    let readyz = path == HealthPath::Readyz;
    let name = match path {
        HealthPath::Readyz => "readyz",
        HealthPath::Livez => "livez",
        HealthPath::Healthz => "healthz",
    };
    let second = if readyz { [ETCD, ETCD_READINESS] } else { [LOOPBACK_CERTIFICATE, ETCD] };
    let informers = readyz.then_some(INFORMER_SYNC);
    let last = readyz.then_some(SHUTDOWN);
    let mut text = String::with_capacity(2_048);
    for check in ["ping", "log"].into_iter().chain(second).chain(informers).chain(HOOKS).chain(last) {
        if failed.contains(&check) {
            text.push_str(&format!("[-]{check} failed: reason withheld\n"));
        } else {
            text.push_str(&format!("[+]{check} ok\n"));
        }
    }
    text.push_str(&format!("{name} check {}\n", if failed.is_empty() { "passed" } else { "failed" }));
    text
}
