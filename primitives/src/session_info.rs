//! What later checkers need to know of a session: keys, groups, limits of execution (R-BIN-30).

use crate::{
	crypto::{AssignmentId, AuthorityDiscoveryId},
	GroupIndex, Hash, SessionIndex, ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Validators of a session and what they were to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct SessionInfo {
	/// Which of the network's validators take part, in shuffled order.
	pub active_validator_indices: Vec<ValidatorIndex>,
	/// Randomness of the session.
	pub random_seed: [u8; 32],
	/// Sessions for which disputes stay open.
	pub dispute_period: SessionIndex,
	/// Their keys, in the same order; a [`ValidatorIndex`] of this session points here.
	pub validators: Vec<ValidatorId>,
	/// Keys under which their addresses are published; those of validators that do not take part follow.
	pub discovery_keys: Vec<AuthorityDiscoveryId>,
	/// Keys that assign approval checks, in the order of `validators`.
	pub assignment_keys: Vec<AssignmentId>,
	/// Backing groups.
	pub validator_groups: Vec<Vec<ValidatorIndex>>,
	/// Number of cores.
	pub n_cores: u32,
	/// Width of the first tranche of approval checkers.
	pub zeroth_delay_tranche_width: u32,
	/// Samples of the assignment by modulo.
	pub relay_vrf_modulo_samples: u32,
	/// Number of tranches.
	pub n_delay_tranches: u32,
	/// Slots after which a checker counts as absent.
	pub no_show_slots: u32,
	/// Approvals that a block needs.
	pub needed_approvals: u32,
}

impl SessionInfo {
	/// Members of a group; `None` if there is no such group.
	pub fn group(&self, group: GroupIndex) -> Option<&[ValidatorIndex]> {
		self.validator_groups.get(group.as_usize()).map(Vec::as_slice)
	}
}

/// How approvals are voted for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ApprovalVotingParams {
	/// Most candidates that one signature may approve; 1 sends each approval at once.
	pub max_approval_coalesce_count: u32,
}

impl Default for ApprovalVotingParams {
	fn default() -> Self {
		Self {
			max_approval_coalesce_count: 1,
		}
	}
}

/// A validator's verdict on new validation code (R-CODE-3).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct PvfCheckStatement {
	/// Whether the code can be prepared within the limits.
	pub accept: bool,
	/// The code.
	pub subject: ValidationCodeHash,
	/// Session in which the verdict counts.
	pub session_index: SessionIndex,
	/// Whose verdict it is.
	pub validator_index: ValidatorIndex,
}

impl PvfCheckStatement {
	/// The bytes that the validator signs.
	pub fn signing_payload(&self) -> Vec<u8> {
		(*b"VCPC", self).encode()
	}

	/// Whether `signature` is that of `validator`. Cost: one sr25519 verification, in the host.
	pub fn is_signed_by(
		&self,
		validator: &crate::ValidatorId,
		signature: &crate::ValidatorSignature,
	) -> bool {
		crate::crypto::verify(validator, &self.signing_payload(), signature)
	}
}

/// What a validator needs to know of an older relay parent (R-REL-1).
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RelayParentInfo {
	/// Its number.
	pub number: crate::BlockNumber,
	/// Its state root.
	pub state_root: Hash,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_code_3_golden_payload_of_a_pre_checking_vote() {
		let statement = PvfCheckStatement {
			accept: true,
			subject: ValidationCodeHash(Hash::repeat_byte(6)),
			session_index: 7,
			validator_index: ValidatorIndex(8),
		};
		let expected = [b"VCPC", &[1][..], &[6; 32], &[7, 0, 0, 0], &[8, 0, 0, 0]].concat();
		assert_eq!(statement.signing_payload(), expected, "R-CODE-3");
	}

	#[test]
	fn r_code_3_a_verdict_counts_as_its_validator_signed_it() {
		use crate::test_helpers::{validator_id, Signers};
		let statement = PvfCheckStatement {
			accept: true,
			subject: ValidationCodeHash(Hash::repeat_byte(6)),
			session_index: 7,
			validator_index: ValidatorIndex(0),
		};
		let signature = Signers::unshuffled(1).sign(ValidatorIndex(0), &statement.signing_payload());
		assert!(statement.is_signed_by(&validator_id(0), &signature));
		assert!(!statement.is_signed_by(&validator_id(1), &signature));
		let opposite = PvfCheckStatement {
			accept: false,
			..statement
		};
		assert!(!opposite.is_signed_by(&validator_id(0), &signature), "R-CODE-3");
	}

	#[test]
	fn r_bin_30_members_of_a_group_are_found_by_its_index() {
		let members = [0, 2, 5].map(ValidatorIndex);
		let info = SessionInfo {
			validator_groups: [members[..1].to_vec(), members[1..].to_vec(), Vec::new()].into(),
			..Default::default()
		};
		assert_eq!(info.group(GroupIndex(0)), Some(&members[..1]));
		assert_eq!(info.group(GroupIndex(1)), Some(&members[1..]));
		assert_eq!(info.group(GroupIndex(2)), Some(&[][..]), "nobody is in it");
		assert_eq!(info.group(GroupIndex(3)), None, "there is no such group");
	}
}
