//! Records in storage and at genesis.

use async_backing_primitives::{
	BlockNumber, HeadData, ParaId, SessionIndex, ValidationCode, ValidationCodeHash, ValidatorIndex,
	MAX_CODE_SIZE, MAX_HEAD_DATA_SIZE, MAX_PARAS, MAX_VALIDATORS,
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

/// What candidates of a para are judged by beside its head. One value, because it is read and written as one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ParaRecord {
	/// Hash of the code that validates the next candidate on the included head (R-BASE-13).
	pub code_hash: ValidationCodeHash,
	/// Relay-parent number of the latest included candidate (R-REL-4); `None` before the first.
	pub most_recent_context: Option<BlockNumber>,
	/// The code that was announced (R-CODE-3).
	pub announced: Option<AnnouncedCode>,
	/// Whether the para was sent an answer to its announcement that no candidate has consumed yet: then there is a
	/// go-ahead signal in storage.
	pub is_answered: bool,
}

/// A code that a para announced.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AnnouncedCode {
	/// Its hash.
	pub code_hash: ValidationCodeHash,
	/// Relay-parent number from which it applies, once it is accepted.
	pub expected_at: Option<BlockNumber>,
}

impl ParaRecord {
	/// A para that runs this code and has had no candidate.
	pub fn new(code_hash: ValidationCodeHash) -> Self {
		Self {
			code_hash,
			most_recent_context: None,
			announced: None,
			is_answered: false,
		}
	}

	/// The scheduled upgrade (R-BASE-15).
	pub fn future_code(&self) -> Option<(BlockNumber, ValidationCodeHash)> {
		let announced = self.announced?;
		Some((announced.expected_at?, announced.code_hash))
	}
}

/// What a para begins with.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Registration {
	/// Its first head.
	pub head: BoundedHead,
	/// Its code.
	pub code_hash: ValidationCodeHash,
}

/// Why a code is checked.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum CheckCause {
	/// A para was registered with it.
	Onboarding(ParaId),
	/// A para announced it.
	Upgrade {
		/// The para.
		para: ParaId,
		/// Relay block that enacted the announcement.
		included_at: BlockNumber,
	},
}

impl CheckCause {
	/// The para that waits for the outcome.
	pub fn para(&self) -> ParaId {
		match self {
			Self::Onboarding(para) | Self::Upgrade { para, .. } => *para,
		}
	}
}

/// Validators that voted one way, ascending.
pub type Voters = BoundedVec<ValidatorIndex, ConstU32<MAX_VALIDATORS>>;

/// A vote on a code (R-CODE-3).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct CodeVote {
	/// Who wants it.
	pub accept: Voters,
	/// Who does not.
	pub reject: Voters,
	/// Session changes since it began. Each begins the count anew: validators change.
	pub age: SessionIndex,
	/// Who waits for the outcome, in the order in which they came. Never empty, and each para is in it once.
	pub causes: BoundedVec<CheckCause, ConstU32<MAX_PARAS>>,
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
