//! What a tree starts from, and what selection looks at.

use super::{
	story::{run, Step::*},
	*,
};

#[test]
fn r_sco_1_a_scope_says_what_a_tree_is_about() {
	let pending = spec(0, 1).at(15).build();
	let world = World {
		pending: vec![pending.clone()],
		max_depth: 3,
		..world()
	};
	let scope = world.scope();
	assert_eq!(scope.para(), PARA);
	assert_eq!(scope.relay_parent(), &block(LEAF));
	assert_eq!(scope.ancestors(), [block(LEAF - 1), block(LEAF - 2)]);
	for number in LEAF - 2..=LEAF {
		assert_eq!(
			scope.in_scope(block(number).hash),
			Some(&block(number)),
			"R-SCO-3"
		);
		assert_eq!(scope.in_scope_by_number(number), Some(&block(number)));
	}
	assert_eq!(scope.in_scope(block(15).hash), None, "R-SCO-3");
	assert_eq!(
		scope.relay_parent_of(block(15).hash, pending.hash()),
		Some(&block(15)),
		"R-SCO-5"
	);
	assert_eq!(scope.pending_position(pending.hash()), Some(0));
	assert_eq!(scope.base_constraints().constraints, world.base);
	assert_eq!(scope.required_parent_hash(), head(0).hash());
	assert_eq!(scope.max_depth(), 3);
}

#[test]
fn r_tre_1_children_of_the_root_are_judged_by_the_base_constraints_alone() {
	let limited = World {
		base: Constraints {
			ump_remaining: 1,
			..base()
		},
		..world()
	};
	let tree = run(
		limited,
		&[
			("one message", spec(0, 1).ump(1, 10)),
			("another", spec(0, 2).ump(1, 10)),
		],
		&[
			Add("one message", 1, &[]),
			Add("another", 1, &[]),
			Depths("one message", &[0]),
			Depths("another", &[0]),
		],
	);
	assert_eq!(tree.children(None).len(), 2);
	assert!(tree.nodes().all(|node| node.parent.is_none() && node.depth == 0));
}

#[test]
fn r_tre_2_a_tree_is_populated_sweep_by_sweep() {
	let mut storage = CandidateStorage::default();
	let all = [
		spec(2, 3),
		spec(1, 2),
		spec(0, 1),
		spec(0, 4),
		spec(4, 5),
		spec(8, 9),
	]
	.map(Spec::build);
	for candidate in all.clone() {
		storage
			.insert(candidate, CandidateState::Seconded)
			.expect("all are different");
	}
	let (tree, report) = FragmentTree::populate(world().scope(), world().limits, &storage);
	let depths: Vec<_> = tree.nodes().map(|node| node.depth).collect();
	assert_eq!(
		depths,
		[0, 0, 1, 1, 2],
		"breadth-first, until a sweep adds nothing"
	);
	assert_eq!(report.checks, 5, "what nothing leads to is not judged");
	assert!(!tree.contains(all[5].hash()));
	check_invariants(&tree);
}

#[test]
fn r_sel_2_only_what_is_backed_and_not_on_chain_is_eligible() {
	let pending = spec(0, 1).build();
	let a = spec(1, 2);
	let path = [pending.hash(), a.clone().build().hash()];
	let world = World {
		pending: vec![pending],
		..world()
	};
	let tree = run(
		world,
		&[("a", a), ("b", spec(2, 3)), ("c", spec(3, 4))],
		&[
			Add("a", 1, &[]),
			Add("b", 1, &[]),
			Add("c", 1, &[]),
			Back("b"),
			Back("c"),
			// The root's only child is on-chain.
			Best(&[], 9, &[]),
		],
	);
	let len = |steps| tree.best_len(&path[..steps]);
	assert_eq!(
		len(1),
		Some(0),
		"a is not backed, and what builds on it has to wait"
	);
	assert_eq!(len(2), Some(2), "behind a both are eligible");
}

#[test]
fn r_sel_5_forks_cost_selection_nothing_and_late_parents_lose_nobody() {
	// Four candidates on each of five heads, the last level first.
	let mut storage = CandidateStorage::default();
	let (mut tree, _) = FragmentTree::populate(world().scope(), world().limits, &storage);
	for level in (0..5).rev() {
		for salt in 0..4 {
			let candidate = spec(level, level + 1).salt(salt).build();
			let hash = candidate.hash();
			storage
				.insert(candidate, CandidateState::Backed)
				.expect("all are different");
			let outcome = tree.add_and_populate(hash, &storage);
			assert_eq!(outcome.is_ok(), level == 0, "those below wait");
		}
	}
	assert_eq!(tree.len(), 4 + 16 + 64 + 256 + 1024, "every path is there");
	let best: Vec<_> = tree.select_children(&[], 5).map(Candidate::hash).collect();
	let lowest: Vec<_> = (0..5)
		.map(|level| {
			let hashes = (0..4).map(|salt| spec(level, level + 1).salt(salt).build().hash());
			hashes.min().expect("there are four")
		})
		.collect();
	assert_eq!(best, lowest, "R-SEL-3: of 1024 paths of equal length");
}

#[test]
fn r_sel_6_whether_a_candidate_is_available_is_the_callers_to_say() {
	let pending = spec(0, 1).build();
	let hash = pending.hash();
	let world = World {
		pending: vec![pending],
		..world()
	};
	let tree = run(
		world,
		&[("after it", spec(1, 2)), ("instead", spec(0, 3))],
		&[
			Add("after it", 1, &[]),
			Add("instead", 1, &[]),
			Back("after it"),
			Back("instead"),
			Best(&[], 9, &["instead"]),
		],
	);
	let after: Vec<_> = tree
		.select_children(&[hash], 9)
		.map(|candidate| candidate.output_head().clone())
		.collect();
	assert_eq!(
		after,
		[head(2)],
		"the required path says that it will be available"
	);
}

#[test]
fn a_candidate_of_another_para_stays_out_and_the_reason_names_both() {
	let config = HostConfiguration::default();
	let base = Constraints::new(head(0), ValidationCodeHash::default(), LEAF - 2, &config);
	let built = |para: ParaId, from: u8, to: u8| {
		let outputs = CandidateCommitments {
			head_data: head(to),
			hrmp_watermark: LEAF,
			..Default::default()
		};
		Candidate::building_on(para, &block(LEAF), head(from), &base, outputs, Default::default())
			.expect("it is consistent")
	};
	let other = ParaId(PARA.0 + 1);
	let (own, foreign, below) = (built(PARA, 0, 1), built(other, 0, 1), built(other, 1, 2));
	let mut storage = CandidateStorage::default();
	for candidate in [&own, &foreign, &below] {
		storage
			.insert(candidate.clone(), CandidateState::Backed)
			.expect("nobody knows it");
	}
	let scope =
		|| Scope::with_ancestors(PARA, block(LEAF), base.clone(), vec![], 4, []).expect("a leaf alone");
	let (mut tree, _) = FragmentTree::populate(scope(), TreeLimits::default(), &storage);
	let members: Vec<_> = tree.candidates().map(Candidate::hash).collect();
	assert_eq!(members, [own.hash()], "a sweep leaves it out");
	assert_eq!(
		tree.add_and_populate(below.hash(), &storage),
		Err(AttachError::Unfit(Unfit::OtherPara {
			expected: PARA,
			got: other
		}))
	);
	let hypothetical = HypotheticalCandidate::Complete(&foreign);
	assert!(
		tree.hypothetical_depths(hypothetical, false).is_empty(),
		"nor would it fit"
	);
}
