//! The constraints, field by field: where each is from in the relay chain's state, and who changes it.

use crate::{ExecutionContext, Source};
use async_backing_primitives::ConstraintModifications;

/// A field of [`Constraints`](async_backing_primitives::Constraints).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(
	missing_docs,
	reason = "named as the fields of `Constraints`, which are documented"
)]
pub enum ConstraintField {
	MinRelayParentNumber,
	MaxPovSize,
	MaxCodeSize,
	MaxHeadDataSize,
	UmpRemaining,
	UmpRemainingBytes,
	MaxUmpNumPerCandidate,
	DmpRemainingMessages,
	HrmpInbound,
	HrmpChannelsOut,
	MaxHrmpNumPerCandidate,
	RequiredParent,
	ValidationCodeHash,
	UpgradeRestriction,
	FutureValidationCode,
}

impl ConstraintField {
	/// All of them, in the order of R-BASE-1 to R-BASE-15.
	pub const ALL: [Self; 15] = [
		Self::MinRelayParentNumber,
		Self::MaxPovSize,
		Self::MaxCodeSize,
		Self::MaxHeadDataSize,
		Self::UmpRemaining,
		Self::UmpRemainingBytes,
		Self::MaxUmpNumPerCandidate,
		Self::DmpRemainingMessages,
		Self::HrmpInbound,
		Self::HrmpChannelsOut,
		Self::MaxHrmpNumPerCandidate,
		Self::RequiredParent,
		Self::ValidationCodeHash,
		Self::UpgradeRestriction,
		Self::FutureValidationCode,
	];

	/// Name of the field.
	pub const fn name(self) -> &'static str {
		match self {
			Self::MinRelayParentNumber => "min_relay_parent_number",
			Self::MaxPovSize => "max_pov_size",
			Self::MaxCodeSize => "max_code_size",
			Self::MaxHeadDataSize => "max_head_data_size",
			Self::UmpRemaining => "ump_remaining",
			Self::UmpRemainingBytes => "ump_remaining_bytes",
			Self::MaxUmpNumPerCandidate => "max_ump_num_per_candidate",
			Self::DmpRemainingMessages => "dmp_remaining_messages",
			Self::HrmpInbound => "hrmp_inbound",
			Self::HrmpChannelsOut => "hrmp_channels_out",
			Self::MaxHrmpNumPerCandidate => "max_hrmp_num_per_candidate",
			Self::RequiredParent => "required_parent",
			Self::ValidationCodeHash => "validation_code_hash",
			Self::UpgradeRestriction => "upgrade_restriction",
			Self::FutureValidationCode => "future_validation_code",
		}
	}

	/// Number of its rule: R-BASE-1 to R-BASE-15.
	pub const fn rule(self) -> u32 {
		self as u32 + 1
	}

	/// What in the relay chain's state it is derived from.
	pub const fn origin(self) -> &'static str {
		match self {
			Self::MinRelayParentNumber => "relay-parent window, context of the included head",
			Self::MaxPovSize
			| Self::MaxCodeSize
			| Self::MaxHeadDataSize
			| Self::MaxUmpNumPerCandidate
			| Self::MaxHrmpNumPerCandidate => "host configuration",
			Self::UmpRemaining | Self::UmpRemainingBytes => "host configuration, upward queue",
			Self::DmpRemainingMessages => "downward queue",
			Self::HrmpInbound => "watermark, digest of inbound channels",
			Self::HrmpChannelsOut => "outbound channels",
			Self::RequiredParent => "head of the para",
			Self::ValidationCodeHash => "code of the para",
			Self::UpgradeRestriction => "restriction signal, scheduled code",
			Self::FutureValidationCode => "scheduled code",
		}
	}

	/// Whether a candidate with these modifications changes it for those after it (R-APP-2 to R-APP-7).
	pub fn is_changed_by(self, modifications: &ConstraintModifications<'_>) -> bool {
		match self {
			Self::MinRelayParentNumber
			| Self::MaxPovSize
			| Self::MaxCodeSize
			| Self::MaxHeadDataSize
			| Self::MaxUmpNumPerCandidate
			| Self::MaxHrmpNumPerCandidate => false,
			Self::UmpRemaining => modifications.ump_messages_sent > 0,
			Self::UmpRemainingBytes => modifications.ump_bytes_sent > 0,
			Self::DmpRemainingMessages => modifications.dmp_messages_processed > 0,
			Self::HrmpInbound => modifications.hrmp_watermark.is_some(),
			Self::HrmpChannelsOut => !modifications.outbound_hrmp.is_empty(),
			Self::RequiredParent => modifications.required_parent.is_some(),
			Self::ValidationCodeHash | Self::FutureValidationCode => modifications.code_upgrade_applied,
			Self::UpgradeRestriction => modifications.code_upgrade_announced,
		}
	}
}

impl ExecutionContext {
	/// Where a field of the resulting [constraints](Self::constraints) is from: the state with the base constraints, then each
	/// ancestor that changes it, oldest first. Of those that replace it ([`RequiredParent`](ConstraintField::RequiredParent)
	/// and the watermark) the last one counts.
	pub fn sources(&self, field: ConstraintField) -> impl Iterator<Item = Source> + '_ {
		let changes = self
			.ancestors
			.iter()
			.filter(move |ancestor| field.is_changed_by(&ancestor.modifications));
		core::iter::once(self.base.source).chain(changes.map(|ancestor| ancestor.source()))
	}
}
