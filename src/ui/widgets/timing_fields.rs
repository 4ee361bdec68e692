//! The three timings of the election as flags: a slider and a text field for each. A refused value stays in its field with
//! the reason below it, and the old value stays in force.

use yew::prelude::*;

use super::format;
use super::icons::{Icon, icon};
use crate::lab::i18n::Text;
use crate::lab::view::{Duration, Name, Reading, Timings, takeover_range_us};
use crate::ui::browser::input_value;
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Refusal, Timing};
use crate::ui::texts;

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) timings: Timings,
    pub(crate) reading: Reading,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) dispatch: Dispatch,
    /// Distinguishes two sets of fields on one page.
    pub(crate) id: &'static str,
}

#[component]
pub(crate) fn TimingFields(props: &Props) -> Html {
    let t = &props.timings;
    let in_force = [&t.lease, &t.renew, &t.retry];
    let shown: [Name; 3] = match &props.refusal {
        Some(refusal) => refusal.typed.clone(),
        None => in_force.map(|duration| duration.typed.clone()),
    };
    // The slider that is being dragged, and its value.
    let dragged = use_state(|| None::<(usize, Name)>);
    let lecture = props.reading == Reading::Lecture;
    let rows = [
        (Timing::Lease, texts::TIMING_LEASE, texts::TIMING_LEASE_MEANS, 60.0),
        (
            Timing::Renew,
            texts::TIMING_RENEW,
            if lecture { texts::TIMING_RENEW_LECTURE } else { texts::TIMING_RENEW_REAL },
            60.0,
        ),
        (
            Timing::Retry,
            texts::TIMING_RETRY,
            if lecture { texts::TIMING_RETRY_LECTURE } else { texts::TIMING_RETRY_REAL },
            20.0,
        ),
    ];
    let (low, high) = takeover_range_us(props.reading, t);
    let row = |(n, (timing, flag, means, most)): (usize, (Timing, &'static str, Text, f64))| {
        let commit = {
            let (dispatch, shown, dragged) = (props.dispatch.clone(), shown.clone(), dragged.clone());
            Callback::from(move |value: Name| {
                let mut typed = shown.clone();
                typed[n] = value;
                dragged.set(None);
                dispatch.emit(Action::Timings(timing, typed));
            })
        };
        let drag = {
            let dragged = dragged.clone();
            Callback::from(move |event: InputEvent| dragged.set(Some((n, slider_value(&input_value(&event))))))
        };
        let slid = commit.reform(|event: Event| slider_value(&input_value(&event)));
        let typed = commit.reform(|event: Event| input_value(&event).trim().into());
        let value = match &*dragged {
            Some((at, value)) if *at == n => value.clone(),
            _ => shown[n].clone(),
        };
        let wrong = props.refusal.as_ref().filter(|refusal| refusal.at == timing);
        let (field, error) = (format!("{}-{flag}", props.id), format!("{}-{flag}-error", props.id));
        let means_id = format!("{}-{flag}-means", props.id);
        html! {
            <div class={classes!("timing", wrong.map(|_| "wrong"))} key={flag}>
                <label class="mono" for={field.clone()}>{ flag }<span aria-hidden="true">{ "=" }</span></label>
                <input id={field} class="typed mono" type="text" value={value.to_string()} autocomplete="off" spellcheck="false"
                    data-testid={format!("timing-{}", &flag[15..])}
                    aria-invalid={wrong.map(|_| "true")} aria-describedby={if wrong.is_some() { error.clone() } else { means_id.clone() }}
                    onchange={typed} />
                <input type="range" min="1" max={most.to_string()} step="1" value={seconds(&value, in_force[n])}
                    aria-label={texts::TIMING_SLIDER.with(&[("flag", &flag)])} aria-valuetext={value.to_string()} oninput={drag} onchange={slid} />
                <p class="muted means" id={means_id}>{ means }</p>
                if let Some(refusal) = wrong {
                    <div class="error" role="alert" id={error} data-testid="timing-error">
                        { icon(Icon::Cross) }
                        <span><b>{ &*refusal.reason }</b>{ " " }{ texts::in_force(&in_force[n].typed) }</span>
                        <button class="btn small" onclick={props.dispatch.reform(|_: MouseEvent| Action::PutBack)}>{ texts::PUT_BACK }</button>
                    </div>
                }
            </div>
        }
    };
    html! {
        <fieldset class="timings">
            <legend><h3>{ texts::TIMINGS }</h3></legend>
            { for rows.into_iter().enumerate().map(row) }
            <p class="note">{ texts::expected_range(low, high) }</p>
        </fieldset>
    }
}

fn slider_value(seconds: &str) -> Name {
    format::flag_seconds((seconds.parse::<f64>().unwrap_or(1.0) * 1e6) as u64).into()
}

/// Returns the slider's position for a typed value: the value if it is whole seconds, otherwise the one in force.
fn seconds(typed: &str, in_force: &Duration) -> String {
    let plain = typed.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
    format!("{}", plain.unwrap_or(in_force.us as f64 / 1e6))
}
