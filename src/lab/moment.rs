//! A session as a scenario, and back.

use super::scenario::{Scenario, Span};
use super::session::Session;
use super::view::Setup;
use crate::sim::SimDuration;

impl Session {
    /// The session so far.
    pub fn to_scenario(&self) -> Scenario {
        let Setup { seed, cluster, .. } = self.setup();
        Scenario {
            seed: *seed,
            cluster: (**cluster).clone(),
            until: Span(SimDuration(self.now_us())),
            ..Scenario::default()
        }
    }

    /// Runs a scenario to its end.
    pub fn load(scenario: &Scenario) -> Session {
        let mut session = Session::default();
        session.reset(Setup::new(scenario.seed, scenario.cluster.clone()));
        session.advance(scenario.until.0.0.saturating_sub(session.now_us()));
        session
    }
}
