//! The part in a small world: six validators, two groups, a chain that says what a test wants.

mod bytes;
mod crowd;
mod fetching;
mod keeping;
#[cfg(feature = "laws")]
mod laws;
mod network;
mod properties;
mod recoverer;
mod recovering;
mod serving;
mod world;
