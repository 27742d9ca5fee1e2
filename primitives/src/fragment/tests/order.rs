//! The canonical order of the checks (section 4).

use super::super::*;
use crate::testing::{base, commitments, horizontal, relay_block, CODE};
use crate::{Constraints, ConstraintsExtension, ExtendedConstraints, UpgradeRestriction, ValidationCode};
use alloc::vec;
use FragmentError::*;

/// Everything about a candidate and its place that the repairs touch.
struct Case {
	base: ExtendedConstraints,
	commitments: CandidateCommitments,
	code: ValidationCodeHash,
	relay_parent: RelayChainBlockInfo,
	data_is_right: bool,
}

impl Case {
	fn judge(&self) -> Result<(), FragmentError> {
		let identity = ConstraintModifications::default();
		let operating = Operating::new(&self.base, &identity);
		let right = expected_validation_data(&self.relay_parent, &operating).hash();
		let candidate = FragmentCandidate {
			commitments: &self.commitments,
			validation_code_hash: self.code,
			validation_data: ValidationDataClaim::Hash(if self.data_is_right { right } else { Hash::zero() }),
			is_pending_availability: false,
		};
		check_fragment(&self.relay_parent, &operating, &candidate).map(|_| ())
	}
}

#[test]
fn r_frg_1_to_12_are_checked_in_this_order() {
	let mut case = Case {
		base: ExtendedConstraints {
			constraints: Constraints {
				upgrade_restriction: Some(UpgradeRestriction::Present),
				dmp_remaining_messages: vec![1],
				max_hrmp_num_per_candidate: 1,
				max_ump_num_per_candidate: 1,
				..base()
			},
			extension: Some(ConstraintsExtension {
				max_ump_message_size: 10,
				hrmp_max_message_size: vec![(ParaId(2000), 10)],
				offboarding: true,
				hrmp_max_messages_consumed: 4,
				hrmp_waiting: vec![(8, 3), (9, 2)],
			}),
		},
		commitments: CandidateCommitments {
			upward_messages: vec![vec![7; 11], vec![7]],
			horizontal_messages: horizontal(&[(2000, 11), (1999, 1)]),
			new_validation_code: Some(ValidationCode(vec![7; 101])),
			head_data: HeadData(vec![7; 33]),
			processed_downward_messages: 0,
			hrmp_watermark: 10,
		},
		code: ValidationCodeHash(Hash::repeat_byte(9)),
		relay_parent: relay_block(4),
		data_is_right: false,
	};
	type Repair = fn(&mut Case);
	let steps: [(FragmentError, Repair); 17] = [
		(HrmpMessagesDescendingOrDuplicate(1), |case| {
			case.commitments.horizontal_messages.swap(0, 1);
		}),
		(
			ValidationCodeMismatch {
				expected: CODE,
				got: ValidationCodeHash(Hash::repeat_byte(9)),
			},
			|case| case.code = CODE,
		),
		(HeadDataTooLarge { max: 32, got: 33 }, |case| {
			case.commitments.head_data = HeadData(vec![7; 32]);
		}),
		(RelayParentTooOld { min: 5, got: 4 }, |case| {
			case.relay_parent = relay_block(9)
		}),
		(CodeUpgradeRestricted, |case| {
			case.base.constraints.upgrade_restriction = None;
		}),
		(CodeSizeTooLarge { max: 100, got: 101 }, |case| {
			case.commitments.new_validation_code = None;
		}),
		(HrmpMessagesPerCandidateOverflow { max: 1, got: 2 }, |case| {
			case.base.constraints.max_hrmp_num_per_candidate = 2;
		}),
		(PersistedValidationDataMismatch, |case| case.data_is_right = true),
		(
			DmpAdvancementRule {
				sent_at: 1,
				relay_parent: 9,
			},
			|case| case.commitments.processed_downward_messages = 1,
		),
		(UmpMessagesPerCandidateOverflow { max: 1, got: 2 }, |case| {
			case.base.constraints.max_ump_num_per_candidate = 2;
		}),
		(
			WatermarkAheadOfRelayParent {
				watermark: 10,
				relay_parent: 9,
			},
			|case| case.commitments.hrmp_watermark = 7,
		),
		(
			OutputsInvalid(ModificationError::DisallowedHrmpWatermark(7)),
			|case| {
				case.commitments.hrmp_watermark = 9;
			},
		),
		(
			OutputsInvalid(ModificationError::NoSuchHrmpChannel(ParaId(1999))),
			|case| {
				case.commitments.horizontal_messages = horizontal(&[(2000, 11)]);
			},
		),
		(
			UmpMessageTooLarge {
				index: 0,
				max: 10,
				got: 11,
			},
			|case| case.commitments.upward_messages = vec![vec![7]],
		),
		(
			HrmpMessageTooLarge {
				recipient: ParaId(2000),
				max: 10,
				got: 11,
			},
			|case| case.commitments.horizontal_messages = horizontal(&[(2000, 10)]),
		),
		(UmpWhileOffboarding, |case| {
			case.commitments.upward_messages = vec![]
		}),
		(HrmpConsumptionOverflow { max: 4, got: 5 }, |case| {
			case.commitments.hrmp_watermark = 8
		}),
	];
	for (position, (expected, repair)) in steps.into_iter().enumerate() {
		assert_eq!(case.judge(), Err(expected), "R-FRG order, step {position}");
		repair(&mut case);
	}
	assert_eq!(case.judge(), Ok(()), "all is repaired");
}

#[test]
fn r_frg_14_minimums_by_the_relay_parent_and_maximums_by_the_newest_state() {
	// A message of block 12 waits and the channel is closed by now; the candidate's relay parent knows of neither.
	let mut constraints = base();
	constraints.dmp_remaining_messages = vec![12];
	let path = crate::testing::Path::new(constraints.clone());
	assert!(
		path.check(9, &commitments(9)).is_ok(),
		"R-FRG-14: minimum by the relay parent"
	);
	constraints.hrmp_channels_out.clear();
	let path = crate::testing::Path::new(constraints);
	let sends = CandidateCommitments {
		horizontal_messages: horizontal(&[(2000, 1)]),
		..commitments(9)
	};
	let closed = OutputsInvalid(ModificationError::NoSuchHrmpChannel(ParaId(2000)));
	assert_eq!(
		path.check(9, &sends),
		Err(closed),
		"R-FRG-14: maximum by the newest state"
	);
}
