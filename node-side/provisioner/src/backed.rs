//! A candidate with its votes, whose large parts stay where they are.

use async_backing_primitives::{
	BackedCandidate, BackedCandidateError, BackingBits, CandidateHash, CommittedCandidateReceipt, CoreIndex,
	ValidityAttestation,
};
use codec::Encode;
use std::sync::Arc;

/// A [`BackedCandidate`] whose receipt is shared: a code upgrade alone is megabytes, and whoever chooses candidates copies
/// none of them (law 1 of the node side). Encoded alike.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct SharedBackedCandidate {
	/// The candidate.
	pub candidate: Arc<CommittedCandidateReceipt>,
	/// One vote for each set bit of the group's part of `validator_indices`.
	pub validity_votes: Vec<ValidityAttestation>,
	/// Bits of the group, then of the core.
	pub validator_indices: BackingBits,
}

impl SharedBackedCandidate {
	/// The same, for a block. Cost: copies the receipt.
	pub fn to_backed(&self) -> BackedCandidate {
		BackedCandidate {
			candidate: (*self.candidate).clone(),
			validity_votes: self.validity_votes.clone(),
			validator_indices: self.validator_indices.clone(),
		}
	}

	/// The candidate's identity. Cost: hashes the commitments and the receipt.
	pub fn hash(&self) -> CandidateHash {
		self.candidate.hash()
	}

	/// The core that the candidate is backed for.
	///
	/// # Errors
	/// As [`BackedCandidate::core`].
	pub fn core(&self) -> Result<CoreIndex, BackedCandidateError> {
		self.without_commitments().core()
	}

	/// Descriptor, votes and bits: all that says whose votes are whose.
	pub(crate) fn without_commitments(&self) -> BackedCandidate {
		BackedCandidate {
			candidate: CommittedCandidateReceipt {
				descriptor: self.candidate.descriptor.clone(),
				commitments: Default::default(),
			},
			validity_votes: self.validity_votes.clone(),
			validator_indices: self.validator_indices.clone(),
		}
	}
}

impl From<BackedCandidate> for SharedBackedCandidate {
	fn from(backed: BackedCandidate) -> Self {
		Self {
			candidate: Arc::new(backed.candidate),
			validity_votes: backed.validity_votes,
			validator_indices: backed.validator_indices,
		}
	}
}
