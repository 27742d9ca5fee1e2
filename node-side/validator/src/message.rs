//! What validators and collators say to one another.
//!
//! Statements and bitfields go to every validator (full mesh). Everything else is asked for and answered.

use async_backing_availability::ErasureChunk;
use async_backing_backing::SignedStatement;
use async_backing_primitives::{
	CandidateHash, CandidateReceipt, Hash, HeadHash, ParaId, PoV, UncheckedSignedAvailabilityBitfield,
	ValidatorId,
};
use codec::{Decode, Encode};
use std::sync::Arc;

/// A node as others address it: by its key, or by the para that it collates for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Peer {
	/// A validator.
	Validator(ValidatorId),
	/// The collator of a para.
	Collator(ParaId),
}

/// A message between two nodes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Message {
	/// A collator has a candidate for a backer's group (R-COL-3).
	AdvertiseCollation(Box<Advertisement>),
	/// A backer wants its proof of validity from the collator.
	RequestCollation(CandidateHash),
	/// The collator hands it over.
	Collation(CandidateHash, Arc<PoV>),
	/// A vote; one that seconds brings the candidate along.
	Statement(Arc<SignedStatement>),
	/// A backer wants to check what another one seconded.
	RequestPov(CandidateHash),
	/// The proof of validity, if the sender has it.
	Pov(CandidateHash, Option<Arc<PoV>>),
	/// A validator wants its chunk of a candidate on a core (R-AVL-7).
	RequestChunk(CandidateHash, u32),
	/// The chunk, if the sender has it.
	Chunk(CandidateHash, Option<Arc<ErasureChunk>>),
	/// Which chunks the signer holds, at a leaf (R-AVL-8).
	Bitfield(Hash, UncheckedSignedAvailabilityBitfield),
}

impl Message {
	/// Its kind, for logs.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::AdvertiseCollation(_) => "advertise collation",
			Self::RequestCollation(_) => "request collation",
			Self::Collation(..) => "collation",
			Self::Statement(_) => "statement",
			Self::RequestPov(_) => "request pov",
			Self::Pov(..) => "pov",
			Self::RequestChunk(..) => "request chunk",
			Self::Chunk(..) => "chunk",
			Self::Bitfield(..) => "bitfield",
		}
	}
}

/// What a collator says of a candidate before anybody fetches it. Validation data are not in it: a backer finds them
/// out itself (R-COL-3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Advertisement {
	/// The candidate.
	pub receipt: CandidateReceipt,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
}
