//! keepalived: one of two load balancers has the virtual IP, by VRRP version 2. Its script checks the API through its own
//! balancer, and lowers its priority while that fails. As kubeadm's guide sets it up. FACTS 6.3; upstream
//! `keepalived/vrrp/vrrp.c`, `vrrp_scheduler.c`.

use super::backends::Check;
use super::check::{Checker, Pace};
use crate::kube::api::{API_PORT, HealthPath};
use crate::kube::timer::{self, Timer};
use crate::kube::trace_event::TraceEvent;
use crate::kube::vocabulary::{Ctx, Input, Wire};
use crate::sim::{HostId, Port, ProcId, Silent, SimDuration, Ticket};

/// IP protocol 112 to 224.0.0.18: a port of the lab.
pub(crate) const VRRP_PORT: Port = 112;
/// `advert_int`
const ADVERT: SimDuration = SimDuration::from_secs(1);
/// `garp_master_delay`
const SAY_AGAIN: SimDuration = SimDuration::from_secs(5);
/// `weight -2`: what a failure of the script takes off the priority.
const WEIGHT: u8 = 2;

/// `vrrp_script check_apiserver`: `curl -sfk --max-time 2 https://localhost:6443/healthz`
const SCRIPT: Pace = Pace {
    interval: SimDuration::from_secs(3),
    from_start: true,
    timeout: SimDuration::from_secs(2),
    fall: 10,
    rise: 2,
    path: HealthPath::Healthz,
    user_agent: "curl",
};

/// Its configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeepalivedConfig {
    /// `priority`: 101 for the first of the pair, 100 for the second.
    pub(crate) priority: u8,
    /// The other of the pair.
    pub(crate) peer: (HostId, ProcId),
}

#[derive(Clone, Debug)]
struct Memory {
    master: bool,
    script: Checker,
    /// A master's advertisement timer, a backup's master-down timer.
    timer: Option<Ticket>,
}

/// The process `keepalived`: one end of a VRRP pair.
#[derive(Clone, Debug)]
pub struct Keepalived {
    config: KeepalivedConfig,
    memory: Option<Memory>,
}

impl Keepalived {
    /// Creates the process with its configuration; it has not started.
    pub(crate) fn new(config: KeepalivedConfig) -> Self {
        Keepalived { config, memory: None }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub(crate) fn start(&mut self, ctx: &mut Ctx<'_>) {
        // An address that an earlier run left behind is removed.
        ctx.give_address_up();
        ctx.listen(VRRP_PORT);
        let mut script = Checker::new(&SCRIPT, Check::Readyz, (ctx.host(), API_PORT), 0);
        script.plan(ctx, SimDuration::ZERO);
        self.memory = Some(Memory { master: false, script, timer: None });
        self.wait(ctx, self.master_down());
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Datagram { wire: Wire::Vrrp { priority }, .. } => self.heard(ctx, priority),
            Input::Timer(key) => match key.why {
                Timer::Keepalived(why) => match why {
                    timer::Keepalived::Advertise => self.advertise(ctx),
                    timer::Keepalived::MasterDown => self.become_master(ctx),
                    timer::Keepalived::GratuitousArp if self.is_master() => ctx.take_address(),
                    timer::Keepalived::GratuitousArp => {}
                },
                Timer::HealthCheck(why) => self.script(ctx, None, why == timer::HealthCheck::Interval),
                other => other.misrouted(),
            },
            Input::Terminate => {
                if self.is_master() {
                    ctx.give_address_up();
                    ctx.datagram(self.config.peer.0, VRRP_PORT, Wire::Vrrp { priority: 0 });
                }
                ctx.exit(0);
            }
            input => self.script(ctx, Some(&input), false),
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub(crate) fn crash(&mut self, _power_lost: bool) {
        self.memory = None;
    }

    /// Returns whether it is the VRRP master, as far as it knows.
    pub fn is_master(&self) -> bool {
        self.memory.as_ref().is_some_and(|m| m.master)
    }

    /// Returns the priority that it advertises now.
    pub(crate) fn priority(&self) -> u8 {
        let failed = self.memory.as_ref().is_some_and(|m| !m.script.up);
        self.config.priority - if failed { WEIGHT } else { 0 }
    }

    /// `priority` in its configuration file.
    pub(crate) fn configured_priority(&self) -> u8 {
        self.config.priority
    }

    /// Returns the state of its script: whether it passes, the result of the last run, runs in a row that contradict
    /// the state, and how many of those change it. `None` while it is down.
    pub(crate) fn script_result(&self) -> Option<(bool, &'static str, u32, u32)> {
        let script = &self.memory.as_ref()?.script;
        Some((script.up, script.last.label(), script.against, if script.up { SCRIPT.fall } else { SCRIPT.rise }))
    }

    // ---- the script ----

    fn script(&mut self, ctx: &mut Ctx<'_>, input: Option<&Input>, begin: bool) {
        let Some(memory) = &mut self.memory else { return };
        let before = memory.script.up;
        match input {
            Some(input) => {
                memory.script.handle(ctx, input);
            }
            None if begin => memory.script.begin(ctx),
            None => {
                memory.script.time_is_up(ctx);
            }
        }
        let up = memory.script.up;
        if up != before {
            let word = if up { "succeeded" } else { "failed" };
            let text = format!("VRRP_Script(check_apiserver) {word}, effective priority is now {}", self.priority());
            ctx.note_silence(Silent::Host(ctx.host()), TraceEvent::Log(text.into()));
        }
    }

    // ---- VRRP ----

    /// The skew time of VRRP: the higher the priority, the shorter.
    fn skew(&self) -> SimDuration {
        ADVERT.scale(256 - u64::from(self.priority()), 256)
    }

    fn master_down(&self) -> SimDuration {
        ADVERT.scale(3, 1) + self.skew()
    }

    fn set(&mut self, ctx: &mut Ctx<'_>, after: SimDuration, why: timer::Keepalived) {
        let Some(memory) = &mut self.memory else { return };
        if let Some(ticket) = memory.timer.take() {
            ctx.cancel_timer(ticket);
        }
        memory.timer = Some(ctx.set_timer(after, why, 0));
    }

    fn wait(&mut self, ctx: &mut Ctx<'_>, after: SimDuration) {
        self.set(ctx, after, timer::Keepalived::MasterDown);
    }

    fn advertise(&mut self, ctx: &mut Ctx<'_>) {
        ctx.datagram(self.config.peer.0, VRRP_PORT, Wire::Vrrp { priority: self.priority() });
        self.set(ctx, ADVERT, timer::Keepalived::Advertise);
    }

    fn become_master(&mut self, ctx: &mut Ctx<'_>) {
        let Some(memory) = &mut self.memory else { return };
        memory.master = true;
        ctx.note_silence(Silent::Process(self.config.peer.1), TraceEvent::VirtualIp { taken: true });
        ctx.take_address();
        ctx.set_timer(SAY_AGAIN, timer::Keepalived::GratuitousArp, 0);
        self.advertise(ctx);
    }

    fn heard(&mut self, ctx: &mut Ctx<'_>, priority: u8) {
        let lower = priority < self.priority();
        match (self.is_master(), lower) {
            // The other one stops in order: wait for the skew time only.
            (false, _) if priority == 0 => self.wait(ctx, self.skew()),
            (false, false) => self.wait(ctx, self.master_down()),
            // "received lower priority advert, discarding": the master-down timer runs on, and it takes over
            // (preemption).
            (false, true) => {}
            (true, true) => {
                self.advertise(ctx);
                ctx.take_address(); // `garp_lower_prio_repeat`
            }
            (true, false) => {
                if let Some(memory) = &mut self.memory {
                    memory.master = false;
                }
                ctx.give_address_up();
                ctx.note(TraceEvent::VirtualIp { taken: false });
                self.wait(ctx, self.master_down());
            }
        }
    }
}
