//! What finality prunes.

use super::*;

/// 1 (10) - 2 - 3 - 4; 2 - 5 - 6; 1 - 7.
fn forks(view: &mut ChainView) -> (Vec<LeafFacts>, Vec<LeafFacts>, LeafFacts) {
	let main = chain(&root(1, 10), [2, 3, 4]);
	let fork = chain(&main[1], [5, 6]);
	let short = child(&main[0], 7);
	for block in main.iter().chain(&fork[1..]).chain([&short]) {
		change(view, imported(block));
	}
	assert_eq!(leaf_names(view), [4, 6, 7]);
	(main, fork, short)
}

#[test]
fn forks_that_do_not_descend_from_the_finalized_block_go() {
	let mut view = view();
	let (main, fork, short) = forks(&mut view);
	assert_eq!(change(&mut view, finalized(&main[1])), (vec![], vec![7]));
	assert_eq!(
		(view.finalized_number(), view.finalized_hash()),
		(11, Some(hash(2)))
	);
	assert_eq!(change(&mut view, finalized(&main[2])), (vec![], vec![6]));
	assert_eq!(leaf_names(&view), [4]);
	assert!(view.session_of(hash(5)).is_none() && view.session_of(hash(1)).is_some());
	let child_of_fork = child(&fork[2], 8);
	assert_eq!(
		refusal(&mut view, imported(&child_of_fork)),
		ChainError::Excluded(hash(8))
	);
	assert_eq!(
		refusal(&mut view, imported(&child(&child_of_fork, 9))),
		ChainError::Excluded(hash(9))
	);
	assert_eq!(
		refusal(&mut view, imported(&fork[2])),
		ChainError::Excluded(hash(6))
	);
	let stale = ChainError::Stale {
		hash: hash(7),
		number: 11,
		finalized: 12,
	};
	assert_eq!(refusal(&mut view, imported(&short)), stale);
}

#[test]
fn a_leaf_that_is_finalized_stays_one() {
	let mut view = view();
	let (main, ..) = forks(&mut view);
	assert_eq!(change(&mut view, finalized(&main[3])), (vec![], vec![7, 6]));
	assert_eq!(leaf_names(&view), [4]);
	assert_eq!(
		change(&mut view, imported(&child(&main[3], 8))),
		(vec![8], vec![4])
	);
}

#[test]
fn finality_may_come_before_the_block() {
	let mut view = view();
	let (main, ..) = forks(&mut view);
	let later = chain(&main[3], [8, 9, 10]);
	assert_eq!(
		change(&mut view, finalized(&later[2])),
		(vec![], vec![7, 4, 6]),
		"nothing is built on what is behind"
	);
	let stale = ChainError::Stale {
		hash: hash(8),
		number: 14,
		finalized: 15,
	};
	assert_eq!(refusal(&mut view, imported(&later[1])), stale);
	assert_eq!(change(&mut view, imported(&later[3])), (vec![10], vec![]));
	assert_eq!(change(&mut view, imported(&later[2])), (vec![], vec![]));
	assert_eq!(change(&mut view, reverted(&later[3])), (vec![9], vec![10]));
}

#[test]
fn a_fork_is_recognised_when_its_missing_link_comes() {
	let mut view = view();
	let main = chain(&root(1, 10), [2]);
	let fork = chain(&main[0], 11..=17);
	change(&mut view, imported(&main[1]));
	change(&mut view, finalized(&main[1]));
	// Its ancestors do not go back to the height of the finalized block.
	assert_eq!(change(&mut view, imported(&fork[6])), (vec![16], vec![]));
	assert_eq!(change(&mut view, imported(&fork[7])), (vec![17], vec![16]));
	let (update, result) = view.try_handle(imported(&fork[3]));
	assert_eq!(result, Err(ChainError::Excluded(hash(13))));
	assert_eq!(names(&update), (vec![], vec![17]));
	assert_eq!(leaf_names(&view), [2]);
}

#[test]
fn finality_does_not_go_back_or_to_another_fork() {
	let mut view = view();
	let (main, fork, _) = forks(&mut view);
	change(&mut view, finalized(&main[2]));
	let back = ChainError::FinalityWentBack {
		expected: 12,
		actual: 11,
	};
	assert_eq!(refusal(&mut view, finalized(&main[1])), back);
	assert_eq!(
		refusal(&mut view, finalized(&fork[1])),
		ChainError::FinalityForked { hash: hash(5) }
	);
	assert_eq!(
		refusal(&mut view, finalized(&fork[2])),
		ChainError::FinalityForked { hash: hash(6) }
	);
	let wrong = ChainError::WrongNumber {
		hash: hash(4),
		expected: 13,
		actual: 14,
	};
	let event = ChainEvent::Finalized {
		hash: hash(4),
		number: 14,
	};
	assert_eq!(refusal(&mut view, event), wrong);
	assert_eq!(
		change(&mut view, finalized(&main[2])),
		(vec![], vec![]),
		"the same again is fine"
	);
	assert_eq!(view.finalized_number(), 12);
}

#[test]
fn what_is_final_is_not_reverted() {
	let mut view = view();
	let (main, ..) = forks(&mut view);
	change(&mut view, finalized(&main[2]));
	for block in &main[..3] {
		let error = refusal(&mut view, reverted(block));
		assert_eq!(error, ChainError::RevertedFinal(block.block.hash));
	}
	assert_eq!(change(&mut view, reverted(&main[3])), (vec![3], vec![4]));
	// Not even if nobody has imported it.
	let mut view = self::view();
	change(&mut view, imported(&main[3]));
	change(&mut view, finalized(&main[2]));
	assert_eq!(
		refusal(&mut view, reverted(&main[1])),
		ChainError::RevertedFinal(hash(2))
	);
}

#[test]
fn a_wrong_number_beside_the_finalized_block_is_refused() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2]);
	change(&mut view, finalized(&blocks[0]));
	let mut wrong = blocks[1].clone();
	wrong.block.number = 13;
	let error = refusal(&mut view, imported(&wrong));
	assert!(matches!(error, ChainError::WrongNumber { expected: 11, .. }));
	let mut wrong = blocks[0].clone();
	wrong.block.number = 9;
	let error = refusal(&mut view, imported(&wrong));
	assert!(matches!(error, ChainError::WrongNumber { expected: 10, .. }));
}

#[test]
fn a_long_finalized_chain_is_forgotten_but_for_its_end() {
	let limits = Limits {
		finalized: 5,
		..Limits::default()
	};
	let mut view = view_with(limits);
	let blocks = chain(&root(1, 1), 2..=300);
	for window in blocks.windows(4) {
		let _ = view.handle(imported(&window[3]));
		let _ = view.handle(finalized(&window[0]));
		assert!(view.block_count() <= 5 + 1 + 3);
		assert!(view.blocks_hold_facts() <= 4);
	}
	assert_eq!(leaf_names(&view), [300]);
	assert_eq!(view.refused().blocks, 0, "that is no lack of room");
	assert!(view.session_of(hash(292)).is_some() && view.session_of(hash(280)).is_none());
}
