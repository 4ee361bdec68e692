//! Pods as cells: a shape for the state, and the name in the cell if it fits, otherwise beside the pointer or the focus. Also
//! the row of pods without a node.

use yew::prelude::*;

use super::layout::{Cells, Rect};
use super::process::presses;
use super::signs::sign;
use crate::lab::i18n::plural;
use crate::lab::narration::join;
use crate::lab::view::{HostView, Name, PodState, PodView, Power};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts;
use crate::ui::texts::topology as own;
use crate::ui::widgets::format;

fn px(value: f64) -> String {
    format!("{value:.1}")
}

fn pod_sign(state: PodState) -> &'static str {
    match state {
        PodState::Pending => "pending",
        PodState::Running => "starting",
        PodState::Ready => "running",
        PodState::Terminating => "terminating",
        PodState::Crashed => "dead",
    }
}

/// Returns the state that is drawn. A pod on a host that is off does not run, whatever the API says.
fn shown(pod: &PodView, off: bool) -> &'static str {
    if off { "dead" } else { pod_sign(pod.state) }
}

/// Returns the name of a pod in `data-target`, which also selects it.
pub(crate) fn target(pod: &PodView) -> Name {
    format!("pod/{}", pod.name).into()
}

/// A row of pods that can be pressed.
pub(crate) struct Pods<'a> {
    pub(crate) pods: &'a [PodView],
    /// The accessible name of the row.
    pub(crate) label: String,
    /// Their name as a group of parts, for the arrow keys.
    pub(crate) group: String,
    pub(crate) off: bool,
    pub(crate) room: Rect,
    pub(crate) selected: Option<&'a Name>,
    /// The one that is a stop of the Tab key.
    pub(crate) stop: Option<&'a Name>,
    pub(crate) dispatch: &'a Dispatch,
}

/// Draws cells side by side, with names where they fit.
pub(crate) fn pods(of: &Pods) -> Html {
    const NAMED: f64 = 60.0;
    let n = of.pods.len();
    let named = n > 0 && n as f64 * (NAMED + 4.0) <= of.room.w + 4.0;
    let cells = Cells::of(n, of.room, 12.0);
    let stop = of.pods.iter().position(|pod| Some(&target(pod)) == of.stop).unwrap_or(0);
    let one = |(at, pod): (usize, &PodView)| {
        let rect = if named {
            Rect { x: of.room.x + at as f64 * (NAMED + 4.0), w: NAMED, ..of.room }
        } else {
            cells.place(at)
        };
        let state = shown(pod, of.off);
        let target = target(pod);
        let label = own::TOPO_POD.with(&[("name", &pod.name), ("state", &texts::pod(pod.state))]);
        let select = of.dispatch.reform({
            let target = target.clone();
            move |()| Action::Select(Some(target.clone()))
        });
        let (onclick, onkeydown) = presses(select);
        let selected = of.selected == Some(&target);
        html! {
            <g class={classes!("pod", state, "hit", (!named).then_some("small"), selected.then_some("selected"))} key={&*pod.name} role="button"
                tabindex={if at == stop { "0" } else { "-1" }} aria-label={label} aria-pressed={selected.to_string()}
                data-item="true" data-target={target.to_string()} {onclick} {onkeydown}>
                if named {
                    <rect class="pod-body" x={px(rect.x)} y={px(rect.y)} width={px(rect.w)} height={px(rect.h)} rx="7" />
                    { sign(state, rect.x + 10.5, rect.cy(), 0.8) }
                    <text x={px(rect.x + 18.0)} y={px(rect.cy() + 4.0)}>{ format::pod_suffix(&pod.name).to_owned() }</text>
                } else {
                    <rect class="reach" x={px(rect.x - 1.0)} y={px(rect.y - 1.0)} width={px(rect.w + 2.0)} height={px(rect.h + 2.0)} />
                    <path class={classes!("cell", state)} d={shape(state, rect)} />
                }
                <rect class="ring-focus" x={px(rect.x - 1.5)} y={px(rect.y - 1.5)} width={px(rect.w + 3.0)} height={px(rect.h + 3.0)} rx={if named { "8" } else { "3" }} />
            </g>
        }
    };
    let drawn = if named { n } else { cells.shown };
    html! {
        <g class="pods" role="group" aria-label={of.label.clone()} data-rove={of.group.clone()}>
            { for of.pods.iter().take(drawn).enumerate().map(one) }
        </g>
    }
}

/// Draws the pods of a worker's card.
pub(crate) fn of_worker(
    host: &HostView,
    room: Rect,
    selected: Option<&Name>,
    stop: Option<&Name>,
    dispatch: &Dispatch,
) -> Html {
    if host.pods.is_empty() {
        return html! {
            <text class="empty" x={px(room.x)} y={px(room.cy() + 4.0)}>{ format::fit(&texts::PODS_EMPTY, room.w, 11.0) }</text>
        };
    }
    pods(&Pods {
        pods: &host.pods,
        label: own::TOPO_PODS_OF.with(&[("host", &host.name)]),
        group: rove_of(&host.name),
        off: host.power == Power::Off,
        room,
        selected,
        stop,
        dispatch,
    })
}

/// Returns the name of a worker's pods as a group of parts.
pub(crate) fn rove_of(host: &str) -> String {
    format!("pods of {host}")
}

/// Draws the cells of a tile. They are for the pointer only; the inspector lists them for the keyboard.
pub(crate) fn cells(host: &HostView, room: Rect, selected: Option<&Name>) -> Html {
    let cells = Cells::of(host.pods.len(), room, 10.0);
    let off = host.power == Power::Off;
    let one = |(at, pod): (usize, &PodView)| {
        let (state, target) = (shown(pod, off), target(pod));
        let chosen = (selected == Some(&target)).then_some("selected");
        html! { <path class={classes!("cell", state, chosen)} d={shape(state, cells.place(at))} data-target={target.to_string()} /> }
    };
    html! { <g class="pods cells" aria-hidden="true">{ for host.pods.iter().take(cells.shown).enumerate().map(one) }</g> }
}

/// Returns a cell's shape: full if ready, hollow if not yet, small if waiting, a triangle if terminating, a cross if it has
/// ended.
fn shape(state: &str, r: Rect) -> String {
    let (x, y, s) = (r.x, r.y, r.w);
    match state {
        "running" => format!("M{x:.1} {y:.1}h{s}v{s}h-{s}z"),
        "starting" => {
            let i = s - 1.4;
            format!("M{:.1} {:.1}h{i}v{i}h-{i}z", x + 0.7, y + 0.7)
        }
        "pending" => {
            let (i, q) = (s / 2.0, s / 4.0);
            format!("M{:.1} {:.1}h{i}v{i}h-{i}z", x + q, y + q)
        }
        "terminating" => format!("M{:.1} {y:.1}l{:.1} {s}h-{s}z", x + s / 2.0, s / 2.0),
        _ => {
            let i = s - 1.0;
            format!("M{:.1} {:.1}l{i} {i}m0-{i}l-{i} {i}", x + 0.5, y + 0.5)
        }
    }
}

/// The row of pods without a node.
#[derive(PartialEq)]
pub(crate) struct Waiting {
    pub(crate) pods: Vec<PodView>,
    pub(crate) at: Rect,
    pub(crate) selected: Option<Name>,
    pub(crate) stop: Option<Name>,
    pub(crate) dispatch: Dispatch,
}

/// Draws the row of pods without a node.
pub(crate) fn waiting(of: &Waiting) -> Html {
    let (at, n) = (of.at, of.pods.len());
    let count = plural(n as u64, format::count(n as u64), own::TOPO_WAITING_ONE, own::TOPO_WAITING_MANY);
    let long = join::named(&count, own::TOPO_WAITING_MEANS.get());
    let width = |text: &str| format::width(text, 11.5) + 36.0;
    let text = if width(&long) < at.w * 0.62 { long } else { count.clone() };
    let x = at.x + width(&text);
    let room = Rect { x, y: at.y + 5.0, w: (at.right() - 8.0 - x).max(20.0), h: at.h - 10.0 };
    html! {
        <g class="waiting" data-testid="waiting" data-count={n.to_string()}>
            <rect class="waiting-row" x={px(at.x)} y={px(at.y)} width={px(at.w)} height={px(at.h)} rx="8" />
            { sign("pending", at.x + 14.0, at.cy(), 0.9) }
            <text x={px(at.x + 25.0)} y={px(at.cy() + 4.0)}>{ text }</text>
            { pods(&Pods {
                pods: &of.pods,
                label: count,
                group: "waiting".to_owned(),
                off: false,
                room,
                selected: of.selected.as_ref(),
                stop: of.stop.as_ref(),
                dispatch: &of.dispatch,
            }) }
        </g>
    }
}
