//! The list of lessons, in the lecture's order, with the learner's progress in each; and lessons from elsewhere.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::state::{Item, Step};
use crate::lab::i18n::plural;
use crate::ui::browser::{self, bridge};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::learn as say;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) list: Rc<Vec<Item>>,
    pub(crate) loading: bool,
    pub(crate) trouble: Option<crate::lab::view::Name>,
    /// Set if progress could not be read and was set aside.
    pub(crate) aside: bool,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn list(props: &Props) -> Html {
    let done = props.list.iter().filter(|item| item.is_done()).count();
    let total = say::LEARN_LESSONS_DONE.with(&[("done", &done), ("all", &props.list.len())]);
    html! {
        <div class="learn-page" data-testid="lessons">
            <div class="learn-main">
                <div class="learn-head">
                    <div>
                        <h2 id="page-title" tabindex="-1">{ say::LEARN_TITLE.get() }</h2>
                        <p class="lead">{ say::LEARN_LEAD.get() }</p>
                    </div>
                    if !props.list.is_empty() {
                        <div class="learn-total"><p>{ total }</p><a class="btn" href="#results">{ say::LEARN_RESULTS.get() }</a></div>
                    }
                </div>
                { trouble(props.trouble.as_deref(), props.aside, &props.dispatch) }
                if props.loading && props.list.is_empty() { <p role="status">{ say::LEARN_LOADING.get() }</p> }
                <ol class="cards">{ for props.list.iter().enumerate().map(|(n, item)| card(n, item, props.list.len())) }</ol>
            </div>
            { own(props) }
        </div>
    }
}

/// Draws an error, which stays until it is closed.
pub(crate) fn trouble(text: Option<&str>, aside: bool, dispatch: &Dispatch) -> Html {
    let Some(text) = text else { return Html::default() };
    html! {
        <div class="trouble" role="alert" data-testid="lesson-trouble">
            <p>{ text.to_owned() }</p>
            if aside {
                <button class="btn small" data-testid="save-aside"
                    onclick={dispatch.reform(|_: MouseEvent| Action::Learn(Step::SaveAside))}>{ say::LEARN_SAVE_ASIDE.get() }</button>
            }
            <button class="btn ghost square small" aria-label={say::LEARN_PUT_AWAY.get()} title={say::LEARN_PUT_AWAY.get()}
                onclick={dispatch.reform(|_: MouseEvent| Action::Learn(Step::PutAway))}>{ icon(Icon::Close) }</button>
        </div>
    }
}

fn card(n: usize, item: &Item, all: usize) -> Html {
    let entry = &item.entry;
    let beats = entry.beats.max(1);
    let done = item.kept.as_ref().map_or(0, |kept| kept.done()).min(beats);
    let number = match n {
        0 => say::LEARN_TOUR.get().to_owned(),
        _ if n + 1 == all => say::LEARN_CHALLENGE.get().to_owned(),
        _ => say::LEARN_NUMBER.with(&[("n", &n)]),
    };
    let (word, state) = match done {
        0 => (say::LEARN_START, "new"),
        _ if item.is_done() => (say::LEARN_AGAIN, "done"),
        _ => (say::LEARN_CONTINUE, "begun"),
    };
    let (right, questions) = item.kept.as_ref().map_or((0, 0), |kept| kept.score());
    html! {
        <li key={entry.id.clone()} class={classes!("card", state)} data-testid={format!("lesson-{}", entry.id)} data-done={done.to_string()}>
            <a href={format!("#lesson/{}", entry.id)} aria-describedby={format!("about-{}", entry.id)}>
                <span class="card-number">{ number }</span>
                <span class="card-title">{ entry.title.clone() }</span>
            </a>
            <p id={format!("about-{}", entry.id)}>{ entry.about.clone() }</p>
            <div class="card-foot">
                if done == 0 {
                    <span class="muted">{ plural(beats as u64, beats, say::LEARN_BEAT_ONE, say::LEARN_BEATS) }</span>
                } else {
                    <span class="progress" aria-hidden="true">{ for (0..beats).map(|n| html! { <i class={(n < done).then_some("done")} /> }) }</span>
                    <span>{ say::LEARN_DONE_OF.with(&[("done", &done), ("all", &beats)]) }</span>
                }
                if questions > 0 { <span class="muted">{ say::LEARN_RIGHT.with(&[("right", &right), ("all", &questions)]) }</span> }
                <span class="card-go" aria-hidden="true">{ if state == "done" { icon(Icon::Check) } else { Html::default() } }{ word.get() }</span>
            </div>
        </li>
    }
}

fn own(props: &Props) -> Html {
    let dispatch = props.dispatch.clone();
    let file = move |_: MouseEvent| {
        let dispatch = dispatch.clone();
        bridge::pick(".md,.txt,text/markdown,text/plain", move |text| {
            let source = super::state::Source::Own(say::LEARN_THE_FILE.get().into());
            dispatch.emit(Action::Learn(Step::Text(source, Ok(text.into()))));
        });
    };
    let go = props.dispatch.clone();
    let onsubmit = move |event: SubmitEvent| {
        event.prevent_default();
        let field = browser::document().get_element_by_id("lesson-path");
        let typed = field.and_then(|field| wasm_bindgen::JsCast::dyn_into::<HtmlInputElement>(field).ok());
        go.emit(Action::Learn(Step::OpenPath(typed.map(|field| field.value()).unwrap_or_default().into())));
    };
    html! {
        <section class="own" aria-labelledby="own-title">
            <h3 id="own-title">{ say::LEARN_OWN.get() }</h3>
            <p>{ say::LEARN_OWN_MEANS.get() }</p>
            <button class="btn" onclick={file} data-testid="open-lesson-file">{ say::LEARN_OPEN_FILE.get() }</button>
            <form {onsubmit} data-testid="lesson-path">
                <label for="lesson-path">{ say::LEARN_PATH.get() }</label>
                <div class="own-path">
                    <input id="lesson-path" class="typed" type="text" autocomplete="off" spellcheck="false" maxlength="400"
                        aria-describedby="lesson-path-means" />
                    <button class="btn">{ say::LEARN_OPEN.get() }</button>
                </div>
                <p id="lesson-path-means" class="muted">{ say::LEARN_PATH_MEANS.get() }</p>
            </form>
        </section>
    }
}
