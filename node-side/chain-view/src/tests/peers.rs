//! Who is behind which connection.

use super::*;
use crate::PeerError;

fn started() -> ChainView {
	let mut view = view();
	change(&mut view, imported(&root(1, 10)));
	view
}

fn all(view: &ChainView, validator: u32) -> Vec<u64> {
	view.peers_of(hash(1), ValidatorIndex(validator))
		.map(|peer| peer.0)
		.collect()
}

#[test]
fn a_stranger_is_no_validator() {
	let mut view = started();
	view.connected(PeerId(1), Identity::stranger());
	view.connected(PeerId(2), Identity::of(key(99)));
	for peer in 1..4 {
		assert_eq!(view.validator_of(hash(1), PeerId(peer)), None);
		assert!(!view.is_any_validator(PeerId(peer)));
	}
	assert!(view.is_connected(PeerId(1)) && !view.is_connected(PeerId(3)));
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(1)), None, "nobody connected");
	assert_eq!(
		view.peer_of(hash(1), ValidatorIndex(u32::MAX)),
		None,
		"no such validator"
	);
	assert_eq!(view.peer_of(hash(9), ValidatorIndex(1)), None, "no such block");
}

#[test]
fn a_peer_may_connect_before_its_session() {
	let mut view = started();
	view.connected(PeerId(7), Identity::of(key(42)));
	assert_eq!(view.validator_of(hash(1), PeerId(7)), None);
	let next = child_in_session(&root(1, 10), 2, 2, keys([0, 42]));
	change(&mut view, imported(&next));
	assert_eq!(view.validator_of(hash(2), PeerId(7)), Some(ValidatorIndex(1)));
	assert_eq!(view.validator_of(hash(1), PeerId(7)), None);
	assert!(view.is_any_validator(PeerId(7)));
}

#[test]
fn a_validator_with_a_key_for_each_session_is_one_peer() {
	let mut view = started();
	let next = child_in_session(&root(1, 10), 2, 2, keys([0, 42]));
	change(&mut view, imported(&next));
	let authorities = keys([42, 2]);
	view.connected(PeerId(7), Identity { authorities });
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(2)), Some(PeerId(7)));
	assert_eq!(view.peer_of(hash(2), ValidatorIndex(1)), Some(PeerId(7)));
}

#[test]
fn of_two_connections_the_newer_one_is_asked_and_both_are_the_validator() {
	let mut view = started();
	view.connected(PeerId(9), Identity::of(key(1)));
	view.connected(PeerId(4), Identity::of(key(1)));
	assert_eq!(all(&view, 1), [4, 9]);
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(1)), Some(PeerId(4)));
	for peer in [4, 9] {
		assert_eq!(view.validator_of(hash(1), PeerId(peer)), Some(ValidatorIndex(1)));
		assert!(view.is_validator(hash(1), PeerId(peer), ValidatorIndex(1)));
	}
	view.connected(PeerId(9), Identity::of(key(1)));
	assert_eq!(
		all(&view, 1),
		[4, 9],
		"nobody gets ahead by saying the same again"
	);
	view.disconnected(PeerId(4));
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(1)), Some(PeerId(9)));
	view.disconnected(PeerId(9));
	view.disconnected(PeerId(9));
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(1)), None);
	assert_eq!(view.peer_count(), 0);
}

#[test]
fn who_changes_what_it_is_known_to_be_is_that_from_now_on() {
	let mut view = started();
	view.connected(PeerId(5), Identity::of(key(1)));
	view.connected(PeerId(5), Identity::of(key(2)));
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(1)), None);
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(2)), Some(PeerId(5)));
	assert_eq!(view.validator_of(hash(1), PeerId(5)), Some(ValidatorIndex(2)));
	view.connected(PeerId(5), Identity::stranger());
	assert_eq!(view.validator_of(hash(1), PeerId(5)), None);
	assert!(view.is_connected(PeerId(5)));
}

#[test]
fn a_peer_that_is_several_validators() {
	let mut view = started();
	let authorities = keys([2, 1, 2, 77]);
	view.connected(PeerId(5), Identity { authorities });
	assert_eq!(
		view.validator_of(hash(1), PeerId(5)),
		Some(ValidatorIndex(1)),
		"the lowest"
	);
	for validator in [1, 2] {
		assert!(view.is_validator(hash(1), PeerId(5), ValidatorIndex(validator)));
		assert_eq!(all(&view, validator), [5]);
	}
	assert!(!view.is_validator(hash(1), PeerId(5), ValidatorIndex(0)));
	view.disconnected(PeerId(5));
	assert!(all(&view, 1).is_empty() && all(&view, 2).is_empty());
}

#[test]
fn a_key_that_a_session_has_twice_is_its_first_validator() {
	let mut view = view();
	let mut leaf = root(1, 10);
	leaf.validators = keys([1, 1]);
	change(&mut view, imported(&leaf));
	view.connected(PeerId(5), Identity::of(key(1)));
	assert_eq!(view.validator_of(hash(1), PeerId(5)), Some(ValidatorIndex(0)));
	assert_eq!(
		view.peer_of(hash(1), ValidatorIndex(1)),
		Some(PeerId(5)),
		"the same key"
	);
}

#[test]
fn peers_are_bounded_and_strangers_give_way_to_validators() {
	let limits = Limits {
		peers: 3,
		..Limits::default()
	};
	let mut view = view_with(limits);
	change(&mut view, imported(&root(1, 10)));
	for peer in 1..=3 {
		view.connected(PeerId(peer), Identity::of(key(100 + peer as u8)));
	}
	let no_room = PeerError::NoRoom {
		peer: PeerId(4),
		limit: 3,
	};
	assert_eq!(view.try_connected(PeerId(4), Identity::stranger()), Err(no_room));
	assert_eq!(
		view.try_connected(PeerId(4), Identity::of(key(0))),
		Ok(Some(PeerId(3)))
	);
	assert_eq!(
		view.peers().collect::<Vec<_>>(),
		[1, 2, 4].map(PeerId),
		"who waits longest stays"
	);
	assert_eq!(
		view.try_connected(PeerId(5), Identity::of(key(1))),
		Ok(Some(PeerId(2)))
	);
	assert_eq!(view.connected(PeerId(6), Identity::of(key(1))), Some(PeerId(1)));
	assert!(
		view.try_connected(PeerId(7), Identity::of(key(2))).is_err(),
		"all are validators"
	);
	assert_eq!(view.refused().peers, 5);
	assert_eq!(
		view.try_connected(PeerId(4), Identity::of(key(2))),
		Ok(None),
		"it is there already"
	);
}

#[test]
fn ten_thousand_strangers_keep_no_validator_out() {
	let mut view = started();
	for peer in 0..10_000 {
		view.connected(PeerId(peer), Identity::stranger());
	}
	assert_eq!(view.peer_count(), Limits::default().peers);
	view.connected(PeerId(20_000), Identity::of(key(1)));
	assert_eq!(view.peer_of(hash(1), ValidatorIndex(1)), Some(PeerId(20_000)));
	assert_eq!(view.peer_count(), Limits::default().peers);
}

#[test]
fn keys_of_a_peer_are_bounded() {
	let mut view = started();
	let authorities = keys((50..250).chain([1]));
	view.connected(PeerId(5), Identity { authorities });
	assert_eq!(view.validator_of(hash(1), PeerId(5)), None);
	assert_eq!(
		view.refused().authorities,
		201 - Limits::default().authorities as u64
	);
}
