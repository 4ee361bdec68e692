//! A client's connection to an API server, as client-go keeps it: one HTTP/2 connection for all calls and watches,
//! dialled when needed, checked by pings, and lost with everything on it (FACTS 3.3, 4.4, 9).

use std::rc::Rc;

use super::api::{Answer, Api, Call, Request, Status, StreamId, WatchEvent};
use super::error::{Failure, TransportError};
use super::timer::{self, Timer, TimerKey};
use super::vocabulary::{Ctx, Input, Wire};
use crate::sim::map::Map;
use crate::sim::{CloseReason, ConnId, ConnectError, HostId, Port, SimDuration, SimTime, Ticket};

/// client-go's limits.
const DIAL_TIMEOUT: SimDuration = SimDuration::from_secs(30);
const TLS_TIMEOUT: SimDuration = SimDuration::from_secs(10);
const READ_IDLE: SimDuration = SimDuration::from_secs(30);
const PING_TIMEOUT: SimDuration = SimDuration::from_secs(15);

/// A result of the client's calls and watches.
#[derive(Clone, Debug)]
pub enum Event {
    /// A call has ended.
    Done {
        /// The call's stream.
        stream: StreamId,
        /// The answer, or the failure.
        result: Result<Answer, Failure>,
    },
    /// A watch has an event.
    Watch {
        /// The watch's stream.
        stream: StreamId,
        /// The event.
        event: WatchEvent,
    },
    /// A watch has ended; `None` if the server ended it in order.
    WatchEnded {
        /// The watch's stream.
        stream: StreamId,
        /// The failure that ended it.
        failure: Option<Failure>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Dialing(ConnId),
    Handshake(ConnId),
    Open(ConnId),
}

#[derive(Clone, Debug)]
struct Outstanding {
    request: Rc<Request>,
    deadline: Option<Ticket>,
    /// A watch that the server has accepted.
    watching: bool,
}

/// A client's connection to an API server. It belongs to one process and to one server address.
#[derive(Clone, Debug)]
pub struct Client {
    server: (HostId, Port),
    user_agent: &'static str,
    /// Tells this client's timers from those of other clients of the same process.
    tag: u32,
    state: State,
    next_stream: StreamId,
    calls: Map<StreamId, Outstanding>,
    last_read: SimTime,
    idle_timer: Option<Ticket>,
    ping_timer: Option<Ticket>,
    tls_timer: Option<Ticket>,
}

impl Client {
    /// A client without a connection; it dials with its first call. `user_agent` is the header of its requests.
    pub fn new(server: (HostId, Port), user_agent: &'static str) -> Self {
        Client {
            server,
            user_agent,
            tag: 0,
            state: State::Idle,
            next_stream: 0,
            calls: Map::new(),
            last_read: SimTime::ZERO,
            idle_timer: None,
            ping_timer: None,
            tls_timer: None,
        }
    }

    /// For a process that has several clients at a time: each needs a tag of its own (the default is 0).
    #[must_use]
    pub(crate) fn with_tag(mut self, tag: u32) -> Self {
        self.tag = tag;
        self
    }

    /// Returns the argument of this client's timers.
    fn timer_arg(&self, stream: StreamId) -> u64 {
        u64::from(self.tag) << 32 | u64::from(stream)
    }

    /// Starts a call; a [`Event::Done`] with its stream follows, for a watch a `Done(WatchStarted)` and then events.
    /// `timeout` is the caller's own limit.
    pub fn call(&mut self, ctx: &mut Ctx<'_>, call: Call, timeout: Option<SimDuration>) -> StreamId {
        self.next_stream += 1;
        let stream = self.next_stream;
        let request = Rc::new(Request { stream, user_agent: self.user_agent, timeout, call });
        let deadline = timeout.map(|limit| ctx.set_timer(limit, timer::Client::Call, self.timer_arg(stream)));
        self.calls.insert(stream, Outstanding { request: request.clone(), deadline, watching: false });
        match self.state {
            State::Open(conn) => {
                ctx.send(conn, Wire::Api(Api::Request(request)));
            }
            State::Idle => self.state = State::Dialing(ctx.connect(self.server.0, self.server.1, DIAL_TIMEOUT)),
            State::Dialing(_) | State::Handshake(_) => {}
        }
        stream
    }

    /// Cancels a call or a watch; no event follows.
    pub fn cancel(&mut self, ctx: &mut Ctx<'_>, stream: StreamId) {
        if let Some(outstanding) = self.calls.remove(&stream) {
            if let Some(ticket) = outstanding.deadline {
                ctx.cancel_timer(ticket);
            }
            if let State::Open(conn) = self.state {
                ctx.send(conn, Wire::Api(Api::Cancel { stream }));
            }
        }
    }

    /// Closes the connection; every call and watch on it is dropped without an event.
    pub(crate) fn close(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(conn) = self.conn() {
            ctx.close(conn);
        }
        self.stop_timers(ctx);
        for outstanding in std::mem::take(&mut self.calls).into_values() {
            if let Some(ticket) = outstanding.deadline {
                ctx.cancel_timer(ticket);
            }
        }
        self.state = State::Idle;
    }

    /// Drops the connection; every call and watch on it fails as if it had been reset.
    pub(crate) fn abort(&mut self, ctx: &mut Ctx<'_>) -> Vec<Event> {
        self.give_up(ctx, TransportError::Aborted)
    }

    fn conn(&self) -> Option<ConnId> {
        match self.state {
            State::Idle => None,
            State::Dialing(conn) | State::Handshake(conn) | State::Open(conn) => Some(conn),
        }
    }

    /// Takes an input if it is this client's; `None` if it is another part's.
    pub fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Option<Vec<Event>> {
        let mine = self.conn();
        match input {
            Input::Connected { conn } if Some(*conn) == mine => {
                self.state = State::Handshake(*conn);
                self.tls_timer = Some(ctx.set_timer(TLS_TIMEOUT, timer::Client::TlsHandshake, self.timer_arg(0)));
                ctx.send(*conn, Wire::Api(Api::ClientHello));
                Some(Vec::new())
            }
            Input::ConnectFailed { conn, error } if Some(*conn) == mine => Some(self.lose(
                ctx,
                match error {
                    ConnectError::Refused => TransportError::Refused,
                    ConnectError::TimedOut => TransportError::DialTimeout,
                },
            )),
            Input::Closed { conn, reason } if Some(*conn) == mine => Some(self.lose(
                ctx,
                match reason {
                    CloseReason::Eof => TransportError::Eof,
                    CloseReason::Reset => TransportError::Reset,
                    CloseReason::TimedOut => TransportError::ConnectionLost,
                },
            )),
            Input::Data { conn, wire: Wire::Api(api) } if Some(*conn) == mine => {
                self.last_read = ctx.now();
                Some(self.receive(ctx, *conn, api))
            }
            Input::Timer(TimerKey { why: Timer::Client(why), arg }) if arg >> 32 == u64::from(self.tag) => match why {
                timer::Client::TlsHandshake => Some(self.give_up(ctx, TransportError::TlsTimeout)),
                timer::Client::ReadIdle => {
                    self.read_idle(ctx);
                    Some(Vec::new())
                }
                timer::Client::Ping => Some(self.give_up(ctx, TransportError::ConnectionLost)),
                timer::Client::Call => {
                    let stream = *arg as StreamId;
                    let outstanding = self.calls.remove(&stream)?;
                    if let State::Open(conn) = self.state {
                        ctx.send(conn, Wire::Api(Api::Cancel { stream }));
                    }
                    Some(vec![ended(stream, &outstanding, Some(Failure::Transport(TransportError::DeadlineExceeded)))])
                }
            },
            _ => None,
        }
    }

    fn receive(&mut self, ctx: &mut Ctx<'_>, conn: ConnId, api: &Api) -> Vec<Event> {
        match api {
            Api::ServerHello => {
                self.state = State::Open(conn);
                if let Some(ticket) = self.tls_timer.take() {
                    ctx.cancel_timer(ticket);
                }
                self.idle_timer = Some(ctx.set_timer(READ_IDLE, timer::Client::ReadIdle, self.timer_arg(0)));
                for outstanding in self.calls.values() {
                    ctx.send(conn, Wire::Api(Api::Request(outstanding.request.clone())));
                }
                Vec::new()
            }
            Api::Response(response) => self.answer(ctx, response.stream, &response.result),
            Api::Watch { stream, event } if self.calls.contains_key(stream) => {
                vec![Event::Watch { stream: *stream, event: event.clone() }]
            }
            Api::WatchEnd { stream } if self.calls.remove(stream).is_some() => {
                vec![Event::WatchEnded { stream: *stream, failure: None }]
            }
            Api::Ping => {
                ctx.send(conn, Wire::Api(Api::Pong));
                Vec::new()
            }
            Api::Pong => {
                if let Some(ticket) = self.ping_timer.take() {
                    ctx.cancel_timer(ticket);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, ctx: &mut Ctx<'_>, stream: StreamId, result: &Result<Answer, Status>) -> Vec<Event> {
        let Some(outstanding) = self.calls.get_mut(&stream) else { return Vec::new() };
        if let Some(ticket) = outstanding.deadline.take() {
            ctx.cancel_timer(ticket);
        }
        if matches!(result, Ok(Answer::WatchStarted)) {
            outstanding.watching = true;
        } else {
            self.calls.remove(&stream);
        }
        vec![Event::Done { stream, result: result.clone().map_err(Failure::Status) }]
    }

    /// The connection is lost, and with it every call and watch on it.
    fn lose(&mut self, ctx: &mut Ctx<'_>, error: TransportError) -> Vec<Event> {
        self.state = State::Idle;
        self.stop_timers(ctx);
        let calls = std::mem::take(&mut self.calls);
        let mut events = Vec::with_capacity(calls.len());
        for (stream, outstanding) in calls {
            if let Some(ticket) = outstanding.deadline {
                ctx.cancel_timer(ticket);
            }
            events.push(ended(stream, &outstanding, Some(Failure::Transport(error))));
        }
        events
    }

    fn give_up(&mut self, ctx: &mut Ctx<'_>, error: TransportError) -> Vec<Event> {
        if let Some(conn) = self.conn() {
            ctx.reset(conn);
        }
        self.lose(ctx, error)
    }

    fn read_idle(&mut self, ctx: &mut Ctx<'_>) {
        let State::Open(conn) = self.state else { return };
        let quiet = ctx.now().since(self.last_read);
        if quiet < READ_IDLE {
            self.idle_timer = Some(ctx.set_timer(READ_IDLE - quiet, timer::Client::ReadIdle, self.timer_arg(0)));
            return;
        }
        ctx.send(conn, Wire::Api(Api::Ping));
        if self.ping_timer.is_none() {
            self.ping_timer = Some(ctx.set_timer(PING_TIMEOUT, timer::Client::Ping, self.timer_arg(0)));
        }
        self.idle_timer = Some(ctx.set_timer(READ_IDLE, timer::Client::ReadIdle, self.timer_arg(0)));
    }

    fn stop_timers(&mut self, ctx: &mut Ctx<'_>) {
        for timer in [&mut self.idle_timer, &mut self.ping_timer, &mut self.tls_timer] {
            if let Some(ticket) = timer.take() {
                ctx.cancel_timer(ticket);
            }
        }
    }
}

fn ended(stream: StreamId, outstanding: &Outstanding, failure: Option<Failure>) -> Event {
    match failure {
        Some(failure) if !outstanding.watching => Event::Done { stream, result: Err(failure) },
        failure => Event::WatchEnded { stream, failure },
    }
}
