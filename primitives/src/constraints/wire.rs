//! Reading what older runtimes say under the same API version (R-BIN-31, R-DEF-22).

use super::{BackingState, CandidatePendingAvailability, Constraints, InboundHrmpLimitations};
use crate::{
	BlockNumber, HeadData, OutboundHrmpChannelLimitations, ParaId, UpgradeRestriction, ValidationCodeHash,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll};

/// Head-data limit of runtimes that do not tell it, in bytes (R-BIN-31).
pub const HEAD_DATA_LIMIT_BEFORE_V9: u32 = 20_480;

/// Version of the primitives that a runtime was built with. Its API does not tell; who asks must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrimitivesVersion {
	/// Constraints without the head-data limit.
	V8,
	/// The one of this crate.
	V9,
}

/// [`Constraints`] as they were before they told the head-data limit.
#[derive(Decode)]
struct ConstraintsV8 {
	min_relay_parent_number: BlockNumber,
	max_pov_size: u32,
	max_code_size: u32,
	ump_remaining: u32,
	ump_remaining_bytes: u32,
	max_ump_num_per_candidate: u32,
	dmp_remaining_messages: Vec<BlockNumber>,
	hrmp_inbound: InboundHrmpLimitations,
	hrmp_channels_out: Vec<(ParaId, OutboundHrmpChannelLimitations)>,
	max_hrmp_num_per_candidate: u32,
	required_parent: HeadData,
	validation_code_hash: ValidationCodeHash,
	upgrade_restriction: Option<UpgradeRestriction>,
	future_validation_code: Option<(BlockNumber, ValidationCodeHash)>,
}

impl From<ConstraintsV8> for Constraints {
	fn from(old: ConstraintsV8) -> Self {
		Self {
			min_relay_parent_number: old.min_relay_parent_number,
			max_pov_size: old.max_pov_size,
			max_code_size: old.max_code_size,
			max_head_data_size: HEAD_DATA_LIMIT_BEFORE_V9,
			ump_remaining: old.ump_remaining,
			ump_remaining_bytes: old.ump_remaining_bytes,
			max_ump_num_per_candidate: old.max_ump_num_per_candidate,
			dmp_remaining_messages: old.dmp_remaining_messages,
			hrmp_inbound: old.hrmp_inbound,
			hrmp_channels_out: old.hrmp_channels_out,
			max_hrmp_num_per_candidate: old.max_hrmp_num_per_candidate,
			required_parent: old.required_parent,
			validation_code_hash: old.validation_code_hash,
			upgrade_restriction: old.upgrade_restriction,
			future_validation_code: old.future_validation_code,
		}
	}
}

impl BackingState {
	/// Reads the answer of `para_backing_state` from a runtime with primitives of this version, and brings its lists
	/// into order: another runtime need not keep them so.
	///
	/// # Errors
	/// [`codec::Error`] if the bytes are no such answer, or go on behind it: those of the other version do.
	pub fn decode_from(version: PrimitivesVersion, bytes: &[u8]) -> Result<Option<Self>, codec::Error> {
		let mut state = match version {
			PrimitivesVersion::V9 => Option::<Self>::decode_all(&mut &*bytes)?,
			PrimitivesVersion::V8 => {
				let old: Option<(ConstraintsV8, Vec<CandidatePendingAvailability>)> =
					DecodeAll::decode_all(&mut &*bytes)?;
				old.map(|(constraints, pending_availability)| Self {
					constraints: constraints.into(),
					pending_availability,
				})
			}
		};
		if let Some(state) = &mut state {
			state.constraints.canonicalize();
		}
		Ok(state)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;
	use codec::Encode;

	#[test]
	fn r_def_22_r_bin_31_both_encodings_of_constraints_are_read() {
		let mut constraints = crate::testing::base();
		constraints.max_head_data_size = HEAD_DATA_LIMIT_BEFORE_V9;
		let state = Some(BackingState {
			constraints,
			pending_availability: vec![],
		});
		let new = state.encode();
		// One byte for Some, three numbers, and then the limit.
		let old = [&new[..13], &new[17..]].concat();
		let read = |version, bytes: &[u8]| BackingState::decode_from(version, bytes).ok();
		assert_eq!(read(PrimitivesVersion::V9, &new), Some(state.clone()), "R-BIN-31");
		assert_eq!(
			read(PrimitivesVersion::V8, &old),
			Some(state),
			"R-BIN-31: 20480 where it is not told"
		);
		assert_eq!(read(PrimitivesVersion::V8, &[0]), Some(None), "R-BASE-16");
		assert_eq!(
			read(PrimitivesVersion::V8, &new),
			None,
			"R-DEF-22: the other's bytes are no answer"
		);
		assert_eq!(read(PrimitivesVersion::V9, &old), None, "R-DEF-22");
	}
}
