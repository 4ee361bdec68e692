//! A lesson as plain data: what a file says, checked, with nothing of a run in it.

pub(super) mod measure;

use std::rc::Rc;

pub use measure::{Measure, Value};

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
    pub seed: u64,
    /// What runs where no beat says otherwise.
    pub cluster: Rc<scenario::Cluster>,
    pub beats: Vec<Beat>,
    /// Lines of the card at the end; each has numbers that the run measured.
    pub recap: Vec<Prose>,
    /// Names of what is kept, with the measure that gave them.
    pub kept: Vec<(String, Measure)>,
}

/// A part of a lesson that is one idea.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    pub id: String,
    pub title: String,
    /// Which of the lecture's claims it shows: 16 is C16.
    pub claims: Vec<u8>,
    /// How the cluster is brought to where the beat begins; nothing: it goes on from the beat before.
    /// With the line of its file that says so.
    pub setup: Vec<(Prepare, usize)>,
    pub steps: Vec<Step>,
    /// Where it begins in its file.
    pub line: usize,
}

/// One thing that is done before a beat begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Prepare {
    /// A new cluster that has run for half a minute: the lesson's, or this one.
    Fresh(Option<Rc<scenario::Cluster>>),
    Act(Doing),
    Run(SimDuration),
    /// Runs until this holds, for two minutes at most.
    Until(Condition),
}

/// One part of a beat; they come one after the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Text(Tone, Vec<Prose>),
    Wait(Goal),
    Predict(Question),
    Do(Task),
    /// Number in [`Lesson::kept`].
    Measure(usize),
}

/// How a text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    /// What follows from what was just seen.
    Then,
    /// What the real thing does where the lecture simplifies.
    Precisely,
}

/// Something that the simulation has to show before it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    pub text: Prose,
    pub when: Vec<Condition>,
    /// After this much simulated time something went astray.
    pub within: SimDuration,
    /// `check:`, not `wait:`.
    pub check: bool,
}

/// Something to predict: the simulation says which choice is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub text: Prose,
    pub choices: Vec<Choice>,
    /// `diagnose:`: it is judged at once, and asked until the answer is right.
    pub until_right: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub text: Prose,
    pub when: Vec<Condition>,
    /// Why it is right, or why it tempts and is wrong.
    pub why: Vec<Prose>,
}

/// Something to do on the real controls.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub text: Prose,
    /// How a test does it, and what the page points at.
    pub acts: Vec<Doing>,
    pub done: Vec<Condition>,
    /// `repair:`, where pointing would give the answer away.
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
    /// A word that the glossary explains: the text, and the term's id.
    Term(String, String),
    /// Measured when the text is shown.
    Measured(Measure),
    /// The same, as what a program printed: `` `{...}` ``.
    Printed(Measure),
}

/// Alternatives; one must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Any of these, each of which is a list of comparisons that must all hold.
    pub any: Vec<Vec<Comparison>>,
    /// As it stands in the file.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    pub measure: Measure,
    pub test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Test {
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

/// What a measure is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Number(u64),
    Span(SimDuration),
    Word(String),
    Who(Who),
    /// Number in [`Lesson::kept`].
    Kept(usize),
}

/// A host, one of its processes, or a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    pub base: Base,
    pub process: Option<String>,
}

/// How a host or a pod is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    Name(String),
    /// Who leads now.
    Leader(Role),
    /// Who led when the beat began.
    Was(Role),
    /// The first that did not lead when the beat began.
    Other(Role),
    /// The worker of the first pod of a deployment when the beat began.
    WorkerOf(String),
    /// The first pod of a deployment when the beat began.
    Pod(String),
    /// Number in [`Lesson::kept`].
    Kept(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Elected(Component),
    Etcd,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Elected(component) => component.name(),
            Role::Etcd => "etcd",
        }
    }
}

/// What is done to the cluster, as a lesson writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    Aimed(Verb, Who),
    /// Cuts a host off from all others.
    Isolate(Who),
    /// Cuts two hosts from each other.
    Cut(Who, Who),
    Heal,
    /// A line typed on the laptop.
    Type(String),
    Flags(Who, Vec<(String, String)>),
    Timings([SimDuration; 3]),
    Reading(Reading),
}

impl Condition {
    /// Whom it is about.
    pub(in crate::lab::lesson) fn whom(&self, out: &mut Vec<Base>) {
        for comparison in self.any.iter().flatten() {
            comparison.measure.whom(out);
            match &comparison.test {
                Test::Is(Operand::Who(who)) | Test::IsNot(Operand::Who(who)) => out.push(who.base.clone()),
                _ => {}
            }
        }
    }
}

impl Doing {
    /// Whom it is about.
    pub(in crate::lab::lesson) fn whom(&self, out: &mut Vec<Base>) {
        match self {
            Doing::Aimed(_, who) | Doing::Isolate(who) | Doing::Flags(who, _) => out.push(who.base.clone()),
            Doing::Cut(a, b) => out.extend([a.base.clone(), b.base.clone()]),
            Doing::Heal | Doing::Type(_) | Doing::Timings(_) | Doing::Reading(_) => {}
        }
    }
}
