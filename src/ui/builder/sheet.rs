//! The builder's sheet: choices on the left, and on the right the losses that the cluster survives, always up to date.

use std::rc::Rc;

use yew::prelude::*;

use super::draft::{Draft, Front, TIMINGS, presets};
use super::fields::{Choice, Form};
use super::survival::{self, Count};
use crate::lab::i18n::{Text, plural};
use crate::lab::narration::join;
use crate::lab::scenario::{Cluster, MAX_DEPLOYMENTS, Scenario};
use crate::lab::view::Setup;
use crate::ui::glossary::{of_flag, term_as};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::builder as say;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) setup: Setup,
    pub(crate) dispatch: Dispatch,
}

#[component]
pub(crate) fn Builder(props: &Props) -> Html {
    let draft = use_state(|| Rc::new(Draft::of(&props.setup)));
    let read = draft.read();
    // The summary shows the last valid cluster while there is an error.
    let last = use_mut_ref(|| props.setup.cluster.clone());
    if let Ok(scenario) = &read {
        *last.borrow_mut() = Rc::new(scenario.cluster.clone());
    }
    let last = last.borrow().clone();
    let set = {
        let draft = draft.clone();
        Callback::from(move |new: Draft| draft.set(Rc::new(new)))
    };
    let form = Form { draft: (*draft).clone(), error: read.as_ref().err().cloned(), set };
    let start = {
        let (dispatch, read) = (props.dispatch.clone(), read.clone().ok());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(Scenario { seed, cluster, .. }) = read.clone() {
                dispatch.emit(Action::Reset(Setup::new(seed, cluster)));
            }
        })
    };
    html! {
        <Dialog id="cluster" title={say::BUILDER_TITLE.get()} dispatch={props.dispatch.clone()}>
            <form class="builder" onsubmit={start}>
                <div class="built-of">
                    <p class="muted">{ say::BUILDER_LEAD }</p>
                    { of_presets(&form) }
                    <section><h3>{ say::BUILDER_SERVERS }</h3>{ servers(&form) }</section>
                    <section><h3>{ say::BUILDER_BALANCER }</h3>{ balancer(&form) }</section>
                    <section><h3>{ say::BUILDER_ELECTION }</h3>{ election(&form) }</section>
                    <section><h3>{ say::BUILDER_WORKLOAD }</h3>{ workload(&form) }</section>
                    { form.text("seed", ("seed", say::BUILDER_SEED.get()), &form.draft.seed, say::BUILDER_SEED_MEANS.get(), None,
                        |draft, typed| draft.seed = typed) }
                </div>
                { summary(&form, &last, &props.dispatch) }
            </form>
        </Dialog>
    }
}

fn of_presets(form: &Form) -> Html {
    let preset = |(name, preset): (Text, Draft)| {
        let wanted = Draft { seed: form.draft.seed.clone(), ..preset };
        let on = *form.draft == wanted;
        let onclick = form.press(move |draft| *draft = wanted.clone());
        html! { <button type="button" class="btn small" aria-pressed={on.to_string()} {onclick}>{ name }</button> }
    };
    html! {
        <div class="presets" role="group" aria-label={say::BUILDER_PRESETS}>
            <span class="faint">{ say::BUILDER_PRESETS }</span>
            { for presets().into_iter().map(preset) }
        </div>
    }
}

/// 1 to 7.
fn few(now: usize, change: fn(&mut Draft, usize)) -> Vec<Choice> {
    (1..=7)
        .map(|n| Choice {
            value: n.to_string(),
            label: n.to_string(),
            means: "",
            on: n == now,
            not: None,
            change: Box::new(move |draft| change(draft, n)),
        })
        .collect()
}

fn servers(form: &Form) -> Html {
    let d = &form.draft;
    let topology = vec![
        Choice::new("stacked", say::BUILDER_STACKED, say::BUILDER_STACKED_MEANS.get(), !d.external, |d| {
            d.external = false
        }),
        Choice::new("external", say::BUILDER_EXTERNAL, say::BUILDER_EXTERNAL_MEANS.get(), d.external, |d| {
            d.external = true
        }),
    ];
    let members = few(if d.external { d.members } else { d.masters }, |d, n| d.members = n);
    let members = members.into_iter().map(|choice| choice.not_if(!d.external, say::BUILDER_MEMBERS_STACKED)).collect();
    let lists = vec![
        Choice::new("all", say::BUILDER_ALL, say::BUILDER_ALL_MEANS.get(), !d.local, |d| d.local = false),
        Choice::new("local", say::BUILDER_LOCAL, say::BUILDER_LOCAL_MEANS.get(), d.local, |d| d.local = true)
            .not_if(d.external, say::BUILDER_LOCAL_NOT),
    ];
    html! {
        <>
            <div class="side-by-side">
            { form.pick("masters", term_as("master", say::BUILDER_MASTERS.get()), true, few(d.masters, |d, n| d.masters = n)) }
            { form.text("cluster.workers", ("worker", say::BUILDER_WORKERS.get()), &d.workers, say::BUILDER_WORKERS_MEANS.get(),
                None, |d, typed| d.workers = typed) }
            </div>
            { form.pick("etcd", term_as("etcd", say::BUILDER_ETCD.get()), false, topology) }
            { form.pick("members", term_as("member", say::BUILDER_MEMBERS.get()), true, members) }
            { form.pick("servers", term_as("etcd-servers", say::BUILDER_ETCD_SERVERS.get()), false, lists) }
        </>
    }
}

fn balancer(form: &Form) -> Html {
    let d = &form.draft;
    let front = |value: &str, label: Text, means: Text, front: Front| {
        Choice::new(value, label, means.get(), d.front == front, move |d| {
            let first = d.front == Front::None;
            d.front = front;
            if first {
                d.kubeconfig = None;
            }
        })
    };
    let kinds = vec![
        front("haproxy", say::BUILDER_HAPROXY, say::BUILDER_HAPROXY_MEANS, Front::Haproxy),
        front("nginx", say::BUILDER_NGINX, say::BUILDER_NGINX_MEANS, Front::Nginx),
        front("none", say::BUILDER_NONE, say::BUILDER_NONE_MEANS, Front::None),
    ];
    let (none, nginx) = (d.front == Front::None, d.front == Front::Nginx);
    let two = |choices: [Choice; 2]| choices.map(|choice| choice.not_if(none, say::BUILDER_BALANCER_NOT)).into();
    let instances = two([
        Choice::new("1", say::BUILDER_ALONE, "", !d.pair, |d| d.pair = false),
        Choice::new("2", say::BUILDER_PAIR, "", d.pair, |d| d.pair = true),
    ]);
    let balance = two([
        Choice::new("roundrobin", say::BUILDER_ROUND_ROBIN, "", !d.least_conn, |d| d.least_conn = false),
        Choice::new("leastconn", say::BUILDER_LEAST_CONN, "", d.least_conn, |d| d.least_conn = true),
    ]);
    let check = two([
        Choice::new("readyz", say::BUILDER_READYZ, "", !d.tcp_check, |d| d.tcp_check = false)
            .not_if(nginx, say::BUILDER_READYZ_NOT),
        Choice::new("tcp", say::BUILDER_TCP, "", d.tcp_check, |d| d.tcp_check = true),
    ]);
    let not = if none { Some(say::BUILDER_BALANCER_NOT) } else { nginx.then_some(say::BUILDER_REDISPATCH_NOT) };
    let mut asked = vec![
        Choice::new("load-balancer", say::BUILDER_KUBECONFIG_BALANCER, "", d.kubeconfig.is_none(), |d| {
            d.kubeconfig = None
        })
        .not_if(none, say::BUILDER_BALANCER_NOT),
    ];
    asked.extend((1..=d.masters).map(|n| Choice {
        value: format!("master-{n}"),
        label: format!("master-{n}"),
        means: "",
        on: d.kubeconfig == Some(n),
        not: None,
        change: Box::new(move |d| d.kubeconfig = Some(n)),
    }));
    html! {
        <>
            { form.pick("balancer", term_as("load-balancer", say::BUILDER_PROGRAM.get()), false, kinds) }
            { form.pick("instances", term_as("keepalived", say::BUILDER_INSTANCES.get()), true, instances) }
            { form.pick("balance", term_as("balance", say::BUILDER_BALANCE.get()), true, balance) }
            { form.pick("check", term_as("health-check", say::BUILDER_CHECK.get()), true, check) }
            { form.switch("redispatch", (say::BUILDER_REDISPATCH, "redispatch", say::BUILDER_REDISPATCH_MEANS), d.redispatch, not,
                |d| d.redispatch = !d.redispatch) }
            { form.pick("kubeconfig", term_as("kubeconfig", say::BUILDER_KUBECONFIG.get()), true, asked) }
        </>
    }
}

fn election(form: &Form) -> Html {
    let d = &form.draft;
    let off = (!d.elects).then_some(say::BUILDER_ELECTION_NOT);
    let two =
        |choices: [Choice; 2]| choices.map(|choice| choice.not_if(off.is_some(), say::BUILDER_ELECTION_NOT)).into();
    let renewal = two([
        Choice::new("lecture", say::BUILDER_LECTURE, say::BUILDER_LECTURE_MEANS.get(), !d.client_go, |d| {
            d.client_go = false
        }),
        Choice::new("client-go", say::BUILDER_CLIENT_GO, say::BUILDER_CLIENT_GO_MEANS.get(), d.client_go, |d| {
            d.client_go = true
        }),
    ]);
    let lock = two([
        Choice::new("leases", say::BUILDER_LEASES, "", !d.endpoints, |d| d.endpoints = false),
        Choice::new("endpoints", say::BUILDER_ENDPOINTS, "", d.endpoints, |d| d.endpoints = true),
    ]);
    let timing = |(n, (path, flag)): (usize, &(&'static str, &'static str))| {
        form.text(path, (of_flag(flag), *flag), &d.timings[n], "", off, move |d, typed| d.timings[n] = typed)
    };
    html! {
        <>
            { form.switch("elects", (say::BUILDER_ELECT, "leader-elect", say::BUILDER_ELECT_MEANS), d.elects, None, |d| d.elects = !d.elects) }
            { form.pick("renewal", term_as("renewal", say::BUILDER_RENEWAL.get()), false, renewal) }
            { form.pick("lock", term_as("resource-lock", say::BUILDER_LOCK.get()), true, lock) }
            <div class="timing-texts">{ for TIMINGS.iter().enumerate().map(timing) }</div>
        </>
    }
}

fn workload(form: &Form) -> Html {
    let d = &form.draft;
    let one = |(n, (name, replicas)): (usize, &(String, String))| {
        let (at_name, at_replicas) =
            (format!("cluster.deployments[{n}].name"), format!("cluster.deployments[{n}].replicas"));
        let label = say::BUILDER_REMOVE.with(&[("name", name)]);
        let remove = form.press(move |d| drop(d.deployments.remove(n)));
        html! {
            <div class="deployment" key={n}>
                { form.text(&at_name, ("deployment", say::BUILDER_DEPLOYMENT.get()), name, "", None, move |d, typed| d.deployments[n].0 = typed) }
                { form.text(&at_replicas, ("replica-set", say::BUILDER_REPLICAS.get()), replicas, "", None, move |d, typed| d.deployments[n].1 = typed) }
                <button type="button" class="btn ghost square" aria-label={label.clone()} title={label} onclick={remove}>{ icon(Icon::Close) }</button>
            </div>
        }
    };
    html! {
        <>
            { for d.deployments.iter().enumerate().map(one) }
            <div class="add">
                <button type="button" class="btn small" disabled={d.deployments.len() >= MAX_DEPLOYMENTS} onclick={form.press(Draft::add_deployment)}
                    data-testid="add-deployment">{ say::BUILDER_ADD }</button>
                <span class="faint">{ say::BUILDER_FIRST }</span>
            </div>
        </>
    }
}

fn summary(form: &Form, cluster: &Cluster, dispatch: &Dispatch) -> Html {
    let copy = {
        let text: Rc<str> = form.draft.json().into();
        let said: Rc<str> = say::BUILDER_COPIED.get().into();
        dispatch.reform(move |_: MouseEvent| Action::Copy(text.clone(), said.clone()))
    };
    let wrong = form.error.as_ref().map(|error| join::named(&error.path, &error.found));
    let row = |row: survival::Row| {
        html! {
            <li key={row.id} class={if row.ok { "good" } else { "bad" }} data-testid={format!("survives-{}", row.id)}>
                <span class="what">{ term_as(row.term, row.what.0.get()) }</span>
                <b>{ icon(if row.ok { Icon::Check } else { Icon::Cross }) }{ row.survives }</b>
                <p>{ row.why }</p>
            </li>
        }
    };
    html! {
        <aside class="summary" aria-label={say::BUILDER_SUMMARY}>
            { counts(cluster) }
            if let Some(heavy) = survival::heavy(cluster) { <p class="note heavy">{ heavy }</p> }
            <h3>{ say::BUILDER_SURVIVES }</h3>
            <ul class="survives" aria-live="polite">{ for survival::rows(cluster).into_iter().map(row) }</ul>
            if let Some(wrong) = wrong.clone() { <p class="error" data-testid="build-error">{ icon(Icon::Cross) }<span>{ wrong }</span></p> }
            <div class="starts">
                <button class="btn primary" type="submit" disabled={wrong.is_some()} data-testid="start-cluster">{ say::BUILDER_START }</button>
                <button class="btn" type="button" disabled={wrong.is_some()} onclick={copy} data-testid="copy-scenario">{ say::BUILDER_COPY }</button>
            </div>
        </aside>
    }
}

fn counts(cluster: &Cluster) -> Html {
    let count = Count::of(cluster);
    let all = count.servers() as u64;
    let pods = plural(count.pods, format::count(count.pods), say::BUILDER_PODS_ONE, say::BUILDER_PODS_MANY);
    html! {
        <>
            <h3>{ say::BUILDER_SUMMARY }</h3>
            <p class="in-all" data-testid="in-all"><b>{ plural(all, format::count(all), say::BUILDER_SERVERS_ONE, say::BUILDER_SERVERS_MANY) }</b></p>
            <p class="kinds">{ count.kinds().join(" · ") }{ " · " }{ pods }</p>
        </>
    }
}
