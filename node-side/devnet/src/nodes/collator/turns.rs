//! Whose turn it is: the collators of a para take turns, slot by slot, as Aura has it. The turn of one that has vanished is
//! the next one's, so that the para lives on.

use async_backing_chain_view::Identity;
use async_backing_primitives::{Slot, ValidatorId};

/// The collators of a para, as its state has them, and which of them is this one.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
	authorities: Vec<ValidatorId>,
	own: usize,
}

impl Turns {
	/// The collator at this position.
	pub(crate) fn new(authorities: Vec<ValidatorId>, own: usize) -> Self {
		Self { authorities, own }
	}

	/// Whose turn a slot is, that of a relay parent: of those who are there, the first from the one whose slot it is. This
	/// collator is there.
	pub(crate) fn of(&self, slot: Slot, is_there: impl Fn(usize) -> bool) -> usize {
		let count = self.authorities.len();
		let slot = usize::try_from(slot).unwrap_or(usize::MAX);
		let Some(first) = slot.checked_rem(count) else {
			return self.own;
		};
		let mut turns = (first..count).chain(0..first);
		turns
			.find(|position| *position == self.own || is_there(*position))
			.unwrap_or(self.own)
	}

	/// Whether a position is this collator's.
	pub(crate) fn is_own(&self, position: usize) -> bool {
		position == self.own
	}

	/// Which of the other collators of the para somebody is, if any.
	pub(crate) fn fellow(&self, identity: &Identity) -> Option<usize> {
		let fellows = self.authorities.iter().enumerate();
		fellows
			.filter(|(position, _)| *position != self.own)
			.find(|(_, key)| identity.authorities.contains(key))
			.map(|(position, _)| position)
	}

	/// How many others there are.
	pub(crate) fn fellows(&self) -> usize {
		self.authorities.len().saturating_sub(1)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn key(seed: u8) -> ValidatorId {
		ValidatorId::from(sp_core::sr25519::Public::from_raw([seed; 32]))
	}

	#[test]
	fn each_slot_belongs_to_one_collator() {
		let turns: Vec<_> = (0..3)
			.map(|own| Turns::new((1..=3).map(key).collect(), own))
			.collect();
		let owners = |slot, gone: &[usize]| {
			let is_there = |position| !gone.contains(&position);
			let owns = |own: &usize| is_there(*own) && turns[*own].is_own(turns[*own].of(slot, is_there));
			(0..3).filter(owns).collect::<Vec<_>>()
		};
		for slot in 0..7 {
			let first = slot as usize % 3;
			assert_eq!(owners(slot, &[]), [first]);
			assert_eq!(
				owners(slot, &[first]),
				[(first + 1) % 3],
				"the next takes its turn"
			);
			assert_eq!(owners(slot, &[first, (first + 1) % 3]), [(first + 2) % 3]);
			assert_eq!(owners(slot, &[(first + 1) % 3]), [first]);
		}
		let alone = Turns::new(vec![key(1)], 0);
		assert!(
			(0..3).all(|slot| alone.is_own(alone.of(slot, |_| true))),
			"who is alone"
		);
	}

	#[test]
	fn fellows_are_known_by_their_keys() {
		let turns = Turns::new((1..=3).map(key).collect(), 1);
		let fellow = |seed| turns.fellow(&Identity::of(key(seed)));
		assert_eq!(
			(1..=4).map(fellow).collect::<Vec<_>>(),
			[Some(0), None, Some(2), None]
		);
		assert_eq!(turns.fellow(&Identity::stranger()), None);
		assert_eq!(turns.fellows(), 2);
	}
}
