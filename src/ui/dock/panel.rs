//! Time: the controls, the timeline of lanes and charts on one axis, the events, their causes, and the branches.

use std::rc::Rc;

use yew::prelude::*;

use super::state::{Ask, Deck, Panel};
use crate::lab::view::{Name, View};
use crate::ui::model::Dispatch;
use crate::ui::model::{Action, Why};
use crate::ui::texts::time;
use crate::ui::widgets::memo::lazy;

use super::timeline::Timeline;
use super::{branches, chain, events};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) view: Rc<View>,
    /// The view that the charts are drawn from.
    pub(crate) charted: Rc<View>,
    pub(crate) playing: bool,
    pub(crate) deck: Deck,
    pub(crate) why: Option<Why>,
    pub(crate) selected: Option<Name>,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn dock(props: &Props) -> Html {
    let (view, deck, dispatch) = (&props.view, &props.deck, &props.dispatch);
    let shown = match deck.panel {
        Panel::Timeline => "show-timeline",
        Panel::Charts => "show-charts",
        Panel::Events => "show-events",
        Panel::Branches => "show-branches",
    };
    let tabs = |wide| TabsProps { panel: deck.panel, branches: view.branches.len(), wide, dispatch: dispatch.clone() };
    let other = if props.why.is_some() {
        let at = events::place(&view.history, view.now_us, view.head_us);
        lazy(chain::Props { why: props.why.clone(), row: deck.row, at, dispatch: dispatch.clone() }, chain::chain)
    } else if deck.panel == Panel::Branches {
        let (branches, branch) = (view.branches.clone(), view.branch);
        lazy(branches::Props { branches, branch, dispatch: dispatch.clone() }, branches::branches)
    } else {
        lazy(events::Props::of(props), events::events)
    };
    html! {
        <div class={classes!("dock", shown, deck.tall.then_some("tall"), props.why.is_some().then_some("asks-why"))}>
            <div class="dock-tabs narrow">{ lazy(tabs(false), panels) }</div>
            <Timeline view={view.clone()} charted={props.charted.clone()} playing={props.playing} deck={deck.clone()} why={props.why.clone()} dispatch={dispatch.clone()} />
            <div class="other">
                if props.why.is_none() { <div class="dock-tabs wide">{ lazy(tabs(true), panels) }</div> }
                { other }
            </div>
        </div>
    }
}

#[derive(PartialEq)]
struct TabsProps {
    panel: Panel,
    branches: usize,
    /// Set if the timeline and the charts are always shown.
    wide: bool,
    dispatch: Dispatch,
}

/// Draws the tabs.
fn panels(props: &TabsProps) -> Html {
    let choice = |panel: Panel| {
        let (name, id) = match panel {
            Panel::Timeline => (time::TIME_LINE, "timeline"),
            Panel::Charts => (time::TIME_CHARTS, "charts"),
            Panel::Events => (time::EVENTS, "events"),
            Panel::Branches => (time::BRANCHES, "branches"),
        };
        let checked =
            if props.wide && panel == Panel::Events { props.panel != Panel::Branches } else { props.panel == panel };
        let onchange = props.dispatch.reform(move |_: Event| Action::Dock(Ask::Panel(panel)));
        let (group, place) = if props.wide { ("panel-wide", "wide") } else { ("panel", "narrow") };
        html! {
            <label key={id}>
                <input type="radio" name={group} value={id} {checked} {onchange} data-testid={format!("panel-{id}-{place}")} />
                <span>{ name }if panel == Panel::Branches && props.branches > 1 { <b class="number">{ props.branches }</b> }</span>
            </label>
        }
    };
    let all = [Panel::Timeline, Panel::Charts, Panel::Events, Panel::Branches];
    let shown = if props.wide { &all[2..] } else { &all };
    html! { <div class="seg small" role="radiogroup" aria-label={time::TIME_PANELS}>{ for shown.iter().copied().map(choice) }</div> }
}
