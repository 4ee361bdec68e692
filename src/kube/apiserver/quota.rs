//! The only quota of a cluster: a number of pods. A scenario may start with as many; a command that
//! would exceed it is refused, in the words of a ResourceQuota (upstream k8s.io/apiserver
//! pkg/admission/plugin/resourcequota/controller.go, `checkRequest`). A real cluster has none unless somebody makes
//! one, and it counts by namespace; this one counts all, as OpenShift's ClusterResourceQuota does.

use super::ApiServer;
use super::inflight::Step;
use crate::kube::api::{Reason, Status};
use crate::kube::object::{Kind, Object};
use crate::sim::WallTime;

/// Pods that are not static.
pub(crate) const MAX_PODS: usize = 10_000;
/// What the quota is called.
const NAME: &str = "lab";

impl ApiServer {
    /// Whether one more object is within the quota.
    ///
    /// # Errors
    /// The API server's answer if it is not.
    pub(super) fn admit(&self, object: &Object, wall: WallTime) -> Result<(), Status> {
        let counts = |object: &Object| object.pod().is_some_and(|pod| !pod.mirror);
        if !counts(object) {
            return Ok(());
        }
        let asked =
            self.memory.inflight.values().filter(|r| matches!(&r.step, Step::Create { object, .. } if counts(object)));
        let asked = asked.count();
        if self.memory.cache.len(Kind::Pod) + asked < MAX_PODS {
            return Ok(());
        }
        // One that should be gone by now is not charged (upstream pkg/quota/v1/evaluator/core/pods.go, `QuotaV1Pod`):
        // its node is lost, and another takes its place.
        let overdue = |object: &Object| object.meta.deletion_timestamp.is_some_and(|at| at < wall);
        let charged = |object: &Object| counts(object) && !overdue(object);
        let pods = self.memory.cache.objects(Kind::Pod, None);
        let used = pods.filter(|(_, stored)| charged(&stored.object)).count() + asked;
        if used < MAX_PODS {
            return Ok(());
        }
        let message = format!(
            "{} {:?} is forbidden: exceeded quota: {NAME}, requested: pods=1, used: pods={used}, limited to: pods={MAX_PODS}",
            Kind::Pod.qualified(),
            object.meta.name,
        );
        Err(Status::new(403, Reason::Forbidden, message))
    }
}
