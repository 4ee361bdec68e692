//! Kubernetes: objects, the API server, leader election, controllers, scheduler, kubelet, kube-proxy.
//!
//! It knows etcd and the kernel below it. Each component is a process that reaches the others only over the network.

pub mod act;
pub mod api;
pub mod apiserver;
pub mod controllers;
pub mod date;
pub mod election;
pub mod error;
pub mod handled;
pub mod informer;
mod kind;
pub mod kubelet;
pub(crate) mod list_watch;
pub mod log_line;
pub mod node_os;
pub mod object;
pub mod proxy;
pub(crate) mod recorder;
pub mod scheduler;
pub mod throttle;
pub mod timer;
pub mod trace_event;
pub mod transport;
pub mod value;
pub mod vocabulary;

pub use handled::Handled;
pub use timer::Timer;
pub use value::Value;
pub use vocabulary::{Ctx, Input, Lab, Wire};
