//! What goes into a parachain validation function and what comes out of it.
//!
//! The ABI is Polkadot's: the Wasm module exports `validate_block(pointer, length) -> u64`; the argument is the
//! SCALE encoding of [`ValidationParams`], the result points at that of [`ValidationResult`] (low half pointer,
//! high half length).

use crate::candidate::decode_messages;
use crate::{
	BlockData, BlockNumber, CandidateCommitments, Hash, HeadData, OutboundHrmpMessage, UpwardMessage,
	ValidationCode,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// The part of a validation function's input that later checkers recover without relay state (R-GLO-15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PersistedValidationData {
	/// Head data on which the candidate builds.
	pub parent_head: HeadData,
	/// Number of the relay parent.
	pub relay_parent_number: BlockNumber,
	/// State root in the relay parent's own header (R-PVD-2).
	pub relay_parent_storage_root: Hash,
	/// Largest legal proof of validity, in bytes of its SCALE encoding.
	pub max_pov_size: u32,
}

impl PersistedValidationData {
	/// Hash of the SCALE encoding (R-BIN-32). Cost: linear in the head data's length.
	pub fn hash(&self) -> Hash {
		crate::hash_of(self)
	}
}

/// Input of `validate_block`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ValidationParams {
	/// Head data on which the candidate builds.
	pub parent_head: HeadData,
	/// The block and its witness.
	pub block_data: BlockData,
	/// Number of the relay parent.
	pub relay_parent_number: BlockNumber,
	/// State root of the relay parent.
	pub relay_parent_storage_root: Hash,
}

/// Output of `validate_block`.
///
/// More than [`MAX_MESSAGES_PER_CANDIDATE`](crate::MAX_MESSAGES_PER_CANDIDATE) messages of either kind do not decode,
/// so what a validation function puts out can be committed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, DecodeWithMemTracking, TypeInfo)]
pub struct ValidationResult {
	/// Head data after the block.
	pub head_data: HeadData,
	/// Code that the parachain wants to run in the future.
	pub new_validation_code: Option<ValidationCode>,
	/// Messages to the relay chain, then perhaps an empty one and signals (R-UMP-3).
	pub upward_messages: Vec<UpwardMessage>,
	/// Messages to other parachains, ascending by recipient (R-MOD-3).
	pub horizontal_messages: Vec<OutboundHrmpMessage>,
	/// How many downward messages the block consumed.
	pub processed_downward_messages: u32,
	/// Relay block up to which inbound horizontal messages are consumed.
	pub hrmp_watermark: BlockNumber,
}

impl Decode for ValidationResult {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		Ok(Self {
			head_data: Decode::decode(input)?,
			new_validation_code: Decode::decode(input)?,
			upward_messages: decode_messages(input)?,
			horizontal_messages: decode_messages(input)?,
			processed_downward_messages: Decode::decode(input)?,
			hrmp_watermark: Decode::decode(input)?,
		})
	}
}

impl From<ValidationResult> for CandidateCommitments {
	fn from(result: ValidationResult) -> Self {
		Self {
			upward_messages: result.upward_messages,
			horizontal_messages: result.horizontal_messages,
			new_validation_code: result.new_validation_code,
			head_data: result.head_data,
			processed_downward_messages: result.processed_downward_messages,
			hrmp_watermark: result.hrmp_watermark,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use hex_literal::hex;

	#[test]
	fn r_bin_25_golden_validation_data() {
		let data = PersistedValidationData {
			parent_head: HeadData(vec![1, 2, 3]),
			relay_parent_number: 5,
			relay_parent_storage_root: Hash::repeat_byte(9),
			max_pov_size: 1024,
		};
		let golden = hex!(
			"0c010203 05000000 0909090909090909090909090909090909090909090909090909090909090909 00040000"
		);
		assert_eq!(data.encode(), golden, "R-BIN-25");
		let hash = hex!("49b49eb824dd50ea8cdaa8fbf6cf618be8ce63022b10e72ab6e0c48b5f584b97");
		assert_eq!(data.hash(), Hash::from(hash), "R-BIN-25");
		let block = crate::RelayChainBlockInfo {
			number: 5,
			storage_root: Hash::repeat_byte(9),
			..Default::default()
		};
		assert_eq!(
			crate::validation_data_hash(&block, &data.parent_head, 1024),
			data.hash(),
			"R-PVD-1: the fields hash like the value"
		);
	}

	#[test]
	fn r_bin_6_fields_of_the_validation_data_in_order() {
		let data = PersistedValidationData {
			parent_head: HeadData(vec![0xaa; 2]),
			relay_parent_number: 0x0102,
			relay_parent_storage_root: Hash::repeat_byte(3),
			max_pov_size: 0x0405_0607,
		};
		let expected = [&[8, 0xaa, 0xaa, 2, 1, 0, 0][..], &[3; 32], &[7, 6, 5, 4]].concat();
		assert_eq!(data.encode(), expected, "R-BIN-6");
		assert_eq!(
			PersistedValidationData::decode(&mut &expected[..]),
			Ok(data),
			"R-BIN-6"
		);
		for len in 0..expected.len() {
			assert!(
				PersistedValidationData::decode(&mut &expected[..len]).is_err(),
				"R-BIN-6: {len} of {} bytes",
				expected.len()
			);
		}
	}

	#[test]
	fn r_bin_5_a_result_becomes_commitments_field_by_field() {
		let result = ValidationResult {
			head_data: HeadData(vec![1]),
			new_validation_code: Some(ValidationCode(vec![2])),
			upward_messages: vec![vec![3]],
			horizontal_messages: crate::testing::horizontal(&[(4, 1)]),
			processed_downward_messages: 5,
			hrmp_watermark: 6,
		};
		let commitments = CandidateCommitments {
			upward_messages: vec![vec![3]],
			horizontal_messages: crate::testing::horizontal(&[(4, 1)]),
			new_validation_code: Some(ValidationCode(vec![2])),
			head_data: HeadData(vec![1]),
			processed_downward_messages: 5,
			hrmp_watermark: 6,
		};
		assert_eq!(
			ValidationResult::decode(&mut &result.encode()[..]),
			Ok(result.clone()),
			"R-BIN-5"
		);
		assert_eq!(CandidateCommitments::from(result), commitments, "R-BIN-5");
	}
}
