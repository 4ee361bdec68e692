//! Active health checks of one server, with HAProxy's results and its counting of rises and falls; keepalived's script
//! checks and counts the same way. FACTS 6.1, 6.3; upstream `src/check.c`.

use std::rc::Rc;

use crate::edge::backends::Check;
use crate::kube::api::{Api, Call, HealthPath, Request};
use crate::kube::timer;
use crate::kube::vocabulary::{Ctx, Input, Wire};
use crate::sim::{ConnId, ConnectError, HostId, Port, SimDuration, SimTime, Ticket};

/// `inter`
pub(crate) const INTER: SimDuration = SimDuration::from_millis(2000);
/// `fall`
pub(crate) const FALL: u32 = 3;
/// `rise`
pub(crate) const RISE: u32 = 2;

/// The settings of a health check.
#[derive(Debug)]
pub(super) struct Pace {
    pub(crate) interval: SimDuration,
    /// Whether the interval counts from the start of a check; else from its end.
    pub(crate) from_start: bool,
    /// The longest time of a check.
    pub(crate) timeout: SimDuration,
    pub(crate) fall: u32,
    pub(crate) rise: u32,
    pub(crate) path: HealthPath,
    pub(crate) user_agent: &'static str,
}

/// HAProxy's defaults, and `option httpchk GET /readyz`.
pub(super) const HAPROXY: Pace = Pace {
    interval: INTER,
    from_start: false,
    timeout: INTER,
    fall: FALL,
    rise: RISE,
    path: HealthPath::Readyz,
    user_agent: "haproxy",
};

/// The result of a check, as HAProxy's statistics name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CheckResult {
    /// None has ended yet.
    #[default]
    Ini,
    /// The connection was established.
    L4Ok,
    /// The connection failed: refused or unreachable.
    L4Con,
    /// The connection timed out.
    L4Tout,
    /// The TLS handshake failed.
    L6Rsp,
    /// The TLS handshake timed out.
    L6Tout,
    /// HTTP answered with a good status.
    L7Ok,
    /// HTTP answered with something invalid.
    L7Rsp,
    /// HTTP answered with a bad status.
    L7Sts,
    /// HTTP timed out.
    L7Tout,
}

impl CheckResult {
    /// Returns HAProxy's word for it: `L7OK`
    pub(crate) fn label(self) -> &'static str {
        match self {
            CheckResult::Ini => "INI",
            CheckResult::L4Ok => "L4OK",
            CheckResult::L4Con => "L4CON",
            CheckResult::L4Tout => "L4TOUT",
            CheckResult::L6Rsp => "L6RSP",
            CheckResult::L6Tout => "L6TOUT",
            CheckResult::L7Ok => "L7OK",
            CheckResult::L7Rsp => "L7RSP",
            CheckResult::L7Sts => "L7STS",
            CheckResult::L7Tout => "L7TOUT",
        }
    }

    /// Returns whether the check counts for the server.
    pub(crate) fn passed(self) -> bool {
        matches!(self, CheckResult::L4Ok | CheckResult::L7Ok)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Connect,
    Tls,
    Http,
}

/// The health check of one server.
#[derive(Clone, Debug)]
pub(super) struct Checker {
    pace: &'static Pace,
    kind: Check,
    began: SimTime,
    /// How long the last check took.
    pub(crate) took: SimDuration,
    server: (HostId, Port),
    index: u64,
    attempt: Option<(ConnId, Phase)>,
    timeout: Option<Ticket>,
    pub(crate) last: CheckResult,
    pub(crate) up: bool,
    /// Checks in a row that contradict `up`.
    pub(crate) against: u32,
}

impl Checker {
    pub(crate) fn new(pace: &'static Pace, kind: Check, server: (HostId, Port), index: usize) -> Self {
        Checker {
            pace,
            kind,
            began: SimTime::ZERO,
            took: SimDuration::ZERO,
            server,
            index: index as u64,
            attempt: None,
            timeout: None,
            last: CheckResult::Ini,
            up: true,
            against: 0,
        }
    }

    /// Plans the first check; the checks of several servers are spread over the interval.
    pub(crate) fn plan(&mut self, ctx: &mut Ctx<'_>, after: SimDuration) {
        ctx.set_timer(after, timer::HealthCheck::Interval, self.index);
    }

    pub(crate) fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.began = ctx.now();
        let conn = ctx.connect(self.server.0, self.server.1, self.pace.timeout + self.pace.timeout);
        self.attempt = Some((conn, Phase::Connect));
        self.timeout = Some(ctx.set_timer(self.pace.timeout, timer::HealthCheck::Timeout, self.index));
    }

    /// The timeout of a check has passed. Returns whether the server has changed between UP and DOWN.
    pub(crate) fn time_is_up(&mut self, ctx: &mut Ctx<'_>) -> bool {
        self.timeout = None;
        let result = match self.attempt {
            Some((_, Phase::Connect)) => CheckResult::L4Tout,
            Some((_, Phase::Tls)) => CheckResult::L6Tout,
            Some((_, Phase::Http)) => CheckResult::L7Tout,
            None => return false,
        };
        self.conclude(ctx, result)
    }

    /// Takes an input if it is about this check; `Some(true)` if the server has changed between UP and DOWN.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Option<bool> {
        let (mine, phase) = self.attempt?;
        match input {
            Input::Connected { conn } if *conn == mine => match self.kind {
                Check::Tcp => Some(self.conclude(ctx, CheckResult::L4Ok)),
                Check::Readyz => {
                    self.attempt = Some((mine, Phase::Tls));
                    ctx.send(mine, Wire::Api(Api::ClientHello));
                    Some(false)
                }
            },
            Input::ConnectFailed { conn, error } if *conn == mine => {
                let refused = *error == ConnectError::Refused;
                let result = if refused { CheckResult::L4Con } else { CheckResult::L4Tout };
                Some(self.conclude(ctx, result))
            }
            Input::Closed { conn, .. } if *conn == mine => {
                let result = if phase == Phase::Http { CheckResult::L7Rsp } else { CheckResult::L6Rsp };
                Some(self.conclude(ctx, result))
            }
            Input::Data { conn, wire: Wire::Api(api) } if *conn == mine => match api {
                Api::ServerHello => {
                    self.attempt = Some((mine, Phase::Http));
                    let call = Call::Health { path: self.pace.path, verbose: false };
                    let request = Request { stream: 1, user_agent: self.pace.user_agent, timeout: None, call };
                    ctx.send(mine, Wire::Api(Api::Request(Rc::new(request))));
                    Some(false)
                }
                Api::Response(response) => {
                    let result = if response.result.is_ok() { CheckResult::L7Ok } else { CheckResult::L7Sts };
                    Some(self.conclude(ctx, result))
                }
                _ => Some(false),
            },
            _ => None,
        }
    }

    fn conclude(&mut self, ctx: &mut Ctx<'_>, result: CheckResult) -> bool {
        if let Some((conn, _)) = self.attempt.take() {
            ctx.close(conn);
        }
        if let Some(ticket) = self.timeout.take() {
            ctx.cancel_timer(ticket);
        }
        self.took = ctx.now().since(self.began);
        let spent = if self.pace.from_start { self.took } else { SimDuration::ZERO };
        self.plan(ctx, self.pace.interval - spent);
        self.last = result;
        if result.passed() == self.up {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let needed = if self.up { self.pace.fall } else { self.pace.rise };
        if self.against < needed {
            return false;
        }
        self.against = 0;
        self.up = !self.up;
        true
    }
}
