//! Random histories: whatever happens in whatever order, tree and model agree.

use super::*;
use proptest::{collection::vec as vec_of, prelude::*};

proptest! {
	#![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn r_tre_5_r_sel_3_tree_and_model_agree_over_random_histories(history in any_history()) {
		history.happen();
	}

	#[test]
	fn r_tre_11_a_full_tree_stays_sound(
		world in any_world(),
		pool in vec_of(any_spec(), 1..20),
		max_candidates in 0u32..6,
		max_nodes in 0u32..10,
	) {
		let world = World { limits: TreeLimits { max_candidates, max_nodes, max_nodes_per_candidate: u32::MAX }, ..world };
		let (mut storage, mut tree) = world.start();
		for candidate in pool.into_iter().map(Spec::build) {
			if storage.insert(candidate.clone(), CandidateState::Backed).is_err() {
				continue;
			}
			let before = paths(&tree);
			if tree.add_and_populate(candidate.hash(), &storage).is_err() {
				prop_assert_eq!(before, paths(&tree), "R-TRE-11: unchanged");
			}
			check_invariants(&tree);
			let pending = world.pending.len();
			prop_assert!(tree.len() <= max_nodes as usize + pending, "R-TRE-11");
			prop_assert!(tree.candidate_count() <= max_candidates as usize + pending, "R-TRE-11");
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn r_tre_3_bytes_tell_histories(bytes in vec_of(any::<u8>(), 0..200)) {
		try_bytes(&bytes);
	}
}
