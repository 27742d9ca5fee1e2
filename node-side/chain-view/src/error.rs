//! What is refused, and how often.

use async_backing_machine::PeerId;
use async_backing_primitives::{BlockNumber, Hash};
use thiserror::Error;

/// Why the view did not take an event in as it is. It comes from the own client, so nobody is to blame; the view stays
/// consistent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChainError {
	/// The block is known already.
	#[error("block {0} is known already")]
	AlreadyKnown(Hash),
	/// A block is no child of itself.
	#[error("block {0} is its own parent")]
	OwnParent(Hash),
	/// The number does not fit what is known of the block, its parent or its child.
	#[error("block {hash} has number {actual}, expected {expected}")]
	WrongNumber {
		/// The block.
		hash: Hash,
		/// The number that follows from what is known.
		expected: BlockNumber,
		/// The number that it came with.
		actual: BlockNumber,
	},
	/// Nothing can be built on the block: it is not above the finalized one.
	#[error("block {hash} has number {number}, block {finalized} is final")]
	Stale {
		/// The block.
		hash: Hash,
		/// Its number.
		number: BlockNumber,
		/// Number of the finalized block.
		finalized: BlockNumber,
	},
	/// The block does not descend from the finalized one.
	#[error("block {0} is on a fork that finality excludes")]
	Excluded(Hash),
	/// The block descends from one that was reverted.
	#[error("block {0} descends from a reverted block")]
	OnReverted(Hash),
	/// Finality does not go back.
	#[error("block {actual} is said to be final after block {expected}")]
	FinalityWentBack {
		/// Number of the block that is final.
		expected: BlockNumber,
		/// Number of the one that came.
		actual: BlockNumber,
	},
	/// Another block of this height is final, or one of another fork.
	#[error("block {hash} is said to be final, but is on a fork that finality excludes")]
	FinalityForked {
		/// The block that came.
		hash: Hash,
	},
	/// A finalized block is not reverted.
	#[error("block {0} is final, and cannot be reverted")]
	RevertedFinal(Hash),
	/// Nothing is known of the reverted block or its descendants.
	#[error("block {0} was reverted, but is not known")]
	RevertedUnknown(Hash),
}

/// Why a peer is not taken in. Its bytes cost nothing then, since the view does not know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PeerError {
	/// There are too many, and this one is no validator of a session that is known, or all others are.
	#[error("no room for peer {peer:?} beside {limit} others")]
	NoRoom {
		/// Who came.
		peer: PeerId,
		/// How many there can be.
		limit: usize,
	},
}

/// How often something was refused or given up since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
	/// Events that were not taken in: [`ChainError`].
	pub events: u64,
	/// Blocks that would be leaves and are not, because there are too many.
	pub leaves: u64,
	/// Blocks that were forgotten because there are too many.
	pub blocks: u64,
	/// Blocks that cannot become leaves again, because there are too many.
	pub facts: u64,
	/// Peers that were not taken in, or gave way to a validator.
	pub peers: u64,
	/// Keys of a peer beyond those that one may have.
	pub authorities: u64,
}
