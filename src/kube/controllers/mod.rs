//! kube-controller-manager: one process, the controllers in it, and the caches that they share (FACTS 3.1 to 3.3).
//!
//! Caches are filled only after the election is won. Each controller keeps a queue of keys and works on a few at a time;
//! calls go over the process's one connection, and their answers come back by `Purpose`.

mod caches;
mod collector;
mod deployment;
mod endpoints;
mod expectations;
mod manager;
mod node_lifecycle;
mod node_status;
mod replicaset;
mod taint_eviction;
mod victims;
mod work_queue;

pub use manager::{ControllerManager, ControllerManagerConfig};

use super::api::{Call, StreamId};
use super::informer::Key;
use super::object::Name;
use super::recorder::{Involved, Recorder};
use super::transport::Client;
use super::vocabulary::Ctx;
use crate::sim::map::Map;
use caches::Caches;

/// The controller that an answer is for.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    ReplicaSet(Key, replicaset::Did),
    Deployment(Key, deployment::Did),
    /// A node's status, taints, or a pod on it.
    Node(Name, node_lifecycle::Did),
    Eviction(Key),
    Endpoints(Key, endpoints::Did),
    /// The answer is ignored.
    Forget,
}

/// What a controller has access to while it works.
pub(crate) struct Work<'w, 'c> {
    pub(crate) ctx: &'w mut Ctx<'c>,
    pub(crate) client: &'w mut Client,
    pub(crate) recorder: &'w mut Recorder,
    pub(crate) caches: &'w Caches,
    pub(crate) calls: &'w mut Map<StreamId, Purpose>,
}

impl Work<'_, '_> {
    pub(crate) fn call(&mut self, call: Call, purpose: Purpose) {
        let stream = self.client.call(self.ctx, call, None);
        self.calls.insert(stream, purpose);
    }

    pub(crate) fn event(
        &mut self,
        source: &'static str,
        involved: Involved,
        warning: bool,
        reason: &'static str,
        message: impl Into<Name>,
    ) {
        self.recorder.event(self.ctx, self.client, source, involved, warning, reason, message);
    }
}
