//! Processes around a cluster: load balancers in front of the API servers, the laptop with kubectl, the app's user.
//!
//! Knows `kube`, whose vocabulary it shares, and the kernel; nothing in a cluster knows it.

pub mod backends;
mod check;
pub mod haproxy;
pub mod keepalived;
pub mod kubectl;
pub mod lane;
pub mod laptop;
pub mod nginx;
pub(crate) mod sessions;
pub mod user;
