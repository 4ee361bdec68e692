//! One host: its card, name, state and power switch, and the processes in it.

use std::rc::Rc;

use yew::prelude::*;

use super::backends::backends;
use super::cables::Reach;
use super::count::Health;
use super::layout::{Card, HostBox, Rect};
use super::pods;
use super::process::{Row, presses, row};
use super::signs::sign;
use crate::lab::narration::join;
use crate::lab::view::{HostKind, HostView, Name, Power, Role, Verb};
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, CONTROLLER_MANAGER};
use crate::ui::texts::topology as own;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon_at};
use crate::ui::{texts, verbs};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) host: Rc<HostView>,
    pub(crate) at: Rc<HostBox>,
    pub(crate) reach: Reach,
    /// How long it has been off or paused, in whole seconds. 0 while it runs.
    pub(crate) down_s: u64,
    /// The selected part of this host.
    pub(crate) selected: Option<Name>,
    pub(crate) chained: Vec<Name>,
    /// Leases whose record names this host although no process there acts as the leader.
    pub(crate) dead_holder_of: Vec<Name>,
    /// Set if the hint asks a newcomer to click here.
    pub(crate) hinted: bool,
    /// Its pod that is a stop of the Tab key.
    pub(crate) stop: Option<Name>,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn card(props: &Props) -> Html {
    let (host, at) = (&props.host, &*props.at);
    let state = host_state(host.power);
    let is = |target: &Name| props.selected.as_ref() == Some(target);
    let edge = matches!(host.kind, HostKind::Laptop | HostKind::AppUser);
    // In the order of the layout: a master's kubelet is last.
    let is_last = |name: &str| host.kind == HostKind::Master && name == "kubelet";
    let (last, first): (Vec<_>, Vec<_>) = host.processes.iter().partition(|process| is_last(&process.name));
    let rows = first.into_iter().chain(last).filter(|_| !edge).filter_map(|process| {
        let target: Name = format!("{}/{}", host.name, process.name).into();
        Some(row(&Row {
            host: &host.name,
            card: at.card,
            kind: host.kind,
            power: host.power,
            process,
            rect: *at.rows.get(&process.name)?,
            selected: is(&target),
            chained: props.chained.contains(&target),
            dead_holder: props.dead_holder_of.contains(&process.name),
            dispatch: &props.dispatch,
        }))
    });
    let class = classes!(
        "host",
        kind_id(host.kind),
        (at.card == Card::Slim).then_some("slim"),
        reach_class(host.power, props.reach),
        is(&host.name).then_some("selected"),
        props.chained.contains(&host.name).then_some("chained"),
        props.hinted.then_some("hinted")
    );
    let r = at.rect;
    html! {
        <g {class} data-host={host.name.to_string()} data-power={state}>
            <rect class="card" x={px(r.x)} y={px(r.y)} width={px(r.w)} height={px(r.h)} rx="13" />
            if host.power == Power::Off {
                <path class="struck" d={format!("M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1}", r.x + 6.0, r.bottom() - 6.0, r.right() - 6.0, r.y + 6.0, r.x + 6.0, r.y + 6.0, r.right() - 6.0, r.bottom() - 6.0)} />
            }
            { header(props, state) }
            <g class="rows">{ for rows }</g>
            if host.kind == HostKind::LoadBalancer { { backends(host, at.tail) } }
            if host.kind == HostKind::Worker {
                { pods::of_worker(host, at.tail, props.selected.as_ref(), props.stop.as_ref(), &props.dispatch) }
            }
            if props.hinted { { callout(at.header) } }
        </g>
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn reach_class(power: Power, reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::CutOff if power != Power::Off => Some("cut-off"),
        Reach::Partly if power != Power::Off => Some("partly-cut"),
        _ => None,
    }
}

pub(crate) fn host_state(power: Power) -> &'static str {
    match power {
        Power::On => "running",
        Power::Off => "off",
        Power::Paused => "paused",
        Power::Starting => "starting",
    }
}

fn kind_id(kind: HostKind) -> &'static str {
    match kind {
        HostKind::Laptop => "laptop",
        HostKind::AppUser => "user",
        HostKind::LoadBalancer => "lb",
        HostKind::Master => "master",
        HostKind::Etcd => "member",
        HostKind::Worker => "worker",
    }
}

/// Draws name and state, the button that selects the host, and its power switch.
fn header(props: &Props, state: &'static str) -> Html {
    let host = &props.host;
    let h = props.at.header;
    let name = host.name.clone();
    let (onclick, onkeydown) = presses(props.dispatch.reform(move |()| Action::Select(Some(name.clone()))));
    let selected = props.selected.as_ref() == Some(&host.name);
    let crowned = host.power == Power::On
        && host
            .processes
            .iter()
            .any(|p| &*p.name == CONTROLLER_MANAGER && p.candidate.as_ref().is_some_and(|candidate| candidate.acting));
    let edge = matches!(host.kind, HostKind::Laptop | HostKind::AppUser);
    let stacked = is_stacked(props);
    let mut label = vec![&*host.name, texts::kind(host.kind), texts::power(host.power)];
    for word in said_of(host, props.reach) {
        label.push(word);
    }
    if crowned {
        label.push(own::TOPO_CROWNED.get());
    }
    let label = join::remarks(&label);
    let body = if edge { edge_body(props, h) } else { plain_body(props, h, crowned, stacked) };
    html! {
        <>
            <g class="look" aria-hidden="true">{ body }</g>
            <g class="hit" role="button" tabindex="0" aria-label={label} aria-pressed={selected.to_string()}
                data-target={host.name.to_string()} data-state={state} data-role={if crowned { "leader" } else { "" }} {onclick} {onkeydown}>
                <rect class="reach" x={px(h.x)} y={px(h.y)} width={px(h.w)} height={px(h.h)} rx="13" />
                <rect class="ring-focus" x={px(h.x + 2.0)} y={px(h.y + 2.0)} width={px(h.w - 4.0)} height={px(h.h - 4.0)} rx="11" />
            </g>
            if !edge { { switch(props, h, stacked) } }
        </>
    }
}

/// Returns the parts of a host's accessible name besides its power: the network, and the Node's condition in the API.
fn said_of(host: &HostView, reach: Reach) -> impl Iterator<Item = &'static str> {
    let network = match reach {
        Reach::CutOff => Some(own::TOPO_CUT_OFF.get()),
        Reach::Partly => Some(own::TOPO_PARTLY_CUT.get()),
        Reach::Whole => None,
    };
    network.into_iter().chain(host.node_ready.map(texts::node_ready))
}

/// Returns whether its header has two lines, the name over the state.
fn is_stacked(props: &Props) -> bool {
    props.host.kind == HostKind::Etcd || props.at.card == Card::Slim
}

/// Draws the laptop or the app's user: an icon, a name, the last answer.
fn edge_body(props: &Props, h: Rect) -> Html {
    let host = &props.host;
    let picture = if host.kind == HostKind::Laptop { Icon::Laptop } else { Icon::Person };
    let program = host.processes.first().map_or("", |process| &*process.name);
    let narrow = h.w < 190.0;
    // The smallest have no room for a picture.
    let bare = h.w < 165.0;
    let x = h.x
        + if bare {
            12.0
        } else if narrow {
            38.0
        } else {
            52.0
        };
    let name = host.name.replace('-', " ");
    let (state, said) = match &host.last_call {
        Some(call) => (if call.ok { "running" } else { "dead" }, &*call.text),
        None => ("starting", texts::NO_ANSWER_YET.get()),
    };
    let state = match props.reach {
        Reach::CutOff => "cut-off",
        _ => state,
    };
    html! {
        <>
            if !bare {
                { icon_at(picture, h.x + if narrow { 20.0 } else { 27.0 }, h.cy(), if narrow { 20.0 } else { 26.0 }) }
            }
            <text class="title" x={px(x)} y={px(h.cy() - 5.0)}>
                { name.clone() }<tspan class="program" dx="7">{ if h.right() - x < format::width(&name, 14.0) + format::width(program, 11.5) { "" } else { program } }</tspan>
            </text>
            { sign(state, x + 5.0, h.cy() + 11.0, 0.9) }
            <text class={classes!("said", if state == "cut-off" { "dead" } else { state })} x={px(x + 15.0)} y={px(h.cy() + 15.0)}>
                { format::fit(said, h.right() - x - if bare { 18.0 } else { 21.0 }, 11.5) }
            </text>
        </>
    }
}

/// Returns a host's chip: its sign, and its text in several lengths, longest first.
fn chip(props: &Props) -> (&'static str, Vec<String>) {
    let host = &props.host;
    let health = Health::of(host, props.reach);
    let word = match (health, host.node_ready) {
        (Health::Well, None) => own::TOPO_RUNNING.get(),
        _ => own::health(health),
    };
    let longer = match (health, host.node_ready) {
        (Health::Off | Health::Paused, _) => Some(format::coarse(props.down_s * 1_000_000)),
        // The fault of the network, and the state that the API still has.
        (Health::CutOff | Health::PartlyCut, Some(ready)) => Some(format!("· {}", texts::node_ready(ready))),
        _ => None,
    };
    let words = longer.map(|more| format!("{word} {more}")).into_iter().chain([word.to_owned()]);
    (health.sign(), words.collect())
}

fn plain_body(props: &Props, h: Rect, crowned: bool, stacked: bool) -> Html {
    let host = &props.host;
    let slim = props.at.card == Card::Slim;
    let y = if stacked { h.cy() - if slim { 9.0 } else { 8.0 } } else { h.cy() };
    let x = h.x + if slim { 10.0 } else { 14.0 };
    let name_w = format::width(&host.name, 14.6);
    let chip_h = if stacked { 18.0 } else { 20.0 };
    let (state, words) = chip(props);
    // Of two load balancers one has the address that clients know.
    let has_address = host.kind == HostKind::LoadBalancer && host.processes.iter().any(|p| p.role == Role::Leader);
    let address = match has_address {
        true if h.w >= 300.0 => texts::VIRTUAL_IP.get(),
        true => "VIP",
        false => "",
    };
    let room = if stacked {
        h.w - if crowned { 36.0 } else { 14.0 }
    } else {
        h.w - 58.0 - name_w - if crowned { 26.0 } else { 4.0 } - format::width(address, 13.0)
    };
    let wide = |word: &str| format::width(word, 11.5) + if stacked { 24.0 } else { 30.0 };
    let word = words.into_iter().find(|word| wide(word) <= room).unwrap_or_default();
    let width = if word.is_empty() { 22.0 } else { wide(&word) };
    let (chip_x, chip_y) = if stacked {
        (x - 4.0, h.cy() + if slim { 0.0 } else { 1.0 })
    } else {
        (h.right() - 42.0 - width, y - chip_h / 2.0)
    };
    let crown = if slim { (h.right() - 17.0, chip_y + 9.0, 16.0) } else { (x + name_w + 12.0, y, 18.0) };
    html! {
        <>
            <text class="title" x={px(x)} y={px(y + 5.0)}>{ &*host.name }</text>
            if has_address && host.power == Power::On {
                <text class="program" data-virtual-ip="true" x={px(x + name_w + 9.0)} y={px(y + 5.0)}>{ address }</text>
            }
            if crowned { <g class="crown">{ icon_at(Icon::Crown, crown.0, crown.1, crown.2) }</g> }
            <g class={classes!("state", state)}>
                <rect x={px(chip_x)} y={px(chip_y)} width={px(width)} height={px(chip_h)} rx={px(chip_h / 2.0)} />
                { sign(state, chip_x + 11.0, chip_y + chip_h / 2.0, 0.85) }
                <text x={px(chip_x + 20.0)} y={px(chip_y + chip_h / 2.0 + 4.0)}>{ word }</text>
            </g>
        </>
    }
}

/// Draws the power switch, which is always there.
fn switch(props: &Props, h: Rect, stacked: bool) -> Html {
    let host = &props.host;
    let act = if host.power == Power::Off { Verb::PowerOn } else { Verb::PowerOff };
    let (target, dispatch) = (host.name.clone(), &props.dispatch);
    let label = verbs::label_on(act, &target);
    let (onclick, onkeydown) = presses(dispatch.reform(move |()| Action::Act(target.clone(), act)));
    let (x, y) = if stacked { (h.right() - 17.0, h.cy() - 8.0) } else { (h.right() - 23.0, h.cy()) };
    // Low headers have a small one.
    let (r, reach) = if stacked || h.h < 30.0 { (10.5, 14.0) } else { (12.5, 20.0) };
    html! {
        <g class="switch" role="button" tabindex="0" aria-label={label.clone()} {onclick} {onkeydown}
            data-act={act.name()} data-on={host.name.to_string()}>
            <title>{ label }</title>
            <rect class="reach" x={px(x - reach)} y={px(y - reach)} width={px(2.0 * reach)} height={px(2.0 * reach)} />
            <circle cx={px(x)} cy={px(y)} r={px(r)} />
            { icon_at(Icon::Power, x, y, 14.0) }
        </g>
    }
}

/// Draws "try me", with a finger, above the header of the host that a newcomer should click.
fn callout(h: Rect) -> Html {
    let (x, y) = (h.x + 14.0, h.y - 11.0);
    html! {
        <g class="callout" aria-hidden="true">
            <rect x={px(x)} y={px(y - 11.0)} width="82" height="22" rx="11" />
            { icon_at(Icon::Hand, x + 15.0, y, 13.0) }
            <text x={px(x + 26.0)} y={px(y + 4.0)}>{ texts::HINT_HERE }</text>
        </g>
    }
}
