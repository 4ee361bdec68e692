//! The dock under the picture: the controls of time, the timeline of lanes and charts on one axis, the events, their causes,
//! and the branches. Its state, axis and lanes are pure.

pub mod axis;
pub mod lane;
pub mod state;

#[cfg(target_arch = "wasm32")]
mod branches;
#[cfg(target_arch = "wasm32")]
mod chain;
#[cfg(target_arch = "wasm32")]
mod events;
#[cfg(target_arch = "wasm32")]
mod lanes;
#[cfg(target_arch = "wasm32")]
mod panel;
#[cfg(target_arch = "wasm32")]
mod ruler;
#[cfg(target_arch = "wasm32")]
mod scrub;
#[cfg(target_arch = "wasm32")]
mod timeline;
#[cfg(target_arch = "wasm32")]
mod tracks;
#[cfg(target_arch = "wasm32")]
mod transport;

#[cfg(target_arch = "wasm32")]
pub(crate) use panel::{Props, dock};
#[cfg(target_arch = "wasm32")]
pub(crate) use transport::{Props as TransportProps, transport};
