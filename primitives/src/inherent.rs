//! The parachains inherent: what a block author brings in, once per block (R-INC-1, R-BIN-17).

use crate::{
	BackedCandidate, CandidateHash, Hash, Header, SessionIndex, UncheckedSignedAvailabilityBitfield,
	ValidatorIndex, ValidatorSignature,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_inherents::InherentIdentifier;

/// Identifies the inherent among those of a block.
pub const PARACHAINS_INHERENT_IDENTIFIER: InherentIdentifier = *b"parachn0";

/// Content of the inherent.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ParachainsInherentData {
	/// Signed availability bitfields, ascending by validator.
	pub bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
	/// Candidates with their votes, ascending by para, in chain order within a para (R-INC-3).
	pub backed_candidates: Vec<BackedCandidate>,
	/// Dispute votes.
	pub disputes: Vec<DisputeStatementSet>,
	/// Header of the parent block.
	pub parent_header: Header,
}

/// Votes of one dispute.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct DisputeStatementSet {
	/// The disputed candidate.
	pub candidate_hash: CandidateHash,
	/// Session in which it was backed.
	pub session: SessionIndex,
	/// The votes.
	pub statements: Vec<(DisputeStatement, ValidatorIndex, ValidatorSignature)>,
}

/// A vote in a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum DisputeStatement {
	/// The candidate is valid.
	#[codec(index = 0)]
	Valid(ValidDisputeStatementKind),
	/// The candidate is not valid.
	#[codec(index = 1)]
	Invalid(InvalidDisputeStatementKind),
}

/// Where a vote for validity comes from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum ValidDisputeStatementKind {
	/// Said in the dispute.
	#[codec(index = 0)]
	Explicit,
	/// A seconding statement at this relay parent.
	#[codec(index = 1)]
	BackingSeconded(Hash),
	/// A confirming statement at this relay parent.
	#[codec(index = 2)]
	BackingValid(Hash),
	/// An approval vote.
	#[codec(index = 3)]
	ApprovalChecking,
	/// An approval vote over several candidates.
	#[codec(index = 4)]
	ApprovalCheckingMultipleCandidates(Vec<CandidateHash>),
}

/// Where a vote against validity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum InvalidDisputeStatementKind {
	/// Said in the dispute.
	#[codec(index = 0)]
	Explicit,
}
