//! The selected component: its state as text, its beliefs and data, its flags and log, and the actions on it.

use yew::prelude::*;

use super::command::Command;
use super::{Props, forms, lease, read};
use crate::lab::i18n::plural;
use crate::lab::view::{HostKind, HostView, Name, Power, ProcessView, Role, Verb};
use crate::ui::glossary::{of_role, of_state, term_as};
use crate::ui::model::Action;
use crate::ui::texts;
use crate::ui::topology::sign;
use crate::ui::verbs::{self, Offer};
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};
use crate::ui::widgets::timing_fields::TimingFields;

pub(crate) fn inspector(props: &Props, target: &Name) -> Html {
    let view = &props.view;
    let Some(host) = view.host(target) else { return Html::default() };
    let process = view.process(target);
    html! {
        <>
            { head(props, host, process) }
            { actions(props, target) }
            { match process { Some(process) => of_process(props, host, process), None => of_host(props, host) } }
            { detail(props, target) }
            if let Some(process) = process {
                { timings(props, process) }
                { read::log(&props.detail.log) }
            } else {
                { forms::of_host(props, host) }
            }
        </>
    }
}

fn head(props: &Props, host: &HostView, process: Option<&ProcessView>) -> Html {
    let state = match (host.power, process) {
        (Power::Off, _) => ("dead", texts::power(Power::Off), host.since_us, "dead"),
        (Power::Paused, _) => ("paused", texts::power(Power::Paused), host.since_us, "paused"),
        (_, Some(process)) => {
            let (id, word) = (texts::state_id(process.state), texts::state(process.state));
            (id, word, process.since_us, of_state(process.state))
        }
        (power, None) => {
            let id = if power == Power::On { "running" } else { "starting" };
            (id, texts::power(power), host.since_us, id)
        }
    };
    let age = format::coarse(props.view.now_us.saturating_sub(state.2));
    let role = process.map(|process| process.role).filter(|role| host.power == Power::On && *role != Role::None);
    let name = process.map_or(&host.name, |process| &process.name);
    let up = host.name.clone();
    html! {
        <>
            <div class="inspector-head">
                <div class="trail">
                    if process.is_some() {
                        <button class="link mono" onclick={props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(up.clone())))}>{ &*host.name }</button>
                        <span aria-hidden="true">{ "/" }</span>
                    } else {
                        <span>{ texts::kind(host.kind) }</span>
                    }
                </div>
                <button class="btn ghost square small" aria-label={texts::CLOSE} title={texts::CLOSE} data-testid="inspector-close"
                    onclick={props.dispatch.reform(|_: MouseEvent| Action::Select(None))}>{ icon(Icon::Close) }</button>
            </div>
            <h2>{ &**name }</h2>
            <p class="chips">
                <span class={classes!("chip", state.0)}>
                    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">{ sign(state.0, 0.0, 0.0, 1.0) }</svg>
                    { term_as(state.3, state.1) }{ format!(" {}", texts::SINCE.with(&[("age", &age)])) }
                </span>
                if let Some(role) = role {
                    <span class={classes!("chip", texts::role_id(role))}>
                        if role == Role::Leader { { icon(Icon::Crown) } }
                        { term_as(of_role(role), texts::role(role)) }
                    </span>
                }
                if let Some(process) = process {
                    if !process.detail.is_empty() { <span class="chip">{ &*process.detail }</span> }
                    if process.restarts > 0 { <span class="chip">{ plural(u64::from(process.restarts), process.restarts, texts::RESTARTS_ONE, texts::RESTARTS_MANY) }</span> }
                }
            </p>
            <p class="muted about">{ texts::about(name) }</p>
        </>
    }
}

pub(crate) fn actions(props: &Props, target: &Name) -> Html {
    let offers = verbs::offers(&props.view, target);
    if props.view.host(target).is_some_and(|host| host.kind == HostKind::Laptop) {
        return Html::default();
    }
    if offers.is_empty() {
        return html! { <p class="muted">{ texts::CANNOT_ACT }</p> };
    }
    let button = |offer: &Offer| {
        let verb = offer.verb;
        let action = Action::Act(offer.target.clone(), verb);
        html! {
            <button key={verb.name()} class={classes!("btn", "act", verbs::class(verb))} title={verbs::means(verb)}
                data-act={verb.name()} onclick={props.dispatch.reform(move |_: MouseEvent| action.clone())}>
                { icon(verbs::icon(verb)) }
                <span><b>{ offer.label(target) }</b><small>{ verbs::short(verb) }</small></span>
                <kbd aria-hidden="true">{ offer.cap() }</kbd>
            </button>
        }
    };
    html! { <div class="acts" role="group" aria-label={texts::ACTIONS}>{ for offers.iter().map(button) }</div> }
}

fn of_process(props: &Props, host: &HostView, process: &ProcessView) -> Html {
    html! {
        <>
            if let Some(candidate) = &process.candidate { if host.power == Power::On { { lease::patience(&props.view, candidate) } } }
            if let Some(lease) = props.view.lease(&process.name) { if !lease.holder_acts { if let Some(holder) = &lease.holder {
                <p class="error">{ icon(Icon::Cross) }{ texts::held_by_dead(holder) }</p>
            } } }
            { last_call(props, host) }
        </>
    }
}

/// Draws the timings of all candidates, if the selected process is one.
fn timings(props: &Props, process: &ProcessView) -> Html {
    let view = &props.view;
    if view.lease(&process.name).is_none() {
        return Html::default();
    }
    html! {
        <details class="more">
            <summary>{ texts::inspector::INSPECTOR_ALL_TIMINGS }</summary>
            <TimingFields timings={view.timings.clone()} reading={view.setup.reading} refusal={props.refusal.clone()}
                dispatch={props.dispatch.clone()} id="one" />
        </details>
    }
}

fn of_host(props: &Props, host: &HostView) -> Html {
    let pick = |process: &ProcessView| {
        let target: Name = format!("{}/{}", host.name, process.name).into();
        let state = match host.power {
            Power::Off => "dead",
            Power::Paused => "paused",
            _ => texts::state_id(process.state),
        };
        let role = if host.power == Power::On { process.role } else { Role::None };
        let said = if role == Role::None { texts::state_word(state) } else { texts::role(role).to_owned() };
        html! {
            <li>
                <button class="pick" onclick={props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(target.clone())))}>
                    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">{ sign(state, 0.0, 0.0, 1.0) }</svg>
                    <span>{ &*process.name }</span>
                    <span class={classes!("muted", texts::role_id(role))}>{ said }</span>
                </button>
            </li>
        }
    };
    let edge = matches!(host.kind, HostKind::Laptop | HostKind::AppUser);
    html! {
        <>
            if edge {
                <p class="muted about">{ host.processes.first().map_or("", |process| texts::about(&process.name)) }</p>
            } else {
                <h3>{ texts::PROCESSES }</h3>
                <ul class="picks">{ for host.processes.iter().map(pick) }</ul>
            }
            if host.kind == HostKind::Worker { { pods(props, host) } }
            if host.kind == HostKind::LoadBalancer { { backends(host) } }
            { last_call(props, host) }
        </>
    }
}

fn last_call(props: &Props, host: &HostView) -> Html {
    let Some(call) = &host.last_call else { return Html::default() };
    let state = if call.ok { "running" } else { "dead" };
    html! {
        <>
            <h3>{ texts::LAST_ANSWER }</h3>
            <div class={classes!("answer", state)}>
                <span class="faint mono">{ texts::AGO.with(&[("time", &format::seconds(props.view.now_us.saturating_sub(call.at_us)))]) }</span>
                <code>{ &*call.text }</code>
            </div>
        </>
    }
}

fn pods(props: &Props, host: &HostView) -> Html {
    let pod = |pod: &crate::lab::view::PodView| {
        let age = format::coarse(props.view.now_us.saturating_sub(pod.since_us));
        let target: Name = format!("pod/{}", pod.name).into();
        let open = {
            let target = target.clone();
            props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(target.clone())))
        };
        let act = |act: Verb| {
            let (label, action) = (verbs::label_on(act, &pod.name), Action::Act(target.clone(), act));
            let onclick = props.dispatch.reform(move |_: MouseEvent| action.clone());
            html! { <button class="btn small" aria-label={label} title={verbs::means(act)} data-act={act.name()} {onclick}>{ verbs::label(act) }</button> }
        };
        html! {
            <li>
                <span><button class="link mono" onclick={open}>{ &*pod.name }</button>{ " " }
                    <span class="muted">{ format!("{} {}", texts::pod(pod.state), texts::SINCE.with(&[("age", &age)])) }</span></span>
                <span>{ act(Verb::CrashContainer) }{ " " }{ act(Verb::DeletePod) }</span>
            </li>
        }
    };
    html! {
        <>
            <h3>{ texts::PODS }</h3>
            if host.pods.is_empty() { <p class="muted">{ texts::PODS_EMPTY }</p> }
            <ul class="rows">{ for host.pods.iter().map(pod) }</ul>
        </>
    }
}

fn backends(host: &HostView) -> Html {
    let row = |backend: &crate::lab::view::BackendView| {
        let (state, word) = if backend.up { ("running", "UP") } else { ("dead", "DOWN") };
        let turns = if backend.up { texts::BACKEND_FAILED } else { texts::BACKEND_PASSED };
        let turns = turns.with(&[("n", &backend.against), ("of", &backend.turns_at)]);
        html! {
            <li>
                <span>
                    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">{ sign(state, 0.0, 0.0, 0.9) }</svg>
                    <b>{ &*backend.server }</b>{ " " }{ word }
                </span>
                <span class="muted"><code>{ &*backend.last_check }</code>{ format!(" · {turns}") }</span>
            </li>
        }
    };
    html! { <><h3>{ texts::BACKENDS }</h3><ul class="rows">{ for host.backends.iter().map(row) }</ul></> }
}

/// Draws its details: facts, output of tools, command line, log.
fn detail(props: &Props, target: &Name) -> Html {
    let detail = &*props.detail;
    html! {
        <>
            { read::facts(&detail.facts) }
            { read::tables(&detail.tables) }
            { read::papers(&detail.papers, &props.dispatch) }
            if let Some(command) = &detail.command {
                <Command key={target.to_string()} target={target.clone()} command={command.clone()} reading={props.view.setup.reading}
                    refusal={forms::refusal(props, "flags")} dispatch={props.dispatch.clone()} />
            }
        </>
    }
}
