//! What several test binaries share.
#![allow(dead_code)] // each binary uses its own part

pub mod lab;
pub mod toy;
