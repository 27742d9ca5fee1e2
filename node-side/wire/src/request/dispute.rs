//! Disputes, and that they arrived (R-NET-108).

use super::Request;
use crate::{
	reader::fields, Fault, Protocol, Read, Reader, Wire, MAX_DISPUTE_RESPONSE_SIZE, MAX_REQUEST_SIZE,
};
use async_backing_primitives::{
	CandidateReceipt, InvalidDisputeStatementKind, SessionIndex, ValidDisputeStatementKind, ValidatorIndex,
	ValidatorSignature,
};
use codec::Encode;

/// A dispute: two votes that contradict each other. Their signatures are not verified.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct DisputeRequest {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Its session.
	pub session_index: SessionIndex,
	/// A vote against it.
	pub invalid_vote: InvalidVote,
	/// A vote for it.
	pub valid_vote: ValidVote,
}
fields!(DisputeRequest {
	receipt,
	session_index,
	invalid_vote,
	valid_vote
});

impl Wire for DisputeRequest {
	const NAME: &'static str = "dispute";
	const LIMIT: usize = MAX_REQUEST_SIZE;
}

impl Request for DisputeRequest {
	type Response = DisputeConfirmed;
	const PROTOCOL: Protocol = Protocol::Dispute;
}

/// A vote that a candidate is not valid.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct InvalidVote {
	/// Who says it.
	pub validator_index: ValidatorIndex,
	/// The signature.
	pub signature: ValidatorSignature,
	/// Where the vote comes from.
	pub kind: InvalidDisputeStatementKind,
}
fields!(InvalidVote {
	validator_index,
	signature,
	kind
});

/// A vote that a candidate is valid.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct ValidVote {
	/// Who says it.
	pub validator_index: ValidatorIndex,
	/// The signature.
	pub signature: ValidatorSignature,
	/// Where the vote comes from.
	pub kind: ValidDisputeStatementKind,
}
fields!(ValidVote {
	validator_index,
	signature,
	kind
});

/// The receiver has taken note of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeConfirmed;

impl Encode for DisputeConfirmed {
	fn size_hint(&self) -> usize {
		1
	}

	fn using_encoded<R, F: FnOnce(&[u8]) -> R>(&self, f: F) -> R {
		f(&[0])
	}
}

impl Read for DisputeConfirmed {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		reader.index("answer to a dispute", &[0])?;
		Ok(Self)
	}
}

impl Wire for DisputeConfirmed {
	const NAME: &'static str = "answer to a dispute";
	const LIMIT: usize = MAX_DISPUTE_RESPONSE_SIZE;
}
