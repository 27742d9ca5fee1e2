//! Candidates whose parent nobody knows yet (R-TRE-14).

use super::super::*;
use crate::testing::{base, commitments, horizontal, relay_block, CODE};
use crate::{Constraints, UpgradeRestriction, ValidationCode};
use alloc::vec;
use FragmentError::*;

/// What makes a candidate out of one that fits.
type Edit = fn(&mut CandidateCommitments);

#[test]
fn r_tre_14_a_candidate_whose_parent_is_unknown() {
	let future = ValidationCodeHash(Hash::repeat_byte(8));
	let constraints = Constraints {
		future_validation_code: Some((20, future)),
		upgrade_restriction: Some(UpgradeRestriction::Present),
		dmp_remaining_messages: vec![1],
		..base()
	};
	let judge = |number, code, edit: Edit| {
		let mut commitments = commitments(number);
		edit(&mut commitments);
		let candidate = FragmentCandidate {
			commitments: &commitments,
			validation_code_hash: code,
			// Not looked at: its parent is unknown.
			validation_data: ValidationDataClaim::Hash(Hash::zero()),
			is_pending_availability: false,
		};
		check_unconnected(&relay_block(number), &constraints, &candidate)
	};
	let (none, other): (Edit, _) = (|_| {}, ValidationCodeHash(Hash::repeat_byte(9)));
	assert_eq!(judge(9, CODE, none), Ok(()), "R-TRE-14: the code in force");
	assert_eq!(judge(9, future, none), Ok(()), "R-TRE-14: the scheduled code");
	let mismatch = ValidationCodeMismatch {
		expected: CODE,
		got: other,
	};
	assert_eq!(judge(9, other, none), Err(mismatch), "R-TRE-14: other code");
	assert_eq!(
		judge(4, CODE, none),
		Err(RelayParentTooOld { min: 5, got: 4 }),
		"R-TRE-14, R-FRG-4"
	);
	let rows: [(Edit, FragmentError); 4] = [
		(
			|c| c.horizontal_messages = horizontal(&[(2, 1), (1, 1)]),
			HrmpMessagesDescendingOrDuplicate(1),
		),
		(
			|c| c.head_data = HeadData(vec![7; 33]),
			HeadDataTooLarge { max: 32, got: 33 },
		),
		(
			|c| c.new_validation_code = Some(ValidationCode(vec![7; 9])),
			CodeUpgradeRestricted,
		),
		(
			|c| c.horizontal_messages = horizontal(&[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]),
			HrmpMessagesPerCandidateOverflow { max: 4, got: 5 },
		),
	];
	for (edit, expected) in rows {
		assert_eq!(judge(9, CODE, edit), Err(expected), "R-TRE-14: R-FRG-1, 3, 5, 7");
	}
	let later: Edit = |c| {
		c.upward_messages = vec![vec![7]; 100];
		c.processed_downward_messages = 100;
		c.hrmp_watermark = 1;
	};
	assert_eq!(
		judge(9, CODE, later),
		Ok(()),
		"R-TRE-14: what the path decides is left out"
	);
}
