//! What goes into a parachain validation function and what comes out of it.
//!
//! The ABI is Polkadot's: the Wasm module exports `validate_block(pointer, length) -> u64`; the argument is the
//! SCALE encoding of [`ValidationParams`], the result points at that of [`ValidationResult`] (low half pointer,
//! high half length).

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
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
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
