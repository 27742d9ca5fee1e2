//! No configuration that governance may set stops the chain (R-ABP-6).
//!
//! From any accepted configuration, an honest network of four validators and one para includes blocks within three
//! sessions; or the value is a stop switch, which `docs/guide/governance.md` names. Configurations are drawn around the
//! bounds of every value, one to three values at a time, and staged by the real call; the blocks are those of the native
//! runtime.

mod network;

use async_backing_primitives::{
	ApprovalVotingParams, AsyncBackingParams, ExecutorParam, HostConfiguration, PvfExecKind,
};
use network::{bypass, externalities, is_sound, stage, Network};
use proptest::{collection::vec, prelude::*, test_runner::Config};
use sp_runtime::Perbill;

/// Values that lie around the bounds of something: zero, the smallest, what chains use, each ceiling and what is above
/// it, the largest number.
fn number() -> impl Strategy<Value = u32> {
	const CEILINGS: [u32; 17] = [
		1,
		16,
		20,
		64,
		255,
		256,
		600,
		1024,
		2048,
		4096,
		14_400,
		16_384,
		100_800,
		403_200,
		128 * 1024,
		4_435_968,
		16 * 1024 * 1024,
	];
	prop_oneof![
		3 => 0..4_u32,
		2 => 4..30_u32,
		4 => (0..CEILINGS.len(), 0..3_u32).prop_map(|(ceiling, beside)| CEILINGS[ceiling] + beside - 1),
		1 => Just(u32::MAX),
		1 => Just(u32::MAX - 1),
		1 => any::<u32>(),
	]
}

/// Number of values that [`edit`] knows.
const VALUES: usize = 49;

/// Sets one of the values.
fn edit(config: &mut HostConfiguration, which: usize, value: u32) {
	let option = (value != 5).then_some(value);
	let share = Perbill::from_parts(value % 1_000_000_001);
	match which {
		0 => config.max_code_size = value,
		1 => config.max_head_data_size = value,
		2 => config.max_upward_queue_count = value,
		3 => config.max_upward_queue_size = value,
		4 => config.max_upward_message_size = value,
		5 => config.max_upward_message_num_per_candidate = value,
		6 => config.hrmp_max_message_num_per_candidate = value,
		7 => config.validation_upgrade_cooldown = value,
		8 => config.validation_upgrade_delay = value,
		9 => config.async_backing_params.max_candidate_depth = value,
		10 => config.async_backing_params.allowed_ancestry_len = value,
		11 => config.max_pov_size = value,
		12 => config.max_downward_message_size = value,
		13 => config.hrmp_max_parachain_outbound_channels = value,
		14 => config.hrmp_sender_deposit = value.into(),
		15 => config.hrmp_recipient_deposit = value.into(),
		16 => config.hrmp_channel_max_capacity = value,
		17 => config.hrmp_channel_max_total_size = value,
		18 => config.hrmp_max_parachain_inbound_channels = value,
		19 => config.hrmp_channel_max_message_size = value,
		20 => {
			let params = vec![
				ExecutorParam::PvfExecTimeout(PvfExecKind::Backing, value.into()),
				ExecutorParam::MaxMemoryPages(value),
			];
			config.executor_params = params.try_into().expect("few enough");
		}
		21 => config.code_retention_period = value,
		22 => config.max_validators = option,
		23 => config.dispute_period = value,
		24 => config.dispute_post_conclusion_acceptance_period = value,
		25 => config.no_show_slots = value,
		26 => config.n_delay_tranches = value,
		27 => config.zeroth_delay_tranche_width = value,
		28 => config.needed_approvals = value,
		29 => config.relay_vrf_modulo_samples = value,
		30 => config.pvf_voting_ttl = value,
		31 => config.minimum_validation_upgrade_delay = value,
		32 => config.minimum_backing_votes = value,
		33 => config
			.node_features
			.set((value % 256) as u8, !value.is_multiple_of(3)),
		34 => {
			config.approval_voting_params = ApprovalVotingParams {
				max_approval_coalesce_count: value,
			}
		}
		35 => config.group_rotation_frequency = value,
		36 => config.paras_availability_period = value,
		37 => config.max_validators_per_core = option,
		38 => config.scheduling_lookahead = value,
		39 => config.num_cores = value,
		40 => config.max_availability_timeouts = value,
		41 => config.on_demand_queue_max_size = value,
		42 => config.on_demand_target_queue_utilization = share,
		43 => config.on_demand_fee_variability = share,
		44 => config.on_demand_base_fee = value.into(),
		45 => config.ttl = value,
		46 => config.max_relay_parent_session_age = value,
		47 => config.hrmp_max_messages_consumed_per_candidate = value,
		_ => {
			config.async_backing_params = AsyncBackingParams::default();
			config.scheduling_lookahead = value;
		}
	}
}

/// Whether somebody stopped the para on purpose: without cores none is served.
fn is_stopped(config: &HostConfiguration) -> bool {
	async_backing_primitives::core_count(config.num_cores, 4, config.max_validators_per_core) == 0
}

/// What became of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
	Refused,
	Stopped,
	Included(u32),
}

fn run(config: &HostConfiguration) -> Outcome {
	run_with(config, || ())
}

fn run_with(config: &HostConfiguration, before: impl FnOnce()) -> Outcome {
	externalities().execute_with(|| {
		let mut network = Network::new();
		network.produce(false);
		before();
		if stage(config.clone()).is_none() {
			return Outcome::Refused;
		}
		while network.session() < 2 {
			network.produce(false);
		}
		assert_eq!(
			&async_backing_relay_runtime::Configuration::active_config(),
			config
		);
		while network.session() < 5 && network.included < 2 {
			network.produce(true);
		}
		is_sound();
		if is_stopped(config) {
			assert_eq!(network.included, 0, "it is a switch");
			return Outcome::Stopped;
		}
		Outcome::Included(network.included)
	})
}

/// As many configurations as `PROPTEST_CASES` says, else a few thousand.
fn cases() -> Config {
	let cases = std::env::var("PROPTEST_CASES")
		.ok()
		.and_then(|cases| cases.parse().ok());
	Config {
		cases: cases.unwrap_or(3_000),
		failure_persistence: None,
		..Config::default()
	}
}

#[test]
fn r_abp_6_the_default_configuration_includes_blocks() {
	assert_eq!(run(&HostConfiguration::default()), Outcome::Included(2));
}

/// The network notices: with the check switched off, what it refuses stops the chain.
#[test]
fn r_abp_6_what_the_check_refuses_would_stop_the_chain() {
	let rows: [fn(&mut HostConfiguration); 3] = [
		|c| c.max_validators = Some(0),
		|c| c.max_head_data_size = 0,
		|c| c.scheduling_lookahead = 0,
	];
	for (row, edit) in rows.into_iter().enumerate() {
		let mut config = HostConfiguration::default();
		edit(&mut config);
		assert_eq!(run(&config), Outcome::Refused, "R-ABP-6: row {row}");
		assert_eq!(run_with(&config, bypass), Outcome::Included(0), "row {row}");
	}
}

#[test]
fn r_abp_6_no_accepted_configuration_stops_the_chain() {
	use proptest::test_runner::TestRunner;
	use std::cell::Cell;
	let tally = Cell::new([0_u32; 3]);
	let edits = vec((0..VALUES, number()), 1..4);
	let outcome = TestRunner::new(cases()).run(&edits, |edits| {
		let mut config = HostConfiguration::default();
		for (which, value) in edits {
			edit(&mut config, which, value);
		}
		let mut counts = tally.get();
		match run(&config) {
			Outcome::Refused => counts[0] += 1,
			Outcome::Stopped => counts[1] += 1,
			Outcome::Included(blocks) => {
				prop_assert!(
					blocks > 0,
					"R-ABP-6: accepted, but no block is included: {config:?}"
				);
				counts[2] += 1;
			}
		}
		tally.set(counts);
		Ok(())
	});
	let [refused, stopped, included] = tally.get();
	println!("refused {refused}, stopped on purpose {stopped}, included {included}");
	if let Err(error) = outcome {
		panic!("{error}");
	}
	assert!(
		included > refused / 4 && refused > included / 20,
		"both kinds are drawn"
	);
}

/// Every value alone, at every bound.
#[test]
fn r_abp_6_no_single_value_at_a_bound_stops_the_chain() {
	const BOUNDS: [u32; 12] = [0, 1, 2, 3, 16, 64, 255, 1024, 4096, 14_400, 100_800, u32::MAX];
	for which in 0..VALUES {
		for value in BOUNDS {
			let mut config = HostConfiguration::default();
			edit(&mut config, which, value);
			assert_ne!(
				run(&config),
				Outcome::Included(0),
				"R-ABP-6: value {which} at {value}"
			);
		}
	}
}
