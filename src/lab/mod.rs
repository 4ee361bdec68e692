//! What a learner does with a cluster: scenarios, runs, reports.

pub mod cli;
pub mod report;
pub mod run;
pub mod scenario;
