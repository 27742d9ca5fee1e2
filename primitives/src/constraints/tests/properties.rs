//! Properties of paths: stacking, applying and judging without applying are the same.

use super::super::*;
use crate::testing::{
	any_base, any_choices, any_modifications, grow, propose, relay_block, Choice, Path, Proposal,
};
use crate::{check_fragment, FragmentCandidate, ValidationDataClaim};
use alloc::{vec, vec::Vec};
use proptest::prelude::*;

/// What a sequence of accepted candidates changes, one by one.
fn accepted(base: &Constraints, choices: &[Choice]) -> Vec<ConstraintModifications<'static>> {
	let mut path = Path::new(base.clone());
	grow(&mut path, choices)
}

fn stack<'a>(
	parts: impl IntoIterator<Item = &'a ConstraintModifications<'static>>,
) -> ConstraintModifications<'static> {
	let mut stacked = ConstraintModifications::default();
	parts.into_iter().for_each(|part| stacked.stack(part));
	stacked
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn r_mod_9_applying_the_stack_is_applying_one_by_one(base in any_base(), choices in any_choices()) {
		let steps = accepted(&base, &choices);
		let mut one_by_one = base.clone();
		for (count, step) in steps.iter().enumerate() {
			one_by_one = one_by_one.apply_modifications(step).expect("an accepted step fits");
			let at_once = base.apply_modifications(&stack(&steps[..=count]));
			prop_assert_eq!(at_once, Ok(one_by_one.clone()), "R-MOD-9 after {} steps", count + 1);
			prop_assert!(one_by_one.is_canonical(), "R-APP-3 keeps the order");
		}
	}

	#[test]
	fn r_mod_8_stacking_is_associative_over_valid_sequences(
		base in any_base(), choices in any_choices(), cuts in (0usize..6, 0usize..6),
	) {
		let steps = accepted(&base, &choices);
		let first = cuts.0.min(cuts.1).min(steps.len());
		let second = cuts.0.max(cuts.1).min(steps.len());
		let parts = [stack(&steps[..first]), stack(&steps[first..second]), stack(&steps[second..])];
		let left = stack(&[stack(&parts[..2]), parts[2].clone()]);
		let right = stack(&[parts[0].clone(), stack(&parts[1..])]);
		prop_assert_eq!(&left, &right, "R-MOD-8");
		prop_assert_eq!(left, stack(&steps), "R-MOD-8");
	}

	#[test]
	fn r_base_18_reading_together_is_reading_the_applied(base in any_base(), choices in any_choices()) {
		let stacked = stack(&accepted(&base, &choices));
		let applied = base.apply_modifications(&stacked).expect("a stack of accepted steps fits");
		let together = Operating::new(&base, &stacked);
		prop_assert_eq!(together.required_parent(), &applied.required_parent, "R-APP-2");
		prop_assert_eq!(together.validation_code_hash(), applied.validation_code_hash, "R-APP-5");
		prop_assert_eq!(together.future_validation_code(), applied.future_validation_code, "R-APP-5");
		prop_assert_eq!(together.is_upgrade_restricted(), applied.upgrade_restriction.is_some(), "R-APP-6");
		prop_assert_eq!(together.ump_remaining(), applied.ump_remaining, "R-APP-4");
		prop_assert_eq!(together.ump_remaining_bytes(), applied.ump_remaining_bytes, "R-APP-4");
		prop_assert_eq!(together.dmp_remaining() as usize, applied.dmp_remaining_messages.len(), "R-APP-4");
		prop_assert_eq!(together.dmp_first_sent_at(), applied.dmp_remaining_messages.first().copied(), "R-APP-4");
		for watermark in 0..60 {
			let listed = applied.hrmp_inbound.valid_watermarks.contains(&watermark);
			prop_assert_eq!(together.is_valid_watermark(watermark), listed, "R-APP-3: {}", watermark);
		}
		for recipient in (0..8).map(ParaId) {
			let left = applied.hrmp_channels_out.iter().find(|(to, _)| *to == recipient).map(|(_, left)| *left);
			prop_assert_eq!(together.outbound_channel(recipient), left, "R-APP-4: {}", recipient);
		}
	}

	#[test]
	fn r_base_18_judging_a_candidate_needs_no_sum(
		base in any_base(), choices in any_choices(), last in any::<Choice>(), honest in any::<bool>(),
	) {
		let mut path = Path::new(base.clone());
		grow(&mut path, &choices);
		let applied = base.apply_modifications(&path.stacked).expect("a stack of accepted steps fits");
		let Proposal { relay_parent, mut commitments } = propose(&path, &last);
		if !honest {
			// Beyond what the path leaves, in every direction at once.
			commitments.hrmp_watermark = last.watermark.into();
			commitments.processed_downward_messages += u32::from(last.downward);
		}
		let relay_parent = relay_block(relay_parent);
		let identity = ConstraintModifications::default();
		let sum = Operating::new(&applied, &identity);
		let hash = crate::expected_validation_data(&relay_parent, &sum).hash();
		let candidate = FragmentCandidate {
			commitments: &commitments,
			validation_code_hash: applied.validation_code_hash,
			validation_data: ValidationDataClaim::Hash(hash),
			is_pending_availability: false,
		};
		prop_assert_eq!(
			check_fragment(&relay_parent, &path.operating(), &candidate),
			check_fragment(&relay_parent, &sum, &candidate),
			"R-BASE-18"
		);
	}

	#[test]
	fn r_app_1_checking_passes_exactly_when_applying_does(
		base in any_base(), choices in any_choices(), modifications in any_modifications(),
	) {
		let stacked = stack(&accepted(&base, &choices));
		let applied = base.apply_modifications(&stacked).expect("a stack of accepted steps fits");
		let verdict = Operating::new(&base, &stacked).check(&modifications);
		prop_assert_eq!(applied.check_modifications(&modifications), verdict, "R-BASE-18");
		prop_assert_eq!(applied.apply_modifications(&modifications).map(|_| ()), verdict, "R-APP-1");
	}

	#[test]
	fn r_app_7_limits_never_change(base in any_base(), choices in any_choices()) {
		let applied = base.apply_modifications(&stack(&accepted(&base, &choices))).expect("accepted steps fit");
		let limits = |c: &Constraints| {
			vec![
				c.min_relay_parent_number,
				c.max_pov_size,
				c.max_code_size,
				c.max_head_data_size,
				c.max_ump_num_per_candidate,
				c.max_hrmp_num_per_candidate,
			]
		};
		prop_assert_eq!(limits(&applied), limits(&base), "R-APP-7");
	}
}

/// The generators must reach what the properties are about, or these would hold of nothing.
#[test]
fn generated_paths_are_long_and_touch_everything() {
	use proptest::{strategy::ValueTree, test_runner::TestRunner};
	let mut runner = TestRunner::deterministic();
	let (mut steps, mut longest, mut seen) = (0, 0, [0; 8]);
	for _ in 0..500 {
		let (base, choices) = (any_base(), any_choices())
			.new_tree(&mut runner)
			.expect("the generators filter nothing")
			.current();
		let accepted = accepted(&base, &choices);
		steps += accepted.len();
		longest = longest.max(accepted.len());
		for (step, below) in accepted.iter().zip((0..).map(|count| stack(&accepted[..count]))) {
			let moved = step.hrmp_watermark.map(|update| update.watermark());
			let kept = moved.is_some() && moved == below.hrmp_watermark.map(|update| update.watermark());
			let hit = [
				matches!(step.hrmp_watermark, Some(HrmpWatermarkUpdate::Trunk(_))),
				kept,
				step.outbound_hrmp
					.iter()
					.any(|(to, _)| below.sent_to(*to).messages_submitted > 0),
				step.ump_messages_sent > 0 && below.ump_messages_sent > 0,
				step.dmp_messages_processed > 0 && below.dmp_messages_processed > 0,
				step.code_upgrade_applied,
				below.code_upgrade_applied,
				step.code_upgrade_announced,
			];
			seen.iter_mut()
				.zip(hit)
				.for_each(|(count, hit)| *count += u32::from(hit));
		}
	}
	assert!(
		steps > 500 && longest >= 5,
		"R-MOD-9: {steps} steps, at most {longest} on a path"
	);
	assert!(seen.iter().all(|count| *count >= 10), "R-MOD-9: {seen:?}");
}
