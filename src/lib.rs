//! HA Lab: a Kubernetes high-availability control plane that runs entirely in a browser tab.
//!
//! The map, from the bottom up. A module may import those above it in this list, never one below it.
//! `tests/layering.rs` reads the sources and fails on an arrow that points the other way.

pub mod sim;

pub mod etcd;

pub mod kube;

pub mod edge;

pub mod console;

pub mod cluster;

pub mod lab;

pub mod ui;
