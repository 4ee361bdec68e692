//! The saved format, version 1, shared by links, exported files, lessons, tests and the command line.
//!
//! These types are separate from `cluster::config`, so that the core can change while old files stay readable. A scenario
//! is checked completely before anything runs; see [`Scenario::parse`].

mod act;
mod cluster;
mod names;
mod read;
pub mod runner;
mod script;
pub(crate) mod texts;

use serde::{Serialize, Serializer};
use serde_json::Value;

pub(crate) use cluster::{
    Algorithm, HealthCheck, Kind, Lock, MAX_DEPLOYMENTS, MAX_REPLICAS, MAX_TIMING, Servers, Topology,
};
pub use cluster::{Balancer, Cluster, Deployment, Etcd, LeaderElection};

pub use read::ScenarioError;
pub(super) use read::short;
pub use script::Step;
pub(crate) use script::{Action, MAX_LATENCY, MAX_OFFSET, MAX_STEPS, RATES_PPM};
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) use script::{As, Elected, Millionths, Offset, TargetRef};

pub use crate::cluster::config::Reading;
use crate::cluster::config::{Act, Config};
use crate::sim::SimDuration;
use read::{At, Object, Read};

/// The version that is read and written.
pub(crate) const VERSION: u64 = 1;
/// The longest file, in bytes.
pub const MAX_FILE: usize = 1 << 20;
/// The longest name, in characters.
pub(crate) const MAX_NAME: usize = 200;
/// The longest run.
pub(crate) const MAX_UNTIL: SimDuration = SimDuration::from_secs(168 * 3_600);
const SHORTEST_UNTIL: SimDuration = SimDuration::from_millis(1);

/// A cluster, acts on it, and the length of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// Title, at most 200 characters; empty if it has none.
    pub name: String,
    /// Seed of the run, unless the caller names another one.
    pub seed: u64,
    /// The cluster at the start.
    pub cluster: Cluster,
    /// Steps in the order of the file, which need not be that of their times. At most 1,000.
    pub script: Vec<Step>,
    /// Length of the run in simulated time, from 1 ms to 168 h.
    pub until: Span,
}

/// A duration, saved in the format of Kubernetes flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub SimDuration);

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl Default for Scenario {
    /// Returns the default cluster, left alone for two minutes.
    fn default() -> Self {
        Scenario {
            name: String::new(),
            seed: 1,
            cluster: Cluster::default(),
            script: Vec::new(),
            until: Span(SimDuration::from_secs(120)),
        }
    }
}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// The first thing that is wrong: the place, what was found, what is allowed. Features that the lab lacks are errors too.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        parse(text)
    }

    /// Checks a scenario whose JSON has been read.
    ///
    /// # Errors
    /// As [`Scenario::parse`].
    pub(super) fn from_value(value: &Value) -> Result<Self, ScenarioError> {
        read(&At::top(value))
    }

    /// Returns it as JSON on one line, with every default written out.
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Saved<'a> {
            version: u64,
            #[serde(flatten)]
            scenario: &'a Scenario,
        }
        serde_json::to_string(&Saved { version: VERSION, scenario: self }).expect("strings, numbers and lists only")
    }

    /// Returns the configuration of the cluster to build.
    pub fn config(&self, seed: u64) -> Config {
        self.cluster.config(seed)
    }

    /// Returns the acts and their times, in order of time, and at one instant in order of the file.
    pub fn acts(&self) -> Vec<(SimDuration, Act)> {
        let mut acts: Vec<_> = self.script.iter().map(|step| (step.at.0, step.action.act())).collect();
        acts.sort_by_key(|(at, _)| *at);
        acts
    }
}

/// Returns an error about the file as a whole.
fn whole(path: &str, found: String, allowed: &str) -> ScenarioError {
    ScenarioError { path: path.to_owned(), found, allowed: allowed.to_owned() }
}

fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::from_value(&json(text)?)
}

/// Reads a file of bounded length as JSON.
pub(super) fn json(text: &str) -> Read<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let least = "a JSON object, at least {\"version\": 1}";
    if text.len() > MAX_FILE {
        return Err(whole("the file", format!("{} bytes", text.len()), "at most 1 MiB"));
    }
    if text.trim().is_empty() {
        return Err(whole("the file", "empty".to_owned(), least));
    }
    serde_json::from_str(text).map_err(|e| {
        let place = format!("line {}, column {}", e.line(), e.column());
        let what = e.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        let cut = if e.is_eof() { "the file is cut short, " } else { "" };
        whole(&place, format!("{cut}{what}"), least)
    })
}

fn read(top: &At<'_>) -> Read<Scenario> {
    let object = top.any_object()?;
    let version = object.need("version", "1")?;
    if version.value.as_u64() != Some(VERSION) {
        return Err(version.refuse("is a version that this lab does not know", "1"));
    }
    object.no_other_keys(&["version", "name", "seed", "cluster", "script", "until"])?;
    let mut scenario = Scenario::default();
    if let Some(at) = object.get("name") {
        scenario.name = read_name(&at)?;
    }
    if let Some(at) = object.get("seed") {
        scenario.seed = at.whole(0..=u64::MAX)?;
    }
    if let Some(at) = object.get("cluster") {
        scenario.cluster = cluster::read(&at)?;
    }
    if let Some(at) = object.get("until") {
        scenario.until = Span(at.duration(SHORTEST_UNTIL, MAX_UNTIL)?);
    }
    if let Some(at) = object.get("script") {
        scenario.script = script::read(&at, &scenario.config(scenario.seed))?;
        no_step_after_the_end(&scenario, &object)?;
    }
    Ok(scenario)
}

fn read_name(at: &At<'_>) -> Read<String> {
    let allowed = format!("at most {MAX_NAME} characters on one line");
    let name = at.string(&allowed)?;
    let count = name.chars().count();
    if count > MAX_NAME {
        return Err(at.error(format!("{count} characters"), allowed));
    }
    if name.chars().any(char::is_control) {
        return Err(at.refuse("has control characters", allowed));
    }
    Ok(name.to_owned())
}

/// Refuses steps after the end of the run: one of the two times is a mistake.
fn no_step_after_the_end(scenario: &Scenario, object: &Object<'_>) -> Read<()> {
    let until = scenario.until.0;
    let Some(index) = scenario.script.iter().position(|step| step.at.0 > until) else { return Ok(()) };
    let at = scenario.script[index].at.0;
    let default = if object.has("until") { "" } else { " by default" };
    Err(ScenarioError {
        path: format!("script[{index}].at"),
        found: format!("\"{at}\" is after the end: until is {until}{default}"),
        allowed: format!("0s to {until}, or a later until"),
    })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod flag_tests;
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod round_trip;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
