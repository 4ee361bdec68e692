//! The timeline: lanes and charts on one axis. The drawing stands still between two steps of the axis. In each frame only
//! the line of now moves, and the cursor with the pointer or the focus.

use std::rc::Rc;

use yew::prelude::*;

use super::axis::{Axis, Cursor};
use super::state::{Ask, Chart, Deck, point_at, range};
use super::{lanes, ruler};
use crate::lab::view::{View, takeover_range_us};
use crate::ui::browser;
use crate::ui::browser::size::use_size;
use crate::ui::charts;
use crate::ui::charts::series::{Stretch, rate};
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Why};
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::memo::{lazy, lazy_keyed};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) view: Rc<View>,
    /// The view that the charts are drawn from.
    pub(crate) charted: Rc<View>,
    pub(crate) playing: bool,
    pub(crate) deck: Deck,
    pub(crate) why: Option<Why>,
    pub(crate) dispatch: Dispatch,
}

#[component]
pub(crate) fn Timeline(props: &Props) -> Html {
    let node = use_node_ref();
    let width = use_size(&node).0 as u32;
    let (view, deck) = (&props.view, &props.deck);
    let axis = axis_of(view, deck);
    let past = view.now_us < view.head_us;
    // While the clock stands still the cursor is at now by default.
    let at = deck.cursor.or((past || !props.playing).then_some(view.now_us));
    let at = at.filter(|us| axis.shows(*us, us + 1)).map(|us| Cursor { us, part: axis.at(us) });
    let side = at.map(|at| if at.part > 0.7 { "cursor-right" } else { "cursor-left" });
    let ruler = ruler::Props {
        history: view.history.clone(),
        axis,
        width,
        why: props.why.clone(),
        branches: view.branches.clone(),
        branch: view.branch,
        span: deck.span,
        tall: deck.tall,
        dispatch: props.dispatch.clone(),
    };
    html! {
        <section class="lanes" aria-label={time::TIME_LINE}>
            <div class={classes!("band", side)} style={format!("--at:{:.4}", at.map_or(0.0, |at| at.part))} tabindex="0" aria-label={time::TIME_LINE} role="group">
                <div class="band-in">
                    <div class="ruler">
                        { lazy(ruler, ruler::ruler) }
                        if let Some(at) = at { <span class="cursor-time" data-testid="cursor" data-us={at.us.to_string()}>{ format::instant(at.us) }</span> }
                    </div>
                    { lanes::lanes(&view.history, axis, at) }
                    if width > 0 { { drawings(props, width, at) } }
                    <div class="plane" ref={node} data-testid="plane" title={time::TIME_PLANE}
                        onpointerdown={|event: PointerEvent| browser::hold(&event, PLANE)}
                        onpointermove={moved(props, axis)} onclick={pressed(props, axis)}
                        onpointerleave={props.dispatch.reform(|_: PointerEvent| Action::Dock(Ask::Cursor(None)))}>
                        { over(props, axis, at) }
                    </div>
                </div>
            </div>
        </section>
    }
}

fn axis_of(view: &View, deck: &Deck) -> Axis {
    Axis::of(deck.span, view.history.since_us, view.now_us, view.head_us)
}

const PLANE: &str = ".plane";

/// Returns the callback with which the cursor follows the pointer over the timeline, and so does time while its button is down.
fn moved(props: &Props, axis: Axis) -> Callback<PointerEvent> {
    let (dispatch, (from, to)) = (props.dispatch.clone(), range(&props.view));
    Callback::from(move |event: PointerEvent| {
        let Some(part) = browser::along(&event, PLANE) else { return };
        let us = axis.moment(part);
        let pressed = event.buttons() & 1 == 1;
        dispatch.emit(Action::Dock(if pressed { Ask::Scrub(us.clamp(from, to)) } else { Ask::Cursor(Some(us)) }));
    })
}

fn pressed(props: &Props, axis: Axis) -> Callback<MouseEvent> {
    let (dispatch, (from, to)) = (props.dispatch.clone(), range(&props.view));
    Callback::from(move |event: MouseEvent| {
        if let Some(part) = browser::along(&event, PLANE) {
            dispatch.emit(Action::Dock(Ask::Scrub(axis.moment(part).clamp(from, to))));
        }
    })
}

/// Draws the layer over lanes and charts: the later part of this branch, the future, now, the acts, and the cursor.
fn over(props: &Props, axis: Axis, at: Option<Cursor>) -> Html {
    let view = &props.view;
    // Moved by a transform alone, so that nothing is laid out or painted again.
    let from = |us: u64| format!("transform:translateX({:.2}%)", axis.at(us) * 100.0);
    let later = view.now_us < view.head_us;
    let lines = ruler::LineProps { history: view.history.clone(), axis, why: props.why.clone() };
    html! {
        <div class="over" aria-hidden="true">
            if later { <i class="later" style={from(view.now_us)} /> }
            <i class="future" style={from(view.known_us)} />
            { lazy(lines, ruler::lines) }
            <i class="now" style={from(view.now_us)} />
            if at.is_some() { <i class="cursor" /> }
        </div>
    }
}

/// Draws the charts below the lanes, each with its value at the cursor.
fn drawings(props: &Props, width: u32, at: Option<Cursor>) -> Html {
    let (view, dispatch) = (&props.charted, &props.dispatch);
    let axis = axis_of(view, &props.deck);
    let series = &view.series;
    let open = |chart| props.deck.tables.contains(&chart);
    let point = at.and_then(|at| point_at(series, at.us)).map(|point| Stretch::of(series, point));
    let newest = series.desired.len().checked_sub(1).map(|point| Stretch::of(series, point));
    let pods = |of: &Option<Stretch>| {
        let (desired, ready) = of.as_ref().map_or((0, 0), |stretch| stretch.pods(series));
        time::CHART_PODS_NOW.with(&[("ready", &ready), ("desired", &desired)])
    };
    let requests = |of: &Option<Stretch>, server: usize| {
        let (requests, errors) = of.as_ref().map_or((0.0, 0.0), |stretch| stretch.rates(&series.servers[server]));
        let requests = time::CHART_RATE.with(&[("rate", &rate(requests))]);
        let errors = (errors > 0.0).then(|| time::CHART_ERRORS.with(&[("rate", &rate(errors))]));
        html! { <>{ requests }if let Some(errors) = errors { <b class="bad">{ " " }{ errors }</b> }</> }
    };
    let reading = |text: Html| html! { if point.is_some() { <span class="at-cursor">{ text }</span> } };
    let drawn =
        charts::PodsProps { series: series.clone(), axis, width, open: open(Chart::Pods), dispatch: dispatch.clone() };
    let server = |n: usize| {
        let host = series.servers[n].host.clone();
        let drawn = charts::RequestsProps { series: series.clone(), server: n, axis, width };
        html! {
            <div class="chart-row" key={host.to_string()}>
                <h3>{ time::CHART_REQUESTS.with(&[("host", &host)]) }<small>{ requests(&newest, n) }</small></h3>
                { lazy(drawn, charts::requests) }
                { reading(requests(&point, n)) }
            </div>
        }
    };
    let table =
        charts::TableProps { series: series.clone(), axis, open: open(Chart::Requests), dispatch: dispatch.clone() };
    let took = charts::TakeoversProps {
        history: view.history.clone(),
        range: takeover_range_us(view.setup.reading, &view.timings),
        axis,
        width,
        open: open(Chart::Takeovers),
        dispatch: dispatch.clone(),
    };
    html! {
        <div class="charts">
            <div class="chart-row with-table">
                <h3>{ time::CHART_PODS }<small>{ pods(&newest) }</small></h3>
                { lazy(drawn, charts::pods) }
                { reading(pods(&point).into()) }
            </div>
            { for (0..series.servers.len()).map(server) }
            <div class="chart-foot">{ lazy(table, charts::requests_table) }</div>
            <div class="chart-row with-table">
                <h3>{ time::CHART_TAKEOVERS }</h3>
                { lazy_keyed("took", took, charts::over_time) }
            </div>
        </div>
    }
}
