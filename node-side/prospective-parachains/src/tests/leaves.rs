//! Leaves come and go.

use super::*;

fn hashes(candidates: &[&Candidate]) -> Vec<CandidateHash> {
	let mut hashes: Vec<_> = candidates.iter().map(|candidate| candidate.hash()).collect();
	hashes.sort();
	hashes
}

fn stored(view: &View) -> Vec<CandidateHash> {
	view.paras.get(&PARA).map_or(vec![], |para| {
		para.storage
			.iter()
			.map(|stored| stored.candidate().hash())
			.collect()
	})
}

#[test]
fn r_vie_1_one_tree_for_each_para_at_each_leaf() {
	let view = view_at(&[
		leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[]),
		leaf(21).with(OTHER, 0, &[]),
	]);
	let paras = |number| {
		view.trees_at(block(number).hash)
			.map(|(para, _)| para)
			.collect::<Vec<_>>()
	};
	assert_eq!(paras(20), [PARA, OTHER], "R-VIE-1");
	assert_eq!(paras(21), [OTHER], "R-VIE-1");
	assert_eq!(paras(22), []);
	assert_eq!(view.leaves().count(), 2);
}

#[test]
fn r_vie_2_pending_candidates_are_the_trunk() {
	let (first, second) = (spec(0, 1, 15).build(), spec(1, 2, 16).build());
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[&first, &second])]);
	let at = block(20).hash;
	assert_eq!(view.membership(PARA, second.hash()), [(at, vec![1])], "R-VIE-2");
	assert_eq!(
		view.candidate(PARA, second.hash()),
		Some(&second),
		"R-VIE-2: validation data put together"
	);

	let child = spec(2, 3, 18).build();
	assert_eq!(introduce(&mut view, &child), [(at, vec![2])]);
	view.note_backed(PARA, child.hash()).expect("known");
	let path = [first.hash(), second.hash()];
	assert_eq!(view.get_backable(at, PARA, &path, 9).len(), 1);
	assert_eq!(
		view.get_backable(at, PARA, &[], 9).len(),
		0,
		"pending candidates are not backed again"
	);
}

#[test]
fn r_abp_3_synchronous_backing_is_no_special_case() {
	let facts = LeafFacts {
		params: AsyncBackingParams::default(),
		ancestors: vec![],
		..leaf(20)
	};
	let mut view = view_at(&[facts.with(PARA, 0, &[])]);
	assert_eq!(introduce(&mut view, &spec(0, 1, 20).build()).len(), 1);
	let refused = |view: &mut View, spec: Spec| {
		matches!(
			view.introduce_checked(spec.build()),
			Err(IntroduceError::FitsNowhere { .. })
		)
	};
	assert!(refused(&mut view, spec(1, 2, 20)), "R-ABP-3: depth 0 only");
	assert!(refused(&mut view, spec(0, 2, 19)), "R-ABP-3: the leaf only");
}

#[test]
fn r_vie_3_a_leaf_that_comes_and_goes_at_once_is_ignored() {
	let mut view = View::new(ViewConfig::default());
	let update = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[block(20).hash]);
	assert_eq!(
		(update, view.leaves().count()),
		(LeavesUpdated::default(), 0),
		"R-VIE-3"
	);
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[block(19).hash]);
	let again = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	assert_eq!((again.activated.len(), view.leaves().count()), (0, 1));
	check(&view);
}

#[test]
fn r_vie_3_r_sco_6_one_para_in_trouble_does_not_touch_another() {
	let (first, second) = (spec(0, 1, 15).build(), spec(1, 2, 16).build());
	let mut facts = leaf(20).with(PARA, 0, &[&first, &second]).with(OTHER, 0, &[]);
	facts.pending_relay_parents.remove(&block(16).hash);
	let mut view = View::new(ViewConfig::default());
	let update = view.update_leaves(&[facts], &[]);
	check(&view);
	let missing = Diagnostic::PendingRelayParentUnknown {
		candidate: second.hash(),
		relay_parent: block(16).hash,
	};
	assert_eq!(update.diagnostics, [(block(20).hash, PARA, missing)], "R-SCO-6");
	assert_eq!(
		view.membership(PARA, first.hash()),
		[(block(20).hash, vec![0])],
		"R-SCO-6"
	);
	assert!(view.tree(block(20).hash, OTHER).is_some(), "R-VIE-3");

	// One that is known to build on something else than the one before it.
	let stray = spec(7, 8, 20).build();
	introduce(&mut view, &stray);
	let update = view.update_leaves(
		&[leaf(21).with(PARA, 0, &[&first, &stray]).with(OTHER, 0, &[])],
		&[],
	);
	assert_eq!(
		update.diagnostics,
		[(block(21).hash, PARA, Diagnostic::BrokenTrunk(stray.hash()))],
		"R-SCO-6"
	);
	assert!(view.tree(block(21).hash, OTHER).is_some(), "R-VIE-3");

	let gap = LeafFacts {
		ancestors: vec![block(20)],
		..leaf(22)
	};
	let update = view.update_leaves(&[gap.with(PARA, 0, &[])], &[]);
	assert!(
		matches!(
			update.diagnostics[..],
			[(_, PARA, Diagnostic::UnexpectedAncestor(_))]
		),
		"R-VIE-3"
	);
}

#[test]
fn r_vie_4_what_no_leaf_has_use_for_goes() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[])]);
	let [a, b, fork] = [spec(0, 1, 18), spec(1, 2, 20), spec(0, 3, 20)].map(Spec::build);
	for candidate in [&a, &b, &fork] {
		introduce(&mut view, candidate);
	}
	// A is included; B stays in the tree. The fork lost; its relay parent is in scope, so that it waits.
	let update = view.update_leaves(&[leaf(21).with(PARA, 1, &[])], &[block(20).hash]);
	check(&view);
	assert_eq!(update.activated, [block(21).hash]);
	assert_eq!(stored(&view), hashes(&[&b, &fork]), "R-VIE-4");
	assert_eq!(
		view.membership(PARA, b.hash()),
		[(block(21).hash, vec![0])],
		"R-VIE-4"
	);
	assert_eq!(view.waiting(PARA).collect::<Vec<_>>(), [fork.hash()], "R-VIE-4");
	assert_eq!(view.candidate_count(OTHER), 0);
	assert!(
		view.paras.keys().eq([&PARA]),
		"R-VIE-4: no leaf schedules the other para"
	);

	let _ = view.update_leaves(&[leaf(23).with(PARA, 2, &[])], &[block(21).hash]);
	check(&view);
	assert_eq!(stored(&view), [], "R-VIE-4: out of scope");
	let _ = view.update_leaves(&[], &[block(23).hash]);
	assert!(view.paras.is_empty() && view.assigned_cores.is_empty(), "R-VIE-4");
}

#[test]
fn r_vie_4_a_reversion_finds_the_other_fork_ready() {
	// Two relay forks; on one of them A is pending, on the other it is a prospect.
	let a = spec(0, 1, 100 - 1).build();
	let mut view = view_at(&[
		leaf_of(1, 101).with(PARA, 0, &[]),
		leaf_of(2, 101).with(PARA, 0, &[&a]),
	]);
	let both: Vec<_> = [1, 2].map(|fork| (block_of(fork, 101).hash, vec![0])).into();
	assert_eq!(view.membership(PARA, a.hash()), both, "R-TRE-13: leaves ascend");
	let backable = view.get_backable(block_of(1, 101).hash, PARA, &[], 1);
	assert_eq!(
		backable.len(),
		1,
		"R-STO-3: what is backed on one fork is backable on the other"
	);
	let _ = view.update_leaves(&[], &[block_of(2, 101).hash]);
	check(&view);
	assert_eq!(view.membership(PARA, a.hash()), both[..1]);
}

#[test]
fn r_tre_14_surplus_goes_oldest_relay_parent_first() {
	let config = ViewConfig {
		unconnected: UnconnectedLimits {
			max_candidates: 1,
			..Default::default()
		},
		..Default::default()
	};
	let mut view = View::new(config);
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	let [old, new] = [spec(0, 1, 19), spec(0, 2, 20)].map(Spec::build);
	introduce(&mut view, &old);
	introduce(&mut view, &new);
	// Another head is included; both forks lost and both could wait.
	let update = view.update_leaves(&[leaf(21).with(PARA, 9, &[])], &[block(20).hash]);
	check(&view);
	assert_eq!(update.surplus, [(PARA, old.hash())], "R-TRE-14");
	assert_eq!(stored(&view), [new.hash()]);
	assert_eq!(view.refused_count(), 1);
}

#[test]
fn r_vie_4_leaves_that_go_together_take_along_what_only_they_held() {
	let mut view = view_at(&[
		leaf_of(1, 101).with(PARA, 0, &[]),
		leaf_of(2, 101).with(PARA, 5, &[]),
	]);
	let [on_one, on_other] = [spec(0, 1, 99), spec(5, 6, 99)].map(Spec::build);
	introduce(&mut view, &on_one);
	introduce(&mut view, &on_other);
	let gone = [1, 2].map(|fork| block_of(fork, 101).hash);
	let _ = view.update_leaves(&[leaf_of(3, 101).with(PARA, 9, &[])], &gone);
	check(&view);
	assert_eq!(stored(&view).len(), 2, "both may still get a parent (R-TRE-14)");
	assert_eq!(view.waiting(PARA).count(), 2);
}

#[test]
fn a_leaf_after_an_empty_block_holds_the_nodes_of_its_parent() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	let (a, waiting) = (spec(0, 1, 20).build(), spec(7, 8, 20).build());
	introduce(&mut view, &a);
	introduce(&mut view, &waiting);
	let update = view.update_leaves(&[leaf(21).with(PARA, 0, &[])], &[]);
	assert_eq!(update.activated, [block(21).hash]);
	let tree = |view: &View, number| view.tree(block(number).hash, PARA).map(|tree| tree.len());
	let [earlier, later] =
		[20, 21].map(|number| view.tree(block(number).hash, PARA).expect("it is scheduled"));
	assert!(later.shares_nodes_with(earlier));
	let _ = view.update_leaves(&[], &[block(20).hash]);
	check(&view);
	introduce(&mut view, &spec(1, 2, 21).build());
	assert_eq!(tree(&view, 21), Some(2));
	assert_eq!(view.waiting(PARA).count(), 1, "what waits goes on waiting");

	// Its relay parent leaves the window, though no tree changes.
	for number in 22..=24 {
		let _ = view.update_leaves(&[leaf(number).with(PARA, 0, &[])], &[block(number - 1).hash]);
		check(&view);
	}
	assert_eq!(
		(view.waiting(PARA).count(), stored(&view).len()),
		(0, 0),
		"R-VIE-4"
	);
}
