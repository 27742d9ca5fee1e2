#![doc = include_str!("../README.md")]

mod account;
#[cfg(any(test, feature = "laws"))]
mod actors;
mod checks;
mod cluster;
mod distribution;
mod filter;
mod grid;
pub mod job;
#[cfg(feature = "laws")]
pub mod laws;
mod manners;
mod misdeed;
mod parent;
mod requests;
mod serving;
mod store;
mod topology;
mod words;

#[cfg(test)]
mod tests;

pub use account::{SecondedBytes, MAX_CODES_PER_VALIDATOR};
pub use async_backing_primitives::GridSeed;
pub use cluster::{seconded_bound, seconding_limit};
pub use distribution::StatementDistribution;
pub use misdeed::Misdeed;
pub use topology::{Grid, Routes, MAX_AUTHORITIES};
pub use words::{
	Attested, DistributionConfig, DistributionWords, Effect, Event, Frontier, Possible, Standing,
};
