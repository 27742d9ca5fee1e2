//! What arrives before its leaf (row 13).

use super::*;
use crate::{Arrived, Early, EarlyError, EarlyLimits};
use std::time::Duration;

const LIMITS: EarlyLimits = EarlyLimits {
	per_peer: 3,
	per_relay_parent: 4,
	total: 6,
	bytes_per_peer: 30,
	total_bytes: 100,
	time: Duration::from_secs(10),
	leaves: 2,
};

fn at(seconds: u64) -> Duration {
	Duration::from_secs(seconds)
}

fn items(arrived: Vec<Arrived<u32>>) -> Vec<u32> {
	arrived.into_iter().map(|arrived| arrived.item).collect()
}

fn put(early: &mut Early<u32>, peer: u64, relay_parent: u64, item: u32) -> Result<Vec<u32>, EarlyError> {
	early
		.insert(at(0), PeerId(peer), hash(relay_parent), item, 1)
		.map(items)
}

#[test]
fn row_13_what_arrives_before_its_leaf_is_released_with_it_in_order_of_arrival() {
	let mut early = Early::new(LIMITS);
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3]);
	put(&mut early, 7, 2, 20).expect("there is room");
	put(&mut early, 8, 3, 30).expect("there is room");
	put(&mut early, 9, 3, 31).expect("there is room");
	put(&mut early, 7, 1, 10).expect("there is room");
	put(&mut early, 8, 9, 90).expect("there is room");
	// The leaf brings its ancestors into scope, although nobody imported them.
	let update = view.handle(imported(&blocks[2]));
	let released = early.leaves_changed(at(1), &update, &view);
	let peers: Vec<_> = released.iter().map(|arrived| arrived.peer.0).collect();
	assert_eq!(peers, [7, 8, 9, 7]);
	assert_eq!(items(released), [20, 30, 31, 10]);
	assert_eq!(
		(early.len(), early.bytes()),
		(1, 1),
		"of the other one nothing is known"
	);
	assert!(early.leaves_changed(at(1), &update, &view).is_empty());
}

#[test]
fn a_flood_takes_the_place_of_its_own_only() {
	let mut early = Early::new(LIMITS);
	assert_eq!(put(&mut early, 1, 1, 100), Ok(vec![]));
	for item in 0..1_000 {
		let gone = put(&mut early, 2, u64::from(item), item).expect("its own give way");
		let expected: Vec<_> = item.checked_sub(3).into_iter().collect();
		assert_eq!(gone, expected, "the oldest");
	}
	assert_eq!((early.len(), early.refused()), (4, 997));
	assert_eq!(items(early.release(hash(1))), [100]);
	assert_eq!(items(early.release(hash(999))), [999]);
}

#[test]
fn a_thousand_peers_that_fill_it_evict_nobody() {
	let mut early = Early::new(LIMITS);
	for peer in 0..6 {
		put(&mut early, peer, peer, peer as u32).expect("there is room");
	}
	for peer in 6..1_000 {
		assert_eq!(put(&mut early, peer, peer, 0), Err(EarlyError::NoRoom));
	}
	assert_eq!(
		put(&mut early, 3, 9, 33),
		Ok(vec![3]),
		"its own gives way, although it has room of its own"
	);
	assert_eq!((early.len(), early.refused()), (6, 994 + 1));
}

#[test]
fn one_relay_parent_does_not_take_all() {
	let mut early = Early::new(LIMITS);
	for peer in 0..4 {
		put(&mut early, peer, 1, peer as u32).expect("there is room");
	}
	assert_eq!(put(&mut early, 4, 2, 40), Ok(vec![]));
	assert_eq!(
		put(&mut early, 4, 1, 41),
		Err(EarlyError::NoRoom),
		"what it has elsewhere is of no use"
	);
	assert_eq!(put(&mut early, 0, 1, 42), Ok(vec![0]));
	assert_eq!(items(early.release(hash(1))), [1, 2, 3, 42]);
	assert_eq!(items(early.release(hash(2))), [40]);
	assert!(early.is_empty() && early.bytes() == 0);
}

#[test]
fn bytes_are_bounded() {
	let mut early = Early::new(EarlyLimits {
		total_bytes: 50,
		..LIMITS
	});
	let mut put = |peer, item, bytes| early.insert(at(0), PeerId(peer), hash(1), item, bytes).map(items);
	let too_large = EarlyError::TooLarge {
		actual: 31,
		limit: 30,
	};
	assert_eq!(put(1, 1, 31), Err(too_large));
	assert_eq!(
		put(1, 1, usize::MAX).map_err(|error| matches!(error, EarlyError::TooLarge { .. })),
		Err(true)
	);
	assert_eq!(put(1, 1, 30), Ok(vec![]));
	assert_eq!(put(1, 2, 10), Ok(vec![1]));
	assert_eq!(put(1, 3, 20), Ok(vec![]));
	assert_eq!(put(2, 4, 20), Ok(vec![]));
	assert_eq!(put(2, 5, 30), Err(EarlyError::NoRoom), "its own would not do");
	assert_eq!(early.bytes(), 50);
	assert_eq!(items(early.release(hash(1))), [2, 3, 4], "so they stayed");
}

#[test]
fn what_waits_too_long_goes() {
	let mut early = Early::new(LIMITS);
	early
		.insert(at(0), PeerId(1), hash(1), 1, 1)
		.expect("there is room");
	early
		.insert(at(5), PeerId(1), hash(1), 2, 1)
		.expect("there is room");
	assert_eq!(early.expire(at(10)), 0);
	assert_eq!(early.expire(at(11)), 1);
	assert_eq!(items(early.release(hash(1))), [2]);
	assert_eq!(early.expired(), 1);
}

#[test]
fn what_sees_too_many_leaves_come_goes() {
	let mut early = Early::new(LIMITS);
	let mut view = view();
	let blocks = chain(&root(1, 10), [2, 3, 4]);
	put(&mut early, 1, 99, 1).expect("there is room");
	for (block, left) in blocks.iter().zip([1, 1, 0, 0]) {
		let update = view.handle(imported(block));
		assert!(early.leaves_changed(at(0), &update, &view).is_empty());
		assert_eq!(early.len(), left);
	}
	assert_eq!(early.expired(), 1);
}

#[test]
fn what_a_peer_said_goes_with_it() {
	let mut early = Early::new(LIMITS);
	put(&mut early, 1, 1, 1).expect("there is room");
	put(&mut early, 2, 1, 2).expect("there is room");
	put(&mut early, 1, 2, 3).expect("there is room");
	assert_eq!(early.disconnected(PeerId(1)), 2);
	assert_eq!(early.disconnected(PeerId(1)), 0);
	assert_eq!(items(early.release(hash(1))), [2]);
}

#[test]
fn no_room_at_all_is_no_panic() {
	let none = EarlyLimits {
		per_peer: 0,
		per_relay_parent: 0,
		total: 0,
		bytes_per_peer: 0,
		total_bytes: 0,
		time: Duration::ZERO,
		leaves: 0,
	};
	let mut early = Early::new(none);
	assert_eq!(
		early.insert(at(0), PeerId(1), hash(1), 1, 0).map(items),
		Err(EarlyError::NoRoom)
	);
}
