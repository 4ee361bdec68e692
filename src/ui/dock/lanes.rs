//! The lanes: each with its name, its bars, and its value at the cursor.

use std::rc::Rc;

use yew::prelude::*;

use super::axis::Axis;
use super::axis::Cursor;
use super::lane::Lane;
use super::tracks::track;
use crate::lab::narration::join;
use crate::lab::view::History;
use crate::ui::glossary::term_as;
use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::widgets::memo::lazy;

pub(crate) fn lanes(history: &Rc<History>, axis: Axis, at: Option<Cursor>) -> Html {
    let row = |lane: Lane| {
        let drawn = lazy(LaneProps { history: history.clone(), axis, lane }, draw);
        let reading = at.map(|at| lane.value(history, at.us));
        let ok = lane.intervals(history).map(|all| all.last().is_some_and(|interval| interval.ok));
        let id = lane.id(history);
        html! {
            <li class="lane" key={id.clone()} data-lane={id} data-ok={ok.map(|ok| ok.to_string())}>
                { drawn }
                if let Some((text, ok)) = reading {
                    <span class={classes!("at-cursor", (ok == Some(false)).then_some("bad"))}>{ text }</span>
                }
            </li>
        }
    };
    html! { <ul class="lane-list">{ for Lane::all(history).into_iter().map(row) }</ul> }
}

#[derive(PartialEq)]
struct LaneProps {
    history: Rc<History>,
    axis: Axis,
    lane: Lane,
}

fn draw(props: &LaneProps) -> Html {
    let track = track(&props.axis, &props.history, props.lane);
    let (class, mark) = match track.ok {
        Some(true) => ("ok", icon(Icon::Check)),
        Some(false) => ("bad", icon(Icon::Cross)),
        None => ("", Html::default()),
    };
    html! {
        <>
            <span class={classes!("lane-name", class)}>
                { mark }{ term_as(props.lane.term(), props.lane.name(&props.history)) }<span class="sr-only">{ join::named("", &track.said) }</span>
            </span>
            <div class="track" aria-hidden="true">{ track.bars }</div>
        </>
    }
}
