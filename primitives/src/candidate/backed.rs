//! A candidate with the votes of its backing group (R-BIN-16).

use super::CommittedCandidateReceipt;
use crate::{CandidateDescriptor, CandidateHash, CoreIndex, ValidityAttestation};
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
/// `validator_indices` holds one bit for each member of the group in the group's order, then the low eight bits of the
/// core, least significant first. Vote number `i` belongs to the `i`-th set bit of the group's part.
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
	/// A core index above 255 cannot be injected alone: the descriptor has to name it.
	#[error("core {0} does not fit into 8 bits, and the descriptor does not name it (R-BIN-16)")]
	CoreTooLarge(CoreIndex),
	/// The injected bits are not the low ones of the core that the descriptor names.
	#[error("the descriptor names core {named}, but the index bits end with {injected} (R-BIN-16)")]
	OtherCore {
		/// The core in the descriptor.
		named: CoreIndex,
		/// The injected bits.
		injected: u8,
	},
}

/// The bits that stand for a core behind those of its group: its low eight, where the descriptor names the whole.
///
/// # Errors
/// [`BackedCandidateError::CoreTooLarge`] for a core above 255 that the descriptor does not name: version 1 can't.
pub fn injected_core_bits(
	descriptor: &CandidateDescriptor,
	core: CoreIndex,
) -> Result<u8, BackedCandidateError> {
	let [low, rest @ ..] = core.0.to_le_bytes();
	if rest != [0; 3] && descriptor.core_index() != Some(core) {
		return Err(BackedCandidateError::CoreTooLarge(core));
	}
	Ok(low)
}

impl BackedCandidate {
	/// Joins a candidate, its votes in the order of the group, and the core.
	///
	/// # Errors
	/// [`BackedCandidateError::CoreTooLarge`] for a core above 255 that the descriptor does not name.
	pub fn new(
		candidate: CommittedCandidateReceipt,
		validity_votes: Vec<ValidityAttestation>,
		mut group_bits: BackingBits,
		core: CoreIndex,
	) -> Result<Self, BackedCandidateError> {
		let core_bits = injected_core_bits(&candidate.descriptor, core)?;
		group_bits.extend_from_bitslice(BitVec::<u8, Lsb0>::from_element(core_bits).as_bitslice());
		Ok(Self {
			candidate,
			validity_votes,
			validator_indices: group_bits,
		})
	}

	/// The group's bits, and the injected ones as a core: those of a larger core are its low eight. Who wants the
	/// candidate's core asks for [`core`](Self::core).
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

	/// The core that the candidate is backed for: the one that its descriptor names, or for version 1 the injected one.
	///
	/// # Errors
	/// [`BackedCandidateError::NoCoreBits`] for a bit list shorter than eight, [`BackedCandidateError::OtherCore`] where
	/// descriptor and bits contradict each other.
	pub fn core(&self) -> Result<CoreIndex, BackedCandidateError> {
		let (_, injected) = self.split_indices()?;
		let Some(named) = self.candidate.descriptor.core_index() else {
			return Ok(injected);
		};
		let [low, ..] = named.0.to_le_bytes();
		let [injected, ..] = injected.0.to_le_bytes();
		if low != injected {
			return Err(BackedCandidateError::OtherCore { named, injected });
		}
		Ok(named)
	}

	/// The candidate's identity. Cost: hashes the commitments and the receipt.
	pub fn hash(&self) -> CandidateHash {
		self.candidate.hash()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::DescriptorFields;
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
	#[test]
	fn r_def_36_r_bin_16_the_low_eight_bits_of_the_core_that_the_descriptor_names() {
		use BackedCandidateError::*;
		let named = |core_index| {
			CandidateDescriptor::v2(DescriptorFields {
				core_index,
				..Default::default()
			})
		};
		let backed = |descriptor: CandidateDescriptor, core| {
			let candidate = CommittedCandidateReceipt {
				descriptor,
				commitments: Default::default(),
			};
			BackedCandidate::new(candidate, Vec::new(), bitvec![u8, Lsb0; 1, 0], CoreIndex(core))
		};
		// 300 is 1 * 256 + 44.
		for (core, bits) in [(0, 0), (44, 44), (255, 255), (256, 0), (300, 44), (65_535, 255)] {
			let backed = backed(named(core), core.into()).expect("the descriptor names it");
			let (group, injected) = backed.split_indices().expect("bits are long enough");
			assert_eq!(
				(group, injected),
				(bitvec![u8, Lsb0; 1, 0].as_bitslice(), CoreIndex(bits)),
				"R-BIN-16"
			);
			assert_eq!(backed.core(), Ok(CoreIndex(core.into())), "R-DEF-36");
		}
		// What was a collator's key in version 1 has to be zero in the others (R-BIN-12).
		let v1 = || {
			let mut bytes = named(0).encode();
			bytes[44..68].fill(1);
			CandidateDescriptor::decode(&mut &bytes[..]).expect("every version has its size")
		};
		assert_eq!(
			backed(v1(), 255).and_then(|backed| backed.core()),
			Ok(CoreIndex(255))
		);
		assert_eq!(
			backed(v1(), 300),
			Err(CoreTooLarge(CoreIndex(300))),
			"R-DEF-36: version 1"
		);
		assert_eq!(
			backed(named(44), 300),
			Err(CoreTooLarge(CoreIndex(300))),
			"R-DEF-36: another core"
		);
		let mut contradicting = backed(named(300), 300).expect("the descriptor names it");
		contradicting.validator_indices.set(2, true);
		assert_eq!(
			contradicting.core(),
			Err(OtherCore {
				named: CoreIndex(300),
				injected: 45
			}),
			"R-BIN-16"
		);
	}
}
