//! Compares the duration of takeovers, over many runs, with the theory of FACTS 2. Only candidates run, on a store that answers
//! at once.

use std::collections::BTreeMap;
use std::rc::Rc;

use ha_lab::kube::api::{Answer, Call, Status};
use ha_lab::kube::election::{Alarm, Candidate, Effect, Input, Lock, LockKind, Now, Reading, Settings};
use ha_lab::kube::error::Failure;
use ha_lab::kube::object::{Kind, Object, Stored};
use ha_lab::sim::{SimDuration, SimTime, Stream, WallTime};

const S: u64 = 1_000_000;

#[derive(Clone, Copy, PartialEq)]
enum End {
    Crash,
    Sigterm,
}

#[derive(Default)]
struct Store {
    object: Option<Rc<Object>>,
    revision: u64,
}

impl Store {
    fn answer(&mut self, call: Call) -> Result<Answer, Failure> {
        match call {
            Call::Get { .. } if self.object.is_none() => {
                return Err(Failure::Status(Status::not_found(Kind::Lease, "l")));
            }
            Call::Update { resource_version, .. } if resource_version != self.revision => {
                return Err(Failure::Status(Status::conflict(Kind::Lease, "l")));
            }
            Call::Create { .. } if self.object.is_some() => {
                return Err(Failure::Status(Status::already_exists(Kind::Lease, "l")));
            }
            Call::Create { object } | Call::Update { object, .. } => {
                self.object = Some(object);
                self.revision += 1;
            }
            _ => {}
        }
        let object = self.object.clone().expect("stored");
        Ok(Answer::Object(Stored { resource_version: self.revision, object }))
    }
}

/// Returns the time from the end of a leader to the start of the next, in microseconds.
fn takeover(seed: u64, settings: Settings, standbys: usize, releases: bool, end: End) -> u64 {
    let mut chance = Stream::new(seed, "test");
    let mut store = Store::default();
    let mut candidates: Vec<_> = (0..=standbys)
        .map(|i| {
            let lock = Lock::new(LockKind::Leases, "kube-system", "l");
            Some(Candidate::new(format!("m-{i}").into(), settings, lock, releases))
        })
        .collect();
    let span = settings.lease_duration.as_micros() * 4;
    let mut queue: BTreeMap<(u64, usize, u8), Input> = BTreeMap::new();
    for i in 0..=standbys {
        let at = if i == 0 { 1 } else { 1 + chance.below(settings.retry_period.as_micros() * 5) };
        queue.insert((at, i, 9), Input::Begin);
    }
    let crash = span + chance.below(span);
    queue.insert((crash, 0, 0), Input::Cancelled);
    while let Some(((at, who, what), told)) = queue.pop_first() {
        if who == 0 && what == 0 && end == End::Crash {
            candidates[0] = None;
        }
        let Some(candidate) = candidates[who].as_mut() else { continue };
        let now = Now { local: SimTime(at), wall: WallTime::exact(SimTime(at)) };
        let mut todo = vec![told];
        while let Some(told) = todo.pop() {
            let mut out = Vec::new();
            candidate.told(now, &mut chance, told, &mut out);
            for effect in out {
                match effect {
                    Effect::Call(call, _) => todo.push(Input::Answer(store.answer(call))),
                    Effect::Set(alarm, after) => {
                        let kind = 1 + alarm as u8;
                        queue.retain(|key, _| (key.1, key.2) != (who, kind));
                        queue.insert((at + after.as_micros(), who, kind), Input::Alarm(alarm));
                    }
                    Effect::Unset(alarm) => queue.retain(|key, _| (key.1, key.2) != (who, 1 + alarm as u8)),
                    Effect::StartedLeading { .. } if who > 0 => return at - crash,
                    _ => {}
                }
            }
        }
        assert!(at < 20 * span, "nobody took over");
    }
    unreachable!("the queue ran dry")
}

struct Theory {
    name: &'static str,
    settings: Settings,
    standbys: usize,
    end: End,
    /// Seconds; the mean in milliseconds.
    bounds: (u64, u64),
    mean_ms: Option<u64>,
}

/// Runs many seeds: every run has to be within the bounds, and the mean within 80 ms of the theory.
fn check(theory: Theory) {
    const RUNS: u64 = 6_000;
    let Theory { name, settings, standbys, end, bounds, mean_ms } = theory;
    let mut times: Vec<u64> =
        (0..RUNS).map(|seed| takeover(seed, settings, standbys, end == End::Sigterm, end)).collect();
    times.sort_unstable();
    let (min, max) = (times[0], times[times.len() - 1]);
    let mean = times.iter().sum::<u64>() / RUNS / 1_000;
    assert!(min >= bounds.0 * S, "{name}: min {min} us");
    assert!(max <= bounds.1 * S, "{name}: max {max} us");
    if let Some(want) = mean_ms {
        // Four standard errors. The random part grows with the retry period (in the lecture's reading, with the renewal period).
        let off = if settings.reading == Reading::Lecture {
            settings.renew_deadline.as_millis() / 60
        } else {
            settings.retry_period.as_millis() / 25
        };
        assert!(mean.abs_diff(want) <= off.max(80), "{name}: mean {mean} ms, theory {want} ms");
    }
}

fn timings(reading: Reading, lease: u64, deadline: u64, retry: u64) -> Settings {
    Settings {
        enabled: true,
        reading,
        lease_duration: SimDuration::from_secs(lease),
        renew_deadline: SimDuration::from_secs(deadline),
        retry_period: SimDuration::from_secs(retry),
    }
}

/// FACTS 2 (a1), (b) and (d), and the same formulas for other timings.
#[test]
fn takeover_times() {
    use End::{Crash, Sigterm};
    use Reading::{ClientGo, Lecture};
    let row =
        |name, settings, standbys, end, bounds, mean_ms| Theory { name, settings, standbys, end, bounds, mean_ms };
    for theory in [
        row("lecture", timings(Lecture, 15, 10, 2), 1, Crash, (5, 17), Some(11_000)),
        row("client-go, 1 standby", timings(ClientGo, 15, 10, 2), 1, Crash, (13, 24), Some(17_350)),
        row("client-go, 2 standbys", timings(ClientGo, 15, 10, 2), 2, Crash, (13, 24), Some(16_500)),
        row("client-go, 4 standbys", timings(ClientGo, 15, 10, 2), 4, Crash, (13, 24), Some(15_900)),
        row("lecture, 2 standbys", timings(Lecture, 15, 10, 2), 2, Crash, (5, 17), Some(10_667)),
        row("60/40/10", timings(ClientGo, 60, 40, 10), 1, Crash, (50, 104), Some(71_750)),
        row("60/40/10, 2 standbys", timings(ClientGo, 60, 40, 10), 2, Crash, (50, 104), Some(67_500)),
        row("lecture 60/40/10", timings(Lecture, 60, 40, 10), 1, Crash, (20, 70), Some(45_000)),
        row("lecture 60/40/10, 2 standbys", timings(Lecture, 60, 40, 10), 2, Crash, (20, 70), Some(43_333)),
        row("137/107/26", timings(ClientGo, 137, 107, 26), 1, Crash, (111, 252), Some(167_550)),
        row("137/107/26, 2 standbys", timings(ClientGo, 137, 107, 26), 2, Crash, (111, 252), Some(156_500)),
        row("lecture 137/107/26", timings(Lecture, 137, 107, 26), 1, Crash, (30, 163), Some(96_500)),
        row("lecture 137/107/26, 2 standbys", timings(Lecture, 137, 107, 26), 2, Crash, (30, 163), Some(92_167)),
        row("released, 1 standby", timings(ClientGo, 15, 10, 2), 1, Sigterm, (0, 5), Some(1_680)),
        row("released, 2 standbys", timings(ClientGo, 15, 10, 2), 2, Sigterm, (0, 5), Some(1_080)),
    ] {
        check(theory);
    }
}

/// Guards the queue of this test: there are only two alarms.
#[test]
fn alarms_are_told_apart() {
    assert_ne!(Alarm::Next as u8, Alarm::Deadline as u8);
}
