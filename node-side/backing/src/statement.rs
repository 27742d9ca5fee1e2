//! What this validator states, with all that others need to check it.

use async_backing_primitives::{
	CandidateHash, CommittedCandidateReceipt, CompactStatement, Hash, ParaId, PersistedValidationData,
	SignedCompactStatement, ValidatorIndex, ValidatorSignature,
};
use codec::{Decode, Encode};
use std::sync::Arc;

/// A candidate as the one who seconds it sends it: with the data that it was validated with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SecondedCandidate {
	/// The candidate. Shared, because an announced code makes it megabytes.
	pub receipt: Arc<CommittedCandidateReceipt>,
	/// What it was validated with (R-PVD-1).
	pub validation_data: Arc<PersistedValidationData>,
}

impl SecondedCandidate {
	/// The para.
	pub fn para_id(&self) -> ParaId {
		self.receipt.para_id()
	}
}

/// What a statement says, with what others need to check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementContent {
	/// Proposes the candidate.
	Seconded(Arc<SecondedCandidate>),
	/// Confirms a candidate that somebody else proposed.
	Valid(CandidateHash),
}

impl StatementContent {
	/// The form that is signed (R-STM-5). Cost: hashes the candidate, if it is there.
	pub fn to_compact(&self) -> CompactStatement {
		match self {
			Self::Seconded(candidate) => CompactStatement::Seconded(candidate.receipt.hash()),
			Self::Valid(hash) => CompactStatement::Valid(*hash),
		}
	}
}

/// A statement of this validator, with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStatement {
	/// Relay block that the signature is bound to: the candidate's scheduling parent.
	pub scheduling_parent: Hash,
	/// What is said.
	pub content: StatementContent,
	/// Who says it.
	pub validator_index: ValidatorIndex,
	/// The signature (R-STM-2).
	pub signature: ValidatorSignature,
}

impl SignedStatement {
	/// The compact form, with the same signature (R-STM-5). Cost: hashes the candidate, if it is there.
	pub fn to_compact(&self) -> SignedCompactStatement {
		SignedCompactStatement {
			statement: self.content.to_compact(),
			validator_index: self.validator_index,
			signature: self.signature.clone(),
		}
	}
}
