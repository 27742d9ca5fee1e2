//! Words of the parts, said in words of the whole, and back.

use crate::{
	bitfields::{BitfieldDone, BitfieldJob, BitfieldMessage, BitfieldWords},
	codes::{CodeDone, CodeJob, CodeWords},
	Done, Job, Message, NodeWords, Request, Response,
};
use async_backing_availability::{
	AvailabilityDone, AvailabilityJob, AvailabilityRequest, AvailabilityResponse, AvailabilityWords,
};
use async_backing_backing::{job, BackingWords, PovRequest};
use async_backing_collator_protocol::{CheckCollation, Hashes, ValidatorSideWords};
use async_backing_machine::{JobFailure, Never, Part};
use async_backing_primitives::{PoV, StatementDistributionMessage};
use async_backing_statement_distribution::{job as statements, Attested, DistributionWords};
use async_backing_wire::{
	AttestedCandidateRequest, CollationMessage, CollationRequestV2, CollationResponse, Envelope,
	ValidationMessage,
};
use codec::Encode;
use std::sync::Arc;

impl Part<NodeWords> for BackingWords {
	fn message(never: Never) -> Message {
		match never {}
	}

	fn request(PovRequest(candidate): PovRequest) -> Request {
		Request::Pov(candidate)
	}

	fn response(response: Arc<PoV>) -> Response {
		Response::Pov(response)
	}

	fn job(job: job::Job) -> Job {
		Job::Backing(job)
	}
}

/// In the bytes of the validation protocol (R-NET-54, R-NET-90).
pub(crate) fn of_validators(message: ValidationMessage) -> Message {
	Message::Validation(Envelope::Message(message).encode())
}

impl Part<NodeWords> for DistributionWords {
	fn message(message: StatementDistributionMessage) -> Message {
		of_validators(ValidationMessage::Statement(message))
	}

	fn request(request: AttestedCandidateRequest) -> Request {
		Request::Attested(request)
	}

	fn response(response: Attested) -> Response {
		Response::Attested(response)
	}

	fn job(job: statements::Job) -> Job {
		Job::Statements(job)
	}
}

impl Part<NodeWords> for AvailabilityWords {
	fn message(message: Never) -> Message {
		match message {}
	}

	fn request(request: AvailabilityRequest) -> Request {
		request.into()
	}

	fn response(response: AvailabilityResponse) -> Response {
		response.into()
	}

	fn job(job: AvailabilityJob) -> Job {
		Job::Availability(job)
	}
}

impl Part<NodeWords> for ValidatorSideWords {
	fn message(message: CollationMessage) -> Message {
		Message::Collation(Envelope::Message(message).encode())
	}

	fn request(request: CollationRequestV2) -> Request {
		request.into()
	}

	fn response(response: CollationResponse) -> Response {
		Response::Collation(response)
	}

	fn job(job: CheckCollation) -> Job {
		Job::CheckCollation(job)
	}
}

impl Part<NodeWords> for BitfieldWords {
	fn message(BitfieldMessage { leaf, bitfield }: BitfieldMessage) -> Message {
		of_validators(ValidationMessage::Bitfield {
			relay_parent: leaf,
			bitfield: bitfield.as_ref().clone(),
		})
	}

	fn request(request: Never) -> Request {
		match request {}
	}

	fn response(response: Never) -> Response {
		match response {}
	}

	fn job(job: BitfieldJob) -> Job {
		match job {
			BitfieldJob::Check(check) => Job::CheckBitfields(check),
			BitfieldJob::Sign { key, payload } => Job::SignBitfield {
				validator: key,
				payload,
			},
		}
	}
}

impl Part<NodeWords> for CodeWords {
	fn message(message: Never) -> Message {
		match message {}
	}

	fn request(request: Never) -> Request {
		match request {}
	}

	fn response(response: Never) -> Response {
		match response {}
	}

	fn job(job: CodeJob) -> Job {
		Job::Code(job)
	}
}

/// What a part takes out of an answer; `None` if that answers something else.
pub(crate) mod answer {
	use super::*;

	pub(crate) fn collation(response: Response) -> Option<CollationResponse> {
		match response {
			Response::Collation(collation) => Some(collation),
			_ => None,
		}
	}

	pub(crate) fn attested(response: Response) -> Option<Attested> {
		match response {
			Response::Attested(attested) => Some(attested),
			_ => None,
		}
	}

	pub(crate) fn pov(response: Response) -> Option<Arc<PoV>> {
		match response {
			Response::Pov(pov) => Some(pov),
			_ => None,
		}
	}

	pub(crate) fn availability(response: Response) -> Option<AvailabilityResponse> {
		response.availability()
	}
}

/// What a part takes out of the result of a job. A result of something else is none at all.
pub(crate) mod done {
	use super::*;

	pub(crate) fn backing(done: Done) -> Result<job::Done, JobFailure> {
		match done {
			Done::Backing(done) => Ok(done),
			_ => Err(JobFailure::Dropped),
		}
	}

	pub(crate) fn statements(done: Done) -> Result<statements::Done, JobFailure> {
		match done {
			Done::Statements(done) => Ok(done),
			_ => Err(JobFailure::Dropped),
		}
	}

	pub(crate) fn availability(done: Done) -> Result<AvailabilityDone, JobFailure> {
		match done {
			Done::Availability(done) => Ok(done),
			_ => Err(JobFailure::Dropped),
		}
	}

	pub(crate) fn collation(done: Done) -> Result<Hashes, JobFailure> {
		match done {
			Done::CheckedCollation(hashes) => Ok(hashes),
			_ => Err(JobFailure::Dropped),
		}
	}

	pub(crate) fn code(done: Done) -> Result<CodeDone, JobFailure> {
		match done {
			Done::Code(done) => Ok(done),
			_ => Err(JobFailure::Dropped),
		}
	}

	pub(crate) fn bitfields(done: Done) -> Result<BitfieldDone, JobFailure> {
		match done {
			Done::CheckedBitfields(verdicts) => Ok(BitfieldDone::Checked(verdicts)),
			Done::SignedBitfield(signature) => Ok(BitfieldDone::Signed(signature)),
			_ => Err(JobFailure::Dropped),
		}
	}
}
