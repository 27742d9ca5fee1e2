//! Candidates come in any order, while several leaves are active (R-TRE-14): each leaf is judged for itself.

use super::*;
use proptest::{collection::vec as vec_of, prelude::*};

/// Leaves of the relay chain's forks, which are one below block 100.
fn leaf_with(fork: u8, number: BlockNumber, included: u8) -> LeafFacts {
	leaf_of(fork, number).with(PARA, included, &[])
}

fn on(fork: u8, number: BlockNumber, from: u8, to: u8) -> Candidate {
	let relay_parent = block_of(fork, number);
	Spec {
		relay_parent,
		..spec(from, to, 0)
	}
	.build()
}

#[test]
fn r_tre_14_what_another_leaf_knows_is_no_reason_to_refuse() {
	// At the longer fork 1 is included, and the child's relay parent out of scope. At the other both would fit.
	let leaves = [leaf_with(1, 102, 1), leaf_with(2, 101, 0)];
	let (parent, child) = (on(0, 99, 0, 1), on(0, 99, 1, 2));
	for order in [[&parent, &child], [&child, &parent]] {
		let mut view = view_at(&leaves);
		for candidate in order {
			introduce(&mut view, candidate);
		}
		let at = block_of(2, 101).hash;
		assert_eq!(view.membership(PARA, child.hash()), [(at, vec![1])], "R-TRE-14");
		assert_eq!(view.waiting(PARA).count(), 0);
	}
}

#[test]
fn r_tre_14_a_parent_that_is_too_young_is_no_parent() {
	// Two candidates end on the same head, the one with the younger relay parent comes first.
	let leaves = [leaf_with(0, 21, 0)];
	let [young, old, child] = [(21, 0, 1), (20, 0, 1), (20, 1, 2)].map(|(at, from, to)| on(0, at, from, to));
	let mut view = view_at(&leaves);
	introduce(&mut view, &young);
	assert_eq!(introduce(&mut view, &child), [], "it waits (R-TRE-6, R-TRE-14)");
	assert_eq!(view.waiting(PARA).collect::<Vec<_>>(), [child.hash()]);
	introduce(&mut view, &old);
	assert_eq!(view.membership(PARA, child.hash()), [(block(21).hash, vec![1])]);
	assert_eq!(view.waiting(PARA).count(), 0);
}

#[test]
fn r_vie_4_what_waits_goes_with_the_leaf_that_could_have_taken_it() {
	let (here, there) = (block_of(1, 102).hash, block_of(2, 101).hash);
	for (gone, left) in [(there, 0), (here, 1)] {
		let mut view = view_at(&[leaf_with(1, 102, 1), leaf_with(2, 101, 0)]);
		introduce(&mut view, &on(0, 99, 1, 2));
		let _ = view.update_leaves(&[], &[gone]);
		check(&view);
		assert_eq!(view.candidate_count(PARA), left, "R-VIE-4, R-TRE-14");
	}
}

/// What a leaf's tree holds of all candidates, by the definition: paths from the included head whose relay parents are in
/// scope and do not go back.
fn paths_by_definition(leaf: &LeafFacts, candidates: &[Candidate]) -> Vec<Vec<CandidateHash>> {
	let included = &leaf.paras[&PARA].backing_state.constraints.required_parent;
	let scope: Vec<_> = core::iter::once(leaf.block)
		.chain(leaf.ancestors.clone())
		.collect();
	let mut paths = Vec::new();
	let mut ends = vec![(Vec::new(), included.clone(), 0)];
	while let Some((path, head, oldest)) = ends.pop() {
		for candidate in candidates {
			let relay_parent = scope.iter().find(|block| block.hash == candidate.relay_parent());
			let Some(relay_parent) = relay_parent.filter(|block| block.number >= oldest) else {
				continue;
			};
			if candidate.validation_data().parent_head == head {
				let longer: Vec<_> = path.iter().copied().chain([candidate.hash()]).collect();
				paths.push(longer.clone());
				ends.push((longer, candidate.output_head().clone(), relay_parent.number));
			}
		}
	}
	paths.sort();
	paths
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

	/// Heads ascend along a path, so that no path is too deep; several candidates may end on the same head.
	#[test]
	fn r_tre_14_the_order_of_arrival_makes_no_difference_to_any_leaf(
		leaves in vec_of((0u8..3, 98u32..104, 0u8..3), 1..4),
		pool in vec_of((0u8..4, 1u8..4, 0u8..3, 96u32..104, 0u8..2), 1..12),
	) {
		let mut facts = BTreeMap::new();
		for (fork, number, included) in leaves {
			facts.entry(block_of(fork, number).hash).or_insert_with(|| leaf_with(fork, number, included));
		}
		let facts: Vec<_> = facts.into_values().collect();
		let mut candidates = BTreeMap::new();
		let mut order = Vec::new();
		for (from, step, fork, number, salt) in pool {
			let relay_parent = block_of(fork, number);
			let candidate = Spec { relay_parent, salt, ..spec(from, (from + step).min(4), 0) }.build();
			if candidates.insert(candidate.hash(), candidate.clone()).is_none() {
				order.push(candidate);
			}
		}
		let all: Vec<_> = candidates.into_values().collect();
		let config = ViewConfig {
			unconnected: UnconnectedLimits { max_candidates: usize::MAX, max_bytes: usize::MAX },
			..ViewConfig::default()
		};
		for backwards in [false, true] {
			let mut view = View::new(config);
			let update = view.update_leaves(&facts, &[]);
			prop_assert_eq!(update.diagnostics, vec![]);
			if backwards {
				order.reverse();
			}
			for candidate in &order {
				// One that no leaf could ever take is refused.
				let _refused_is_fine = view.introduce_checked(candidate.clone());
				check(&view);
			}
			for leaf in &facts {
				let tree = view.tree(leaf.block.hash, PARA).expect("scheduled");
				if !is_full(tree) {
					prop_assert_eq!(paths(tree), paths_by_definition(leaf, &all), "R-TRE-14");
				}
			}
		}
	}
}
