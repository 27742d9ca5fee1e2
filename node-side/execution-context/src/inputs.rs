//! Whether what somebody is to execute a candidate with is the candidate's own: the check that backers and approvers share.

use async_backing_primitives::{CandidateDescriptor, Hash, PersistedValidationData, PoV};
use thiserror::Error;

/// What somebody has is not what the candidate's descriptor names by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InputMismatch {
	/// It was built with other validation data: a backer has looked up, or an approver recovered, these.
	#[error("validation data hash to {got}, but the descriptor says {expected} (R-PVD-1, R-BAK-2)")]
	ValidationData {
		/// Hash in the descriptor.
		expected: Hash,
		/// Hash of the data at hand.
		got: Hash,
	},
	/// Somebody handed another proof of validity over. That says nothing about the candidate.
	#[error("the proof of validity hashes to {got}, but the descriptor says {expected} (R-BIN-32)")]
	Pov {
		/// Hash in the descriptor.
		expected: Hash,
		/// Hash of what came.
		got: Hash,
	},
}

/// Checks that these are the candidate's validation data.
///
/// Cost: hashes them, head data and all.
///
/// # Errors
/// [`InputMismatch::ValidationData`].
pub fn check_validation_data(
	descriptor: &CandidateDescriptor,
	validation_data: &PersistedValidationData,
) -> Result<(), InputMismatch> {
	let (expected, got) = (
		descriptor.persisted_validation_data_hash(),
		validation_data.hash(),
	);
	match expected == got {
		true => Ok(()),
		false => Err(InputMismatch::ValidationData { expected, got }),
	}
}

/// Checks that this is the candidate's proof of validity.
///
/// Cost: hashes it, megabytes: a job for a node.
///
/// # Errors
/// [`InputMismatch::Pov`].
pub fn check_pov(descriptor: &CandidateDescriptor, pov: &PoV) -> Result<(), InputMismatch> {
	let (expected, got) = (descriptor.pov_hash(), pov.hash());
	match expected == got {
		true => Ok(()),
		false => Err(InputMismatch::Pov { expected, got }),
	}
}
