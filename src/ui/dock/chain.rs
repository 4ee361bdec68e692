//! The chain of causes of one event, back to the act that started it, numbered as on the timeline.

use yew::prelude::*;

use super::events::{follow, moment, picture, tone, walk};
use crate::lab::view::{Category, EventView};
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Why};
use crate::ui::texts::time;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) why: Option<Why>,
    /// The event that last had the focus, or whose knot was pressed.
    pub(crate) row: Option<u64>,
    /// The last event not later than the shown moment, while that is in the past.
    pub(crate) at: Option<u64>,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn chain(props: &Props) -> Html {
    let Some(why) = &props.why else { return Html::default() };
    let (onpointerover, onpointerleave, onfocusin) = follow(&props.dispatch);
    let ids: Vec<u64> = why.chain.iter().map(|event| event.id).collect();
    html! {
        <section class="events why-chain" aria-label={time::WHY_TITLE} data-testid="chain">
            <div class="events-head">
                <button class="btn small" onclick={props.dispatch.reform(|_: MouseEvent| Action::Why(None))} data-testid="why-back">
                    { icon(Icon::Back) }{ time::WHY_BACK }
                </button>
                <h2>{ time::WHY_TITLE }</h2>
                <span class="muted">{ time::WHY_LEAD }</span>
            </div>
            <ol class="causes" {onpointerover} {onpointerleave} {onfocusin} onkeydown={walk(ids)}>
                { for why.chain.iter().enumerate().map(|(n, event)| cause(props, &why.chain, n, event)) }
            </ol>
        </section>
    }
}

fn cause(props: &Props, chain: &[EventView], n: usize, event: &EventView) -> Html {
    let target = event.target.clone();
    let select = props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(target.clone())));
    let act = event.category == Category::Act;
    let (began, after) = match chain.get(n + 1) {
        Some(cause) => (false, time::because(event.at_us.saturating_sub(cause.at_us))),
        None if act => (true, time::WHY_ROOT_ACT.to_string()),
        None => (true, time::WHY_ROOT_SELF.to_string()),
    };
    let class = classes!(
        "cause",
        tone(event.tone),
        act.then_some("act"),
        began.then_some("began"),
        (props.row == Some(event.id)).then_some("picked"),
        props.at.is_some_and(|at| event.id > at).then_some("later")
    );
    html! {
        <li key={event.id.to_string()} {class} data-event={event.id.to_string()} data-at-us={event.at_us.to_string()}>
            <span class="knot" aria-hidden="true">{ chain.len() - n }</span>
            <div>
                <p>
                    { moment(event, true, &props.dispatch) }{ icon(picture(event.category)) }{ " " }<b>{ &*event.text }</b>
                    if !event.target.is_empty() {
                        { " " }<button class="link mono" aria-label={time::WHY_SELECT.with(&[("target", &event.target)])} onclick={select}>{ &*event.target }</button>
                    }
                </p>
                <p class={if began { "root" } else { "muted" }}>{ after }</p>
            </div>
        </li>
    }
}
