//! Random histories: a chain's hook, and block by block what the relay chain shows and what the chain would send.

use rand::{seq::SliceRandom, Rng};
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};

/// How a chain paces its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
	/// The parent has to be included.
	Parent,
	/// So many blocks may be unincluded.
	Fixed(u32),
	/// At most so many blocks in a relay slot and one more, and so many may be unincluded; slots of the chain are as long
	/// as those of the relay chain.
	Velocity(u32, u32),
}

impl Capacity {
	/// The published hook has its velocity and capacity in its type.
	pub const VELOCITIES: [(u32, u32); 4] = [(0, 1), (1, 3), (2, 5), (3, 9)];
}

/// One block.
#[derive(Clone, Debug)]
pub struct Step {
	/// Number of its relay parent.
	pub relay_parent: u32,
	/// Slot of its relay parent.
	pub relay_slot: u64,
	/// Slot of the block.
	pub para_slot: u64,
	/// Which of the chain's blocks is included, counted from genesis; `None` for a head that is none of the chain's.
	pub included: Option<usize>,
	/// Whether the proof has an included head.
	pub proves_head: bool,
	/// Whether the relay chain tells what remains of the upward queue, or how much waits.
	pub tells_capacity: bool,
	/// Upward messages and bytes that the relay chain has room for.
	pub upward_room: (u32, u32),
	/// Most upward messages of a candidate.
	pub max_upward: u32,
	/// Outbound channels: recipient, messages and bytes that fit; ascending.
	pub channels: Vec<(u32, u32, u32)>,
	/// Lengths of the upward messages that wait in the chain.
	pub upward: Vec<usize>,
	/// Horizontal messages that the block sends, whether they fit or not: recipient and length, ascending.
	pub horizontal: Vec<(u32, usize)>,
	/// Where the block puts its watermark.
	pub watermark: u32,
	/// The relay chain's answer to an announced upgrade: go ahead, or abort.
	pub go_ahead: Option<bool>,
}

/// A chain's hook, and its blocks.
#[derive(Clone, Debug)]
pub struct History {
	/// The hook.
	pub capacity: Capacity,
	/// Whether relay parents have to ascend.
	pub strict: bool,
	/// The blocks that are tried, each on the latest one that was valid.
	pub steps: Vec<Step>,
}

impl History {
	/// The history of this seed.
	pub fn random(seed: u64) -> Self {
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		let capacity = match rng.gen_range(0..8) {
			0 => Capacity::Parent,
			1..=4 => Capacity::Fixed(rng.gen_range(1..7)),
			_ => {
				let (velocity, capacity) = *Capacity::VELOCITIES.choose(&mut rng).expect("not empty");
				Capacity::Velocity(velocity, capacity)
			}
		};
		let mut relay = Relay {
			number: 1,
			slot: 10,
			included: 0,
			built: 0,
			watermark: 1,
			go_ahead: None,
		};
		let length = rng.gen_range(4..16);
		Self {
			capacity,
			strict: rng.gen_bool(0.2),
			steps: (0..length).map(|_| relay.step(&mut rng, capacity)).collect(),
		}
	}
}

/// Where the relay chain and the chain are, if all goes well.
struct Relay {
	number: u32,
	slot: u64,
	included: usize,
	built: usize,
	watermark: u32,
	go_ahead: Option<bool>,
}

impl Relay {
	fn step(&mut self, rng: &mut ChaCha8Rng, capacity: Capacity) -> Step {
		let later = if rng.gen_bool(0.5) { 1 } else { rng.gen_range(0..3) };
		self.number += later;
		self.slot += u64::from(later);
		// What is included moves on as fast as what is built, or a little slower, or all at once.
		let lag = self.built - self.included;
		self.included += match capacity {
			Capacity::Parent if rng.gen_bool(0.9) => lag,
			_ => rng.gen_range(0..=lag.min(3)),
		};
		self.built += 1;
		self.go_ahead = match self.go_ahead {
			None if rng.gen_bool(0.1) => Some(rng.gen_bool(0.5)),
			Some(_) if rng.gen_bool(0.2) => None,
			Some(shown) if rng.gen_bool(0.05) => Some(!shown),
			shown => shown,
		};
		self.watermark = rng.gen_range(self.watermark..=self.number.max(self.watermark));

		let mut recipients: Vec<u32> = (3000..3004).collect();
		recipients.retain(|_| rng.gen_bool(0.7));
		let channels: Vec<_> = recipients
			.iter()
			.map(|&recipient| (recipient, rng.gen_range(0..6), rng.gen_range(0..60)))
			.collect();
		let mut horizontal = Vec::new();
		for recipient in 3000..3004 {
			let open = recipients.contains(&recipient);
			if rng.gen_bool(if open { 0.3 } else { 0.02 }) {
				horizontal.push((recipient, rng.gen_range(0..20)));
			}
		}
		let slips = |rng: &mut ChaCha8Rng| rng.gen_bool(0.03);
		Step {
			relay_parent: if slips(rng) {
				self.number.saturating_sub(2).max(1)
			} else {
				self.number
			},
			relay_slot: if slips(rng) { self.slot - 2 } else { self.slot },
			para_slot: if slips(rng) { self.slot + 1 } else { self.slot },
			included: (!slips(rng)).then_some(self.included),
			proves_head: !slips(rng),
			tells_capacity: rng.gen_bool(0.8),
			upward_room: (rng.gen_range(0..8), rng.gen_range(0..80)),
			max_upward: rng.gen_range(1..4),
			channels,
			upward: (0..rng.gen_range(0..3)).map(|_| rng.gen_range(1..20)).collect(),
			horizontal,
			watermark: if slips(rng) {
				self.watermark.saturating_sub(2)
			} else {
				self.watermark
			},
			go_ahead: self.go_ahead,
		}
	}
}
