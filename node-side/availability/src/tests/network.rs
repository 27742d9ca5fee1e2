//! Six validators that ask each other.

use super::world::*;
use crate::*;
use async_backing_machine::{Input, PeerId, RequestFailure};
use async_backing_primitives::{availability_threshold, CoreIndex, GroupIndex};

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
