//! How large a tree may grow (R-TRE-11).

use crate::arena::MAX_NODES;
use async_backing_primitives::AsyncBackingParams;
use thiserror::Error;

/// Bounds of one tree. Candidates pending availability are exempt: their number is bounded on-chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLimits {
	/// Most candidates.
	pub max_candidates: u32,
	/// Most nodes. A candidate stands at several nodes where forks come together or paths turn back.
	pub max_nodes: u32,
	/// Most nodes of one candidate.
	pub max_nodes_per_candidate: u32,
}

impl TreeLimits {
	/// Fewest candidates that [`for_leaf`](Self::for_leaf) allows.
	pub const MIN_CANDIDATES: u32 = 64;
	/// Nodes that [`for_leaf`](Self::for_leaf) allows for each candidate on the average, and for one at each depth.
	pub const NODES_PER_CANDIDATE: u32 = 4;

	/// Limits that admit all that honest and dishonest validators together may second for a para on `cores` cores, with
	/// groups of `group_size` (R-TRE-11, R-SD-3).
	///
	/// ```
	/// use async_backing_fragment_tree::TreeLimits;
	/// use async_backing_primitives::AsyncBackingParams;
	///
	/// let params = AsyncBackingParams { max_candidate_depth: 4, allowed_ancestry_len: 3 };
	/// let limits = TreeLimits::for_leaf(1, params, 5);
	/// assert_eq!((limits.max_candidates, limits.max_nodes), (100, 400));
	/// assert_eq!(limits.max_nodes_per_candidate, 20);
	/// ```
	pub fn for_leaf(cores: u32, params: AsyncBackingParams, group_size: u32) -> Self {
		let max_candidates = cores
			.saturating_mul(params.relay_parent_window())
			.saturating_mul(group_size)
			.saturating_mul(params.max_unincluded())
			.max(Self::MIN_CANDIDATES);
		let max_nodes = max_candidates
			.saturating_mul(Self::NODES_PER_CANDIDATE)
			.min(MAX_NODES);
		let max_nodes_per_candidate = params.max_unincluded().saturating_mul(Self::NODES_PER_CANDIDATE);
		Self {
			max_candidates,
			max_nodes,
			max_nodes_per_candidate,
		}
	}

	/// Checks that a tree of this size may grow by so much, all of it nodes of one candidate.
	pub(crate) fn check_growth(&self, size: Size, growth: Size) -> Result<(), TreeFull> {
		let check = |what, now: usize, more: usize, max: u32| {
			if now.saturating_add(more) > max as usize {
				return Err(TreeFull { what, now, more, max });
			}
			Ok(())
		};
		check(
			Bound::Candidates,
			size.candidates,
			growth.candidates,
			self.max_candidates,
		)?;
		check(
			Bound::Nodes,
			size.nodes,
			growth.nodes,
			self.max_nodes.min(MAX_NODES),
		)?;
		check(
			Bound::NodesOfCandidate,
			size.nodes_of_candidate,
			growth.nodes,
			self.max_nodes_per_candidate,
		)
	}
}

/// How large a tree is, or by how much it grows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
	pub(crate) candidates: usize,
	pub(crate) nodes: usize,
	/// Nodes of the candidate in question.
	pub(crate) nodes_of_candidate: usize,
}

impl Default for TreeLimits {
	/// The least that [`for_leaf`](Self::for_leaf) allows.
	fn default() -> Self {
		Self::for_leaf(0, AsyncBackingParams::default(), 0)
	}
}

/// What a tree is full of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
	/// Candidates.
	Candidates,
	/// Nodes.
	Nodes,
	/// Nodes of one candidate.
	NodesOfCandidate,
}

/// A tree would exceed its limits (R-TRE-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{now} and {more} more {what:?}, but at most {max} (R-TRE-11)")]
pub struct TreeFull {
	/// What there would be too much of.
	pub what: Bound,
	/// How much there is.
	pub now: usize,
	/// How much would join.
	pub more: usize,
	/// Limit.
	pub max: u32,
}
