//! The selected pod: its node, its state, and the actions on it.

use yew::prelude::*;

use super::{Props, read, selected};
use crate::lab::view::{Name, PodState};
use crate::ui::glossary::{of_pod, term_as};
use crate::ui::model::Action;
use crate::ui::texts;
use crate::ui::texts::inspector as say;
use crate::ui::topology::sign;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

pub(crate) fn inspector(props: &Props, name: &str) -> Html {
    let found = props.view.pod(name);
    let up: Option<Name> = found.and_then(|(_, host)| Some(host?.name.clone()));
    let close = props.dispatch.reform(|_: MouseEvent| Action::Select(None));
    let trail = match up {
        Some(host) => {
            let target = host.clone();
            let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Select(Some(target.clone())));
            html! { <><button class="link mono" {onclick}>{ &*host }</button><span aria-hidden="true">{ "/" }</span></> }
        }
        None => html! { <span>{ say::INSPECTOR_POD }</span> },
    };
    let state = found.map(|(pod, _)| {
        let id = match pod.state {
            PodState::Pending => "pending",
            PodState::Running => "starting",
            PodState::Ready => "ready",
            PodState::Terminating => "terminating",
            PodState::Crashed => "dead",
        };
        let age = format::coarse(props.view.now_us.saturating_sub(pod.since_us));
        let class = if id == "ready" { "running" } else if id == "dead" { "dead" } else { "starting" };
        html! {
            <p class="chips">
                <span class={classes!("chip", class)}>
                    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">{ sign(id, 0.0, 0.0, 1.0) }</svg>
                    { term_as(of_pod(pod.state), texts::pod(pod.state)) }
                </span>
                <span class="chip">{ age }</span>
            </p>
        }
    });
    let target: Name = format!("pod/{name}").into();
    html! {
        <>
            <div class="inspector-head">
                <div class="trail">{ trail }</div>
                <button class="btn ghost square small" aria-label={texts::CLOSE} title={texts::CLOSE} data-testid="inspector-close"
                    onclick={close}>{ icon(Icon::Close) }</button>
            </div>
            <h2 class="pod-name">{ name.to_owned() }</h2>
            if let Some(state) = state {
                { state }
                { selected::actions(props, &target) }
            } else {
                <p class="muted">{ say::INSPECTOR_POD_GONE }</p>
            }
            { read::facts(&props.detail.facts) }
            { read::tables(&props.detail.tables) }
            { read::papers(&props.detail.papers, &props.dispatch) }
        </>
    }
}
