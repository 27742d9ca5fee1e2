//! Which blocks are leaves.

use super::*;

#[test]
fn r_imp_2_a_child_replaces_its_parent_and_is_activated_first() {
	let mut view = view();
	let (a, b) = (root(1, 10), child(&root(1, 10), 2));
	assert_eq!(change(&mut view, imported(&a)), (vec![1], vec![]));
	assert_eq!(change(&mut view, imported(&b)), (vec![2], vec![1]));
	assert_eq!(view.newest().map(|leaf| &leaf.block), Some(&b.block));
	assert!(view.leaf(hash(1)).is_none() && view.is_leaf(hash(2)));
}

#[test]
fn a_child_before_its_parent() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3]);
	assert_eq!(change(&mut view, imported(&blocks[2])), (vec![3], vec![]));
	assert_eq!(
		change(&mut view, imported(&blocks[0])),
		(vec![1], vec![]),
		"nothing is known to be built on it"
	);
	assert_eq!(
		change(&mut view, imported(&blocks[1])),
		(vec![], vec![1]),
		"the link between them"
	);
	assert_eq!(leaf_names(&view), [3]);
}

#[test]
fn the_same_block_twice_changes_nothing() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2]);
	change(&mut view, imported(&blocks[0]));
	assert_eq!(
		refusal(&mut view, imported(&blocks[0])),
		ChainError::AlreadyKnown(hash(1))
	);
	change(&mut view, imported(&blocks[1]));
	assert_eq!(
		refusal(&mut view, imported(&blocks[0])),
		ChainError::AlreadyKnown(hash(1))
	);
	assert_eq!(
		refusal(&mut view, caught_up(&blocks[1])),
		ChainError::AlreadyKnown(hash(2))
	);
	assert_eq!(leaf_names(&view), [2]);
}

#[test]
fn forks_are_leaves_beside_each_other() {
	let mut view = view();
	let a = root(1, 10);
	let (left, right) = (child(&a, 2), child(&a, 3));
	let longer = child(&right, 4);
	change(&mut view, imported(&a));
	assert_eq!(change(&mut view, imported(&right)), (vec![3], vec![1]));
	assert_eq!(change(&mut view, imported(&left)), (vec![2], vec![]));
	assert_eq!(
		view.newest().map(|leaf| name(leaf.block.hash)),
		Some(2),
		"who came last among equals"
	);
	assert_eq!(change(&mut view, imported(&longer)), (vec![4], vec![3]));
	assert_eq!(leaf_names(&view), [2, 4]);
	let newest_first: Vec<_> = view
		.newest_first()
		.iter()
		.map(|leaf| name(leaf.block.hash))
		.collect();
	assert_eq!(newest_first, [4, 2], "R-NET-58");
}

#[test]
fn what_a_node_catches_up_with_is_no_leaf() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3]);
	assert_eq!(change(&mut view, caught_up(&blocks[0])), (vec![], vec![]));
	assert_eq!(change(&mut view, caught_up(&blocks[1])), (vec![], vec![]));
	assert!(view.newest().is_none());
	assert!(
		view.session_of(hash(2)).is_some(),
		"its session is known all the same"
	);
	assert_eq!(change(&mut view, imported(&blocks[2])), (vec![3], vec![]));
	assert_eq!(
		change(&mut view, reverted(&blocks[2])),
		(vec![], vec![3]),
		"its parent never was one"
	);
}

#[test]
fn the_head_that_was_caught_up_with_becomes_a_leaf_when_it_is_told_as_fresh() {
	let mut view = view();
	let a = root(1, 10);
	change(&mut view, caught_up(&a));
	assert_eq!(change(&mut view, imported(&a)), (vec![1], vec![]));
	assert!(view.is_fresh(hash(1)));
}

#[test]
fn an_old_child_ends_a_fresh_leaf() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2]);
	change(&mut view, imported(&blocks[0]));
	assert_eq!(change(&mut view, caught_up(&blocks[1])), (vec![], vec![1]));
}

#[test]
fn reverted_blocks_go_with_their_descendants_and_the_parent_is_a_leaf_again() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3, 4]);
	let fork = child(&blocks[1], 5);
	for block in blocks.iter().chain([&fork]) {
		change(&mut view, imported(block));
	}
	assert_eq!(
		change(&mut view, reverted(&blocks[2])),
		(vec![], vec![4]),
		"its parent has another child"
	);
	assert_eq!(change(&mut view, reverted(&blocks[1])), (vec![1], vec![5]));
	assert!(!view.is_fresh(hash(1)), "R-PRV-7: it has been one before");
	assert!(view.session_of(hash(2)).is_none());
	assert_eq!(view.block_count(), 1);
}

#[test]
fn nothing_is_built_on_a_reverted_block_whenever_it_comes() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3, 4, 5, 6, 7, 8]);
	change(&mut view, imported(&blocks[0]));
	change(&mut view, imported(&blocks[1]));
	change(&mut view, reverted(&blocks[1]));
	assert_eq!(
		refusal(&mut view, imported(&blocks[2])),
		ChainError::OnReverted(hash(3))
	);
	assert_eq!(
		refusal(&mut view, imported(&blocks[3])),
		ChainError::OnReverted(hash(4))
	);
	// One whose missing parent is the only link.
	assert_eq!(change(&mut view, imported(&blocks[7])), (vec![8], vec![]));
	let (update, result) = view.try_handle(imported(&blocks[4]));
	assert_eq!(result, Err(ChainError::OnReverted(hash(5))));
	assert_eq!(names(&update), (vec![], vec![8]), "that is what it descends from");
	assert_eq!(leaf_names(&view), [1]);
}

#[test]
fn a_reverted_block_that_is_imported_again_is_a_leaf_again() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3]);
	for block in &blocks {
		change(&mut view, imported(block));
	}
	change(&mut view, reverted(&blocks[1]));
	assert_eq!(change(&mut view, imported(&blocks[1])), (vec![2], vec![1]));
	assert_eq!(change(&mut view, imported(&blocks[2])), (vec![3], vec![2]));
}

#[test]
fn reverting_what_is_not_known_changes_nothing_but_what_descends_from_it_goes() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3]);
	assert_eq!(
		refusal(&mut view, reverted(&blocks[0])),
		ChainError::RevertedUnknown(hash(1))
	);
	change(&mut view, imported(&blocks[2]));
	assert_eq!(change(&mut view, reverted(&blocks[0])), (vec![], vec![3]));
	assert_eq!(
		refusal(&mut view, imported(&blocks[1])),
		ChainError::OnReverted(hash(2))
	);
}

#[test]
fn numbers_follow_the_parents() {
	let mut view = view();
	let a = root(1, 10);
	change(&mut view, imported(&a));
	let mut b = child(&a, 2);
	b.block.number = 12;
	let wrong = ChainError::WrongNumber {
		hash: hash(2),
		expected: 11,
		actual: 12,
	};
	assert_eq!(refusal(&mut view, imported(&b)), wrong);
	let mut before = root(name(a.parent_hash), 10);
	let wrong = ChainError::WrongNumber {
		hash: before.block.hash,
		expected: 9,
		actual: 10,
	};
	assert_eq!(refusal(&mut view, imported(&before)), wrong);
	before.parent_hash = before.block.hash;
	assert_eq!(
		refusal(&mut view, imported(&before)),
		ChainError::OwnParent(before.block.hash)
	);
}

#[test]
fn leaves_are_bounded_and_the_lowest_and_oldest_go() {
	let limits = Limits {
		leaves: 2,
		..Limits::default()
	};
	let mut view = view_with(limits);
	let a = root(1, 10);
	let blocks = [child(&a, 2), child(&a, 3), child(&a, 4)];
	change(&mut view, imported(&blocks[0]));
	change(&mut view, imported(&blocks[1]));
	assert_eq!(change(&mut view, imported(&blocks[2])), (vec![4], vec![2]));
	assert_eq!(view.refused().leaves, 1);
	assert_eq!(
		change(&mut view, imported(&root(5, 9))),
		(vec![], vec![]),
		"a low one never is one"
	);
	assert_eq!(view.refused().leaves, 2);
	assert_eq!(
		change(&mut view, imported(&child(&blocks[2], 6))),
		(vec![6], vec![4])
	);
	assert_eq!(leaf_names(&view), [3, 6]);
	assert_eq!(
		change(&mut view, reverted(&blocks[1])),
		(vec![2], vec![3]),
		"there is room again"
	);
	assert_eq!(view.refused().leaves, 2);
}

#[test]
fn a_thousand_forks_are_bounded() {
	let mut view = view();
	let a = root(1, 10);
	change(&mut view, imported(&a));
	for name in 2..1_002 {
		change(&mut view, imported(&child(&a, name)));
	}
	assert_eq!(view.leaves().count(), Limits::default().leaves);
	assert_eq!(view.block_count(), Limits::default().blocks);
	assert_eq!(view.refused().blocks, 1_001 - Limits::default().blocks as u64);
	assert!(view.refused().facts > 0 && view.refused().leaves > 0);
}

#[test]
fn blocks_are_bounded_and_the_lowest_go() {
	let limits = Limits {
		blocks: 8,
		facts: 3,
		..Limits::default()
	};
	let mut view = view_with(limits);
	let blocks = chain(&root(1, 1), 2..=50);
	let low = child(&blocks[3], 100);
	for block in blocks.iter().chain([&low]) {
		change(&mut view, imported(block));
	}
	assert_eq!(leaf_names(&view), [50, 100], "leaves stay, how low they may be");
	assert_eq!(view.block_count(), 8);
	assert!(view.session_of(hash(41)).is_some() && view.session_of(hash(30)).is_none());
	// Of blocks that can become leaves again there are three.
	assert_eq!(change(&mut view, reverted(&blocks[47])), (vec![47], vec![50]));
	let (update, _) = view.try_handle(reverted(&blocks[45]));
	assert_eq!(
		names(&update),
		(vec![], vec![47]),
		"its parent's facts are not kept"
	);
}

#[test]
fn an_ancestor_of_several_leaves_is_admitted_by_each() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3, 4, 5]);
	let fork = child(&blocks[1], 6);
	for block in blocks.iter().chain([&fork]) {
		change(&mut view, imported(block));
	}
	let admitting = |name| -> Vec<_> {
		view.leaves_admitting(hash(name))
			.map(|leaf| self::name(leaf.block.hash))
			.collect()
	};
	assert_eq!(admitting(2), [5, 6]);
	assert_eq!(admitting(1), [6], "R-ABP-2: three ancestors");
	assert_eq!(admitting(5), [5]);
	assert!(admitting(99).is_empty());
	assert!(view.is_in_scope(hash(2)) && !view.is_in_scope(hash(99)));
	let all: Vec<_> = view.relay_parents().into_iter().map(name).collect();
	assert_eq!(all, [1, 2, 3, 4, 5, 6]);
	assert_eq!(view.number_of(hash(4)), Some(13));
	assert_eq!(view.number_of(blocks[0].parent_hash), Some(9));
	assert!(view.descends(hash(5), hash(1)) && !view.descends(hash(6), hash(3)));
}

#[test]
fn law_3_reverted_blocks_are_remembered_up_to_a_bound() {
	let mut view = view();
	let root = root(1, 10);
	let _ = view.handle(imported(&root));
	for name in 2..2000 {
		let block = child(&root, name);
		let _ = view.handle(imported(&block));
		let _ = view.handle(reverted(&block));
		assert!(view.excluded_count() <= 512, "law 3");
	}
	assert_eq!((view.excluded_count(), view.block_count()), (512, 1));
}
