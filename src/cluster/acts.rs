//! Acts on a cluster from outside: finds the target, carries the act out, and notes it in the trace.

use std::rc::Rc;

use super::config::{Act, LeaderOf, Target};
use super::topology::{NODE, TERMINAL};
use super::{Cluster, flags};
use crate::console::Tool;
use crate::kube::election::{Component, Settings};
use crate::kube::note::{Done, Note};
use crate::kube::object::{Kind, Name, Object};
use crate::kube::vocabulary::{Control, Cri, Wire};
use crate::sim::{HostId, LAN, Power, ProcId, Quality, Supervisor};

/// Why an act cannot be done now. Hosts, processes and pods are named as in [`Done`].
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
pub enum Found {
    Host(HostId),
    Process(ProcId),
}

impl Cluster {
    /// Carries `act` out now.
    ///
    /// # Errors
    /// Why it cannot be done; nothing was changed.
    pub fn apply(&mut self, act: &Act) -> Result<(), Refusal> {
        // The invariants judge the time before the act by the settings before it.
        self.check();
        let done = self.carry_out(act);
        self.check();
        done
    }

    fn carry_out(&mut self, act: &Act) -> Result<(), Refusal> {
        match act {
            Act::PowerOff(target) => {
                let host = self.host_target(target)?;
                self.begin_host(Done::PowerOff, host);
                self.world.power_off(host);
            }
            Act::PowerOn(target) => {
                let host = self.host_target(target)?;
                self.begin_host(Done::PowerOn, host);
                self.world.power_on(host);
            }
            Act::Kill(target) => {
                let process = self.running_process(target)?;
                self.begin_process(Done::Kill, process);
                self.world.kill(process);
            }
            Act::Terminate(target) => {
                let process = self.running_process(target)?;
                self.begin_process(Done::Terminate, process);
                self.world.terminate(process);
            }
            Act::Stop(target) => {
                let process = self.process_target(target)?;
                self.begin_process(Done::Stop, process);
                self.world.stop(process);
                self.world.terminate(process);
            }
            Act::Start(target) => {
                let process = self.process_target(target)?;
                let host = self.world.slot(process).host;
                if self.world.host(host).power != Power::On {
                    return Err(Refusal::NotOn(self.world.host(host).name.clone()));
                }
                self.begin_process(Done::Start, process);
                self.world.allow_start(process);
            }
            Act::Pause(target) => match self.find(target)? {
                Found::Host(host) => {
                    self.begin_host(Done::Pause, host);
                    self.world.pause_host(host);
                }
                Found::Process(process) => {
                    self.begin_process(Done::Pause, process);
                    self.world.pause(process);
                }
            },
            Act::Resume(target) => match self.find(target)? {
                Found::Host(host) => {
                    self.begin_host(Done::Resume, host);
                    self.world.resume_host(host);
                }
                Found::Process(process) => {
                    self.begin_process(Done::Resume, process);
                    self.world.resume(process);
                }
            },
            Act::Clock { target, rate_ppm, offset_us } => {
                let host = self.host_target(target)?;
                self.begin_host(Done::Clock, host);
                self.world.set_clock(host, *rate_ppm, *offset_us);
            }
            Act::Partition { groups } => self.partition(groups)?,
            Act::Cut { from, to } => {
                let (a, b) = (self.host_called(from)?, self.host_called(to)?);
                self.begin(Done::Cut(from.as_str().into(), to.as_str().into()), None, None);
                self.world.cut(a, b);
            }
            Act::Link { between, latency, jitter, loss_ppm } => {
                let (a, b) = (self.host_called(&between.0)?, self.host_called(&between.1)?);
                self.begin(Done::Link(between.0.as_str().into(), between.1.as_str().into()), None, None);
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
            Act::Heal { between } => {
                let pair = match between {
                    Some((a, b)) => Some((self.host_called(a)?, self.host_called(b)?)),
                    None => None,
                };
                self.begin(Done::Heal, None, None);
                self.world.heal(pair);
            }
            Act::Timings { lease_duration, renew_deadline, retry_period } => {
                let settings = Settings {
                    lease_duration: *lease_duration,
                    renew_deadline: *renew_deadline,
                    retry_period: *retry_period,
                    ..self.settings
                };
                settings.validate().map_err(|why| Refusal::Printed(why.to_owned()))?;
                self.change_settings(settings, Done::Timings([*lease_duration, *renew_deadline, *retry_period]));
            }
            Act::Reading(renewal) => {
                let settings = Settings { reading: *renewal, ..self.settings };
                settings.validate().map_err(|why| Refusal::Printed(why.to_owned()))?;
                self.change_settings(settings, Done::Reading);
            }
            Act::Flags { target, set } => self.set_flags(target, set)?,
            Act::CrashContainer(target) => {
                let pod = self.pod_target(target)?;
                let node = pod.pod().and_then(|p| p.node_name.as_deref());
                let host = node.and_then(|node| self.topology.host(node));
                let (name, uid) = (pod.meta.name.clone(), pod.meta.uid);
                let runtime = host.and_then(|host| self.topology.process(host, NODE)).filter(|p| {
                    self.world.is_running(*p) && self.world.machine(*p).node().is_some_and(|n| n.is_running(uid))
                });
                let runtime = runtime.ok_or_else(|| Refusal::NoContainer(name.to_string()))?;
                self.begin(Done::CrashContainer(name), None, host);
                self.world.tell(runtime, Wire::Cri(Cri::Crash { pod: uid }));
            }
            Act::DeletePod(target) => {
                let name = self.pod_target(target)?.meta.name.clone();
                self.type_line(Tool::Kubectl, &["delete".to_owned(), "pod".to_owned(), name.to_string()])?;
            }
            Act::Kubectl { args } => self.type_line(Tool::Kubectl, args)?,
            Act::Etcdctl { args } => self.type_line(Tool::Etcdctl, args)?,
        }
        self.absorb();
        Ok(())
    }

    /// Types a command on the laptop.
    fn type_line(&mut self, tool: Tool, args: &[String]) -> Result<(), Refusal> {
        let found = self.topology.all(TERMINAL).next();
        let Some((host, terminal)) = found.filter(|(_, p)| self.world.is_running(*p)) else {
            return Err(Refusal::LaptopOff);
        };
        let tool = tool.name();
        let mut line = tool.to_owned();
        for arg in args {
            line.push(' ');
            line.push_str(arg);
        }
        self.begin(Done::Typed(line.into()), Some(terminal), Some(host));
        let number = self.history.typed(self.world.now(), tool, args);
        self.world.tell(terminal, Wire::Control(Control::Type { number, tool, args: args.into() }));
        Ok(())
    }

    /// The timings and the reading in force.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    fn change_settings(&mut self, settings: Settings, done: Done) {
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
    fn set_flags(&mut self, target: &Target, set: &[(String, String)]) -> Result<(), Refusal> {
        let process = self.process_target(target)?;
        let slot = self.world.slot(process);
        let (name, up, supervisor) = (slot.name.clone(), slot.up, slot.supervisor);
        for (flag, value) in set {
            flags::check(&name, flag, value).map_err(Refusal::Flag)?;
        }
        let typed: Vec<String> = set.iter().map(|(flag, value)| format!("{flag}={value}")).collect();
        self.begin_process(|process| Done::Flags(process, typed.join(" ").into()), process);
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
        Ok(())
    }

    fn partition(&mut self, groups: &[Vec<String>]) -> Result<(), Refusal> {
        let groups: Vec<Vec<HostId>> = groups
            .iter()
            .map(|group| group.iter().map(|name| self.host_called(name)).collect())
            .collect::<Result<_, _>>()?;
        self.begin(Done::Partition, None, None);
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
        Ok(())
    }

    // ---- targets ----

    /// Resolves a target as of now.
    ///
    /// # Errors
    /// The target that does not exist.
    pub fn find(&self, target: &Target) -> Result<Found, Refusal> {
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

    fn begin_host(&mut self, done: impl FnOnce(Name) -> Done, host: HostId) {
        self.begin(done(self.world.host(host).name.as_str().into()), None, Some(host));
    }

    fn begin_process(&mut self, done: impl FnOnce(Name) -> Done, process: ProcId) {
        let host = self.world.slot(process).host;
        self.begin(done(self.path(process).into()), Some(process), Some(host));
    }

    fn begin(&mut self, done: Done, process: Option<ProcId>, host: Option<HostId>) {
        self.world.act(process, host, Note::Act(done));
    }
}
