//! Faults out of a seed: mixes that a network of n = 3 f + 1 validators has to bear, or has to break of.

use super::{Misbehaviour, Slots, Span, Trouble, ValidatorMisconduct};
use crate::Misconduct;
use rand::{seq::SliceRandom, Rng};
use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};

/// What mixes are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arena {
	/// Validators.
	pub validators: u32,
	/// Collators of all paras, of which every second one may misbehave: those of even numbers do not.
	pub collators: u32,
	/// First slot in which all is calm.
	pub calm_from: u32,
	/// Whether one more validator misbehaves than may: they break something, or those among them who contradict themselves are
	/// charged for it.
	pub beyond: bool,
}

/// Faults of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mix {
	/// Of how many in a hundred slots the block comes late somewhere.
	pub forks: u32,
	/// How many of a hundred slots nobody builds in.
	pub empty_slots: u32,
	/// By how many milliseconds nodes may have blocks later.
	pub import_jitter_ms: u32,
	/// What else goes wrong.
	pub troubles: Vec<Trouble>,
}

impl Mix {
	/// Validators that contradict themselves, and that honest ones have to notice.
	pub fn equivocators(&self) -> impl Iterator<Item = u32> + '_ {
		self.troubles.iter().filter_map(|trouble| match trouble {
			Trouble::Misbehaviour(Misbehaviour::Validator(number, ValidatorMisconduct::Equivocate)) => {
				Some(*number)
			}
			_ => None,
		})
	}
}

impl Arena {
	/// How many validators may misbehave or be away at once.
	pub fn most_faulty(&self) -> u32 {
		self.validators.saturating_sub(1) / 3
	}

	/// The mix of this number.
	pub fn draw(&self, seed: u64, number: u64) -> Mix {
		let mut random = ChaCha8Rng::seed_from_u64(seed);
		random.set_stream(number);
		let mut mix = Mix::default();
		let some = |of: u32, random: &mut ChaCha8Rng| random.gen_ratio(1, of);
		if some(3, &mut random) {
			mix.forks = random.gen_range(1..=30);
		}
		if some(3, &mut random) {
			mix.empty_slots = random.gen_range(1..=40);
		}
		if some(4, &mut random) {
			mix.import_jitter_ms = random.gen_range(1..=4000);
		}
		let mut nodes: Vec<u32> = (0..self.validators).collect();
		nodes.shuffle(&mut random);
		let faulty = match self.beyond {
			true => self.most_faulty().saturating_add(1),
			false => random.gen_range(0..=self.most_faulty()),
		};
		let mut nodes = nodes.into_iter();
		self.validators(&mut mix, &mut random, nodes.by_ref().take(faulty as usize));
		if self.beyond {
			return mix;
		}
		let rest = self.most_faulty().saturating_sub(faulty);
		self.crashes(&mut mix, &mut random, nodes.by_ref().take(rest as usize));
		self.links(&mut mix, &mut random);
		if some(3, &mut random) {
			self.partition(&mut mix, &mut random);
		}
		if let Some(node) = nodes.next().filter(|_| some(4, &mut random)) {
			mix.troubles.push(Trouble::Slow {
				node,
				percent: random.gen_range(100..=400),
				during: self.slots(&mut random),
			});
		}
		if let Some(node) = nodes.next().filter(|_| some(4, &mut random)) {
			mix.troubles.push(Trouble::Clog {
				node,
				bytes_per_second: random.gen_range(1_000..=200_000),
				during: self.slots(&mut random),
			});
		}
		for collator in (1..self.collators).step_by(2) {
			if some(3, &mut random) {
				let what = Misconduct::ALL.choose(&mut random).copied();
				let what = what.map(|what| Misbehaviour::Collator(collator, what));
				mix.troubles.extend(what.map(Trouble::Misbehaviour));
			}
		}
		mix
	}

	/// Slots before the calm.
	fn slots(&self, random: &mut ChaCha8Rng) -> Slots {
		let from = random.gen_range(2..self.calm_from.max(4).saturating_sub(1));
		let to = random.gen_range(from.saturating_add(1)..=self.calm_from.max(from.saturating_add(1)));
		Slots { from, to: Some(to) }
	}

	fn validators(&self, mix: &mut Mix, random: &mut ChaCha8Rng, nodes: impl Iterator<Item = u32>) {
		use ValidatorMisconduct::{Equivocate, LieInManifests, Mute, VouchForAll, WithholdBitfields};
		let mut vouches = false;
		// More than f who say nothing of what they have: nothing becomes available. More than f who say too much harm nobody,
		// but those who contradict themselves are charged for it.
		let beyond = match self.beyond && random.gen_ratio(1, 2) {
			true => [Equivocate, LieInManifests],
			false => [WithholdBitfields, Mute],
		};
		for (position, node) in nodes.enumerate() {
			let drawn = match self.beyond {
				// There is one at least.
				true if position == 0 => beyond.first().copied(),
				true => beyond.choose(random).copied(),
				false => ValidatorMisconduct::EVERY.choose(random).copied(),
			};
			let what = match drawn {
				// Two of them are a quorum: against that there are approvals, which are not part of backing.
				Some(VouchForAll) if std::mem::replace(&mut vouches, true) => Mute,
				Some(what) => what,
				None => Mute,
			};
			let what = Misbehaviour::Validator(node, what);
			mix.troubles.push(Trouble::Misbehaviour(what));
		}
	}

	fn crashes(&self, mix: &mut Mix, random: &mut ChaCha8Rng, nodes: impl Iterator<Item = u32>) {
		for node in nodes {
			for _ in 0..random.gen_range(0..=2) {
				mix.troubles.push(Trouble::Crash {
					node,
					at: random.gen_range(1..self.calm_from.max(2)),
					away: Some(random.gen_range(0..=6)),
				});
			}
		}
	}

	fn links(&self, mix: &mut Mix, random: &mut ChaCha8Rng) {
		for _ in 0..random.gen_range(0..=2) {
			let during = self.slots(random);
			mix.troubles.push(match random.gen_range(0..3) {
				0 => Trouble::Loss {
					of_a_million: random.gen_range(1..=100_000),
					during,
				},
				1 => Trouble::Repeat {
					of_a_million: random.gen_range(1..=500_000),
					during,
				},
				_ => {
					let least_ms = random.gen_range(0..=1000);
					Trouble::Delay {
						least_ms,
						most_ms: least_ms + random.gen_range(0..=3000),
						during,
					}
				}
			});
		}
	}

	/// Some validators on one side, the others and all collators on the other.
	fn partition(&self, mix: &mut Mix, random: &mut ChaCha8Rng) {
		const LONGEST: u32 = 15;
		let Slots { from, to } = self.slots(random);
		let to = to.map(|to| to.min(from.saturating_add(LONGEST)));
		let cut = random.gen_range(1..self.validators.max(2));
		let nodes = self.validators.saturating_add(self.collators);
		let side = |first, last| vec![Span { first, last }];
		mix.troubles.push(Trouble::Partition {
			during: Slots { from, to },
			sides: vec![side(0, cut - 1), side(cut, nodes.saturating_sub(1))],
		});
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::RunConfig;

	const ARENA: Arena = Arena {
		validators: 10,
		collators: 4,
		calm_from: 50,
		beyond: false,
	};

	fn config(mix: &Mix) -> RunConfig {
		let mut config = RunConfig {
			validators: ARENA.validators,
			collators_per_para: 2,
			..RunConfig::default()
		};
		config.faults.calm_from = Some(ARENA.calm_from);
		config.faults.troubles = mix.troubles.clone();
		config
	}

	#[test]
	fn a_mix_can_be_and_is_the_same_again() {
		let mut kinds = std::collections::BTreeSet::new();
		for number in 0..500 {
			let mix = ARENA.draw(7, number);
			assert_eq!(mix, ARENA.draw(7, number));
			assert_eq!(config(&mix).validate(), Ok(()), "{mix:?}");
			kinds.extend(mix.troubles.iter().map(Trouble::flag));
			let faulty = config(&mix).expanded().expect("it can be").faults.validators;
			assert!(faulty.len() <= 3, "f of 10 is 3: {mix:?}");
			let vouching = |what: &&ValidatorMisconduct| **what == ValidatorMisconduct::VouchForAll;
			assert!(faulty.values().filter(vouching).count() <= 1, "{mix:?}");
		}
		assert_eq!(kinds.len(), 8, "all kinds are drawn: {kinds:?}");
		assert_ne!(ARENA.draw(7, 0), ARENA.draw(8, 0));
	}

	#[test]
	fn beyond_is_one_more() {
		let mut loud = 0;
		let beyond = Arena {
			beyond: true,
			..ARENA
		};
		for number in 0..50 {
			let mix = beyond.draw(7, number);
			let faulty = config(&mix).expanded().expect("it can be").faults.validators;
			assert_eq!(faulty.len(), 4, "{mix:?}");
			let says_too_much = faulty.values().any(|what| {
				matches!(
					what,
					ValidatorMisconduct::Equivocate | ValidatorMisconduct::LieInManifests
				)
			});
			assert_eq!(says_too_much, mix.equivocators().next().is_some(), "{mix:?}");
			loud += u32::from(says_too_much);
		}
		assert!((10..40).contains(&loud), "both kinds are drawn: {loud}");
	}
}
