//! The state machine of the election, in the rows of FACTS 1.8, with scripted answers of the API.

use std::rc::Rc;

use ha_lab::kube::api::{Answer, Call, Status};
use ha_lab::kube::election::{Alarm, Candidate, Effect, Input, Lock, LockKind, Now, Phase, Reading, Record, Settings};
use ha_lab::kube::error::{Failure, TransportError};
use ha_lab::kube::object::{Body, Kind, Lease, Meta, Object, Stored};
use ha_lab::sim::{SimDuration, SimTime, Stream, WallTime};

const S: u64 = 1_000_000;
const NOW: u64 = 2_000 * 3_600 * S;
const PAST: u64 = 1_000 * 3_600 * S;
const FUTURE: u64 = 3_000 * 3_600 * S;

fn secs(s: u64) -> SimDuration {
    SimDuration::from_secs(s)
}

fn settings(lease: u64, deadline: u64, retry: u64) -> Settings {
    let (lease_duration, renew_deadline, retry_period) = (secs(lease), secs(deadline), secs(retry));
    Settings { lease_duration, renew_deadline, retry_period, ..Settings::default() }
}

fn held(holder: &str, seconds: u32) -> Record {
    Record { holder_identity: holder.into(), lease_duration_seconds: seconds, ..Record::default() }
}

fn stored(record: &Record) -> Answer {
    let meta = Meta { name: "foo".into(), namespace: "bar".into(), ..Meta::default() };
    let object = Rc::new(Object { meta, body: Body::Lease(Lease::from(record)) });
    Answer::Object(Stored { resource_version: 7, object })
}

/// An answer of the scripted API.
#[derive(Clone)]
enum Reply {
    NotFound,
    Record(Record),
    /// Stores the object that was sent.
    Ok,
    Conflict,
    AlreadyExists,
    Unreachable,
    /// No answer, until the candidate is cancelled.
    Cancel,
}

/// An exact clock.
fn wall(at: u64) -> WallTime {
    WallTime::exact(SimTime(at))
}

/// One candidate, its clock, and all its effects.
struct InMemoryBackend {
    candidate: Candidate,
    at: u64,
    chance: Stream,
    call: Option<Call>,
    ops: Vec<&'static str>,
    events: Vec<&'static str>,
    started: Option<u32>,
    stopped: Option<bool>,
    next: Option<u64>,
    deadline: Option<u64>,
    expired: usize,
    failed: bool,
}

impl InMemoryBackend {
    fn new(settings: Settings) -> Self {
        let lock = Lock::new(LockKind::Leases, "bar", "foo");
        InMemoryBackend {
            candidate: Candidate::new("baz".into(), settings, lock, true),
            at: NOW,
            chance: Stream::new(1, "jitter"),
            call: None,
            ops: Vec::new(),
            events: Vec::new(),
            started: None,
            stopped: None,
            next: None,
            deadline: None,
            expired: 0,
            failed: false,
        }
    }

    fn observed(mut self, record: Record, raw: bool, at: u64) -> Self {
        self.candidate = self.candidate.with_observed(record, raw, SimTime(at));
        self
    }

    fn tell(&mut self, told: Input) {
        let mut out = Vec::new();
        let now = Now { local: SimTime(self.at), wall: wall(self.at) };
        self.candidate.told(now, &mut self.chance, told, &mut out);
        for effect in out {
            match effect {
                Effect::Call(call, _) => {
                    assert!(self.call.is_none(), "two calls in flight");
                    self.ops.push(match call {
                        Call::Get { .. } => "get",
                        Call::Create { .. } => "create",
                        Call::Update { .. } => "update",
                        _ => "other",
                    });
                    self.call = Some(call);
                }
                Effect::CancelCall => self.call = None,
                Effect::Set(Alarm::Next, after) => self.next = Some(self.at + after.as_micros()),
                Effect::Set(Alarm::Deadline, after) => self.deadline = Some(self.at + after.as_micros()),
                Effect::Unset(Alarm::Next) => self.next = None,
                Effect::Unset(Alarm::Deadline) => self.deadline = None,
                Effect::Expired { .. } => self.expired += 1,
                Effect::Event(what) => self.events.push(what),
                Effect::StartedLeading { transitions } => self.started = Some(transitions),
                Effect::StoppedLeading { cancelled, .. } => self.stopped = Some(cancelled),
                Effect::FailedToRenew => self.failed = true,
                Effect::Log(_) | Effect::Released | Effect::Vacant { .. } => {}
            }
        }
    }

    fn reply(&mut self, reply: &Reply) {
        let Some(call) = self.call.take() else { panic!("a reply, but no call: {:?}", self.ops) };
        let sent = match &call {
            Call::Create { object } | Call::Update { object, .. } => object.lease().map(Record::from),
            _ => None,
        };
        let status = |s| Err(Failure::Status(s));
        let answer = match reply {
            Reply::NotFound => status(Status::not_found(Kind::Lease, "foo")),
            Reply::Record(record) => Ok(stored(record)),
            Reply::Ok => Ok(stored(&sent.expect("a write"))),
            Reply::Conflict => status(Status::conflict(Kind::Lease, "foo")),
            Reply::AlreadyExists => status(Status::already_exists(Kind::Lease, "foo")),
            Reply::Unreachable => Err(Failure::Transport(TransportError::Refused)),
            Reply::Cancel => {
                self.call = Some(call);
                return self.tell(Input::Cancelled);
            }
        };
        self.tell(Input::Answer(answer));
    }

    /// Advances to the next alarm.
    fn wait(&mut self) {
        let next = self.next.unwrap_or(u64::MAX);
        let deadline = self.deadline.unwrap_or(u64::MAX);
        if deadline <= next {
            self.at = deadline;
            self.deadline = None;
            self.tell(Input::Alarm(Alarm::Deadline));
        } else {
            self.at = next;
            self.next = None;
            self.tell(Input::Alarm(Alarm::Next));
        }
    }
}

struct Row {
    name: &'static str,
    observed: Option<(Record, bool, u64)>,
    /// The expected call, and its reply; `wait` lets 3 s pass and wakes the candidate.
    script: Vec<(&'static str, Reply)>,
    result: bool,
    holder: &'static str,
    transitions: u32,
}

/// Drives one attempt (or two, with `wait`) and compares calls, result, holder and transitions.
fn check(row: Row) {
    let name = row.name;
    let mut bench = InMemoryBackend::new(settings(10, 8, 2));
    if let Some((record, raw, at)) = row.observed {
        bench = bench.observed(record, raw, at);
    }
    bench.tell(Input::Begin);
    let mut expected = Vec::new();
    for (op, reply) in &row.script {
        if *op == "wait" {
            bench.at += 3 * S;
            bench.tell(Input::Alarm(Alarm::Next));
            continue;
        }
        expected.push(*op);
        assert_eq!(bench.ops.last(), Some(op), "{name}: calls so far {:?}", bench.ops);
        bench.reply(reply);
    }
    assert_eq!(bench.ops[..expected.len()], expected[..], "{name}: calls");
    assert_eq!(bench.started.is_some(), row.result, "{name}: result");
    assert_eq!(&**bench.candidate.observed_holder(), row.holder, "{name}: holder");
    assert_eq!(&**bench.candidate.reported_leader(), row.holder, "{name}: reported leader");
    let transitions = bench.candidate.record().map(|r| r.leader_transitions);
    assert_eq!(transitions, Some(row.transitions), "{name}: transitions");
    if !row.result {
        assert_eq!(bench.ops.len(), expected.len(), "{name}: no further call");
    }
}

/// FACTS 1.8 (A1 to A8, C1, C2); the calls of the last two are those of A7 and A8.
#[test]
fn one_attempt() {
    use Reply::{Ok, Record as Is};
    let row = |name, observed, script, result, holder, transitions| Row {
        name,
        observed,
        script,
        result,
        holder,
        transitions,
    };
    let bing = || held("bing", 0);
    for r in [
        row("A1 no object", None, vec![("get", Reply::NotFound), ("create", Ok)], true, "baz", 0),
        row("A2 object without record", None, vec![("get", Is(Record::default())), ("update", Ok)], true, "baz", 1),
        row(
            "A3 led, 3 s in the record",
            None,
            vec![("get", Is(held("bing", 3))), ("wait", Ok), ("get", Is(held("bing", 3))), ("update", Ok)],
            true,
            "baz",
            1,
        ),
        row("A4 unled", None, vec![("get", Is(held("", 0))), ("update", Ok)], true, "baz", 1),
        row("A5 led, un-acked", Some((bing(), true, PAST)), vec![("get", Is(bing())), ("update", Ok)], true, "baz", 1),
        row(
            "A6 empty-led, acked",
            Some((held("", 0), true, FUTURE)),
            vec![("get", Is(held("", 0))), ("update", Ok)],
            true,
            "baz",
            1,
        ),
        row("A7 led, acked", Some((held("", 0), false, FUTURE)), vec![("get", Is(held("bing", 10)))], false, "bing", 0),
        row(
            "A8 renew own",
            Some((held("baz", 0), false, FUTURE)),
            vec![("get", Is(held("baz", 0))), ("update", Ok)],
            true,
            "baz",
            0,
        ),
        row(
            "C1 led by other",
            Some((held("", 0), false, FUTURE)),
            vec![("get", Is(held("bing", 10)))],
            false,
            "bing",
            0,
        ),
        row(
            "C2 renew own",
            Some((held("baz", 0), false, FUTURE)),
            vec![("get", Is(held("baz", 0))), ("update", Ok)],
            true,
            "baz",
            0,
        ),
        row(
            "two PUTs on one resourceVersion: the 409 loses",
            Some((held("bing", 3), true, PAST)),
            vec![("get", Is(held("bing", 3))), ("update", Reply::Conflict)],
            false,
            "bing",
            0,
        ),
        row(
            "lease of exactly 3 s: at 3 s it is free",
            Some((held("bing", 3), true, NOW - 3 * S)),
            vec![("get", Is(held("bing", 3))), ("update", Ok)],
            true,
            "baz",
            1,
        ),
        row(
            "one microsecond before it is not",
            Some((held("bing", 3), true, NOW - 3 * S + 1)),
            vec![("get", Is(held("bing", 3)))],
            false,
            "bing",
            0,
        ),
    ] {
        check(r);
    }
}

/// In the create race both read 404, and the second create loses.
#[test]
fn create_race() {
    let mut bench = InMemoryBackend::new(settings(15, 10, 2));
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::AlreadyExists);
    assert_eq!((bench.ops, bench.started), (vec!["get", "create"], None));
}

struct Life {
    name: &'static str,
    settings: Settings,
    observed: Option<Record>,
    replies: Vec<Reply>,
    ops: Vec<&'static str>,
    events: Vec<&'static str>,
    holder: &'static str,
}

/// Drives a candidate from start to end: replies in order, and waits whenever no call is in flight.
fn check_life(life: Life) {
    let name = life.name;
    let mut bench = InMemoryBackend::new(life.settings);
    if let Some(record) = life.observed {
        bench = bench.observed(record, true, PAST);
    }
    bench.tell(Input::Begin);
    for reply in &life.replies {
        while bench.call.is_none() {
            assert!(bench.stopped.is_none(), "{name}: over too early: {:?}", bench.ops);
            bench.wait();
        }
        bench.reply(reply);
    }
    assert_eq!(bench.ops, life.ops, "{name}: calls");
    assert_eq!(bench.events, life.events, "{name}: events");
    assert_eq!(&**bench.candidate.observed_holder(), life.holder, "{name}: holder");
}

/// FACTS 1.8 (R1 to R4, F1, F2): release, and the fast path.
#[test]
fn lives() {
    use Reply::{Cancel, Conflict, NotFound, Ok};
    let both = || vec!["became leader", "stopped leading"];
    let short = || settings(15, 2, 1);
    let mine = || Reply::Record(held("baz", 15));
    for life in [
        Life {
            name: "R1, R2, R4: cancelled during an update, released after a GET",
            settings: short(),
            observed: Some(held("baz", 15)),
            replies: vec![mine(), Ok, Cancel, mine(), Ok],
            ops: vec!["get", "update", "update", "get", "update"],
            events: both(),
            holder: "",
        },
        Life {
            name: "R3: a conflict is retried",
            settings: short(),
            observed: Some(held("baz", 15)),
            replies: vec![mine(), Ok, Cancel, mine(), Conflict, mine(), Ok],
            ops: vec!["get", "update", "update", "get", "update", "get", "update"],
            events: both(),
            holder: "",
        },
        Life {
            name: "R4: cancelled during a get",
            settings: short(),
            observed: None,
            replies: vec![NotFound, Ok, Conflict, Cancel, mine(), Ok],
            ops: vec!["get", "create", "update", "get", "get", "update"],
            events: both(),
            holder: "",
        },
        Life {
            name: "release of a lease that is gone",
            settings: short(),
            observed: None,
            replies: vec![NotFound, Ok, Cancel, NotFound],
            ops: vec!["get", "create", "update", "get"],
            events: both(),
            holder: "baz",
        },
        Life {
            name: "release of a lease that another took: not written",
            settings: short(),
            observed: None,
            replies: vec![NotFound, Ok, Cancel, Reply::Record(held("bing", 15))],
            ops: vec!["get", "create", "update", "get"],
            events: both(),
            holder: "baz",
        },
        Life {
            name: "F1: renewals do not read",
            settings: short(),
            observed: None,
            replies: vec![NotFound, Ok, Ok, Ok],
            ops: vec!["get", "create", "update", "update"],
            events: vec!["became leader"],
            holder: "baz",
        },
        Life {
            name: "F2: a conflict falls back to reading",
            settings: short(),
            observed: None,
            replies: vec![NotFound, Ok, Ok, Conflict, mine(), Ok, Ok],
            ops: vec!["get", "create", "update", "update", "get", "update", "update"],
            events: vec!["became leader"],
            holder: "baz",
        },
        Life {
            name: "the lease is deleted under its leader: made again, still leader",
            settings: short(),
            observed: None,
            replies: vec![NotFound, Ok, NotFound, NotFound, Ok, Ok],
            ops: vec!["get", "create", "update", "get", "create", "update"],
            events: vec!["became leader"],
            holder: "baz",
        },
    ] {
        check_life(life);
    }
}

/// A leader that is cut off tries every retry period, and exits when the round has lasted the renew deadline.
#[test]
fn leader_without_api_leaves_after_its_deadline() {
    let mut bench = InMemoryBackend::new(settings(15, 10, 2));
    bench.candidate = Candidate::new("baz".into(), settings(15, 10, 2), Lock::new(LockKind::Leases, "b", "f"), false);
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::Ok);
    bench.reply(&Reply::Ok);
    let last = bench.at;
    let mut tries = Vec::new();
    while bench.stopped.is_none() {
        while bench.call.is_some() {
            if tries.last() != Some(&((bench.at - last) / S)) {
                tries.push((bench.at - last) / S);
            }
            bench.reply(&Reply::Unreachable);
        }
        bench.wait();
    }
    assert_eq!(tries, [2, 4, 6, 8, 10], "seconds after the last renewal");
    assert_eq!((bench.at - last) / S, 12);
    assert_eq!((bench.failed, bench.stopped), (true, Some(false)));
    assert_eq!(bench.events, ["became leader", "stopped leading"]);
}

/// For a leader whose calls hang, ticks that passed meanwhile count as one, and the deadline cancels the call.
#[test]
fn leader_with_hanging_api() {
    let mut bench = InMemoryBackend::new(settings(15, 10, 2));
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::Ok);
    bench.reply(&Reply::Ok);
    bench.wait();
    let start = bench.at;
    bench.at = start + 5 * S;
    bench.reply(&Reply::Unreachable); // the fast PUT, after its limit
    bench.reply(&Reply::Unreachable); // the GET, at once: the attempt failed after 5 s
    assert_eq!(bench.ops.last(), Some(&"update"), "the missed tick is made up at once");
    bench.reply(&Reply::Unreachable);
    bench.reply(&Reply::Unreachable);
    assert_eq!(bench.next, Some(start + 6 * S), "then the beat goes on");
    bench.wait();
    bench.at = start + 10 * S;
    bench.deadline = None;
    bench.tell(Input::Alarm(Alarm::Deadline));
    assert_eq!(bench.candidate.phase(), Phase::Releasing);
    bench.reply(&Reply::Unreachable);
    assert_eq!(bench.stopped, Some(false));
}

/// A paused leader that wakes after another took over acts for a fresh renew deadline (FACTS 1.7 and 9).
#[test]
fn paused_leader_goes_on_for_a_fresh_deadline() {
    let mut bench = InMemoryBackend::new(settings(15, 10, 2));
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::Ok);
    bench.reply(&Reply::Ok);
    let woke = bench.at + 60 * S;
    bench.at = woke;
    bench.next = None;
    bench.tell(Input::Alarm(Alarm::Next));
    while bench.candidate.phase() == Phase::Leading {
        while bench.call.is_some() {
            assert_eq!(bench.ops.last(), Some(&"get"), "its own lease is over: no fast path");
            bench.reply(&Reply::Record(held("bing", 15)));
        }
        bench.wait();
    }
    assert_eq!(bench.at - woke, 10 * S);
}

/// The lecture's holder renews every 10 s, retries every 2 s if it cannot, and exits when its lease has expired.
#[test]
fn lecture_holder() {
    let mut bench = InMemoryBackend::new(Settings { reading: Reading::Lecture, ..settings(15, 10, 2) });
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::Ok);
    assert!(bench.call.is_none(), "no second write at once");
    for _ in 0..3 {
        let before = bench.at;
        bench.wait();
        assert_eq!(bench.at - before, 10 * S);
        bench.reply(&Reply::Ok);
    }
    let last = bench.at;
    let mut tries = Vec::new();
    while bench.stopped.is_none() {
        bench.wait();
        if bench.call.is_some() {
            tries.push((bench.at - last) / S);
        }
        while bench.call.is_some() {
            bench.reply(&Reply::Unreachable);
        }
    }
    assert_eq!(tries, [10, 12, 14]);
    assert_eq!((bench.at - last) / S, 15);
    assert!(bench.failed);
}

/// The lecture's holder exits at once if it reads another name in the record.
#[test]
fn lecture_holder_that_lost() {
    let mut bench = InMemoryBackend::new(Settings { reading: Reading::Lecture, ..settings(15, 10, 2) });
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::Ok);
    bench.wait();
    bench.reply(&Reply::Conflict);
    let other = Record { renew_time: Some(wall(bench.at)), ..held("bing", 15) };
    bench.reply(&Reply::Record(other));
    assert_eq!(bench.stopped, Some(false));
}

/// FACTS 1.8 (H1 to H5): the health watchdog.
#[test]
fn health() {
    let own = || Some(held("healthTest", 60));
    for (name, record, age, want) in [
        ("H1 not initialised", None, 3_600, Ok(())),
        ("H2 own lease, an hour old", own(), 3_600, Err("failed election to renew leadership on lease foo".to_owned())),
        ("H3 another's lease", Some(held("other", 60)), 3_600, Ok(())),
        ("H4 own lease, fresh", own(), 0, Ok(())),
        ("H5 own lease, within the grace", own(), 61, Ok(())),
        ("at the limit", own(), 80, Ok(())),
    ] {
        let lock = Lock::new(LockKind::Leases, "bar", "foo");
        let mut candidate = Candidate::new("healthTest".into(), settings(60, 10, 2), lock, false);
        if let Some(record) = record {
            candidate = candidate.with_observed(record, true, SimTime(NOW - age * S));
        }
        let now = Now { local: SimTime(NOW), wall: wall(NOW) };
        assert_eq!(candidate.healthz(now, secs(20)), want, "{name}");
    }
}

/// FACTS 1.1 and 1.8 (V1, V2): the error texts, and their order.
#[test]
fn validation() {
    for (name, s, identity, want) in [
        ("V1", settings(15, 2, 1), "baz", Ok(())),
        ("V2", settings(15, 2, 1), "", Err("Lock identity is empty")),
        ("equal", settings(10, 10, 2), "baz", Err("leaseDuration must be greater than renewDeadline")),
        ("jitter", settings(15, 12, 10), "baz", Err("renewDeadline must be greater than retryPeriod*JitterFactor")),
        ("first rule first", settings(0, 0, 0), "baz", Err("leaseDuration must be greater than renewDeadline")),
        ("no retry", settings(15, 10, 0), "baz", Err("retryPeriod must be greater than zero")),
        ("election off", Settings { enabled: false, ..settings(0, 0, 0) }, "", Ok(())),
        ("lecture has no jitter", Settings { reading: Reading::Lecture, ..settings(15, 12, 10) }, "baz", Ok(())),
    ] {
        let candidate = Candidate::new(identity.into(), s, Lock::new(LockKind::Leases, "bar", "foo"), false);
        assert_eq!(candidate.validate(), want, "{name}");
    }
}

/// New settings are in force from the next step on: the next write has the new duration.
#[test]
fn settings_change_while_it_leads() {
    let mut bench = InMemoryBackend::new(settings(15, 10, 2));
    bench.tell(Input::Begin);
    bench.reply(&Reply::NotFound);
    bench.reply(&Reply::Ok);
    bench.reply(&Reply::Ok);
    bench.candidate.set(settings(60, 40, 10));
    assert_eq!(bench.candidate.record().map(|r| r.lease_duration_seconds), Some(15));
    bench.wait();
    bench.reply(&Reply::Ok);
    assert_eq!(bench.candidate.record().map(|r| r.lease_duration_seconds), Some(60));
    assert_eq!(bench.next, Some(bench.at + 10 * S));
}

/// Without election a candidate acts at once, and makes no call.
#[test]
fn election_off() {
    let mut bench = InMemoryBackend::new(Settings { enabled: false, ..settings(15, 10, 2) });
    bench.tell(Input::Begin);
    assert_eq!((bench.started, bench.ops.len(), bench.candidate.is_acting()), (Some(0), 0, true));
    bench.tell(Input::Cancelled);
    assert_eq!((bench.stopped, bench.events.len()), (Some(true), 0));
}
