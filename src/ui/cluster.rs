//! The sheet that starts another cluster.

use yew::prelude::*;

use super::app::Dispatch;
use super::browser::input_value;
use super::dialog::Dialog;
use super::model::Action;
use super::texts;
use crate::lab::view::{Balancer, EtcdTopology, Reading, Setup};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub setup: Setup,
    pub dispatch: Dispatch,
}

#[component]
pub fn ClusterSheet(props: &Props) -> Html {
    let wanted = use_state(|| props.setup.clone());
    let seed = use_state(|| props.setup.seed.to_string());
    let parsed = seed.trim().parse::<u64>();
    let start = {
        let (dispatch, setup, parsed) = (props.dispatch.clone(), (*wanted).clone(), parsed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Ok(seed) = parsed {
                dispatch.emit(Action::Reset(Setup { seed, ..setup.clone() }));
            }
        })
    };
    let set = |setup: Setup| {
        let wanted = wanted.clone();
        Callback::from(move |_: Event| wanted.set(setup.clone()))
    };
    let masters = [1, 2, 3].map(|n| {
        let setup = Setup { masters: n, ..(*wanted).clone() };
        choice(
            "masters",
            &n.to_string(),
            &texts::count(u64::from(n), "master", "masters"),
            "",
            wanted.masters == n,
            set(setup),
        )
    });
    let etcd = [EtcdTopology::Stacked, EtcdTopology::External].map(|etcd| {
        let setup = Setup { etcd, ..(*wanted).clone() };
        choice(
            "etcd",
            texts::topology(etcd),
            texts::topology(etcd),
            texts::etcd_means(etcd),
            wanted.etcd == etcd,
            set(setup),
        )
    });
    let balancer = [Balancer::Haproxy, Balancer::Pair, Balancer::Nginx, Balancer::None].map(|balancer| {
        let setup = Setup { balancer, ..(*wanted).clone() };
        let name = texts::balancer(balancer);
        choice("balancer", name, name, texts::balancer_means(balancer), wanted.balancer == balancer, set(setup))
    });
    let reading = [Reading::Lecture, Reading::ClientGo].map(|reading| {
        let setup = Setup { reading, ..(*wanted).clone() };
        let name = texts::reading(reading);
        choice("reading", name, name, texts::reading_means(reading), wanted.reading == reading, set(setup))
    });
    let wrong = parsed.is_err();
    html! {
        <Dialog id="cluster" title={texts::CLUSTER_TITLE} dispatch={props.dispatch.clone()}>
            <form onsubmit={start}>
                <p>{ texts::CLUSTER_LEAD }</p>
                <fieldset><legend>{ texts::CLUSTER_MASTERS }</legend><div class="choices">{ for masters }</div></fieldset>
                <fieldset><legend>{ texts::CLUSTER_ETCD }</legend><div class="choices">{ for etcd }</div></fieldset>
                <fieldset><legend>{ texts::CLUSTER_BALANCER }</legend><div class="choices">{ for balancer }</div></fieldset>
                <p class="note" aria-live="polite">{ texts::survives(wanted.masters, wanted.etcd) }</p>
                <fieldset><legend>{ texts::READING }</legend><div class="choices">{ for reading }</div></fieldset>
                <label class="field" for="seed">
                    <b>{ texts::CLUSTER_SEED }</b>
                    <input id="seed" class="mono" inputmode="numeric" autocomplete="off" value={(*seed).clone()}
                        aria-invalid={wrong.then_some("true")} aria-describedby="seed-means"
                        oninput={Callback::from(move |event: InputEvent| seed.set(input_value(&event)))} />
                </label>
                <p id="seed-means" class={if wrong { "error" } else { "muted" }}>
                    { if wrong { texts::CLUSTER_SEED_WRONG } else { texts::CLUSTER_SEED_MEANS } }
                </p>
                <button class="btn primary" type="submit" disabled={wrong} data-testid="start-cluster">{ texts::CLUSTER_START }</button>
            </form>
        </Dialog>
    }
}

fn choice(name: &'static str, value: &str, label: &str, means: &str, checked: bool, onchange: Callback<Event>) -> Html {
    html! {
        <label class="choice">
            <input type="radio" {name} value={value.to_owned()} {checked} {onchange} />
            <span><b>{ label }</b>if !means.is_empty() { <small>{ means }</small> }</span>
        </label>
    }
}
