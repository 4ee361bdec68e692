//! A small world of etcd members, with one client for each.

use std::rc::Rc;

use ha_lab::etcd::{self, CLIENT_PORT, Member, MemberConfig, Op, Reply, Request, Response, Span, Txn, TxnOp};
use ha_lab::kube::{Ctx, Input, Lab, Timer, Value, Wire};
use ha_lab::sim::{ConnId, HostId, Machine, ProcId, SimDuration, SimTime, TimerKey, World};

use crate::common::masters::{UNIT, peers};

/// A client that sends its requests to one member, and records the answers.
#[derive(Clone, Default)]
pub struct Client {
    member: u16,
    pub conn: Option<ConnId>,
    to_send: Vec<Rc<Request<Value>>>,
    pub heard: Vec<(SimTime, Rc<Response<Value>>)>,
    pub watched: Vec<(u64, String)>,
}

#[derive(Clone)]
pub enum M {
    Etcd(Box<Member<Value>>),
    Client(Client),
}

impl Machine for M {
    type V = Lab;

    fn start(&mut self, ctx: &mut Ctx<'_>) {
        match self {
            M::Etcd(m) => m.start(ctx),
            M::Client(_) => {
                ctx.set_timer(SimDuration::from_millis(500), Timer::Other("connect"), 0);
            }
        }
    }

    fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match self {
            M::Etcd(m) => {
                if let Some(input) = input.map(Wire::etcd, Timer::etcd) {
                    m.handle(ctx, input);
                }
            }
            M::Client(c) => match input {
                Input::Timer(TimerKey { why: Timer::Other("connect"), .. })
                | Input::ConnectFailed { .. }
                | Input::Closed { .. } => {
                    c.conn = None;
                    ctx.connect(HostId(c.member), CLIENT_PORT, SimDuration::from_secs(2));
                }
                Input::Connected { conn } => {
                    c.conn = Some(conn);
                    for request in c.to_send.drain(..) {
                        ctx.send(conn, Wire::Etcd(etcd::Wire::Request(request)));
                    }
                }
                Input::Local { wire: Wire::Etcd(etcd::Wire::Request(request)), .. } => match c.conn {
                    Some(conn) => {
                        ctx.send(conn, Wire::Etcd(etcd::Wire::Request(request)));
                    }
                    None => c.to_send.push(request),
                },
                Input::Data { wire: Wire::Etcd(etcd::Wire::Response(response)), .. } => {
                    c.heard.push((ctx.now(), response));
                }
                Input::Data { wire: Wire::Etcd(etcd::Wire::Watch(news)), .. } => {
                    for event in &news.events {
                        c.watched.push((event.kv.mod_revision, format!("{:?} {}", event.kind, event.kv.key)));
                    }
                }
                _ => {}
            },
        }
    }

    fn crash(&mut self, _power_lost: bool) {
        if let M::Etcd(m) = self {
            m.crash();
        }
    }
}

pub struct Cluster {
    pub world: World<M>,
    pub members: Vec<ProcId>,
    pub clients: Vec<ProcId>,
    next_id: u64,
}

impl Cluster {
    /// Creates `n` members on separate hosts, and one client for each on one more host.
    pub fn new(n: usize, seed: u64) -> Self {
        Self::with(n, 0, 2 << 30, seed)
    }

    /// The same with `spare` hosts, switched off, whose members can join; and a quota of this many bytes.
    pub fn with(n: usize, spare: usize, quota: u64, seed: u64) -> Self {
        let mut world = World::new(seed);
        let all = n + spare;
        let hosts: Vec<_> =
            (1..=all).map(|i| world.add_host(&format!("etcd-{i}"), SimDuration::from_secs(1))).collect();
        let laptop = world.add_host("laptop", SimDuration::ZERO);
        let peers = peers(&world, &hosts[..n]);
        let members: Vec<_> = hosts
            .iter()
            .enumerate()
            .map(|(i, host)| {
                let member = match peers.get(i) {
                    Some(p) => Member::new(MemberConfig { id: p.id, name: p.name.clone(), peers: peers.clone() }),
                    None => Member::joining(format!("etcd-{}", i + 1), peers.clone()),
                };
                world.add_process(*host, "etcd", UNIT, M::Etcd(Box::new(member.with_quota(quota))))
            })
            .collect();
        let clients = (0..all)
            .map(|i| {
                let client = M::Client(Client { member: i as u16, ..Client::default() });
                world.add_process(laptop, &format!("client-{i}"), UNIT, client)
            })
            .collect();
        world.boot_all();
        for host in &hosts[n..] {
            world.power_off(*host);
        }
        Cluster { world, members, clients, next_id: 0 }
    }

    pub fn run(&mut self, ms: u64) -> &mut Self {
        let until = self.world.now() + SimDuration::from_millis(ms);
        self.world.run_until(until);
        self
    }

    pub fn member(&self, i: usize) -> &Member<Value> {
        match self.world.machine(self.members[i]) {
            M::Etcd(m) => m,
            M::Client(_) => unreachable!(),
        }
    }

    pub fn client(&self, i: usize) -> &Client {
        match self.world.machine(self.clients[i]) {
            M::Client(c) => c,
            M::Etcd(_) => unreachable!(),
        }
    }

    pub fn leader(&self) -> Option<usize> {
        (0..self.members.len()).find(|i| {
            self.world.is_running(self.members[*i])
                && self.member(*i).raft().is_some_and(|r| r.role() == etcd::raft::Role::Leader)
        })
    }

    pub fn ask(&mut self, member: usize, op: Op<Value>) -> u64 {
        self.next_id += 1;
        let request = Rc::new(Request { id: self.next_id, op });
        self.world.tell(self.clients[member], Wire::Etcd(etcd::Wire::Request(request)));
        self.next_id
    }

    /// Sends a request, waits for at most `ms`, and returns the answer as text.
    pub fn asked(&mut self, member: usize, op: Op<Value>, ms: u64) -> String {
        let id = self.ask(member, op);
        let until = self.world.now() + SimDuration::from_millis(ms);
        while self.response(member, id).is_none() && self.world.now() < until {
            self.run(10);
        }
        self.answer(member, id).map_or("no answer".to_owned(), |(_, text)| text)
    }

    pub fn put(&mut self, member: usize, key: &str, value: &str) -> u64 {
        let op = TxnOp::Put { key: key.into(), value: Value::Text(value.into()) };
        self.ask(member, Op::Txn(Rc::new(Txn { compare: vec![], success: vec![op], failure: vec![] })))
    }

    pub fn get(&mut self, member: usize, key: &str, serializable: bool) -> u64 {
        let span = Span::One(key.into());
        self.ask(member, Op::Range { span, revision: 0, limit: 0, serializable, count_only: false })
    }

    /// Returns the answer itself.
    pub fn response(&self, member: usize, id: u64) -> Option<&Response<Value>> {
        self.client(member).heard.iter().find(|(_, r)| r.id == id).map(|(_, r)| &**r)
    }

    /// Returns the answer as a short text, and its time since the start of the run, in ms.
    pub fn answer(&self, member: usize, id: u64) -> Option<(u64, String)> {
        let (at, response) = self.client(member).heard.iter().find(|(_, r)| r.id == id)?;
        let text = match &response.result {
            Ok(Reply::Range { kvs, .. }) => kvs.first().map_or("nothing".to_owned(), |kv| kv.value.to_string()),
            Ok(Reply::Txn { succeeded, .. }) => format!("succeeded={succeeded}"),
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        };
        Some((at.as_millis(), text))
    }
}
