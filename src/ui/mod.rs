//! ui
pub fn run() {}
