//! Hosts and processes come and go: power, pauses, supervisors, what survives.

use expect_test::{Expect, expect};
use ha_lab::sim::{HostId, ProcId, Supervisor, World};

use crate::common::toy::Cmd::{Beat, Exit, Tell as TellLocal, Timer};
use crate::common::toy::{BOOT, RESTART_US, Toy, ms, transcript, world};
use crate::kernel::script::{Do, Do::Tell, check, pair, play};

/// A host with a kubelet-like parent (process 0) and its child (process 1).
fn family() -> World<Toy> {
    let mut w = World::new(1);
    let host = w.add_host("a", BOOT);
    let parent = Toy { children: vec![ProcId(1)], ..Toy::default() };
    w.add_process(host, "parent", Supervisor::Unit { restart_after_us: RESTART_US }, parent);
    w.add_process(host, "child", Supervisor::Process(ProcId(0)), Toy { every: Some(ms(100)), ..Toy::default() });
    w.boot_all();
    w
}

fn check_family(until: u64, steps: &[(u64, Do)], expect: Expect) {
    expect.assert_eq(&transcript(&play(family(), until, steps)));
}

#[test]
fn the_disk_survives_and_memory_does_not() {
    let w = world(1, vec![Toy { every: Some(ms(100)), ..Toy::default() }]);
    let w = play(w, 12_000, &[(1_050, Do::Kill(0)), (4_000, Do::PowerOff(0)), (4_500, Do::PowerOn(0))]);
    expect![[r#"
        2050 a start 2, ticks 0/10
        9500 a start 3, ticks 0/29
    "#]]
    .assert_eq(&transcript(&w));
}

#[test]
fn a_unit_is_restarted_by_its_host() {
    check(
        9_000,
        &[(100, Do::Kill(0)), (3_000, Tell(0, Exit(3))), (6_000, Do::Terminate(0))],
        expect![[r#"
            1100 a start 2, ticks 0/0
            4000 a start 3, ticks 0/0
            6000 a SIGTERM
            7000 a start 4, ticks 0/0
        "#]],
    );
}

#[test]
fn a_child_is_restarted_by_its_parent() {
    check_family(
        9_000,
        &[(150, Do::Kill(1)), (3_000, Tell(1, Exit(3))), (6_000, Do::Terminate(1))],
        expect![[r#"
            150 a/parent child Killed
            1150 a/child start 2, ticks 0/1
            3000 a/parent child exit 3
            4000 a/child start 3, ticks 0/19
            6000 a/parent child exit 0
            6000 a/child SIGTERM
            7000 a/child start 4, ticks 0/39
        "#]],
    );
}

#[test]
fn a_child_lives_on_without_its_parent_and_is_restarted_only_by_it() {
    check_family(
        9_000,
        &[(150, Do::Kill(0)), (350, Do::Kill(1))],
        expect![[r#"
            1150 a/parent start 2, ticks 0/0
            1150 a/child start 2, ticks 0/3
        "#]],
    );
}

#[test]
fn what_is_stopped_stays_down_until_it_is_allowed() {
    let steps = [(100, Do::Stop(0)), (100, Do::Kill(0)), (5_000, Do::Allow(0))];
    check(
        9_000,
        &steps,
        expect![[r#"
            5000 a start 2, ticks 0/0
        "#]],
    );
    let steps = [(100, Do::Stop(1)), (100, Do::Kill(1)), (5_000, Do::Allow(1))];
    check_family(
        9_000,
        &steps,
        expect![[r#"
            100 a/parent child Killed
            5000 a/child start 2, ticks 0/1
        "#]],
    );
}

#[test]
fn allowing_a_child_to_start_waits_for_its_parent() {
    let steps = [
        (100, Do::Stop(1)),
        (100, Do::Kill(1)),
        (200, Do::Stop(0)),
        (200, Do::Kill(0)),
        (300, Do::Allow(1)),
        (5_000, Do::Allow(0)),
    ];
    check_family(
        9_000,
        &steps,
        expect![[r#"
            100 a/parent child Killed
            5000 a/parent start 2, ticks 0/0
            5000 a/child start 2, ticks 0/1
        "#]],
    );
}

#[test]
fn allowing_a_unit_to_start_waits_for_power_and_boot() {
    let steps = [
        (100, Do::Stop(0)),
        (100, Do::PowerOff(0)),
        (200, Do::Allow(0)),
        (1_000, Do::Stop(0)),
        (1_000, Do::PowerOn(0)),
        (1_100, Do::Allow(0)),
    ];
    check(
        20_000,
        &steps,
        expect![[r#"
            6000 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn a_restart_planned_before_power_was_lost_does_not_cut_the_boot_short() {
    check(
        20_000,
        &[(0, Do::Kill(0)), (100, Do::PowerOff(0)), (200, Do::PowerOn(0))],
        expect![[r#"
            5200 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn a_restart_planned_for_an_earlier_life_does_not_shorten_the_next_one() {
    let steps = [(0, Do::Kill(0)), (400, Do::Allow(0)), (800, Do::Kill(0))];
    check(
        5_000,
        &steps,
        expect![[r#"
            400 a start 2, ticks 0/0
            1800 a start 3, ticks 0/0
        "#]],
    );
}

#[test]
fn a_restart_that_comes_due_during_a_pause_of_the_host_happens_after_it() {
    check(
        9_000,
        &[(0, Do::Kill(0)), (500, Do::PauseHost(0)), (3_000, Do::ResumeHost(0))],
        expect![[r#"
            3000 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn a_host_that_is_paused_while_it_boots_boots_after_it() {
    let steps = [(0, Do::PowerOff(0)), (100, Do::PowerOn(0)), (1_000, Do::PauseHost(0)), (9_000, Do::ResumeHost(0))];
    check(
        20_000,
        &steps,
        expect![[r#"
            9000 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn switching_off_and_on_again_while_booting_starts_from_the_beginning() {
    let steps = [(0, Do::PowerOff(0)), (100, Do::PowerOn(0)), (2_000, Do::PowerOff(0)), (3_000, Do::PowerOn(0))];
    check(
        20_000,
        &steps,
        expect![[r#"
            8000 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn a_process_on_a_paused_host_dies_when_the_host_goes_on() {
    check(
        9_000,
        &[(0, Do::PauseHost(0)), (100, Do::Kill(0)), (2_000, Do::ResumeHost(0))],
        expect![[r#"
            3000 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn a_pause_keeps_timers_and_messages_for_later() {
    for (pause, resume) in [(Do::Pause(0), Do::Resume(0)), (Do::PauseHost(0), Do::ResumeHost(0))] {
        check(
            9_000,
            &[(0, Tell(0, Timer(100, 1))), (50, pause), (2_000, resume), (2_100, Tell(0, Timer(100, 2)))],
            expect![[r#"
                2000 a timer 1
                2200 a timer 2
            "#]],
        );
    }
}

#[test]
fn a_process_paused_on_a_paused_host_needs_both_to_go_on() {
    let steps = [
        (0, Tell(0, Timer(100, 1))),
        (10, Do::Pause(0)),
        (20, Do::PauseHost(0)),
        (1_000, Do::Resume(0)),
        (2_000, Do::ResumeHost(0)),
    ];
    check(
        9_000,
        &steps,
        expect![[r#"
            2000 a timer 1
        "#]],
    );
    let steps = [
        (0, Tell(0, Timer(100, 1))),
        (10, Do::Pause(0)),
        (20, Do::PauseHost(0)),
        (1_000, Do::ResumeHost(0)),
        (2_000, Do::Resume(0)),
    ];
    check(
        9_000,
        &steps,
        expect![[r#"
            2000 a timer 1
        "#]],
    );
}

#[test]
fn sigterm_reaches_a_paused_process_when_it_goes_on_and_sigkill_at_once() {
    check(
        9_000,
        &[(0, Do::Pause(0)), (100, Do::Terminate(0)), (500, Do::Resume(0))],
        expect![[r#"
            500 a SIGTERM
            1500 a start 2, ticks 0/0
        "#]],
    );
    check(
        9_000,
        &[(0, Do::Pause(0)), (100, Do::Kill(0))],
        expect![[r#"
            1100 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn a_message_on_one_host_is_for_the_process_that_ran_when_it_was_sent() {
    check_family(
        500,
        &[(100, Tell(0, TellLocal(ProcId(1), 1)))],
        expect![[r#"
            100 a/child local Beat(1)
        "#]],
    );
    check_family(
        500,
        &[(100, Tell(0, TellLocal(ProcId(1), 1))), (100, Do::Kill(1)), (100, Do::Allow(1))],
        expect![[r#"
            100 a/parent child Killed
            100 a/child start 2, ticks 0/1
        "#]],
    );
}

#[test]
fn datagrams_to_who_is_not_there_are_lost() {
    let beat = |n| Tell(1, Beat(HostId(0), n));
    let steps = [
        (0, beat(1)),
        (10, Do::PauseHost(0)),
        (20, beat(2)),
        (30, Do::ResumeHost(0)),
        (40, Do::Pause(0)),
        (50, beat(3)),
        (60, Do::Resume(0)),
        (70, Do::Kill(0)),
        (80, beat(4)),
        (3_000, beat(5)),
    ];
    check(
        5_000,
        &steps,
        expect![[r#"
            0 a Beat(1) from 1
            60 a Beat(3) from 1
            1070 a start 2, ticks 0/0
            3000 a Beat(5) from 1
        "#]],
    );
}

#[test]
fn a_long_pause_does_not_pile_up_datagrams() {
    let beats = Toy { every: Some(ms(10)), beats_to: vec![HostId(0)], ..Toy::default() };
    let w = play(world(1, vec![Toy::default(), beats]), 3_600_000, &[(0, Do::Pause(0)), (3_599_000, Do::Resume(0))]);
    let heard = w.machine(ProcId(0)).log.len();
    assert!((256..500).contains(&heard), "heard {heard}");
}

#[test]
fn power_is_what_it_says() {
    use ha_lab::sim::Power::{Off, On, Paused};
    let rows = [(vec![Do::PowerOff(0)], Off), (vec![Do::PauseHost(0)], Paused), (vec![], On)];
    for (steps, power) in rows {
        let steps: Vec<_> = steps.into_iter().map(|s| (10, s)).collect();
        let w = play(pair(), 20, &steps);
        assert_eq!(w.host(HostId(0)).power, power);
        assert_eq!(w.is_running(ProcId(0)), power == On);
        assert_eq!(w.host(HostId(0)).down_because != 0, power != On);
    }
}
