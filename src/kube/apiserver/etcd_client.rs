//! The API server's etcd client: round robin over the connected members of `--etcd-servers`, waiting when there is none,
//! reads repeated after transient errors, writes not repeated once sent (FACTS 4.3).
//!
//! It knows nothing of API objects. Deadlines are up to its caller.

use std::rc::Rc;

use super::etcd_endpoint::{Endpoint, EndpointState};
use crate::etcd::{self, EtcdError, Op, Reply};
use crate::kube::timer;
use crate::kube::value::Value;
use crate::kube::vocabulary::{Ctx, Wire};
use crate::sim::map::Map;
use crate::sim::{CloseReason, ConnId, HostId, SimDuration};

const MOST_TRIES: u32 = 100;
const RETRY_PAUSE: SimDuration = SimDuration::from_millis(25);

/// A call's number.
pub(super) type CallId = u64;

/// The owner of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The request with this number.
    Request(u64),
    /// The watch cache's first read, or its watch.
    Cache,
    Bootstrap,
    Reconciler,
    Compactor,
    /// Fire and forget.
    Nobody,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallError {
    Etcd(EtcdError),
    /// The connection was lost; gRPC's text.
    Lost(String),
}

/// The results of calls.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Done { owner: Owner, result: Result<Rc<etcd::Response<Value>>, CallError> },
    Changes(Rc<etcd::WatchResponse<Value>>),
    WatchEnded { error: CallError },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Read,
    Write,
    Watch,
}

#[derive(Clone, Debug)]
struct Pending {
    owner: Owner,
    request: Rc<etcd::Request<Value>>,
    style: Style,
    /// The endpoint that it was sent to; `None` while it waits.
    endpoint: Option<usize>,
    pausing: bool,
    tries: u32,
}

/// An API server's client of all etcd members.
#[derive(Clone, Debug, Default)]
pub(super) struct EtcdClient {
    endpoints: Vec<Endpoint>,
    local: String,
    next_endpoint: usize,
    next_id: CallId,
    pending: Map<CallId, Pending>,
    ever_connected: bool,
}

impl EtcdClient {
    pub(crate) fn new(local: &str, servers: &[(HostId, String)]) -> Self {
        let endpoints = servers.iter().enumerate().map(|(i, (h, a))| Endpoint::new(i, *h, a.clone())).collect();
        EtcdClient { endpoints, local: local.to_owned(), ..EtcdClient::default() }
    }

    /// Starts connecting to all members.
    pub(crate) fn start(&mut self, ctx: &mut Ctx<'_>) {
        for endpoint in &mut self.endpoints {
            endpoint.dial(ctx);
        }
    }

    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Returns the number of calls that have not been answered.
    pub(crate) fn outstanding(&self) -> usize {
        self.pending.len()
    }

    pub(crate) fn ever_connected(&self) -> bool {
        self.ever_connected
    }

    /// Starts a call; it waits until a member is connected.
    pub(crate) fn call(&mut self, ctx: &mut Ctx<'_>, owner: Owner, op: Op<Value>) -> CallId {
        let style = match op {
            Op::Watch { .. } => Style::Watch,
            Op::Range { .. } | Op::Status | Op::MemberList { .. } => Style::Read,
            _ => Style::Write,
        };
        self.next_id += 1;
        let id = self.next_id;
        let request = Rc::new(etcd::Request { id, op });
        self.pending.insert(id, Pending { owner, request, style, endpoint: None, pausing: false, tries: 0 });
        self.dispatch(ctx, id);
        id
    }

    /// The caller no longer waits. A call that was sent may still take effect.
    pub(crate) fn forget(&mut self, id: CallId) {
        self.pending.remove(&id);
    }

    /// Whether a connection is one of this client's.
    pub(crate) fn owns(&self, conn: ConnId) -> bool {
        self.endpoint_of(conn).is_some()
    }

    fn endpoint_of(&self, conn: ConnId) -> Option<usize> {
        self.endpoints.iter().position(|e| e.conn() == Some(conn))
    }

    pub(crate) fn connected(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        if let Some(index) = self.endpoint_of(conn) {
            self.endpoints[index].connected(ctx, conn);
        }
    }

    /// A connection ended, or could not be made.
    pub(crate) fn closed(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, reason: CloseReason, out: &mut Vec<Event>) {
        if let Some(index) = self.endpoint_of(conn) {
            let text = self.endpoints[index].loss_text(&self.local, reason);
            self.lose(ctx, index, &text, out);
        }
    }

    pub(crate) fn receive(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, wire: etcd::Wire<Value>, out: &mut Vec<Event>) {
        let Some(index) = self.endpoint_of(conn) else { return };
        if self.endpoints[index].heard(ctx) {
            self.ever_connected = true;
            self.send_waiting(ctx);
        }
        match wire {
            etcd::Wire::Response(response) => self.answered(ctx, index, response, out),
            etcd::Wire::Watch(changes) => self.changed(ctx, index, changes, out),
            etcd::Wire::Ping => {
                ctx.send(conn, Wire::Etcd(etcd::Wire::Pong));
            }
            _ => {}
        }
    }

    /// One of its timers is due; `arg` is the endpoint, for a retry the call.
    pub(crate) fn timer(&mut self, ctx: &mut Ctx<'_>, why: timer::EtcdClient, arg: u64, out: &mut Vec<Event>) {
        let index = arg as usize;
        match why {
            timer::EtcdClient::Retry => {
                if let Some(pending) = self.pending.get_mut(&arg) {
                    pending.pausing = false;
                    self.dispatch(ctx, arg);
                }
            }
            timer::EtcdClient::Reconnect => self.endpoints[index].dial(ctx),
            timer::EtcdClient::Handshake => {
                if let EndpointState::Handshake(conn) = self.endpoints[index].state {
                    ctx.reset(conn);
                    self.endpoints[index].gone(ctx);
                }
            }
            timer::EtcdClient::Keepalive => self.endpoints[index].keepalive(ctx),
            timer::EtcdClient::KeepaliveTimeout => {
                if self.endpoints[index].keepalive_failed(ctx) {
                    if let Some(conn) = self.endpoints[index].conn() {
                        ctx.reset(conn);
                    }
                    let text =
                        "rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout";
                    self.lose(ctx, index, text, out);
                }
            }
        }
    }

    fn pick(&mut self) -> Option<usize> {
        let n = self.endpoints.len();
        let found = (0..n).map(|i| (self.next_endpoint + i) % n).find(|i| self.endpoints[*i].ready().is_some())?;
        self.next_endpoint = (found + 1) % n;
        Some(found)
    }

    fn dispatch(&mut self, ctx: &mut Ctx<'_>, id: CallId) {
        let Some(index) = self.pick() else { return };
        let Some(conn) = self.endpoints[index].ready() else { return };
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.endpoint = Some(index);
            ctx.send(conn, Wire::Etcd(etcd::Wire::Request(pending.request.clone())));
        }
    }

    fn send_waiting(&mut self, ctx: &mut Ctx<'_>) {
        let waiting = |p: &Pending| p.endpoint.is_none() && !p.pausing;
        let ids: Vec<CallId> = self.pending.iter().filter(|(_, p)| waiting(p)).map(|(id, _)| *id).collect();
        for id in ids {
            self.dispatch(ctx, id);
        }
    }

    fn answered(&mut self, ctx: &mut Ctx<'_>, index: usize, response: Rc<etcd::Response<Value>>, out: &mut Vec<Event>) {
        let id = response.id;
        let Some(pending) = self.pending.get(&id) else { return };
        if pending.endpoint != Some(index) {
            return;
        }
        match &response.result {
            Ok(Reply::WatchCreated) => {}
            Ok(_) => {
                let owner = pending.owner;
                self.pending.remove(&id);
                out.push(Event::Done { owner, result: Ok(response) });
            }
            Err(error) => self.failed(ctx, id, CallError::Etcd(*error), out),
        }
    }

    fn changed(
        &mut self,
        ctx: &mut Ctx<'_>,
        index: usize,
        changes: Rc<etcd::WatchResponse<Value>>,
        out: &mut Vec<Event>,
    ) {
        let id = changes.watch;
        if self.pending.get(&id).is_none_or(|p| p.endpoint != Some(index)) {
            return;
        }
        let canceled = changes.canceled;
        if !changes.events.is_empty() || canceled.is_none() {
            out.push(Event::Changes(changes));
        }
        if let Some(error) = canceled {
            self.failed(ctx, id, CallError::Etcd(error), out);
        }
    }

    /// A connection is lost, and with it the calls that were sent on it.
    fn lose(&mut self, ctx: &mut Ctx<'_>, index: usize, text: &str, out: &mut Vec<Event>) {
        self.endpoints[index].gone(ctx);
        let on_it = self.pending.iter().filter(|(_, p)| p.endpoint == Some(index));
        let ids: Vec<CallId> = on_it.map(|(id, _)| *id).collect();
        for id in ids {
            self.failed(ctx, id, CallError::Lost(text.to_owned()), out);
        }
    }

    /// A try of a call has failed: the call is repeated if that is safe.
    fn failed(&mut self, ctx: &mut Ctx<'_>, id: CallId, error: CallError, out: &mut Vec<Event>) {
        let quorum = self.endpoints.len() as u32 / 2 + 1;
        let Some(pending) = self.pending.get_mut(&id) else { return };
        let again = match pending.style {
            Style::Read => error.is_transient() || error.is_deadline(),
            Style::Write => error.is_deadline(),
            Style::Watch => false,
        };
        pending.tries += 1;
        if again && pending.tries < MOST_TRIES {
            pending.endpoint = None;
            if pending.tries.is_multiple_of(quorum) {
                pending.pausing = true;
                let jitter = 9_000 + ctx.rng("etcd retry").below(2_001);
                ctx.set_timer(RETRY_PAUSE.scale(jitter, 10_000), timer::EtcdClient::Retry, id);
            } else {
                self.dispatch(ctx, id);
            }
            return;
        }
        let (owner, style) = (pending.owner, pending.style);
        self.pending.remove(&id);
        out.push(match style {
            Style::Watch => Event::WatchEnded { error },
            _ => Event::Done { owner, result: Err(error) },
        });
    }
}

impl CallError {
    /// gRPC's Unavailable.
    fn is_transient(&self) -> bool {
        match self {
            CallError::Lost(_) => true,
            CallError::Etcd(error) => matches!(
                error,
                EtcdError::Timeout
                    | EtcdError::TimeoutDueToLeaderFail
                    | EtcdError::TimeoutDueToConnectionLost
                    | EtcdError::LeaderChanged
                    | EtcdError::NoLeader
                    | EtcdError::NotSupportedForLearner
                    | EtcdError::Stopped
            ),
        }
    }

    /// The member's own limit passed before it knew a leader; the caller's limit decides when to end.
    fn is_deadline(&self) -> bool {
        matches!(self, CallError::Etcd(EtcdError::DeadlineExceeded))
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CallError::Etcd(error) => error.fmt(f),
            CallError::Lost(text) => f.write_str(text),
        }
    }
}
