//! The sheet of the run as a whole: save it as a file, open one, start anew.

use yew::prelude::*;

use super::app::Dispatch;
use super::dialog::Dialog;
use super::model::{Action, Model};
use super::texts::run;
use super::{bridge, share};
use crate::lab::view::Setup;

/// What the run of a crashed page is called as a file.
pub const FILE: &str = "ha-lab-run.json";

pub fn run_sheet(model: &Model, save: &Callback<MouseEvent>, dispatch: &Dispatch) -> Html {
    let open = {
        let dispatch = dispatch.clone();
        move |_: MouseEvent| {
            let dispatch = dispatch.clone();
            bridge::pick(bridge::MOMENTS, move |text| {
                dispatch.emit(Action::Open(None));
                dispatch.emit(Action::Share(share::file(&text)));
            });
        }
    };
    let setup = &model.view.setup;
    let same = Setup::new(setup.seed, (*setup.cluster).clone());
    let anew = dispatch.reform(move |_: MouseEvent| Action::Reset(same.clone()));
    let close = dispatch.reform(|_: MouseEvent| Action::Open(None));
    let save = save.clone();
    let saved = move |event: MouseEvent| {
        close.emit(event.clone());
        save.emit(event);
    };
    html! {
        <Dialog id="run" title={run::RUN_TITLE} dispatch={dispatch.clone()}>
            <p>{ run::RUN_LEAD }</p>
            <ul class="run-deeds">
                <li>
                    <button class="btn primary" onclick={saved} data-testid="run-save">{ run::RUN_SAVE }</button>
                    <span class="muted">{ run::RUN_SAVE_MEANS }</span>
                </li>
                <li>
                    <button class="btn" onclick={open} data-testid="run-open">{ run::RUN_OPEN }</button>
                    <span class="muted">{ run::RUN_OPEN_MEANS }</span>
                </li>
                <li>
                    <button class="btn" onclick={anew} data-testid="run-anew">{ run::RUN_ANEW }</button>
                    <span class="muted">{ run::RUN_ANEW_MEANS }</span>
                </li>
            </ul>
            <p class="note">{ run::RUN_KEPT }</p>
        </Dialog>
    }
}
