//! The shape of each state, so that nothing depends on colour alone: disc, ring, triangle, bars, cross, square, question mark,
//! an open contact for a host that the network does not reach.

use yew::prelude::*;

/// Draws the sign of a state (as in `data-state`) with its middle at (x, y).
pub(crate) fn sign(state: &str, x: f64, y: f64, scale: f64) -> Html {
    let transform = format!("translate({x:.1} {y:.1}) scale({scale})");
    let shape = match state {
        "running" | "ready" => html! { <circle r="4" /> },
        "standby" => html! { <circle class="line" r="3.3" /> },
        "candidate" => html! { <><circle class="line" r="4" /><circle r="1.5" /></> },
        "unknown" => html! {
            <><path class="line" d="M-2.4-2.4a2.5 2.5 0 1 1 3.6 2.3C.3.4 0 .8 0 1.7" /><circle cy="4.4" r="1.1" /></>
        },
        "cut-off" => html! { <path class="line" d="M-5.4 0h3M2.4 0h3M-2.4-4.2v8.4M2.4-4.2v8.4" /> },
        "partly-cut" => html! { <path class="line" d="M-5.4 2.4h2.6L2.2-3M2.8 2.4h2.6" /> },
        "starting" => html! { <circle class="line turn" r="3.6" stroke-dasharray="5.6 2" /> },
        "paused" => html! { <path d="M-3.6-4.2h2.6v8.4h-2.6zM1-4.2h2.6v8.4H1z" /> },
        "stopped" | "pending" => html! { <path d="M-3.8-3.8h7.6v7.6h-7.6z" /> },
        "not-ready" | "terminating" => {
            html! { <><path d="M0-5 5 4.2H-5z" /><path class="bar" d="M0-1.8v2.6M0 2.3v.5" /></> }
        }
        _ => html! { <path class="line" d="M-3.6-3.6l7.2 7.2M3.6-3.6l-7.2 7.2" /> },
    };
    html! { <g class={classes!("sign", state.to_owned())} {transform}>{ shape }</g> }
}

/// Draws the marker of a class of messages, with its middle at the origin.
pub(crate) fn marker(class: crate::lab::view::MessageClass) -> Html {
    use crate::lab::view::MessageClass::{Api, App, HealthCheck, Lease, Raft, Watch};
    match class {
        Api => html! { <circle class="m api" r="4.6" /> },
        Raft => html! { <path class="m raft" d="M0-5.6 5.6 0 0 5.6-5.6 0z" /> },
        Lease => html! { <><circle class="m lease" r="5" /><circle class="m hole" r="2" /></> },
        HealthCheck => html! { <path class="m check" d="M-1.7-5h3.4v3.3H5v3.4H1.7V5h-3.4V1.7H-5v-3.4h3.3z" /> },
        Watch => html! { <circle class="m watch" r="3.1" /> },
        App => html! { <path class="m app" d="M0-5.4 5.2 4.2H-5.2z" /> },
    }
}

pub(crate) fn class_id(class: crate::lab::view::MessageClass) -> &'static str {
    use crate::lab::view::MessageClass::{Api, App, HealthCheck, Lease, Raft, Watch};
    match class {
        Api => "api",
        Raft => "raft",
        Lease => "lease",
        HealthCheck => "check",
        Watch => "watch",
        App => "app",
    }
}
