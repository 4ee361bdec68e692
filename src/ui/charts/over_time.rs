//! Takeovers over time: each at the moment when the new leader acted, as high as the gap was long, over the band of theory.

use std::rc::Rc;

use plotters::prelude::*;
use yew::prelude::*;

use super::plot::{BAD, BAND, DOT, Done, OverTime, Plane, s, table};
use super::series::round_up;
use crate::lab::view::{History, TakeoverView};
use crate::ui::dock::axis::Axis;
use crate::ui::dock::state::Chart;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;
use crate::ui::widgets::format;

#[derive(PartialEq)]
pub(crate) struct TakeoversProps {
    pub(crate) history: Rc<History>,
    /// The shortest and the longest gap in theory, µs.
    pub(crate) range: (u64, u64),
    pub(crate) axis: Axis,
    pub(crate) width: u32,
    pub(crate) open: bool,
    pub(crate) dispatch: Dispatch,
}

const HEIGHT: u32 = 56;
const ROWS: usize = 24;

pub(crate) fn over_time(props: &TakeoversProps) -> Html {
    let axis = &props.axis;
    let shown: Vec<&TakeoverView> =
        props.history.takeovers.iter().filter(|t| axis.shows(t.gained_us, t.gained_us + 1)).collect();
    let (low, high) = (s(props.range.0), s(props.range.1));
    let top = round_up(shown.iter().map(|t| s(t.took_us())).fold(high * 1.1, f64::max));
    let plot =
        OverTime { axis, width: props.width, height: HEIGHT, top, top_text: format::flag_seconds((top * 1e6) as u64) };
    let drawing = plot.draw(&|area| stems(area, axis, &shown, (low, high)));
    html! {
        <>
            <div class="plot" role="img" aria-label={said(axis, &shown, (low, high))} data-testid="chart-takeovers">{ drawing }</div>
            { table(Chart::Takeovers, props.open, &props.dispatch, &columns(), rows(&shown)) }
            <p class="muted">{ time::CHART_TAKEOVERS_MEANS }</p>
        </>
    }
}

/// Draws a full dot for a takeover that theory covers, and a ring for a release or a disturbed one.
fn stems(area: &Plane<'_>, axis: &Axis, shown: &[&TakeoverView], (low, high): (f64, f64)) -> Done {
    let (from, to) = (s(axis.from_us), s(axis.to_us));
    area.draw(&Rectangle::new([(from, high), (to, low)], BAND.mix(0.14).filled()))?;
    for edge in [low, high] {
        area.draw(&PathElement::new([(from, edge), (to, edge)], BAND.mix(0.6)))?;
    }
    for takeover in shown {
        let (at, took) = (s(takeover.gained_us), s(takeover.took_us()));
        let outside = takeover.comparable && !(low..=high).contains(&took);
        let color = if outside { BAD } else { DOT };
        area.draw(&PathElement::new([(at, 0.0), (at, took)], color.stroke_width(2)))?;
        let style = if takeover.comparable { color.filled() } else { color.stroke_width(2) };
        area.draw(&Circle::new((at, took), 4, style))?;
    }
    Ok(())
}

fn said(axis: &Axis, shown: &[&TakeoverView], (low, high): (f64, f64)) -> String {
    let took = shown.iter().map(|t| s(t.took_us()));
    let n = time::takeovers(shown.len());
    let (low, high) = (format!("{low:.1}"), format!("{high:.1}"));
    if shown.is_empty() {
        let (from, to) = (format::instant(axis.from_us), format::instant(axis.to_us));
        return time::CHART_TAKEOVERS_ALT.with(&[
            ("shown", &n),
            ("from", &from),
            ("to", &to),
            ("low", &low),
            ("high", &high),
        ]);
    }
    time::CHART_TAKEOVERS_RANGE.with(&[
        ("shown", &n),
        ("low", &format!("{:.1}", took.clone().fold(f64::INFINITY, f64::min))),
        ("high", &format!("{:.1}", took.fold(0.0, f64::max))),
        ("least", &low),
        ("most", &high),
    ])
}

fn columns() -> Vec<String> {
    let columns = [time::CHART_TIME, time::CHART_COMPONENT, time::CHART_FROM, time::CHART_TO, time::CHART_TOOK];
    columns.map(|name| name.to_string()).into()
}

fn rows(shown: &[&TakeoverView]) -> Vec<Vec<String>> {
    let row = |t: &&TakeoverView| {
        let component = t.component.trim_start_matches("kube-").to_owned();
        vec![
            format::instant(t.gained_us),
            component,
            t.from.to_string(),
            t.to.to_string(),
            format::seconds(t.took_us()),
        ]
    };
    shown.iter().rev().take(ROWS).map(row).collect()
}
