//! Time: the transport, the timeline of lanes, the list of events and their causes.

mod events;
mod lanes;
mod tracks;
mod transport;

use std::rc::Rc;

use yew::prelude::*;

use crate::lab::view::{Category, History};
use crate::ui::app::Dispatch;
use crate::ui::model::{Span, Why};

pub use transport::Transport;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub history: Rc<History>,
    pub now_us: u64,
    pub span: Span,
    pub filter: Option<Category>,
    pub why: Option<Why>,
    pub dispatch: Dispatch,
}

#[component]
pub fn Dock(props: &Props) -> Html {
    html! {
        <div class="dock">
            <lanes::Lanes history={props.history.clone()} now_us={props.now_us} span={props.span} why={props.why.clone()}
                dispatch={props.dispatch.clone()} />
            <events::Events history={props.history.clone()} filter={props.filter} why={props.why.clone()} dispatch={props.dispatch.clone()} />
        </div>
    }
}
