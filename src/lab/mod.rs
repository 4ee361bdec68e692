//! What a learner does with a cluster: the session and what an interface may know of it; scenarios, runs, reports.

mod candidates;
mod detail;
mod messages;
pub mod cli;
pub mod report;
pub mod run;
pub mod scenario;
pub mod session;
mod show;
mod timeline;
pub mod view;
mod words;
