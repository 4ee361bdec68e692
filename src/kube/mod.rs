//! Kubernetes: objects, the API server, leader election, controllers, scheduler, kubelet, kube-proxy.
//!
//! It knows etcd and the kernel below it. Each component is a process that reaches the others only over the network.

pub mod act;
pub mod api;
pub mod apiserver;
pub mod controllers;
pub mod date;
pub mod election;
pub mod informer;
pub mod kubelet;
pub mod line;
pub mod list_watch;
pub mod node_os;
pub mod note;
pub mod object;
pub mod proxy;
pub mod recorder;
pub mod scheduler;
pub mod throttle;
pub mod transport;
pub mod wire;

pub use wire::{Ctx, Input, Lab, Value, Wire};
