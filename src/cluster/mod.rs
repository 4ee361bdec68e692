//! Builds a topology, applies faults, checks invariants, observes.

pub mod config;
pub mod observe;
