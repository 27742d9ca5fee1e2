//! A collation, and the check that executing it gave what its receipt says (R-BAK-2).

use async_backing_primitives::{
	CandidateCommitments, CandidateDescriptor, CandidateHash, CandidateReceipt, Hash, HeadData, HeadHash,
	ParaId, PoV,
};
use std::sync::Arc;
use thiserror::Error;

/// What a collator hands over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collation {
	/// The candidate. Its commitments come from executing it.
	pub receipt: CandidateReceipt,
	/// The proof of validity.
	pub pov: Arc<PoV>,
	/// Hash of the head data on which it builds, as advertised. Validation data are never taken from a collator
	/// (R-COL-3).
	pub parent_head: HeadHash,
	/// The head data themselves, if they came along (R-NET-71): whoever fetched it has found that they have this hash
	/// (R-NET-86). They are looked at only where nobody here knows them.
	pub parent_head_data: Option<Arc<HeadData>>,
}

/// What is known of the place of a candidate that may be seconded (R-BAK-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
	/// It has a place at some leaf, behind candidates that are seconded or backable.
	Placed,
	/// Its parent is another group's to check, and not known here yet: it can be checked if its parent's head data come with
	/// it, and waits for its parent in the storage (R-TRE-14). Of places, claims and executions the last one is left to
	/// candidates that have a place.
	Unconnected,
}

/// A candidate by the hashes that its advertisement says: all that is known of it before it is fetched (R-NET-63, R-BAK-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertised {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Its para.
	pub para: ParaId,
	/// The block that fixes core and group.
	pub scheduling_parent: Hash,
	/// The block that it was executed against.
	pub relay_parent: Hash,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
}

impl Advertised {
	/// What an advertisement says of a candidate with this descriptor.
	pub fn of(candidate: CandidateHash, descriptor: &CandidateDescriptor, parent_head: HeadHash) -> Self {
		Self {
			candidate,
			para: descriptor.para_id(),
			scheduling_parent: descriptor.scheduling_parent(),
			relay_parent: descriptor.relay_parent(),
			parent_head,
		}
	}
}

/// What executing a candidate gave, if it is not what its descriptor and receipt say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutputsMismatch {
	/// Other head data.
	#[error("head data hash to {got}, but the descriptor says {expected} (R-BAK-2)")]
	ParaHead {
		/// Hash in the descriptor.
		expected: HeadHash,
		/// Hash of the head data that execution gave.
		got: HeadHash,
	},
	/// Other commitments.
	#[error("commitments hash to {got}, but the receipt says {expected} (R-BAK-2)")]
	Commitments {
		/// Hash in the receipt.
		expected: Hash,
		/// Hash of what execution gave.
		got: Hash,
	},
	/// Another coding of the available data.
	#[error("available data code to root {got}, but the descriptor says {expected} (R-BAK-2)")]
	ErasureRoot {
		/// Root in the descriptor.
		expected: Hash,
		/// Root of the data.
		got: Hash,
	},
}

impl OutputsMismatch {
	/// Compares what execution gave with the receipt (R-BAK-2). Cost: hashes head data and commitments.
	pub(crate) fn check_commitments(
		descriptor: &CandidateDescriptor,
		commitments_hash: Hash,
		commitments: &CandidateCommitments,
	) -> Result<(), Self> {
		let (expected, got) = (descriptor.para_head(), commitments.head_data.hash());
		if expected != got {
			return Err(Self::ParaHead { expected, got });
		}
		let (expected, got) = (commitments_hash, commitments.hash());
		if expected != got {
			return Err(Self::Commitments { expected, got });
		}
		Ok(())
	}

	/// Compares the root of the coded data with the descriptor (R-BAK-2).
	pub(crate) fn check_root(descriptor: &CandidateDescriptor, got: Hash) -> Result<(), Self> {
		let expected = descriptor.erasure_root();
		match expected == got {
			true => Ok(()),
			false => Err(Self::ErasureRoot { expected, got }),
		}
	}
}
