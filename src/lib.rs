//! HA Lab: a Kubernetes high-availability control plane that runs entirely in a browser tab.
//!
//! The map, from the bottom up. A module may import those above it in this list, never one below it.
//! `tests/layering.rs` reads the sources and fails on an arrow that points the other way.

#[deny(missing_docs, unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod sim;

#[deny(missing_docs, unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod etcd;

#[deny(missing_docs, unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod kube;

#[deny(missing_docs, unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod edge;

#[deny(missing_docs, unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod console;

#[deny(missing_docs, unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod cluster;

#[deny(unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod lab;

pub mod ui;
