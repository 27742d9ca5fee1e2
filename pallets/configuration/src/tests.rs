mod bricks;
mod setters;

use crate::{
	mock::*, ActiveConfig, BackingLimits, CandidateLimits, Config, Error, Event, HrmpLimits, OnDemandLimits,
	PendingConfig, PendingConfigs, SchedulingLimits, UmpLimits, UpgradeLimits, WeightInfo,
};
use async_backing_primitives::{
	keys::ACTIVE_CONFIG,
	ports::{ActiveConfiguration, ConfigurationOfSession},
	AsyncBackingParams, HostConfiguration,
};
use codec::{Decode, Encode};
use frame_support::{
	assert_noop, assert_ok,
	storage::{unhashed, with_transaction_unchecked, TransactionOutcome},
	traits::Get,
	BoundedVec,
};
use sp_runtime::Perbill;
use sp_runtime::{traits::BadOrigin, BuildStorage};

fn params(max_candidate_depth: u32, allowed_ancestry_len: u32) -> AsyncBackingParams {
	AsyncBackingParams {
		max_candidate_depth,
		allowed_ancestry_len,
	}
}

fn set_params(depth: u32, ancestry: u32) -> frame_support::dispatch::DispatchResult {
	Configuration::set_async_backing_params(RuntimeOrigin::root(), params(depth, ancestry))
}

fn pending_params() -> Vec<(u32, AsyncBackingParams)> {
	Configuration::pending()
		.into_iter()
		.map(|(session, c)| (session, c.async_backing_params))
		.collect()
}

#[test]
fn r_abp_5_a_change_takes_effect_two_sessions_later() {
	run(|| {
		assert_ok!(set_params(1, 1));
		assert_eq!(pending_params(), [(2, params(1, 1))], "R-ABP-5");
		let mut expected = HostConfiguration::default();
		let (old, new) = next_session();
		assert_eq!(
			(&old, &new),
			(&expected, &expected),
			"R-ABP-5: nothing in the next session"
		);
		let (old, new) = next_session();
		assert_eq!(old, expected);
		expected.async_backing_params = params(1, 1);
		assert_eq!(new, expected);
		assert_eq!(Configuration::active(), expected, "R-ABP-7: in force at once");
		assert_eq!(pending_params(), []);
		assert!(!PendingConfigs::<Test>::exists(), "nothing is left behind");
	});
}

#[test]
fn r_abp_5_stagings_for_one_session_merge_into_one_entry() {
	run(|| {
		assert_ok!(set_params(1, 1));
		let mut config = Configuration::pending()[0].1.clone();
		config.num_cores = 7;
		assert_ok!(Configuration::set_config(RuntimeOrigin::root(), config));
		assert_ok!(set_params(2, 2));
		assert_eq!(Configuration::pending().len(), 1, "R-ABP-5");
		next_session();
		next_session();
		assert_eq!(
			Configuration::active().num_cores,
			7,
			"the later call kept what the earlier one staged"
		);
		assert_eq!(Configuration::active().async_backing_params, params(2, 2));
	});
}

#[test]
fn r_abp_5_a_new_entry_starts_from_the_last_pending_one() {
	run(|| {
		let mut config = HostConfiguration {
			num_cores: 7,
			..Default::default()
		};
		assert_ok!(Configuration::set_config(RuntimeOrigin::root(), config.clone()));
		next_session();
		assert_ok!(set_params(2, 2));
		assert_eq!(
			pending_params(),
			[(2, params(4, 3)), (3, params(2, 2))],
			"R-ABP-5: at most two entries"
		);
		next_session();
		assert_eq!(Configuration::active(), config);
		// Now the one for session 3 is for the next session: a copy is pushed.
		assert_ok!(set_params(3, 3));
		assert_eq!(
			pending_params(),
			[(3, params(2, 2)), (4, params(3, 3))],
			"R-ABP-5"
		);
		next_session();
		config.async_backing_params = params(2, 2);
		assert_eq!(Configuration::active(), config, "the copy kept the seven cores");
		next_session();
		config.async_backing_params = params(3, 3);
		assert_eq!(Configuration::active(), config);
	});
}

#[test]
fn r_abp_6_an_inconsistent_base_may_be_repaired_step_by_step() {
	run(|| {
		let broken = HostConfiguration {
			scheduling_lookahead: 1,
			minimum_backing_votes: 0,
			..HostConfiguration::default()
		};
		ActiveConfig::<Test>::put(&broken);
		// Still inconsistent after this call, but so it was before.
		assert_ok!(set_params(3, 2));
		assert_noop!(set_params(256, 2), Error::<Test>::MaxCandidateDepthTooLarge); // R-ABP-4 holds all the same
		let half = HostConfiguration {
			scheduling_lookahead: 3,
			..broken
		};
		assert_ok!(Configuration::set_config(RuntimeOrigin::root(), half.clone()));
		let whole = HostConfiguration {
			minimum_backing_votes: 2,
			..half.clone()
		};
		assert_ok!(Configuration::set_config(RuntimeOrigin::root(), whole));
		// From here on it is consistent and stays so.
		let refused = Configuration::set_config(RuntimeOrigin::root(), half);
		assert_noop!(refused, Error::<Test>::MinimumBackingVotesZero);
	});
}

#[test]
fn only_the_admin_changes_the_configuration() {
	run(|| {
		let config = HostConfiguration::default();
		assert_noop!(
			Configuration::set_config(RuntimeOrigin::signed(1), config),
			BadOrigin
		);
		let refused = Configuration::set_async_backing_params(RuntimeOrigin::none(), params(1, 1));
		assert_noop!(refused, BadOrigin);
	});
}

#[test]
fn events_tell_what_is_staged_and_what_is_activated() {
	run(|| {
		assert_ok!(set_params(1, 1));
		let config = HostConfiguration {
			async_backing_params: params(1, 1),
			..Default::default()
		};
		System::assert_last_event(
			Event::Staged {
				session: 2,
				config: config.clone(),
			}
			.into(),
		);
		next_session();
		let before = System::events().len();
		next_session();
		assert_eq!(System::events().len(), before + 1);
		System::assert_last_event(Event::Activated { session: 2, config }.into());
	});
}

#[test]
fn r_abp_7_a_session_that_was_skipped_is_made_up_for() {
	run(|| {
		assert_ok!(set_params(1, 1));
		next_session();
		assert_ok!(set_params(2, 2));
		let (_, new) = Configuration::activate_for(9);
		CurrentSession::set(9);
		assert_eq!(
			new.async_backing_params,
			params(2, 2),
			"the latest of those that are due"
		);
		assert_eq!(pending_params(), []);
	});
}

#[test]
fn r_key_1_parachains_find_the_configuration_at_its_key() {
	run(|| {
		let stored = frame_support::storage::unhashed::get_raw(&ACTIVE_CONFIG).expect("put at genesis");
		let decoded = HostConfiguration::decode(&mut &stored[..]).expect("decodes");
		assert_eq!(decoded, HostConfiguration::default(), "R-KEY-1");
	});
}

#[test]
fn genesis_takes_a_patch_of_some_fields() {
	let mut json = serde_json::to_value(RuntimeGenesisConfig::default()).expect("serialises");
	json["configuration"]["config"]["num_cores"] = 5.into();
	json["configuration"]["config"]["async_backing_params"]["max_candidate_depth"] = 2.into();
	let genesis: RuntimeGenesisConfig = serde_json::from_value(json).expect("deserialises");
	let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("builds").into();
	ext.execute_with(|| {
		let expected = HostConfiguration {
			num_cores: 5,
			async_backing_params: params(2, 3),
			..HostConfiguration::default()
		};
		assert_eq!(Configuration::active_config(), expected);
	});
}

#[test]
#[should_panic(expected = "minimum_backing_votes is zero (R-ABP-6)")]
fn r_abp_6_an_inconsistent_genesis_is_refused() {
	run_with(
		HostConfiguration {
			minimum_backing_votes: 0,
			..Default::default()
		},
		|| (),
	);
}

#[test]
fn calls_have_a_weight() {
	let weight = <Test as Config>::WeightInfo::set_config();
	assert!(
		weight.ref_time() > 100_000_000,
		"three reads and a write cost more than this"
	);
	let limits: frame_system::limits::BlockWeights = <Test as frame_system::Config>::BlockWeights::get();
	assert!(weight.all_lte(limits.max_block));
}

#[test]
fn r_abp_5_each_group_is_staged_by_its_own_call_and_all_merge() {
	run(|| {
		let before = Configuration::active_config();
		let wanted = HostConfiguration {
			max_code_size: 31,
			max_head_data_size: 2,
			max_upward_queue_count: 3,
			max_upward_queue_size: 32,
			max_upward_message_size: 5,
			max_upward_message_num_per_candidate: 6,
			hrmp_max_message_num_per_candidate: 7,
			validation_upgrade_cooldown: 8,
			validation_upgrade_delay: 9,
			async_backing_params: params(1, 2),
			max_pov_size: 10,
			max_downward_message_size: 11,
			hrmp_max_parachain_outbound_channels: 12,
			hrmp_max_parachain_inbound_channels: 13,
			hrmp_channel_max_capacity: 14,
			hrmp_channel_max_total_size: 33,
			hrmp_channel_max_message_size: 16,
			hrmp_sender_deposit: 24,
			hrmp_recipient_deposit: 25,
			minimum_validation_upgrade_delay: 22,
			pvf_voting_ttl: 26,
			minimum_backing_votes: 17,
			max_validators: Some(18),
			num_cores: 19,
			max_validators_per_core: Some(20),
			group_rotation_frequency: 23,
			paras_availability_period: 21,
			scheduling_lookahead: 3,
			on_demand_queue_max_size: 27,
			on_demand_base_fee: 28,
			on_demand_target_queue_utilization: Perbill::from_percent(29),
			on_demand_fee_variability: Perbill::from_percent(30),
			..HostConfiguration::default()
		};
		let root = RuntimeOrigin::root;
		// Before the period that it has to exceed.
		assert_ok!(Configuration::set_upgrade_limits(
			root(),
			UpgradeLimits::of(&wanted)
		));
		let staged = || Configuration::pending().pop().expect("something is staged").1;
		let mut expected = before;
		UpgradeLimits::of(&wanted).put(&mut expected);
		assert_eq!(staged(), expected, "the others stay as they are");
		assert_ok!(Configuration::set_candidate_limits(
			root(),
			CandidateLimits::of(&wanted)
		));
		assert_ok!(Configuration::set_ump_limits(root(), UmpLimits::of(&wanted)));
		assert_ok!(Configuration::set_max_downward_message_size(root(), 11));
		assert_ok!(Configuration::set_hrmp_limits(root(), HrmpLimits::of(&wanted)));
		assert_ok!(Configuration::set_backing_limits(
			root(),
			BackingLimits::of(&wanted)
		));
		assert_ok!(Configuration::set_scheduling_limits(
			root(),
			SchedulingLimits::of(&wanted)
		));
		assert_ok!(Configuration::set_on_demand_limits(
			root(),
			OnDemandLimits::of(&wanted)
		));
		assert_ok!(set_params(1, 2));
		assert_eq!(staged(), wanted, "R-ABP-5: they merge");
		assert_eq!(Configuration::pending().len(), 1, "for one session");

		let refused = SchedulingLimits {
			num_cores: u32::MAX,
			..SchedulingLimits::of(&wanted)
		};
		assert_noop!(
			Configuration::set_scheduling_limits(root(), refused),
			Error::<Test>::NumCoresTooLarge
		);
		for outcome in [
			Configuration::set_upgrade_limits(RuntimeOrigin::signed(1), UpgradeLimits::of(&wanted)),
			Configuration::set_candidate_limits(RuntimeOrigin::signed(1), CandidateLimits::of(&wanted)),
			Configuration::set_ump_limits(RuntimeOrigin::signed(1), UmpLimits::of(&wanted)),
			Configuration::set_max_downward_message_size(RuntimeOrigin::signed(1), 1),
			Configuration::set_hrmp_limits(RuntimeOrigin::signed(1), HrmpLimits::of(&wanted)),
			Configuration::set_backing_limits(RuntimeOrigin::signed(1), BackingLimits::of(&wanted)),
			Configuration::set_scheduling_limits(RuntimeOrigin::signed(1), SchedulingLimits::of(&wanted)),
			Configuration::set_on_demand_limits(RuntimeOrigin::signed(1), OnDemandLimits::of(&wanted)),
		] {
			assert_eq!(outcome, Err(BadOrigin.into()));
		}
	});
}

#[test]
fn r_abp_5_r_key_1_the_check_of_invariants_finds_what_is_wrong() {
	let is_found = |reason: &'static str, break_it: &dyn Fn()| {
		Configuration::do_try_state().expect("all is well");
		let found = with_transaction_unchecked(|| {
			break_it();
			TransactionOutcome::Rollback(Configuration::do_try_state())
		});
		assert_eq!(found, Err(reason.into()));
	};
	let stage = |sessions: &[u32]| {
		let staged = sessions.iter().map(|session| PendingConfig {
			session: *session,
			config: HostConfiguration::default(),
		});
		PendingConfigs::<Test>::put(BoundedVec::truncate_from(staged.collect()));
	};
	run(|| {
		CurrentSession::set(5);
		// One byte more than the layout has.
		let longer = (HostConfiguration::default(), 0u8).encode();
		is_found(
			"R-KEY-1: the active configuration is stored in another layout",
			&|| unhashed::put_raw(&ActiveConfig::<Test>::hashed_key(), &longer),
		);
		is_found(
			"R-ABP-5: staged configurations are stored in another layout",
			&|| unhashed::put_raw(&PendingConfigs::<Test>::hashed_key(), &[0, 0]),
		);
		for sessions in [[5].as_slice(), &[6, 6], &[7, 6]] {
			is_found(
				"R-ABP-5: staged sessions do not ascend from the current one",
				&|| stage(sessions),
			);
		}
		is_found("R-ABP-5: staged for later than two sessions from now", &|| {
			stage(&[8]);
		});
		CurrentSession::set(0);
	});
}

#[test]
fn r_net_77_r_sch_12_a_lookahead_that_stops_to_fit_is_said_in_both_directions() {
	run(|| {
		let said = || {
			let own = |event| match event {
				RuntimeEvent::Configuration(Event::LookaheadOffWindow {
					lookahead, window, ..
				}) => Some((lookahead, window)),
				_ => None,
			};
			let said: Vec<_> = System::read_events_no_consensus()
				.filter_map(|record| own(record.event))
				.collect();
			System::reset_events();
			said
		};
		let root = RuntimeOrigin::root;
		assert_ok!(Configuration::set_scheduling_lookahead(root(), 5));
		assert_eq!(said(), [(5, 4)]);
		assert_ok!(Configuration::set_max_code_size(root(), 1_000));
		assert_eq!(said(), [], "it was so before");
		assert_ok!(set_params(4, 5));
		assert_eq!(said(), [(5, 6)]);
		assert_ok!(Configuration::set_scheduling_lookahead(root(), 6));
		assert_eq!(said(), []);
		assert_ok!(set_params(0, 0));
		assert_eq!(said(), [], "synchronous backing has no window to see");
	});
}
