//! Words of the parts, said in words of the whole, and back.

use crate::{
	bitfields::{BitfieldDone, BitfieldJob, BitfieldMessage, BitfieldWords},
	codes::{CodeDone, CodeJob, CodeWords},
	Done, Job, Message, NodeWords, Request, Response,
};
use async_backing_availability::{
	AvailabilityDone, AvailabilityJob, AvailabilityRequest, AvailabilityResponse, AvailabilityWords,
};
use async_backing_backing::{job, BackingWords, PovRequest, SignedStatement};
use async_backing_collator_protocol::{CheckCollation, Hashes, ValidatorSideWords};
use async_backing_machine::{JobFailure, Never, Part};
use async_backing_primitives::PoV;
use async_backing_wire::{CollationMessage, CollationRequestV2, CollationResponse, Envelope};
use codec::Encode;
use std::sync::Arc;

impl Part<NodeWords> for BackingWords {
	fn message(message: Arc<SignedStatement>) -> Message {
		Message::Statement(message)
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

impl Part<NodeWords> for AvailabilityWords {
	fn message(message: Never) -> Message {
		match message {}
	}

	fn request(request: AvailabilityRequest) -> Request {
		match request {
			AvailabilityRequest::Chunk { candidate, index, .. } => Request::Chunk { candidate, index },
			AvailabilityRequest::AvailableData(candidate) => Request::AvailableData(candidate),
			AvailabilityRequest::Pov(candidate) => Request::Pov(candidate),
		}
	}

	fn response(response: AvailabilityResponse) -> Response {
		match response {
			AvailabilityResponse::Chunk(chunk) => Response::Chunk(chunk),
			AvailabilityResponse::AvailableData(data) => Response::AvailableData(data),
			AvailabilityResponse::Pov(pov) => Response::Pov(pov),
		}
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
		Message::Bitfield(leaf, bitfield)
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

	pub(crate) fn pov(response: Response) -> Option<Arc<PoV>> {
		match response {
			Response::Pov(pov) => Some(pov),
			_ => None,
		}
	}

	pub(crate) fn availability(response: Response) -> Option<AvailabilityResponse> {
		match response {
			Response::Chunk(chunk) => Some(AvailabilityResponse::Chunk(chunk)),
			Response::AvailableData(data) => Some(AvailabilityResponse::AvailableData(data)),
			Response::Pov(pov) => Some(AvailabilityResponse::Pov(pov)),
			Response::Collation(_) => None,
		}
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
