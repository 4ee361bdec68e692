//! Clients' connections: the TLS handshake, many requests on one connection, watches, and their end when the
//! client disconnects or the server exits (FACTS 4.1, 4.2).

use std::rc::Rc;

use super::inflight::{initializing, shutting_down, too_many};
use super::watchers::Watcher;
use super::{ApiServer, Phase};
use crate::kube::api::{API_PORT, Answer, Api, Call, Discover, Request, Response, StreamId, WatchEvent};
use crate::kube::object::{Kind, Name, VERSION};
use crate::kube::timer;
use crate::kube::vocabulary::{Ctx, Wire};
use crate::sim::{ConnId, SimDuration, SimTime};

const MIN_REQUEST_TIMEOUT: SimDuration = SimDuration::from_secs(1_800);

/// One client's connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    /// The numbers of its watches.
    watches: Vec<u64>,
}

impl ApiServer {
    pub(super) fn accepted(&mut self, conn: ConnId) {
        self.memory.connections.insert(conn, Connection::default());
    }

    /// The client has disconnected: its requests and watches are dropped.
    pub(super) fn client_closed(&mut self, ctx: &mut Ctx<'_>, conn: ConnId) {
        let Some(connection) = self.memory.connections.remove(&conn) else { return };
        for number in connection.watches {
            self.memory.watchers.remove(number);
        }
        self.abandon(|r| r.conn == conn);
        if self.memory.phase == Phase::Terminating {
            self.finish_terminating(ctx);
        }
    }

    pub(super) fn client_said(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, api: Api) {
        match api {
            Api::ClientHello => {
                ctx.send(conn, Wire::Api(Api::ServerHello));
            }
            Api::Ping => {
                ctx.send(conn, Wire::Api(Api::Pong));
            }
            Api::Request(request) => self.request(ctx, conn, request),
            Api::Cancel { stream } => self.cancel(conn, stream),
            _ => {}
        }
    }

    fn request(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, request: Rc<Request>) {
        self.counters.count(ctx.now(), &request.call);
        let r = self.begin(ctx, conn, request.clone());
        let stream = request.stream;
        match &request.call {
            Call::Health { path, verbose } => self.health_request(ctx, r, *path, *verbose),
            Call::Discover(what) => {
                let text = if *what == Discover::Version { VERSION } else { "" };
                self.respond(ctx, conn, stream, Ok(Answer::Text(text.into())));
            }
            _ if self.memory.phase == Phase::Terminating => self.respond(ctx, conn, stream, Err(shutting_down())),
            Call::Watch { kind, namespace, node_name, resource_version } => {
                let (namespace, node_name) = (namespace.clone(), node_name.clone());
                self.watch(ctx, (conn, stream), *kind, namespace, node_name, *resource_version);
            }
            _ if self.is_full() => self.respond(ctx, conn, stream, Err(too_many())),
            _ => {
                let (number, mut r) = (self.next_number(), r);
                match self.object_request(ctx, number, &mut r) {
                    Some(result) => self.respond(ctx, conn, stream, result),
                    None => self.keep(ctx, number, r),
                }
            }
        }
    }

    fn cancel(&mut self, conn: ConnId, stream: StreamId) {
        self.abandon(|r| r.conn == conn && r.stream() == stream);
        let Some(connection) = self.memory.connections.get_mut(&conn) else { return };
        let watchers = &mut self.memory.watchers;
        connection.watches.retain(|number| {
            let this = watchers.stream_of(*number) == Some(stream);
            if this {
                watchers.remove(*number);
            }
            !this
        });
    }

    /// Starts a watch after `resource_version`; 0 begins with everything that is there.
    fn watch(
        &mut self,
        ctx: &mut Ctx<'_>,
        (conn, stream): (ConnId, StreamId),
        kind: Kind,
        namespace: Option<Name>,
        node: Option<Name>,
        resource_version: u64,
    ) {
        if !self.memory.cache.is_ready() {
            return self.respond(ctx, conn, stream, Err(initializing()));
        }
        let started = Response { stream, result: Ok(Answer::WatchStarted) };
        ctx.send(conn, Wire::Api(Api::Response(Rc::new(started))));
        let number = self.next_number();
        let node = node.filter(|_| kind == Kind::Pod);
        let mut watcher = Watcher { number, conn, stream, namespace, after: resource_version };
        let cache = &self.memory.cache;
        if resource_version == 0 {
            watcher.after = cache.revision();
            let all = cache.objects(kind, watcher.namespace.as_deref()).map(|(_, stored)| stored);
            for stored in all.filter(|s| node.is_none() || super::cache::node_of(&s.object) == node.as_deref()) {
                watcher.send(ctx, WatchEvent::Added(stored.clone()));
            }
        } else {
            let Some(changes) = cache.since(kind, resource_version) else {
                watcher.send(ctx, WatchEvent::Expired);
                ctx.send(conn, Wire::Api(Api::WatchEnd { stream }));
                return;
            };
            for change in changes.filter(|c| watcher.wants(c)) {
                let event = match &node {
                    Some(node) => change.event_of_node(node),
                    None => Some(change.event()),
                };
                if let Some(event) = event {
                    watcher.send(ctx, event);
                }
            }
        }
        self.memory.watchers.insert(kind, node, watcher);
        if let Some(connection) = self.memory.connections.get_mut(&conn) {
            connection.watches.push(number);
        }
        let extra = ctx.rng("watch timeout").below(MIN_REQUEST_TIMEOUT.0);
        ctx.set_timer(MIN_REQUEST_TIMEOUT + SimDuration(extra), timer::ApiServer::WatchTimeout, number);
    }

    /// The watch has reached its timeout: the server ends it, and the client opens another.
    pub(super) fn watch_timeout(&mut self, ctx: &mut Ctx<'_>, number: u64) {
        let Some((conn, stream)) = self.memory.watchers.remove(number) else { return };
        if let Some(connection) = self.memory.connections.get_mut(&conn) {
            connection.watches.retain(|n| *n != number);
        }
        ctx.send(conn, Wire::Api(Api::WatchEnd { stream }));
    }

    /// Ends all watches, as when the cache is filled again.
    pub(super) fn end_watches(&mut self, ctx: &mut Ctx<'_>) {
        self.memory.watchers.end_all(ctx);
        for connection in self.memory.connections.values_mut() {
            connection.watches.clear();
        }
    }

    /// SIGTERM: stops listening, ends watches, lets requests finish, then exits (`--shutdown-delay-duration=0s`).
    pub(super) fn terminate(&mut self, ctx: &mut Ctx<'_>) {
        if self.memory.phase == Phase::Terminating {
            return;
        }
        let served = self.memory.phase == Phase::Serving;
        self.memory.phase = Phase::Terminating;
        self.memory.told_to_end = ctx.cause();
        if served {
            self.readyz_shutdown(ctx);
            self.retire_endpoint(ctx);
            ctx.unlisten(API_PORT);
            self.end_watches(ctx);
        }
        self.finish_terminating(ctx);
    }

    /// Closes the connections without requests; exits when no request is left.
    pub(super) fn finish_terminating(&mut self, ctx: &mut Ctx<'_>) {
        let inflight = &self.memory.inflight;
        let busy = |conn: &ConnId| inflight.values().any(|r| r.conn == *conn);
        self.memory.connections.retain(|conn, _| {
            let keep = busy(conn);
            if !keep {
                ctx.close(*conn);
            }
            keep
        });
        if self.memory.inflight.is_empty() {
            ctx.resume_cause(self.memory.told_to_end);
            ctx.exit(0);
        }
    }
}

/// Requests to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls for objects, watches among them; without health checks.
    pub requests: u64,
    /// Requests that change something.
    pub(crate) mutating: u64,
    /// Watches.
    pub(crate) watches: u64,
    /// Health probes.
    pub(crate) health: u64,
    /// Answered with a 5xx status, health checks among them.
    pub(crate) failed: u64,
    /// Health checks answered with 500.
    pub(crate) unhealthy: u64,
    /// Answered with 429.
    pub rejected: u64,
    second: u64,
    this_second: u64,
    last_second: u64,
}

impl Counters {
    fn count(&mut self, now: SimTime, call: &Call) {
        if matches!(call, Call::Health { .. }) {
            self.health += 1;
            return;
        }
        self.requests += 1;
        self.mutating += u64::from(call.is_mutating());
        self.watches += u64::from(matches!(call, Call::Watch { .. }));
        let second = now.0 / 1_000_000;
        if second != self.second {
            self.last_second = if second == self.second + 1 { self.this_second } else { 0 };
            (self.second, self.this_second) = (second, 0);
        }
        self.this_second += 1;
    }

    /// Calls for objects that were answered with a 5xx status or 429; a timeout is a 504.
    pub(crate) fn errors(&self) -> u64 {
        self.failed - self.unhealthy + self.rejected
    }

    /// Returns the number of requests in the last whole second before `now`, on the server's own clock.
    pub(crate) fn per_second(&self, now: SimTime) -> u64 {
        match (now.0 / 1_000_000).saturating_sub(self.second) {
            0 => self.last_second,
            1 => self.this_second,
            _ => 0,
        }
    }
}
