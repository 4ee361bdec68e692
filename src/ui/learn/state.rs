//! What the page knows of lessons: where one is, the list with what is kept of each, and the one that runs. Plain data; the
//! model changes it (`ui/model/lesson.rs`).

use std::rc::Rc;

use crate::lab::lesson::{Entry, Lesson, Pointer, Progress, Run, Screen};
use crate::lab::link::Link;
use crate::lab::session::Session;
use crate::lab::view::Name;
use crate::ui::embed::protocol::Event;
use crate::ui::model::hint::Hint;

/// The language whose lessons are read where there are none in the page's: a folder of `lessons/`.
pub const ENGLISH: &str = "en";

/// What the page shows.
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

/// Where the text of a lesson comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// One of the list, by its id.
    Listed(Name),
    /// The same, read for its results only.
    Begun(Name),
    /// One that somebody brought: what it is called.
    Own(Name),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Go(Place),
    /// To the lesson that runs, or else to the list.
    Learn,
    /// The list of lessons is here, of this language, or a sentence that says why not.
    List(Name, Result<Name, Name>),
    /// What the browser kept: of which lesson, and the text.
    Kept(Vec<(Name, Name)>),
    /// Opens a lesson by its id, at a beat or where it was left; in a moment of it, if the link has one.
    Open {
        id: Name,
        beat: Option<u32>,
        moment: Option<Box<Link>>,
    },
    /// A lesson of one's own, by its place on this site.
    OpenPath(Name),
    /// The text of a lesson is here.
    Text(Source, Result<Name, Name>),
    /// A choice is marked, not given yet.
    Mark(usize),
    Commit,
    Next,
    Previous,
    Beat(usize),
    Again,
    Restart,
    Freely,
    Back,
    /// The lesson is left instead of waiting for it to be prepared.
    Cancel,
    /// Time runs fast until what is waited for comes.
    Hurry,
    ShowMe,
    DoIt,
    Sheet(bool),
    Name(Name),
    Forget,
    PutAway,
    /// Saves all that was set aside as a file.
    SaveAside,
}

/// Something that only the browser can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    LoadList,
    /// Loads the text of a lesson from this path.
    Load(Source, String),
    /// Reads what is kept of these lessons.
    Recall(Vec<Name>),
    Keep(Name, String),
    Forget(Name),
    /// Puts what is kept of a lesson out of the way: it cannot be read.
    SetAside(Name),
    /// Saves a text as a file of this name.
    Save(&'static str, String),
    /// What the address says from now on; nothing is loaded by it.
    Address(String),
    Tell(Event),
    /// The focus goes here; if `lost`, only when it is nowhere.
    Focus {
        css: &'static str,
        lost: bool,
    },
    /// This part of the lesson comes into view.
    Reveal(&'static str),
    /// Points at the first of these that is there.
    Point(Vec<String>),
}

/// A lesson in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub entry: Entry,
    pub kept: Option<Rc<Progress>>,
}

impl Item {
    pub fn is_done(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.done() >= self.entry.beats)
    }
}

/// The lesson that runs.
pub struct Running {
    pub run: Run,
    /// What it shows; as [`Running::run`] is.
    pub screen: Rc<Screen>,
    /// One of the list; progress of others is not kept.
    pub listed: bool,
    /// The choice that is marked.
    pub marked: Option<usize>,
    /// It is over and its card is shown.
    pub over: bool,
    pub progress: Rc<Progress>,
    /// The session is of another run than the lesson's.
    pub strange: bool,
    /// How often a place of the task was shown: from then on it can be done for the learner.
    pub shown: usize,
    /// For how long time has run fast, ms of the watcher; none if it does not.
    pub hurry_ms: Option<f64>,
    pub refused: bool,
    /// Where the cluster was when it was looked at.
    pub seen: Seen,
}

/// A moment of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub now_us: u64,
    pub branch: u32,
    pub changes: u32,
}

/// The session of the sandbox while a lesson has the stage, or the other way round.
pub struct Aside {
    pub session: Session,
    pub playing: bool,
    pub speed: usize,
    pub selected: Option<Name>,
    pub hint: Hint,
}

/// What is to be opened once its text is here.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub beat: Option<u32>,
    pub moment: Option<Box<Link>>,
}

#[derive(Default)]
pub struct State {
    pub place: Place,
    pub list: Rc<Vec<Item>>,
    /// The folder of the listed lessons.
    pub language: String,
    /// Something is on its way.
    pub loading: bool,
    /// What went wrong, or what has to be known.
    pub trouble: Option<Name>,
    /// What was kept and cannot be read: of which lesson, and the text.
    pub aside_texts: Vec<(Name, Name)>,
    pub running: Option<Running>,
    /// The lesson's sheet on a small screen.
    pub sheet: bool,
    /// Whoever has the results, as typed.
    pub name: String,
    /// "Forget" was pressed once.
    pub forgetting: bool,
    /// Lessons that were read.
    pub lessons: Rc<Vec<Rc<Lesson>>>,
    pub(in crate::ui) effects: Vec<Effect>,
    pub(in crate::ui) aside: Option<Aside>,
    /// The session on the stage is the lesson's.
    pub(in crate::ui) on_stage: bool,
    /// Waits for the list of lessons.
    pub(in crate::ui) asked: Option<Step>,
    pub(in crate::ui) wanted: Wanted,
}

impl State {
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.list.iter().find(|item| item.entry.id == id)
    }

    /// What the browser has to do now.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

/// Where a file of the lessons is.
pub fn path_of(language: &str, file: &str) -> String {
    format!("lessons/{language}/{file}")
}

/// What has to be selected so that a control is there (none: nothing), and where to look for it, best first.
pub fn place_of(pointer: &Pointer) -> (Option<String>, Vec<String>) {
    let inspector = |rest: &str| format!("[data-testid=\"inspector\"] {rest}");
    match pointer {
        Pointer::Target(target, verb) => {
            let mut css = vec![inspector(&format!("[data-act=\"{verb}\"]"))];
            if *verb == "isolate" {
                css = vec![inspector("[data-testid=\"network\"] [data-deed=\"isolate\"]")];
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
            (Some("master-1".to_owned()), vec![inspector("[data-testid=\"network\"] [data-deed=\"heal-all\"]")])
        }
    }
}
