//! Values that would stop the chain are refused at the call, each by its name (R-ABP-6).

use super::*;
use crate::BypassConsistencyCheck;
use async_backing_primitives::{
	ExecutorParam, PvfExecKind, INHERENT_RESERVE, MAX_CODE_RETENTION_PERIOD, MAX_CORES, MAX_DISPUTE_PERIOD,
	MAX_DOWNWARD_MESSAGE_SIZE, MAX_GROUP_ROTATION_FREQUENCY, MAX_HEAD_DATA_SIZE, MAX_HRMP_CHANNELS,
	MAX_HRMP_CHANNEL_CAPACITY, MAX_HRMP_CHANNEL_SIZE, MAX_HRMP_MESSAGE_SIZE, MAX_LOOKAHEAD,
	MAX_MESSAGES_PER_CANDIDATE, MAX_NO_SHOW_SLOTS, MAX_ON_DEMAND_ORDERS, MAX_POV_SIZE, MAX_PVF_VOTING_TTL,
	MAX_UPGRADE_PERIOD, MAX_UPWARD_MESSAGE_SIZE, MAX_VALIDATORS, RELAY_BLOCK_LENGTH,
};

type Edit = fn(&mut HostConfiguration);

/// Refused edits of the default configuration.
fn refused() -> Vec<(Edit, Error<Test>)> {
	vec![
		(
			|c| c.async_backing_params.max_candidate_depth = 256,
			Error::MaxCandidateDepthTooLarge,
		),
		(
			|c| c.async_backing_params.allowed_ancestry_len = 256,
			Error::AllowedAncestryLenTooLarge,
		),
		(
			|c| c.group_rotation_frequency = 0,
			Error::GroupRotationFrequencyZero,
		),
		(
			|c| c.paras_availability_period = 0,
			Error::ParasAvailabilityPeriodZero,
		),
		(|c| c.scheduling_lookahead = 0, Error::SchedulingLookaheadZero),
		(|c| c.minimum_backing_votes = 0, Error::MinimumBackingVotesZero),
		(|c| c.pvf_voting_ttl = 0, Error::PvfVotingTtlZero),
		(|c| c.max_code_size = 0, Error::MaxCodeSizeZero),
		(|c| c.max_head_data_size = 0, Error::MaxHeadDataSizeZero),
		(|c| c.max_pov_size = 0, Error::MaxPovSizeZero),
		(
			|c| c.hrmp_max_messages_consumed_per_candidate = 0,
			Error::HrmpMaxMessagesConsumedPerCandidateZero,
		),
		(|c| c.code_retention_period = 0, Error::CodeRetentionPeriodZero),
		(|c| c.dispute_period = 0, Error::DisputePeriodZero),
		(|c| c.no_show_slots = 0, Error::NoShowSlotsZero),
		(|c| c.n_delay_tranches = 0, Error::NDelayTranchesZero),
		(|c| c.needed_approvals = 0, Error::NeededApprovalsZero),
		(|c| c.max_validators = Some(0), Error::MaxValidatorsZero),
		(
			|c| c.approval_voting_params.max_approval_coalesce_count = 0,
			Error::MaxApprovalCoalesceCountZero,
		),
		(|c| c.scheduling_lookahead = 1, Error::SchedulingLookaheadTooSmall),
		(
			|c| c.validation_upgrade_delay = 1,
			Error::ValidationUpgradeDelayTooSmall,
		),
		(
			|c| c.minimum_validation_upgrade_delay = 10,
			Error::MinimumValidationUpgradeDelayTooSmall,
		),
		(
			|c| c.paras_availability_period = 20,
			Error::MinimumValidationUpgradeDelayTooSmall,
		),
		(|c| c.max_code_size = 8, Error::MaxCodeSizeTooSmall),
		(
			|c| c.max_upward_queue_size = c.max_upward_message_size - 1,
			Error::MaxUpwardQueueSizeTooSmall,
		),
		(
			|c| c.hrmp_channel_max_total_size = c.hrmp_channel_max_message_size - 1,
			Error::HrmpChannelMaxTotalSizeTooSmall,
		),
		(
			|c| c.max_head_data_size = MAX_HEAD_DATA_SIZE + 1,
			Error::MaxHeadDataSizeTooLarge,
		),
		(
			|c| c.max_head_data_size = u32::MAX,
			Error::MaxHeadDataSizeTooLarge,
		),
		(|c| c.max_pov_size = MAX_POV_SIZE + 1, Error::MaxPovSizeTooLarge),
		(
			|c| c.max_upward_message_size = MAX_UPWARD_MESSAGE_SIZE + 1,
			Error::MaxUpwardMessageSizeTooLarge,
		),
		(
			|c| c.max_upward_message_num_per_candidate = MAX_MESSAGES_PER_CANDIDATE + 1,
			Error::MaxUpwardMessageNumPerCandidateTooLarge,
		),
		(
			|c| c.hrmp_max_message_num_per_candidate = MAX_MESSAGES_PER_CANDIDATE + 1,
			Error::HrmpMaxMessageNumPerCandidateTooLarge,
		),
		(
			|c| c.validation_upgrade_cooldown = MAX_UPGRADE_PERIOD + 1,
			Error::ValidationUpgradeCooldownTooLarge,
		),
		(
			|c| c.validation_upgrade_cooldown = u32::MAX,
			Error::ValidationUpgradeCooldownTooLarge,
		),
		(
			|c| c.validation_upgrade_delay = MAX_UPGRADE_PERIOD + 1,
			Error::ValidationUpgradeDelayTooLarge,
		),
		(
			|c| c.minimum_validation_upgrade_delay = MAX_UPGRADE_PERIOD + 1,
			Error::MinimumValidationUpgradeDelayTooLarge,
		),
		(
			|c| c.code_retention_period = MAX_CODE_RETENTION_PERIOD + 1,
			Error::CodeRetentionPeriodTooLarge,
		),
		(
			|c| c.pvf_voting_ttl = MAX_PVF_VOTING_TTL + 1,
			Error::PvfVotingTtlTooLarge,
		),
		(
			|c| c.max_downward_message_size = MAX_DOWNWARD_MESSAGE_SIZE + 1,
			Error::MaxDownwardMessageSizeTooLarge,
		),
		(
			|c| c.hrmp_max_parachain_outbound_channels = MAX_HRMP_CHANNELS + 1,
			Error::HrmpMaxParachainOutboundChannelsTooLarge,
		),
		(
			|c| c.hrmp_max_parachain_inbound_channels = MAX_HRMP_CHANNELS + 1,
			Error::HrmpMaxParachainInboundChannelsTooLarge,
		),
		(
			|c| c.hrmp_channel_max_capacity = MAX_HRMP_CHANNEL_CAPACITY + 1,
			Error::HrmpChannelMaxCapacityTooLarge,
		),
		(
			|c| c.hrmp_channel_max_total_size = MAX_HRMP_CHANNEL_SIZE + 1,
			Error::HrmpChannelMaxTotalSizeTooLarge,
		),
		(
			|c| c.hrmp_channel_max_message_size = MAX_HRMP_MESSAGE_SIZE + 1,
			Error::HrmpChannelMaxMessageSizeTooLarge,
		),
		(
			|c| c.dispute_period = MAX_DISPUTE_PERIOD + 1,
			Error::DisputePeriodTooLarge,
		),
		(
			|c| c.dispute_post_conclusion_acceptance_period = MAX_CODE_RETENTION_PERIOD + 1,
			Error::DisputePostConclusionAcceptancePeriodTooLarge,
		),
		(
			|c| c.no_show_slots = MAX_NO_SHOW_SLOTS + 1,
			Error::NoShowSlotsTooLarge,
		),
		(
			|c| c.n_delay_tranches = MAX_VALIDATORS + 1,
			Error::NDelayTranchesTooLarge,
		),
		(
			|c| c.zeroth_delay_tranche_width = MAX_VALIDATORS + 1,
			Error::ZerothDelayTrancheWidthTooLarge,
		),
		(
			|c| c.needed_approvals = MAX_VALIDATORS + 1,
			Error::NeededApprovalsTooLarge,
		),
		(
			|c| c.relay_vrf_modulo_samples = MAX_CORES + 1,
			Error::RelayVrfModuloSamplesTooLarge,
		),
		(
			|c| c.group_rotation_frequency = MAX_GROUP_ROTATION_FREQUENCY + 1,
			Error::GroupRotationFrequencyTooLarge,
		),
		(
			|c| c.group_rotation_frequency = u32::MAX,
			Error::GroupRotationFrequencyTooLarge,
		),
		(
			|c| c.paras_availability_period = MAX_GROUP_ROTATION_FREQUENCY + 1,
			Error::ParasAvailabilityPeriodTooLarge,
		),
		(
			|c| c.paras_availability_period = u32::MAX,
			Error::ParasAvailabilityPeriodTooLarge,
		),
		(|c| c.num_cores = MAX_CORES + 1, Error::NumCoresTooLarge),
		(|c| c.num_cores = u32::MAX, Error::NumCoresTooLarge),
		(
			|c| c.scheduling_lookahead = MAX_LOOKAHEAD + 1,
			Error::SchedulingLookaheadTooLarge,
		),
		(
			|c| c.on_demand_queue_max_size = MAX_ON_DEMAND_ORDERS + 1,
			Error::OnDemandQueueMaxSizeTooLarge,
		),
		(|c| c.max_code_size = CODE_ROOM + 1, Error::MaxCodeSizeTooLarge),
		(|c| c.max_code_size = u32::MAX, Error::MaxCodeSizeTooLarge),
		(
			|c| c.approval_voting_params.max_approval_coalesce_count = 17,
			Error::MaxApprovalCoalesceCountTooLarge,
		),
		(
			|c| c.max_relay_parent_session_age = 1,
			Error::MaxRelayParentSessionAgeTooLarge,
		),
		(
			|c| c.executor_params = executor(&[ExecutorParam::WasmExtBulkMemory; 2]),
			Error::ExecutorParamRepeated,
		),
		(
			|c| c.executor_params = executor(&[ExecutorParam::MaxMemoryPages(0)]),
			Error::ExecutorParamOutOfRange,
		),
		(
			|c| c.executor_params = executor(&[ExecutorParam::PvfExecTimeout(PvfExecKind::Backing, 12_000)]),
			Error::ExecutorParamsIncompatible,
		),
	]
}

/// What an inherent of the mock's blocks has room for, beside head data of the default size.
const CODE_ROOM: u32 = 4_435_968;

fn executor(params: &[ExecutorParam]) -> async_backing_primitives::ExecutorParams {
	params.to_vec().try_into().expect("few enough")
}

fn edited(edit: Edit) -> HostConfiguration {
	let mut config = HostConfiguration::default();
	edit(&mut config);
	config
}

#[test]
fn r_abp_4_and_6_inconsistent_changes_are_refused_each_with_its_own_error() {
	run(|| {
		for (edit, error) in refused() {
			let config = edited(edit);
			assert_noop!(Configuration::set_config(RuntimeOrigin::root(), config), error);
		}
		assert_noop!(set_params(256, 0), Error::<Test>::MaxCandidateDepthTooLarge);
		for (depth, ancestry) in [(0, 0), (4, 0), (0, 3), (255, 255)] {
			assert_ok!(set_params(depth, ancestry)); // R-ABP-4: every combination within the bounds
		}
	});
}

#[test]
fn r_abp_6_values_at_their_bounds_are_accepted() {
	let rows: [Edit; 14] = [
		|c| c.max_validators = Some(1),
		|c| c.max_validators_per_core = Some(0),
		|c| c.num_cores = MAX_CORES,
		|c| c.max_code_size = CODE_ROOM,
		|c| c.max_code_size = 9,
		|c| (c.max_head_data_size, c.max_pov_size) = (1, 1),
		|c| c.max_head_data_size = MAX_HEAD_DATA_SIZE,
		|c| c.group_rotation_frequency = MAX_GROUP_ROTATION_FREQUENCY,
		|c| c.validation_upgrade_cooldown = MAX_UPGRADE_PERIOD,
		|c| c.hrmp_channel_max_capacity = MAX_HRMP_CHANNEL_CAPACITY,
		|c| c.on_demand_queue_max_size = MAX_ON_DEMAND_ORDERS,
		|c| c.minimum_backing_votes = u32::MAX,
		// What stops a service on purpose.
		|c| (c.num_cores, c.on_demand_queue_max_size) = (0, 0),
		|c| {
			(
				c.max_upward_message_num_per_candidate,
				c.hrmp_max_message_num_per_candidate,
			) = (0, 0);
			(c.hrmp_channel_max_capacity, c.max_downward_message_size) = (0, 0);
		},
	];
	run(|| {
		for edit in rows {
			assert_ok!(Configuration::set_config(RuntimeOrigin::root(), edited(edit)));
		}
	});
}

#[test]
fn r_abp_6_code_fits_beside_the_header_of_an_epoch_change() {
	let length: frame_system::limits::BlockLength = <Test as frame_system::Config>::BlockLength::get();
	let mandatory = *length.max.get(frame_support::dispatch::DispatchClass::Mandatory);
	assert_eq!(mandatory, RELAY_BLOCK_LENGTH);
	let config = HostConfiguration::default();
	assert_eq!(config.code_room(mandatory), CODE_ROOM, "5 MiB - 768 KiB - 20 KiB");
	assert_eq!(
		config.code_room(INHERENT_RESERVE),
		0,
		"R-PRE-2: no room is no underflow"
	);
	// Longer heads leave less: both are in the same candidate.
	let long_heads = HostConfiguration {
		max_head_data_size: MAX_HEAD_DATA_SIZE,
		max_code_size: 3_407_872 + 1,
		..config
	};
	run(|| {
		assert_noop!(
			Configuration::set_config(RuntimeOrigin::root(), long_heads),
			Error::<Test>::MaxCodeSizeTooLarge
		);
	});
}

#[test]
fn r_abp_6_code_fits_into_the_blocks_of_this_chain() {
	// 2 MiB - 768 KiB - 20 KiB.
	const ROOM: u32 = 1_290_240;
	let short_blocks = HostConfiguration {
		max_code_size: ROOM,
		..Default::default()
	};
	BlockBytes::set(2 * 1024 * 1024);
	run_with(short_blocks, || {
		assert_noop!(
			Configuration::set_max_code_size(RuntimeOrigin::root(), ROOM + 1),
			Error::<Test>::MaxCodeSizeTooLarge
		);
		assert_ok!(Configuration::set_max_code_size(RuntimeOrigin::root(), ROOM - 1));
	});
	BlockBytes::set(RELAY_BLOCK_LENGTH);
}

#[test]
fn r_abp_6_the_check_can_be_switched_off_but_not_the_bounds_of_asynchronous_backing() {
	run(|| {
		let bypass = |on| Configuration::set_bypass_consistency_check(RuntimeOrigin::root(), on);
		assert_noop!(
			Configuration::set_bypass_consistency_check(RuntimeOrigin::signed(1), true),
			BadOrigin
		);
		assert_ok!(bypass(true));
		assert!(BypassConsistencyCheck::<Test>::get());
		assert_ok!(Configuration::set_minimum_backing_votes(RuntimeOrigin::root(), 0));
		assert_noop!(set_params(256, 0), Error::<Test>::MaxCandidateDepthTooLarge);
		assert_ok!(Configuration::set_minimum_backing_votes(RuntimeOrigin::root(), 2));
		assert_ok!(bypass(false));
		assert_noop!(
			Configuration::set_minimum_backing_votes(RuntimeOrigin::root(), 0),
			Error::<Test>::MinimumBackingVotesZero
		);
	});
}
