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
	let blocks = [10, 11]
		.map(|number| build(&mut author, &leaf(number, params(4, 3), 1, &genesis())).expect("there is room"));
	let mut facts = leaf(12, params(4, 3), 1, &genesis());
	let delay = |author: &mut Author, facts: &LeafFacts| {
		author
			.decide(facts, Duration::ZERO)
			.map(|order| order.backing_delay)
	};
	assert_eq!(
		delay(&mut author, &facts),
		Err(Idle::Waits { claim: 15 }),
		"a, b, then one that is early enough at the next leaf"
	);
	set_pending(&mut facts, &blocks[..1]);
	assert_eq!(delay(&mut author, &facts), Ok(2), "b, then this one");
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

/// Claims that blocks are built for from leaf 10 on, if each is backed for its claim and included a block later. `orders` says
/// of which relay blocks the state has a new order, which core 1 serves; core 0 is leased.
fn claims_built_for(velocity: u32, leaves: std::ops::Range<u32>, orders: impl Fn(u32) -> bool) -> Vec<Claim> {
	let mut author = author(4 * velocity, velocity);
	let mut built: Vec<Built> = Vec::new();
	for number in leaves {
		let included = built
			.iter()
			.rev()
			.find(|built| built.build_on.claim.block < number);
		let mut facts = leaf(
			number,
			params(4 * velocity - 1, 3),
			2,
			&included.map_or_else(genesis, |built| built.head().clone()),
		);
		let ordered = match (orders(number), orders(number - 1)) {
			// One that begins in the second block begins in the first as well, if nothing else does (R-SCH-4).
			(true, _) => 2,
			(false, true) => 1,
			(false, false) => 0,
		};
		facts.claim_queue.insert(CoreIndex(1), vec![PARA; ordered].into());
		facts.claim_queue.retain(|_, claims| !claims.is_empty());
		let pending: Vec<_> = built
			.iter()
			.filter(|built| built.build_on.claim.block == number)
			.cloned()
			.collect();
		set_pending(&mut facts, &pending);
		while let Ok(block) = build(&mut author, &facts) {
			assert!(block.build_on.relay_parent.number + block.backing_delay >= block.build_on.claim.block);
			built.push(block);
		}
	}
	built.iter().map(|built| built.build_on.claim).collect()
}

#[test]
fn r_sch_10_an_order_beside_a_lease_gets_a_block_of_its_own_and_moves_no_other() {
	let rows: [(&str, &dyn Fn(u32) -> bool); 5] = [
		("no order", &|_| false),
		("one", &|number| number == 20),
		("every fourth block", &|number| number % 4 == 0),
		("every second block", &|number| number % 2 == 0),
		("three in a row, now and then", &|number| number % 8 < 3),
	];
	for (name, orders) in rows {
		let claims = claims_built_for(2, 10..60, orders);
		let of_core = |core| {
			let of_core = claims.iter().filter(move |claim| claim.core == CoreIndex(core));
			of_core.map(|claim| claim.block).collect::<Vec<_>>()
		};
		assert_eq!(of_core(0), (12..62).collect::<Vec<_>>(), "R-SCH-10: {name}");
		let ordered: Vec<_> = (10..60)
			.filter(|number| orders(*number))
			.map(|number| number + 2)
			.collect();
		assert_eq!(of_core(1), ordered, "R-SCH-10: {name}");
	}
}
