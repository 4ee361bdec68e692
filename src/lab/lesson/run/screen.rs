//! What a lesson shows at one moment, as plain data: the contract between a run and any interface.

use crate::lab::lesson::model::measure::Value;
use crate::lab::lesson::model::{Inline, Prose, Tone};

/// Everything that is shown of a lesson now.
#[derive(Clone, Debug, PartialEq)]
pub struct Screen {
    pub lesson: String,
    pub title: String,
    /// Counted from 0, of so many.
    pub beat: usize,
    pub beats: usize,
    pub beat_title: String,
    /// Which of the lecture's claims it shows.
    pub claims: Vec<u8>,
    /// The cluster is brought to where the beat begins: nothing is told yet.
    pub preparing: bool,
    /// What had to be done so that the beat could begin.
    pub prepared: Prepared,
    /// What is told so far, in order; the last one is what it waits for.
    pub parts: Vec<Part>,
    /// The beat is over: nothing is waited for any more.
    pub complete: bool,
    /// It waits for longer than it should: it is time to go back to the beginning of the beat.
    pub astray: bool,
    /// The learner plays freely; nothing is told meanwhile.
    pub free: bool,
    pub pace: Pace,
}

/// How a beat's beginning was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prepared {
    /// It goes on from where the beat before ended.
    #[default]
    Continues,
    /// The cluster was built for it.
    Fresh,
    /// What was done since the beat before ended was undone.
    Rewound,
    /// The beats before were played again as the lesson tells them.
    Replayed,
}

/// Whether simulated time should pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The learner is asked, or the beat is over: it may stand still.
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
    /// It waits until the simulation shows something.
    Wait {
        text: Shown,
        done: bool,
        /// `check:`
        check: bool,
    },
    Predict {
        text: Shown,
        choices: Vec<ChoiceShown>,
        /// The first answer.
        answered: Option<usize>,
        judged: bool,
        /// It is asked until the answer is right.
        until_right: bool,
    },
    Do {
        text: Shown,
        done: bool,
        /// Where it can be done; empty if the learner has to find out.
        at: Vec<Pointer>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceShown {
    pub text: Shown,
    /// It was chosen at some time.
    pub chosen: bool,
    /// None until the simulation has answered.
    pub right: Option<bool>,
    /// Why it is right or wrong; empty until the simulation has answered.
    pub why: Vec<Shown>,
}

/// What the page can point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// A host, a process or a pod (`master-1`, `master-1/etcd`, `pod/web-1`), and what to do with it.
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
pub type Shown = Vec<Piece>;

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    Bold(String),
    Emphasis(String),
    Code(String),
    /// A word that the glossary explains: the text, and the term's id.
    Term(String, String),
    /// Measured in this run.
    Measured(Value),
}

/// A paragraph as it reads, without markup.
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

/// What a prediction came to.
#[derive(Clone, Debug, PartialEq)]
pub struct BeatResult {
    pub id: String,
    pub title: String,
    pub done: bool,
    /// Of each question, in order.
    pub answers: Vec<Answer>,
}

/// The answer to one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The first choice.
    pub first: usize,
    /// The one that the simulation showed to be right; none if no choice came true.
    pub right: Option<usize>,
}

/// A paragraph with what `value` says of each measure; what it does not say is left out as a dash.
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
