//! The same world has the same digest, natively and in wasm32 (`tests/web.rs` runs the same function).

use crate::common::lab;
use crate::common::toy::{TOY_DIGEST, busy_world, digest, toy_digest};

#[test]
fn the_digest_of_a_fixed_world_is_fixed() {
    let found = toy_digest();
    assert_eq!(found, TOY_DIGEST, "found {found:#018x}");
}

#[test]
fn the_same_seed_gives_the_same_digest_and_another_seed_another() {
    assert_eq!(digest(&busy_world(1)), digest(&busy_world(1)));
    assert_ne!(digest(&busy_world(1)), digest(&busy_world(2)));
}

/// The whole lab behaves in the same way natively and in wasm32, where `tests/web.rs` runs the same function.
#[test]
fn the_digest_of_a_fixed_run_of_the_lab_is_fixed() {
    let found = lab::lab_digest();
    assert_eq!(found, lab::LAB_DIGEST, "found {found:#018x}");
}
