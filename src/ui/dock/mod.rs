//! Time: the transport, the timeline of lanes, the list of events and their causes.

mod events;
mod lanes;
mod tracks;
mod transport;

use std::rc::Rc;

use yew::prelude::*;

use crate::lab::view::{Category, History};
use crate::ui::app::Dispatch;
use crate::ui::lazy::lazy;
use crate::ui::model::{Span, Why};

pub use transport::{Props as TransportProps, transport};

#[derive(PartialEq)]
pub struct Props {
    pub history: Rc<History>,
    pub now_us: u64,
    pub span: Span,
    pub filter: Option<Category>,
    pub why: Option<Why>,
    pub dispatch: Dispatch,
}

pub fn dock(props: &Props) -> Html {
    let (history, why, dispatch) = (props.history.clone(), props.why.clone(), props.dispatch.clone());
    html! {
        <div class="dock">
            { lanes::lanes(props) }
            { lazy(events::Props { history, filter: props.filter, why, dispatch }, events::events) }
        </div>
    }
}
