//! The kernel (`src/sim`), tested from outside through a toy process: scripts of acts and their results.

mod address;
mod clock;
mod history;
mod life;
mod properties;
mod script;
mod tcp;
