//! Candidates: what a collator proposes, what validators back, and how either is identified.
//!
//! Invariants: a descriptor has 292 bytes in every version (R-BIN-11); a candidate is identified by the hash of its
//! plain receipt, that is the descriptor followed by the hash of the commitments (R-GLO-2).

mod backed;
mod descriptor;

pub use backed::{BackedCandidate, BackedCandidateError, BackingBits, INJECTED_CORE_BITS};
pub use descriptor::{
	CandidateDescriptor, DescriptorFields, DescriptorVersion, UnsupportedDescriptor, WrongSchedulingSession,
};

use crate::{
	BlockNumber, CandidateHash, Hash, HeadData, OutboundHrmpMessage, ParaId, UpwardMessage, ValidationCode,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// All effects that including a candidate has on the relay chain (R-BIN-5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CandidateCommitments {
	/// Messages to the relay chain, then perhaps an empty one and signals (R-UMP-3).
	pub upward_messages: Vec<UpwardMessage>,
	/// Messages to other parachains, strictly ascending by recipient (R-MOD-3).
	pub horizontal_messages: Vec<OutboundHrmpMessage>,
	/// Code that the parachain wants to run in the future (R-CODE-1).
	pub new_validation_code: Option<ValidationCode>,
	/// Head data after the candidate.
	pub head_data: HeadData,
	/// Number of downward messages consumed.
	pub processed_downward_messages: u32,
	/// Relay block up to which inbound horizontal messages are consumed.
	pub hrmp_watermark: BlockNumber,
}

impl CandidateCommitments {
	/// Hash of the SCALE encoding (R-BIN-32). Cost: linear in the encoded size.
	pub fn hash(&self) -> Hash {
		crate::hash_of(self)
	}
}

/// A candidate without its commitments: 324 bytes (R-BIN-11).
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, codec::MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CandidateReceipt {
	/// What the candidate is.
	pub descriptor: CandidateDescriptor,
	/// Hash of what including it does.
	pub commitments_hash: Hash,
}

impl CandidateReceipt {
	/// The candidate's identity (R-GLO-2). Cost: one hash of 324 bytes.
	pub fn hash(&self) -> CandidateHash {
		CandidateHash(crate::hash_of(self))
	}
}

/// A candidate with its commitments.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CommittedCandidateReceipt {
	/// What the candidate is.
	pub descriptor: CandidateDescriptor,
	/// What including it does.
	pub commitments: CandidateCommitments,
}

impl CommittedCandidateReceipt {
	/// The receipt with the commitments hashed. Cost: one hash of the commitments.
	pub fn to_plain(&self) -> CandidateReceipt {
		CandidateReceipt {
			descriptor: self.descriptor.clone(),
			commitments_hash: self.commitments.hash(),
		}
	}

	/// The candidate's identity (R-GLO-2). Cost: one hash of the commitments and one of 324 bytes.
	pub fn hash(&self) -> CandidateHash {
		self.to_plain().hash()
	}

	/// The parachain that the candidate belongs to.
	pub fn para_id(&self) -> ParaId {
		self.descriptor.para_id()
	}
}
