//! The validator as a whole.

mod codes;
mod composition;
mod crash;
mod disabled;
mod exchange;
pub(crate) mod fixture;
mod identities;
mod net;
mod recording;
mod recovering;
mod rows;
mod solo;
mod sources;
mod unconnected;
mod views;
