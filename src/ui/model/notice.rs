//! The notice that stays on the page until it is closed.

use std::rc::Rc;

use super::Action;
use crate::lab::i18n::Text;
use crate::lab::view::Name;
use crate::ui::storage::Kept;

/// A button beside the notice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) id: &'static str,
    pub(crate) text: Text,
    pub(crate) action: Action,
}

/// The notice that stays, and the kept runs that it may offer.
#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) note: Option<Name>,
    /// Buttons beside the notice.
    pub(crate) offers: Rc<Vec<Offer>>,
    /// Kept runs other than the one on the page, as the sheet of the run lists them.
    pub(crate) others: Rc<Vec<(Name, Kept)>>,
}

impl Standing {
    pub(super) fn put_away(&mut self) {
        (self.note, self.offers) = (None, Rc::default());
    }
}
