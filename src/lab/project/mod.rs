//! Fills the view for one frame of the page from the cluster.

mod api_index;
pub(super) mod candidates;
pub mod details;
pub(super) mod messages;
pub mod restart_cost;
pub(super) mod timeline;

use std::cell::RefCell;
use std::rc::Rc;

use super::narration;
use super::view::{
    self, BackendView, BranchView, CallView, Counters, Duration, HostKind, HostView, LeaseView, LinkState, LinkView,
    MessageClass, MessageView, Name, PodState, PodView, ProcessState, ProcessView, Role, Setup, Timings, View,
};
use crate::cluster::Cluster;
use crate::cluster::observation::Requests;
use crate::cluster::process::Process;
use crate::cluster::topology::{HostRole, KUBECTL, NODE, PlannedHost, TERMINAL};
use crate::edge::backends::Backend;
use crate::edge::lane::LaneLog;
use crate::etcd::raft;
use crate::kube::election::Component;
use crate::kube::object::{Object, PodPhase};
use crate::sim::{Clock, EXACT_RATE_PPM, HostId, Power, ProcId, SimDuration, SimTime, WallTime};
use api_index::ApiIndex;

/// ViewCache that every frame uses, created once.
pub(crate) struct ViewCache {
    hosts: Vec<Name>,
    processes: Vec<Name>,
    receivers: Vec<Name>,
    /// The hosts of the last view. Those that have not changed are shared with the next one.
    shown: RefCell<Vec<Rc<HostView>>>,
    known: RefCell<ApiIndex>,
}

impl ViewCache {
    pub(crate) fn of(cluster: &Cluster) -> ViewCache {
        let world = cluster.world();
        let hosts: Vec<Name> = world.hosts().iter().map(|h| h.name.as_str().into()).collect();
        let mut receivers = hosts.clone();
        let processes = world
            .slots()
            .iter()
            .map(|slot| -> Name {
                let host = &hosts[slot.host.0 as usize];
                // The process `node` is the host itself.
                let path: Name = match slot.name.as_str() {
                    NODE => host.clone(),
                    // The terminal and the kubectl that polls are shown as one process.
                    TERMINAL => format!("{host}/{KUBECTL}").into(),
                    name => format!("{host}/{name}").into(),
                };
                if matches!(slot.name.as_str(), "haproxy" | "nginx" | "kube-apiserver") {
                    receivers[slot.host.0 as usize] = path.clone();
                }
                path
            })
            .collect();
        ViewCache { hosts, processes, receivers, shown: RefCell::default(), known: RefCell::default() }
    }

    /// Drops the index of the API's objects before a jump in time.
    pub(crate) fn jump(&mut self) {
        self.known.take();
    }

    /// Returns the hosts. Each is the same `Rc` as in the last view unless it has changed; of many workers few change in a frame.
    fn hosts(&self, cluster: &Cluster, known: &ApiIndex) -> Vec<Rc<HostView>> {
        let mut shown = self.shown.borrow_mut();
        let planned = cluster.topology().hosts.iter().enumerate();
        let share = |(n, planned): (usize, &PlannedHost)| {
            let (id, last) = (HostId(n as u16), shown.get(n));
            match last {
                Some(last) if planned.role == HostRole::Worker && is_still(cluster, id, planned, known, last) => {
                    last.clone()
                }
                _ => {
                    let host = host_view(cluster, self, id, planned, known);
                    last.filter(|last| ***last == host).cloned().unwrap_or_else(|| Rc::new(host))
                }
            }
        };
        let hosts: Vec<_> = planned.map(share).collect();
        shown.clone_from(&hosts);
        hosts
    }

    pub(crate) fn host(&self, host: HostId) -> &Name {
        &self.hosts[host.0 as usize]
    }

    /// Returns the name of a process: `master-1/etcd`.
    pub(crate) fn process(&self, process: ProcId) -> &Name {
        &self.processes[process.0 as usize]
    }

    /// Returns the process that a message was meant for, if its host did not accept it.
    pub(crate) fn receiver(&self, host: HostId, class: MessageClass) -> Name {
        match class {
            MessageClass::Raft => {
                let etcd: Name = format!("{}/etcd", self.hosts[host.0 as usize]).into();
                self.processes.iter().find(|p| **p == etcd).cloned().unwrap_or_else(|| self.host(host).clone())
            }
            _ => self.receivers[host.0 as usize].clone(),
        }
    }
}

/// Turns a host's local and wall-clock instants into simulated time.
pub(crate) struct LocalTime {
    now: SimTime,
    local: SimTime,
    wall: WallTime,
    rate_ppm: u32,
}

impl LocalTime {
    pub(crate) fn of(clock: &Clock, now: SimTime) -> Self {
        LocalTime { now, local: clock.monotonic(now), wall: clock.wall(now), rate_ppm: clock.rate_ppm }
    }

    pub(crate) fn local_us(&self, at: SimTime) -> u64 {
        self.convert(at.0 as i64 - self.local.0 as i64)
    }

    pub(crate) fn wall_us(&self, at: WallTime) -> u64 {
        self.convert(at.0 - self.wall.0)
    }

    /// Converts an offset from now by this clock, in the past if negative, to simulated time.
    fn convert(&self, ahead: i64) -> u64 {
        let span = SimDuration(ahead.unsigned_abs()).scale(EXACT_RATE_PPM.into(), self.rate_ppm.max(1).into()).0;
        if ahead >= 0 { self.now.0 + span } else { self.now.0.saturating_sub(span) }
    }
}

/// Returns the host that an identity starts with.
pub(crate) fn host_of(identity: &str) -> Option<Name> {
    identity.split('_').next().filter(|h| !h.is_empty()).map(Name::from)
}

/// The parts of a view that come from the session.
pub(crate) struct Shared {
    pub(crate) setup: Setup,
    pub(crate) history: Rc<view::History>,
    pub(crate) series: Rc<view::Series>,
    pub(crate) messages: Rc<Vec<MessageView>>,
    pub(crate) start_us: u64,
    pub(crate) head_us: u64,
    pub(crate) known_us: u64,
    pub(crate) branches: Rc<Vec<BranchView>>,
    pub(crate) branch: u32,
}

/// Returns the view for one frame.
pub(crate) fn view(cluster: &Cluster, base: &Requests, names: &ViewCache, shared: Shared) -> View {
    let mut known = names.known.borrow_mut();
    known.update(cluster);
    let world = cluster.world();
    let hosts = names.hosts(cluster, &known);
    let settings = cluster.settings();
    let duration = |d: SimDuration| Duration { typed: d.to_string().into(), us: d.0 };
    View {
        now_us: world.now().0,
        setup: shared.setup,
        timings: Timings {
            lease: duration(settings.lease_duration),
            renew: duration(settings.renew_deadline),
            retry: duration(settings.retry_period),
        },
        hosts,
        unscheduled: known.waiting.iter().map(|o| pod_view(o, PodState::Pending)).collect(),
        leases: leases(cluster),
        links: links(cluster, names),
        messages: shared.messages,
        counters: counters(cluster, base),
        history: shared.history,
        series: shared.series,
        start_us: shared.start_us,
        head_us: shared.head_us,
        known_us: shared.known_us,
        branches: shared.branches,
        branch: shared.branch,
    }
}

fn host_view(cluster: &Cluster, names: &ViewCache, id: HostId, planned: &PlannedHost, known: &ApiIndex) -> HostView {
    let first = planned.processes.first().map(|(_, process)| *process);
    let worker = planned.role == HostRole::Worker;
    HostView {
        name: names.host(id).clone(),
        kind: match planned.role {
            HostRole::Laptop => HostKind::Laptop,
            HostRole::User => HostKind::AppUser,
            HostRole::LoadBalancer => HostKind::LoadBalancer,
            HostRole::Master => HostKind::Master,
            HostRole::Etcd => HostKind::Etcd,
            HostRole::Worker => HostKind::Worker,
        },
        power: power(cluster, id),
        since_us: cluster.world().host(id).since.0,
        pods: if worker { pods(cluster, id, known).map(|(o, state)| pod_view(o, state)).collect() } else { Vec::new() },
        node_ready: worker.then(|| known.ready(id)),
        backends: backends(cluster, names, first),
        last_call: last_call(cluster, first),
        processes: processes(planned).map(|(name, process)| process_view(cluster, id, name, process)).collect(),
    }
}

/// Returns whether a worker has not changed since the last view.
fn is_still(cluster: &Cluster, id: HostId, planned: &PlannedHost, known: &ApiIndex, last: &HostView) -> bool {
    let world = cluster.world();
    let same_process = |((_, process), last): ((_, ProcId), &ProcessView)| {
        let slot = world.slot(process);
        (process_state(cluster, id, process), slot.since.0, slot.incarnation.saturating_sub(1))
            == (last.state, last.since_us, last.restarts)
    };
    let same_pod = |((object, state), last): ((&Rc<Object>, PodState), &PodView)| {
        (state, since(object), &object.meta.name) == (last.state, last.since_us, &last.name)
    };
    (power(cluster, id), world.host(id).since.0, Some(known.ready(id))) == (last.power, last.since_us, last.node_ready)
        && known.pods(id).len() == last.pods.len()
        && processes(planned).zip(&last.processes).all(same_process)
        && pods(cluster, id, known).zip(&last.pods).all(same_pod)
}

fn power(cluster: &Cluster, host: HostId) -> view::Power {
    let (now, host) = (cluster.world().now(), cluster.world().host(host));
    match host.power {
        Power::Off => view::Power::Off,
        Power::Paused => view::Power::Paused,
        Power::On if host.since > SimTime::ZERO && now < host.since + host.boot => view::Power::Starting,
        Power::On => view::Power::On,
    }
}

/// Returns the processes of a host that are shown.
fn processes(planned: &PlannedHost) -> impl Iterator<Item = (&'static str, ProcId)> {
    planned.processes.iter().copied().filter(|(name, _)| !matches!(*name, NODE | TERMINAL))
}

fn process_state(cluster: &Cluster, host: HostId, process: ProcId) -> ProcessState {
    let world = cluster.world();
    let (slot, machine, power) = (world.slot(process), world.machine(process), world.host(host).power);
    if power == Power::Off {
        ProcessState::Dead
    } else if slot.stopped && !slot.up {
        ProcessState::Stopped
    } else if !slot.up {
        ProcessState::Dead
    } else if slot.paused || power == Power::Paused {
        ProcessState::Paused
    } else if !machine.has_started() {
        ProcessState::Starting
    } else if !machine.can_serve() {
        ProcessState::NotReady
    } else {
        ProcessState::Running
    }
}

fn process_view(cluster: &Cluster, host: HostId, name: &str, process: ProcId) -> ProcessView {
    let world = cluster.world();
    let (slot, machine) = (world.slot(process), world.machine(process));
    let up = slot.up;
    let candidate = machine.candidate().filter(|_| up).map(|c| {
        let component =
            if name == Component::Scheduler.name() { Component::Scheduler } else { Component::ControllerManager };
        candidates::view(c, component, &LocalTime::of(&world.host(host).clock, world.now()))
    });
    let role = match machine {
        Process::Etcd(member) => match member.raft().filter(|_| up).map(|r| r.role()) {
            Some(raft::Role::Leader) => Role::Leader,
            Some(raft::Role::Candidate | raft::Role::PreCandidate) => Role::Candidate,
            Some(raft::Role::Follower) => Role::Follower,
            None => Role::None,
        },
        Process::Keepalived(k) if up && k.is_master() => Role::Leader,
        Process::Keepalived(_) if up => Role::Standby,
        _ => match &candidate {
            Some(c) if c.acting => Role::Leader,
            Some(_) => Role::Standby,
            None => Role::None,
        },
    };
    ProcessView {
        name: name.into(),
        state: process_state(cluster, host, process),
        since_us: slot.since.0,
        role,
        detail: if up { narration::brief::brief(machine).into() } else { Name::default() },
        restarts: slot.incarnation.saturating_sub(1),
        candidate,
    }
}

/// Returns the pods of a worker, with their states.
fn pods<'a>(
    cluster: &'a Cluster,
    host: HostId,
    known: &'a ApiIndex,
) -> impl Iterator<Item = (&'a Rc<Object>, PodState)> {
    let objects = known.pods(host);
    let node = || cluster.topology().process(host, NODE).and_then(|p| cluster.world().machine(p).node());
    let node = if objects.is_empty() { None } else { node() };
    objects.iter().filter_map(|object| Some((object, object.pod()?))).map(move |(object, pod)| {
        let runs = node.is_some_and(|n| n.is_running(object.meta.uid));
        let state = if object.meta.deletion_timestamp.is_some() {
            PodState::Terminating
        } else if runs && pod.ready {
            PodState::Ready
        } else if runs {
            PodState::Running
        } else if pod.phase == PodPhase::Running {
            PodState::Crashed
        } else {
            PodState::Pending
        };
        (object, state)
    })
}

fn pod_view(object: &Object, state: PodState) -> PodView {
    PodView { name: object.meta.name.clone(), state, since_us: since(object) }
}

fn since(object: &Object) -> u64 {
    object.pod().and_then(|p| p.start_time).unwrap_or(object.meta.creation_timestamp).0.try_into().unwrap_or(0)
}

fn backends(cluster: &Cluster, names: &ViewCache, process: Option<ProcId>) -> Vec<BackendView> {
    let servers = process.map_or_else(Vec::new, |p| cluster.world().machine(p).backends());
    let view = |server: Backend| BackendView {
        server: names.host(server.host).clone(),
        up: server.up,
        last_check: server.last.into(),
        against: server.against,
        turns_at: server.turns_at,
    };
    servers.into_iter().map(view).collect()
}

/// Returns the status of the laptop's or the app user's calls: the last failure while it lasts, else success.
fn last_call(cluster: &Cluster, process: Option<ProcId>) -> Option<CallView> {
    let (logs, works): (Vec<&LaneLog>, _) = match cluster.world().machine(process?) {
        Process::Kubectl(laptop) => (vec![laptop.writes(), laptop.reads()], narration::texts::CALL_WORKS),
        Process::Browser(user) => (vec![user.lane()], narration::texts::CALL_APP_WORKS),
        _ => return None,
    };
    let states: Vec<_> = logs.iter().filter_map(|log| Some((log.state()?, log.last_error()))).collect();
    let failing = states.iter().find(|((ok, _), _)| !ok);
    let ((ok, since), error) = failing.or(states.first())?;
    Some(CallView { at_us: since.0, ok: *ok, text: if *ok { works.get().into() } else { (*error).into() } })
}

fn leases(cluster: &Cluster) -> Vec<LeaseView> {
    Component::ALL
        .into_iter()
        .filter_map(|component| {
            let (lease, resource_version) = cluster.lock_record(component)?;
            let holder = host_of(&lease.holder_identity);
            let holder_acts = cluster.topology().all(component.name()).any(|(_, p)| {
                cluster.world().is_running(p)
                    && cluster
                        .world()
                        .machine(p)
                        .candidate()
                        .is_some_and(|c| c.is_acting() && *c.identity() == lease.holder_identity)
            });
            Some(LeaseView {
                name: component.name().into(),
                holder_identity: lease.holder_identity.clone(),
                holder,
                holder_acts,
                lease_duration_seconds: lease.lease_duration_seconds,
                acquire_us: lease.acquire_time.map(|t| t.0),
                renew_us: lease.renew_time.map(|t| t.0),
                lease_transitions: lease.leader_transitions,
                resource_version,
            })
        })
        .collect()
}

fn links(cluster: &Cluster, names: &ViewCache) -> Vec<LinkView> {
    let (net, trace) = (cluster.world().net(), cluster.world().trace());
    let link = |(from, to): (HostId, HostId), state| LinkView {
        from: names.host(from).clone(),
        to: names.host(to).clone(),
        state,
    };
    let cuts = net.cuts().map(|pair| {
        let since = net.blocked(pair.0, pair.1).and_then(|note| trace.get_note(note)).map_or(0, |note| note.at.0);
        link(pair, LinkState::Cut { since_us: since })
    });
    let slow = net.unusual().map(|(pair, quality)| {
        link(pair, LinkState::Slow { latency_us: quality.latency.0, loss_ppm: quality.loss_ppm })
    });
    cuts.chain(slow).collect()
}

/// Returns the totals since `base`, the moment when the cluster was up.
fn counters(cluster: &Cluster, base: &Requests) -> Counters {
    let (requests, pods) = (cluster.requests(), cluster.pods());
    Counters {
        kubectl_ok: requests.kubectl.ok - base.kubectl.ok,
        kubectl_failed: requests.kubectl.failed - base.kubectl.failed,
        app_ok: requests.app.ok - base.app.ok,
        app_failed: requests.app.failed - base.app.failed,
        pods_desired: pods.desired as u32,
        pods_ready: pods.ready as u32,
        messages: cluster.world().trace().last_record(),
    }
}
