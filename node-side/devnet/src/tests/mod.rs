//! Runs over a model of a relay chain, which is as quick as its signatures.

mod codes;
mod collators;
mod contexts;
mod crash;
mod faults;
mod forks;
mod recording;
pub(crate) mod town;
