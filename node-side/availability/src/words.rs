//! What the part hears and says.

use crate::{AvailabilityDone, AvailabilityJob, ChunkError, ErasureChunk, RecoveryError};
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Never, PeerId, Words};
use async_backing_primitives::{AvailableData, CandidateHash, PoV, ValidatorIndex};
use std::sync::Arc;

/// The words of [`Availability`](crate::Availability).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvailabilityWords {}

impl Words for AvailabilityWords {
	/// What the chain did, after the chain view has taken it in.
	type Chain = ChainEvent;
	type Identity = Never;
	type View = Never;
	type Message = Never;
	type Request = AvailabilityRequest;
	type Response = AvailabilityResponse;
	type Job = AvailabilityJob;
	type Done = AvailabilityDone;
	type Proposing = Never;
	type Proposal = Never;
	type Event = AvailabilityEvent;
}

/// What is asked of those who keep data. Who has nothing refuses with
/// [`Unknown`](async_backing_machine::Refusal::Unknown): "not mine" (R-NET-34).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AvailabilityRequest {
	/// A chunk (R-NET-99).
	Chunk {
		/// The candidate.
		candidate: CandidateHash,
		/// The validator whose chunk it is, whoever is asked (R-NET-100). Which one it is among the chunks follows from
		/// the core (R-AVL-6).
		index: ValidatorIndex,
		/// Whether the chunk has the index of its validator, so that an answer need not say it: version 1 of the protocol
		/// does not (R-NET-99). An asker who sets it lets version 1 be fallen back to (R-NET-35).
		plain: bool,
	},
	/// All that is coded (R-NET-102).
	AvailableData(CandidateHash),
	/// The proof of validity alone (R-NET-102).
	Pov(CandidateHash),
}

impl AvailabilityRequest {
	/// The candidate in question.
	pub const fn candidate(&self) -> CandidateHash {
		match self {
			Self::Chunk { candidate, .. } | Self::AvailableData(candidate) | Self::Pov(candidate) => {
				*candidate
			}
		}
	}
}

/// What was asked for: of the same kind as the request. Shared, for it is large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvailabilityResponse {
	/// The chunk.
	Chunk(Arc<ErasureChunk>),
	/// The data.
	AvailableData(Arc<AvailableData>),
	/// The proof of validity.
	Pov(Arc<PoV>),
}

/// What the neighbours within the validator must hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
	/// The own chunk outlives a crash: from now on the bitfield attests it.
	Stored {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// Nobody has the own chunk, nor enough others, for now. It is looked for again at the next leaf at which the
	/// candidate is pending.
	Unobtainable {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// The data was coded wrongly: who backed the candidate lied (R-AVL-5). It is never attested by this validator,
	/// unless it had its chunk already.
	WronglyCoded {
		/// The candidate.
		candidate: CandidateHash,
	},
}

/// What an observer may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvailabilityEvent {
	/// What the neighbours hear.
	Effect(Effect),
	/// The own chunk did not come from a backer: the data is recovered from chunks of others.
	Recovering {
		/// The candidate.
		candidate: CandidateHash,
	},
	/// A validator sent a chunk that is none of the candidate's.
	WrongChunk {
		/// Its connection.
		peer: PeerId,
		/// The validator.
		from: ValidatorIndex,
		/// The candidate.
		candidate: CandidateHash,
		/// What is wrong.
		error: ChunkError,
	},
	/// A validator sent data that is not the candidate's.
	WrongData {
		/// Its connection.
		peer: PeerId,
		/// The candidate.
		candidate: CandidateHash,
		/// What is wrong.
		error: RecoveryError,
	},
	/// There was no room for all that is worth keeping: this was dropped, the oldest first.
	Dropped {
		/// The candidate.
		candidate: CandidateHash,
		/// Bytes that became free.
		bytes: usize,
	},
}
