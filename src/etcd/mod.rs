//! etcd: Raft, and what is built on it.

pub mod raft;
