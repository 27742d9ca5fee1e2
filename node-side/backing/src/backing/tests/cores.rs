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

/// A para has claims on two cores, and its candidate names neither: both groups may take it for theirs, and none can know of the
/// other. The first counts here, and nobody of the second pays. Where only one core has claims, or where the candidate names it,
/// whoever is of another group does.
#[test]
fn r_tab_1_r_sch_9_who_could_not_know_that_it_is_another_groups_does_not_pay() {
	let ten = leaf_hash(10);
	let said = |name: &Arc<SecondedCandidate>, seconds: bool, validator| {
		let content = match seconds {
			true => StatementContent::Seconded(name.clone()),
			false => StatementContent::Valid(name.receipt.hash()),
		};
		sign(content, validator, ten)
	};
	let two_cores = || {
		let mut facts = leaf(10, (4, 3));
		let claims = facts.claim_queue[&CoreIndex(0)].clone();
		facts.claim_queue.insert(CoreIndex(1), claims);
		facts
	};
	let other_group = |validator, of: &Arc<SecondedCandidate>| StatementError::OtherGroup {
		validator: ValidatorIndex(validator),
		candidate: of.receipt.hash(),
	};
	let unnamed = seconded_candidate(CommittedCandidateReceipt {
		descriptor: version_1(ten),
		commitments: commitments(1),
	});
	let core_0 = named(2, ten);

	let mut node = Node::new(Some(2), Script::at(ten, &[0]));
	node.activate(&two_cores());
	node.hear(&said(&unnamed, true, 0)).expect("it counts");
	for (seconds, validator) in [(true, 3), (false, 4), (true, 5)] {
		let heard = node.hear(&said(&unnamed, seconds, validator));
		assert_eq!(heard, Err(other_group(validator, &unnamed)));
	}
	assert_eq!(node.reports, [], "R-TAB-1: nobody can have known");
	node.hear(&said(&core_0, true, 0)).expect("it counts");
	node.hear(&said(&core_0, true, 3))
		.expect("misbehaviour is no error");
	assert_eq!(
		node.reports,
		[(peer(3), Cost::Major)],
		"R-TAB-1: it names its core"
	);

	// The votes of the other group may come first.
	let mut node = Node::new(Some(2), Script::at(ten, &[0]));
	node.activate(&two_cores());
	assert_eq!(node.hear(&said(&unnamed, false, 4)), Ok(vec![]));
	let seen = node.hear(&said(&unnamed, true, 0)).expect("it counts");
	let is_misbehaviour = |seen: &Seen| matches!(seen, Seen::Effect(Effect::Misbehaviour { .. }));
	assert!(!seen.iter().any(is_misbehaviour), "R-TAB-1: {seen:?}");

	// One core alone has claims: the other group has nothing to do with it.
	let mut node = validator(2, Script::at(ten, &[0]));
	node.hear(&said(&unnamed, true, 0)).expect("it counts");
	node.hear(&said(&unnamed, false, 3))
		.expect("misbehaviour is no error");
	assert_eq!(node.reports, [(peer(3), Cost::Major)], "R-TAB-1");
}
