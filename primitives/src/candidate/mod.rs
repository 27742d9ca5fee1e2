//! Candidates: what a collator proposes, what validators back, and how either is identified.
//!
//! Invariants: a descriptor has 292 bytes in every version (R-BIN-11); a candidate is identified by the hash of its
//! plain receipt, that is the descriptor followed by the hash of the commitments (R-GLO-2).

mod backed;
mod descriptor;

pub use backed::{
	injected_core_bits, BackedCandidate, BackedCandidateError, BackingBits, INJECTED_CORE_BITS,
};
pub use descriptor::{
	CandidateDescriptor, DescriptorFields, DescriptorVersion, UnsupportedDescriptor, WrongSchedulingSession,
};

use crate::{
	BlockNumber, CandidateHash, Hash, HeadData, OutboundHrmpMessage, ParaId, PersistedValidationData,
	UpwardMessage, ValidationCode, MAX_MESSAGES_PER_CANDIDATE,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// All effects that including a candidate has on the relay chain (R-BIN-5).
///
/// More than [`MAX_MESSAGES_PER_CANDIDATE`] messages of either kind do not decode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, DecodeWithMemTracking, TypeInfo)]
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

impl Decode for CandidateCommitments {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		Ok(Self {
			upward_messages: decode_messages(input)?,
			horizontal_messages: decode_messages(input)?,
			new_validation_code: Decode::decode(input)?,
			head_data: Decode::decode(input)?,
			processed_downward_messages: Decode::decode(input)?,
			hrmp_watermark: Decode::decode(input)?,
		})
	}
}

/// Decodes messages unless there are more than a candidate may carry (R-BIN-5): as elsewhere on the network, so that
/// no block is valid here and undecodable there. The number is judged before anything is allocated.
pub(crate) fn decode_messages<Message: Decode, I: codec::Input>(
	input: &mut I,
) -> Result<Vec<Message>, codec::Error> {
	BoundedVec::<Message, ConstU32<MAX_MESSAGES_PER_CANDIDATE>>::decode(input).map(BoundedVec::into_inner)
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
	/// A version 2 receipt whose hashes are those of its parts: head data and validation data are hashed, whatever `fields`
	/// says of them. So its intrinsic checks pass, as far as hashes go (R-FRG-16).
	///
	/// Cost: one hash of the head data and one of the validation data.
	pub fn consistent(
		fields: DescriptorFields,
		commitments: CandidateCommitments,
		validation_data: &PersistedValidationData,
	) -> Self {
		Self {
			descriptor: CandidateDescriptor::v2(DescriptorFields {
				persisted_validation_data_hash: validation_data.hash(),
				para_head: commitments.head_data.hash(),
				..fields
			}),
			commitments,
		}
	}

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

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use hex_literal::hex;

	#[test]
	fn r_bin_26_golden_commitments() {
		let empty = CandidateCommitments::default();
		assert_eq!(empty.encode(), [0; 12], "R-BIN-26");
		let hash = hex!("d2097ea5ba9ae6f4484fa960dbc0f82a6ac5a08e4c0785cff0b95d510a97ce18");
		assert_eq!(empty.hash(), Hash::from(hash), "R-BIN-26");

		let full = CandidateCommitments {
			upward_messages: vec![vec![1, 2], vec![], vec![0]],
			horizontal_messages: vec![OutboundHrmpMessage {
				recipient: ParaId(2000),
				data: vec![9],
			}],
			new_validation_code: None,
			head_data: HeadData(vec![0xaa, 0xbb]),
			processed_downward_messages: 3,
			hrmp_watermark: 10,
		};
		let golden = hex!("0c 080102 00 0400 04 d0070000 0409 00 08aabb 03000000 0a000000");
		assert_eq!(full.encode(), golden, "R-BIN-26");
		assert_eq!(
			CandidateCommitments::decode(&mut &golden[..]),
			Ok(full.clone()),
			"R-BIN-26"
		);
		let hash = hex!("89a35bc1fe51685f0ea490cd376d2b5cc52a4466e28e3fd3aa9925276dca9c71");
		assert_eq!(full.hash(), Hash::from(hash), "R-BIN-26");
	}

	#[test]
	fn r_bin_5_more_messages_than_fit_do_not_decode() {
		let at = MAX_MESSAGES_PER_CANDIDATE as usize;
		for (count, fits) in [(at, true), (at + 1, false)] {
			let upward = CandidateCommitments {
				upward_messages: vec![vec![]; count],
				..Default::default()
			};
			let horizontal = CandidateCommitments {
				horizontal_messages: crate::testing::horizontal(&vec![(1, 0); count]),
				..Default::default()
			};
			for commitments in [upward, horizontal] {
				let decoded = CandidateCommitments::decode(&mut &commitments.encode()[..]);
				assert_eq!(decoded.ok(), fits.then_some(commitments), "R-BIN-5: {count}");
			}
		}
	}
}
