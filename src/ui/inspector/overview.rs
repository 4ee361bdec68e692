//! The election as a whole: the leaders, the renewals of their leases, the timings, and the lengths of takeovers.

use std::rc::Rc;

use yew::prelude::*;

use super::Props;
use crate::lab::view::{History, LeaseView, Reading, Timings, takeover_range_us};
use crate::ui::charts;
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Refusal};
use crate::ui::texts;
use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::widgets::memo::lazy;
use crate::ui::widgets::timing_fields::TimingFields;

#[derive(PartialEq)]
struct Deps {
    leases: Vec<LeaseView>,
    timings: Timings,
    reading: Reading,
    refusal: Option<Refusal>,
    history: Rc<History>,
    dispatch: Dispatch,
}

pub(crate) fn part(props: &Props) -> Html {
    let view = &props.view;
    // The time of the last renewal is not shown here, and would cause a redraw for nothing.
    let leases = view.leases.iter().map(|lease| LeaseView { renew_us: None, resource_version: 0, ..lease.clone() });
    let deps = Deps {
        leases: leases.collect(),
        timings: view.timings.clone(),
        reading: view.setup.reading,
        refusal: props.refusal.clone(),
        history: view.history.clone(),
        dispatch: props.dispatch.clone(),
    };
    lazy(deps, overview)
}

fn overview(props: &Deps) -> Html {
    let (timings, refusal, dispatch) = (props.timings.clone(), props.refusal.clone(), props.dispatch.clone());
    let range = takeover_range_us(props.reading, &timings);
    html! {
        <>
            <h2>{ texts::OVERVIEW }</h2>
            <ul class="leaders">{ for props.leases.iter().map(|lease| leader(props, lease)) }</ul>
            <TimingFields {timings} reading={props.reading} {refusal} {dispatch} id="all" />
            { reading_switch(props, props.reading) }
            { charts::takeovers(&props.history, range) }
        </>
    }
}

/// Draws one lease: its leader, as a button that selects it.
fn leader(props: &Deps, lease: &LeaseView) -> Html {
    let (class, mark, said) = match &lease.holder {
        Some(holder) if lease.holder_acts => ("leads", Icon::Crown, texts::leads(holder)),
        Some(holder) => ("dead", Icon::Cross, texts::held_by_dead(holder)),
        None => ("none", Icon::Cross, texts::NOBODY.to_string()),
    };
    let target = lease.holder.as_ref().map(|holder| format!("{holder}/{}", lease.name).into());
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Select(target.clone()));
    html! {
        <li>
            <button class={classes!("leader-row", class)} {onclick} disabled={lease.holder.is_none()}
                data-testid={format!("holder-{}", lease.name)} data-holder={lease.holder.as_deref().unwrap_or_default().to_owned()}
                data-acts={lease.holder_acts.to_string()}>
                <span class="mono">{ lease.name.trim_start_matches("kube-") }</span>
                <span class="who">{ icon(mark) }{ said }</span>
            </button>
        </li>
    }
}

fn reading_switch(props: &Deps, now: Reading) -> Html {
    let choice = |reading: Reading| {
        let onchange = props.dispatch.reform(move |_: Event| Action::Reading(reading));
        html! {
            <label>
                <input type="radio" name="reading-now" value={texts::reading(reading)} checked={reading == now} {onchange} />
                <span>{ texts::reading(reading) }</span>
            </label>
        }
    };
    html! {
        <fieldset class="reading">
            <legend><h3>{ texts::READING }</h3></legend>
            <div class="seg">{ choice(Reading::Lecture) }{ choice(Reading::ClientGo) }</div>
            <p class="muted">{ texts::reading_means(now) }</p>
        </fieldset>
    }
}
