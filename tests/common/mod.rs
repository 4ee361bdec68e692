//! Helpers that several test files share.

pub mod apiserver_world;
pub mod control_world;
pub mod counted;
pub mod etcd_storm;
pub mod etcd_world;
pub mod lab;
pub mod load;
pub mod masters;
pub mod program;
pub mod raft_net;
pub mod raft_peer;
pub mod small_world;
pub mod soak;
pub mod toy;
pub mod tree;
pub mod whole;
