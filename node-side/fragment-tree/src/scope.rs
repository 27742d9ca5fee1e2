//! The limits under which a tree works (PROTOCOL.md, section 5.1).
//!
//! Invariants: ancestors are contiguous and newest first, so that their numbers follow from their positions; pending
//! candidates are in dependency order, the first on the included head.

use crate::Candidate;
use alloc::vec::Vec;
use async_backing_primitives::{
	AsyncBackingParams, BlockNumber, CandidateHash, ExtendedConstraints, Hash, HeadHash, ParaId,
	RelayChainBlockInfo,
};
use thiserror::Error;

/// A candidate pending availability: on-chain, occupying a core (R-GLO-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingAvailability {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Its relay parent, which may be out of scope (R-SCO-5).
	pub relay_parent: RelayChainBlockInfo,
}

/// Ancestors are not a contiguous chain below the leaf (R-SCO-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("relay block {number} cannot be the parent of relay block {prev} (R-SCO-2)")]
pub struct UnexpectedAncestor {
	/// Number of the ancestor.
	pub number: BlockNumber,
	/// Number of the block before it, whose parent it should be.
	pub prev: BlockNumber,
}

/// What a tree is about: a parachain at a leaf, and what is legal there (R-SCO-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
	para: ParaId,
	relay_parent: RelayChainBlockInfo,
	ancestors: Vec<RelayChainBlockInfo>,
	pending_availability: Vec<PendingAvailability>,
	base_constraints: ExtendedConstraints,
	required_parent_hash: HeadHash,
	max_depth: u32,
}

impl Scope {
	/// A scope at the leaf `relay_parent` (R-SCO-2).
	///
	/// `ancestors` come newest first, beginning with the leaf's parent; there may be none. Those below the oldest legal
	/// relay parent are not read. A `max_depth` above [`AsyncBackingParams::MAX`] counts as that, which bounds every
	/// walk along a path. Pending candidates are in dependency order; those after one whose relay parent is not known
	/// are to be left out (R-SCO-6).
	///
	/// Cost: hashes the base constraints' head data; O(a) for a ancestors.
	///
	/// # Errors
	/// [`UnexpectedAncestor`] if the ancestors have a gap.
	pub fn with_ancestors(
		para: ParaId,
		relay_parent: RelayChainBlockInfo,
		base_constraints: impl Into<ExtendedConstraints>,
		pending_availability: Vec<PendingAvailability>,
		max_depth: u32,
		ancestors: impl IntoIterator<Item = RelayChainBlockInfo>,
	) -> Result<Self, UnexpectedAncestor> {
		let base_constraints = base_constraints.into();
		let mut kept = Vec::new();
		let mut prev = relay_parent.number;
		for ancestor in ancestors {
			if prev == base_constraints.constraints.min_relay_parent_number {
				break;
			}
			if prev.checked_sub(1) != Some(ancestor.number) {
				return Err(UnexpectedAncestor {
					number: ancestor.number,
					prev,
				});
			}
			prev = ancestor.number;
			kept.push(ancestor);
		}
		Ok(Self {
			para,
			relay_parent,
			ancestors: kept,
			pending_availability,
			required_parent_hash: base_constraints.constraints.required_parent.hash(),
			base_constraints,
			max_depth: max_depth.min(AsyncBackingParams::MAX),
		})
	}

	/// The parachain.
	pub fn para(&self) -> ParaId {
		self.para
	}

	/// The leaf: the newest relay parent in scope.
	#[inline]
	pub fn relay_parent(&self) -> &RelayChainBlockInfo {
		&self.relay_parent
	}

	/// The other relay parents in scope, newest first.
	#[inline]
	pub fn ancestors(&self) -> &[RelayChainBlockInfo] {
		&self.ancestors
	}

	/// The oldest relay parent in scope (R-SCO-4).
	#[inline]
	pub fn earliest_relay_parent(&self) -> &RelayChainBlockInfo {
		self.ancestors.last().unwrap_or(&self.relay_parent)
	}

	/// The relay parent with this hash, if it is in scope (R-SCO-3). Logarithmic.
	#[inline]
	pub fn in_scope(&self, hash: Hash) -> Option<&RelayChainBlockInfo> {
		if hash == self.relay_parent.hash {
			return Some(&self.relay_parent);
		}
		self.ancestors.iter().find(|ancestor| ancestor.hash == hash)
	}

	/// The ancestor or leaf with this number. Constant cost.
	pub fn in_scope_by_number(&self, number: BlockNumber) -> Option<&RelayChainBlockInfo> {
		match self.relay_parent.number.checked_sub(number)? {
			0 => Some(&self.relay_parent),
			age => self.ancestors.get(age as usize - 1),
		}
	}

	/// The relay parent of a candidate: in scope, or known because the candidate is pending (R-SCO-5). Cost: linear in the
	/// window's length and the number of pending candidates, both a few.
	#[inline]
	pub fn relay_parent_of(
		&self,
		relay_parent: Hash,
		candidate: CandidateHash,
	) -> Option<&RelayChainBlockInfo> {
		match self.pending_position(candidate) {
			Some(position) => Some(&self.pending_availability.get(position as usize)?.relay_parent),
			None => self.in_scope(relay_parent),
		}
	}

	/// The relay parent of a candidate that may stand in a tree: as [`relay_parent_of`](Self::relay_parent_of), and its
	/// scheduling parent is in scope as well, where a version 3 descriptor names another (R-REL-8). Cost: the same.
	///
	/// # Errors
	/// The relay block that is out of scope.
	pub fn place_in_time(&self, candidate: &Candidate) -> Result<&RelayChainBlockInfo, Hash> {
		let relay_parent = candidate.relay_parent();
		let found = self
			.relay_parent_of(relay_parent, candidate.hash())
			.ok_or(relay_parent)?;
		let scheduling_parent = candidate.scheduling_parent();
		let is_in_scope = scheduling_parent == relay_parent
			|| self.in_scope(scheduling_parent).is_some()
			|| self.is_pending(candidate.hash());
		is_in_scope.then_some(found).ok_or(scheduling_parent)
	}

	/// Candidates pending availability, in dependency order.
	#[inline]
	pub fn pending_availability(&self) -> &[PendingAvailability] {
		&self.pending_availability
	}

	/// Where the candidate stands among those pending availability. Linear in their number, a few at most.
	#[inline]
	pub fn pending_position(&self, candidate: CandidateHash) -> Option<u32> {
		let hashes = self
			.pending_availability
			.iter()
			.map(|pending| pending.candidate_hash);
		hashes
			.zip(0..)
			.find_map(|(hash, position)| (hash == candidate).then_some(position))
	}

	/// Whether the candidate is pending availability. Cost: as [`pending_position`](Self::pending_position).
	#[inline]
	pub fn is_pending(&self, candidate: CandidateHash) -> bool {
		self.pending_position(candidate).is_some()
	}

	/// Constraints of a candidate on the included head (R-GLO-9).
	#[inline]
	pub fn base_constraints(&self) -> &ExtendedConstraints {
		&self.base_constraints
	}

	/// Hash of the included head.
	#[inline]
	pub fn required_parent_hash(&self) -> HeadHash {
		self.required_parent_hash
	}

	/// Largest legal depth of a node.
	#[inline]
	pub fn max_depth(&self) -> u32 {
		self.max_depth
	}
}
