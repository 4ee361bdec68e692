//! The lines between components, their state, and the part of each that a press cuts or repairs. All lines of a class in
//! the same state are one path: a hundred workers' links are one trunk with drops.

use std::rc::Rc;

use yew::prelude::*;

use super::cables::{Cable, Cables, Wire, Wires};
use super::routes::Point;
use super::signs::class_id;
use super::state::{Panel, StageAct};
use crate::lab::forms::FormAct;
use crate::lab::view::{LinkView, MessageClass, Name};
use crate::sim::map::Map;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::widgets::format;
use crate::ui::{browser, texts};

#[derive(Clone)]
pub(crate) struct Shared<T>(pub(crate) Rc<T>);

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The id of a click on a cable as a form.
pub(crate) const FORM: &str = "cable";
/// The most distance of a press from a cable, CSS px: by mouse, by touch.
const REACH: (f64, f64) = (7.0, 14.0);
/// The most links whose state is written beside them.
const MOST_LABELS: usize = 8;

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) cables: Shared<Cables>,
    /// Hosts that are off.
    pub(crate) off: Vec<Name>,
    pub(crate) broken: Vec<LinkView>,
    pub(crate) hidden: Rc<Vec<MessageClass>>,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn draw(props: &Props) -> Html {
    let wires = Wires::of(&props.broken, &props.off);
    let cables = &props.cables.0;
    // Working links are drawn over broken ones, so that a shared stretch looks alive.
    let mut paths: Map<(u8, &'static str, MessageClass), String> = Map::new();
    for (class, way) in &cables.plain {
        paths.entry((2, "up", *class)).or_default().push_str(&way.d(11.0));
    }
    for cable in &cables.all {
        let wire = wires.state(&cable.pair);
        let rank = match wire {
            Wire::Up => 2,
            Wire::Slow { .. } => 3,
            _ => 1,
        };
        for (class, way) in &cable.ways {
            paths.entry((rank, wire.id(), *class)).or_default().push_str(&way.d(11.0));
        }
    }
    let dim = |class: MessageClass| props.hidden.contains(&class).then_some("dim");
    let lines = paths.iter().map(|((_, state, class), d)| {
        let key = format!("{state} {}", class_id(*class));
        html! { <path {key} class={classes!("link", class_id(*class), *state, dim(*class))} d={d.clone()} /> }
    });
    html! {
        <g class="links" aria-hidden="true">
            { for lines }
            { hit(props) }
        </g>
    }
}

/// The marks on cables with a fault, over everything else.
#[derive(PartialEq)]
pub(crate) struct Marks {
    pub(crate) cables: Shared<Cables>,
    pub(crate) broken: Vec<LinkView>,
}

pub(crate) fn marks(props: &Marks) -> Html {
    let wires = Wires::of(&props.broken, &[]);
    let cables = props.cables.0.all.iter().filter(|_| !props.broken.is_empty());
    let all: Vec<_> = cables.filter_map(|cable| mark(cable, &wires.state(&cable.pair))).collect();
    let few = all.iter().filter(|(_, words)| *words).count() <= MOST_LABELS;
    html! { <g class="marks">{ for all.into_iter().filter(|(_, words)| few || !words).map(|(mark, _)| mark) }</g> }
}

/// Draws the arrow head of a cable that is open one way, or the text beside a slow one. Returns whether it is text.
fn mark(cable: &Cable, wire: &Wire) -> Option<(Html, bool)> {
    let ((x, y), end) = cable.mark;
    match wire {
        Wire::OneWay { to, .. } => {
            // Towards the end that still receives something.
            let (dx, dy) = (end.0 - x, end.1 - y);
            let mut turn = dy.atan2(dx).to_degrees();
            // Routes go from the first host of the pair to the second.
            if cable.pair.1 != *to {
                turn += 180.0;
            }
            let transform = format!("translate({x:.1} {y:.1}) rotate({turn:.0})");
            Some((html! { <path class="arrow" d="M-6-6 7 0-6 6-2.5 0z" {transform} /> }, false))
        }
        Wire::Slow { latency_us, loss_ppm } => {
            let text = texts::topology::slow(*latency_us, *loss_ppm);
            let width = format::width(&text, 10.5) + 8.0;
            let html = html! {
                <g class="wire-label">
                    <rect x={format!("{:.1}", x - width / 2.0)} y={format!("{:.1}", y - 8.0)} width={format!("{width:.1}")} height="16" rx="5" />
                    <text x={format!("{x:.1}")} y={format!("{:.1}", y + 3.8)}>{ text }</text>
                </g>
            };
            Some((html, true))
        }
        _ => None,
    }
}

/// Draws one wide line under all cables, which takes the pointer. The cable is computed from the position.
fn hit(props: &Props) -> Html {
    let d: String = props.cables.0.all.iter().flat_map(|cable| &cable.ways).map(|(_, way)| way.d(0.0)).collect();
    let (cables, wires) = (props.cables.clone(), Shared(Rc::new(Wires::of(&props.broken, &props.off))));
    let pressed = cables.clone();
    let onclick = props.dispatch.reform(move |event: MouseEvent| press(&pressed.0, &wires.0, &event));
    let onmousemove = props.dispatch.reform(move |event: MouseEvent| {
        let (under, (x, y)) = under(&cables.0, &event);
        Action::Stage(StageAct::Light(
            under.iter().map(|cable| cable.pair.clone()).collect(),
            Some((x as i32, y as i32)),
        ))
    });
    let onmouseout = props.dispatch.reform(|_: MouseEvent| Action::Stage(StageAct::Light(vec![], None)));
    html! { <path class="cable-hit" data-testid="cables-hit" {d} {onclick} {onmousemove} {onmouseout} /> }
}

fn under<'a>(cables: &'a Cables, event: &MouseEvent) -> (Vec<&'a Cable>, Point) {
    let p = browser::point_on(event, ".canvas");
    let reach = if browser::matches("(pointer: coarse)") { REACH.1 } else { REACH.0 };
    (cables.at(p, reach), p)
}

/// Cuts or repairs the cable under the pointer, or asks which if there are several.
fn press(cables: &Cables, wires: &Wires, event: &MouseEvent) -> Action {
    let (under, (x, y)) = under(cables, event);
    match &under[..] {
        [] => Action::Stage(StageAct::Light(vec![], None)),
        [one] => toggle(one, &wires.state(&one.pair)),
        more => {
            let pairs = Rc::new(more.iter().map(|cable| cable.pair.clone()).collect());
            Action::Stage(StageAct::Open(Some(Panel::Stretch { pairs, x: x as i32, y: y as i32 })))
        }
    }
}

/// Returns the action of a press on a cable.
pub(crate) fn toggle(cable: &Cable, wire: &Wire) -> Action {
    let act = if wire.is_cut() { FormAct::Heal } else { FormAct::CutBoth };
    Action::Do(FORM, cable.pair.0.clone(), act, vec![cable.pair.1.clone()])
}
