//! The words of a validator: the sum of what its parts say.

use crate::{CheckBitfields, CodeDone, CodeEvent, CodeJob, NodePeer, NotRecovered, WantedData};
use async_backing_availability::{
	AvailabilityDone, AvailabilityEvent, AvailabilityJob, ErasureChunk, Outcome,
};
use async_backing_backing::{job, Event as BackingEvent};
use async_backing_chain_view::ChainEvent;
use async_backing_collator_protocol::{CheckCollation, Hashes, Parting};
use async_backing_machine::{Never, PeerId, Words};
use async_backing_primitives::{
	AvailableData, CandidateHash, Hash, ParaId, PoV, Slot, UncheckedSignedAvailabilityBitfield, ValidatorId,
	ValidatorIndex, ValidatorSignature,
};
use async_backing_provisioner::Proposal;
use async_backing_statement_distribution::{job as statements, Attested, Event as DistributionEvent};
use async_backing_wire::{AttestedCandidateRequest, CollationRequestV2, CollationResponse};
use codec::{Decode, Encode};
use std::{fmt, sync::Arc};

/// The words of a [`Validator`](crate::Validator).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeWords;

impl Words for NodeWords {
	type Chain = NodeEvent;
	type Identity = NodePeer;
	/// Views come over the streams, in their bytes (R-NET-54).
	type View = Never;
	type Message = Message;
	type Request = Request;
	type Response = Response;
	type Job = Job;
	type Done = Done;
	type Proposing = Proposing;
	type Proposal = Proposal;
	type Event = Event;
}

/// What the rest of this node tells its validator.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeEvent {
	/// The relay chain did something.
	Chain(ChainEvent),
	/// Somebody in this node needs the data of a candidate: it is recovered from what is here, from its backers, or from chunks
	/// (R-AVL-5). What came of it is told once, as [`Event::Recovery`], unless it is refused ([`Event::NotRecovered`]). One that is
	/// wanted already stays as it is.
	Recover(Box<WantedData>),
	/// Nobody needs the data of a candidate any more: nothing will be told of it.
	ForgetRecovery(CandidateHash),
}

impl From<ChainEvent> for NodeEvent {
	fn from(event: ChainEvent) -> Self {
		Self::Chain(event)
	}
}

/// What is said without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Message {
	/// What is said over a stream of the collation protocol: Polkadot's own bytes, envelope and all, in the stream's version
	/// (R-NET-54, R-NET-61 to R-NET-65).
	Collation(Vec<u8>),
	/// What is said over a stream of the validation protocol, among those who proved keys: views, bitfields, statements,
	/// manifests and acknowledgements, in Polkadot's own bytes, envelope and all (R-NET-54, R-NET-90 to R-NET-94).
	Validation(Vec<u8>),
}

/// A signed bitfield as text.
pub(crate) struct BitfieldText<'a>(pub(crate) &'a UncheckedSignedAvailabilityBitfield);

impl fmt::Debug for BitfieldText<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("UncheckedSigned")
			.field("payload", &format_args!("{}", self.0.payload.0))
			.field("validator_index", &self.0.validator_index)
			.field("signature", &self.0.signature)
			.finish()
	}
}

impl Message {
	/// Its kind, for logs.
	pub const fn kind(&self) -> &'static str {
		match self {
			Self::Collation(bytes) => match bytes.as_slice() {
				[2, ..] => "view",
				[1, 0, 0, ..] => "declare",
				[1, 0, 1, ..] => "advertise",
				[1, 0, 4, ..] => "collation seconded",
				_ => "collation",
			},
			Self::Validation(bytes) => match bytes.as_slice() {
				[2, ..] => "validation view",
				[1, 1, ..] => "bitfield",
				[1, 3, 0, ..] => "statement",
				[1, 3, 1, ..] => "manifest",
				[1, 3, 2, ..] => "acknowledgement",
				_ => "validation",
			},
		}
	}

	/// Bytes on the wire.
	pub fn wire_size(&self) -> usize {
		match self {
			Self::Collation(bytes) | Self::Validation(bytes) => bytes.len(),
		}
	}
}

/// What is asked. In bytes by [`to_question`](Request::to_question).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
	/// A collator for a candidate that it advertised, in version 2 of the request (R-NET-70, R-NET-79).
	Collation {
		/// The block that fixes core and group.
		scheduling_parent: Hash,
		/// The para.
		para: ParaId,
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A backer for the proof of validity of what it stated (R-NET-102).
	Pov(CandidateHash),
	/// Anybody for a chunk (R-NET-99).
	Chunk {
		/// The candidate.
		candidate: CandidateHash,
		/// The validator whose chunk it is, whoever is asked (R-NET-100).
		index: ValidatorIndex,
		/// Whether its index is that of its validator, so that version 1 of the protocol will do as well (R-NET-99).
		plain: bool,
	},
	/// A backer for all that is coded (R-NET-102).
	AvailableData(CandidateHash),
	/// Somebody who told of a candidate for it, with statements about it (R-NET-97).
	Attested(AttestedCandidateRequest),
}

impl Request {
	/// The candidate that it is about.
	pub const fn candidate(&self) -> CandidateHash {
		match self {
			Self::Collation { candidate, .. }
			| Self::Pov(candidate)
			| Self::Chunk { candidate, .. }
			| Self::AvailableData(candidate) => *candidate,
			Self::Attested(request) => request.candidate_hash,
		}
	}
}

impl From<CollationRequestV2> for Request {
	fn from(asked: CollationRequestV2) -> Self {
		let CollationRequestV2 {
			scheduling_parent,
			para_id: para,
			candidate_hash: candidate,
		} = asked;
		Self::Collation {
			scheduling_parent,
			para,
			candidate,
		}
	}
}

/// What is answered, of the same kind as the request. Large things are shared; the driver decodes them, beside.
// One is moved through two calls, and copied by nobody: a box would be another allocation for each.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
	/// The candidate, as on the wire (R-NET-71).
	Collation(CollationResponse),
	/// The proof of validity.
	Pov(Arc<PoV>),
	/// The chunk.
	Chunk(Arc<ErasureChunk>),
	/// The data.
	AvailableData(Arc<AvailableData>),
	/// The candidate with statements.
	Attested(Attested),
}

/// Work that a validator has done beside ([`work::run`](crate::work::run)).
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
	/// Of backing: statements to verify, candidates to validate, statements to sign.
	Backing(job::Job),
	/// Of statement distribution: statements to verify, candidates to hash.
	Statements(statements::Job),
	/// Of availability: chunks to check, data to code and to recover.
	Availability(AvailabilityJob),
	/// A collation to be hashed, before anything of it is believed (R-NET-86).
	CheckCollation(CheckCollation),
	/// Validation codes to prepare, and votes about them to give.
	Code(CodeJob),
	/// Bitfields to verify.
	CheckBitfields(CheckBitfields),
	/// The own bitfield to sign.
	SignBitfield {
		/// With this key.
		validator: ValidatorId,
		/// What is signed.
		payload: Vec<u8>,
	},
}

/// What a job came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
	/// Of [`Job::Backing`].
	Backing(job::Done),
	/// Of [`Job::Statements`].
	Statements(statements::Done),
	/// Of [`Job::Availability`].
	Availability(AvailabilityDone),
	/// Of [`Job::CheckCollation`].
	CheckedCollation(Hashes),
	/// Of [`Job::Code`].
	Code(CodeDone),
	/// Of [`Job::CheckBitfields`]: which are signed, in their order.
	CheckedBitfields(Vec<bool>),
	/// Of [`Job::SignBitfield`]; `None` if there is no such key.
	SignedBitfield(Option<ValidatorSignature>),
}

/// What a block author asks for: what goes into the block in this slot on this parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposing {
	/// The parent.
	pub parent: Hash,
	/// The slot.
	pub slot: Slot,
}

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
	/// A relay block became a leaf.
	LeafActivated(Hash),
	/// A relay block is no leaf any more.
	LeafDeactivated(Hash),
	/// This validator seconded a candidate: others have been told.
	Seconded(CandidateHash),
	/// This validator confirmed a candidate of another one: others have been told.
	Confirmed(CandidateHash),
	/// This validator knows a quorum for a candidate (R-BAK-7).
	Backable(CandidateHash),
	/// Of backing.
	Backing(BackingEvent),
	/// Of statement distribution.
	Statements(DistributionEvent),
	/// Of availability.
	Availability(AvailabilityEvent),
	/// Data that was [wanted](NodeEvent::Recover) is here, or never will be.
	Recovery(Outcome),
	/// The data of a candidate is not recovered, and nothing more will be told of it.
	NotRecovered(CandidateHash, NotRecovered),
	/// Of validation codes.
	Code(CodeEvent),
	/// A peer cost too much: nothing that it says is listened to any more.
	Cut(PeerId),
	/// A collator is let go, by a rule and at no cost (R-NET-82, R-NET-83).
	Parted(PeerId, Parting),
	/// This validator does not vote for a candidate: it is invalid, or has no place here. Why, in words.
	Refused(CandidateHash, String),
	/// Something is strange or was refused. Why, in words.
	Complaint(String),
}
