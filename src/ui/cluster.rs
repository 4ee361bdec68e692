//! The sheet that starts another cluster.

use yew::prelude::*;

use super::app::Dispatch;
use super::browser::input_value;
use super::dialog::Dialog;
use super::model::Action;
use super::texts;
use crate::lab::scenario::{self, Cluster};
use crate::lab::view::{Balancer, EtcdTopology, Reading, Setup};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub setup: Setup,
    pub dispatch: Dispatch,
}

#[component]
pub fn ClusterSheet(props: &Props) -> Html {
    let wanted = use_state(|| (*props.setup.cluster).clone());
    let now = Setup::new(0, (*wanted).clone());
    let seed = use_state(|| props.setup.seed.to_string());
    let parsed = seed.trim().parse::<u64>();
    let start = {
        let (dispatch, cluster, parsed) = (props.dispatch.clone(), (*wanted).clone(), parsed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Ok(seed) = parsed {
                dispatch.emit(Action::Reset(Setup::new(seed, cluster.clone())));
            }
        })
    };
    let set = |cluster: Cluster| {
        let wanted = wanted.clone();
        Callback::from(move |_: Event| wanted.set(cluster.clone()))
    };
    let masters = [1, 2, 3].map(|n| {
        let masters = usize::from(n);
        let mut cluster = Cluster { masters, ..(*wanted).clone() };
        if cluster.etcd.topology == scenario::Topology::Stacked {
            cluster.etcd.members = masters;
        }
        choice(
            "masters",
            &n.to_string(),
            &texts::count(u64::from(n), "master", "masters"),
            "",
            now.masters() == n,
            set(cluster),
        )
    });
    let etcd = [EtcdTopology::Stacked, EtcdTopology::External].map(|etcd| {
        let cluster = with_etcd(&wanted, etcd);
        choice(
            "etcd",
            texts::topology(etcd),
            texts::topology(etcd),
            texts::etcd_means(etcd),
            now.etcd() == etcd,
            set(cluster),
        )
    });
    let balancer = [Balancer::Haproxy, Balancer::Pair, Balancer::Nginx, Balancer::None].map(|balancer| {
        let cluster = with_balancer(&wanted, balancer);
        let name = texts::balancer(balancer);
        choice("balancer", name, name, texts::balancer_means(balancer), now.balancer() == balancer, set(cluster))
    });
    let reading = [Reading::Lecture, Reading::ClientGo].map(|reading| {
        let mut cluster = (*wanted).clone();
        cluster.leader_election.renewal = match reading {
            Reading::Lecture => scenario::Reading::Lecture,
            Reading::ClientGo => scenario::Reading::ClientGo,
        };
        let name = texts::reading(reading);
        choice("reading", name, name, texts::reading_means(reading), now.reading == reading, set(cluster))
    });
    let wrong = parsed.is_err();
    html! {
        <Dialog id="cluster" title={texts::CLUSTER_TITLE} dispatch={props.dispatch.clone()}>
            <form onsubmit={start}>
                <p>{ texts::CLUSTER_LEAD }</p>
                <fieldset><legend>{ texts::CLUSTER_MASTERS }</legend><div class="choices">{ for masters }</div></fieldset>
                <fieldset><legend>{ texts::CLUSTER_ETCD }</legend><div class="choices">{ for etcd }</div></fieldset>
                <fieldset><legend>{ texts::CLUSTER_BALANCER }</legend><div class="choices">{ for balancer }</div></fieldset>
                <p class="note" aria-live="polite">{ texts::survives(now.masters(), now.etcd()) }</p>
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

fn with_etcd(wanted: &Cluster, etcd: EtcdTopology) -> Cluster {
    let mut cluster = wanted.clone();
    (cluster.etcd.topology, cluster.etcd.members) = match etcd {
        EtcdTopology::Stacked => (scenario::Topology::Stacked, wanted.masters),
        EtcdTopology::External => (scenario::Topology::External, 3),
    };
    if etcd == EtcdTopology::External {
        cluster.etcd.servers = scenario::Servers::All;
    }
    cluster
}

fn with_balancer(wanted: &Cluster, balancer: Balancer) -> Cluster {
    let mut cluster = wanted.clone();
    let usual = scenario::Balancer::default();
    cluster.load_balancer = match balancer {
        Balancer::Haproxy => Some(usual),
        Balancer::Pair => Some(scenario::Balancer { instances: 2, ..usual }),
        Balancer::Nginx => {
            let check = scenario::HealthCheck::Tcp;
            Some(scenario::Balancer { kind: scenario::Kind::Nginx, check, ..usual })
        }
        Balancer::None => None,
    };
    cluster.kubeconfig = if cluster.load_balancer.is_some() { "load-balancer" } else { "master-1" }.to_owned();
    cluster
}

fn choice(name: &'static str, value: &str, label: &str, means: &str, checked: bool, onchange: Callback<Event>) -> Html {
    html! {
        <label class="choice">
            <input type="radio" {name} value={value.to_owned()} {checked} {onchange} />
            <span><b>{ label }</b>if !means.is_empty() { <small>{ means }</small> }</span>
        </label>
    }
}
