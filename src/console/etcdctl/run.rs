//! What an etcdctl command does: its calls, and what it prints of their answers.

use std::rc::Rc;

use super::link::{Link, Outcome};
use super::print::{self, MEMBER_HEADERS, STATUS_HEADERS};
use super::{Format, Request, Verb};
use crate::console::{Laptop, Screen, order};
use crate::etcd::{Op, Reply, Span, Status, Txn, TxnOp, TxnResult};
use crate::kube::wire::{Ctx, Input, Value};
use crate::sim::{SimDuration, SimTime};

/// See the module.
#[derive(Clone)]
pub struct Running {
    request: Rc<Request>,
    laptop: Rc<Laptop>,
    tag: u32,
    endpoints: Vec<Rc<str>>,
    links: Vec<Option<Link>>,
    began: SimTime,
    rows: Vec<Vec<String>>,
    /// The leader's endpoint, and who it is.
    leader: Option<(usize, u64)>,
    failed: bool,
    screen: Screen,
}

impl Running {
    /// Begins a command.
    pub fn start(ctx: &mut Ctx<'_>, laptop: &Rc<Laptop>, request: &Rc<Request>, tag: u32) -> Self {
        let endpoints = if request.endpoints.is_empty() { laptop.etcd.clone() } else { request.endpoints.clone() };
        let mut running = Running {
            request: request.clone(),
            laptop: laptop.clone(),
            tag,
            endpoints,
            links: Vec::new(),
            began: ctx.now(),
            rows: Vec::new(),
            leader: None,
            failed: false,
            screen: Screen::default(),
        };
        match &request.verb {
            Verb::Health => {
                for index in 0..running.endpoints.len() {
                    let key = "health".into();
                    let op = range(Span::One(key), false);
                    let link = running.link(ctx, index, op).with_logger("client");
                    running.links.push(Some(link));
                }
            }
            Verb::Status | Verb::MoveLeader(_) => {
                let link = running.link(ctx, 0, Op::Status);
                running.links.push(Some(link));
            }
            verb => {
                let op = match verb {
                    Verb::Put { key, value } => txn(TxnOp::Put { key: key.clone(), value: Value::Text(value.clone()) }),
                    Verb::Del { key, prefix } => txn(TxnOp::Delete { span: span(key, *prefix) }),
                    Verb::Get { key, prefix, serializable, .. } => range(span(key, *prefix), *serializable),
                    Verb::MemberList { serializable } => Op::MemberList { serializable: *serializable },
                    Verb::Health | Verb::Status | Verb::MoveLeader(_) => Op::Status,
                };
                let all = running.endpoints.clone();
                let link = Link::start(ctx, laptop, &all, (tag, 0), (op, request.limit));
                running.links.push(Some(link));
            }
        }
        running
    }

    /// A client of one endpoint.
    fn link(&self, ctx: &mut Ctx<'_>, index: usize, op: Op<Value>) -> Link {
        let one = std::slice::from_ref(&self.endpoints[index]);
        Link::start(ctx, &self.laptop, one, (self.tag, index), (op, self.request.limit))
    }

    /// What it printed.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Takes an input if it is this command's; `Some(Some(_))` when it has ended.
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Option<Option<u8>> {
        for index in 0..self.links.len() {
            let Some(link) = &mut self.links[index] else { continue };
            let Some(progress) = link.handle(ctx, &mut self.screen, input) else { continue };
            let Some(outcome) = progress else { return Some(None) };
            self.links[index] = None;
            return Some(self.done(ctx, index, outcome));
        }
        None
    }

    fn done(&mut self, ctx: &mut Ctx<'_>, index: usize, outcome: Outcome) -> Option<u8> {
        let request = self.request.clone();
        match &request.verb {
            Verb::Health => {
                self.health(ctx.now().since(self.began), index, outcome);
                self.links.iter().all(Option::is_none).then(|| self.end_health())
            }
            Verb::Status => {
                match outcome.map(|r| r.result.clone()) {
                    Ok(Ok(Reply::Status(status))) => self.rows.push(print::status_row(&self.endpoints[index], &status)),
                    Err(error) => {
                        self.failed = true;
                        let text =
                            format!("Failed to get the status of endpoint {} ({error})\n", self.endpoints[index]);
                        self.screen.err(&text);
                    }
                    Ok(_) => {}
                }
                if self.next_status(ctx, index) {
                    return None;
                }
                let rows = std::mem::take(&mut self.rows);
                self.screen.out(&print::rows(request.format == Format::Table, &STATUS_HEADERS, rows));
                Some(u8::from(self.failed))
            }
            Verb::MoveLeader(to) => self.moving(ctx, index, *to, outcome),
            _ => Some(self.answer(&request, outcome)),
        }
    }

    /// Asks the endpoint after this one; false if there is none.
    fn next_status(&mut self, ctx: &mut Ctx<'_>, index: usize) -> bool {
        if index + 1 >= self.endpoints.len() {
            return false;
        }
        let link = self.link(ctx, index + 1, Op::Status);
        self.links.push(Some(link));
        true
    }

    fn health(&mut self, took: SimDuration, index: usize, outcome: Outcome) {
        let endpoint = self.endpoints[index].to_string();
        let (ok, error) = match outcome {
            Ok(_) => (true, String::new()),
            Err(error) => (false, error),
        };
        self.failed |= !ok;
        if self.request.format == Format::Table {
            self.rows.push(vec![endpoint, ok.to_string(), took.to_string(), error]);
        } else if ok {
            let text = format!("{endpoint} is healthy: successfully committed proposal: took = {took}\n");
            self.screen.out(&text);
        } else {
            // Printed when all are known.
            self.rows.push(vec![format!("{endpoint} is unhealthy: failed to commit proposal: {error}\n")]);
        }
    }

    fn end_health(&mut self) -> u8 {
        let rows = std::mem::take(&mut self.rows);
        if self.request.format == Format::Table {
            self.screen.out(&print::rows(true, &["ENDPOINT", "HEALTH", "TOOK", "ERROR"], rows));
        } else {
            for row in rows.iter().flatten() {
                self.screen.err(row);
            }
        }
        if self.failed {
            self.screen.err("Error: unhealthy cluster\n");
        }
        u8::from(self.failed)
    }

    fn moving(&mut self, ctx: &mut Ctx<'_>, index: usize, to: u64, outcome: Outcome) -> Option<u8> {
        match (self.leader, outcome.map(|r| r.result.clone())) {
            (Some((_, from)), Ok(_)) => {
                self.screen.out(&format!("Leadership transferred from {from:x} to {to:x}\n"));
                return Some(0);
            }
            (_, Err(error)) => return Some(self.error(&error, 1)),
            (None, Ok(Ok(Reply::Status(Status { member, leader, .. })))) if member == leader => {
                self.leader = Some((index, member));
                let link = self.link(ctx, index, Op::MoveLeader { to });
                self.links.push(Some(link));
                return None;
            }
            _ => {}
        }
        if self.next_status(ctx, index) {
            return None;
        }
        let given = self.endpoints.join(" ");
        Some(self.error(&format!("no leader endpoint given at [{given}]"), 128))
    }

    fn error(&mut self, text: &str, code: u8) -> u8 {
        self.screen.err(&format!("Error: {text}\n"));
        code
    }

    fn answer(&mut self, request: &Request, outcome: Outcome) -> u8 {
        let response = match outcome {
            Ok(response) => response,
            Err(error) => return self.error(&error, 1),
        };
        let Ok(reply) = &response.result else { return 1 };
        let text = match (&request.verb, reply) {
            (Verb::Put { .. }, _) => "OK\n".to_owned(),
            (Verb::Del { .. }, Reply::Txn { results, .. }) => match results.first() {
                Some(TxnResult::Deleted { count }) => format!("{count}\n"),
                _ => "0\n".to_owned(),
            },
            (Verb::Get { keys_only, .. }, Reply::Range { kvs, .. }) => match request.format {
                Format::Fields => print::fields(&response, kvs, *keys_only),
                Format::Json => print::json(&response, kvs, *keys_only),
                _ => print::simple(kvs, *keys_only),
            },
            (_, Reply::Members(members)) => {
                let ids: Vec<String> = members.iter().map(|m| format!("{:016x}", m.id)).collect();
                let row = |m: &crate::etcd::wire::Member| {
                    let host = self.laptop.hosts.iter().find(|(name, ..)| **name == *m.name);
                    print::member_row(m, host.map_or("", |(_, ip, _)| ip))
                };
                print::rows(
                    request.format == Format::Table,
                    &MEMBER_HEADERS,
                    order(&ids).into_iter().map(|place| row(&members[place])).collect(),
                )
            }
            _ => String::new(),
        };
        self.screen.out(&text);
        0
    }
}

fn span(key: &Rc<str>, prefix: bool) -> Span {
    if prefix { Span::Prefix(key.clone()) } else { Span::One(key.clone()) }
}

fn range(span: Span, serializable: bool) -> Op<Value> {
    Op::Range { span, revision: 0, limit: 0, serializable, count_only: false }
}

fn txn(op: TxnOp<Value>) -> Op<Value> {
    Op::Txn(Rc::new(Txn { compare: Vec::new(), success: vec![op], failure: Vec::new() }))
}
