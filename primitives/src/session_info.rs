//! What later checkers need to know of a session: keys, groups, limits of execution (R-BIN-30).

use crate::{
	crypto::{AssignmentId, AuthorityDiscoveryId},
	GroupIndex, Hash, SessionIndex, ValidationCodeHash, ValidatorId, ValidatorIndex,
};
use alloc::vec::Vec;
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Features that the nodes of a network have agreed to use, one bit each.
pub type NodeFeatures = BitVec<u8, Lsb0>;

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

/// Departures from the default limits of the parachain Wasm executor; empty means defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ExecutorParams(pub Vec<ExecutorParam>);

/// One of the [`ExecutorParams`].
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExecutorParam {
	/// Most memory pages of 64 KiB.
	#[codec(index = 1)]
	MaxMemoryPages(u32),
	/// Most values on the Wasm stack.
	#[codec(index = 2)]
	StackLogicalMax(u32),
	/// Most bytes of the machine's stack.
	#[codec(index = 3)]
	StackNativeMax(u32),
	/// Most memory for pre-checking, in bytes.
	#[codec(index = 4)]
	PrecheckingMaxMemory(u64),
	/// Longest preparation, in milliseconds.
	#[codec(index = 5)]
	PvfPrepTimeout(PvfPrepKind, u64),
	/// Longest execution, in milliseconds.
	#[codec(index = 6)]
	PvfExecTimeout(PvfExecKind, u64),
	/// The bulk-memory extension of Wasm is on.
	#[codec(index = 7)]
	WasmExtBulkMemory,
	/// This host function may be called.
	#[codec(index = 8)]
	EnabledHostFunction(ExecutorHostFunction),
}

/// What validation code is prepared for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PvfPrepKind {
	/// To judge new code.
	Precheck,
	/// To execute it.
	Prepare,
}

/// What validation code is executed for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PvfExecKind {
	/// To back a candidate.
	Backing,
	/// To approve or dispute one.
	Approval,
}

/// Host functions that a network may switch on.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExecutorHostFunction {
	/// Elliptic-curve arithmetic of RFC 163.
	#[codec(index = 1)]
	EccRfc163,
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
		crate::crypto::verify(signature, &self.signing_payload(), validator)
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
	fn r_bin_30_executor_params_keep_their_numbers() {
		let params = [
			ExecutorParam::MaxMemoryPages(1),
			ExecutorParam::StackLogicalMax(1),
			ExecutorParam::StackNativeMax(1),
			ExecutorParam::PrecheckingMaxMemory(1),
			ExecutorParam::PvfPrepTimeout(PvfPrepKind::Prepare, 1),
			ExecutorParam::PvfExecTimeout(PvfExecKind::Approval, 1),
			ExecutorParam::WasmExtBulkMemory,
			ExecutorParam::EnabledHostFunction(ExecutorHostFunction::EccRfc163),
		];
		for (position, param) in params.iter().enumerate() {
			assert_eq!(usize::from(param.encode()[0]), position + 1, "R-BIN-30");
		}
		assert_eq!(params[4].encode(), [5, 1, 1, 0, 0, 0, 0, 0, 0, 0], "R-BIN-30");
		assert_eq!(params[7].encode(), [8, 1], "R-BIN-30");
	}
}
