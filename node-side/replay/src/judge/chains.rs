//! Which blocks are of one chain: those that are named so, and those that hashes connect.

use super::history::parent_of;
use crate::Block;
use async_backing_primitives::{BlockNumber, Hash};
use std::collections::BTreeMap;

/// The number by the header in the inherent, which a hash proves, else as told.
pub(super) fn proven_number(block: &Block) -> Option<BlockNumber> {
	let header = block
		.inherent
		.as_ref()
		.map(|inherent| &inherent.data.parent_header);
	header
		.and_then(|header| header.number.checked_add(1))
		.or(block.number)
}

/// Hashes of relay blocks that a block names as itself or as its ancestors.
fn named(block: &Block) -> impl Iterator<Item = Hash> + '_ {
	let data = block.inherent.iter().map(|inherent| &inherent.data);
	let older = data.clone().map(|data| data.parent_header.parent_hash);
	let relay_parents = data
		.flat_map(|data| &data.backed_candidates)
		.map(|backed| backed.candidate.descriptor.relay_parent());
	let own = block.hash.into_iter().chain(parent_of(block));
	// No block has this hash; below the first block all chains have it.
	own.chain(older)
		.chain(relay_parents)
		.filter(|hash| *hash != Hash::default())
}

/// For each block the number of its piece: blocks that hashes connect have the same.
fn pieces(blocks: &[&Block]) -> Vec<usize> {
	fn root(parents: &mut [usize], mut of: usize) -> usize {
		while let Some(parent) = parents.get(of).copied().filter(|parent| *parent != of) {
			let above = parents.get(parent).copied().unwrap_or(parent);
			if let Some(slot) = parents.get_mut(of) {
				*slot = above;
			}
			of = parent;
		}
		of
	}
	let mut parents: Vec<usize> = (0..blocks.len()).collect();
	let mut first: BTreeMap<Hash, usize> = BTreeMap::new();
	for (position, block) in blocks.iter().enumerate() {
		for hash in named(block) {
			let other = *first.entry(hash).or_insert(position);
			let (one, other) = (root(&mut parents, position), root(&mut parents, other));
			if let Some(slot) = parents.get_mut(one) {
				*slot = other;
			}
		}
	}
	(0..blocks.len())
		.map(|position| root(&mut parents, position))
		.collect()
}

/// Names the chain of each block: what nobody named has the name that a block connected with it has. Returns what to call the
/// chain of each: those that nobody named and no hash connects are several.
pub(super) fn name(blocks: &mut [&mut Block]) -> Vec<String> {
	let shared: Vec<&Block> = blocks.iter().map(|block| &**block).collect();
	let pieces = pieces(&shared);
	let mut names: BTreeMap<usize, String> = BTreeMap::new();
	let mut firsts: BTreeMap<usize, (Option<BlockNumber>, String)> = BTreeMap::new();
	for (block, piece) in std::iter::zip(&shared, &pieces) {
		if let Some(name) = &block.chain {
			let known = names.entry(*piece).or_insert_with(|| name.clone());
			if name < known {
				known.clone_from(name);
			}
		}
		let parent = parent_of(block).or(block.hash);
		let at = parent.map_or_else(|| block.source.clone(), |hash| format!("{hash:?}"));
		let number = proven_number(block);
		let from = number.map_or_else(|| at.clone(), |number| format!("block {number} on {at}"));
		let first = firsts.entry(*piece).or_insert_with(|| (number, from.clone()));
		if number < first.0 {
			*first = (number, from);
		}
	}
	let unnamed = firsts.keys().filter(|piece| !names.contains_key(piece)).count();
	let mut called = Vec::with_capacity(blocks.len());
	for (block, piece) in std::iter::zip(blocks.iter_mut(), pieces) {
		if block.chain.is_none() {
			block.chain = names.get(&piece).cloned();
		}
		let first = firsts
			.get(&piece)
			.map(|(_, from)| from.as_str())
			.unwrap_or_default();
		called.push(match &block.chain {
			Some(name) => names.get(&piece).unwrap_or(name).clone(),
			None if unnamed > 1 => format!("a chain that is not named, from {first}"),
			None => "a chain that is not named".into(),
		});
	}
	called
}
