//! The kubelet's event recorder, best effort: in order, one at a time, late or never while the API is unavailable.
//! FACTS 3.5, 7.7; upstream `tools/record/event.go`.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::kube::Ctx;
use crate::kube::api::{Call, StreamId};
use crate::kube::error::Failure;
use crate::kube::object::{Body, Event as EventBody, Kind, Meta, Name, Object};
use crate::kube::timer;
use crate::kube::transport::{Client, Event};
use crate::sim::SimDuration;

const QUEUE: usize = 1_000;
const MAX_TRIES: u32 = 12;
const SLEEP: SimDuration = SimDuration::from_secs(10);

/// The kubelet's event recorder.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    queue: VecDeque<Rc<Object>>,
    call: Option<StreamId>,
    tries: u32,
    sleeping: bool,
    pub(crate) dropped: u64,
}

/// The object that an event is about.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(crate) kind: Kind,
    pub(crate) namespace: Name,
    pub(crate) name: Name,
}

impl Recorder {
    /// Queues an event; [`flush`](Self::flush) sends it.
    pub(crate) fn event(
        &mut self,
        ctx: &mut Ctx<'_>,
        about: &About,
        warning: bool,
        reason: &'static str,
        message: String,
    ) {
        if self.queue.len() >= QUEUE {
            self.dropped += 1;
            return;
        }
        let now = ctx.wall();
        let suffix = ctx.rng("event name").bits();
        let namespace = if about.namespace.is_empty() { "default".into() } else { about.namespace.clone() };
        let meta = Meta { name: format!("{}.{suffix:016x}", about.name).into(), namespace, ..Meta::default() };
        let body = Body::Event(EventBody {
            warning,
            reason,
            message: message.into(),
            involved_kind: about.kind,
            involved_name: about.name.clone(),
            involved_namespace: about.namespace.clone(),
            source: "kubelet",
            first_timestamp: now,
            last_timestamp: now,
            count: 1,
        });
        self.queue.push_back(Rc::new(Object { meta, body }));
    }

    /// Sends the first queued event.
    pub(crate) fn flush(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        if self.call.is_some() || self.sleeping {
            return;
        }
        if let Some(object) = self.queue.front() {
            self.call = Some(client.call(ctx, Call::Create { object: object.clone() }, None));
        }
    }

    /// The pause before an event is written again has passed.
    pub(crate) fn wake(&mut self) {
        self.sleeping = false;
    }

    /// Takes an event of the client if it is about its own call.
    ///
    /// # Errors
    /// The event, if it is another part's.
    pub(crate) fn answer(&mut self, ctx: &mut Ctx<'_>, event: Event) -> Result<(), Event> {
        let result = match event {
            Event::Done { stream, result } if self.call == Some(stream) => result,
            event => return Err(event),
        };
        self.call = None;
        match result {
            Err(Failure::Transport(_)) if self.tries + 1 < MAX_TRIES => {
                // The first retry is at a random moment, so that clients do not all return at once.
                let spread = ctx.rng("event retry").below(SLEEP.as_micros());
                let sleep = if self.tries == 0 { SimDuration::from_micros(spread) } else { SLEEP };
                self.tries += 1;
                self.sleeping = true;
                ctx.set_timer(sleep, timer::Kubelet::EventRetry, 0);
                return Ok(());
            }
            Ok(_) => {}
            Err(_) => self.dropped += 1,
        }
        self.tries = 0;
        self.queue.pop_front();
        Ok(())
    }
}
