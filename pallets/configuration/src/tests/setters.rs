//! One call for each value, each of which stages that value alone (R-ABP-5).

use super::*;
use crate::SchedulerParams;
use async_backing_primitives::{ApprovalVotingParams, ExecutorParam, ExecutorParams};
use codec::Encode;
use frame_support::dispatch::DispatchResult;

type Setter = (fn() -> DispatchResult, fn(&mut HostConfiguration));

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

fn executor_params() -> ExecutorParams {
	vec![ExecutorParam::MaxMemoryPages(7)]
		.try_into()
		.expect("few enough")
}

/// Each setter with what it shall change.
fn setters() -> Vec<Setter> {
	vec![
		(
			|| Configuration::set_validation_upgrade_cooldown(root(), 31),
			|c| c.validation_upgrade_cooldown = 31,
		),
		(
			|| Configuration::set_validation_upgrade_delay(root(), 32),
			|c| c.validation_upgrade_delay = 32,
		),
		(
			|| Configuration::set_code_retention_period(root(), 33),
			|c| c.code_retention_period = 33,
		),
		(
			|| Configuration::set_max_code_size(root(), 100),
			|c| c.max_code_size = 100,
		),
		(
			|| Configuration::set_max_pov_size(root(), 35),
			|c| c.max_pov_size = 35,
		),
		(
			|| Configuration::set_max_head_data_size(root(), 36),
			|c| c.max_head_data_size = 36,
		),
		(
			|| Configuration::set_coretime_cores(root(), 37),
			|c| c.num_cores = 37,
		),
		(
			|| Configuration::set_group_rotation_frequency(root(), 38),
			|c| c.group_rotation_frequency = 38,
		),
		(
			|| Configuration::set_paras_availability_period(root(), 80),
			|c| c.paras_availability_period = 80,
		),
		(
			|| Configuration::set_scheduling_lookahead(root(), 40),
			|c| c.scheduling_lookahead = 40,
		),
		(
			|| Configuration::set_max_validators_per_core(root(), Some(41)),
			|c| c.max_validators_per_core = Some(41),
		),
		(
			|| Configuration::set_max_validators(root(), Some(42)),
			|c| c.max_validators = Some(42),
		),
		(
			|| Configuration::set_dispute_period(root(), 43),
			|c| c.dispute_period = 43,
		),
		(
			|| Configuration::set_dispute_post_conclusion_acceptance_period(root(), 44),
			|c| c.dispute_post_conclusion_acceptance_period = 44,
		),
		(
			|| Configuration::set_no_show_slots(root(), 45),
			|c| c.no_show_slots = 45,
		),
		(
			|| Configuration::set_n_delay_tranches(root(), 46),
			|c| c.n_delay_tranches = 46,
		),
		(
			|| Configuration::set_zeroth_delay_tranche_width(root(), 47),
			|c| c.zeroth_delay_tranche_width = 47,
		),
		(
			|| Configuration::set_needed_approvals(root(), 48),
			|c| c.needed_approvals = 48,
		),
		(
			|| Configuration::set_relay_vrf_modulo_samples(root(), 49),
			|c| c.relay_vrf_modulo_samples = 49,
		),
		(
			|| Configuration::set_max_upward_queue_count(root(), 50),
			|c| c.max_upward_queue_count = 50,
		),
		(
			|| Configuration::set_max_upward_queue_size(root(), 200000),
			|c| c.max_upward_queue_size = 200000,
		),
		(
			|| Configuration::set_max_upward_message_size(root(), 52),
			|c| c.max_upward_message_size = 52,
		),
		(
			|| Configuration::set_max_upward_message_num_per_candidate(root(), 53),
			|c| c.max_upward_message_num_per_candidate = 53,
		),
		(
			|| Configuration::set_hrmp_sender_deposit(root(), 54),
			|c| c.hrmp_sender_deposit = 54,
		),
		(
			|| Configuration::set_hrmp_recipient_deposit(root(), 55),
			|c| c.hrmp_recipient_deposit = 55,
		),
		(
			|| Configuration::set_hrmp_channel_max_capacity(root(), 56),
			|c| c.hrmp_channel_max_capacity = 56,
		),
		(
			|| Configuration::set_hrmp_channel_max_total_size(root(), 200000),
			|c| c.hrmp_channel_max_total_size = 200000,
		),
		(
			|| Configuration::set_hrmp_max_parachain_inbound_channels(root(), 58),
			|c| c.hrmp_max_parachain_inbound_channels = 58,
		),
		(
			|| Configuration::set_hrmp_channel_max_message_size(root(), 59),
			|c| c.hrmp_channel_max_message_size = 59,
		),
		(
			|| Configuration::set_hrmp_max_parachain_outbound_channels(root(), 60),
			|c| c.hrmp_max_parachain_outbound_channels = 60,
		),
		(
			|| Configuration::set_hrmp_max_message_num_per_candidate(root(), 61),
			|c| c.hrmp_max_message_num_per_candidate = 61,
		),
		(
			|| Configuration::set_hrmp_max_messages_consumed_per_candidate(root(), 62),
			|c| c.hrmp_max_messages_consumed_per_candidate = 62,
		),
		(
			|| Configuration::set_pvf_voting_ttl(root(), 63),
			|c| c.pvf_voting_ttl = 63,
		),
		(
			|| Configuration::set_minimum_validation_upgrade_delay(root(), 90),
			|c| c.minimum_validation_upgrade_delay = 90,
		),
		(
			|| Configuration::set_executor_params(root(), executor_params()),
			|c| c.executor_params = executor_params(),
		),
		(
			|| Configuration::set_on_demand_base_fee(root(), 66),
			|c| c.on_demand_base_fee = 66,
		),
		(
			|| Configuration::set_on_demand_fee_variability(root(), Perbill::from_percent(67)),
			|c| c.on_demand_fee_variability = Perbill::from_percent(67),
		),
		(
			|| Configuration::set_on_demand_queue_max_size(root(), 68),
			|c| c.on_demand_queue_max_size = 68,
		),
		(
			|| Configuration::set_on_demand_target_queue_utilization(root(), Perbill::from_percent(69)),
			|c| c.on_demand_target_queue_utilization = Perbill::from_percent(69),
		),
		(
			|| Configuration::set_minimum_backing_votes(root(), 70),
			|c| c.minimum_backing_votes = 70,
		),
		(
			|| {
				Configuration::set_approval_voting_params(
					root(),
					ApprovalVotingParams {
						max_approval_coalesce_count: 7,
					},
				)
			},
			|c| {
				c.approval_voting_params = ApprovalVotingParams {
					max_approval_coalesce_count: 7,
				}
			},
		),
		(
			|| Configuration::set_max_relay_parent_session_age(root(), 0),
			|c| c.max_relay_parent_session_age = 0,
		),
		(
			|| Configuration::set_node_feature(root(), 9, true),
			|c| c.node_features.set(9, true),
		),
		(
			|| Configuration::set_node_feature(root(), 3, false),
			|c| c.node_features.set(3, false),
		),
		(
			|| Configuration::set_async_backing_params(root(), params(1, 2)),
			|c| c.async_backing_params = params(1, 2),
		),
		(
			|| Configuration::set_max_downward_message_size(root(), 29),
			|c| c.max_downward_message_size = 29,
		),
	]
}

#[test]
fn r_abp_5_each_value_is_staged_by_its_own_call_and_all_merge() {
	run(|| {
		let mut expected = Configuration::active_config();
		// Before the period that it has to exceed.
		assert_ok!(Configuration::set_minimum_validation_upgrade_delay(root(), 90));
		expected.minimum_validation_upgrade_delay = 90;
		for (position, (set, edit)) in setters().into_iter().enumerate() {
			assert_ok!(set());
			edit(&mut expected);
			let staged = Configuration::pending().pop().expect("something is staged").1;
			assert_eq!(
				staged, expected,
				"R-ABP-5: setter {position} stages its value alone"
			);
		}
		assert_eq!(Configuration::pending().len(), 1, "for one session");
		next_session();
		next_session();
		assert_eq!(Configuration::active(), expected);
	});
}

#[test]
fn r_abp_6_a_setter_names_the_value_that_does_not_fit_and_asks_for_the_admin() {
	run(|| {
		assert_noop!(
			Configuration::set_max_validators(root(), Some(0)),
			Error::<Test>::MaxValidatorsZero
		);
		assert_noop!(
			Configuration::set_coretime_cores(root(), u32::MAX),
			Error::<Test>::NumCoresTooLarge
		);
		assert_noop!(
			Configuration::set_paras_availability_period(root(), 20),
			Error::<Test>::MinimumValidationUpgradeDelayTooSmall
		);
		assert_noop!(
			Configuration::set_max_code_size(RuntimeOrigin::signed(1), 9),
			BadOrigin
		);
		assert_noop!(
			Configuration::set_node_feature(RuntimeOrigin::none(), 1, true),
			BadOrigin
		);
	});
}

#[test]
fn r_abp_5_scheduler_params_are_one_group_in_the_published_layout() {
	run(|| {
		let now = Configuration::active_config();
		let wanted = SchedulerParams {
			num_cores: 7,
			ttl: 8,
			..SchedulerParams::of(&now)
		};
		assert_ok!(Configuration::set_scheduler_params(root(), wanted));
		let expected = HostConfiguration {
			num_cores: 7,
			ttl: 8,
			..now
		};
		assert_eq!(Configuration::pending(), [(2, expected)]);
		let layout = (10u32, 10u32, None::<u32>, 4u32, 7u32, 0u32, 500u32);
		let prices = (250_000_000u32, 30_000_000u32, 10_000_000u128, 8u32);
		assert_eq!(wanted.encode(), (layout, prices).encode());
	});
}
