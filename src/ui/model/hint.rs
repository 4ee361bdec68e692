//! What the page suggests to a newcomer, step by step.

use crate::lab::view::Name;

/// What the page suggests to a newcomer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    Off,
    Select,
    SwitchOff,
    Wait { takeovers: usize },
    Done { to: Name, took_us: u64 },
}
