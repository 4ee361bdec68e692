//! Lessons: text files that a teacher can write, played beat by beat beside a running cluster.
//!
//! `read` parses a file into a [`Lesson`]. [`Run`] plays it: the texts, the conditions it waits for, the predictions and
//! the simulation's answers. A lesson reads the cluster's time and has no clock itself; it acts only through a [`ClusterBackend`].
//! static/lessons/GUIDE.md describes the format.

mod index;
mod model;
mod parse;
pub mod run;
mod translation_check;

pub use index::{Entry, INDEX, read_index};
pub use model::*;
pub use parse::{LessonError, MAX_FILE, MEASURES, read};
pub use run::Run;
pub(crate) use run::autoplay::play_and_show;
pub use run::autoplay::{Playthrough, play};
pub(crate) use run::backend::Timed;
pub use run::backend::{ClusterBackend, InMemoryBackend};
pub use run::progress::Progress;
pub use run::screen::*;
pub use translation_check::same_structure;
