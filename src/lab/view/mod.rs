//! A moment of a running lab as plain data: the contract between a session and any interface.
//!
//! Nothing here depends on a browser or on the simulation. Times are microseconds of simulated time since the start of the
//! run; names are those of docs/scenario.md (`master-1`, `master-1/kube-scheduler`). Parts that change slowly are behind an
//! `Rc`, so that a view is cheap to build and two views are quick to compare. Instants are absolute ("free at"), never
//! remaining times, so that unchanged parts stay equal from frame to frame.

pub mod details;

use std::rc::Rc;

use super::scenario::{self, Cluster};
pub use crate::kube::act::Verb;
pub use crate::kube::election::Reading;

#[cfg(target_arch = "wasm32")]
pub(crate) use details::Typed;
pub use details::{CommandLine, Detail, Fact, Flag, FlagKind, LogLine, Paper, Row, Table};

/// A name or a short text that many views share.
pub type Name = Rc<str>;

/// Everything that one frame of the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Simulated time since the start of the run, µs.
    pub now_us: u64,
    pub(crate) setup: Setup,
    pub(crate) timings: Timings,
    /// In reading order: laptop, app user, load balancers, masters, etcd members (external only), workers.
    /// A host that has not changed since the last view is the same `Rc`.
    pub hosts: Vec<Rc<HostView>>,
    /// Pods without a node.
    pub(crate) unscheduled: Vec<PodView>,
    /// The lease records as etcd stores them: `kube-controller-manager`, `kube-scheduler`.
    pub leases: Vec<LeaseView>,
    /// Links with a fault. Every other pair is up.
    pub links: Vec<LinkView>,
    /// Messages sent during the latest `advance`, `step` or `act`, oldest first, ids ascending; at most
    /// `MESSAGES_MAX`, thinned out evenly per class when there were more.
    pub messages: Rc<Vec<MessageView>>,
    pub(crate) counters: Counters,
    /// History of this branch up to its head. It reaches beyond `now_us` while the page shows the past.
    pub history: Rc<History>,
    pub(crate) series: Rc<Series>,
    /// The earliest moment to go back to, µs.
    pub(crate) start_us: u64,
    /// The furthest moment of this branch, µs. Equal to `now_us` unless the page shows the past.
    pub head_us: u64,
    /// How far the branch has been run in this session, µs. The later part of a link may not have been run again.
    pub(crate) known_us: u64,
    /// All branches, oldest first, at least one. An act in the past or an undo starts a new one.
    pub branches: Rc<Vec<BranchView>>,
    /// The id of the branch that is shown.
    pub branch: u32,
}

/// One timeline. It has its parent's past up to the fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchView {
    /// Unique in the session, dropped branches included.
    pub id: u32,
    /// `None` if it is the first, or if its parent was dropped.
    pub parent: Option<u32>,
    /// When it was forked from its parent, µs. For the first, the start of the session.
    pub(crate) forked_us: u64,
    /// Its furthest moment, µs.
    pub head_us: u64,
    /// Number of its own acts, since the fork.
    pub acts: u32,
    /// Text of its first own act in the list of events. Empty if it has none.
    pub text: Name,
}

/// The most messages that one view carries.
pub(crate) const MESSAGES_MAX: usize = 256;

impl View {
    /// Returns the host called `name`, or the host of the process called `name`.
    pub fn host(&self, name: &str) -> Option<&HostView> {
        let host = name.split('/').next()?;
        self.hosts.iter().find(|candidate| &*candidate.name == host).map(|host| &**host)
    }

    /// Returns the pod called `name`, and its worker if it has one.
    pub(crate) fn pod(&self, name: &str) -> Option<(&PodView, Option<&HostView>)> {
        let named = |pod: &&PodView| &*pod.name == name;
        let placed = |host: &'_ Rc<HostView>| host.pods.iter().any(|pod| &*pod.name == name);
        if let Some(host) = self.hosts.iter().find(|host| placed(host)) {
            return host.pods.iter().find(named).map(|pod| (pod, Some(&**host)));
        }
        self.unscheduled.iter().find(named).map(|pod| (pod, None))
    }

    /// Returns the process called `HOST/NAME`.
    pub fn process(&self, target: &str) -> Option<&ProcessView> {
        let (_, name) = target.split_once('/')?;
        self.host(target)?.processes.iter().find(|process| &*process.name == name)
    }

    /// Returns whether another instance of this component could take over from its leader now.
    pub(crate) fn successor(&self, component: &str) -> Successor {
        let up = |process: &&ProcessView| matches!(process.state, ProcessState::Running | ProcessState::NotReady);
        let on =
            || self.hosts.iter().filter(|host| host.power == Power::On).flat_map(|host| &host.processes).filter(up);
        let members = self.hosts.iter().flat_map(|host| &host.processes).filter(|p| &*p.name == "etcd").count();
        if on().filter(|process| &*process.name == "etcd").count() * 2 <= members {
            Successor::NoMajority
        } else if on().any(|process| &*process.name == component && process.role != Role::Leader) {
            Successor::Standby
        } else {
            Successor::NoStandby
        }
    }

    /// Returns the record of the lease called `name`.
    pub fn lease(&self, name: &str) -> Option<&LeaseView> {
        self.leases.iter().find(|lease| &*lease.name == name)
    }
}

/// The cluster that runs, and its seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub(crate) seed: u64,
    /// The cluster as built, in the saved format.
    pub(crate) cluster: Rc<Cluster>,
    /// The reading in force now. `cluster` has the one at the start.
    pub(crate) reading: Reading,
}

impl Default for Setup {
    fn default() -> Self {
        Setup::new(1, Cluster::default())
    }
}

impl Setup {
    /// Returns the setup of a cluster at its start.
    pub fn new(seed: u64, cluster: Cluster) -> Self {
        let reading = cluster.leader_election.renewal;
        Setup { seed, cluster: Rc::new(cluster), reading }
    }

    /// Returns the number of masters.
    pub(crate) fn masters(&self) -> u8 {
        self.cluster.masters as u8
    }

    /// Returns where etcd's members run.
    pub(crate) fn etcd(&self) -> EtcdTopology {
        match self.cluster.etcd.topology {
            scenario::Topology::Stacked => EtcdTopology::Stacked,
            scenario::Topology::External => EtcdTopology::External,
        }
    }

    /// Returns the load balancers in front of the API servers.
    pub(crate) fn balancer(&self) -> Balancer {
        match &self.cluster.load_balancer {
            None => Balancer::None,
            Some(balancer) if balancer.kind == scenario::Kind::Nginx => Balancer::Nginx,
            Some(balancer) if balancer.instances > 1 => Balancer::Pair,
            Some(_) => Balancer::Haproxy,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EtcdTopology {
    /// Each master has a member.
    Stacked,
    /// Members run on separate hosts.
    External,
}

/// The load balancers in front of the API servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Balancer {
    Haproxy,
    /// Two of them share a virtual IP by keepalived.
    Pair,
    Nginx,
    /// None: kubectl talks to master-1.
    None,
}

/// The three timings in force, with their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Timings {
    pub(crate) lease: Duration,
    pub(crate) renew: Duration,
    pub(crate) retry: Duration,
}

/// A duration as text for a flag (`15s`), and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    pub(crate) typed: Name,
    pub(crate) us: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostView {
    pub name: Name,
    pub(crate) kind: HostKind,
    pub(crate) power: Power,
    /// When `power` last changed, µs.
    pub(crate) since_us: u64,
    pub processes: Vec<ProcessView>,
    /// Pods on it; workers only.
    pub pods: Vec<PodView>,
    /// The Node's Ready condition in the API, which may differ from reality; workers only.
    pub(crate) node_ready: Option<NodeReady>,
    /// Its backends; load balancers only.
    pub(crate) backends: Vec<BackendView>,
    /// The last answer that it received; laptop and app user only.
    pub(crate) last_call: Option<CallView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostKind {
    Laptop,
    AppUser,
    LoadBalancer,
    Master,
    Etcd,
    Worker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Power {
    On,
    Off,
    Paused,
    Starting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeReady {
    True,
    False,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessView {
    /// Without its host: `kube-scheduler`.
    pub name: Name,
    pub state: ProcessState,
    /// When `state` last changed, µs.
    pub(crate) since_us: u64,
    pub role: Role,
    /// A short status for the process's row: `term 3`, `14 req/s`. May be empty.
    pub(crate) detail: Name,
    /// Number of restarts.
    pub restarts: u32,
    /// Its part in the election; controller manager and scheduler only, while they run.
    pub candidate: Option<CandidateView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    Running,
    /// Killed or exited. Its supervisor may restart it.
    Dead,
    Paused,
    /// Stays down until it is started.
    Stopped,
    Starting,
    /// Runs, but cannot serve (an API server without etcd, a member without a leader).
    NotReady,
}

/// Whether another instance of a component can take over from its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Successor {
    /// At least one stands by.
    Standby,
    NoStandby,
    /// Too few etcd members run to store a lease.
    NoMajority,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    None,
    Leader,
    Standby,
    Follower,
    Candidate,
}

/// The beliefs of one candidate in an election. Instants are simulated time, whatever its host's clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateView {
    /// Name of the lease: `kube-controller-manager`.
    pub(crate) lease: Name,
    /// Host that it takes for the holder. `None` if it has read no record, or one without a holder.
    pub(crate) observed_holder: Option<Name>,
    /// When it last saw the record change, µs.
    pub(crate) observed_us: Option<u64>,
    /// When the lease expires by its clock, unless the record changes before, µs.
    pub(crate) free_us: Option<u64>,
    /// When it polls (standby) or renews (leader) next, µs.
    pub(crate) next_look_us: Option<u64>,
    /// Set if it believes that it leads, and acts as the leader.
    pub acting: bool,
    /// When its last renewal succeeded, µs; leader only.
    pub(crate) renewed_us: Option<u64>,
    /// When it gives up unless a renewal succeeds before, µs; leader only.
    pub(crate) gives_up_us: Option<u64>,
}

/// A Lease object as etcd stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// `kube-controller-manager`.
    pub(crate) name: Name,
    /// `master-1_602b41e8-…`. Empty if the lease is released or not created yet.
    pub(crate) holder_identity: Name,
    /// The holder's host.
    pub holder: Option<Name>,
    /// Set if a process with this identity is alive and acts as the leader.
    pub(crate) holder_acts: bool,
    pub(crate) lease_duration_seconds: u32,
    pub(crate) acquire_us: Option<i64>,
    pub(crate) renew_us: Option<i64>,
    pub(crate) lease_transitions: u32,
    pub(crate) resource_version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackendView {
    /// Host of the server.
    pub(crate) server: Name,
    pub(crate) up: bool,
    /// Result of the last check as HAProxy prints it: `L7OK`, `L4TOUT`, `L4CON`. For NGINX, of the last attempt to connect.
    pub(crate) last_check: Name,
    /// Number of consecutive checks that contradict the present state. `turns_at` of them change it.
    pub(crate) against: u32,
    pub(crate) turns_at: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    pub name: Name,
    pub(crate) state: PodState,
    pub(crate) since_us: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodState {
    Pending,
    /// Its containers run, but it does not answer yet.
    Running,
    Ready,
    Terminating,
    Crashed,
}

/// The answer to one request of the laptop or of the app's user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallView {
    pub(crate) at_us: u64,
    pub(crate) ok: bool,
    /// The exact text that the user reads.
    pub(crate) text: Name,
}

/// A link between two hosts with a fault, in the direction `from` to `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub(crate) from: Name,
    pub(crate) to: Name,
    pub(crate) state: LinkState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// Nothing passes since this moment, µs.
    Cut { since_us: u64 },
    /// Slower or lossier than usual. Latency is one way and without jitter, in µs; loss is in packets per million.
    Slow { latency_us: u64, loss_ppm: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Unique and ascending in the whole run.
    pub(crate) id: u64,
    /// The sending process: `laptop/kubectl`.
    pub from: Name,
    pub to: Name,
    pub(crate) class: MessageClass,
    pub(crate) sent_us: u64,
    /// When it arrives, or when its loss is certain, µs.
    pub(crate) arrives_us: u64,
    pub(crate) fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageClass {
    Api,
    Raft,
    Lease,
    HealthCheck,
    /// Watches and the heartbeats of nodes.
    Watch,
    App,
}

impl MessageClass {
    pub(crate) const ALL: [Self; 6] = [Self::Api, Self::Lease, Self::Raft, Self::HealthCheck, Self::Watch, Self::App];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    /// Refused by the host: nothing listens on that port.
    Refused,
    /// Never arrives: the host is down, the link is cut, or the message is lost on the way.
    Lost,
}

/// Running totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) kubectl_ok: u64,
    pub(crate) kubectl_failed: u64,
    pub(crate) app_ok: u64,
    pub(crate) app_failed: u64,
    pub(crate) pods_desired: u32,
    /// Number of pods that really run and answer.
    pub(crate) pods_ready: u32,
    /// Number of messages sent in the whole run.
    pub(crate) messages: u64,
}

/// Events and intervals so far. Changes only when something notable happens: an open interval has no end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The oldest instant that the history still has, µs.
    pub(crate) since_us: u64,
    pub api_writable: Vec<Interval>,
    pub(crate) api_readable: Vec<Interval>,
    pub(crate) reconciling: Vec<Interval>,
    pub(crate) app_serving: Vec<Interval>,
    pub(crate) leases: Vec<LeaseHistory>,
    pub(crate) etcd_leaders: Vec<HostTenure>,
    pub takeovers: Vec<TakeoverView>,
    pub(crate) marks: Vec<MarkView>,
    /// Oldest first.
    pub events: Vec<EventView>,
}

/// Figures over time, up to the head of the branch. Point `n` of each column covers the time from `n` to `n + 1` times
/// `every_us`. There are at most [`crate::cluster::samples::POINTS`] points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Series {
    /// Length of one stretch, µs.
    pub(crate) every_us: u64,
    /// Number of pods that the deployments ask for, at the end of each stretch.
    pub(crate) desired: Vec<u32>,
    /// The smallest number of pods that ran and answered in each stretch.
    pub(crate) ready: Vec<u32>,
    /// One for each API server.
    pub(crate) servers: Vec<ServerSeries>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerSeries {
    pub(crate) host: Name,
    /// Number of requests in each stretch, without health checks.
    pub(crate) requests: Vec<u32>,
    /// Of those, the number answered with a 5xx status or 429.
    pub(crate) errors: Vec<u32>,
}

/// A stretch of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    pub(crate) from_us: u64,
    pub to_us: Option<u64>,
    pub ok: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaseHistory {
    /// `kube-controller-manager`.
    pub(crate) lease: Name,
    /// The holders that the record named.
    pub(crate) holders: Vec<HostTenure>,
    /// The hosts that believed to lead and acted. These may overlap.
    pub(crate) acting: Vec<HostTenure>,
}

/// A span in which a host held something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostTenure {
    pub(crate) host: Name,
    /// Raft term of an etcd leader.
    pub(crate) term: Option<u64>,
    pub(crate) from_us: u64,
    pub(crate) to_us: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeoverView {
    /// `kube-controller-manager`.
    pub(crate) component: Name,
    pub(crate) from: Name,
    pub(crate) to: Name,
    /// When the old holder stopped acting.
    pub(crate) lost_us: u64,
    pub(crate) gained_us: u64,
    /// Set if [`takeover_range_us`] applies: a crash under the timings in force, no release, and no second failure meanwhile.
    pub(crate) comparable: bool,
    /// Its entry in the list of events.
    pub event: u64,
}

impl TakeoverView {
    /// Returns the length of the gap without a leader, µs.
    pub(crate) fn took_us(&self) -> u64 {
        self.gained_us.saturating_sub(self.lost_us)
    }
}

/// An act of the learner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarkView {
    pub(crate) at_us: u64,
    pub(crate) event: u64,
    /// `master-1 off`.
    pub(crate) text: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// Ascending in the whole run.
    pub id: u64,
    pub at_us: u64,
    pub(crate) category: Category,
    pub(crate) tone: Tone,
    /// Host or process that it concerns. Empty if none.
    pub(crate) target: Name,
    pub text: Name,
    /// Set if it has a cause. [`Category::Act`] has none; all others should.
    pub(crate) has_cause: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Election,
    Api,
    Etcd,
    LoadBalancer,
    Pods,
    Node,
    /// An act of the learner.
    Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Good,
    Bad,
}

/// Returns the bounds of a takeover after a crash, µs: lecture from lease − renew to lease + retry; client-go from
/// lease − retry to lease + 2 × 2.2 × retry (FACTS 2 (a1) and (b); round trips not counted).
pub(crate) fn takeover_range_us(reading: Reading, timings: &Timings) -> (u64, u64) {
    let (lease, renew, retry) = (timings.lease.us, timings.renew.us, timings.retry.us);
    match reading {
        Reading::Lecture => (lease.saturating_sub(renew), lease + retry),
        Reading::ClientGo => (lease.saturating_sub(retry), lease + retry * 44 / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_of_a_takeover_is_the_one_of_the_lecture_and_of_the_code() {
        let of = |typed: &str, s: u64| Duration { typed: typed.into(), us: s * 1_000_000 };
        let timings = Timings { lease: of("15s", 15), renew: of("10s", 10), retry: of("2s", 2) };
        assert_eq!(takeover_range_us(Reading::Lecture, &timings), (5_000_000, 17_000_000));
        assert_eq!(takeover_range_us(Reading::ClientGo, &timings), (13_000_000, 23_800_000));
    }
}
