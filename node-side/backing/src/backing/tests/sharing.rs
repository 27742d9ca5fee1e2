//! A neighbour tells others what this validator states, and says what they state (R-SD-1): statement distribution.

use super::*;
use crate::Sharing;
use async_backing_machine::{Input, PeerEvent};

fn neighbourly(own: u32, view: Script) -> Node {
	let mut node = Node::new(Some(own), view);
	node.backing = Backing::new(BackingConfig {
		sharing: Sharing::Neighbour,
		..BackingConfig::default()
	});
	node
}

fn checked(name: u8, relay_parent: Hash) -> Arc<Candidate> {
	let SecondedCandidate {
		receipt,
		validation_data,
	} = &*named(name, relay_parent);
	let candidate = Candidate::shared(receipt.clone(), validation_data.clone(), false);
	Arc::new(candidate.expect("it is consistent"))
}

/// The neighbour says what somebody states about a candidate of this name.
fn heard(node: &mut Node, name: u8, statement: &SignedStatement) -> Vec<Seen> {
	let at = statement.scheduling_parent;
	let (candidate, said) = (checked(name, at), statement.to_compact());
	let effects = node.backing.heard(
		node.now,
		at,
		said,
		&candidate,
		&node.chain,
		&mut node.view,
		&mut node.out,
	);
	node.settle(effects)
}

/// What the neighbour is to share.
fn shares(seen: &[Seen]) -> Vec<(CompactStatement, CandidateHash)> {
	seen.iter()
		.filter_map(|seen| match seen {
			Seen::Effect(Effect::Share {
				statement, candidate, ..
			}) => Some((statement.statement, candidate.hash())),
			_ => None,
		})
		.collect()
}

#[test]
fn r_sd_1_own_statements_are_the_neighbours_to_share() {
	let ten = leaf_hash(10);
	let mut node = neighbourly(0, Script::at(ten, &[0]));
	node.activate(&leaf(10, (4, 3)));
	let seen = second(&mut node, 1, ten);
	assert_eq!(
		shares(&seen),
		[(CompactStatement::Seconded(hash(1, ten)), hash(1, ten))],
		"R-SD-1"
	);
	assert!(
		!seen.iter().any(|seen| matches!(seen, Seen::Shared(_))),
		"nobody is told directly: {seen:?}"
	);
	assert_eq!(
		node.input(Input::Peer(peer(4), PeerEvent::Connected(()))),
		[],
		"nor who connects"
	);
}

#[test]
fn r_bak_7_what_the_neighbour_says_is_counted_and_followed_up() {
	let ten = leaf_hash(10);
	let mut node = neighbourly(0, Script::at(ten, &[0]));
	node.activate(&leaf(10, (4, 3)));
	let fetch = Seen::Fetch {
		candidate: hash(1, ten),
		from: 1,
	};
	assert_eq!(heard(&mut node, 1, &seconded(1, 1, ten)), [fetch], "R-BAK-10");
	assert_eq!(node.checked, 0, "its signature was verified before");
	assert_eq!(
		heard(&mut node, 1, &valid(1, 2, ten)),
		[backable(1, ten)],
		"R-BAK-7"
	);
	node.answer(1, hash(1, ten), Some(pov(1)));
	let seen = node.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(
		shares(&seen),
		[(CompactStatement::Valid(hash(1, ten)), hash(1, ten))]
	);
	assert_eq!(node.reports, []);
	// Of a block that is in no scope nothing is counted.
	assert_eq!(heard(&mut node, 1, &seconded(1, 1, leaf_hash(77))), []);
}

#[test]
fn r_tab_3_the_author_pays_for_what_its_signatures_prove_and_for_nothing_else() {
	let ten = leaf_hash(10);
	let mut node = neighbourly(0, Script::at(ten, &[0]));
	node.activate(&leaf(10, (4, 3)));
	heard(&mut node, 1, &seconded(1, 1, ten));
	let seen = heard(&mut node, 1, &valid(1, 1, ten));
	let [Seen::Effect(Effect::Misbehaviour { .. })] = seen[..] else {
		panic!("R-TAB-3: {seen:?}")
	};
	assert_eq!(node.reports, [(peer(1), Cost::Major)]);
	// What has no place here may have one there.
	node.view.refuses = true;
	heard(&mut node, 2, &seconded(2, 2, ten));
	assert_eq!(node.reports.len(), 1);
	let refused: Vec<_> = node.refused.iter().map(|(peer, _)| *peer).collect();
	assert_eq!(refused, [peer(2)], "R-BAK-6");
}

/// Law 5: a confirmation is shared again after a crash, as soon as it is known what it is about.
#[test]
fn law_5_a_confirmation_waits_for_its_candidate_after_a_restart() {
	let ten = leaf_hash(10);
	let mut first = neighbourly(0, Script::at(ten, &[0]));
	first.activate(&leaf(10, (4, 3)));
	heard(&mut first, 1, &seconded(1, 1, ten));
	first.answer(1, hash(1, ten), Some(pov(1)));
	let before = first.validated(hash(1, ten), Some(outcome(1)));
	assert_eq!(shares(&before).len(), 1);

	let mut second = neighbourly(0, Script::at(ten, &[0]));
	second.store = first.store.clone();
	second.out = async_backing_machine::Outbox::default().starting_at(1 << 32);
	second.input(Input::Restored(first.store.clone()));
	assert_eq!(
		shares(&second.activate(&leaf(10, (4, 3)))),
		[],
		"nobody has said yet what it is about"
	);
	let seen = heard(&mut second, 1, &seconded(1, 1, ten));
	assert_eq!(shares(&seen), shares(&before), "law 5");
	assert!(seen.contains(&backable(1, ten)), "R-BAK-7: it counts: {seen:?}");
	assert_eq!(second.signed.len(), 0, "the signature is the stored one");
	assert_eq!(shares(&heard(&mut second, 1, &valid(1, 2, ten))), [], "once");
}
