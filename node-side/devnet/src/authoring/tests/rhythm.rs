//! Over many relay blocks: how often a para gets a block in, and what is wasted.

use super::{chain::*, *};
use proptest::prelude::*;

fn every(chain: &Chain) -> Vec<u32> {
	let at: Vec<_> = chain.included.iter().map(|block| block.included).collect();
	at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn r_slo_1_synchronous_blocks_come_every_second_relay_block() {
	let mut chain = Chain::new(params(0, 0), 1, author(5, 1));
	chain.run(41);
	assert_eq!(chain.included.len(), 20, "R-SLO-1");
	assert!(every(&chain).iter().all(|blocks| *blocks == 2), "R-SLO-1: 12 s");
	for block in &chain.included {
		let Included {
			relay_parent,
			backed,
			included,
			depth,
		} = *block;
		assert_eq!(
			[backed, included, depth],
			[relay_parent + 1, relay_parent + 2, 0],
			"R-SLO-1"
		);
	}
	assert!(
		chain.built.iter().all(|built| built.budget.extrinsics == 575),
		"R-SLO-1"
	);
	assert_eq!(chain.wasted(), 0, "R-COL-1");
}

#[test]
fn r_slo_2_asynchronous_blocks_come_every_relay_block() {
	let mut chain = Chain::new(params(4, 3), 1, author(5, 1));
	chain.run(43);
	assert_eq!(chain.included.len(), 40, "R-SLO-2");
	assert!(every(&chain).iter().all(|blocks| *blocks == 1), "R-SLO-2: 6 s");
	assert!(
		chain.built.iter().all(|built| built.budget.extrinsics == 2000),
		"R-SLO-2"
	);
	assert_eq!(chain.wasted(), 0, "R-COL-1");
}

#[test]
fn r_slo_3_pipeline_of_blocks_that_the_next_one_backs() {
	// Blocks of half a second.
	let quick = Timing {
		execution_limit: Duration::from_millis(500),
		..timing()
	};
	let mut chain = Chain::new(params(4, 3), 1, author_with(5, 1, quick));
	chain.run(30);
	for block in chain.included.iter().skip(1) {
		let Included {
			relay_parent,
			backed,
			included,
			depth,
		} = *block;
		assert_eq!(
			[backed, included, depth],
			[relay_parent + 1, relay_parent + 2, 1],
			"R-SLO-3"
		);
	}
	assert_eq!(chain.included.len(), 28, "R-SLO-3");
}

#[test]
fn r_seg_8_capacity_by_cores() {
	// Blocks are backed in the second block and included in the third: R = 3; of three on one relay parent the last is backed
	// in the third. Cores and velocity, capacity, max_candidate_depth, and how many blocks 33 relay blocks include.
	let rows = [
		("one core, as much as it takes", 1, 3, 4, 30..=30),
		("one core, one too few", 1, 2, 4, 20..=20),
		("one core, one block", 1, 1, 4, 10..=10),
		// Those of the first leaf are included in the fourth block.
		("three cores, as much as they take", 3, 12, 11, 90..=90),
		("three cores, too few", 3, 6, 8, 60..=60),
		("depth binds before capacity does", 3, 9, 4, 30..=60),
		("more than the depth brings nothing", 1, 50, 2, 30..=30),
		("velocity is not limited by more cores", 1, 9, 8, 30..=30),
	];
	for (name, cores, capacity, depth, expected) in rows {
		let mut chain = Chain::new(params(depth, 3), cores, author(capacity, cores));
		chain.run(33);
		let included = chain.included.len();
		assert!(expected.contains(&included), "R-SEG-8: {name}: {included}");
		assert_eq!(chain.wasted(), 0, "R-SEG-8: {name}");
	}
	assert_eq!(
		[sufficient_capacity(1, 3), sufficient_capacity(3, 3)],
		[3, 9],
		"R-SEG-8"
	);
}

#[test]
fn r_abp_4_one_parameter_alone_works() {
	// A chain on one relay parent: as long as it fits into one block, and no older relay parent.
	let mut depth_only = Chain::new(params(4, 0), 1, author(5, 1));
	depth_only.run(41);
	assert_eq!(
		depth_only.included.len(),
		39,
		"R-ABP-4: the parent may be pending"
	);
	assert!(
		depth_only
			.built
			.iter()
			.all(|built| built.budget.extrinsics == 575),
		"R-ABP-2"
	);
	// Older relay parents, but no unincluded parent: twice as large and rarer.
	let mut ancestry_only = Chain::new(params(0, 3), 1, author(5, 1));
	ancestry_only.run(41);
	assert_eq!(ancestry_only.included.len(), 13, "R-ABP-4");
	assert!(every(&ancestry_only).iter().all(|blocks| *blocks == 3), "R-ABP-4");
	for chain in [depth_only, ancestry_only] {
		assert_eq!(chain.wasted(), 0, "R-ABP-4");
	}
}

#[test]
fn r_abp_10_nothing_is_authored_for_a_session_that_ends() {
	// Leaves at which a block would have been built, had the session not ended, in five sessions of 20 blocks. With
	// synchronous backing that is the last leaf of the first session; then blocks are built on even leaves, and the last
	// of a session is included by the block that ends it. With asynchronous backing it is the last two of each: the claim of
	// the block before the last is taken already.
	for (params, refused) in [(params(0, 0), 1), (params(4, 3), 10)] {
		let mut chain = Chain::new(params, 1, author(5, 1));
		chain.session_length = 20;
		chain.run(100);
		assert_eq!(chain.wasted(), 0, "R-ABP-10: {params:?}");
		let ends = |reason: &&Idle| matches!(reason, Idle::NoBuild(NoBuild::SessionEnds { .. }));
		assert_eq!(
			chain.refusals.iter().filter(ends).count(),
			refused,
			"R-ABP-10: {params:?}"
		);
		let last = chain.included.last().unwrap().included;
		assert_eq!(last, 100, "R-ABP-10: the block that ends a session still enacts");
	}
}

#[test]
fn r_col_6_after_a_timeout_building_goes_on() {
	// The fourth candidate never becomes available and times out four blocks after it was backed. Synchronously it is
	// all that is lost: built on 7, backed in 8, dropped in 12, then 14, 16, .. 40 include one. With (4, 3) it is built
	// on 4, backed in 6 and dropped in 10. Lost are also those on 5 and 6, behind which nothing has to be built for the time
	// being, and the one on 9, which replaced them when the first of them left the scope; 13 to 40 include one each.
	for (params, wasted, blocks) in [(params(0, 0), 1, 17), (params(4, 3), 4, 31)] {
		let mut chain = Chain::new(params, 1, author(5, 1));
		chain.withheld = vec![3];
		chain.run(40);
		assert_eq!(chain.wasted(), wasted, "R-COL-5: {params:?}");
		assert_eq!(chain.included.len(), blocks, "R-COL-6: {params:?}");
	}
}

#[test]
fn memory_is_bounded_by_age() {
	let mut chain = Chain::new(params(4, 3), 1, author(5, 1));
	chain.run(400);
	assert!(chain.author.collator().remembered() <= REMEMBERED_FOR as usize + 5);
}

proptest! {
	/// Whatever the parameters: nothing deeper than allowed (asserted as the chain runs), nothing wasted on a chain
	/// without faults, and blocks keep coming in every session.
	#[test]
	fn r_par_4_a_faultless_chain_wastes_nothing(
		(depth, ancestry) in (0u32..6, 0u32..5),
		(capacity, velocity, cores) in (1u32..10, 1u32..4, 1u32..4),
		limit in 50u64..2000,
		session_length in 8u32..30,
	) {
		let timing = Timing { execution_limit: Duration::from_millis(limit), ..timing() };
		let mut chain = Chain::new(params(depth, ancestry), cores, author_with(capacity, velocity, timing));
		chain.session_length = session_length;
		chain.run(60);
		prop_assert_eq!(chain.wasted(), 0, "R-COL-5");
		prop_assert!(chain.included.len() >= 10, "R-PAR-4: {} blocks", chain.included.len());
	}

	/// With faults, blocks come again.
	#[test]
	fn r_col_6_a_chain_recovers(
		(depth, ancestry) in (0u32..6, 0u32..5),
		withheld in proptest::collection::vec(0usize..8, 0..3),
	) {
		let mut chain = Chain::new(params(depth, ancestry), 1, author(5, 1));
		chain.withheld = withheld;
		chain.run(80);
		prop_assert!(chain.included.last().is_some_and(|last| last.included >= 70), "R-COL-6");
	}
}
