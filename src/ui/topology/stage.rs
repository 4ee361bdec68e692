//! The stage: measures itself, lays the cluster out and stacks the layers, those that rarely change below those that
//! change with each frame.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

use super::host::HostCard;
use super::layout::{Layout, Shape, layout};
use super::legend::Legend;
use super::links::{Links, Shared};
use super::messages::{Messages, Rings, rings};
use crate::lab::view::{HostView, MessageClass, Name, Power, View};
use crate::ui::app::Dispatch;
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
    html! {
        <section class="stage" aria-label={texts::TOPOLOGY}>
            <div class="canvas" ref={node}>{ drawing }</div>
            <Legend hidden={props.hidden.clone()} unscheduled={view.unscheduled.len()} dispatch={props.dispatch.clone()} />
        </section>
    }
}

fn drawing(props: &Props, shape: &Rc<Shape>, at: &Shared<Layout>) -> Html {
    let view = &props.view;
    let off =
        view.hosts.iter().filter(|host| host.power == Power::Off).map(|host| host.name.clone()).collect::<Vec<_>>();
    let (w, h) = (format!("{:.0}", at.0.w), format!("{:.0}", at.0.h));
    html! {
        <svg class="topology" width={w.clone()} height={h.clone()} viewBox={format!("0 0 {w} {h}")} role="group" aria-label={texts::TOPOLOGY}>
            { hatch() }
            <Links layout={at.clone()} shape={shape.clone()} {off} broken={view.links.clone()} hidden={props.hidden.clone()} />
            { for view.hosts.iter().map(|host| card(props, host, &at.0)) }
            <Rings layout={at.clone()} rings={rings(view, &at.0)} />
            <Messages layout={at.clone()} pulses={props.pulses.clone()} wall_ms={props.wall_ms}
                hidden={props.hidden.clone()} still={props.still} />
        </svg>
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
    html! {
        <HostCard key={&*host.name} host={host.clone()} at={at.clone()} {down_s}
            selected={props.selected.as_ref().filter(mine).cloned()}
            chained={props.chain.iter().filter(mine).cloned().collect::<Vec<_>>()}
            dead_holder_of={leases.map(|lease| lease.name.clone()).collect::<Vec<_>>()}
            hinted={props.hinted.as_ref() == Some(&host.name)} dispatch={props.dispatch.clone()} />
    }
}
