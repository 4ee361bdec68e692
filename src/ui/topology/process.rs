//! One process: a row of a card that can be selected, its state, its role, and a button to kill it at once.

use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::layout::{Card, Rect};
use super::signs::sign;
use crate::lab::narration::join;
use crate::lab::view::{HostKind, Name, Power, ProcessView, Role, Verb};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::widgets::format;
use crate::ui::widgets::icons::{Icon, icon_at};
use crate::ui::{texts, verbs};

/// A row: its process, and the state around it.
pub(crate) struct Row<'a> {
    pub(crate) host: &'a Name,
    pub(crate) card: Card,
    pub(crate) kind: HostKind,
    pub(crate) power: Power,
    pub(crate) process: &'a ProcessView,
    pub(crate) rect: Rect,
    pub(crate) selected: bool,
    pub(crate) chained: bool,
    /// Set if the record names this process's host as the holder although it does not act.
    pub(crate) dead_holder: bool,
    pub(crate) dispatch: &'a Dispatch,
}

/// Returns the callbacks that call `act` on a click, Enter or Space.
pub(crate) fn presses(act: Callback<()>) -> (Callback<MouseEvent>, Callback<KeyboardEvent>) {
    let by_key = act.clone();
    let key = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") && !event.repeat() {
            event.prevent_default();
            by_key.emit(());
        }
    });
    (act.reform(|_: MouseEvent| ()), key)
}

/// Width of a standby's ring at the right end of its row.
pub(crate) const RING_ROOM: f64 = 26.0;

pub(crate) fn row(row: &Row) -> Html {
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
    let shape = Shape::of(row.kind, row.card, rect);
    let (chip, tall) = (shape == Shape::Chip, shape == Shape::Tall);
    let class = classes!(
        "proc",
        chip.then_some("chip-row"),
        tall.then_some("tall"),
        (row.card == Card::Slim).then_some("slim-row"),
        leader.then_some("leads"),
        row.selected.then_some("selected"),
        row.chained.then_some("chained")
    );
    let label = label(row, state, role);
    let (x, y) = (rect.x, rect.y);
    let slim = row.card == Card::Slim;
    let name_y = if !tall {
        rect.cy() + 4.5
    } else if slim {
        rect.cy() - 2.0
    } else {
        rect.cy() - 4.0
    };
    let indent = if chip || slim {
        11.0
    } else if tall {
        13.0
    } else {
        15.0
    };
    let sign_x = x + indent;
    let name_x = sign_x + if chip || slim { 9.0 } else { indent - 2.0 };
    let shown = named(
        &process.name,
        rect.right() - name_x - 2.0,
        if slim || tall {
            12.4
        } else if chip {
            10.6
        } else {
            11.4
        },
    );
    let mark = match (state, role) {
        ("running", Role::Standby) => "standby",
        ("running", Role::Candidate) => "candidate",
        (state, _) => state,
    };
    html! {
        <g {class} data-state={state} key={&*process.name}>
            // The drawing and the button are separate: a button with text would be read twice.
            <g class="look" aria-hidden="true">
                <rect class="body" x={px(x)} y={px(y)} width={px(rect.w)} height={px(rect.h)} rx="8" />
                { sign(mark, sign_x, name_y - 4.2, if slim { 0.85 } else { 1.0 }) }
                <text class="name" x={px(name_x)} y={px(name_y)}>{ shown }</text>
                if !chip { { status(row, state, role, tall) } }
            </g>
            <g class="hit" role="button" tabindex="0" aria-label={label} aria-pressed={row.selected.to_string()}
                data-target={target.to_string()} data-state={state} data-role={texts::role_id(role)} {onclick} {onkeydown}>
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

/// Returns the state that is drawn. A process on a host that is off or frozen has the host's state.
fn shown_state(row: &Row) -> &'static str {
    match row.power {
        Power::Off => "dead",
        Power::Paused => "paused",
        _ => texts::state_id(row.process.state),
    }
}

/// The amount of detail that a row has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A sign and a name.
    Chip,
    /// A name, and its state at the right end.
    Line,
    /// A second line for its state.
    Tall,
}

impl Shape {
    pub(crate) fn of(kind: HostKind, card: Card, rect: &Rect) -> Self {
        if matches!(kind, HostKind::Worker | HostKind::LoadBalancer) {
            return Self::Chip;
        }
        match card {
            Card::Slim if rect.h < 27.0 => Self::Chip,
            Card::Slim => Self::Tall,
            _ if rect.w < 100.0 => Self::Chip,
            _ if kind == HostKind::Master && rect.h >= 42.0 => Self::Tall,
            _ => Self::Line,
        }
    }
}

/// Returns the longest of a process's names that fits `room` px at `size`. The two long ones drop their common prefix.
fn named(name: &str, room: f64, size: f64) -> String {
    let short: &[&str] = match name {
        "kube-controller-manager" => &["controller-manager", "controller-mgr", "ctrl-manager", "ctrl-mgr"],
        "kube-scheduler" => &["scheduler"],
        "kube-apiserver" => &["kube-apiserver", "apiserver"],
        _ => &[],
    };
    let fits = |name: &&&str| format::width(name, size) <= room;
    short
        .iter()
        .find(fits)
        .map_or_else(|| format::fit(short.last().unwrap_or(&name), room, size), |name| (*name).to_owned())
}

/// Returns the short form of a name, where names are not measured.
fn short(name: &str) -> &str {
    match name {
        "kube-controller-manager" | "kube-scheduler" => name.trim_start_matches("kube-"),
        name => name,
    }
}

fn label(row: &Row, state: &str, role: Role) -> String {
    let said = texts::state_word(state);
    let label = texts::PROCESS_ON.with(&[("process", &row.process.name), ("host", row.host), ("state", &said)]);
    let dead = if row.dead_holder { texts::CRASHED_HOLDER.get() } else { "" };
    join::remarks(&[&label, texts::role(role), &row.process.detail, dead])
}

/// Draws the status at the right end: leader with its crown, standby, a state other than running, or a detail.
fn status(row: &Row, state: &str, role: Role, tall: bool) -> Html {
    let rect = row.rect;
    let word = match (state, role) {
        ("running", Role::Leader | Role::Follower | Role::Candidate) if !row.process.detail.is_empty() => {
            format!("{} · {}", texts::role(role), row.process.detail)
        }
        ("running", Role::None) => row.process.detail.to_string(),
        ("running", role) => texts::role(role).to_owned(),
        _ if row.dead_holder => texts::CRASHED_HOLDER.to_string(),
        (_, _) if row.power == Power::On => texts::state_word(state),
        _ => String::new(),
    };
    let class = classes!("status", row.dead_holder.then_some("bad"));
    let ring = if row.process.candidate.is_some() && role == Role::Standby { RING_ROOM } else { 0.0 };
    let crown = |x: f64, y: f64| html! { <g class="crown">{ icon_at(Icon::Crown, x, y, 15.0) }</g> };
    if tall {
        let slim = row.card == Card::Slim;
        let left = rect.x + if slim { 20.0 } else { 24.0 };
        let y = rect.cy() + if slim { 10.5 } else { 14.0 };
        let x = left + if role == Role::Leader { 18.0 } else { 0.0 };
        let room = rect.right() - x - if slim { 3.0 } else { 4.0 } - if slim { ring } else { 0.0 };
        // Only the word if there is no room for its detail.
        let word = match word.split_once(" · ") {
            Some((first, _)) if format::width(&word, 10.6) > room => first.to_owned(),
            _ => word,
        };
        return html! {
            <>
                if role == Role::Leader { { crown(left + 7.0, y - 4.0) } }
                <text {class} x={px(x)} y={px(y)}>{ format::fit(&word, room, 10.6) }</text>
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

/// Draws the button that kills a running process or starts a stopped one. For the pointer only: there are keys for both.
fn quick(row: &Row, target: &Name) -> Html {
    use crate::lab::view::ProcessState::{Dead, Paused, Stopped};
    if row.power != Power::On {
        return Html::default();
    }
    let act = match row.process.state {
        Dead | Stopped => Verb::Start,
        Paused => Verb::Resume,
        _ => Verb::Kill,
    };
    let action = Action::Act(target.clone(), act);
    let onclick = row.dispatch.reform(move |_: MouseEvent| action.clone());
    let (x, y) = (row.rect.right(), row.rect.y + 2.0);
    let label = verbs::label_on(act, target);
    html! {
        <g class={classes!("quick", (act == Verb::Kill).then_some("danger"))} role="button" tabindex="-1" aria-label={label.clone()}
            data-act={act.name()} data-on={target.to_string()} {onclick}>
            <title>{ label }</title>
            <circle cx={px(x)} cy={px(y)} r="11" />
            { icon_at(verbs::icon(act), x, y, 13.0) }
        </g>
    }
}
