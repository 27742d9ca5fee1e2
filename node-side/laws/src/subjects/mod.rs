//! Machines that are no cores, each with what may be said to it.

mod chain;
mod chain_view;
mod collator;
mod prospective_parachains;
mod provisioner;

pub use chain::{candidate, facts};
pub use chain_view::Watcher;
pub use collator::Producer;
pub use prospective_parachains::Trees;
pub use provisioner::Author;
