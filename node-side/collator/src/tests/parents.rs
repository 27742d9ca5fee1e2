//! Which parent, which core, and why none.

use super::*;
use std::sync::Arc;

/// A collator with blocks `a` on relay block 10, `b` on 11 and `c` on 12, one on top of the other.
fn three_blocks() -> (Collator, [(BuildOn, Collated); 3]) {
	let mut collator = Collator::new(config(5, 1), &genesis());
	let blocks = [10, 11, 12].map(|number| {
		build(&mut collator, &leaf(number, params(4, 3), 1, &genesis())).expect("there is room")
	});
	(collator, blocks)
}

#[test]
fn r_par_3_the_deepest_block_in_scope_is_the_parent() {
	let (collator, blocks @ [a, b, c]) = &three_blocks();
	let genesis = genesis();
	// Leaf, A, included, pending, then the parent and the depth.
	type Row<'a> = (
		&'a str,
		u32,
		u32,
		&'a HeadData,
		&'a [(BuildOn, Collated)],
		&'a HeadData,
		u32,
	);
	let rows: [Row<'_>; 9] = [
		("R-PAR-3: deepest", 13, 3, &genesis, &[], head_of(c), 3),
		(
			"R-PAR-2: from the pending one on",
			13,
			3,
			&genesis,
			&blocks[..1],
			head_of(c),
			3,
		),
		(
			"R-PAR-2: nothing below the pending one",
			13,
			3,
			&genesis,
			blocks,
			head_of(c),
			3,
		),
		(
			"R-PAR-2: from the included one on",
			13,
			3,
			head_of(a),
			&[],
			head_of(c),
			2,
		),
		(
			"R-COL-6: a in scope for the last time",
			13,
			3,
			&genesis,
			&[],
			head_of(c),
			3,
		),
		(
			"R-COL-6: a left the scope, and all are dead",
			14,
			3,
			&genesis,
			&[],
			&genesis,
			0,
		),
		(
			"R-COL-6: unless a is pending",
			14,
			3,
			&genesis,
			&blocks[..1],
			head_of(c),
			3,
		),
		("R-ABP-2: a narrower scope", 13, 1, head_of(a), &[], head_of(a), 0),
		("R-PAR-2: all included", 13, 3, head_of(c), &[], head_of(c), 0),
	];
	for (name, number, ancestry, included, pending, parent, depth) in rows {
		let mut facts = leaf(number, params(4, ancestry), 1, included);
		set_pending(&mut facts, pending);
		let build_on = collator.clone().decide(&facts).expect(name);
		assert_eq!(
			(build_on.parent_head(), build_on.depth),
			(parent, depth),
			"{name}"
		);
		assert_eq!(build_on.relay_parent, relay_block(number), "R-COL-2: {name}");
	}
	assert_eq!(head_of(b), c.0.parent_head());
}

#[test]
fn r_par_2_scope_ends_where_the_session_does() {
	let (mut collator, [a, ..]) = three_blocks();
	let mut facts = leaf(13, params(4, 3), 1, head_of(&a));
	facts.ancestors.truncate(1);
	assert_eq!(
		collator.decide(&facts).unwrap().parent_head(),
		head_of(&a),
		"R-PAR-2, R-ABP-13"
	);
	facts.ancestors = leaf(13, params(4, 3), 1, &genesis()).ancestors;
	assert_ne!(
		collator.decide(&facts).unwrap().parent_head(),
		head_of(&a),
		"R-PAR-2: dead at one leaf only"
	);
}

#[test]
fn r_par_3_ties_go_to_the_newer_relay_parent_then_to_the_lower_hash() {
	let block = |head: u8, number: BlockNumber| Parablock {
		commitments: Arc::new(CandidateCommitments {
			head_data: HeadData(vec![head]),
			hrmp_watermark: number,
			..Default::default()
		}),
		parent_head: genesis().hash(),
		relay_parent: relay_block(number),
		slot: FIRST_SLOT + u64::from(number),
		candidate: CandidateHash(Hash::repeat_byte(head)),
		core: Some(CoreIndex(0)),
		ready: number + 1,
	};
	let lower = if HeadData(vec![2]).hash() < HeadData(vec![3]).hash() {
		2
	} else {
		3
	};
	for order in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] {
		let mut collator = Collator::new(config(5, 1), &genesis());
		for head in order {
			collator.note_block(block(head, if head == 1 { 10 } else { 11 }));
		}
		let facts = leaf(12, params(4, 3), 1, &genesis());
		assert_eq!(
			collator.decide(&facts).unwrap().parent_head().0,
			[lower],
			"R-PAR-3"
		);
		assert_eq!(collator.alive(&facts).len(), 3, "R-COL-6");
	}
}

#[test]
fn r_par_1_an_unknown_head_is_not_built_on() {
	let (mut collator, [a, b, _]) = three_blocks();
	let stranger = HeadData(vec![7; 7]);
	let facts = leaf(13, params(4, 3), 1, &stranger);
	assert_eq!(
		collator.decide(&facts),
		Err(NoBuild::UnknownHead(stranger.hash())),
		"R-PAR-1: included"
	);

	let mut other = Collator::new(config(5, 1), &genesis());
	let mut facts = leaf(13, params(4, 3), 1, &genesis());
	set_pending(&mut facts, &[a, b.clone()]);
	assert_eq!(
		other.decide(&facts),
		Err(NoBuild::UnknownHead(head_of(&b).hash())),
		"R-PAR-1: pending"
	);
	assert!(!other.knows(head_of(&b).hash()) && collator.knows(head_of(&b).hash()));
}

#[test]
fn r_par_4_the_segment_is_bounded() {
	let (_, blocks) = three_blocks();
	// Capacity, D, pending, expected limit if full.
	let rows = [
		("room", 5, 4, 0, None),
		("capacity binds", 3, 4, 0, Some((3, 3))),
		("depth binds", 5, 2, 0, Some((3, 3))),
		("pending ones count", 3, 4, 2, Some((3, 3))),
		("synchronous: anything pending is too much", 5, 0, 3, Some((3, 1))),
		("capacity 0 counts as 1", 0, 4, 1, Some((3, 1))),
	];
	for (name, capacity, depth, pending, full) in rows {
		let mut collator = Collator::new(config(capacity, 1), &genesis());
		for (build_on, collated) in &blocks {
			collator.note_built(build_on, collated);
		}
		let mut facts = leaf(13, params(depth, 3), 1, &genesis());
		set_pending(&mut facts, &blocks[..pending]);
		let decided = collator.decide(&facts).map(|build_on| build_on.depth);
		let expected = match full {
			Some((unincluded, limit)) => Err(NoBuild::SegmentFull { unincluded, limit }),
			None => Ok(3),
		};
		assert_eq!(decided, expected, "R-PAR-4: {name}");
	}
}

#[test]
fn r_col_1_synchronously_nothing_is_built_while_a_candidate_is_pending() {
	let mut collator = Collator::new(config(5, 1), &genesis());
	let built = build(&mut collator, &leaf(10, params(0, 0), 1, &genesis())).unwrap();
	let mut facts = leaf(11, params(0, 0), 1, &genesis());
	// Not backed in block 11: its relay parent is too old, and the next one is built beside it.
	assert_eq!(
		*collator.decide(&facts).unwrap().parent_head(),
		genesis(),
		"R-COL-6"
	);
	set_pending(&mut facts, std::slice::from_ref(&built));
	let full = NoBuild::SegmentFull {
		unincluded: 1,
		limit: 1,
	};
	assert_eq!(collator.decide(&facts), Err(full), "R-COL-1");
	let facts = leaf(12, params(0, 0), 1, head_of(&built));
	assert_eq!(
		collator.decide(&facts).unwrap().parent_head(),
		head_of(&built),
		"R-COL-1"
	);
}

#[test]
fn r_hoo_5_a_block_for_each_core_up_to_the_velocity() {
	// Velocity, cores, and the cores for which blocks are built.
	let rows: [(u32, u32, &[u32]); 4] = [(1, 1, &[0]), (3, 2, &[0, 1]), (2, 3, &[0, 1]), (3, 3, &[0, 1, 2])];
	for (velocity, cores, expected) in rows {
		let mut collator = Collator::new(config(9, velocity), &genesis());
		let facts = leaf(10, params(8, 3), cores, &genesis());
		let mut built: Vec<(BuildOn, Collated)> = vec![];
		let reason = loop {
			match build(&mut collator, &facts) {
				Ok(block) => {
					let parent = built.last().map_or_else(genesis, |last| head_of(last).clone());
					assert_eq!(
						*block.0.parent_head(),
						parent,
						"R-HOO-5: each the parent of the next"
					);
					built.push(block);
				}
				Err(reason) => break reason,
			}
		};
		let on: Vec<_> = built.iter().map(|(build_on, _)| build_on.core.0).collect();
		assert_eq!(on, expected, "R-HOO-5, R-UMP-5");
		let enough = expected.len() as u32;
		assert_eq!(
			reason,
			NoBuild::EnoughBuilt {
				built: enough,
				wanted: enough
			},
			"R-HOO-2"
		);
	}
}

#[test]
fn r_abp_10_the_slot_that_has_to_back_the_candidate_decides() {
	// Block 10 has slot 1010. Params, first slot that ends the session, and the deadline, if there is a block.
	let rows = [
		("the next block backs it", params(0, 0), 1012, Some(1011)),
		("the next block ends the session", params(0, 0), 1011, None),
		(
			"the relay parent leaves the scope",
			params(4, 3),
			1020,
			Some(1014),
		),
		("the session ends before", params(4, 3), 1013, Some(1012)),
		("the next block ends it", params(4, 3), 1011, None),
	];
	for (name, params, ends_from, deadline) in rows {
		let mut collator = Collator::new(config(5, 1), &genesis());
		let mut facts = leaf(10, params, 1, &genesis());
		facts.session_ends_from_slot = ends_from;
		let ends = NoBuild::SessionEnds {
			ends_from,
			backed_at: 1011,
		};
		let decided = collator.decide(&facts).map(|build_on| build_on.deadline);
		assert_eq!(decided, deadline.ok_or(ends), "R-ABP-2, R-ABP-10: {name}");
	}
}

#[test]
fn r_abp_10_blocks_ahead_are_backed_first() {
	let (mut collator, [a, b, _]) = three_blocks();
	let mut facts = leaf(13, params(4, 3), 1, &genesis());
	let slot = facts.slot;
	assert_eq!(
		collator.decide(&facts).unwrap().earliest,
		slot + 4,
		"a, b, c, then this one"
	);
	set_pending(&mut facts, &[a, b]);
	assert_eq!(
		collator.decide(&facts).unwrap().earliest,
		slot + 2,
		"c, then this one"
	);
	facts.session_ends_from_slot = slot + 2;
	let ends = NoBuild::SessionEnds {
		ends_from: slot + 2,
		backed_at: slot + 2,
	};
	assert_eq!(collator.decide(&facts), Err(ends), "R-ABP-10");
}

#[test]
fn r_bkv_1_votes_are_those_of_the_group() {
	let mut collator = Collator::new(config(5, 1), &genesis());
	let mut facts = leaf(10, params(0, 0), 2, &genesis());
	let limits = collator.decide(&facts).unwrap().limits;
	let expected = Limits {
		pov_size: pov_target(MAX_POV),
		votes: 2,
		blocks_per_slot: 1,
	};
	assert_eq!(limits, expected, "R-BKV-1, R-HOO-6");
	// At block 11 the groups have rotated twice, so that core 0 has group 0 again; at 15 it has group 1.
	facts.groups = vec![vec![ValidatorIndex(0)], vec![]];
	assert_eq!(
		collator.decide(&facts).unwrap().limits.votes,
		1,
		"R-BKV-1: one vote"
	);
	facts.block = relay_block(14);
	assert_eq!(
		collator.decide(&facts).map(|build_on| build_on.core),
		Ok(CoreIndex(1)),
		"R-BKV-1: a group of nobody backs nothing"
	);
	facts.groups = vec![vec![], vec![]];
	assert_eq!(
		collator.decide(&facts),
		Err(NoBuild::NoBackers(CoreIndex(0))),
		"R-GRP-1, R-BKV-1"
	);
}

#[test]
fn r_mod_6_the_scheduled_code_applies_after_the_block_that_takes_it() {
	let upgraded = ValidationCodeHash(Hash::repeat_byte(7));
	let (mut collator, [a, b, c]) = three_blocks();
	// Relay-parent number from which the scheduled code applies, pending, and the code of the next candidate.
	let rows = [
		("an unincluded block takes it", 12, vec![], upgraded),
		("a pending one does", 11, vec![a, b], upgraded),
		("this is the one that takes it", 13, vec![], CODE),
		("not yet", 14, vec![], CODE),
	];
	for (name, at, pending, code) in rows {
		let mut facts = leaf(13, params(4, 3), 1, &genesis());
		set_pending(&mut facts, &pending);
		let constraints = &mut facts.paras.get_mut(&PARA).unwrap().backing_state.constraints;
		constraints.future_validation_code = Some((at, upgraded));
		let build_on = collator.decide(&facts).unwrap();
		assert_eq!(
			(build_on.validation_code_hash(), build_on.parent_head()),
			(code, head_of(&c)),
			"R-MOD-6: {name}"
		);
	}
}

/// What waits has taken its part of what there is; what the relay chain has no room for any more, nothing is built on.
#[test]
fn r_col_2_what_is_left_behind_own_blocks_is_the_context_of_the_next() {
	let with_room = |number, messages| {
		let mut facts = leaf(number, params(4, 3), 1, &genesis());
		let constraints = &mut facts.paras.get_mut(&PARA).unwrap().backing_state.constraints;
		constraints.ump_remaining = messages;
		constraints.ump_remaining_bytes = 100;
		constraints.max_ump_num_per_candidate = 4;
		facts
	};
	let mut collator = Collator::new(config(5, 1), &genesis());
	let mut heads = vec![genesis()];
	for number in [10, 11] {
		let build_on = collator.decide(&with_room(number, 5)).unwrap();
		let mut produced = produce(&build_on);
		produced.commitments.upward_messages = vec![vec![1; 10]; 2];
		let collated = collate(&build_on, produced, |_| Ok::<_, Infallible>(Hash::zero())).unwrap();
		collator.note_built(&build_on, &collated);
		heads.push(collated.receipt.commitments.head_data);
	}
	// Messages that the relay chain takes from now on, the parent, and what is left behind it.
	for (messages, parent, left) in [(5, 2, 1), (4, 2, 0), (3, 1, 1), (1, 0, 1)] {
		let build_on = collator.decide(&with_room(12, messages)).unwrap();
		assert_eq!(
			build_on.parent_head(),
			&heads[parent],
			"R-COL-2: {messages} messages"
		);
		assert_eq!(build_on.depth as usize, parent, "R-GLO-11");
		assert_eq!(build_on.context.depth(), parent, "R-GLO-11");
		let constraints = &build_on.context.constraints.constraints;
		assert_eq!(constraints.ump_remaining, left, "R-MOD-1: {messages} messages");
		let data = candidate_of(&build_on).validation_data;
		assert_eq!(build_on.context.validation_data.to_persisted(), data, "R-PVD-1");
	}
}

#[test]
fn r_def_24_r_imp_3_a_collator_needs_headers_and_its_own_blocks_but_no_view() {
	let manifest = include_str!("../../Cargo.toml");
	for crate_name in ["prospective-parachains", "fragment-tree"] {
		assert!(
			!manifest.contains(crate_name),
			"R-IMP-3: {crate_name} is not a dependency"
		);
	}
	// What it knows of the relay chain are leaves; what it builds on it finds among its own blocks (R-PAR-3).
	let (collator, [_, _, c]) = &three_blocks();
	let mut collator = collator.clone();
	let next = collator.decide(&leaf(13, params(4, 3), 1, &genesis())).unwrap();
	assert_eq!(next.parent_head(), head_of(c));
}
