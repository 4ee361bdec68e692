//! HA Lab: a Kubernetes high-availability control plane that runs entirely in a browser tab.
//!
//! The library is the whole simulation: etcd with Raft, API servers, elected controller managers and schedulers, kubelets, load
//! balancers and the network between them. A run depends on its scenario and its seed alone, so it can be repeated exactly.
//!
//! A scenario is JSON ([`lab::scenario::Scenario`], documented in `docs/scenario.md`), and its report is a value:
//!
//! ```
//! use ha_lab::lab::scenario::Scenario;
//! use ha_lab::lab::scenario::runner::run;
//!
//! let scenario = Scenario::parse(
//!     r#"{
//!         "version": 1,
//!         "cluster": { "masters": 3 },
//!         "script": [
//!             { "at": "40s", "do": "power-off", "target": { "leaderOf": "kube-controller-manager", "as": "host" } }
//!         ],
//!         "until": "80s"
//!     }"#,
//! )?;
//! let report = run(&scenario, scenario.seed);
//! assert_eq!(report.broken().count(), 0, "all invariants held");
//! let takeover = report.takeovers.iter().find(|t| t.component == "kube-controller-manager").expect("a standby took over");
//! println!("{} took over from {} after {} ms", takeover.to, takeover.from, takeover.took_ms);
//! # Ok::<(), ha_lab::lab::scenario::ScenarioError>(())
//! ```
//!
//! [`cluster::Cluster`] is one level below: it runs to any moment, takes acts, and can be inspected and cloned.
//! `examples/` has more: takeover times over many seeds, Raft alone, and going back in time.
//!
//! The map, from the bottom up. A module may import those above it in this list, never one below it.
//! `tests/layering.rs` reads the sources and fails on an arrow that points the other way.
//!
//! An item is `pub` if something outside the library needs it: the two programs, the tests, the benchmarks or the examples.

#![warn(unreachable_pub)]

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

#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "the page, which only wasm32 has, calls most of it"))]
#[deny(unsafe_code, clippy::disallowed_methods, clippy::disallowed_types)]
pub mod lab;

#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "its callers are components, which only wasm32 has"))]
pub mod ui;
