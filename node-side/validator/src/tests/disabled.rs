//! A validator is disabled while candidates wait to be proposed (R-BAK-14).

use super::*;
use async_backing_backing::{SecondedCandidate, SignedStatement, StatementContent};
use async_backing_primitives::SigningContext;

fn disabled_at(leaf: LeafFacts, disabled: &[u32]) -> LeafFacts {
	LeafFacts {
		disabled: disabled.iter().copied().map(ValidatorIndex).collect(),
		..leaf
	}
}

/// Block 11 on block 10, with nothing pending, where these are disabled. `fork` tells several of them apart.
fn eleven(fork: u8, disabled: &[u32]) -> LeafFacts {
	let ten = leaf(None);
	let mut ancestors = vec![ten.block];
	ancestors.extend(ten.ancestors.iter().take(1).cloned());
	let facts = LeafFacts {
		block: RelayChainBlockInfo {
			hash: Hash::repeat_byte(fork),
			number: 11,
			storage_root: Hash::repeat_byte(4),
		},
		parent_hash: ten.block.hash,
		slot: 11,
		ancestors,
		rotation: GroupRotationInfo {
			now: 12,
			..ten.rotation
		},
		..ten
	};
	disabled_at(facts, disabled)
}

fn statement(candidate: &Candidate, validator: u8, seconds: bool) -> Message {
	let content = match seconds {
		true => StatementContent::Seconded(Arc::new(SecondedCandidate {
			receipt: candidate.receipt.clone(),
			validation_data: candidate.validation_data.clone(),
		})),
		false => StatementContent::Valid(candidate.hash()),
	};
	let context = SigningContext {
		session_index: 1,
		parent_hash: block(10).hash,
	};
	let payload = content.to_compact().signing_payload(&context);
	Message::Statement(Arc::new(SignedStatement {
		scheduling_parent: block(10).hash,
		content,
		validator_index: ValidatorIndex(validator.into()),
		signature: key(validator).sign(&payload).into(),
	}))
}

/// Statements of these on a candidate; the first one seconds it.
fn hear(validator: &mut Validator, candidate: &Candidate, voters: &[u8]) -> Vec<Output> {
	let mut outputs = Vec::new();
	for (position, voter) in voters.iter().enumerate() {
		let message = statement(candidate, *voter, position == 0);
		outputs.extend(receive(validator, peer(*voter), message));
	}
	outputs
}

fn activate(validator: &mut Validator, leaf: &LeafFacts) {
	validator.handle(NOW, Input::LeafActivated(Arc::new(leaf.clone())));
}

fn proposed(validator: &mut Validator, leaf: &LeafFacts) -> Vec<(CandidateHash, usize)> {
	validator
		.propose(leaf.block.hash, leaf.slot + 1)
		.backed_candidates
		.iter()
		.map(|backed| (backed.hash(), backed.validity_votes.len()))
		.collect()
}

#[test]
fn r_bak_14_a_candidate_without_its_quorum_at_the_leaf_gives_way() {
	let (lost, other) = (
		Candidate::building_on(HeadData(vec![0]), HeadData(vec![1])),
		Candidate::building_on(HeadData(vec![0]), HeadData(vec![2])),
	);
	// Whichever of them the tree prefers, the one with the vote of 1 is not proposed where 1 is disabled.
	for (lost, other) in [(&lost, &other), (&other, &lost)] {
		let mut author = activated(4, leaf(None));
		hear(&mut author, lost, &[0, 1]);
		hear(&mut author, other, &[0, 2]);
		let first = proposed(&mut author, &leaf(None));
		assert_eq!(
			first,
			[(lost.hash().min(other.hash()), 2)],
			"R-SEL-3: nobody is disabled"
		);

		let next = eleven(0xb1, &[1]);
		activate(&mut author, &next);
		assert_eq!(proposed(&mut author, &next), [(other.hash(), 2)], "R-BAK-14");
		author.handle(NOW, Input::LeafDeactivated(block(10).hash));
		assert_eq!(proposed(&mut author, &next), [(other.hash(), 2)], "R-BAK-14");

		// With another vote it is as good as the other again, and the vote of 1 stays out.
		hear(&mut author, other, &[1]);
		receive(&mut author, peer(2), statement(lost, 2, false));
		let again = proposed(&mut author, &next);
		assert_eq!(again, [(lost.hash().min(other.hash()), 2)], "R-BKV-4");
	}
}

#[test]
fn r_bak_14_a_parent_without_its_quorum_takes_its_children_along() {
	let parent = Candidate::new();
	let child = parent.child();
	let two_cores = |facts: LeafFacts| LeafFacts {
		cores: vec![
			CoreState::Scheduled(PARA.into()),
			CoreState::Scheduled(PARA.into()),
		],
		claim_queue: [(CoreIndex(0), [PARA, PARA].into()), (CoreIndex(1), [PARA].into())].into(),
		..facts
	};
	let mut author = activated(4, two_cores(leaf(None)));
	hear(&mut author, &parent, &[0, 1]);
	hear(&mut author, &child, &[0, 2]);
	for (fork, disabled, expected) in [
		(0xb1, &[][..], vec![(parent.hash(), 2)]),
		(0xb2, &[1], vec![]),
		(0xb3, &[2], vec![(parent.hash(), 2)]),
	] {
		let next = two_cores(eleven(fork, disabled));
		activate(&mut author, &next);
		// Both name core 0, which takes one of them.
		assert_eq!(
			proposed(&mut author, &next),
			expected,
			"R-BAK-14: without {disabled:?}"
		);
	}
}

#[test]
fn r_bak_14_each_fork_gets_what_its_own_state_counts() {
	let candidate = Candidate::new();
	let mut author = activated(4, leaf(None));
	let (here, there) = (eleven(0xb1, &[]), eleven(0xb2, &[1]));
	hear(&mut author, &candidate, &[0, 1]);
	activate(&mut author, &here);
	activate(&mut author, &there);
	assert_eq!(proposed(&mut author, &here), [(candidate.hash(), 2)]);
	assert_eq!(proposed(&mut author, &there), []);
}

#[test]
fn r_bak_14_a_quorum_that_comes_back_is_noticed_and_proposed() {
	let candidate = Candidate::new();
	let mut author = activated(4, disabled_at(leaf(None), &[1]));
	assert_eq!(hear(&mut author, &candidate, &[0, 1]), []);
	let next = eleven(0xb1, &[]);
	activate(&mut author, &next);
	assert_eq!(
		author.handle(NOW, Input::LeafDeactivated(block(10).hash)),
		[Output::Notice(Notice::Backable(candidate.hash()))],
		"R-BAK-7"
	);
	assert_eq!(proposed(&mut author, &next), [(candidate.hash(), 2)]);
}

#[test]
fn r_bak_14_a_validator_that_is_disabled_keeps_to_itself() {
	let candidate = Candidate::new();
	let mut backer = activated(0, disabled_at(leaf(None), &[0]));
	let outputs = receive(&mut backer, Peer::Collator(PARA), candidate.advertisement());
	assert!(
		matches!(&outputs[..], [Output::Notice(Notice::Complaint(_))]),
		"it seconds nothing: {outputs:?}"
	);
	assert_eq!(hear(&mut backer, &candidate, &[1]), [], "it confirms nothing");
	let next = eleven(0xb1, &[]);
	activate(&mut backer, &next);
	let request = Output::Send {
		to: peer(1),
		message: Message::RequestPov(candidate.hash()),
	};
	assert_eq!(
		backer.handle(NOW, Input::LeafDeactivated(block(10).hash)),
		[request],
		"enabled again, it does its part"
	);
}
