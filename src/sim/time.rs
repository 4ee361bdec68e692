//! Simulated time in microseconds since the simulation began; durations as Kubernetes flags write them; and wall-clock
//! time, which may be before the beginning.
//!
//! Knows nothing of hosts. A host's own clock is in `host.rs`.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant, in microseconds of simulated time since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// Wall-clock time, in microseconds since the date at which the simulation begins; negative before it. A clock
/// that was set back continues from there, as a real one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(pub i64);

/// A span of simulated time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(pub u64);

impl SimTime {
    /// The beginning of the world.
    pub const ZERO: SimTime = SimTime(0);

    /// Whole milliseconds since the start, rounded down.
    pub fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Time since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl WallTime {
    /// What an exact clock shows at the beginning of the world.
    pub(crate) const ZERO: WallTime = WallTime(0);

    /// What an exact clock shows at `now`.
    pub fn exact(now: SimTime) -> Self {
        WallTime(now.0 as i64)
    }

    /// Time since `earlier`; zero if `earlier` is later.
    pub fn since(self, earlier: WallTime) -> SimDuration {
        SimDuration(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Truncates to the second, as metav1.Time does.
    pub fn whole_seconds(self) -> Self {
        WallTime(self.0.div_euclid(1_000_000) * 1_000_000)
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);

    /// A number of microseconds.
    pub const fn from_micros(us: u64) -> Self {
        SimDuration(us)
    }

    /// A number of milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        SimDuration(ms * 1_000)
    }

    /// A number of seconds.
    pub const fn from_secs(s: u64) -> Self {
        SimDuration(s * 1_000_000)
    }

    /// Whole microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Seconds, for display only; the simulation itself computes in integers.
    pub(crate) fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This span times `num / den`, rounded down; the longest span if it would be longer.
    pub(crate) const fn scale(self, num: u64, den: u64) -> Self {
        let scaled = self.0 as u128 * num as u128 / den as u128;
        SimDuration(if scaled > u64::MAX as u128 { u64::MAX } else { scaled as u64 })
    }

    /// Reads a duration as Go's `time.ParseDuration` does, without a sign: `15s`, `1m30s`, `1.5h`, `250ms`, `0`.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("{text:?} is not a duration: a number with a unit is wanted (us, ms, s, m, h), for example \"15s\"")
        };
        if text == "0" {
            return Ok(Self::ZERO);
        }
        if text.is_empty() || text.len() > 40 {
            return Err(bad());
        }
        let (mut rest, mut total) = (text, 0u128);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
            let (number, tail) = rest.split_at(digits);
            let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (unit, after) = tail.split_at(unit_end);
            let unit_us: u128 = match unit {
                "us" | "µs" => 1,
                "ms" => 1_000,
                "s" => 1_000_000,
                "m" => 60_000_000,
                "h" => 3_600_000_000,
                _ => return Err(bad()),
            };
            total = decimal_times(number, unit_us).and_then(|us| total.checked_add(us)).ok_or_else(bad)?;
            rest = after;
        }
        u64::try_from(total).ok().filter(|us| *us <= u64::MAX / 4).map(SimDuration).ok_or_else(bad)
    }
}

/// `number` (decimal digits with at most one point) times `unit`, rounded down.
fn decimal_times(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || whole.len() > 18 || fraction.len() > 18 {
        return None;
    }
    let whole_part = if whole.is_empty() { 0 } else { whole.parse::<u128>().ok()? } * unit;
    let fraction_part =
        if fraction.is_empty() { 0 } else { fraction.parse::<u128>().ok()? * unit / 10u128.pow(fraction.len() as u32) };
    Some(whole_part + fraction_part)
}

impl fmt::Display for SimDuration {
    /// Prints a duration as Go does: `15s`, `1m30s`, `250ms`, `1h0m0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0;
        let fraction = |f: &mut fmt::Formatter<'_>, value: u64, unit: u64, name: &str| {
            let (whole, rest) = (value / unit, value % unit);
            if rest == 0 {
                return write!(f, "{whole}{name}");
            }
            let width = unit.ilog10() as usize;
            let digits = format!("{rest:0width$}");
            write!(f, "{whole}.{}{name}", digits.trim_end_matches('0'))
        };
        match us {
            0 => write!(f, "0s"),
            1..1_000 => write!(f, "{us}µs"),
            1_000..1_000_000 => fraction(f, us, 1_000, "ms"),
            _ => {
                let (hours, minutes) = (us / 3_600_000_000, us / 60_000_000 % 60);
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                fraction(f, us % 60_000_000, 1_000_000, "s")
            }
        }
    }
}

/// Ends at the last moment that can be written: a timeout of centuries never comes.
impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, d: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(d.0))
    }
}

impl Add<SimDuration> for WallTime {
    type Output = WallTime;
    fn add(self, d: SimDuration) -> WallTime {
        WallTime(self.0.saturating_add_unsigned(d.0))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, d: SimDuration) {
        self.0 = self.0.saturating_add(d.0);
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, d: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(d.0))
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, d: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_sub(d.0))
    }
}
