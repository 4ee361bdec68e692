//! What stands in a worker besides its processes, its pods; and in a load balancer, its backends.

use yew::prelude::*;

use super::layout::Rect;
use super::signs::sign;
use crate::lab::view::{HostView, PodState, Power};
use crate::ui::{format, texts};

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

/// Cells side by side, in as many lines as they need.
pub fn pods(host: &HostView, room: Rect) -> Html {
    let n = host.pods.len();
    if n == 0 {
        return html! {
            <text class="empty" x={px(room.x)} y={px(room.cy() + 4.0)}>{ format::fit(texts::PODS_EMPTY, room.w, 11.0) }</text>
        };
    }
    let full = 60.0;
    let named = n as f64 * (full + 4.0) <= room.w + 4.0;
    let w = if named { full } else { ((room.w + 3.0) / n as f64 - 3.0).clamp(8.0, 20.0) };
    let gap = if named { 4.0 } else { 3.0 };
    let per_line = ((room.w + gap) / (w + gap)).floor().max(1.0) as usize;
    let lines = n.div_ceil(per_line);
    let h = (room.h + gap) / lines as f64 - gap;
    let cells = host.pods.iter().enumerate().map(|(at, pod)| {
        let (x, y) = (room.x + (at % per_line) as f64 * (w + gap), room.y + (at / per_line) as f64 * (h + gap));
        // A pod on a host that is off does not run, whatever the API still believes.
        let state = if host.power == Power::Off { "dead" } else { pod_sign(pod.state) };
        let label = format!("{}: {}", pod.name, texts::pod(pod.state));
        html! {
            <g class={classes!("pod", state)} key={&*pod.name} role="img" aria-label={label.clone()}>
                <title>{ label }</title>
                <rect x={px(x)} y={px(y)} width={px(w)} height={px(h)} rx={if named { "7" } else { "4" }} />
                if named {
                    { sign(state, x + 10.5, y + h / 2.0, 0.8) }
                    <text x={px(x + 18.0)} y={px(y + h / 2.0 + 4.0)}>{ format::pod_suffix(&pod.name).to_owned() }</text>
                } else {
                    { sign(state, x + w / 2.0, y + h / 2.0, 0.8) }
                }
            </g>
        }
    });
    html! { <g class="pods">{ for cells }</g> }
}

/// One chip per backend: which master, UP or DOWN.
pub fn backends(host: &HostView, room: Rect) -> Html {
    let n = host.backends.len().max(1) as f64;
    let w = ((room.w + 5.0) / n - 5.0).min(84.0);
    if w < 12.0 {
        return Html::default(); // no room: the inspector lists them
    }
    let x0 = room.right() - n * (w + 5.0) + 5.0;
    let chips = host.backends.iter().enumerate().map(|(at, backend)| {
        let x = x0 + at as f64 * (w + 5.0);
        let word = if backend.up { "UP" } else { "DOWN" };
        let state = if backend.up { "running" } else { "dead" };
        let label = format!("{}: {word}, {}", backend.server, backend.last_check);
        let short = backend.server.replace("master-", "m");
        let long = format!("{short} {word}");
        let text = if w >= 19.0 + format::width(&long, 11.0) { long } else { short };
        html! {
            <g class={classes!("backend", state)} key={&*backend.server} role="img" aria-label={label.clone()}
                data-backend={backend.server.to_string()} data-up={backend.up.to_string()}>
                <title>{ label }</title>
                <rect x={px(x)} y={px(room.y)} width={px(w)} height={px(room.h)} rx="6" />
                { sign(state, x + 9.0, room.cy(), 0.75) }
                <text x={px(x + 15.0)} y={px(room.cy() + 4.0)}>{ text }</text>
            </g>
        }
    });
    html! { <g class="backends">{ for chips }</g> }
}
