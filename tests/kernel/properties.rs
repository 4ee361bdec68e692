//! Properties under random faults; a failure prints the smallest inputs that lead to it.

use ha_lab::sim::{HostId, ProcId, SimDuration, Stream};
use proptest::prelude::*;

use crate::common::toy::Cmd::{Beat, Cancel, Connect, Ping, Timer};
use crate::common::toy::{at_ms, digest, tell};
use crate::kernel::script::{Do, apply, pair, play};

fn numbers(lines: &[(ha_lab::sim::SimTime, String)], prefix: &str) -> Vec<u32> {
    lines.iter().filter_map(|(_, l)| l.strip_prefix(prefix)?.split([' ', ')']).next()?.parse().ok()).collect()
}

fn fault() -> impl Strategy<Value = Do> {
    let host = 0..2u16;
    prop_oneof![
        host.clone().prop_map(Do::PauseHost),
        host.clone().prop_map(Do::ResumeHost),
        host.clone().prop_map(Do::Pause),
        host.clone().prop_map(Do::Resume),
        host.clone().prop_map(|h| Do::Cut(h, 1 - h)),
        Just(Do::Heal),
        (0..50u64, 0..50u64, 0..400_000u32).prop_map(|(l, j, loss)| Do::Link(0, 1, l, j, loss)),
        (host, 500_000..2_000_000u32).prop_map(|(h, rate)| Do::Clock(h, Some(rate), None)),
    ]
}

fn deadly() -> impl Strategy<Value = Do> {
    let host = 0..2u16;
    prop_oneof![
        host.clone().prop_map(Do::PowerOff),
        host.clone().prop_map(Do::PowerOn),
        host.clone().prop_map(Do::Kill),
        host.clone().prop_map(Do::Terminate),
        host.clone().prop_map(Do::Stop),
        host.prop_map(Do::Allow),
    ]
}

fn recover(w: &mut ha_lab::sim::World<crate::common::toy::Toy>) {
    for h in 0..2 {
        for step in [Do::PowerOn(h), Do::ResumeHost(h), Do::Resume(h), Do::Allow(h)] {
            apply(w, step);
        }
    }
    apply(w, Do::Heal);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn timers_fire_in_the_order_of_time_and_then_of_setting(
        timers in prop::collection::vec((0..20u64, any::<bool>()), 1..40),
    ) {
        let mut w = pair();
        for (name, (after, _)) in timers.iter().enumerate() {
            tell(&mut w, 0, Timer(*after, name as u64));
        }
        for (name, (_, cancelled)) in timers.iter().enumerate() {
            if *cancelled {
                tell(&mut w, 0, Cancel(name as u64));
            }
        }
        w.run_until(at_ms(1_000));
        let mut expected: Vec<_> = timers.iter().enumerate().filter(|(_, t)| !t.1).map(|(n, t)| (t.0, n as u32)).collect();
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(|(_, n)| n).collect();
        prop_assert_eq!(numbers(&w.machine(ProcId(0)).log, "timer "), expected);
    }

    #[test]
    fn a_connection_delivers_each_message_once_and_in_order_through_anything_but_death(
        faults in prop::collection::vec((0..200u64, fault()), 0..20),
    ) {
        let mut w = pair();
        tell(&mut w, 0, Connect(HostId(1), 3_000));
        w.run_until(at_ms(100));
        let mut n = 0;
        for (wait, fault) in faults {
            apply(&mut w, fault);
            for _ in 0..3 {
                tell(&mut w, 0, Ping(n));
                n += 1;
            }
            let next = at_ms(w.now().as_millis() + wait);
            w.run_until(next);
        }
        recover(&mut w);
        let end = at_ms(w.now().as_millis() + 600_000);
        w.run_until(end);
        let all: Vec<u32> = (0..n).collect();
        prop_assert_eq!(numbers(&w.machine(ProcId(1)).log, "ping "), all.clone());
        prop_assert_eq!(numbers(&w.machine(ProcId(0)).log, "pong "), all);
        prop_assert_eq!(w.connections(), 1);
    }

    #[test]
    fn datagrams_keep_their_order_and_arrive_at_most_once(
        faults in prop::collection::vec((0..50u64, fault()), 0..20),
    ) {
        let mut w = pair();
        for (n, (wait, fault)) in faults.into_iter().enumerate() {
            apply(&mut w, fault);
            tell(&mut w, 0, Beat(HostId(1), n as u32));
            let next = at_ms(w.now().as_millis() + wait);
            w.run_until(next);
        }
        recover(&mut w);
        let end = at_ms(w.now().as_millis() + 10_000);
        w.run_until(end);
        let heard = numbers(&w.machine(ProcId(1)).log, "Beat(");
        prop_assert!(heard.windows(2).all(|p| p[0] < p[1]), "{heard:?}");
    }

    #[test]
    fn whatever_happens_both_come_back_and_a_run_is_repeatable(
        faults in prop::collection::vec((0..3_000u64, prop_oneof![fault(), deadly()]), 0..40),
    ) {
        let run = || {
            let mut w = pair();
            for (n, (wait, fault)) in faults.iter().enumerate() {
                tell(&mut w, 0, if n % 2 == 0 { Connect(HostId(1), 2_000) } else { Ping(n as u32) });
                apply(&mut w, fault.clone());
                let next = at_ms(w.now().as_millis() + wait);
                w.run_until(next);
            }
            recover(&mut w);
            let end = at_ms(w.now().as_millis() + 30_000);
            w.run_until(end);
            w
        };
        let mut w = run();
        prop_assert!(w.is_running(ProcId(0)) && w.is_running(ProcId(1)));
        tell(&mut w, 0, Connect(HostId(1), 3_000));
        let end = at_ms(w.now().as_millis() + 3_000);
        w.run_until(end);
        prop_assert_eq!(w.machine(ProcId(0)).log.last().map(|l| l.1.as_str()), Some("connected"));
        let mut again = run();
        tell(&mut again, 0, Connect(HostId(1), 3_000));
        again.run_until(end);
        prop_assert_eq!(digest(&again), digest(&w));
    }

    #[test]
    fn draws_stay_below_their_bound_and_depend_on_seed_and_name(seed: u64, bound in 1..u64::MAX) {
        let draws = |seed, name: &str| {
            let mut s = Stream::new(seed, name);
            (0..20).map(|_| s.below(bound)).collect::<Vec<_>>()
        };
        prop_assert!(draws(seed, "x").iter().all(|d| *d < bound));
        prop_assert_eq!(draws(seed, "x"), draws(seed, "x"));
        if bound > 1 << 20 {
            prop_assert_ne!(draws(seed, "x"), draws(seed, "y"));
            prop_assert_ne!(draws(seed, "x"), draws(seed.wrapping_add(1), "x"));
        }
    }

    #[test]
    fn a_duration_is_read_back_as_it_is_printed(us in 0..u64::MAX / 4) {
        let d = SimDuration(us);
        prop_assert_eq!(SimDuration::parse(&d.to_string()), Ok(d));
    }
}

#[test]
fn durations_are_read_as_go_reads_them() {
    let rows = [
        ("0", Ok(0)),
        ("15s", Ok(15_000_000)),
        ("1m30s", Ok(90_000_000)),
        ("1.5h", Ok(5_400_000_000)),
        (".5s", Ok(500_000)),
        ("250ms", Ok(250_000)),
        ("", Err(())),
        ("15", Err(())),
        ("s", Err(())),
        ("-1s", Err(())),
        ("1.2.3s", Err(())),
        ("1d", Err(())),
        ("99999999999999999999h", Err(())),
    ];
    for (text, expected) in rows {
        assert_eq!(SimDuration::parse(text).map(|d| d.0).map_err(|_| ()), expected, "{text:?}");
    }
    let w = play(pair(), 10, &[]);
    assert_eq!(w.now(), at_ms(10));
}
