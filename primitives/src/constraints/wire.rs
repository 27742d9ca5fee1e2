//! Reading what older runtimes say under the same API version (R-BIN-31, R-DEF-22).

use super::{BackingState, CandidatePendingAvailability, Constraints, InboundHrmpLimitations};
use crate::{
	BlockNumber, HeadData, OutboundHrmpChannelLimitations, ParaId, UpgradeRestriction, ValidationCodeHash,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll};
use thiserror::Error;

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

/// Bytes that are a backing state in no layout that is known.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{len} bytes are no backing state (R-BIN-31): in layout 9: {v9}; in layout 8: {v8}")]
pub struct UnknownLayout {
	/// How many bytes.
	pub len: usize,
	/// What is wrong with them in the layout of [`PrimitivesVersion::V9`].
	pub v9: codec::Error,
	/// What is wrong with them in the layout of [`PrimitivesVersion::V8`].
	pub v8: codec::Error,
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

	/// Reads the answer of `para_backing_state` from a runtime with primitives of some version: in the newest layout in
	/// which the bytes end with the value, and tells which. `None` has one byte in both, and counts as the newest.
	///
	/// Bytes of the older layout may by chance be a value of the newer one. Who knows the head of the para finds that by
	/// the required parent, which then is another.
	///
	/// # Errors
	/// [`UnknownLayout`] if the bytes are such an answer, to the last of them, in no layout.
	pub fn decode_any(bytes: &[u8]) -> Result<(PrimitivesVersion, Option<Self>), UnknownLayout> {
		let read = |version| Self::decode_from(version, bytes).map(|state| (version, state));
		read(PrimitivesVersion::V9).or_else(|v9| {
			read(PrimitivesVersion::V8).map_err(|v8| UnknownLayout {
				len: bytes.len(),
				v9,
				v8,
			})
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{format, string::ToString, vec};
	use codec::Encode;

	/// A state, and its bytes in the layouts of versions 9 and 8.
	fn both_layouts() -> (BackingState, Vec<u8>, Vec<u8>) {
		let mut constraints = crate::testing::base();
		constraints.max_head_data_size = HEAD_DATA_LIMIT_BEFORE_V9;
		let state = BackingState {
			constraints,
			pending_availability: vec![],
		};
		let new = Some(&state).encode();
		// One byte for Some, three numbers, and then the limit.
		let old = [&new[..13], &new[17..]].concat();
		(state, new, old)
	}

	#[test]
	fn r_def_22_the_layout_is_found_by_the_bytes() {
		use PrimitivesVersion::{V8, V9};
		let (state, new, old) = both_layouts();
		let read = BackingState::decode_any;
		assert_eq!(read(&new), Ok((V9, Some(state.clone()))));
		assert_eq!(read(&old), Ok((V8, Some(state))), "R-BIN-31");
		assert_eq!(read(&[0]), Ok((V9, None)), "R-BASE-16: the same in both");
		// Neither cut off, nor with anything behind.
		for bytes in [&new, &old] {
			for end in 0..bytes.len() {
				let error = read(&bytes[..end]).expect_err("it is cut off");
				assert_eq!(error.len, end);
			}
			assert!(read(&[&bytes[..], &[0]].concat()).is_err());
		}
		assert!(read(&[0, 0]).is_err());
		for garbage in [&[][..], &[2], &[1; 40], &[0xff; 400]] {
			let said = read(garbage).expect_err("it is nothing").to_string();
			assert!(
				said.starts_with(&format!("{} bytes are no", garbage.len())),
				"{said}"
			);
		}
	}

	#[test]
	fn lists_are_brought_into_order_in_either_layout() {
		let (mut state, ..) = both_layouts();
		state.constraints.hrmp_inbound.valid_watermarks = vec![9, 4];
		let new = Some(&state).encode();
		for bytes in [new.clone(), [&new[..13], &new[17..]].concat()] {
			let (_, read) = BackingState::decode_any(&bytes).expect("it is a state");
			assert!(read.is_some_and(|read| read.constraints.is_canonical()));
		}
	}

	#[test]
	fn r_def_22_r_bin_31_both_encodings_of_constraints_are_read() {
		let (state, new, old) = both_layouts();
		let state = Some(state);
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
