//! The app's user (process `user`): asks the app four times a second on a new connection each, at the workers in turn;
//! where one does not answer, the next is tried, as a browser does with the addresses of a name. docs/scenario.md.

use std::rc::Rc;

use super::lane::{LaneLog, Verdict};
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::trace_event::Lane;
use crate::kube::vocabulary::{App, Ctx, Input, Wire};
use crate::sim::map::Map;
use crate::sim::{CloseReason, ConnId, ConnectError, HostId, Port, SimDuration, Ticket};

const PERIOD: SimDuration = SimDuration::from_millis(250);
/// The limit for each address, to connect and to answer.
const PATIENCE: SimDuration = SimDuration::from_secs(1);
/// The most addresses that are tried.
const MAX_ADDRESSES: usize = 4;

/// The workers that serve the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserConfig {
    /// The workers' hosts, which are asked in turn.
    pub workers: Vec<HostId>,
    /// The node port.
    pub port: Port,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    number: u64,
    /// The index of the worker.
    worker: usize,
    tried: usize,
    patience: Ticket,
}

#[derive(Clone, Debug)]
struct Memory {
    lane: LaneLog,
    attempts: Map<ConnId, Attempt>,
    asked: u64,
}

/// The process `browser`: the app's user.
#[derive(Clone, Debug)]
pub struct AppUser {
    config: UserConfig,
    memory: Memory,
}

impl AppUser {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: UserConfig) -> Self {
        AppUser { config, memory: Self::fresh() }
    }

    fn fresh() -> Memory {
        Memory { lane: LaneLog::new(Lane::AppServing), attempts: Map::new(), asked: 0 }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        if !self.config.workers.is_empty() {
            ctx.set_timer(PERIOD, timer::User::Ask, 0);
        }
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        match input {
            Input::Timer(TimerKey { why: Timer::User(timer::User::Ask), .. }) => self.ask(ctx),
            Input::Timer(TimerKey { why: Timer::User(timer::User::GiveUp), arg }) => {
                let late = self.memory.attempts.iter().find(|(_, a)| a.number == arg).map(|(conn, _)| *conn);
                if let Some(conn) = late {
                    ctx.reset(conn);
                    self.failed(ctx, conn, None);
                }
            }
            Input::Timer(key) => key.why.misrouted(),
            Input::Connected { conn } => {
                ctx.send(conn, Wire::App(App::Get));
            }
            Input::ConnectFailed { conn, error: ConnectError::Refused } => {
                self.failed(ctx, conn, Some("connection refused"));
            }
            Input::ConnectFailed { conn, .. } => self.failed(ctx, conn, None),
            // The rules of a worker rewrite addresses: the refusal of a pod's host reaches the user as its own.
            Input::Closed { conn, reason: CloseReason::Reset } => self.failed(ctx, conn, Some("connection refused")),
            Input::Closed { conn, reason: CloseReason::Eof } => self.failed(ctx, conn, Some("empty reply from server")),
            Input::Closed { conn, .. } => self.failed(ctx, conn, None),
            Input::Data { conn, wire: Wire::App(App::Ok { .. }) } => self.answered(ctx, conn),
            Input::Terminate => ctx.exit(0),
            _ => {}
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Self::fresh();
    }

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &UserConfig {
        &self.config
    }

    /// Returns the user's requests.
    pub fn lane(&self) -> &LaneLog {
        &self.memory.lane
    }

    fn ask(&mut self, ctx: &mut Ctx<'_>) {
        ctx.set_timer(PERIOD, timer::User::Ask, 0);
        let number = self.memory.asked;
        self.memory.asked += 1;
        self.memory.lane.sent(ctx, number);
        let worker = (number % self.config.workers.len() as u64) as usize;
        self.attempt(ctx, number, worker, 1);
    }

    fn attempt(&mut self, ctx: &mut Ctx<'_>, number: u64, worker: usize, tried: usize) {
        let conn = ctx.connect(self.config.workers[worker], self.config.port, PATIENCE + PATIENCE);
        let patience = ctx.set_timer(PATIENCE, timer::User::GiveUp, number);
        self.memory.attempts.insert(conn, Attempt { number, worker, tried, patience });
    }

    fn answered(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        if let Some(attempt) = self.memory.attempts.remove(&conn) {
            ctx.cancel_timer(attempt.patience);
            self.memory.lane.decided(ctx, attempt.number, Verdict::OK);
        }
    }

    /// One address failed (`None`: it was silent): the next is tried, or the request has failed.
    fn failed(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, error: Option<&str>) {
        let Some(Attempt { number, worker, tried, patience }) = self.memory.attempts.remove(&conn) else { return };
        ctx.cancel_timer(patience);
        let count = self.config.workers.len();
        if tried < count.min(MAX_ADDRESSES) {
            self.attempt(ctx, number, (worker + 1) % count, tried + 1);
            return;
        }
        let host = self.config.workers[worker];
        let silent = error.is_none().then_some(host);
        let error: Rc<str> = format!("{}: {}", ctx.host_name(host), error.unwrap_or("timed out")).into();
        self.memory.lane.decided(ctx, number, Verdict { error: Some(error), silent });
    }
}
