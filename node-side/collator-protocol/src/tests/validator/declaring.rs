//! Who is listened to.

use super::*;
use crate::{DECLARE_WITHIN, IDLE, MAX_COLLATORS, MAX_COLLATORS_PER_PARA};

#[test]
fn r_net_81_a_peer_declares_once_with_a_key_of_its_own_that_signed_it() {
	let mut desk = Desk::at(4);
	let first = desk.collator(1, PARA);
	desk.say(first, declare(declaration(1, OTHER)));
	assert_eq!(desk.costs(), [(first, Cost::Minor, "collator declared twice")]);
	assert_eq!(desk.side.para_of(first), Some(PARA));

	let second = desk.connect(2);
	desk.say(second, declare(declaration(1, PARA)));
	assert_eq!(
		desk.costs(),
		[(second, Cost::Minor, "collator with the key of another one")]
	);

	// R-NET-67: signed for another connection.
	let third = desk.connect(3);
	desk.say(third, declare(declaration(4, PARA)));
	assert_eq!(
		desk.costs(),
		[(third, Cost::Malicious, "declaration with a wrong signature")]
	);
	assert!(!desk.side.knows(third), "nothing more of it is listened to");
}

#[test]
fn r_net_81_a_para_without_a_claim_costs_and_the_peer_is_let_go() {
	let mut desk = Desk::at(4);
	for (name, para) in [(1, NOWHERE), (2, THIRD)] {
		let peer = desk.connect(name);
		desk.say(peer, declare(declaration(name, para)));
		let reason = "collator of a para that is not served";
		assert_eq!(desk.costs(), [(peer, Cost::Minor, reason)]);
		assert_eq!(desk.partings(), [(peer, Parting::NotServed)]);
	}
}

#[test]
fn r_net_82_who_does_not_declare_or_advertises_nothing_is_let_go() {
	let mut desk = Desk::at(4);
	let silent = desk.connect(1);
	let idle = desk.collator(2, PARA);
	desk.wait(DECLARE_WITHIN - Duration::from_millis(1));
	assert_eq!(desk.partings(), []);
	desk.wait(Duration::from_secs(2));
	assert_eq!(desk.partings(), [(silent, Parting::NotDeclared)]);
	// Whoever advertises in between stays.
	let busy = desk.collator(3, PARA);
	desk.wait(Duration::from_secs(20));
	desk.advertise(busy, &named(PARA, 4, 0, 1));
	desk.wait(IDLE - Duration::from_secs(20));
	assert_eq!(desk.partings(), [(idle, Parting::Idle)]);
	assert_eq!(
		(desk.side.peers(), desk.costs()),
		(1, vec![]),
		"that is no judgement"
	);
}

#[test]
fn r_net_83_peers_whose_para_is_served_no_more_are_let_go_at_the_next_view() {
	// In the next session this validator is in the group of the other core.
	let mut desk = Desk::at(11);
	let peers = [desk.collator(1, PARA), desk.collator(2, OTHER)];
	desk.import(facts(13));
	assert!(index_of(11, 0) < 3 && index_of(13, 0) >= 3);
	assert_eq!(desk.partings(), []);
	// The leaf before is gone with the last that admits its session.
	let update = desk.chain.handle(ChainEvent::Finalized {
		hash: hash(13),
		number: 13,
	});
	desk.tell(Input::Chain(update));
	assert_eq!(desk.partings(), peers.map(|peer| (peer, Parting::NotServed)));
	assert!(desk.timers.is_empty(), "there is nobody to look for");
}

#[test]
fn r_net_59_streams_of_versions_that_are_not_spoken_are_closed() {
	let mut desk = Desk::at(4);
	for (name, version) in [(1, CollationVersion::V1), (4, CollationVersion::V4)] {
		let peer = desk.connect_with(name, version);
		assert_eq!(desk.partings(), [(peer, Parting::Version)]);
		assert!(!desk.side.knows(peer));
	}
	let peer = desk.connect(2);
	let message = CollationMessage::V3(CollatorMessage::Declare(declaration(2, PARA)));
	desk.say(peer, message);
	assert_eq!(desk.costs(), [(peer, Cost::Major, "message of another version")]);
}

#[test]
fn law_3_peers_are_bounded_and_the_overdue_give_way() {
	let mut desk = Desk::at(4);
	let connect = |desk: &mut Desk, peer: u64| {
		let who = CollatorPeer {
			peer_id: peer_id(0),
			version: CollationVersion::V2,
		};
		desk.tell(Input::Peer(PeerId(peer), PeerEvent::Connected(who)));
	};
	for peer in 0..MAX_COLLATORS as u64 {
		connect(&mut desk, peer);
	}
	connect(&mut desk, 1000);
	assert_eq!(desk.partings(), [(PeerId(1000), Parting::NoRoom)]);
	// Nobody looked yet, but they are overdue.
	desk.now += DECLARE_WITHIN;
	connect(&mut desk, 1001);
	assert_eq!(desk.partings().len(), 1);
	assert!(desk.side.knows(PeerId(1001)));
	assert_eq!(desk.side.peers(), MAX_COLLATORS);
}

#[test]
fn law_3_collators_of_a_para_are_bounded_and_those_who_fail_give_way() {
	let mut desk = Desk::at(4);
	let many = MAX_COLLATORS_PER_PARA as u8;
	for name in 0..many {
		desk.collator(name, PARA);
	}
	let more = desk.connect(100);
	desk.say(more, declare(declaration(100, PARA)));
	assert_eq!(desk.costs(), [(more, Cost::Minor, "too many collators")]);
	assert_eq!(desk.partings(), [(more, Parting::NoRoom)]);
	desk.advertise(PeerId(7), &named(PARA, 4, 0, 1));
	desk.answer(Err(RequestFailure::TimedOut));
	let more = desk.connect(101);
	desk.say(more, declare(declaration(101, PARA)));
	assert_eq!(desk.partings(), [(PeerId(7), Parting::NoRoom)], "it failed");
	assert_eq!(desk.side.para_of(more), Some(PARA));
}

#[test]
fn before_a_leaf_is_known_nobody_is_turned_away() {
	let mut desk = Desk::before();
	let peer = desk.collator(1, NOWHERE);
	assert_eq!(desk.side.para_of(peer), Some(NOWHERE));
	desk.import(facts(4));
	assert_eq!(desk.partings(), [(peer, Parting::NotServed)]);
}
