//! The worked examples of section 3 that modifications alone can show.

use super::super::*;
use crate::testing::{base, commitments, horizontal, relay_block, Path, CODE};
use crate::{DepthExceeded, FragmentError, Hash, ModificationError, ValidationCode};
use alloc::{borrow::Cow, vec, vec::Vec};
use HrmpWatermarkUpdate::{Head, Trunk};

fn watermark(update: HrmpWatermarkUpdate) -> ConstraintModifications<'static> {
	ConstraintModifications {
		hrmp_watermark: Some(update),
		..Default::default()
	}
}

/// Valid watermarks after these updates, one by one.
fn watermarks_after(updates: &[HrmpWatermarkUpdate]) -> Result<Vec<BlockNumber>, ModificationError> {
	let constraints = updates.iter().try_fold(base(), |constraints, update| {
		constraints.apply_modifications(&watermark(*update))
	})?;
	Ok(constraints.hrmp_inbound.valid_watermarks)
}

#[test]
fn r_mod_7_identity_changes_nothing() {
	let identity = ConstraintModifications::default();
	assert_eq!(base().apply_modifications(&identity), Ok(base()), "R-MOD-7");
	let some = ConstraintModifications {
		required_parent: Some(Cow::Owned(HeadData(vec![1]))),
		ump_messages_sent: 3,
		..watermark(Trunk(8))
	};
	let mut left = identity.clone();
	left.stack(&some);
	let mut right = some.clone();
	right.stack(&identity);
	assert_eq!([&left, &right], [&some, &some], "R-MOD-7");
}

#[test]
fn r_mod_8_an_unchanged_watermark_keeps_its_variant() {
	// 9 is not in the base list: were it to become Trunk(9), the base would refuse it.
	let rows = [
		(Head(9), Trunk(9), Head(9)),
		(Trunk(8), Head(8), Trunk(8)),
		(Head(9), Trunk(10), Trunk(10)),
		(Trunk(8), Head(9), Head(9)),
	];
	for (lower, upper, expected) in rows {
		let mut stacked = watermark(lower);
		stacked.stack(&watermark(upper));
		assert_eq!(
			stacked.hrmp_watermark,
			Some(expected),
			"R-MOD-8: {lower:?}, {upper:?}"
		);
		let one_by_one = watermarks_after(&[lower, upper]);
		assert_eq!(
			watermarks_after(&[expected]),
			one_by_one,
			"R-MOD-9: {lower:?}, {upper:?}"
		);
		assert!(one_by_one.is_ok(), "R-APP-3: {lower:?}, {upper:?}");
	}
}

#[test]
fn r_mod_8_counters_and_channels_add_up() {
	let sent = |bytes_submitted, messages_submitted| OutboundHrmpChannelModification {
		bytes_submitted,
		messages_submitted,
	};
	let mut stacked = ConstraintModifications {
		required_parent: Some(Cow::Owned(HeadData(vec![1]))),
		outbound_hrmp: vec![(ParaId(1), sent(10, 1)), (ParaId(3), sent(u32::MAX, 1))],
		ump_messages_sent: u32::MAX,
		ump_bytes_sent: 5,
		code_upgrade_announced: true,
		..Default::default()
	};
	stacked.stack(&ConstraintModifications {
		required_parent: Some(Cow::Owned(HeadData(vec![2]))),
		outbound_hrmp: vec![
			(ParaId(0), sent(1, 1)),
			(ParaId(3), sent(1, 1)),
			(ParaId(4), sent(4, 1)),
		],
		ump_messages_sent: 1,
		ump_bytes_sent: 6,
		dmp_messages_processed: 7,
		code_upgrade_applied: true,
		..Default::default()
	});
	let expected = ConstraintModifications {
		required_parent: Some(Cow::Owned(HeadData(vec![2]))),
		hrmp_watermark: None,
		outbound_hrmp: vec![
			(ParaId(0), sent(1, 1)),
			(ParaId(1), sent(10, 1)),
			(ParaId(3), sent(u32::MAX, 2)),
			(ParaId(4), sent(4, 1)),
		],
		ump_messages_sent: u32::MAX,
		ump_bytes_sent: 11,
		dmp_messages_processed: 7,
		code_upgrade_applied: true,
		code_upgrade_announced: true,
	};
	assert_eq!(stacked, expected, "R-MOD-8, R-PRE-2: sums saturate");
	assert_eq!(stacked.sent_to(ParaId(1)), sent(10, 1), "R-MOD-3");
	assert_eq!(stacked.sent_to(ParaId(2)), sent(0, 0), "R-MOD-3");
}

#[test]
fn r_mod_10_stacked_upward_messages() {
	let messages = |count: usize, bytes: usize| CandidateCommitments {
		upward_messages: vec![vec![0; bytes / count]; count],
		..commitments(9)
	};
	let mut path = Path::new(base());
	path.push(9, &messages(4, 300)).expect("A fits");
	path.push(9, &messages(5, 600)).expect("B fits");
	assert_eq!(
		(path.stacked.ump_messages_sent, path.stacked.ump_bytes_sent),
		(9, 900),
		"R-MOD-10"
	);
	let children = path.operating();
	assert_eq!(
		(children.ump_remaining(), children.ump_remaining_bytes()),
		(1, 100),
		"R-MOD-10"
	);
	let expected = ModificationError::UmpMessagesOverflow {
		remaining: 1,
		submitted: 2,
	};
	assert_eq!(
		path.check(9, &messages(2, 100)),
		Err(expected.into()),
		"R-MOD-10: C"
	);
	assert!(
		path.check(9, &messages(1, 100)).is_ok(),
		"R-CON-6: exactly what remains"
	);
}

#[test]
fn r_mod_4_signals_consume_no_capacity() {
	let path = Path::new(Constraints {
		max_ump_num_per_candidate: 2,
		..base()
	});
	let with_signals = CandidateCommitments {
		upward_messages: vec![vec![1; 10], vec![1; 20], vec![], vec![0, 1, 0], vec![1; 900]],
		..commitments(9)
	};
	let changed = path.check(9, &with_signals).expect("two messages fit");
	assert_eq!(
		(changed.ump_messages_sent, changed.ump_bytes_sent),
		(2, 30),
		"R-MOD-4"
	);
}

#[test]
fn r_app_8_watermarks() {
	type Row = (
		&'static [HrmpWatermarkUpdate],
		Result<&'static [BlockNumber], BlockNumber>,
	);
	let rows: [Row; 8] = [
		(&[Trunk(8)], Ok(&[8, 10])),
		(&[Head(9)], Ok(&[9, 10])),
		(&[Head(12)], Ok(&[12])),
		(&[Trunk(7)], Err(7)),
		(&[Trunk(8), Trunk(6)], Err(6)),
		// A child may keep the watermark of its parent (R-APP-3), also one that is no block with messages.
		(&[Trunk(8), Trunk(8)], Ok(&[8, 10])),
		(&[Head(9), Trunk(9), Trunk(10)], Ok(&[10])),
		(&[Head(9), Trunk(8)], Err(8)),
	];
	for (updates, expected) in rows {
		let expected = expected
			.map(<[BlockNumber]>::to_vec)
			.map_err(ModificationError::DisallowedHrmpWatermark);
		assert_eq!(watermarks_after(updates), expected, "R-APP-8: {updates:?}");
		// The same, judged without applying anything (R-BASE-18).
		let (last, lower) = updates.split_last().expect("every row has an update");
		let mut stacked = ConstraintModifications::default();
		lower.iter().for_each(|update| stacked.stack(&watermark(*update)));
		let constraints = base();
		let judged = Operating::new(&constraints, &stacked).check(&watermark(*last));
		assert_eq!(judged, expected.map(|_| ()), "R-CON-1: {updates:?}");
	}
}

#[test]
fn r_hrmp_6_messages_and_bytes_of_a_channel_are_separate_limits() {
	let mut path = Path::new(Constraints {
		hrmp_channels_out: vec![(
			ParaId(2000),
			OutboundHrmpChannelLimitations {
				bytes_remaining: 50,
				messages_remaining: 1,
			},
		)],
		..base()
	});
	let message = |len| CandidateCommitments {
		horizontal_messages: horizontal(&[(2000, len)]),
		..commitments(9)
	};
	path.push(9, &message(40)).expect("A fits");
	let expected = ModificationError::HrmpMessagesOverflow {
		recipient: ParaId(2000),
		remaining: 0,
		submitted: 1,
	};
	assert_eq!(path.check(9, &message(5)), Err(expected.into()), "R-HRMP-6");
}

#[test]
fn r_dmp_2_remaining_is_after_the_path() {
	let mut path = Path::new(Constraints {
		dmp_remaining_messages: vec![5, 7],
		..base()
	});
	let processes = |processed_downward_messages| CandidateCommitments {
		processed_downward_messages,
		..commitments(8)
	};
	let idle = FragmentError::DmpAdvancementRule {
		sent_at: 5,
		relay_parent: 8,
	};
	assert_eq!(path.check(8, &processes(0)), Err(idle), "R-DMP-1");
	path.push(8, &processes(2)).expect("A processes both");
	assert!(path.check(8, &processes(0)).is_ok(), "R-DMP-2: B has none left");
	let underflow = ModificationError::DmpMessagesUnderflow {
		remaining: 0,
		processed: 1,
	};
	assert_eq!(path.check(8, &processes(1)), Err(underflow.into()), "R-CON-4");
}

#[test]
fn r_code_8_the_applying_fragment_runs_old_code() {
	let new = ValidationCodeHash(Hash::repeat_byte(7));
	let mut path = Path::new(Constraints {
		upgrade_restriction: Some(UpgradeRestriction::Present),
		future_validation_code: Some((20, new)),
		..base()
	});
	let mismatch = |expected, got| Err(FragmentError::ValidationCodeMismatch { expected, got });

	let a = path
		.check_with_code(19, CODE, &commitments(19))
		.expect("A runs old code");
	assert!(!a.code_upgrade_applied, "R-MOD-6: 19 < 20");
	assert_eq!(
		path.check_with_code(19, new, &commitments(19)),
		mismatch(CODE, new),
		"R-CODE-5"
	);
	path.push(19, &commitments(19)).expect("A fits");

	let b = path
		.check_with_code(20, CODE, &commitments(20))
		.expect("B runs old code");
	assert!(b.code_upgrade_applied, "R-MOD-6: 20 >= 20");
	path.push(20, &commitments(20)).expect("B fits");

	assert_eq!(
		path.check_with_code(20, CODE, &commitments(20)),
		mismatch(new, CODE),
		"R-CODE-8: C"
	);
	let c = path
		.check_with_code(20, new, &commitments(20))
		.expect("C runs new code");
	assert!(!c.code_upgrade_applied, "R-CODE-4: applied once on a path");
	assert_eq!(path.operating().future_validation_code(), None, "R-APP-5");
}

#[test]
fn r_code_4_one_announcement_on_a_path() {
	let mut path = Path::new(base());
	let announces = CandidateCommitments {
		new_validation_code: Some(ValidationCode(vec![0; 9])),
		..commitments(9)
	};
	path.push(9, &announces).expect("the first may");
	assert_eq!(
		path.check(9, &announces),
		Err(FragmentError::CodeUpgradeRestricted),
		"R-CODE-4"
	);
	assert!(
		path.push(9, &commitments(9)).is_ok(),
		"R-APP-6: only announcing is restricted"
	);
	assert_eq!(
		path.check(9, &announces),
		Err(FragmentError::CodeUpgradeRestricted),
		"R-CODE-4"
	);
}

#[test]
fn r_pvd_1_the_next_candidate_builds_on_the_output_of_the_one_before() {
	let mut path = Path::new(base());
	path.push(9, &commitments(9)).expect("it fits");
	let data = crate::expected_validation_data(&relay_block(10), &path.operating());
	let expected = crate::PersistedValidationData {
		parent_head: HeadData(vec![1]),
		relay_parent_number: 10,
		relay_parent_storage_root: Hash::from_low_u64_be(1010),
		max_pov_size: 1024,
	};
	assert_eq!(data, expected, "R-PVD-1, R-APP-2");
}

#[test]
fn r_abp_1_legal_depths_are_zero_to_d() {
	let params = crate::AsyncBackingParams::new(4, 3).expect("legal");
	let depths = (0..=5).map(|above| crate::check_depth(above, 0, params.max_candidate_depth));
	let refused = Err(DepthExceeded { depth: 5, max: 4 });
	assert!(depths.eq([Ok(0), Ok(1), Ok(2), Ok(3), Ok(4), refused]), "R-ABP-1");
	assert_eq!(params.max_unincluded(), 5, "R-ABP-1");
}
