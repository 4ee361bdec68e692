//! All native tests as one program, so that the library is linked once and the helpers of `common` are compiled once.
//! To run one file: `cargo test --test it takeover::`. The tests that run in a browser are in `web.rs`.

#![cfg(not(target_arch = "wasm32"))]

mod common;

mod apiserver;
mod apiserver_faults;
mod controllers;
mod digest;
mod docs;
mod edge;
mod election;
mod election_takeover;
mod endpoints_lock;
mod etcd_faults;
mod etcd_member;
mod etcd_requests;
mod faults;
mod flags;
mod found_storms;
mod inspected;
mod kernel;
mod layering;
mod leases;
mod lecture;
mod lessons;
mod linearizable;
mod load_balancers;
mod logs;
mod long;
mod map;
mod measured;
mod node;
mod node_api;
mod objects;
mod pods;
mod raft_basics;
mod raft_golden;
mod raft_oracle;
mod raft_safety;
mod random_inputs;
mod random_scenarios;
mod scenario;
mod survival;
mod takeover;
mod terminal;
mod tidy;
mod time;
mod tools;
mod topology;
mod typed;
mod verbs;
mod why;

/// Counts the memory of each thread, for [`random_scenarios`].
#[global_allocator]
static MEMORY: common::counted::Counted = common::counted::Counted;
