//! The head of the timeline: the length shown, the ticks of the axis, and the marks of acts, of forks, and of the chain of
//! causes, as numbered knots.

use std::rc::Rc;

use yew::prelude::*;

use super::axis::{Axis, SPANS, Span};
use super::state::{Ask, MarkGroup, knots};
use super::tracks::left;
use crate::lab::view::{BranchView, History, MarkView};
use crate::ui::browser;
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Why};
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) history: Rc<History>,
    pub(crate) axis: Axis,
    /// Width of the axis, px.
    pub(crate) width: u32,
    pub(crate) why: Option<Why>,
    pub(crate) branches: Rc<Vec<BranchView>>,
    pub(crate) branch: u32,
    pub(crate) span: Span,
    pub(crate) tall: bool,
    pub(crate) dispatch: Dispatch,
}

/// The least distance of two knots, and of two acts whose names can both be read, px.
const KNOT: f64 = 28.0;
const NAMED: f64 = 34.0;

pub(crate) fn ruler(props: &Props) -> Html {
    let axis = &props.axis;
    let ticks = axis.ticks((u64::from(props.width) / 96).clamp(3, 12)).into_iter().map(|us| {
        html! { <span key={us.to_string()} class="tick" style={left(axis, us)}>{ format::tick(us) }</span> }
    });
    html! {
        <>
            { corner(props) }
            <div class="scale">
                <div class="ticks" aria-hidden="true">{ for ticks }</div>
                <div class="marks">
                    if props.why.is_some() { { chain(props) } } else { { acts(props) }{ forks(props) } }
                </div>
            </div>
        </>
    }
}

/// Draws the choices of the length shown and of the timeline's height.
fn corner(props: &Props) -> Html {
    let option = |(n, (span, name)): (usize, &(Span, crate::lab::i18n::Text))| {
        html! { <option value={n.to_string()} selected={*span == props.span}>{ *name }</option> }
    };
    let onchange = props.dispatch.reform(|event: Event| {
        let n = browser::input_value(&event).parse().unwrap_or(0);
        Action::Dock(Ask::Span(SPANS.get(n).map_or(Span::FIRST, |(span, _)| *span)))
    });
    let tall = !props.tall;
    let (picture, text) = if tall { (Icon::Up, time::TIME_TALLER) } else { (Icon::Down, time::TIME_LOWER) };
    html! {
        <div class="corner">
            <select class="pick-span" aria-label={time::TIME_SPAN} data-testid="span" {onchange}>{ for SPANS.iter().enumerate().map(option) }</select>
            <button class="btn ghost square small tall-toggle" aria-label={text} title={text} data-testid="tall"
                onclick={props.dispatch.reform(move |_: MouseEvent| Action::Dock(Ask::Tall(tall)))}>{ icon(picture) }</button>
        </div>
    }
}

fn shown(props: &Props) -> Vec<&MarkView> {
    props.history.marks.iter().filter(|mark| props.axis.shows(mark.at_us, mark.at_us + 1)).collect()
}

/// Draws the acts. A name that would run into the next one is cut, or shown only in the mark's title.
fn acts(props: &Props) -> Html {
    let axis = &props.axis;
    let marks = shown(props);
    let px = |us: u64| axis.at(us) * f64::from(props.width);
    let act = |(n, mark): (usize, &&MarkView)| {
        let event = mark.event;
        let text = time::TIME_MARK.with(&[("text", &mark.text), ("time", &format::instant(mark.at_us))]);
        let next = marks.get(n + 1).map_or(f64::from(props.width), |next| px(next.at_us));
        let room = next - px(mark.at_us);
        let turn = marks.get(n + 1).is_none() && room < format::width(&mark.text, 10.5) + 12.0;
        let before = n.checked_sub(1).map_or(0.0, |last| px(marks[last].at_us));
        let room = if turn { px(mark.at_us) - before } else { room };
        // Cut by the style sheet, so that a screen reader reads all of it.
        let width = format!("max-width:{:.0}px", room - 14.0);
        html! {
            <button key={event.to_string()} class={classes!("act-mark", turn.then_some("to-left"))} style={left(axis, mark.at_us)}
                title={text.clone()} aria-label={text} data-testid="act-mark" data-at-us={mark.at_us.to_string()}
                onclick={props.dispatch.reform(move |_: MouseEvent| Action::Why(Some(event)))}>
                <span style={width}>{ if room >= NAMED { &*mark.text } else { "" } }</span>
            </button>
        }
    };
    marks.iter().enumerate().map(act).collect()
}

/// Draws the forks: of other branches from this one, and of this one from its parent.
fn forks(props: &Props) -> Html {
    let fork = |branch: &BranchView| {
        let own = branch.id == props.branch;
        let (to, text) = if own { (branch.parent?, time::BRANCH_PARTED) } else { (branch.id, time::BRANCH_PARTS) };
        let concerns = own || branch.parent == Some(props.branch);
        if !concerns || !props.axis.shows(branch.forked_us, branch.forked_us + 1) {
            return None;
        }
        let text = text.with(&[("time", &format::instant(branch.forked_us)), ("text", &branch.text)]);
        Some(html! {
            <button key={format!("fork{}", branch.id)} class="fork-mark" style={left(&props.axis, branch.forked_us)} title={text.clone()}
                aria-label={text} data-testid="fork-mark" onclick={props.dispatch.reform(move |_: MouseEvent| Action::Branch(to))}>
                { icon(Icon::Fork) }
            </button>
        })
    };
    props.branches.iter().filter_map(fork).collect()
}

/// Draws the chain of causes, numbered from the act that started it.
fn chain(props: &Props) -> Html {
    let axis = &props.axis;
    let Some(why) = &props.why else { return Html::default() };
    let apart = (axis.to_us - axis.from_us) as f64 * KNOT / f64::from(props.width.max(1));
    let knots: Vec<MarkGroup> =
        knots(&why.chain, apart as u64).into_iter().filter(|knot| axis.shows(knot.at_us, knot.at_us + 1)).collect();
    let thread = knots.first().zip(knots.last()).map(|(first, last)| {
        let width = (axis.at(last.at_us) - axis.at(first.at_us)) * 100.0;
        html! { <i class="thread" style={format!("{};width:{width:.3}%", left(axis, first.at_us))} /> }
    });
    let knot = |knot: &MarkGroup| {
        let (event, at_us) = (knot.event, knot.at_us);
        let number =
            if knot.first == knot.last { knot.first.to_string() } else { format!("{}–{}", knot.first, knot.last) };
        let text =
            time::TIME_KNOT.with(&[("number", &number), ("text", &knot.text), ("time", &format::instant(at_us))]);
        let began = knot.first == 1;
        let dispatch = props.dispatch.clone();
        let onclick = move |_: MouseEvent| {
            dispatch.emit(Action::Dock(Ask::Row(event)));
            dispatch.emit(Action::Dock(Ask::Scrub(at_us)));
        };
        html! {
            <li key={event.to_string()} style={left(axis, at_us)}>
                <button class={classes!("knot-mark", began.then_some("began"))} title={text.clone()} aria-label={text}
                    data-testid="knot" data-at-us={at_us.to_string()} {onclick}>{ number }</button>
            </li>
        }
    };
    html! { <>{ thread }<ol class="knots" aria-label={time::TIME_KNOTS}>{ for knots.iter().map(knot) }</ol></> }
}

#[derive(PartialEq)]
pub(crate) struct LineProps {
    pub(crate) history: Rc<History>,
    pub(crate) axis: Axis,
    pub(crate) why: Option<Why>,
}

/// Draws the lines of acts and of the chain of causes through lanes and charts.
pub(crate) fn lines(props: &LineProps) -> Html {
    let axis = &props.axis;
    let acts = props.history.marks.iter().map(|mark| (mark.at_us, "act-line"));
    let causes = props.why.iter().flat_map(|why| why.chain.iter()).map(|event| (event.at_us, "cause-line"));
    let line = |(us, class): (u64, &'static str)| html! { <i {class} style={left(axis, us)} /> };
    acts.chain(causes).filter(|(us, _)| axis.shows(*us, us + 1)).map(line).collect()
}
