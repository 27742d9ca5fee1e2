//! The storage and the scope.

use super::*;
use codec::{Decode, Encode};

fn hashes<'a>(stored: impl Iterator<Item = StoredCandidate<'a>>) -> Vec<CandidateHash> {
	stored.map(|stored| stored.candidate().hash()).collect()
}

#[test]
fn r_sto_1_r_sto_5_all_indexes_follow_removal() {
	let mut storage = CandidateStorage::default();
	let (a, b) = (spec(0, 1).build(), spec(1, 2).build());
	storage
		.insert(a.clone(), CandidateState::Introduced)
		.expect("new");
	storage
		.insert(b.clone(), CandidateState::Introduced)
		.expect("new");
	assert_eq!(
		storage.head_data(head(2).hash()),
		Some(&head(2)),
		"R-STO-5: as output"
	);
	assert_eq!(
		storage.head_data(head(0).hash()),
		Some(&head(0)),
		"R-STO-5: as parent"
	);
	assert!(storage.remove(b.hash()) && !storage.remove(b.hash()));
	assert_eq!(storage.head_data(head(2).hash()), None, "R-STO-1");
	assert_eq!(
		storage.head_data(head(1).hash()),
		Some(&head(1)),
		"R-STO-1: still an output"
	);
	assert!(storage.remove(a.hash()));
	assert_eq!(storage.head_data(head(1).hash()), None, "R-STO-1");
	assert_eq!(storage.children_of(head(0).hash()).count(), 0, "R-STO-1");
	assert!(storage.is_empty());

	// A freed place serves another candidate, and nothing points there by the old name.
	storage
		.insert(b.clone(), CandidateState::Seconded)
		.expect("new again");
	assert!(storage.get(a.hash()).is_none());
	assert_eq!(
		storage.get(b.hash()).map(|stored| stored.state()),
		Some(CandidateState::Seconded)
	);
}

#[test]
fn r_sto_2_r_sto_4_what_is_refused() {
	let mut storage = CandidateStorage::default();
	let a = spec(0, 1).build();
	storage
		.insert(a.clone(), CandidateState::Introduced)
		.expect("new");
	let known = StorageError::CandidateAlreadyKnown(a.hash());
	assert_eq!(storage.insert(a, CandidateState::Backed), Err(known), "R-STO-2");

	let turns = spec(3, 3).build();
	let cycle = StorageError::ZeroLengthCycle {
		candidate: turns.hash(),
		head: head(3).hash(),
	};
	assert_eq!(
		storage.insert(turns.clone(), CandidateState::Backed),
		Err(cycle),
		"R-STO-4"
	);
	assert!(!storage.contains(turns.hash()));
	storage.insert_pending(turns.clone());
	assert!(storage.contains(turns.hash()), "R-STO-4: the chain took it");

	let (receipt, mut validation_data) = spec(0, 1).parts();
	validation_data.max_pov_size = 1;
	let error = Candidate::new(receipt, validation_data, false);
	assert!(
		matches!(error, Err(IntrinsicError::ValidationDataMismatch { .. })),
		"R-STO-2, R-FRG-16"
	);
}

#[test]
fn r_sto_3_states_never_go_back() {
	let mut storage = CandidateStorage::default();
	let a = spec(0, 1).build();
	let state = |storage: &CandidateStorage| storage.get(a.hash()).map(|stored| stored.state());
	assert_eq!(storage.mark_seconded(a.hash()), Err(UnknownCandidate(a.hash())));
	storage
		.insert(a.clone(), CandidateState::Introduced)
		.expect("new");
	assert_eq!(
		[storage.mark_seconded(a.hash()), storage.mark_seconded(a.hash())],
		[Ok(true), Ok(false)]
	);
	assert_eq!(
		[storage.mark_backed(a.hash()), storage.mark_backed(a.hash())],
		[Ok(true), Ok(false)]
	);
	assert_eq!(storage.mark_seconded(a.hash()), Ok(false));
	assert_eq!(state(&storage), Some(CandidateState::Backed), "R-STO-3");

	let b = spec(1, 2).build();
	storage
		.insert(b.clone(), CandidateState::Introduced)
		.expect("new");
	storage.insert_pending(b.clone());
	assert_eq!(
		storage.get(b.hash()).map(|stored| stored.is_backed()),
		Some(true),
		"R-STO-3"
	);
	assert_eq!(storage.len(), 2);
}

#[test]
fn r_sto_6_iterations_ascend() {
	let mut storage = CandidateStorage::default();
	for salt in 0..50 {
		storage
			.insert(
				spec(0, 1 + salt % 3).salt(salt).build(),
				CandidateState::Introduced,
			)
			.expect("new");
	}
	for listed in [
		hashes(storage.iter()),
		hashes(storage.children_of(head(0).hash())),
	] {
		assert_eq!(listed.len(), 50);
		assert!(listed.is_sorted(), "R-STO-6");
	}
	let gone = storage.retain(|stored| stored.candidate().output_head() == &head(1));
	assert!(gone.is_sorted() && gone.len() + storage.len() == 50, "R-STO-6");
	assert!(storage
		.iter()
		.all(|stored| stored.candidate().output_head() == &head(1)));
}

#[test]
fn whether_a_tree_holds_a_candidate_is_exact() {
	let (mut storage, mut tree) = world().start();
	let (a, b) = (spec(0, 1).build(), spec(5, 6).build());
	for candidate in [&a, &b] {
		storage
			.insert(candidate.clone(), CandidateState::Introduced)
			.expect("new");
		let _ = tree.add_and_populate(candidate.hash(), &storage);
	}
	let held = |storage: &CandidateStorage, hash| storage.get(hash).is_some_and(|stored| stored.is_in_tree());
	assert_eq!(
		[held(&storage, a.hash()), held(&storage, b.hash())],
		[true, false]
	);
	let (second, _) = FragmentTree::populate(world().scope(), world().limits, &storage);
	drop(tree);
	assert!(held(&storage, a.hash()), "the second tree holds it still");
	drop(second);
	assert!(!held(&storage, a.hash()));
}

fn scope(
	min: BlockNumber,
	leaf: BlockNumber,
	ancestors: &[BlockNumber],
) -> Result<Scope, UnexpectedAncestor> {
	let base = Constraints {
		min_relay_parent_number: min,
		..base()
	};
	Scope::with_ancestors(
		PARA,
		block(leaf),
		base,
		vec![],
		4,
		ancestors.iter().copied().map(block),
	)
}

#[test]
fn r_sco_2_r_sco_4_ancestors() {
	type Row = (
		BlockNumber,
		BlockNumber,
		&'static [BlockNumber],
		Result<BlockNumber, (BlockNumber, BlockNumber)>,
	);
	let rows: [Row; 8] = [
		(18, 20, &[19, 18], Ok(18)),
		(18, 20, &[], Ok(20)),
		(18, 20, &[19], Ok(19)),
		// What lies below the oldest legal relay parent is not read, be it ever so strange.
		(19, 20, &[19, 7, 99], Ok(19)),
		(20, 20, &[3], Ok(20)),
		(0, 20, &[19, 17], Err((17, 19))),
		(0, 20, &[20], Err((20, 20))),
		(5, 0, &[0], Err((0, 0))),
	];
	for (min, leaf, ancestors, expected) in rows {
		let expected = expected.map_err(|(number, prev)| UnexpectedAncestor { number, prev });
		let earliest = scope(min, leaf, ancestors).map(|scope| scope.earliest_relay_parent().number);
		assert_eq!(earliest, expected, "R-SCO-2: {min} {leaf} {ancestors:?}");
	}
}

#[test]
fn r_sco_3_r_sco_5_what_is_in_scope() {
	let old = spec(0, 1).at(10).build();
	let scope = World {
		pending: vec![old.clone()],
		..world()
	}
	.scope();
	for number in [18, 19, 20] {
		assert_eq!(
			scope.in_scope(block(number).hash),
			Some(&block(number)),
			"R-SCO-3"
		);
		assert_eq!(scope.in_scope_by_number(number), Some(&block(number)), "R-SCO-3");
	}
	for number in [10, 17, 21] {
		assert_eq!(scope.in_scope(block(number).hash), None, "R-SCO-3");
		assert_eq!(scope.in_scope_by_number(number), None, "R-SCO-3");
	}
	assert_eq!(
		scope.relay_parent_of(block(10).hash, old.hash()),
		Some(&block(10)),
		"R-SCO-5"
	);
	assert_eq!(
		scope.relay_parent_of(block(10).hash, CandidateHash::default()),
		None,
		"R-SCO-5"
	);
}

#[test]
fn r_sco_6_a_trunk_ends_where_the_storage_lacks_a_candidate() {
	let pending = [
		spec(0, 1).at(10).build(),
		spec(1, 2).at(11).build(),
		spec(2, 3).at(12).build(),
	];
	let world = World {
		pending: pending.to_vec(),
		..world()
	};
	let mut storage = CandidateStorage::default();
	storage.insert_pending(pending[0].clone());
	storage.insert_pending(pending[2].clone());
	let (tree, report) = FragmentTree::populate(world.scope(), world.limits, &storage);
	check_invariants(&tree);
	assert_eq!(
		(tree.len(), report.broken_trunk),
		(1, Some(pending[1].hash())),
		"R-SCO-6"
	);
}

#[test]
fn r_tre_6_relay_parents_along_pending_candidates() {
	// R-TRE-7: leaf 20, A = 2. P(15) is pending, out of scope.
	let pending = spec(0, 1).at(15).build();
	let world = World {
		pending: vec![pending.clone()],
		..world()
	};
	let (mut storage, mut tree) = world.start();
	let mut add = |candidate: Candidate| {
		let hash = candidate.hash();
		storage
			.insert(candidate, CandidateState::Seconded)
			.expect("it is new");
		tree.add_and_populate(hash, &storage)
			.map(|attached| attached.nodes)
	};
	assert_eq!(
		add(spec(1, 2).at(17).build()),
		Err(AttachError::RelayParentOutOfScope(block(17).hash)),
		"R-TRE-7: X"
	);
	assert_eq!(add(spec(1, 3).at(18).build()), Ok(1), "R-TRE-7: Y");
	assert_eq!(add(spec(3, 4).at(18).build()), Ok(1), "R-TRE-7: a child of Y");

	// The second of two that are pending moves backwards: it is not added, and the trunk ends before it.
	for (second, expected) in [(16, 2), (15, 2), (14, 1)] {
		let second = spec(1, 2).at(second).build();
		let world = World {
			pending: vec![pending.clone(), second.clone()],
			..world.clone()
		};
		let mut storage = CandidateStorage::default();
		world
			.pending
			.iter()
			.for_each(|pending| storage.insert_pending(pending.clone()));
		let (tree, report) = FragmentTree::populate(world.scope(), world.limits, &storage);
		check_invariants(&tree);
		assert_eq!(tree.len(), expected, "R-TRE-6");
		let missing = (expected == 1).then(|| second.hash());
		assert_eq!(report.broken_trunk, missing, "R-SCO-6");
	}
}

#[test]
fn r_def_45_r_rel_8_a_scheduling_parent_has_to_be_in_scope_as_well() {
	let scheduled_at = |scheduling_parent: u32, to: u8| {
		let (mut receipt, validation_data) = spec(0, to).at(18).parts();
		let mut bytes = receipt.descriptor.encode();
		bytes[36] = 1;
		bytes[164..196].copy_from_slice(block(scheduling_parent).hash.as_bytes());
		receipt.descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("it has its length");
		receipt.commitments.upward_messages = vec![vec![], vec![0, 0, 0]];
		Candidate::new(receipt, validation_data, true).expect("version 3 is on")
	};
	let (mut storage, mut tree) = world().start();
	for (scheduling_parent, is_in_scope) in [(17, false), (18, true), (20, true), (21, false)] {
		let candidate = scheduled_at(scheduling_parent, scheduling_parent as u8);
		assert_eq!(candidate.scheduling_parent(), block(scheduling_parent).hash);
		let hypothetical = tree.hypothetical_depths(HypotheticalCandidate::Complete(&candidate), false);
		let hash = candidate.hash();
		storage
			.insert(candidate, CandidateState::Backed)
			.expect("it is new");
		let added = tree
			.add_and_populate(hash, &storage)
			.map(|attached| attached.nodes);
		let out_of_scope = AttachError::RelayParentOutOfScope(block(scheduling_parent).hash);
		let expected = if is_in_scope { Ok(1) } else { Err(out_of_scope) };
		assert_eq!(added, expected, "R-REL-8: scheduled at {scheduling_parent}");
		assert_eq!(
			hypothetical,
			if is_in_scope { vec![0] } else { vec![] },
			"R-TRE-12: scheduled at {scheduling_parent}"
		);
	}
	// In a tree built from scratch, and in one that is carried over to where a scheduling parent is out of scope.
	let (scratch, _) = FragmentTree::populate(world().scope(), world().limits, &storage);
	assert_eq!(scratch.len(), 2);
	let ancestors = (19..21).rev().map(block);
	let later = Scope::with_ancestors(PARA, block(21), base(), vec![], 4, ancestors).expect("contiguous");
	let (carried, _) = tree.carried_over(later.clone(), world().limits, &storage);
	let (built, _) = FragmentTree::populate(later, world().limits, &storage);
	assert_eq!(paths(&carried), paths(&built), "R-FRG-15");
}

#[test]
fn r_frg_15_r_rel_8_a_tree_carried_over_leaves_behind_who_was_scheduled_too_long_ago() {
	let (mut receipt, validation_data) = spec(0, 1).parts();
	let mut bytes = receipt.descriptor.encode();
	bytes[36] = 1;
	bytes[164..196].copy_from_slice(block(LEAF - 2).hash.as_bytes());
	receipt.descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("it has its length");
	receipt.commitments.upward_messages = vec![vec![], vec![0, 0, 0]];
	let candidate = Candidate::new(receipt, validation_data, true).expect("version 3 is on");
	let mut storage = CandidateStorage::default();
	storage
		.insert(candidate.clone(), CandidateState::Backed)
		.expect("it is new");
	storage
		.insert(spec(0, 2).build(), CandidateState::Backed)
		.expect("it is new");
	let (tree, _) = FragmentTree::populate(world().scope(), world().limits, &storage);
	assert!(tree.contains(candidate.hash()));
	assert_eq!(tree.len(), 2);
	// Its relay parent is in scope one block later, its scheduling parent is not.
	let ancestors = (LEAF - 1..=LEAF).rev().map(block);
	let later =
		Scope::with_ancestors(PARA, block(LEAF + 1), base(), vec![], 4, ancestors).expect("contiguous");
	let (carried, _) = tree.carried_over(later, world().limits, &storage);
	assert!(!carried.contains(candidate.hash()));
	assert_eq!(carried.len(), 1);
}
