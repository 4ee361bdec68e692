//! The trait of the processes of a world: state machines that are given inputs and act through a [`Ctx`].
//!
//! What survives a crash and what does not are two parts of each machine: [`Machine::crash`] drops the volatile part.

use super::ctx::Ctx;
use super::process::{InputOf, Vocabulary};
/// A process of the closed set that a world consists of.
pub trait Machine: Clone {
    /// The messages, notes and timers of the world.
    type V: Vocabulary;

    /// The process was just executed: its memory is new, its disk is what survived.
    fn start(&mut self, ctx: &mut Ctx<'_, Self::V>);

    /// Something happened to the process.
    fn handle(&mut self, ctx: &mut Ctx<'_, Self::V>, input: InputOf<Self::V>);

    /// The process is gone: drop what is not on disk. `power_lost` is true when its host lost power as well.
    fn crash(&mut self, power_lost: bool);
}
