//! What is remembered of sessions, and for how long.

use crate::{mock::*, RememberedSessions, MAX_SESSIONS};
use async_backing_primitives::{
	ports::CurrentSession, ExecutorParams, SessionIndex, SessionInfo, ValidatorIndex,
};
use codec::Encode;

fn remembered() -> Vec<SessionIndex> {
	RememberedSessions::<Test>::get().into_inner()
}

/// Ends the current session.
fn next_session() {
	run_through((System::block_number() / SESSION + 1) * SESSION);
}

#[test]
fn r_bin_30_a_session_is_remembered_with_all_that_checkers_ask_for() {
	run(5, 0, || {
		let info = Sessions::session_info(0).expect("remembered from genesis on");
		let validators = Sessions::validators();
		let config = async_backing_primitives::HostConfiguration::default();
		let expected = SessionInfo {
			active_validator_indices: Sessions::active_validator_indices(),
			random_seed: info.random_seed,
			dispute_period: 6,
			discovery_keys: validators.iter().map(|key| derived(key, 2).into()).collect(),
			assignment_keys: validators.iter().map(|key| derived(key, 1).into()).collect(),
			validators,
			validator_groups: vec![
				[0, 1, 2].map(ValidatorIndex).to_vec(),
				[3, 4].map(ValidatorIndex).to_vec(),
			],
			n_cores: 2,
			zeroth_delay_tranche_width: config.zeroth_delay_tranche_width,
			relay_vrf_modulo_samples: config.relay_vrf_modulo_samples,
			n_delay_tranches: config.n_delay_tranches,
			no_show_slots: config.no_show_slots,
			needed_approvals: config.needed_approvals,
		};
		assert_eq!(info, expected, "R-BIN-30");
		let told = take_log();
		let seed = told.iter().find_map(|entry| match entry {
			Entry::Told { change, .. } => Some(change.random_seed),
			Entry::Activated { .. } => None,
		});
		assert_eq!(Some(info.random_seed), seed);
		assert_eq!(
			Sessions::session_executor_params(0),
			Some(ExecutorParams::default())
		);
		assert_eq!(Sessions::session_info(1), None);
		let record = crate::Sessions::<Test>::get(0).expect("it is there");
		let encoded = (expected, ExecutorParams::default()).encode();
		assert_eq!(
			record.encode(),
			encoded,
			"the layout of the published type comes first"
		);
	});
}

#[test]
fn r_bin_30_past_sessions_are_remembered_for_the_dispute_period_and_no_longer() {
	run(5, 0, || {
		DisputePeriod::set(2);
		for _ in 0..4 {
			next_session();
		}
		assert_eq!(Sessions::index(), 4);
		assert_eq!(remembered(), [2, 3, 4]);
		assert_eq!(Sessions::session_info(1), None);
		assert_eq!(Sessions::session_executor_params(1), None);
		let past = Sessions::session_info(2).expect("two sessions ago");
		assert_ne!(Some(past), Sessions::session_info(3), "each has its own seed");

		// A longer period begins to remember, a shorter one forgets at once.
		DisputePeriod::set(6);
		next_session();
		assert_eq!(remembered(), [2, 3, 4, 5]);
		DisputePeriod::set(1);
		next_session();
		assert_eq!(remembered(), [5, 6]);
	});
}

#[test]
fn r_bin_30_no_dispute_period_makes_the_memory_longer_than_its_bound() {
	run(2, 0, || {
		DisputePeriod::set(u32::MAX);
		for _ in 0..=MAX_SESSIONS {
			next_session();
		}
		assert_eq!(remembered().len(), MAX_SESSIONS as usize);
		assert_eq!(
			remembered().last(),
			Some(&Sessions::index()),
			"the current one always"
		);
	});
}
