//! Acts on a cluster from outside: finds the target, carries the act out, and notes it in the trace.

use std::rc::Rc;

use super::config::{Act, LeaderOf, Target, Verb};
use super::topology::{NODE, TERMINAL};
use super::{Cluster, flags};
use crate::console::Tool;
use crate::kube::election::{Component, Settings};
use crate::kube::object::{Kind, Name, Object, Uid};
use crate::kube::trace_event::{ActRecord, TraceEvent};
use crate::kube::vocabulary::{Control, Cri, Wire};
use crate::sim::{HostId, LAN, Power, ProcId, Quality, SimDuration, Supervisor};

/// Why an act cannot be done now. Hosts, processes and pods are named as in [`ActRecord`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of docs/scenario.md")]
pub enum Refusal {
    NoHost(String),
    /// The host without such a process.
    NoProcess(String, String),
    NoPod(String),
    NoPodAt {
        deployment: String,
        count: usize,
        index: usize,
    },
    NoLeader(&'static str),
    WantsHost(String),
    WantsProcess(String),
    WantsPod,
    IsPod,
    NotOn(String),
    NotRunning(String),
    NoContainer(String),
    LaptopOff,
    Flag(flags::Wrong),
    /// What the real component prints.
    Printed(String),
}

/// What a target was resolved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of docs/scenario.md")]
pub(crate) enum Found {
    Host(HostId),
    Process(ProcId),
}

/// An act, and all that it names as it was found.
enum Resolved<'a> {
    Host(Verb, HostId),
    Process(Verb, ProcId),
    Crash { pod: Name, uid: Uid, host: Option<HostId>, runtime: ProcId },
    Clock(HostId, Option<u32>, Option<i64>),
    Partition(Vec<Vec<HostId>>),
    Cut(HostId, HostId),
    Link { ends: (HostId, HostId), latency: Option<SimDuration>, jitter: Option<SimDuration>, loss_ppm: Option<u32> },
    Heal(Option<(HostId, HostId)>),
    Settings(Settings, ActRecord),
    Flags(ProcId, &'a [(String, String)]),
    Type { terminal: ProcId, host: HostId, tool: Tool, args: Vec<String> },
}

impl Cluster {
    /// Carries `act` out now.
    ///
    /// # Errors
    /// Why it cannot be done; nothing was changed.
    pub fn apply(&mut self, act: &Act) -> Result<(), Refusal> {
        // The invariants judge the time before the act by the settings before it.
        self.check();
        let resolved = self.resolve(act)?;
        self.carry_out(resolved);
        self.absorb();
        self.check();
        Ok(())
    }

    /// Whether `act` can be done now.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn check_act(&self, act: &Act) -> Result<(), Refusal> {
        self.resolve(act).map(drop)
    }

    /// Finds what an act names, and refuses what cannot be done.
    fn resolve<'a>(&self, act: &'a Act) -> Result<Resolved<'a>, Refusal> {
        Ok(match act {
            Act::On(verb, target) => self.resolve_verb(*verb, target)?,
            Act::Clock { target, rate_ppm, offset_us } => {
                Resolved::Clock(self.host_target(target)?, *rate_ppm, *offset_us)
            }
            Act::Partition { groups } => {
                let hosts = |group: &Vec<String>| group.iter().map(|name| self.host_called(name)).collect();
                Resolved::Partition(groups.iter().map(hosts).collect::<Result<_, _>>()?)
            }
            Act::Cut { from, to } => Resolved::Cut(self.host_called(from)?, self.host_called(to)?),
            Act::Link { between: (a, b), latency, jitter, loss_ppm } => Resolved::Link {
                ends: (self.host_called(a)?, self.host_called(b)?),
                latency: *latency,
                jitter: *jitter,
                loss_ppm: *loss_ppm,
            },
            Act::Heal { between: None } => Resolved::Heal(None),
            Act::Heal { between: Some((a, b)) } => Resolved::Heal(Some((self.host_called(a)?, self.host_called(b)?))),
            Act::Timings { lease_duration, renew_deadline, retry_period } => {
                let [lease_duration, renew_deadline, retry_period] = [*lease_duration, *renew_deadline, *retry_period];
                let settings = Settings { lease_duration, renew_deadline, retry_period, ..self.settings };
                self.settings_act(settings, ActRecord::Timings([lease_duration, renew_deadline, retry_period]))?
            }
            Act::Reading(reading) => {
                self.settings_act(Settings { reading: *reading, ..self.settings }, ActRecord::Reading)?
            }
            Act::Flags { target, set } => {
                let process = self.process_target(target)?;
                for (flag, value) in set {
                    flags::check(&self.world.slot(process).name, flag, value).map_err(Refusal::Flag)?;
                }
                Resolved::Flags(process, set)
            }
            Act::Kubectl { args } => self.typed(Tool::Kubectl, args.clone())?,
            Act::Etcdctl { args } => self.typed(Tool::Etcdctl, args.clone())?,
        })
    }

    fn resolve_verb(&self, verb: Verb, target: &Target) -> Result<Resolved<'static>, Refusal> {
        Ok(match verb {
            Verb::PowerOff | Verb::PowerOn => Resolved::Host(verb, self.host_target(target)?),
            Verb::Kill | Verb::Terminate => Resolved::Process(verb, self.running_process(target)?),
            Verb::Stop => Resolved::Process(verb, self.process_target(target)?),
            Verb::Start => {
                let process = self.process_target(target)?;
                let host = self.world.host(self.world.slot(process).host);
                if host.power != Power::On {
                    return Err(Refusal::NotOn(host.name.clone()));
                }
                Resolved::Process(verb, process)
            }
            Verb::Pause | Verb::Resume => match self.find(target)? {
                Found::Host(host) => Resolved::Host(verb, host),
                Found::Process(process) => Resolved::Process(verb, process),
            },
            Verb::CrashContainer => {
                let pod = self.pod_target(target)?;
                let node = pod.pod().and_then(|p| p.node_name.as_deref());
                let host = node.and_then(|node| self.topology.host(node));
                let (name, uid) = (pod.meta.name.clone(), pod.meta.uid);
                let runtime = host.and_then(|host| self.topology.process(host, NODE)).filter(|p| {
                    self.world.is_running(*p) && self.world.machine(*p).node().is_some_and(|n| n.is_running(uid))
                });
                let runtime = runtime.ok_or_else(|| Refusal::NoContainer(name.to_string()))?;
                Resolved::Crash { pod: name, uid, host, runtime }
            }
            Verb::DeletePod => {
                let name = self.pod_target(target)?.meta.name.to_string();
                self.typed(Tool::Kubectl, vec!["delete".to_owned(), "pod".to_owned(), name])?
            }
        })
    }

    fn settings_act(&self, settings: Settings, done: ActRecord) -> Result<Resolved<'static>, Refusal> {
        settings.validate().map_err(|why| Refusal::Printed(why.to_owned()))?;
        Ok(Resolved::Settings(settings, done))
    }

    /// A command on the laptop.
    fn typed(&self, tool: Tool, args: Vec<String>) -> Result<Resolved<'static>, Refusal> {
        let found = self.topology.all(TERMINAL).next().filter(|(_, p)| self.world.is_running(*p));
        let (host, terminal) = found.ok_or(Refusal::LaptopOff)?;
        Ok(Resolved::Type { terminal, host, tool, args })
    }

    fn carry_out(&mut self, resolved: Resolved<'_>) {
        match resolved {
            Resolved::Host(verb, host) => self.do_to_host(verb, host),
            Resolved::Process(verb, process) => self.do_to_process(verb, process),
            Resolved::Crash { pod, uid, host, runtime } => {
                self.begin(ActRecord::On(Verb::CrashContainer, pod), None, host);
                self.world.tell(runtime, Wire::Cri(Cri::Crash { pod: uid }));
            }
            Resolved::Clock(host, rate_ppm, offset_us) => {
                self.begin_host(ActRecord::Clock, host);
                self.world.set_clock(host, rate_ppm, offset_us);
            }
            Resolved::Partition(groups) => self.partition(&groups),
            Resolved::Cut(from, to) => {
                self.begin(ActRecord::Cut(self.host_name(from), self.host_name(to)), None, None);
                self.world.cut(from, to);
            }
            Resolved::Link { ends, latency, jitter, loss_ppm } => self.change_link(ends, latency, jitter, loss_ppm),
            Resolved::Heal(pair) => {
                self.begin(ActRecord::Heal, None, None);
                self.world.heal(pair);
            }
            Resolved::Settings(settings, done) => self.change_settings(settings, done),
            Resolved::Flags(process, set) => self.set_flags(process, set),
            Resolved::Type { terminal, host, tool, args } => self.type_line(terminal, host, tool, &args),
        }
    }

    fn do_to_host(&mut self, verb: Verb, host: HostId) {
        self.begin_host(|name| ActRecord::On(verb, name), host);
        match verb {
            Verb::PowerOff => self.world.power_off(host),
            Verb::PowerOn => self.world.power_on(host),
            Verb::Pause => self.world.pause_host(host),
            Verb::Resume => self.world.resume_host(host),
            _ => debug_assert!(false, "{verb:?} is not done to a host"),
        }
    }

    fn do_to_process(&mut self, verb: Verb, process: ProcId) {
        self.begin_process(|name| ActRecord::On(verb, name), process);
        match verb {
            Verb::Kill => self.world.kill(process),
            Verb::Terminate => self.world.terminate(process),
            Verb::Stop => {
                self.world.stop(process);
                self.world.terminate(process);
            }
            Verb::Start => self.world.allow_start(process),
            Verb::Pause => self.world.pause(process),
            Verb::Resume => self.world.resume(process),
            _ => debug_assert!(false, "{verb:?} is not done to a process"),
        }
    }

    fn change_link(
        &mut self,
        (a, b): (HostId, HostId),
        latency: Option<SimDuration>,
        jitter: Option<SimDuration>,
        loss_ppm: Option<u32>,
    ) {
        self.begin(ActRecord::Link(self.host_name(a), self.host_name(b)), None, None);
        for (from, to) in [(a, b), (b, a)] {
            let old = self.world.net().quality(from, to);
            let quality = Quality {
                latency: latency.unwrap_or(old.latency),
                jitter: jitter.unwrap_or(if old == LAN && latency.is_some() { LAN.jitter } else { old.jitter }),
                loss_ppm: loss_ppm.unwrap_or(old.loss_ppm),
            };
            self.world.set_quality(from, to, quality);
        }
    }

    /// Types a command on the laptop.
    fn type_line(&mut self, terminal: ProcId, host: HostId, tool: Tool, args: &[String]) {
        let tool = tool.name();
        let mut line = tool.to_owned();
        for arg in args {
            line.push(' ');
            line.push_str(arg);
        }
        self.begin(ActRecord::Typed(line.into()), Some(terminal), Some(host));
        let number = self.history.typed(self.world.now(), tool, args);
        self.world.tell(terminal, Wire::Control(Control::Type { number, tool, args: args.into() }));
    }

    /// The timings and the reading in force.
    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    fn change_settings(&mut self, settings: Settings, done: ActRecord) {
        self.settings = settings;
        self.begin(done, None, None);
        for process in self.topology.candidates() {
            // Whether it takes part at all is its own, and is read at its start.
            let enabled = self.world.machine(process).election().is_some_and(|e| e.settings.enabled);
            let settings = Settings { enabled, ..settings };
            self.world.edit(process, |machine| {
                if let Some(election) = machine.election_mut() {
                    election.settings = settings;
                }
            });
            self.world.tell(process, Wire::Control(Control::Election(settings)));
        }
    }

    /// Edits the manifest (or unit) of a process; its supervisor restarts it with the new flags.
    fn set_flags(&mut self, process: ProcId, set: &[(String, String)]) {
        let slot = self.world.slot(process);
        let (name, up, supervisor) = (slot.name.clone(), slot.up, slot.supervisor);
        let typed: Vec<String> = set.iter().map(|(flag, value)| format!("{flag}={value}")).collect();
        self.begin_process(|process| ActRecord::Flags(process, typed.join(" ").into()), process);
        let topology = self.topology.clone();
        self.world.edit(process, |machine| {
            for (flag, value) in set {
                let done = flags::set(machine, &name, &topology, flag, value);
                debug_assert_eq!(done, Ok(()), "it was checked");
            }
        });
        match supervisor {
            Supervisor::Process(kubelet) => self.world.tell(kubelet, Wire::Control(Control::Manifest(process))),
            Supervisor::Unit { .. } if up => self.world.terminate(process),
            Supervisor::Unit { .. } => {}
        }
    }

    fn partition(&mut self, groups: &[Vec<HostId>]) {
        self.begin(ActRecord::Partition, None, None);
        for (i, group) in groups.iter().enumerate() {
            for other in &groups[i + 1..] {
                for a in group {
                    for b in other {
                        self.world.cut(*a, *b);
                        self.world.cut(*b, *a);
                    }
                }
            }
        }
    }

    // ---- targets ----

    /// Resolves a target as of now.
    ///
    /// # Errors
    /// The target that does not exist.
    pub(crate) fn find(&self, target: &Target) -> Result<Found, Refusal> {
        match target {
            Target::Host(name) => self.host_called(name).map(Found::Host),
            Target::Process { host, name } => {
                let id = self.host_called(host)?;
                let process = self.topology.process(id, name);
                process.map(Found::Process).ok_or_else(|| Refusal::NoProcess(host.clone(), name.clone()))
            }
            Target::Leader { of, host } => {
                let (what, leader) = match of {
                    LeaderOf::ControllerManager => {
                        ("kube-controller-manager", self.acting(Component::ControllerManager))
                    }
                    LeaderOf::Scheduler => ("kube-scheduler", self.acting(Component::Scheduler)),
                    LeaderOf::Etcd => ("etcd", self.etcd_leader()),
                };
                let process = leader.ok_or(Refusal::NoLeader(what))?;
                Ok(if *host { Found::Host(self.world.slot(process).host) } else { Found::Process(process) })
            }
            Target::Pod { .. } | Target::PodNamed(_) => Err(Refusal::IsPod),
        }
    }

    /// The pod that a target names now, as etcd has it.
    fn pod_target(&self, target: &Target) -> Result<Rc<Object>, Refusal> {
        match target {
            Target::Pod { deployment, index } => {
                let mut pods = self.pods_of(deployment);
                let count = pods.len();
                if *index < count {
                    return Ok(pods.swap_remove(*index));
                }
                Err(Refusal::NoPodAt { deployment: deployment.clone(), count, index: *index })
            }
            Target::PodNamed(name) => {
                let found = self.object(Kind::Pod, "default", name);
                found.map(|(pod, _)| pod).ok_or_else(|| Refusal::NoPod(name.clone()))
            }
            _ => Err(Refusal::WantsPod),
        }
    }

    /// A deployment's pods that are not being deleted, by name.
    pub fn pods_of(&self, deployment: &str) -> Vec<Rc<Object>> {
        let sets = self.objects(Kind::ReplicaSet);
        let owned = |o: &&Rc<Object>, by: &str| o.meta.owner.as_ref().is_some_and(|owner| &*owner.name == by);
        let sets: Vec<_> = sets.iter().filter(|set| owned(set, deployment)).map(|set| &set.meta.name).collect();
        let mut pods = self.objects(Kind::Pod);
        pods.retain(|pod| pod.meta.deletion_timestamp.is_none() && sets.iter().any(|set| owned(&pod, set)));
        pods
    }

    fn host_called(&self, name: &str) -> Result<HostId, Refusal> {
        self.topology.host(name).ok_or_else(|| Refusal::NoHost(name.to_owned()))
    }

    fn host_target(&self, target: &Target) -> Result<HostId, Refusal> {
        match self.find(target)? {
            Found::Host(host) => Ok(host),
            Found::Process(process) => Err(Refusal::WantsHost(self.path(process))),
        }
    }

    fn process_target(&self, target: &Target) -> Result<ProcId, Refusal> {
        match self.find(target)? {
            Found::Process(process) => Ok(process),
            Found::Host(host) => Err(Refusal::WantsProcess(self.world.host(host).name.clone())),
        }
    }

    fn running_process(&self, target: &Target) -> Result<ProcId, Refusal> {
        let process = self.process_target(target)?;
        if self.world.slot(process).up { Ok(process) } else { Err(Refusal::NotRunning(self.path(process))) }
    }

    /// `master-1/etcd`
    pub fn path(&self, process: ProcId) -> String {
        let slot = self.world.slot(process);
        format!("{}/{}", self.world.host(slot.host).name, slot.name)
    }

    fn host_name(&self, host: HostId) -> Name {
        self.world.host(host).name.as_str().into()
    }

    fn begin_host(&mut self, done: impl FnOnce(Name) -> ActRecord, host: HostId) {
        self.begin(done(self.host_name(host)), None, Some(host));
    }

    fn begin_process(&mut self, done: impl FnOnce(Name) -> ActRecord, process: ProcId) {
        let host = self.world.slot(process).host;
        self.begin(done(self.path(process).into()), Some(process), Some(host));
    }

    fn begin(&mut self, done: ActRecord, process: Option<ProcId>, host: Option<HostId>) {
        self.world.act(process, host, TraceEvent::Act(done));
    }
}
