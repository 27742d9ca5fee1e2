//! Every [`ModificationError`], at, just below and just above the limit (R-CON-1 to R-CON-6).

use super::super::*;
use crate::testing::base;
use alloc::{vec, vec::Vec};
use ModificationError::*;

type Modifications = ConstraintModifications<'static>;

fn outbound(recipient: u32, bytes_submitted: u32, messages_submitted: u32) -> Modifications {
	let sent = OutboundHrmpChannelModification {
		bytes_submitted,
		messages_submitted,
	};
	Modifications {
		outbound_hrmp: vec![(ParaId(recipient), sent)],
		..Default::default()
	}
}

fn trunk(watermark: BlockNumber) -> Modifications {
	Modifications {
		hrmp_watermark: Some(HrmpWatermarkUpdate::Trunk(watermark)),
		..Default::default()
	}
}

#[test]
fn r_con_1_to_4_every_limit_holds_exactly() {
	struct Row {
		name: &'static str,
		limit: u32,
		at: fn(u32) -> Modifications,
		error: fn(u32) -> ModificationError,
	}
	const RECIPIENT: ParaId = ParaId(2000);
	let rows = [
		Row {
			name: "R-CON-2 bytes",
			limit: 50,
			at: |n| outbound(2000, n, 1),
			error: |submitted| HrmpBytesOverflow {
				recipient: RECIPIENT,
				remaining: 50,
				submitted,
			},
		},
		Row {
			name: "R-CON-2 messages",
			limit: 2,
			at: |n| outbound(2000, 1, n),
			error: |submitted| HrmpMessagesOverflow {
				recipient: RECIPIENT,
				remaining: 2,
				submitted,
			},
		},
		Row {
			name: "R-CON-3 messages",
			limit: 10,
			at: |n| Modifications {
				ump_messages_sent: n,
				..Default::default()
			},
			error: |submitted| UmpMessagesOverflow {
				remaining: 10,
				submitted,
			},
		},
		Row {
			name: "R-CON-3 bytes",
			limit: 1000,
			at: |n| Modifications {
				ump_bytes_sent: n,
				..Default::default()
			},
			error: |submitted| UmpBytesOverflow {
				remaining: 1000,
				submitted,
			},
		},
		Row {
			name: "R-CON-4",
			limit: 3,
			at: |n| Modifications {
				dmp_messages_processed: n,
				..Default::default()
			},
			error: |processed| DmpMessagesUnderflow {
				remaining: 3,
				processed,
			},
		},
	];
	let constraints = Constraints {
		dmp_remaining_messages: vec![1, 2, 3],
		..base()
	};
	for Row {
		name,
		limit,
		at,
		error,
	} in rows
	{
		for value in [limit - 1, limit] {
			let modifications = at(value);
			assert_eq!(
				constraints.check_modifications(&modifications),
				Ok(()),
				"{name}: {value}"
			);
			assert!(
				constraints.apply_modifications(&modifications).is_ok(),
				"R-APP-1, {name}: {value}"
			);
		}
		for value in [limit + 1, u32::MAX] {
			let refused = error(value);
			assert_eq!(
				constraints.check_modifications(&at(value)),
				Err(refused),
				"{name}: {value}"
			);
			assert_eq!(
				constraints.apply_modifications(&at(value)),
				Err(refused),
				"R-APP-1, {name}: {value}"
			);
		}
		// What is used up below counts: half of it leaves the other half.
		let stacked = at(limit / 2);
		let operating = Operating::new(&constraints, &stacked);
		assert_eq!(
			operating.check(&at(limit - limit / 2)),
			Ok(()),
			"R-BASE-18, {name}"
		);
		assert!(
			operating.check(&at(limit - limit / 2 + 1)).is_err(),
			"R-BASE-18, {name}"
		);
	}
}

#[test]
fn r_con_1_to_5_what_is_there_or_not() {
	let constraints = base();
	let rows = [
		(
			"R-CON-1 between two blocks",
			trunk(7),
			Err(DisallowedHrmpWatermark(7)),
		),
		(
			"R-CON-1 below the oldest",
			trunk(5),
			Err(DisallowedHrmpWatermark(5)),
		),
		(
			"R-CON-1 above the newest",
			trunk(11),
			Err(DisallowedHrmpWatermark(11)),
		),
		("R-CON-1 a block with messages", trunk(8), Ok(())),
		(
			"R-CON-1 the relay parent",
			Modifications {
				hrmp_watermark: Some(HrmpWatermarkUpdate::Head(7)),
				..Default::default()
			},
			Ok(()),
		),
		(
			"R-CON-2 no channel below",
			outbound(1999, 0, 0),
			Err(NoSuchHrmpChannel(ParaId(1999))),
		),
		(
			"R-CON-2 no channel above",
			outbound(2001, 0, 0),
			Err(NoSuchHrmpChannel(ParaId(2001))),
		),
		("R-CON-2 a channel", outbound(2000, 0, 0), Ok(())),
		(
			"R-CON-5",
			Modifications {
				code_upgrade_applied: true,
				..Default::default()
			},
			Err(AppliedNonexistentCodeUpgrade),
		),
	];
	for (name, modifications, expected) in rows {
		assert_eq!(
			constraints.check_modifications(&modifications),
			expected,
			"{name}"
		);
	}
	let scheduled = Constraints {
		future_validation_code: Some((7, ValidationCodeHash::default())),
		..base()
	};
	let applies = Modifications {
		code_upgrade_applied: true,
		..Default::default()
	};
	assert_eq!(scheduled.check_modifications(&applies), Ok(()), "R-CON-5");
	let twice = Operating::new(&scheduled, &applies).check(&applies);
	assert_eq!(
		twice,
		Err(AppliedNonexistentCodeUpgrade),
		"R-CODE-4: one upgrade on a path"
	);
}

#[test]
fn r_con_order_of_the_checks() {
	let sent = |bytes_submitted, messages_submitted| OutboundHrmpChannelModification {
		bytes_submitted,
		messages_submitted,
	};
	// Everything is wrong; repaired one by one, each check shows itself in its turn.
	let mut modifications = Modifications {
		hrmp_watermark: Some(HrmpWatermarkUpdate::Trunk(7)),
		outbound_hrmp: vec![(ParaId(1999), sent(1, 1)), (ParaId(2000), sent(51, 3))],
		ump_messages_sent: 11,
		ump_bytes_sent: 1001,
		dmp_messages_processed: 1,
		code_upgrade_applied: true,
		..Default::default()
	};
	type Repair = fn(&mut Modifications);
	let repairs: [Repair; 8] = [
		|m| m.hrmp_watermark = None,
		|m| m.outbound_hrmp = m.outbound_hrmp.split_off(1),
		|m| m.outbound_hrmp[0].1.bytes_submitted = 50,
		|m| m.outbound_hrmp[0].1.messages_submitted = 2,
		|m| m.ump_messages_sent = 10,
		|m| m.ump_bytes_sent = 1000,
		|m| m.dmp_messages_processed = 0,
		|m| m.code_upgrade_applied = false,
	];
	let constraints = base();
	let errors: Vec<_> = repairs
		.iter()
		.map(|repair| {
			let refused = constraints
				.check_modifications(&modifications)
				.expect_err("something is wrong");
			repair(&mut modifications);
			refused
		})
		.collect();
	let recipient = ParaId(2000);
	let expected = [
		DisallowedHrmpWatermark(7),
		NoSuchHrmpChannel(ParaId(1999)),
		HrmpBytesOverflow {
			recipient,
			remaining: 50,
			submitted: 51,
		},
		HrmpMessagesOverflow {
			recipient,
			remaining: 2,
			submitted: 3,
		},
		UmpMessagesOverflow {
			remaining: 10,
			submitted: 11,
		},
		UmpBytesOverflow {
			remaining: 1000,
			submitted: 1001,
		},
		DmpMessagesUnderflow {
			remaining: 0,
			processed: 1,
		},
		AppliedNonexistentCodeUpgrade,
	];
	assert_eq!(errors, expected, "R-CON-1 to R-CON-5, in this order");
	assert_eq!(constraints.check_modifications(&modifications), Ok(()), "R-CON-6");
}

#[test]
fn r_mod_6_the_future_code_validates_what_is_behind_the_first_block_that_may_apply_it() {
	let code = |byte| ValidationCodeHash(crate::Hash::repeat_byte(byte));
	// (the future code's block, relay parents of the blocks before, byte of the code)
	let rows: [(Option<BlockNumber>, &[BlockNumber], u8); 6] = [
		(None, &[9], 1),
		(Some(8), &[], 1),
		(Some(8), &[7], 1),
		(Some(8), &[8], 2),
		(Some(8), &[9], 2),
		(Some(8), &[6, 8, 7], 2),
	];
	for (at, relay_parents, expected) in rows {
		let constraints = Constraints {
			validation_code_hash: code(1),
			future_validation_code: at.map(|at| (at, code(2))),
			..base()
		};
		let behind = constraints.validation_code_behind(relay_parents.iter().copied());
		assert_eq!(behind, code(expected), "R-MOD-6: {at:?}, {relay_parents:?}");
	}
}

#[test]
fn r_con_2_what_the_path_sent_on_a_channel_counts_wherever_the_channel_stands_among_them() {
	let channel = |recipient| {
		let limits = OutboundHrmpChannelLimitations {
			bytes_remaining: 50,
			messages_remaining: 2,
		};
		(ParaId(recipient), limits)
	};
	let constraints = Constraints {
		hrmp_channels_out: [2000, 2001, 2002].map(channel).to_vec(),
		..base()
	};
	let mut stacked = Modifications::default();
	for recipient in [2000, 2001, 2002] {
		stacked.stack(&outbound(recipient, 40, 1));
	}
	let operating = Operating::new(&constraints, &stacked);
	for recipient in [2000, 2001, 2002] {
		assert_eq!(operating.check(&outbound(recipient, 10, 1)), Ok(()), "R-CON-2");
		let overflow = HrmpBytesOverflow {
			recipient: ParaId(recipient),
			remaining: 10,
			submitted: 11,
		};
		assert_eq!(
			operating.check(&outbound(recipient, 11, 1)),
			Err(overflow),
			"R-CON-2"
		);
	}
}
