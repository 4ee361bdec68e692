//! One worker per pod of the node: starts its container, restarts it when it crashes, stops it when the pod is deleted,
//! and tells the API. FACTS 3.5, 3.7; upstream `pkg/kubelet/pod_workers.go`, `status/status_manager.go`.

use std::rc::Rc;

use super::back_off::BackOff;
use super::events::{About, Recorder};
use super::worker::{ApiCall, Worker, WorkerPhase};
use super::{Disk, KubeletConfig, status, until_relist};
use crate::kube::api::{Answer, Call, Freshness};
use crate::kube::error::Failure;
use crate::kube::list_watch::Change;
use crate::kube::object::{Body, ContainerState, Kind, Object, PodPhase, Stored, Uid};
use crate::kube::timer;
use crate::kube::transport::{Client, Event};
use crate::kube::vocabulary::{Cri, Ctx, Wire};
use crate::sim::map::{Map, Set};
use crate::sim::{SimDuration, SimTime};

const PULL_FASTEST: SimDuration = SimDuration::from_millis(400);
const PULL_SPREAD: SimDuration = SimDuration::from_millis(400);
/// The pause before pod statuses are written again.
const STATUS_SYNC: SimDuration = SimDuration::from_secs(10);
const DEFAULT_GRACE: SimDuration = SimDuration::from_secs(30);

/// What a worker has access to while it acts.
pub(super) struct Env<'a, 'b> {
    pub(crate) ctx: &'a mut Ctx<'b>,
    pub(crate) client: &'a mut Client,
    pub(crate) recorder: &'a mut Recorder,
    pub(crate) disk: &'a mut Disk,
}

/// A pod, as the kubelet sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodView<'a> {
    /// The pod.
    pub(crate) object: &'a Object,
    /// What its container does.
    pub(crate) phase: WorkerPhase,
    /// How often its container was restarted.
    pub(crate) restart_count: u32,
    /// Its address; `None` before its first start.
    pub(crate) address: Option<&'a str>,
}

/// The workers of the node's pods.
#[derive(Clone, Debug)]
pub(super) struct Pods {
    config: Rc<KubeletConfig>,
    workers: Map<Uid, Worker>,
    numbers: u64,
    /// Containers that ran when the kubelet started, until the API says which should.
    found: Set<Uid>,
    listed: bool,
    sync_planned: bool,
    relist_anchor: SimTime,
}

impl Pods {
    pub(crate) fn new(config: Rc<KubeletConfig>) -> Self {
        Pods {
            config,
            workers: Map::new(),
            numbers: 0,
            found: Set::new(),
            listed: false,
            sync_planned: false,
            relist_anchor: SimTime::ZERO,
        }
    }

    pub(crate) fn views(&self) -> impl Iterator<Item = PodView<'_>> {
        self.workers.values().map(|w| PodView {
            object: &w.stored.object,
            phase: w.phase,
            restart_count: w.restart_count,
            address: w.address.as_deref(),
        })
    }

    /// The runtime has listed its containers.
    pub(crate) fn run(&mut self, ctx: &Ctx<'_>, running: Vec<Uid>) {
        self.relist_anchor = ctx.now();
        self.found.extend(running);
    }

    // ---- what the API wants ----

    pub(crate) fn changed(&mut self, env: &mut Env<'_, '_>, change: Change) {
        match change {
            Change::Replaced(items) => {
                let listed: Set<Uid> = items.iter().map(|s| s.object.meta.uid).collect();
                for stored in items {
                    self.assigned(env, stored);
                }
                let known: Vec<Uid> = self.workers.keys().copied().filter(|uid| !listed.contains(uid)).collect();
                for uid in known {
                    self.gone(env, uid);
                }
                if !std::mem::replace(&mut self.listed, true) {
                    for pod in std::mem::take(&mut self.found) {
                        if !self.workers.contains_key(&pod) {
                            self.tell_runtime(env, Cri::Stop { pod, grace: DEFAULT_GRACE });
                        }
                    }
                }
            }
            Change::Changed(stored) => self.assigned(env, stored),
            Change::Deleted(stored) => self.gone(env, stored.object.meta.uid),
        }
    }

    fn assigned(&mut self, env: &mut Env<'_, '_>, stored: Stored) {
        let uid = stored.object.meta.uid;
        let deleted = stored.object.meta.deletion_timestamp.is_some();
        if let Some(worker) = self.workers.get_mut(&uid) {
            if stored.resource_version > worker.stored.resource_version {
                worker.stored = stored;
            }
        } else if !self.accept(env, stored, deleted) {
            return;
        }
        if deleted {
            self.terminate(env, uid);
        } else {
            self.post(env, uid);
        }
    }

    /// Adds a pod that the kubelet did not know; returns false if it needs no worker.
    fn accept(&mut self, env: &mut Env<'_, '_>, stored: Stored, deleted: bool) -> bool {
        let Some(pod) = stored.object.pod() else { return false };
        if pod.mirror || (!pod.is_active() && !deleted) {
            return false;
        }
        let (uid, now) = (stored.object.meta.uid, env.ctx.wall());
        let running = self.found.contains(&uid);
        let ran_before = pod.phase == PodPhase::Running;
        self.numbers += 1;
        let worker = Worker {
            number: self.numbers,
            phase: if running { WorkerPhase::Running } else { WorkerPhase::Finished },
            restart_count: pod.restart_count + u32::from(ran_before && !running && !deleted),
            last_exit: pod.last_restart.map(|at| (137, at)).or((ran_before && !running).then_some((137, now))),
            started_at: match pod.state {
                ContainerState::Running { started_at } => started_at,
                _ => now,
            },
            accepted_at: pod.start_time.unwrap_or(now),
            address: pod.pod_ip.clone(),
            finished: SimTime::ZERO,
            back_off: BackOff::default(),
            timer: None,
            call: None,
            orphan: false,
            stored,
        };
        self.workers.insert(uid, worker);
        if !running && !deleted {
            self.begin(env, uid);
        }
        true
    }

    /// The API no longer has the pod.
    fn gone(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        worker.orphan = true;
        worker.call = None;
        self.terminate(env, uid);
    }

    /// Stops the container; its end is then reported to the API.
    fn terminate(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        match worker.phase {
            WorkerPhase::Stopping => return,
            WorkerPhase::Running | WorkerPhase::Starting => {
                let grace = worker.stored.object.pod().map_or(DEFAULT_GRACE, |p| p.termination_grace_period);
                let grace = if grace == SimDuration::ZERO { DEFAULT_GRACE } else { grace };
                worker.phase = WorkerPhase::Stopping;
                self.tell_runtime(env, Cri::Stop { pod: uid, grace });
                self.record(env, uid, false, "Killing", |c, _| format!("Stopping container {c}"));
                return;
            }
            _ => {}
        }
        if let Some(ticket) = worker.timer.take() {
            env.ctx.cancel_timer(ticket);
        }
        worker.phase = WorkerPhase::Finished;
        self.finish(env, uid);
    }

    // ---- what the container does ----

    fn begin(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        let image = worker.stored.object.pod().map(|p| p.image.clone()).unwrap_or_default();
        if env.disk.images.contains(&image) {
            worker.phase = WorkerPhase::Starting;
            let name = worker.stored.object.meta.name.clone();
            self.tell_runtime(env, Cri::Start { pod: uid, name });
            let pulled = |_: &str, image: &str| format!("Container image {image:?} already present on machine");
            self.record(env, uid, false, "Pulled", pulled);
            return;
        }
        worker.phase = WorkerPhase::Pulling;
        let spread = env.ctx.rng("image pull").below(PULL_SPREAD.as_micros());
        let after = PULL_FASTEST + SimDuration::from_micros(spread);
        worker.timer = Some(env.ctx.set_timer(after, timer::PodWorker::Pulled, worker.number));
        self.record(env, uid, false, "Pulling", |_, image| format!("Pulling image {image:?}"));
    }

    /// The runtime has started the container.
    pub(crate) fn started(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let subnet = &self.config.pod_subnet;
        let Some(worker) = self.workers.get_mut(&uid).filter(|w| w.phase == WorkerPhase::Starting) else { return };
        worker.phase = WorkerPhase::Running;
        worker.started_at = env.ctx.wall();
        if worker.address.is_none() {
            let host_part = 2 + env.disk.addresses_given % 253;
            env.disk.addresses_given += 1;
            worker.address = Some(format!("{subnet}{host_part}").into());
        }
        self.record(env, uid, false, "Created", |c, _| format!("Created container: {c}"));
        self.record(env, uid, false, "Started", |c, _| format!("Started container {c}"));
        self.post(env, uid);
    }

    /// The container has ended.
    pub(crate) fn exited(&mut self, env: &mut Env<'_, '_>, uid: Uid, code: i32) {
        let (anchor, now, wall) = (self.relist_anchor, env.ctx.now(), env.ctx.wall());
        self.found.remove(&uid); // it ended before the API could tell what it was
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        let stopping = matches!(worker.phase, WorkerPhase::Stopping | WorkerPhase::Finished);
        worker.last_exit = Some((code, wall));
        if stopping {
            worker.phase = WorkerPhase::Finished;
            self.finish(env, uid);
            return;
        }
        worker.phase = WorkerPhase::Exited;
        worker.finished = now;
        worker.timer = Some(env.ctx.set_timer(until_relist(anchor, now), timer::PodWorker::Relist, worker.number));
    }

    /// Posts the statuses that could not be written.
    pub(crate) fn sync_statuses(&mut self, env: &mut Env<'_, '_>) {
        self.sync_planned = false;
        let idle: Vec<Uid> = self.workers.iter().filter(|(_, w)| w.call.is_none()).map(|(u, _)| *u).collect();
        for uid in idle {
            self.post(env, uid);
        }
    }

    /// A timer of the worker with this number is due.
    pub(crate) fn timer(&mut self, env: &mut Env<'_, '_>, why: timer::PodWorker, number: u64) {
        let Some((uid, worker)) = self.workers.iter_mut().find(|(_, w)| w.number == number) else { return };
        let uid = *uid;
        worker.timer = None;
        match why {
            timer::PodWorker::Pulled => {
                let image = worker.stored.object.pod().map(|p| p.image.clone()).unwrap_or_default();
                let name = worker.stored.object.meta.name.clone();
                worker.phase = WorkerPhase::Starting;
                env.disk.images.insert(image);
                self.record(env, uid, false, "Pulled", |_, image| format!("Successfully pulled image {image:?}"));
                self.tell_runtime(env, Cri::Start { pod: uid, name });
            }
            timer::PodWorker::Relist => self.noticed(env, uid),
            timer::PodWorker::BackOff => self.restart(env, uid),
        }
    }

    /// The kubelet notices the crash of the container.
    fn noticed(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let now = env.ctx.now();
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        let Some(until) = worker.back_off.until(worker.finished, now) else {
            self.post(env, uid);
            self.restart(env, uid);
            return;
        };
        worker.phase = WorkerPhase::CrashLoopBackOff { until };
        worker.timer = Some(env.ctx.set_timer(until.since(now), timer::PodWorker::BackOff, worker.number));
        let meta = &worker.stored.object.meta;
        let pod = format!("{}_{}({})", meta.name, meta.namespace, uuid(uid));
        let say = |c: &str, _: &str| format!("Back-off restarting failed container {c} in pod {pod}");
        self.record(env, uid, true, "BackOff", say);
        self.post(env, uid);
    }

    fn restart(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let now = env.ctx.now();
        if let Some(worker) = self.workers.get_mut(&uid) {
            worker.back_off.restarted(worker.finished, now);
            worker.restart_count += 1;
            self.begin(env, uid);
        }
    }

    // ---- what the API is told ----

    /// Writes the status of a pod if the API's differs.
    fn post(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let Some(worker) = self.workers.get_mut(&uid).filter(|w| w.call.is_none() && !w.orphan) else { return };
        let Some(pod) = worker.stored.object.pod() else { return };
        let wanted = status::wanted(worker, pod, env.ctx.wall());
        if status::agrees(&wanted, pod) {
            if worker.phase == WorkerPhase::Finished {
                self.delete(env, uid);
            }
            return;
        }
        let mut object = (*worker.stored.object).clone();
        object.body = Body::Pod(wanted);
        let resource_version = worker.stored.resource_version;
        let call = Call::Update { object: Rc::new(object), resource_version, status: true };
        worker.call = Some((env.client.call(env.ctx, call, None), ApiCall::Status));
    }

    /// The container of a deleted pod has ended.
    fn finish(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        if self.workers.get(&uid).is_some_and(|w| w.orphan) {
            self.workers.remove(&uid);
        } else {
            self.post(env, uid);
        }
    }

    fn delete(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        let meta = &worker.stored.object.meta;
        let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
        let grace_period = Some(SimDuration::ZERO);
        let call = Call::Delete { kind: Kind::Pod, namespace, name, uid: Some(uid), grace_period };
        worker.call = Some((env.client.call(env.ctx, call, None), ApiCall::Delete));
    }

    fn get(&mut self, env: &mut Env<'_, '_>, uid: Uid) {
        let Some(worker) = self.workers.get_mut(&uid) else { return };
        let meta = &worker.stored.object.meta;
        let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
        let call = Call::Get { kind: Kind::Pod, namespace, name, freshness: Freshness::Latest };
        worker.call = Some((env.client.call(env.ctx, call, None), ApiCall::Get));
    }

    /// The answer to a call of a worker.
    pub(crate) fn event(&mut self, env: &mut Env<'_, '_>, event: Event) {
        let Event::Done { stream, result } = event else { return };
        let mine = |w: &Worker| w.call.is_some_and(|(s, _)| s == stream);
        let Some((uid, worker)) = self.workers.iter_mut().find(|(_, w)| mine(w)) else { return };
        let (uid, told) = (*uid, worker.call.take().map(|(_, told)| told));
        match result {
            Ok(_) if told == Some(ApiCall::Delete) => {
                self.workers.remove(&uid);
            }
            Ok(Answer::Object(stored)) if stored.object.meta.uid == uid => self.assigned(env, stored),
            Ok(_) => self.gone(env, uid),
            Err(failure) if failure.is_not_found() => self.gone(env, uid),
            Err(failure) if failure.is_conflict() && told == Some(ApiCall::Status) => self.get(env, uid),
            Err(Failure::Status(_)) if told == Some(ApiCall::Delete) => {
                self.workers.remove(&uid);
            }
            Err(_) => self.plan_sync(env),
        }
    }

    fn plan_sync(&mut self, env: &mut Env<'_, '_>) {
        if !std::mem::replace(&mut self.sync_planned, true) {
            env.ctx.set_timer(STATUS_SYNC, timer::Kubelet::StatusSync, 0);
        }
    }

    fn tell_runtime(&self, env: &mut Env<'_, '_>, cri: Cri) {
        if let Some(runtime) = self.config.runtime {
            env.ctx.local(runtime, Wire::Cri(cri));
        }
    }

    /// Writes an event about a pod; `say` gets its container's name and image.
    fn record(
        &self,
        env: &mut Env<'_, '_>,
        uid: Uid,
        warning: bool,
        reason: &'static str,
        say: impl FnOnce(&str, &str) -> String,
    ) {
        let Some(object) = self.workers.get(&uid).map(|w| w.stored.object.clone()) else { return };
        let Some(pod) = object.pod() else { return };
        let (namespace, name) = (object.meta.namespace.clone(), object.meta.name.clone());
        let message = say(&pod.container, &pod.image);
        env.recorder.event(env.ctx, &About { kind: Kind::Pod, namespace, name }, warning, reason, message);
    }
}

fn uuid(uid: Uid) -> String {
    let h = format!("{uid:032x}");
    format!("{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
}
