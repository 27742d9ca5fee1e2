//! Which claims there are, who has them, and how a candidate names its core.

use super::*;

const OTHER: ParaId = ParaId(PARA.0 + 1);

/// A leaf where claims of the para are those that are true, core by core.
fn leaf_with(number: BlockNumber, ancestry: u32, claims: &[&[bool]]) -> LeafFacts {
	let cores = claims.len() as u32;
	let mut facts = leaf(number, params(8, ancestry), cores, &genesis());
	let para = |own: &bool| if *own { PARA } else { OTHER };
	facts.claim_queue = (0..cores)
		.map(CoreIndex)
		.zip(claims.iter().map(|claims| claims.iter().map(para).collect()))
		.collect();
	facts
}

/// Blocks after the leaf, core, and what is signalled, of an opening.
type Shown = (u32, u32, Option<(u8, u8)>);

fn openings(collator: &mut Collator, facts: &LeafFacts) -> Vec<Shown> {
	let site = collator.site(facts).expect("there is a claim");
	let shown = |opening: &Opening| {
		let signal = opening.selection.map(|(selector, offset)| (selector.0, offset.0));
		(
			opening.claim.block - facts.block.number,
			opening.claim.core.0,
			signal,
		)
	};
	site.openings.iter().map(shown).collect()
}

#[test]
fn r_ump_5_claims_at_every_offset_are_built_for_and_signalled_where_the_next_block_has_not_the_core() {
	const T: bool = true;
	const F: bool = false;
	type Row<'a> = (&'a str, u32, &'a [&'a [bool]], &'a [Shown]);
	let rows: [Row<'_>; 9] = [
		(
			"a core of its own: no signal, and it goes on",
			3,
			&[&[T, T]],
			&[(1, 0, None), (2, 0, None), (3, 0, None), (4, 0, None)],
		),
		(
			"the second of two",
			3,
			&[&[F, T, F, T, F]],
			&[(2, 0, Some((0, 1))), (4, 0, Some((0, 3)))],
		),
		(
			"the first of two",
			3,
			&[&[T, F, T, F, T]],
			&[(1, 0, None), (3, 0, None)],
		),
		(
			"the fourth of four",
			3,
			&[&[F, F, F, T, F]],
			&[(4, 0, Some((0, 3)))],
		),
		(
			"two cores in turns",
			2,
			&[&[T, F, T], &[F, T, F]],
			&[(1, 0, None), (2, 1, Some((0, 1))), (3, 0, None)],
		),
		(
			"the third core of two in that block",
			1,
			&[&[F, F], &[F, T], &[F, T]],
			&[(2, 1, Some((0, 1))), (2, 2, Some((1, 1)))],
		),
		(
			"one core is its own, the other one is shared (R-SCH-11)",
			1,
			&[&[T, T, T], &[F, T, F]],
			&[(1, 0, None), (2, 0, None), (2, 1, Some((1, 1)))],
		),
		(
			"an order beside a lease (R-SCH-10)",
			0,
			&[&[T, T, T], &[T]],
			&[(1, 0, None), (1, 1, None)],
		),
		(
			"an order that ends is not taken to go on",
			3,
			&[&[F, F, F], &[T, T]],
			&[(1, 1, None), (2, 1, None)],
		),
	];
	for (name, ancestry, claims, expected) in rows {
		let mut collator = Collator::new(config(9, 9), &genesis());
		assert_eq!(
			openings(&mut collator, &leaf_with(10, ancestry, claims)),
			expected,
			"R-UMP-5: {name}"
		);
	}
}

#[test]
fn r_ump_5_every_opening_passes_the_check_of_the_chain() {
	for bits in 0u32..1 << 9 {
		let claims: Vec<Vec<bool>> = (0..3)
			.map(|core| (0..3).map(|at| bits >> (3 * core + at) & 1 == 1).collect())
			.collect();
		let claims: Vec<&[bool]> = claims.iter().map(Vec::as_slice).collect();
		let facts = leaf_with(10, 3, &claims);
		let mut collator = Collator::new(config(9, 9), &genesis());
		let Ok(site) = collator.site(&facts) else {
			assert_eq!(bits, 0, "R-SCH-9");
			continue;
		};
		for opening in &site.openings {
			let core = opening.claim.core;
			assert_eq!(
				check_core_choice(&facts.claim_queue, PARA, core, opening.selection),
				Ok(()),
				"R-UMP-5: {bits:b}"
			);
			assert_eq!(
				candidate_of(&site.build_for(opening, 1))
					.receipt
					.descriptor
					.core_index(),
				Some(core)
			);
		}
	}
}

#[test]
fn r_ump_5_a_para_without_a_claim_in_reach_builds_nothing() {
	let mut collator = Collator::new(config(5, 1), &genesis());
	// The claim is three blocks away, but a candidate of this leaf dies after two.
	let mut facts = leaf_with(10, 1, &[&[false, false, true]]);
	assert_eq!(collator.decide(&facts), Err(NoBuild::NoCore(PARA)), "R-ABP-2");
	facts.paras.clear();
	assert_eq!(
		collator.decide(&facts),
		Err(NoBuild::NotScheduled(PARA)),
		"R-VIE-1"
	);
	assert!(collator.alive(&facts).is_empty());
}

#[test]
fn r_def_40_a_block_that_waits_has_its_claim_and_no_other_is_built_for_it() {
	let mut collator = Collator::new(config(9, 1), &genesis());
	let facts = leaf_with(10, 3, &[&[false, true, false, true, false]]);
	let (first, collated) = build(&mut collator, &facts).unwrap();
	assert_eq!((first.claim.block, first.earliest), (12, facts.slot + 2));
	assert_eq!(
		first.deadline,
		facts.slot + 4,
		"R-COL-6: it may be taken at 14 still"
	);
	let next = leaf_with(11, 3, &[&[true, false, true, false, true]]);
	let second = collator.decide(&next).unwrap();
	assert_eq!(
		(second.claim.block, second.parent_head()),
		(14, head_of(&(first, collated.clone())))
	);
	// At 12 it was not taken: it has the claim of 14, and the next block that of 16.
	let late = leaf_with(12, 3, &[&[false, true, false, true, false]]);
	assert_eq!(collator.decide(&late).unwrap().claim.block, 16, "R-COL-6");
	// At 13 there is the claim of 14 alone.
	let alone = leaf_with(13, 0, &[&[true, false, false]]);
	assert_eq!(
		*collator.decide(&alone).unwrap().parent_head(),
		genesis(),
		"R-COL-6: out of scope"
	);
	let alone = leaf_with(13, 3, &[&[true, false, false, false, false]]);
	assert_eq!(
		collator.decide(&alone),
		Err(NoBuild::NoClaimLeft {
			unbacked: 1,
			claims: 1
		}),
		"R-SCH-8"
	);
	assert_eq!(collator.alive(&alone), [collated.hash]);
}

#[test]
fn r_par_2_what_no_claim_is_left_for_is_replaced() {
	let mut collator = Collator::new(config(9, 1), &genesis());
	let (doomed, _) = build(
		&mut collator,
		&leaf_with(10, 3, &[&[false, true, false, true, false]]),
	)
	.unwrap();
	// Its core is another para's from now on, and it can't name the one that serves this para.
	let facts = leaf_with(11, 3, &[&[false, false, false], &[true, true, true]]);
	let build_on = collator.decide(&facts).unwrap();
	assert_eq!(
		(build_on.core, build_on.parent_head()),
		(CoreIndex(1), &genesis()),
		"{doomed:?}"
	);
}

#[test]
fn r_col_6_a_block_takes_no_claim_before_it_is_ready() {
	let mut collator = Collator::new(config(9, 2), &genesis());
	let facts = leaf_with(10, 3, &[&[true, true, true]]);
	let site = collator.site(&facts).unwrap();
	let slow = site.build_for(&site.openings[1], 2);
	assert_eq!((slow.claim.block, slow.ready), (12, 12));
	collator.note_built(&slow, &candidate_of(&slow));
	let mut next = facts.clone();
	next.claim_queue
		.insert(CoreIndex(1), vec![PARA, PARA, PARA].into());
	next.groups.push(vec![ValidatorIndex(9)]);
	// Not that of 11, and its child none before 12 either.
	assert_eq!(openings(&mut collator, &next)[0], (2, 1, None));
}

#[test]
fn r_ump_5_a_block_that_does_not_say_where_it_belongs_is_refused() {
	let mut collator = Collator::new(config(9, 1), &genesis());
	let build_on = collator
		.decide(&leaf_with(10, 3, &[&[false, true, false]]))
		.unwrap();
	let expected = (CoreSelector(0), ClaimQueueOffset(1));
	assert_eq!(build_on.selection, Some(expected));
	let silent = BuildOn {
		selection: None,
		..build_on.clone()
	};
	let collated = collate(&build_on, produce(&silent), |_| Ok::<_, Infallible>(Hash::zero()));
	assert_eq!(
		collated,
		Err(CollateError::WrongSelection { expected, got: None })
	);
}
