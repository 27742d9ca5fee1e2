//! The candidate descriptor in its three versions (R-BIN-11 to R-BIN-13).
//!
//! All versions share one layout of 292 bytes. What version 1 used for the collator's key and signature carries the
//! core, the session and, in version 3, the scheduling parent. The version of a descriptor is not written anywhere;
//! it follows from which of those bytes are zero.

use crate::{CoreIndex, Hash, HeadHash, ParaId, SessionIndex, ValidationCodeHash};
use codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, MaxEncodedLen, Output};
use scale_info::TypeInfo;
use sp_core::H256;

/// What a candidate is: where it was built, on what, and what it commits to.
///
/// Made by [`CandidateDescriptor::v2`]; other versions come only from decoding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CandidateDescriptor {
	para_id: ParaId,
	relay_parent: Hash,
	version: u8,
	core_index: u16,
	session_index: SessionIndex,
	scheduling_session_offset: u8,
	reserved_low: [u8; 16],
	reserved_mid: [u8; 8],
	persisted_validation_data_hash: Hash,
	pov_hash: Hash,
	erasure_root: Hash,
	scheduling_parent: Hash,
	reserved_high: H256,
	para_head: HeadHash,
	validation_code_hash: ValidationCodeHash,
}

/// Field by field as derived, but in one piece: a relay block encodes each descriptor several times, to hash, store and
/// announce it.
impl Encode for CandidateDescriptor {
	fn size_hint(&self) -> usize {
		Self::ENCODED_LEN
	}

	fn encoded_size(&self) -> usize {
		Self::ENCODED_LEN
	}

	fn encode_to<W: Output + ?Sized>(&self, dest: &mut W) {
		let mut bytes = [0; Self::ENCODED_LEN];
		let mut rest = &mut bytes[..];
		let mut put = |field: &[u8]| {
			let (place, behind) = core::mem::take(&mut rest).split_at_mut(field.len());
			place.copy_from_slice(field);
			rest = behind;
		};
		put(&self.para_id.0.to_le_bytes());
		put(self.relay_parent.as_ref());
		put(&[self.version]);
		put(&self.core_index.to_le_bytes());
		put(&self.session_index.to_le_bytes());
		put(&[self.scheduling_session_offset]);
		put(&self.reserved_low);
		put(&self.reserved_mid);
		put(self.persisted_validation_data_hash.as_ref());
		put(self.pov_hash.as_ref());
		put(self.erasure_root.as_ref());
		put(self.scheduling_parent.as_ref());
		put(self.reserved_high.as_ref());
		put(self.para_head.as_ref());
		put(self.validation_code_hash.as_ref());
		dest.write(&bytes);
	}
}

impl EncodeLike for CandidateDescriptor {}

/// The fields of a version 2 descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DescriptorFields {
	/// The parachain that the candidate belongs to.
	pub para_id: ParaId,
	/// Relay block whose state the candidate was executed against (R-GLO-7).
	pub relay_parent: Hash,
	/// Core that the candidate shall occupy.
	pub core_index: u16,
	/// Session of the relay parent: the one that its child runs in (R-GLO-14).
	pub session_index: SessionIndex,
	/// Hash of the [`PersistedValidationData`](crate::PersistedValidationData).
	pub persisted_validation_data_hash: Hash,
	/// Hash of the [`PoV`](crate::PoV).
	pub pov_hash: Hash,
	/// Root of the erasure-coded available data (R-AVL-4).
	pub erasure_root: Hash,
	/// Hash of the head data after the candidate.
	pub para_head: HeadHash,
	/// Hash of the code that validates the candidate.
	pub validation_code_hash: ValidationCodeHash,
}

/// Version of a candidate descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DescriptorVersion {
	/// Carries a collator key and signature; names neither core nor session.
	V1,
	/// Names its core and the session of its relay parent. What we produce.
	V2,
	/// As version 2, with a scheduling parent apart from the relay parent.
	V3,
}

/// Why a descriptor is refused (R-BIN-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedDescriptor {
	/// The version byte names no version.
	#[error("descriptor version byte {0} names no version (R-BIN-12)")]
	UnknownVersion(u8),
	/// The strict and the relaxed reading disagree; a version 3 descriptor ends here while version 3 is off.
	#[error("descriptor reads as {relaxed:?} by its version byte, but its reserved bytes say otherwise (R-BIN-12)")]
	Inconsistent {
		/// What the relaxed reading says.
		relaxed: DescriptorVersion,
	},
}

/// A candidate was built for another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("candidate of session {got}, but session {expected} is running (R-BCK-2)")]
pub struct WrongSchedulingSession {
	/// The session that runs.
	pub expected: SessionIndex,
	/// The session that the descriptor names.
	pub got: SessionIndex,
}

impl CandidateDescriptor {
	/// Checks that the session which fixes core and group is the one that runs (R-BCK-2). Version 1 names none.
	///
	/// # Errors
	/// [`WrongSchedulingSession`] carries both.
	pub fn check_scheduling_session(&self, running: SessionIndex) -> Result<(), WrongSchedulingSession> {
		match self.scheduling_session() {
			Some(got) if got != running => Err(WrongSchedulingSession {
				expected: running,
				got,
			}),
			_ => Ok(()),
		}
	}

	/// Encoded size of every version, in bytes.
	pub const ENCODED_LEN: usize = 292;

	/// A version 2 descriptor.
	pub fn v2(fields: DescriptorFields) -> Self {
		Self {
			para_id: fields.para_id,
			relay_parent: fields.relay_parent,
			version: 0,
			core_index: fields.core_index,
			session_index: fields.session_index,
			scheduling_session_offset: 0,
			reserved_low: [0; 16],
			reserved_mid: [0; 8],
			persisted_validation_data_hash: fields.persisted_validation_data_hash,
			pov_hash: fields.pov_hash,
			erasure_root: fields.erasure_root,
			scheduling_parent: Hash::zero(),
			reserved_high: H256::zero(),
			para_head: fields.para_head,
			validation_code_hash: fields.validation_code_hash,
		}
	}

	/// The version, if this chain accepts the descriptor (R-BIN-12).
	///
	/// # Errors
	/// [`UnsupportedDescriptor`] says why it does not.
	pub fn accepted_version(&self, v3_enabled: bool) -> Result<DescriptorVersion, UnsupportedDescriptor> {
		let relaxed = self
			.relaxed_version()
			.ok_or(UnsupportedDescriptor::UnknownVersion(self.version))?;
		let consistent = self.strict_version() == Some(relaxed);
		if consistent || (relaxed == DescriptorVersion::V3 && v3_enabled) {
			Ok(relaxed)
		} else {
			Err(UnsupportedDescriptor::Inconsistent { relaxed })
		}
	}

	/// The version by the sixteen bytes that are zero in every version but the first (R-BIN-12).
	pub fn relaxed_version(&self) -> Option<DescriptorVersion> {
		if self.reserved_low != [0; 16] {
			return Some(DescriptorVersion::V1);
		}
		match self.version {
			0 => Some(DescriptorVersion::V2),
			1 => Some(DescriptorVersion::V3),
			_ => None,
		}
	}

	/// The version by every byte that version 2 leaves zero (R-BIN-12). Never version 3.
	pub fn strict_version(&self) -> Option<DescriptorVersion> {
		let reserved_is_zero = self.scheduling_session_offset == 0
			&& self.reserved_low == [0; 16]
			&& self.reserved_mid == [0; 8]
			&& self.scheduling_parent.is_zero()
			&& self.reserved_high.is_zero();
		match (reserved_is_zero, self.version) {
			(false, _) => Some(DescriptorVersion::V1),
			(true, 0) => Some(DescriptorVersion::V2),
			(true, _) => None,
		}
	}

	/// The parachain that the candidate belongs to.
	pub fn para_id(&self) -> ParaId {
		self.para_id
	}

	/// Relay block whose state the candidate was executed against (R-GLO-7).
	pub fn relay_parent(&self) -> Hash {
		self.relay_parent
	}

	/// Core that the candidate shall occupy; `None` in version 1.
	pub fn core_index(&self) -> Option<CoreIndex> {
		match self.relaxed_version()? {
			DescriptorVersion::V1 => None,
			DescriptorVersion::V2 | DescriptorVersion::V3 => Some(CoreIndex(self.core_index.into())),
		}
	}

	/// Session that fixes core and group (R-BIN-13); `None` in version 1.
	pub fn scheduling_session(&self) -> Option<SessionIndex> {
		match self.relaxed_version()? {
			DescriptorVersion::V1 => None,
			DescriptorVersion::V2 => Some(self.session_index),
			DescriptorVersion::V3 => Some(
				self.session_index
					.saturating_add(self.scheduling_session_offset.into()),
			),
		}
	}

	/// Relay block that fixes core and group (R-BIN-13): the relay parent, unless version 3 names another.
	pub fn scheduling_parent(&self) -> Hash {
		match self.relaxed_version() {
			Some(DescriptorVersion::V3) => self.scheduling_parent,
			_ => self.relay_parent,
		}
	}

	/// Hash of the [`PersistedValidationData`](crate::PersistedValidationData).
	pub fn persisted_validation_data_hash(&self) -> Hash {
		self.persisted_validation_data_hash
	}

	/// Hash of the [`PoV`](crate::PoV).
	pub fn pov_hash(&self) -> Hash {
		self.pov_hash
	}

	/// Root of the erasure-coded available data (R-AVL-4).
	pub fn erasure_root(&self) -> Hash {
		self.erasure_root
	}

	/// Hash of the head data after the candidate.
	pub fn para_head(&self) -> HeadHash {
		self.para_head
	}

	/// Hash of the code that validates the candidate.
	pub fn validation_code_hash(&self) -> ValidationCodeHash {
		self.validation_code_hash
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::CandidateReceipt;
	use alloc::{format, vec::Vec};

	fn fields() -> DescriptorFields {
		DescriptorFields {
			para_id: ParaId(1000),
			relay_parent: Hash::repeat_byte(1),
			core_index: 0x0203,
			session_index: 0x0405_0607,
			persisted_validation_data_hash: Hash::repeat_byte(2),
			pov_hash: Hash::repeat_byte(3),
			erasure_root: Hash::repeat_byte(4),
			para_head: HeadHash(Hash::repeat_byte(5)),
			validation_code_hash: ValidationCodeHash(Hash::repeat_byte(6)),
		}
	}

	fn receipt_hash(descriptor: CandidateDescriptor) -> alloc::string::String {
		let commitments_hash = crate::CandidateCommitments::default().hash();
		format!(
			"{:?}",
			CandidateReceipt {
				descriptor,
				commitments_hash
			}
			.hash()
			.0
		)
	}

	/// Sets bytes of the encoding and decodes the outcome.
	fn patched(patch: &[(usize, &[u8])]) -> CandidateDescriptor {
		let mut bytes = CandidateDescriptor::v2(fields()).encode();
		for (offset, value) in patch {
			bytes[*offset..offset + value.len()].copy_from_slice(value);
		}
		CandidateDescriptor::decode(&mut &bytes[..]).expect("any 292 bytes decode")
	}

	#[test]
	fn r_bin_11_every_descriptor_has_292_bytes() {
		assert_eq!(
			CandidateDescriptor::v2(fields()).encode().len(),
			CandidateDescriptor::ENCODED_LEN
		);
		assert_eq!(
			CandidateDescriptor::max_encoded_len(),
			CandidateDescriptor::ENCODED_LEN
		);
	}

	#[test]
	fn r_bin_27_golden_receipt_hashes() {
		let v2 = CandidateDescriptor::v2(fields());
		assert_eq!(v2.accepted_version(false), Ok(DescriptorVersion::V2));
		assert_eq!(
			receipt_hash(v2),
			"0x1ac659ee3083ef8cef4970374ce7b7dfcb48f8eb1c4a4488561637fee4c34aa3"
		);

		let v3 = patched(&[(36, &[1]), (43, &[1]), (164, &[7; 32])]);
		assert_eq!(v3.accepted_version(true), Ok(DescriptorVersion::V3));
		assert_eq!(v3.scheduling_session(), Some(0x0405_0608), "R-BIN-13");
		assert_eq!(v3.scheduling_parent(), Hash::repeat_byte(7), "R-BIN-13");
		assert_eq!(
			receipt_hash(v3),
			"0xf50c4b559a6b419d8df6eeeffdd3c52a5f2992c659eb518e96a805b5bd17d054"
		);

		let v1 = patched(&[(36, &[0; 8]), (44, &[1; 24]), (196, &[1; 32])]);
		assert_eq!(v1.accepted_version(false), Ok(DescriptorVersion::V1));
		assert_eq!(v1.core_index(), None);
		assert_eq!(
			receipt_hash(v1),
			"0xee9f2c02d8ea3001224ba0c55d58660e5606f27b6d3e52cbb7297227afa66566"
		);
	}

	#[test]
	fn r_bck_2_the_scheduling_session_is_the_one_that_runs() {
		let v2 = CandidateDescriptor::v2(fields());
		assert_eq!(v2.check_scheduling_session(0x0405_0607), Ok(()), "R-BCK-2");
		let wrong = WrongSchedulingSession {
			expected: 1,
			got: 0x0405_0607,
		};
		assert_eq!(v2.check_scheduling_session(1), Err(wrong), "R-BCK-2");
		let v1 = patched(&[(44, &[1; 24])]);
		assert_eq!(
			v1.check_scheduling_session(1),
			Ok(()),
			"R-BIN-13: version 1 names none"
		);
	}

	#[test]
	fn r_bin_12_version_detection() {
		type Row = (
			&'static str,
			Vec<(usize, &'static [u8])>,
			bool,
			Result<DescriptorVersion, UnsupportedDescriptor>,
		);
		let inconsistent = |relaxed| Err(UnsupportedDescriptor::Inconsistent { relaxed });
		let rows: [Row; 7] = [
			("plain version 2", Vec::new(), false, Ok(DescriptorVersion::V2)),
			(
				"unknown version",
				Vec::from([(36, &[2u8][..])]),
				true,
				Err(UnsupportedDescriptor::UnknownVersion(2)),
			),
			(
				"V3 while off",
				Vec::from([(36, &[1u8][..])]),
				false,
				inconsistent(DescriptorVersion::V3),
			),
			(
				"V3 while on",
				Vec::from([(36, &[1u8][..])]),
				true,
				Ok(DescriptorVersion::V3),
			),
			(
				"V2 with an offset",
				Vec::from([(43, &[1u8][..])]),
				true,
				inconsistent(DescriptorVersion::V2),
			),
			(
				"V2 with a signature",
				Vec::from([(200, &[1u8][..])]),
				false,
				inconsistent(DescriptorVersion::V2),
			),
			(
				"V1 by its collator",
				Vec::from([(50, &[1u8][..])]),
				false,
				Ok(DescriptorVersion::V1),
			),
		];
		for (name, patch, v3_enabled, expected) in rows {
			assert_eq!(
				patched(&patch).accepted_version(v3_enabled),
				expected,
				"R-BIN-12: {name}"
			);
		}
	}

	#[test]
	fn r_bin_12_every_byte_is_read_as_the_table_says() {
		let zero = CandidateDescriptor::v2(DescriptorFields::default()).encode();
		for offset in 0..CandidateDescriptor::ENCODED_LEN {
			let mut bytes = zero.clone();
			bytes[offset] = 1;
			let descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("any 292 bytes decode");
			let inconsistent = |relaxed| Err(UnsupportedDescriptor::Inconsistent { relaxed });
			let expected = match offset {
				36 => inconsistent(DescriptorVersion::V3),
				44..60 => Ok(DescriptorVersion::V1),
				43 | 60..68 | 164..228 => inconsistent(DescriptorVersion::V2),
				_ => Ok(DescriptorVersion::V2),
			};
			assert_eq!(
				descriptor.accepted_version(false),
				expected,
				"R-BIN-12: byte {offset}"
			);
			assert_eq!(descriptor.encode(), bytes, "R-BIN-11: byte {offset}");
		}
	}
}
