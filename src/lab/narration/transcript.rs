//! Events of a cluster as the list of events shows them, for transcripts and for "why?".

use crate::cluster::Cluster;
use crate::lab::project::timeline;
use crate::lab::view::EventView;
use crate::sim::{NoteId, SimDuration, SimTime};

/// The most notes in one chain of causes.
pub const WHY_LIMIT: usize = 40;

/// Returns the events from `from` on, in order.
pub fn events(cluster: &Cluster, from: SimTime) -> Vec<EventView> {
    let notes = cluster.world().trace().notes_from(1).filter(|note| note.at >= from);
    notes.filter_map(|note| timeline::event(cluster, note)).collect()
}

/// Returns the chain of causes of an event, from the event itself to its origin, at most [`WHY_LIMIT`] notes.
pub fn why(cluster: &Cluster, event: NoteId) -> Vec<EventView> {
    let chain = cluster.world().trace().why(event, WHY_LIMIT);
    chain.into_iter().filter_map(|note| timeline::event(cluster, note)).collect()
}

/// Returns a line such as `1m0.000s  You: Power off master-1`.
pub fn line(event: &EventView) -> String {
    format!("{:>9}  {}", moment(event.at_us), event.text)
}

/// Returns a moment such as `1m11.090s`.
fn moment(at_us: u64) -> String {
    let ms = SimDuration::from_micros(at_us).as_millis();
    let (minutes, seconds, ms) = (ms / 60_000, ms / 1_000 % 60, ms % 1_000);
    format!("{minutes}m{seconds:02}.{ms:03}s")
}
