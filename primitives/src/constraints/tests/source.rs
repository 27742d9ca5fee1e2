//! What the wire format cannot carry (R-BASE-17), and what is in no order.

use super::super::*;
use crate::testing::base;
use alloc::vec;
use HrmpWatermarkUpdate::{Head, Trunk};

#[test]
fn r_base_17_without_the_extension_its_limits_are_not_known() {
	let (plain, extended) = (base(), ExtendedConstraints::from(base()));
	let unknown = |source: &dyn ConstraintSource| {
		assert_eq!(source.max_ump_message_size(), None);
		assert_eq!(source.max_hrmp_message_size(ParaId(2000)), None);
		assert!(!source.is_offboarding());
		assert_eq!(source.max_hrmp_consumed(), None);
		assert_eq!(
			source.hrmp_consumption(None, u32::MAX),
			HrmpConsumption {
				messages: 0,
				steps: 0
			}
		);
	};
	unknown(&plain);
	unknown(&extended);
}

#[test]
fn r_app_3_r_base_17_what_waits_above_the_new_watermark_waits_on() {
	let extension = ConstraintsExtension {
		max_ump_message_size: 10,
		hrmp_max_message_size: vec![(ParaId(2000), 20)],
		offboarding: false,
		hrmp_max_messages_consumed: 30,
		hrmp_waiting: vec![(6, 1), (8, 2), (10, 3)],
	};
	let extended = ExtendedConstraints {
		constraints: base(),
		extension: Some(extension.clone()),
	};
	for (update, waiting) in [
		(None, &[(6, 1), (8, 2), (10, 3)][..]),
		(Some(Head(5)), &[(6, 1), (8, 2), (10, 3)]),
		(Some(Trunk(6)), &[(8, 2), (10, 3)]),
		(Some(Head(7)), &[(8, 2), (10, 3)]),
		(Some(Trunk(8)), &[(10, 3)]),
		(Some(Trunk(10)), &[]),
	] {
		let modifications = ConstraintModifications {
			hrmp_watermark: update,
			..Default::default()
		};
		let after = extended.apply_modifications(&modifications).expect("it fits");
		let expected = ConstraintsExtension {
			hrmp_waiting: waiting.to_vec(),
			..extension.clone()
		};
		assert_eq!(after.extension, Some(expected), "R-APP-3: {update:?}");
	}
}

#[test]
fn constraints_are_in_order_where_lookups_find_what_there_is() {
	let channels = |recipients: [u32; 2]| {
		recipients
			.map(|recipient| (ParaId(recipient), OutboundHrmpChannelLimitations::default()))
			.to_vec()
	};
	let with_channels = |recipients| Constraints {
		hrmp_channels_out: channels(recipients),
		..base()
	};
	let with_watermarks = |valid_watermarks: [u32; 2]| Constraints {
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: valid_watermarks.to_vec(),
		},
		..base()
	};
	let with_messages = |sent_at: [u32; 2]| Constraints {
		dmp_remaining_messages: sent_at.to_vec(),
		..base()
	};
	let rows = [
		([1, 2], [true; 3]),
		// A channel and a watermark are there once, but a block may send two messages.
		([2, 2], [false, false, true]),
		([2, 1], [false; 3]),
	];
	for (numbers, expected) in rows {
		let found = [
			with_channels(numbers),
			with_watermarks(numbers),
			with_messages(numbers),
		]
		.map(|all| all.is_canonical());
		assert_eq!(found, expected, "R-BASE-8, 9, 10: {numbers:?}");
	}
}

#[test]
fn r_mod_8_flags_are_ored() {
	let with = |code_upgrade_applied, code_upgrade_announced| ConstraintModifications {
		code_upgrade_applied,
		code_upgrade_announced,
		..Default::default()
	};
	for (below, above, expected) in [
		((false, false), (false, false), (false, false)),
		((true, false), (false, true), (true, true)),
		((false, true), (true, false), (true, true)),
		((true, true), (true, true), (true, true)),
	] {
		let mut stacked = with(below.0, below.1);
		stacked.stack(&with(above.0, above.1));
		assert_eq!(
			stacked,
			with(expected.0, expected.1),
			"R-MOD-8: {below:?}, {above:?}"
		);
	}
}
