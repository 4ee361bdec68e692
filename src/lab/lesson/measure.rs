//! What a lesson can measure, how it is written, and of what kind the answer is. How it is read off a cluster: `look`.

use std::fmt;

use super::aim::{self, Names, one_of};
use super::model::{Base, Role, Who};
use crate::kube::election::Component;
use crate::sim::SimDuration;

/// See the guide, which has a line for each. "Since the beat began" is meant by all that count.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    Power(Who),
    OffFor(Who),
    State(Who),
    Restarts(Who),
    Attempts(Who),
    Flag(Who, String),
    Leader(Role),
    Leaders(Component),
    Holder(Component),
    Transitions(Component),
    Takeovers(Component),
    Takeover(Component),
    Overlap(Component),
    ActedOn(Component),
    Renewals(Component),
    RenewalGap(Component),
    Lane(Lane),
    Down(Lane),
    Quorum,
    EtcdMembers,
    EtcdElections,
    EtcdClients,
    Pods(Pods),
    Containers(bool),
    Node(Who),
    Backend(Who, Who),
    Backends,
    Requests(Caller, bool),
    Answered(Who),
    Typed(String),
    Exit(String),
    Output(String),
    Timing(usize),
    Reading,
    Cut(Who, Who),
    Cuts,
    Elapsed,
    SinceAct,
    Servers,
    /// A host or pod by its name.
    Name(Who),
    /// Number in the lesson's list of what is kept.
    Kept(usize),
}

/// What works or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    CanWrite,
    CanRead,
    Reconciling,
    App,
}

/// Which pods are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    Desired,
    /// Really running on live workers.
    Ready,
    Created,
    Deleted,
    Bound,
    /// Without a node now.
    Pending,
    /// The most objects beyond the desired number since the beat began.
    Surplus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    Kubectl,
    App,
}

/// Of what kind a measure's answer is, and so what it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Number,
    Span,
    Word(&'static [&'static str]),
    /// A host's name, or `nobody`.
    Host,
    Text,
}

/// What a measure answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Span(SimDuration),
    Word(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(n) => write!(f, "{n}"),
            Value::Span(span) if span.0 < 120_000_000 => {
                let tenths = (span.0 + 50_000) / 100_000;
                write!(f, "{}.{} s", tenths / 10, tenths % 10)
            }
            Value::Span(span) => {
                let seconds = (span.0 + 500_000) / 1_000_000;
                write!(f, "{} min {} s", seconds / 60, seconds % 60)
            }
            Value::Word(word) => f.write_str(word),
        }
    }
}

pub(super) const NOBODY: &str = "nobody";
const POWER: &[&str] = &["on", "off", "paused", "starting"];
const STATES: &[&str] = &["running", "dead", "paused", "stopped", "starting", "not-ready"];
const UP: &[&str] = &["up", "down"];
const YES: &[&str] = &["yes", "no"];
const READY: &[&str] = &["ready", "not-ready", "unknown"];
const READINGS: &[&str] = &["lecture", "client-go"];
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

/// Every word that a measure answers with, besides names.
#[cfg(test)]
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    [POWER, STATES, UP, YES, READY, READINGS, &[NOBODY]].concat().into_iter()
}

/// Every measure by its name, with what follows it.
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

/// Words of a condition, one after the other; quoted text is one word.
pub(super) struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
}

impl<'a> Words<'a> {
    pub fn of(text: &'a str) -> Result<Self, String> {
        let (mut words, mut rest) = (Vec::new(), text.trim());
        while !rest.is_empty() {
            let end = match rest.strip_prefix('"') {
                Some(inner) => match inner.find('"') {
                    Some(end) => end + 2,
                    None => return Err("a \" is opened and not closed".to_owned()),
                },
                None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            };
            words.push(&rest[..end]);
            rest = rest[end..].trim_start();
        }
        Ok(Words { words, next: 0 })
    }

    pub fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    /// The next word.
    ///
    /// # Errors
    /// That there is none, and what is allowed.
    pub fn need(&mut self, allowed: &str) -> Result<&'a str, String> {
        let word = self.peek().ok_or_else(|| format!("the line ends too early; allowed: {allowed}"))?;
        self.next += 1;
        Ok(word)
    }

    /// The next word, which is in quotes.
    pub fn quoted(&mut self) -> Result<String, String> {
        let word = self.need("text in quotes")?;
        let inner = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')).filter(|w| !w.is_empty());
        inner.map(str::to_owned).ok_or_else(|| format!("{word} is not in quotes; allowed: text in quotes"))
    }

    pub fn end(&self) -> Result<(), String> {
        self.peek().map_or(Ok(()), |word| Err(format!("{word:?} is one word too many")))
    }
}

/// Reads one measure from the words.
///
/// # Errors
/// What was found and what is allowed.
pub(super) fn read(words: &mut Words<'_>, names: &Names<'_>) -> Result<Measure, String> {
    let word = words.need("a measure")?;
    let component = |words: &mut Words<'_>| one_of(words.need("a component")?, aim::COMPONENTS);
    let host = |words: &mut Words<'_>| aim::host(words.need("a host")?, names);
    let process = |words: &mut Words<'_>| aim::process(words.need("a process")?, names);
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
        "leader" => Measure::Leader(one_of(words.need("a role")?, aim::ROLES)?),
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
        name if name.contains('(') => Measure::Name(aim::any(name, names)?),
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

/// One sign is missing, too many or another.
fn is_near(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let ahead = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    a.len().abs_diff(b.len()) <= 1 && ahead + behind + 1 >= a.len().max(b.len())
}

impl Measure {
    /// Of what kind the answer is.
    pub(super) fn kind(&self, kept: &[(String, Measure)]) -> Kind {
        match self {
            Measure::Power(_) => Kind::Word(POWER),
            Measure::State(_) => Kind::Word(STATES),
            Measure::Lane(_) | Measure::Backend(..) => Kind::Word(UP),
            Measure::Quorum | Measure::Cut(..) => Kind::Word(YES),
            Measure::Node(_) => Kind::Word(READY),
            Measure::Reading => Kind::Word(READINGS),
            Measure::Flag(..) | Measure::Output(_) | Measure::EtcdClients => Kind::Text,
            Measure::Leader(_) | Measure::Holder(_) | Measure::Name(_) => Kind::Host,
            Measure::OffFor(_)
            | Measure::Takeover(_)
            | Measure::Overlap(_)
            | Measure::ActedOn(_)
            | Measure::RenewalGap(_)
            | Measure::Down(_)
            | Measure::Timing(_)
            | Measure::Elapsed
            | Measure::SinceAct => Kind::Span,
            Measure::Kept(index) => kept.get(*index).map_or(Kind::Number, |(_, measure)| measure.kind(kept)),
            _ => Kind::Number,
        }
    }

    /// Whom it is about, for what has to be remembered from the beginning of a beat.
    pub(super) fn whom(&self, out: &mut Vec<Base>) {
        match self {
            Measure::Backend(a, b) | Measure::Cut(a, b) => out.extend([a.base.clone(), b.base.clone()]),
            Measure::Power(who)
            | Measure::OffFor(who)
            | Measure::State(who)
            | Measure::Restarts(who)
            | Measure::Attempts(who)
            | Measure::Flag(who, _)
            | Measure::Node(who)
            | Measure::Answered(who)
            | Measure::Name(who) => out.push(who.base.clone()),
            _ => {}
        }
    }
}
