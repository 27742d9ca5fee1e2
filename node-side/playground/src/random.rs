//! Games at random, for those who compare: the same seed, the same moves.

use crate::{Look, Move, Plan, World};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// A game, with where its reader looks after each move.
#[derive(Clone, Debug, Serialize)]
pub struct RandomGame {
	/// What is done.
	pub moves: Vec<Move>,
	/// Where to look after each.
	pub looks: Vec<Look>,
}

/// So many moves. Most of them make sense where they are made; some name what is not there.
pub fn game(seed: u64, moves: usize) -> RandomGame {
	let mut random = ChaCha8Rng::seed_from_u64(seed);
	let mut world = World::new();
	let mut game = RandomGame {
		moves: Vec::new(),
		looks: Vec::new(),
	};
	for _ in 0..moves {
		let shown = world.show(&Look::default());
		let (blocks, candidates) = (shown.blocks.len() as u32, shown.candidates.len() as u32);
		let standing = shown
			.candidates
			.iter()
			.zip(0..)
			.filter(|(of, _)| of.place.starts_with("depth") || of.place.starts_with("pending"));
		let (standing, votes): (Vec<_>, Vec<_>) = standing.map(|(of, at)| (at, of.votes.len())).unzip();
		// Sometimes any, or none that there is.
		let candidate = match standing.as_slice() {
			[_, ..] if random.gen_ratio(7, 8) => standing[random.gen_range(0..standing.len())],
			_ => random.gen_range(0..=candidates),
		};
		let on = match standing.last() {
			_ if random.gen_ratio(1, 12) => Some(random.gen_range(0..=candidates)),
			Some(last) if random.gen_ratio(1, 2) => Some(*last),
			Some(_) if random.gen_ratio(2, 3) => Some(standing[random.gen_range(0..standing.len())]),
			_ => None,
		};
		// Whoever votes begins where a path begins.
		let next_vote = votes.iter().position(|votes| *votes < shown.group.1);
		let voted = match next_vote.and_then(|at| standing.get(at)) {
			Some(next) if random.gen_ratio(3, 4) => *next,
			_ => candidate,
		};
		let next = match random.gen_range(0..100) {
			0..=21 => Move::Block {
				// The newest one mostly, sometimes a fork.
				on: (blocks - 1).saturating_sub(if random.gen_ratio(1, 8) {
					random.gen_range(1..3)
				} else {
					0
				}),
			},
			22..=52 => Move::Candidate(plan(&mut random, blocks, candidates, on)),
			53..=84 => Move::Vote {
				candidate: voted,
				validator: if random.gen_ratio(3, 4) {
					1
				} else {
					random.gen_range(0..4)
				},
				lost: random.gen_ratio(1, 10),
			},
			85..=87 => Move::Deliver { candidate },
			88..=91 => Move::Withhold {
				candidate,
				withheld: random.gen_ratio(2, 3),
			},
			92..=93 => Move::Params {
				depth: random.gen_range(0..6),
				ancestry: random.gen_range(0..6),
			},
			94 => Move::Cores {
				count: random.gen_range(0..4),
			},
			95..=96 => Move::Message {
				para: random.gen_range(2000..2003),
			},
			_ => Move::Hook {
				velocity: random.gen_range(0..3),
				capacity: random.gen_range(0..5),
			},
		};
		world.apply(&next);
		game.moves.push(next);
		game.looks.push(Look {
			leaf: random.gen_ratio(1, 3).then(|| random.gen_range(0..blocks)),
			para: random.gen_range(2000..2002),
			at: random
				.gen_ratio(1, 3)
				.then(|| random.gen_range(0..candidates.max(1))),
		});
	}
	game
}

fn plan(random: &mut ChaCha8Rng, blocks: u32, candidates: u32, on: Option<u32>) -> Plan {
	let rare = |random: &mut ChaCha8Rng, most: u32| {
		if random.gen_ratio(1, 10) {
			random.gen_range(0..=most)
		} else {
			0
		}
	};
	let back = if random.gen_ratio(1, 4) {
		random.gen_range(0..5)
	} else {
		0
	};
	Plan {
		para: 2000 + rare(random, 1),
		on,
		relay_parent: (blocks - 1).saturating_sub(back),
		lost: random.gen_ratio(1, 14),
		upward: rare(random, 4),
		upward_len: random.gen_range(0..60),
		downward: rare(random, 2),
		horizontal: rare(random, 70),
		watermark_behind: rare(random, 1),
		announces_code: random.gen_ratio(1, 16),
		other_code: random.gen_ratio(1, 30),
		head_len: rare(random, 40),
		head_of: (candidates > 0 && random.gen_ratio(1, 12)).then(|| random.gen_range(0..candidates)),
	}
}
