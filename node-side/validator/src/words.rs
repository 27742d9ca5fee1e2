//! The words of a validator: the sum of what its parts say.

use crate::{Advertisement, CheckBitfields, CodeDone, CodeEvent, CodeJob, FetchedCollation};
use async_backing_availability::{AvailabilityDone, AvailabilityEvent, AvailabilityJob, ErasureChunk};
use async_backing_backing::{job, Event as BackingEvent, SignedStatement};
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{Never, PeerId, Words};
use async_backing_primitives::{
	AvailableData, CandidateHash, Hash, ParaId, PoV, Slot, UncheckedSignedAvailabilityBitfield, ValidatorId,
	ValidatorIndex, ValidatorSignature,
};
use async_backing_provisioner::Proposal;
use codec::{Decode, Encode};
use std::{fmt, sync::Arc};

/// The words of a [`Validator`](crate::Validator).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeWords;

impl Words for NodeWords {
	type Chain = ChainEvent;
	type Identity = Identity;
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
	/// A collator says for which para it collates, once a connection (R-NET-81).
	Declare {
		/// The para.
		para: ParaId,
	},
	/// A collator has a candidate for a backer's group (R-COL-3, R-NET-84).
	Advertise(Box<Advertisement>),
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
			Self::Declare { para } => f.debug_struct("Declare").field("para", para).finish(),
			Self::Advertise(advertisement) => f.debug_tuple("Advertise").field(advertisement).finish(),
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
			Self::Declare { .. } => "declare",
			Self::Advertise(_) => "advertise",
			Self::Statement(_) => "statement",
			Self::Bitfield(..) => "bitfield",
		}
	}
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Request {
	/// A collator for a candidate that it advertised (R-NET-79).
	Collation(CandidateHash),
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
			Self::Collation(_) => "collation",
			Self::Pov(_) => "pov",
			Self::Chunk { .. } => "chunk",
			Self::AvailableData(_) => "available data",
		}
	}
}

/// What is answered, of the same kind as the request. Large things are shared.
// One is moved through two calls, and copied by nobody: a box would be another allocation for each.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Response {
	/// The candidate.
	Collation(FetchedCollation),
	/// The proof of validity.
	Pov(Arc<PoV>),
	/// The chunk.
	Chunk(Arc<ErasureChunk>),
	/// The data.
	AvailableData(Arc<AvailableData>),
}

/// Work that a validator has done beside ([`work::run`](crate::work::run)).
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
	/// Of backing: statements to verify, candidates to validate, statements to sign.
	Backing(job::Job),
	/// Of availability: chunks to check, data to code and to recover.
	Availability(AvailabilityJob),
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
	/// This validator does not vote for a candidate: it is invalid, or has no place here. Why, in words.
	Refused(CandidateHash, String),
	/// Something is strange or was refused. Why, in words.
	Complaint(String),
}
