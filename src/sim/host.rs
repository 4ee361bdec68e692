//! Hosts: power, a network interface and a local clock.
//!
//! Processes only ever see their host's clock. Its rate changes how fast timers run; its offset changes only the
//! wall-clock time that is written into objects, as a step of the system time does (timers are monotonic).

use super::ids::{Cause, NoteId, Port, ProcId};
use super::rng::Stream;
use super::time::{SimDuration, SimTime, WallTime};
/// Whether a host runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Powered on; its units may still be starting.
    On,
    /// Powered off: memory is lost, disks stay.
    Off,
    /// A stalled virtual machine: nothing runs, nothing is received, nothing is forgotten.
    Paused,
}

/// A clock's rate is given in parts per million of true time: 1_000_000 is exact.
pub(crate) const EXACT_RATE_PPM: u32 = 1_000_000;

/// A host's own clock.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Monotonic local time at `anchor`.
    base_us: u64,
    anchor: SimTime,
    /// Speed in parts per million of true time; [`EXACT_RATE_PPM`] is exact.
    pub(crate) rate_ppm: u32,
    /// Added to monotonic time to give wall-clock time, in microseconds; may be negative.
    pub(crate) offset_us: i64,
}

impl Clock {
    fn exact() -> Self {
        Clock { base_us: 0, anchor: SimTime::ZERO, rate_ppm: EXACT_RATE_PPM, offset_us: 0 }
    }

    /// Monotonic local time at the true time `now`.
    pub fn monotonic(&self, now: SimTime) -> SimTime {
        if self.rate_ppm == EXACT_RATE_PPM && self.base_us == self.anchor.0 {
            return now;
        }
        let elapsed = now.since(self.anchor);
        SimTime(self.base_us + elapsed.scale(self.rate_ppm.into(), EXACT_RATE_PPM.into()).0)
    }

    /// Wall-clock time at the true time `now`.
    pub fn wall(&self, now: SimTime) -> WallTime {
        WallTime((self.monotonic(now).0 as i64).saturating_add(self.offset_us))
    }

    /// How much true time passes while this clock counts `local`.
    pub(crate) fn true_span(&self, local: SimDuration) -> SimDuration {
        if self.rate_ppm == EXACT_RATE_PPM {
            return local;
        }
        let rate = u128::from(self.rate_ppm);
        let span = (u128::from(local.0) * u128::from(EXACT_RATE_PPM)).div_ceil(rate);
        SimDuration(u64::try_from(span).unwrap_or(u64::MAX))
    }

    pub(super) fn set_rate(&mut self, now: SimTime, rate_ppm: u32) {
        self.base_us = self.monotonic(now).0;
        self.anchor = now;
        self.rate_ppm = rate_ppm;
    }
}

/// What a paused host has to do when it resumes, besides waking its processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    Boot(Cause),
    Start(ProcId, Cause),
    Kill(ProcId, Cause),
}

/// One machine.
#[derive(Clone, Debug)]
pub struct Host {
    /// `master-1`
    pub name: String,
    /// Whether the host runs.
    pub power: Power,
    /// When `power` last changed.
    pub(crate) since: SimTime,
    /// The host's own clock.
    pub clock: Clock,
    /// From power on to the start of its units.
    pub(crate) boot: SimDuration,
    /// The note that explains why it is off or paused; 0 if it is on.
    pub down_because: NoteId,
    /// The note that explained why it was last off or paused.
    pub(crate) was_down_because: NoteId,
    /// Its processes, in the order in which they were added.
    pub(crate) processes: Vec<ProcId>,
    /// How often it has lost power; events planned before the last loss are dropped.
    pub(super) epoch: u32,
    /// False from power on to the start of its units.
    pub(super) booted: bool,
    /// Events that became due while it was paused.
    pub(super) overdue: Vec<Overdue>,
    pub(super) listeners: Vec<(Port, ProcId)>,
    /// Jitter and loss of what this host sends.
    pub(super) wire: Stream,
    /// Arrival time of the last datagram to each host: datagrams on one path keep their order.
    pub(super) last_arrival: Vec<SimTime>,
}

impl Host {
    pub(super) fn new(name: &str, seed: u64, boot: SimDuration) -> Self {
        Host {
            name: name.to_owned(),
            power: Power::On,
            since: SimTime::ZERO,
            clock: Clock::exact(),
            boot,
            down_because: 0,
            was_down_because: 0,
            epoch: 0,
            booted: true,
            overdue: Vec::new(),
            processes: Vec::new(),
            listeners: Vec::new(),
            wire: Stream::new(seed, &format!("{name}/wire")),
            last_arrival: Vec::new(),
        }
    }

    /// The process that listens on `port`.
    pub(crate) fn listener(&self, port: Port) -> Option<ProcId> {
        self.listeners.iter().find(|(p, _)| *p == port).map(|(_, proc)| *proc)
    }
}
