//! Host clocks: timers run on them; a rate changes how fast they run, and an offset changes only recorded times.

use expect_test::expect;
use ha_lab::sim::{HostId, ProcId, SimTime, WallTime};

use crate::common::toy::Cmd::{Cancel, Timer};
use crate::common::toy::{Toy, at_ms};
use crate::kernel::script::{Do, Do::Tell, check, pair, play};

/// When (true milliseconds) a timer of ten seconds fires, set at 1 s under these steps.
fn fires_at(steps: &[(u64, Do)]) -> u64 {
    let mut all = vec![(1_000, Tell(0, Timer(10_000, 1)))];
    all.extend(steps.iter().cloned());
    all.sort_by_key(|(at, _)| *at);
    let mut w = play(pair(), 0, &[]);
    let mut steps = all.into_iter().peekable();
    let fired = |toy: &Toy| !toy.log.is_empty();
    for now in 0..100_000 {
        w.run_until(at_ms(now));
        if fired(w.machine(ProcId(0))) {
            return now;
        }
        while let Some((_, step)) = steps.next_if(|(at, _)| *at == now) {
            crate::kernel::script::apply(&mut w, step);
        }
    }
    0
}

#[test]
fn timers_run_on_the_clock_of_their_host() {
    type Row<'a> = (&'a str, u64, &'a [(u64, Do)]);
    let rows: &[Row<'_>] = &[
        ("exact", 11_000, &[]),
        ("twice as fast from the start", 6_000, &[(0, Do::Clock(0, Some(2_000_000), None))]),
        ("half as fast from the start", 21_000, &[(0, Do::Clock(0, Some(500_000), None))]),
        ("twice as fast after half of it", 8_500, &[(6_000, Do::Clock(0, Some(2_000_000), None))]),
        (
            "and back",
            10_000,
            &[(6_000, Do::Clock(0, Some(2_000_000), None)), (7_000, Do::Clock(0, Some(1_000_000), None))],
        ),
        ("an offset changes nothing", 11_000, &[(6_000, Do::Clock(0, None, Some(-3_000_000)))]),
        ("nor does another host's clock", 11_000, &[(6_000, Do::Clock(1, Some(2_000_000), None))]),
    ];
    for (name, expected, steps) in rows {
        assert_eq!(fires_at(steps), *expected, "{name}");
    }
}

#[test]
fn an_offset_moves_wall_time_and_not_monotonic_time() {
    let w = play(pair(), 10_000, &[(1_000, Do::Clock(0, Some(2_000_000), Some(3_000_000)))]);
    let clock = &w.host(HostId(0)).clock;
    assert_eq!(clock.monotonic(w.now()), SimTime(19_000_000));
    assert_eq!(clock.wall(w.now()), WallTime(22_000_000));
    let w = play(pair(), 1_000, &[(0, Do::Clock(0, None, Some(-3_000_000)))]);
    assert_eq!(w.host(HostId(0)).clock.wall(w.now()), WallTime(-2_000_000), "before the beginning it goes on");
    let w = play(pair(), 2_000, &[(0, Do::Clock(0, None, Some(-3_000_000)))]);
    assert_eq!(w.host(HostId(0)).clock.wall(w.now()), WallTime(-1_000_000));
}

#[test]
fn a_timer_never_fires_early_on_its_own_clock() {
    for rate in [333_333, 999_999, 1_000_001, 1_234_567, 2_999_999] {
        for change_at in 1..40 {
            let steps = [
                (0, Do::Clock(0, Some(rate), None)),
                (0, Tell(0, Timer(50, 1))),
                (change_at, Do::Clock(0, Some(1_700_003), None)),
                (change_at + 1, Do::Clock(0, Some(rate), None)),
            ];
            let w = play(pair(), 1_000, &steps);
            let at = w.machine(ProcId(0)).log[0].0;
            assert!(at >= at_ms(50), "rate {rate}, changed at {change_at} ms: fired at {} us", at.0);
        }
    }
}

#[test]
fn timers_of_one_instant_keep_their_order_through_a_change_of_rate() {
    // 4 takes the place of 1 in the queue, which is before 2 and 3.
    let steps = [
        (0, Tell(0, Timer(5, 1))),
        (0, Tell(0, Timer(100, 2))),
        (0, Tell(0, Timer(100, 3))),
        (10, Tell(0, Timer(90, 4))),
        (20, Do::Clock(0, Some(2_000_000), None)),
    ];
    check(
        1_000,
        &steps,
        expect![[r#"
            5 a timer 1
            100 a timer 2
            100 a timer 3
            100 a timer 4
        "#]],
    );
}

#[test]
fn a_timer_that_is_taken_back_does_not_fire() {
    check(
        1_000,
        &[(0, Tell(0, Timer(100, 1))), (0, Tell(0, Timer(100, 2))), (50, Tell(0, Cancel(1)))],
        expect![[r#"
            100 a timer 2
        "#]],
    );
}

#[test]
fn a_timer_that_came_due_during_a_pause_can_still_be_taken_back() {
    let steps = [
        (0, Tell(0, Timer(200, 1))),
        (0, Tell(0, Timer(300, 2))),
        (10, Do::Pause(0)),
        (20, Tell(0, Cancel(1))),
        (500, Do::Resume(0)),
    ];
    check(
        1_000,
        &steps,
        expect![[r#"
            500 a timer 2
        "#]],
    );
}

#[test]
fn timers_die_with_their_process() {
    check(
        5_000,
        &[(0, Tell(0, Timer(2_000, 1))), (10, Do::Kill(0))],
        expect![[r#"
            1010 a start 2, ticks 0/0
        "#]],
    );
}
