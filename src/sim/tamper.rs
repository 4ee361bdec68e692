//! For tests that break a rule on purpose: a process is changed from outside. Not part of any build.

use std::rc::Rc;

use super::process::{Machine, ProcId};
use super::world::World;

impl<M: Machine> World<M> {
    pub(crate) fn machine_mut(&mut self, id: ProcId) -> &mut M {
        Rc::make_mut(&mut self.machines[id.0 as usize])
    }
}
