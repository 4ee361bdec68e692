//! What the page may know of a running lab, as plain data: the contract between a session and any interface.
//!
//! Nothing here knows a browser, and nothing here knows the simulation: times are microseconds of simulated time since
//! the start of the run, names are those of docs/scenario.md (`master-1`, `master-1/kube-scheduler`). What changes slowly is
//! behind an `Rc`, so that a view costs little to build and two views are quick to compare. Instants are absolute
//! ("free at"), never remaining times, so that what stands still stays equal from frame to frame.

pub mod details;

use std::rc::Rc;

use super::scenario::{self, Cluster};
pub use crate::kube::act::Verb;
pub use crate::kube::election::Reading;

pub use details::{CommandLine, Detail, Fact, Flag, FlagKind, LogLine, Paper, Row, Table, Typed};

/// A name or a short text that many views share.
pub type Name = Rc<str>;

/// Everything that one frame of the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Simulated time since the start of the run, µs.
    pub now_us: u64,
    pub setup: Setup,
    pub timings: Timings,
    /// In reading order: laptop, app user, load balancers, masters, etcd members (external only), workers.
    /// One that is as it was in the last view is the same `Rc`.
    pub hosts: Vec<Rc<HostView>>,
    /// Pods that no node has yet.
    pub unscheduled: Vec<PodView>,
    /// The lease records as etcd stores them: `kube-controller-manager`, `kube-scheduler`.
    pub leases: Vec<LeaseView>,
    /// Links that are not as they should be; a pair that is not named is up.
    pub links: Vec<LinkView>,
    /// Messages sent during the latest `advance`, `step` or `act`, oldest first, ids ascending; at most
    /// [`MESSAGES_MAX`], thinned out evenly per class when there were more.
    pub messages: Rc<Vec<MessageView>>,
    pub counters: Counters,
    /// Of this branch up to its head: it reaches beyond `now_us` while one looks at the past.
    pub history: Rc<History>,
    pub series: Rc<Series>,
    /// The earliest moment that one can go back to, µs.
    pub start_us: u64,
    /// The furthest moment of this branch, µs; `now_us` unless one looks at the past.
    pub head_us: u64,
    /// How far the branch has been run in this session, µs: what a link says to come later may not have been run again.
    pub known_us: u64,
    /// Every run that an act in the past, or an undo, has left behind or begun, oldest first; at least one.
    pub branches: Rc<Vec<BranchView>>,
    /// The id of the branch that is shown.
    pub branch: u32,
}

/// One course of events: the same beginning as its parent's, up to where it was forked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchView {
    /// No other branch of the session has had it.
    pub id: u32,
    /// None: it is the first, or the one that it was forked from is gone.
    pub parent: Option<u32>,
    /// When it parted from its parent, µs; of the first, when the session starts.
    pub forked_us: u64,
    /// Its furthest moment, µs.
    pub head_us: u64,
    /// Acts of its own, since it parted.
    pub acts: u32,
    /// Its first own act as the list of events tells it; empty when it has none.
    pub text: Name,
}

/// The most messages that one view carries.
pub const MESSAGES_MAX: usize = 256;

impl View {
    /// The host called `name`, or the host of the process called `name`.
    pub fn host(&self, name: &str) -> Option<&HostView> {
        let host = name.split('/').next()?;
        self.hosts.iter().find(|candidate| &*candidate.name == host).map(|host| &**host)
    }

    /// The pod called `name`, and the worker that it is on, if it has one.
    pub fn pod(&self, name: &str) -> Option<(&PodView, Option<&HostView>)> {
        let named = |pod: &&PodView| &*pod.name == name;
        let placed = |host: &'_ Rc<HostView>| host.pods.iter().any(|pod| &*pod.name == name);
        if let Some(host) = self.hosts.iter().find(|host| placed(host)) {
            return host.pods.iter().find(named).map(|pod| (pod, Some(&**host)));
        }
        self.unscheduled.iter().find(named).map(|pod| (pod, None))
    }

    /// The process called `HOST/NAME`.
    pub fn process(&self, target: &str) -> Option<&ProcessView> {
        let (_, name) = target.split_once('/')?;
        self.host(target)?.processes.iter().find(|process| &*process.name == name)
    }

    /// The record of the lease called `name`.
    pub fn lease(&self, name: &str) -> Option<&LeaseView> {
        self.leases.iter().find(|lease| &*lease.name == name)
    }
}

/// Which cluster runs, and what it was seeded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub seed: u64,
    /// As it was built, in the words of the saved format.
    pub cluster: Rc<Cluster>,
    /// The reading in force now; the one at the start is the cluster's own.
    pub reading: Reading,
}

impl Default for Setup {
    fn default() -> Self {
        Setup::new(1, Cluster::default())
    }
}

impl Setup {
    /// A cluster at its start.
    pub fn new(seed: u64, cluster: Cluster) -> Self {
        let reading = cluster.leader_election.renewal;
        Setup { seed, cluster: Rc::new(cluster), reading }
    }

    /// How many masters.
    pub fn masters(&self) -> u8 {
        self.cluster.masters as u8
    }

    /// Where etcd's members live.
    pub fn etcd(&self) -> EtcdTopology {
        match self.cluster.etcd.topology {
            scenario::Topology::Stacked => EtcdTopology::Stacked,
            scenario::Topology::External => EtcdTopology::External,
        }
    }

    /// What stands before the API servers.
    pub fn balancer(&self) -> Balancer {
        match &self.cluster.load_balancer {
            None => Balancer::None,
            Some(balancer) if balancer.kind == scenario::Kind::Nginx => Balancer::Nginx,
            Some(balancer) if balancer.instances > 1 => Balancer::Pair,
            Some(_) => Balancer::Haproxy,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtcdTopology {
    /// One member on each master.
    Stacked,
    /// Members on hosts of their own.
    External,
}

/// What stands before the API servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancer {
    Haproxy,
    /// Two of them share a virtual IP by keepalived.
    Pair,
    Nginx,
    /// kubectl points at master-1.
    None,
}

/// The three timings in force, and as they were typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timings {
    pub lease: Duration,
    pub renew: Duration,
    pub retry: Duration,
}

/// A duration as a flag takes it (`15s`), with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duration {
    pub typed: Name,
    pub us: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostView {
    pub name: Name,
    pub kind: HostKind,
    pub power: Power,
    /// When `power` became what it is, µs.
    pub since_us: u64,
    pub processes: Vec<ProcessView>,
    /// Workers only.
    pub pods: Vec<PodView>,
    /// Workers only: the Node's Ready condition as the API has it (not as it really is).
    pub node_ready: Option<NodeReady>,
    /// Load balancers only.
    pub backends: Vec<BackendView>,
    /// Laptop and app user only: the last answer that it got.
    pub last_call: Option<CallView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    Laptop,
    AppUser,
    LoadBalancer,
    Master,
    Etcd,
    Worker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    On,
    Off,
    Paused,
    Starting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeReady {
    True,
    False,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessView {
    /// Without its host: `kube-scheduler`.
    pub name: Name,
    pub state: ProcessState,
    /// When `state` became what it is, µs.
    pub since_us: u64,
    pub role: Role,
    /// A few words for the process's row: `term 3`, `14 req/s`. May be empty.
    pub detail: Name,
    /// How often it was started again.
    pub restarts: u32,
    /// Controller manager and scheduler, while they run.
    pub candidate: Option<CandidateView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    Running,
    /// Killed or exited; something may start it again.
    Dead,
    Paused,
    /// Stays down until it is started.
    Stopped,
    Starting,
    /// Runs, but cannot serve (an API server without etcd, a member without a leader).
    NotReady,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    None,
    Leader,
    Standby,
    Follower,
    Candidate,
}

/// What one candidate of an election believes. Instants are simulated time, whatever its host's clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateView {
    /// Name of the lease: `kube-controller-manager`.
    pub lease: Name,
    /// Host that it sees as the holder; none when it has seen no record or an empty holder.
    pub observed_holder: Option<Name>,
    /// When it last saw the record change, µs.
    pub observed_us: Option<u64>,
    /// When the lease is free for it, if the record does not change before, µs.
    pub free_us: Option<u64>,
    /// When it looks (standby) or renews (leader) next, µs.
    pub next_look_us: Option<u64>,
    /// It believes that it leads and acts on it.
    pub acting: bool,
    /// Leader: when its last renewal succeeded, µs.
    pub renewed_us: Option<u64>,
    /// Leader: when it gives up unless a renewal succeeds before, µs.
    pub gives_up_us: Option<u64>,
}

/// A Lease object as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// `kube-controller-manager`.
    pub name: Name,
    /// `master-1_602b41e8-…`; empty when released or not made yet.
    pub holder_identity: Name,
    /// The holder's host.
    pub holder: Option<Name>,
    /// A process with this identity is alive and acts on it.
    pub holder_acts: bool,
    pub lease_duration_seconds: u32,
    pub acquire_us: Option<i64>,
    pub renew_us: Option<i64>,
    pub lease_transitions: u32,
    pub resource_version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendView {
    /// Host of the server behind it.
    pub server: Name,
    pub up: bool,
    /// As HAProxy prints it: `L7OK`, `L4TOUT`, `L4CON`; of NGINX, how the last attempt to connect went.
    pub last_check: Name,
    /// Checks in a row that spoke against the present state, and how many turn it over: `1/3`.
    pub against: u32,
    pub turns_at: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    pub name: Name,
    pub state: PodState,
    pub since_us: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodState {
    Pending,
    /// Its containers run, it does not answer yet.
    Running,
    Ready,
    Terminating,
    Crashed,
}

/// The answer to one request of the laptop or of the app's user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    pub at_us: u64,
    pub ok: bool,
    /// What the user reads, exactly.
    pub text: Name,
}

/// A link between two hosts that does not work as it should, in the direction `from` to `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub from: Name,
    pub to: Name,
    pub state: LinkState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Nothing passes; since when, µs.
    Cut { since_us: u64 },
    /// Slower or lossier than a link as usual: one way, jitter aside; packets lost, in a million.
    Slow { latency_us: u64, loss_ppm: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageView {
    /// Ascending in the whole run; no message has the id of another.
    pub id: u64,
    /// Process that sent it: `laptop/kubectl`.
    pub from: Name,
    pub to: Name,
    pub class: MessageClass,
    pub sent_us: u64,
    /// When it arrives, or when its loss is certain.
    pub arrives_us: u64,
    pub fate: Fate,
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
    pub const ALL: [Self; 6] = [Self::Api, Self::Lease, Self::Raft, Self::HealthCheck, Self::Watch, Self::App];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    /// The host answered that nothing listens there.
    Refused,
    /// Never arrives: host down, link cut, or lost on the way.
    Lost,
}

/// Running totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub kubectl_ok: u64,
    pub kubectl_failed: u64,
    pub app_ok: u64,
    pub app_failed: u64,
    pub pods_desired: u32,
    /// Pods that really run and answer.
    pub pods_ready: u32,
    /// Messages sent in the whole run.
    pub messages: u64,
}

/// What happened so far. It changes only when something notable happens: an interval that is still open has no end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Oldest instant that the history still has, µs.
    pub since_us: u64,
    pub api_writable: Vec<Interval>,
    pub api_readable: Vec<Interval>,
    pub reconciling: Vec<Interval>,
    pub app_serving: Vec<Interval>,
    pub leases: Vec<LeaseHistory>,
    pub etcd_leaders: Vec<Held>,
    pub takeovers: Vec<TakeoverView>,
    pub marks: Vec<MarkView>,
    /// Oldest first.
    pub events: Vec<EventView>,
}

/// Figures over time, up to the head of the branch. Point `n` of each column stands for the time from `n` to `n + 1` times
/// `every_us`; there are at most [`crate::cluster::samples::POINTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// µs
    pub every_us: u64,
    /// Pods that the deployments asked for, at the end of each stretch.
    pub desired: Vec<u32>,
    /// Pods that ran and answered, the fewest in each stretch.
    pub ready: Vec<u32>,
    /// One for each API server.
    pub servers: Vec<ServerSeries>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerSeries {
    pub host: Name,
    /// Requests in each stretch, health checks not counted.
    pub requests: Vec<u32>,
    /// Of those, answered with a 5xx status or 429.
    pub errors: Vec<u32>,
}

/// A stretch of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    pub from_us: u64,
    pub to_us: Option<u64>,
    pub ok: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseHistory {
    /// `kube-controller-manager`.
    pub lease: Name,
    /// Who the record named.
    pub holders: Vec<Held>,
    /// Who believed to lead and acted; these may overlap.
    pub acting: Vec<Held>,
}

/// A host held something from, to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub host: Name,
    /// Raft term of an etcd leader.
    pub term: Option<u64>,
    pub from_us: u64,
    pub to_us: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeoverView {
    /// `kube-controller-manager`.
    pub component: Name,
    pub from: Name,
    pub to: Name,
    /// When the old holder stopped acting.
    pub lost_us: u64,
    pub gained_us: u64,
    /// It was a crash under the timings in force, so that [`takeover_range_us`] applies: not a release, not two takeovers in one.
    pub comparable: bool,
    /// The event that tells it.
    pub event: u64,
}

impl TakeoverView {
    /// How long nobody acted, µs.
    pub fn took_us(&self) -> u64 {
        self.gained_us.saturating_sub(self.lost_us)
    }
}

/// Something that the learner did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkView {
    pub at_us: u64,
    pub event: u64,
    /// `master-1 off`.
    pub text: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// Ascending in the whole run.
    pub id: u64,
    pub at_us: u64,
    pub category: Category,
    pub tone: Tone,
    /// Host or process that it happened to; empty when to none.
    pub target: Name,
    pub text: Name,
    /// [`Category::Act`] has none; all others should.
    pub has_cause: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Election,
    Api,
    Etcd,
    LoadBalancer,
    Pods,
    Node,
    /// What the learner did.
    Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Good,
    Bad,
}

/// Bounds of a takeover after a crash, µs: lecture from lease − renew to lease + retry; client-go from lease − retry to
/// lease + 2 × 2.2 × retry (FACTS 2 (a1) and (b); round trips not counted).
pub fn takeover_range_us(reading: Reading, timings: &Timings) -> (u64, u64) {
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
