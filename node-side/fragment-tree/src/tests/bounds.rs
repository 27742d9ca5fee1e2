//! Trees that are full (R-TRE-11).

use super::*;

fn limited(max_candidates: u32, max_nodes: u32) -> World {
	World {
		limits: TreeLimits {
			max_candidates,
			max_nodes,
			max_nodes_per_candidate: u32::MAX,
		},
		..world()
	}
}

fn introduce(
	storage: &mut CandidateStorage,
	tree: &mut FragmentTree,
	candidate: &Candidate,
) -> Result<Attached, AttachError> {
	storage
		.insert(candidate.clone(), CandidateState::Backed)
		.expect("new");
	tree.add_and_populate(candidate.hash(), storage)
}

#[test]
fn r_tre_11_a_newcomer_beyond_a_bound_is_refused_and_changes_nothing() {
	for (world, what, max) in [
		(limited(2, 100), Bound::Candidates, 2),
		(limited(100, 2), Bound::Nodes, 2),
	] {
		let (mut storage, mut tree) = world.start();
		for to in [1, 2] {
			let _attached = introduce(&mut storage, &mut tree, &spec(0, to).build()).expect("there is room");
		}
		let before = paths(&tree);
		let third = spec(0, 3).build();
		let full = TreeFull {
			what,
			now: 2,
			more: 1,
			max,
		};
		let refused = introduce(&mut storage, &mut tree, &third);
		assert_eq!(refused, Err(AttachError::TreeFull(full)), "R-TRE-11");
		assert_eq!(
			(paths(&tree), tree.refused_count()),
			(before, 1),
			"R-TRE-11: unchanged, and counted"
		);
		check_invariants(&tree);
	}
}

#[test]
fn r_tre_11_a_candidate_takes_all_its_places_or_none() {
	let (mut storage, mut tree) = limited(100, 4).start();
	// Three ways to head 1.
	for salt in 0..3 {
		let _attached =
			introduce(&mut storage, &mut tree, &spec(0, 1).salt(salt).build()).expect("there is room");
	}
	let child = spec(1, 2).build();
	let full = TreeFull {
		what: Bound::Nodes,
		now: 3,
		more: 3,
		max: 4,
	};
	assert_eq!(
		introduce(&mut storage, &mut tree, &child),
		Err(AttachError::TreeFull(full)),
		"R-TRE-11"
	);
	assert!(!tree.contains(child.hash()));
	storage.remove(child.hash());
	let _attached = introduce(&mut storage, &mut tree, &spec(0, 3).build()).expect("one place is left");
	check_invariants(&tree);
}

#[test]
fn r_tre_11_what_waited_and_finds_no_room_is_reported() {
	let (mut storage, mut tree) = limited(100, 2).start();
	let waiting = [spec(1, 2).build(), spec(1, 3).build()];
	for candidate in &waiting {
		assert!(introduce(&mut storage, &mut tree, candidate).is_err());
	}
	let report = introduce(&mut storage, &mut tree, &spec(0, 1).build()).expect("there is room");
	let mut expected = waiting.map(|candidate| candidate.hash());
	expected.sort();
	assert_eq!(
		report,
		Attached {
			nodes: 2,
			swept: vec![expected[0]],
			refused: vec![expected[1]],
			checks: 3,
			broken_trunk: None
		}
	);
	assert_eq!(tree.refused_count(), 1, "R-TRE-11");
	check_invariants(&tree);
}

#[test]
fn r_tre_11_pending_candidates_always_have_room() {
	let pending = [spec(0, 1).at(15).build(), spec(1, 2).at(15).build()];
	let (_, tree) = World {
		pending: pending.to_vec(),
		max_depth: 0,
		..limited(0, 0)
	}
	.start();
	assert_eq!(tree.len(), 2, "R-TRE-11");
}

#[test]
fn r_tre_11_default_limits() {
	let params = AsyncBackingParams {
		max_candidate_depth: 4,
		allowed_ancestry_len: 3,
	};
	let example = TreeLimits::for_leaf(1, params, 5);
	assert_eq!(
		example,
		TreeLimits {
			max_candidates: 100,
			max_nodes: 400,
			max_nodes_per_candidate: 20,
		},
		"R-TRE-11"
	);
	let synchronous = TreeLimits::for_leaf(1, AsyncBackingParams::default(), 5);
	assert_eq!(synchronous.max_candidates, 64, "R-TRE-11: at least 64");
	assert_eq!(
		TreeLimits::for_leaf(u32::MAX, params, u32::MAX).max_candidates,
		u32::MAX
	);
}

#[test]
fn r_tre_11_one_candidate_takes_no_more_than_its_share() {
	let share = World {
		limits: TreeLimits {
			max_nodes_per_candidate: 2,
			..world().limits
		},
		..world()
	};
	let (mut storage, mut tree) = share.start();
	let twins = [0, 1, 2].map(|salt| spec(0, 1).salt(salt).build());
	for twin in &twins[..2] {
		let _attached = introduce(&mut storage, &mut tree, twin).expect("it stands once");
	}
	let after_both = introduce(&mut storage, &mut tree, &spec(1, 2).build()).expect("it stands twice");
	assert_eq!(after_both.nodes, 2);
	let third = introduce(&mut storage, &mut tree, &twins[2]).expect("it stands once");
	assert_eq!(
		(third.nodes, third.refused.len()),
		(1, 1),
		"R-TRE-11: a third place is refused"
	);
	assert_eq!(
		introduce(&mut storage, &mut tree, &spec(1, 3).build()),
		Err(AttachError::TreeFull(TreeFull {
			what: Bound::NodesOfCandidate,
			now: 0,
			more: 3,
			max: 2
		})),
		"R-TRE-11"
	);
	assert_eq!((tree.len(), tree.refused_count()), (5, 2));
	check_invariants(&tree);
}

#[test]
fn r_tre_11_a_full_tree_judges_nobody() {
	// Levels of seven candidates between one pair of heads each: 7 + 49 + 343 nodes, and 50 candidates wait behind them.
	let (mut storage, mut tree) = limited(200, 399).start();
	for level in 1..4 {
		let twins = if level == 3 { 50 } else { 7 };
		for salt in 0..twins {
			assert!(introduce(
				&mut storage,
				&mut tree,
				&spec(level, level + 1).salt(salt).build()
			)
			.is_err());
		}
	}
	let first = introduce(&mut storage, &mut tree, &spec(0, 1).build()).expect("there is room");
	assert_eq!(
		first.nodes, 399,
		"1 + 7 + 49, and as many behind as there is room for"
	);
	assert_eq!(
		first.refused.len(),
		50,
		"each is reported once, however many places it lacks"
	);
	assert!(first.checks < 57 + 399, "{} checks", first.checks);
	check_invariants(&tree);
}
