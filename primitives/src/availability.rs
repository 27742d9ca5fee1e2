//! Availability: bitfields, and how many validators must hold their chunk.

use crate::{Hash, SigningContext, ValidatorId, ValidatorIndex, ValidatorSignature};
use alloc::vec::Vec;
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// The erasure-coded data of a candidate (R-AVL-1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct AvailableData {
	/// The proof of validity.
	pub pov: crate::PoV,
	/// The validation data that later checkers need.
	pub validation_data: crate::PersistedValidationData,
}

/// One bit for each core: set iff the validator holds its chunk of the candidate there (R-AVL-8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct AvailabilityBitfield(pub BitVec<u8, Lsb0>);

impl AvailabilityBitfield {
	/// The bytes that a validator signs (R-AVL-8): bits, session and leaf.
	pub fn signing_payload(&self, context: &SigningContext) -> Vec<u8> {
		(self, context).encode()
	}
}

/// A payload with the index of its signer and a signature that nobody has verified yet (R-BIN-10).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct UncheckedSigned<Payload> {
	/// What is said.
	pub payload: Payload,
	/// Who is claimed to say it.
	pub validator_index: ValidatorIndex,
	/// The signature.
	pub signature: ValidatorSignature,
}

/// A bitfield whose signature nobody has verified yet.
pub type UncheckedSignedAvailabilityBitfield = UncheckedSigned<AvailabilityBitfield>;

impl UncheckedSignedAvailabilityBitfield {
	/// Whether the signature is that of `validator` in this context. Cost: one sr25519 verification.
	pub fn verify(&self, validator: &ValidatorId, context: &SigningContext) -> bool {
		crate::crypto::verify(&self.signature, &self.payload.signing_payload(context), validator)
	}
}

/// Largest number of validators that may be faulty: `floor((n - 1) / 3)` (R-GLO-19).
pub const fn byzantine_threshold(validators: usize) -> usize {
	validators.saturating_sub(1) / 3
}

/// Number of validators that outweighs every faulty minority: `n - floor((n - 1) / 3)` (R-GLO-19).
pub const fn supermajority_threshold(validators: usize) -> usize {
	validators - byzantine_threshold(validators)
}

/// Availability votes that make a candidate available (R-ENA-1).
pub const fn availability_threshold(validators: usize) -> usize {
	supermajority_threshold(validators)
}

/// How many candidates of a para are enacted, given the availability votes of its pending ones in dependency order
/// (R-ENA-3): the longest prefix in which every candidate meets the threshold.
pub fn enactable_prefix(votes: impl IntoIterator<Item = usize>, validators: usize) -> usize {
	votes
		.into_iter()
		.take_while(|votes| *votes >= availability_threshold(validators))
		.count()
}

/// Chunks from which available data can be recovered: `f + 1` (R-AVL-1). `None` below 2 and above 65536 validators.
pub const fn recovery_threshold(validators: usize) -> Option<usize> {
	if validators < 2 || validators > 1 << 16 {
		return None;
	}
	Some(byzantine_threshold(validators) + 1)
}

/// Number of leading chunks that are the plain data (R-AVL-2). `None` as in [`recovery_threshold`].
pub const fn systematic_recovery_threshold(validators: usize) -> Option<usize> {
	match recovery_threshold(validators) {
		Some(threshold) => Some(1 << threshold.ilog2()),
		None => None,
	}
}

/// Hash of an erasure chunk, of its raw bytes (R-BIN-32).
pub fn chunk_hash(chunk: &[u8]) -> Hash {
	sp_io::hashing::blake2_256(chunk).into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use bitvec::bitvec;

	#[test]
	fn r_bin_10_golden_bitfield_and_context() {
		let signed = UncheckedSigned {
			payload: AvailabilityBitfield(bitvec![u8, Lsb0; 1, 0, 0, 0, 0, 0, 0, 1, 1]),
			validator_index: ValidatorIndex(0x0102),
			signature: Decode::decode(&mut &[7; 64][..]).expect("any 64 bytes are a signature"),
		};
		// Nine bits: compact length, two bytes, the lowest bit first.
		let expected = [&[36, 0x81, 0x01, 2, 1, 0, 0][..], &[7; 64]].concat();
		assert_eq!(signed.encode(), expected, "R-BIN-10");
		let context = SigningContext {
			session_index: 0x0304,
			parent_hash: Hash::repeat_byte(5),
		};
		let tail = [&[4, 3, 0, 0][..], &[5; 32]].concat();
		assert_eq!(context.encode(), tail, "R-BIN-10");
		assert_eq!(
			signed.payload.signing_payload(&context),
			[&expected[..3], &tail].concat(),
			"R-AVL-8: index and signature are not signed"
		);
	}

	#[test]
	fn r_ena_1_availability_threshold() {
		let rows = [
			(1, 1),
			(2, 2),
			(3, 3),
			(4, 3),
			(5, 4),
			(6, 5),
			(7, 5),
			(9, 7),
			(10, 7),
			(100, 67),
			(300, 201),
		];
		for (validators, threshold) in rows {
			assert_eq!(
				availability_threshold(validators),
				threshold,
				"R-ENA-1: n = {validators}"
			);
		}
		assert_eq!(availability_threshold(0), 0);
	}

	#[test]
	fn r_ena_3_the_longest_available_prefix_is_enacted() {
		for (votes, enacted) in [([3, 2, 3], 1), ([3, 3, 3], 3), ([2, 4, 4], 0), ([3, 4, 0], 2)] {
			assert_eq!(enactable_prefix(votes, 4), enacted, "R-ENA-3: {votes:?}");
		}
	}

	#[test]
	fn r_avl_1_and_2_recovery_thresholds() {
		let rows = [
			(2, 1),
			(4, 2),
			(7, 3),
			(10, 4),
			(100, 34),
			(300, 100),
			(1000, 334),
		];
		for (validators, threshold) in rows {
			assert_eq!(
				recovery_threshold(validators),
				Some(threshold),
				"R-AVL-1: n = {validators}"
			);
		}
		assert_eq!([0, 1, 65537].map(recovery_threshold), [None; 3], "R-AVL-1");
		for (validators, threshold) in [(7, 2), (10, 4), (100, 32), (300, 64), (1000, 256)] {
			assert_eq!(
				systematic_recovery_threshold(validators),
				Some(threshold),
				"R-AVL-2: n = {validators}"
			);
		}
	}

	#[test]
	fn r_avl_8_golden_bitfields() {
		assert_eq!(
			AvailabilityBitfield(bitvec![u8, Lsb0; 1, 0, 1]).encode(),
			[0x0c, 0x05]
		);
		assert_eq!(
			AvailabilityBitfield(bitvec![u8, Lsb0; 0; 9]).encode(),
			[0x24, 0, 0]
		);
		let context = SigningContext {
			session_index: 3,
			parent_hash: Hash::repeat_byte(9),
		};
		let payload = AvailabilityBitfield(bitvec![u8, Lsb0; 1, 0, 1]).signing_payload(&context);
		assert_eq!(
			payload,
			[&[0x0c, 0x05, 3, 0, 0, 0][..], &[9; 32]].concat(),
			"R-AVL-8"
		);
	}
}
