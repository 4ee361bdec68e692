//! A cache of all objects of one kind, kept up to date by list and watch, as client-go's reflector keeps one.
//!
//! Upstream: client-go tools/cache/reflector.go. It shares its process's connection. A watch that ends is opened again
//! from where it stopped; what is too old for that is listed again; a server that is away is asked with back-off,
//! 0.8 s doubling to 30 s, each time up to twice as long by chance.

use super::api::{Answer, Call, Freshness, Reason, StreamId, WatchEvent};
use super::error::{Failure, TransportError};
use super::object::{Kind, Name, Stored};
use super::timer;
use super::transport::{Client, Event};
use super::vocabulary::Ctx;
use crate::sim::map::Map;
use crate::sim::{SimDuration, SimTime};

const BACK_OFF_MIN: SimDuration = SimDuration::from_millis(800);
const BACK_OFF_MAX: SimDuration = SimDuration::from_secs(30);
/// After this time without failures the back-off is reset.
const BACK_OFF_RESET: SimDuration = SimDuration::from_secs(120);
/// A watch that ends sooner, without an event, counts as a failure.
const SHORT_WATCH: SimDuration = SimDuration::from_secs(1);

/// Namespace and name.
pub(crate) type Key = (Name, Name);

/// A change of the cache.
#[derive(Clone, Debug)]
pub enum Change {
    /// An object is new.
    Added(Stored),
    /// An object has changed.
    Modified {
        /// The object before.
        old: Stored,
        /// The object after.
        new: Stored,
    },
    /// An object is gone; this is its last state.
    Deleted(Stored),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Stopped,
    Listing(StreamId),
    /// A watch has been requested.
    Opening(StreamId),
    Watching(StreamId),
    /// It waits before it lists or watches again.
    BackOff,
}

/// A cache of all objects of one kind.
#[derive(Clone, Debug)]
pub struct Informer {
    kind: Kind,
    namespace: Option<Name>,
    node_name: Option<Name>,
    state: State,
    synced: bool,
    /// Whether the cache must be listed before it can be watched.
    must_list: bool,
    resource_version: u64,
    store: Map<Key, Stored>,
    back_off: SimDuration,
    last_failure: SimTime,
    watch_began: SimTime,
    watch_events: u64,
    last_heard: SimTime,
}

impl Informer {
    /// An informer of all objects of a kind; a process has at most one of each kind.
    pub fn new(kind: Kind) -> Self {
        Informer {
            kind,
            namespace: None,
            node_name: None,
            state: State::Stopped,
            synced: false,
            must_list: true,
            resource_version: 0,
            store: Map::new(),
            back_off: BACK_OFF_MIN,
            last_failure: SimTime::ZERO,
            watch_began: SimTime::ZERO,
            watch_events: 0,
            last_heard: SimTime::ZERO,
        }
    }

    /// Restricts it to one namespace.
    pub(crate) fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Restricts it to the pods of one node; others in a list are dropped.
    pub fn of_node(mut self, node: Name) -> Self {
        self.node_name = Some(node);
        self
    }

    // ---- reading ----

    /// Returns the kind.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns whether it has received a complete list.
    pub(crate) fn is_synced(&self) -> bool {
        self.synced
    }

    /// Returns whether it has an open watch.
    pub(crate) fn is_watching(&self) -> bool {
        matches!(self.state, State::Watching(_))
    }

    /// Returns when it last received something, local time.
    pub(crate) fn last_heard(&self) -> SimTime {
        self.last_heard
    }

    /// Returns an object; `None` if the cache does not contain it.
    pub(crate) fn get(&self, key: &Key) -> Option<&Stored> {
        self.store.get(key)
    }

    /// Returns the object with this name, for a kind without namespaces.
    pub(crate) fn named(&self, name: &Name) -> Option<&Stored> {
        self.store.get(&(Name::default(), name.clone()))
    }

    /// Iterates over the cached objects in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stored> {
        self.store.values()
    }

    /// Returns the number of elements.
    pub(crate) fn len(&self) -> usize {
        self.store.len()
    }

    // ---- running ----

    /// Starts the process, as [`Machine::start`](crate::sim::Machine::start).
    pub fn start(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        if self.state == State::Stopped {
            self.go_on(ctx, client);
        }
    }

    /// The back-off of an informer has passed; `arg` is its kind. Returns false if that is not this one's kind.
    pub fn on_timer(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, arg: u64) -> bool {
        if arg != self.kind as u64 {
            return false;
        }
        if self.state == State::BackOff {
            self.go_on(ctx, client);
        }
        true
    }

    /// Takes an event of a call or a watch if it is this informer's; the changes are appended to `out`.
    pub fn on_event(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, event: &Event, out: &mut Vec<Change>) -> bool {
        let mine = match self.state {
            State::Listing(stream) | State::Opening(stream) | State::Watching(stream) => stream,
            State::Stopped | State::BackOff => return false,
        };
        match event {
            Event::Done { stream, result } if *stream == mine => match result {
                Ok(Answer::List { resource_version, items }) => {
                    self.last_heard = ctx.now();
                    self.replace(*resource_version, items, out);
                    self.go_on(ctx, client);
                }
                Ok(Answer::WatchStarted) => {
                    self.state = State::Watching(mine);
                    self.watch_began = ctx.now();
                    self.watch_events = 0;
                }
                Ok(_) => self.rest(ctx),
                Err(failure) => {
                    let keep = self.synced && can_watch_again(failure);
                    self.must_list = !keep;
                    self.rest(ctx);
                }
            },
            Event::Watch { stream, event } if *stream == mine => {
                self.last_heard = ctx.now();
                self.watch_events += 1;
                if matches!(event, WatchEvent::Expired) {
                    client.cancel(ctx, mine);
                    self.must_list = true;
                    self.rest(ctx);
                } else {
                    self.apply(event, out);
                }
            }
            Event::WatchEnded { stream, .. } if *stream == mine => {
                let short = ctx.now().since(self.watch_began) < SHORT_WATCH && self.watch_events == 0;
                if short {
                    self.rest(ctx);
                } else {
                    self.go_on(ctx, client);
                }
            }
            _ => return false,
        }
        true
    }

    fn go_on(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        if self.must_list {
            let namespace = self.namespace.clone();
            let selector = Map::new();
            let call = Call::List { kind: self.kind, namespace, selector, freshness: Freshness::Any };
            self.state = State::Listing(client.call(ctx, call, None));
        } else {
            let call = Call::Watch {
                kind: self.kind,
                namespace: self.namespace.clone(),
                node_name: self.node_name.clone(),
                resource_version: self.resource_version,
            };
            self.state = State::Opening(client.call(ctx, call, None));
        }
    }

    fn rest(&mut self, ctx: &mut Ctx<'_>) {
        let now = ctx.now();
        if now.since(self.last_failure) > BACK_OFF_RESET {
            self.back_off = BACK_OFF_MIN;
        }
        self.last_failure = now;
        let base = self.back_off;
        self.back_off = (base + base).min(BACK_OFF_MAX);
        let after = base + SimDuration(ctx.rng("informer back-off").below(base.as_micros()));
        self.state = State::BackOff;
        ctx.set_timer(after, timer::Informer::BackOff, self.kind as u64);
    }

    fn is_ours(&self, stored: &Stored) -> bool {
        let Some(node) = &self.node_name else { return true };
        stored.object.pod().is_some_and(|pod| pod.node_name.as_ref() == Some(node))
    }

    /// A whole list: what differs from the cache becomes changes.
    fn replace(&mut self, resource_version: u64, items: &[Stored], out: &mut Vec<Change>) {
        let mut before = std::mem::take(&mut self.store);
        for new in items {
            if !self.is_ours(new) {
                continue;
            }
            let key = key_of(new);
            match before.remove(&key) {
                None => out.push(Change::Added(new.clone())),
                Some(old) if old.resource_version != new.resource_version => {
                    out.push(Change::Modified { old, new: new.clone() });
                }
                Some(_) => {}
            }
            self.store.insert(key, new.clone());
        }
        out.extend(before.into_values().map(Change::Deleted));
        self.resource_version = resource_version;
        self.must_list = false;
        self.synced = true;
    }

    fn apply(&mut self, event: &WatchEvent, out: &mut Vec<Change>) {
        match event {
            WatchEvent::Added(new) | WatchEvent::Modified(new) => {
                self.resource_version = self.resource_version.max(new.resource_version);
                match self.store.insert(key_of(new), new.clone()) {
                    None => out.push(Change::Added(new.clone())),
                    Some(old) => out.push(Change::Modified { old, new: new.clone() }),
                }
            }
            WatchEvent::Deleted(last) => {
                self.resource_version = self.resource_version.max(last.resource_version);
                if self.store.remove(&key_of(last)).is_some() {
                    out.push(Change::Deleted(last.clone()));
                }
            }
            WatchEvent::Expired => {}
        }
    }
}

/// Returns the cache's key of an object.
pub(crate) fn key_of(stored: &Stored) -> Key {
    let meta = &stored.object.meta;
    (meta.namespace.clone(), meta.name.clone())
}

/// Returns whether a watch that could not be opened may be tried again from the same resourceVersion.
fn can_watch_again(failure: &Failure) -> bool {
    match failure {
        Failure::Transport(error) => *error == TransportError::Refused,
        Failure::Status(status) => status.reason == Reason::TooManyRequests,
    }
}
