//! Maps with hashes as keys.
//!
//! The keys are outputs of Blake2, so their first bytes are as good as any hash of them, and nothing has to be computed.
//! Who wants to fill a bucket has to search for candidates with a common prefix, get each of them seconded, and gains at
//! most a walk over as many entries as the limits of the tree or storage admit: some microseconds
//! (docs/decisions/0011-bounds-of-the-trees.md). In return there is no key to draw, and a run repeats bit for bit.
//!
//! Invariant: nobody iterates over such a map where order can show.

use core::hash::{BuildHasherDefault, Hasher};

/// A map with hashes as keys, for all that trees and views look up. Constant cost for a lookup, an insertion and a removal.
/// Not to be iterated over where order can show.
pub type ByHash<Key, Value> = hashbrown::HashMap<Key, Value, BuildHasherDefault<Prefix>>;

/// Takes the first eight bytes of a hash as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prefix(u64);

impl Hasher for Prefix {
	#[inline]
	fn write(&mut self, bytes: &[u8]) {
		if let Some(first) = bytes.first_chunk() {
			self.0 = u64::from_le_bytes(*first);
		}
	}

	/// Lengths say nothing: those of hashes are all the same.
	#[inline]
	fn write_usize(&mut self, _: usize) {}

	#[inline]
	fn finish(&self) -> u64 {
		self.0
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::{CandidateHash, Hash, HeadHash};
	use core::hash::BuildHasher;

	#[test]
	fn hashes_stand_for_themselves() {
		let bytes: [u8; 32] = core::array::from_fn(|at| at as u8);
		let expected = u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7]);
		let build = BuildHasherDefault::<Prefix>::default();
		assert_eq!(build.hash_one(CandidateHash(Hash::from(bytes))), expected);
		assert_eq!(build.hash_one(HeadHash(Hash::from(bytes))), expected);
	}

	#[test]
	fn keys_with_a_common_prefix_are_told_apart() {
		let key = |last: u8| {
			let mut bytes = [7; 32];
			bytes[31] = last;
			CandidateHash(Hash::from(bytes))
		};
		let map: ByHash<_, _> = (0..=255).map(|last| (key(last), last)).collect();
		assert_eq!(map.len(), 256);
		assert!((0..=255).all(|last| map.get(&key(last)) == Some(&last)));
	}
}
