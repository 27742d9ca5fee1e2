//! A candidate with the votes of its backing group (R-BIN-16).

use super::CommittedCandidateReceipt;
use crate::{CandidateHash, CoreIndex, ValidityAttestation};
use alloc::vec::Vec;
use bitvec::{order::Lsb0, slice::BitSlice, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// One bit for each member of a backing group.
pub type BackingBits = BitVec<u8, Lsb0>;

/// How many bits behind those of the group name the core (R-BIN-16).
pub const INJECTED_CORE_BITS: usize = 8;

/// A backable candidate as it goes into the inherent.
///
/// `validator_indices` holds one bit for each member of the group in the group's order, then eight bits that name
/// the core, least significant first. Vote number `i` belongs to the `i`-th set bit of the group's part.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct BackedCandidate {
	/// The candidate.
	pub candidate: CommittedCandidateReceipt,
	/// One vote for each set bit of the group's part of `validator_indices`.
	pub validity_votes: Vec<ValidityAttestation>,
	/// Bits of the group, then of the core.
	pub validator_indices: BackingBits,
}

/// Why a [`BackedCandidate`] is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackedCandidateError {
	/// The bit list is too short to hold a core index.
	#[error("{0} index bits are fewer than the 8 that name the core (R-BIN-16)")]
	NoCoreBits(usize),
	/// A core index above 255 cannot be injected.
	#[error("core {0} does not fit into 8 bits (R-BIN-16)")]
	CoreTooLarge(CoreIndex),
}

impl BackedCandidate {
	/// Joins a candidate, its votes in the order of the group, and the core.
	///
	/// # Errors
	/// [`BackedCandidateError::CoreTooLarge`] for a core above 255.
	pub fn new(
		candidate: CommittedCandidateReceipt,
		validity_votes: Vec<ValidityAttestation>,
		mut group_bits: BackingBits,
		core: CoreIndex,
	) -> Result<Self, BackedCandidateError> {
		let core_bits = u8::try_from(core.0).map_err(|_| BackedCandidateError::CoreTooLarge(core))?;
		group_bits.extend_from_bitslice(BitVec::<u8, Lsb0>::from_element(core_bits).as_bitslice());
		Ok(Self {
			candidate,
			validity_votes,
			validator_indices: group_bits,
		})
	}

	/// The group's bits and the injected core index.
	///
	/// # Errors
	/// [`BackedCandidateError::NoCoreBits`] for a bit list shorter than eight.
	pub fn split_indices(&self) -> Result<(&BitSlice<u8, Lsb0>, CoreIndex), BackedCandidateError> {
		let bits = self.validator_indices.as_bitslice();
		let group_len = bits
			.len()
			.checked_sub(INJECTED_CORE_BITS)
			.ok_or(BackedCandidateError::NoCoreBits(bits.len()))?;
		let (group, core) = bits.split_at(group_len);
		let core = core
			.iter()
			.by_vals()
			.enumerate()
			.fold(0, |core, (i, bit)| core | (u32::from(bit) << i));
		Ok((group, CoreIndex(core)))
	}

	/// The candidate's identity. Cost: hashes the commitments and the receipt.
	pub fn hash(&self) -> CandidateHash {
		self.candidate.hash()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use bitvec::bitvec;

	#[test]
	fn r_bin_28_golden_tail_of_a_backed_candidate() {
		let candidate = CommittedCandidateReceipt {
			descriptor: crate::CandidateDescriptor::v2(Default::default()),
			commitments: Default::default(),
		};
		let head_len = candidate.encode().len();
		let backed = BackedCandidate::new(candidate, Vec::new(), bitvec![u8, Lsb0; 1, 0, 1], CoreIndex(2))
			.expect("2 fits");
		assert_eq!(backed.encode()[head_len..], [0x00, 0x2c, 0x15, 0x00]);
		let (group, core) = backed.split_indices().expect("bits are long enough");
		assert_eq!(
			(group, core),
			(bitvec![u8, Lsb0; 1, 0, 1].as_bitslice(), CoreIndex(2))
		);
	}

	#[test]
	fn r_bin_16_malformed_indices_are_refused() {
		let candidate = CommittedCandidateReceipt {
			descriptor: crate::CandidateDescriptor::v2(Default::default()),
			commitments: Default::default(),
		};
		let short = BackedCandidate {
			candidate: candidate.clone(),
			validity_votes: Vec::new(),
			validator_indices: bitvec![u8, Lsb0; 1; 7],
		};
		assert_eq!(short.split_indices(), Err(BackedCandidateError::NoCoreBits(7)));
		assert_eq!(
			BackedCandidate::new(candidate, Vec::new(), BackingBits::new(), CoreIndex(256)),
			Err(BackedCandidateError::CoreTooLarge(CoreIndex(256)))
		);
	}
}
