//! An etcdctl command that runs: its calls, and the output for their answers.

use std::rc::Rc;

use super::link::{Link, Outcome};
use super::print::{self, MEMBER_HEADERS, STATUS_HEADERS};
use super::{Format, Request, Verb};
use crate::console::{Laptop, Screen, order};
use crate::etcd::members::Member;
use crate::etcd::{Op, PEER_PORT, Reply, Span, Status, Txn, TxnOp, TxnResult};
use crate::kube::handled::Handled;
use crate::kube::value::Value;
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::{HostId, SimDuration, SimTime};

/// An etcdctl command that runs.
#[derive(Clone)]
pub(crate) struct Running {
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
    pub(crate) fn start(ctx: &mut Ctx<'_>, laptop: &Rc<Laptop>, request: &Rc<Request>, tag: u32) -> Self {
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
            Verb::Status | Verb::HashKv | Verb::Defrag | Verb::MoveLeader(_) => {
                let link = running.link(ctx, 0, each(&request.verb));
                running.links.push(Some(link));
            }
            verb => {
                let op = match verb {
                    Verb::Put { key, value } => txn(TxnOp::Put { key: key.clone(), value: Value::Text(value.clone()) }),
                    Verb::Del { key, prefix } => txn(TxnOp::Delete { span: span(key, *prefix) }),
                    Verb::Get { key, prefix, serializable, .. } => range(span(key, *prefix), *serializable),
                    Verb::MemberList { serializable } => Op::MemberList { serializable: *serializable },
                    Verb::MemberAdd(_, url, learner) => match laptop.resolve(bare(url), PEER_PORT) {
                        Some(peer) => Op::MemberAdd { host: peer.host, learner: *learner },
                        None => Op::MemberList { serializable: false },
                    },
                    Verb::MemberRemove(id) => Op::MemberRemove { id: *id },
                    Verb::MemberPromote(id) => Op::MemberPromote { id: *id },
                    Verb::Alarms(false) => Op::AlarmList,
                    Verb::Alarms(true) => Op::AlarmDisarm,
                    Verb::Compact(revision) => Op::Compact { revision: *revision },
                    other => each(other),
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

    /// Returns its output so far.
    pub(crate) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// Takes an input if it is this command's. `Done` with the exit status when the command has ended.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Handled<u8> {
        for index in 0..self.links.len() {
            let Some(link) = &mut self.links[index] else { continue };
            match link.handle(ctx, &mut self.screen, input) {
                Handled::NotMine => {}
                Handled::Nothing => return Handled::Nothing,
                Handled::Done(outcome) => {
                    self.links[index] = None;
                    return self.done(ctx, index, outcome).into();
                }
            }
        }
        Handled::NotMine
    }

    fn done(&mut self, ctx: &mut Ctx<'_>, index: usize, outcome: Outcome) -> Option<u8> {
        let request = self.request.clone();
        match &request.verb {
            Verb::Health => {
                if let Ok(Ok(Reply::Range { .. })) = outcome.as_ref().map(|r| &r.result) {
                    // It commits; then it is asked for its alarms.
                    self.links[index] = Some(self.link(ctx, index, Op::AlarmList).with_logger("client"));
                    return None;
                }
                self.health(ctx.now().since(self.began), index, outcome);
                self.links.iter().all(Option::is_none).then(|| self.end_health())
            }
            Verb::HashKv | Verb::Defrag => self.each_answered(ctx, &request, index, outcome),
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

    fn each_answered(&mut self, ctx: &mut Ctx<'_>, request: &Request, index: usize, outcome: Outcome) -> Option<u8> {
        let endpoint = self.endpoints[index].to_string();
        match outcome.map(|r| r.result.clone()) {
            Ok(Ok(Reply::HashKv { hash, revision, .. })) => {
                self.rows.push(vec![endpoint, hash.to_string(), revision.to_string()]);
            }
            Ok(_) => {
                let took = ctx.now().since(self.began);
                self.screen.out(&format!("Finished defragmenting etcd member[{endpoint}]. took {took}\n"));
            }
            Err(error) => {
                self.failed = true;
                self.screen.err(&match request.verb {
                    Verb::HashKv => format!("Failed to get the hash of endpoint {endpoint} ({error})\n"),
                    _ => format!("Failed to defragment etcd member[{endpoint}]. ({error})\n"),
                });
            }
        }
        if self.next_status(ctx, index) {
            return None;
        }
        if let Verb::HashKv = request.verb {
            let rows = std::mem::take(&mut self.rows);
            self.screen.out(&print::rows(
                request.format == Format::Table,
                &["ENDPOINT", "HASH", "HASH REVISION"],
                rows,
            ));
        }
        Some(u8::from(self.failed))
    }

    /// Asks the endpoint after this one; returns false if there is none.
    fn next_status(&mut self, ctx: &mut Ctx<'_>, index: usize) -> bool {
        if index + 1 >= self.endpoints.len() {
            return false;
        }
        let link = self.link(ctx, index + 1, each(&self.request.verb));
        self.links.push(Some(link));
        true
    }

    fn health(&mut self, took: SimDuration, index: usize, outcome: Outcome) {
        let endpoint = self.endpoints[index].to_string();
        let (ok, error) = match outcome {
            Ok(response) => match &response.result {
                Ok(Reply::Alarms(alarms)) if !alarms.is_empty() => (false, "Active Alarm(s): NOSPACE ".to_owned()),
                _ => (true, String::new()),
            },
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

    fn address(&self, host: HostId) -> String {
        self.laptop.hosts.iter().find(|(.., id)| *id == host).map_or_else(String::new, |(_, ip, _)| ip.to_string())
    }

    /// Returns the settings that `member add` prints for the start of the new member.
    fn added(&self, name: &str, url: &str, learner: bool, id: u64, members: &[Member]) -> String {
        let role = if learner { " as learner" } else { "" };
        let peers: Vec<String> = members
            .iter()
            .map(|m| {
                let known = if m.id == id { name } else { &m.name };
                format!("{known}=http://{}:{PEER_PORT}", self.address(m.host))
            })
            .collect();
        format!(
            "Member {id:16x} added{role} to cluster {:16x}\n\nETCD_NAME=\"{name}\"\nETCD_INITIAL_CLUSTER=\"{}\"\n\
             ETCD_INITIAL_ADVERTISE_PEER_URLS=\"{url}\"\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n",
            print::CLUSTER_ID,
            peers.join(",")
        )
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
            (Verb::Alarms(_), Reply::Alarms(members)) => {
                members.iter().map(|id| format!("memberID:{id} alarm:NOSPACE \n")).collect()
            }
            (Verb::Compact(revision), _) => format!("compacted revision {revision}\n"),
            (Verb::MemberAdd(name, url, learner), Reply::MemberAdded { id, members }) => {
                self.added(name, url, *learner, *id, members)
            }
            (Verb::MemberAdd(_, url, _), _) => {
                let text = format!("parse \"{url}\": the lab has no such host");
                return self.error(&text, 128);
            }
            (Verb::MemberRemove(id), _) => format!("Member {id:16x} removed from cluster {:16x}\n", print::CLUSTER_ID),
            (Verb::MemberPromote(id), _) => format!("Member {id:16x} promoted in cluster {:16x}\n", print::CLUSTER_ID),
            (_, Reply::Members(members)) => {
                let ids: Vec<String> = members.iter().map(|m| format!("{:016x}", m.id)).collect();
                let row = |m: &Member| print::member_row(m, &self.address(m.host));
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

/// Returns the call of a command that asks every endpoint.
fn each(verb: &Verb) -> Op<Value> {
    match verb {
        Verb::HashKv => Op::HashKv,
        Verb::Defrag => Op::Defragment,
        _ => Op::Status,
    }
}

fn bare(url: &str) -> &str {
    url.trim_start_matches("https://").trim_start_matches("http://")
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
