//! HAProxy in TCP mode: round robin or least connections over the servers that its health checks call UP, retries, and
//! sessions that stay when their server goes DOWN. It sees connections, not their content. FACTS 6.1, 9; upstream
//! `src/stream.c` and `back_handle_st_cer` in `src/backend.c`.

use super::backends::Backend;
pub use super::backends::{Balance, Check, ServerConfig};
pub(crate) use super::check::{CheckResult, FALL, INTER, RISE};
use super::check::{Checker, HAPROXY};
use super::sessions::{Outcome, Sessions};
use crate::kube::log_line;
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::trace_event::TraceEvent;
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::map::Map;
use crate::sim::{ConnId, ConnectError, HostId, NoteId, Port, Silent, SimDuration, SimTime};

/// `timeout connect`
const CONNECT_TIMEOUT: SimDuration = SimDuration::from_secs(5);
/// `retries`
const RETRIES: u32 = 3;
/// The pause before a retry after an error, other than a timeout.
const TURN_AROUND: SimDuration = SimDuration::from_secs(1);

/// Its configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaproxyConfig {
    /// `bind`
    pub listen: Port,
    /// The servers of its backend.
    pub servers: Vec<ServerConfig>,
    /// `balance`
    pub balance: Balance,
    /// The kind of health check.
    pub check: Check,
    /// `option redispatch`
    pub redispatch: bool,
}

/// Counters of one server since HAProxy started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerStats {
    /// Open sessions, including those that are still connecting.
    pub(crate) current: u32,
    /// Sessions that it was given.
    pub(crate) total: u64,
    /// Connections to it that failed.
    pub(crate) connect_errors: u64,
    /// Connections to it that were tried again.
    pub(crate) retries: u64,
    /// Sessions that went from it to another server.
    pub(crate) redispatches: u64,
    /// When it last went UP or DOWN (host's monotonic clock).
    pub(crate) changed_at: SimTime,
}

/// A server as the statistics page shows it.
#[derive(Clone, Copy, Debug)]
pub struct ServerView<'a> {
    /// Its line in the configuration.
    pub(crate) config: &'a ServerConfig,
    /// Whether it is UP.
    pub up: bool,
    /// The result of its last check.
    pub(crate) last_check: CheckResult,
    /// Checks in a row that contradict its state.
    pub(crate) against: u32,
    /// Its counters.
    pub(crate) stats: ServerStats,
}

#[derive(Clone, Debug, Default)]
struct Memory {
    servers: Vec<(Checker, ServerStats)>,
    sessions: Sessions,
    /// The server that was picked last.
    last: usize,
    /// The newest note about each server: its going DOWN explains its coming UP again.
    noted: Map<usize, NoteId>,
    /// Clients that were refused because no server was up.
    no_server: u64,
}

/// The process `haproxy`: a TCP proxy with health checks.
#[derive(Clone, Debug)]
pub struct Haproxy {
    config: HaproxyConfig,
    memory: Memory,
}

impl Haproxy {
    /// Creates the process with its configuration; it has not started.
    pub fn new(config: HaproxyConfig) -> Self {
        Haproxy { config, memory: Memory::default() }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>) {
        let count = self.config.servers.len() as u64;
        for (index, server) in self.config.servers.iter().enumerate() {
            let mut checker = Checker::new(&HAPROXY, self.config.check, (server.host, server.port), index);
            checker.plan(ctx, INTER.scale(index as u64, count));
            self.memory.servers.push((checker, ServerStats::default()));
        }
        self.memory.last = self.config.servers.len().saturating_sub(1);
        ctx.listen(self.config.listen);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        if let Some(outcome) = self.memory.sessions.handle(ctx, &input) {
            self.session(ctx, outcome);
            return;
        }
        match input {
            Input::Accepted { conn, from, .. } => self.accept(ctx, conn, from),
            Input::Timer(key) => self.timer(ctx, key),
            Input::Terminate => ctx.exit(0),
            input => self.check_input(ctx, &input),
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::default();
    }

    // ---- for the inspector ----

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &HaproxyConfig {
        &self.config
    }

    /// Iterates over the servers, as it sees them.
    pub fn servers(&self) -> impl Iterator<Item = ServerView<'_>> {
        self.config.servers.iter().zip(&self.memory.servers).map(|(config, (checker, stats))| ServerView {
            config,
            up: checker.up,
            last_check: checker.last,
            against: checker.against,
            stats: *stats,
        })
    }

    /// Iterates over the servers in the terms that all load balancers share.
    pub(crate) fn backends(&self) -> impl Iterator<Item = Backend> + '_ {
        self.servers().map(|server| Backend {
            host: server.config.host,
            up: server.up,
            last: server.last_check.label(),
            against: server.against,
            turns_at: if server.up { FALL } else { RISE },
            sessions: server.stats.current,
        })
    }

    /// Returns the number of open sessions, and of clients that found no server up.
    pub(crate) fn sessions(&self) -> (usize, u64) {
        (self.memory.sessions.len(), self.memory.no_server)
    }

    // ---- health ----

    fn timer(&mut self, ctx: &mut Ctx<'_>, key: TimerKey) {
        let index = key.arg as usize;
        match key.why {
            Timer::HealthCheck(timer::HealthCheck::Interval) => {
                if let Some((checker, _)) = self.memory.servers.get_mut(index) {
                    checker.begin(ctx);
                }
            }
            Timer::HealthCheck(timer::HealthCheck::Timeout) => {
                let checker = self.memory.servers.get_mut(index);
                let changed = checker.is_some_and(|(checker, _)| checker.time_is_up(ctx));
                if changed {
                    self.changed(ctx, index);
                }
            }
            Timer::Haproxy(timer::Haproxy::Retry) => {
                if let Some(client) = self.memory.sessions.numbered(key.arg) {
                    if let Some(session) = self.memory.sessions.get_mut(client) {
                        session.retry = None;
                    }
                    self.attempt(ctx, client);
                }
            }
            other => other.misrouted(),
        }
    }

    fn check_input(&mut self, ctx: &mut Ctx<'_>, input: &Input) {
        for index in 0..self.memory.servers.len() {
            if let Some(changed) = self.memory.servers[index].0.handle(ctx, input) {
                if changed {
                    self.changed(ctx, index);
                }
                return;
            }
        }
    }

    fn changed(&mut self, ctx: &mut Ctx<'_>, index: usize) {
        let active = self.memory.servers.iter().filter(|(checker, _)| checker.up).count() as u32;
        let (checker, stats) = &mut self.memory.servers[index];
        stats.changed_at = ctx.now();
        let config = &self.config.servers[index];
        let (server, up, check) = (config.host, checker.up, checker.last.label());
        let (took, sessions) = (checker.took, stats.current);
        ctx.log(log_line::Haproxy::Changed { server, up, check, took, active, sessions }.into());
        if active == 0 {
            ctx.log(log_line::Haproxy::NoServer.into());
        }
        let what = TraceEvent::Backend { server: config.host, up: checker.up, check: checker.last.label() };
        let note = if checker.up {
            ctx.note_because(self.memory.noted.get(&index).copied().unwrap_or(0), what)
        } else {
            ctx.note_silence(config.process.map_or(Silent::Host(config.host), Silent::Process), what)
        };
        self.memory.noted.insert(index, note);
    }

    // ---- sessions ----

    /// The next server whose turn it is.
    fn pick(&mut self) -> Option<usize> {
        let servers = &self.memory.servers;
        let count = servers.len();
        let turns = (1..=count).map(|step| (self.memory.last + step) % count);
        let mut up = turns.filter(|i| servers[*i].0.up);
        let chosen = match self.config.balance {
            Balance::RoundRobin => up.next(),
            Balance::LeastConn => up.min_by_key(|i| servers[*i].1.current),
        }?;
        self.memory.last = chosen;
        Some(chosen)
    }

    fn accept(&mut self, ctx: &mut Ctx<'_>, client: ConnId, from: HostId) {
        let Some(server) = self.pick() else {
            self.memory.no_server += 1;
            ctx.close(client);
            return;
        };
        self.memory.sessions.insert(ctx, (client, from), server);
        self.count_in(server);
        self.attempt(ctx, client);
    }

    fn count_in(&mut self, server: usize) {
        let stats = &mut self.memory.servers[server].1;
        stats.current += 1;
        stats.total += 1;
    }

    fn count_out(&mut self, server: usize) {
        let stats = &mut self.memory.servers[server].1;
        stats.current = stats.current.saturating_sub(1);
    }

    fn attempt(&mut self, ctx: &mut Ctx<'_>, client: ConnId) {
        let Some(session) = self.memory.sessions.get_mut(client) else { return };
        let server = &self.config.servers[session.server];
        self.memory.sessions.connect(ctx, client, (server.host, server.port), CONNECT_TIMEOUT);
    }

    fn session(&mut self, ctx: &mut Ctx<'_>, outcome: Outcome) {
        match outcome {
            Outcome::Nothing | Outcome::Established { .. } => {}
            Outcome::Ended { server } => self.count_out(server),
            Outcome::ConnectFailed { client, server, error } => self.connect_failed(ctx, client, server, error),
        }
    }

    fn connect_failed(&mut self, ctx: &mut Ctx<'_>, client: ConnId, server: usize, error: ConnectError) {
        let (up, stats) = (self.memory.servers[server].0.up, &mut self.memory.servers[server].1);
        stats.connect_errors += 1;
        let Some(session) = self.memory.sessions.get_mut(client) else { return };
        let failures = session.failures;
        if failures > RETRIES {
            self.count_out(server);
            self.memory.sessions.drop_session(ctx, client);
            return;
        }
        let several = self.memory.servers.iter().filter(|(checker, _)| checker.up).count() > 1;
        let round_robin = self.config.balance == Balance::RoundRobin;
        // Any server is as good as another in a round robin: it does not insist on this one. Else the last retry goes
        // elsewhere, as does any once the server is known to be down.
        let elsewhere = self.config.redispatch && (!up || failures == RETRIES || (round_robin && several));
        if elsewhere && !self.redispatch(client, server) {
            self.count_out(server);
            self.memory.sessions.drop_session(ctx, client);
            return;
        }
        if !elsewhere {
            self.memory.servers[server].1.retries += 1;
        }
        let wait = error == ConnectError::Refused && (!elsewhere || !round_robin || !several);
        match self.memory.sessions.get_mut(client) {
            Some(session) if wait => {
                session.retry =
                    Some(ctx.set_timer(TURN_AROUND.min(CONNECT_TIMEOUT), timer::Haproxy::Retry, session.number));
            }
            _ => self.attempt(ctx, client),
        }
    }

    /// Gives a session to another server; returns false if none is up.
    fn redispatch(&mut self, client: ConnId, from: usize) -> bool {
        let Some(to) = self.pick() else { return false };
        self.count_out(from);
        self.memory.servers[from].1.redispatches += 1;
        self.count_in(to);
        if let Some(session) = self.memory.sessions.get_mut(client) {
            session.server = to;
        }
        true
    }
}
