//! What validators tell each other about backed candidates between groups (R-BIN-22).

use crate::{CandidateHash, GroupIndex, Hash, HeadHash, ParaId, SignedCompactStatement};
use bitvec::{order::Lsb0, slice::BitSlice, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Two bits for each member of a backing group, in the order of the group: has it seconded, has it confirmed.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct StatementFilter {
	/// Who has seconded the candidate.
	pub seconded_in_group: BitVec<u8, Lsb0>,
	/// Who has confirmed it.
	pub validated_in_group: BitVec<u8, Lsb0>,
}

/// As 0 and 1 in the order of the group: what the library of bits prints has the place in memory in it, and equal filters
/// would differ.
impl core::fmt::Debug for StatementFilter {
	fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		struct Bits<'a>(&'a BitSlice<u8, Lsb0>);
		impl core::fmt::Debug for Bits<'_> {
			fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
				self.0
					.iter()
					.try_for_each(|bit| formatter.write_str(if *bit { "1" } else { "0" }))
			}
		}
		formatter
			.debug_struct("StatementFilter")
			.field("seconded_in_group", &Bits(&self.seconded_in_group))
			.field("validated_in_group", &Bits(&self.validated_in_group))
			.finish()
	}
}

impl StatementFilter {
	/// Nobody of a group of this size.
	pub fn blank(group_size: usize) -> Self {
		Self {
			seconded_in_group: BitVec::repeat(false, group_size),
			validated_in_group: BitVec::repeat(false, group_size),
		}
	}

	/// Everybody of a group of this size, both ways.
	pub fn full(group_size: usize) -> Self {
		Self {
			seconded_in_group: BitVec::repeat(true, group_size),
			validated_in_group: BitVec::repeat(true, group_size),
		}
	}

	/// Whether both lists are for a group of this size.
	pub fn has_len(&self, group_size: usize) -> bool {
		self.seconded_in_group.len() == group_size && self.validated_in_group.len() == group_size
	}

	/// Members that vouch for the candidate either way, each once. Linear in the group.
	pub fn backing_validators(&self) -> usize {
		let len = self.seconded_in_group.len().max(self.validated_in_group.len());
		let is_set = |bits: &BitSlice<u8, Lsb0>, at: usize| bits.get(at).is_some_and(|bit| *bit);
		(0..len)
			.filter(|at| is_set(&self.seconded_in_group, *at) || is_set(&self.validated_in_group, *at))
			.count()
	}

	/// Whether anybody has seconded the candidate.
	pub fn has_seconded(&self) -> bool {
		self.seconded_in_group.any()
	}

	/// Takes away the seconding statements of those whose bit is set in `mask`.
	pub fn mask_seconded(&mut self, mask: &BitSlice<u8, Lsb0>) {
		mask_out(&mut self.seconded_in_group, mask);
	}

	/// Takes away the confirming statements of those whose bit is set in `mask`.
	pub fn mask_valid(&mut self, mask: &BitSlice<u8, Lsb0>) {
		mask_out(&mut self.validated_in_group, mask);
	}
}

fn mask_out(bits: &mut BitSlice<u8, Lsb0>, mask: &BitSlice<u8, Lsb0>) {
	let len = bits.len();
	for at in mask.iter_ones().take_while(|at| *at < len) {
		bits.set(at, false);
	}
}

/// Tells another group that a candidate is backed, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct BackedCandidateManifest {
	/// The candidate's scheduling parent.
	pub scheduling_parent: Hash,
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// The group that backs it.
	pub group_index: GroupIndex,
	/// Its parachain.
	pub para_id: ParaId,
	/// Hash of the head data that it builds on.
	pub parent_head_data_hash: HeadHash,
	/// The statements that the sender knows of.
	pub statement_knowledge: StatementFilter,
}

/// Tells one who has sent a manifest that the candidate is known here too.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct BackedCandidateAcknowledgement {
	/// The candidate.
	pub candidate_hash: CandidateHash,
	/// The statements that the sender knows of.
	pub statement_knowledge: StatementFilter,
}

/// A message between validators about statements.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub enum StatementDistributionMessage {
	/// A statement, and the scheduling parent at which it was made. Its signature is unverified.
	#[codec(index = 0)]
	Statement(Hash, SignedCompactStatement),
	/// A candidate that the receiver may ask for.
	#[codec(index = 1)]
	BackedCandidateManifest(BackedCandidateManifest),
	/// The answer of one who has it.
	#[codec(index = 2)]
	BackedCandidateKnown(BackedCandidateAcknowledgement),
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec::Vec;

	fn bits(bits: &[u8]) -> BitVec<u8, Lsb0> {
		bits.iter().map(|bit| *bit == 1).collect()
	}

	#[test]
	fn r_bin_22_golden_manifest_and_acknowledgement() {
		let filter = StatementFilter {
			seconded_in_group: bits(&[1, 0, 0]),
			validated_in_group: bits(&[0, 1, 1]),
		};
		let manifest = BackedCandidateManifest {
			scheduling_parent: Hash::repeat_byte(1),
			candidate_hash: CandidateHash(Hash::repeat_byte(2)),
			group_index: GroupIndex(3),
			para_id: ParaId(4),
			parent_head_data_hash: HeadHash(Hash::repeat_byte(5)),
			statement_knowledge: filter.clone(),
		};
		// Three bits each: compact length, one byte.
		let tail = [12, 0b001, 12, 0b110];
		let expected: Vec<u8> = [
			&[1; 32][..],
			&[2; 32],
			&[3, 0, 0, 0],
			&[4, 0, 0, 0],
			&[5; 32],
			&tail,
		]
		.concat();
		assert_eq!(manifest.encode(), expected, "R-BIN-22");
		let known = BackedCandidateAcknowledgement {
			candidate_hash: manifest.candidate_hash,
			statement_knowledge: filter,
		};
		assert_eq!(known.encode(), [&[2; 32][..], &tail].concat(), "R-BIN-22");
		let kinds = [
			StatementDistributionMessage::BackedCandidateManifest(manifest),
			StatementDistributionMessage::BackedCandidateKnown(known),
		];
		assert_eq!(kinds.map(|message| message.encode()[0]), [1, 2], "R-BIN-22");
	}

	#[test]
	fn r_bin_22_a_filter_counts_each_backer_once_and_masks() {
		let mut filter = StatementFilter {
			seconded_in_group: bits(&[1, 1, 0, 0]),
			validated_in_group: bits(&[0, 1, 1, 0]),
		};
		assert_eq!(filter.backing_validators(), 3);
		assert!(filter.has_len(4) && !filter.has_len(3) && filter.has_seconded());
		filter.mask_seconded(&bits(&[1, 1, 1, 1, 1]));
		assert!(!filter.has_seconded());
		assert_eq!(filter.backing_validators(), 2);
		filter.mask_valid(&bits(&[0, 1]));
		assert_eq!(filter.validated_in_group, bits(&[0, 0, 1, 0]));
		assert_eq!(StatementFilter::full(3).backing_validators(), 3);
		assert_eq!(StatementFilter::blank(3).backing_validators(), 0);
		assert!(StatementFilter::blank(3).has_len(3) && StatementFilter::full(3).has_len(3));
		for (seconded, validated) in [(3, 4), (4, 3), (4, 4)] {
			let filter = StatementFilter {
				seconded_in_group: BitVec::repeat(false, seconded),
				validated_in_group: BitVec::repeat(false, validated),
			};
			assert!(!filter.has_len(3), "{seconded} and {validated}");
		}
	}
}
