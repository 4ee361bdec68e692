//! The sheet of the run as a whole: save it as a file, open one, restart.

use yew::prelude::*;

use crate::lab::i18n::{Text, plural};
use crate::lab::view::{Name, Setup};
use crate::ui::browser::{self, bridge};
use crate::ui::model::Dispatch;
use crate::ui::model::share;
use crate::ui::model::{Action, KeptAct, Model};
use crate::ui::storage::Kept;
use crate::ui::storage::shelf::RUN;
use crate::ui::texts::{self, delivery, run};
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::format;

/// The file name of a run that is not the one on the page.
pub(crate) const FILE: &str = "ha-lab-run.json";
/// The file name of a kept text that cannot be read.
pub(crate) const RAW: &str = "ha-lab-kept.json";

pub(crate) fn run_sheet(model: &Model, dispatch: &Dispatch) -> Html {
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
    let saved = {
        let dispatch = dispatch.clone();
        move |_: MouseEvent| {
            dispatch.emit(Action::Open(None));
            dispatch.emit(Action::Share(share::Step::SaveFile));
        }
    };
    html! {
        <Dialog id="run" title={run::RUN_TITLE} dispatch={dispatch.clone()}>
            <p>{ run::RUN_LEAD }</p>
            <ul class="run-actions">
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
            { others(model, dispatch) }
            <p class="note">{ if browser::framed() { run::RUN_NOT_KEPT_HERE } else { run::RUN_KEPT } }</p>
        </Dialog>
    }
}

/// Draws the list of kept runs other than the one on the page.
fn others(model: &Model, dispatch: &Dispatch) -> Html {
    if model.notice.others.is_empty() {
        return Html::default();
    }
    let one = |(name, kept): &(Name, Kept)| {
        let about = format!("about-{name}");
        let act = |act: fn(Name) -> KeptAct, text: Text, what: &str| {
            let (dispatch, name) = (dispatch.clone(), name.clone());
            let onclick = move |_: MouseEvent| {
                let shows = matches!(act(name.clone()), KeptAct::Show(_));
                if shows {
                    dispatch.emit(Action::Open(None));
                }
                dispatch.emit(Action::Kept(act(name.clone())));
            };
            html! {
                <button class="btn small" {onclick} aria-describedby={about.clone()} data-testid={format!("other-{what}")}>{ text }</button>
            }
        };
        let acts = kept.run.script.len() as u64;
        let text = run::RUN_OTHER.with(&[
            ("setup", &texts::setup(&Setup::new(kept.run.seed, kept.run.cluster.clone()))),
            ("seed", &kept.run.seed),
            ("acts", &plural(acts, format::count(acts), delivery::SHARE_ONE_ACT, delivery::SHARE_ACTS)),
            ("time", &format::clock(kept.now_us)),
        ]);
        html! {
            <li key={name.to_string()} data-testid="other-run">
                <span id={about.clone()}>if &**name == RUN { <b>{ run::RUN_OWN }</b>{ " " } }{ text }</span>
                { act(KeptAct::Show, run::RUN_SHOW, "show") }
                { act(KeptAct::Save, run::RUN_SAVE, "save") }
                { act(KeptAct::Forget, run::RUN_FORGET, "forget") }
            </li>
        }
    };
    html! {
        <section aria-labelledby="others-title">
            <h3 id="others-title">{ run::RUN_OTHERS }</h3>
            <ul class="run-others">{ for model.notice.others.iter().map(one) }</ul>
        </section>
    }
}
