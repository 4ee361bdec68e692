//! Forms for acts: the network and the clock of a host, commands on the laptop. Refused values stay in their fields, with the
//! reason below them.

use yew::prelude::*;

use super::Props;
use crate::lab::forms::FormAct;
use crate::lab::i18n::{Text, plural};
use crate::lab::view::{HostKind, HostView, Name};
use crate::ui::browser::input_value;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts;
use crate::ui::texts::inspector as say;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

/// A field: its label, and an example.
type Field = (Text, &'static str);
/// A button: its action, its label, and its explanation.
type Press = (FormAct, Text, Text);

const LINK: [Field; 3] = [(say::FORM_LATENCY, "80ms"), (say::FORM_JITTER, "20ms"), (say::FORM_LOSS, "10")];
const LINK_PRESSES: [Press; 4] = [
    (FormAct::Link, say::FORM_CHANGE, say::FORM_CHANGE_MEANS),
    (FormAct::CutBoth, say::FORM_CUT, say::FORM_CUT_MEANS),
    (FormAct::CutFrom, say::FORM_CUT_FROM, say::FORM_CUT_FROM_MEANS),
    (FormAct::Heal, say::FORM_HEAL, say::FORM_HEAL_MEANS),
];
const WHOLE: [Press; 2] = [
    (FormAct::Isolate, say::FORM_ISOLATE, say::FORM_ISOLATE_MEANS),
    (FormAct::HealAll, say::FORM_HEAL_ALL, say::FORM_HEAL_ALL_MEANS),
];
const CLOCK: [Field; 2] = [(say::FORM_RATE, "1.5"), (say::FORM_OFFSET, "-3s")];
const CLOCK_PRESSES: [Press; 1] = [(FormAct::Clock, say::FORM_CLOCK, say::FORM_CLOCK_MEANS)];
const LINE: [Field; 1] = [(say::FORM_COMMAND, "kubectl get pods")];
const LINE_PRESSES: [Press; 1] = [(FormAct::Type, say::FORM_RUN, say::FORM_RUN_MEANS)];

/// Draws the forms of a host.
pub(crate) fn of_host(props: &Props, host: &HostView) -> Html {
    let peers: Vec<Name> = props.view.hosts.iter().map(|h| h.name.clone()).filter(|name| *name != host.name).collect();
    let form = |id, peers: Vec<Name>, fields, presses| {
        html! {
            <Form key={format!("{id} {}", host.name)} {id} target={host.name.clone()} {peers} {fields} {presses}
                refusal={refusal(props, id)} dispatch={props.dispatch.clone()} />
        }
    };
    html! {
        <>
            if host.kind == HostKind::Laptop {
                <h3>{ texts::TERMINAL }</h3>
                <p class="muted means">{ texts::TERMINAL_MEANS }</p>
                { form("line", vec![], &LINE[..], &LINE_PRESSES[..]) }
                { printed(props) }
            }
            <details class="more" data-testid="network">
                <summary>{ texts::NETWORK }{ state(props.detail.network.len()) }</summary>
                if !props.detail.network.is_empty() {
                    <ul class="rows">{ for props.detail.network.iter().map(|(peer, what)| html! {
                        <li><span class="mono">{ &**peer }</span><span>{ &**what }</span></li>
                    }) }</ul>
                }
                { form("whole", vec![], &[], &WHOLE[..]) }
                { form("link", peers, &LINK[..], &LINK_PRESSES[..]) }
            </details>
            if !matches!(host.kind, HostKind::Laptop | HostKind::AppUser) {
                <details class="more" data-testid="clock-form">
                    <summary>{ texts::HOST_CLOCK }</summary>
                    { form("clock", vec![], &CLOCK[..], &CLOCK_PRESSES[..]) }
                </details>
            }
        </>
    }
}

pub(crate) fn refusal(props: &Props, id: &'static str) -> Option<Name> {
    props.denied.as_ref().filter(|(form, _)| *form == id).map(|(_, reason)| reason.clone())
}

fn state(faults: usize) -> Html {
    if faults == 0 {
        return Html::default();
    }
    html! { <span class="chip dead">{ plural(faults as u64, faults, texts::FAULT_ONE, texts::FAULT_MANY) }</span> }
}

/// Draws the typed commands with their output, newest first.
fn printed(props: &Props) -> Html {
    let one = |command: &crate::lab::view::Typed| {
        let state = match command.exit {
            None => "starting",
            Some(0) => "running",
            Some(_) => "dead",
        };
        html! {
            <li class={classes!("answer", state)} key={command.number}>
                <span class="mono"><b>{ "$ " }{ &*command.line }</b></span>
                <span class="faint mono">{ format::instant(command.at_us) }{ match command.exit {
                    None => texts::COMMAND_RUNS.to_string(),
                    Some(exit) => texts::COMMAND_EXIT.with(&[("status", &exit)]),
                } }</span>
                if !command.output.is_empty() { <pre tabindex="0" aria-label={texts::OUTPUT}>{ &*command.output }</pre> }
            </li>
        }
    };
    html! { <ol class="printed" data-testid="printed">{ for props.detail.commands.iter().map(one) }</ol> }
}

#[derive(Properties, PartialEq)]
struct FormProps {
    id: &'static str,
    target: Name,
    /// The hosts to choose from. Without any there is no choice.
    peers: Vec<Name>,
    fields: &'static [Field],
    /// The buttons. Enter presses the first.
    presses: &'static [Press],
    refusal: Option<Name>,
    dispatch: Dispatch,
}

#[component]
fn Form(props: &FormProps) -> Html {
    // The peer, if there is one, and then the fields.
    let first = usize::from(!props.peers.is_empty());
    let typed = use_state(|| {
        let mut typed: Vec<Name> = props.peers.first().cloned().into_iter().collect();
        typed.resize(first + props.fields.len(), "".into());
        typed
    });
    let set = |n: usize| {
        let typed = typed.clone();
        Callback::from(move |event: Event| {
            let mut values = (*typed).clone();
            values[n] = input_value(&event).into();
            typed.set(values);
        })
    };
    let send = |act: FormAct| {
        let (id, target, values) = (props.id, props.target.clone(), (*typed).clone());
        props.dispatch.reform(move |()| Action::Do(id, target.clone(), act, values.clone()))
    };
    let wrong = props.refusal.as_ref().map(|_| "true");
    let error = format!("{}-error", props.id);
    let field = |(n, (label, example)): (usize, &Field)| {
        html! {
            <label class="field" key={n}>
                <small>{ *label }</small>
                <input class="mono" value={typed[first + n].to_string()} placeholder={*example} autocomplete="off" spellcheck="false" autocapitalize="off"
                    aria-invalid={wrong} aria-describedby={wrong.map(|_| error.clone())} oninput={set(first + n).reform(Event::from)} />
            </label>
        }
    };
    let button = |(n, (act, label, means)): (usize, &Press)| {
        let send = send(*act);
        // The first is the form's own, so that Enter presses it.
        let onclick = (n > 0 || props.fields.is_empty()).then(|| send.reform(|_: MouseEvent| ()));
        let kind = if onclick.is_some() { "button" } else { "submit" };
        html! { <button class="btn small" type={kind} title={*means} data-form-act={act.name()} {onclick}>{ *label }</button> }
    };
    let onsubmit = {
        let send = send(props.presses[0].0);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            send.emit(());
        })
    };
    html! {
        <form class="form-acts" {onsubmit} data-testid={format!("form-{}", props.id)}>
            if first == 1 {
                <label class="field peer">
                    <small>{ texts::LINK_TO }</small>
                    <select onchange={set(0)}>
                        { for props.peers.iter().map(|name| html! { <option value={name.to_string()} selected={*name == typed[0]}>{ &**name }</option> }) }
                    </select>
                </label>
            }
            { for props.fields.iter().enumerate().map(field) }
            <div class="presses">{ for props.presses.iter().enumerate().map(button) }</div>
            if let Some(reason) = &props.refusal {
                <p class="error" role="alert" id={error}>{ icon(Icon::Cross) }<span>{ &**reason }</span></p>
            }
        </form>
    }
}
