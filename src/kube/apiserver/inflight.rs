//! Requests in flight: their limits in number and in time (FACTS 4.2 and 9).
//!
//! One timer for all: it is set for the earliest deadline and set again when it is due, so a request that ends in time
//! costs no timer of its own.

use std::rc::Rc;

use super::etcd_client::CallId;
use super::{ApiServer, Phase};
use crate::kube::api::{Answer, Reason, Request, Response, Status, StreamId};
use crate::kube::api::{Api, Call, HealthPath};
use crate::kube::object::{Name, Object};
use crate::kube::timer;
use crate::kube::vocabulary::{Ctx, Wire};
use crate::sim::{Cause, ConnId, SimDuration, SimTime};

/// The current step of a request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// No step has started.
    Begun,
    Health(Probe),
    /// etcd reads the object.
    Get,
    /// etcd says its revision.
    Revision,
    /// The cache is behind this revision.
    WaitForCache(u64),
    /// etcd lists.
    ListEtcd,
    /// etcd stores a new object; how many names were tried.
    Create {
        object: Rc<Object>,
        tries: u32,
    },
    /// etcd reads what is to be changed.
    Read,
    /// etcd stores the change, or removes the object.
    Write {
        object: Rc<Object>,
    },
}

/// A health request that waits for etcd.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    pub(crate) path: HealthPath,
    pub(crate) verbose: bool,
    /// Which check is being made: 0 `etcd`, 1 `etcd-readiness`.
    pub(crate) check: usize,
    pub(crate) began: SimTime,
    pub(crate) failed: [bool; 2],
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(crate) conn: ConnId,
    pub(crate) request: Rc<Request>,
    pub(crate) deadline: SimTime,
    /// A limit of the present step alone.
    pub(crate) step_deadline: Option<SimTime>,
    pub(crate) step: Step,
    pub(crate) call: Option<CallId>,
    /// The object's key in etcd, once it is needed.
    pub(crate) key: Name,
    /// What led to it: its answer is attributed to it, whatever it waited for.
    pub(crate) cause: Cause,
}

impl InFlight {
    pub(crate) fn stream(&self) -> StreamId {
        self.request.stream
    }

    fn next_deadline(&self) -> SimTime {
        self.step_deadline.map_or(self.deadline, |d| d.min(self.deadline))
    }

    fn is_health(&self) -> bool {
        matches!(self.request.call, Call::Health { .. })
    }
}

impl ApiServer {
    pub(super) fn begin(&self, ctx: &Ctx<'_>, conn: ConnId, request: Rc<Request>) -> InFlight {
        let limit = self.config.request_timeout;
        let deadline = ctx.now() + request.timeout.map_or(limit, |t| t.min(limit));
        let (key, cause) = (Name::default(), ctx.cause());
        InFlight { conn, request, deadline, step_deadline: None, step: Step::Begun, call: None, key, cause }
    }

    /// Returns whether one more request is too many.
    pub(super) fn is_full(&self) -> bool {
        let budget = self.config.max_requests_inflight + self.config.max_mutating_requests_inflight;
        let all = self.memory.inflight.len();
        all >= budget as usize && self.memory.inflight.values().filter(|r| !r.is_health()).count() >= budget as usize
    }

    /// The request waits for something.
    pub(super) fn keep(&mut self, ctx: &mut Ctx<'_>, number: u64, r: InFlight) {
        let next = r.next_deadline();
        self.memory.inflight.insert(number, r);
        if let Some((at, ticket)) = self.memory.deadline {
            if at <= next {
                return;
            }
            ctx.cancel_timer(ticket);
        }
        let ticket = ctx.set_timer(next.since(ctx.now()), timer::ApiServer::RequestDeadline, 0);
        self.memory.deadline = Some((next, ticket));
    }

    /// The earliest limit may have passed.
    pub(super) fn deadlines(&mut self, ctx: &mut Ctx<'_>) {
        self.memory.deadline = None;
        let now = ctx.now();
        let due: Vec<u64> =
            self.memory.inflight.iter().filter(|(_, r)| r.next_deadline() <= now).map(|(n, _)| *n).collect();
        for number in due {
            let Some(mut r) = self.memory.inflight.remove(&number) else { continue };
            if let Some(call) = r.call.take() {
                self.memory.etcd.forget(call);
            }
            ctx.resume_cause(r.cause);
            if r.deadline <= now && !r.is_health() {
                let status = timed_out(&r.request.call);
                self.respond(ctx, r.conn, r.stream(), Err(status));
                continue;
            }
            let result = match r.step {
                Step::Health(probe) => self.health_probed(ctx, number, &mut r, probe, true),
                _ => self.cache_is_late(ctx, number, &mut r),
            };
            match result {
                Some(result) => self.respond(ctx, r.conn, r.stream(), result),
                None => self.keep(ctx, number, r),
            }
        }
        let next = self.memory.inflight.values().map(InFlight::next_deadline).min();
        if let (None, Some(next)) = (self.memory.deadline, next) {
            let ticket = ctx.set_timer(next.since(now), timer::ApiServer::RequestDeadline, 0);
            self.memory.deadline = Some((next, ticket));
        }
    }

    /// Answers a request; a server that is shutting down closes the connection after its last answer.
    pub(super) fn respond(
        &mut self,
        ctx: &mut Ctx<'_>,
        conn: ConnId,
        stream: StreamId,
        result: Result<Answer, Status>,
    ) {
        if let Err(status) = &result {
            self.counters.failed += u64::from(status.code >= 500);
            self.counters.rejected += u64::from(status.code == 429);
        }
        ctx.send(conn, Wire::Api(Api::Response(Rc::new(Response { stream, result }))));
        if self.memory.phase == Phase::Terminating {
            self.finish_terminating(ctx);
        }
    }

    /// The client no longer waits.
    pub(super) fn abandon(&mut self, of: impl Fn(&InFlight) -> bool) {
        let etcd = &mut self.memory.etcd;
        self.memory.inflight.retain(|_, r| {
            let drop = of(r);
            if let (true, Some(call)) = (drop, r.call) {
                etcd.forget(call);
            }
            !drop
        });
    }
}

/// 504, as FACTS 9 has it.
fn timed_out(call: &Call) -> Status {
    let text = if call.is_mutating() {
        "Timeout: request did not complete within requested timeout - context deadline exceeded"
    } else {
        "Timeout: request did not complete within the allotted timeout"
    };
    Status::new(504, Reason::Timeout, text)
}

/// 429
pub(super) fn too_many() -> Status {
    let mut status = Status::new(429, Reason::TooManyRequests, "Too many requests, please try again later.");
    status.retry_after = Some(SimDuration::from_secs(1));
    status
}

/// 429 while the server shuts down.
pub(super) fn shutting_down() -> Status {
    let text = "The apiserver is shutting down, please try again later.";
    let mut status = Status::new(429, Reason::TooManyRequests, text);
    status.retry_after = Some(SimDuration::from_secs(5));
    status
}

/// 429 before the watch cache has been filled.
pub(super) fn initializing() -> Status {
    let mut status = Status::new(429, Reason::TooManyRequests, "storage is (re)initializing");
    status.retry_after = Some(SimDuration::from_secs(1));
    status
}
