//! Hints for a newcomer, step by step.

use crate::lab::view::Name;

/// The page's present hint for a newcomer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Off,
    Select,
    SwitchOff,
    Wait { takeovers: usize },
    Done { to: Name, took_us: u64 },
}
