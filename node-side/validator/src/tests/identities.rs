//! Peers that turn out to be somebody else than they were (law 7).

use super::{
	fixture::*,
	rows::{bitfield, seconded},
	solo::*,
	views::views,
};
use crate::{Validator, ValidatorConfig};
use async_backing_chain_view::{Identity, Limits};
use async_backing_machine::{Input, PeerEvent, PeerId};

/// Proves one key first and another one later.
const LATER: PeerId = PeerId(60);

/// Identity of somebody who is no validator of the session.
fn elsewhere() -> Identity {
	Identity::of(key(40))
}

/// How many bitfields somebody is told.
fn bitfields_to(outputs: &Outputs, peer: PeerId) -> usize {
	let said = said(outputs);
	let told = said
		.iter()
		.filter(|(to, message)| to.contains(&peer) && as_bitfield(message).is_some());
	told.count()
}

#[test]
fn r_net_104_law_7_who_proves_to_be_a_validator_later_hears_bitfields_from_then_on() {
	let occupied = leaf(Some(&Candidate::new()));
	let mut neighbours = 0;
	for late in [0, 1, 2, 3, 5] {
		let (first, second) = if late < 2 { (2, 3) } else { (0, 1) };
		let mut author = Solo::fresh(4);
		for other in [0, 1, 2, 3, 5].into_iter().filter(|other| *other != late) {
			author.connect(peer(other), Identity::of(key(other)));
		}
		author.connect(LATER, elsewhere());
		author.import(&occupied);
		let outputs = author.say(peer(first), bitfield(&occupied, first, &[true, false], first));
		assert_eq!(
			bitfields_to(&outputs, LATER),
			0,
			"it is no validator of the session"
		);

		let outputs = author.connect(LATER, Identity::of(key(late)));
		neighbours += bitfields_to(&outputs, LATER);
		let outputs = author.say(peer(second), bitfield(&occupied, second, &[true, false], second));
		assert_eq!(
			bitfields_to(&outputs, LATER),
			1,
			"R-NET-104: it is validator {late}"
		);
		let again = author.connect(LATER, Identity::of(key(late)));
		assert_eq!(bitfields_to(&again, LATER), 0, "each once");
	}
	// Two in the own column and one in the own row of six.
	assert_eq!(
		neighbours, 3,
		"R-NET-104: a neighbour hears what was known before"
	);
}

#[test]
fn r_sd_1_law_7_who_proves_to_be_of_the_group_later_hears_what_was_stated() {
	let (mut first, _) = seconded(0, &Candidate::new());
	first.give(Input::Peer(peer(1), PeerEvent::Disconnected));
	let kinds = |outputs: &Outputs| -> Vec<_> {
		let said = said(outputs).into_iter();
		let said = said.inspect(|(to, _)| assert_eq!(*to, [LATER]));
		said.map(|(_, message)| message.kind()).collect()
	};
	let outputs = first.connect(LATER, elsewhere());
	assert!(!kinds(&outputs).contains(&"statement"), "law 7");
	let outputs = first.connect(LATER, Identity::of(key(1)));
	assert_eq!(kinds(&outputs), ["statement"]);
	let again = first.connect(LATER, Identity::of(key(1)));
	assert_eq!(kinds(&again), [""; 0], "once");
}

#[test]
fn r_net_56_law_4_who_proves_no_keys_any_more_has_no_stream_of_validators() {
	let occupied = leaf(Some(&Candidate::new()));
	let mut author = Solo::fresh(4);
	author.meet_all();
	author.is_alone = true;
	author.connect(peer(1), Identity::stranger());
	let outputs = author.import(&occupied);
	let told: Vec<_> = views(&outputs).into_iter().map(|(to, _)| to).collect();
	assert_eq!(told, [0, 2, 3, 5].map(peer), "R-NET-56");
	let outputs = author.say(peer(1), bitfield(&occupied, 1, &[true, false], 1));
	assert_eq!(
		costs(&outputs),
		[(peer(1), "validation message of a stranger")],
		"law 4"
	);
	// It proves its key again.
	let outputs = author.connect(peer(1), Identity::of(key(1)));
	let told: Vec<_> = views(&outputs).into_iter().map(|(to, _)| to).collect();
	assert_eq!(told, [peer(1)], "R-NET-56: its stream opens");
	let outputs = author.say(peer(1), bitfield(&occupied, 1, &[true, false], 1));
	assert_eq!(costs(&outputs), []);
}

#[test]
fn law_7_who_gives_way_to_a_validator_is_as_good_as_gone_for_every_part() {
	let first = leaf(None);
	let mut author = Solo::fresh(4);
	author.core = Validator::new(ValidatorConfig {
		limits: Limits {
			peers: 3,
			..Limits::default()
		},
		..ValidatorConfig::new(key(4))
	});
	author.is_alone = true;
	author.import(&first);
	for other in [0, 1] {
		author.connect(peer(other), Identity::of(key(other)));
	}
	let told = |outputs: &Outputs| -> Vec<_> { views(outputs).into_iter().map(|(to, _)| to).collect() };
	assert_eq!(
		told(&author.connect(LATER, elsewhere())),
		[LATER],
		"there is room"
	);

	author.connect(peer(2), Identity::of(key(2)));
	let second = child_of(&first, 0);
	let outputs = author.import(&second);
	assert_eq!(told(&outputs), [0, 1, 2].map(peer), "it gave way");
	let outputs = author.say(LATER, bitfield(&second, 1, &[false, false], 1));
	assert_eq!(costs(&outputs), [(LATER, "no room for more peers")]);

	// When somebody leaves it may come again, as if it had never been there.
	author.give(Input::Peer(LATER, PeerEvent::Disconnected));
	author.give(Input::Peer(peer(0), PeerEvent::Disconnected));
	assert_eq!(told(&author.connect(LATER, elsewhere())), [LATER]);
}
