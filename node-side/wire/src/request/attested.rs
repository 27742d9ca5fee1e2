//! Candidates with statements about them (R-NET-97).

use super::Request;
use crate::{
	reader::fields, Fault, Protocol, Read, Reader, Wire, MAX_ATTESTED_RESPONSE_SIZE, MAX_ATTESTED_STATEMENTS,
	MAX_REQUEST_SIZE,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	CandidateHash, CommittedCandidateReceipt, PersistedValidationData, SignedCompactStatement,
	StatementFilter,
};
use codec::Encode;

/// Asks for a candidate and the statements about it.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct AttestedCandidateRequest {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// Statements that shall not be sent. Both lists have the length of the group: that they have one length is checked
	/// when they are decoded, that it is this group's by [`StatementFilter::has_len`].
	pub mask: StatementFilter,
}
fields!(AttestedCandidateRequest { candidate_hash, mask });

impl Wire for AttestedCandidateRequest {
	const NAME: &'static str = "request for an attested candidate";
	const LIMIT: usize = MAX_REQUEST_SIZE;
}

impl Request for AttestedCandidateRequest {
	type Response = AttestedCandidateResponse;
	const PROTOCOL: Protocol = Protocol::AttestedCandidate;
}

/// A candidate, its validation data, and statements.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct AttestedCandidateResponse {
	/// The candidate.
	pub candidate: CommittedCandidateReceipt,
	/// Its validation data.
	pub validation_data: PersistedValidationData,
	/// The statements, at most [`MAX_ATTESTED_STATEMENTS`].
	pub statements: Vec<SignedCompactStatement>,
}

/// Bytes of a statement with its author and signature.
const STATEMENT_SIZE: usize = 37 + 4 + 64;

impl Read for AttestedCandidateResponse {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		Ok(Self {
			candidate: Read::read(reader)?,
			validation_data: Read::read(reader)?,
			statements: reader.list("statements", 0..=MAX_ATTESTED_STATEMENTS, STATEMENT_SIZE)?,
		})
	}
}

impl Wire for AttestedCandidateResponse {
	const NAME: &'static str = "attested candidate";
	const LIMIT: usize = MAX_ATTESTED_RESPONSE_SIZE;
}
