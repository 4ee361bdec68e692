//! What is done to a cluster from outside: finds the target, does it to the machines, and tells the trace who asked.

use super::Cluster;
use super::config::{Act, LeaderOf, Renewal, Target};
use crate::kube::election::{Component, Reading, Settings};
use crate::kube::note::Note;
use crate::kube::wire::{Control, Wire};
use crate::sim::{HostId, LAN, Power, ProcId, Quality};

/// What a target turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Host(HostId),
    Process(ProcId),
}

impl Cluster {
    /// Does `act` now.
    ///
    /// # Errors
    /// A sentence that says why it cannot be done; nothing was changed.
    pub fn apply(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Pause(_)
            | Act::Resume(_)
            | Act::Clock { .. }
            | Act::Timings { .. }
            | Act::Reading(_)
            | Act::Flags { .. } => self.invariants.excuse(self.world.now(), &self.settings),
            _ => {}
        }
        match act {
            Act::PowerOff(target) => {
                let host = self.host_target(target)?;
                self.begin(format!("Power off {}", self.world.host(host).name), None, Some(host));
                self.world.power_off(host);
            }
            Act::PowerOn(target) => {
                let host = self.host_target(target)?;
                self.begin(format!("Power on {}", self.world.host(host).name), None, Some(host));
                self.world.power_on(host);
            }
            Act::Kill(target) => {
                let process = self.running_process(target)?;
                self.begin_process("kill -9", process);
                self.world.kill(process);
            }
            Act::Terminate(target) => {
                let process = self.running_process(target)?;
                self.begin_process("SIGTERM to", process);
                self.world.terminate(process);
            }
            Act::Stop(target) => {
                let process = self.process_target(target)?;
                self.begin_process("Stop", process);
                self.world.stop(process);
                self.world.terminate(process);
            }
            Act::Start(target) => {
                let process = self.process_target(target)?;
                let host = self.world.slot(process).host;
                if self.world.host(host).power != Power::On {
                    return Err(format!("{} is not on", self.world.host(host).name));
                }
                self.begin_process("Start", process);
                self.world.allow_start(process);
            }
            Act::Pause(target) => match self.find(target)? {
                Found::Host(host) => {
                    self.begin(format!("Pause {}", self.world.host(host).name), None, Some(host));
                    self.world.pause_host(host);
                }
                Found::Process(process) => {
                    self.begin_process("Pause", process);
                    self.world.pause(process);
                }
            },
            Act::Resume(target) => match self.find(target)? {
                Found::Host(host) => {
                    self.begin(format!("Resume {}", self.world.host(host).name), None, Some(host));
                    self.world.resume_host(host);
                }
                Found::Process(process) => {
                    self.begin_process("Resume", process);
                    self.world.resume(process);
                }
            },
            Act::Clock { target, rate_ppm, offset_us } => {
                let host = self.host_target(target)?;
                self.begin(format!("Change the clock of {}", self.world.host(host).name), None, Some(host));
                self.world.set_clock(host, *rate_ppm, *offset_us);
            }
            Act::Partition { groups } => self.partition(groups)?,
            Act::Cut { from, to } => {
                let (a, b) = (self.host_called(from)?, self.host_called(to)?);
                self.begin(format!("Cut the network from {from} to {to}"), None, None);
                self.world.cut(a, b);
            }
            Act::Link { between, latency, jitter, loss_ppm } => {
                let (a, b) = (self.host_called(&between.0)?, self.host_called(&between.1)?);
                self.begin(format!("Change the link between {} and {}", between.0, between.1), None, None);
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
                self.begin("Heal the network".to_owned(), None, None);
                self.world.heal(pair);
            }
            Act::Timings { lease_duration, renew_deadline, retry_period } => {
                let settings = Settings {
                    lease_duration: *lease_duration,
                    renew_deadline: *renew_deadline,
                    retry_period: *retry_period,
                    ..self.settings
                };
                settings.validate()?;
                let text = format!("Set the lease timings to {lease_duration}, {renew_deadline}, {retry_period}");
                self.change_settings(settings, text);
            }
            Act::Reading(renewal) => {
                let reading = match renewal {
                    Renewal::Lecture => Reading::Lecture,
                    Renewal::ClientGo => Reading::ClientGo,
                };
                let settings = Settings { reading, ..self.settings };
                settings.validate()?;
                self.change_settings(settings, "Change how the lease is read".to_owned());
            }
            Act::CrashContainer(_)
            | Act::DeletePod(_)
            | Act::Kubectl { .. }
            | Act::Etcdctl { .. }
            | Act::Flags { .. } => {
                return Err("this is not supported yet".to_owned());
            }
        }
        self.absorb();
        Ok(())
    }

    /// The timings and the reading in force.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    fn change_settings(&mut self, settings: Settings, text: String) {
        self.settings = settings;
        self.begin(text, None, None);
        for process in self.topology.candidates() {
            let control = Control::Election(settings);
            self.world.edit(process, |machine| machine.set_election(settings));
            self.world.tell(process, Wire::Control(control));
        }
    }

    fn partition(&mut self, groups: &[Vec<String>]) -> Result<(), String> {
        let groups: Vec<Vec<HostId>> = groups
            .iter()
            .map(|group| group.iter().map(|name| self.host_called(name)).collect())
            .collect::<Result<_, _>>()?;
        self.begin("Partition the network".to_owned(), None, None);
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

    /// Whom a target names now.
    ///
    /// # Errors
    /// What was named, and that it is not there.
    pub fn find(&self, target: &Target) -> Result<Found, String> {
        match target {
            Target::Host(name) => self.host_called(name).map(Found::Host),
            Target::Process { host, name } => {
                let id = self.host_called(host)?;
                let process = self.topology.process(id, name);
                process.map(Found::Process).ok_or_else(|| format!("{host} has no process called {name:?}"))
            }
            Target::Leader { of, host } => {
                let (what, leader) = match of {
                    LeaderOf::ControllerManager => {
                        ("kube-controller-manager", self.acting(Component::ControllerManager))
                    }
                    LeaderOf::Scheduler => ("kube-scheduler", self.acting(Component::Scheduler)),
                    LeaderOf::Etcd => ("etcd", self.etcd_leader()),
                };
                let process = leader.ok_or_else(|| format!("{what} has no leader now"))?;
                Ok(if *host { Found::Host(self.world.slot(process).host) } else { Found::Process(process) })
            }
            Target::Pod { .. } => Err("pods cannot be named yet".to_owned()),
        }
    }

    fn host_called(&self, name: &str) -> Result<HostId, String> {
        self.topology.host(name).ok_or_else(|| format!("there is no host called {name:?}"))
    }

    fn host_target(&self, target: &Target) -> Result<HostId, String> {
        match self.find(target)? {
            Found::Host(host) => Ok(host),
            Found::Process(process) => Err(format!("{} is a process; a host is wanted", self.path(process))),
        }
    }

    fn process_target(&self, target: &Target) -> Result<ProcId, String> {
        match self.find(target)? {
            Found::Process(process) => Ok(process),
            Found::Host(host) => Err(format!("{} is a host; a process is wanted", self.world.host(host).name)),
        }
    }

    fn running_process(&self, target: &Target) -> Result<ProcId, String> {
        let process = self.process_target(target)?;
        if self.world.slot(process).up { Ok(process) } else { Err(format!("{} does not run", self.path(process))) }
    }

    /// `master-1/etcd`
    pub fn path(&self, process: ProcId) -> String {
        let slot = self.world.slot(process);
        format!("{}/{}", self.world.host(slot.host).name, slot.name)
    }

    fn begin_process(&mut self, what: &str, process: ProcId) {
        let host = self.world.slot(process).host;
        self.begin(format!("{what} {}", self.path(process)), Some(process), Some(host));
    }

    fn begin(&mut self, text: String, process: Option<ProcId>, host: Option<HostId>) {
        self.world.act(process, host, Note::Act(text.into()));
    }
}
