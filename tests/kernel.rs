//! The kernel (`src/sim`), seen from outside through a toy process: scripts of acts and what comes of them.

#![cfg(not(target_arch = "wasm32"))]

mod common;

#[path = "kernel/address.rs"]
mod address;
#[path = "kernel/clock.rs"]
mod clock;
#[path = "kernel/history.rs"]
mod history;
#[path = "kernel/life.rs"]
mod life;
#[path = "kernel/properties.rs"]
mod properties;
#[path = "kernel/script.rs"]
mod script;
#[path = "kernel/tcp.rs"]
mod tcp;
