//! Leader election of controller managers and schedulers (FACTS 1).

mod settings;

pub use settings::{Component, Reading, Settings};
