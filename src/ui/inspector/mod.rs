//! The side of the page: what is selected, or else the election as a whole.

mod command;
mod forms;
mod lease;
mod overview;
mod pod;
mod read;
mod selected;

use std::rc::Rc;

use yew::prelude::*;

use super::model::Dispatch;
use crate::lab::view::{Detail, Name, View};
use crate::ui::model::Refusal;
use crate::ui::texts;

#[derive(PartialEq)]
pub struct Props {
    pub view: Rc<View>,
    pub selected: Option<Name>,
    pub detail: Rc<Detail>,
    pub refusal: Option<Refusal>,
    /// Which form was refused, and why.
    pub denied: Option<(&'static str, Name)>,
    pub dispatch: Dispatch,
}

/// Two sections: the election (always there), and over it, beside it or instead of it, by width, what is selected.
pub fn side(props: &Props) -> Html {
    html! {
        <div class="side">
            if let Some(target) = &props.selected {
                <section class="inspector" aria-label={texts::INSPECTOR} data-testid="inspector" data-target={target.to_string()}>
                    if let Some(name) = target.strip_prefix("pod/") {
                        { pod::inspector(props, name) }
                    } else {
                        { selected::inspector(props, target) }
                    }
                </section>
            }
            <section class="overview" aria-label={texts::OVERVIEW}>
                { overview::part(props) }
            </section>
        </div>
    }
}
