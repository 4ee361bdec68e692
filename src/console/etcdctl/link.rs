//! One etcd client as etcdctl makes it: connections to all of its endpoints, one call on the first that is usable, and
//! what it logs when a try fails (FACTS 4.3, 5.4; upstream `client/v3/retry_interceptor.go`).

use std::rc::Rc;

use crate::console::time::rfc3339_micro;
use crate::console::{Laptop, Screen};
use crate::edge::kubectl::Server;
use crate::etcd::{self, CLIENT_PORT, EtcdError, Op};
use crate::kube::handled::Handled;
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::value::Value;
use crate::kube::vocabulary::{Ctx, Input, Wire};
use crate::sim::{CloseReason, ConnId, ConnectError, SimDuration, Ticket};

const DIAL_TIMEOUT: SimDuration = SimDuration::from_secs(20);
/// gRPC's first pause before it dials again; each is 1.6 times the one before.
const RECONNECT: SimDuration = SimDuration::from_secs(1);
const LONGEST_RECONNECT: SimDuration = SimDuration::from_secs(120);
/// How often etcd's client tries a call that it may repeat; it pauses after each round of a quorum of its endpoints.
const MOST_TRIES: u32 = 100;
const RETRY_PAUSE: SimDuration = SimDuration::from_millis(25);

/// The result of a call: the answer, or what etcdctl prints after `Error: `.
pub(super) type Outcome = Result<Rc<etcd::Response<Value>>, String>;

#[derive(Clone)]
struct Endpoint {
    server: Option<Server>,
    address: String,
    conn: Option<ConnId>,
    ready: bool,
    /// Dials in a row that failed.
    failures: u32,
}

/// One etcd client with one call.
#[derive(Clone)]
pub(super) struct Link {
    endpoints: Vec<Endpoint>,
    /// Tells its timers from those of others.
    arg: u64,
    request: Rc<etcd::Request<Value>>,
    logger: &'static str,
    /// The endpoint that the call was sent to; `None` while it waits.
    sent: Option<usize>,
    attempt: u32,
    /// It waits before the next try.
    pausing: bool,
    dial_error: Option<String>,
    limit: Option<Ticket>,
}

impl Link {
    /// Dials, and calls as soon as it can; a result follows at the latest after `limit`.
    pub(crate) fn start(
        ctx: &mut Ctx<'_>,
        laptop: &Laptop,
        addresses: &[Rc<str>],
        (tag, index): (u32, usize),
        (op, limit): (Op<Value>, SimDuration),
    ) -> Self {
        let arg = u64::from(tag) << 32 | (index as u64) << 8;
        let mut endpoints = Vec::new();
        for (place, address) in addresses.iter().enumerate() {
            let bare = address.trim_start_matches("https://").trim_start_matches("http://");
            let server = laptop.resolve(bare, CLIENT_PORT);
            let conn = server.as_ref().map(|s| ctx.connect(s.host, s.port, DIAL_TIMEOUT));
            if server.is_none() {
                ctx.set_timer(SimDuration::ZERO, timer::Etcdctl::Reconnect, arg | place as u64);
            }
            endpoints.push(Endpoint { server, address: bare.to_owned(), conn, ready: false, failures: 0 });
        }
        let request = Rc::new(etcd::Request { id: 1, op });
        let limit = Some(ctx.set_timer(limit, timer::Etcdctl::Limit, arg));
        Link {
            endpoints,
            arg,
            request,
            logger: "etcd-client",
            sent: None,
            attempt: 0,
            pausing: false,
            dial_error: None,
            limit,
        }
    }

    /// Sets the name under which the client logs.
    #[must_use]
    pub(crate) fn with_logger(mut self, logger: &'static str) -> Self {
        self.logger = logger;
        self
    }

    /// Takes an input if it is its own. `Done` when the call has ended and its connections are closed.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, screen: &mut Screen, input: &Input) -> Handled<Outcome> {
        match input {
            Input::Timer(TimerKey { why: Timer::Etcdctl(why), arg }) if arg & !0xff == self.arg => {
                self.timer(ctx, screen, *why, (arg & 0xff) as usize)
            }
            Input::Connected { conn } => {
                if self.place(*conn).is_none() {
                    return Handled::NotMine;
                }
                ctx.send(*conn, Wire::Etcd(etcd::Wire::Ping));
                Handled::Nothing
            }
            Input::ConnectFailed { conn, error } => {
                let Some(place) = self.place(*conn) else { return Handled::NotMine };
                let text = match error {
                    ConnectError::Refused => "connect: connection refused",
                    ConnectError::TimedOut => "i/o timeout",
                };
                self.dial_failed(ctx, place, text);
                Handled::Nothing
            }
            Input::Closed { conn, reason } => {
                let Some(place) = self.place(*conn) else { return Handled::NotMine };
                let text = match reason {
                    CloseReason::Eof => "error reading from server: EOF",
                    CloseReason::Reset => "error reading from server: read: connection reset by peer",
                    CloseReason::TimedOut => "error reading from server: read: connection timed out",
                };
                self.endpoints[place].conn = None;
                self.endpoints[place].ready = false;
                ctx.set_timer(RECONNECT, timer::Etcdctl::Reconnect, self.arg | place as u64);
                if self.sent != Some(place) {
                    return Handled::Nothing;
                }
                let error = format!("rpc error: code = Unavailable desc = {text}");
                self.try_failed(ctx, screen, error, self.is_read()).into()
            }
            Input::Data { conn, wire: Wire::Etcd(wire) } => {
                let Some(place) = self.place(*conn) else { return Handled::NotMine };
                self.endpoints[place].ready = true;
                self.endpoints[place].failures = 0;
                match wire {
                    etcd::Wire::Response(response) if self.sent == Some(place) => {
                        self.answered(ctx, screen, response).into()
                    }
                    _ => {
                        self.send(ctx);
                        Handled::Nothing
                    }
                }
            }
            _ => Handled::NotMine,
        }
    }

    fn place(&self, conn: ConnId) -> Option<usize> {
        self.endpoints.iter().position(|e| e.conn == Some(conn))
    }

    fn is_read(&self) -> bool {
        matches!(self.request.op, Op::Range { .. } | Op::Status | Op::MemberList { .. } | Op::HashKv | Op::AlarmList)
    }

    fn timer(&mut self, ctx: &mut Ctx<'_>, screen: &mut Screen, why: timer::Etcdctl, place: usize) -> Handled<Outcome> {
        match why {
            timer::Etcdctl::Limit => {
                self.limit = None;
                let error = match (&self.dial_error, self.sent) {
                    (Some(error), None) => format!(
                        "latest balancer error: connection error: desc = \\\"transport: Error while dialing: {error}\\\""
                    ),
                    _ => "context deadline exceeded".to_owned(),
                };
                self.log(ctx, screen, &format!("rpc error: code = DeadlineExceeded desc = {error}"));
                self.close(ctx);
                Handled::Done(Err("context deadline exceeded".to_owned()))
            }
            timer::Etcdctl::Retry => {
                self.pausing = false;
                self.send(ctx);
                Handled::Nothing
            }
            timer::Etcdctl::Reconnect => {
                // An earlier client with the same number may have left its timer.
                let Some(endpoint) = self.endpoints.get_mut(place).filter(|e| e.conn.is_none()) else {
                    return Handled::NotMine;
                };
                match &endpoint.server {
                    Some(server) => endpoint.conn = Some(ctx.connect(server.host, server.port, DIAL_TIMEOUT)),
                    None => {
                        let name = endpoint.address.split(':').next().unwrap_or_default();
                        let unknown = !name.chars().all(|c| c.is_ascii_digit() || c == '.');
                        let text = if unknown {
                            format!("lookup {name}: no such host")
                        } else {
                            "connect: connection refused".to_owned()
                        };
                        self.dial_failed(ctx, place, &text);
                    }
                }
                Handled::Nothing
            }
        }
    }

    fn dial_failed(&mut self, ctx: &mut Ctx<'_>, place: usize, text: &str) {
        let endpoint = &mut self.endpoints[place];
        endpoint.conn = None;
        self.dial_error = Some(format!("dial tcp {}: {text}", endpoint.address));
        let mut wait = RECONNECT;
        for _ in 0..endpoint.failures.min(12) {
            wait = wait.scale(16, 10);
        }
        endpoint.failures += 1;
        ctx.set_timer(wait.min(LONGEST_RECONNECT), timer::Etcdctl::Reconnect, self.arg | place as u64);
    }

    fn send(&mut self, ctx: &mut Ctx<'_>) {
        if self.sent.is_some() || self.pausing {
            return;
        }
        if let Some(place) = self.endpoints.iter().position(|e| e.ready)
            && let Some(conn) = self.endpoints[place].conn
        {
            self.sent = Some(place);
            ctx.send(conn, Wire::Etcd(etcd::Wire::Request(self.request.clone())));
        }
    }

    fn answered(
        &mut self,
        ctx: &mut Ctx<'_>,
        screen: &mut Screen,
        response: &Rc<etcd::Response<Value>>,
    ) -> Option<Outcome> {
        let Err(error) = &response.result else {
            self.close(ctx);
            return Some(Ok(response.clone()));
        };
        match error {
            EtcdError::DeadlineExceeded => {
                let text = "rpc error: code = DeadlineExceeded desc = context deadline exceeded";
                self.try_failed(ctx, screen, text.to_owned(), true)
            }
            EtcdError::Timeout
            | EtcdError::TimeoutDueToLeaderFail
            | EtcdError::TimeoutDueToConnectionLost
            | EtcdError::LeaderChanged
            | EtcdError::NoLeader => {
                let text = format!("rpc error: code = Unavailable desc = {error}");
                let again = self.is_read();
                self.try_failed(ctx, screen, text, again).map(|_| Err(error.to_string()))
            }
            other => {
                self.close(ctx);
                Some(Err(other.to_string()))
            }
        }
    }

    /// A try failed: it is repeated where that is safe, at once but for a pause after each round (upstream
    /// `backoffRoundRobinQuorum`).
    fn try_failed(&mut self, ctx: &mut Ctx<'_>, screen: &mut Screen, error: String, again: bool) -> Option<Outcome> {
        self.log(ctx, screen, &error);
        self.attempt += 1;
        self.sent = None;
        if again && self.attempt < MOST_TRIES {
            if self.attempt.is_multiple_of(self.endpoints.len() as u32 / 2 + 1) {
                self.pausing = true;
                ctx.set_timer(RETRY_PAUSE, timer::Etcdctl::Retry, self.arg);
            } else {
                self.send(ctx);
            }
            return None;
        }
        self.close(ctx);
        Some(Err(error))
    }

    /// The line that the client library logs on standard error.
    fn log(&self, ctx: &Ctx<'_>, screen: &mut Screen, error: &str) {
        let method = match &self.request.op {
            Op::Range { .. } => "KV/Range",
            Op::Txn(txn) if matches!(txn.success.first(), Some(etcd::TxnOp::Delete { .. })) => "KV/DeleteRange",
            Op::Txn(_) => "KV/Put",
            Op::MemberList { .. } => "Cluster/MemberList",
            Op::MoveLeader { .. } => "Maintenance/MoveLeader",
            Op::HashKv => "Maintenance/HashKV",
            Op::Defragment => "Maintenance/Defragment",
            Op::AlarmList | Op::AlarmDisarm => "Maintenance/Alarm",
            Op::Compact { .. } => "KV/Compact",
            Op::MemberAdd { .. } => "Cluster/MemberAdd",
            Op::MemberRemove { .. } => "Cluster/MemberRemove",
            Op::MemberPromote { .. } => "Cluster/MemberPromote",
            _ => "Maintenance/Status",
        };
        let peer = match self.sent.map(|place| &self.endpoints[place]) {
            Some(e) => format!(
                "Peer{{Addr: '{}', LocalAddr: '{}:{}', AuthInfo: 'tls'}}",
                e.address,
                "10.0.0.2",
                40_000 + self.arg % 9_973
            ),
            None => "Peer{Addr: <nil>, LocalAddr: <nil>, AuthInfo: <nil>}".to_owned(),
        };
        let first = self.endpoints.first().map_or("", |e| e.address.as_str());
        let parts = [
            "{\"level\":\"warn\",\"ts\":\"",
            &rfc3339_micro(ctx.wall()),
            "\",\"logger\":\"",
            self.logger,
            "\",\"caller\":\"v3@v3.6.16/retry_interceptor.go:68\",\"msg\":\"retrying of unary invoker failed\",",
            "\"target\":\"etcd-endpoints://0xc000000000/",
            first,
            "\",\"peer\":\"",
            &peer,
            "\",\"method\":\"/etcdserverpb.",
            method,
            "\",\"attempt\":",
            &self.attempt.to_string(),
            ",\"error\":\"",
            error,
            "\"}\n",
        ];
        screen.err(&parts.concat());
    }

    fn close(&mut self, ctx: &mut Ctx<'_>) {
        for endpoint in &mut self.endpoints {
            if let Some(conn) = endpoint.conn.take() {
                ctx.close(conn);
            }
            endpoint.ready = false;
            endpoint.server = None;
        }
        if let Some(limit) = self.limit.take() {
            ctx.cancel_timer(limit);
        }
        self.arg = u64::MAX;
    }
}
