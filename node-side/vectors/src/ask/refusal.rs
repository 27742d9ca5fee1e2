//! Refusals, as they are written in JSON: kind, rule, and the limit and the value where there are such.

use crate::{json::hash, Malformed};
use async_backing_availability::{ChunkError, ErasureError};
use async_backing_fragment_tree::{AttachError, Bound, StorageError, Unfit};
use async_backing_primitives::{
	BackedCandidateError, BackingVotesError, CoreChoiceError, DepthExceeded, FragmentError, IntrinsicError,
	ModificationError, SignalError, UnsupportedDescriptor,
};
use serde_json::{json, Value};

/// An answer, or why there is none.
pub(super) type Answer = Result<Value, Malformed>;

/// Something that rules refuse.
pub(super) trait Refusal {
	/// Its kind, its rule, what it says.
	fn tell(&self) -> Value;

	/// As an answer.
	fn refused(&self) -> Answer {
		Ok(json!({ "refused": self.tell() }))
	}
}

/// `ok` for what is right, `refused` for the rest.
pub(super) fn verdict<T, E: Refusal>(result: Result<T, E>, tell: impl FnOnce(T) -> Value) -> Answer {
	match result {
		Ok(value) => super::ok(tell(value)),
		Err(error) => error.refused(),
	}
}

macro_rules! refusal {
	($kind:expr, $rule:expr $(, $name:ident: $value:expr)* $(,)?) => {
		json!({ "kind": $kind, "rule": $rule $(, stringify!($name): $value)* })
	};
}

impl Refusal for FragmentError {
	fn tell(&self) -> Value {
		use FragmentError::*;
		match *self {
			HrmpMessagesDescendingOrDuplicate(index) => {
				refusal!("HrmpMessagesDescendingOrDuplicate", "R-FRG-1", index: index)
			}
			ValidationCodeMismatch { expected, got } => {
				refusal!("ValidationCodeMismatch", "R-FRG-2", expected: hash(expected), got: hash(got))
			}
			HeadDataTooLarge { max, got } => refusal!("HeadDataTooLarge", "R-FRG-3", max: max, got: got),
			RelayParentTooOld { min, got } => refusal!("RelayParentTooOld", "R-FRG-4", min: min, got: got),
			CodeUpgradeRestricted => refusal!("CodeUpgradeRestricted", "R-FRG-5"),
			CodeSizeTooLarge { max, got } => refusal!("CodeSizeTooLarge", "R-FRG-6", max: max, got: got),
			HrmpMessagesPerCandidateOverflow { max, got } => {
				refusal!("HrmpMessagesPerCandidateOverflow", "R-FRG-7", max: max, got: got)
			}
			PersistedValidationDataMismatch => refusal!("PersistedValidationDataMismatch", "R-FRG-8"),
			DmpAdvancementRule {
				sent_at,
				relay_parent,
			} => refusal!("DmpAdvancementRule", "R-FRG-9", sent_at: sent_at, relay_parent: relay_parent),
			UmpMessagesPerCandidateOverflow { max, got } => {
				refusal!("UmpMessagesPerCandidateOverflow", "R-FRG-10", max: max, got: got)
			}
			WatermarkAheadOfRelayParent {
				watermark,
				relay_parent,
			} => refusal!(
				"WatermarkAheadOfRelayParent",
				"R-CON-1",
				watermark: watermark,
				relay_parent: relay_parent,
			),
			OutputsInvalid(reason) => refusal!("OutputsInvalid", "R-FRG-11", reason: reason.tell()),
			UmpMessageTooLarge { index, max, got } => {
				refusal!("UmpMessageTooLarge", "R-FRG-12", index: index, max: max, got: got)
			}
			HrmpMessageTooLarge { recipient, max, got } => {
				refusal!("HrmpMessageTooLarge", "R-FRG-12", recipient: recipient.0, max: max, got: got)
			}
			UmpWhileOffboarding => refusal!("UmpWhileOffboarding", "R-UMP-6"),
			HrmpConsumptionOverflow { max, got } => {
				refusal!("HrmpConsumptionOverflow", "R-FRG-12", max: max, got: got)
			}
		}
	}
}

impl Refusal for ModificationError {
	fn tell(&self) -> Value {
		use ModificationError::*;
		match *self {
			DisallowedHrmpWatermark(watermark) => {
				refusal!("DisallowedHrmpWatermark", "R-CON-1", watermark: watermark)
			}
			NoSuchHrmpChannel(recipient) => {
				refusal!("NoSuchHrmpChannel", "R-CON-2", recipient: recipient.0)
			}
			HrmpBytesOverflow {
				recipient,
				remaining,
				submitted,
			} => refusal!(
				"HrmpBytesOverflow",
				"R-CON-2",
				recipient: recipient.0,
				remaining: remaining,
				submitted: submitted,
			),
			HrmpMessagesOverflow {
				recipient,
				remaining,
				submitted,
			} => refusal!(
				"HrmpMessagesOverflow",
				"R-CON-2",
				recipient: recipient.0,
				remaining: remaining,
				submitted: submitted,
			),
			UmpMessagesOverflow { remaining, submitted } => {
				refusal!("UmpMessagesOverflow", "R-CON-3", remaining: remaining, submitted: submitted)
			}
			UmpBytesOverflow { remaining, submitted } => {
				refusal!("UmpBytesOverflow", "R-CON-3", remaining: remaining, submitted: submitted)
			}
			DmpMessagesUnderflow { remaining, processed } => {
				refusal!("DmpMessagesUnderflow", "R-CON-4", remaining: remaining, processed: processed)
			}
			AppliedNonexistentCodeUpgrade => refusal!("AppliedNonexistentCodeUpgrade", "R-CON-5"),
		}
	}
}

impl Refusal for IntrinsicError {
	fn tell(&self) -> Value {
		use IntrinsicError::*;
		match *self {
			Descriptor(UnsupportedDescriptor::UnknownVersion(byte)) => {
				refusal!("UnknownVersion", "R-BIN-12", byte: byte)
			}
			Descriptor(UnsupportedDescriptor::Inconsistent { relaxed }) => {
				refusal!("InconsistentDescriptor", "R-BIN-12", relaxed: format!("{relaxed:?}"))
			}
			CommitmentsTooLarge(got) => refusal!("CommitmentsTooLarge", "R-FRG-16", got: got),
			CommitmentsMismatch { expected, got } => {
				refusal!("CommitmentsMismatch", "R-FRG-16", expected: hash(expected), got: hash(got))
			}
			ValidationDataMismatch { expected, got } => {
				refusal!("ValidationDataMismatch", "R-FRG-16", expected: hash(expected), got: hash(got))
			}
			ParaHeadMismatch { expected, got } => {
				refusal!("ParaHeadMismatch", "R-FRG-16", expected: hash(expected), got: hash(got))
			}
			Signals(SignalError::TooMany(got)) => refusal!("TooManySignals", "R-UMP-3", max: 2, got: got),
			Signals(SignalError::Undecodable(index)) => {
				refusal!("UndecodableSignal", "R-UMP-3", index: index)
			}
			Signals(SignalError::Duplicate(index)) => refusal!("DuplicateSignal", "R-UMP-3", index: index),
			Signals(SignalError::NotAllowed) => refusal!("SignalsNotAllowed", "R-UMP-4"),
			Signals(SignalError::Missing) => refusal!("SignalsMissing", "R-UMP-4"),
			CodeTooSmall(got) => refusal!("CodeTooSmall", "R-CODE-1", min: 9, got: got),
		}
	}
}

impl Refusal for CoreChoiceError {
	fn tell(&self) -> Value {
		match *self {
			Self::NoAssignment { para, offset } => {
				refusal!("NoAssignment", "R-UMP-5", para: para.0, offset: offset)
			}
			Self::CoreIndexMismatch { named, selected } => {
				refusal!("CoreIndexMismatch", "R-UMP-5", named: named.0, selected: selected.0)
			}
			Self::InvalidCoreIndex(named) => refusal!("InvalidCoreIndex", "R-UMP-5", named: named.0),
		}
	}
}

impl Refusal for DepthExceeded {
	fn tell(&self) -> Value {
		refusal!("DepthExceeded", "R-DEP-1", max: self.max, got: self.depth)
	}
}

impl Refusal for StorageError {
	fn tell(&self) -> Value {
		match self {
			Self::CandidateAlreadyKnown(_) => refusal!("CandidateAlreadyKnown", "R-STO-2"),
			Self::ZeroLengthCycle { .. } => refusal!("ZeroLengthCycle", "R-STO-4"),
		}
	}
}

impl Refusal for AttachError {
	fn tell(&self) -> Value {
		match self {
			Self::Unknown(_) => refusal!("UnknownCandidate", "R-TRE-5"),
			Self::RelayParentOutOfScope(block) => {
				refusal!("RelayParentOutOfScope", "R-SCO-3", relay_parent: hash(block))
			}
			Self::ParentNotInTree(head) => {
				refusal!("ParentNotInTree", "R-TRE-14", parent_head_hash: hash(head))
			}
			Self::Unfit(Unfit::TooDeep(error)) => {
				refusal!("TooDeep", "R-TRE-3", max: error.max, got: error.depth)
			}
			Self::Unfit(Unfit::RelayParentMovesBackwards { min, got }) => {
				refusal!("RelayParentMovesBackwards", "R-TRE-6", min: min, got: got)
			}
			Self::Unfit(Unfit::OtherPara { expected, got }) => {
				refusal!("OtherPara", "R-SCO-1", expected: expected.0, got: got.0)
			}
			Self::Unfit(Unfit::Invalid(error)) => error.tell(),
			Self::TreeFull(full) => {
				let what = match full.what {
					Bound::Candidates => "candidates",
					Bound::Nodes => "nodes",
					Bound::NodesOfCandidate => "nodes of the candidate",
				};
				refusal!("TreeFull", "R-TRE-11", what: what, max: full.max)
			}
		}
	}
}

impl Refusal for ErasureError {
	fn tell(&self) -> Value {
		match *self {
			Self::UnsupportedValidatorCount(got) => {
				refusal!("UnsupportedValidatorCount", "R-AVL-1", got: got)
			}
			Self::NoData => refusal!("NoData", "R-AVL-1"),
			Self::TooFewChunks { needed, got } => {
				refusal!("TooFewChunks", "R-AVL-1", needed: needed, got: got)
			}
			Self::IndexOutOfBounds { index, validators } => {
				refusal!("IndexOutOfBounds", "R-AVL-3", index: index, validators: validators)
			}
			Self::OddLength { index, len } => refusal!("OddLength", "R-AVL-3", index: index, len: len),
			Self::EmptyChunk { index } => refusal!("EmptyChunk", "R-AVL-3", index: index),
			Self::UnequalLength { index, expected, got } => {
				refusal!("UnequalLength", "R-AVL-3", index: index, expected: expected, got: got)
			}
			Self::Undecodable => refusal!("Undecodable", "R-AVL-1"),
		}
	}
}

impl Refusal for ChunkError {
	fn tell(&self) -> Value {
		match *self {
			Self::ProofTooLarge { nodes, largest } => {
				refusal!("ProofTooLarge", "R-AVL-4", nodes: nodes, largest: largest)
			}
			Self::InvalidProof { index, .. } => refusal!("InvalidProof", "R-AVL-4", index: index),
			Self::HashMismatch { index, expected, got } => {
				refusal!("HashMismatch", "R-AVL-4", index: index, expected: hash(expected), got: hash(got))
			}
			Self::WrongIndex { expected, got } => {
				refusal!("WrongIndex", "R-AVL-3", expected: expected, got: got)
			}
			Self::WrongLength { limit, got } => {
				refusal!("WrongLength", "R-AVL-3", max: limit, got: got)
			}
		}
	}
}

impl Refusal for BackingVotesError {
	fn tell(&self) -> Value {
		match *self {
			Self::Malformed(BackedCandidateError::NoCoreBits(bits)) => {
				refusal!("NoCoreBits", "R-BIN-16", bits: bits)
			}
			Self::Malformed(BackedCandidateError::CoreTooLarge(core)) => {
				refusal!("CoreTooLarge", "R-BIN-16", core: core.0)
			}
			Self::Malformed(BackedCandidateError::OtherCore { named, injected }) => {
				refusal!("OtherCore", "R-BIN-16", named: named.0, injected: injected)
			}
			Self::EmptyGroup => refusal!("EmptyGroup", "R-BKV-1"),
			Self::WrongBitCount { bits, group_size } => {
				refusal!("WrongBitCount", "R-BKV-2", bits: bits, group_size: group_size)
			}
			Self::VotesDoNotMatchBits { votes, set_bits } => {
				refusal!("VotesDoNotMatchBits", "R-BKV-2", votes: votes, set_bits: set_bits)
			}
			Self::TooFewVotes { votes, required } => {
				refusal!("TooFewVotes", "R-BKV-1", votes: votes, required: required)
			}
			Self::UnknownValidator(validator) => {
				refusal!("UnknownValidator", "R-BKV-3", validator: validator.0)
			}
			Self::BadSignature(validator) => refusal!("BadSignature", "R-BKV-3", validator: validator.0),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_refusal_tells_kind_rule_and_numbers() {
		let told = FragmentError::from(ModificationError::UmpMessagesOverflow {
			remaining: 1,
			submitted: 2,
		})
		.refused();
		let expected = json!({"refused": {
			"kind": "OutputsInvalid",
			"rule": "R-FRG-11",
			"reason": {"kind": "UmpMessagesOverflow", "rule": "R-CON-3", "remaining": 1, "submitted": 2},
		}});
		assert_eq!(told, Ok(expected), "R-MOD-10");
	}
}
