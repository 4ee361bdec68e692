//! Requests per second of one API server over time: a line over its area, with errors as bars within it.

use std::rc::Rc;

use plotters::prelude::*;
use yew::prelude::*;

use super::plot::{BAD, BAND, Done, OverTime, Plane, s};
use super::series::{rate, round_up, stretches};
use crate::lab::view::{Series, ServerSeries};
use crate::ui::dock::axis::Axis;
use crate::ui::dock::state::Chart;
use crate::ui::model::Dispatch;
use crate::ui::texts::time;
use crate::ui::widgets::format;

#[derive(PartialEq)]
pub(crate) struct RequestsProps {
    pub(crate) series: Rc<Series>,
    /// Index of the server.
    pub(crate) server: usize,
    pub(crate) axis: Axis,
    pub(crate) width: u32,
}

const HEIGHT: u32 = 34;
const STEPS: usize = 400;
/// The least height of a bar, as a fraction of the picture's.
const SEEN: f64 = 0.12;

pub(crate) fn requests(props: &RequestsProps) -> Html {
    let series = &props.series;
    let Some(server) = series.servers.get(props.server) else { return Html::default() };
    let shown = stretches(series, &props.axis, STEPS);
    // All servers are drawn to the same scale.
    let all = series.servers.iter().flat_map(|server| shown.iter().map(|stretch| stretch.rates(server).0));
    let top = round_up(all.fold(0.0, f64::max).max(1.0));
    let rates: Vec<Rated> =
        shown.iter().map(|stretch| (stretch.from_us, stretch.to_us, stretch.rates(server))).collect();
    let top_text = time::CHART_RATE.with(&[("rate", &rate(top))]);
    let plot = OverTime { axis: &props.axis, width: props.width, height: HEIGHT, top, top_text };
    let drawing = plot.draw(&|area| bars(area, &rates, top));
    html! {
        <div class="plot" role="img" aria-label={said(server, &rates)} data-testid={format!("chart-requests-{}", server.host)}>{ drawing }</div>
    }
}

/// From, to, (requests, errors) a second.
type Rated = (u64, u64, (f64, f64));

fn bars(area: &Plane<'_>, rates: &[Rated], top: f64) -> Done {
    let (Some(first), Some(last)) = (rates.first(), rates.last()) else { return Ok(()) };
    let line: Vec<(f64, f64)> =
        rates.iter().flat_map(|(from, to, (requests, _))| [(s(*from), *requests), (s(*to), *requests)]).collect();
    let mut under = line.clone();
    under.extend([(s(last.1), 0.0), (s(first.0), 0.0)]);
    area.draw(&Polygon::new(under, BAND.mix(0.14).filled()))?;
    area.draw(&PathElement::new(line, BAND.stroke_width(1)))?;
    for (from, to, (_, errors)) in rates.iter().filter(|(.., (_, errors))| *errors > 0.0) {
        // High enough to be seen.
        let bar = [(s(*from), errors.max(top * SEEN)), (s(*to), 0.0)];
        area.draw(&Rectangle::new(bar, BAD.filled()))?;
    }
    Ok(())
}

fn said(server: &ServerSeries, rates: &[Rated]) -> String {
    let (Some(first), Some(last)) = (rates.first(), rates.last()) else { return time::CHART_NOTHING.to_string() };
    let requests = rates.iter().map(|(.., (requests, _))| *requests);
    let errors: f64 = rates.iter().map(|(from, to, (_, errors))| errors * s(to - from)).sum();
    time::CHART_REQUESTS_ALT.with(&[
        ("host", &server.host),
        ("from", &format::instant(first.0)),
        ("to", &format::instant(last.1)),
        ("rate", &rate(last.2.0)),
        ("low", &rate(requests.clone().fold(f64::INFINITY, f64::min))),
        ("high", &rate(requests.fold(0.0, f64::max))),
        ("errors", &format!("{errors:.0}")),
    ])
}

#[derive(PartialEq)]
pub(crate) struct TableProps {
    pub(crate) series: Rc<Series>,
    pub(crate) axis: Axis,
    pub(crate) open: bool,
    pub(crate) dispatch: Dispatch,
}

const ROWS: usize = 12;

/// Draws a table of all servers, the newest figures first.
pub(crate) fn table(props: &TableProps) -> Html {
    let mut columns = vec![time::CHART_TIME.to_string()];
    columns.extend(props.series.servers.iter().map(|server| server.host.to_string()));
    let cell = |(requests, errors): (f64, f64)| {
        let requests = time::CHART_RATE.with(&[("rate", &rate(requests))]);
        if errors == 0.0 {
            requests
        } else {
            format!("{requests}, {}", time::CHART_ERRORS.with(&[("rate", &rate(errors))]))
        }
    };
    let rows = stretches(&props.series, &props.axis, ROWS).into_iter().rev().map(|stretch| {
        let mut row = vec![format::instant(stretch.from_us)];
        row.extend(props.series.servers.iter().map(|server| cell(stretch.rates(server))));
        row
    });
    html! {
        <>
            { super::plot::table(Chart::Requests, props.open, &props.dispatch, &columns, rows.collect()) }
            <p class="muted">{ time::CHART_REQUESTS_MEANS }</p>
        </>
    }
}
