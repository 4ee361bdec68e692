//! The connection of one kubectl to its server: one for all its requests, with discovery before the first of them if the
//! laptop has not cached it, and client-go's retries (FACTS 4.4, 9; upstream `rest/with_retry.go`, `discovery/cached`).

use crate::edge::kubectl::{MAX_RETRIES, Server, retry_after};
use crate::kube::api::{Answer, Call, WatchEvent};
use crate::kube::error::{Failure, TransportError};
use crate::kube::timer::{self, Timer, TimerKey};
use crate::kube::transport::{Client, Event};
use crate::kube::vocabulary::{Ctx, Input};
use crate::sim::{SimDuration, Ticket};

/// client-go's limit of a discovery request.
const DISCOVERY_TIMEOUT: SimDuration = SimDuration::from_secs(32);

/// The result of a request.
pub(crate) enum Heard {
    Answer(Answer),
    Failed(Failure),
    /// The limit passed after failed tries; the error of the last one.
    GaveUp(TransportError),
    Watch(WatchEvent),
    WatchEnded,
}

/// The connection of one kubectl command to its server.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) server: Server,
    tag: u32,
    client: Client,
    /// `--request-timeout`
    limit: Option<SimDuration>,
    call: Option<Call>,
    repeats: bool,
    retries: u32,
    last_error: Option<TransportError>,
    asked_at: crate::sim::SimTime,
    pause: Option<Ticket>,
}

impl Session {
    pub(crate) fn new(server: Server, tag: u32, limit: Option<SimDuration>) -> Self {
        let client = Client::new((server.host, server.port), "kubectl").with_tag(tag);
        Session {
            server,
            tag,
            client,
            limit,
            call: None,
            repeats: true,
            retries: 0,
            last_error: None,
            asked_at: crate::sim::SimTime::ZERO,
            pause: None,
        }
    }

    /// The limit of a discovery request, as it stands in its address.
    pub(crate) fn discovery_limit(&self) -> SimDuration {
        self.limit.unwrap_or(DISCOVERY_TIMEOUT)
    }

    /// Sends a request; one [`Heard`] follows, for a watch several. `repeats`: whether client-go would ask again.
    pub(crate) fn ask(&mut self, ctx: &mut Ctx<'_>, call: Call, repeats: bool) {
        self.call = Some(call.clone());
        self.repeats = repeats;
        self.retries = 0;
        self.last_error = None;
        self.asked_at = ctx.now();
        let limit = self.limit.or(matches!(call, Call::Discover(_)).then_some(DISCOVERY_TIMEOUT));
        self.client.call(ctx, call, limit);
    }

    /// As [`ask`](Self::ask), after a while.
    pub(crate) fn ask_later(&mut self, ctx: &mut Ctx<'_>, call: Call, after: SimDuration) {
        self.call = Some(call);
        self.asked_at = ctx.now() + after;
        (self.repeats, self.retries, self.last_error) = (true, 0, None);
        self.pause = Some(ctx.set_timer(after, timer::KubectlSession::AskAgain, self.tag.into()));
    }

    /// Takes an input if it is this session's.
    pub(crate) fn handle(&mut self, ctx: &mut Ctx<'_>, input: &Input) -> Option<Vec<Heard>> {
        if let Input::Timer(TimerKey { why: Timer::KubectlSession(timer::KubectlSession::AskAgain), arg }) = input
            && *arg == u64::from(self.tag)
        {
            self.pause = None;
            let left = self.limit.map(|limit| limit - ctx.now().since(self.asked_at));
            match (&self.call, left, self.last_error) {
                (Some(_), Some(SimDuration::ZERO), Some(error)) => return Some(vec![Heard::GaveUp(error)]),
                (Some(call), ..) => {
                    self.client.call(ctx, call.clone(), left);
                }
                (None, ..) => {}
            }
            return Some(Vec::new());
        }
        let events = self.client.handle(ctx, input)?;
        let mut heard = Vec::new();
        for event in events {
            match event {
                Event::Done { result: Ok(Answer::WatchStarted), .. } => {}
                Event::Done { result: Ok(answer), .. } => heard.push(Heard::Answer(answer)),
                Event::Done { result: Err(failure), .. } => self.failed(ctx, failure, &mut heard),
                Event::Watch { event, .. } => heard.push(Heard::Watch(event)),
                Event::WatchEnded { .. } => heard.push(Heard::WatchEnded),
            }
        }
        Some(heard)
    }

    fn failed(&mut self, ctx: &mut Ctx<'_>, failure: Failure, heard: &mut Vec<Heard>) {
        let Some(call) = self.call.as_ref().filter(|_| self.repeats && self.retries < MAX_RETRIES) else {
            return heard.push(Heard::Failed(failure));
        };
        match (retry_after(&failure, call.is_mutating()), &failure) {
            (Some(mut wait), _) => {
                if let Failure::Transport(error) = failure {
                    self.last_error = Some(error);
                }
                if let Some(limit) = self.limit {
                    wait = wait.min(limit - ctx.now().since(self.asked_at));
                }
                self.retries += 1;
                self.pause = Some(ctx.set_timer(wait, timer::KubectlSession::AskAgain, self.tag.into()));
            }
            (None, Failure::Transport(TransportError::DeadlineExceeded)) => match self.last_error {
                Some(error) => heard.push(Heard::GaveUp(error)),
                None => heard.push(Heard::Failed(failure)),
            },
            (None, _) => heard.push(Heard::Failed(failure)),
        }
    }

    /// Ends the connection.
    pub(crate) fn close(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(pause) = self.pause.take() {
            ctx.cancel_timer(pause);
        }
        self.call = None;
        self.client.close(ctx);
    }
}
