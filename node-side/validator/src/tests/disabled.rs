//! A validator is disabled while candidates wait to be proposed (R-BAK-14).

use super::{fixture::*, solo::*};
use crate::Request;
use async_backing_chain_view::ChainEvent;
use async_backing_machine::Input;
use async_backing_primitives::{CandidateHash, CoreIndex, CoreState, HeadData, LeafFacts, ValidatorIndex};

fn disabled_at(leaf: LeafFacts, disabled: &[u32]) -> LeafFacts {
	LeafFacts {
		disabled: disabled.iter().copied().map(ValidatorIndex).collect(),
		..leaf
	}
}

/// Block 11 on block 10, with nothing pending, where these are disabled. `fork` tells several of them apart.
fn eleven(fork: u8, disabled: &[u32]) -> LeafFacts {
	disabled_at(child_of(&leaf(None), fork), disabled)
}

/// Statements of these on a candidate come along the grid; the first one seconds it.
fn hear(solo: &mut Solo, candidate: &Candidate, voters: &[u8]) -> Outputs {
	let votes = (0..).zip(voters).map(|(position, voter)| (*voter, position == 0));
	let votes: Vec<_> = votes.collect();
	solo.learn(candidate, &votes)
}

fn proposed(solo: &mut Solo, leaf: &LeafFacts) -> Vec<(CandidateHash, usize)> {
	solo.propose(leaf.block.hash, leaf.slot + 1)
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
		let mut author = Solo::at(4, &leaf(None));
		hear(&mut author, lost, &[0, 1]);
		hear(&mut author, other, &[0, 2]);
		let first = proposed(&mut author, &leaf(None));
		assert_eq!(
			first,
			[(lost.hash().min(other.hash()), 2)],
			"R-SEL-3: nobody is disabled"
		);

		let next = eleven(0xb1, &[1]);
		author.import(&next);
		assert_eq!(proposed(&mut author, &next), [(other.hash(), 2)], "R-BAK-14");

		// With another vote it is as good as the other again, and the vote of 1 stays out.
		author.learn_more(lost, 2);
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
	let mut author = Solo::at(4, &two_cores(leaf(None)));
	hear(&mut author, &parent, &[0, 1]);
	hear(&mut author, &child, &[0, 2]);
	for (fork, disabled, expected) in [
		(0xb1, &[][..], vec![(parent.hash(), 2)]),
		(0xb2, &[1], vec![]),
		(0xb3, &[2], vec![(parent.hash(), 2)]),
	] {
		let next = two_cores(eleven(fork, disabled));
		author.import(&next);
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
	let mut author = Solo::at(4, &leaf(None));
	let (here, there) = (eleven(0xb1, &[]), eleven(0xb2, &[1]));
	hear(&mut author, &candidate, &[0, 1]);
	author.import(&here);
	author.import(&there);
	assert_eq!(proposed(&mut author, &here), [(candidate.hash(), 2)]);
	assert_eq!(proposed(&mut author, &there), []);
}

#[test]
fn r_bak_14_a_quorum_that_comes_back_is_proposed() {
	let candidate = Candidate::new();
	let mut author = Solo::at(4, &leaf(None));
	assert!(is_backable(&hear(&mut author, &candidate, &[0, 1]), &candidate));
	let without = eleven(0xb1, &[1]);
	author.import(&without);
	assert_eq!(proposed(&mut author, &without), []);
	// On another fork it counts, and where it does not is reverted.
	let with = eleven(0xb2, &[]);
	author.import(&with);
	assert_eq!(proposed(&mut author, &with), [(candidate.hash(), 2)]);
	let reverted = ChainEvent::Reverted {
		hash: without.block.hash,
	};
	author.give(Input::Chain(reverted.into()));
	assert_eq!(proposed(&mut author, &with), [(candidate.hash(), 2)]);
}

/// What a disabled validator states is not listened to (R-BAK-14); enabled again, it counts like anybody's.
#[test]
fn r_bak_14_what_the_disabled_state_counts_when_they_are_enabled_again() {
	let candidate = Candidate::new();
	let mut author = Solo::at(4, &disabled_at(leaf(None), &[1]));
	let votes = [(0, true), (1, false)];
	assert!(!is_backable(&author.learn(&candidate, &votes), &candidate));
	let next = eleven(0xb1, &[]);
	// The block where it is disabled is no leaf any more, and what was told of it is asked for.
	let outputs = author.import(&next);
	assert!(is_backable(&outputs, &candidate), "R-BAK-7: {outputs:?}");
	assert_eq!(proposed(&mut author, &next), [(candidate.hash(), 2)]);
}

#[test]
fn r_bak_14_a_validator_that_is_disabled_keeps_to_itself() {
	let candidate = Candidate::new();
	let mut backer = Solo::at(0, &disabled_at(leaf(None), &[0]));
	let outputs = backer.say(COLLATOR, candidate.advertisement());
	assert!(requests(&outputs).is_empty(), "it seconds nothing: {outputs:?}");
	let outputs = backer.say(peer(1), statement(&candidate, 1, true));
	assert!(requests(&outputs).is_empty(), "it confirms nothing: {outputs:?}");
	let next = eleven(0xb1, &[]);
	let asked = requests(&backer.import(&next));
	let povs: Vec<_> = asked
		.iter()
		.filter(|(.., request)| *request == Request::Pov(candidate.hash()))
		.map(|(_, peer, _)| *peer)
		.collect();
	assert_eq!(povs, [peer(1)], "enabled again, it does its part");
}
