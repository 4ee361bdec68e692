//! A process's command line, as the real one is started: each flag that the lab models is a field. A typed value is checked
//! as the component checks it, and stays in its field if it is refused. The cost of a restart is shown before it.

use std::rc::Rc;

use yew::prelude::*;

use super::read::copy;
use crate::lab::forms::{self, FormAct};
use crate::lab::i18n::plural;
use crate::lab::view::{CommandLine, Flag, FlagKind, Name, Reading};
use crate::ui::browser::input_value;
use crate::ui::glossary::{of_flag, term_as};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::inspector as say;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// `master-1/kube-scheduler`
    pub(crate) target: Name,
    pub(crate) command: Rc<CommandLine>,
    pub(crate) reading: Reading,
    /// Why the last attempt to restart it was refused. `None` if it was not.
    pub(crate) refusal: Option<Name>,
    pub(crate) dispatch: Dispatch,
}

/// The text typed into a field, and whether the focus has left the field since.
#[derive(Clone, PartialEq)]
struct Typed {
    flag: &'static str,
    value: String,
    left: bool,
}

/// A changeable flag and its field.
struct Field<'a> {
    flag: &'a Flag,
    value: String,
    changed: bool,
    error: Option<String>,
    warning: Option<&'static str>,
}

fn fields<'a>(props: &'a Props, typed: &[Typed]) -> Vec<Field<'a>> {
    let changeable = props.command.flags.iter().filter(|flag| flag.kind == FlagKind::Changeable);
    let mut fields: Vec<Field<'a>> = changeable
        .map(|flag| {
            let entry = typed.iter().find(|typed| typed.flag == flag.name);
            let value = entry.map_or_else(|| flag.value.to_string(), |typed| typed.value.clone());
            let changed = value.trim() != &*flag.value;
            let looked_at = changed && entry.is_some_and(|typed| typed.left);
            let error = if looked_at { forms::check_flag(&props.target, flag.name, value.trim()).err() } else { None };
            Field { flag, value, changed, error, warning: None }
        })
        .collect();
    let all: Vec<_> = fields.iter().map(|field| (field.flag.name, field.value.trim().to_owned())).collect();
    if let Err((flag, why)) = forms::check_flags(props.reading, &all)
        && let Some(field) = fields.iter_mut().find(|field| field.flag.name == flag)
    {
        field.warning = Some(why);
    }
    fields
}

#[component]
pub(crate) fn Command(props: &Props) -> Html {
    let typed = use_state(Vec::<Typed>::new);
    let fields = fields(props, &typed);
    let any = fields.iter().any(|field| field.changed);
    let set = |flag: &'static str, left: bool| {
        let typed = typed.clone();
        Callback::from(move |event: Event| {
            let mut all = (*typed).clone();
            let value = input_value(&event);
            match all.iter_mut().find(|typed| typed.flag == flag) {
                Some(entry) => (entry.value, entry.left) = (value, entry.left || left),
                None => all.push(Typed { flag, value, left }),
            }
            typed.set(all);
        })
    };
    let onsubmit = {
        let (typed, dispatch, target) = (typed.clone(), props.dispatch.clone(), props.target.clone());
        let changed: Vec<(&'static str, String)> = fields
            .iter()
            .filter(|field| field.changed)
            .map(|field| (field.flag.name, field.value.trim().to_owned()))
            .collect();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let wrong = changed.iter().any(|(flag, value)| forms::check_flag(&target, flag, value).is_err());
            if wrong {
                typed.set(typed.iter().map(|entry| Typed { left: true, ..entry.clone() }).collect());
            } else if !changed.is_empty() {
                let set = changed.iter().map(|(flag, value)| format!("{flag}={value}").into()).collect();
                dispatch.emit(Action::Do("flags", target.clone(), FormAct::Flags, set));
            }
        })
    };
    let back = {
        let typed = typed.clone();
        Callback::from(move |_: MouseEvent| typed.set(vec![]))
    };
    let command = &props.command;
    let all: Name = command.typed().into();
    let field = |field: &Field<'_>| one_field(field, set(field.flag.name, false), set(field.flag.name, true));
    html! {
        <section class="command" data-testid="command">
            <div class="with-copy"><h3>{ say::INSPECTOR_COMMAND }</h3>{ copy(&command.program, all, &props.dispatch) }</div>
            <p class="faint from">{ say::INSPECTOR_COMMAND_FROM.with(&[("file", &command.file)]) }</p>
            <p class="program"><code>{ &*command.program }</code></p>
            if !fields.is_empty() {
                <form class="flag-fields" {onsubmit} data-testid="form-flags">
                    { for fields.iter().map(field) }
                    if let Some(reason) = &props.refusal {
                        <p class="error" role="alert">{ icon(Icon::Cross) }<span>{ &**reason }</span></p>
                    }
                    <div class="cost" id="restart-cost">
                        <b>{ say::INSPECTOR_COST }</b>
                        <ul class="plain">{ for command.cost.iter().map(|cost| html! { <li>{ &**cost }</li> }) }</ul>
                    </div>
                    <div class="presses">
                        <button type="submit" class="btn danger" disabled={!any} aria-describedby="restart-cost">{ say::INSPECTOR_RESTART }</button>
                        if any { <button type="button" class="btn small" onclick={back}>{ say::INSPECTOR_PUT_BACK }</button> }
                    </div>
                </form>
            }
            { others(command) }
        </section>
    }
}

fn one_field(field: &Field<'_>, oninput: Callback<Event>, onchange: Callback<Event>) -> Html {
    let name = field.flag.name;
    let (id, about) = (format!("flag{name}"), format!("flag{name}-about"));
    let wrong = field.error.is_some();
    let said = match (&field.error, field.warning) {
        (Some(error), _) => Some(("error", error.clone())),
        (None, Some(why)) => Some(("error warning", say::INSPECTOR_WOULD_EXIT.with(&[("text", &why)]))),
        (None, None) if field.changed && field.flag.value.is_empty() => {
            Some(("was", say::INSPECTOR_CHANGED_EMPTY.to_string()))
        }
        (None, None) if field.changed => Some(("was", say::INSPECTOR_CHANGED.with(&[("value", &field.flag.value)]))),
        (None, None) => None,
    };
    html! {
        <div class={classes!("flag-field", field.changed.then_some("changed"))} key={name}>
            <span class="name mono">{ term_as(of_flag(name), name) }</span>
            <input {id} class="typed mono" type="text" value={field.value.clone()} autocomplete="off" spellcheck="false" autocapitalize="off"
                aria-label={name} aria-invalid={wrong.then_some("true")} aria-describedby={said.is_some().then(|| about.clone())}
                oninput={oninput.reform(|event: InputEvent| event.into())} {onchange} />
            if let Some((class, text)) = said {
                <p id={about} {class} role={(class == "error").then_some("alert")}>
                    if class != "was" { { icon(Icon::Cross) } }<span>{ text }</span>
                </p>
            }
        </div>
    }
}

/// Draws the flags that cannot be changed: those of its identity, and folded, the fixed ones.
fn others(command: &CommandLine) -> Html {
    let of = |kind: FlagKind| command.flags.iter().filter(move |flag| flag.kind == kind);
    let line = |flag: &Flag| html! { <li><code>{ flag.typed() }</code></li> };
    let fixed = of(FlagKind::Fixed).count() as u64;
    html! {
        <>
            if of(FlagKind::Identity).next().is_some() {
                <p class="faint from">{ say::INSPECTOR_IDENTITY }</p>
                <ul class="flags">{ for of(FlagKind::Identity).map(line) }</ul>
            }
            if fixed as usize == command.flags.len() {
                <ul class="flags">{ for of(FlagKind::Fixed).map(line) }</ul>
            } else if fixed > 0 {
                <details class="fixed">
                    <summary>{ plural(fixed, fixed, say::INSPECTOR_FIXED_ONE, say::INSPECTOR_FIXED_MANY) }</summary>
                    <p class="faint from">{ say::INSPECTOR_FIXED_MEANS }</p>
                    <ul class="flags">{ for of(FlagKind::Fixed).map(line) }</ul>
                </details>
            }
        </>
    }
}
