//! The sheet of the run as a file: save it, open one, start anew.

use yew::prelude::*;

use super::app::Dispatch;
use super::browser;
use super::dialog::Dialog;
use super::keep;
use super::model::{Action, Model};
use super::texts::run;
use crate::lab::scenario::MAX_FILE;
use crate::lab::view::Setup;

/// What a saved run is called.
pub const FILE: &str = "ha-lab-run.json";

pub fn run_sheet(model: &Model, dispatch: &Dispatch) -> Html {
    let address = keep::data_url(&model.kept().run.to_json());
    let chosen = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let dispatch = dispatch.clone();
            browser::read_file(&event, MAX_FILE as u32, move |name, text| {
                // What cannot be read is no JSON either; the sentence says which of the two it was.
                let text = text.unwrap_or_else(|| run::RUN_FILE_UNREADABLE.get().to_owned());
                dispatch.emit(Action::Load(name.into(), text.into()));
            });
        })
    };
    let setup = &model.view.setup;
    let same = Setup::new(setup.seed, (*setup.cluster).clone());
    let anew = dispatch.reform(move |_: MouseEvent| Action::Reset(same.clone()));
    html! {
        <Dialog id="run" title={run::RUN_TITLE} dispatch={dispatch.clone()}>
            <p>{ run::RUN_LEAD }</p>
            <ul class="run-deeds">
                <li>
                    <a class="btn primary" href={address} download={FILE} data-testid="run-save">{ run::RUN_SAVE }</a>
                    <span class="muted">{ run::RUN_SAVE_MEANS }</span>
                </li>
                <li>
                    <label class="btn">
                        <input class="sr-only" type="file" accept=".json,application/json" onchange={chosen}
                            data-testid="run-open" aria-describedby="run-refused" />
                        { run::RUN_OPEN }
                    </label>
                    <span class="muted">{ run::RUN_OPEN_MEANS }</span>
                </li>
                <li>
                    <button class="btn" onclick={anew} data-testid="run-anew">{ run::RUN_ANEW }</button>
                    <span class="muted">{ run::RUN_ANEW_MEANS }</span>
                </li>
            </ul>
            <p id="run-refused" class="error" role="alert" data-testid="run-refused">{ model.file_refused.as_deref().unwrap_or_default() }</p>
            <p class="note">{ run::RUN_KEPT }</p>
        </Dialog>
    }
}
