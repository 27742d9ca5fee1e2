//! Requests in Polkadot's own bytes, for whoever carries them: links of a simulation, or streams.
//!
//! A validator's own words are typed, because an answer may have megabytes and a core copies none (law 1). Whoever drives one
//! says them in bytes here, and remembers what is open: an answer is read as the question was asked.
//!
//! Invariants: an answer counts in the protocol of its question, or in the one that its question falls back to (R-NET-35); what does
//! not decode is an error with its cost; nothing is remembered of what has ended.

use crate::{Request, Response};
use async_backing_availability::{AnswerError, AvailabilityRequest, AvailabilityResponse, QuestionError};
use async_backing_machine::{Cost, PeerId, Refusal, RequestFailure, RequestId, Ticket};
use async_backing_wire::{
	AttestedCandidateRequest, AttestedCandidateResponse, CollationRequestV2, CollationResponse, Protocol,
	Wire,
};
use codec::Encode;
use std::{collections::BTreeMap, sync::Arc};

/// A request as it goes to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
	/// Its protocol.
	pub protocol: Protocol,
	/// Its bytes.
	pub bytes: Vec<u8>,
	/// Protocol and bytes for peers that do not speak that one (R-NET-35).
	pub fallback: Option<(Protocol, Vec<u8>)>,
}

impl Question {
	/// In the first of its protocols that a peer speaks. `None` if it speaks neither: then it refuses.
	pub fn spoken(&self, speaks: impl Fn(Protocol) -> bool) -> Option<(Protocol, &[u8])> {
		let first = (self.protocol, &self.bytes[..]);
		let fallback = self
			.fallback
			.as_ref()
			.map(|(protocol, bytes)| (*protocol, &bytes[..]));
		[Some(first), fallback]
			.into_iter()
			.flatten()
			.find(|(protocol, _)| speaks(*protocol))
	}

	/// As somebody asks who speaks these protocols alone: without those that it does not. `None` if it speaks none of them.
	pub fn asked_in(self, speaks: impl Fn(Protocol) -> bool) -> Option<Self> {
		let fallback = self.fallback.filter(|(protocol, _)| speaks(*protocol));
		if speaks(self.protocol) {
			return Some(Self { fallback, ..self });
		}
		let (protocol, bytes) = fallback?;
		Some(Self {
			protocol,
			bytes,
			fallback: None,
		})
	}
}

/// An answer as it comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
	/// The protocol that was spoken.
	pub protocol: Protocol,
	/// Its bytes. Shared, because they may be megabytes.
	pub bytes: Arc<[u8]>,
}

/// What a validator asks and is asked in this protocol, for logs.
pub const fn kind_of(protocol: Protocol) -> &'static str {
	match protocol {
		Protocol::ChunkV1 | Protocol::ChunkV2 => "chunk",
		Protocol::CollationV1 | Protocol::CollationV2 | Protocol::CollationV3 => "collation",
		Protocol::Pov => "pov",
		Protocol::AvailableData => "available data",
		Protocol::Dispute => "dispute",
		Protocol::AttestedCandidate => "attested candidate",
	}
}

/// What answers it, for logs.
pub const fn answer_kind_of(protocol: Protocol) -> &'static str {
	match protocol {
		Protocol::ChunkV1 | Protocol::ChunkV2 => "chunk response",
		Protocol::CollationV1 | Protocol::CollationV2 | Protocol::CollationV3 => "collation response",
		Protocol::Pov => "pov response",
		Protocol::AvailableData => "available data response",
		Protocol::Dispute => "dispute response",
		Protocol::AttestedCandidate => "attested candidate response",
	}
}

impl Request {
	/// What availability is asked, if this is for it.
	pub const fn availability(&self) -> Option<AvailabilityRequest> {
		Some(match *self {
			Self::Pov(candidate) => AvailabilityRequest::Pov(candidate),
			Self::Chunk {
				candidate,
				index,
				plain,
			} => AvailabilityRequest::Chunk {
				candidate,
				index,
				plain,
			},
			Self::AvailableData(candidate) => AvailabilityRequest::AvailableData(candidate),
			Self::Collation { .. } | Self::Attested(_) => return None,
		})
	}

	/// The protocol in which it is asked first.
	pub const fn protocol(&self) -> Protocol {
		match (self, self.availability()) {
			(_, Some(request)) => request.protocol(),
			(Self::Attested(_), None) => Protocol::AttestedCandidate,
			(_, None) => Protocol::CollationV2,
		}
	}

	/// What goes to a peer.
	pub fn to_question(&self) -> Question {
		let protocol = self.protocol();
		let in_protocol = |protocol| self.to_wire(protocol).map(|bytes| (protocol, bytes));
		let fallback = self.availability().and_then(|request| request.fallback());
		Question {
			// Each has bytes in its own protocol.
			bytes: self.to_wire(protocol).unwrap_or_default(),
			protocol,
			fallback: fallback.and_then(in_protocol),
		}
	}

	/// Its bytes in one of its protocols. `None` in others.
	pub fn to_wire(&self, protocol: Protocol) -> Option<Vec<u8>> {
		match (self, protocol) {
			(
				Self::Collation {
					scheduling_parent,
					para,
					candidate,
				},
				Protocol::CollationV2,
			) => {
				let request = CollationRequestV2 {
					scheduling_parent: *scheduling_parent,
					para_id: *para,
					candidate_hash: *candidate,
				};
				Some(request.encode())
			}
			(Self::Attested(request), Protocol::AttestedCandidate) => Some(request.encode()),
			_ => self.availability()?.to_wire(protocol),
		}
	}

	/// What somebody asks in a protocol. Cost: linear in the bytes, which are few.
	///
	/// # Errors
	/// [`QuestionError`].
	pub fn from_wire(protocol: Protocol, bytes: &[u8]) -> Result<Self, QuestionError> {
		match protocol {
			Protocol::CollationV2 => Ok(CollationRequestV2::from_wire(bytes)?.into()),
			Protocol::AttestedCandidate => Ok(Self::Attested(AttestedCandidateRequest::from_wire(bytes)?)),
			_ => AvailabilityRequest::from_wire(protocol, bytes).map(Self::from),
		}
	}

	/// The answer to it in a protocol. `None`: the stream is closed without one (R-NET-34). Cost: the bytes are copied.
	pub fn answer_to_wire(&self, protocol: Protocol, answer: &Result<Response, Refusal>) -> Option<Vec<u8>> {
		let Some(request) = self.availability() else {
			return match (protocol, answer) {
				(Protocol::CollationV2, Ok(Response::Collation(collation))) => Some(collation.encode()),
				(Protocol::AttestedCandidate, Ok(Response::Attested(attested))) => Some(attested.encode()),
				_ => None,
			};
		};
		let answer = match answer {
			Ok(response) => Ok(response.availability()?),
			Err(refusal) => Err(*refusal),
		};
		request.answer_to_wire(protocol, &answer)
	}

	/// What somebody answers to it in a protocol. Cost: the bytes are copied, after they were judged.
	///
	/// # Errors
	/// [`AnswerError`].
	pub fn answer_from_wire(&self, protocol: Protocol, bytes: &[u8]) -> Result<Response, AnswerError> {
		match (self.availability(), protocol) {
			(Some(request), _) => request.answer_from_wire(protocol, bytes).map(Response::from),
			(None, got) if got != self.protocol() => Err(AnswerError::OtherProtocol {
				expected: self.protocol(),
				got,
			}),
			(None, Protocol::AttestedCandidate) => Ok(Response::Attested(
				AttestedCandidateResponse::from_wire(bytes)?.into(),
			)),
			(None, _) => Ok(Response::Collation(CollationResponse::from_wire(bytes)?)),
		}
	}
}

impl From<AvailabilityRequest> for Request {
	fn from(request: AvailabilityRequest) -> Self {
		match request {
			AvailabilityRequest::Chunk {
				candidate,
				index,
				plain,
			} => Self::Chunk {
				candidate,
				index,
				plain,
			},
			AvailabilityRequest::AvailableData(candidate) => Self::AvailableData(candidate),
			AvailabilityRequest::Pov(candidate) => Self::Pov(candidate),
		}
	}
}

impl Response {
	/// What availability answers, if this is of it.
	pub(crate) fn availability(&self) -> Option<AvailabilityResponse> {
		match self {
			Self::Pov(pov) => Some(AvailabilityResponse::Pov(pov.clone())),
			Self::Chunk(chunk) => Some(AvailabilityResponse::Chunk(chunk.clone())),
			Self::AvailableData(data) => Some(AvailabilityResponse::AvailableData(data.clone())),
			Self::Collation(_) | Self::Attested(_) => None,
		}
	}
}

impl From<AvailabilityResponse> for Response {
	fn from(response: AvailabilityResponse) -> Self {
		match response {
			AvailabilityResponse::Chunk(chunk) => Self::Chunk(chunk),
			AvailabilityResponse::AvailableData(data) => Self::AvailableData(data),
			AvailabilityResponse::Pov(pov) => Self::Pov(pov),
		}
	}
}

/// What the core is told of a request that ended, and whom its answer costs what.
pub type Answered = (Result<Response, RequestFailure>, Option<(PeerId, Cost)>);

/// What a node has asked and is asked, while it is open.
///
/// Memory: a request for each that is open, which the core bounds on its side, and the driver on the other (R-NET-26).
#[derive(Clone, Debug, Default)]
pub struct Exchange {
	asked: BTreeMap<RequestId, (PeerId, Request)>,
	tickets: BTreeMap<Ticket, (Protocol, Request)>,
}

impl Exchange {
	/// The core asks a peer.
	pub fn ask(&mut self, id: RequestId, peer: PeerId, request: Request) -> Question {
		let question = request.to_question();
		self.asked.insert(id, (peer, request));
		question
	}

	/// A request of the core ended. Gives what the core is told, and whom its answer costs what. `None` for one that nobody has asked.
	pub fn answered(&mut self, id: RequestId, answer: Result<Answer, RequestFailure>) -> Option<Answered> {
		let (peer, request) = self.asked.remove(&id)?;
		let Answer { protocol, bytes } = match answer {
			Ok(answer) => answer,
			Err(failure) => return Some((Err(failure), None)),
		};
		Some(match request.answer_from_wire(protocol, &bytes) {
			Ok(response) => (Ok(response), None),
			Err(error) => {
				let cost = match &error {
					AnswerError::NotFound => None,
					AnswerError::OtherProtocol { .. } => Some(Cost::Major),
					AnswerError::Undecodable(error) => Some(error.cost),
				};
				(Err(error.into()), cost.map(|cost| (peer, cost)))
			}
		})
	}

	/// Somebody asks the core, in a protocol that it speaks.
	///
	/// # Errors
	/// [`QuestionError`]: the core hears nothing of it, and the ticket is to be answered with a refusal.
	pub fn asked(
		&mut self,
		ticket: Ticket,
		protocol: Protocol,
		bytes: &[u8],
	) -> Result<Request, QuestionError> {
		let request = Request::from_wire(protocol, bytes)?;
		self.tickets.insert(ticket, (protocol, request.clone()));
		Ok(request)
	}

	/// The core answers somebody. `None`: the stream is closed without an answer (R-NET-34). Cost: the bytes are copied.
	pub fn answer(&mut self, ticket: Ticket, answer: &Result<Response, Refusal>) -> Option<Answer> {
		let (protocol, request) = self.tickets.remove(&ticket)?;
		let bytes = request.answer_to_wire(protocol, answer)?;
		Some(Answer {
			protocol,
			bytes: bytes.into(),
		})
	}

	/// How much is open.
	pub fn len(&self) -> usize {
		self.asked.len().saturating_add(self.tickets.len())
	}

	/// Whether nothing is.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}
}
