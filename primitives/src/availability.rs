//! Availability: bitfields, and how many validators must hold their chunk.

use crate::{Hash, SigningContext, ValidatorId, ValidatorIndex, ValidatorSignature};
use alloc::{borrow::Cow, vec::Vec};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Compact, Decode, DecodeWithMemTracking, Encode, EncodeLike, Output};
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct AvailabilityBitfield(pub BitVec<u8, Lsb0>);

impl AvailabilityBitfield {
	/// The bits in bytes, the first in the lowest place; those behind the last are zero.
	///
	/// For those who look at many bits of many bitfields, as the chain does. Cost: constant for a bitfield that was
	/// decoded from what an honest validator sent; else it is copied.
	pub fn bytes(&self) -> Cow<'_, [u8]> {
		let used = self.0.len() % 8;
		let (_, first) = self.0.as_bitptr().raw_parts();
		let raw = self.0.as_raw_slice();
		let is_clean = used == 0 || raw.last().is_none_or(|last| last >> used == 0);
		if first.into_inner() == 0 && is_clean {
			return Cow::Borrowed(raw);
		}
		let mut bits = self.0.clone();
		bits.force_align();
		bits.set_uninitialized(false);
		Cow::Owned(bits.into_vec())
	}

	/// The bytes that a validator signs (R-AVL-8): bits, session and leaf.
	pub fn signing_payload(&self, context: &SigningContext) -> Vec<u8> {
		(self, context).encode()
	}
}

/// As the bits encode, byte by byte instead of bit by bit: a block encodes a thousand of them to check their signatures.
impl Encode for AvailabilityBitfield {
	fn size_hint(&self) -> usize {
		size_of::<u32>().saturating_add(self.0.len().div_ceil(8))
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		Compact(u32::try_from(self.0.len()).unwrap_or(u32::MAX)).encode_to(dest);
		dest.write(&self.bytes());
	}
}

impl EncodeLike for AvailabilityBitfield {}

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
	pub fn verify(&self, context: &SigningContext, validator: &ValidatorId) -> bool {
		crate::crypto::verify(validator, &self.payload.signing_payload(context), &self.signature)
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
	crate::hash_bytes(chunk)
}

#[cfg(test)]
mod tests {
	use super::*;
	use bitvec::bitvec;

	proptest::proptest! {
		#[test]
		fn r_avl_8_bytes_are_the_bits_however_they_lie_in_memory(
			bits in proptest::collection::vec(proptest::prelude::any::<bool>(), 0..70),
			skipped in 0..9usize,
			dirt in proptest::prelude::any::<u8>(),
		) {
			let plain: BitVec<u8, Lsb0> = bits.iter().copied().collect();
			let mut dirty = plain.clone();
			dirty.set_uninitialized(dirt & 1 == 1);
			let padded: BitVec<u8, Lsb0> = (0..skipped).map(|_| true).chain(bits.iter().copied()).collect();
			let shifted = BitVec::from_bitslice(&padded[skipped..]);
			let mut expected = vec![0_u8; bits.len().div_ceil(8)];
			for (position, _) in bits.iter().enumerate().filter(|(_, bit)| **bit) {
				expected[position / 8] |= 1 << (position % 8);
			}
			for field in [plain.clone(), dirty, shifted].map(AvailabilityBitfield) {
				proptest::prop_assert_eq!(&field.bytes()[..], &expected[..]);
				proptest::prop_assert_eq!(field.encode(), plain.encode(), "R-BIN-10");
				proptest::prop_assert_eq!(field.encoded_size(), plain.encode().len());
			}
		}
	}

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
		// f = 65535 / 3.
		assert_eq!(recovery_threshold(65536), Some(21_846), "R-AVL-1");
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

	#[test]
	fn r_avl_8_the_bytes_of_what_an_honest_validator_sent_are_not_copied() {
		for bits in [0, 1, 7, 8, 9, 16, 200] {
			let sent = AvailabilityBitfield(BitVec::repeat(true, bits)).encode();
			let received = AvailabilityBitfield::decode(&mut &sent[..]).expect("bits decode");
			assert!(matches!(received.bytes(), Cow::Borrowed(_)), "{bits} bits");
		}
	}

	#[test]
	fn r_avl_8_a_bitfield_is_signed_by_one_validator_for_one_leaf() {
		use crate::test_helpers::{validator_id, Signers};
		let context = SigningContext {
			session_index: 3,
			parent_hash: Hash::repeat_byte(9),
		};
		let payload = AvailabilityBitfield(bitvec![u8, Lsb0; 1, 0, 1]);
		let signed = UncheckedSigned {
			signature: Signers::unshuffled(1).sign(ValidatorIndex(0), &payload.signing_payload(&context)),
			validator_index: ValidatorIndex(0),
			payload,
		};
		assert!(signed.verify(&context, &validator_id(0)));
		assert!(!signed.verify(&context, &validator_id(1)), "another validator");
		let elsewhere = SigningContext {
			parent_hash: Hash::repeat_byte(8),
			..context
		};
		assert!(!signed.verify(&elsewhere, &validator_id(0)), "another leaf");
		let mut other = signed.clone();
		other.payload.0.set(1, true);
		assert!(!other.verify(&context, &validator_id(0)), "another bit");
	}

	/// The digest that RFC 7693 and its implementations give for 32 bytes of BLAKE2b.
	#[test]
	fn r_bin_32_the_hash_of_a_chunk_is_that_of_its_raw_bytes() {
		let abc = hex_literal::hex!("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
		assert_eq!(chunk_hash(b"abc"), Hash::from(abc));
	}
}
