//! The selected component, and what the inspector shows of it.

use std::rc::Rc;

use super::Timing;
use crate::lab::view::{Detail, EventView, Name};

/// Typed timings that were refused. Those in force are in the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) at: Timing,
    pub(crate) typed: [Name; 3],
    pub(crate) reason: Name,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    pub(crate) event: u64,
    pub(crate) chain: Rc<Vec<EventView>>,
}

/// The selected component, and what the inspector shows of it.
#[derive(Default)]
pub(crate) struct Selection {
    pub(crate) selected: Option<Name>,
    pub(crate) detail: Rc<Detail>,
    /// When the details were read, in real time, ms.
    pub(super) detail_ms: f64,
    pub(crate) refusal: Option<Refusal>,
    /// Validation error of a form: the form's id and the message. `None` if there is none.
    pub(crate) denied: Option<(&'static str, Name)>,
    /// The open chain of causes.
    pub(crate) why: Option<Why>,
}
