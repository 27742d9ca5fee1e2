//! Six validators that ask each other.

use super::world::*;
use crate::*;
use async_backing_machine::{Input, Instant, PeerId, RequestFailure, RequestId};
use async_backing_primitives::{availability_threshold, CoreIndex, GroupIndex};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Six validators, two groups; the second has backed a candidate. These have crashed.
struct Network {
	worlds: Vec<World>,
	crashed: Vec<u32>,
}

impl Network {
	/// `backers` have the data.
	fn new(backers: &[u32]) -> Self {
		let mut worlds: Vec<_> = (0..6)
			.map(|own| World::with(Default::default(), own, 6))
			.collect();
		for world in &mut worlds {
			world.import(leaf(0, Vec::new()));
		}
		for backer in backers {
			let place = Placement {
				relay_parent: block(0, 0),
				group: GroupIndex(1),
				core: CoreIndex(0),
			};
			worlds[*backer as usize].store_coded(OwnData { place, ..own_data(1) });
		}
		Self {
			worlds,
			crashed: Vec::new(),
		}
	}

	/// A leaf at which the candidate is pending; everything that comes of it within two seconds. How many attest then.
	fn leaf(&mut self, number: u32) -> usize {
		let alive = |crashed: &[u32], i: usize| !crashed.iter().any(|other| *other as usize == i);
		for (i, world) in self.worlds.iter_mut().enumerate() {
			if alive(&self.crashed, i) {
				world.import(leaf(number, vec![occupied(1)]));
			}
		}
		let start = self.worlds[0].now;
		loop {
			let next = (0..6).find(|i| alive(&self.crashed, *i) && !self.worlds[*i].requests.is_empty());
			let Some(asker) = next else {
				let timers = (0..6).filter(|i| alive(&self.crashed, *i));
				let due = timers
					.flat_map(|i| self.worlds[i].timers.values().map(move |at| (*at, i)))
					.min();
				match due {
					Some((at, i)) if at < start + CHUNK_TIMEOUT * 2 => self.worlds[i].tick(),
					_ => break,
				}
				continue;
			};
			let (id, (peer, request)) = self.worlds[asker].requests.pop_first().expect("it asks");
			let answerer = usize::try_from(peer.0).expect("small");
			let answer = if alive(&self.crashed, answerer) {
				let answer = self.worlds[answerer].serve(PeerId(asker as u64), request);
				answer.expect("at once").map_err(|_| RequestFailure::Refused)
			} else {
				Err(RequestFailure::TimedOut)
			};
			self.worlds[asker].handle(Input::Response(id, answer));
		}
		let at = block(number, 0);
		self.worlds
			.iter()
			.enumerate()
			.filter(|(i, world)| alive(&self.crashed, *i) && world.bits(at) == [true])
			.count()
	}
}

#[test]
fn row_17_one_of_six_a_backer_has_crashed_and_five_attest() {
	let mut network = Network::new(&[3, 4, 5]);
	network.crashed = vec![3];
	assert_eq!(network.leaf(1), 5, "the para lives");
	assert_eq!(availability_threshold(6), 5, "R-ENA-1");
}

#[test]
fn row_17_only_two_of_the_group_have_the_data_and_one_crashes() {
	let mut network = Network::new(&[4, 5]);
	network.crashed = vec![4];
	assert_eq!(network.leaf(1), 5, "the third member fetches as well");
}

#[test]
fn row_17_both_who_had_the_data_crash_after_two_have_their_chunks() {
	let mut network = Network::new(&[4, 5]);
	network.crashed = vec![0, 1, 3];
	assert_eq!(network.leaf(1), 3, "2 has its chunk");
	network.crashed = vec![4];
	assert_eq!(network.leaf(2), 5, "all others have theirs");

	let mut network = Network::new(&[4, 5]);
	network.crashed = vec![0, 3];
	assert_eq!(network.leaf(1), 4, "1 and 2 have theirs");
	network.crashed = vec![4, 5];
	assert_eq!(
		network.leaf(2),
		4,
		"0 and 3 recover the data from these two chunks (R-AVL-1)"
	);
}

#[test]
fn row_17_f_chunks_are_too_few_until_a_backer_is_back() {
	let mut network = Network::new(&[5]);
	network.crashed = vec![0, 1, 3, 4];
	assert_eq!(network.leaf(1), 2);
	network.crashed = vec![5];
	assert_eq!(network.leaf(2), 1, "one chunk is less than f + 1");
	network.crashed = vec![];
	assert_eq!(network.leaf(3), 6, "the next leaf tries again");
}

/// What one of six may be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bad {
	Silent,
	Empty,
	Gone,
	/// It sends a chunk of something else.
	Foreign,
	/// It sends another chunk than it was asked for.
	Other,
	/// It sends data.
	Astray,
}

/// Answers of five others, of whom one is bad: what comes when.
#[derive(Default)]
struct Answers {
	due: BTreeMap<(Instant, RequestId), Result<AvailabilityResponse, RequestFailure>>,
}

impl Answers {
	/// Plans answers to all questions that are open.
	fn plan(&mut self, world: &mut World, bad: u64, kind: Bad) {
		while let Some((id, (peer, request))) = world.requests.pop_first() {
			let soon = world.now + Duration::from_millis(30);
			let AvailabilityRequest::Chunk { index, .. } = request else {
				self.due.insert((soon, id), Err(RequestFailure::Refused));
				continue;
			};
			let is_there = (3..6).contains(&peer.0) || u64::from(index.0) == peer.0;
			let chunk_of = |seed, index| Ok(AvailabilityResponse::Chunk(chunk(seed, index)));
			let (at, answer) = match kind {
				_ if peer.0 != bad && is_there => (soon, chunk_of(1, index.as_usize())),
				_ if peer.0 != bad => (soon, Err(RequestFailure::Refused)),
				Bad::Silent | Bad::Gone => (world.now + CHUNK_TIMEOUT, Err(RequestFailure::TimedOut)),
				Bad::Empty => (soon, Err(RequestFailure::Refused)),
				Bad::Foreign => (soon, chunk_of(2, index.as_usize())),
				Bad::Other => (soon, chunk_of(1, (index.as_usize() + 1) % 6)),
				Bad::Astray => (
					soon,
					Ok(AvailabilityResponse::AvailableData(Arc::clone(&data(1)))),
				),
			};
			self.due.insert((at, id), answer);
		}
	}
}

#[test]
fn r_avl_8_law_2_whatever_one_of_six_is_like_the_chunk_is_attested_in_time_and_no_honest_peer_pays() {
	for bad in 1..6 {
		for kind in [
			Bad::Silent,
			Bad::Empty,
			Bad::Gone,
			Bad::Foreign,
			Bad::Other,
			Bad::Astray,
		] {
			let mut world = World::new();
			if kind == Bad::Gone {
				world.disconnect(&[bad]);
			}
			let start = world.now;
			world.import(leaf(5, vec![occupied(1)]));
			let mut answers = Answers::default();
			answers.plan(&mut world, bad, kind);
			while world.bits(block(5, 0)) != [true] {
				let ((at, id), answer) = answers.due.pop_first().expect("it asks somebody");
				world.now = at;
				world.handle(Input::Response(id, answer));
				answers.plan(&mut world, bad, kind);
			}
			// Bitfields are signed 1.5 s after the leaf.
			assert!(
				world.now - start < Duration::from_millis(1500),
				"R-AVL-8: {bad} is {kind:?}"
			);
			let is_bad = |(peer, _): &(PeerId, _)| peer.0 == bad;
			assert!(
				world.reports.iter().all(is_bad),
				"law 4: {bad} is {kind:?}, {:?}",
				world.reports
			);
		}
	}
}
