//! A list and then a watch of one kind, kept going over disconnects as client-go's reflector does: the watch is resumed
//! from the last resourceVersion seen, and listed again only when that is too old. It stores no objects: its owner does.
//! FACTS 4.2; upstream `tools/cache/reflector.go`.

use super::api::{Answer, Call, Freshness, StreamId, WatchEvent};
use super::error::{Failure, TransportError};
use super::log_line::{LogLine, Reflector};
use super::object::{Kind, Name, Stored};
use super::timer;
use super::transport::{Client, Event};
use super::vocabulary::Ctx;
use crate::sim::{SimDuration, SimTime};

const FIRST_BACK_OFF: SimDuration = SimDuration::from_millis(800);
const LONGEST_BACK_OFF: SimDuration = SimDuration::from_secs(30);
/// After this time without trouble the back-off is reset.
const BACK_OFF_RESET: SimDuration = SimDuration::from_secs(120);

/// A watch that ends sooner, without an event, counts as trouble.
const SHORT_WATCH: SimDuration = SimDuration::from_secs(1);

/// A change for the owner.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// The complete list; objects that are not in it are gone.
    Replaced(Vec<Stored>),
    /// This object is new or has changed.
    Changed(Stored),
    /// This object is gone; this is its last state.
    Deleted(Stored),
}

/// A list and watch of one kind.
#[derive(Clone, Debug)]
pub(crate) struct ListWatch {
    kind: Kind,
    /// Only pods of this node.
    node_name: Option<Name>,
    stream: Option<StreamId>,
    watching: bool,
    watch_began: SimTime,
    watch_events: u64,
    resource_version: u64,
    /// The last resourceVersion was too old: list from now, not from a cache.
    expired: bool,
    synced: bool,
    back_off: SimDuration,
    last_trouble: SimTime,
}

impl ListWatch {
    /// A reflector that has not started. With `node_name` it keeps only the pods of that node.
    pub(crate) fn new(kind: Kind, node_name: Option<Name>) -> Self {
        ListWatch {
            kind,
            node_name,
            stream: None,
            watching: false,
            watch_began: SimTime::ZERO,
            watch_events: 0,
            resource_version: 0,
            expired: false,
            synced: false,
            back_off: FIRST_BACK_OFF,
            last_trouble: SimTime::ZERO,
        }
    }

    /// Returns whether it has listed at least once.
    pub(crate) fn is_synced(&self) -> bool {
        self.synced
    }

    /// Returns whether it has an open watch, as far as it knows.
    pub(crate) fn is_watching(&self) -> bool {
        self.watching
    }

    /// Starts, or resumes after a break.
    pub(crate) fn run(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        let call = if self.synced && !self.expired {
            Call::Watch {
                kind: self.kind,
                namespace: None,
                node_name: self.node_name.clone(),
                resource_version: self.resource_version,
            }
        } else {
            let freshness = if self.expired { Freshness::Latest } else { Freshness::Any };
            Call::List { kind: self.kind, namespace: None, selector: Default::default(), freshness }
        };
        self.watching = false;
        self.stream = Some(client.call(ctx, call, None));
    }

    /// The back-off of a reflector has passed; `arg` is its kind. Returns false if that is not this one's kind.
    pub(crate) fn timer(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, arg: u64) -> bool {
        let mine = arg == self.kind as u64;
        if mine && self.stream.is_none() {
            self.run(ctx, client);
        }
        mine
    }

    /// Takes an event of the client if it is about this list or watch.
    ///
    /// # Errors
    /// The event, if it is another part's.
    pub(crate) fn event(
        &mut self,
        ctx: &mut Ctx<'_>,
        client: &mut Client,
        event: Event,
    ) -> Result<Option<Change>, Event> {
        let stream = match &event {
            Event::Done { stream, .. } | Event::Watch { stream, .. } | Event::WatchEnded { stream, .. } => *stream,
        };
        if self.stream != Some(stream) {
            return Err(event);
        }
        Ok(match event {
            Event::Done { result: Ok(Answer::List { resource_version, items }), .. } => {
                self.resource_version = resource_version;
                self.synced = true;
                self.expired = false;
                self.run(ctx, client);
                Some(Change::Replaced(match &self.node_name {
                    None => items,
                    Some(node) => items.into_iter().filter(|s| on_node(s, node)).collect(),
                }))
            }
            Event::Done { result: Ok(Answer::WatchStarted), .. } => {
                self.watching = true;
                self.watch_began = ctx.now();
                self.watch_events = 0;
                None
            }
            Event::Done { result, .. } => {
                if let Err(failure) = result {
                    self.expired |= failure.status().is_some_and(|s| s.code == 410);
                    self.log_not_listed(ctx, failure);
                }
                self.pause(ctx);
                None
            }
            Event::Watch { event, .. } => self.watch_event(ctx, client, event),
            Event::WatchEnded { failure: None, .. } if !self.was_short(ctx) => {
                self.run(ctx, client);
                None
            }
            Event::WatchEnded { failure, .. } => {
                if failure == Some(Failure::Transport(TransportError::ConnectionLost)) {
                    ctx.log(LogLine::Reflector(self.kind, Reflector::WatchLost).into());
                }
                self.pause(ctx);
                None
            }
        })
    }

    /// Upstream `VeryShortWatchError`.
    fn was_short(&self, ctx: &Ctx<'_>) -> bool {
        ctx.now().since(self.watch_began) < SHORT_WATCH && self.watch_events == 0
    }

    fn watch_event(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, event: WatchEvent) -> Option<Change> {
        self.watch_events += 1;
        let (stored, deleted) = match event {
            WatchEvent::Added(stored) | WatchEvent::Modified(stored) => (stored, false),
            WatchEvent::Deleted(stored) => (stored, true),
            WatchEvent::Expired => {
                self.expired = true;
                if let Some(stream) = self.stream.take() {
                    client.cancel(ctx, stream);
                }
                self.pause(ctx); // every end of a watch but an orderly one is followed by a back-off
                return None;
            }
        };
        self.resource_version = self.resource_version.max(stored.resource_version);
        Some(if deleted { Change::Deleted(stored) } else { Change::Changed(stored) })
    }

    /// Upstream backs off in silence when the connection is refused, the server is busy (429) or the version is too old.
    fn log_not_listed(&self, ctx: &mut Ctx<'_>, failure: Failure) {
        let silent = match &failure {
            Failure::Status(status) => matches!(status.code, 410 | 429),
            Failure::Transport(error) => *error == TransportError::Refused,
        };
        if !silent {
            let resource_version = self.resource_version;
            ctx.log(LogLine::Reflector(self.kind, Reflector::NotListed { resource_version, failure }).into());
        }
    }

    fn pause(&mut self, ctx: &mut Ctx<'_>) {
        self.stream = None;
        self.watching = false;
        let now = ctx.now();
        if now.since(self.last_trouble) > BACK_OFF_RESET {
            self.back_off = FIRST_BACK_OFF;
        }
        self.last_trouble = now;
        let spread = ctx.rng("reflector back-off").below(self.back_off.as_micros());
        ctx.set_timer(self.back_off + SimDuration::from_micros(spread), timer::Reflector::BackOff, self.kind as u64);
        self.back_off = self.back_off.scale(2, 1).min(LONGEST_BACK_OFF);
    }
}

fn on_node(stored: &Stored, node: &str) -> bool {
    stored.object.pod().is_some_and(|p| p.node_name.as_deref() == Some(node))
}
