//! An index means something only together with its session (law 7).

use super::*;
use crate::Session;
use async_backing_primitives::{
	CandidateDescriptor, CoreIndex, CoreState, DescriptorFields, GridSeed, GroupIndex, NodeFeatures,
	OccupiedCore, SYSTEMATIC_CHUNKS,
};
use codec::{Decode, Encode};

#[test]
fn own_index_is_that_of_the_session() {
	let mut view = view();
	let a = root(1, 10);
	let b = child_in_session(&a, 2, 2, keys([5, 6]));
	let c = child_in_session(&b, 3, 3, keys([5, 6, 0]));
	for block in [&a, &b, &c] {
		change(&mut view, imported(block));
	}
	assert_eq!(view.own_index(hash(1)), Some(ValidatorIndex(0)));
	assert_eq!(view.own_index(hash(2)), None, "it is no validator there");
	assert_eq!(view.own_index(hash(3)), Some(ValidatorIndex(2)));
	assert_eq!(view.own_index(hash(9)), None);
	let index = |name| view.session_of(hash(name)).map(|session| session.index);
	assert_eq!(
		(index(1), index(2), index(3), index(9)),
		(Some(1), Some(2), Some(3), None)
	);
	let context = view.signing_context(hash(2)).expect("it is known");
	assert_eq!((context.session_index, context.parent_hash), (2, hash(2)));
	assert_eq!(view.signing_context(hash(9)), None);
	assert_eq!(
		view.session(3).map(|session| session.own),
		Some(Some(ValidatorIndex(2)))
	);
}

#[test]
fn row_10_two_forks_in_two_sessions_with_the_same_validators_at_other_indices() {
	let mut view = view();
	let a = root(1, 10);
	let left = child_in_session(&a, 2, 2, keys([0, 1, 2]));
	let right = child_in_session(&a, 3, 3, keys([2, 0, 1]));
	for block in [&a, &left, &right] {
		change(&mut view, imported(block));
	}
	view.connected(PeerId(11), Identity::of(key(1)));
	view.connected(PeerId(12), Identity::of(key(2)));
	assert_eq!(view.peer_of(hash(2), ValidatorIndex(2)), Some(PeerId(12)));
	assert_eq!(view.peer_of(hash(3), ValidatorIndex(2)), Some(PeerId(11)));
	assert_eq!(view.validator_of(hash(2), PeerId(11)), Some(ValidatorIndex(1)));
	assert_eq!(view.validator_of(hash(3), PeerId(11)), Some(ValidatorIndex(2)));
	assert_eq!(
		(view.own_index(hash(2)), view.own_index(hash(3))),
		(Some(ValidatorIndex(0)), Some(ValidatorIndex(1)))
	);
}

#[test]
fn row_10_two_forks_with_different_sessions_of_the_same_index() {
	let mut view = view();
	let a = root(1, 10);
	let left = child_in_session(&a, 2, 2, keys([0, 1]));
	let right = child_in_session(&a, 3, 2, keys([1, 0]));
	for block in [&a, &left, &right] {
		change(&mut view, imported(block));
	}
	view.connected(PeerId(11), Identity::of(key(1)));
	assert_eq!(view.validator_of(hash(2), PeerId(11)), Some(ValidatorIndex(1)));
	assert_eq!(view.validator_of(hash(3), PeerId(11)), Some(ValidatorIndex(0)));
	// A child of each goes on in its own.
	change(&mut view, imported(&child(&left, 4)));
	change(&mut view, imported(&child(&right, 5)));
	assert!(same(&view, 2, 4) && same(&view, 3, 5) && !same(&view, 4, 5));
}

/// R-NET-113, R-AVL-6: what nodes agree on and what the grid follows from belong to the session, and forks may differ in it.
#[test]
fn r_net_113_a_session_has_its_grid_and_its_features() {
	let mut view = view();
	let mut features = NodeFeatures::default();
	features.set(SYSTEMATIC_CHUNKS, true);
	let seed = |first| {
		Some(GridSeed {
			randomness: [first; 32],
			authorities: 2,
		})
	};
	let a = root(1, 10);
	let with = |name, grid, node_features| LeafFacts {
		grid,
		node_features,
		..child_in_session(&a, name, 2, keys([0, 1]))
	};
	let left = with(2, seed(1), NodeFeatures::default());
	let right = with(3, seed(2), features.clone());
	for block in [&a, &left, &right, &child(&left, 4), &child(&right, 5)] {
		change(&mut view, imported(block));
	}
	let of = |name| {
		let session = view.session_of(hash(name)).expect("it is known");
		(session.grid, session.node_features.is_on(SYSTEMATIC_CHUNKS))
	};
	assert_eq!(of(1), (None, false));
	assert_eq!((of(4), of(5)), ((seed(1), false), (seed(2), true)));
	assert!(same(&view, 2, 4) && same(&view, 3, 5) && !same(&view, 4, 5));
}

fn same(view: &ChainView, one: u64, other: u64) -> bool {
	let session = |name| view.session_of(hash(name)).expect("it is known");
	Arc::ptr_eq(session(one), session(other))
}

#[test]
fn a_session_is_kept_once_and_forgotten_with_its_last_block() {
	let limits = Limits {
		finalized: 1,
		..Limits::default()
	};
	let mut view = view_with(limits);
	let mut block = root(1, 10);
	for name in 2..100 {
		let session = u32::try_from(name / 10).expect("it is small");
		block = child_in_session(&block, name, session, keys([session as u8]));
		let _ = view.handle(imported(&block));
		let _ = view.handle(finalized(&block));
		assert!(view.session_count() <= 2);
	}
}

#[test]
fn ancestors_that_never_were_imported_have_the_session_of_the_leaf() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3, 4, 5]);
	change(&mut view, imported(&blocks[4]));
	view.connected(PeerId(11), Identity::of(key(1)));
	assert_eq!(view.validator_of(hash(2), PeerId(11)), Some(ValidatorIndex(1)));
	assert_eq!(view.session_of(hash(1)), None, "not in scope");
	assert!(view.is_in_scope(hash(2)));
	// They go with it.
	change(&mut view, reverted(&blocks[4]));
	assert_eq!(view.session_of(hash(2)), None);
}

#[test]
fn relay_parents_of_pending_candidates_may_be_older_than_the_ancestors() {
	let mut view = view();
	let mut leaf = root(1, 20);
	leaf.pending_relay_parents.insert(hash(77), info(77, 12));
	change(&mut view, imported(&leaf));
	view.connected(PeerId(11), Identity::of(key(1)));
	assert_eq!(view.validator_of(hash(77), PeerId(11)), Some(ValidatorIndex(1)));
	assert_eq!(view.peer_of(hash(77), ValidatorIndex(1)), Some(PeerId(11)));
	assert_eq!(view.own_index(hash(77)), Some(ValidatorIndex(0)));
	assert_eq!(view.number_of(hash(77)), Some(12));
	assert!(!view.is_in_scope(hash(77)), "nothing new is backed there");
}

/// A version 3 descriptor (R-BIN-13).
fn v3(relay_parent: u64, scheduling_parent: u64) -> CandidateDescriptor {
	let fields = DescriptorFields {
		relay_parent: hash(relay_parent),
		..DescriptorFields::default()
	};
	let mut bytes = CandidateDescriptor::v2(fields).encode();
	bytes[36] = 1;
	bytes[164..196].copy_from_slice(hash(scheduling_parent).as_ref());
	CandidateDescriptor::decode(&mut &bytes[..]).expect("all bytes decode")
}

#[test]
fn r_rel_8_a_relay_parent_beside_a_scheduling_parent_may_be_of_an_older_session() {
	let mut view = view();
	let mut leaf = root(1, 20);
	let descriptor = v3(70, 71);
	assert_eq!(descriptor.scheduling_parent(), hash(71));
	leaf.cores = vec![CoreState::Occupied(OccupiedCore {
		next_up_on_available: None,
		occupied_since: 19,
		time_out_at: 30,
		next_up_on_time_out: None,
		availability: Default::default(),
		group_responsible: Default::default(),
		candidate_hash: Default::default(),
		candidate_descriptor: descriptor,
	})];
	leaf.pending_relay_parents.insert(hash(70), info(70, 3));
	change(&mut view, imported(&leaf));
	assert_eq!(view.session_of(hash(71)).map(|session| session.index), Some(1));
	assert_eq!(view.session_of(hash(70)), None, "nothing tells");
}

#[test]
fn what_a_block_says_of_itself_outweighs_what_others_say() {
	let mut view = view();
	let a = child_in_session(&root(1, 10), 2, 2, keys([0, 1]));
	let mut strange = root(3, 20);
	strange.pending_relay_parents.insert(hash(2), info(2, 11));
	change(&mut view, imported(&strange));
	assert_eq!(view.session_of(hash(2)).map(|session| session.index), Some(1));
	change(&mut view, imported(&a));
	assert_eq!(view.session_of(hash(2)).map(|session| session.index), Some(2));
	change(&mut view, imported(&root(4, 20)));
	change(&mut view, reverted(&root(4, 20)));
	assert_eq!(view.session_of(hash(2)).map(|session| session.index), Some(2));
}

#[test]
fn a_relay_parent_that_leaves_the_scope_keeps_its_session_for_a_while() {
	let mut view = view();
	let blocks = chain(&root(1, 10), 2..=12);
	for block in &blocks {
		change(&mut view, imported(block));
	}
	change(&mut view, finalized(&blocks[10]));
	assert!(!view.is_in_scope(hash(1)) && view.session_of(hash(1)).is_some());
}

#[test]
fn r_grp_1_groups_rotate_with_the_relay_parents() {
	let mut view = view();
	let blocks = chain(&root(1, 10), [2]);
	change(&mut view, imported(&blocks[1]));
	// Block 11 is the child of block 10: eleven rotations.
	let group = |name, core| {
		view.group_for_core(hash(name), CoreIndex(core))
			.map(<[_]>::to_vec)
	};
	assert_eq!(group(1, 0), Some(vec![ValidatorIndex(2)]));
	assert_eq!(group(2, 0), Some(vec![ValidatorIndex(0)]));
	assert_eq!(group(2, 3), None);
	assert_eq!(group(9, 0), None);
	assert_eq!(view.core_of(hash(1), ValidatorIndex(2)), Some(CoreIndex(0)));
	assert_eq!(view.core_of(hash(2), ValidatorIndex(2)), Some(CoreIndex(2)));
	assert_eq!(view.core_of(hash(2), ValidatorIndex(9)), None);
}

#[test]
fn indices_outside_a_session_are_nobody() {
	let session = Session {
		index: 1,
		validators: keys([0, 1]),
		groups: vec![vec![ValidatorIndex(1)]],
		node_features: Default::default(),
		grid: None,
		own: None,
	};
	assert_eq!(session.validator(ValidatorIndex(1)), Some(&key(1)));
	assert_eq!(session.validator(ValidatorIndex(2)), None);
	assert_eq!(session.group_of(ValidatorIndex(1)), Some(GroupIndex(0)));
	assert_eq!(session.group_of(ValidatorIndex(0)), None);
	assert_eq!(session.group(GroupIndex(u32::MAX)), None);
}
