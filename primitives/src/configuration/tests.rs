//! Which configurations are consistent, and how one reads from outside.

use super::*;

#[test]
fn r_key_1_leading_fields_keep_their_order() {
	let config = HostConfiguration {
		max_code_size: 1,
		max_head_data_size: 2,
		max_upward_queue_count: 3,
		max_upward_queue_size: 4,
		max_upward_message_size: 5,
		max_upward_message_num_per_candidate: 6,
		hrmp_max_message_num_per_candidate: 7,
		validation_upgrade_cooldown: 8,
		validation_upgrade_delay: 9,
		async_backing_params: AsyncBackingParams {
			max_candidate_depth: 10,
			allowed_ancestry_len: 11,
		},
		..Default::default()
	};
	let expected: alloc::vec::Vec<u8> = (1u32..=11).flat_map(u32::to_le_bytes).collect();
	assert_eq!(config.encode()[..expected.len()], expected, "R-KEY-1");
}

type Edit = fn(&mut HostConfiguration);

#[test]
fn r_abp_6_inconsistent_configurations_are_named() {
	use InconsistentConfiguration::{TooLarge, TooSmall, Zero};
	assert_eq!(HostConfiguration::default().check_consistency(), Ok(()));
	let rows: [(Edit, InconsistentConfiguration); 8] = [
		(
			|c| c.group_rotation_frequency = 0,
			Zero("group_rotation_frequency"),
		),
		(
			|c| c.paras_availability_period = 0,
			Zero("paras_availability_period"),
		),
		(|c| c.scheduling_lookahead = 0, Zero("scheduling_lookahead")),
		(|c| c.minimum_backing_votes = 0, Zero("minimum_backing_votes")),
		(
			|c| c.scheduling_lookahead = 1,
			TooSmall {
				parameter: "scheduling_lookahead",
				value: 1,
				min: 2,
			},
		),
		(
			|c| c.paras_availability_period = 20,
			TooSmall {
				parameter: "minimum_validation_upgrade_delay",
				value: 20,
				min: 21,
			},
		),
		(
			|c| c.max_pov_size = MAX_POV_SIZE + 1,
			TooLarge {
				parameter: "max_pov_size",
				value: MAX_POV_SIZE + 1,
				max: MAX_POV_SIZE,
			},
		),
		(
			|c| c.async_backing_params.max_candidate_depth = 256,
			TooLarge {
				parameter: "max_candidate_depth",
				value: 256,
				max: 255,
			},
		),
	];
	for (edit, expected) in rows {
		let mut config = HostConfiguration::default();
		edit(&mut config);
		assert_eq!(config.check_consistency(), Err(expected), "R-ABP-6");
	}
	let endless = HostConfiguration {
		paras_availability_period: u32::MAX,
		minimum_validation_upgrade_delay: u32::MAX,
		..Default::default()
	};
	assert!(
		endless.check_consistency().is_err(),
		"R-ABP-6, R-PRE-2: no delay is above the period"
	);
	let synchronous = HostConfiguration {
		async_backing_params: AsyncBackingParams::default(),
		scheduling_lookahead: 1,
		..Default::default()
	};
	assert_eq!(
		synchronous.check_consistency(),
		Ok(()),
		"R-SCH-12: one is enough for synchronous backing"
	);
}

#[cfg(feature = "serde")]
#[test]
fn json_round_trips_and_patches_are_short() {
	let config = HostConfiguration {
		max_validators: Some(7),
		num_cores: 3,
		..Default::default()
	};
	let json = serde_json::to_string(&config).expect("plain data");
	assert_eq!(
		serde_json::from_str::<HostConfiguration>(&json).ok(),
		Some(config)
	);
	assert!(json.contains(r#""async_backing_params":{"max_candidate_depth":4,"allowed_ancestry_len":3}"#));

	let patch =
		r#"{"num_cores": 9, "async_backing_params": {"max_candidate_depth": 0, "allowed_ancestry_len": 1}}"#;
	let expected = HostConfiguration {
		num_cores: 9,
		async_backing_params: AsyncBackingParams {
			max_candidate_depth: 0,
			allowed_ancestry_len: 1,
		},
		..Default::default()
	};
	assert_eq!(
		serde_json::from_str::<HostConfiguration>(patch).ok(),
		Some(expected)
	);

	for refused in [
		r#"{"num_core": 9}"#,
		r#"{"async_backing_params": {"max_candidate_depth": 1}}"#,
		r#"{"async_backing_params": {"max_candidate_depth": 1, "allowed_ancestry_len": 1, "lookahead": 2}}"#,
		r#"{"num_cores": -1}"#,
	] {
		assert!(
			serde_json::from_str::<HostConfiguration>(refused).is_err(),
			"{refused}"
		);
	}
}

#[test]
fn r_abp_6_code_has_a_ceiling_however_long_blocks_are() {
	let with_code = |max_code_size| HostConfiguration {
		max_code_size,
		..Default::default()
	};
	let check = |max_code_size| with_code(max_code_size).check_consistency_within(16 * 1024 * 1024);
	assert_eq!(check(5_242_880), Ok(()), "R-ABP-6: 5 MiB");
	assert_eq!(
		check(5_242_881),
		Err(InconsistentConfiguration::TooLarge {
			parameter: "max_code_size",
			value: 5_242_881,
			max: 5_242_880,
		}),
		"R-ABP-6"
	);
}
