//! The same tests, longer: `cargo xtask soak` multiplies the seeds of every test that draws them from here, and shows
//! how far each is.

use std::ops::Range;

/// How many times as long as in a run of the tests: `HA_LAB_SOAK`, else 1.
pub fn times() -> u64 {
    std::env::var("HA_LAB_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(1).max(1)
}

/// The seeds of a test: `count` from `from` on, or as many times more. Ranges leave room for 10,000 times.
pub fn seeds(from: u64, count: u64) -> Range<u64> {
    let from = from * if times() > 1 { 1_000_000 } else { 1 };
    from..from + count * times()
}

/// Shows each tenth of a long test.
pub fn progress(name: &str, done: u64, all: &Range<u64>) {
    let count = all.end - all.start;
    if times() > 1 && (done + 1) * 10 / count > done * 10 / count {
        println!("  {name}: {} of {count} seeds", done + 1);
    }
}
