//! Reads measures off a cluster: its present state, and what happened since the beat began.

use crate::cluster::config::{Act, Config, Reading, Target};
use crate::cluster::history::Typed;
use crate::cluster::observation::Requests;
use crate::cluster::topology::{ETCD, HostRole};
use crate::cluster::{Cluster, flags};
use crate::etcd;
use crate::kube::election::Component;
use crate::kube::object::{ConditionStatus, Kind};
use crate::kube::trace_event::{self, TraceEvent};
use crate::lab::lesson::model::measure::{Caller, Lane, Measure, NOBODY, Pods, Value};
use crate::lab::lesson::model::{Comparison, Condition, LessonAct, Operand, Role, TargetBase, TargetExpr, Test};
use crate::sim::{HostId, NoteId, Power, ProcId, RecordId, RecordKind, SimDuration, SimTime, WallTime};

/// The state of the cluster at the start of a beat, and what was seen since.
#[derive(Clone, Debug, Default)]
pub(super) struct Baseline {
    pub(crate) at: SimTime,
    config: Option<Config>,
    note: NoteId,
    record: RecordId,
    requests: Requests,
    created: u64,
    deleted: u64,
    pods: u64,
    typed: u32,
    started: Vec<u32>,
    attempts: Vec<u64>,
    /// Renew times seen since in the records of the two components. The first is from before.
    renewed: [Vec<WallTime>; 2],
    /// What the beat's names resolved to.
    memory: Vec<(TargetBase, String)>,
}

/// A cluster, and the start of the beat.
pub(super) struct Evaluator<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) since: &'a Baseline,
    pub(crate) kept: &'a [Option<Value>],
}

/// The most renewals that are remembered.
const RENEWALS: usize = 1_000;

impl Baseline {
    /// Starts to watch, and resolves the names in `whom`.
    pub(crate) fn now(cluster: &Cluster, whom: &[TargetBase]) -> Baseline {
        let slots = cluster.world().slots();
        let attempts = |slot: usize| {
            let process = ProcId(slot as u16);
            cluster.world().machine(process).candidate().map_or(0, |c| c.attempts())
        };
        let mut since = Baseline {
            at: cluster.now(),
            config: Some(cluster.config().clone()),
            note: cluster.world().trace().last_note(),
            record: cluster.world().trace().last_record(),
            requests: cluster.requests(),
            created: cluster.history().pods_created,
            deleted: cluster.history().pods_deleted,
            pods: cluster.objects(Kind::Pod).len() as u64,
            typed: cluster.history().commands.back().map_or(0, |typed| typed.number),
            started: slots.iter().map(|slot| slot.incarnation).collect(),
            attempts: (0..slots.len()).map(attempts).collect(),
            renewed: Default::default(),
            memory: Vec::new(),
        };
        for base in whom {
            let known = since.memory.iter().any(|(known, _)| known == base);
            if let Some(name) = remembered(cluster, base).filter(|_| !known) {
                since.memory.push((base.clone(), name));
            }
        }
        since.watch(cluster);
        since
    }

    /// Returns whether the cluster is not the one of this beat, or is at a time before it.
    pub(crate) fn is_elsewhere(&self, cluster: &Cluster) -> bool {
        cluster.now() < self.at || self.is_other(cluster)
    }

    /// Returns whether the cluster is not the one of this beat.
    pub(crate) fn is_other(&self, cluster: &Cluster) -> bool {
        self.config.as_ref() != Some(cluster.config())
    }

    /// Forgets what was seen since: the beat starts over.
    pub(crate) fn forget(&mut self) {
        self.renewed.iter_mut().for_each(|renewed| renewed.truncate(1));
    }

    /// Goes back to `now`, and forgets what was seen later.
    pub(crate) fn on_rewind(&mut self, now: SimTime) {
        for renewed in &mut self.renewed {
            let first = renewed.first().copied();
            renewed.retain(|time| Some(*time) == first || *time <= WallTime::exact(now));
        }
    }

    /// Returns the number of acts since, up to an instant.
    pub(crate) fn acts(&self, cluster: &Cluster, until: SimTime) -> usize {
        let acts = cluster.history().acts.iter().rev().take_while(|note| **note > self.note);
        let at = |note: &NoteId| cluster.world().trace().get_note(*note).map(|note| note.at);
        acts.filter(|note| at(note).is_none_or(|at| at <= until)).count()
    }

    /// Notes renewals of the records.
    pub(crate) fn watch(&mut self, cluster: &Cluster) {
        for component in Component::ALL {
            let renewed = &mut self.renewed[component as usize];
            let time = cluster.lock_record(component).and_then(|(record, _)| record.renew_time);
            if let Some(time) = time.filter(|time| renewed.last() != Some(time))
                && renewed.len() < RENEWALS
            {
                renewed.push(time);
            }
        }
    }
}

fn host_of(cluster: &Cluster, process: ProcId) -> String {
    cluster.world().host(cluster.world().slot(process).host).name.clone()
}

fn leader(cluster: &Cluster, role: Role) -> Option<ProcId> {
    match role {
        Role::Elected(component) => cluster.acting(component),
        Role::Etcd => cluster.etcd_leader(),
    }
}

/// Resolves a name at the start of a beat.
fn remembered(cluster: &Cluster, base: &TargetBase) -> Option<String> {
    match base {
        TargetBase::Was(role) => leader(cluster, *role).map(|process| host_of(cluster, process)),
        TargetBase::Other(role) => {
            let leads = leader(cluster, *role);
            let runs = |p: &ProcId| cluster.world().is_running(*p) && Some(*p) != leads;
            cluster.topology().all(role.name()).map(|(_, p)| p).find(runs).map(|process| host_of(cluster, process))
        }
        TargetBase::WorkerOf(deployment) => {
            let pods = cluster.pods_of(deployment);
            pods.iter().find_map(|pod| Some(pod.pod()?.node_name.as_ref()?.to_string()))
        }
        TargetBase::Pod(deployment) => {
            let pods = cluster.pods_of(deployment);
            let placed = pods.iter().find(|pod| pod.pod().is_some_and(|p| p.node_name.is_some()));
            placed.map(|pod| pod.meta.name.to_string())
        }
        TargetBase::Name(_) | TargetBase::Leader(_) | TargetBase::Kept(_) => None,
    }
}

impl Evaluator<'_> {
    /// Returns the name of the host or pod.
    pub(crate) fn name(&self, base: &TargetBase) -> Option<String> {
        match base {
            TargetBase::Name(name) => Some(name.clone()),
            TargetBase::Leader(role) => leader(self.cluster, *role).map(|process| host_of(self.cluster, process)),
            TargetBase::Kept(index) => match self.kept.get(*index)? {
                Some(Value::Word(word)) if word != NOBODY => Some(word.clone()),
                _ => None,
            },
            _ => self.since.memory.iter().find(|(known, _)| known == base).map(|(_, name)| name.clone()),
        }
    }

    /// Returns `master-1`, `master-1/etcd` or `pod/web-1`.
    pub(crate) fn path(&self, who: &TargetExpr) -> Option<String> {
        let name = self.name(&who.base)?;
        Some(match (&who.base, &who.process) {
            (TargetBase::Pod(_), _) => format!("pod/{name}"),
            (_, Some(process)) => format!("{name}/{process}"),
            (_, None) => name,
        })
    }

    fn host(&self, who: &TargetExpr) -> Option<HostId> {
        self.cluster.topology().host(&self.name(&who.base)?)
    }

    fn process(&self, who: &TargetExpr) -> Option<ProcId> {
        self.cluster.topology().process(self.host(who)?, who.process.as_deref()?)
    }

    pub(crate) fn operand(&self, operand: &Operand) -> Option<Value> {
        match operand {
            Operand::Number(n) => Some(Value::Number(*n)),
            Operand::Span(span) => Some(Value::Span(*span)),
            Operand::Word(word) => Some(Value::Word(word.clone())),
            Operand::Target(who) => self.name(&who.base).map(Value::Word),
            Operand::Kept(index) => self.kept.get(*index)?.clone(),
        }
    }

    /// Returns the value. `None` if there is none now.
    pub(crate) fn measure(&self, measure: &Measure) -> Option<Value> {
        let cluster = self.cluster;
        let (world, history) = (cluster.world(), cluster.history());
        let number = |n: usize| Some(Value::Number(n as u64));
        let span = |span: SimDuration| Some(Value::Span(span));
        let word = |word: &str| Some(Value::Word(word.to_owned()));
        let yes = |yes: bool| word(if yes { "yes" } else { "no" });
        let up = |up: bool| word(if up { "up" } else { "down" });
        let of_host = |process: Option<ProcId>| word(&process.map_or(NOBODY.to_owned(), |p| host_of(cluster, p)));
        match measure {
            Measure::Power(who) => word(self.power(self.host(who)?)),
            Measure::OffFor(who) => {
                let host = world.host(self.host(who)?);
                (host.power == Power::Off).then(|| Value::Span(cluster.now().since(host.since)))
            }
            Measure::State(who) => word(self.state(self.process(who)?)),
            Measure::Restarts(who) => {
                let process = self.process(who)?;
                let before = self.since.started.get(process.0 as usize)?;
                number(world.slot(process).incarnation.saturating_sub(*before) as usize)
            }
            Measure::Attempts(who) => {
                let process = self.process(who)?;
                let before = self.since.attempts.get(process.0 as usize)?;
                number(world.machine(process).candidate()?.attempts().saturating_sub(*before) as usize)
            }
            Measure::Flag(who, flag) => {
                let values = flags::values(world.machine(self.process(who)?));
                let found = values.iter().find(|(name, _)| *name == flag.as_str());
                found.and_then(|(_, value)| word(value))
            }
            Measure::Leader(role) => of_host(leader(cluster, *role)),
            Measure::Leaders(component) => {
                let all = history.acting.get(component).into_iter().flat_map(|i| i.iter());
                number(all.filter(|i| i.to.is_none()).count())
            }
            Measure::Holder(component) => {
                let holder = cluster.lock_record(*component).map(|(record, _)| record.holder_identity);
                let host = holder.as_deref().and_then(|h| h.split('_').next()).filter(|h| !h.is_empty());
                word(host.unwrap_or(NOBODY))
            }
            Measure::Transitions(component) => number(cluster.lock_record(*component)?.0.leader_transitions as usize),
            Measure::Takeovers(component) => number(self.takeovers(*component).len()),
            Measure::Takeover(component) => span(*self.takeovers(*component).last()?),
            Measure::Overlap(component) => span(self.overlap(*component)?),
            Measure::ActedOn(component) => span(self.acted_on(*component)?),
            Measure::Renewals(component) => number(self.since.renewed[*component as usize].len().saturating_sub(1)),
            Measure::RenewalGap(component) => match self.since.renewed[*component as usize].as_slice() {
                [.., before, last] => span(last.since(*before)),
                _ => None,
            },
            Measure::Lane(lane) => up(self.lane(*lane).last().is_some_and(|(_, to, ok)| to.is_none() && *ok)),
            Measure::Down(lane) => span(self.down(*lane)),
            Measure::Quorum => yes(self.quorum()),
            Measure::EtcdMembers => {
                let runs = |p: ProcId| self.state(p) == "running" || self.state(p) == "not-ready";
                number(cluster.topology().all(ETCD).filter(|(_, p)| runs(*p)).count())
            }
            Measure::EtcdElections => {
                number(self.notes().filter(|n| matches!(n, TraceEvent::Etcd(etcd::Event::BecameLeader { .. }))).count())
            }
            Measure::EtcdClients => word(&self.etcd_clients()),
            Measure::Pods(which) => number(self.pods(*which) as usize),
            Measure::Containers(started) => {
                let is = |n: &&TraceEvent| matches!(n, TraceEvent::Container { running, .. } if running == started);
                number(self.notes().filter(is).count())
            }
            Measure::Node(who) => {
                let (node, _) = cluster.object(Kind::Node, "", &self.name(&who.base)?)?;
                word(match node.node()?.ready() {
                    ConditionStatus::True => "ready",
                    ConditionStatus::False => "not-ready",
                    ConditionStatus::Unknown => "unknown",
                })
            }
            Measure::Backend(balancer, server) => {
                let (process, server) = (self.balancer(self.host(balancer)?)?, self.host(server)?);
                let backends = world.machine(process).backends();
                up(backends.iter().find(|b| b.host == server)?.up && world.is_running(process))
            }
            Measure::Backends => {
                let balancers =
                    cluster.topology().with_role(HostRole::LoadBalancer).filter_map(|(h, _)| self.balancer(h));
                let live = balancers.filter(|p| world.is_running(*p));
                let counts = live.map(|p| world.machine(p).backends().iter().filter(|b| b.up).count());
                number(counts.max().unwrap_or(0))
            }
            Measure::Requests(caller, ok) => {
                let pick = |requests: &Requests| {
                    let tally = if *caller == Caller::Kubectl { requests.kubectl } else { requests.app };
                    if *ok { tally.ok } else { tally.failed }
                };
                number(pick(&cluster.requests()).saturating_sub(pick(&self.since.requests)) as usize)
            }
            Measure::Answered(who) => {
                let host = self.name(&who.base)?;
                let of = |requests: &Requests| {
                    requests.api_servers.iter().find(|(name, _)| *name == host).map_or(0, |(_, count)| *count)
                };
                number(of(&cluster.requests()).saturating_sub(of(&self.since.requests)) as usize)
            }
            Measure::Typed(text) => number(self.typed(text).count()),
            Measure::Exit(text) => number(self.typed(text).last()?.ended.as_ref()?.1.exit as usize),
            Measure::Output(text) => {
                let printed = &self.typed(text).last()?.ended.as_ref()?.1;
                Some(Value::Word([printed.stdout.as_str(), &printed.stderr].concat().trim_end().to_owned()))
            }
            Measure::Timing(which) => {
                let settings = cluster.settings();
                span([settings.lease_duration, settings.renew_deadline, settings.retry_period][*which])
            }
            Measure::Reading => word(match cluster.settings().reading {
                Reading::Lecture => "lecture",
                Reading::ClientGo => "client-go",
            }),
            Measure::Cut(a, b) => {
                let (a, b, net) = (self.host(a)?, self.host(b)?, world.net());
                yes(net.blocked(a, b).is_some() || net.blocked(b, a).is_some())
            }
            Measure::Cuts => number(world.net().cuts().count()),
            Measure::Elapsed => span(cluster.now().since(self.since.at)),
            Measure::SinceAct => {
                let last = history.acts.back().filter(|note| **note > self.since.note)?;
                span(cluster.now().since(world.trace().get_note(*last)?.at))
            }
            Measure::Servers => {
                let is = |role: HostRole| matches!(role, HostRole::Master | HostRole::Etcd);
                number(cluster.topology().hosts.iter().filter(|host| is(host.role)).count())
            }
            Measure::Name(who) => word(&match who.base {
                TargetBase::Pod(_) => self.name(&who.base)?,
                _ => self.path(who)?,
            }),
            Measure::Kept(index) => self.kept.get(*index)?.clone(),
        }
    }

    /// Returns the value as texts show it: of a program's output one line, the last if it failed.
    pub(crate) fn text_value(&self, measure: &Measure) -> Option<Value> {
        match (measure, self.measure(measure)?) {
            (Measure::Output(text), Value::Word(output)) => {
                let failed = self.measure(&Measure::Exit(text.clone())) != Some(Value::Number(0));
                let line = if failed { output.lines().last() } else { output.lines().next() };
                line.map(|line| Value::Word(line.to_owned()))
            }
            (_, value) => Some(value),
        }
    }

    fn notes(&self) -> impl Iterator<Item = &TraceEvent> {
        self.cluster.world().trace().notes_from(self.since.note + 1).map(|note| &note.what)
    }

    fn power(&self, host: HostId) -> &'static str {
        let (host, now) = (self.cluster.world().host(host), self.cluster.now());
        match host.power {
            Power::Off => "off",
            Power::Paused => "paused",
            Power::On if host.since > SimTime::ZERO && now < host.since + host.boot => "starting",
            Power::On => "on",
        }
    }

    fn state(&self, process: ProcId) -> &'static str {
        let world = self.cluster.world();
        let (slot, machine) = (world.slot(process), world.machine(process));
        let power = world.host(slot.host).power;
        match () {
            () if power == Power::Off => "dead",
            () if slot.stopped && !slot.up => "stopped",
            () if !slot.up => "dead",
            () if slot.paused || power == Power::Paused => "paused",
            () if !machine.has_started() => "starting",
            () if !machine.can_serve() => "not-ready",
            () => "running",
        }
    }

    /// Returns the load balancer on a host.
    fn balancer(&self, host: HostId) -> Option<ProcId> {
        self.cluster.topology().planned(host).processes.first().map(|(_, process)| *process)
    }

    /// Returns the length of the gap between leaders, for each takeover completed since the beat began.
    fn takeovers(&self, component: Component) -> Vec<SimDuration> {
        let all = self.cluster.history().takeovers.iter();
        let mine = all.filter(|t| t.component == component && t.gained >= self.since.at);
        mine.map(|t| t.gained.since(t.lost.min(t.gained))).collect()
    }

    /// Returns the longest time in which two acted at once.
    fn overlap(&self, component: Component) -> Option<SimDuration> {
        let all: Vec<_> = self.cluster.history().acting.get(&component)?.iter().rev().take(50).collect();
        let end = |to: Option<SimTime>| to.unwrap_or(self.cluster.now());
        let mut longest = SimDuration::ZERO;
        for (n, a) in all.iter().enumerate() {
            for b in &all[n + 1..] {
                let from = a.from.max(b.from).max(self.since.at);
                let to = end(a.to).min(end(b.to));
                if a.what != b.what && to > from {
                    longest = longest.max(to.since(from));
                }
            }
        }
        Some(longest)
    }

    /// Returns the time from the last act on the cluster until the leader of that moment stopped acting.
    fn acted_on(&self, component: Component) -> Option<SimDuration> {
        let history = self.cluster.history();
        let acting = history.acting.get(&component)?;
        let stopped = acting.iter().filter_map(|i| i.to).filter(|to| *to >= self.since.at).max()?;
        let notes = history.acts.iter().rev().filter_map(|id| self.cluster.world().trace().get_note(*id));
        let act = notes.map(|note| note.at).find(|at| *at <= stopped)?;
        Some(stopped.since(act))
    }

    /// Returns the intervals of a lane since the beat began.
    fn lane(&self, lane: Lane) -> Vec<(SimTime, Option<SimTime>, bool)> {
        let history = self.cluster.history();
        let intervals = match lane {
            Lane::CanWrite => history.lanes.get(&trace_event::Lane::ApiWritable),
            Lane::CanRead => history.lanes.get(&trace_event::Lane::ApiReadable),
            Lane::App => history.lanes.get(&trace_event::Lane::AppServing),
            Lane::Reconciling => Some(&history.reconciling),
        };
        let all = intervals.into_iter().flat_map(|i| i.iter());
        all.filter(|i| i.to.is_none_or(|to| to > self.since.at)).map(|i| (i.from, i.to, i.what)).collect()
    }

    fn down(&self, lane: Lane) -> SimDuration {
        let stretches = self.lane(lane).into_iter().filter(|(_, _, ok)| !ok);
        let long = |(from, to, _): (SimTime, Option<SimTime>, bool)| {
            to.unwrap_or(self.cluster.now()).since(from.max(self.since.at)).0
        };
        SimDuration(stretches.map(long).sum())
    }

    /// Returns whether a leader runs and a majority of all members follows it.
    fn quorum(&self) -> bool {
        let (world, topology) = (self.cluster.world(), self.cluster.topology());
        let Some(leader) = self.cluster.etcd_leader().and_then(|p| world.machine(p).etcd()) else { return false };
        let id = leader.config().id;
        let follows = |p: ProcId| {
            self.state(p) == "running"
                && world.machine(p).etcd().and_then(|m| m.raft()).is_some_and(|r| r.leader() == id)
        };
        let all = topology.all(ETCD).count();
        topology.all(ETCD).filter(|(_, p)| follows(*p)).count() > all / 2
    }

    /// Returns the names of all programs that sent something to an etcd member, without the members.
    fn etcd_clients(&self) -> String {
        let (world, mut names) = (self.cluster.world(), Vec::new());
        for record in world.trace().records_from(self.since.record + 1) {
            if let RecordKind::Message { from, to: Some(to), .. } = record.kind {
                let (from, to) = (world.slot(from).name.as_str(), world.slot(to).name.as_str());
                if to == ETCD && from != ETCD && !names.contains(&from) {
                    names.push(from);
                }
            }
        }
        names.join(", ")
    }

    fn pods(&self, which: Pods) -> u64 {
        let (cluster, history) = (self.cluster, self.cluster.history());
        match which {
            Pods::Desired => cluster.pods().desired,
            Pods::Ready => cluster.pods().ready,
            Pods::Created => history.pods_created.saturating_sub(self.since.created),
            Pods::Deleted => history.pods_deleted.saturating_sub(self.since.deleted),
            Pods::Bound => self.notes().filter(|n| matches!(n, TraceEvent::Bound { .. })).count() as u64,
            Pods::Pending => {
                let waits = |o: &crate::kube::object::Object| o.pod().is_some_and(|p| p.node_name.is_none());
                cluster.objects(Kind::Pod).iter().filter(|o| waits(o)).count() as u64
            }
            Pods::Surplus => {
                let (mut now, mut most) = (self.since.pods, self.since.pods);
                for note in self.notes() {
                    match note {
                        TraceEvent::Created { kind: Kind::Pod, .. } => now += 1,
                        TraceEvent::Deleted { kind: Kind::Pod, .. } => now = now.saturating_sub(1),
                        _ => {}
                    }
                    most = most.max(now);
                }
                most.saturating_sub(cluster.pods().desired)
            }
        }
    }

    /// Returns the commands typed since the beat began that start with `text` and have ended.
    fn typed<'b>(&'b self, text: &'b str) -> impl Iterator<Item = &'b Typed> {
        let all = self.cluster.history().commands.iter();
        all.filter(|t| t.number > self.since.typed && t.ended.is_some())
            .filter(move |t| t.args.join(" ").starts_with(text))
    }

    // ---- acts ----

    /// Returns the acts in order. `None` if a target that it names cannot be found now.
    pub(crate) fn acts(&self, doing: &LessonAct) -> Option<Vec<Act>> {
        let target = |who: &TargetExpr| {
            let path = self.path(who)?;
            Some(match path.split_once('/') {
                Some(("pod", name)) => Target::PodNamed(name.to_owned()),
                Some((host, name)) => Target::Process { host: host.to_owned(), name: name.to_owned() },
                None => match who.base {
                    // A kept name may be a pod's.
                    TargetBase::Kept(_) if self.cluster.topology().host(&path).is_none() => Target::PodNamed(path),
                    _ => Target::Host(path),
                },
            })
        };
        Some(match doing {
            LessonAct::Aimed(verb, who) => vec![Act::On(*verb, target(who)?)],
            LessonAct::Isolate(who) => {
                let own = self.name(&who.base)?;
                let hosts = self.cluster.topology().hosts.iter();
                let others = hosts.map(|host| host.name.clone()).filter(|name| *name != own).collect();
                vec![Act::Partition { groups: vec![vec![own], others] }]
            }
            LessonAct::Cut(a, b) => {
                vec![Act::Partition { groups: vec![vec![self.name(&a.base)?], vec![self.name(&b.base)?]] }]
            }
            LessonAct::Heal => vec![Act::Heal { between: None }],
            LessonAct::Type(line) => {
                let act = crate::lab::forms::act_of(crate::lab::forms::FormAct::Type, "laptop", &[line.as_str()], &[]);
                vec![act.ok()?]
            }
            LessonAct::Flags(who, set) => vec![Act::Flags { target: target(who)?, set: set.clone() }],
            LessonAct::Timings([lease_duration, renew_deadline, retry_period]) => vec![Act::Timings {
                lease_duration: *lease_duration,
                renew_deadline: *renew_deadline,
                retry_period: *retry_period,
            }],
            LessonAct::Reading(reading) => vec![Act::Reading(*reading)],
        })
    }
}

impl Condition {
    /// Returns whether the condition holds now.
    pub(super) fn holds(&self, evaluator: &Evaluator<'_>) -> bool {
        self.any.iter().any(|all| all.iter().all(|comparison| comparison.holds(evaluator)))
    }
}

impl Comparison {
    fn holds(&self, evaluator: &Evaluator<'_>) -> bool {
        let Some(value) = evaluator.measure(&self.measure) else { return false };
        let ordered = |operand: &Operand, holds: fn(u64, u64) -> bool| {
            amount(&value).zip(evaluator.operand(operand).as_ref().and_then(amount)).is_some_and(|(a, b)| holds(a, b))
        };
        match &self.test {
            Test::Is(operand) => evaluator.operand(operand).is_some_and(|other| other == value),
            Test::IsNot(operand) => evaluator.operand(operand).is_some_and(|other| other != value),
            Test::Less(operand) => ordered(operand, |a, b| a < b),
            Test::AtMost(operand) => ordered(operand, |a, b| a <= b),
            Test::More(operand) => ordered(operand, |a, b| a > b),
            Test::AtLeast(operand) => ordered(operand, |a, b| a >= b),
            Test::In(from, to) => ordered(from, |a, b| a >= b) && ordered(to, |a, b| a <= b),
            Test::Contains(text) => matches!(&value, Value::Word(word) if word.contains(text.as_str())),
        }
    }
}

fn amount(value: &Value) -> Option<u64> {
    match value {
        Value::Number(n) => Some(*n),
        Value::Span(span) => Some(span.0),
        Value::Word(_) => None,
    }
}
