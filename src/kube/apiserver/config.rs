//! The configuration of a kube-apiserver: its flags, and its etcd members (FACTS 4.2, 4.3).

use crate::sim::{HostId, SimDuration};

/// The flags that the lab models, with their defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiServerConfig {
    /// The name of its host: `master-1`.
    pub(crate) name: String,
    /// `--advertise-address`; listed in the endpoints of `default/kubernetes`, and the local side of etcd connections
    /// in error texts.
    pub(crate) advertise_address: String,
    /// `--etcd-servers`, in order: the host, and its address as errors print it (`10.0.0.1:2379`).
    pub(crate) etcd_servers: Vec<(HostId, String)>,
    /// `--request-timeout`
    pub(crate) request_timeout: SimDuration,
    /// `--max-requests-inflight`
    pub max_requests_inflight: u32,
    /// `--max-mutating-requests-inflight`; with priority and fairness the sum of both is the budget.
    pub max_mutating_requests_inflight: u32,
    /// `--event-ttl`
    pub(crate) event_ttl: SimDuration,
    /// `--etcd-compaction-interval`
    pub(crate) etcd_compaction_interval: SimDuration,
}

impl ApiServerConfig {
    /// The defaults of kube-apiserver.
    pub fn new(
        name: impl Into<String>,
        advertise_address: impl Into<String>,
        etcd_servers: Vec<(HostId, String)>,
    ) -> Self {
        ApiServerConfig {
            name: name.into(),
            advertise_address: advertise_address.into(),
            etcd_servers,
            request_timeout: SimDuration::from_secs(60),
            max_requests_inflight: 400,
            max_mutating_requests_inflight: 200,
            event_ttl: SimDuration::from_secs(3_600),
            etcd_compaction_interval: SimDuration::from_secs(300),
        }
    }
}
