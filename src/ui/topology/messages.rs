//! The layer that changes in every frame: messages on their way, and the rings of the standbys.

use std::rc::Rc;

use yew::prelude::*;

use super::in_flight::Pulse;
use super::layout::Card;
use super::layout::Layout;
use super::links::Shared;
use super::process::Shape;
use super::routes::route;
use super::signs::{class_id, marker};
use crate::lab::view::{MessageClass, Power, Role, View};
use crate::ui::widgets::format;

#[derive(PartialEq)]
pub(crate) struct MessagesProps {
    pub(crate) layout: Shared<Layout>,
    pub(crate) pulses: Vec<Pulse>,
    pub(crate) wall_ms: f64,
    pub(crate) hidden: Rc<Vec<MessageClass>>,
    /// Set for reduced motion: messages light up in the middle of their way instead of moving.
    pub(crate) still: bool,
}

pub(crate) fn messages(props: &MessagesProps) -> Html {
    let now = props.wall_ms;
    let dots = props.pulses.iter().filter(|pulse| !props.hidden.contains(&pulse.class)).filter_map(|pulse| {
        let place = pulse.place(now)?;
        let way = route(&props.layout.0, &pulse.from, &pulse.to)?;
        let (x, y) = way.at(if props.still { 0.5 } else { ease(place) });
        let key = pulse.id.to_string();
        let transform = format!("translate({x:.1} {y:.1})");
        if pulse.failed(now) {
            return Some(html! {
                <g {key} class="lost" {transform}><circle r="7" /><path d="M-3-3l6 6M3-3l-6 6" /></g>
            });
        }
        Some(html! { <g {key} class="dot" {transform}>{ marker(pulse.class) }</g> })
    });
    let lit = props.pulses.iter().filter(|pulse| props.still && pulse.fraction(now).is_some()).filter_map(|pulse| {
        let way = route(&props.layout.0, &pulse.from, &pulse.to)?;
        Some(html! { <path key={format!("w{}", pulse.id)} class={classes!("lit", class_id(pulse.class))} d={way.d(11.0)} /> })
    });
    html! { <g class="messages" aria-hidden="true">{ for lit }{ for dots }</g> }
}

/// Eases the start and the end of a motion.
fn ease(t: f64) -> f64 {
    t * t * (3.0 - 2.0 * t)
}

#[derive(PartialEq)]
pub(crate) struct RingsProps {
    /// One ring per standby: its place, the rest of the lease (1/200), and the seconds as text.
    pub(crate) rings: Vec<Ring>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ring {
    pub(crate) target: String,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) left: u32,
    pub(crate) seconds: String,
    /// The place of the seconds. `None` if there is no room for them.
    pub(crate) text: Option<(f64, f64)>,
}

const PARTS: f64 = 200.0;

/// Returns the rings of all standbys at this moment, in steps small enough to look smooth.
pub(crate) fn rings(view: &View, layout: &Layout) -> Vec<Ring> {
    let mut rings = vec![];
    for host in view.hosts.iter().filter(|host| host.power == Power::On) {
        let Some(at) = layout.hosts.get(&host.name) else { continue };
        for process in &host.processes {
            let (Some(candidate), Some(row)) = (&process.candidate, at.rows.get(&process.name)) else { continue };
            if process.role != Role::Standby {
                continue;
            }
            let Some(free) = candidate.free_us else { continue };
            let left_us = free.saturating_sub(view.now_us);
            let whole = view.lease(&candidate.lease).map_or(15, |lease| lease.lease_duration_seconds.max(1));
            let part = (left_us as f64 / (f64::from(whole) * 1e6)).min(1.0);
            let tall = Shape::of(host.kind, at.card, row) == Shape::Tall;
            let slim = at.card == Card::Slim;
            let roomy = row.w >= if tall { 158.0 } else { 290.0 };
            let (x, y) = if slim {
                (row.right() - 12.0, row.cy() + 6.0)
            } else {
                (row.right() - 19.0, row.cy() + if tall { 11.5 } else { 0.0 })
            };
            let text = roomy.then_some(if tall {
                (row.right() - 33.0, row.cy() + 14.0)
            } else {
                (row.right() - 96.0, row.cy() + 4.0)
            });
            rings.push(Ring {
                target: format!("{}/{}", host.name, process.name),
                x,
                y,
                left: (part * PARTS).round() as u32,
                seconds: format::seconds(left_us),
                text,
            });
        }
    }
    rings
}

pub(crate) fn draw_rings(props: &RingsProps) -> Html {
    const R: f64 = 7.5;
    let whole = 2.0 * std::f64::consts::PI * R;
    let one = |ring: &Ring| {
        let arc = format!("{:.2} {whole:.2}", whole * f64::from(ring.left) / PARTS);
        let transform = format!("translate({:.1} {:.1}) rotate(-90)", ring.x, ring.y);
        html! {
            <g key={ring.target.clone()} class={classes!("patience", (ring.left == 0).then_some("over"))}>
                <circle class="ground" cx={format!("{:.1}", ring.x)} cy={format!("{:.1}", ring.y)} r="7.5" />
                <circle class="left" r="7.5" stroke-dasharray={arc} {transform} />
                if let Some((x, y)) = ring.text {
                    <text x={format!("{x:.1}")} y={format!("{y:.1}")}>{ ring.seconds.clone() }</text>
                }
            </g>
        }
    };
    html! { <g class="rings" aria-hidden="true">{ for props.rings.iter().map(one) }</g> }
}
