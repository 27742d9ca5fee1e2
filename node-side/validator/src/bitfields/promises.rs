//! What this validator attested, or was about to (law 5).
//!
//! A bitfield is written down before it is signed, and its signature before it is shared. So a validator that crashed in
//! between signs the same again and nothing else, and shares what it may have shared.

use async_backing_machine::{Batch, Snapshot};
use async_backing_primitives::{AvailabilityBitfield, BlockNumber, Hash, ValidatorSignature};
use codec::{Decode, Encode};
use std::collections::BTreeMap;

/// What the keys start with.
pub(crate) const PREFIX: &[u8] = b"bi/";
/// Promises that are kept: an hour and a half of leaves that are not final. At a leaf with a lower number than one that
/// had to go, nothing is signed.
pub(crate) const MAX_PROMISES: usize = 1024;

/// A bitfield of this validator.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Promise {
	/// Number of the leaf.
	pub(crate) number: BlockNumber,
	/// What is attested.
	pub(crate) bitfield: AvailabilityBitfield,
	/// The signature, once there is one.
	pub(crate) signature: Option<ValidatorSignature>,
}

#[cfg(feature = "laws")]
impl Promise {
	/// All that are stored, by leaf.
	pub(crate) fn all(stored: &Snapshot) -> impl Iterator<Item = (Hash, Self)> + '_ {
		stored.with_prefix(PREFIX).filter_map(|(key, mut value)| {
			let leaf = <[u8; 32]>::try_from(key).ok()?;
			Some((Hash::from(leaf), Self::decode(&mut value).ok()?))
		})
	}
}

/// All promises that may matter yet, by leaf.
#[derive(Debug, Default)]
pub(crate) struct Promises {
	by_leaf: BTreeMap<Hash, Promise>,
	/// Nothing is promised up to this number.
	floor: Option<BlockNumber>,
}

impl Promises {
	/// What was stored before a crash. What does not decode was not written by us, and is left alone.
	pub(crate) fn restore(snapshot: &Snapshot) -> Self {
		let by_leaf: BTreeMap<_, _> = snapshot
			.with_prefix(PREFIX)
			.filter_map(|(key, mut value)| {
				let leaf = <[u8; 32]>::try_from(key).ok()?;
				Some((Hash::from(leaf), Promise::decode(&mut value).ok()?))
			})
			.collect();
		let is_full = by_leaf.len() >= MAX_PROMISES;
		let lowest = by_leaf.values().map(|promise| promise.number).min();
		Self {
			by_leaf,
			floor: lowest.filter(|_| is_full),
		}
	}

	/// The promise at a leaf.
	pub(crate) fn get(&self, leaf: Hash) -> Option<&Promise> {
		self.by_leaf.get(&leaf)
	}

	/// The lowest number of a leaf with a promise.
	#[cfg(feature = "laws")]
	pub(crate) fn oldest(&self) -> Option<BlockNumber> {
		self.by_leaf.values().map(|promise| promise.number).min()
	}

	/// Whether something may be promised at a leaf of this number where nothing is.
	pub(crate) fn may_promise(&self, number: BlockNumber) -> bool {
		self.floor.is_none_or(|floor| number > floor)
	}

	/// Makes a promise, or adds its signature; to be written with this batch.
	pub(crate) fn put(&mut self, leaf: Hash, promise: Promise) -> Batch {
		let mut batch = Batch::default();
		batch.put(key(leaf), promise.encode());
		self.by_leaf.insert(leaf, promise);
		if self.by_leaf.len() > MAX_PROMISES {
			let oldest = self.by_leaf.iter().map(|(hash, kept)| (kept.number, *hash)).min();
			if let Some((number, oldest)) = oldest {
				self.by_leaf.remove(&oldest);
				self.floor = self.floor.max(Some(number));
				batch.remove(key(oldest));
			}
		}
		batch
	}

	/// Forgets what is below the newest final block: no leaf comes from there. To be written with this batch.
	pub(crate) fn finalized(&mut self, number: BlockNumber) -> Batch {
		let mut batch = Batch::default();
		self.by_leaf.retain(|leaf, promise| {
			let is_kept = promise.number >= number;
			if !is_kept {
				batch.remove(key(*leaf));
			}
			is_kept
		});
		batch
	}
}

fn key(leaf: Hash) -> Vec<u8> {
	[PREFIX, leaf.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn promise(number: BlockNumber) -> Promise {
		Promise {
			number,
			bitfield: AvailabilityBitfield(Default::default()),
			signature: None,
		}
	}

	#[test]
	fn law_5_promises_survive_and_end_with_finality() {
		let (mut promises, mut stored) = (Promises::default(), Snapshot::default());
		for number in 1..=4u32 {
			stored.apply(&promises.put(Hash::from_low_u64_be(number.into()), promise(number)));
		}
		stored.apply(&promises.finalized(3));
		let restored = Promises::restore(&stored);
		for number in 1..=4u32 {
			let leaf = Hash::from_low_u64_be(number.into());
			assert_eq!(restored.get(leaf).is_some(), number >= 3, "{number}");
			assert_eq!(restored.get(leaf), promises.get(leaf));
		}
	}

	#[test]
	fn law_3_promises_are_bounded_and_none_is_made_twice_for_that() {
		let (mut promises, mut stored) = (Promises::default(), Snapshot::default());
		for number in 1..=MAX_PROMISES as u32 + 5 {
			assert!(promises.may_promise(number));
			stored.apply(&promises.put(Hash::from_low_u64_be(number.into()), promise(number)));
		}
		assert_eq!(stored.0.len(), MAX_PROMISES);
		let restored = Promises::restore(&stored);
		for promises in [promises, restored] {
			assert!(!promises.may_promise(5) && promises.may_promise(MAX_PROMISES as u32 + 6));
		}
	}
}
