//! Which error of a call names which value (R-ABP-6).

use crate::Error;
use async_backing_primitives::{
	InconsistentConfiguration, InconsistentExecutorParams, InvalidAsyncBackingParams,
};

impl<T> From<InvalidAsyncBackingParams> for Error<T> {
	fn from(error: InvalidAsyncBackingParams) -> Self {
		InconsistentConfiguration::from(error).into()
	}
}

impl<T> From<InconsistentConfiguration> for Error<T> {
	fn from(error: InconsistentConfiguration) -> Self {
		use InconsistentConfiguration::{ExecutorParams, TooLarge, TooSmall, Zero};
		match error {
			Zero(parameter) => match parameter {
				"group_rotation_frequency" => Self::GroupRotationFrequencyZero,
				"paras_availability_period" => Self::ParasAvailabilityPeriodZero,
				"scheduling_lookahead" => Self::SchedulingLookaheadZero,
				"minimum_backing_votes" => Self::MinimumBackingVotesZero,
				"pvf_voting_ttl" => Self::PvfVotingTtlZero,
				"max_code_size" => Self::MaxCodeSizeZero,
				"max_head_data_size" => Self::MaxHeadDataSizeZero,
				"max_pov_size" => Self::MaxPovSizeZero,
				"max_validators" => Self::MaxValidatorsZero,
				"hrmp_max_messages_consumed_per_candidate" => Self::HrmpMaxMessagesConsumedPerCandidateZero,
				"code_retention_period" => Self::CodeRetentionPeriodZero,
				"dispute_period" => Self::DisputePeriodZero,
				"no_show_slots" => Self::NoShowSlotsZero,
				"n_delay_tranches" => Self::NDelayTranchesZero,
				"needed_approvals" => Self::NeededApprovalsZero,
				"max_approval_coalesce_count" => Self::MaxApprovalCoalesceCountZero,
				_ => Self::Inconsistent,
			},
			TooSmall { parameter, .. } => match parameter {
				"scheduling_lookahead" => Self::SchedulingLookaheadTooSmall,
				"validation_upgrade_delay" => Self::ValidationUpgradeDelayTooSmall,
				"minimum_validation_upgrade_delay" => Self::MinimumValidationUpgradeDelayTooSmall,
				"max_code_size" => Self::MaxCodeSizeTooSmall,
				"max_upward_queue_size" => Self::MaxUpwardQueueSizeTooSmall,
				"hrmp_channel_max_total_size" => Self::HrmpChannelMaxTotalSizeTooSmall,
				_ => Self::Inconsistent,
			},
			TooLarge { parameter, .. } => match parameter {
				"max_candidate_depth" => Self::MaxCandidateDepthTooLarge,
				"allowed_ancestry_len" => Self::AllowedAncestryLenTooLarge,
				"max_code_size" => Self::MaxCodeSizeTooLarge,
				"max_head_data_size" => Self::MaxHeadDataSizeTooLarge,
				"max_pov_size" => Self::MaxPovSizeTooLarge,
				"max_upward_message_size" => Self::MaxUpwardMessageSizeTooLarge,
				"max_upward_message_num_per_candidate" => Self::MaxUpwardMessageNumPerCandidateTooLarge,
				"hrmp_max_message_num_per_candidate" => Self::HrmpMaxMessageNumPerCandidateTooLarge,
				"num_cores" => Self::NumCoresTooLarge,
				"scheduling_lookahead" => Self::SchedulingLookaheadTooLarge,
				"max_downward_message_size" => Self::MaxDownwardMessageSizeTooLarge,
				"hrmp_channel_max_message_size" => Self::HrmpChannelMaxMessageSizeTooLarge,
				"hrmp_max_parachain_outbound_channels" => Self::HrmpMaxParachainOutboundChannelsTooLarge,
				"hrmp_max_parachain_inbound_channels" => Self::HrmpMaxParachainInboundChannelsTooLarge,
				"on_demand_queue_max_size" => Self::OnDemandQueueMaxSizeTooLarge,
				"validation_upgrade_cooldown" => Self::ValidationUpgradeCooldownTooLarge,
				"validation_upgrade_delay" => Self::ValidationUpgradeDelayTooLarge,
				"minimum_validation_upgrade_delay" => Self::MinimumValidationUpgradeDelayTooLarge,
				"code_retention_period" => Self::CodeRetentionPeriodTooLarge,
				"pvf_voting_ttl" => Self::PvfVotingTtlTooLarge,
				"hrmp_channel_max_capacity" => Self::HrmpChannelMaxCapacityTooLarge,
				"hrmp_channel_max_total_size" => Self::HrmpChannelMaxTotalSizeTooLarge,
				"dispute_period" => Self::DisputePeriodTooLarge,
				"dispute_post_conclusion_acceptance_period" => {
					Self::DisputePostConclusionAcceptancePeriodTooLarge
				}
				"no_show_slots" => Self::NoShowSlotsTooLarge,
				"n_delay_tranches" => Self::NDelayTranchesTooLarge,
				"zeroth_delay_tranche_width" => Self::ZerothDelayTrancheWidthTooLarge,
				"needed_approvals" => Self::NeededApprovalsTooLarge,
				"relay_vrf_modulo_samples" => Self::RelayVrfModuloSamplesTooLarge,
				"max_approval_coalesce_count" => Self::MaxApprovalCoalesceCountTooLarge,
				"group_rotation_frequency" => Self::GroupRotationFrequencyTooLarge,
				"paras_availability_period" => Self::ParasAvailabilityPeriodTooLarge,
				"max_relay_parent_session_age" => Self::MaxRelayParentSessionAgeTooLarge,
				_ => Self::Inconsistent,
			},
			ExecutorParams(InconsistentExecutorParams::Repeated(_)) => Self::ExecutorParamRepeated,
			ExecutorParams(InconsistentExecutorParams::OutOfRange { .. }) => Self::ExecutorParamOutOfRange,
			ExecutorParams(InconsistentExecutorParams::BelowOther { .. }) => Self::ExecutorParamsIncompatible,
		}
	}
}
