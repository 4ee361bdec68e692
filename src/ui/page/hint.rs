//! The hint for a newcomer, step by step. It disappears once followed or closed.

use yew::prelude::*;

use crate::lab::view::{Name, Reading, Successor, Timings, Verb, takeover_range_us};
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Hint};
use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::{texts, verbs};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) hint: Hint,
    pub(crate) leader: Option<Name>,
    /// Of the controller manager.
    pub(crate) successor: Successor,
    pub(crate) reading: Reading,
    pub(crate) timings: Timings,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn hint_bar(props: &Props) -> Html {
    let (step, text) = match (&props.hint, &props.leader) {
        (Hint::Off, _) => return Html::default(),
        (Hint::Select, Some(host)) => (0, texts::hint_select(host)),
        (Hint::SwitchOff, Some(host)) => (1, texts::hint_switch_off(host)),
        (Hint::Select, None) => (0, texts::HINT_NO_LEADER.to_string()),
        (Hint::SwitchOff, None) => (1, texts::HINT_NO_LEADER.to_string()),
        (Hint::Wait { .. }, _) => {
            let most = takeover_range_us(props.reading, &props.timings).1;
            (2, texts::hint_wait(props.successor, most))
        }
        (Hint::Done { to, took_us }, _) => (3, texts::hint_done(to, *took_us)),
    };
    let go = match (&props.hint, &props.leader) {
        (Hint::SwitchOff, Some(host)) => {
            let action = Action::Act(host.clone(), Verb::PowerOff);
            let onclick = props.dispatch.reform(move |_: MouseEvent| action.clone());
            html! { <button class="btn danger small" {onclick}>{ icon(Icon::Power) }{ verbs::label_on(Verb::PowerOff, host) }</button> }
        }
        _ => Html::default(),
    };
    html! {
        <aside class={classes!("hint", (step == 3).then_some("done"))} aria-label={texts::HINT_TITLE} data-testid="hint" data-step={step.to_string()}>
            { icon(if step == 3 { Icon::Check } else { Icon::Bulb }) }
            <p><b>{ if step == 3 { texts::HINT_DONE } else { texts::HINT_TITLE } }</b>{ " " }{ text }</p>
            { go }
            if step == 0 { <a class="btn small" href="#lesson/tour" data-testid="start-tour">{ texts::learn::LEARN_HINT_TOUR }</a> }
            <span class="beats" aria-hidden="true">
                { for (0..4).map(|n| html! { <i class={if n < step { "done" } else if n == step { "now" } else { "" }} /> }) }
            </span>
            <button class="btn ghost square small" aria-label={texts::HINT_DISMISS} title={texts::HINT_DISMISS}
                onclick={props.dispatch.reform(|_: MouseEvent| Action::DismissHint)} data-testid="hint-dismiss">
                { icon(Icon::Close) }
            </button>
        </aside>
    }
}
