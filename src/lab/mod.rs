//! What a learner does with a cluster: the session, and what an interface may know of it.

pub mod sample;
pub mod view;
