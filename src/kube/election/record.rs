//! The election record: the holder of the lock, its times, and how often it has changed hands (FACTS 1.6).
//!
//! Upstream: client-go tools/leaderelection/resourcelock/interface.go. Its times are from its writer's wall clock;
//! client-go's reading never compares them with any clock.

use serde_json::Value;

use crate::kube::date::{parse_rfc3339, rfc3339};
use crate::kube::object::{Lease, Name, Object};
use crate::sim::{SimDuration, WallTime};

/// The annotation with the record, in a lock that is not a Lease.
pub const ANNOTATION: &str = "control-plane.alpha.kubernetes.io/leader";

/// The content of a lock object. Two records are equal exactly when their bytes would be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The holder's identity; empty if nobody holds the lock.
    pub holder_identity: Name,
    /// The holder's lease duration, seconds.
    pub lease_duration_seconds: u32,
    /// When the holder acquired the lease, by its own clock.
    pub acquire_time: Option<WallTime>,
    /// When the holder last renewed it, by its own clock.
    pub renew_time: Option<WallTime>,
    /// How often the lease has changed hands.
    pub leader_transitions: u32,
}

impl Record {
    /// How long the lease is valid without a renewal.
    pub(crate) fn lease_duration(&self) -> SimDuration {
        SimDuration::from_secs(u64::from(self.lease_duration_seconds))
    }

    /// Returns the record of an object that may be a lock.
    pub fn of(object: &Object) -> Option<Record> {
        match object.lease() {
            Some(lease) => Some(lease.into()),
            None => Record::parse(object.meta.annotations.get(ANNOTATION)?),
        }
    }

    /// Returns the JSON of the annotation, with times to the second.
    pub(super) fn to_json(&self) -> String {
        let time = |at: Option<WallTime>| at.map_or("null".to_owned(), |at| format!("\"{}\"", rfc3339(at)));
        format!(
            "{{\"holderIdentity\":\"{}\",\"leaseDurationSeconds\":{},\"acquireTime\":{},\"renewTime\":{},\"leaderTransitions\":{}}}",
            self.holder_identity,
            self.lease_duration_seconds,
            time(self.acquire_time),
            time(self.renew_time),
            self.leader_transitions
        )
    }

    /// Parses an annotation; `None` if it is no record.
    pub(super) fn parse(text: &str) -> Option<Record> {
        let value: Value = serde_json::from_str(text).ok()?;
        let number = |key: &str| value.get(key).map_or(Some(0), |n| n.as_u64()).and_then(|n| u32::try_from(n).ok());
        let time = |key: &str| parse_rfc3339(value.get(key)?.as_str()?);
        Some(Record {
            holder_identity: value.get("holderIdentity").map_or(Some(""), |holder| holder.as_str())?.into(),
            lease_duration_seconds: number("leaseDurationSeconds")?,
            acquire_time: time("acquireTime"),
            renew_time: time("renewTime"),
            leader_transitions: number("leaderTransitions")?,
        })
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
