//! What is listened to.

use super::*;
use crate::SlotClock;

#[test]
fn r_net_84_what_an_advertisement_costs() {
	type Say = fn(&mut Desk, PeerId);
	let rows: [(&str, Say, &str); 6] = [
		(
			"a repeat",
			|desk, peer| {
				desk.advertise(peer, &named(PARA, 4, 0, 1));
				desk.advertise(peer, &named(PARA, 4, 0, 1));
			},
			"repeated advertisement",
		),
		(
			"one more than one more than the claims",
			|desk, peer| (1..=6).for_each(|to| desk.advertise(peer, &named(PARA, 4, 0, to))),
			"too many advertisements",
		),
		(
			"a scheduling parent that is over",
			|desk, peer| {
				(5..=8).for_each(|block| desk.import(facts(block)));
				desk.advertise(peer, &named(PARA, 4, 0, 1));
			},
			"advertisement out of view",
		),
		(
			"what seconds is no collator",
			|desk, peer| {
				let statement = async_backing_primitives::UncheckedSigned {
					payload: async_backing_primitives::Statement::Valid(Default::default()),
					validator_index: Default::default(),
					signature: sp_core::sr25519::Signature::default().into(),
				};
				let message = CollatorMessage::Seconded {
					scheduling_parent: hash(4),
					statement,
				};
				desk.say(peer, CollationMessage::V2(message));
			},
			"collator that seconds",
		),
		(
			"what backing calls wrong",
			|desk, peer| {
				let candidate = named(PARA, 4, 0, 1);
				desk.backing
					.verdicts
					.insert(candidate.hash(), Verdict::Wrong("it is wrong"));
				desk.advertise(peer, &candidate);
			},
			"it is wrong",
		),
		(
			"early ones without end",
			|desk, peer| (20..26).for_each(|block| desk.advertise(peer, &named(PARA, block, 0, 1))),
			"too many early advertisements",
		),
	];
	for (name, say, reason) in rows {
		let mut desk = Desk::at(4);
		let peer = desk.collator(1, PARA);
		say(&mut desk, peer);
		let costs = desk.costs();
		assert!(
			costs.contains(&(peer, Cost::Minor, reason)) && costs.iter().all(|cost| cost.2 == reason),
			"R-NET-84: {name}: {costs:?}"
		);
	}
	let mut desk = Desk::at(4);
	let peer = desk.connect(1);
	desk.advertise(peer, &named(PARA, 4, 0, 1));
	assert_eq!(desk.costs(), [(peer, Cost::Minor, "undeclared collator")]);
}

#[test]
fn r_net_84_what_version_3_says_has_to_fit() {
	let candidate = named(PARA, 4, 0, 1);
	let rows = [
		(DescriptorClaim::V2, hash(4), None),
		(
			DescriptorClaim::V2,
			hash(3),
			Some("advertised parents that differ"),
		),
		(
			DescriptorClaim::V1,
			hash(3),
			Some("advertised parents that differ"),
		),
		(
			DescriptorClaim::Unknown(9),
			hash(4),
			Some("advertised descriptor of no version"),
		),
		// The chain takes none.
		(
			DescriptorClaim::V3,
			hash(3),
			Some("scheduling parent of no version 3 descriptor"),
		),
	];
	for (claim, relay_parent, expected) in rows {
		let mut desk = Desk::at(4);
		let peer = desk.connect_with(1, CollationVersion::V3);
		desk.say(
			peer,
			CollationMessage::V3(CollatorMessage::Declare(declaration(1, PARA))),
		);
		desk.say(peer, advertisement_v3(&candidate, claim, relay_parent));
		let costs = desk.costs();
		assert_eq!(
			costs.first().map(|(_, _, reason)| *reason),
			expected,
			"R-NET-84: {claim:?}"
		);
		assert_eq!(desk.asked().len(), usize::from(expected.is_none()));
	}
}

#[test]
fn r_net_84_a_version_3_descriptor_has_the_last_block_of_the_last_slot() {
	// Blocks 3 to 5, each in the slot of its number; slots of 6 s.
	let rows = [
		("the leaf, in the slot after it", 5, 6, true),
		("the leaf, in its own slot", 5, 5, false),
		("its parent, in the leaf's slot", 4, 5, true),
		("its parent, a slot later", 4, 6, false),
		("older", 3, 5, false),
		("the leaf, long after", 5, 9, false),
	];
	for (name, block, slot, expected) in rows {
		let mut desk = Desk::at(3);
		desk.import(facts(4));
		desk.import(facts(5));
		desk.side = ValidatorSide::new(ValidatorSideConfig {
			v3_enabled: true,
			slots: Some(SlotClock {
				at: Duration::ZERO,
				slot: 0,
				duration: Duration::from_secs(6),
			}),
		});
		desk.now = Duration::from_secs(6 * slot + 1);
		let peer = desk.connect_with(1, CollationVersion::V3);
		desk.say(
			peer,
			CollationMessage::V3(CollatorMessage::Declare(declaration(1, PARA))),
		);
		let candidate = named(PARA, block, 0, 1);
		desk.say(
			peer,
			advertisement_v3(&candidate, DescriptorClaim::V3, hash(block)),
		);
		assert_eq!(desk.costs().is_empty(), expected, "R-NET-84: {name}");
	}
}

#[test]
fn an_advertisement_that_comes_before_its_block_waits_in_a_bounded_place() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 5, 0, 1);
	desk.advertise(peer, &candidate);
	assert_eq!((desk.asked(), desk.costs()), (vec![], vec![]));
	desk.import(facts(5));
	assert_eq!(desk.asked(), [(peer, candidate.hash())]);
	// Of whoever is gone nothing waits.
	let next = named(PARA, 6, 0, 1);
	desk.advertise(peer, &next);
	desk.tell(Input::Peer(peer, PeerEvent::Disconnected));
	desk.import(facts(6));
	assert_eq!(desk.asked().len(), 1);
}

#[test]
fn r_bak_5_what_is_blocked_is_asked_again_at_every_leaf_and_when_its_path_grows() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, OTHER);
	let (first, second) = (named(OTHER, 4, 1, 2), named(OTHER, 4, 3, 4));
	for candidate in [&first, &second] {
		desk.backing.verdicts.insert(candidate.hash(), Verdict::Wait);
		desk.advertise(peer, candidate);
	}
	assert_eq!((desk.asked(), desk.side.waiting()), (vec![], 2));
	// Every new leaf, not only the first one.
	desk.import(facts(5));
	assert_eq!(desk.asked(), []);
	desk.backing.verdicts.clear();
	desk.import(facts(6));
	assert_eq!(desk.asked(), [(peer, first.hash())], "R-DEF-41");

	let mut desk = Desk::at(4);
	let peer = desk.collator(1, OTHER);
	desk.backing.verdicts.insert(first.hash(), Verdict::Wait);
	desk.advertise(peer, &first);
	desk.backing.verdicts.clear();
	desk.run(|side, around, out| side.path_grew(PARA, around, out));
	assert_eq!(desk.asked(), [], "another para");
	desk.run(|side, around, out| side.path_grew(OTHER, around, out));
	assert_eq!(desk.asked(), [(peer, first.hash())]);
}

#[test]
fn what_another_one_has_the_place_of_waits_for_the_next_leaf() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 0, 1);
	desk.backing.verdicts.insert(candidate.hash(), Verdict::Taken);
	desk.advertise(peer, &candidate);
	desk.backing.verdicts.clear();
	desk.run(|side, around, out| side.path_grew(PARA, around, out));
	assert_eq!((desk.asked(), desk.side.waiting()), (vec![], 1));
	desk.import(facts(5));
	assert_eq!(desk.asked(), [(peer, candidate.hash())]);
}

#[test]
fn r_col_6_a_candidate_may_be_advertised_again_once_for_each_new_leaf() {
	let mut desk = Desk::at(4);
	let peer = desk.collator(1, PARA);
	let candidate = named(PARA, 4, 0, 1);
	desk.advertise(peer, &candidate);
	desk.import(facts(5));
	desk.advertise(peer, &candidate);
	assert_eq!(desk.costs(), []);
	desk.advertise(peer, &candidate);
	assert_eq!(desk.costs(), [(peer, Cost::Minor, "repeated advertisement")]);
}
