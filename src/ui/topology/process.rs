//! One process: a row of a card that can be selected, its state, its role, and a button to kill it at once.

use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::layout::Rect;
use super::signs::sign;
use crate::lab::view::{Act, HostKind, Name, Power, ProcessView, Role};
use crate::ui::app::Dispatch;
use crate::ui::icons::{Icon, icon_at};
use crate::ui::model::Action;
use crate::ui::{format, texts};

/// What a row needs to know besides its process.
pub struct Row<'a> {
    pub host: &'a Name,
    pub kind: HostKind,
    pub power: Power,
    pub process: &'a ProcessView,
    pub rect: Rect,
    pub selected: bool,
    pub chained: bool,
    /// The record names this process's host as the holder, though it does not act.
    pub dead_holder: bool,
    pub dispatch: &'a Dispatch,
}

/// Calls `act` on a click, Enter or Space.
pub fn presses(act: Callback<()>) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    let by_key = act.clone();
    let key = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") && !event.repeat() {
            event.prevent_default();
            by_key.emit(());
        }
    });
    (act.reform(|_: MouseEvent| ()), key)
}

/// Room that a standby's ring takes at the right end of its row.
pub const RING_ROOM: f64 = 26.0;

pub fn row(row: &Row) -> Html {
    let Row { process, rect, .. } = row;
    let target: Name = format!("{}/{}", row.host, process.name).into();
    let state = shown_state(row);
    let select = row.dispatch.reform({
        let target = target.clone();
        move |()| Action::Select(Some(target.clone()))
    });
    let (onclick, onkeydown) = presses(select);
    let role = if row.power == Power::On { process.role } else { Role::None };
    let leader = role == Role::Leader;
    // A chip has room for a sign and a name only.
    let chip = matches!(row.kind, HostKind::Worker | HostKind::LoadBalancer) || rect.w < 100.0;
    let tall = is_tall(row.kind, rect);
    let class = classes!(
        "proc",
        chip.then_some("chip-row"),
        tall.then_some("tall"),
        leader.then_some("leads"),
        row.selected.then_some("selected"),
        row.chained.then_some("chained")
    );
    let label = label(row, state, role);
    let (x, y) = (rect.x, rect.y);
    let name_y = if tall { y + rect.h / 2.0 - 4.0 } else { rect.cy() + 4.5 };
    let sign_x = x + if chip {
        11.0
    } else if tall {
        13.0
    } else {
        15.0
    };
    let name_x = x + if chip {
        20.0
    } else if tall {
        24.0
    } else {
        28.0
    };
    let shown = short(&process.name);
    let shown = if chip { format::fit(shown, rect.w - 22.0, 11.0) } else { shown.to_owned() };
    html! {
        <g {class} data-state={state} key={&*process.name}>
            // What is seen and what is pressed are apart: a button of words would be read twice.
            <g class="look" aria-hidden="true">
                <rect class="body" x={px(x)} y={px(y)} width={px(rect.w)} height={px(rect.h)} rx="8" />

                { sign(state, sign_x, name_y - 4.5, 1.0) }
                <text class="name" x={px(name_x)} y={px(name_y)}>{ shown }</text>
                if !chip { { status(row, state, role, tall) } }
            </g>
            <g class="hit" role="button" tabindex="0" aria-label={label} aria-pressed={row.selected.to_string()}
                data-target={target.to_string()} data-state={state} data-role={texts::role(role)} {onclick} {onkeydown}>
                <rect class="reach" x={px(x)} y={px(y)} width={px(rect.w)} height={px(rect.h)} rx="8" />
                <rect class="ring-focus" x={px(x - 2.0)} y={px(y - 2.0)} width={px(rect.w + 4.0)} height={px(rect.h + 4.0)} rx="10" />
            </g>
            { quick(row, &target) }
        </g>
    }
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// A process on a host that is off or frozen shares its fate.
fn shown_state(row: &Row) -> &'static str {
    match row.power {
        Power::Off => "dead",
        Power::Paused => "paused",
        _ => texts::state_id(row.process.state),
    }
}

/// Has the row a second line for its state?
pub fn is_tall(kind: HostKind, rect: &Rect) -> bool {
    kind == HostKind::Master && rect.h >= 42.0 && rect.w >= 100.0
}

/// The two long names without what all share.
fn short(name: &str) -> &str {
    match name {
        "kube-controller-manager" | "kube-scheduler" => name.trim_start_matches("kube-"),
        name => name,
    }
}

fn label(row: &Row, state: &str, role: Role) -> String {
    let mut label = format!("{} {} {}, {}", row.process.name, texts::ON_HOST, row.host, state.replace('-', " "));
    for extra in [texts::role(role), &*row.process.detail, if row.dead_holder { texts::CRASHED_HOLDER } else { "" }] {
        if !extra.is_empty() {
            label.push_str(", ");
            label.push_str(extra);
        }
    }
    label
}

/// What stands at the right end: leader with its crown, standby, a state that is not plain running, a detail.
fn status(row: &Row, state: &str, role: Role, tall: bool) -> Html {
    let rect = row.rect;
    let word = match (state, role) {
        ("running", Role::Leader | Role::Follower | Role::Candidate) if !row.process.detail.is_empty() => {
            format!("{} · {}", texts::role(role), row.process.detail)
        }
        ("running", Role::None) => row.process.detail.to_string(),
        ("running", role) => texts::role(role).to_owned(),
        _ if row.dead_holder => texts::CRASHED_HOLDER.to_owned(),
        (_, _) if row.power == Power::On => state.replace('-', " "),
        _ => String::new(),
    };
    let class = classes!("status", row.dead_holder.then_some("bad"));
    let ring = if row.process.candidate.is_some() && role == Role::Standby { RING_ROOM } else { 0.0 };
    let crown = |x: f64, y: f64| html! { <g class="crown">{ icon_at(Icon::Crown, x, y, 15.0) }</g> };
    if tall {
        let y = rect.cy() + 14.0;
        let x = rect.x + 24.0 + if role == Role::Leader { 19.0 } else { 0.0 };
        return html! {
            <>
                if role == Role::Leader { { crown(rect.x + 32.0, y - 4.0) } }
                <text {class} x={px(x)} y={px(y)}>{ format::fit(&word, rect.right() - x - 4.0, 10.6) }</text>
            </>
        };
    }
    let right = rect.right() - 11.0 - ring;
    let room = right - rect.x - 34.0 - format::width(short(&row.process.name), 12.0);
    let word = if format::width(&word, 11.0) + 20.0 > room && role != Role::None {
        texts::role(role).to_owned()
    } else {
        word
    };
    let word = if format::width(&word, 11.0) > room + 8.0 { String::new() } else { word };
    let width = format::width(&word, 11.0);
    html! {
        <>
            if role == Role::Leader { { crown(right - width - 11.0, rect.cy() - 0.5) } }
            <text class={classes!(class, "end")} x={px(right)} y={px(rect.cy() + 4.0)}>{ word }</text>
        </>
    }
}

/// Kills a running process or starts a stopped one, without the inspector. For the pointer only: keys do it too.
fn quick(row: &Row, target: &Name) -> Html {
    use crate::lab::view::ProcessState::{Dead, Paused, Stopped};
    if row.power != Power::On {
        return Html::default();
    }
    let (act, icon) = match row.process.state {
        Dead | Stopped => (Act::Start, Icon::Play),
        Paused => (Act::Resume, Icon::Play),
        _ => (Act::Kill, Icon::Skull),
    };
    let action = Action::Act(target.clone(), act);
    let onclick = row.dispatch.reform(move |_: MouseEvent| action.clone());
    let (x, y) = (row.rect.right(), row.rect.y + 2.0);
    let label = texts::act_on(act, target);
    html! {
        <g class={classes!("quick", (act == Act::Kill).then_some("danger"))} role="button" tabindex="-1" aria-label={label.clone()} {onclick}>
            <title>{ label }</title>
            <circle cx={px(x)} cy={px(y)} r="11" />
            { icon_at(icon, x, y, 13.0) }
        </g>
    }
}
