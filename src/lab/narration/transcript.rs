//! What happened in a cluster, event by event, as the list of events tells it: for transcripts and for those who ask why.

use crate::cluster::Cluster;
use crate::lab::project::timeline;
use crate::lab::view::EventView;
use crate::sim::{NoteId, SimDuration, SimTime};

/// Notes of one chain of causes.
pub const WHY_LIMIT: usize = 40;

/// The events from `from` on, in order.
pub fn events(cluster: &Cluster, from: SimTime) -> Vec<EventView> {
    let notes = cluster.world().trace().notes_from(1).filter(|note| note.at >= from);
    notes.filter_map(|note| timeline::event(cluster, note)).collect()
}

/// From an event back to where it began, at most [`WHY_LIMIT`] notes; the first is the event itself.
pub fn why(cluster: &Cluster, event: NoteId) -> Vec<EventView> {
    let chain = cluster.world().trace().why(event, WHY_LIMIT);
    chain.into_iter().filter_map(|note| timeline::event(cluster, note)).collect()
}

/// `1m0.000s  You: Power off master-1`
pub fn line(event: &EventView) -> String {
    format!("{:>9}  {}", moment(event.at_us), event.text)
}

/// `1m11.090s`
fn moment(at_us: u64) -> String {
    let ms = SimDuration::from_micros(at_us).as_millis();
    let (minutes, seconds, ms) = (ms / 60_000, ms / 1_000 % 60, ms % 1_000);
    format!("{minutes}m{seconds:02}.{ms:03}s")
}
