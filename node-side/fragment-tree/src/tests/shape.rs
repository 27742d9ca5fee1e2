//! Where candidates stand, and which path is best.

use super::{
	story::{run, unfit, Step::*},
	*,
};
use FragmentError as F;
use ModificationError as M;

#[test]
fn r_tre_7_relay_parents_of_pending_candidates_and_their_children() {
	let pending = spec(0, 1).at(15).build();
	let backwards = |min, got| unfit(Unfit::RelayParentMovesBackwards { min, got });
	run(
		World {
			pending: vec![pending],
			..world()
		},
		&[
			("X", spec(1, 2).at(17)),
			("Y", spec(1, 3).at(18)),
			("older", spec(3, 4).at(17)),
			("same", spec(3, 5).at(18)),
			("newer", spec(5, 6).at(19)),
			("back again", spec(6, 7).at(18)),
		],
		&[
			Nodes(1),
			Refuse("X", AttachError::RelayParentOutOfScope(block(17).hash)),
			Add("Y", 1, &[]),
			Depths("Y", &[1]),
			Refuse("older", AttachError::RelayParentOutOfScope(block(17).hash)),
			Add("same", 1, &[]),
			Add("newer", 1, &[]),
			Refuse("back again", backwards(19, 18)),
		],
	);
}

#[test]
fn r_tre_8_cycles_end_at_the_depth_limit() {
	run(
		world(),
		&[("A", spec(0, 1)), ("B", spec(1, 0))],
		&[
			Add("A", 1, &[]),
			Add("B", 4, &[]),
			Depths("A", &[0, 2, 4]),
			Depths("B", &[1, 3]),
			Back("B"),
			Back("A"),
			// A block backs no hash twice, so that the path ends where it would repeat (R-SEL-3).
			Best(&[], 9, &["A", "B"]),
			Best(&["A", "B"], 9, &[]),
		],
	);
}

#[test]
fn r_tre_8_a_pending_candidate_stands_below_its_descendants_as_well() {
	let world = World {
		pending: vec![spec(0, 1).build()],
		..world()
	};
	run(
		world,
		&[("pending", spec(0, 1)), ("back", spec(1, 0))],
		&[
			Add("back", 4, &[]),
			Depths("pending", &[0, 2, 4]),
			Depths("back", &[1, 3]),
			Nodes(5),
		],
	);
}

#[test]
fn r_tre_10_r_def_14_a_late_sibling_at_the_root_moves_nobody() {
	let tree = run(
		world(),
		&[
			("A", spec(0, 1)),
			("B", spec(1, 2)),
			("C", spec(0, 3)),
			("D", spec(2, 4)),
		],
		&[
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Add("C", 1, &[]),
			Add("D", 1, &[]),
			Depths("B", &[1]),
			Depths("C", &[0]),
		],
	);
	let below = |index: usize| {
		let parent = tree.nodes().nth(index).map(|node| node.index);
		tree.children(parent)
			.iter()
			.map(|child| child.candidate.output_head().clone())
			.collect::<Vec<_>>()
	};
	assert_eq!(below(0), [head(2)], "R-DEF-14: A's child is B, not C");
	assert_eq!(below(1), [head(4)]);
	assert_eq!(below(2), []);
}

#[test]
fn r_sel_4_the_longer_path_and_the_required_path() {
	run(
		world(),
		&[
			("A", spec(0, 1)),
			("B", spec(1, 2)),
			("C", spec(2, 3)),
			("X", spec(0, 4)),
			("Y", spec(4, 5)),
			("Z", spec(5, 6)),
		],
		&[
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Add("C", 1, &[]),
			Back("A"),
			Back("B"),
			Best(&[], 5, &["A", "B"]),
			Add("X", 1, &[]),
			Add("Y", 1, &[]),
			Add("Z", 1, &[]),
			// Backed from the end: nothing counts before its predecessors do.
			Back("Z"),
			Back("Y"),
			Best(&[], 5, &["A", "B"]),
			Best(&["X"], 5, &["Y", "Z"]),
			Back("X"),
			Best(&[], 1, &["X"]),
			Best(&[], 2, &["X", "Y"]),
			Best(&[], 5, &["X", "Y", "Z"]),
			Best(&["A"], 3, &["B"]),
			Best(&[], 0, &[]),
		],
	);
	let (_, tree) = world().start();
	let unknown = [CandidateHash::default()];
	assert_eq!(
		tree.select_children(&unknown, 1).count(),
		0,
		"R-SEL-1: a missing step yields nothing"
	);
	assert_eq!(tree.best_len(&unknown), None, "R-SEL-1");
}

#[test]
fn r_def_2_losing_forks_stay_and_ties_go_to_the_lower_hash() {
	let forks: Vec<_> = (1..=5).map(|salt| spec(0, salt).salt(salt)).collect();
	let lowest = forks.iter().map(|fork| fork.clone().build().hash()).min();
	let names = ["1", "2", "3", "4", "5"];
	for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
		let cast: Vec<_> = names.into_iter().zip(forks.clone()).collect();
		let added = order.map(|i| Add(names[i], 1, &[]));
		let backed = order.map(|i| Back(names[4 - i]));
		let steps = [added, backed].concat();
		let tree = run(world(), &cast, &[&steps[..], &[Nodes(5)]].concat());
		let best = tree.select_children(&[], 1).next().map(Candidate::hash);
		assert_eq!(best, lowest, "R-DEF-2, R-SEL-3: whatever the order");
	}
}

#[test]
fn r_def_3_candidates_arrive_in_any_order() {
	run(
		world(),
		&[
			("A", spec(0, 1)),
			("B", spec(1, 2)),
			("C", spec(2, 3)),
			("fork", spec(1, 4)),
		],
		&[
			Wait("C"),
			Wait("B"),
			Back("C"),
			Wait("fork"),
			Nodes(0),
			Add("A", 4, &["B", "C", "fork"]),
			Depths("C", &[2]),
			Back("A"),
			Back("B"),
			Best(&[], 9, &["A", "B", "C"]),
		],
	);
}

#[test]
fn r_tre_4_a_candidate_stands_under_every_parent_that_fits() {
	run(
		world(),
		&[
			("A", spec(0, 1)),
			("B", spec(0, 1).salt(1)),
			("long 1", spec(0, 2)),
			("long 2", spec(2, 1)),
			("child", spec(1, 3)),
			("late", spec(0, 1).salt(2)),
		],
		&[
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Add("long 1", 1, &[]),
			Add("long 2", 1, &[]),
			Add("child", 3, &[]),
			Depths("child", &[1, 2]),
			// The child is in the tree already, so that it does not count as swept in.
			Add("late", 2, &[]),
		],
	);
}

#[test]
fn r_tre_9_siblings_of_a_pending_candidate_stay() {
	let pending = [spec(0, 1).at(16).build(), spec(1, 2).at(17).build()];
	run(
		World {
			pending: pending.to_vec(),
			..world()
		},
		&[
			("sibling", spec(0, 3)),
			("after", spec(2, 4)),
			("replaces", spec(1, 5)),
		],
		&[
			Nodes(2),
			Add("sibling", 1, &[]),
			Add("after", 1, &[]),
			Add("replaces", 1, &[]),
			Back("sibling"),
			Back("after"),
			Best(&[], 9, &["sibling"]),
		],
	);
}

#[test]
fn r_sco_5_a_pending_candidate_stays_though_a_limit_was_lowered() {
	// Governance lowered the number of upward messages and set another code since it was backed.
	let pending = spec(0, 1).at(15).ump(4, 400).build();
	let base = Constraints {
		max_ump_num_per_candidate: 1,
		validation_code_hash: code(2),
		..base()
	};
	let world = World {
		pending: vec![pending.clone()],
		base,
		..world()
	};
	let used_up = M::UmpBytesOverflow {
		remaining: 600,
		submitted: 601,
	};
	let tree = run(
		world,
		&[
			("old code", spec(1, 2)),
			("child", spec(1, 3).code(2)),
			("greedy", spec(1, 4).code(2).ump(1, 601)),
		],
		&[
			Nodes(1),
			Refuse(
				"old code",
				unfit(F::ValidationCodeMismatch {
					expected: code(2),
					got: code(1),
				}),
			),
			Add("child", 1, &[]),
			// What the pending candidate sends counts all the same.
			Refuse("greedy", unfit(F::OutputsInvalid(used_up))),
		],
	);
	assert_eq!(tree.depths(pending.hash()), [0], "R-SCO-5");
}

#[test]
fn r_abp_1_depths_up_to_the_limit() {
	let too_deep = |depth, max| unfit(DepthExceeded { depth, max });
	run(
		World {
			max_depth: 1,
			..world()
		},
		&[("A", spec(0, 1)), ("B", spec(1, 2)), ("C", spec(2, 3))],
		&[Add("A", 1, &[]), Add("B", 1, &[]), Refuse("C", too_deep(2, 1))],
	);
	run(
		World {
			max_depth: 0,
			..world()
		},
		&[("A", spec(0, 1)), ("B", spec(1, 2)), ("fork", spec(0, 3))],
		// R-ABP-3: synchronous backing knows depth 0 only.
		&[Add("A", 1, &[]), Refuse("B", too_deep(1, 0)), Add("fork", 1, &[])],
	);
}

#[test]
fn r_tre_12_hypothetical_depths() {
	run(
		world(),
		&[
			("A", spec(0, 1)),
			("B", spec(1, 2)),
			("back", spec(2, 0)),
			("child", spec(1, 3)),
			("greedy", spec(1, 4).ump(6, 60)),
			("lost", spec(9, 5)),
			("out of scope", spec(0, 6).at(17)),
			("nowhere", spec(1, 1)),
		],
		&[
			Hypothetical("A", &[0], &[0], &[0]),
			Hypothetical("child", &[], &[], &[]),
			Add("A", 1, &[]),
			Add("B", 1, &[]),
			Hypothetical("child", &[1], &[], &[1]),
			// Too many messages; while it is incomplete nobody knows.
			Hypothetical("greedy", &[], &[], &[1]),
			Hypothetical("lost", &[], &[], &[]),
			Hypothetical("out of scope", &[], &[], &[]),
			Hypothetical("nowhere", &[], &[], &[1]),
			Back("A"),
			Hypothetical("child", &[1], &[1], &[1]),
			Add("back", 3, &[]),
			Hypothetical("child", &[1, 4], &[1], &[1, 4]),
			// Known candidates stand where they stand.
			Hypothetical("B", &[1, 4], &[1], &[1, 4]),
			Back("B"),
			Back("back"),
			Hypothetical("child", &[1, 4], &[1, 4], &[1, 4]),
		],
	);
}

#[test]
fn r_def_1_forks_do_not_slow_down_selection() {
	// Eight layers of six candidates, each on each of the layer above: 6^8 paths, but a node only for each that fits
	// under the limits. Selection walks what it returns and nothing else.
	let world = World {
		max_depth: 7,
		limits: TreeLimits {
			max_candidates: 100,
			max_nodes: 5_000,
			max_nodes_per_candidate: u32::MAX,
		},
		..world()
	};
	let (mut storage, mut tree) = world.start();
	for layer in 0..8 {
		for salt in 0..6 {
			let candidate = spec(layer, layer + 1).salt(salt).build();
			let hash = candidate.hash();
			storage
				.insert(candidate, CandidateState::Backed)
				.expect("it is new");
			let _refused_when_full = tree.add_and_populate(hash, &storage);
		}
	}
	check_invariants(&tree);
	assert!(tree.len() > 1_000 && tree.refused_count() > 0);
	let best: Vec<_> = tree.select_children(&[], 3).map(Candidate::hash).collect();
	assert_eq!(best.len(), 3, "R-DEF-1");
	let visited: Vec<_> = best.iter().map(|hash| tree.depths(*hash)).collect();
	assert_eq!(visited, [[0], [1], [2]], "R-DEF-1");
}

#[test]
fn r_sto_5_head_data_by_hash() {
	let world = World {
		pending: vec![spec(0, 1).at(15).build()],
		..world()
	};
	let (_, tree) = world.start();
	assert_eq!(tree.head_data(head(0).hash()), Some(&head(0)));
	assert_eq!(tree.head_data(head(1).hash()), Some(&head(1)));
	assert_eq!(tree.head_data(head(2).hash()), None);
}

#[test]
fn r_sel_3_steps_tell_what_the_candidates_say() {
	// Two forks that grow in turn, so that few nodes stand beside the next one of their path.
	let world = world();
	let (mut storage, mut tree) = world.start();
	let [a1, a2, a3] =
		[(0, 1, 18), (1, 2, 19), (2, 3, 20)].map(|(from, to, at)| spec(from, to).at(at).build());
	let [b1, b2, b3, b4] = [(0, 11, 18), (11, 12, 18), (12, 13, 20), (13, 14, 20)]
		.map(|(from, to, at)| spec(from, to).at(at).build());
	for candidate in [&a1, &b1, &a2, &b2, &a3, &b3, &b4] {
		storage
			.insert(candidate.clone(), CandidateState::Backed)
			.expect("it is new");
		let _attached = tree
			.add_and_populate(candidate.hash(), &storage)
			.expect("it fits");
	}
	check_invariants(&tree);
	let steps_after = |path: &[CandidateHash], count| -> Vec<_> {
		let steps = tree.select_children(path, count).steps();
		steps.map(|step| *step.backable()).collect()
	};
	let best = [&b1, &b2, &b3, &b4].map(Candidate::to_backable);
	assert_eq!(steps_after(&[], 9), best, "R-SEL-3");
	assert_eq!(steps_after(&[], 3), best[..3], "R-SEL-3");
	assert_eq!(steps_after(&[b1.hash(), b2.hash()], 9), best[2..], "R-SEL-3");
	assert_eq!(
		steps_after(&[a1.hash()], 9),
		[&a2, &a3].map(Candidate::to_backable),
		"R-SEL-3"
	);
	assert_eq!(steps_after(&[a1.hash(), b2.hash()], 9), [], "R-SEL-2");

	let steps: Vec<_> = tree.select_children(&[], 9).steps().collect();
	for one in &steps {
		for other in &steps {
			let is_same = one.core_choice() == other.core_choice();
			assert!(is_same || !one.is_known_to_choose_as(*other), "R-FRG-17");
		}
	}
	assert!(
		steps[2].is_known_to_choose_as(steps[3]),
		"they joined one after the other"
	);
	for node in tree.nodes() {
		assert_eq!(*node.relay_parent, block(node.candidate.relay_parent_number()));
	}
}
