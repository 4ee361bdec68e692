//! The cables as a list: for the keyboard, for touch, and for several cables along one stretch.

use std::rc::Rc;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::cables::{Cable, Cables, Pair, Wires};
use super::float::Float;
use super::links::{Shared, toggle};
use super::state::StageAct;
use crate::lab::view::{LinkView, Name};
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts::topology as own;

/// The list's name as a group of parts.
pub(crate) const ROVE: &str = "cables";

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) cables: Shared<Cables>,
    /// The cables to list. `None` is all of them.
    pub(crate) only: Option<Rc<Vec<Pair>>>,
    pub(crate) at: Option<(i32, i32)>,
    /// The selected host. Only its cables are listed until the user asks for all.
    pub(crate) host: Option<Name>,
    pub(crate) hosts: Rc<Vec<Name>>,
    pub(crate) grouped: bool,
    pub(crate) off: Vec<Name>,
    pub(crate) broken: Vec<LinkView>,
    /// Now, in whole seconds while something is cut, as it matters only then.
    pub(crate) now_us: u64,
    pub(crate) stop: Option<Name>,
    pub(crate) refused: Option<Name>,
    pub(crate) dispatch: Dispatch,
}

/// Returns the name of a cable as a part of the list.
fn key(pair: &Pair) -> Name {
    format!("{} {}", pair.0, pair.1).into()
}

pub(crate) fn list(props: &Props) -> Html {
    let wires = Wires::of(&props.broken, &props.off);
    let wanted = |cable: &&Cable| match (&props.only, &props.host) {
        (Some(pairs), _) => pairs.contains(&cable.pair),
        (None, Some(host)) => cable.joins(host),
        (None, None) => true,
    };
    let cables: Vec<_> = props.cables.0.all.iter().filter(wanted).collect();
    let stop = cables.iter().position(|cable| Some(key(&cable.pair)) == props.stop).unwrap_or(0);
    let one = |(n, cable): (usize, &&Cable)| {
        let wire = wires.state(&cable.pair);
        let action = toggle(cable, &wire);
        let onclick = props.dispatch.reform(move |_: MouseEvent| action.clone());
        let light =
            |pairs: Vec<Pair>| props.dispatch.reform(move |()| Action::Stage(StageAct::Light(pairs.clone(), None)));
        let (on, off) = (light(vec![cable.pair.clone()]), light(vec![]));
        html! {
            <li key={&*key(&cable.pair)}>
                <button class={classes!("row-button", wire.id())} aria-pressed={wire.is_cut().to_string()} {onclick}
                    tabindex={if n == stop { "0" } else { "-1" }} data-item="true" data-target={key(&cable.pair).to_string()}
                    onfocus={on.reform(|_: FocusEvent| ())} onblur={off.reform(|_: FocusEvent| ())}
                    onmouseenter={on.reform(|_: MouseEvent| ())} onmouseleave={off.reform(|_: MouseEvent| ())}>
                    <i class={classes!("wire", wire.id())} aria-hidden="true" />
                    <b>{ own::cable(&cable.pair) }</b>
                    <span class="muted">{ own::classes(&cable.classes) }</span>
                    <span class="state-word">{ own::wire(&wire, props.now_us) }</span>
                </button>
            </li>
        }
    };
    let close = props.dispatch.reform(|()| Action::Stage(StageAct::Open(None)));
    let here = props.only.is_some();
    html! {
        <Float id="cables" title={if here { own::TOPO_CABLES_HERE.get() } else { own::TOPO_CABLES.get() }} {close} at={props.at}>
            <p class="muted">{ own::TOPO_CABLES_LEAD }</p>
            if !here { { filter(props) } }
            if let Some(reason) = &props.refused {
                <p class="error" role="alert">{ own::TOPO_REFUSED.with(&[("reason", reason)]) }</p>
            }
            <ul class="cables-list" data-rove={ROVE}>{ for cables.iter().enumerate().map(one) }</ul>
            if props.grouped && !here { <p class="muted">{ own::TOPO_CABLES_GROUPED }</p> }
        </Float>
    }
}

/// Draws the choice of the host whose cables are listed.
fn filter(props: &Props) -> Html {
    let onchange = props.dispatch.reform(|event: Event| {
        let host = event.target_unchecked_into::<HtmlSelectElement>().value();
        Action::Select(Some(host).filter(|host| !host.is_empty()).map(Name::from))
    });
    let option = |host: &Name| {
        html! { <option value={host.to_string()} selected={props.host.as_ref() == Some(host)}>{ &**host }</option> }
    };
    html! {
        <label class="float-filter">{ own::TOPO_CABLES_FILTER }
            <select {onchange}>
                <option value="" selected={props.host.is_none()}>{ own::TOPO_CABLES_ALL }</option>
                { for props.hosts.iter().map(option) }
            </select>
        </label>
    }
}
