//! Tests as scripts: acts at given times, then a comparison of what the toys saw.

use expect_test::Expect;
use ha_lab::sim::{HostId, ProcId, Quality, World};

use crate::common::toy::{Cmd, Note, Toy, at_ms, ms, tell, transcript, world};

/// A step of a script; hosts and processes are numbers, `a` is 0.
#[derive(Clone, Debug)]
pub enum Do {
    Tell(u16, Cmd),
    PowerOff(u16),
    PowerOn(u16),
    PauseHost(u16),
    ResumeHost(u16),
    Pause(u16),
    Resume(u16),
    Kill(u16),
    Terminate(u16),
    Stop(u16),
    Allow(u16),
    /// In one direction.
    Cut(u16, u16),
    /// In both directions.
    Split(u16, u16),
    Heal,
    /// In both directions: latency and jitter in milliseconds, loss in parts per million.
    Link(u16, u16, u64, u64, u32),
    /// Rate in parts per million, offset in microseconds.
    Clock(u16, Option<u32>, Option<i64>),
}

pub fn apply(w: &mut World<Toy>, step: Do) {
    if let Do::Tell(process, cmd) = step {
        return tell(w, process, cmd);
    }
    w.act(None, None, Note::Act("fault"));
    match step {
        Do::Tell(..) => {}
        Do::PowerOff(h) => w.power_off(HostId(h)),
        Do::PowerOn(h) => w.power_on(HostId(h)),
        Do::PauseHost(h) => w.pause_host(HostId(h)),
        Do::ResumeHost(h) => w.resume_host(HostId(h)),
        Do::Pause(p) => w.pause(ProcId(p)),
        Do::Resume(p) => w.resume(ProcId(p)),
        Do::Kill(p) => w.kill(ProcId(p)),
        Do::Terminate(p) => w.terminate(ProcId(p)),
        Do::Stop(p) => w.stop(ProcId(p)),
        Do::Allow(p) => w.allow_start(ProcId(p)),
        Do::Cut(a, b) => w.cut(HostId(a), HostId(b)),
        Do::Split(a, b) => {
            w.cut(HostId(a), HostId(b));
            w.cut(HostId(b), HostId(a));
        }
        Do::Heal => w.heal(None),
        Do::Link(a, b, latency, jitter, loss_ppm) => {
            let quality = Quality { latency: ms(latency), jitter: ms(jitter), loss_ppm };
            w.set_quality(HostId(a), HostId(b), quality);
            w.set_quality(HostId(b), HostId(a), quality);
        }
        Do::Clock(h, rate, offset) => w.set_clock(HostId(h), rate, offset),
    }
}

/// Runs a script (times in milliseconds) until `until` and returns the world.
pub fn play(mut w: World<Toy>, until: u64, steps: &[(u64, Do)]) -> World<Toy> {
    for (at, step) in steps {
        w.run_until(at_ms(*at));
        apply(&mut w, step.clone());
    }
    w.run_until(at_ms(until));
    w
}

/// Two quiet toys, `a` and `b`.
pub fn pair() -> World<Toy> {
    world(1, vec![Toy::default(), Toy::default()])
}

/// Plays a script between `a` and `b` and compares what they saw.
pub fn check(until: u64, steps: &[(u64, Do)], expect: Expect) {
    expect.assert_eq(&transcript(&play(pair(), until, steps)));
}
