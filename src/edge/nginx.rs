//! NGINX's `stream` proxy with its defaults: no active health checks; a server that it cannot connect to is left out
//! for `fail_timeout`, and the client is given to the next one without noticing. FACTS 6.2; upstream
//! `src/stream/ngx_stream_upstream_round_robin.c`, `ngx_stream_upstream_least_conn_module.c`,
//! `ngx_stream_proxy_module.c`.

use super::backends::{Backend, Balance, ServerConfig};
use super::sessions::{Outcome, Sessions};
use crate::kube::log_line;
use crate::kube::timer::{self, Timer};
use crate::kube::trace_event::TraceEvent;
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::{ConnId, ConnectError, HostId, NoteId, Port, Silent, SimDuration};

/// `proxy_connect_timeout`
const CONNECT_TIMEOUT: SimDuration = SimDuration::from_secs(60);
/// `proxy_timeout`
const IDLE: SimDuration = SimDuration::from_secs(600);
/// `max_fails`
const MAX_FAILS: u32 = 1;
/// `fail_timeout` in seconds: NGINX counts in whole ones.
const FAIL_TIMEOUT: u64 = 10;
const WEIGHT: i32 = 1;

/// Its configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NginxConfig {
    /// `listen`
    pub(crate) listen: Port,
    /// `server` lines of the `upstream` block; at most 8.
    pub(crate) servers: Vec<ServerConfig>,
    /// `RoundRobin` is NGINX's own default; `LeastConn` is `least_conn`.
    pub(crate) balance: Balance,
}

/// A server, as a worker process knows it; times are whole seconds.
#[derive(Clone, Copy, Debug)]
struct Peer {
    effective_weight: i32,
    current_weight: i32,
    fails: u32,
    accessed: u64,
    checked: u64,
    conns: u32,
    /// The result of the last connection attempt, and the note of its failure; 0 if it succeeded.
    last: &'static str,
    noted: NoteId,
}

#[derive(Clone, Debug, Default)]
struct Memory {
    peers: Vec<Peer>,
    sessions: Sessions,
    /// Clients that were refused: `no live upstreams while connecting to upstream`.
    turned_away: u64,
}

/// The process `nginx`: a TCP proxy without health checks.
#[derive(Clone, Debug)]
pub struct Nginx {
    config: NginxConfig,
    memory: Memory,
}

impl Nginx {
    /// Creates the process with its configuration; it has not started.
    pub(crate) fn new(config: NginxConfig) -> Self {
        Nginx { config, memory: Memory::default() }
    }

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub(crate) fn start(&mut self, ctx: &mut Ctx<'_>) {
        let peer = Peer {
            effective_weight: WEIGHT,
            current_weight: 0,
            fails: 0,
            accessed: 0,
            checked: 0,
            conns: 0,
            last: "not tried",
            noted: 0,
        };
        self.memory.peers = vec![peer; self.config.servers.len()];
        self.memory.sessions.patient = true;
        ctx.listen(self.config.listen);
    }

    /// Handles an input, as [`Machine::handle`](crate::sim::Machine::handle).
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: Input) {
        if let Some(outcome) = self.memory.sessions.handle(ctx, &input) {
            self.session(ctx, outcome);
            return;
        }
        match input {
            Input::Accepted { conn, from, .. } => self.accept(ctx, conn, from),
            Input::Timer(key) => match key.why {
                Timer::Nginx(timer::Nginx::Idle) => self.idle(ctx, key.arg),
                other => other.misrouted(),
            },
            Input::Terminate => ctx.exit(0),
            _ => {}
        }
    }

    /// Drops what is in memory, as [`Machine::crash`](crate::sim::Machine::crash).
    pub(crate) fn crash(&mut self, _power_lost: bool) {
        self.memory = Memory::default();
    }

    /// Iterates over the servers, as it sees them.
    pub(crate) fn backends(&self) -> impl Iterator<Item = Backend> + '_ {
        self.config.servers.iter().zip(&self.memory.peers).map(|(server, peer)| Backend {
            host: server.host,
            up: peer.fails < MAX_FAILS,
            last: peer.last,
            against: peer.fails.min(MAX_FAILS),
            turns_at: MAX_FAILS,
            sessions: peer.conns,
        })
    }

    /// Iterates over the servers: when each gets clients again, in whole seconds of the host's monotonic clock; `None`
    /// if it is not left out.
    pub(crate) fn left_out_until(&self) -> impl Iterator<Item = Option<u64>> + '_ {
        let several = self.memory.peers.len() > 1;
        self.memory.peers.iter().map(move |p| (several && p.fails >= MAX_FAILS).then_some(p.checked + FAIL_TIMEOUT + 1))
    }

    /// Returns the configuration.
    pub(crate) fn config(&self) -> &NginxConfig {
        &self.config
    }

    /// Returns the number of open sessions, and of clients that found no server.
    pub(crate) fn sessions(&self) -> (usize, u64) {
        (self.memory.sessions.len(), self.memory.turned_away)
    }

    fn accept(&mut self, ctx: &mut Ctx<'_>, client: ConnId, from: HostId) {
        let Some(server) = self.pick(ctx, 0) else {
            self.turn_away(ctx, from);
            ctx.close(client);
            return;
        };
        let number = self.memory.sessions.insert(ctx, (client, from), server);
        ctx.set_timer(IDLE, timer::Nginx::Idle, number);
        self.connect(ctx, client, server);
    }

    /// The next server for a session that has tried these; smooth weighted round robin among those that are eligible.
    fn pick(&mut self, ctx: &Ctx<'_>, tried: u8) -> Option<usize> {
        let now = whole_seconds(ctx);
        let peers = &mut self.memory.peers;
        let alone = peers.len() == 1;
        let eligible = |index: usize, peer: &Peer| {
            tried & 1 << index == 0 && (alone || peer.fails < MAX_FAILS || now - peer.checked > FAIL_TIMEOUT)
        };
        let among = peers.iter().enumerate().filter(|(i, p)| eligible(*i, p));
        let fewest = match self.config.balance {
            Balance::RoundRobin => u32::MAX,
            Balance::LeastConn => among.map(|(_, p)| p.conns).min()?,
        };
        let (mut best, mut total) = (None::<usize>, 0);
        for index in 0..peers.len() {
            let peer = &mut peers[index];
            if !eligible(index, peer) || peer.conns > fewest {
                continue;
            }
            peer.current_weight += peer.effective_weight;
            total += peer.effective_weight;
            peer.effective_weight = (peer.effective_weight + 1).min(WEIGHT);
            let weight = peer.current_weight;
            if best.is_none_or(|b| weight > peers[b].current_weight) {
                best = Some(index);
            }
        }
        let peer = &mut peers[best?];
        peer.current_weight -= total;
        if now - peer.checked > FAIL_TIMEOUT {
            peer.checked = now;
        }
        best
    }

    fn connect(&mut self, ctx: &mut Ctx<'_>, client: ConnId, server: usize) {
        self.memory.peers[server].conns += 1;
        if let Some(session) = self.memory.sessions.get_mut(client) {
            session.server = server;
            session.tried |= 1 << server;
        }
        let to = &self.config.servers[server];
        self.memory.sessions.connect(ctx, client, (to.host, to.port), CONNECT_TIMEOUT);
    }

    fn session(&mut self, ctx: &mut Ctx<'_>, outcome: Outcome) {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Established { server } => self.live(ctx, server),
            Outcome::Ended { server } => {
                self.count_out(server);
                self.live(ctx, server);
            }
            Outcome::ConnectFailed { client, server, error } => {
                if let Some(from) = self.memory.sessions.get_mut(client).map(|s| s.from) {
                    let (server, refused) = (self.config.servers[server].host, error == ConnectError::Refused);
                    ctx.log(log_line::Nginx::NotConnected { client: from, server, refused }.into());
                }
                self.failed(ctx, server, error);
                self.next_upstream(ctx, client);
            }
        }
    }

    fn turn_away(&mut self, ctx: &mut Ctx<'_>, client: HostId) {
        self.memory.turned_away += 1;
        ctx.log(log_line::Nginx::NoUpstream { client }.into());
    }

    fn count_out(&mut self, server: usize) {
        let conns = &mut self.memory.peers[server].conns;
        *conns = conns.saturating_sub(1);
    }

    /// `proxy_next_upstream on`: the client waits while the next server is tried.
    fn next_upstream(&mut self, ctx: &mut Ctx<'_>, client: ConnId) {
        let Some((tried, from)) = self.memory.sessions.get_mut(client).map(|s| (s.tried, s.from)) else { return };
        match self.pick(ctx, tried) {
            Some(server) => self.connect(ctx, client, server),
            None => {
                self.turn_away(ctx, from);
                self.memory.sessions.drop_session(ctx, client);
            }
        }
    }

    fn failed(&mut self, ctx: &mut Ctx<'_>, server: usize, error: ConnectError) {
        self.count_out(server);
        let now = whole_seconds(ctx);
        let alone = self.memory.peers.len() == 1;
        let peer = &mut self.memory.peers[server];
        peer.last = if error == ConnectError::Refused { "connection refused" } else { "connection timed out" };
        if alone {
            return; // the only server is never left out
        }
        peer.fails += 1;
        (peer.accessed, peer.checked) = (now, now);
        peer.effective_weight = (peer.effective_weight - WEIGHT).max(0);
        if peer.fails == MAX_FAILS {
            let config = &self.config.servers[server];
            let what = TraceEvent::Backend { server: config.host, up: false, check: peer.last };
            let noted = ctx.note_silence(config.process.map_or(Silent::Host(config.host), Silent::Process), what);
            self.memory.peers[server].noted = noted;
        }
    }

    /// A connection was made: a server that was left out is taken back.
    fn live(&mut self, ctx: &mut Ctx<'_>, server: usize) {
        let peer = &mut self.memory.peers[server];
        peer.last = "connected";
        if peer.accessed >= peer.checked || std::mem::take(&mut peer.fails) == 0 {
            return;
        }
        let (noted, host) = (std::mem::take(&mut peer.noted), self.config.servers[server].host);
        ctx.note_because(noted, TraceEvent::Backend { server: host, up: true, check: "connected" });
    }

    /// `proxy_timeout`: closes a session on which nothing has passed in either direction.
    fn idle(&mut self, ctx: &mut Ctx<'_>, number: u64) {
        let Some(client) = self.memory.sessions.numbered(number) else { return };
        let Some((server, used)) = self.memory.sessions.get_mut(client).map(|s| (s.server, s.used)) else { return };
        let left = (used + IDLE).since(ctx.now());
        if left > SimDuration::ZERO {
            ctx.set_timer(left, timer::Nginx::Idle, number);
            return;
        }
        self.count_out(server);
        self.memory.sessions.drop_session(ctx, client);
    }
}

fn whole_seconds(ctx: &Ctx<'_>) -> u64 {
    ctx.now().as_millis() / 1_000
}
