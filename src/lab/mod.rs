//! What a learner does with a cluster: the session and what an interface may know of it; scenarios, runs, reports.

mod branches;
mod candidates;
mod checkpoints;
pub mod cli;
pub mod deeds;
pub mod detail;
mod inspected;
mod known;
pub mod language;
pub mod lesson;
pub mod link;
mod messages;
pub mod report;
pub mod restart;
pub mod run;
pub mod scenario;
pub mod session;
mod show;
mod time;
mod timeline;
pub mod transcript;
pub mod view;
pub mod words;
