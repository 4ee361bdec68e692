//! What the page shows beside the cluster: its sheet, colours, keys, and the kinds of messages that are hidden.

use std::rc::Rc;

use super::{Action, Effect};
use crate::lab::view::{MessageClass, Name};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Help,
    Cluster,
    Run,
}

/// What the page shows beside the cluster.
pub(crate) struct Page {
    pub(crate) sheet: Option<Sheet>,
    /// Text typed to find a term.
    pub(crate) term_typed: Name,
    pub(crate) single_keys: bool,
    /// The kinds of messages that the picture does not show.
    pub(crate) hidden: Rc<Vec<MessageClass>>,
    pub(crate) dark: bool,
    /// Whether the system asks for less motion.
    pub(crate) still: bool,
    /// Whether another page shows this one in a frame.
    pub(crate) embedded: bool,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            sheet: None,
            term_typed: "".into(),
            single_keys: true,
            hidden: Rc::default(),
            dark: false,
            still: false,
            embedded: false,
        }
    }
}

impl Page {
    /// Changes it by one of its actions; others change nothing.
    pub(super) fn reduce(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Open(sheet) => self.sheet = sheet,
            Action::FindTerm(typed) => self.term_typed = typed,
            Action::ToggleClass(class) => {
                let hidden = Rc::make_mut(&mut self.hidden);
                match hidden.iter().position(|other| *other == class) {
                    Some(at) => drop(hidden.remove(at)),
                    None => hidden.push(class),
                }
            }
            Action::SingleKeys(on) => {
                self.single_keys = on;
                return Some(Effect::Remember { key: "keys", value: if on { "on" } else { "off" } });
            }
            Action::Theme => {
                self.dark = !self.dark;
                return Some(Effect::Theme { dark: self.dark });
            }
            Action::System { dark, still } => (self.dark, self.still) = (dark, still),
            _ => {}
        }
        None
    }
}
