//! Sentences about the run as a whole: one that stays until it is put away, and how far the start of a large cluster is.

use yew::prelude::*;

use super::app::Dispatch;
use super::format;
use super::icons::{Icon, icon};
use super::model::{Action, Burden, Model, Starting};
use super::texts::run;
use crate::lab::view::Setup;

pub fn notice(model: &Model, dispatch: &Dispatch) -> Html {
    let Some(note) = &model.note else { return Html::default() };
    let anew = dispatch.reform(|_: MouseEvent| Action::Reset(Setup::default()));
    let away = dispatch.reform(|_: MouseEvent| Action::PutNoteAway);
    html! {
        <div class="hint" role="status" data-testid="kept">
            { icon(Icon::Undo) }
            <p>{ &**note }</p>
            if model.restored {
                <button class="btn small" onclick={anew} data-testid="start-anew">{ run::RUN_ANEW }</button>
            }
            <button class="btn ghost square small" aria-label={run::RUN_PUT_AWAY} title={run::RUN_PUT_AWAY} onclick={away}
                data-testid="kept-close">{ icon(Icon::Close) }</button>
        </div>
    }
}

/// What the run is at before it can be looked at: the page asks whether to go on, or says how far a start is.
pub fn at_work(model: &Model, dispatch: &Dispatch) -> Option<Html> {
    match model.burden {
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
