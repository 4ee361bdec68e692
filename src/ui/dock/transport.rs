//! The controls of time: back, play, next, speed, skip ahead, undo, the bar of time, and the clock.

use std::rc::Rc;

use yew::prelude::*;

use super::scrub;
use super::state::{Ask, range};
use crate::lab::view::View;
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Goal, SPEEDS};
use crate::ui::texts::time;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::widgets::memo::lazy;

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) view: Rc<View>,
    pub(crate) playing: bool,
    pub(crate) speed: usize,
    /// The event that time runs towards. `None` if it is not skipping ahead.
    pub(crate) goal: Option<Goal>,
    /// The speed that is reached. `None` if it is the chosen one.
    pub(crate) reached: Option<u32>,
    pub(crate) can_undo: bool,
    pub(crate) can_redo: bool,
    /// Set if all controls are shown although there is little room.
    pub(crate) more: bool,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn transport(props: &Props) -> Html {
    let view = &props.view;
    let dispatch = &props.dispatch;
    let (from, head) = range(view);
    let past = view.now_us < head;
    let fixed = ControlsProps {
        playing: props.playing,
        speed: props.speed,
        back: view.now_us > from,
        more: props.more,
        dispatch: dispatch.clone(),
    };
    let extra =
        MoreProps { goal: props.goal, can_undo: props.can_undo, can_redo: props.can_redo, dispatch: dispatch.clone() };
    let bar = scrub::Props {
        history: &view.history,
        branches: &view.branches,
        branch: view.branch,
        now_us: view.now_us,
        range: (from, head),
        dispatch,
    };
    html! {
        <section class={classes!("transport", props.more.then_some("more"))} id="time" tabindex="-1" aria-label={time::TIME}>
            { lazy(fixed, controls) }
            { lazy(extra, more) }
            { scrub::scrub(&bar) }
            <div class="clock" data-testid="clock" data-sim-us={view.now_us.to_string()} data-head-us={head.to_string()}
                data-branch={view.branch.to_string()}
                data-playing={props.playing.to_string()}>
                <b class="mono">{ format::clock(view.now_us) }</b>
                <small>{ beside(props, past.then_some(head)) }</small>
            </div>
            if past { { lazy(PastProps { dispatch: dispatch.clone() }, looking_back) } }
        </section>
    }
}

/// Draws the text beside the clock: its label, the end of the branch, or the real speed.
fn beside(props: &Props, head: Option<u64>) -> Html {
    if let Some(reached) = props.reached {
        let wanted = SPEEDS[props.speed].1;
        let reached = format!("{reached}×");
        let title = time::TIME_SPEED_REACHED.with(&[("reached", &reached), ("wanted", &wanted)]);
        return html! { <span {title} data-testid="speed-reached">{ time::TIME_SPEED_IS.with(&[("reached", &reached), ("wanted", &wanted)]) }</span> };
    }
    head.map_or_else(|| time::TIME_CLOCK.into(), |head| time::TIME_OF.with(&[("head", &format::clock(head))]).into())
}

#[derive(PartialEq)]
struct ControlsProps {
    playing: bool,
    speed: usize,
    back: bool,
    more: bool,
    dispatch: Dispatch,
}

fn controls(props: &ControlsProps) -> Html {
    let (picture, label) = if props.playing { (Icon::Pause, time::TIME_PAUSE) } else { (Icon::Play, time::TIME_PLAY) };
    let press = |action: Action| props.dispatch.reform(move |_: MouseEvent| action.clone());
    let speed = |(n, (_, name)): (usize, &(f64, &'static str))| {
        let onchange = props.dispatch.reform(move |_: Event| Action::Speed(n));
        let means = time::TIME_SPEED_MEANS.with(&[("speed", name)]);
        html! {
            <label title={format!("{means} ({})", n + 1)}>
                <input type="radio" name="speed" value={*name} checked={n == props.speed} {onchange}
                    aria-label={means} data-testid={format!("speed-{}", name.trim_end_matches('×'))} />
                <span>{ *name }</span>
            </label>
        }
    };
    html! {
        <div class="controls">
            <button class="btn square" aria-label={time::TIME_BACK} title={format!("{} (←)", time::TIME_BACK)} data-testid="back"
                disabled={!props.back} onclick={press(Action::StepBack)}>{ icon(Icon::StepBack) }</button>
            <button class="play" aria-label={label} title={format!("{label} (Space)")} data-testid="play"
                onclick={press(Action::PlayPause)}>{ icon(picture) }</button>
            <button class="btn square" aria-label={time::TIME_STEP} title={format!("{} (→)", time::TIME_STEP)} data-testid="step"
                onclick={press(Action::Step)}>{ icon(Icon::Step) }</button>
            <div class="seg speed" role="radiogroup" aria-label={time::TIME_SPEED}>{ for SPEEDS.iter().enumerate().map(speed) }</div>
            <button class="btn square more-toggle" aria-label={time::TIME_MORE} aria-expanded={props.more.to_string()} data-testid="more"
                onclick={press(Action::Dock(Ask::More(!props.more)))}>{ icon(Icon::More) }</button>
        </div>
    }
}

#[derive(PartialEq)]
struct MoreProps {
    goal: Option<Goal>,
    can_undo: bool,
    can_redo: bool,
    dispatch: Dispatch,
}

/// Draws the buttons to skip ahead, undo and redo.
fn more(props: &MoreProps) -> Html {
    let until = |goal: Goal| {
        let (name, means, id) = match goal {
            Goal::Takeover => (time::TIME_UNTIL_TAKEOVER, time::TIME_UNTIL_TAKEOVER_MEANS, "takeover"),
            Goal::Error => (time::TIME_UNTIL_ERROR, time::TIME_UNTIL_ERROR_MEANS, "error"),
        };
        let runs = props.goal == Some(goal);
        let title = if runs { time::TIME_UNTIL_STOP } else { means };
        let action = if runs { Action::PlayPause } else { Action::Until(goal) };
        html! {
            <button class={classes!("btn", "small", runs.then_some("on"))} aria-pressed={runs.to_string()} {title} data-testid={format!("until-{id}")}
                onclick={props.dispatch.reform(move |_: MouseEvent| action.clone())}>
                if runs { { icon(Icon::Stop) } }{ name }
            </button>
        }
    };
    let press = |action: Action| props.dispatch.reform(move |_: MouseEvent| action.clone());
    html! {
        <div class="more-time">
            <div class="until" role="group" aria-label={time::TIME_UNTIL}>
                <span aria-hidden="true">{ time::TIME_UNTIL }</span>{ until(Goal::Takeover) }{ until(Goal::Error) }
            </div>
            <button class="btn ghost square" aria-label={time::TIME_UNDO} title={format!("{} (U)", time::TIME_UNDO)} disabled={!props.can_undo} data-testid="undo"
                onclick={press(Action::Undo)}>{ icon(Icon::Undo) }</button>
            <button class="btn ghost square" aria-label={time::TIME_REDO} title={format!("{} (R)", time::TIME_REDO)} disabled={!props.can_redo} data-testid="redo"
                onclick={press(Action::Redo)}>{ icon(Icon::Redo) }</button>
        </div>
    }
}

#[derive(PartialEq)]
struct PastProps {
    dispatch: Dispatch,
}

/// Draws the notice over the stage while the page shows the past.
fn looking_back(props: &PastProps) -> Html {
    html! {
        <div class="past" role="status" data-testid="past">
            { icon(Icon::Fork) }
            <p><b>{ time::TIME_PAST }</b>{ " " }<span>{ time::TIME_PAST_FORKS }</span></p>
            <button class="btn small" data-testid="to-now" onclick={props.dispatch.reform(|_: MouseEvent| Action::Dock(Ask::ToNow))}>
                { time::TIME_TO_NOW }<kbd>{ "End" }</kbd>
            </button>
        </div>
    }
}
