//! Questions and answers in Polkadot's own bytes: chunks in version 2 and, where that names them, in version 1; proofs of
//! validity and available data (R-NET-99, R-NET-102).
//!
//! For drivers, outside of the core: an answer may have megabytes, which are copied here.

use crate::{AvailabilityRequest, AvailabilityResponse, ErasureChunk, Proof};
use async_backing_machine::{Refusal, RequestFailure};
use async_backing_wire::{
	AvailableDataRequest, AvailableDataResponse, ChunkProof, ChunkRequestV1, ChunkRequestV2, ChunkResponseV1,
	ChunkResponseV2, ChunkV1, ChunkV2, DecodeError, Lookup, PovRequest, PovResponse, Protocol, Wire,
};
use codec::Encode;
use std::sync::Arc;
use thiserror::Error;

/// Bytes that are no question about availability.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QuestionError {
	/// The protocol is about something else.
	#[error("{0:?} is no protocol of availability")]
	OtherProtocol(Protocol),
	/// They do not decode. The error says what that costs the sender.
	#[error(transparent)]
	Undecodable(#[from] DecodeError),
}

/// An answer that gives nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnswerError {
	/// "Not mine" (R-NET-34), or a chunk without its index where only its index tells what it is (R-NET-99).
	#[error("it is not there")]
	NotFound,
	/// The question was asked in another protocol.
	#[error("an answer in {got:?}, but the question is one of {expected:?}")]
	OtherProtocol {
		/// The protocol of the question.
		expected: Protocol,
		/// The protocol of the answer.
		got: Protocol,
	},
	/// It does not decode. The error says what that costs the sender.
	#[error(transparent)]
	Undecodable(#[from] DecodeError),
}

impl From<AnswerError> for RequestFailure {
	fn from(error: AnswerError) -> Self {
		match error {
			AnswerError::NotFound => Self::Refused,
			AnswerError::OtherProtocol { .. } | AnswerError::Undecodable(_) => Self::Malformed,
		}
	}
}

impl AvailabilityRequest {
	/// The protocol in which it is asked first.
	pub const fn protocol(&self) -> Protocol {
		match self {
			Self::Chunk { .. } => Protocol::ChunkV2,
			Self::AvailableData(_) => Protocol::AvailableData,
			Self::Pov(_) => Protocol::Pov,
		}
	}

	/// The protocol that a peer is asked in, with bytes of its own, if it does not speak the first (R-NET-35). Version 1 must
	/// not be used where chunks are mapped (R-NET-99).
	pub fn fallback(&self) -> Option<Protocol> {
		let speaks = match self {
			Self::Chunk { plain, .. } => *plain,
			Self::AvailableData(_) | Self::Pov(_) => true,
		};
		self.protocol().fallback().filter(|_| speaks)
	}

	/// Its bytes in one of its protocols. `None` in others.
	pub fn to_wire(&self, protocol: Protocol) -> Option<Vec<u8>> {
		match (*self, protocol) {
			(Self::Chunk { candidate, index, .. }, Protocol::ChunkV1 | Protocol::ChunkV2) => {
				let request = ChunkRequestV2 {
					candidate_hash: candidate,
					validator_index: index,
				};
				Some(match protocol {
					Protocol::ChunkV1 => ChunkRequestV1::from(request).encode(),
					_ => request.encode(),
				})
			}
			(Self::AvailableData(candidate_hash), Protocol::AvailableData) => {
				Some(AvailableDataRequest { candidate_hash }.encode())
			}
			(Self::Pov(candidate_hash), Protocol::Pov) => Some(PovRequest { candidate_hash }.encode()),
			_ => None,
		}
	}

	/// What somebody asks in a protocol. Cost: linear in the bytes, which are few.
	///
	/// # Errors
	/// [`QuestionError`].
	pub fn from_wire(protocol: Protocol, bytes: &[u8]) -> Result<Self, QuestionError> {
		Ok(match protocol {
			Protocol::ChunkV1 => {
				let request = ChunkRequestV1::from_wire(bytes)?;
				Self::Chunk {
					candidate: request.candidate_hash,
					index: request.validator_index,
					plain: true,
				}
			}
			Protocol::ChunkV2 => {
				let request = ChunkRequestV2::from_wire(bytes)?;
				Self::Chunk {
					candidate: request.candidate_hash,
					index: request.validator_index,
					plain: false,
				}
			}
			Protocol::AvailableData => {
				Self::AvailableData(AvailableDataRequest::from_wire(bytes)?.candidate_hash)
			}
			Protocol::Pov => Self::Pov(PovRequest::from_wire(bytes)?.candidate_hash),
			other => return Err(QuestionError::OtherProtocol(other)),
		})
	}

	/// The answer to it in a protocol. `None`: the stream is closed without one, because others come first, or this is no
	/// answer to it (R-NET-34). Cost: the bytes are copied.
	pub fn answer_to_wire(
		&self,
		protocol: Protocol,
		answer: &Result<AvailabilityResponse, Refusal>,
	) -> Option<Vec<u8>> {
		let response = match answer {
			Ok(response) => Some(response),
			Err(Refusal::Unknown) => None,
			Err(Refusal::NotAllowed | Refusal::Busy) => return None,
		};
		match (self, protocol, response) {
			(Self::Chunk { index, .. }, Protocol::ChunkV1, Some(AvailabilityResponse::Chunk(chunk))) => {
				// Version 1 cannot say where it is.
				let chunk = Some(chunk).filter(|chunk| chunk.index == index.0);
				let found = chunk.and_then(|chunk| {
					Some(ChunkV1 {
						bytes: Arc::from(&chunk.chunk[..]),
						proof: proof_to_wire(&chunk.proof)?,
					})
				});
				Some(ChunkResponseV1::from(found).encode())
			}
			(Self::Chunk { .. }, Protocol::ChunkV2, Some(AvailabilityResponse::Chunk(chunk))) => {
				let found = proof_to_wire(&chunk.proof).map(|proof| ChunkV2 {
					bytes: Arc::from(&chunk.chunk[..]),
					index: chunk.index,
					proof,
				});
				Some(ChunkResponseV2::from(found).encode())
			}
			(
				Self::AvailableData(_),
				Protocol::AvailableData,
				Some(AvailabilityResponse::AvailableData(data)),
			) => Some(AvailableDataResponse::Found(data.clone()).encode()),
			(Self::Pov(_), Protocol::Pov, Some(AvailabilityResponse::Pov(pov))) => {
				Some(PovResponse::Found(pov.clone()).encode())
			}
			(_, _, Some(_)) => None,
			(Self::Chunk { .. }, Protocol::ChunkV1, None) => Some(ChunkResponseV1::NotFound.encode()),
			(Self::Chunk { .. }, Protocol::ChunkV2, None) => Some(ChunkResponseV2::NotFound.encode()),
			(Self::AvailableData(_), Protocol::AvailableData, None) => {
				Some(AvailableDataResponse::NotFound.encode())
			}
			(Self::Pov(_), Protocol::Pov, None) => Some(PovResponse::NotFound.encode()),
			(_, _, None) => None,
		}
	}

	/// What somebody answers to it in a protocol. Cost: the bytes are copied, after they were judged.
	///
	/// # Errors
	/// [`AnswerError`].
	pub fn answer_from_wire(
		&self,
		protocol: Protocol,
		bytes: &[u8],
	) -> Result<AvailabilityResponse, AnswerError> {
		match (self, protocol) {
			(Self::Chunk { index, plain, .. }, Protocol::ChunkV1) => {
				let found = found(ChunkResponseV1::from_wire(bytes)?)?;
				if !plain {
					return Err(AnswerError::NotFound);
				}
				Ok(chunk(&found.bytes, index.0, found.proof))
			}
			(Self::Chunk { .. }, Protocol::ChunkV2) => {
				let found = found(ChunkResponseV2::from_wire(bytes)?)?;
				Ok(chunk(&found.bytes, found.index, found.proof))
			}
			(Self::AvailableData(_), Protocol::AvailableData) => {
				found(AvailableDataResponse::from_wire(bytes)?).map(AvailabilityResponse::AvailableData)
			}
			(Self::Pov(_), Protocol::Pov) => {
				found(PovResponse::from_wire(bytes)?).map(AvailabilityResponse::Pov)
			}
			(_, got) => Err(AnswerError::OtherProtocol {
				expected: self.protocol(),
				got,
			}),
		}
	}
}

fn found<T>(lookup: Lookup<T>) -> Result<T, AnswerError> {
	lookup.found().ok_or(AnswerError::NotFound)
}

/// Both sides have the same bounds, but for a proof without nodes, which proves nothing.
fn proof_to_wire(proof: &Proof) -> Option<ChunkProof> {
	ChunkProof::new(proof.nodes().to_vec()).ok()
}

fn chunk(bytes: &[u8], index: u32, proof: ChunkProof) -> AvailabilityResponse {
	AvailabilityResponse::Chunk(Arc::new(ErasureChunk {
		chunk: bytes.to_vec(),
		index,
		// Within its bounds: the wire has the same. Without nodes it would not verify.
		proof: Proof::new(proof.into_nodes()).unwrap_or_default(),
	}))
}
