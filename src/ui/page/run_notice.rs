//! Notices about the run as a whole: one that stays until it is closed, a fault of the simulation, and the progress of a large
//! cluster's start.

use yew::prelude::*;

use crate::lab::view::Setup;
use crate::ui::browser::bridge;
use crate::ui::learn::state::Step;
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Burden, Model, Offer, Starting};
use crate::ui::texts::{learn, run};
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

pub(crate) fn notice(model: &Model, dispatch: &Dispatch) -> Html {
    let Some(note) = &model.notice.note else { return Html::default() };
    let away = dispatch.reform(|_: MouseEvent| Action::PutNoteAway);
    html! {
        <div class="hint note" role="status" data-testid="kept">
            { icon(Icon::Undo) }
            <p>{ &**note }</p>
            if !model.notice.offers.is_empty() {
                <div class="note-acts">{ for model.notice.offers.iter().map(|offer| button(offer, dispatch)) }</div>
            }
            <button class="btn ghost square small" aria-label={run::RUN_PUT_AWAY} title={run::RUN_PUT_AWAY} onclick={away}
                data-testid="kept-close">{ icon(Icon::Close) }</button>
        </div>
    }
}

fn button(offer: &Offer, dispatch: &Dispatch) -> Html {
    let action = offer.action.clone();
    let onclick = dispatch.reform(move |_: MouseEvent| action.clone());
    html! { <button class="btn small" {onclick} data-testid={offer.id}>{ offer.text }</button> }
}

/// Draws a fault of the simulation and the ways out. It cannot be closed, as nothing else is possible.
pub(crate) fn fault(model: &Model, dispatch: &Dispatch) -> Html {
    if model.fault.is_none() {
        return Html::default();
    }
    let kept = model.to_fault();
    let save = move |_: MouseEvent| bridge::save(super::run_sheet::FILE, &kept.run.to_json(), "application/json");
    let (text, action) = match model.in_lesson() {
        true => (learn::LEARN_BEAT_AGAIN, Action::Learn(Step::Again)),
        false => (run::RUN_FAULT_OTHER, Action::Reset(Setup::default())),
    };
    html! {
        <div class="hint note fault" role="alert" data-testid="fault">
            { icon(Icon::Cross) }
            <p><b>{ run::RUN_FAULT_TITLE }</b>{ " " }{ model.fault_text(run::RUN_FAULT) }{ " " }{ run::RUN_FAULT_GO }</p>
            <div class="note-acts">
                <button class="btn small" onclick={save} data-testid="fault-save">{ run::RUN_FAULT_SAVE }</button>
                <button class="btn small" onclick={dispatch.reform(move |_: MouseEvent| action.clone())}
                    data-testid="fault-other">{ text }</button>
            </div>
        </div>
    }
}

/// Draws the question whether to continue, or the progress of a start. `None` if neither applies.
pub(crate) fn at_work(model: &Model, dispatch: &Dispatch) -> Option<Html> {
    match model.work.burden {
        Some(burden) => Some(heavy(burden, dispatch)),
        None => model.starting().map(|far| starting(&far, !model.in_lesson(), dispatch)),
    }
}

fn heavy(burden: Burden, dispatch: &Dispatch) -> Html {
    let answer = |on: bool| dispatch.reform(move |_: MouseEvent| Action::Heavy(on));
    html! {
        <div class="hint" role="alert" data-testid="heavy">
            <p>{ burden.text() }</p>
            <button class="btn small" onclick={answer(true)} data-testid="heavy-on">{ run::RUN_HEAVY_ON }</button>
            <button class="btn small primary" onclick={answer(false)} data-testid="heavy-leave">{ run::RUN_HEAVY_LEAVE }</button>
        </div>
    }
}

fn starting(starting: &Starting, alone: bool, dispatch: &Dispatch) -> Html {
    let seconds = |us: u64| us / 1_000_000;
    let text = run::RUN_STARTING_IS.with(&[
        ("now", &seconds(starting.now_us)),
        ("until", &seconds(starting.until_us)),
        ("ready", &format::count(u64::from(starting.pods_ready))),
        ("pods", &format::count(starting.pods)),
    ]);
    let (value, max) = (starting.now_us.to_string(), starting.until_us.to_string());
    html! {
        <div class="hint starting" data-testid="starting">
            <progress aria-label={run::RUN_STARTING} {max} {value} />
            <p><b>{ run::RUN_STARTING }</b>{ " " }{ text }</p>
            if alone {
                <button class="btn small" data-testid="starting-other"
                    onclick={dispatch.reform(|_: MouseEvent| Action::Reset(Setup::default()))}>{ run::RUN_STARTING_OTHER }</button>
            }
        </div>
    }
}
