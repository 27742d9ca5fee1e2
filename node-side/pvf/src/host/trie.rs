//! What a function of `trie` is about to do, seen before it does it.
//!
//! A byte of input may be an item of a trie, and an item takes microseconds and hundreds of bytes of the host; keys that
//! begin alike nest, and the function calls itself for each of them. So items are counted, and nesting is bounded, while the
//! input still lies in the guest's memory.

use super::{functions::Items, HostError};
use codec::{Compact, Decode};

/// Most nodes between the root of a trie and a leaf. `sp-io` calls itself once for each, on the stack that the guest uses too.
/// Keys that are hashes, or the hashed prefixes of storage, nest up to some dozens.
pub const MAX_DEPTH: usize = 256;

/// Host memory that an item takes: its vectors, its place in the tree that sorts it and its node.
const ITEM_MEMORY: u64 = 256;
/// Host memory that a byte of input takes: read, decoded, split into nibbles, copied into a node.
const BYTE_MEMORY: u64 = 6;

/// What a trie will take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
	/// Items of the input.
	pub(super) items: u64,
	/// Comparisons of nibbles, at most.
	pub(super) steps: u64,
	/// Bytes of host memory, at most.
	pub(super) memory: u64,
}

/// Looks at an encoded input. One that does not decode counts as far as it does.
pub(super) fn inspect(items: Items, input: &[u8]) -> Result<Work, HostError> {
	let mut rest = input;
	let claimed = Compact::<u32>::decode(&mut rest).map_or(0, |Compact(count)| u64::from(count));
	// An item takes a byte at least, so what claims more will not decode.
	let count = claimed.min(rest.len() as u64);
	let memory = (input.len() as u64)
		.saturating_mul(BYTE_MEMORY)
		.saturating_add(count.saturating_mul(ITEM_MEMORY));
	let steps = match items {
		Items::Values | Items::Nodes => 0,
		Items::Pairs => steps(rest, count)?,
	};
	Ok(Work {
		items: count,
		steps,
		memory,
	})
}

/// Comparisons of nibbles that a trie of these pairs takes at most: every item at every branch above it, along its key.
fn steps(mut pairs: &[u8], count: u64) -> Result<u64, HostError> {
	let beginning = pairs;
	let mut longest = 0;
	let mut seen = 0u64;
	while seen < count {
		let Some(key) = pair(&mut pairs) else { break };
		longest = longest.max(key.len());
		seen += 1;
	}
	let nibbles = longest.saturating_mul(2);
	let mut depth = nibbles.min(usize::try_from(seen).unwrap_or(usize::MAX));
	if depth > MAX_DEPTH {
		let mut pairs = beginning;
		let keys = (0..seen).map_while(|_| pair(&mut pairs)).collect();
		depth = depth_of(keys);
		if depth > MAX_DEPTH {
			return Err(HostError::TrieDepth { depth });
		}
	}
	Ok(seen.saturating_mul(depth as u64).saturating_mul(nibbles as u64))
}

/// The key of the next pair.
fn pair<'a>(pairs: &mut &'a [u8]) -> Option<&'a [u8]> {
	let key = bytes(pairs)?;
	bytes(pairs).map(|_| key)
}

fn bytes<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
	let Compact(length) = Compact::<u32>::decode(input).ok()?;
	let (bytes, rest) = input.split_at_checked(length as usize)?;
	*input = rest;
	Some(bytes)
}

/// How many branches lie above the deepest key.
fn depth_of(mut keys: Vec<&[u8]>) -> usize {
	keys.sort_unstable();
	keys.dedup();
	// Branches above the key at hand: where they fork, in nibbles and one more, ascending; and how deep it goes below them on
	// the side of smaller keys.
	let mut open: Vec<(usize, usize)> = Vec::new();
	for neighbours in keys.windows(2) {
		let fork = shared_nibbles(neighbours[0], neighbours[1]) + 1;
		let below = close(&mut open, fork);
		match open.last_mut() {
			Some((same, deepest)) if *same == fork => *deepest = below.max(*deepest),
			_ => open.push((fork, below)),
		}
	}
	close(&mut open, 0)
}

/// Closes the branches that fork behind `fork`. Returns how deep they go.
fn close(open: &mut Vec<(usize, usize)>, fork: usize) -> usize {
	let mut deep = 0;
	while let Some((_, below)) = open.pop_if(|(other, _)| *other > fork) {
		deep = below.max(deep) + 1;
	}
	deep
}

fn shared_nibbles(one: &[u8], other: &[u8]) -> usize {
	let shared = one
		.iter()
		.zip(other)
		.take_while(|(one, other)| one == other)
		.count();
	let half = match (one.get(shared), other.get(shared)) {
		(Some(one), Some(other)) => usize::from(one >> 4 == other >> 4),
		_ => 0,
	};
	2 * shared + half
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
	use super::*;
	use codec::Encode;

	fn pairs(keys: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
		let pairs: Vec<(Vec<u8>, Vec<u8>)> = keys.into_iter().map(|key| (key, vec![])).collect();
		pairs.encode()
	}

	#[test]
	fn items_are_counted_before_they_are_decoded() {
		let values = vec![Vec::<u8>::new(); 1000].encode();
		let work = inspect(Items::Values, &values).unwrap();
		assert_eq!((work.items, work.steps), (1000, 0));
		assert!(work.memory > 256_000);
		// More than there can be.
		let work = inspect(Items::Values, &[0xfe, 0xff, 0xff, 0xff, 0, 0]).unwrap();
		assert_eq!(work.items, 2);
		assert_eq!(inspect(Items::Values, &[]).unwrap(), Work::default());
		assert_eq!(inspect(Items::Pairs, &[4, 255]).unwrap().steps, 0);
	}

	#[test]
	fn keys_that_nest_are_refused_and_keys_that_do_not_are_not() {
		let nested = |count: usize| pairs((1..=count).map(|length| vec![0; length]));
		assert!(inspect(Items::Pairs, &nested(MAX_DEPTH)).is_ok());
		assert!(matches!(
			inspect(Items::Pairs, &nested(MAX_DEPTH + 2)),
			Err(HostError::TrieDepth { .. })
		));
		// Long, and many, but not nested.
		let flat = (0..1000u16).map(|number| [&number.to_be_bytes()[..], &[7; 300]].concat());
		let work = inspect(Items::Pairs, &pairs(flat)).unwrap();
		assert!(work.steps <= 1000 * 4 * 604, "{work:?}");
	}

	#[test]
	fn depth_is_the_number_of_forks_on_a_path() {
		let depth = |keys: &[&[u8]]| depth_of(keys.to_vec());
		assert_eq!(depth(&[]), 0);
		assert_eq!(depth(&[&[1]]), 0);
		assert_eq!(depth(&[&[1], &[1]]), 0, "the same key is one item");
		assert_eq!(depth(&[&[1], &[2], &[3]]), 1);
		assert_eq!(depth(&[&[0x10], &[0x11], &[0x20]]), 2);
		assert_eq!(
			depth(&[&[0x10], &[0x20], &[0x21], &[0x30], &[0x31, 1], &[0x31, 2]]),
			3
		);
		assert_eq!(
			depth(&[&[], &[0], &[0, 0], &[0, 1]]),
			3,
			"a key may be a branch itself"
		);
	}
}
