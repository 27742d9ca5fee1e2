//! What the view answers.

use super::*;
use std::sync::Arc;

#[test]
fn r_vie_7_r_def_25_several_cores_get_a_chain() {
	// The para has cores 0 and 2; another has core 1.
	let mut facts = leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[]);
	facts.claim_queue.insert(CoreIndex(2), [PARA, PARA].into());
	let mut view = view_at(&[facts]);
	let at = block(20).hash;
	let chain = [(0, 1, 0), (1, 2, 2), (2, 3, 0)].map(|(from, to, core)| {
		Spec {
			core,
			..spec(from, to, 20)
		}
		.build()
	});
	for candidate in &chain {
		introduce(&mut view, candidate);
		view.note_backed(PARA, candidate.hash()).expect("known");
	}
	let expected = chain.clone().map(|candidate| Backable {
		candidate_hash: candidate.hash(),
		scheduling_parent: at,
		core_index: candidate.receipt().descriptor.core_index(),
	});
	assert_eq!(
		view.get_backable(at, PARA, &[], 2),
		expected[..2],
		"R-DEF-25, R-PRV-12: one query, two candidates"
	);
	assert_eq!(
		view.get_backable(at, PARA, &[chain[0].hash()], 9),
		expected[1..],
		"R-VIE-7"
	);
	for (leaf, para) in [(block(19).hash, PARA), (at, OTHER), (at, ParaId(1))] {
		assert_eq!(view.get_backable(leaf, para, &[], 9), [], "R-VIE-7");
	}
}

#[test]
fn r_frg_17_a_candidate_for_a_core_of_another_para_is_not_offered() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[])]);
	let (good, wrong) = (
		spec(0, 1, 20).build(),
		Spec {
			core: 1,
			..spec(1, 2, 20)
		}
		.build(),
	);
	// Nobody told the view which claims block 19 has, and it leaves the judgement to the chain.
	let unknown = Spec {
		core: 1,
		..spec(0, 3, 19)
	}
	.build();
	for candidate in [&good, &wrong] {
		introduce(&mut view, candidate);
		view.note_backed(PARA, candidate.hash()).expect("known");
	}
	let at = block(20).hash;
	let offered: Vec<_> = view
		.get_backable(at, PARA, &[], 9)
		.iter()
		.map(|backable| backable.candidate_hash)
		.collect();
	assert_eq!(offered, [good.hash()], "R-FRG-17");

	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[])]);
	introduce(&mut view, &unknown);
	view.note_backed(PARA, unknown.hash()).expect("known");
	assert_eq!(view.get_backable(at, PARA, &[], 9).len(), 1);
}

#[test]
fn r_bak_14_r_vie_7_what_lacks_its_votes_at_a_leaf_gives_way_to_another_path() {
	let (first, second) = (block(20).hash, block(19).hash);
	let mut view = view_at(&[leaf(19).with(PARA, 0, &[]), leaf(20).with(PARA, 0, &[])]);
	let long = [(0, 1), (1, 2), (2, 3)].map(|(from, to)| spec(from, to, 19).build());
	let short = [(0, 4), (4, 5)].map(|(from, to)| spec(from, to, 19).build());
	for candidate in long.iter().chain(&short) {
		introduce(&mut view, candidate);
		view.note_backed(PARA, candidate.hash()).expect("known");
	}
	let without = |lacking: &[&Candidate], leaf, count| -> Vec<CandidateHash> {
		let has_votes = |backable: &Backable| {
			!lacking
				.iter()
				.any(|candidate| candidate.hash() == backable.candidate_hash)
		};
		let offered = view.get_backable_where(leaf, PARA, &[], count, has_votes);
		offered
			.into_iter()
			.map(|backable| backable.candidate_hash)
			.collect()
	};
	let hashes = |path: &[Candidate]| path.iter().map(Candidate::hash).collect::<Vec<_>>();
	let rows: [(&str, &[&Candidate], Vec<CandidateHash>); 5] = [
		("nobody", &[], hashes(&long)),
		("the end", &[&long[2]], {
			let (long, short) = (hashes(&long[..2]), hashes(&short));
			if long[0] < short[0] {
				long
			} else {
				short
			}
		}),
		("the middle", &[&long[1]], hashes(&short)),
		("the beginning", &[&long[0]], hashes(&short)),
		("both", &[&long[0], &short[0]], vec![]),
	];
	for (name, lacking, expected) in rows {
		for leaf in [first, second] {
			assert_eq!(without(lacking, leaf, 9), expected, "R-BAK-14: {name}");
			let one: Vec<_> = expected.iter().take(1).copied().collect();
			assert_eq!(without(lacking, leaf, 1), one, "R-VIE-7: {name}");
		}
	}
	assert_eq!(
		view.get_backable(first, PARA, &[], 9).len(),
		3,
		"R-STO-3: they stay backed"
	);
	for (leaf, para) in [(block(18).hash, PARA), (first, OTHER)] {
		assert_eq!(view.get_backable_where(leaf, para, &[], 9, |_| true), []);
	}
}

#[test]
fn r_def_45_r_frg_17_cores_are_judged_at_relay_parents_that_never_were_a_leaf() {
	// At block 19, which this view never saw as a leaf, core 1 was the para's, and core 0 is since.
	let mut facts = leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[]);
	let claims = ClaimQueue::from([(CoreIndex(1), [PARA].into())]);
	facts.ancestor_claim_queues.insert(block(19).hash, claims.clone());
	let candidate = |core, to| {
		Spec {
			core,
			..spec(0, to, 19)
		}
		.build()
	};
	for (core, is_offered) in [(0, false), (1, true)] {
		let mut view = view_at(&[facts.clone()]);
		let candidate = candidate(core, 1);
		introduce(&mut view, &candidate);
		view.note_backed(PARA, candidate.hash()).expect("known");
		let offered = view.get_backable(block(20).hash, PARA, &[], 9);
		assert_eq!(offered.len(), usize::from(is_offered), "R-DEF-45: core {core}");
		let chain = check_core_choice(&claims, PARA, CoreIndex(core.into()), None);
		assert_eq!(chain.is_ok(), is_offered, "R-REL-7: core {core}");
	}
}

#[test]
fn r_vie_8_minimum_relay_parents() {
	let mut facts = leaf(20).with(PARA, 0, &[]).with(OTHER, 0, &[]);
	// The most recent context of the included head is newer than the window's end.
	let constraints = &mut facts
		.paras
		.get_mut(&OTHER)
		.expect("just added")
		.backing_state
		.constraints;
	constraints.min_relay_parent_number = 19;
	let view = view_at(&[facts]);
	assert_eq!(
		view.minimum_relay_parents(block(20).hash),
		[(PARA, 18), (OTHER, 19)],
		"R-VIE-8"
	);
	assert_eq!(view.minimum_relay_parents(block(19).hash), [], "R-VIE-8");

	let hashes = |numbers: &[BlockNumber]| {
		numbers
			.iter()
			.map(|number| block(*number).hash)
			.collect::<Vec<_>>()
	};
	let at = block(20).hash;
	assert_eq!(
		view.allowed_relay_parents(at, Some(PARA)),
		hashes(&[20, 19, 18]),
		"R-IMP-1"
	);
	assert_eq!(
		view.allowed_relay_parents(at, Some(OTHER)),
		hashes(&[20, 19]),
		"R-IMP-1"
	);
	assert_eq!(
		view.allowed_relay_parents(at, None),
		hashes(&[20, 19, 18]),
		"R-IMP-1"
	);
	assert_eq!(
		view.allowed_relay_parents(at, Some(ParaId(1))),
		[],
		"R-IMP-1: no tree"
	);
}

#[test]
fn r_imp_1_an_ancestor_that_becomes_a_leaf_has_its_own_list() {
	let mut view = view_at(&[leaf(21).with(PARA, 0, &[])]);
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	let list = |view: &View, at| view.allowed_relay_parents(block(at).hash, Some(PARA));
	assert_eq!(
		list(&view, 20),
		[20, 19, 18].map(|number| block(number).hash),
		"R-IMP-1"
	);
	assert_eq!(
		list(&view, 21),
		[21, 20, 19].map(|number| block(number).hash),
		"R-IMP-1"
	);
	assert_eq!(list(&view, 19), []);
}

#[test]
fn r_vie_9_validation_data() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	introduce(&mut view, &spec(0, 1, 19).build());
	let data = |at: BlockNumber, parent: u8| PersistedValidationData {
		parent_head: head(parent),
		relay_parent_number: at,
		relay_parent_storage_root: block(at).storage_root,
		max_pov_size: 1024,
	};
	let ask = |at: BlockNumber, parent: u8| {
		let at = block(at).hash;
		let shared = view.shared_validation_data(PARA, at, head(parent).hash());
		let whole = view.validation_data(PARA, at, head(parent).hash());
		assert_eq!(
			shared.map(|shared| (*shared.to_whole()).clone()),
			whole,
			"law 1: the same, shared"
		);
		whole
	};
	assert_eq!(ask(20, 1), Some(data(20, 1)), "R-VIE-9: output of a candidate");
	assert_eq!(ask(18, 0), Some(data(18, 0)), "R-VIE-9: the included head");
	assert_eq!(ask(17, 0), None, "R-VIE-9: out of scope");
	assert_eq!(ask(20, 2), None, "R-VIE-9: unknown head");
	assert_eq!(
		view.validation_data(OTHER, block(20).hash, head(0).hash()),
		None,
		"R-VIE-9: unknown para"
	);
	let empty = view_at(&[leaf(20).with(PARA, 0, &[])]);
	assert_eq!(
		empty.validation_data(PARA, block(20).hash, head(0).hash()),
		Some(data(20, 0)),
		"R-VIE-9: from the tree, when nothing is in store"
	);
}

#[test]
fn r_vie_10_hypothetical_membership_across_leaves() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]), leaf(22).with(PARA, 0, &[])]);
	let a = spec(0, 1, 20).build();
	introduce(&mut view, &a);
	let child = spec(1, 2, 20).build();
	let old = spec(1, 3, 19).build();
	let ask = |view: &View, candidate: &Candidate, at: Option<BlockNumber>, backed| {
		let at = at.map(|number| block(number).hash);
		let complete = HypotheticalCandidate::Complete(candidate);
		let place = HypotheticalCandidate::Incomplete {
			candidate_hash: candidate.hash(),
			parent_head_hash: candidate.parent_head_hash(),
			relay_parent: candidate.relay_parent(),
		};
		let answer = view.hypothetical_membership(at, PARA, complete, backed);
		assert_eq!(view.hypothetical_membership(at, PARA, place, backed), answer);
		answer
			.into_iter()
			.map(|(leaf, depths)| ((leaf.to_low_u64_be() / 256) as u32, depths))
			.collect::<Vec<_>>()
	};
	assert_eq!(
		ask(&view, &child, None, false),
		[(20, vec![1]), (22, vec![1])],
		"R-VIE-10"
	);
	assert_eq!(ask(&view, &child, Some(22), false), [(22, vec![1])], "R-VIE-10");
	assert_eq!(ask(&view, &child, Some(21), false), [], "R-VIE-10");
	assert_eq!(
		ask(&view, &old, None, false),
		[],
		"R-TRE-6: behind its parent's relay parent"
	);
	assert_eq!(ask(&view, &child, None, true), [], "R-VIE-10");
	view.note_backed(PARA, a.hash()).expect("known");
	assert_eq!(
		ask(&view, &child, None, true),
		[(20, vec![1]), (22, vec![1])],
		"R-VIE-10"
	);
	assert_eq!(view.candidate_count(PARA), 1, "asking changes nothing");
}

#[test]
fn r_def_43_r_bak_5_a_child_has_a_place_once_its_parent_is_seconded() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	let path = [(0, 1), (1, 2), (2, 3)].map(|(from, to)| spec(from, to, 20).build());
	introduce(&mut view, &path[0]);
	introduce(&mut view, &path[1]);
	let depths = |view: &View| {
		let place = HypotheticalCandidate::Incomplete {
			candidate_hash: path[2].hash(),
			parent_head_hash: path[2].parent_head_hash(),
			relay_parent: path[2].relay_parent(),
		};
		let membership = view.vouched_membership(PARA, place);
		let complete = HypotheticalCandidate::Complete(&path[2]);
		assert_eq!(view.vouched_membership(PARA, complete), membership);
		membership
			.into_iter()
			.flat_map(|(_, depths)| depths)
			.collect::<Vec<_>>()
	};
	assert!(depths(&view).is_empty(), "nobody vouches for either");
	view.note_seconded(PARA, path[1].hash()).expect("known");
	assert!(depths(&view).is_empty(), "nor for the first");
	view.note_backed(PARA, path[0].hash()).expect("known");
	assert_eq!(depths(&view), [2], "R-BAK-5: seconded, on what is backed");
	assert_eq!(
		view.vouched_membership(OTHER, HypotheticalCandidate::Complete(&path[2])),
		[],
		"another para"
	);
}

/// R-TRE-14, R-BAK-5, R-VIE-9: what is known of the place of a child whose parent nobody knows, and the data that it is
/// validated with.
#[test]
fn r_def_43_r_tre_14_a_child_of_an_unknown_parent_may_wait() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[]), leaf(22).with(PARA, 0, &[])]);
	introduce(&mut view, &spec(0, 1, 20).build());
	let hash = |name| head(name).hash();
	let at = |view: &View, para, relay_parent: BlockNumber, parent, output: Option<u8>| {
		view.may_wait_at(para, block(relay_parent).hash, hash(parent), output.map(hash))
	};
	let rows = [
		("its parent is unknown", PARA, 20, 5, None, true),
		("and where it leads to", PARA, 20, 5, Some(6), true),
		("its parent is in a tree", PARA, 20, 1, None, false),
		("its parent is included", PARA, 20, 0, None, false),
		(
			"it leads to the included head: it was before that",
			PARA,
			20,
			5,
			Some(0),
			false,
		),
		(
			"it leads to where another one stands",
			PARA,
			20,
			5,
			Some(1),
			false,
		),
		("its relay parent is in no scope", PARA, 17, 5, None, false),
		("nobody schedules its para", OTHER, 20, 5, None, false),
	];
	for (name, para, relay_parent, parent, output, expected) in rows {
		assert_eq!(
			at(&view, para, relay_parent, parent, output),
			expected,
			"R-TRE-14: {name}"
		);
	}
	let unconnected = spec(5, 6, 20).build();
	let behind = |view: &View, sent: HeadData| {
		view.validation_data_behind(PARA, block(20).hash, Arc::new(sent))
			.map(|data| (*data.to_whole()).clone())
	};
	assert_eq!(
		behind(&view, head(5)).as_ref(),
		Some(unconnected.validation_data()),
		"R-VIE-9: as whoever built it has them"
	);
	assert_eq!(view.validation_data(PARA, block(20).hash, hash(5)), None);
	let max = view.tree(block(20).hash, PARA).expect("it is scheduled");
	let max = max.scope().base_constraints().max_head_data_size() as usize;
	assert!(behind(&view, HeadData(vec![0; max])).is_some());
	assert_eq!(behind(&view, HeadData(vec![0; max + 1])), None, "R-FRG-3");
	// What waits is in no tree: its own children wait as well.
	introduce(&mut view, &unconnected);
	assert!(at(&view, PARA, 20, 6, None), "R-TRE-14");
	introduce(&mut view, &spec(1, 5, 20).build());
	assert!(!at(&view, PARA, 20, 6, None), "R-TRE-5: it joined");
}

/// R-TRE-11, R-TRE-14: no more may wait than there is room for.
#[test]
fn r_tre_14_without_room_nothing_may_wait() {
	let mut view = View::new(ViewConfig {
		unconnected: UnconnectedLimits {
			max_candidates: 1,
			..UnconnectedLimits::default()
		},
		..ViewConfig::default()
	});
	let _ = view.update_leaves(&[leaf(20).with(PARA, 0, &[])], &[]);
	let may_wait = |view: &View| view.may_wait_at(PARA, block(20).hash, head(7).hash(), None);
	assert!(may_wait(&view));
	introduce(&mut view, &spec(5, 6, 20).build());
	assert!(!may_wait(&view), "R-TRE-11");
}

#[test]
fn r_imp_2_blocks_are_remembered_as_long_as_a_leaf_has_them_in_scope() {
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	for number in 21..=24 {
		// Activated before the other goes.
		let _ = view.update_leaves(&[leaf(number).with(PARA, 0, &[])], &[block(number - 1).hash]);
		check(&view);
		let mut known: Vec<_> = view.assigned_cores.keys().copied().collect();
		known.sort();
		let mut expected: Vec<_> = (number.saturating_sub(2).max(20)..=number)
			.map(|number| block(number).hash)
			.collect();
		expected.sort();
		assert_eq!(known, expected, "R-IMP-2 at leaf {number}");
	}
	let _ = view.update_leaves(&[], &[block(24).hash]);
	assert!(
		view.assigned_cores.is_empty() && view.paras.is_empty(),
		"R-IMP-2: no leaves, nothing"
	);
}

#[test]
fn r_def_7_what_the_chain_refuses_is_refused_here_by_the_same_function() {
	let mut facts = leaf(20).with(PARA, 0, &[]);
	let para = facts.paras.get_mut(&PARA).expect("it is scheduled");
	para.backing_state.constraints.dmp_remaining_messages = vec![18];
	para.backing_state.constraints.ump_remaining = 0;
	let constraints = para.backing_state.constraints.clone();
	let mut view = view_at(&[facts]);
	let rows: [(&str, u32, Vec<UpwardMessage>, BlockNumber, bool); 5] = [
		("a downward message waits and is not taken", 0, vec![], 20, false),
		("it is taken", 1, vec![], 20, true),
		("an upward message has no room", 1, vec![vec![1]], 20, false),
		("a signal needs none", 1, vec![vec![], vec![0, 0, 0]], 20, true),
		("the watermark moves to where nothing came", 1, vec![], 19, false),
	];
	for (position, (name, dmp, upward, watermark, fits)) in rows.into_iter().enumerate() {
		let (mut receipt, data) = spec(0, 10 + position as u8, 20).parts();
		receipt.commitments.processed_downward_messages = dmp;
		receipt.commitments.upward_messages = upward;
		receipt.commitments.hrmp_watermark = watermark;
		let here = view.introduce(receipt.clone(), data.clone()).is_ok();
		let identity = ConstraintModifications::default();
		let chain = check_fragment(
			&block(20),
			&Operating::new(&constraints, &identity),
			&FragmentCandidate {
				commitments: &receipt.commitments,
				validation_code_hash: receipt.descriptor.validation_code_hash(),
				validation_data: ValidationDataClaim::Full(&data),
				is_pending_availability: false,
			},
		)
		.is_ok();
		assert_eq!((here, chain), (fits, fits), "R-DEF-7: {name}");
	}
}
