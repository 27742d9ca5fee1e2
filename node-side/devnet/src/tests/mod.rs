//! Runs over a model of a relay chain, which is as quick as its signatures.

mod collators;
mod crash;
mod town;
