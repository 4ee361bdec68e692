//! The measures of a lesson, and the kinds of their values. `parse::measure` parses them; `run::evaluate` reads them off a
//! cluster.

use std::fmt;

use super::{Role, TargetBase, TargetExpr};
use crate::kube::election::{Component, Reading};
use crate::sim::SimDuration;

/// A measure. The guide has a line for each. Measures that count do so since the beat began.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    Power(TargetExpr),
    OffFor(TargetExpr),
    State(TargetExpr),
    Restarts(TargetExpr),
    Attempts(TargetExpr),
    Flag(TargetExpr, String),
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
    Node(TargetExpr),
    Backend(TargetExpr, TargetExpr),
    Backends,
    Requests(Caller, bool),
    Answered(TargetExpr),
    Typed(String),
    Exit(String),
    Output(String),
    Timing(usize),
    Reading,
    Cut(TargetExpr, TargetExpr),
    Cuts,
    Elapsed,
    SinceAct,
    Servers,
    /// A host or pod by its name.
    Name(TargetExpr),
    /// Index into `Lesson::kept`.
    Kept(usize),
}

/// A capability that is up or down at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    CanWrite,
    CanRead,
    Reconciling,
    App,
}

/// A set of pods to count.
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

/// The kind of a measure's value, which decides what it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Span,
    Word(&'static [&'static str]),
    /// A host's name, or `nobody`.
    Host,
    Text,
}

/// The value of a measure.
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

pub(in crate::lab::lesson) const NOBODY: &str = "nobody";
const POWER: &[&str] = &["on", "off", "paused", "starting"];
const STATES: &[&str] = &["running", "dead", "paused", "stopped", "starting", "not-ready"];
const UP: &[&str] = &["up", "down"];
const YES: &[&str] = &["yes", "no"];
const READY: &[&str] = &["ready", "not-ready", "unknown"];
const READINGS: &[&str] = &[Reading::NAMES[0].0, Reading::NAMES[1].0];

/// Returns every word that can be a value, besides names.
#[cfg(test)]
pub(in crate::lab::lesson) fn words() -> impl Iterator<Item = &'static str> {
    [POWER, STATES, UP, YES, READY, READINGS, &[NOBODY]].concat().into_iter()
}

impl Measure {
    /// Returns the kind of the value.
    pub(in crate::lab::lesson) fn kind(&self, kept: &[(String, Measure)]) -> Kind {
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

    /// Adds the hosts and pods that it names, to be resolved at the start of a beat.
    pub(in crate::lab::lesson) fn whom(&self, out: &mut Vec<TargetBase>) {
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
