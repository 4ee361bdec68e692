//! The trait of the processes of a world: state machines that are given inputs and act through a [`Ctx`].
//!
//! What survives a crash and what does not are two parts of each machine: [`Machine::crash`] drops the volatile part.

use super::ctx::Ctx;
use super::process::{InputOf, Vocabulary};
/// A process of the closed set that a world consists of.
pub trait Machine: Clone {
    /// The messages, notes and timers of the world.
    type V: Vocabulary;

    /// Starts the process, which has just been executed: its memory is new, its disk is as it was left.
    fn start(&mut self, ctx: &mut Ctx<'_, Self::V>);

    /// Handles an input.
    fn handle(&mut self, ctx: &mut Ctx<'_, Self::V>, input: InputOf<Self::V>);

    /// Drops what is not on disk: the process has ended. `power_lost` says that its host has lost power, too.
    fn crash(&mut self, power_lost: bool);
}
