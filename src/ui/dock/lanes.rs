//! The timeline. The bars stand still between two steps of the axis; with each frame only the line of "now" moves.

use std::rc::Rc;

use yew::prelude::*;

use super::Props;
use super::tracks::{Track, tracks};
use crate::lab::view::History;
use crate::ui::app::Dispatch;
use crate::ui::axis::Axis;
use crate::ui::icons::{Icon, icon};
use crate::ui::lazy::lazy;
use crate::ui::model::{Action, SPANS, Span, Why};
use crate::ui::{format, texts};

pub fn lanes(props: &Props) -> Html {
    let axis = Axis::new(props.span, props.history.since_us, props.now_us);
    let now = format!("transform:translateX({:.2}%)", axis.at(props.now_us) * 100.0);
    let span = |(n, (span, name)): (usize, &(Span, &'static str))| {
        let span = *span;
        let onchange = props.dispatch.reform(move |_: Event| Action::Span(span));
        html! {
            <label>
                <input type="radio" name="span" value={n.to_string()} checked={span == props.span} {onchange} />
                <span>{ *name }</span>
            </label>
        }
    };
    let (history, why, dispatch) = (props.history.clone(), props.why.clone(), props.dispatch.clone());
    let drawn = BarsProps { history, axis, why, dispatch };
    html! {
        <section class="lanes" aria-label={texts::LANES}>
            <div class="lanes-head">
                <h2>{ texts::LANES }</h2>
                <div class="seg small" role="radiogroup" aria-label={texts::SPAN}>{ for SPANS.iter().enumerate().map(span) }</div>
            </div>
            <div class="lanes-body">
                { lazy(drawn, bars) }
                <div class="over" aria-hidden="true">
                    <i class="future" style={now} />
                </div>
            </div>
        </section>
    }
}

#[derive(PartialEq)]
struct BarsProps {
    history: Rc<History>,
    axis: Axis,
    why: Option<Why>,
    dispatch: Dispatch,
}

fn bars(props: &BarsProps) -> Html {
    let axis = &props.axis;
    let lane = |track: Track| {
        let (class, mark) = match track.ok {
            Some(true) => ("ok", icon(Icon::Check)),
            Some(false) => ("bad", icon(Icon::Cross)),
            None => ("", Html::default()),
        };
        html! {
            <li class="lane" key={track.id.clone()} data-lane={track.id} data-ok={track.ok.map(|ok| ok.to_string())}>
                <span class={classes!("lane-name", class)}>{ mark }<span>{ track.name }</span><span class="sr-only">{ ": " }{ track.said }</span></span>
                <div class="track" aria-hidden="true">{ track.bars }</div>
            </li>
        }
    };
    let marks = props.history.marks.iter().filter(|mark| axis.shows(mark.at_us, mark.at_us + 1)).map(|mark| {
        let event = mark.event;
        let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Why(Some(event)));
        let style = format!("left:{:.3}%", axis.at(mark.at_us) * 100.0);
        let label = format!("{}, {}", mark.text, format::instant(mark.at_us));
        let side = if axis.at(mark.at_us) > 0.8 { "to-left" } else { "" };
        html! {
            <button key={event.to_string()} class={classes!("act-mark", side)} {style} {onclick} title={label.clone()} aria-label={label}>
                <i /><span>{ &*mark.text }</span>
            </button>
        }
    });
    let chain = props.why.iter().flat_map(|why| why.chain.iter()).filter(|e| axis.shows(e.at_us, e.at_us + 1)).map(|event| {
        html! { <i key={event.id.to_string()} class="link-mark" style={format!("left:{:.3}%", axis.at(event.at_us) * 100.0)} /> }
    });
    let ticks = axis.ticks(6).into_iter().map(|us| {
        html! { <span key={us.to_string()} class="tick" style={format!("left:{:.3}%", axis.at(us) * 100.0)}>{ format::tick(us) }</span> }
    });
    // The lanes' summaries need "now", but only as exactly as the last change of the history.
    let last = props.history.events.last().map_or(0, |event| event.at_us);
    html! {
        <>
            <ul class="lane-list">{ for tracks(axis, &props.history, last).into_iter().map(lane) }</ul>
            <div class="axis" aria-hidden="true">{ for ticks }</div>
            <div class="marks">{ for chain }{ for marks }</div>
        </>
    }
}
