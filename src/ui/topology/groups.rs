//! Very many workers: cards that count them by state, and the list of one group, with faulty workers first.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::cables::Reach;
use super::count::{Count, Health};
use super::float::Float;
use super::layout::{Group, HostBox};
use super::process::presses;
use super::signs::sign;
use super::state::{Panel, StageAct};
use crate::lab::i18n::plural;
use crate::lab::narration::join;
use crate::lab::view::{HostView, Name};
use crate::ui::browser;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::topology as own;
use crate::ui::widgets::format;

/// The most workers that the list of a group names.
const MOST_LISTED: usize = 60;

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) group: Group,
    pub(crate) at: Rc<HostBox>,
    pub(crate) hosts: Vec<Rc<HostView>>,
    pub(crate) reach: Vec<Reach>,
    /// The selected worker, if it is of this group.
    pub(crate) selected: Option<Name>,
    pub(crate) chained: bool,
    pub(crate) open: bool,
    /// Set if its card has room for the pods beside the name. Otherwise they are below, beside the states.
    pub(crate) beside: bool,
    pub(crate) dispatch: Dispatch,
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn name(group: &Group) -> String {
    own::TOPO_GROUP.with(&[("first", &format::count(group.first as u64)), ("last", &format::count(group.last as u64))])
}

/// Returns whether the names of all groups fit on cards of this width, beside the number of pods.
pub(crate) fn has_room(groups: &[Group], w: f64) -> bool {
    let pods = format::width("999 pods", 11.5);
    groups.iter().all(|group| format::width(&name(group), 14.0) + pods + 26.0 <= w)
}

/// Returns whether a host has a fault in its network, its power or its Node's condition.
fn unwell(host: &HostView, reach: Reach) -> bool {
    Health::of(host, reach) != Health::Well
}

pub(crate) fn card(props: &Props) -> Html {
    let (r, group) = (props.at.rect, &props.group);
    let count = Count::of(&props.hosts, &props.reach);
    let open = Some(Panel::Group(group.name.clone())).filter(|_| !props.open);
    let act = props.dispatch.reform(move |()| Action::Stage(StageAct::Open(open.clone())));
    let (onclick, onkeydown) = presses(act);
    let states: Vec<_> =
        Health::ALL.into_iter().filter_map(|health| Some((health, *count.hosts.get(&health)?))).collect();
    let words: Vec<_> = states
        .iter()
        .map(|(health, n)| {
            own::TOPO_GROUP_COUNT.with(&[("n", &format::count(u64::from(*n))), ("state", &own::health(*health))])
        })
        .collect();
    let pods = plural(count.pods.into(), format::count(count.pods.into()), own::TOPO_POD_ONE, own::TOPO_POD_MANY);
    let unwell = match count.pods_unwell {
        0 => own::TOPO_GROUP_ALL_WELL.get().to_owned(),
        n => own::TOPO_GROUP_UNWELL.with(&[("n", &format::count(n.into()))]),
    };
    let label = join::clauses(&[join::named(&name(group), &join::list(&words)), join::remarks(&[&pods, &unwell])]);
    let class = classes!(
        "host",
        "group",
        (states.len() > 1 || count.hosts.get(&Health::Well).is_none()).then_some("unwell"),
        props.selected.is_some().then_some("selected"),
        props.chained.then_some("chained")
    );
    let y = r.y + 43.0;
    let mut x = r.x + 17.0;
    let below = if props.beside { 0.0 } else { format::width(&pods, 11.5) };
    let all = states.iter().zip(&words).map(|(_, word)| format::width(word, 12.0) + 26.0).sum::<f64>();
    // The states have priority over the pods, which are in the card's accessible name in any case.
    let pods_at = match x + all + below < r.right() {
        _ if props.beside => Some(r.y + 21.0),
        true => Some(y),
        false => None,
    };
    // Worst first, as many as fit.
    let counts =
        states.iter().zip(&words).filter_map(|((health, _), word)| {
            let at = x;
            x += format::width(word, 12.0) + 26.0;
            (x < r.right() + 14.0).then(|| html! {
            <g class={classes!("count", health.sign())}>
                { sign(health.sign(), at, y - 4.0, 0.85) }<text x={px(at + 9.0)} y={px(y)}>{ word.clone() }</text>
            </g>
        })
        });
    let counts: Vec<_> = counts.collect();
    html! {
        <g {class} data-group={group.name.to_string()}>
            <g class="look" aria-hidden="true">
                <rect class="card" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx="11" />
                <text class="title" x={px(r.x + 12.0)} y={px(r.y + 21.0)}>{ name(group) }</text>
                if let Some(y) = pods_at { <text class="tile-word" x={px(r.right() - 12.0)} y={px(y)}>{ pods }</text> }
                { for counts }
                { bar(&states, props, r.bottom() - 12.0) }
            </g>
            <g class="hit" role="button" tabindex="0" aria-label={label} aria-expanded={props.open.to_string()}
                data-target={group.name.to_string()} {onclick} {onkeydown}>
                <rect class="reach" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx="11" />
                <rect class="ring-focus" x={px(r.x + 2.0)} y={px(r.y + 2.0)} width={px(r.w - 4.0)} height={px(r.h - 4.0)} rx="9" />
            </g>
        </g>
    }
}

/// Draws the number of workers in each state, as lengths.
fn bar(states: &[(Health, u32)], props: &Props, y: f64) -> Html {
    let (x, w) = (props.at.rect.x + 12.0, props.at.rect.w - 24.0);
    let all = props.hosts.len().max(1) as f64;
    let mut from = x;
    let parts = states.iter().map(|(health, n)| {
        let at = from;
        from += w * f64::from(*n) / all;
        html! { <rect class={classes!("part", health.sign())} x={px(at)} y={px(y)} width={px((from - at - 0.5).max(1.5))} height="5" rx="1.5" /> }
    });
    let parts: Vec<_> = parts.collect();
    html! { <g class="bar-of-states">{ for parts }</g> }
}

/// Draws the list of a group's workers.
pub(crate) fn list(props: &Props) -> Html {
    let close = props.dispatch.reform(|()| Action::Stage(StageAct::Open(None)));
    let (bad, good): (Vec<_>, Vec<_>) =
        props.hosts.iter().zip(&props.reach).partition(|(host, reach)| unwell(host, **reach));
    let more = props.hosts.len().saturating_sub(MOST_LISTED);
    let item = |(host, reach): (&Rc<HostView>, &Reach)| {
        let health = Health::of(host, *reach);
        let target = host.name.clone();
        let n = host.pods.len() as u64;
        let select = props.dispatch.reform({
            let target = target.clone();
            move |_: MouseEvent| Action::Select(Some(target.clone()))
        });
        html! {
            <li key={&*host.name}>
                <button class="row-button" onclick={select} aria-pressed={(props.selected.as_ref() == Some(&target)).to_string()}
                    data-worker={target.to_string()}>
                    <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">{ sign(health.sign(), 0.0, 0.0, 0.9) }</svg>
                    <b>{ &*host.name }</b>
                    <span class="state-word">{ own::health(health) }</span>
                    <span class="muted">{ plural(n, format::count(n), own::TOPO_POD_ONE, own::TOPO_POD_MANY) }</span>
                </button>
            </li>
        }
    };
    html! {
        <Float title={name(&props.group)} {close} at={None::<(i32, i32)>} id="group">
            { go_to(props) }
            <p class="muted">{ own::TOPO_GROUP_FIRST }</p>
            <ul class="workers-list">{ for bad.into_iter().chain(good).take(MOST_LISTED).map(item) }</ul>
            if more > 0 { <p class="muted">{ own::TOPO_GROUP_MORE.with(&[("n", &format::count(more as u64))]) }</p> }
        </Float>
    }
}

/// Draws the field that goes to a worker by its number.
fn go_to(props: &Props) -> Html {
    let (dispatch, group) = (props.dispatch.clone(), props.group.clone());
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        let typed = browser::field_of(&event, "worker");
        let number: Option<usize> = typed.trim().trim_start_matches("worker-").parse().ok();
        match number.filter(|n| group.holds(*n)) {
            Some(n) => dispatch.emit(Action::Select(Some(format!("worker-{n}").into()))),
            None => {
                let said =
                    own::TOPO_GROUP_NONE.with(&[("name", &typed), ("first", &group.first), ("last", &group.last)]);
                browser::complain(&event, "worker", &said);
            }
        }
    });
    let oninput =
        Callback::from(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().set_custom_validity(""));
    html! {
        <form class="go-to" {onsubmit}>
            <label>{ own::TOPO_GROUP_GO }<input name="worker" inputmode="numeric" autocomplete="off" placeholder={props.group.first.to_string()} {oninput} /></label>
            <button class="btn small">{ own::TOPO_GROUP_GO_BUTTON }</button>
        </form>
    }
}

/// Returns the selected worker, if it is of `group`.
pub(crate) fn selected_in(group: &Group, selected: Option<&Name>) -> Option<Name> {
    let host = selected?.split('/').next()?;
    let number = super::layout::number(host)?;
    group.holds(number).then(|| host.into())
}
