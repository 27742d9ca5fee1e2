//! Whose turn it is: the collators of a para take turns, slot by slot, as Aura has it.

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

	/// Whether a block in this slot, that of its relay parent, is this collator's.
	pub(crate) fn is_own(&self, slot: Slot) -> bool {
		usize::try_from(slot)
			.unwrap_or(usize::MAX)
			.checked_rem(self.authorities.len())
			.is_none_or(|turn| turn == self.own)
	}

	/// Whether somebody is another collator of the para.
	pub(crate) fn is_fellow(&self, identity: &Identity) -> bool {
		let mut fellows = self
			.authorities
			.iter()
			.enumerate()
			.filter(|(position, _)| *position != self.own);
		fellows.any(|(_, key)| identity.authorities.contains(key))
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
		for slot in 0..7 {
			let owners: Vec<_> = (0..3).filter(|own| turns[*own].is_own(slot)).collect();
			assert_eq!(owners, [slot as usize % 3]);
		}
		assert!(
			(0..3).all(|slot| Turns::new(vec![key(1)], 0).is_own(slot)),
			"who is alone"
		);
	}

	#[test]
	fn fellows_are_known_by_their_keys() {
		let turns = Turns::new((1..=3).map(key).collect(), 1);
		let is_fellow = |seed| turns.is_fellow(&Identity::of(key(seed)));
		assert_eq!(
			(1..=4).map(is_fellow).collect::<Vec<_>>(),
			[true, false, true, false]
		);
		assert!(!turns.is_fellow(&Identity::stranger()));
		assert_eq!(turns.fellows(), 2);
	}
}
