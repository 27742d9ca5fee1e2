#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod config;
mod context;
mod error;
mod forks;
mod leaves;
mod para;
mod query;
mod view;

#[cfg(test)]
mod tests;

pub use async_backing_execution_context::{ContextError, ExecutionContext};
pub use async_backing_fragment_tree::{
	Attached, Backable, BestPath, Candidate, CandidateState, FragmentTree, HypotheticalCandidate,
	LongestPath, NodeIndex, NodeView, PathRule, SharedHead, SharedValidationData, TreeLimits,
};
pub use config::{Selection, UnconnectedLimits, ViewConfig};
pub use error::{Diagnostic, IntroduceError, NoteError, UnconnectedFull};
pub use leaves::LeavesUpdated;
pub use query::Membership;
pub use view::{Introduced, View};
