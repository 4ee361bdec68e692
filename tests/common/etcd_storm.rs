//! Random faults on a few etcd members while clients read and write through all of them. A seed determines one storm: its
//! faults, its requests, its network. Raft's invariants are checked all the time. Then every fault is repaired, and the
//! members must agree and serve again within a bound. `linearizable.rs` judges the history of the clients.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use ha_lab::etcd::raft::invariants::Checker;
use ha_lab::etcd::{Compare, Op, Reply, Span, Txn, TxnOp};
use ha_lab::kube::Value;
use ha_lab::kube::trace_event::TraceEvent;
use ha_lab::sim::{HostId, Quality, SimDuration, SimTime, Stream};

use crate::common::etcd_world::Cluster;
use crate::common::soak::progress;

/// Clients start when there is a leader, faults a little later.
const BEGIN_MS: u64 = 6_000;
const STEP_MS: u64 = 20;
/// The longest time from the last repair until all members agree and serve.
const RECOVERY_MS: u64 = 20_000;
/// A client gives up on a request after this time, and does not know its outcome.
const PATIENCE_MS: u64 = 10_000;

/// The parameters of a storm, drawn from its seed.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub members: usize,
    /// Hosts whose members may be added.
    pub spare: usize,
    pub storm_ms: u64,
    pub clients: usize,
    pub keys: usize,
    /// Reads are answered from the member's own state.
    pub stale_reads: bool,
}

pub const SMALL: Shape = Shape { members: 3, spare: 0, storm_ms: 12_000, clients: 5, keys: 6, stale_reads: false };

/// An act on the members; numbers are hosts.
#[derive(Clone, Debug)]
pub enum Fault {
    PowerOff(u16),
    PowerOn(u16),
    Kill(u16),
    Pause(u16),
    Resume(u16),
    PauseHost(u16),
    ResumeHost(u16),
    /// In one direction.
    Cut(u16, u16),
    Isolate(u16),
    Loss(u16, u16, u32),
    Clock(u16, u32),
    Heal,
    Add {
        through: u16,
        host: u16,
        learner: bool,
    },
    Remove {
        through: u16,
        place: u16,
    },
    Promote {
        through: u16,
    },
    MoveLeader {
        to: u16,
    },
}

pub type Plan = Vec<(u64, Fault)>;

#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Put(u64),
    /// Put if the key has this version.
    Cas {
        version: u64,
        value: u64,
    },
    Get,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Done(bool),
    /// Version and value; zeros if there is no such key.
    Found(u64, u64),
}

/// One request and its result. `None` if the outcome is unknown.
#[derive(Clone, Debug)]
pub struct Call {
    pub client: u32,
    pub key: usize,
    pub asked: Asked,
    pub from: SimTime,
    pub to: Option<(SimTime, Said)>,
}

/// The result of a storm that succeeded.
#[derive(Clone, Debug)]
pub struct Weather {
    pub calls: Vec<Call>,
    /// The time until everything worked again.
    pub recovery_ms: u64,
    /// The highest committed index and term, as a measure of what was tested.
    pub committed: u64,
    pub terms: u64,
}

pub fn plan(shape: Shape, seed: u64) -> Plan {
    let mut chance = Stream::new(seed, "etcd faults");
    let all = (shape.members + shape.spare) as u64;
    let count = 2 + chance.below(10);
    let mut plan: Plan = (0..count)
        .map(|_| {
            let at = BEGIN_MS + 500 + chance.below(shape.storm_ms);
            let a = chance.below(shape.members as u64) as u16;
            let b = chance.below(all) as u16;
            let changes = if shape.spare > 0 { 22 } else { 18 };
            let fault = match chance.below(changes) {
                0 => Fault::PowerOff(a),
                1 => Fault::PowerOn(b),
                2 | 3 => Fault::Kill(a),
                4 | 5 => Fault::Pause(a),
                6 | 7 => Fault::Resume(a),
                8 => Fault::PauseHost(a),
                9 => Fault::ResumeHost(a),
                10 | 11 => Fault::Cut(a, b),
                12 => Fault::Isolate(a),
                13 => Fault::Loss(a, b, chance.below(500_000) as u32),
                14 => Fault::Clock(a, 500_000 + chance.below(1_500_000) as u32),
                15 => Fault::MoveLeader { to: a },
                16 | 17 => Fault::Heal,
                18 | 19 => {
                    let host = shape.members as u64 + chance.below(shape.spare as u64);
                    Fault::Add { through: a, host: host as u16, learner: chance.below(2) == 0 }
                }
                20 => Fault::Promote { through: a },
                _ => Fault::Remove { through: a, place: b },
            };
            (at, fault)
        })
        .collect();
    plan.sort_by_key(|(at, _)| *at);
    plan
}

fn inflict(c: &mut Cluster, shape: Shape, fault: &Fault) {
    c.world.act(None, None, TraceEvent::Act("fault".into()));
    let hosts = shape.members + shape.spare;
    match *fault {
        Fault::PowerOff(h) => c.world.power_off(HostId(h)),
        Fault::PowerOn(h) => c.world.power_on(HostId(h)),
        Fault::Kill(h) => c.world.kill(c.members[h as usize]),
        Fault::Pause(h) => c.world.pause(c.members[h as usize]),
        Fault::Resume(h) => c.world.resume(c.members[h as usize]),
        Fault::PauseHost(h) => c.world.pause_host(HostId(h)),
        Fault::ResumeHost(h) => c.world.resume_host(HostId(h)),
        Fault::Cut(a, b) if a != b => c.world.cut(HostId(a), HostId(b)),
        Fault::Cut(..) => {}
        Fault::Isolate(h) => {
            for other in (0..hosts as u16).filter(|o| *o != h) {
                c.world.cut(HostId(h), HostId(other));
                c.world.cut(HostId(other), HostId(h));
            }
        }
        Fault::Loss(a, b, loss_ppm) => {
            let quality =
                Quality { latency: SimDuration::from_millis(20), jitter: SimDuration::from_millis(30), loss_ppm };
            c.world.set_quality(HostId(a), HostId(b), quality);
        }
        Fault::Clock(h, rate) => c.world.set_clock(HostId(h), Some(rate), None),
        Fault::Heal => c.world.heal(None),
        Fault::Add { through, host, learner } => {
            // A removed member keeps its data directory, and never starts with it again, as in a real cluster.
            let id = c.member(host as usize).config().id;
            if (0..c.members.len()).any(|i| c.member(i).members().was_removed(id)) {
                return;
            }
            c.ask(through as usize, Op::MemberAdd { host: HostId(host), learner });
            c.world.power_on(HostId(host));
        }
        Fault::Remove { through, place } => {
            let known = &c.member(through as usize).members().list;
            if let Some(id) = known.get(place as usize % known.len().max(1)).map(|m| m.id) {
                c.ask(through as usize, Op::MemberRemove { id });
            }
        }
        Fault::Promote { through } => {
            let conf = c.member(through as usize).raft().map(|r| r.durable().conf_state.clone());
            if let Some(id) = conf.and_then(|conf| conf.learners.first().copied()) {
                c.ask(through as usize, Op::MemberPromote { id });
            }
        }
        Fault::MoveLeader { to } => {
            if let Some(leader) = c.leader() {
                c.ask(leader, Op::MoveLeader { to: u64::from(to) + 1 });
            }
        }
    }
}

fn mend(c: &mut Cluster, shape: Shape) {
    c.world.act(None, None, TraceEvent::Act("mended".into()));
    c.world.heal(None);
    for i in 0..shape.members + shape.spare {
        let host = HostId(i as u16);
        c.world.resume_host(host);
        c.world.power_on(host);
        c.world.set_clock(host, Some(1_000_000), None);
        c.world.resume(c.members[i]);
    }
}

/// A client's slot: the request that it waits for, and its name. A name is used again only after an answer.
struct Seat {
    name: u32,
    member: usize,
    open: Option<(usize, u64)>,
    next_at: u64,
}

struct Run {
    shape: Shape,
    cluster: Cluster,
    chance: Stream,
    seats: Vec<Seat>,
    names: u32,
    calls: Vec<Call>,
    versions: Vec<u64>,
    checker: Checker,
}

impl Run {
    fn new(shape: Shape, seed: u64) -> Self {
        let cluster = Cluster::with(shape.members, shape.spare, 2 << 30, seed);
        let seat = |i: usize| Seat { name: i as u32, member: i % shape.members, open: None, next_at: BEGIN_MS };
        Run {
            shape,
            cluster,
            chance: Stream::new(seed, "requests"),
            seats: (0..shape.clients).map(seat).collect(),
            names: shape.clients as u32,
            calls: Vec::new(),
            versions: vec![0; shape.keys],
            checker: Checker::new(64),
        }
    }

    fn now_ms(&self) -> u64 {
        self.cluster.world.now().as_millis()
    }

    fn check(&mut self) -> Result<(), String> {
        let running = (0..self.cluster.members.len()).filter_map(|i| self.cluster.member(i).raft());
        let rafts: Vec<_> = running.collect();
        self.checker.check(&rafts).map_err(|broken| broken.to_string())
    }

    fn ask(&mut self, seat: usize) {
        let key = self.chance.below(self.shape.keys as u64) as usize;
        let value = self.calls.len() as u64 + 1;
        let asked = match self.chance.below(5) {
            0 | 1 => Asked::Put(value),
            2 => Asked::Cas { version: self.versions[key].saturating_sub(self.chance.below(2)), value },
            _ => Asked::Get,
        };
        self.send(seat, key, asked, self.shape.stale_reads);
    }

    fn send(&mut self, seat: usize, key: usize, asked: Asked, serializable: bool) {
        let name: Rc<str> = format!("k{key}").into();
        let put = |value: u64| TxnOp::Put { key: name.clone(), value: Value::Text(value.to_string().into()) };
        let op = match asked {
            Asked::Put(value) => Op::Txn(Rc::new(Txn { compare: vec![], success: vec![put(value)], failure: vec![] })),
            Asked::Cas { version, value } => {
                let compare = vec![Compare::Version { key: name.clone(), equals: version }];
                Op::Txn(Rc::new(Txn { compare, success: vec![put(value)], failure: vec![] }))
            }
            Asked::Get => Op::Range { span: Span::One(name), revision: 0, limit: 0, serializable, count_only: false },
        };
        let from = self.cluster.world.now();
        let id = self.cluster.ask(self.seats[seat].member, op);
        self.seats[seat].open = Some((self.calls.len(), id));
        self.calls.push(Call { client: self.seats[seat].name, key, asked, from, to: None });
    }

    fn serve_seats(&mut self, asking: bool) {
        let now = self.now_ms();
        for seat in 0..self.seats.len() {
            let Seat { member, open, .. } = self.seats[seat];
            if let Some((call, id)) = open {
                let heard = self.cluster.client(member).heard.iter().rev().find(|(_, r)| r.id == id);
                let heard = heard.map(|(at, r)| (*at, r.result.clone()));
                match heard {
                    Some((at, Ok(reply))) => {
                        self.calls[call].to = Some((at, self.said(call, &reply)));
                        self.seats[seat].open = None;
                    }
                    // It failed or got no answer: it may or may not take effect, now or later.
                    Some((_, Err(_))) => self.leave(seat),
                    None if now > self.calls[call].from.as_millis() + PATIENCE_MS => self.leave(seat),
                    None => continue,
                }
                self.seats[seat].next_at = now + self.chance.below(600);
            }
            if asking && self.seats[seat].open.is_none() && now >= self.seats[seat].next_at {
                self.ask(seat);
            }
        }
    }

    fn leave(&mut self, seat: usize) {
        self.seats[seat].open = None;
        self.seats[seat].name = self.names;
        self.names += 1;
        self.seats[seat].member = self.chance.below(self.shape.members as u64) as usize;
    }

    fn said(&mut self, call: usize, reply: &Reply<Value>) -> Said {
        match reply {
            Reply::Txn { succeeded, .. } => {
                self.versions[self.calls[call].key] += u64::from(*succeeded);
                Said::Done(*succeeded)
            }
            Reply::Range { kvs, .. } => match kvs.first() {
                Some(kv) => {
                    self.versions[self.calls[call].key] = kv.version;
                    Said::Found(kv.version, kv.value.to_string().parse().unwrap_or(0))
                }
                None => Said::Found(0, 0),
            },
            other => unreachable!("{other:?} to a read or a write"),
        }
    }

    fn step(&mut self, asking: bool) -> Result<(), String> {
        self.cluster.run(STEP_MS);
        self.serve_seats(asking);
        self.check()
    }

    /// Returns why the members are not in the expected state.
    fn unwell(&self) -> Option<String> {
        let Some(leader) = self.cluster.leader() else { return Some("no leader".to_owned()) };
        let of = self.cluster.member(leader);
        let conf = of.raft().map(|r| r.durable().conf_state.clone()).unwrap_or_default();
        for known in &of.members().list {
            let member = self.cluster.member(known.host.0 as usize);
            let Some(raft) = member.raft() else { return Some(format!("member {:x} does not run", known.id)) };
            if raft.leader() != of.config().id {
                return Some(format!("member {:x} follows {:x}", known.id, raft.leader()));
            }
            if raft.durable().conf_state != conf || member.members() != of.members() {
                return Some(format!("member {:x} knows other members", known.id));
            }
            if member.store().revision() != of.store().revision() || member.store().hash() != of.store().hash() {
                return Some(format!("member {:x} has another store", known.id));
            }
        }
        None
    }
}

/// Runs one storm. Returns its result, or the failure.
pub fn run(shape: Shape, seed: u64, plan: &Plan) -> Result<Weather, String> {
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::new(shape, seed);
        run.cluster.run(BEGIN_MS);
        let mut faults = plan.iter().peekable();
        while run.now_ms() < BEGIN_MS + shape.storm_ms + 500 {
            while let Some((_, fault)) = faults.next_if(|(at, _)| *at <= run.now_ms()) {
                inflict(&mut run.cluster, shape, fault);
            }
            run.step(true)?;
        }
        mend(&mut run.cluster, shape);
        let mended = run.now_ms();
        loop {
            run.step(false)?;
            let wrong = run.unwell();
            if wrong.is_none() {
                break;
            }
            if run.now_ms() > mended + RECOVERY_MS {
                return Err(format!("{} s after the repair: {}", RECOVERY_MS / 1_000, wrong.unwrap_or_default()));
            }
        }
        let recovery_ms = run.now_ms() - mended;
        // Every client reads everything once: acknowledged writes are still there.
        for key in 0..shape.keys {
            run.read_at_last(key)?;
        }
        let terms = (0..run.cluster.members.len()).filter_map(|i| run.cluster.member(i).raft()).map(|r| r.term()).max();
        Ok(Weather { calls: run.calls, recovery_ms, committed: run.checker.committed(), terms: terms.unwrap_or(0) })
    }));
    ended.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or("a panic".to_owned()))
    })
}

impl Run {
    /// Repeats the request of a client whose connection died with it.
    fn read_at_last(&mut self, key: usize) -> Result<(), String> {
        let seat = key % self.seats.len();
        for _ in 0..6 {
            if self.seats[seat].open.is_some() {
                self.leave(seat);
            }
            self.seats[seat].member = self.cluster.leader().unwrap_or(0);
            let asked = self.calls.len();
            self.send(seat, key, Asked::Get, false);
            for _ in 0..150 {
                self.step(false)?;
                if self.calls[asked].to.is_some() {
                    return Ok(());
                }
            }
        }
        Err(format!("nobody answered a read of k{key} after the repair"))
    }
}

/// Removes the faults that are not needed for the failure. Returns the others, and the failure.
pub fn shrink(mut plan: Plan, fails: impl Fn(&Plan) -> Option<String>) -> (Plan, String) {
    let (mut why, mut index) = (fails(&plan).unwrap_or_default(), 0);
    while index < plan.len() {
        let mut fewer = plan.clone();
        fewer.remove(index);
        match fails(&fewer) {
            Some(wrong) => (plan, why) = (fewer, wrong),
            None => index += 1,
        }
    }
    (plan, why)
}

/// Runs storms and judges each. Prints the first that fails, with its seed and the faults that it needs.
pub fn check(name: &str, shape: Shape, seeds: std::ops::Range<u64>, judge: impl Fn(&Weather) -> Result<(), String>) {
    let (mut calls, mut known, mut committed, mut terms, mut slowest) = (0, 0, 0, 0, (0, 0));
    let count = seeds.end - seeds.start;
    for seed in seeds.clone() {
        progress(name, seed - seeds.start, &seeds);
        let fails = |plan: &Plan| run(shape, seed, plan).and_then(|weather| judge(&weather)).err();
        let plan = plan(shape, seed);
        match run(shape, seed, &plan).and_then(|weather| judge(&weather).map(|()| weather)) {
            Ok(weather) => {
                calls += weather.calls.len();
                known += weather.calls.iter().filter(|c| c.to.is_some()).count();
                committed += weather.committed;
                terms += weather.terms;
                slowest = slowest.max((weather.recovery_ms, seed));
            }
            Err(_) => {
                let (plan, why) = shrink(plan, fails);
                panic!("{name}: seed {seed} of {shape:?} fails: {why}\nthe faults that it needs: {plan:#?}");
            }
        }
    }
    println!(
        "{name}: {count} storms, {calls} requests of which {known} were answered, {committed} entries in {terms} \
         terms; the slowest recovery took {} ms (seed {})",
        slowest.0, slowest.1
    );
}
