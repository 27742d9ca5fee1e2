//! The storage and the scope.

use super::*;

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
		let _ = tree.add_and_populate(&storage, candidate.hash());
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
		scope.relay_parent_of(old.hash(), block(10).hash),
		Some(&block(10)),
		"R-SCO-5"
	);
	assert_eq!(
		scope.relay_parent_of(CandidateHash::default(), block(10).hash),
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
