//! Records in storage and at genesis.

use async_backing_primitives::{
	HeadData, ParaId, ValidationCode, ValidationCodeHash, MAX_CODE_SIZE, MAX_HEAD_DATA_SIZE,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Head data in storage. Encodes as [`HeadData`], as parachains expect it (R-KEY-2).
pub type BoundedHead = BoundedVec<u8, ConstU32<MAX_HEAD_DATA_SIZE>>;

/// Validation code in storage. Encodes as [`ValidationCode`].
pub type BoundedCode = BoundedVec<u8, ConstU32<MAX_CODE_SIZE>>;

/// Where a registered para stands. It moves on when sessions begin.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum ParaLifecycle {
	/// Registered, not active yet.
	Onboarding,
	/// May have blocks.
	Active,
	/// May have blocks, but will be gone soon.
	Offboarding,
}

/// What a para begins with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Registration {
	/// Its first head.
	pub head: BoundedHead,
	/// Its code.
	pub code_hash: ValidationCodeHash,
}

/// A para that is active from genesis.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisPara {
	/// Its id.
	pub id: ParaId,
	/// Its first head, in hexadecimal.
	pub head: HeadData,
	/// Its code, in hexadecimal.
	pub code: ValidationCode,
}
