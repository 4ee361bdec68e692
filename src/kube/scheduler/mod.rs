//! kube-scheduler: finds a node for each pod that has none (FACTS 3.4).

mod node_info;
mod process;
mod queue;

pub use process::{Scheduler, SchedulerConfig};
