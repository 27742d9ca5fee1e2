//! Where ours differs on purpose: one test for each row of `docs/decisions/0009-intended-differences.md` that is about
//! constraints. Rows 10 to 13 are about votes, descriptors and groups; their tests are in `rules.rs` and `signing.rs`.

use crate::{
	bridge,
	paths::{relay_parent, Candidate},
};
use async_backing_primitives::*;
use polkadot_node_subsystem_util::inclusion_emulator as theirs;

/// Constraints under which everything fits.
fn base() -> Constraints {
	let room = OutboundHrmpChannelLimitations {
		bytes_remaining: 100,
		messages_remaining: 10,
	};
	Constraints {
		min_relay_parent_number: 5,
		max_pov_size: 1000,
		max_code_size: 1000,
		max_head_data_size: 100,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 2,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![6, 8, 12],
		},
		hrmp_channels_out: vec![(ParaId(1), room), (ParaId(2), room)],
		max_hrmp_num_per_candidate: 5,
		required_parent: HeadData(vec![0]),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(6)),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// A legal candidate on relay parent 10 at the end of a path.
fn candidate(operating: &Operating<'_, impl ConstraintSource>) -> Candidate {
	let relay_parent = relay_parent(10);
	Candidate {
		relay_parent,
		commitments: CandidateCommitments {
			head_data: HeadData(vec![1]),
			hrmp_watermark: 10,
			..Default::default()
		},
		code: operating.validation_code_hash(),
		data: expected_validation_data(&relay_parent, operating),
	}
}

fn check_there(
	candidate: &Candidate,
	operating: &theirs::Constraints,
) -> Result<theirs::ConstraintModifications, theirs::FragmentValidityError> {
	bridge::check(
		&candidate.relay_parent,
		operating,
		&candidate.commitments,
		candidate.code,
		&candidate.data,
	)
}

#[test]
fn row_1_r_con_1_a_watermark_ahead_of_the_relay_parent_is_refused() {
	let (base, none) = (base(), ConstraintModifications::default());
	let operating = Operating::new(&base, &none);
	let mut candidate = candidate(&operating);
	candidate.commitments.hrmp_watermark = 12;
	assert!(
		check_there(&candidate, &bridge::constraints(&base)).is_ok(),
		"12 is in their list"
	);
	assert_eq!(
		candidate.check(&operating).err(),
		Some(FragmentError::WatermarkAheadOfRelayParent {
			watermark: 12,
			relay_parent: 10
		}),
		"R-CON-1: the chain refuses it (R-HRMP-1), so must the prediction"
	);
}

#[test]
fn row_2_r_app_3_a_child_may_keep_its_parents_watermark() {
	let (base, none) = (base(), ConstraintModifications::default());
	let operating = Operating::new(&base, &none);
	let parent = candidate(&operating);
	let first = parent.check(&operating).expect("legal");
	let there = check_there(&parent, &bridge::constraints(&base)).expect("legal there");
	let there = bridge::constraints(&base)
		.apply_modifications(&there)
		.expect("legal there");

	// Relay parent 11, watermark still 10: a block without messages, but where the para stands.
	let operating = Operating::new(&base, &first);
	let mut child = candidate(&operating);
	child.relay_parent = relay_parent(11);
	child.data = expected_validation_data(&child.relay_parent, &operating);
	assert_eq!(child.commitments.hrmp_watermark, 10);
	assert!(
		child.check(&operating).is_ok(),
		"R-APP-3: the chain accepts an unchanged watermark"
	);
	let refused =
		theirs::FragmentValidityError::OutputsInvalid(theirs::ModificationError::DisallowedHrmpWatermark(10));
	assert_eq!(check_there(&child, &there).err(), Some(refused));
}

#[test]
fn row_3_r_code_4_and_r_def_13_one_announcement_on_a_path() {
	let (base, none) = (base(), ConstraintModifications::default());
	let operating = Operating::new(&base, &none);
	let mut parent = candidate(&operating);
	parent.commitments.new_validation_code = Some(ValidationCode(vec![3; 9]));
	let first = parent.check(&operating).expect("legal");
	let there = check_there(&parent, &bridge::constraints(&base)).expect("legal there");
	let there = bridge::constraints(&base)
		.apply_modifications(&there)
		.expect("legal there");

	let operating = Operating::new(&base, &first);
	let mut child = candidate(&operating);
	child.commitments.new_validation_code = Some(ValidationCode(vec![4; 9]));
	assert!(
		check_there(&child, &there).is_ok(),
		"and dropped in silence when it is enacted"
	);
	assert_eq!(
		child.check(&operating).err(),
		Some(FragmentError::CodeUpgradeRestricted),
		"R-CODE-4"
	);
}

#[test]
fn row_4_r_ump_1_the_error_counts_what_the_rule_counts() {
	let (base, none) = (base(), ConstraintModifications::default());
	let operating = Operating::new(&base, &none);
	let mut candidate = candidate(&operating);
	candidate.commitments.upward_messages = vec![vec![1], vec![1], vec![1], vec![], vec![0, 0, 0]];
	let ours = candidate.check(&operating).err();
	assert_eq!(
		ours,
		Some(FragmentError::UmpMessagesPerCandidateOverflow { max: 2, got: 3 }),
		"R-UMP-1"
	);
	let theirs = check_there(&candidate, &bridge::constraints(&base)).err();
	let counted = theirs::FragmentValidityError::UmpMessagesPerCandidateOverflow {
		messages_allowed: 2,
		messages_submitted: 5,
	};
	assert_eq!(theirs, Some(counted), "theirs counts separator and signal");
}

#[test]
fn row_5_r_frg_4_a_pending_candidate_keeps_its_relay_parent() {
	let (base, none) = (base(), ConstraintModifications::default());
	let operating = Operating::new(&base, &none);
	let mut candidate = candidate(&operating);
	candidate.relay_parent = relay_parent(3);
	candidate.data = expected_validation_data(&candidate.relay_parent, &operating);
	candidate.commitments.hrmp_watermark = 3;
	let fragment = |is_pending_availability| FragmentCandidate {
		commitments: &candidate.commitments,
		validation_code_hash: candidate.code,
		validation_data: ValidationDataClaim::Full(&candidate.data),
		is_pending_availability,
	};
	let too_old = FragmentError::RelayParentTooOld { min: 5, got: 3 };
	let judged = |pending| check_fragment(&candidate.relay_parent, &operating, &fragment(pending)).err();
	assert_eq!(judged(false), Some(too_old), "R-FRG-4");
	assert_eq!(
		judged(true),
		None,
		"R-FRG-4: it was not too old when it was backed"
	);
	let theirs = check_there(&candidate, &bridge::constraints(&base)).err();
	assert_eq!(
		theirs,
		Some(theirs::FragmentValidityError::RelayParentTooOld(5, 3)),
		"their callers patch the minimum"
	);
}

#[test]
fn row_6_r_base_17_and_r_def_11_what_the_wire_format_cannot_say_is_checked_where_it_is_known() {
	let none = ConstraintModifications::default();
	let extended = |offboarding| ExtendedConstraints {
		constraints: base(),
		extension: Some(ConstraintsExtension {
			max_ump_message_size: 10,
			hrmp_max_message_size: vec![(ParaId(1), 10), (ParaId(2), 10)],
			offboarding,
			..Default::default()
		}),
	};
	let upward = |len| (vec![vec![1; len]], vec![]);
	let horizontal = |len| {
		let message = OutboundHrmpMessage {
			recipient: ParaId(2),
			data: vec![2; len],
		};
		(vec![], vec![message])
	};
	let rows = [
		(false, upward(10), None),
		(
			false,
			upward(11),
			Some(FragmentError::UmpMessageTooLarge {
				index: 0,
				max: 10,
				got: 11,
			}),
		),
		(false, horizontal(10), None),
		(
			false,
			horizontal(11),
			Some(FragmentError::HrmpMessageTooLarge {
				recipient: ParaId(2),
				max: 10,
				got: 11,
			}),
		),
		(true, upward(1), Some(FragmentError::UmpWhileOffboarding)),
	];
	for (offboarding, (upward_messages, horizontal_messages), expected) in rows {
		let base = extended(offboarding);
		let operating = Operating::new(&base, &none);
		let mut candidate = candidate(&operating);
		candidate.commitments.upward_messages = upward_messages;
		candidate.commitments.horizontal_messages = horizontal_messages;
		assert_eq!(candidate.check(&operating).err(), expected, "R-BASE-17");
		let there = bridge::constraints(&base.constraints);
		assert!(
			check_there(&candidate, &there).is_ok(),
			"their prediction cannot know"
		);
	}
}

#[test]
fn row_7_r_mod_8_an_unchanged_watermark_keeps_its_variant() {
	let base = base();
	let step = |update| ConstraintModifications {
		hrmp_watermark: Some(update),
		..Default::default()
	};
	// 9 is where the first step's relay parent lay; no message arrived there.
	let (first, second) = (
		step(HrmpWatermarkUpdate::Head(9)),
		step(HrmpWatermarkUpdate::Trunk(9)),
	);
	let mut ours = first.clone();
	ours.stack(&second);
	assert_eq!(ours, first, "R-MOD-8");
	assert!(
		base.check_modifications(&ours).is_ok(),
		"R-MOD-9: stacked is as good as step by step"
	);
	let mut theirs = bridge::modifications(&first);
	theirs.stack(&bridge::modifications(&second));
	let refused = theirs::ModificationError::DisallowedHrmpWatermark(9);
	assert_eq!(
		bridge::constraints(&base).check_modifications(&theirs),
		Err(refused)
	);
}

#[test]
fn row_8_r_con_2_and_r_pre_3_the_lowest_recipient_is_named() {
	let base = base();
	let none = ConstraintModifications::default();
	let operating = Operating::new(&base, &none);
	let mut candidate = candidate(&operating);
	candidate.commitments.horizontal_messages = [3, 4, 5, 6]
		.map(|recipient| OutboundHrmpMessage {
			recipient: ParaId(recipient),
			data: vec![],
		})
		.to_vec();
	let lowest = ModificationError::NoSuchHrmpChannel(ParaId(3));
	for _ in 0..20 {
		let ours = candidate.check(&operating).err();
		assert_eq!(ours, Some(FragmentError::OutputsInvalid(lowest)), "R-CON-2");
		// Theirs names one of the four; which depends on the seed of a hash map.
		let theirs = check_there(&candidate, &bridge::constraints(&base));
		assert!(matches!(
			theirs,
			Err(theirs::FragmentValidityError::OutputsInvalid(
				theirs::ModificationError::NoSuchHrmpChannel(_)
			))
		));
	}
}

#[test]
fn row_9_r_def_10_the_head_data_limit_comes_from_the_configuration() {
	let (mut base, none) = (base(), ConstraintModifications::default());
	base.max_head_data_size = 1;
	let operating = Operating::new(&base, &none);
	let mut candidate = candidate(&operating);
	candidate.commitments.head_data = HeadData(vec![1, 2]);
	let too_large = FragmentError::HeadDataTooLarge { max: 1, got: 2 };
	assert_eq!(candidate.check(&operating).err(), Some(too_large), "R-BASE-4");
	// Since version 9 of the primitives theirs carries the limit as well; version 8 had a constant (R-DEF-22).
	let theirs = check_there(&candidate, &bridge::constraints(&base)).err();
	assert_eq!(
		theirs,
		Some(theirs::FragmentValidityError::HeadDataTooLarge(1, 2))
	);
}
