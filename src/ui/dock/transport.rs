//! Play, pause, step, speed, and the clock of the simulation.

use yew::prelude::*;

use crate::ui::app::Dispatch;
use crate::ui::icons::{Icon, icon};
use crate::ui::lazy::lazy;
use crate::ui::model::{Action, SPEEDS};
use crate::ui::{format, texts};

#[derive(PartialEq)]
pub struct Props {
    pub now_us: u64,
    pub playing: bool,
    pub speed: usize,
    pub dispatch: Dispatch,
}

pub fn transport(props: &Props) -> Html {
    let fixed = ControlsProps { playing: props.playing, speed: props.speed, dispatch: props.dispatch.clone() };
    html! {
        <section class="transport" id="time" tabindex="-1" aria-label={texts::TIME}>
            { lazy(fixed, controls) }
            <div class="clock" data-testid="clock" data-sim-us={props.now_us.to_string()} data-playing={props.playing.to_string()}>
                <b class="mono">{ format::clock(props.now_us) }</b>
                <small>{ texts::CLOCK }</small>
            </div>
        </section>
    }
}

#[derive(PartialEq)]
struct ControlsProps {
    playing: bool,
    speed: usize,
    dispatch: Dispatch,
}

fn controls(props: &ControlsProps) -> Html {
    let (picture, label) = if props.playing { (Icon::Pause, texts::PAUSE) } else { (Icon::Play, texts::PLAY) };
    let speed = |(n, (_, name)): (usize, &(f64, &'static str))| {
        let onchange = props.dispatch.reform(move |_: Event| Action::Speed(n));
        html! {
            <label title={format!("{} ({})", texts::speed_means(name), n + 1)}>
                <input type="radio" name="speed" value={*name} checked={n == props.speed} {onchange}
                    aria-label={texts::speed_means(name)} data-testid={format!("speed-{}", name.trim_end_matches('×'))} />
                <span>{ *name }</span>
            </label>
        }
    };
    html! {
        <>
            <button class="play" aria-label={label} title={format!("{label} (Space)")} data-testid="play"
                onclick={props.dispatch.reform(|_: MouseEvent| Action::PlayPause)}>{ icon(picture) }</button>
            <button class="btn" title={format!("{} (→)", texts::STEP)} data-testid="step" aria-label={texts::STEP}
                onclick={props.dispatch.reform(|_: MouseEvent| Action::Step)}>
                { icon(Icon::Step) }<span class="step-word">{ texts::STEP }</span>
            </button>
            <div class="seg speed" role="radiogroup" aria-label={texts::SPEED}>{ for SPEEDS.iter().enumerate().map(speed) }</div>
        </>
    }
}
