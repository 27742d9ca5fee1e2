//! Candidates are introduced, seconded and backed.

use super::*;
use async_backing_fragment_tree::{AttachError, StorageError, UnknownCandidate};

#[test]
fn law_1_a_candidate_that_somebody_else_holds_is_shared_with_the_trees() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]), leaf(21).with(PARA, 0, &[])]);
	let held = alloc::sync::Arc::new(spec(0, 1, 20).build());
	view.introduce_checked(held.clone()).expect("it fits");
	let known = view.candidate(PARA, held.hash()).expect("introduced");
	assert!(alloc::sync::Arc::ptr_eq(
		known.shared_receipt(),
		held.shared_receipt()
	));
	assert!(alloc::sync::Arc::ptr_eq(
		known.shared_validation_data(),
		held.shared_validation_data()
	));
	// Whoever holds it still is not taken for a tree.
	let _ = view.update_leaves(&[leaf(30).with(PARA, 0, &[])], &[block(20).hash, block(21).hash]);
	assert_eq!(view.candidate_count(PARA), 0, "R-VIE-4");
}

#[test]
fn r_vie_5_what_introducing_answers() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	let at = block(20).hash;
	let a = spec(0, 1, 20).build();
	assert_eq!(introduce(&mut view, &a), [(at, vec![0])]);
	assert_eq!(
		introduce(&mut view, &a),
		[(at, vec![0])],
		"R-VIE-5: known, current membership"
	);
	assert_eq!(view.candidate_count(PARA), 1);

	let elsewhere = Spec {
		para: OTHER,
		..spec(0, 1, 20)
	}
	.build();
	assert_eq!(
		view.introduce_checked(elsewhere),
		Err(IntroduceError::UnknownPara(OTHER)),
		"R-VIE-5"
	);

	let (receipt, mut validation_data) = spec(0, 2, 20).parts();
	assert!(view.introduce(receipt.clone(), validation_data.clone()).is_ok());
	validation_data.max_pov_size = 7;
	let error = view.introduce(receipt, validation_data);
	assert!(
		matches!(
			error,
			Err(IntroduceError::Intrinsic(
				IntrinsicError::ValidationDataMismatch { .. }
			))
		),
		"R-FRG-16"
	);

	let turns = spec(5, 5, 20).build();
	let cycle = StorageError::ZeroLengthCycle {
		candidate: turns.hash(),
		head: head(5).hash(),
	};
	assert_eq!(
		view.introduce_checked(turns),
		Err(IntroduceError::Storage(cycle)),
		"R-STO-4"
	);

	// Its parent is there, but it does not fit.
	let wrong = Spec {
		code: 2,
		..spec(1, 2, 20)
	}
	.build();
	let hash = wrong.hash();
	let error = view.introduce_checked(wrong);
	check(&view);
	let mismatch = FragmentError::ValidationCodeMismatch {
		expected: code(1),
		got: code(2),
	};
	assert_eq!(
		error,
		Err(IntroduceError::FitsNowhere {
			candidate: hash,
			reasons: vec![(at, AttachError::Unfit(mismatch.into()))]
		}),
		"R-VIE-5"
	);
	assert_eq!(
		(view.candidate(PARA, hash), view.refused_count()),
		(None, 1),
		"R-VIE-5: removed again"
	);
}

#[test]
fn r_vie_6_notes() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	let a = spec(0, 1, 20).build();
	let unknown = NoteError::UnknownCandidate(UnknownCandidate(a.hash()));
	assert_eq!(view.note_seconded(PARA, a.hash()), Err(unknown), "R-VIE-6");
	assert_eq!(
		view.note_backed(OTHER, a.hash()),
		Err(NoteError::UnknownPara(OTHER)),
		"R-VIE-6"
	);
	introduce(&mut view, &a);
	let at = block(20).hash;
	for (note, backable) in [
		(View::note_seconded as fn(&mut View, _, _) -> _, 0),
		(View::note_backed, 1),
	] {
		assert_eq!(
			[note(&mut view, PARA, a.hash()), note(&mut view, PARA, a.hash())],
			[Ok(true), Ok(false)]
		);
		check(&view);
		assert_eq!(view.get_backable(at, PARA, &[], 1).len(), backable, "R-VIE-6");
	}
}

#[test]
fn r_tre_14_r_def_3_candidates_wait_for_their_parents() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]), leaf(21).with(PARA, 0, &[])]);
	let [a, b, c] = [spec(0, 1, 19), spec(1, 2, 19), spec(2, 3, 20)].map(Spec::build);
	assert_eq!(introduce(&mut view, &c), [], "R-TRE-14");
	assert_eq!(introduce(&mut view, &b), [], "R-TRE-14");
	assert_eq!(introduce(&mut view, &b), [], "known, and it still waits");
	assert_eq!(view.waiting(PARA).count(), 2);
	view.note_backed(PARA, b.hash()).expect("known");

	let introduced = view.introduce_checked(a.clone()).expect("good");
	check(&view);
	let mut joined = vec![b.hash(), c.hash()];
	joined.sort();
	assert_eq!(introduced.joined, joined, "R-TRE-14, R-DEF-3");
	assert_eq!(introduced.membership.len(), 2);
	assert_eq!(view.waiting(PARA).count(), 0);
	assert_eq!(
		view.membership(PARA, c.hash()),
		[20, 21].map(|at| (block(at).hash, vec![2]))
	);
	view.note_backed(PARA, a.hash()).expect("known");
	assert_eq!(
		view.get_backable(block(20).hash, PARA, &[], 9).len(),
		2,
		"what was backed while it waited counts"
	);
}

#[test]
fn r_tre_14_what_is_not_worth_waiting() {
	let mut facts = leaf(20).with(PARA, 0, &[]);
	let constraints = &mut facts
		.paras
		.get_mut(&PARA)
		.expect("just added")
		.backing_state
		.constraints;
	constraints.future_validation_code = Some((30, code(2)));
	let mut view = view_at(&[facts]);
	let rows = [
		("current code", spec(7, 8, 20), true),
		(
			"future code",
			Spec {
				code: 2,
				..spec(7, 8, 20)
			},
			true,
		),
		(
			"unknown code",
			Spec {
				code: 3,
				..spec(7, 8, 20)
			},
			false,
		),
		("out of scope", spec(7, 8, 17), false),
		(
			"small code",
			Spec {
				new_code: Some(100),
				salt: 1,
				..spec(7, 8, 20)
			},
			true,
		),
		(
			"large code",
			Spec {
				new_code: Some(101),
				..spec(7, 8, 20)
			},
			false,
		),
	];
	for (name, spec, waits) in rows {
		let outcome = view.introduce_checked(spec.build());
		check(&view);
		assert_eq!(outcome.is_ok(), waits, "R-TRE-14: {name}");
	}
}

#[test]
fn r_tre_14_r_tre_11_only_so_many_wait() {
	let limits = UnconnectedLimits {
		max_candidates: 2,
		max_bytes: usize::MAX,
	};
	let mut view = View::new(ViewConfig {
		unconnected: limits,
		..Default::default()
	});
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	for to in [1, 2] {
		introduce(&mut view, &spec(9, to, 20).build());
	}
	let third = spec(9, 3, 20).build();
	assert!(
		view.may_wait(&third) && !view.has_room_to_wait(&third),
		"R-TRE-14"
	);
	assert!(view.has_room_to_wait(&spec(9, 2, 20).build()), "it waits already");
	let error = view.introduce_checked(third.clone());
	check(&view);
	assert!(
		matches!(
			error,
			Err(IntroduceError::UnconnectedFull(UnconnectedFull {
				candidates: 3,
				max_candidates: 2,
				..
			}))
		),
		"R-TRE-14"
	);
	assert_eq!(view.candidate(PARA, third.hash()), None);
	assert_eq!(
		introduce(&mut view, &spec(0, 9, 20).build()).len(),
		1,
		"those with a parent are not affected"
	);
	assert_eq!(
		introduce(&mut view, &third).len(),
		1,
		"nor is the refused one, once its parent is there"
	);

	let bytes = UnconnectedLimits {
		max_candidates: 9,
		max_bytes: 10,
	};
	let mut view = View::new(ViewConfig {
		unconnected: bytes,
		..Default::default()
	});
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	let error = view.introduce_checked(third);
	assert!(
		matches!(error, Err(IntroduceError::UnconnectedFull(full)) if full.max_bytes == 10),
		"R-TRE-14"
	);
}

#[test]
fn r_tre_11_a_full_tree_refuses_and_says_so() {
	let limits = TreeLimits {
		max_candidates: 1,
		max_nodes: 9,
		max_nodes_per_candidate: u32::MAX,
	};
	let mut view = View::new(ViewConfig {
		tree_limits: Some(limits),
		..Default::default()
	});
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	introduce(&mut view, &spec(0, 1, 20).build());
	let error = view.introduce_checked(spec(0, 2, 20).build());
	let Err(IntroduceError::FitsNowhere { reasons, .. }) = error else {
		panic!("R-TRE-11: {error:?}")
	};
	assert!(matches!(reasons[..], [(_, AttachError::TreeFull(_))]), "R-TRE-11");
	assert_eq!(
		(view.candidate_count(PARA), view.refused_count()),
		(1, 1),
		"R-TRE-11"
	);
}
