//! The node's heartbeat: its Lease in `kube-node-lease`, renewed every 10 s. FACTS 3.3; upstream
//! `component-helpers/apimachinery/lease/controller.go`.

use std::rc::Rc;

use super::HEARTBEAT_TIMEOUT;
use crate::kube::Ctx;
use crate::kube::api::{Answer, Call, Freshness, StreamId};
use crate::kube::error::Failure;
use crate::kube::log_line;
use crate::kube::object::{Body, Kind, Lease, Meta, Name, Object, OwnerReference, Stored, Uid};
use crate::kube::timer;
use crate::kube::transport::{Client, Event};
use crate::sim::{SimDuration, SimTime};

const NAMESPACE: &str = "kube-node-lease";
const LEASE_DURATION_SECONDS: u32 = 40;
/// A quarter of the lease duration.
const RENEW_INTERVAL: SimDuration = SimDuration::from_secs(10);
/// How often a renewal is attempted before the lease is fetched again.
const MAX_UPDATE_RETRIES: u32 = 5;
const FIRST_BACK_OFF: SimDuration = SimDuration::from_millis(200);
const LONGEST_BACK_OFF: SimDuration = SimDuration::from_secs(7);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Get,
    Create,
    Update,
}

/// The kubelet's node lease.
#[derive(Clone, Debug)]
pub(super) struct NodeLease {
    name: Name,
    namespace: Name,
    /// The Node object that owns the lease.
    owner: Uid,
    stored: Option<Stored>,
    call: Option<(StreamId, Step)>,
    attempt: u32,
    /// Whether the lease was fetched because all attempts failed, not because of a conflict.
    fell_back: bool,
    back_off: SimDuration,
    pub(crate) renewed_at: Option<SimTime>,
    pub(crate) failures: u64,
}

impl NodeLease {
    pub(crate) fn new(name: Name) -> Self {
        NodeLease {
            name,
            namespace: NAMESPACE.into(),
            owner: 0,
            stored: None,
            call: None,
            attempt: 0,
            fell_back: false,
            back_off: FIRST_BACK_OFF,
            renewed_at: None,
            failures: 0,
        }
    }

    /// Starts renewing, once the node is registered.
    pub(crate) fn run(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, owner: Uid) {
        self.owner = owner;
        self.sync(ctx, client);
    }

    fn sync(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        self.attempt = 0;
        // Without a lease it fetches one first: there is nothing to fall back from.
        self.fell_back = self.stored.is_none();
        if self.stored.is_some() {
            self.update(ctx, client);
        } else {
            self.ensure(ctx, client);
        }
    }

    fn ensure(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        let (namespace, name) = (self.namespace.clone(), self.name.clone());
        let call = Call::Get { kind: Kind::Lease, namespace, name, freshness: Freshness::Latest };
        self.call = Some((client.call(ctx, call, Some(HEARTBEAT_TIMEOUT)), Step::Get));
    }

    fn spec(&self, ctx: &Ctx<'_>) -> Lease {
        Lease {
            holder_identity: self.name.clone(),
            lease_duration_seconds: LEASE_DURATION_SECONDS,
            renew_time: Some(ctx.wall()),
            ..Lease::default()
        }
    }

    fn create(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        let meta = Meta {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            owner: Some(OwnerReference { kind: Kind::Node, name: self.name.clone(), uid: self.owner }),
            ..Meta::default()
        };
        let object = Rc::new(Object { meta, body: Body::Lease(self.spec(ctx)) });
        self.call = Some((client.call(ctx, Call::Create { object }, Some(HEARTBEAT_TIMEOUT)), Step::Create));
    }

    fn update(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        let Some(stored) = &self.stored else { return };
        let meta = stored.object.meta.clone();
        let object = Rc::new(Object { meta, body: Body::Lease(self.spec(ctx)) });
        let call = Call::Update { object, resource_version: stored.resource_version, status: false };
        self.call = Some((client.call(ctx, call, Some(HEARTBEAT_TIMEOUT)), Step::Update));
    }

    /// One of its timers is due.
    pub(crate) fn timer(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, why: timer::NodeLease) {
        match why {
            timer::NodeLease::Renew => self.sync(ctx, client),
            timer::NodeLease::Ensure => self.ensure(ctx, client),
        }
    }

    /// Takes an event if it is about its own call. `Ok(true)`: all connections have to be closed, as the kubelet does
    /// when its heartbeat fails twice in a row; then [`retry`](Self::retry).
    ///
    /// # Errors
    /// The event, if it is another part's.
    pub(crate) fn event(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, event: Event) -> Result<bool, Event> {
        let (result, step) = match (event, self.call) {
            (Event::Done { stream, result }, Some((mine, step))) if stream == mine => (result, step),
            (event, _) => return Err(event),
        };
        self.call = None;
        Ok(match result {
            Ok(Answer::Object(stored)) => {
                self.got(ctx, client, step, stored);
                false
            }
            Ok(_) => false,
            Err(failure) => self.failed(ctx, client, step, &failure),
        })
    }

    fn got(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, step: Step, stored: Stored) {
        self.stored = Some(stored);
        self.back_off = FIRST_BACK_OFF;
        // A new lease counts as renewed; after a conflict the renewal continues with what was fetched.
        if step == Step::Get || (step == Step::Create && self.attempt > 0) {
            self.go_on(ctx, client);
            return;
        }
        self.renewed_at = Some(ctx.now());
        self.plan(ctx);
    }

    fn plan(&mut self, ctx: &mut Ctx<'_>) {
        let jitter = ctx.rng("node lease").below(RENEW_INTERVAL.scale(4, 100).as_micros());
        ctx.set_timer(RENEW_INTERVAL + SimDuration::from_micros(jitter), timer::NodeLease::Renew, 0);
    }

    fn failed(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, step: Step, failure: &Failure) -> bool {
        self.failures += 1;
        match step {
            Step::Get if failure.is_not_found() => self.create(ctx, client),
            Step::Get | Step::Create => {
                let (creating, failure, wait) = (step == Step::Create, failure.clone(), self.back_off);
                ctx.log(log_line::Kubelet::LeaseNotEnsured { creating, failure, wait }.into());
                ctx.set_timer(self.back_off, timer::NodeLease::Ensure, 0);
                self.back_off = self.back_off.scale(2, 1).min(LONGEST_BACK_OFF);
            }
            Step::Update => {
                ctx.log(log_line::Kubelet::LeaseNotUpdated(failure.clone()).into());
                return self.not_renewed(ctx, client, failure.is_conflict());
            }
        }
        false
    }

    /// A PUT has failed (upstream `retryUpdateLease`): it is repeated at once, up to five times in all. After a
    /// conflict the lease is fetched first, even after the fifth time: the same write would be refused forever.
    fn not_renewed(&mut self, ctx: &mut Ctx<'_>, client: &mut Client, conflict: bool) -> bool {
        self.attempt += 1;
        if conflict {
            self.ensure(ctx, client);
            return false;
        }
        let repeated = self.attempt > 1;
        if !repeated {
            self.update(ctx, client);
        }
        repeated
    }

    /// Continues after the connections were closed.
    pub(crate) fn retry(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        if self.call.is_none() {
            self.go_on(ctx, client);
        }
    }

    /// Makes the next attempt of this renewal; after the last one the lease is fetched again, once; then the renewal is
    /// given up.
    fn go_on(&mut self, ctx: &mut Ctx<'_>, client: &mut Client) {
        if self.attempt < MAX_UPDATE_RETRIES {
            self.update(ctx, client);
        } else if self.fell_back {
            ctx.log(log_line::Kubelet::LeaseGivenUp.into());
            self.plan(ctx);
        } else {
            ctx.log(log_line::Kubelet::LeaseFetchedAnew.into());
            self.fell_back = true;
            self.attempt = 0;
            self.ensure(ctx, client);
        }
    }
}
