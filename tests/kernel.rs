//! The kernel (`src/sim`), seen from outside through a toy process: scripts of acts and what comes of them.

mod address;
mod clock;
mod history;
mod life;
mod properties;
mod script;
mod tcp;
