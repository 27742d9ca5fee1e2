//! Every [`FragmentError`], at, just below and just above the limit.

use super::super::*;
use crate::testing::{base, commitments, horizontal, relay_block, Path, CODE};
use crate::{Constraints, ConstraintsExtension, ExtendedConstraints, UpgradeRestriction, ValidationCode};
use alloc::vec;
use FragmentError::*;

const RELAY_PARENT: BlockNumber = 9;
const RECIPIENT: ParaId = ParaId(2000);

/// Room for more of everything than the limits under test.
fn roomy() -> ExtendedConstraints {
	let mut constraints = base();
	for recipient in 2001..2010 {
		let limits = constraints.hrmp_channels_out[0].1;
		constraints.hrmp_channels_out.push((ParaId(recipient), limits));
	}
	ExtendedConstraints {
		constraints,
		extension: Some(ConstraintsExtension {
			max_ump_message_size: 40,
			hrmp_max_message_size: vec![(RECIPIENT, 30)],
			offboarding: false,
			hrmp_max_messages_consumed: 4,
			hrmp_waiting: vec![(6, 3), (8, 1), (10, 9)],
		}),
	}
}

fn length(len: u32) -> usize {
	usize::try_from(len).expect("test lengths are small")
}

#[test]
fn r_frg_3_to_12_every_size_and_count_holds_exactly() {
	struct Row {
		name: &'static str,
		limit: u32,
		set: fn(&mut CandidateCommitments, u32),
		error: fn(usize) -> FragmentError,
	}
	let rows = [
		Row {
			name: "R-FRG-3 head data",
			limit: 32,
			set: |c, n| c.head_data = HeadData(vec![7; length(n)]),
			error: |got| HeadDataTooLarge { max: 32, got },
		},
		Row {
			name: "R-FRG-6 announced code",
			limit: 100,
			set: |c, n| c.new_validation_code = Some(ValidationCode(vec![7; length(n)])),
			error: |got| CodeSizeTooLarge { max: 100, got },
		},
		Row {
			name: "R-FRG-7 horizontal messages",
			limit: 4,
			set: |c, n| {
				let messages: Vec<_> = (0..n).map(|index| (2000 + index, 1)).collect();
				c.horizontal_messages = horizontal(&messages);
			},
			error: |got| HrmpMessagesPerCandidateOverflow { max: 4, got },
		},
		Row {
			name: "R-FRG-10 upward messages",
			limit: 8,
			set: |c, n| c.upward_messages = vec![vec![7]; length(n)],
			error: |got| UmpMessagesPerCandidateOverflow { max: 8, got },
		},
		Row {
			name: "R-UMP-1 counts what stands before the separator",
			limit: 8,
			set: |c, n| {
				c.upward_messages = vec![vec![7]; length(n)];
				c.upward_messages.extend([vec![], vec![0, 1, 0]]);
			},
			error: |got| UmpMessagesPerCandidateOverflow { max: 8, got },
		},
		Row {
			name: "R-FRG-12 one upward message",
			limit: 40,
			set: |c, n| c.upward_messages = vec![vec![7], vec![7; length(n)]],
			error: |got| UmpMessageTooLarge {
				index: 1,
				max: 40,
				got,
			},
		},
		Row {
			name: "R-FRG-12 one horizontal message",
			limit: 30,
			set: |c, n| c.horizontal_messages = horizontal(&[(2000, length(n)), (2001, 40)]),
			error: |got| HrmpMessageTooLarge {
				recipient: RECIPIENT,
				max: 30,
				got,
			},
		},
	];
	let path = Path::new(roomy());
	for Row {
		name,
		limit,
		set,
		error,
	} in rows
	{
		let judge = |value| {
			let mut commitments = commitments(RELAY_PARENT);
			set(&mut commitments, value);
			path.check(RELAY_PARENT, &commitments).map(|_| ())
		};
		assert_eq!([judge(limit - 1), judge(limit)], [Ok(()), Ok(())], "{name}");
		assert_eq!(judge(limit + 1), Err(error(length(limit + 1))), "{name}");
	}
}

#[test]
fn r_frg_1_recipients_ascend_strictly() {
	let path = Path::new(roomy());
	let rows: [(&[(u32, usize)], _); 5] = [
		(&[], Ok(())),
		(&[(2000, 1), (2003, 1)], Ok(())),
		(&[(2000, 1), (2000, 1)], Err(HrmpMessagesDescendingOrDuplicate(1))),
		(
			&[(2000, 1), (2002, 1), (2001, 1)],
			Err(HrmpMessagesDescendingOrDuplicate(2)),
		),
		// The first violation is reported.
		(
			&[(2003, 1), (2002, 1), (2001, 1)],
			Err(HrmpMessagesDescendingOrDuplicate(1)),
		),
	];
	for (messages, expected) in rows {
		let commitments = CandidateCommitments {
			horizontal_messages: horizontal(messages),
			..commitments(RELAY_PARENT)
		};
		let judged = path.check(RELAY_PARENT, &commitments).map(|_| ());
		assert_eq!(judged, expected, "R-FRG-1, R-MOD-3: {messages:?}");
	}
}

#[test]
fn r_frg_4_old_relay_parents() {
	let (constraints, identity) = (base(), ConstraintModifications::default());
	let operating = Operating::new(&constraints, &identity);
	let too_old = Err(RelayParentTooOld { min: 5, got: 4 });
	for (number, is_pending_availability, expected) in [
		(4, false, too_old),
		(5, false, Ok(())),
		(6, false, Ok(())),
		(4, true, Ok(())),
	] {
		let relay_parent = relay_block(number);
		let commitments = commitments(number);
		let data = expected_validation_data(&relay_parent, &operating);
		let candidate = FragmentCandidate {
			commitments: &commitments,
			validation_code_hash: CODE,
			validation_data: ValidationDataClaim::Full(&data),
			is_pending_availability,
		};
		let judged = check_fragment(&relay_parent, &operating, &candidate).map(|_| ());
		assert_eq!(
			judged, expected,
			"R-FRG-4: {number}, pending: {is_pending_availability}"
		);
	}
}

#[test]
fn r_frg_5_announcing_while_restricted() {
	let announces = CandidateCommitments {
		new_validation_code: Some(ValidationCode(vec![7; 9])),
		..commitments(RELAY_PARENT)
	};
	let restricted = Path::new(Constraints {
		upgrade_restriction: Some(UpgradeRestriction::Present),
		..base()
	});
	let free = Path::new(base());
	assert_eq!(
		restricted.check(RELAY_PARENT, &announces),
		Err(CodeUpgradeRestricted),
		"R-FRG-5"
	);
	assert!(
		restricted.check(RELAY_PARENT, &commitments(RELAY_PARENT)).is_ok(),
		"R-FRG-5"
	);
	let changed = free.check(RELAY_PARENT, &announces).expect("it may announce");
	assert!(changed.code_upgrade_announced, "R-MOD-6");
}

#[test]
fn r_frg_8_each_field_of_the_validation_data_counts() {
	let path = Path::new(base());
	let relay_parent = relay_block(RELAY_PARENT);
	let commitments = commitments(RELAY_PARENT);
	let expected = expected_validation_data(&relay_parent, &path.operating());
	type Twist = fn(&mut PersistedValidationData);
	let twists: [Twist; 4] = [
		|data| data.parent_head.0.push(0),
		|data| data.relay_parent_number += 1,
		|data| data.relay_parent_storage_root = Hash::zero(),
		|data| data.max_pov_size -= 1,
	];
	let judge = |validation_data: ValidationDataClaim<'_>| {
		let candidate = FragmentCandidate {
			commitments: &commitments,
			validation_code_hash: CODE,
			validation_data,
			is_pending_availability: false,
		};
		check_fragment(&relay_parent, &path.operating(), &candidate).map(|_| ())
	};
	assert_eq!(judge(ValidationDataClaim::Full(&expected)), Ok(()), "R-FRG-8");
	assert_eq!(
		judge(ValidationDataClaim::Hash(expected.hash())),
		Ok(()),
		"R-PVD-1"
	);
	for (field, twist) in twists.iter().enumerate() {
		let mut data = expected.clone();
		twist(&mut data);
		let mismatch = Err(PersistedValidationDataMismatch);
		assert_eq!(
			judge(ValidationDataClaim::Full(&data)),
			mismatch,
			"R-FRG-8: field {field}"
		);
		assert_eq!(
			judge(ValidationDataClaim::Hash(data.hash())),
			mismatch,
			"R-PVD-1: field {field}"
		);
	}
}

#[test]
fn r_frg_9_downward_messages_must_advance() {
	let path = Path::new(Constraints {
		dmp_remaining_messages: vec![8, 12],
		..base()
	});
	let judge = |relay_parent, processed_downward_messages| {
		let commitments = CandidateCommitments {
			processed_downward_messages,
			..commitments(relay_parent)
		};
		path.check(relay_parent, &commitments).map(|_| ())
	};
	let idle = |relay_parent| {
		Err(DmpAdvancementRule {
			sent_at: 8,
			relay_parent,
		})
	};
	assert_eq!(
		[judge(7, 0), judge(8, 0), judge(9, 0)],
		[Ok(()), idle(8), idle(9)],
		"R-DMP-1"
	);
	assert_eq!(
		[judge(8, 1), judge(8, 2)],
		[Ok(()), Ok(())],
		"R-CON-4: also newer ones"
	);
	let underflow = ModificationError::DmpMessagesUnderflow {
		remaining: 2,
		processed: 3,
	};
	assert_eq!(judge(8, 3), Err(OutputsInvalid(underflow)), "R-FRG-11");
}

#[test]
fn r_con_1_watermarks_up_to_the_relay_parent() {
	// 10 is a block with messages, but the candidate cannot know at relay parent 9.
	let path = Path::new(base());
	let judge = |hrmp_watermark| {
		let commitments = CandidateCommitments {
			hrmp_watermark,
			..commitments(RELAY_PARENT)
		};
		path.check(RELAY_PARENT, &commitments)
			.map(|modifications| modifications.hrmp_watermark)
	};
	let ahead = |watermark| {
		Err(WatermarkAheadOfRelayParent {
			watermark,
			relay_parent: RELAY_PARENT,
		})
	};
	let disallowed = |watermark| {
		Err(OutputsInvalid(ModificationError::DisallowedHrmpWatermark(
			watermark,
		)))
	};
	assert_eq!(judge(7), disallowed(7), "R-CON-1: no messages in 7");
	assert_eq!(
		judge(8),
		Ok(Some(HrmpWatermarkUpdate::Trunk(8))),
		"R-CON-1, R-MOD-2"
	);
	assert_eq!(
		judge(9),
		Ok(Some(HrmpWatermarkUpdate::Head(9))),
		"R-CON-1, R-MOD-2"
	);
	assert_eq!([judge(10), judge(11)], [ahead(10), ahead(11)], "R-HRMP-1");
}

#[test]
fn r_ump_6_a_leaving_para_sends_no_upward_messages() {
	let mut leaving = roomy();
	leaving.extension.as_mut().expect("it has one").offboarding = true;
	let path = Path::new(leaving);
	let judge = |upward_messages| {
		let commitments = CandidateCommitments {
			upward_messages,
			..commitments(RELAY_PARENT)
		};
		path.check(RELAY_PARENT, &commitments).map(|_| ())
	};
	assert_eq!(judge(vec![]), Ok(()), "R-UMP-6");
	assert_eq!(
		judge(vec![vec![], vec![0, 1, 0]]),
		Ok(()),
		"R-UMP-6: signals are no messages"
	);
	assert_eq!(judge(vec![vec![7]]), Err(UmpWhileOffboarding), "R-UMP-6");
}

#[test]
fn r_def_33_r_hrmp_1_a_candidate_consumes_so_many_messages_at_once() {
	let limited = |max| {
		let mut base = roomy();
		base.extension
			.as_mut()
			.expect("it has one")
			.hrmp_max_messages_consumed = max;
		Path::new(base)
	};
	let at = |hrmp_watermark| CandidateCommitments {
		hrmp_watermark,
		..commitments(RELAY_PARENT)
	};
	let judge = |path: &Path, watermark| path.check(12, &at(watermark)).map(|_| ());
	let refused = |max, got| Err(HrmpConsumptionOverflow { max, got });
	// Messages came in blocks 6, 8 and 10: 3, 1 and 9 of them.
	let path = limited(12);
	assert_eq!(judge(&path, 8), Ok(()));
	assert_eq!(judge(&path, 10), refused(12, 13), "R-BASE-17: a listed block");
	assert_eq!(judge(&path, 12), refused(12, 13), "R-BASE-17: the relay parent");
	assert_eq!(judge(&limited(13), 12), Ok(()), "R-CON-6: exactly the limit");
	// What a path consumed is not consumed again, and one step is always possible.
	let mut path = limited(2);
	assert_eq!(judge(&path, 6), Ok(()), "R-DEF-33: three messages of one block");
	assert_eq!(
		judge(&path, 7),
		Err(OutputsInvalid(ModificationError::DisallowedHrmpWatermark(7)))
	);
	assert_eq!(judge(&path, 8), refused(2, 4));
	path.push(9, &at(6)).expect("is legal");
	assert_eq!(judge(&path, 6), Ok(()), "R-APP-3: it may stay");
	assert_eq!(judge(&path, 8), Ok(()), "R-HRMP-2: one message from block 6 on");
	assert_eq!(judge(&path, 10), refused(2, 10));
	path.push(9, &at(9)).expect("is legal");
	assert_eq!(judge(&path, 12), Ok(()), "R-DEF-33: nine messages of one block");
}

#[test]
fn r_base_17_without_the_extension_its_checks_are_skipped() {
	let path = Path::new(base());
	let large = CandidateCommitments {
		upward_messages: vec![vec![7; 41]],
		horizontal_messages: horizontal(&[(2000, 31)]),
		..commitments(RELAY_PARENT)
	};
	assert!(path.check(RELAY_PARENT, &large).is_ok(), "R-BASE-17");
}

#[test]
fn r_mod_5_and_r_dmp_3_what_is_processed_is_what_is_committed_to() {
	let mut base = roomy();
	base.constraints.dmp_remaining_messages = vec![7, 8, 9];
	let path = Path::new(base);
	for processed in 1..=3 {
		let candidate = CandidateCommitments {
			processed_downward_messages: processed,
			..commitments(RELAY_PARENT)
		};
		let accepted = path.check(RELAY_PARENT, &candidate).expect("so many wait");
		assert_eq!(accepted.dmp_messages_processed, processed, "R-MOD-5");
	}
}

#[test]
fn r_ump_2_the_queue_counts_what_pending_ancestors_add() {
	let mut base = roomy();
	base.constraints.ump_remaining = 5;
	base.constraints.ump_remaining_bytes = 100;
	let sends = |lens: &[usize], head| CandidateCommitments {
		upward_messages: lens.iter().map(|len| vec![1; *len]).collect(),
		head_data: HeadData(vec![head]),
		..commitments(RELAY_PARENT)
	};
	let mut path = Path::new(base);
	assert_eq!(
		path.push(RELAY_PARENT, &sends(&[30, 30, 1], 1)),
		Ok(()),
		"R-UMP-2"
	);
	let refused = |lens| path.check(RELAY_PARENT, &sends(lens, 2)).map(|_| ());
	assert_eq!(refused(&[19, 20]), Ok(()), "R-UMP-2: the rest, to the byte");
	let bytes = ModificationError::UmpBytesOverflow {
		remaining: 39,
		submitted: 40,
	};
	assert_eq!(refused(&[20, 20]), Err(OutputsInvalid(bytes)), "R-UMP-2");
	let messages = ModificationError::UmpMessagesOverflow {
		remaining: 2,
		submitted: 3,
	};
	assert_eq!(refused(&[1, 1, 1]), Err(OutputsInvalid(messages)), "R-UMP-2");
}

#[test]
fn r_hrmp_5_messages_count_over_all_channels_and_each_by_its_channel() {
	let path = Path::new(roomy());
	let judged = |messages: &[(u32, usize)]| {
		let candidate = CandidateCommitments {
			horizontal_messages: horizontal(messages),
			..commitments(RELAY_PARENT)
		};
		path.check(RELAY_PARENT, &candidate).map(|_| ())
	};
	let four = [(2000, 30), (2001, 1), (2002, 1), (2003, 1)];
	assert_eq!(judged(&four), Ok(()), "R-HRMP-5");
	let five = [&four[..], &[(2004, 1)]].concat();
	let too_many = HrmpMessagesPerCandidateOverflow { max: 4, got: 5 };
	assert_eq!(judged(&five), Err(too_many), "R-HRMP-5: over all channels");
	let too_large = HrmpMessageTooLarge {
		recipient: RECIPIENT,
		max: 30,
		got: 31,
	};
	assert_eq!(judged(&[(2000, 31)]), Err(too_large), "R-HRMP-5: by its channel");
	assert_eq!(
		judged(&[(2001, 31)]),
		Ok(()),
		"R-HRMP-5: the other channel knows no limit"
	);
}

#[test]
fn r_pvd_3_the_proof_size_is_that_of_the_constraints() {
	let path = Path::new(roomy());
	let place = relay_block(RELAY_PARENT);
	let candidate = commitments(RELAY_PARENT);
	let judged = |max_pov_size| {
		let data = PersistedValidationData {
			max_pov_size,
			..expected_validation_data(&place, &path.operating())
		};
		let claims = [
			ValidationDataClaim::Full(&data),
			ValidationDataClaim::Hash(data.hash()),
		];
		claims.map(|validation_data| {
			let candidate = FragmentCandidate {
				commitments: &candidate,
				validation_code_hash: CODE,
				validation_data,
				is_pending_availability: false,
			};
			check_fragment(&place, &path.operating(), &candidate).map(|_| ())
		})
	};
	assert_eq!(judged(1024), [Ok(()); 2], "R-PVD-3");
	assert_eq!(judged(1023), [Err(PersistedValidationDataMismatch); 2], "R-PVD-3");
}
