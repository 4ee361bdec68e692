//! The page's state of lessons: the current place, the list with the progress of each, and the running one. Plain data; the
//! model changes it (`ui/model/lesson.rs`).

use std::rc::Rc;

use crate::lab::lesson::{Entry, Lesson, Pointer, Progress, Run, Screen};
use crate::lab::link::Link;
use crate::lab::session::Session;
use crate::lab::view::Name;
use crate::ui::model::hint::Hint;

/// The language of the lessons if there are none in the page's: a folder of `lessons/`.
pub(crate) const ENGLISH: &str = "en";

/// The place in the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Sandbox,
    /// All lessons.
    List,
    /// A lesson, beside its cluster.
    Lesson,
    Results,
}

/// The origin of a lesson's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A lesson of the list, by its id.
    Listed(Name),
    /// A lesson of the list, read only for its results.
    Begun(Name),
    /// A lesson of the user's own, by name.
    Own(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Go(Place),
    /// Goes to the running lesson, or to the list if there is none.
    Learn,
    /// The list of lessons in this language has arrived, or a sentence that says why not.
    List(Name, Result<Name, Name>),
    /// Kept progress has been read: the lesson's id and the text of each.
    Kept(Vec<(Name, Name)>),
    /// Opens a lesson by its id, at a beat or where it was left, and at the link's moment if it has one.
    Open {
        id: Name,
        beat: Option<u32>,
        moment: Option<Box<Link>>,
    },
    /// A lesson of the user's own, by its path on this site.
    OpenPath(Name),
    /// The text of a lesson has arrived.
    Text(Source, Result<Name, Name>),
    /// Marks a choice, without answering yet.
    Mark(usize),
    Commit,
    Next,
    Previous,
    Beat(usize),
    Again,
    Restart,
    Freely,
    Back,
    /// Leaves the lesson instead of waiting for its preparation.
    Cancel,
    /// Skips ahead until the lesson's condition holds.
    Hurry,
    ShowMe,
    DoIt,
    Sheet(bool),
    Name(Name),
    Forget,
    PutAway,
    /// Saves all progress that was set aside as a file.
    SaveAside,
}

/// A lesson in the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) entry: Entry,
    pub(crate) kept: Option<Rc<Progress>>,
}

impl Item {
    pub(crate) fn is_done(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.done() >= self.entry.beats)
    }
}

/// The running lesson.
pub(crate) struct Running {
    pub(crate) run: Run,
    /// The screen of [`Running::run`].
    pub(crate) screen: Rc<Screen>,
    /// Set if it is in the list. Progress of others is not kept.
    pub(crate) listed: bool,
    /// The choice that is marked.
    pub(crate) marked: Option<usize>,
    /// Set once it has ended and its card is shown.
    pub(crate) over: bool,
    pub(crate) progress: Rc<Progress>,
    /// Set if the session has another run than the lesson's.
    pub(crate) strange: bool,
    /// How often a control of the task was shown. After the first time the page offers to do it for the learner.
    pub(crate) shown: usize,
    /// Real time since it started to skip ahead, ms. `None` if it does not.
    pub(crate) hurry_ms: Option<f64>,
    pub(crate) refused: bool,
    /// The moment of the cluster at the last look.
    pub(crate) seen: Seen,
}

/// A moment of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) now_us: u64,
    pub(crate) branch: u32,
    pub(crate) changes: u32,
}

/// The session of the sandbox while a lesson has the stage, or the lesson's while the sandbox has it.
pub(crate) struct Aside {
    pub(crate) session: Session,
    pub(crate) playing: bool,
    pub(crate) speed: usize,
    pub(crate) selected: Option<Name>,
    pub(crate) hint: Hint,
}

/// The place to open once a lesson's text has arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) beat: Option<u32>,
    pub(crate) moment: Option<Box<Link>>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) place: Place,
    pub(crate) list: Rc<Vec<Item>>,
    /// The folder of the listed lessons.
    pub(crate) language: String,
    /// Set while a file is being loaded.
    pub(crate) loading: bool,
    /// An error or a notice. `None` if there is none.
    pub(crate) trouble: Option<Name>,
    /// Kept progress that cannot be read: the lesson's id and the text of each.
    pub(crate) aside_texts: Vec<(Name, Name)>,
    pub(crate) running: Option<Running>,
    /// Set if the lesson's sheet is open on a small screen.
    pub(crate) sheet: bool,
    /// The name on the results, as typed.
    pub(crate) name: String,
    /// Set once "Forget" was pressed, until it is confirmed.
    pub(crate) forgetting: bool,
    /// Lessons that have been read.
    pub(crate) lessons: Rc<Vec<Rc<Lesson>>>,
    pub(in crate::ui) aside: Option<Aside>,
    /// Set if the session on the stage is the lesson's.
    pub(in crate::ui) on_stage: bool,
    /// The step that waits for the list of lessons.
    pub(in crate::ui) asked: Option<Step>,
    pub(in crate::ui) wanted: Wanted,
}

impl State {
    pub(crate) fn item(&self, id: &str) -> Option<&Item> {
        self.list.iter().find(|item| item.entry.id == id)
    }
}

/// Returns the path of a lesson's file.
pub(crate) fn path_of(language: &str, file: &str) -> String {
    format!("lessons/{language}/{file}")
}

/// Returns the component to select for a control to exist, `None` if any will do, and selectors to find it by, best first.
pub(crate) fn place_of(pointer: &Pointer) -> (Option<String>, Vec<String>) {
    let inspector = |rest: &str| format!("[data-testid=\"inspector\"] {rest}");
    match pointer {
        Pointer::Target(target, verb) => {
            let mut css = vec![inspector(&format!("[data-act=\"{verb}\"]"))];
            if *verb == "isolate" {
                css = vec![inspector("[data-testid=\"network\"] [data-form-act=\"isolate\"]")];
            }
            css.extend([inspector("button"), format!("[data-target=\"{target}\"]")]);
            (Some(target.clone()), css)
        }
        Pointer::Type(_) => (Some("laptop".to_owned()), vec![inspector("[data-testid=\"form-line\"] input")]),
        Pointer::Timings(_) => (None, vec!["[data-testid=\"timing-lease-duration\"]".to_owned()]),
        Pointer::Reading(_) => (None, vec![".reading input:not(:checked)".to_owned()]),
        Pointer::Flags(target, _) => {
            (Some(target.clone()), vec![inspector("[data-testid=\"form-flags\"] input"), inspector("input")])
        }
        Pointer::Cut(a, _) => (Some(a.clone()), vec![inspector("[data-testid=\"network\"] select")]),
        Pointer::Heal => {
            (Some("master-1".to_owned()), vec![inspector("[data-testid=\"network\"] [data-form-act=\"heal-all\"]")])
        }
    }
}
