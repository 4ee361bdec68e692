//! The lab without a browser: runs a scenario and reports.

fn main() {}
