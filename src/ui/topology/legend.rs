//! The legend of message classes and their markers. A press on one hides or shows it.

use std::rc::Rc;

use yew::prelude::*;

use super::signs::marker;
use super::state::{Panel, StageAct};
use crate::lab::view::MessageClass;
use crate::ui::glossary::term_as;
use crate::ui::model::Action;
use crate::ui::model::Dispatch;
use crate::ui::texts;
use crate::ui::widgets::icons::{Icon, icon};

#[derive(PartialEq)]
pub(crate) struct Props {
    pub(crate) hidden: Rc<Vec<MessageClass>>,
    /// Set if the list of cables is open.
    pub(crate) cables_open: bool,
    pub(crate) dispatch: Dispatch,
}

pub(crate) fn legend(props: &Props) -> Html {
    let class = |class: MessageClass| {
        let shown = !props.hidden.contains(&class);
        let onclick = props.dispatch.reform(move |_: MouseEvent| Action::ToggleClass(class));
        html! {
            <button class="key" aria-pressed={shown.to_string()} {onclick}>
                <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">{ marker(class) }</svg>
                { texts::class(class) }
            </button>
        }
    };
    let open = Some(Panel::Cables).filter(|_| !props.cables_open);
    let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Stage(StageAct::Open(open.clone())));
    html! {
        <div class="legend" role="group" aria-label={texts::LEGEND} title={texts::LEGEND_HINT}>
            { for MessageClass::ALL.into_iter().map(class) }
            <span class="key-still crown">{ icon(Icon::Crown) }{ term_as("leader", texts::LEGEND_LEADER) }</span>
            <span class="key-still">
                <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
                    <g class="patience"><circle class="ground" r="5.5" />
                    <circle class="left" r="5.5" stroke-dasharray="22 40" transform="rotate(-90)" /></g>
                </svg>
                { term_as("lease-duration", texts::LEGEND_RING) }
            </span>
            <button class="key cables" aria-expanded={props.cables_open.to_string()} {onclick} data-testid="cables">
                { icon(Icon::Cable) }{ texts::topology::TOPO_CABLES }
            </button>
        </div>
    }
}
