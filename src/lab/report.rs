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

/// The report of a run. A field is a key of the JSON in camel case: `end_ms` is `endMs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of the format, 1.
    pub version: u64,
    /// Name of the scenario; empty if it has none.
    pub scenario: String,
    /// Seed of this run, which need not be the scenario's own.
    pub seed: u64,
    /// End of the run, ms.
    pub end_ms: u64,
    /// Holders that each lock record named, oldest first, by component: `kube-controller-manager`, `kube-scheduler`.
    pub leases: BTreeMap<String, Vec<LeaseTenure>>,
    /// Hosts on which each component acted as leader, oldest first. Spans overlap while two act at once.
    pub acting: BTreeMap<String, Vec<Acted>>,
    /// Changes of the acting host, of both components, in the order in which they were completed.
    pub takeovers: Vec<Takeover>,
    /// Leaders of etcd, and its last revision.
    pub etcd: Etcd,
    /// Availability over time, as four clients and components saw it.
    pub lanes: Lanes,
    /// Requests over the whole run.
    pub requests: Requests,
    /// Pods at the end and over the whole run.
    pub pods: Pods,
    /// Every invariant that was checked, whether it held or not.
    pub invariants: Vec<Invariant>,
    /// Commands typed on the laptop. Left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// Steps that could not be done when their time came. Left out if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
}

/// A step that could not be carried out at its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Time of the step, ms.
    pub at_ms: u64,
    /// Reason, as shown to a user.
    pub why: String,
}

/// A typed command and its output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// When it was typed, ms.
    pub at_ms: u64,
    /// When it ended, ms; `None` if it was still running at the end of the run.
    pub end_ms: Option<u64>,
    /// The arguments, with the tool's name first.
    pub args: Vec<String>,
    /// Exit status; `None` if the command did not end.
    pub exit: Option<u8>,
    /// Standard output, at most 64 KiB; empty if the command did not end.
    pub stdout: String,
    /// Standard error, at most 64 KiB; empty if the command did not end.
    pub stderr: String,
}

/// A span in which a lock record named one holder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseTenure {
    /// Host of the holder.
    pub holder: String,
    /// When etcd stored the record that names it, ms.
    pub from_ms: u64,
    /// When the record named another holder or none, ms; `None` if it names this one at the end of the run.
    pub to_ms: Option<u64>,
}

/// A span in which a component acted as leader, whatever the record said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acted {
    /// Host on which it ran.
    pub host: String,
    /// Start of the span, ms.
    pub from_ms: u64,
    /// End of the span, ms; `None` if it lasts at the end of the run.
    pub to_ms: Option<u64>,
}

/// A change of leader from one host to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Takeover {
    /// `kube-controller-manager` or `kube-scheduler`.
    pub component: String,
    /// Host of the old leader.
    pub from: String,
    /// Host of the new leader.
    pub to: String,
    /// When the old leader stopped acting, ms. For a crash this is the moment of the crash, not of its discovery.
    pub lost_ms: u64,
    /// When the new leader started to act, ms.
    pub gained_ms: u64,
    /// `gained_ms` minus `lost_ms`. Negative if both acted for a while.
    pub took_ms: i64,
}

/// State of etcd over the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Etcd {
    /// Members that led, oldest first; one entry for each term that had a leader.
    pub leaders: Vec<Leader>,
    /// Newest revision that a quorum has at the end of the run.
    pub revision: u64,
}

/// A span in which an etcd member led one Raft term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leader {
    /// Host of the member.
    pub member: String,
    /// Raft term.
    pub term: u64,
    /// When it was elected, ms.
    pub from_ms: u64,
    /// When it stopped leading, ms; `None` if it leads at the end of the run.
    pub to_ms: Option<u64>,
}

/// Availability over time. Each lane is a list of adjoining stretches from 0 ms to the end of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lanes {
    /// Whether the laptop's writes succeed, one a second, through its kubeconfig.
    pub api_writable: Vec<Stretch>,
    /// Whether the laptop's reads succeed, one a second, through its kubeconfig.
    pub api_readable: Vec<Stretch>,
    /// Whether an acting controller manager and an acting scheduler can both write.
    pub reconciling: Vec<Stretch>,
    /// Whether the app answers its user.
    pub app_serving: Vec<Stretch>,
}

/// A span in which a lane did not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stretch {
    /// Start of the span, ms.
    pub from_ms: u64,
    /// End of the span, ms; of the last one, the end of the run.
    pub to_ms: u64,
    /// True if the lane was available, false if not.
    pub ok: bool,
}

/// Numbers of requests over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// The laptop's reads and writes, without typed commands.
    pub kubectl: Tally,
    /// The user's requests to the app.
    pub app: Tally,
    /// Requests that each API server answered, by its host.
    pub api_servers: BTreeMap<String, u64>,
}

/// Numbers of requests by their result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Requests that succeeded.
    pub ok: u64,
    /// Requests that were refused, timed out or returned an error.
    pub failed: u64,
}

/// Numbers of pods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pods {
    /// Replicas of all deployments at the end of the run.
    pub desired: u64,
    /// Pods that run and answer on live workers at the end, whatever the API says of them.
    pub ready: u64,
    /// Pod objects created over the whole run.
    pub created: u64,
    /// Pod objects deleted over the whole run.
    pub deleted: u64,
    /// The most live pods at one time that were created beyond the desired number. Pods left over from scaling down do not count.
    pub surplus_peak: u64,
}

/// A property that must hold throughout a run, and whether it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invariant {
    /// Its name, such as `raft-election-safety`.
    pub name: String,
    /// True if no check found it violated.
    pub held: bool,
    /// When a check first found it violated, ms. `None`, and left out of the JSON, if it held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_ms: Option<u64>,
    /// What that check found, in words. `None`, and left out of the JSON, if it held.
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
