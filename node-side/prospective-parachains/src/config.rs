//! Settings of a view.

use async_backing_fragment_tree::TreeLimits;
use async_backing_primitives::{LeafFacts, ParaId};

/// Settings of a [`View`](crate::View). The default is right for a validator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewConfig {
	/// Whether the chain accepts version 3 descriptors.
	pub v3_enabled: bool,
	/// Bounds of every tree; `None` takes those of R-TRE-11 for the leaf.
	pub tree_limits: Option<TreeLimits>,
	/// How many candidates may wait for their parents.
	pub unconnected: UnconnectedLimits,
	/// What is kept of candidates that build on one head.
	pub selection: Selection,
}

/// What trees keep of candidates that build on one head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection {
	/// All of them (R-SEL-5).
	#[default]
	Tree,
	/// One path, as fragment chains do: once one of them is backed, those with a higher hash go, and all that builds on them. For
	/// measuring what keeping forks is worth.
	Chain,
}

impl ViewConfig {
	/// Bounds of the tree of a para at a leaf.
	pub(crate) fn limits_at(&self, facts: &LeafFacts, para: ParaId) -> TreeLimits {
		self.tree_limits.unwrap_or_else(|| {
			let cores = facts
				.claim_queue
				.values()
				.filter(|claims| claims.contains(&para))
				.count()
				.max(1);
			let group_size = facts.groups.iter().map(|group| group.len()).max().unwrap_or(0);
			TreeLimits::for_leaf(saturating_u32(cores), facts.params, saturating_u32(group_size))
		})
	}
}

/// Bounds of the candidates of one para that wait for a parent (R-TRE-14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnconnectedLimits {
	/// Most candidates.
	pub max_candidates: usize,
	/// Most bytes of head data, messages and code in them together.
	pub max_bytes: usize,
}

impl Default for UnconnectedLimits {
	/// 128 candidates: twice the smallest bound of a tree, because after an inclusion its losing forks wait until their
	/// relay parents are out of scope. 16 MiB: some announced codes, or a hundred candidates full of messages.
	fn default() -> Self {
		Self {
			max_candidates: 128,
			max_bytes: 16 * 1024 * 1024,
		}
	}
}

fn saturating_u32(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}
