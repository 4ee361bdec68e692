//! Lessons: text files that a teacher can write, told beat by beat beside a running cluster.
//!
//! `read` makes a [`Lesson`] of a file, [`Run`] tells it: what is shown, what it waits for, what was predicted and what the
//! simulation answered. A lesson reads the cluster and never its own clock; it acts only through a [`Stage`].
//! static/lessons/GUIDE.md describes the format.

mod aim;
mod block;
mod condition;
mod front;
mod index;
mod look;
mod measure;
mod model;
mod play;
mod prepare;
mod prose;
mod read;
mod run;
pub mod said;
mod same;
mod screen;
mod stage;
mod tell;

pub use index::{Entry, INDEX, read_index};
pub use measure::{ALL as MEASURES, Measure, Value};
pub use model::*;
pub use play::{Order, play, play_and_show};
pub use read::{LessonError, MAX_FILE, read};
pub use run::Run;
pub use same::same_structure;
pub use screen::*;
pub use stage::{Bench, Stage, Timed};
pub use tell::Progress;
