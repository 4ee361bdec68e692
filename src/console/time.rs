//! Dates and ages as Kubernetes prints them. The simulation begins on 1 January 2026 at 00:00:00 UTC. FACTS 7.1, 7.4.

use crate::sim::{SimDuration, SimTime};

/// Days from 1970 to the beginning of the simulation.
const EPOCH_DAYS: u64 = 20_454;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

struct Date {
    weekday: &'static str,
    year: u64,
    month: u64,
    day: u64,
    clock: String,
}

fn date(at: SimTime) -> Date {
    let seconds = at.0 / 1_000_000;
    let days = EPOCH_DAYS + seconds / 86_400;
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let year = yoe + era * 400 + u64::from(month <= 2);
    Date { weekday: WEEKDAYS[(days % 7) as usize], year, month, day: doy - (153 * mp + 2) / 5 + 1, clock }
}

/// metav1.Time: `2026-01-01T00:00:05Z`
pub fn rfc3339(at: SimTime) -> String {
    let Date { year, month, day, clock, .. } = date(at);
    format!("{year}-{month:02}-{day:02}T{clock}Z")
}

/// metav1.MicroTime: `2026-01-01T00:00:05.123456Z`
pub fn rfc3339_micro(at: SimTime) -> String {
    let mut text = rfc3339(at);
    text.pop();
    format!("{text}.{:06}Z", at.0 % 1_000_000)
}

/// `Thu, 01 Jan 2026 00:00:05 +0000`
pub fn rfc1123z(at: SimTime) -> String {
    let Date { weekday, year, month, day, clock } = date(at);
    format!("{weekday}, {day:02} {} {year} {clock} +0000", MONTHS[month as usize - 1])
}

/// `0101 00:00:05.123456`, as klog begins a line.
pub fn klog(at: SimTime) -> String {
    let Date { month, day, clock, .. } = date(at);
    format!("{month:02}{day:02} {clock}.{:06}", at.0 % 1_000_000)
}

/// How long ago: `0s`, `119s`, `2m1s`, `10m`, `3h1m`, `2d1h`, `8d`.
pub fn age(now: SimTime, then: SimTime) -> String {
    if then > now {
        return if then.since(now) >= SimDuration::from_secs(2) { "<invalid>".to_owned() } else { "0s".to_owned() };
    }
    let s = now.since(then).0 / 1_000_000;
    let two = |big: u64, b: &str, small: u64, c: &str| {
        if small == 0 { format!("{big}{b}") } else { format!("{big}{b}{small}{c}") }
    };
    let (m, h, d) = (s / 60, s / 3_600, s / 86_400);
    match s {
        0..120 => format!("{s}s"),
        120..600 => two(m, "m", s % 60, "s"),
        600..10_800 => format!("{m}m"),
        10_800..28_800 => two(h, "h", m % 60, "m"),
        28_800..172_800 => format!("{h}h"),
        172_800..691_200 => two(d, "d", h % 24, "h"),
        691_200..63_072_000 => format!("{d}d"),
        63_072_000..252_288_000 => two(d / 365, "y", d % 365, "d"),
        _ => format!("{}y", d / 365),
    }
}
