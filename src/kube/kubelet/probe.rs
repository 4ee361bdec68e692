//! Startup and liveness probe of one container by HTTPS, as kubeadm sets it up for the API server: every 10 s a new
//! connection to `/livez`; 24 failures while it starts, 8 afterwards, restart it. FACTS 3.6, 4.1.

use std::rc::Rc;

use crate::kube::api::{API_PORT, Api, Call, HealthPath, Request};
use crate::kube::error::TransportError;
use crate::kube::handled::Handled;
use crate::kube::log_line::{self, ProbeFailure};
use crate::kube::timer;
use crate::kube::vocabulary::{Ctx, Input, Wire};
use crate::sim::{CloseReason, ConnId, ConnectError, SimDuration, SimTime, Ticket};

const INITIAL_DELAY: SimDuration = SimDuration::from_secs(10);
const PERIOD: SimDuration = SimDuration::from_secs(10);
const TIMEOUT: SimDuration = SimDuration::from_secs(15);
const STARTUP_THRESHOLD: u32 = 24;
const LIVENESS_THRESHOLD: u32 = 8;

/// The probe's verdict that the container has to be restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restart;

/// The probe of one container: its period, its connection and its count of failures.
#[derive(Clone, Debug, Default)]
pub(super) struct Probe {
    conn: Option<ConnId>,
    next: Option<Ticket>,
    timeout: Option<Ticket>,
    /// When the current attempt was due.
    due: SimTime,
    /// The startup probe has succeeded.
    started: bool,
    failures: u32,
}

impl Probe {
    /// The container was just started.
    pub(crate) fn container_started(&mut self, ctx: &mut Ctx<'_>) {
        self.stop(ctx);
        self.plan(ctx, INITIAL_DELAY);
    }

    /// The container has ended, or is being stopped.
    pub(crate) fn stop(&mut self, ctx: &mut Ctx<'_>) {
        self.end_attempt(ctx);
        if let Some(ticket) = self.next.take() {
            ctx.cancel_timer(ticket);
        }
        *self = Probe::default();
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>, after: SimDuration) {
        self.due = ctx.now() + after;
        self.next = Some(ctx.set_timer(after, timer::Probe::Period, 0));
    }

    fn end_attempt(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(conn) = self.conn.take() {
            ctx.close(conn);
        }
        if let Some(ticket) = self.timeout.take() {
            ctx.cancel_timer(ticket);
        }
    }

    /// One of its timers is due.
    pub(crate) fn timer(&mut self, ctx: &mut Ctx<'_>, why: timer::Probe) -> Option<Restart> {
        match why {
            timer::Probe::Period => {
                self.next = None;
                self.conn = Some(ctx.connect(ctx.host(), API_PORT, TIMEOUT));
                self.timeout = Some(ctx.set_timer(TIMEOUT, timer::Probe::Timeout, 0));
                None
            }
            timer::Probe::Timeout => {
                self.timeout = None;
                self.verdict(ctx, Err(ProbeFailure::Transport(TransportError::DeadlineExceeded)))
            }
        }
    }

    /// Takes an input if it is about the probe's connection.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Handled<Restart> {
        match input {
            Input::Connected { conn } if self.conn == Some(*conn) => {
                ctx.send(*conn, Wire::Api(Api::ClientHello));
                Handled::Nothing
            }
            Input::ConnectFailed { conn, error } if self.conn == Some(*conn) => {
                self.conn = None;
                let why = match error {
                    ConnectError::Refused => TransportError::Refused,
                    _ => TransportError::DeadlineExceeded,
                };
                self.verdict(ctx, Err(ProbeFailure::Transport(why))).into()
            }
            Input::Closed { conn, reason } if self.conn == Some(*conn) => {
                self.conn = None;
                let why = match reason {
                    CloseReason::Reset => TransportError::Reset,
                    _ => TransportError::Eof,
                };
                self.verdict(ctx, Err(ProbeFailure::Transport(why))).into()
            }
            Input::Data { conn, wire: Wire::Api(api) } if self.conn == Some(*conn) => match api {
                Api::ServerHello => {
                    let call = Call::Health { path: HealthPath::Livez, verbose: false };
                    let request = Request { stream: 1, user_agent: "kube-probe", timeout: None, call };
                    ctx.send(*conn, Wire::Api(Api::Request(Rc::new(request))));
                    Handled::Nothing
                }
                Api::Response(response) => {
                    let result = response.result.as_ref().map(|_| ()).map_err(ProbeFailure::from);
                    self.verdict(ctx, result).into()
                }
                _ => Handled::Nothing,
            },
            _ => Handled::NotMine,
        }
    }

    fn verdict(&mut self, ctx: &mut Ctx<'_>, result: Result<(), ProbeFailure>) -> Option<Restart> {
        self.end_attempt(ctx);
        match result {
            Ok(()) => {
                self.failures = 0;
                self.started = true;
            }
            Err(why) => {
                self.failures += 1;
                ctx.log(log_line::Kubelet::ProbeFailed { startup: !self.started, why }.into());
            }
        }
        let limit = if self.started { LIVENESS_THRESHOLD } else { STARTUP_THRESHOLD };
        if self.failures >= limit {
            self.stop(ctx);
            return Some(Restart);
        }
        // The period counts from when this attempt was due; one that took longer is followed at once by the next.
        let left = (self.due + PERIOD).since(ctx.now());
        self.plan(ctx, left);
        None
    }
}
