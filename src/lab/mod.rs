//! The lab without a page: the session and the view of it that an interface gets; scenarios, runs, reports, lessons.

pub mod cli;
pub mod forms;
pub mod i18n;
pub mod lesson;
pub mod link;
pub mod narration;
pub mod project;
#[deny(missing_docs)]
pub mod report;
#[deny(missing_docs)]
pub mod scenario;
#[deny(missing_docs)]
pub mod session;
pub mod view;
