//! The result of a run: the report, version 1, as JSON and as a human-readable summary.
//!
//! Times are whole milliseconds of simulated time, rounded down. Keys may be added, but never removed.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::scenario::Scenario;
use crate::cluster::history::Typed;
use crate::cluster::observation::{self, LaneSpan, Observation};
use crate::kube::election::Component;
use crate::kube::trace_event::Printed;
use crate::sim::{SimDuration, SimTime};

/// The version that is written.
pub(crate) const VERSION: u64 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub version: u64,
    pub scenario: String,
    pub seed: u64,
    pub end_ms: u64,
    pub leases: BTreeMap<String, Vec<LeaseTenure>>,
    pub acting: BTreeMap<String, Vec<Acted>>,
    pub takeovers: Vec<Takeover>,
    pub etcd: Etcd,
    pub lanes: Lanes,
    pub requests: Requests,
    pub pods: Pods,
    pub invariants: Vec<Invariant>,
    /// Commands typed on the laptop. Left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// Steps that could not be done when their time came. Left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    pub(crate) at_ms: u64,
    pub(crate) why: String,
}

/// A typed command and its output. `end_ms` and `exit` are null if it did not end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    pub at_ms: u64,
    pub end_ms: Option<u64>,
    /// The arguments, with the tool's name first.
    pub args: Vec<String>,
    pub exit: Option<u8>,
    pub stdout: String,
    pub stderr: String,
}

/// A span in which the record named a holder. `to_ms` is null while it lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseTenure {
    pub holder: String,
    pub from_ms: u64,
    pub to_ms: Option<u64>,
}

/// A span in which a host acted as leader. `to_ms` is null while it lasts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acted {
    pub host: String,
    pub from_ms: u64,
    pub to_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Takeover {
    pub component: String,
    pub from: String,
    pub to: String,
    pub lost_ms: u64,
    pub gained_ms: u64,
    /// `gained_ms` minus `lost_ms`. Negative if both acted for a while.
    pub took_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Etcd {
    pub leaders: Vec<Leader>,
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leader {
    pub member: String,
    pub term: u64,
    pub from_ms: u64,
    pub to_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lanes {
    pub api_writable: Vec<Stretch>,
    pub api_readable: Vec<Stretch>,
    pub reconciling: Vec<Stretch>,
    pub app_serving: Vec<Stretch>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stretch {
    pub from_ms: u64,
    pub to_ms: u64,
    pub ok: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    pub kubectl: Tally,
    pub app: Tally,
    pub api_servers: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub ok: u64,
    pub failed: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pods {
    pub desired: u64,
    pub ready: u64,
    pub created: u64,
    pub deleted: u64,
    pub surplus_peak: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invariant {
    pub name: String,
    pub held: bool,
    /// When it was first violated. Left out if it held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

impl Report {
    /// Returns the report of a scenario that was run with this seed.
    pub(crate) fn new(scenario: &Scenario, seed: u64, seen: &Observation) -> Self {
        let ms = |t: Option<SimTime>| t.map(SimTime::as_millis);
        let held = |t: &observation::Tenure| LeaseTenure {
            holder: t.host.clone(),
            from_ms: t.from.as_millis(),
            to_ms: ms(t.to),
        };
        let acted =
            |t: &observation::Tenure| Acted { host: t.host.clone(), from_ms: t.from.as_millis(), to_ms: ms(t.to) };
        let leader = |r: &observation::Reign| Leader {
            member: r.member.clone(),
            term: r.term,
            from_ms: r.from.as_millis(),
            to_ms: ms(r.to),
        };
        Report {
            version: VERSION,
            scenario: scenario.name.clone(),
            seed,
            end_ms: seen.end.as_millis(),
            leases: by_component(&seen.leases, held),
            acting: by_component(&seen.acting, acted),
            takeovers: seen.takeovers.iter().map(Takeover::from).collect(),
            etcd: Etcd { leaders: seen.etcd_leaders.iter().map(leader).collect(), revision: seen.revision },
            lanes: Lanes {
                api_writable: stretches(&seen.lanes.api_writable),
                api_readable: stretches(&seen.lanes.api_readable),
                reconciling: stretches(&seen.lanes.reconciling),
                app_serving: stretches(&seen.lanes.app_serving),
            },
            requests: Requests {
                kubectl: Tally::from(seen.requests.kubectl),
                app: Tally::from(seen.requests.app),
                api_servers: seen.requests.api_servers.iter().cloned().collect(),
            },
            pods: Pods::from(seen.pods),
            invariants: seen.invariants.iter().map(Invariant::from).collect(),
            commands: seen.commands.iter().map(Command::from).collect(),
            skipped: Vec::new(),
        }
    }

    /// Returns the report as JSON on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and lists only")
    }

    /// Returns the invariants that did not hold.
    pub fn broken(&self) -> impl Iterator<Item = &Invariant> {
        self.invariants.iter().filter(|i| !i.held)
    }

    /// Returns a human-readable summary.
    pub fn print_human(&self) -> String {
        let mut text = String::new();
        self.write_human(&mut text).expect("writing to a string");
        text
    }

    fn write_human(&self, out: &mut String) -> fmt::Result {
        let name = if self.scenario.is_empty() { "Scenario without a name" } else { &self.scenario };
        writeln!(out, "{name}")?;
        writeln!(out, "seed {}, {} of simulated time", self.seed, span(self.end_ms))?;
        for component in Component::ALL.map(Component::name) {
            writeln!(out, "\n{component}")?;
            let held = self.leases.get(component).into_iter().flatten();
            tenures(out, "holds the lease", held.map(|h| (h.holder.as_str(), h.from_ms, h.to_ms)))?;
            let acted = self.acting.get(component).into_iter().flatten();
            tenures(out, "acts as leader", acted.map(|a| (a.host.as_str(), a.from_ms, a.to_ms)))?;
            for t in self.takeovers.iter().filter(|t| t.component == component) {
                t.write_human(out)?;
            }
        }
        writeln!(out, "\netcd, revision {}", self.etcd.revision)?;
        if self.etcd.leaders.is_empty() {
            writeln!(out, "  no member ever led")?;
        }
        for l in &self.etcd.leaders {
            writeln!(out, "  {} leads term {}, {}", l.member, l.term, from_to(l.from_ms, l.to_ms))?;
        }
        writeln!(out, "\nlanes")?;
        let lanes = &self.lanes;
        lane(out, "API writable", &lanes.api_writable)?;
        lane(out, "API readable", &lanes.api_readable)?;
        lane(out, "reconciling", &lanes.reconciling)?;
        lane(out, "app serving", &lanes.app_serving)?;
        self.requests.write_human(out)?;
        let p = &self.pods;
        writeln!(out, "\npods")?;
        writeln!(out, "  {} desired, {} ready at the end", p.desired, p.ready)?;
        writeln!(out, "  {} created, {} deleted, at most {} too many", p.created, p.deleted, p.surplus_peak)?;
        for command in &self.commands {
            command.write_human(out)?;
        }
        if !self.skipped.is_empty() {
            writeln!(out, "\nskipped")?;
        }
        for s in &self.skipped {
            writeln!(out, "  the step at {}: {}", span(s.at_ms), s.why)?;
        }
        self.write_invariants(out)
    }

    fn write_invariants(&self, out: &mut String) -> fmt::Result {
        let broken = self.broken().count();
        writeln!(out, "\ninvariants: {} of {} held", self.invariants.len() - broken, self.invariants.len())?;
        for i in self.broken() {
            let when = i.broken_ms.map(|ms| format!(" at {}", span(ms))).unwrap_or_default();
            writeln!(out, "  BROKEN {}{when} (seed {}): {}", i.name, self.seed, i.broken.as_deref().unwrap_or(""))?;
        }
        Ok(())
    }
}

fn by_component<T>(
    tenures: &[Vec<observation::Tenure>; 2],
    saved: impl Fn(&observation::Tenure) -> T,
) -> BTreeMap<String, Vec<T>> {
    let one = |c: Component| (c.name().to_owned(), tenures[c as usize].iter().map(&saved).collect());
    Component::ALL.map(one).into_iter().collect()
}

fn stretches(spans: &[LaneSpan]) -> Vec<Stretch> {
    let saved = |s: &LaneSpan| Stretch { from_ms: s.from.as_millis(), to_ms: s.to.as_millis(), ok: s.ok };
    spans.iter().map(saved).collect()
}

impl From<&observation::Takeover> for Takeover {
    fn from(t: &observation::Takeover) -> Self {
        let (lost_ms, gained_ms) = (t.lost.as_millis(), t.gained.as_millis());
        Takeover {
            component: t.component.name().to_owned(),
            from: t.from.clone(),
            to: t.to.clone(),
            lost_ms,
            gained_ms,
            took_ms: gained_ms as i64 - lost_ms as i64,
        }
    }
}

impl From<observation::Tally> for Tally {
    fn from(t: observation::Tally) -> Self {
        Tally { ok: t.ok, failed: t.failed }
    }
}

impl From<observation::Pods> for Pods {
    fn from(p: observation::Pods) -> Self {
        let observation::Pods { desired, ready, created, deleted, surplus_peak } = p;
        Pods { desired, ready, created, deleted, surplus_peak }
    }
}

impl From<&observation::Invariant> for Invariant {
    fn from(i: &observation::Invariant) -> Self {
        Invariant {
            name: i.name.clone(),
            held: i.broken.is_none(),
            broken_ms: i.broken.as_ref().map(|(at, _)| at.as_millis()),
            broken: i.broken.as_ref().map(|(_, how)| how.clone()),
        }
    }
}

/// Returns a span such as `71.09s` or `2m59.5s`.
fn span(ms: u64) -> String {
    SimDuration::from_millis(ms).to_string()
}

fn from_to(from_ms: u64, to_ms: Option<u64>) -> String {
    match to_ms {
        Some(to) => format!("{} to {} ({})", span(from_ms), span(to), span(to.saturating_sub(from_ms))),
        None => format!("from {} on", span(from_ms)),
    }
}

fn tenures<'a>(out: &mut String, what: &str, list: impl Iterator<Item = (&'a str, u64, Option<u64>)>) -> fmt::Result {
    let mut none = true;
    for (who, from, to) in list {
        none = false;
        writeln!(out, "  {who} {what} {}", from_to(from, to))?;
    }
    if none { writeln!(out, "  nobody ever {what}") } else { Ok(()) }
}

/// Writes a lane: `98.3%, not from 1m0s to 1m2s (2s)`.
fn lane(out: &mut String, name: &str, stretches: &[Stretch]) -> fmt::Result {
    let length = |s: &Stretch| s.to_ms.saturating_sub(s.from_ms);
    let all: u64 = stretches.iter().map(length).sum();
    let good: u64 = stretches.iter().filter(|s| s.ok).map(length).sum();
    if all == 0 {
        return writeln!(out, "  {name:<13} never asked");
    }
    let permille = good * 1_000 / all;
    write!(out, "  {name:<13} {:>3}.{}%", permille / 10, permille % 10)?;
    let mut word = ", not";
    for s in stretches.iter().filter(|s| !s.ok && length(s) > 0) {
        write!(out, "{word} {}", from_to(s.from_ms, Some(s.to_ms)))?;
        word = ",";
    }
    writeln!(out)
}

impl Takeover {
    fn write_human(&self, out: &mut String) -> fmt::Result {
        let Takeover { from, to, .. } = self;
        let (lost, gained) = (span(self.lost_ms), span(self.gained_ms));
        if self.took_ms >= 0 {
            let took = span(self.took_ms.unsigned_abs());
            writeln!(out, "  takeover: {from} lost it at {lost}, {to} had it at {gained}: {took} without a leader")
        } else {
            let both = span(self.took_ms.unsigned_abs());
            writeln!(out, "  takeover: {to} had it at {gained}, {from} went on until {lost}: {both} with two leaders")
        }
    }
}

impl From<&Typed> for Command {
    fn from(typed: &Typed) -> Self {
        let ended = typed.ended.as_ref();
        let text = |pick: fn(&Printed) -> &String| ended.map_or_else(String::new, |(_, p)| pick(p).clone());
        Command {
            at_ms: typed.at.as_millis(),
            end_ms: ended.map(|(at, _)| at.as_millis()),
            args: typed.args.clone(),
            exit: ended.map(|(_, p)| p.exit),
            stdout: text(|p| &p.stdout),
            stderr: text(|p| &p.stderr),
        }
    }
}

impl Command {
    /// Writes the command as on a terminal, with its output and exit status.
    fn write_human(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n$ {}", self.args.join(" "))?;
        out.push_str(&self.stdout);
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            out.push('\n');
        }
        for line in self.stderr.lines() {
            writeln!(out, "2> {line}")?;
        }
        let at = span(self.at_ms);
        match (self.exit, self.end_ms) {
            (Some(exit), Some(end)) => {
                writeln!(out, "[exit {exit}, at {at}, took {}]", span(end.saturating_sub(self.at_ms)))
            }
            _ => writeln!(out, "[at {at}, still running at the end]"),
        }
    }
}

impl Requests {
    fn write_human(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\nrequests")?;
        writeln!(out, "  kubectl: {} answered, {} failed", self.kubectl.ok, self.kubectl.failed)?;
        writeln!(out, "  app: {} answered, {} failed", self.app.ok, self.app.failed)?;
        for (host, count) in &self.api_servers {
            writeln!(out, "  kube-apiserver on {host}: {count} answered")?;
        }
        Ok(())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
