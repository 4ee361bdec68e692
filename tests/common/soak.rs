//! Longer runs of the same tests: `cargo xtask soak` multiplies the seeds of every test that draws them from here, and shows
//! the progress of each.

use std::ops::Range;

/// The factor for the number of seeds: `HA_LAB_SOAK`, or 1 by default.
pub fn times() -> u64 {
    std::env::var("HA_LAB_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(1).max(1)
}

/// The seeds of a test: `count` seeds from `from` on, times the factor. Ranges leave room for a factor of 10,000.
pub fn seeds(from: u64, count: u64) -> Range<u64> {
    let from = from * if times() > 1 { 1_000_000 } else { 1 };
    from..from + count * times()
}

/// Returns the CPU time of this thread, s: it does not depend on what else the machine does. Zero if the system does not report it
/// (only Linux does).
pub fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Shows the progress of a long test, in tenths.
pub fn progress(name: &str, done: u64, all: &Range<u64>) {
    let count = all.end - all.start;
    if times() > 1 && (done + 1) * 10 / count > done * 10 / count {
        println!("  {name}: {} of {count} seeds", done + 1);
    }
}
