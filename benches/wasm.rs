//! The clusters of `benches/lab.rs` in wasm32, run by Node: `cargo xtask bench` builds this file and calls
//! `benches/node.mjs`, which has the clock that wasm lacks.

#[path = "clusters/mod.rs"]
#[allow(dead_code)] // only the native bench uses the names
mod clusters;

use std::cell::RefCell;

use clusters::{CASES, run_on};
use ha_lab::cluster::Cluster;

thread_local! {
    static CLUSTER: RefCell<Option<Cluster>> = const { RefCell::new(None) };
}

/// Starts a case and runs it until it is quiet. Returns the simulated seconds to measure, or 0 if there is no such case.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(case: u32) -> u32 {
    let Some(case) = CASES.get(case as usize) else { return 0 };
    let mut cluster = case.cluster();
    run_on(&mut cluster, case.settle);
    CLUSTER.with_borrow_mut(|place| *place = Some(cluster));
    case.measure as u32
}

/// Continues the run. Returns the digest of everything so far.
#[unsafe(no_mangle)]
pub extern "C" fn run(seconds: u32) -> u64 {
    CLUSTER.with_borrow_mut(|place| {
        let Some(cluster) = place else { return 0 };
        run_on(cluster, seconds.into());
        cluster.world().trace().digest()
    })
}

fn main() {}
