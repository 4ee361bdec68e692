//! Parses a measure: its name and its operands.

use super::target::{self, Scope};
use super::words::{Words, one_of};
use crate::lab::lesson::model::measure::{Caller, Lane, Measure, Pods};

const TIMINGS: &[(&str, usize)] = &[("lease", 0), ("renew", 1), ("retry", 2)];
const LANES: &[(&str, Lane)] = &[
    ("can-write", Lane::CanWrite),
    ("can-read", Lane::CanRead),
    ("reconciling", Lane::Reconciling),
    ("app", Lane::App),
];
const PODS: &[(&str, Pods)] = &[
    ("desired", Pods::Desired),
    ("ready", Pods::Ready),
    ("created", Pods::Created),
    ("deleted", Pods::Deleted),
    ("bound", Pods::Bound),
    ("pending", Pods::Pending),
    ("surplus", Pods::Surplus),
];

/// Every measure by its name, with its operands.
pub const ALL: [(&str, &str); 39] = [
    ("power", "HOST"),
    ("off-for", "HOST"),
    ("state", "PROCESS"),
    ("restarts", "PROCESS"),
    ("attempts", "PROCESS"),
    ("flag", "PROCESS --NAME"),
    ("leader", "ROLE"),
    ("leaders", "COMPONENT"),
    ("holder", "COMPONENT"),
    ("transitions", "COMPONENT"),
    ("takeovers", "COMPONENT"),
    ("takeover", "COMPONENT"),
    ("overlap", "COMPONENT"),
    ("acted-on", "COMPONENT"),
    ("renewals", "COMPONENT"),
    ("renewal-gap", "COMPONENT"),
    ("lane", "LANE"),
    ("down", "LANE"),
    ("quorum", ""),
    ("etcd-members", ""),
    ("etcd-elections", ""),
    ("etcd-clients", ""),
    ("pods", "desired|ready|created|deleted|bound|pending|surplus"),
    ("containers", "started|ended"),
    ("node", "HOST"),
    ("backend", "HOST HOST"),
    ("backends", ""),
    ("requests", "kubectl|app ok|failed"),
    ("answered", "HOST"),
    ("typed", "\"TEXT\""),
    ("exit", "\"TEXT\""),
    ("output", "\"TEXT\""),
    ("timing", "lease|renew|retry"),
    ("reading", ""),
    ("cut", "HOST HOST"),
    ("cuts", ""),
    ("elapsed", ""),
    ("since-act", ""),
    ("servers", ""),
];

/// Reads one measure from the words.
///
/// # Errors
/// What was found and what is allowed.
pub(super) fn read(words: &mut Words<'_>, names: &Scope<'_>) -> Result<Measure, String> {
    let word = words.need("a measure")?;
    let component = |words: &mut Words<'_>| one_of(words.need("a component")?, target::COMPONENTS);
    let host = |words: &mut Words<'_>| target::host(words.need("a host")?, names);
    let process = |words: &mut Words<'_>| target::process(words.need("a process")?, names);
    let lane = |words: &mut Words<'_>| one_of(words.need("a lane")?, LANES);
    Ok(match word {
        "power" => Measure::Power(host(words)?),
        "off-for" => Measure::OffFor(host(words)?),
        "state" => Measure::State(process(words)?),
        "restarts" => Measure::Restarts(process(words)?),
        "attempts" => Measure::Attempts(process(words)?),
        "flag" => {
            let who = process(words)?;
            let flag = words.need("a flag such as --leader-elect")?;
            if !flag.starts_with("--") {
                return Err(format!("{flag:?} is not a flag; allowed: a flag such as --leader-elect"));
            }
            Measure::Flag(who, flag.to_owned())
        }
        "leader" => Measure::Leader(one_of(words.need("a role")?, target::ROLES)?),
        "leaders" => Measure::Leaders(component(words)?),
        "holder" => Measure::Holder(component(words)?),
        "transitions" => Measure::Transitions(component(words)?),
        "takeovers" => Measure::Takeovers(component(words)?),
        "takeover" => Measure::Takeover(component(words)?),
        "overlap" => Measure::Overlap(component(words)?),
        "acted-on" => Measure::ActedOn(component(words)?),
        "renewals" => Measure::Renewals(component(words)?),
        "renewal-gap" => Measure::RenewalGap(component(words)?),
        "lane" => Measure::Lane(lane(words)?),
        "down" => Measure::Down(lane(words)?),
        "quorum" => Measure::Quorum,
        "etcd-members" => Measure::EtcdMembers,
        "etcd-elections" => Measure::EtcdElections,
        "etcd-clients" => Measure::EtcdClients,
        "pods" => Measure::Pods(one_of(words.need("which pods")?, PODS)?),
        "containers" => {
            Measure::Containers(one_of(words.need("started, ended")?, &[("started", true), ("ended", false)])?)
        }
        "node" => Measure::Node(host(words)?),
        "backend" => Measure::Backend(host(words)?, host(words)?),
        "backends" => Measure::Backends,
        "requests" => {
            let callers = &[("kubectl", Caller::Kubectl), ("app", Caller::App)];
            let caller = one_of(words.need("kubectl, app")?, callers)?;
            Measure::Requests(caller, one_of(words.need("ok, failed")?, &[("ok", true), ("failed", false)])?)
        }
        "answered" => Measure::Answered(host(words)?),
        "typed" => Measure::Typed(words.quoted()?),
        "exit" => Measure::Exit(words.quoted()?),
        "output" => Measure::Output(words.quoted()?),
        "timing" => Measure::Timing(one_of(words.need("lease, renew, retry")?, TIMINGS)?),
        "reading" => Measure::Reading,
        "cut" => Measure::Cut(host(words)?, host(words)?),
        "cuts" => Measure::Cuts,
        "elapsed" => Measure::Elapsed,
        "since-act" => Measure::SinceAct,
        "servers" => Measure::Servers,
        name if name.contains('(') => Measure::Name(target::any(name, names)?),
        name => match names.kept_index(name) {
            Some(kept) => Measure::Kept(kept),
            None => {
                let all: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
                let near = all.iter().find(|known| is_near(name, known));
                let near = near.map_or(String::new(), |known| format!(" (did you mean {known}?)"));
                return Err(format!("{name:?} is not a measure{near}; allowed: {}", all.join(", ")));
            }
        },
    })
}

/// Returns whether two words differ by one character: missing, extra or different.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let ahead = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.len().abs_diff(b.len()) <= 1 && ahead + behind + 1 >= a.len().max(b.len())
}

/// Reads a text that is one measure: `takeover kube-scheduler`.
///
/// # Errors
/// What was found and what is allowed.
pub(super) fn read_alone(text: &str, names: &Scope<'_>) -> Result<Measure, String> {
    let mut words = Words::of(text)?;
    let measure = read(&mut words, names)?;
    words.end().map(|()| measure)
}
