//! The trace: causes, silences, bounded memory; and snapshots by cloning.

use ha_lab::sim::{HostId, Outcome, ProcId, RecordKind, World};

use crate::common::toy::Cmd::{Connect, Draw, Miss, Ping, Timer};
use crate::common::toy::{Note, Toy, at_ms, busy_world, digest, ms, tell, transcript, world};
use crate::kernel::script::{Do, Do::Tell, apply, pair, play};

/// Returns the chain of notes from the last one of this kind back to its origin.
fn why(w: &World<Toy>, last: impl Fn(&Note) -> bool) -> String {
    let Some(note) = w.trace().notes_from(1).rev().find(|n| last(&n.what)) else { return "never".to_owned() };
    let chain = w.trace().why(note.id, 20);
    chain.iter().map(|n| format!("{:?}", n.what)).collect::<Vec<_>>().join(" <- ")
}

#[test]
fn a_message_names_the_act_that_led_to_it() {
    let w = play(pair(), 100, &[(0, Tell(0, Connect(HostId(1), 3_000))), (10, Tell(0, Ping(5)))]);
    assert_eq!(why(&w, |n| *n == Note::Got(5)), "Got(5) <- Got(5) <- Act(\"tell\")");
}

#[test]
fn a_timer_names_what_set_it() {
    let w = play(pair(), 1_000, &[(10, Tell(0, Timer(500, 1)))]);
    assert_eq!(why(&w, |n| *n == Note::Fired(1)), "Fired(1) <- Act(\"tell\")");
}

#[test]
fn silence_names_what_explains_it() {
    let rows = [
        (Do::PowerOff(1), "Missing <- Kernel(PoweredOff) <- Act(\"fault\")"),
        (Do::PauseHost(1), "Missing <- Kernel(HostPaused) <- Act(\"fault\")"),
        (Do::Cut(1, 0), "Missing <- Act(\"fault\")"),
        (Do::Cut(0, 1), "Missing <- Act(\"fault\")"),
        (Do::Link(0, 1, 1, 1, 999_999), "Missing <- Act(\"fault\")"),
        (Do::Clock(0, None, Some(1)), "Missing <- Act(\"tell\")"),
    ];
    for (fault, expected) in rows {
        let w = play(pair(), 1_000, &[(10, fault), (500, Tell(0, Miss(HostId(1))))]);
        assert_eq!(why(&w, |n| *n == Note::Missing), expected);
    }
}

#[test]
fn a_restart_names_the_kill() {
    let w = play(pair(), 5_000, &[(10, Do::Kill(0))]);
    let started = Note::Kernel(ha_lab::sim::Occurrence::Started);
    assert_eq!(why(&w, |n| *n == started), "Kernel(Started) <- Kernel(Exited(Killed)) <- Act(\"fault\")");
}

#[test]
fn every_record_names_an_earlier_one_and_only_acts_and_the_beginning_have_no_cause() {
    let w = busy_world(3);
    for record in w.trace().records_from(1) {
        assert!(record.cause < record.id, "{record:?}");
        let first = matches!(record.kind, RecordKind::Act) || record.at == at_ms(0);
        assert!(record.cause != 0 || first, "{record:?}");
    }
}

#[test]
fn messages_say_how_they_ended() {
    let w =
        play(pair(), 9_000, &[(0, Tell(0, Connect(HostId(1), 3_000))), (10, Do::PowerOff(1)), (20, Tell(0, Ping(1)))]);
    let ends = |outcome| {
        let is = |r: &&ha_lab::sim::Record| matches!(r.kind, RecordKind::Message { outcome: o, .. } if o == outcome);
        w.trace().records_from(1).filter(is).count()
    };
    assert_eq!(ends(Outcome::Delivered), 2); // SYN and SYN-ACK
    assert!(ends(Outcome::Lost) > 1); // the ping, repeatedly
}

#[test]
fn history_is_bounded_and_the_digest_covers_all_of_it() {
    let ticking = || world(1, vec![Toy { every: Some(ms(10)), ..Toy::default() }]);
    let (short, long) = (play(ticking(), 1_000_000, &[]), play(ticking(), 5_000_000, &[]));
    let kept = |w: &World<Toy>| w.trace().records_from(1).count();
    assert!(kept(&short).abs_diff(kept(&long)) <= 256, "{} and {}", kept(&short), kept(&long));
    assert!(long.trace().last_record() >= 500_000);
    assert!(long.trace().get(1).is_none());
    assert!(long.trace().get(long.trace().last_record()).is_some());
    assert_ne!(short.trace().digest(), long.trace().digest());
}

#[test]
fn a_snapshot_stays_as_it_was_and_runs_on_as_the_original_did() {
    for cut in [0, 1_234, 20_500, 41_000] {
        let mut original = pair();
        tell(&mut original, 0, Connect(HostId(1), 3_000));
        original.set_quality(
            HostId(0),
            HostId(1),
            ha_lab::sim::Quality { latency: ms(9), jitter: ms(9), loss_ppm: 200_000 },
        );
        let steps = |w: &mut World<Toy>, from: u64, to: u64| {
            for n in (from..to).step_by(100) {
                w.run_until(at_ms(n));
                tell(w, 0, Ping(n as u32));
                if n % 10_000 == 0 {
                    apply(w, Do::Pause(1));
                    w.run_until(at_ms(n + 50));
                    apply(w, Do::Resume(1));
                }
            }
        };
        steps(&mut original, 0, cut);
        let snapshot = original.clone();
        let before = (digest(&snapshot), transcript(&snapshot), snapshot.now());
        steps(&mut original, cut, 60_000);
        assert_eq!((digest(&snapshot), transcript(&snapshot), snapshot.now()), before);
        let mut copy = snapshot;
        steps(&mut copy, cut, 60_000);
        assert_eq!(digest(&copy), digest(&original), "forked at {cut} ms");
    }
}

#[test]
fn another_component_does_not_change_ones_draws() {
    let drawn = |more: usize| {
        let mut toys = vec![Toy::default(), Toy::default()];
        toys.extend((0..more).map(|_| Toy { every: Some(ms(7)), beats_to: vec![HostId(1)], ..Toy::default() }));
        let steps: Vec<_> = (0..10).map(|n| (n * 100, Tell(0, Draw))).collect();
        let w = play(world(5, toys), 2_000, &steps);
        w.machine(ProcId(0)).log.clone()
    };
    assert_eq!(drawn(0).len(), 10);
    assert_eq!(drawn(0), drawn(3));
}

#[test]
fn a_day_leaves_nothing_behind() {
    let mut w = pair();
    for n in 0..20_000u64 {
        w.run_until(at_ms(n * 4_000));
        if n % 2 == 0 {
            tell(&mut w, 0, Connect(HostId(1), 3_000));
        } else {
            tell(&mut w, 0, crate::common::toy::Cmd::Close);
        }
        if n % 1_000 == 999 {
            apply(&mut w, [Do::Kill(0), Do::Kill(1), Do::PowerOff(1), Do::PowerOn(1)][n as usize / 1_000 % 4].clone());
        }
    }
    w.run_until(at_ms(100_000_000));
    assert_eq!(w.connections(), 0);
    assert_eq!(w.next_at(), None);
}
