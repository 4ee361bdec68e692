//! The stage: measures itself, lays the cluster out and stacks the layers, those that rarely change below those that
//! change with each frame.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::host;
use super::layout::{Layout, Shape, layout};
use super::legend;
use super::links::{self, Shared};
use super::messages::{MessagesProps, RingsProps, draw_rings, messages, rings};
use crate::lab::view::{HostView, MessageClass, Name, Power, View};
use crate::ui::app::Dispatch;
use crate::ui::lazy::{lazy, lazy_keyed};
use crate::ui::pulses::Pulse;
use crate::ui::{browser, texts};

#[derive(Properties, PartialEq)]
pub struct Props {
    pub view: Rc<View>,
    pub pulses: Vec<Pulse>,
    pub wall_ms: f64,
    pub hidden: Rc<Vec<MessageClass>>,
    pub selected: Option<Name>,
    pub chain: Rc<Vec<Name>>,
    pub hinted: Option<Name>,
    pub still: bool,
    pub dispatch: Dispatch,
}

#[hook]
fn use_size(node: &NodeRef) -> (f64, f64) {
    let size = use_state(|| (0.0, 0.0));
    let set = size.setter();
    use_effect_with(node.clone(), move |node| {
        let element = node.cast::<Element>();
        let watched = element.clone();
        let closure: Closure<dyn Fn()> = Closure::new(move || {
            let now = watched.as_ref().map(browser::size_of).unwrap_or_default();
            if now.0 > 0.0 {
                set.set(now);
            }
        });
        let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok();
        if let (Some(observer), Some(element)) = (&observer, &element) {
            observer.observe(element);
        }
        move || {
            observer.iter().for_each(ResizeObserver::disconnect);
            drop(closure);
        }
    });
    *size
}

#[component]
pub fn Stage(props: &Props) -> Html {
    let node = use_node_ref();
    let size = use_size(&node);
    let view = &props.view;
    let shape = Shape::of(view);
    let placed = use_memo((shape, size.0 as i64, size.1 as i64), |(shape, w, h)| {
        (Rc::new(shape.clone()), Shared(Rc::new(layout(shape, (*w as f64).max(300.0), *h as f64))))
    });
    let (shape, at) = (&placed.0, &placed.1);
    let drawing = if size.0 > 0.0 { drawing(props, shape, at) } else { Html::default() };
    let (hidden, dispatch) = (props.hidden.clone(), props.dispatch.clone());
    let legend = legend::Props { hidden, unscheduled: view.unscheduled.len(), dispatch };
    html! {
        <section class="stage" aria-label={texts::TOPOLOGY}>
            <div class="canvas" ref={node}>{ drawing }</div>
            { lazy(legend, legend::legend) }
        </section>
    }
}

fn drawing(props: &Props, shape: &Rc<Shape>, at: &Shared<Layout>) -> Html {
    let view = &props.view;
    let off = view.hosts.iter().filter(|host| host.power == Power::Off).map(|host| host.name.clone()).collect();
    let (w, h) = (format!("{:.0}", at.0.w), format!("{:.0}", at.0.h));
    let size = format!("0 0 {w} {h}");
    let (hidden, broken) = (props.hidden.clone(), view.links.clone());
    let lines = links::Props { layout: at.clone(), shape: shape.clone(), off, broken, hidden: hidden.clone() };
    let moving = MessagesProps {
        layout: at.clone(),
        pulses: props.pulses.clone(),
        wall_ms: props.wall_ms,
        hidden,
        still: props.still,
    };
    // Two drawings, one over the other: what moves with every frame does not have what stands still painted anew.
    html! {
        <>
            <svg class="topology" width={w.clone()} height={h.clone()} viewBox={size.clone()} role="group" aria-label={texts::TOPOLOGY}>
                { hatch() }
                { lazy(lines, links::draw) }
                { for view.hosts.iter().map(|host| card(props, host, &at.0)) }
            </svg>
            <svg class="topology moving" width={w} height={h} viewBox={size} aria-hidden="true">
                { lazy(RingsProps { rings: rings(view, &at.0) }, draw_rings) }
                { messages(&moving) }
            </svg>
        </>
    }
}

/// The pattern of what is dead.
fn hatch() -> Html {
    html! {
        <defs>
            <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="hatch-ground" width="7" height="7" /><line class="hatch-line" x1="0" y1="0" x2="0" y2="7" />
            </pattern>
        </defs>
    }
}

fn card(props: &Props, host: &HostView, layout: &Layout) -> Html {
    let Some(at) = layout.hosts.get(&host.name) else { return Html::default() };
    let mine = |target: &&Name| target.split('/').next() == Some(&*host.name);
    let leases =
        props.view.leases.iter().filter(|lease| !lease.holder_acts && lease.holder.as_ref() == Some(&host.name));
    let down = matches!(host.power, Power::Off | Power::Paused);
    let down_s = if down { props.view.now_us.saturating_sub(host.since_us) / 1_000_000 } else { 0 };
    let card = host::Props {
        host: host.clone(),
        at: at.clone(),
        down_s,
        selected: props.selected.as_ref().filter(mine).cloned(),
        chained: props.chain.iter().filter(mine).cloned().collect(),
        dead_holder_of: leases.map(|lease| lease.name.clone()).collect(),
        hinted: props.hinted.as_ref() == Some(&host.name),
        dispatch: props.dispatch.clone(),
    };
    lazy_keyed(&host.name, card, host::card)
}
