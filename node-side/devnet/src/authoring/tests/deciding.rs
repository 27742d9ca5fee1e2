//! What the timing adds to what a collator decides.

use super::*;

#[test]
fn r_abp_10_the_slot_that_has_to_back_the_candidate_decides() {
	// Block 10 has slot 1010. Params, first slot that ends the session, and whether there is a block.
	let rows = [
		("the next block backs it", params(0, 0), 1012, Some((575, 1))),
		("the next block ends the session", params(0, 0), 1011, None),
		(
			"two seconds: the block after the next backs it",
			params(4, 3),
			1013,
			Some((2000, 2)),
		),
		(
			"which ends the session: a small one for the next",
			params(4, 3),
			1012,
			Some((575, 1)),
		),
		("both end it", params(4, 3), 1011, None),
	];
	for (name, params, ends_from, expected) in rows {
		let mut author = author(5, 1);
		let mut facts = leaf(10, params, 1, &genesis());
		facts.session_ends_from_slot = ends_from;
		let decided = author.decide(&facts, Duration::ZERO);
		let ends = Idle::NoBuild(NoBuild::SessionEnds {
			ends_from,
			backed_at: 1011,
		});
		let decided = decided.map(|order| (order.budget.extrinsics, order.backing_delay));
		assert_eq!(decided, expected.ok_or(ends), "R-ABP-10: {name}");
	}
}

#[test]
fn r_abp_10_blocks_ahead_are_backed_first() {
	let mut author = author(5, 1);
	let blocks = [10, 11, 12]
		.map(|number| build(&mut author, &leaf(number, params(4, 3), 1, &genesis())).expect("there is room"));
	let mut facts = leaf(13, params(4, 3), 1, &genesis());
	let delay = |author: &mut Author, facts: &LeafFacts| {
		author
			.decide(facts, Duration::ZERO)
			.map(|order| order.backing_delay)
	};
	assert_eq!(delay(&mut author, &facts), Ok(4), "a, b, c, then this one");
	set_pending(&mut facts, &blocks[..2]);
	assert_eq!(delay(&mut author, &facts), Ok(2), "c, then this one");
}

#[test]
fn r_bkv_1_votes_and_time_shape_the_budget() {
	let mut one = author(5, 1);
	let mut facts = leaf(10, params(0, 0), 2, &genesis());
	assert_eq!(
		one.decide(&facts, Duration::ZERO).unwrap().budget.extrinsics,
		575,
		"R-SLO-1"
	);
	facts.groups = vec![vec![ValidatorIndex(0)], vec![]];
	assert_eq!(
		one.decide(&facts, Duration::ZERO).unwrap().budget.extrinsics,
		1028,
		"R-BKV-1: one vote"
	);

	let far = Timing {
		link_latency: Duration::from_secs(1),
		..timing()
	};
	let decided = author_with(5, 1, far).decide(&leaf(10, params(0, 0), 1, &genesis()), Duration::ZERO);
	assert_eq!(decided, Err(Idle::NoTime), "R-SLO-1");
}
