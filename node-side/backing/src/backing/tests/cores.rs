//! Cores that eight bits don't name (R-BIN-16).

use super::*;
use crate::AdmissionError;
use async_backing_primitives::BackedCandidateError;
use codec::{Decode, Encode};

/// A leaf with 301 groups, of which only the last has members and only its core a claim.
fn large_leaf() -> LeafFacts {
	let small = leaf(10, (4, 3));
	let mut groups = vec![vec![]; 300];
	groups.push([0, 1, 2].map(ValidatorIndex).to_vec());
	LeafFacts {
		groups,
		claim_queue: [(CoreIndex(300), VecDeque::from([PARA; 3]))].into(),
		..small
	}
}

fn on_core_300(descriptor: CandidateDescriptor) -> CommittedCandidateReceipt {
	CommittedCandidateReceipt {
		descriptor,
		commitments: commitments(1),
	}
}

fn version_2(leaf: Hash) -> CandidateDescriptor {
	CandidateDescriptor::v2(DescriptorFields {
		core_index: 300,
		..fields(1, leaf)
	})
}

/// What was a collator's key in version 1 has to be zero in the others (R-BIN-12).
fn version_1(leaf: Hash) -> CandidateDescriptor {
	let mut bytes = CandidateDescriptor::v2(fields(1, leaf)).encode();
	bytes[44..68].fill(1);
	CandidateDescriptor::decode(&mut &bytes[..]).expect("every version has its size")
}

fn fetched(descriptor: CandidateDescriptor) -> (Node, Result<Vec<Seen>, SecondingError>) {
	let mut node = Node::new(Some(0), Script::at(leaf_hash(10), &[0]));
	node.activate(&large_leaf());
	let collation = Collation {
		receipt: on_core_300(descriptor).to_plain(),
		pov: pov(1),
		parent_head: validation_data().parent_head.hash(),
		parent_head_data: None,
	};
	let fetched = node.fetch(collation);
	(node, fetched)
}

#[test]
fn r_def_36_r_bin_16_a_candidate_that_names_core_300_is_backed() {
	let leaf = leaf_hash(10);
	let candidate = on_core_300(version_2(leaf)).hash();
	let (mut backing, fetched) = fetched(version_2(leaf));
	assert!(
		matches!(fetched.as_deref(), Ok([Seen::Validate(_)])),
		"{fetched:?}"
	);
	let outputs = backing.validated(candidate, Some(outcome(1)));
	assert!(matches!(shared(&outputs).content, StatementContent::Seconded(_)));
	let second = sign(StatementContent::Valid(candidate), 1, leaf);
	let outputs = backing.hear(&second).expect("it is of the group");
	assert!(
		matches!(outputs[..], [Seen::Effect(Effect::Backable { .. })]),
		"{outputs:?}"
	);
	let backed = backing
		.backing
		.backed(leaf, candidate)
		.expect("it has its quorum");
	assert_eq!(backed.core(), Ok(CoreIndex(300)), "R-DEF-36");
	let (_, injected) = backed.split_indices().expect("well formed");
	assert_eq!(injected, CoreIndex(44), "R-BIN-16: the low eight bits of 300");
}

#[test]
fn r_def_36_r_bin_16_version_1_is_refused_on_core_300_by_name() {
	let leaf = leaf_hash(10);
	let too_large = AdmissionError::Unnameable(BackedCandidateError::CoreTooLarge(CoreIndex(300)));
	let (mut backing, fetched) = fetched(version_1(leaf));
	assert_eq!(
		fetched,
		Err(SecondingError::Admission(too_large.clone())),
		"not executed for nothing"
	);
	let seconded = seconded_candidate(on_core_300(version_1(leaf)));
	let statement = sign(StatementContent::Seconded(seconded), 1, leaf);
	assert_eq!(
		backing.hear(&statement),
		Err(StatementError::Admission(too_large)),
		"nor counted when others second it"
	);
}
