//! What may be asked of candidates, storages and trees, and what is answered at the edges.

use super::*;
use std::sync::Arc;

fn seconded(candidates: &[&Candidate]) -> CandidateStorage {
	let mut storage = CandidateStorage::default();
	for candidate in candidates {
		storage
			.insert((*candidate).clone(), CandidateState::Seconded)
			.expect("all are different");
	}
	storage
}

#[test]
fn r_ump_3_an_authors_candidate_is_of_the_code_in_force_and_says_its_core() {
	let commitments = CandidateCommitments {
		head_data: head(1),
		hrmp_watermark: LEAF,
		upward_messages: vec![vec![], vec![0, 1, 2]],
		..Default::default()
	};
	let fields = DescriptorFields {
		core_index: 3,
		..Default::default()
	};
	let candidate = Candidate::building_on(PARA, &block(LEAF), head(0), &base(), commitments, fields)
		.expect("its outputs are legal");
	assert_eq!(
		candidate.receipt().descriptor.validation_code_hash(),
		base().validation_code_hash
	);
	assert_eq!(candidate.core_index(), Some(CoreIndex(3)));
	assert_eq!(
		candidate.core_selection(),
		Ok(Some((CoreSelector(1), ClaimQueueOffset(2))))
	);
	let (_, validation_data) = spec(0, 1).parts();
	assert_eq!(**candidate.shared_validation_data(), validation_data);
}

#[test]
fn bytes_of_a_candidate_grow_with_all_that_may_be_large() {
	let bytes = |spec: Spec| {
		let (receipt, validation_data) = spec.clone().parts();
		let bytes = spec.build().bytes();
		assert_eq!(bytes, Candidate::bytes_of(&receipt, &validation_data));
		bytes
	};
	let least = bytes(spec(0, 1));
	assert!(least >= core::mem::size_of::<Candidate>());
	assert_eq!(bytes(spec(0, 1).ump(2, 100)), least + 100);
	assert_eq!(bytes(spec(0, 1).hrmp(2001, 30)), least + 30);
	assert_eq!(bytes(spec(0, 1).announces()), least + 20);
}

#[test]
fn r_vie_9_shared_heads_and_validation_data_are_those_of_the_candidate() {
	let candidate = spec(0, 1).build();
	let storage = seconded(&[&candidate]);
	let shared = |number| storage.shared_head(head(number).hash());
	for number in [0, 1] {
		let shared = shared(number).expect("a candidate knows it");
		assert_eq!(shared.get(), &head(number));
	}
	assert_eq!(shared(2), None);
	assert_eq!(SharedHead::Alone(Arc::new(head(7))).get(), &head(7));

	let (_, whole) = spec(0, 1).parts();
	let parts = SharedValidationData::Parts {
		parent_head: shared(0).expect("a candidate knows it"),
		relay_parent: block(LEAF),
		max_pov_size: 1024,
	};
	for data in [parts, whole.clone().into()] {
		assert_eq!(data.max_pov_size(), 1024);
		assert_eq!(*data.to_whole(), whole);
	}
}

#[test]
fn r_sto_1_who_was_removed_is_found_by_no_head_and_others_are() {
	let (gone, other, next) = (spec(0, 1).build(), spec(0, 2).build(), spec(5, 6).build());
	let mut storage = seconded(&[&gone, &other]);
	assert!(storage.remove(gone.hash()));
	storage
		.insert(next.clone(), CandidateState::Seconded)
		.expect("it is new");
	let children = |number| -> Vec<_> {
		let children = storage.children_of(head(number).hash());
		children.map(|child| child.candidate().hash()).collect()
	};
	assert_eq!(children(0), [other.hash()]);
	assert_eq!(children(5), [next.hash()], "in the place of the first");
	assert_eq!(storage.head_data(head(1).hash()), None);
	assert_eq!(storage.head_data(head(2).hash()), Some(&head(2)));
}

#[test]
fn storages_and_trees_are_empty_until_something_is_in_them() {
	let candidate = spec(0, 1).build();
	let (mut storage, mut tree) = world().start();
	assert!(storage.is_empty() && tree.is_empty());
	storage
		.insert(candidate.clone(), CandidateState::Seconded)
		.expect("it is new");
	assert!(!storage.is_empty() && tree.is_empty());
	assert!(tree.add_and_populate(candidate.hash(), &storage).is_ok());
	assert!(!tree.is_empty());
}

#[test]
fn r_tre_12_r_bak_5_a_hypothetical_candidate_counts_below_those_who_are_vouched_for() {
	let (above, complete) = (spec(0, 1).build(), spec(1, 2).build());
	let (tree, _) = FragmentTree::populate(world().scope(), world().limits, &seconded(&[&above]));
	let incomplete = HypotheticalCandidate::Incomplete {
		candidate_hash: complete.hash(),
		parent_head_hash: complete.parent_head_hash(),
		relay_parent: complete.relay_parent(),
	};
	for candidate in [HypotheticalCandidate::Complete(&complete), incomplete] {
		assert_eq!(candidate.candidate_hash(), complete.hash());
		assert_eq!(candidate.parent_head_hash(), head(1).hash());
		assert_eq!(candidate.relay_parent(), block(LEAF).hash);
		assert_eq!(tree.hypothetical_depths_below(candidate, |_| true), [1]);
		let by_name = |candidate: &Candidate| candidate.hash() == above.hash();
		assert_eq!(tree.hypothetical_depths_below(candidate, by_name), [1]);
		assert_eq!(tree.hypothetical_depths_below(candidate, |_| false), [0; 0]);
	}
	let first = spec(0, 3).build();
	let at_the_root = HypotheticalCandidate::Complete(&first);
	assert_eq!(
		tree.hypothetical_depths_below(at_the_root, |_| false),
		[0],
		"nobody is above"
	);
}

#[test]
fn r_tre_6_a_block_has_a_parent_whose_relay_parent_is_no_newer() {
	let above = spec(0, 1).at(LEAF - 1).build();
	let (tree, _) = FragmentTree::populate(world().scope(), world().limits, &seconded(&[&above]));
	let has_parent = |number, relay_parent| tree.has_parent_for(head(number).hash(), relay_parent);
	assert!(has_parent(0, LEAF - 2), "the included head");
	assert!(!has_parent(1, LEAF - 2));
	assert!(has_parent(1, LEAF - 1));
	assert!(has_parent(1, LEAF));
	assert!(!has_parent(2, LEAF), "nobody outputs it");
}

#[test]
fn r_tre_10_an_index_of_a_larger_tree_names_nothing() {
	let (a, b) = (spec(0, 1).build(), spec(1, 2).build());
	let tree_of =
		|of: &[&Candidate]| FragmentTree::populate(world().scope(), world().limits, &seconded(of)).0;
	let (small, large) = (tree_of(&[&a]), tree_of(&[&a, &b]));
	assert_eq!((small.len(), large.len()), (1, 2));
	for node in large.nodes().skip(1) {
		assert!(small.children(Some(node.index)).is_empty());
		assert!(small.best_child(Some(node.index)).is_none());
	}
	assert_eq!(small.children(None).len(), 1);
}

#[test]
fn r_tre_11_a_sweep_keeps_either_limit_and_counts_whom_it_refuses() {
	let (a, b) = (spec(0, 1).build(), spec(1, 2).build());
	let storage = seconded(&[&a, &b]);
	let limits = world().limits;
	for limits in [
		TreeLimits {
			max_nodes: 1,
			..limits
		},
		TreeLimits {
			max_candidates: 1,
			..limits
		},
	] {
		let (tree, _) = FragmentTree::populate(world().scope(), limits, &storage);
		assert!(tree.contains(a.hash()));
		assert_eq!((tree.len(), tree.refused_count()), (1, 1), "{limits:?}");
	}
	let params = AsyncBackingParams {
		max_candidate_depth: 4,
		allowed_ancestry_len: 3,
	};
	let most = TreeLimits::for_leaf(u32::MAX, params, u32::MAX);
	assert_eq!(
		most.max_nodes,
		u32::MAX - 1,
		"an index and whether there is one fit into 32 bits"
	);
}
