//! One connection to one etcd member, as gRPC keeps it: dialled with back-off, usable after the first answer, checked by
//! keepalive pings, given up when what was sent stays unacknowledged (FACTS 4.3 and 9).
//!
//! Back-off: 1 s, times 1.6 for each failed attempt, at most 120 s, each 20 % more or less, counted from the start of the
//! attempt. The HTTP/2 settings exchange is a ping and its answer, so a member that is stopped is not used.

use crate::etcd;
use crate::kube::timer;
use crate::kube::vocabulary::{Ctx, Wire};
use crate::sim::{Cause, CloseReason, ConnId, HostId, SimDuration, SimTime, Ticket};

const DIAL_TIMEOUT: SimDuration = SimDuration::from_secs(20);
const KEEPALIVE_TIME: SimDuration = SimDuration::from_secs(30);
const KEEPALIVE_TIMEOUT: SimDuration = SimDuration::from_secs(10);
const FIRST_BACKOFF: SimDuration = SimDuration::from_secs(1);
const LONGEST_BACKOFF: SimDuration = SimDuration::from_secs(120);

/// The state of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// Waits before it is dialled again.
    Backoff,
    /// A connection is being opened.
    Dialing(ConnId),
    /// The HTTP/2 settings have not arrived.
    Handshake(ConnId),
    /// Usable.
    Ready(ConnId),
}

/// A connection to one etcd member.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(crate) host: HostId,
    pub(crate) address: String,
    pub(crate) state: EndpointState,
    /// The cause of the loss of the connection, until there is another one.
    pub(crate) lost: Option<Cause>,
    index: u64,
    failures: u32,
    attempt_began: SimTime,
    /// When something was last heard from it.
    pub(crate) last_read: SimTime,
    pinged_at: SimTime,
    local_port: u64,
    timer: Option<Ticket>,
}

impl Endpoint {
    pub(crate) fn new(index: usize, host: HostId, address: String) -> Self {
        Endpoint {
            host,
            address,
            state: EndpointState::Backoff,
            lost: None,
            index: index as u64,
            failures: 0,
            attempt_began: SimTime::ZERO,
            last_read: SimTime::ZERO,
            pinged_at: SimTime::ZERO,
            local_port: 0,
            timer: None,
        }
    }

    pub(crate) fn ready(&self) -> Option<ConnId> {
        match self.state {
            EndpointState::Ready(conn) => Some(conn),
            _ => None,
        }
    }

    pub(crate) fn conn(&self) -> Option<ConnId> {
        match self.state {
            EndpointState::Backoff => None,
            EndpointState::Dialing(conn) | EndpointState::Handshake(conn) | EndpointState::Ready(conn) => Some(conn),
        }
    }

    pub(crate) fn dial(&mut self, ctx: &mut Ctx<'_>) {
        self.stop_timer(ctx);
        self.attempt_began = ctx.now();
        self.local_port = 32_768 + ctx.rng("etcd local port").below(28_232);
        let port = self.address.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        self.state = EndpointState::Dialing(ctx.connect(self.host, port.unwrap_or(etcd::CLIENT_PORT), DIAL_TIMEOUT));
    }

    pub(crate) fn connected(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        self.state = EndpointState::Handshake(conn);
        ctx.set_user_timeout(conn, KEEPALIVE_TIMEOUT);
        ctx.send(conn, Wire::Etcd(etcd::Wire::Ping));
        self.arm(ctx, DIAL_TIMEOUT, timer::EtcdClient::Handshake);
    }

    /// Something arrived; returns whether the endpoint has just become usable.
    pub(crate) fn heard(&mut self, ctx: &mut Ctx<'_>) -> bool {
        self.last_read = ctx.now();
        let EndpointState::Handshake(conn) = self.state else { return false };
        self.state = EndpointState::Ready(conn);
        self.failures = 0;
        self.lost = None;
        self.arm(ctx, KEEPALIVE_TIME, timer::EtcdClient::Keepalive);
        true
    }

    /// The keepalive timer is due: pings if nothing was read for a while.
    pub(crate) fn keepalive(&mut self, ctx: &mut Ctx<'_>) {
        let Some(conn) = self.ready() else { return };
        let quiet = ctx.now().since(self.last_read);
        if quiet < KEEPALIVE_TIME {
            self.arm(ctx, KEEPALIVE_TIME - quiet, timer::EtcdClient::Keepalive);
            return;
        }
        self.pinged_at = ctx.now();
        ctx.send(conn, Wire::Etcd(etcd::Wire::Ping));
        self.arm(ctx, KEEPALIVE_TIMEOUT, timer::EtcdClient::KeepaliveTimeout);
    }

    /// The time for a ping's answer has passed; returns whether nothing at all was read since.
    pub(crate) fn keepalive_failed(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if self.last_read > self.pinged_at {
            let quiet = ctx.now().since(self.last_read);
            self.arm(ctx, KEEPALIVE_TIME - quiet, timer::EtcdClient::Keepalive);
            return false;
        }
        true
    }

    /// The connection, or the attempt to open one, has ended.
    pub(crate) fn gone(&mut self, ctx: &mut Ctx<'_>) {
        let was_ready = self.ready().is_some();
        self.stop_timer(ctx);
        self.lost.get_or_insert(ctx.cause());
        self.state = EndpointState::Backoff;
        if was_ready {
            self.dial(ctx);
            return;
        }
        let mut backoff = FIRST_BACKOFF;
        for _ in 0..self.failures.min(12) {
            backoff = backoff.scale(16, 10);
        }
        self.failures += 1;
        let jitter = 8_000 + ctx.rng("etcd back-off").below(4_001);
        let backoff = backoff.min(LONGEST_BACKOFF).scale(jitter, 10_000);
        let tried = ctx.now().since(self.attempt_began);
        self.arm(ctx, backoff - tried, timer::EtcdClient::Reconnect);
    }

    /// Returns gRPC's text about the loss of this connection.
    pub(crate) fn loss_text(&self, local: &str, reason: CloseReason) -> String {
        let what = match reason {
            CloseReason::Eof => {
                return "rpc error: code = Unavailable desc = error reading from server: EOF".to_owned();
            }
            CloseReason::Reset => "connection reset by peer",
            CloseReason::TimedOut => "connection timed out",
        };
        format!(
            "rpc error: code = Unavailable desc = error reading from server: read tcp {local}:{}->{}: read: {what}",
            self.local_port, self.address
        )
    }

    fn arm(&mut self, ctx: &mut Ctx<'_>, after: SimDuration, why: timer::EtcdClient) {
        self.stop_timer(ctx);
        self.timer = Some(ctx.set_timer(after, why, self.index));
    }

    fn stop_timer(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(ticket) = self.timer.take() {
            ctx.cancel_timer(ticket);
        }
    }
}
