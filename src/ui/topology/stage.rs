//! The stage: measures itself, lays the cluster out and stacks the layers, with those that change in each frame on top.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::cables::{Cables, Reach, reach};
use super::in_flight::Pulse;
use super::layout::{Layout, Shape, Workers, layout};
use super::links::{self, Shared};
use super::messages::{MessagesProps, RingsProps, draw_rings, messages, rings};
use super::overlay::{self, Chain, Lit};
use super::state::{Panel, StageAct, StageState, Tip, TipOf};
use super::{cable_list, groups, host, legend, pods, rove, tiles};
use crate::lab::view::{HostKind, HostView, LinkView, MessageClass, Name, Power, View};
use crate::sim::map::Map;
use crate::ui::browser::size::use_size;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::widgets::memo::{lazy, lazy_keyed};
use crate::ui::{browser, texts};

#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) view: Rc<View>,
    pub(crate) pulses: Vec<Pulse>,
    pub(crate) wall_ms: f64,
    pub(crate) hidden: Rc<Vec<MessageClass>>,
    pub(crate) selected: Option<Name>,
    pub(crate) chain: Rc<Vec<Name>>,
    pub(crate) hinted: Option<Name>,
    pub(crate) still: bool,
    pub(crate) stage: Rc<StageState>,
    /// Why a cable could not be cut or repaired. `None` if none was refused.
    pub(crate) refused: Option<Name>,
    pub(crate) dispatch: Dispatch,
}

/// Positions of all parts. Recomputed only for another cluster or another size.
struct Placed {
    layout: Shared<Layout>,
    cables: Shared<Cables>,
    hosts: Rc<Vec<Name>>,
}

/// A pod that has waited for less than this needs no row, as the scheduler is about to bind it, µs.
const WAITS_US: u64 = 1_000_000;

#[component]
pub(crate) fn Stage(props: &Props) -> Html {
    let node = use_node_ref();
    let size = use_size(&node);
    let view = &props.view;
    let waiting = view.unscheduled.iter().any(|pod| view.now_us.saturating_sub(pod.since_us) >= WAITS_US);
    // The set of hosts depends on the setup alone.
    let key = (view.setup.clone(), view.hosts.len(), waiting, size.0 as i64, size.1 as i64);
    let placed = use_memo(key, |(_, _, waiting, w, h)| {
        let shape = Shape::of(view, *waiting);
        let layout = layout(&shape, (*w as f64).max(300.0), *h as f64);
        let cables = Shared(Rc::new(Cables::of(&shape, &layout)));
        let hosts = if matches!(layout.workers, Workers::Groups(_)) { HostKind::Worker } else { HostKind::Laptop };
        let listed = shape.hosts.iter().filter(|host| host.kind != hosts || hosts == HostKind::Laptop);
        let hosts = Rc::new(listed.map(|host| host.name.clone()).collect());
        Placed { layout: Shared(Rc::new(layout)), cables, hosts }
    });
    let reached = use_memo((view.links.clone(), placed.cables.clone()), |(links, cables)| reach(links, &cables.0));
    let drawing = if size.0 > 0.0 {
        Drawing { props, placed: &placed, reach: &reached, off: off(view), broken: &view.links }.draw()
    } else {
        Html::default()
    };
    let (hidden, dispatch) = (props.hidden.clone(), props.dispatch.clone());
    let legend = legend::Props { hidden, cables_open: props.stage.panel == Some(Panel::Cables), dispatch };
    let panel = if size.0 > 0.0 { aside(props, &placed, &reached) } else { Html::default() };
    let (onfocusin, onmouseover) = (focused(&props.dispatch), pointed(&props.dispatch));
    html! {
        <section class="stage" aria-label={texts::TOPOLOGY} onkeydown={Callback::from(walk)} {onfocusin} {onmouseover}
            onmouseleave={props.dispatch.reform(|_: MouseEvent| Action::Stage(StageAct::Point(None)))}>
            <div class="canvas" ref={node}>{ drawing }</div>
            { panel }
            { lazy(legend, legend::legend) }
        </section>
    }
}

fn off(view: &View) -> Vec<Name> {
    view.hosts.iter().filter(|host| host.power == Power::Off).map(|host| host.name.clone()).collect()
}

/// Handles arrow keys within a group of parts.
fn walk(event: KeyboardEvent) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let (Ok(Some(part)), Ok(Some(group))) = (target.closest("[data-item]"), target.closest("[data-rove]")) else {
        return;
    };
    let parts = browser::parts_of(&group);
    let places: Vec<_> = parts.iter().map(browser::rect_of).collect();
    let Some(at) = parts.iter().position(|other| *other == part) else { return };
    if let Some(next) = rove::next(&places, at, &event.key()) {
        event.prevent_default();
        browser::focus(parts.get(next));
    }
}

/// Returns the callback for the focus on a part of a group, which may be a pod.
fn focused(dispatch: &Dispatch) -> Callback<FocusEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |event: FocusEvent| {
        let target = browser::target_of(&event);
        if let (Some(target), Some(group)) = (&target, browser::group_of(&event)) {
            dispatch.emit(Action::Stage(StageAct::Rove(group, target.clone())));
        }
        dispatch.emit(Action::Stage(StageAct::Point(pod_tip(&event))));
    })
}

/// Returns the callback for the pointer on or off a pod.
fn pointed(dispatch: &Dispatch) -> Callback<MouseEvent> {
    dispatch.reform(|event: MouseEvent| Action::Stage(StageAct::Point(pod_tip(&event))))
}

fn pod_tip(event: &web_sys::Event) -> Option<Tip> {
    let target = browser::target_of(event)?;
    let name = target.strip_prefix("pod/")?;
    let (x, y, _, h) = browser::place_of_target(event, ".canvas")?;
    Some(Tip { of: TipOf::Pod(name.into()), x: x as i32 - 6, y: (y + h) as i32 - 8 })
}

/// The drawing of one frame.
struct Drawing<'a> {
    props: &'a Props,
    placed: &'a Placed,
    reach: &'a Map<Name, Reach>,
    off: Vec<Name>,
    broken: &'a [LinkView],
}

impl Drawing<'_> {
    fn draw(&self) -> Html {
        let (props, view, at) = (self.props, &self.props.view, &self.placed.layout);
        let (w, h) = (format!("{:.0}", at.0.w), format!("{:.0}", at.0.h));
        let size = format!("0 0 {w} {h}");
        let lines = links::Props {
            cables: self.placed.cables.clone(),
            off: self.off.clone(),
            broken: self.broken.to_vec(),
            hidden: props.hidden.clone(),
            dispatch: props.dispatch.clone(),
        };
        let moving = MessagesProps {
            layout: at.clone(),
            pulses: props.pulses.clone(),
            wall_ms: props.wall_ms,
            hidden: props.hidden.clone(),
            still: props.still,
        };
        let marks = links::Marks { cables: self.placed.cables.clone(), broken: self.broken.to_vec() };
        let lit = Lit { cables: self.placed.cables.clone(), lit: props.stage.lit.clone() };
        let chain = Chain { layout: at.clone(), targets: props.chain.clone() };
        // Two drawings, one over the other, so that what moves in every frame does not cause a repaint of what stands still.
        html! {
            <>
                <svg class="topology" width={w.clone()} height={h.clone()} viewBox={size.clone()} role="group" aria-label={texts::TOPOLOGY}>
                    { hatch() }
                    { lazy(lines, links::draw) }
                    { for view.hosts.iter().filter(|host| host.kind != HostKind::Worker).map(|host| self.card(host)) }
                    { self.waiting() }
                    { self.workers() }
                </svg>
                <svg class="topology moving" width={w} height={h} viewBox={size} aria-hidden="true">
                    { lazy(marks, links::marks) }
                    { lazy(lit, overlay::lit) }
                    { lazy(chain, overlay::chain) }
                    { lazy(RingsProps { rings: rings(view, &at.0) }, draw_rings) }
                    { messages(&moving) }
                </svg>
                { self.tip() }
                { self.stretch() }
            </>
        }
    }

    fn card(&self, host: &Rc<HostView>) -> Html {
        let props = self.props;
        let Some(at) = self.placed.layout.0.hosts.get(&host.name) else { return Html::default() };
        let mine = |target: &&Name| match target.split_once('/') {
            Some(("pod", name)) => host.pods.iter().any(|pod| &*pod.name == name),
            Some((own, _)) => *own == *host.name,
            None => **target == host.name,
        };
        let leases = props.view.leases.iter();
        let leases = leases.filter(|lease| !lease.holder_acts && lease.holder.as_ref() == Some(&host.name));
        let down = matches!(host.power, Power::Off | Power::Paused);
        let down_s = if down { props.view.now_us.saturating_sub(host.since_us) / 1_000_000 } else { 0 };
        let stop = if host.pods.is_empty() { None } else { props.stage.rove.get(&*pods::rove_of(&host.name)).cloned() };
        let card = host::Props {
            host: host.clone(),
            at: at.clone(),
            reach: self.reach_of(&host.name),
            down_s,
            selected: props.selected.as_ref().filter(mine).cloned(),
            chained: props.chain.iter().filter(mine).cloned().collect(),
            dead_holder_of: leases.map(|lease| lease.name.clone()).collect(),
            hinted: props.hinted.as_ref() == Some(&host.name),
            stop,
            dispatch: props.dispatch.clone(),
        };
        lazy_keyed(&host.name, card, host::card)
    }

    fn reach_of(&self, host: &str) -> Reach {
        if self.reach.is_empty() { Reach::Whole } else { self.reach.get(host).copied().unwrap_or_default() }
    }

    /// Draws the row of pods without a node.
    fn waiting(&self) -> Html {
        let Some(at) = self.placed.layout.0.waiting else { return Html::default() };
        let props = self.props;
        lazy(
            pods::Waiting {
                pods: props.view.unscheduled.clone(),
                at,
                selected: props.selected.clone().filter(|target| target.starts_with("pod/")),
                stop: props.stage.rove.get("waiting").cloned(),
                dispatch: props.dispatch.clone(),
            },
            pods::waiting,
        )
    }

    fn workers(&self) -> Html {
        let layout = &self.placed.layout.0;
        let workers = self.props.view.hosts.iter().filter(|host| host.kind == HostKind::Worker);
        match &layout.workers {
            Workers::Cards => workers.map(|host| self.card(host)).collect(),
            Workers::Groups(_) => {
                let cards = group_props(self.props, self.placed, self.reach).into_iter();
                cards.map(|card| lazy_keyed(&card.group.name.clone(), card, groups::card)).collect()
            }
            Workers::Tiles | Workers::Cells => {
                let both = workers.filter_map(|host| Some((host, layout.hosts.get(&host.name)?)));
                let (hosts, at) = both.unzip();
                let grid = tiles::Grid {
                    hosts,
                    at,
                    reach: &|host| self.reach_of(host),
                    selected: self.props.selected.as_ref(),
                    chained: &self.props.chain,
                    stop: self.props.stage.rove.get(tiles::ROVE),
                };
                let lines = grid.lines().into_iter().enumerate();
                let lines = lines.map(|(n, line)| lazy_keyed(&n.to_string(), line, tiles::line));
                let (onclick, onkeydown) = tiles::pressed(&self.props.dispatch);
                html! {
                    <g class="workers" role="group" aria-label={texts::topology::TOPO_WORKERS} data-rove={tiles::ROVE} {onclick} {onkeydown}>
                        { for lines }
                    </g>
                }
            }
        }
    }

    fn tip(&self) -> Html {
        let props = self.props;
        let Some(tip) = &props.stage.tip else { return Html::default() };
        let cables = &self.placed.cables.0;
        let text = overlay::tip_of(tip, &props.view, cables, &props.stage.lit, &self.off, self.broken);
        text.map(|text| lazy(text, overlay::tip)).unwrap_or_default()
    }

    /// Draws the list of the cables along the pressed stretch.
    fn stretch(&self) -> Html {
        let Some(Panel::Stretch { pairs, x, y }) = &self.props.stage.panel else { return Html::default() };
        cables(self.props, self.placed, Some(pairs.clone()), Some((*x, *y)))
    }
}

/// Draws the list at the side of the picture, if one is open.
fn aside(props: &Props, placed: &Placed, reach: &Map<Name, Reach>) -> Html {
    match &props.stage.panel {
        Some(Panel::Cables) => cables(props, placed, None, None),
        Some(Panel::Group(name)) => {
            let open = group_props(props, placed, reach).into_iter().find(|card| card.group.name == *name);
            open.map(|card| lazy(card, groups::list)).unwrap_or_default()
        }
        _ => Html::default(),
    }
}

fn cables(props: &Props, placed: &Placed, only: Option<Rc<Vec<super::cables::Pair>>>, at: Option<(i32, i32)>) -> Html {
    let view = &props.view;
    let host = props.selected.as_ref().and_then(|target| target.split('/').next()).map(Name::from);
    let cut = !view.links.is_empty();
    lazy(
        cable_list::Props {
            cables: placed.cables.clone(),
            only,
            at,
            host: host.filter(|host| placed.hosts.contains(host)),
            hosts: placed.hosts.clone(),
            grouped: matches!(placed.layout.0.workers, Workers::Groups(_)),
            off: off(view),
            broken: view.links.clone(),
            now_us: if cut { view.now_us / 1_000_000 * 1_000_000 } else { 0 },
            stop: props.stage.rove.get(cable_list::ROVE).cloned(),
            refused: props.refused.clone(),
            dispatch: props.dispatch.clone(),
        },
        cable_list::list,
    )
}

/// Returns the properties of the groups' cards.
fn group_props(props: &Props, placed: &Placed, reach: &Map<Name, Reach>) -> Vec<groups::Props> {
    let Workers::Groups(all) = &placed.layout.0.workers else { return vec![] };
    let mut workers = props.view.hosts.iter().filter(|host| host.kind == HostKind::Worker);
    let w = all.first().and_then(|group| placed.layout.0.hosts.get(&group.name)).map_or(0.0, |at| at.rect.w);
    let beside = groups::has_room(all, w);
    let card = |group: &super::layout::Group| {
        let hosts: Vec<_> = workers.by_ref().take(group.last + 1 - group.first).cloned().collect();
        let mine = |target: &Name| groups::selected_in(group, Some(target)).is_some();
        Some(groups::Props {
            group: group.clone(),
            at: placed.layout.0.hosts.get(&group.name)?.clone(),
            reach: hosts.iter().map(|host| reach.get(&host.name).copied().unwrap_or_default()).collect(),
            hosts,
            selected: groups::selected_in(group, props.selected.as_ref()),
            chained: props.chain.iter().any(mine),
            open: props.stage.panel == Some(Panel::Group(group.name.clone())),
            beside,
            dispatch: props.dispatch.clone(),
        })
    };
    all.iter().filter_map(card).collect()
}

/// Draws the pattern of dead parts.
fn hatch() -> Html {
    html! {
        <defs>
            <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="hatch-ground" width="7" height="7" /><line class="hatch-line" x1="0" y1="0" x2="0" y2="7" />
            </pattern>
        </defs>
    }
}
