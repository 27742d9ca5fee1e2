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
	/// Relay block whose state shows this code first (R-CODE-9).
	pub code_since: BlockNumber,
	/// The code that was announced (R-CODE-3).
	pub announced: Option<AnnouncedCode>,
	/// Relay block whose state shows the answer to an announcement first, as long as no candidate was enacted that could
	/// hear it (R-CODE-7): then there is a go-ahead signal in storage.
	pub answered_at: Option<BlockNumber>,
	/// Whether it is leaving: its lifecycle says so too, but every candidate asks and the rest of this is read anyway.
	pub is_offboarding: bool,
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
	/// A para that runs this code from genesis on and has had no candidate.
	pub fn new(code_hash: ValidationCodeHash) -> Self {
		Self {
			code_hash,
			most_recent_context: None,
			code_since: 0,
			announced: None,
			answered_at: None,
			is_offboarding: false,
		}
	}

	/// The scheduled upgrade (R-BASE-15).
	pub fn future_code(&self) -> Option<(BlockNumber, ValidationCodeHash)> {
		let announced = self.announced?;
		Some((announced.expected_at?, announced.code_hash))
	}
}

/// What becomes of a para at the end of the block, by root's will.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Rewrite {
	/// Its head.
	pub head: Option<BoundedHead>,
	/// Its code, which this counts as used.
	pub code_hash: Option<ValidationCodeHash>,
	/// The relay-parent number that its next candidate may not go below (R-REL-4).
	pub context: Option<BlockNumber>,
}

/// A code that a para ran (R-CODE-9).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct PastCode {
	/// Its hash.
	pub code_hash: ValidationCodeHash,
	/// Relay block whose state shows it first as the para's code.
	pub since: BlockNumber,
	/// Relay block whose state shows it no longer: in which it was replaced, or its para removed.
	pub until: BlockNumber,
}

/// Codes that a para ran and that are kept still, in the order in which they were replaced.
pub type PastCodesOfPara = BoundedVec<PastCode, ConstU32<MAX_PAST_CODES>>;

/// Past codes of one para that are kept at once; above it the oldest goes early (R-CODE-9).
///
/// An upgrade takes the cooldown and both delays, so a para has one or two within the retention period of Polkadot. 32 is
/// what a chain has whose upgrades take a thirtieth of its retention period, and then what goes early was replaced 32
/// upgrades ago, far behind the last candidate that ran on it.
pub const MAX_PAST_CODES: u32 = 32;

/// The queue of past codes that are to be forgotten: a range of keys of
/// [`PastCodePruning`](crate::PastCodePruning).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PruningRange {
	/// Key of the oldest entry.
	pub first: u64,
	/// Key of the next entry to come.
	pub next: u64,
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
	/// Its code, or which of the codes that are said beside the paras.
	pub code: GenesisCode,
}

/// The code of a para of genesis.
///
/// A runtime is handed its genesis as JSON, in one piece of at most 32 MiB, and a code is two digits for each byte there. Paras that
/// run the same code name it by its place in [`GenesisConfig::codes`](crate::GenesisConfig::codes): then it is said once.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum GenesisCode {
	/// The place among the codes that are said beside the paras, from 0: a number in JSON.
	Shared(u32),
	/// The code itself, in hexadecimal.
	Own(ValidationCode),
}

impl From<ValidationCode> for GenesisCode {
	fn from(code: ValidationCode) -> Self {
		Self::Own(code)
	}
}

impl GenesisCode {
	/// The code, where these are those that are said beside the paras; `None` if there is none at its place.
	pub fn among<'a>(&'a self, codes: &'a [ValidationCode]) -> Option<&'a ValidationCode> {
		match self {
			Self::Own(code) => Some(code),
			Self::Shared(place) => codes.get(usize::try_from(*place).ok()?),
		}
	}
}
