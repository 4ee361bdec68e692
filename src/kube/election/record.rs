//! The election record: who holds the lock, until when, and how often it changed hands (FACTS 1.6).
//!
//! Upstream: client-go tools/leaderelection/resourcelock/interface.go. Its times are what its writer's wall clock said;
//! client-go's reading never compares them with any clock.

use crate::kube::object::{Lease, Name};
use crate::sim::{SimDuration, SimTime};

/// What a lock object says. Two records are equal exactly when their bytes would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Empty: nobody holds it.
    pub holder_identity: Name,
    pub lease_duration_seconds: u32,
    pub acquire_time: Option<SimTime>,
    pub renew_time: Option<SimTime>,
    pub leader_transitions: u32,
}

impl Record {
    /// For how long a holder keeps it without renewing.
    pub fn lease_duration(&self) -> SimDuration {
        SimDuration::from_secs(u64::from(self.lease_duration_seconds))
    }
}

impl From<&Lease> for Record {
    fn from(lease: &Lease) -> Self {
        Record {
            holder_identity: lease.holder_identity.clone(),
            lease_duration_seconds: lease.lease_duration_seconds,
            acquire_time: lease.acquire_time,
            renew_time: lease.renew_time,
            leader_transitions: lease.lease_transitions,
        }
    }
}

impl From<&Record> for Lease {
    fn from(record: &Record) -> Self {
        Lease {
            holder_identity: record.holder_identity.clone(),
            lease_duration_seconds: record.lease_duration_seconds,
            acquire_time: record.acquire_time,
            renew_time: record.renew_time,
            lease_transitions: record.leader_transitions,
        }
    }
}
