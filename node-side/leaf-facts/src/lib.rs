#![doc = include_str!("../README.md")]

mod ask;
mod backing_state;
mod chain;
mod cores;
mod error;
mod offer;

pub use ask::{ask, leaf_facts, Answer};
pub use chain::{RelayApi, RelayBlock};
pub use error::FactsError;
pub use offer::{offer_at, versions, Offer};
