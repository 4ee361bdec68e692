//! Dates and ages as Kubernetes prints them. FACTS 7.1, 7.4.

pub(crate) use crate::kube::date::rfc3339;
use crate::sim::{SimDuration, WallTime};

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// metav1.MicroTime: `2026-01-01T00:00:05.123456Z`
pub fn rfc3339_micro(at: WallTime) -> String {
    let mut text = rfc3339(at);
    text.pop();
    format!("{text}.{:06}Z", at.0.rem_euclid(1_000_000))
}

/// `Thu, 01 Jan 2026 00:00:05 +0000`
pub fn rfc1123z(at: WallTime) -> String {
    let text = rfc3339(at);
    let weekday = WEEKDAYS[at.0.div_euclid(86_400_000_000).rem_euclid(7) as usize];
    let month = MONTHS[text[5..7].parse::<usize>().unwrap_or(1) - 1];
    [weekday, ", ", &text[8..10], " ", month, " ", &text[..4], " ", &text[11..19], " +0000"].concat()
}

/// `0101 00:00:05.123456`, as klog begins a line.
pub fn klog(at: WallTime) -> String {
    let text = rfc3339_micro(at);
    [&text[5..7], &text[8..10], " ", &text[11..26]].concat()
}

/// How long ago: `0s`, `119s`, `2m1s`, `10m`, `3h1m`, `2d1h`, `8d`.
pub fn age(now: WallTime, then: WallTime) -> String {
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
