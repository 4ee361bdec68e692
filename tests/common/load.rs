//! Measures how busy a cluster is: the messages of each process, and all events. So a cluster after faults can be
//! compared with the same cluster before them. A client that retries without back-off sends hundreds of messages a
//! second; a healthy one sends a few.

use ha_lab::cluster::Cluster;
use ha_lab::sim::map::Map;
use ha_lab::sim::{ProcId, RecordId, RecordKind, SimTime};

/// A process may do the work of all processes of its name, because the others may be down or have passed their clients on to
/// it, and half as much again...
const MORE: (u64, u64) = (3, 2);
/// ...and in addition this many messages a second: one restart with its connections, lists and watches within a window.
const RESTART: u64 = 2;
/// All events: half as many again, plus this for restarts and reconnects.
const EVENTS: u64 = 20;

/// The messages and events in a stretch of simulated time.
#[derive(Clone, Debug)]
pub struct Load {
    seconds: u64,
    events: u64,
    sent: Map<ProcId, u64>,
}

/// Counts from its creation or from the last result. Call [`read`](Self::read) every few seconds of simulated
/// time, before the trace forgets.
pub struct Meter {
    since: SimTime,
    first: RecordId,
    seen: RecordId,
    sent: Map<ProcId, u64>,
}

impl Meter {
    pub fn new(cluster: &Cluster) -> Self {
        let seen = cluster.world().trace().last_record();
        Meter { since: cluster.now(), first: seen, seen, sent: Map::new() }
    }

    /// Counts the events since the last call.
    pub fn read(&mut self, cluster: &Cluster) {
        let trace = cluster.world().trace();
        for record in trace.records_from(self.seen + 1) {
            if let RecordKind::Message { from, .. } = record.kind {
                *self.sent.entry(from).or_insert(0) += 1;
            }
        }
        self.seen = trace.last_record();
    }

    /// Returns the counts, and starts again from zero.
    pub fn take(&mut self, cluster: &Cluster) -> Load {
        self.read(cluster);
        let sent = std::mem::take(&mut self.sent);
        let seconds = cluster.now().since(self.since).0 / 1_000_000;
        let load = Load { seconds: seconds.max(1), events: self.seen - self.first, sent };
        (self.since, self.first) = (cluster.now(), self.seen);
        load
    }
}

impl Load {
    /// Runs `cluster` for this many seconds and counts.
    pub fn of(cluster: &mut Cluster, seconds: u64) -> Load {
        let (mut meter, end) = (Meter::new(cluster), cluster.now().0 + seconds * 1_000_000);
        while cluster.now().0 < end && cluster.invariants().broken().is_none() {
            cluster.run_until(SimTime(end.min(cluster.now().0 + 5_000_000)));
            meter.read(cluster);
        }
        meter.take(cluster)
    }

    /// Returns the sum over all processes with one name.
    fn of_name(&self, cluster: &Cluster, name: &str) -> u64 {
        self.sent.iter().filter(|(process, _)| cluster.world().slot(**process).name == name).map(|(_, n)| *n).sum()
    }

    /// Returns the process that is busier than a cluster as busy as `healthy` explains. `None` if there is none.
    pub fn beyond(&self, healthy: &Load, cluster: &Cluster) -> Option<String> {
        let limit =
            |count: u64, more: u64| count * MORE.0 * self.seconds / (MORE.1 * healthy.seconds) + more * self.seconds;
        let busiest = self.sent.iter().max_by_key(|(process, sent)| {
            let name = &cluster.world().slot(**process).name;
            sent.saturating_sub(limit(healthy.of_name(cluster, name), RESTART))
        });
        if let Some((process, sent)) = busiest {
            let before = healthy.of_name(cluster, &cluster.world().slot(*process).name);
            if *sent > limit(before, RESTART) {
                let (now, before) = (sent / self.seconds, before as f64 / healthy.seconds as f64);
                let name = cluster.path(*process);
                return Some(format!("{name} sends {now} messages a second; all of its name sent {before} before"));
            }
        }
        let (now, before) = (self.events / self.seconds, healthy.events / healthy.seconds);
        (self.events > limit(healthy.events, EVENTS)).then(|| format!("{now} events a second, and {before} before"))
    }
}
