//! The layer over the picture that seldom changes: cables under the pointer, the chain of causes with its numbers, and the
//! tip beside the pointer.

use std::rc::Rc;

use yew::prelude::*;

use super::cables::{Cables, Pair, Wires};
use super::layout::Layout;
use super::links::Shared;
use super::routes::route;
use super::state::{Tip, TipOf};
use crate::lab::narration::join;
use crate::lab::view::{LinkView, Name, View};
use crate::ui::texts;
use crate::ui::texts::topology as own;
use crate::ui::widgets::format;

#[derive(PartialEq)]
pub(crate) struct Lit {
    pub(crate) cables: Shared<Cables>,
    pub(crate) lit: Rc<Vec<Pair>>,
}

/// Draws the cables under the pointer or the focus.
pub(crate) fn lit(props: &Lit) -> Html {
    let ways = props.lit.iter().filter_map(|pair| props.cables.0.find(pair)).flat_map(|cable| &cable.ways);
    let d: String = ways.map(|(_, way)| way.d(11.0)).collect();
    if d.is_empty() {
        Html::default()
    } else {
        html! { <g class="lit-cables"><path class="halo" d={d.clone()} /><path {d} /></g> }
    }
}

#[derive(PartialEq)]
pub(crate) struct Chain {
    pub(crate) layout: Shared<Layout>,
    /// Targets of the chain, from the event back to the act.
    pub(crate) targets: Rc<Vec<Name>>,
}

/// Draws the chain of causes: from the act (1), along the links, to the event.
pub(crate) fn chain(props: &Chain) -> Html {
    let layout = &props.layout.0;
    let place = |target: &str| {
        let (host, process) = target.split_once('/').unwrap_or((target, ""));
        let at = layout.card_of(host)?;
        let row = at.rows.get(process).filter(|_| !process.is_empty()).copied();
        Some(row.unwrap_or(at.header))
    };
    let mut numbered: Vec<(&Name, Vec<usize>)> = vec![];
    let mut ways = vec![];
    let mut last: Option<&Name> = None;
    // Numbered as in the list of the chain. An event without a target in the picture has its number only there.
    for (n, target) in props.targets.iter().rev().enumerate().filter(|(_, target)| place(target).is_some()) {
        match numbered.iter_mut().find(|(known, _)| *known == target) {
            Some((_, numbers)) => numbers.push(n + 1),
            None => numbered.push((target, vec![n + 1])),
        }
        ways.extend(last.filter(|last| *last != target).and_then(|last| route(layout, last, target)));
        last = Some(target);
    }
    let badge = |(target, numbers): &(&Name, Vec<usize>)| {
        let at = place(target)?;
        let text = match &numbers[..] {
            [one] => one.to_string(),
            [one, .., last] if last - one + 1 == numbers.len() => format!("{one}–{last}"),
            [one, two] => format!("{one}·{two}"),
            [first, .., last] => format!("{first}…{last}"),
            [] => return None,
        };
        let w = format::width(&text, 11.0) + 11.0;
        let (x, y) = (at.x - 3.0, at.y + at.h.min(44.0) / 2.0);
        Some(html! {
            <g class="number">
                <rect x={format!("{:.1}", x - w / 2.0)} y={format!("{:.1}", y - 8.5)} width={format!("{w:.1}")} height="17" rx="8.5" />
                <text x={format!("{x:.1}")} y={format!("{:.1}", y + 4.0)}>{ text }</text>
            </g>
        })
    };
    html! {
        <g class="chain">
            { for ways.iter().map(|way| html! { <path d={way.d(11.0)} /> }) }
            { for numbered.iter().filter_map(badge) }
        </g>
    }
}

#[derive(PartialEq)]
pub(crate) struct TipProps {
    pub(crate) tip: Tip,
    pub(crate) text: String,
    pub(crate) more: String,
}

/// Returns the tip's text.
pub(crate) fn tip_of(
    tip: &Tip,
    view: &View,
    cables: &Cables,
    lit: &[Pair],
    off: &[Name],
    broken: &[LinkView],
) -> Option<TipProps> {
    const NAMED: usize = 4;
    let (text, more) = match &tip.of {
        TipOf::Pod(name) => {
            let (pod, host) = view.pod(name)?;
            (join::named(&pod.name, texts::pod(pod.state)), host.map_or_else(String::new, |host| host.name.to_string()))
        }
        TipOf::Cables => {
            let wires = Wires::of(broken, off);
            let known: Vec<_> = lit.iter().filter_map(|pair| cables.find(pair)).collect();
            let one = |cable: &&super::cables::Cable| {
                let state = own::wire(&wires.state(&cable.pair), view.now_us);
                own::TOPO_CABLE_STATE.with(&[
                    ("cable", &own::cable(&cable.pair)),
                    ("classes", &own::classes(&cable.classes)),
                    ("state", &state),
                ])
            };
            let mut lines: Vec<_> = known.iter().take(NAMED).map(one).collect();
            if known.len() > NAMED {
                lines.push(own::TOPO_MORE_CABLES.with(&[("n", &(known.len() - NAMED))]));
            }
            let does = match &known[..] {
                [] => return None,
                [one] if wires.state(&one.pair).is_cut() => own::TOPO_CLICK_MENDS,
                [_] => own::TOPO_CLICK_CUTS,
                _ => own::TOPO_CLICK_CHOOSES,
            };
            (lines.join("\n"), does.get().to_owned())
        }
    };
    Some(TipProps { tip: tip.clone(), text, more })
}

pub(crate) fn tip(props: &TipProps) -> Html {
    let Tip { x, y, .. } = props.tip;
    let style = format!("left:clamp(4px,{}px,calc(100% - 264px));top:{}px", x + 12, y + 14);
    html! {
        <div class="tip" aria-hidden="true" {style}>
            { for props.text.lines().map(|line| html! { <span>{ line.to_owned() }</span> }) }
            if !props.more.is_empty() { <i>{ &props.more }</i> }
        </div>
    }
}
