//! Who has which bitfield of a leaf.

use async_backing_machine::PeerId;
use async_backing_primitives::ValidatorIndex;
use std::collections::BTreeMap;

/// A small set of numbers: a bit for each up to the largest that is in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
	/// The word in which a number is, and its bit.
	const fn place(number: u32) -> (usize, u64) {
		((number / u64::BITS) as usize, 1 << (number % u64::BITS))
	}

	/// Whether it was not there.
	pub(super) fn insert(&mut self, number: u32) -> bool {
		let (at, bit) = Self::place(number);
		let words = at.saturating_add(1);
		if self.0.len() < words {
			// Not twice what is needed: there are two sets for each validator of each leaf.
			self.0.reserve_exact(words.saturating_sub(self.0.len()));
			self.0.resize(words, 0);
		}
		let Some(word) = self.0.get_mut(at) else {
			return false;
		};
		let is_new = *word & bit == 0;
		*word |= bit;
		is_new
	}

	pub(super) fn remove(&mut self, number: u32) {
		let (at, bit) = Self::place(number);
		if let Some(word) = self.0.get_mut(at) {
			*word &= !bit;
		}
	}

	pub(super) fn contains(&self, number: u32) -> bool {
		let (at, bit) = Self::place(number);
		self.0.get(at).is_some_and(|word| word & bit != 0)
	}

	/// All that are in it, ascending.
	pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
		let words = (0u32..).step_by(u64::BITS as usize).zip(&self.0);
		words.flat_map(|(first, word)| {
			let mut rest = *word;
			std::iter::from_fn(move || {
				let next = (rest != 0).then(|| rest.trailing_zeros())?;
				rest &= rest.wrapping_sub(1);
				Some(first.saturating_add(next))
			})
		})
	}
}

/// Of one bitfield, by the [slots](Told::slot) of peers.
#[derive(Clone, Debug, Default)]
struct Holders {
	/// Who sent it.
	by: Bits,
	/// Who has it, from us or from itself.
	has: Bits,
}

/// Who has which bitfield of a leaf.
///
/// A peer has a small number, its slot, and each bitfield the set of those that have it: where a bitfield spreads, all who may be
/// told are asked for in a few words that lie together.
#[derive(Clone, Debug)]
pub(super) struct Told {
	slots: BTreeMap<PeerId, u32>,
	/// Slots below the highest that nobody has.
	free: Vec<u32>,
	/// By the validator whose bitfield it is.
	holders: Vec<Holders>,
}

impl Told {
	/// Of so many validators. Their sets are there from the start, so that no peer's message is the one for which they are made
	/// (law 1).
	pub(super) fn new(validators: usize) -> Self {
		Self {
			slots: BTreeMap::new(),
			free: Vec::new(),
			holders: vec![Holders::default(); validators],
		}
	}

	/// The slot of a peer, if it has one.
	pub(super) fn known(&self, peer: PeerId) -> Option<u32> {
		self.slots.get(&peer).copied()
	}

	/// The slot of a peer, a free one if it has none.
	pub(super) fn slot(&mut self, peer: PeerId) -> u32 {
		let Self { slots, free, .. } = self;
		let next = u32::try_from(slots.len()).unwrap_or(u32::MAX);
		*slots.entry(peer).or_insert_with(|| free.pop().unwrap_or(next))
	}

	/// Nothing is known of a peer any more. Cost: once through the bitfields.
	pub(super) fn forget(&mut self, peer: PeerId) {
		let Some(slot) = self.slots.remove(&peer) else {
			return;
		};
		for holders in &mut self.holders {
			holders.by.remove(slot);
			holders.has.remove(slot);
		}
		self.free.push(slot);
	}

	fn of(&mut self, validator: ValidatorIndex) -> Option<&mut Holders> {
		self.holders.get_mut(validator.as_usize())
	}

	/// Whoever has this slot sent a bitfield, and so has it. Whether it had not sent it before.
	pub(super) fn sent(&mut self, slot: u32, validator: ValidatorIndex) -> bool {
		self.of(validator).is_some_and(|holders| {
			holders.has.insert(slot);
			holders.by.insert(slot)
		})
	}

	/// Whoever has this slot gets a bitfield. Whether it did not have it.
	pub(super) fn gets(&mut self, slot: u32, validator: ValidatorIndex) -> bool {
		self.of(validator).is_some_and(|holders| holders.has.insert(slot))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;
	use std::collections::BTreeSet;

	proptest! {
		#[test]
		fn bits_are_a_set(numbers in prop::collection::vec((0u32..300, any::<bool>()), 0..200)) {
			let (mut bits, mut set) = (Bits::default(), BTreeSet::new());
			for (number, is_in) in numbers {
				if is_in {
					prop_assert_eq!(bits.insert(number), set.insert(number));
				} else {
					bits.remove(number);
					set.remove(&number);
				}
				prop_assert_eq!(bits.contains(number), set.contains(&number));
			}
			prop_assert!(bits.iter().eq(set));
		}

		#[test]
		fn slots_are_of_those_who_are_there_alone(
			steps in prop::collection::vec((0u64..12, 0u32..6, 0u8..4), 0..300),
		) {
			let mut told = Told::new(6);
			let (mut has, mut by) = (BTreeSet::new(), BTreeSet::new());
			let mut most = BTreeSet::new();
			for (peer, of, what) in steps {
				let validator = ValidatorIndex(of);

				let has_it = |told: &Told| {
					let slot = told.known(PeerId(peer));
					slot.is_some_and(|slot| told.holders[of as usize].has.contains(slot))
				};
				match what {
					0 => {
						told.forget(PeerId(peer));
						has.retain(|(other, _)| *other != peer);
						by.retain(|(other, _)| *other != peer);
					}
					1 => {
						let slot = told.slot(PeerId(peer));
						has.insert((peer, of));
						prop_assert_eq!(told.sent(slot, validator), by.insert((peer, of)));
					}
					2 => {
						let slot = told.slot(PeerId(peer));
						prop_assert_eq!(told.gets(slot, validator), has.insert((peer, of)));
					}
					_ => {}
				}
				prop_assert_eq!(has_it(&told), has.contains(&(peer, of)));
				most.insert(told.slots.len());
				let slots: BTreeSet<_> = told.slots.values().collect();
				prop_assert_eq!(slots.len(), told.slots.len(), "each has its own");
				let highest = slots.last().map_or(0, |slot| **slot as usize + 1);
				prop_assert!(highest <= most.last().copied().unwrap_or(0), "law 3: no more than ever were there");
			}
		}
	}
}
