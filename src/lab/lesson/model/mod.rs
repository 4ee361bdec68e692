//! A lesson as plain data: the checked content of a file, without any state of a run.

pub(super) mod measure;

use std::rc::Rc;

pub use measure::Measure;

use crate::cluster::config::Reading;
pub use crate::cluster::config::Verb;
use crate::kube::election::Component;
use crate::lab::scenario;
use crate::sim::SimDuration;

/// One lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// `lone-master`; the same in every language.
    pub id: String,
    pub title: String,
    /// One sentence for the list of lessons.
    pub about: String,
    pub(crate) seed: u64,
    /// The cluster of every beat that does not name its own.
    pub(crate) cluster: Rc<scenario::Cluster>,
    pub beats: Vec<Beat>,
    /// Lines of the card at the end, each with numbers that the run measured.
    pub recap: Vec<Prose>,
    /// Kept values: their names, and the measure of each.
    pub(crate) kept: Vec<(String, Measure)>,
}

/// A part of a lesson: one idea.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    pub id: String,
    pub title: String,
    /// The lecture's claims that it shows: 16 is C16.
    pub claims: Vec<u8>,
    /// Preparation of the cluster, each part with its line of the file. Empty if the beat continues from the one before.
    pub(crate) setup: Vec<(Prepare, usize)>,
    pub steps: Vec<Step>,
    /// Its first line in the file.
    pub(crate) line: usize,
}

/// One part of the preparation of a beat.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Prepare {
    /// Loads a new cluster and runs it for half a minute: this one, or the lesson's if `None`.
    Fresh(Option<Rc<scenario::Cluster>>),
    Act(LessonAct),
    Run(SimDuration),
    /// Runs until this holds, for two minutes at most.
    Until(Condition),
}

/// One step of a beat.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Text(Tone, Vec<Prose>),
    Wait(Goal),
    Predict(Question),
    Do(Task),
    /// Index into `Lesson::kept`.
    Measure(usize),
}

/// The role of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    /// Explains what just happened.
    Then,
    /// Describes the real program where the lecture simplifies.
    Precisely,
}

/// A condition to wait for before the lesson continues.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub text: Prose,
    pub(crate) when: Vec<Condition>,
    /// The longest wait, in simulated time. After it the lesson offers to restart the beat.
    pub(crate) within: SimDuration,
    /// `check:`, not `wait:`.
    pub check: bool,
}

/// A prediction: the simulation decides which choice is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub text: Prose,
    pub choices: Vec<Choice>,
    /// `diagnose:`: judged at once, and asked until the answer is right.
    pub until_right: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub text: Prose,
    pub(crate) when: Vec<Condition>,
    /// Why it is right, or why it tempts and is wrong.
    pub why: Vec<Prose>,
}

/// A task for the learner, on the page's controls.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub text: Prose,
    /// The acts that complete it: tests perform them, and the page points at their controls.
    pub acts: Vec<LessonAct>,
    pub(crate) done: Vec<Condition>,
    /// `repair:`: the page does not point, as that would give the answer away.
    pub unaided: bool,
}

/// One paragraph.
pub type Prose = Vec<Inline>;

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    Text(String),
    Bold(String),
    Emphasis(String),
    Code(String),
    /// A word from the glossary: the text, and the term's id.
    Term(String, String),
    /// Measured when the text is shown.
    Measured(Measure),
    /// The same, formatted as output of a program: `` `{...}` ``.
    Printed(Measure),
}

/// A condition on the cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// Alternatives, of which one must hold: all its comparisons.
    pub(crate) any: Vec<Vec<Comparison>>,
    /// Its text in the file.
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) measure: Measure,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Is(Operand),
    IsNot(Operand),
    Less(Operand),
    AtMost(Operand),
    More(Operand),
    AtLeast(Operand),
    /// Both ends included.
    In(Operand, Operand),
    Contains(String),
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Number(u64),
    Span(SimDuration),
    Word(String),
    Target(TargetExpr),
    /// Index into [`Lesson::kept`].
    Kept(usize),
}

/// A host, one of its processes, or a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetExpr {
    pub(crate) base: TargetBase,
    pub(crate) process: Option<String>,
}

/// How a lesson names a host or a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TargetBase {
    Name(String),
    /// The present leader.
    Leader(Role),
    /// The leader at the start of the beat.
    Was(Role),
    /// The first candidate that did not lead at the start of the beat.
    Other(Role),
    /// The worker of a deployment's first pod at the start of the beat.
    WorkerOf(String),
    /// A deployment's first pod at the start of the beat.
    Pod(String),
    /// Index into [`Lesson::kept`].
    Kept(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Elected(Component),
    Etcd,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Elected(component) => component.name(),
            Role::Etcd => "etcd",
        }
    }
}

/// An act on the cluster, as a lesson writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum LessonAct {
    Aimed(Verb, TargetExpr),
    /// Cuts a host off from all others.
    Isolate(TargetExpr),
    /// Cuts two hosts from each other.
    Cut(TargetExpr, TargetExpr),
    Heal,
    /// A line typed on the laptop.
    Type(String),
    Flags(TargetExpr, Vec<(String, String)>),
    Timings([SimDuration; 3]),
    Reading(Reading),
}

impl Condition {
    /// Adds the hosts and pods that it names.
    pub(in crate::lab::lesson) fn whom(&self, out: &mut Vec<TargetBase>) {
        for comparison in self.any.iter().flatten() {
            comparison.measure.whom(out);
            match &comparison.test {
                Test::Is(Operand::Target(who)) | Test::IsNot(Operand::Target(who)) => out.push(who.base.clone()),
                _ => {}
            }
        }
    }
}

impl LessonAct {
    /// Adds the hosts and pods that it names.
    pub(in crate::lab::lesson) fn whom(&self, out: &mut Vec<TargetBase>) {
        match self {
            LessonAct::Aimed(_, who) | LessonAct::Isolate(who) | LessonAct::Flags(who, _) => out.push(who.base.clone()),
            LessonAct::Cut(a, b) => out.extend([a.base.clone(), b.base.clone()]),
            LessonAct::Heal | LessonAct::Type(_) | LessonAct::Timings(_) | LessonAct::Reading(_) => {}
        }
    }
}
