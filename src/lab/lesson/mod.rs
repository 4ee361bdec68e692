//! Lessons: text files that a teacher can write, told beat by beat beside a running cluster.
//!
//! `read` makes a [`Lesson`] of a file, [`Run`] tells it: what is shown, what it waits for, what was predicted and what the
//! simulation answered. A lesson reads the cluster and never its own clock; it acts only through a [`Stage`].
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
pub use run::autoplay::{Order, play, play_and_show};
pub use run::backend::{Bench, Stage, Timed};
pub use run::progress::Progress;
pub use run::screen::*;
pub use translation_check::same_structure;
