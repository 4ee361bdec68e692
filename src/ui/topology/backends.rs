//! The backends in a load balancer's card.

use yew::prelude::*;

use super::layout::Rect;
use super::signs::sign;
use crate::lab::narration::join;
use crate::lab::view::HostView;
use crate::ui::widgets::format;

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// Draws one chip per backend: its master, UP or DOWN.
pub(crate) fn backends(host: &HostView, room: Rect) -> Html {
    let n = host.backends.len().max(1) as f64;
    let gap = if room.w / n < 22.0 { 2.0 } else { 5.0 };
    let w = ((room.w + gap) / n - gap).min(84.0);
    if w < 7.0 {
        return counted(host, room);
    }
    let x0 = room.right() - n * (w + gap) + gap;
    let chips = host.backends.iter().enumerate().map(|(at, backend)| {
        let x = x0 + at as f64 * (w + gap);
        let word = if backend.up { "UP" } else { "DOWN" };
        let state = if backend.up { "running" } else { "dead" };
        let label = join::named(&backend.server, &join::remarks(&[word, &backend.last_check]));
        let short = backend.server.replace("master-", "m");
        let long = format!("{short} {word}");
        let bare = w < 14.0 + format::width(&short, 11.0);
        let text = if bare {
            String::new()
        } else if w >= 19.0 + format::width(&long, 11.0) {
            long
        } else {
            short
        };
        html! {
            <g class={classes!("backend", state)} key={&*backend.server} role="img" aria-label={label.clone()}
                data-backend={backend.server.to_string()} data-up={backend.up.to_string()}>
                <title>{ label }</title>
                <rect x={px(x)} y={px(room.y)} width={px(w)} height={px(room.h)} rx={if w < 12.0 { "3" } else { "6" }} />
                { sign(state, if bare { x + w / 2.0 } else { x + 7.5 }, room.cy(), if w < 12.0 { 0.55 } else { 0.75 }) }
                <text x={px(x + 13.0)} y={px(room.cy() + 4.0)}>{ text }</text>
            </g>
        }
    });
    html! { <g class="backends">{ for chips }</g> }
}

/// Draws the number of backends that are up, where there is no room for chips. The inspector lists them.
fn counted(host: &HostView, room: Rect) -> Html {
    let (up, all) = (host.backends.iter().filter(|backend| backend.up).count(), host.backends.len());
    let text = format!("{up}/{all}");
    let w = format::width(&text, 11.0) + 12.0;
    if room.w < w {
        return Html::default();
    }
    let x = room.right() - w;
    let state = if up == all { "running" } else { "dead" };
    html! {
        <g class={classes!("backend", state)} role="img" aria-label={text.clone()}>
            <rect x={px(x)} y={px(room.y)} width={px(w)} height={px(room.h)} rx="6" />
            <text x={px(x + 6.0)} y={px(room.cy() + 4.0)}>{ text }</text>
        </g>
    }
}
