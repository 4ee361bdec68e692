//! The builder's fields: a choice of a few, a text, a switch. The reason that an option is not available is shown beside it. A
//! refused value stays in its field, with the reader's message.

use std::rc::Rc;

use yew::prelude::*;

use super::draft::Draft;
use crate::lab::i18n::Text;
use crate::lab::narration::join;
use crate::lab::scenario::ScenarioError;
use crate::ui::browser::input_value;
use crate::ui::glossary::term_as;
use crate::ui::texts::builder as say;
use crate::ui::widgets::icons::{Icon, icon};

/// The state that all fields share.
pub(crate) struct Form {
    pub(crate) draft: Rc<Draft>,
    /// The first error.
    pub(crate) error: Option<ScenarioError>,
    pub(crate) set: Callback<Draft>,
}

/// One option of a choice.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) means: &'static str,
    pub(crate) on: bool,
    /// Why it is not available. `None` if it is.
    pub(crate) not: Option<Text>,
    pub(crate) change: Box<dyn Fn(&mut Draft)>,
}

impl Choice {
    pub(crate) fn new(
        value: &str,
        label: Text,
        means: &'static str,
        on: bool,
        change: impl Fn(&mut Draft) + 'static,
    ) -> Self {
        let (value, label) = (value.to_owned(), label.to_string());
        Self { value, label, means, on, not: None, change: Box::new(change) }
    }

    pub(crate) fn not_if(self, wrong: bool, why: Text) -> Self {
        Self { not: wrong.then_some(why).or(self.not), ..self }
    }
}

impl Form {
    fn changed<E: 'static>(&self, change: impl Fn(&mut Draft, E) + 'static) -> Callback<E> {
        let (draft, set) = (self.draft.clone(), self.set.clone());
        Callback::from(move |event: E| {
            let mut new = (*draft).clone();
            change(&mut new, event);
            set.emit(new.settled());
        })
    }

    /// Returns a callback that changes the draft.
    pub(crate) fn press(&self, change: impl Fn(&mut Draft) + 'static) -> Callback<MouseEvent> {
        self.changed(move |draft, _| change(draft))
    }

    /// Returns the reader's message for `path`.
    fn wrong(&self, path: &str) -> Option<String> {
        let error = self.error.as_ref().filter(|error| error.path == path)?;
        Some(join::sentences(&[join::stop(&error.found), say::BUILDER_ALLOWED.with(&[("allowed", &error.allowed)])]))
    }

    /// Draws a choice of a few options. With `small` they are side by side.
    pub(crate) fn pick(&self, name: &'static str, legend: Html, small: bool, choices: Vec<Choice>) -> Html {
        // A reason shared by several options is shown once.
        let mut reasons: Vec<Text> = Vec::new();
        for why in choices.iter().filter_map(|choice| choice.not) {
            if reasons.iter().all(|other| other.key != why.key) {
                reasons.push(why);
            }
        }
        let about = (!reasons.is_empty()).then(|| format!("{name}-not"));
        let one = |choice: Choice| {
            let onchange = self.changed(move |draft: &mut Draft, _: Event| (choice.change)(draft));
            let off = choice.not.is_some();
            html! {
                <label class={classes!(if small { "" } else { "choice" }, off.then_some("off"))} key={choice.value.clone()}>
                    <input type="radio" {name} value={choice.value.clone()} checked={choice.on} disabled={off}
                        aria-describedby={off.then(|| about.clone()).flatten()} data-testid={format!("{name}-{}", choice.value)} {onchange} />
                    <span>
                        if small { { choice.label } } else {
                            <b>{ choice.label }</b>
                            if !choice.means.is_empty() { <small>{ choice.means }</small> }
                        }
                    </span>
                </label>
            }
        };
        html! {
            <fieldset class="pick-one">
                <legend>{ legend }</legend>
                <div class={if small { "seg" } else { "choices" }}>{ for choices.into_iter().map(one) }</div>
                if let Some(id) = about.clone() {
                    <p class="not" {id}>{ for reasons.iter().map(|why| html! { <span>{ *why }</span> }) }</p>
                }
            </fieldset>
        }
    }

    /// Draws a text field. `path` is its place in a scenario.
    pub(crate) fn text(
        &self,
        path: &str,
        (term, label): (&str, &'static str),
        value: &str,
        means: &'static str,
        not: Option<Text>,
        change: impl Fn(&mut Draft, String) + 'static,
    ) -> Html {
        let oninput = self.changed(move |draft: &mut Draft, event: InputEvent| change(draft, input_value(&event)));
        let wrong = self.wrong(path);
        let id = format!("build-{path}");
        let about = format!("{id}-about");
        html! {
            <div class={classes!("text", not.map(|_| "off"))}>
                <span class="label">{ term_as(term, label) }</span>
                <input {id} class="mono" type="text" autocomplete="off" spellcheck="false" autocapitalize="off" value={value.to_owned()}
                    aria-label={label} disabled={not.is_some()} aria-invalid={wrong.as_ref().map(|_| "true")} aria-describedby={about.clone()} {oninput} />
                <p id={about} class={if wrong.is_some() { "error" } else { "faint" }} role={wrong.as_ref().map(|_| "alert")}>
                    if let Some(wrong) = wrong {
                        { icon(Icon::Cross) }<span>{ wrong }</span>
                    } else if let Some(why) = not {
                        { why }
                    } else {
                        { means }
                    }
                </p>
            </div>
        }
    }

    /// Draws a switch.
    pub(crate) fn switch(
        &self,
        name: &'static str,
        (label, term, means): (Text, &'static str, Text),
        on: bool,
        not: Option<Text>,
        change: impl Fn(&mut Draft) + 'static,
    ) -> Html {
        let onchange = self.changed(move |draft: &mut Draft, _: Event| change(draft));
        let about = format!("{name}-about");
        html! {
            <div class={classes!("switch", not.map(|_| "off"))}>
                <input type="checkbox" id={name} checked={on} disabled={not.is_some()} aria-describedby={about.clone()} {onchange} />
                <label for={name} class="mono">{ label }</label>
                if !term.is_empty() { { term_as(term, "?") } }
                <p id={about} class="faint">{ not.unwrap_or(means) }</p>
            </div>
        }
    }
}
