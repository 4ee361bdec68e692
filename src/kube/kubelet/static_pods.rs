//! Static pods: the control plane's processes on a master, run from manifests and independent of the API. Started when
//! the kubelet starts, restarted with crash back-off; the API server also by its liveness probe. FACTS 3.5, 3.6, 4.1.

use std::rc::Rc;

use super::back_off::BackOff;
use super::probe::{Probe, Restart};
use super::{Disk, KubeletConfig, until_relist};
use crate::kube::handled::Handled;
use crate::kube::log_line;
use crate::kube::timer;
use crate::kube::trace_event::TraceEvent;
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::{ProcId, Silent, SimDuration, SimTime, Ticket};

/// From the decision to the execution of a container's process.
const START_FASTEST: SimDuration = SimDuration::from_millis(200);
const START_SPREAD: SimDuration = SimDuration::from_millis(300);
/// Between SIGTERM and SIGKILL.
const GRACE: SimDuration = SimDuration::from_secs(30);
/// The only container whose probe is modelled; the probes of the others succeed as long as they run.
const PROBED: &str = "kube-apiserver";

/// The state of a static pod's container, as the kubelet sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticPhase {
    /// It runs.
    Running,
    /// It has ended, and the kubelet has not noticed yet.
    Exited,
    /// It may start again at this moment of the host's monotonic clock.
    CrashLoopBackOff {
        /// When it may start again.
        until: SimTime,
    },
    /// It is about to be executed.
    Starting,
}

#[derive(Clone, Copy, Debug)]
struct State {
    phase: StaticPhase,
    back_off: BackOff,
    finished: SimTime,
    timer: Option<Ticket>,
    /// Its manifest has changed: the next start is the first of another pod.
    renewed: bool,
}

/// The static pods of a master.
#[derive(Clone, Debug)]
pub(super) struct StaticPods {
    config: Rc<KubeletConfig>,
    pods: Vec<State>,
    probe: Probe,
    relist_anchor: SimTime,
}

impl StaticPods {
    pub(crate) fn new(config: Rc<KubeletConfig>) -> Self {
        StaticPods { config, pods: Vec::new(), probe: Probe::default(), relist_anchor: SimTime::ZERO }
    }

    pub(crate) fn phases(&self) -> impl Iterator<Item = StaticPhase> + '_ {
        self.pods.iter().map(|p| p.phase)
    }

    pub(crate) fn probe_failures(&self) -> u32 {
        self.probe.failures()
    }

    fn process(&self, index: usize) -> ProcId {
        self.config.static_pods[index].process
    }

    fn index(&self, process: ProcId) -> Option<usize> {
        self.config.static_pods.iter().position(|s| s.process == process)
    }

    /// The kubelet runs: it adopts what is up and starts the rest.
    pub(crate) fn run(&mut self, ctx: &mut Ctx<'_>, disk: &mut Disk) {
        self.relist_anchor = ctx.now();
        let config = self.config.clone();
        disk.static_starts.resize(config.static_pods.len(), 0);
        for (index, pod) in config.static_pods.iter().enumerate() {
            let (back_off, finished) = (BackOff::default(), SimTime::ZERO);
            self.pods.push(State { phase: StaticPhase::Running, back_off, finished, timer: None, renewed: false });
            if ctx.is_up(pod.process) {
                self.adopted(ctx, index);
            } else {
                self.plan_start(ctx, index);
            }
        }
    }

    fn adopted(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        self.pods[index].phase = StaticPhase::Running;
        if &*self.config.static_pods[index].name == PROBED {
            self.probe.container_started(ctx);
        }
    }

    fn plan_start(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        let spread = ctx.rng("static pod start").below(START_SPREAD.as_micros());
        let timer =
            ctx.set_timer(START_FASTEST + SimDuration::from_micros(spread), timer::StaticPod::Start, index as u64);
        self.set(index, StaticPhase::Starting, Some(timer));
    }

    fn set(&mut self, index: usize, phase: StaticPhase, timer: Option<Ticket>) {
        self.pods[index].phase = phase;
        self.pods[index].timer = timer;
    }

    /// Takes an input if it is about static pods.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> bool {
        match self.probe.handle(ctx, input) {
            Handled::NotMine => {}
            Handled::Nothing => return true,
            Handled::Done(Restart) => {
                self.liveness_failed(ctx);
                return true;
            }
        }
        match input {
            Input::Exited { child, .. } => {
                // A pod that ends while the kubelet still starts is started by `run`.
                if let Some(index) = self.index(*child).filter(|index| *index < self.pods.len()) {
                    self.exited(ctx, index);
                }
                true
            }
            _ => false,
        }
    }

    /// A timer of the API server's probe is due.
    pub(crate) fn probe_timer(&mut self, ctx: &mut Ctx<'_>, why: timer::Probe) {
        if let Some(Restart) = self.probe.timer(ctx, why) {
            self.liveness_failed(ctx);
        }
    }

    /// A timer of the pod with this index is due.
    pub(crate) fn timer(&mut self, ctx: &mut Ctx<'_>, disk: &mut Disk, why: timer::StaticPod, index: u64) {
        let index = index as usize;
        if index >= self.pods.len() {
            return;
        }
        self.pods[index].timer = None;
        let process = self.process(index);
        match why {
            timer::StaticPod::Kill => ctx.signal_kill(process),
            _ if ctx.is_up(process) => self.adopted(ctx, index), // an administrator has started it already
            timer::StaticPod::Start => {
                disk.static_starts[index] += 1;
                ctx.start_process(process);
                self.adopted(ctx, index);
            }
            timer::StaticPod::Relist => self.noticed(ctx, index),
            timer::StaticPod::BackOff => self.restart(ctx, index),
        }
    }

    fn exited(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        let now = ctx.now();
        if let Some(ticket) = self.pods[index].timer.take() {
            ctx.cancel_timer(ticket);
        }
        if &*self.config.static_pods[index].name == PROBED {
            self.probe.stop(ctx);
        }
        self.pods[index].finished = now;
        let timer = ctx.set_timer(until_relist(self.relist_anchor, now), timer::StaticPod::Relist, index as u64);
        self.set(index, StaticPhase::Exited, Some(timer));
    }

    fn noticed(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        let (now, state) = (ctx.now(), &self.pods[index]);
        let Some(until) = state.back_off.until(state.finished, now) else {
            self.restart(ctx, index);
            return;
        };
        let wait = state.back_off.wait().unwrap_or_default();
        let pod = self.config.static_pods[index].name.clone();
        ctx.log(log_line::Kubelet::BackOff { pod, wait }.into());
        let timer = ctx.set_timer(until.since(now), timer::StaticPod::BackOff, index as u64);
        self.set(index, StaticPhase::CrashLoopBackOff { until }, Some(timer));
    }

    fn restart(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        let state = &mut self.pods[index];
        if !std::mem::take(&mut state.renewed) {
            state.back_off.restarted(state.finished, ctx.now());
        }
        self.plan_start(ctx, index);
    }

    /// A changed manifest is another pod: the old one is stopped, the new one has no back-off.
    pub(crate) fn manifest_changed(&mut self, ctx: &mut Ctx<'_>, process: ProcId) {
        // A kubelet that has not read its manifests yet will read the new one.
        let Some(index) = self.index(process).filter(|index| *index < self.pods.len()) else { return };
        self.pods[index].back_off = BackOff::default();
        if ctx.is_up(process) {
            self.pods[index].renewed = true;
            self.stop(ctx, index);
        } else if let StaticPhase::CrashLoopBackOff { .. } = self.pods[index].phase {
            if let Some(ticket) = self.pods[index].timer.take() {
                ctx.cancel_timer(ticket);
            }
            self.plan_start(ctx, index);
        }
    }

    /// SIGTERM, and SIGKILL after the grace period.
    fn stop(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        ctx.signal_terminate(self.process(index));
        let timer = ctx.set_timer(GRACE, timer::StaticPod::Kill, index as u64);
        if let Some(old) = self.pods[index].timer.replace(timer) {
            ctx.cancel_timer(old);
        }
    }

    fn liveness_failed(&mut self, ctx: &mut Ctx<'_>) {
        let Some(index) = self.config.static_pods.iter().position(|s| &*s.name == PROBED) else { return };
        let process = self.process(index);
        let log = TraceEvent::Log("Container kube-apiserver failed liveness probe, will be restarted".into());
        ctx.note_silence(Silent::Process(process), log);
        self.stop(ctx, index);
    }
}
