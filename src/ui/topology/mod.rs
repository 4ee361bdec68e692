//! The picture of the cluster: all components, their links, the moving messages, the expiring leases.

pub mod cables;
pub mod count;
pub mod in_flight;
pub mod layout;
pub mod routes;
pub mod rove;
pub mod state;

#[cfg(target_arch = "wasm32")]
mod backends;
#[cfg(target_arch = "wasm32")]
mod cable_list;
#[cfg(target_arch = "wasm32")]
mod float;
#[cfg(target_arch = "wasm32")]
mod groups;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod legend;
#[cfg(target_arch = "wasm32")]
mod links;
#[cfg(target_arch = "wasm32")]
mod messages;
#[cfg(target_arch = "wasm32")]
mod overlay;
#[cfg(target_arch = "wasm32")]
mod pods;
#[cfg(target_arch = "wasm32")]
mod process;
#[cfg(target_arch = "wasm32")]
mod signs;
#[cfg(target_arch = "wasm32")]
mod stage;
#[cfg(target_arch = "wasm32")]
mod tiles;

#[cfg(target_arch = "wasm32")]
pub(crate) use links::FORM as CABLE_FORM;
#[cfg(target_arch = "wasm32")]
pub(crate) use signs::sign;
#[cfg(target_arch = "wasm32")]
pub(crate) use stage::Stage;
