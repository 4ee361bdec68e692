//! HA Lab: a Kubernetes high-availability control plane that runs entirely in a browser tab.
//!
//! The map, from the bottom up. A module may import those above it in this list, never one below it.
//! `tests/layering.rs` reads the sources and fails on an arrow that points the other way.

#[deny(missing_docs)]
pub mod sim;

#[deny(missing_docs)]
pub mod etcd;

#[deny(missing_docs)]
pub mod kube;

#[deny(missing_docs)]
pub mod edge;

#[deny(missing_docs)]
pub mod console;

#[deny(missing_docs)]
pub mod cluster;

pub mod lab;

pub mod ui;
