//! Writes Events as client-go's recorder does: one after the other, repeated ones with a count, late when the API is
//! unavailable, lost when it stays so (FACTS 7.7; client-go tools/record). No other work waits for it.

use std::collections::VecDeque;
use std::rc::Rc;

use super::api::{Answer, Call, StreamId};
use super::error::Failure;
use super::object::{Body, Event, Kind, Meta, Name, Object, Stored, Uid};
use super::timer;
use super::transport::{self, Client};
use super::vocabulary::Ctx;
use crate::sim::map::Map;
use crate::sim::{SimDuration, WallTime};

/// client-go's limits: how often a write is tried, how far apart, and how many Events wait.
const TRIES: u32 = 12;
const RETRY: SimDuration = SimDuration::from_secs(10);
const QUEUE: usize = 1_000;
/// How many Events it remembers, to count repeated ones.
const REMEMBERED: usize = 4_096;

/// The object that an Event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Involved {
    /// The kind of the object.
    pub(crate) kind: Kind,
    /// The namespace of the object.
    pub(crate) namespace: Name,
    /// The name of the object.
    pub(crate) name: Name,
    /// The uid of the object; 0 if it is not known.
    pub(crate) uid: Uid,
}

impl Involved {
    /// The reference to an object.
    pub(crate) fn of(object: &Object) -> Self {
        let Meta { namespace, name, uid, .. } = &object.meta;
        Involved { kind: object.kind(), namespace: namespace.clone(), name: name.clone(), uid: *uid }
    }
}

type Key = (Involved, &'static str, Name);

#[derive(Clone, Debug)]
struct Waiting {
    key: Key,
    warning: bool,
    source: &'static str,
    at: WallTime,
    tries: u32,
}

/// The event recorder of an elected component. It belongs to one process and shares its connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    queue: VecDeque<Waiting>,
    in_flight: Option<StreamId>,
    resting: bool,
    seen: Map<Key, Stored>,
    written: u64,
}

impl Recorder {
    /// Records an Event; `source` is the component that reports it.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn event(
        &mut self,
        ctx: &mut Ctx<'_>,
        client: &mut Client,
        source: &'static str,
        involved: Involved,
        warning: bool,
        reason: &'static str,
        message: impl Into<Name>,
    ) {
        if self.queue.len() >= QUEUE {
            return;
        }
        let at = ctx.wall();
        self.queue.push_back(Waiting { key: (involved, reason, message.into()), warning, source, at, tries: 0 });
        self.send(ctx, client);
    }

    fn send(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        if self.in_flight.is_some() || self.resting {
            return;
        }
        let Some(waiting) = self.queue.front() else { return };
        let call = match self.seen.get(&waiting.key) {
            Some(Stored { resource_version, object }) => {
                let mut object = (**object).clone();
                if let Some(event) = object.event_mut() {
                    event.count += 1;
                    event.last_timestamp = waiting.at;
                }
                Call::Update { object: Rc::new(object), resource_version: *resource_version, status: false }
            }
            None => Call::Create { object: Rc::new(self.object(waiting)) },
        };
        self.in_flight = Some(client.call(ctx, call, None));
    }

    fn object(&self, waiting: &Waiting) -> Object {
        let (involved, reason, message) = &waiting.key;
        let namespace = if involved.namespace.is_empty() { "default".into() } else { involved.namespace.clone() };
        let serial = (waiting.at.0 as u64).wrapping_mul(1_000).wrapping_add(self.written % 1_000);
        Object {
            meta: Meta { name: format!("{}.{serial:016x}", involved.name).into(), namespace, ..Meta::default() },
            body: Body::Event(Event {
                warning: waiting.warning,
                reason,
                message: message.clone(),
                involved_kind: involved.kind,
                involved_name: involved.name.clone(),
                involved_namespace: involved.namespace.clone(),
                source: waiting.source,
                first_timestamp: waiting.at,
                last_timestamp: waiting.at,
                count: 1,
            }),
        }
    }

    /// Takes the result of a call if it is this recorder's.
    pub(crate) fn on_event(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, event: &transport::Event) -> bool {
        let transport::Event::Done { stream, result } = event else { return false };
        if self.in_flight != Some(*stream) {
            return false;
        }
        self.in_flight = None;
        let Some(mut waiting) = self.queue.pop_front() else { return true };
        match result {
            Ok(answer) => {
                self.written += 1;
                if let Answer::Object(stored) = answer {
                    if self.seen.len() >= REMEMBERED {
                        self.seen.clear();
                    }
                    self.seen.insert(waiting.key, stored.clone());
                }
            }
            Err(Failure::Transport(_)) if waiting.tries + 1 < TRIES => {
                // The first retry is at a random moment, so that clients do not all return at once.
                let spread = SimDuration(ctx.rng("event recorder").below(RETRY.0));
                let after = if waiting.tries == 0 { spread } else { RETRY };
                waiting.tries += 1;
                self.queue.push_front(waiting);
                self.resting = true;
                ctx.set_timer(after, timer::EventRecorder::Retry, 0);
            }
            Err(failure) if self.seen.remove(&waiting.key).is_some() && failure.status().is_some() => {
                self.queue.push_front(waiting); // changed or expired meanwhile: write a new one
            }
            Err(_) => {}
        }
        self.send(ctx, client);
        true
    }

    /// The pause before the event at the head of the queue is written again has passed.
    pub(crate) fn on_timer(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, why: timer::EventRecorder) {
        match why {
            timer::EventRecorder::Retry => self.resting = false,
        }
        self.send(ctx, client);
    }
}
