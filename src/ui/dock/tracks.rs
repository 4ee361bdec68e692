//! The bars of the timeline's lanes, drawn on one axis in per cent of its width.

use yew::prelude::*;

use super::axis::Axis;
use super::lane::Lane;
use crate::lab::view::{History, HostTenure, Interval, LeaseHistory};
use crate::ui::texts::time;

/// One lane: whether it is up at the end of the branch (`None` if it is not up or down), its text alternative, its bars.
pub(crate) struct Track {
    pub(crate) ok: Option<bool>,
    pub(crate) said: String,
    pub(crate) bars: Html,
}

/// Returns a place on the axis as the `left` of a style.
pub(crate) fn left(axis: &Axis, us: u64) -> String {
    format!("left:{:.3}%", axis.at(us) * 100.0)
}

/// Draws a bar from `from` to `to`, if any of it is shown. An open one ends at the end of the axis, where the future covers it.
fn bar(axis: &Axis, class: &str, from: u64, to: Option<u64>, text: &str) -> Html {
    let end = to.unwrap_or(axis.to_us);
    if !axis.shows(from, end.max(from + 1)) {
        return Html::default();
    }
    let width = ((axis.at(end) - axis.at(from)) * 100.0).max(0.12);
    let style = format!("{};width:{width:.3}%", left(axis, from));
    html! { <b key={format!("{class}{from}")} class={class.to_owned()} {style}>{ text }</b> }
}

/// Returns the track of a lane.
pub(crate) fn track(axis: &Axis, history: &History, lane: Lane) -> Track {
    if let Some(intervals) = lane.intervals(history) {
        // The summary needs "now" only to the last change of the history.
        return works(axis, intervals, history.events.last().map_or(0, |event| event.at_us));
    }
    match lane {
        Lane::Lease(at) => history.leases.get(at).map_or_else(|| etcd(axis, &[]), |history| lease(axis, history)),
        _ => etcd(axis, &history.etcd_leaders),
    }
}

fn works(axis: &Axis, intervals: &[Interval], now_us: u64) -> Track {
    let ok = intervals.last().is_some_and(|interval| interval.ok);
    let down = intervals.iter().filter(|interval| !interval.ok);
    let down_us = down.clone().map(|i| i.to_us.unwrap_or(now_us).saturating_sub(i.from_us)).sum();
    let bars = intervals.iter().map(|i| bar(axis, if i.ok { "yes" } else { "no" }, i.from_us, i.to_us, ""));
    Track { ok: Some(ok), said: time::lane_summary(ok, down.count(), down_us), bars: bars.collect() }
}

/// Draws the holder in the record: hatched while it does not act, with a second line while another host acts too.
fn lease(axis: &Axis, history: &LeaseHistory) -> Track {
    let mut bars = vec![];
    for held in &history.holders {
        bars.push(bar(axis, "held idle", held.from_us, held.to_us, &time::LANE_DEAD_HOLDER));
    }
    for acting in &history.acting {
        let ours = history.holders.iter().filter(|held| held.host == acting.host);
        let covered = ours.clone().any(|held| held.from_us <= acting.from_us + 1_000_000 && covers(held, acting));
        bars.push(bar(axis, "held", acting.from_us, acting.to_us, &acting.host));
        if !covered {
            let beyond = ours.filter_map(|held| held.to_us).filter(|to| *to >= acting.from_us).max();
            let from = beyond.unwrap_or(acting.from_us);
            let text = time::LANE_ALSO_ACTS.with(&[("host", &acting.host)]);
            bars.push(bar(axis, "held unfenced", from, acting.to_us, &text));
        }
    }
    let now = history.acting.iter().rev().find(|acting| acting.to_us.is_none());
    let leads = |now: &HostTenure| time::LANE_LEADS.with(&[("host", &now.host)]);
    Track {
        ok: None,
        said: now.map_or_else(|| time::LANE_DEAD_HOLDER.to_string(), leads),
        bars: bars.into_iter().collect(),
    }
}

fn covers(held: &HostTenure, acting: &HostTenure) -> bool {
    match (held.to_us, acting.to_us) {
        (None, _) => true,
        (Some(held), Some(acting)) => held >= acting,
        (Some(_), None) => false,
    }
}

fn etcd(axis: &Axis, leaders: &[HostTenure]) -> Track {
    let bars = leaders.iter().map(|h| bar(axis, "raft", h.from_us, h.to_us, &time::held(&h.host, h.term)));
    let now = leaders.last().filter(|held| held.to_us.is_none());
    Track {
        ok: None,
        said: now.map_or_else(|| time::LANE_NONE.to_string(), |h| time::held(&h.host, h.term)),
        bars: bars.collect(),
    }
}
