//! What holds for all candidates at all places.

use super::super::*;
use crate::testing::{any_base, any_choices, any_claim, grow, propose, relay_block, Choice, Path, Proposal};
use crate::{Constraints, ConstraintsExtension, ExtendedConstraints};
use proptest::{collection, option, prelude::*};

fn any_extension() -> impl Strategy<Value = Option<ConstraintsExtension>> {
	let sizes = collection::btree_map(0u32..5, 5u32..25, 0..6);
	let waiting = collection::btree_map(1u32..24, 1u32..5, 0..8);
	let extension = (5u32..30, sizes, prop::bool::weighted(0.1), 0u32..12, waiting);
	option::of(extension.prop_map(
		|(max_ump_message_size, sizes, offboarding, hrmp_max_messages_consumed, waiting)| {
			ConstraintsExtension {
				max_ump_message_size,
				hrmp_max_message_size: sizes
					.into_iter()
					.map(|(recipient, size)| (ParaId(recipient), size))
					.collect(),
				offboarding,
				hrmp_max_messages_consumed,
				hrmp_waiting: waiting.into_iter().collect(),
			}
		},
	))
}

/// Every maximum lowered by its share of `by`.
fn lowered(base: &ExtendedConstraints, by: &[u32; 8]) -> ExtendedConstraints {
	let mut lower = base.clone();
	let constraints = &mut lower.constraints;
	for (value, by) in [
		&mut constraints.max_code_size,
		&mut constraints.max_head_data_size,
		&mut constraints.ump_remaining,
		&mut constraints.ump_remaining_bytes,
		&mut constraints.max_ump_num_per_candidate,
		&mut constraints.max_hrmp_num_per_candidate,
	]
	.into_iter()
	.zip(by)
	{
		*value = value.saturating_sub(*by);
	}
	for (_, limits) in &mut constraints.hrmp_channels_out {
		limits.bytes_remaining = limits.bytes_remaining.saturating_sub(by[6]);
		limits.messages_remaining = limits.messages_remaining.saturating_sub(by[7]);
	}
	if let Some(extension) = &mut lower.extension {
		extension.max_ump_message_size = extension.max_ump_message_size.saturating_sub(by[0]);
		extension.hrmp_max_messages_consumed = extension.hrmp_max_messages_consumed.saturating_sub(by[2]);
		for (_, size) in &mut extension.hrmp_max_message_size {
			*size = size.saturating_sub(by[1]);
		}
	}
	lower
}

fn extended(constraints: Constraints, extension: Option<ConstraintsExtension>) -> ExtendedConstraints {
	ExtendedConstraints {
		constraints,
		extension,
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(1024))]

	#[test]
	fn lowering_a_maximum_never_turns_a_refusal_into_an_acceptance(
		base in any_base(), extension in any_extension(), choices in any_choices(), last in any::<Choice>(),
		by in prop::array::uniform8(0u32..3),
	) {
		let mut path = Path::new(extended(base, extension));
		grow(&mut path, &choices);
		let Proposal { relay_parent, commitments } = propose(&path, &last);
		let judged = path.check(relay_parent, &commitments);
		let strict = Path { base: lowered(&path.base, &by), ..path.clone() };
		if let Ok(accepted) = strict.check(relay_parent, &commitments) {
			prop_assert_eq!(judged, Ok(accepted), "R-FRG-3, 6, 7, 10, 11, 12");
		}
	}

	#[test]
	fn r_def_33_r_base_18_consumption_is_judged_alike_stacked_and_applied(
		base in any_base(), extension in any_extension(), choices in any_choices(), last in any::<Choice>(),
	) {
		let mut path = Path::new(extended(base, extension));
		grow(&mut path, &choices);
		let applied = path.base.apply_modifications(&path.stacked).expect("a stack of accepted steps fits");
		let Proposal { relay_parent, commitments } = propose(&path, &last);
		let anew = Path { base: applied, stacked: Default::default(), ..path.clone() };
		prop_assert_eq!(
			path.check(relay_parent, &commitments).map(|_| ()),
			anew.check(relay_parent, &commitments).map(|_| ()),
			"R-BASE-18, R-HRMP-2"
		);
	}

	#[test]
	fn r_mod_8_check_and_stack_is_check_then_stack(
		base in any_base(), choices in any_choices(), last in any::<Choice>(),
	) {
		let mut path = Path::new(base);
		grow(&mut path, &choices);
		let Proposal { relay_parent, commitments } = propose(&path, &last);
		let place = relay_block(relay_parent);
		let data = expected_validation_data(&place, &path.operating());
		let candidate = FragmentCandidate {
			commitments: &commitments,
			validation_code_hash: path.operating().validation_code_hash(),
			validation_data: ValidationDataClaim::Full(&data),
			is_pending_availability: false,
		};
		let separately = check_fragment(&place, &path.operating(), &candidate).map(|accepted| {
			let mut stacked = path.stacked.clone();
			stacked.stack(&accepted);
			stacked
		});
		prop_assert_eq!(check_and_stack(&place, &path.operating(), &candidate), separately, "R-MOD-8");
	}

	#[test]
	fn r_pvd_1_full_and_hashed_claims_agree(
		base in any_base(), choices in any_choices(), last in any::<Choice>(), twist in 0u8..12,
	) {
		let mut path = Path::new(base);
		grow(&mut path, &choices);
		let Proposal { relay_parent, commitments } = propose(&path, &last);
		let data = any_claim(&path, relay_parent, twist);
		let judge = |validation_data| {
			let candidate = FragmentCandidate {
				commitments: &commitments,
				validation_code_hash: path.operating().validation_code_hash(),
				validation_data,
				is_pending_availability: false,
			};
			check_fragment(&relay_block(relay_parent), &path.operating(), &candidate)
		};
		let full = judge(ValidationDataClaim::Full(&data));
		prop_assert_eq!(&full, &judge(ValidationDataClaim::Hash(data.hash())), "R-PVD-1");
		prop_assert!(twist > 3 || full.is_err(), "R-FRG-8: twisted data are refused");
	}

	#[test]
	fn what_is_accepted_is_what_is_changed(
		base in any_base(), extension in any_extension(), choices in any_choices(), last in any::<Choice>(),
	) {
		let mut path = Path::new(extended(base, extension));
		grow(&mut path, &choices);
		let Proposal { relay_parent, commitments } = propose(&path, &last);
		let operating = path.operating();
		let claimed = candidate_modifications(relay_parent, &operating, &commitments);
		if let Ok(accepted) = path.check(relay_parent, &commitments) {
			prop_assert_eq!(claimed.as_ref(), Ok(&accepted), "R-MOD-1 to R-MOD-6");
			prop_assert_eq!(operating.check(&accepted), Ok(()), "R-FRG-11");
			prop_assert_eq!(accepted.required_parent.as_deref(), Some(&commitments.head_data), "R-MOD-1");
			let messages = commitments.horizontal_messages.len();
			prop_assert_eq!(accepted.outbound_hrmp.len(), messages, "R-MOD-3: one message a channel");
			prop_assert_eq!(accepted.outbound_hrmp.capacity(), messages, "one exactly sized list");
		}
	}
}
