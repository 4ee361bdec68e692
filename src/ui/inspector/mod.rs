//! The side of the page: the selected component, or the election as a whole.

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
pub(crate) struct Props {
    pub(crate) view: Rc<View>,
    pub(crate) selected: Option<Name>,
    pub(crate) detail: Rc<Detail>,
    pub(crate) refusal: Option<Refusal>,
    /// Validation error of a form: the form's id and the message. `None` if there is none.
    pub(crate) denied: Option<(&'static str, Name)>,
    pub(crate) dispatch: Dispatch,
}

/// Draws two sections: the election, and the selected component over it, beside it or instead of it, depending on the width.
pub(crate) fn side(props: &Props) -> Html {
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
