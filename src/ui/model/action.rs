//! Everything that can happen to the page: what the learner does, frames, and what the browser reports.

use super::{Goal, MessageClass, Name, Reading, Setup, Sheet, Timing, Verb, share};
use crate::lab::forms::FormAct;
use crate::ui::dock::state::Ask;
use crate::ui::learn::state as learn;
use crate::ui::topology::state::StageAct;

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A frame of the screen, at this real time, ms.
    Frame(f64),
    PlayPause,
    Step,
    Speed(usize),
    Select(Option<Name>),
    SelectLeader,
    Act(Name, Verb),
    /// Submits a form: its id, its target, the act, and its fields.
    Do(&'static str, Name, FormAct, Vec<Name>),
    Timings(Timing, [Name; 3]),
    PutBack,
    Reading(Reading),
    Reset(Setup),
    Open(Option<Sheet>),
    Why(Option<u64>),
    Dock(Ask),
    ToggleClass(MessageClass),
    Stage(StageAct),
    DismissHint,
    SingleKeys(bool),
    /// Copies the first text to the clipboard, then announces the second.
    Copy(Name, Name),
    /// Announces a text to screen readers.
    Say(Name),
    /// Searches the terms in the help sheet.
    FindTerm(Name),
    /// Goes to this moment of the branch, µs, between the session's start and the branch's head.
    Seek(u64),
    /// Goes back to the last listed event before now.
    StepBack,
    /// Skips ahead until it happens, at most ten simulated minutes.
    Until(Goal),
    /// Goes back to before the last act, without it.
    Undo,
    Redo,
    /// Shows another branch at the place where it was left.
    Branch(u32),
    /// Links, files and new versions.
    Share(share::Step),
    /// Starts or stops time.
    Play(bool),
    /// Closes the notice.
    PutNoteAway,
    /// An act on a kept run.
    Kept(KeptAct),
    /// A step in lessons.
    Learn(learn::Step),
    /// Answers whether a costly run continues.
    Heavy(bool),
    /// Changes between dark and light.
    Theme,
    /// The system's wishes about colours and motion, at the start and when they change.
    System {
        dark: bool,
        still: bool,
    },
}

/// An act on the run kept under a name (`ui/storage/shelf.rs`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptAct {
    /// Brings it back.
    Show(Name),
    /// Saves it as a file.
    Save(Name),
    Forget(Name),
}
