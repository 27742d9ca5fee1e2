//! A tree that is carried over to the next leaf equals one built from scratch, and costs less.

use super::*;
use proptest::{collection::vec as vec_of, prelude::*, sample::Index};

/// The scope of a leaf. Two ancestors are in it.
fn scope_at(
	leaf: BlockNumber,
	base: &(impl Clone + Into<ExtendedConstraints>),
	pending: &[Candidate],
	max_depth: u32,
) -> Scope {
	let pending = pending.iter().map(|candidate| PendingAvailability {
		candidate_hash: candidate.hash(),
		relay_parent: block(candidate.relay_parent_number()),
	});
	let mut base: ExtendedConstraints = base.clone().into();
	base.constraints.min_relay_parent_number = leaf - 2;
	let ancestors = (leaf - 2..leaf).rev().map(block);
	Scope::with_ancestors(PARA, block(leaf), base, pending.collect(), max_depth, ancestors)
		.expect("blocks are contiguous")
}

/// The base constraints once a path is included; nothing if it is not legal, as that of a trunk need not be.
fn included(
	base: &(impl Clone + Into<ExtendedConstraints>),
	path: &[&Candidate],
) -> Option<ExtendedConstraints> {
	path.iter().try_fold(base.clone().into(), |base, candidate| {
		let identity = ConstraintModifications::default();
		let operating = Operating::new(&base, &identity);
		let number = candidate.relay_parent_number();
		let modifications = candidate_modifications(number, &operating, candidate.commitments()).ok()?;
		base.apply_modifications(&modifications).ok()
	})
}

/// Carries a tree over, compares it with one from scratch, and returns it.
fn carried(tree: &FragmentTree, scope: Scope, storage: &CandidateStorage) -> (FragmentTree, Attached) {
	let (carried, report) = tree.carried_over(scope.clone(), tree.limits(), storage);
	let (scratch, _) = FragmentTree::populate(scope, tree.limits(), storage);
	assert_same(&carried, &scratch);
	(carried, report)
}

fn assert_same(one: &FragmentTree, other: &FragmentTree) {
	check_invariants(one);
	let facts = |tree: &FragmentTree| {
		let mut nodes: Vec<_> = paths(tree)
			.into_iter()
			.zip(tree.nodes())
			.map(|(path, node)| {
				(
					path,
					node.is_backed,
					node.is_pending,
					node.is_best_child,
					*node.relay_parent,
				)
			})
			.collect();
		nodes.sort_by(|a, b| a.0.cmp(&b.0));
		nodes
	};
	assert_eq!(facts(one), facts(other), "R-TRE-5: carried over and from scratch");
}

struct Story {
	storage: CandidateStorage,
	tree: FragmentTree,
}

fn start(base: &Constraints, candidates: &[&Candidate]) -> Story {
	let mut storage = CandidateStorage::default();
	for candidate in candidates {
		storage
			.insert((*candidate).clone(), CandidateState::Backed)
			.expect("all are different");
	}
	let scope = scope_at(LEAF, base, &[], 4);
	let (tree, _) = FragmentTree::populate(scope, world().limits, &storage);
	Story { storage, tree }
}

#[test]
fn after_an_empty_block_both_leaves_share_the_nodes_until_one_changes() {
	let (a, b, fork) = (spec(0, 1).build(), spec(1, 2).build(), spec(0, 3).build());
	let Story { mut storage, tree } = start(&base(), &[&a, &b, &fork]);
	let (mut next, report) = carried(&tree, scope_at(LEAF + 1, &base(), &[], 4), &storage);
	assert!(next.shares_nodes_with(&tree));
	assert_eq!(report, Attached::default(), "nothing was judged, nothing joined");

	let c = spec(2, 4).build();
	storage
		.insert(c.clone(), CandidateState::Seconded)
		.expect("it is new");
	let _attached = next.add_and_populate(c.hash(), &storage).expect("it fits");
	assert!(!next.shares_nodes_with(&tree));
	assert_eq!((tree.len(), next.len()), (3, 4), "the other leaf does not notice");
	check_invariants(&tree);
	check_invariants(&next);
}

#[test]
fn backing_on_one_leaf_leaves_the_other_alone() {
	let a = spec(0, 1).build();
	let mut storage = CandidateStorage::default();
	storage
		.insert(a.clone(), CandidateState::Seconded)
		.expect("it is new");
	let (tree, _) = FragmentTree::populate(scope_at(LEAF, &base(), &[], 4), world().limits, &storage);
	let (mut next, _) = carried(&tree, scope_at(LEAF + 1, &base(), &[], 4), &storage);
	assert!(!next.mark_backed(spec(0, 9).build().hash()));
	assert!(
		next.shares_nodes_with(&tree),
		"what changes nothing copies nothing"
	);
	assert!(next.mark_backed(a.hash()));
	assert_eq!((tree.best_len(&[]), next.best_len(&[])), (Some(0), Some(1)));
}

#[test]
fn what_stays_below_an_included_candidate_is_not_judged_again() {
	let (a, b, c) = (
		spec(0, 1).ump(1, 30).build(),
		spec(1, 2).build(),
		spec(2, 3).build(),
	);
	let (fork, below_fork) = (spec(0, 4).build(), spec(4, 5).build());
	let Story { storage, tree } = start(&base(), &[&a, &b, &c, &fork, &below_fork]);
	let after = included(&base(), &[&a]).expect("it is legal");
	let (next, report) = carried(
		&tree,
		scope_at(LEAF + 1, &after, std::slice::from_ref(&b), 4),
		&storage,
	);
	assert_eq!(report.checks, 0);
	assert_eq!(next.len(), 2, "b is pending, c below it; the fork is gone");
}

#[test]
fn what_becomes_pending_is_not_judged_again_and_neither_are_its_forks() {
	let (a, b, fork) = (spec(0, 1).build(), spec(1, 2).build(), spec(0, 3).build());
	let Story { storage, tree } = start(&base(), &[&a, &b, &fork]);
	let scope = scope_at(LEAF + 1, &base(), std::slice::from_ref(&a), 4);
	let (next, report) = carried(&tree, scope, &storage);
	assert_eq!((report.checks, next.len()), (0, 3));

	// It times out (R-TRE-9): it has to be judged now, since as a pending candidate it was not.
	let (last, report) = carried(&next, scope_at(LEAF + 2, &base(), &[], 4), &storage);
	assert_eq!((report.checks, last.len()), (1, 3));
}

#[test]
fn a_place_that_was_refused_is_tried_again() {
	let path: Vec<_> = (0..6).map(|step| spec(step, step + 1).build()).collect();
	let Story { storage, tree } = start(&base(), &path.iter().collect::<Vec<_>>());
	assert_eq!(tree.len(), 5, "R-DEP-1: the sixth is too deep");
	let (next, report) = carried(&tree, scope_at(LEAF + 1, &base(), &[], 4), &storage);
	assert!(!next.shares_nodes_with(&tree));
	assert_eq!(report.checks, 1, "the sixth again");
	let after = included(&base(), &[&path[0]]).expect("it is legal");
	let (next, report) = carried(&next, scope_at(LEAF + 2, &after, &[], 4), &storage);
	assert_eq!((report.checks, next.len()), (1, 5), "now it fits");
}

#[test]
fn a_limit_that_shrank_is_applied_and_one_that_grew_is_not_looked_at() {
	let (a, b) = (spec(0, 1).ump(1, 60).build(), spec(1, 2).ump(1, 60).build());
	let Story { storage, tree } = start(&base(), &[&a, &b]);
	let shrunk = Constraints {
		ump_remaining_bytes: 100,
		..base()
	};
	let (next, report) = carried(&tree, scope_at(LEAF + 1, &shrunk, &[], 4), &storage);
	assert_eq!((report.checks, next.len()), (2, 1));
	let (next, report) = carried(&next, scope_at(LEAF + 2, &base(), &[], 4), &storage);
	assert_eq!((report.checks, next.len()), (1, 2));
}

#[test]
fn messages_that_arrive_and_a_window_that_moves_are_seen() {
	let old = spec(0, 1).at(LEAF - 2).build();
	let young = spec(0, 2).at(LEAF).build();
	let Story { storage, tree } = start(&base(), &[&old, &young]);
	let message = Constraints {
		dmp_remaining_messages: vec![LEAF + 1],
		..base()
	};
	let (next, report) = carried(&tree, scope_at(LEAF + 1, &message, &[], 4), &storage);
	assert_eq!(
		report.checks, 0,
		"R-FRG-9: the message is newer than every relay parent here"
	);
	assert!(!next.contains(old.hash()) && next.contains(young.hash()));
	let late = Constraints {
		dmp_remaining_messages: vec![LEAF],
		..base()
	};
	let (next, _) = carried(&tree, scope_at(LEAF + 1, &late, &[], 4), &storage);
	assert!(next.is_empty(), "R-FRG-9");
}

#[test]
fn a_leaf_elsewhere_judges_for_itself() {
	let a = spec(0, 1).build();
	let Story { storage, tree } = start(&base(), &[&a]);
	let elsewhere = Scope::with_ancestors(PARA, block(99), base(), vec![], 4, []).expect("no ancestors");
	let (next, _) = carried(&tree, elsewhere, &storage);
	assert!(next.is_empty(), "R-SCO-3");
}

#[test]
fn r_sco_3_a_leaf_of_the_same_number_on_another_chain_does_not_share_the_nodes() {
	let a = spec(0, 1).at(LEAF).build();
	let Story { storage, tree } = start(&base(), &[&a]);
	let leaf = RelayChainBlockInfo {
		hash: Hash::repeat_byte(7),
		..block(LEAF)
	};
	let ancestors = [block(LEAF - 1), block(LEAF - 2)];
	let fork =
		Scope::with_ancestors(PARA, leaf, base(), vec![], 4, ancestors).expect("blocks are contiguous");
	let (next, _) = carried(&tree, fork, &storage);
	assert!(next.is_empty(), "R-SCO-3: its relay parent is on the other chain");
}

#[test]
fn r_frg_4_who_is_too_old_for_the_chain_goes_though_the_window_has_the_relay_parent() {
	let (old, young) = (spec(0, 1).at(LEAF - 1).build(), spec(0, 2).at(LEAF).build());
	let Story { storage, tree } = start(&base(), &[&old, &young]);
	let later = Constraints {
		min_relay_parent_number: LEAF,
		..base()
	};
	let ancestors = [block(LEAF), block(LEAF - 1)];
	let scope = Scope::with_ancestors(PARA, block(LEAF + 1), later, vec![], 4, ancestors)
		.expect("blocks are contiguous");
	let (next, report) = carried(&tree, scope, &storage);
	assert!(
		!next.contains(old.hash()) && next.contains(young.hash()),
		"R-FRG-4"
	);
	assert_eq!(report.checks, 0, "nothing else of them is judged again");
}

#[test]
fn r_dep_1_a_path_is_cut_where_the_later_leaf_allows_less_depth() {
	let path: Vec<_> = (0..3).map(|step| spec(step, step + 1).build()).collect();
	let Story { storage, tree } = start(&base(), &path.iter().collect::<Vec<_>>());
	let (next, report) = carried(&tree, scope_at(LEAF + 1, &base(), &[], 1), &storage);
	assert_eq!(next.len(), 2, "R-DEP-1: depths 0 and 1");
	assert_eq!(report.checks, 0, "nothing else of them is judged again");
}

#[test]
fn the_first_of_two_pending_candidates_is_included_and_nothing_is_judged_again() {
	let (a, b, c) = (spec(0, 1).build(), spec(1, 2).build(), spec(2, 3).build());
	let Story { storage, .. } = start(&base(), &[&a, &b, &c]);
	let pending = [a.clone(), b];
	let scope = scope_at(LEAF, &base(), &pending, 4);
	let (tree, _) = FragmentTree::populate(scope, world().limits, &storage);
	let after = included(&base(), &[&a]).expect("it is legal");
	let (next, report) = carried(&tree, scope_at(LEAF + 1, &after, &pending[1..], 4), &storage);
	assert_eq!((report.checks, next.len()), (0, 2));
}

#[test]
fn who_came_alone_and_did_not_fit_is_tried_again_at_the_next_leaf() {
	let tight = Constraints {
		ump_remaining: 1,
		..base()
	};
	let Story {
		mut storage,
		mut tree,
	} = start(&tight, &[]);
	let a = spec(0, 1).ump(2, 20).build();
	storage
		.insert(a.clone(), CandidateState::Seconded)
		.expect("it is new");
	assert!(tree.add_and_populate(a.hash(), &storage).is_err(), "R-CON-3");
	let (next, report) = carried(&tree, scope_at(LEAF + 1, &base(), &[], 4), &storage);
	assert_eq!((report.checks, next.len()), (1, 1), "there is room now");
}

/// What happens from one leaf to the next.
#[derive(Clone, Debug)]
struct Step {
	/// Candidates that arrive and are backed before it.
	introduced: Vec<Index>,
	backed: Vec<Index>,
	/// Up to which node everything is included, if any is.
	included: Option<Index>,
	/// How many candidates of the best path are pending then.
	pending: usize,
	/// What else changes about the constraints.
	change: u8,
	max_depth: u32,
}

prop_compose! {
	fn any_step()(
		introduced in vec_of(any::<Index>(), 0..6),
		backed in vec_of(any::<Index>(), 0..4),
		included in prop::option::weighted(0.5, any::<Index>()),
		pending in 0usize..3,
		change in 0u8..20,
		max_depth in prop_oneof![6 => Just(3u32), 1 => 0u32..5],
	) -> Step {
		Step { introduced, backed, included, pending, change, max_depth }
	}
}

fn change(base: &mut Constraints, which: u8, leaf: BlockNumber) {
	match which {
		0 => base.dmp_remaining_messages.push(leaf),
		1 => base.dmp_remaining_messages.push(leaf - 1),
		2 => base.ump_remaining = base.ump_remaining.saturating_sub(1),
		3 => base.ump_remaining += 1,
		4 => base.hrmp_inbound.valid_watermarks.push(leaf),
		5 => base
			.hrmp_channels_out
			.iter_mut()
			.for_each(|(_, channel)| channel.bytes_remaining += 10),
		6 => base
			.hrmp_channels_out
			.iter_mut()
			.for_each(|(_, channel)| channel.bytes_remaining /= 2),
		7 => base.upgrade_restriction = Some(UpgradeRestriction::Present),
		8 => base.upgrade_restriction = None,
		9 => base.future_validation_code = Some((leaf, code(2))),
		10 => base.validation_code_hash = code(2),
		_ => {}
	}
}

/// What changes about the horizontal messages that wait.
fn change_waiting(extension: &mut ConstraintsExtension, which: u8, leaf: BlockNumber) {
	let waiting = &mut extension.hrmp_waiting;
	match (which, waiting.last_mut()) {
		// Messages come, as an entry of their own or in a run of blocks.
		(11, _) | (12, None) => waiting.push((leaf, 2)),
		(12, Some(last)) => *last = (leaf, last.1 + 1),
		(13, _) => waiting.push((leaf, 1)),
		// Some of a run are consumed.
		(14, Some(last)) => last.1 = last.1.saturating_sub(1),
		(15, _) => {
			extension.hrmp_max_messages_consumed = extension.hrmp_max_messages_consumed.saturating_sub(1)
		}
		(16, _) => extension.hrmp_max_messages_consumed += 1,
		_ => {}
	}
}

#[test]
fn r_def_33_a_limit_on_consumption_that_shrank_is_applied() {
	let (a, b) = (spec(0, 1).build(), spec(1, 2).at(LEAF).salt(1).build());
	let with = |hrmp_max_messages_consumed, hrmp_waiting| ExtendedConstraints {
		constraints: base(),
		extension: Some(ConstraintsExtension {
			max_ump_message_size: 100,
			hrmp_max_messages_consumed,
			hrmp_waiting,
			..Default::default()
		}),
	};
	let scope = |leaf, base| scope_at(leaf, &base, &[], 4);
	let mut storage = CandidateStorage::default();
	for candidate in [&a, &b] {
		storage
			.insert(candidate.clone(), CandidateState::Backed)
			.expect("all are different");
	}
	let before = with(4, vec![(17, 2), (19, 2)]);
	let (tree, _) = FragmentTree::populate(scope(LEAF, before.clone()), world().limits, &storage);
	assert_eq!(tree.len(), 2, "R-CON-6: exactly the limit, consumed once");
	let received = with(4, vec![(17, 2), (19, 2), (LEAF + 1, 9)]);
	let (next, report) = carried(&tree, scope(LEAF + 1, received), &storage);
	assert_eq!(
		(report.checks, next.len()),
		(0, 2),
		"no watermark reaches the new ones"
	);
	let (next, report) = carried(&tree, scope(LEAF + 1, with(3, vec![(17, 2), (19, 2)])), &storage);
	assert_eq!((report.checks, next.len()), (1, 0), "R-DEF-33");
	let (next, report) = carried(&next, scope(LEAF + 2, before), &storage);
	assert_eq!((report.checks, next.len()), (2, 2));
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

	#[test]
	fn r_tre_5_a_tree_carried_over_equals_one_from_scratch(
		pool in vec_of((any_spec(), 0u32..8), 1..16),
		steps in vec_of(any_step(), 1..8),
	) {
		let channel = OutboundHrmpChannelLimitations { bytes_remaining: 50, messages_remaining: 9 };
		let mut base = ExtendedConstraints {
			constraints: Constraints { hrmp_channels_out: vec![(ParaId(2001), channel)], ..base() },
			extension: Some(ConstraintsExtension {
				max_ump_message_size: 1000,
				hrmp_max_messages_consumed: 3,
				hrmp_waiting: vec![(16, 2), (18, 1), (19, 2)],
				..Default::default()
			}),
		};
		let mut pool: Vec<_> = pool
			.into_iter()
			.map(|(spec, later)| {
				let number = spec.relay_parent + later;
				spec.at(number).build()
			})
			.collect();
		pool.sort_by_key(Candidate::hash);
		pool.dedup();
		let mut storage = CandidateStorage::default();
		let mut leaf = LEAF;
		let (mut tree, _) = FragmentTree::populate(scope_at(leaf, &base, &[], 3), world().limits, &storage);
		for step in &steps {
			for candidate in step.introduced.iter().map(|index| index.get(&pool)) {
				if storage.insert(candidate.clone(), CandidateState::Introduced).is_ok() {
					let _fits_or_not = tree.add_and_populate(candidate.hash(), &storage);
				}
			}
			for candidate in step.backed.iter().map(|index| index.get(&pool)) {
				if storage.mark_backed(candidate.hash()).is_ok() {
					tree.mark_backed(candidate.hash());
				}
			}
			leaf += 1;
			let path: Vec<Candidate> = match step.included {
				Some(index) if !tree.is_empty() => {
					let path = &paths(&tree)[index.index(tree.len())];
					path.iter().map(|hash| tree.candidate(*hash).expect("it is there").clone()).collect()
				}
				_ => vec![],
			};
			if let Some(after) = included(&base, &path.iter().collect::<Vec<_>>()) {
				base = after;
			}
			change(&mut base.constraints, step.change, leaf);
			if let Some(extension) = &mut base.extension {
				change_waiting(extension, step.change, leaf);
			}
			let root = base.constraints.required_parent.hash();
			// Pending: a chain of candidates from the new root, whatever it is.
			let mut pending: Vec<Candidate> = Vec::new();
			let mut at = root;
			while pending.len() < step.pending {
				let Some(next) = storage.children_of(at).map(|stored| stored.candidate().clone()).next() else { break };
				if pending.contains(&next) { break }
				at = next.output_head_hash();
				pending.push(next);
			}
			for candidate in &pending {
				if storage.mark_backed(candidate.hash()) == Ok(true) {
					tree.mark_backed(candidate.hash());
				}
			}
			let (next, report) = carried(&tree, scope_at(leaf, &base, &pending, step.max_depth), &storage);
			prop_assert!(!next.shares_nodes_with(&tree) || report.checks == 0);
			tree = next;
		}
	}
}
