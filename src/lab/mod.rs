//! What a learner does with a cluster: the session and what an interface may know of it; scenarios, runs, reports.

pub mod cli;
pub mod forms;
pub mod i18n;
pub mod lesson;
pub mod link;
pub mod narration;
pub mod project;
pub mod report;
pub mod scenario;
pub mod session;
pub mod view;
