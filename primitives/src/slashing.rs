//! What validators lose who lost a dispute, as nodes report it (R-BIN-30).

use crate::{CandidateHash, DisputeOffenceKind, PendingSlashes, SessionIndex, ValidatorId, ValidatorIndex};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Which dispute: what tells one offence from another.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct DisputesTimeSlot {
	/// Session in which the candidate was backed.
	pub session_index: SessionIndex,
	/// The candidate.
	pub candidate_hash: CandidateHash,
}

/// That a validator lost a dispute.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct DisputeProof {
	/// The dispute.
	pub time_slot: DisputesTimeSlot,
	/// What the validator did.
	pub kind: DisputeOffenceKind,
	/// The validator, in the session of the dispute.
	pub validator_index: ValidatorIndex,
	/// Its key in that session.
	pub validator_id: ValidatorId,
}

/// Proof that a session key is a validator's. Only the runtime knows what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct OpaqueKeyOwnershipProof(pub Vec<u8>);

/// What nodes knew as an offence before there were three kinds.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum SlashingOffenceKind {
	/// The validator backed an invalid candidate.
	#[codec(index = 0)]
	ForInvalid,
	/// It disputed a valid one.
	#[codec(index = 1)]
	AgainstValid,
}

/// [`PendingSlashes`] as older nodes decode them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct LegacyPendingSlashes {
	/// Who, with the key of the session of the dispute.
	pub keys: BTreeMap<ValidatorIndex, ValidatorId>,
	/// What for.
	pub kind: SlashingOffenceKind,
}

impl PendingSlashes {
	/// For older nodes; `None` for an offence that they have no name for, and so could not report.
	pub fn into_legacy(self) -> Option<LegacyPendingSlashes> {
		let kind = match self.kind {
			DisputeOffenceKind::ForInvalidBacked => SlashingOffenceKind::ForInvalid,
			DisputeOffenceKind::AgainstValid => SlashingOffenceKind::AgainstValid,
			DisputeOffenceKind::ForInvalidApproved => return None,
		};
		let keys = self.keys;
		Some(LegacyPendingSlashes { keys, kind })
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_30_older_nodes_hear_of_the_offences_that_they_know() {
		let kinds = [
			(
				DisputeOffenceKind::ForInvalidBacked,
				Some(SlashingOffenceKind::ForInvalid),
			),
			(
				DisputeOffenceKind::AgainstValid,
				Some(SlashingOffenceKind::AgainstValid),
			),
			(DisputeOffenceKind::ForInvalidApproved, None),
		];
		for (kind, legacy) in kinds {
			let slashes = PendingSlashes {
				keys: BTreeMap::new(),
				kind,
			};
			assert_eq!(
				slashes.into_legacy().map(|slashes| slashes.kind),
				legacy,
				"R-BIN-30"
			);
		}
	}
}
