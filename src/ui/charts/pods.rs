//! Pods over time: a dashed line for what is desired, a filled one for what is ready.

use std::rc::Rc;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use yew::prelude::*;

use super::plot::{DASHED, Done, OK, OverTime, Plane, label, s, table};
use super::series::{Stretch, round_up, stretches};
use crate::lab::view::Series;
use crate::ui::dock::axis::Axis;
use crate::ui::dock::state::Chart;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;
use crate::ui::widgets::format;

#[derive(PartialEq)]
pub(crate) struct PodsProps {
    pub(crate) series: Rc<Series>,
    pub(crate) axis: Axis,
    pub(crate) width: u32,
    pub(crate) open: bool,
    pub(crate) dispatch: Dispatch,
}

const HEIGHT: u32 = 56;
/// The most steps of a line, and rows of a table.
const STEPS: usize = 400;
const ROWS: usize = 24;

pub(crate) fn pods(props: &PodsProps) -> Html {
    let series = &props.series;
    let shown = stretches(series, &props.axis, STEPS);
    let counts: Vec<_> = shown.iter().map(|stretch| (stretch.from_us, stretch.to_us, stretch.pods(series))).collect();
    let most = counts.iter().map(|(.., (desired, ready))| *desired.max(ready)).max().unwrap_or(0);
    let top = round_up(f64::from(most) * 1.1);
    let plot = OverTime { axis: &props.axis, width: props.width, height: HEIGHT, top, top_text: format!("{top:.0}") };
    let drawing = plot.draw(&|area| lines(area, &counts));
    html! {
        <>
            <div class="plot" role="img" aria-label={said(&counts)} data-testid="chart-pods">{ drawing }</div>
            { table(Chart::Pods, props.open, &props.dispatch, &columns(), rows(series, &shown)) }
        </>
    }
}

/// From, to, (desired, ready).
type Counted = (u64, u64, (u32, u32));

fn lines(area: &Plane<'_>, counts: &[Counted]) -> Done {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return Ok(()) };
    let steps = |which: fn(&(u32, u32)) -> u32| -> Vec<(f64, f64)> {
        counts
            .iter()
            .flat_map(|(from, to, pods)| [(s(*from), f64::from(which(pods))), (s(*to), f64::from(which(pods)))])
            .collect()
    };
    let ready = steps(|pods| pods.1);
    let mut under = ready.clone();
    under.extend([(s(last.1), 0.0), (s(first.0), 0.0)]);
    area.draw(&Polygon::new(under, OK.mix(0.16).filled()))?;
    area.draw(&PathElement::new(ready, OK.stroke_width(2)))?;
    area.draw(&PathElement::new(steps(|pods| pods.0), DASHED.stroke_width(1)))?;
    // Labels at the end of the lines: desired above its line, ready below.
    let (desired, ready) = last.2;
    let (end, above) = (s(last.1), f64::from(desired.max(ready)));
    let text =
        Text::new(time::CHART_DESIRED.to_string(), (-4, -2), label(&super::plot::INK, HPos::Right, VPos::Bottom));
    area.draw(&(EmptyElement::at((end, above)) + text))?;
    let text = Text::new(time::CHART_READY.to_string(), (-4, 3), label(&OK, HPos::Right, VPos::Top));
    area.draw(&(EmptyElement::at((end, f64::from(ready))) + text))?;
    Ok(())
}

fn said(counts: &[Counted]) -> String {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else { return time::CHART_NOTHING.to_string() };
    let ready = counts.iter().map(|(.., pods)| pods.1);
    time::CHART_PODS_ALT.with(&[
        ("from", &format::instant(first.0)),
        ("to", &format::instant(last.1)),
        ("desired", &last.2.0),
        ("ready", &last.2.1),
        ("low", &ready.clone().min().unwrap_or(0)),
        ("high", &ready.max().unwrap_or(0)),
    ])
}

fn columns() -> Vec<String> {
    [time::CHART_TIME, time::CHART_DESIRED, time::CHART_READY].map(|name| name.to_string()).into()
}

/// Returns a row for each change, the newest first.
fn rows(series: &Series, shown: &[Stretch]) -> Vec<Vec<String>> {
    let mut last = None;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for stretch in shown {
        let pods = stretch.pods(series);
        if last.replace(pods) != Some(pods) {
            rows.push(vec![format::instant(stretch.from_us), pods.0.to_string(), pods.1.to_string()]);
        }
    }
    rows.into_iter().rev().take(ROWS).collect()
}
