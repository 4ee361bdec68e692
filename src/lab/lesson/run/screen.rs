//! The screen of a lesson as plain data: the contract between a run and any interface.

use crate::lab::lesson::model::measure::Value;
use crate::lab::lesson::model::{Inline, Prose, Tone};

/// Everything that a lesson shows at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    pub(crate) lesson: String,
    pub(crate) title: String,
    /// Counted from 0; there are `beats` of them.
    pub beat: usize,
    pub(crate) beats: usize,
    pub(crate) beat_title: String,
    /// The lecture's claims that it shows.
    pub(crate) claims: Vec<u8>,
    /// Set while the cluster is brought to the start of the beat. Nothing else is shown yet.
    pub(crate) preparing: bool,
    /// How the start of the beat was reached.
    pub prepared: Prepared,
    /// The parts shown so far, in order. The last is the one that it waits for.
    pub parts: Vec<Part>,
    /// Set when the beat is complete.
    pub(crate) complete: bool,
    /// Set when it has waited for too long, and the beat should be restarted.
    pub astray: bool,
    /// Set while the learner plays freely. The lesson pauses.
    pub free: bool,
    pub(crate) pace: Pace,
}

/// How the start of a beat was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prepared {
    /// Continues from the end of the beat before.
    #[default]
    Continues,
    /// A cluster was built for it.
    Fresh,
    /// Acts since the end of the beat before were undone.
    Rewound,
    /// The earlier beats were replayed in the lesson's order.
    Replayed,
}

/// Whether simulated time should pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Time may stand still: the learner is asked, or the beat is complete.
    Stand,
    Run,
}

/// One part of a beat.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text {
        tone: Tone,
        paragraphs: Vec<Shown>,
    },
    /// Waits for a condition.
    Wait {
        text: Shown,
        done: bool,
        /// `check:`
        check: bool,
    },
    Predict {
        text: Shown,
        choices: Vec<ChoiceShown>,
        /// The choices in the order in which they are shown. Answers are numbers of `choices`.
        order: Vec<usize>,
        /// The first answer.
        answered: Option<usize>,
        judged: bool,
        /// Set if it is asked until the answer is right.
        until_right: bool,
    },
    Do {
        text: Shown,
        done: bool,
        /// Controls that can do it. Empty if the learner has to find them.
        at: Vec<Pointer>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceShown {
    pub(crate) text: Shown,
    /// Set if the learner chose it at any time.
    pub(crate) chosen: bool,
    /// `None` until the simulation has answered.
    pub right: Option<bool>,
    /// Why it is right or wrong; empty until the simulation has answered.
    pub(crate) why: Vec<Shown>,
}

/// A control that the page can point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// A host, a process or a pod (`master-1`, `master-1/etcd`, `pod/web-1`), and what to do to it.
    Target(String, &'static str),
    /// A line to type on the laptop.
    Type(String),
    /// The sliders of the leases.
    Timings([String; 3]),
    /// The choice of the reading: `lecture` or `client-go`.
    Reading(&'static str),
    /// Flags of a process.
    Flags(String, Vec<(String, String)>),
    /// The network between two hosts.
    Cut(String, String),
    Heal,
}

/// A paragraph with its numbers in it.
pub(crate) type Shown = Vec<Piece>;

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    Bold(String),
    Emphasis(String),
    Code(String),
    /// A word from the glossary: the text, and the term's id.
    Term(String, String),
    /// Measured in this run.
    Measured(Value),
}

/// Returns the plain text of a paragraph.
pub fn plain(shown: &[Piece]) -> String {
    let mut out = String::new();
    for piece in shown {
        match piece {
            Piece::Text(t) | Piece::Bold(t) | Piece::Emphasis(t) | Piece::Code(t) | Piece::Term(t, _) => {
                out.push_str(t)
            }
            Piece::Measured(value) => out.push_str(&value.said()),
        }
    }
    out
}

/// The result of a beat.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatResult {
    pub(crate) id: String,
    pub(crate) title: String,
    pub done: bool,
    /// The answers, in the order of the questions.
    pub answers: Vec<Answer>,
}

/// The answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The first choice.
    pub first: usize,
    /// The choice that the simulation showed to be right. `None` if no choice came true.
    pub right: Option<usize>,
}

/// Returns a paragraph with its measures replaced by `value`. A missing value is shown as a dash.
pub(super) fn show(
    prose: &Prose,
    value: &dyn Fn(&crate::lab::lesson::model::measure::Measure) -> Option<Value>,
) -> Shown {
    let piece = |inline: &Inline| match inline {
        Inline::Text(t) => Piece::Text(t.clone()),
        Inline::Bold(t) => Piece::Bold(t.clone()),
        Inline::Emphasis(t) => Piece::Emphasis(t.clone()),
        Inline::Code(t) => Piece::Code(t.clone()),
        Inline::Term(t, id) => Piece::Term(t.clone(), id.clone()),
        Inline::Printed(measure) => Piece::Code(value(measure).map_or_else(|| "–".to_owned(), |v| v.to_string())),
        Inline::Measured(measure) => value(measure).map_or_else(|| Piece::Text("–".to_owned()), Piece::Measured),
    };
    prose.iter().map(piece).collect()
}
