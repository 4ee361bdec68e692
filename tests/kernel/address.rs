//! The address that can move: `a` is the client, `b` and `c` are hosts that take it in turn.

use expect_test::{Expect, expect};
use ha_lab::sim::{NOWHERE, VIRTUAL};

use crate::common::toy::Cmd::{Close, Connect, Give, Ping, Take, UserTimeout};
use crate::common::toy::{Toy, transcript, world};
use crate::kernel::script::{Do, Do::Tell, play};

const A: u16 = 0;
const B: u16 = 1;
const C: u16 = 2;

fn check(until: u64, steps: &[(u64, Do)], expect: Expect) {
    let three = world(1, vec![Toy::default(), Toy::default(), Toy::default()]);
    expect.assert_eq(&transcript(&play(three, until, steps)));
}

fn connect() -> Do {
    Tell(A, Connect(VIRTUAL, 3_000))
}

/// Guards that clients reach the last host that took the address, and which host has it when that one gives it up.
#[test]
fn the_last_to_take_it_is_reached() {
    check(
        1_000,
        &[
            (0, Tell(B, Take)),
            (1, Tell(C, Take)),
            (10, connect()),
            (20, Tell(A, Close)),
            (30, Tell(C, Give)),
            (40, connect()),
        ],
        expect![[r#"
            10 c accepted
            10 a connected
            20 c EOF
            40 b accepted
            40 a connected
        "#]],
    );
}

/// Guards that no host answers if none has the address, or if it was never taken.
#[test]
fn nobody_has_it() {
    check(
        10_000,
        &[(0, Tell(B, Take)), (1, Do::PowerOff(B)), (10, connect()), (5_000, Tell(A, Connect(NOWHERE, 3_000)))],
        expect![[r#"
            3010 a connect timed out
            8000 a connect timed out
        "#]],
    );
}

/// Guards that a repeated request reaches the new holder.
#[test]
fn a_request_finds_who_takes_it_meanwhile() {
    check(
        3_000,
        &[(0, connect()), (500, Tell(C, Take))],
        expect![[r#"
        1000 c accepted
        1000 a connected
    "#]],
    );
}

/// Guards that a connection does not move: the new holder resets it when the client sends data; the old holder waits.
#[test]
fn a_connection_does_not_move_with_it() {
    check(
        3_000,
        &[
            (0, Tell(B, Take)),
            (10, connect()),
            (20, Tell(A, Ping(1))),
            (30, Tell(C, Take)),
            (31, Tell(B, Give)),
            (40, Tell(A, Ping(2))),
        ],
        expect![[r#"
            10 b accepted
            10 a connected
            20 b ping 1
            20 a pong 1
            40 a reset
        "#]],
    );
}

/// Guards that a host does not send from an address that it gave up, and that nothing is lost if it takes the address back in time.
#[test]
fn it_goes_on_where_the_address_comes_back() {
    check(
        5_000,
        &[
            (0, Tell(B, Take)),
            (10, connect()),
            (20, Tell(A, UserTimeout(10_000))),
            (30, Tell(B, Give)),
            (40, Tell(A, Ping(1))),
            (2_000, Tell(B, Take)),
        ],
        expect![[r#"
            10 b accepted
            10 a connected
            3040 b ping 1
            3040 a pong 1
        "#]],
    );
}

/// Guards which host the client reaches if two have the address and one of them is cut off from the client.
#[test]
fn of_two_holders_the_one_that_can_be_reached() {
    check(
        1_000,
        &[(0, Tell(B, Take)), (1, Tell(C, Take)), (2, Do::Split(A, C)), (10, connect())],
        expect![[r#"
        10 b accepted
        10 a connected
    "#]],
    );
}
