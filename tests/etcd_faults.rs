//! Thousands of random faults on etcd alone: Raft's five properties hold at every step, and once every fault is repaired
//! the members agree on members, keys and leader and serve again within 20 s. `cargo xtask soak` runs more seeds.

use crate::common::etcd_storm::{SMALL, Shape, check};
use crate::common::soak::seeds;

const FEW_CALLS: Shape = Shape { clients: 3, storm_ms: 8_000, ..SMALL };

#[test]
fn one_member() {
    check("1 member", Shape { members: 1, ..FEW_CALLS }, seeds(100_000, 100), |_| Ok(()));
}

#[test]
fn two_members() {
    check("2 members", Shape { members: 2, ..FEW_CALLS }, seeds(110_000, 200), |_| Ok(()));
}

#[test]
fn three_members() {
    check("3 members", FEW_CALLS, seeds(120_000, 1_000), |_| Ok(()));
}

#[test]
fn five_members() {
    check("5 members", Shape { members: 5, ..FEW_CALLS }, seeds(130_000, 300), |_| Ok(()));
}

#[test]
fn seven_members() {
    check("7 members", Shape { members: 7, ..FEW_CALLS }, seeds(140_000, 100), |_| Ok(()));
}

#[test]
fn members_that_come_and_go() {
    let shape = Shape { spare: 2, storm_ms: 25_000, ..FEW_CALLS };
    check("3 members and 2 more", shape, seeds(150_000, 300), |_| Ok(()));
}
