#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod arena;
mod candidate;
mod carry;
mod cumulative;
pub mod drawing;
mod error;
mod forks;
mod index;
mod limits;
#[cfg(any(test, feature = "model"))]
pub mod model;
mod query;
mod rule;
mod scope;
mod shared;
mod storage;
mod tree;

#[cfg(test)]
mod tests;

pub use arena::NodeIndex;
pub use candidate::{Backable, Candidate, CoreChoice};
pub use drawing::Drawing;
pub use error::{AttachError, Unfit};
pub use index::{ByHash, Prefix};
pub use limits::{Bound, TreeFull, TreeLimits};
pub use query::{BestPath, HypotheticalCandidate, NodeView, PathStep, PathSteps};
pub use rule::{LongestPath, PathRule};
pub use scope::{PendingAvailability, Scope, UnexpectedAncestor};
pub use shared::{SharedHead, SharedValidationData};
pub use storage::{CandidateState, CandidateStorage, StorageError, StoredCandidate, UnknownCandidate};
pub use tree::{Attached, FragmentTree};
