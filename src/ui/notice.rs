//! A sentence about the run as a whole that stays until it is put away.

use yew::prelude::*;

use super::app::Dispatch;
use super::icons::{Icon, icon};
use super::model::{Action, Model};
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
