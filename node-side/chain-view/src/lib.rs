#![doc = include_str!("../README.md")]

mod blocks;
mod early;
mod error;
mod event;
mod limits;
mod neighbours;
mod peers;
mod session;
mod view;

pub use early::{Arrived, Early, EarlyError, EarlyLimits};
pub use error::{ChainError, PeerError, Refused};
pub use event::{ChainEvent, Identity, LeafUpdate};
pub use limits::{Limits, MAX_AUTHORITIES, MAX_BLOCKS, MAX_FACTS, MAX_FINALIZED, MAX_LEAVES, MAX_PEERS};
pub use neighbours::Neighbours;
pub use session::Session;
pub use view::ChainView;

#[cfg(test)]
mod tests;
