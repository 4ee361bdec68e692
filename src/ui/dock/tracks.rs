//! The bars of the timeline: what each lane shows, drawn on one axis in per cent of its width.

use yew::prelude::*;

use crate::lab::view::{Held, History, Interval, LeaseHistory};
use crate::ui::axis::Axis;
use crate::ui::texts;

/// One lane: its name, its bars, and itself in words.
pub struct Track {
    pub name: String,
    pub id: String,
    /// Up or down now; none where that makes no sense.
    pub ok: Option<bool>,
    pub said: String,
    pub bars: Html,
}

fn place(axis: &Axis, from: u64, to: u64) -> (String, String) {
    let (a, b) = (axis.at(from), axis.at(to));
    (format!("{:.3}%", a * 100.0), format!("{:.3}%", ((b - a) * 100.0).max(0.12)))
}

/// A bar from `from` to `to` (open: to the end of the axis, the future is covered), when any of it shows.
fn bar(axis: &Axis, class: &str, from: u64, to: Option<u64>, text: &str) -> Html {
    let end = to.unwrap_or(axis.to_us);
    if !axis.shows(from, end.max(from + 1)) {
        return Html::default();
    }
    let (x, width) = place(axis, from, end);
    let style = format!("left:{x};width:{width}");
    html! { <b key={format!("{class}{from}")} class={class.to_owned()} {style}>{ text }</b> }
}

fn lane(axis: &Axis, id: &str, name: &str, intervals: &[Interval], now_us: u64) -> Track {
    let ok = intervals.last().is_some_and(|interval| interval.ok);
    let down = intervals.iter().filter(|interval| !interval.ok);
    let down_us = down.clone().map(|i| i.to_us.unwrap_or(now_us).saturating_sub(i.from_us)).sum();
    let bars = intervals.iter().map(|i| bar(axis, if i.ok { "yes" } else { "no" }, i.from_us, i.to_us, ""));
    Track {
        name: name.to_owned(),
        id: id.to_owned(),
        ok: Some(ok),
        said: texts::lane_summary(ok, down.count(), down_us),
        bars: bars.into_iter().collect(),
    }
}

/// Who the record names; hatched where nobody of that name acts, a second line where somebody else acts too.
fn lease(axis: &Axis, history: &LeaseHistory) -> Track {
    let mut bars = vec![];
    for held in &history.holders {
        bars.push(bar(axis, "held idle", held.from_us, held.to_us, texts::DEAD_HOLDER));
    }
    for acting in &history.acting {
        let ours = history.holders.iter().filter(|held| held.host == acting.host);
        let covered = ours.clone().any(|held| held.from_us <= acting.from_us + 1_000_000 && covers(held, acting));
        bars.push(bar(axis, "held", acting.from_us, acting.to_us, &acting.host));
        if !covered {
            let beyond = ours.filter_map(|held| held.to_us).filter(|to| *to >= acting.from_us).max();
            let from = beyond.unwrap_or(acting.from_us);
            bars.push(bar(axis, "held unfenced", from, acting.to_us, &texts::also_acts(&acting.host)));
        }
    }
    let now = history.acting.iter().rev().find(|acting| acting.to_us.is_none());
    Track {
        name: texts::lane_lease(&history.lease),
        id: history.lease.to_string(),
        ok: None,
        said: now.map_or_else(|| texts::DEAD_HOLDER.to_owned(), |now| texts::leads(&now.host)),
        bars: bars.into_iter().collect(),
    }
}

fn covers(held: &Held, acting: &Held) -> bool {
    match (held.to_us, acting.to_us) {
        (None, _) => true,
        (Some(held), Some(acting)) => held >= acting,
        (Some(_), None) => false,
    }
}

fn etcd(axis: &Axis, leaders: &[Held]) -> Track {
    let bars = leaders.iter().map(|h| bar(axis, "raft", h.from_us, h.to_us, &texts::held(&h.host, h.term)));
    let now = leaders.last().filter(|held| held.to_us.is_none());
    Track {
        name: texts::LANE_ETCD.to_owned(),
        id: "etcd".to_owned(),
        ok: None,
        said: now.map_or_else(|| texts::NONE_YET.to_owned(), |h| texts::held(&h.host, h.term)),
        bars: bars.into_iter().collect(),
    }
}

/// All lanes, top to bottom.
pub fn tracks(axis: &Axis, h: &History, now_us: u64) -> Vec<Track> {
    let mut tracks = vec![
        lane(axis, "apiWritable", texts::LANE_WRITABLE, &h.api_writable, now_us),
        lane(axis, "apiReadable", texts::LANE_READABLE, &h.api_readable, now_us),
        lane(axis, "reconciling", texts::LANE_RECONCILING, &h.reconciling, now_us),
        lane(axis, "appServing", texts::LANE_SERVING, &h.app_serving, now_us),
    ];
    tracks.extend(h.leases.iter().map(|history| lease(axis, history)));
    tracks.push(etcd(axis, &h.etcd_leaders));
    tracks
}
