//! TCP as its users see it. `a` is host 0 and connects, `b` is host 1 and answers pings.

use expect_test::expect;
use ha_lab::sim::HostId;

use crate::common::toy::Cmd::{Beat, Close, Connect, ConnectAndPing, Deaf, Ping, Reset, UserTimeout};
use crate::kernel::script::{Do, Do::Tell, check, pair, play};

const A: u16 = 0;
const B: u16 = 1;

fn connect(timeout: u64) -> Do {
    Tell(A, Connect(HostId(B), timeout))
}

#[test]
fn a_ping_is_answered() {
    check(
        100,
        &[(0, connect(3_000)), (10, Tell(A, Ping(1))), (20, Tell(A, Close))],
        expect![[r#"
            0 b accepted
            0 a connected
            10 b ping 1
            10 a pong 1
            20 b EOF
        "#]],
    );
}

#[test]
fn refused_where_the_host_is_up_and_the_port_closed() {
    check(
        100,
        &[(0, Tell(B, Deaf)), (1, connect(3_000))],
        expect![[r#"
            1 a refused
        "#]],
    );
}

#[test]
fn refused_while_a_host_boots() {
    check(
        100,
        &[(0, Do::PowerOff(B)), (1, Do::PowerOn(B)), (10, connect(3_000))],
        expect![[r#"
            10 a refused
        "#]],
    );
}

#[test]
fn connecting_times_out_where_nobody_answers() {
    for fault in [Do::PowerOff(B), Do::PauseHost(B), Do::Split(A, B), Do::Cut(A, B), Do::Cut(B, A)] {
        check(
            20_000,
            &[(0, fault), (1, connect(3_000))],
            expect![[r#"
                3001 a connect timed out
            "#]],
        );
    }
}

#[test]
fn a_lost_connection_request_is_repeated_after_one_second() {
    check(
        5_000,
        &[(0, Do::Split(A, B)), (1, connect(3_000)), (500, Do::Heal)],
        expect![[r#"
            1001 b accepted
            1001 a connected
        "#]],
    );
}

#[test]
fn a_connection_that_was_never_answered_is_not_accepted_twice_and_leaks_nothing() {
    let w = play(pair(), 20_000, &[(0, Do::Cut(B, A)), (1, connect(3_000)), (10_000, Do::Heal)]);
    assert_eq!(w.connections(), 0);
}

#[test]
fn what_is_sent_before_the_answer_arrives_is_sent_when_it_does() {
    let ping = Tell(A, ConnectAndPing(HostId(B), 3_000, 1));
    check(
        5_000,
        &[(0, Do::Split(A, B)), (1, ping), (2, Tell(A, Ping(2))), (500, Do::Heal)],
        expect![[r#"
            1001 b accepted
            1001 a connected
            1001 b ping 1
            1001 b ping 2
            1002 a pong 1
            1002 a pong 2
        "#]],
    );
}

#[test]
fn a_paused_process_has_its_connections_accepted_and_reads_all_on_resume_in_order() {
    check(
        1_000,
        &[
            (0, Do::Pause(B)),
            (1, connect(3_000)),
            (10, Tell(A, Ping(1))),
            (11, Tell(A, Ping(2))),
            (12, Tell(A, Ping(3))),
            (500, Do::Resume(B)),
        ],
        expect![[r#"
            1 a connected
            500 b accepted
            500 b ping 1
            500 b ping 2
            500 b ping 3
            500 a pong 1
            500 a pong 2
            500 a pong 3
        "#]],
    );
}

#[test]
fn a_killed_process_gives_end_of_stream() {
    check(
        900,
        &[(0, connect(3_000)), (10, Do::Kill(B))],
        expect![[r#"
            0 b accepted
            0 a connected
            10 a EOF
        "#]],
    );
}

#[test]
fn a_killed_process_that_had_not_read_gives_a_reset() {
    check(
        900,
        &[(0, connect(3_000)), (5, Do::Pause(B)), (10, Tell(A, Ping(1))), (20, Do::Kill(B))],
        expect![[r#"
            0 b accepted
            0 a connected
            20 a reset
        "#]],
    );
}

#[test]
fn a_killed_process_that_had_not_accepted_gives_a_reset() {
    check(
        900,
        &[(0, Do::Pause(B)), (5, connect(3_000)), (20, Do::Kill(B))],
        expect![[r#"
            5 a connected
            20 a reset
        "#]],
    );
}

#[test]
fn a_process_can_reset() {
    check(
        900,
        &[(0, connect(3_000)), (10, Tell(A, Reset)), (20, Tell(A, Ping(1)))],
        expect![[r#"
            0 b accepted
            0 a connected
            10 b reset
            20 a cannot send 1
        "#]],
    );
}

#[test]
fn a_host_that_was_off_and_on_resets_what_it_does_not_know() {
    check(
        9_000,
        &[(0, connect(3_000)), (10, Do::PowerOff(B)), (20, Do::PowerOn(B)), (8_000, Tell(A, Ping(1)))],
        expect![[r#"
            0 b accepted
            0 a connected
            5020 b start 2, ticks 0/0
            8000 a reset
        "#]],
    );
}

#[test]
fn what_was_sent_into_a_partition_arrives_after_it_in_order() {
    check(
        60_000,
        &[
            (0, connect(3_000)),
            (10, Do::Split(A, B)),
            (20, Tell(A, Ping(1))),
            (30, Tell(A, Ping(2))),
            (2_000, Tell(A, Ping(3))),
            (5_000, Do::Heal),
        ],
        expect![[r#"
            0 b accepted
            0 a connected
            6220 b ping 1
            6220 b ping 2
            6220 b ping 3
            6220 a pong 1
            6220 a pong 2
            6220 a pong 3
        "#]],
    );
}

#[test]
fn the_last_words_of_a_killed_process_arrive_after_a_partition() {
    check(
        9_000,
        &[(0, connect(3_000)), (10, Do::Split(A, B)), (20, Tell(A, Ping(1))), (30, Do::Kill(A)), (500, Do::Heal)],
        expect![[r#"
            0 b accepted
            0 a connected
            620 b ping 1
            620 b EOF
            1030 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn the_last_words_of_a_killed_process_reach_a_host_that_was_paused() {
    check(
        9_000,
        &[
            (0, connect(3_000)),
            (10, Do::PauseHost(B)),
            (20, Tell(A, Ping(1))),
            (30, Do::Kill(A)),
            (500, Do::ResumeHost(B)),
        ],
        expect![[r#"
            0 b accepted
            0 a connected
            620 b ping 1
            620 b EOF
            1030 a start 2, ticks 0/0
        "#]],
    );
}

#[test]
fn what_stays_unacknowledged_for_the_user_timeout_ends_the_connection() {
    for fault in [Do::PowerOff(B), Do::PauseHost(B), Do::Split(A, B), Do::Cut(A, B)] {
        check(
            60_000,
            &[(0, connect(3_000)), (5, Tell(A, UserTimeout(10_000))), (10, fault), (20, Tell(A, Ping(1)))],
            expect![[r#"
                0 b accepted
                0 a connected
                10020 a timed out
            "#]],
        );
    }
}

#[test]
fn without_a_user_timeout_it_takes_linux_default_of_924_seconds() {
    check(
        2_000_000,
        &[(0, connect(3_000)), (10, Do::PowerOff(B)), (20, Tell(A, Ping(1)))],
        expect![[r#"
            0 b accepted
            0 a connected
            924020 a timed out
        "#]],
    );
}

#[test]
fn a_one_way_cut_stops_one_way_only() {
    check(
        9_000,
        &[
            (0, Do::Cut(B, A)),
            (10, Tell(A, Beat(HostId(B), 1))),
            (20, Tell(B, Beat(HostId(A), 2))),
            (30, Do::Heal),
            (40, Tell(B, Beat(HostId(A), 3))),
        ],
        expect![[r#"
            10 b Beat(1) from 0
            40 a Beat(3) from 1
        "#]],
    );
}

#[test]
fn a_paused_host_neither_sends_nor_receives() {
    check(
        20_000,
        &[
            (0, Do::Split(A, B)),
            (1, connect(10_000)),
            (500, Do::PauseHost(A)),
            (501, Do::Heal),
            (2_000, Tell(B, Beat(HostId(A), 1))),
            (4_500, Do::ResumeHost(A)),
        ],
        expect![[r#"
            7001 b accepted
            7001 a connected
        "#]],
    );
}

#[test]
fn a_host_that_lost_power_repeats_nothing_when_it_is_back() {
    check(
        20_000,
        &[
            (0, connect(3_000)),
            (10, Do::PauseHost(B)),
            (20, Tell(A, Close)),
            (21, Do::PowerOff(A)),
            (22, Do::PowerOn(A)),
            (9_000, Do::ResumeHost(B)),
        ],
        expect![[r#"
            0 b accepted
            0 a connected
            5022 a start 2, ticks 0/0
            15021 b reset
        "#]],
    );
}

#[test]
fn nothing_is_heard_of_a_connection_after_closing_it() {
    // When it resumes, `b` finds the close command, and behind it the pong and the end of the stream.
    check(
        1_000,
        &[
            (0, Tell(B, Connect(HostId(A), 3_000))),
            (10, Tell(B, Ping(1))),
            (10, Do::Pause(B)),
            (20, Tell(B, Close)),
            (30, Tell(A, Ping(7))),
            (40, Tell(A, Close)),
            (500, Do::Resume(B)),
        ],
        expect![[r#"
            0 a accepted
            0 b connected
            10 a ping 1
            500 b pong 1
        "#]],
    );
}

#[test]
fn no_connection_outlives_both_ends() {
    let mut steps = Vec::new();
    for round in 0..200u64 {
        let at = round * 100;
        steps.push((at, connect(3_000)));
        steps.push((at + 10, Tell(A, Ping(1))));
        steps.push((at + 50, [Tell(A, Close), Do::Kill(A), Do::Kill(B), Tell(A, Reset)][round as usize % 4].clone()));
        steps.push((at + 60, Tell(A, Close)));
        steps.push((at + 70, Do::Allow(A)));
        steps.push((at + 70, Do::Allow(B)));
    }
    assert_eq!(play(pair(), 100_000, &steps).connections(), 0);
}

/// Guards against connections that one side keeps forever: neither sends, and the other has forgotten the connection.
#[test]
fn keepalive_finds_out_that_the_other_side_has_forgotten_a_connection() {
    check(
        60_000,
        &[(0, connect(3_000)), (1_000, Do::PowerOff(B)), (9_000, Do::PowerOn(B))],
        expect![[r#"
            0 b accepted
            0 a connected
            14000 b start 2, ticks 0/0
            16000 a reset
        "#]],
    );
}

#[test]
fn keepalive_gives_up_where_nobody_answers() {
    check(
        300_000,
        &[(0, connect(3_000)), (1_000, Do::PowerOff(B))],
        expect![[r#"
            0 b accepted
            0 a connected
            136000 a timed out
        "#]],
    );
}

/// The reset of the side that gives up is lost; the other side notices once the cut is repaired.
#[test]
fn keepalive_clears_what_a_lost_reset_left_behind() {
    let steps = [(0, connect(3_000)), (1_000, Do::Cut(A, B)), (2_000, Tell(A, Reset)), (40_000, Do::Heal)];
    let w = play(pair(), 60_000, &steps);
    assert_eq!(w.connections(), 0);
}
