//! The election as a whole: who leads, how the lease is renewed, the timings, and how long takeovers took.

use yew::prelude::*;

use super::Props;
use crate::lab::view::{LeaseView, Reading, takeover_range_us};
use crate::ui::charts::TakeoverChart;
use crate::ui::icons::{Icon, icon};
use crate::ui::model::Action;
use crate::ui::texts;
use crate::ui::timings::TimingFields;

pub fn overview(props: &Props) -> Html {
    let view = &props.view;
    let reading = view.setup.reading;
    let range = takeover_range_us(reading, &view.timings);
    html! {
        <>
            <h2>{ texts::OVERVIEW }</h2>
            <ul class="leaders">{ for view.leases.iter().map(|lease| leader(props, lease)) }</ul>
            <TimingFields timings={view.timings.clone()} {reading} refusal={props.refusal.clone()} dispatch={props.dispatch.clone()} id="all" />
            { reading_switch(props, reading) }
            <TakeoverChart history={view.history.clone()} {range} />
        </>
    }
}

/// One lease: who leads by it, and a way there.
fn leader(props: &Props, lease: &LeaseView) -> Html {
    let (class, mark, said) = match &lease.holder {
        Some(holder) if lease.holder_acts => ("leads", Icon::Crown, texts::leads(holder)),
        Some(holder) => ("dead", Icon::Cross, texts::held_by_dead(holder)),
        None => ("none", Icon::Cross, texts::NOBODY.to_owned()),
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

fn reading_switch(props: &Props, now: Reading) -> Html {
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
