//! The words of a validator: the sum of what its parts say.

use crate::{CheckBitfields, CodeDone, CodeEvent, CodeJob, NodePeer};
use async_backing_availability::{AvailabilityDone, AvailabilityEvent, AvailabilityJob, ErasureChunk};
use async_backing_backing::{job, Event as BackingEvent, SignedStatement};
use async_backing_chain_view::ChainEvent;
use async_backing_collator_protocol::{CheckCollation, Hashes, Parting};
use async_backing_machine::{Never, PeerId, Words};
use async_backing_primitives::{
	AvailableData, CandidateHash, Hash, ParaId, PoV, Slot, UncheckedSignedAvailabilityBitfield, ValidatorId,
	ValidatorIndex, ValidatorSignature,
};
use async_backing_provisioner::Proposal;
use async_backing_wire::{CollationRequestV2, CollationResponse};
use codec::{Decode, Encode, Input};
use std::{fmt, sync::Arc};

/// The words of a [`Validator`](crate::Validator).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeWords;

impl Words for NodeWords {
	type Chain = ChainEvent;
	type Identity = NodePeer;
	/// Everything goes to every validator (full mesh), so that nobody asks what others know.
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

/// What is said without an answer.
#[derive(Clone, PartialEq, Encode, Decode)]
pub enum Message {
	/// What is said over a stream of the collation protocol: Polkadot's own bytes, envelope and all, in the stream's version
	/// (R-NET-54, R-NET-61 to R-NET-65).
	Collation(Vec<u8>),
	/// A vote; one that seconds brings the candidate along.
	Statement(Arc<SignedStatement>),
	/// Which chunks the signer holds, at a leaf (R-AVL-8).
	Bitfield(Hash, UncheckedSignedAvailabilityBitfield),
}

/// Bits as such, without the address that `bitvec` tells and that differs from run to run: traces are of this text
/// (law 6).
impl fmt::Debug for Message {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Collation(bytes) => f.debug_tuple("Collation").field(bytes).finish(),
			Self::Statement(statement) => f.debug_tuple("Statement").field(statement).finish(),
			Self::Bitfield(leaf, signed) => {
				let signed = BitfieldText(signed);
				f.debug_tuple("Bitfield").field(leaf).field(&signed).finish()
			}
		}
	}
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
			Self::Statement(_) => "statement",
			Self::Bitfield(..) => "bitfield",
		}
	}

	/// Bytes on the wire.
	pub fn wire_size(&self) -> usize {
		match self {
			Self::Collation(bytes) => bytes.len(),
			other => other.encoded_size(),
		}
	}
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
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
	},
	/// A backer for all that is coded (R-NET-102).
	AvailableData(CandidateHash),
}

impl Request {
	/// Its kind, for logs.
	pub const fn kind(&self) -> &'static str {
		match self {
			Self::Collation { .. } => "collation",
			Self::Pov(_) => "pov",
			Self::Chunk { .. } => "chunk",
			Self::AvailableData(_) => "available data",
		}
	}

	/// The candidate that it is about.
	pub const fn candidate(&self) -> CandidateHash {
		match self {
			Self::Collation { candidate, .. }
			| Self::Pov(candidate)
			| Self::Chunk { candidate, .. }
			| Self::AvailableData(candidate) => *candidate,
		}
	}

	/// Bytes on the wire. A protocol has a name there, and no tag.
	pub fn wire_size(&self) -> usize {
		self.encoded_size().saturating_sub(1)
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
#[derive(Clone, Debug, PartialEq, Encode)]
pub enum Response {
	/// The candidate, as on the wire (R-NET-71).
	Collation(CollationResponse),
	/// The proof of validity.
	Pov(Arc<PoV>),
	/// The chunk.
	Chunk(Arc<ErasureChunk>),
	/// The data.
	AvailableData(Arc<AvailableData>),
}

impl Decode for Response {
	fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
		Ok(match input.read_byte()? {
			0 => {
				let with_parent = bool::decode(input)?;
				Self::Collation(CollationResponse {
					receipt: Decode::decode(input)?,
					pov: Decode::decode(input)?,
					parent_head_data: with_parent.then(|| Decode::decode(input)).transpose()?,
				})
			}
			1 => Self::Pov(Decode::decode(input)?),
			2 => Self::Chunk(Decode::decode(input)?),
			3 => Self::AvailableData(Decode::decode(input)?),
			_ => return Err("no response has this tag".into()),
		})
	}
}

impl Response {
	/// Its kind, for logs.
	pub const fn kind(&self) -> &'static str {
		match self {
			Self::Collation(_) => "collation response",
			Self::Pov(_) => "pov response",
			Self::Chunk(_) => "chunk response",
			Self::AvailableData(_) => "available data response",
		}
	}

	/// Bytes on the wire, which has no tag.
	pub fn wire_size(&self) -> usize {
		self.encoded_size().saturating_sub(1)
	}
}

/// Work that a validator has done beside ([`work::run`](crate::work::run)).
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
	/// Of backing: statements to verify, candidates to validate, statements to sign.
	Backing(job::Job),
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
	/// Of availability.
	Availability(AvailabilityEvent),
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
