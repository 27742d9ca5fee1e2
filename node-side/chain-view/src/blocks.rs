//! The fork tree of relay blocks.
//!
//! Invariants: the number of a block is one above its parent's where both are remembered; whatever is remembered and not
//! above the finalized block is that block or an ancestor of it; nothing that is remembered descends from an excluded block.

use crate::{session::Known, ChainError};
use async_backing_primitives::{BlockNumber, CoreState, Hash, LeafFacts, RelayChainBlockInfo};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// Excluded blocks that are remembered, so that their children are recognised. A child that comes after this many others is
/// taken for one of a fork whose root is not known, until finality passes it.
const MAX_EXCLUDED: usize = 512;

/// Why nothing is built on a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exclusion {
	Reverted,
	Finality,
}

impl Exclusion {
	fn of(self, hash: Hash) -> ChainError {
		match self {
			Self::Reverted => ChainError::OnReverted(hash),
			Self::Finality => ChainError::Excluded(hash),
		}
	}
}

/// A relay block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
	pub(crate) info: RelayChainBlockInfo,
	pub(crate) parent: Hash,
	/// Newest first.
	pub(crate) ancestors: Vec<RelayChainBlockInfo>,
	/// Relay and scheduling parents of candidates that are pending, if they are in this session for sure.
	pub(crate) pending: Vec<Hash>,
	pub(crate) session: Arc<Known>,
	/// What it needs to be a leaf. None if it came while catching up, is finalized and has children, or for want of room.
	pub(crate) facts: Option<Arc<LeafFacts>>,
	/// How many blocks came before.
	pub(crate) order: u64,
	/// How often it has become a leaf.
	pub(crate) activations: u32,
}

impl Block {
	pub(crate) fn new(facts: Arc<LeafFacts>, fresh: bool, session: Arc<Known>, order: u64) -> Self {
		let number = facts.block.number;
		let is_older = |info: &&RelayChainBlockInfo| info.number < number;
		Self {
			info: facts.block,
			parent: facts.parent_hash,
			ancestors: facts.ancestors.iter().filter(is_older).copied().collect(),
			pending: pending_parents(&facts),
			session,
			facts: fresh.then_some(facts),
			order,
			activations: 0,
		}
	}

	/// Other blocks that have the same session.
	pub(crate) fn tells_of(&self) -> impl Iterator<Item = Hash> + '_ {
		let ancestors = self.ancestors.iter().map(|ancestor| ancestor.hash);
		ancestors.chain(self.pending.iter().copied())
	}

	fn rank(&self) -> (BlockNumber, u64) {
		(self.info.number, self.order)
	}
}

/// Relay parents that are as old as candidates that wait for availability. Those are of this session, as nothing stays
/// pending over a session's end (R-ABP-9): their scheduling parents for sure, their relay parents unless there is another
/// scheduling parent (R-REL-8).
fn pending_parents(facts: &LeafFacts) -> Vec<Hash> {
	let in_paras = facts
		.paras
		.values()
		.flat_map(|para| &para.backing_state.pending_availability)
		.map(|pending| &pending.descriptor);
	let on_cores = facts.cores.iter().filter_map(|core| match core {
		CoreState::Occupied(occupied) => Some(&occupied.candidate_descriptor),
		CoreState::Scheduled(_) | CoreState::Free => None,
	});
	let mut certain = BTreeSet::new();
	let mut uncertain = BTreeSet::new();
	for descriptor in in_paras.chain(on_cores) {
		certain.insert(descriptor.scheduling_parent());
		uncertain.insert(descriptor.relay_parent());
	}
	let others = facts.pending_relay_parents.keys();
	certain.extend(others.filter(|hash| !uncertain.contains(hash)));
	certain.into_iter().collect()
}

/// The tree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
	blocks: BTreeMap<Hash, Block>,
	by_number: BTreeSet<(BlockNumber, Hash)>,
	/// Blocks by their parent, which itself may not be known.
	children: BTreeMap<Hash, BTreeSet<Hash>>,
	excluded: BTreeMap<Hash, (BlockNumber, Exclusion)>,
	finalized: Option<(BlockNumber, Hash)>,
	/// Whether blocks were forgotten since somebody asked.
	forgot: bool,
}

impl Blocks {
	pub(crate) fn get(&self, hash: Hash) -> Option<&Block> {
		self.blocks.get(&hash)
	}

	pub(crate) fn get_mut(&mut self, hash: Hash) -> Option<&mut Block> {
		self.blocks.get_mut(&hash)
	}

	pub(crate) fn len(&self) -> usize {
		self.blocks.len()
	}

	pub(crate) fn finalized(&self) -> Option<(BlockNumber, Hash)> {
		self.finalized
	}

	/// Ascending by number, then hash.
	pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Block> {
		self.by_number
			.iter()
			.filter_map(|(_, hash)| self.blocks.get(hash))
	}

	/// Whether blocks were forgotten since this was asked last.
	pub(crate) fn forgot(&mut self) -> bool {
		std::mem::take(&mut self.forgot)
	}

	fn has_children(&self, hash: Hash) -> bool {
		self.children.contains_key(&hash)
	}

	/// Blocks on which the next one may be built, in this order: highest number first, among equals who came last.
	pub(crate) fn tips(&self) -> Vec<&Block> {
		let finalized = self.finalized;
		let is_recent = |info: &RelayChainBlockInfo| {
			finalized.is_none_or(|(number, hash)| info.number > number || info.hash == hash)
		};
		let mut tips: Vec<_> = self
			.blocks
			.values()
			.filter(|block| {
				block.facts.is_some() && is_recent(&block.info) && !self.has_children(block.info.hash)
			})
			.collect();
		tips.sort_unstable_by_key(|block| std::cmp::Reverse(block.rank()));
		tips
	}

	/// Takes a block in. Cost: O(b A log b) for b blocks with A ancestors each.
	pub(crate) fn import(
		&mut self,
		facts: Arc<LeafFacts>,
		fresh: bool,
		session: impl FnOnce(&LeafFacts) -> Arc<Known>,
		order: u64,
	) -> Result<(), ChainError> {
		let (hash, number) = (facts.block.hash, facts.block.number);
		if let Some(known) = self.blocks.get_mut(&hash) {
			let is_final = self
				.finalized
				.is_some_and(|(final_number, _)| number < final_number);
			if !fresh || known.facts.is_some() || is_final {
				return Err(ChainError::AlreadyKnown(hash));
			}
			known.facts = Some(facts);
			return Ok(());
		}
		self.check_import(&facts)?;
		let excluded = std::iter::once(&facts.parent_hash)
			.chain(facts.ancestors.iter().map(|ancestor| &ancestor.hash))
			.find_map(|ancestor| self.excluded.get(ancestor))
			.map(|(_, why)| *why);
		if let Some(why) = excluded {
			self.exclude(hash, number, why);
			self.remove_descendants(hash, why);
			return Err(why.of(hash));
		}
		self.excluded.remove(&hash);
		let session = session(&facts);
		self.insert(Block::new(facts, fresh, session, order));
		// It may be the link that was missing between a fork and what it comes from.
		self.exclude_forks();
		match self.blocks.contains_key(&hash) {
			true => Ok(()),
			false => Err(ChainError::Excluded(hash)),
		}
	}

	fn check_import(&self, facts: &LeafFacts) -> Result<(), ChainError> {
		let (hash, number, parent) = (facts.block.hash, facts.block.number, facts.parent_hash);
		let is_numbered = |expected: BlockNumber| match expected == number {
			true => Ok(()),
			false => Err(ChainError::WrongNumber {
				hash,
				expected,
				actual: number,
			}),
		};
		if parent == hash {
			return Err(ChainError::OwnParent(hash));
		}
		if let Some((finalized, finalized_hash)) = self.finalized {
			if hash == finalized_hash {
				is_numbered(finalized)?;
			} else if number <= finalized {
				return Err(ChainError::Stale {
					hash,
					number,
					finalized,
				});
			} else if parent == finalized_hash {
				is_numbered(finalized.saturating_add(1))?;
			}
		}
		if let Some(parent) = self.blocks.get(&parent) {
			is_numbered(parent.info.number.saturating_add(1))?;
		}
		for child in self.children.get(&hash).into_iter().flatten() {
			if let Some(child) = self.blocks.get(child) {
				is_numbered(child.info.number.saturating_sub(1))?;
			}
		}
		match self.excluded.get(&hash) {
			// Who reverted it may think better of it; finality does not.
			Some((_, Exclusion::Finality)) => Err(ChainError::Excluded(hash)),
			Some((_, Exclusion::Reverted)) | None => Ok(()),
		}
	}

	/// A block is final: forgets forks that do not descend from it, and what is more than `kept` blocks behind it. Cost: as
	/// for an import.
	pub(crate) fn finalize(
		&mut self,
		hash: Hash,
		number: BlockNumber,
		kept: BlockNumber,
	) -> Result<(), ChainError> {
		if let Some((expected, known)) = self.finalized {
			if number < expected {
				return Err(ChainError::FinalityWentBack {
					expected,
					actual: number,
				});
			}
			if known == hash && number == expected {
				return Ok(());
			}
			if number == expected {
				return Err(ChainError::FinalityForked { hash });
			}
		}
		if let Some(block) = self.blocks.get(&hash) {
			if block.info.number != number {
				return Err(ChainError::WrongNumber {
					hash,
					expected: block.info.number,
					actual: number,
				});
			}
		}
		if let Some((_, Exclusion::Finality)) = self.excluded.get(&hash) {
			return Err(ChainError::FinalityForked { hash });
		}
		self.finalized = Some((number, hash));
		// Numbers alone tell about children of blocks that are not above it.
		self.excluded.retain(|_, (excluded, _)| *excluded > number);
		let final_chain = self.final_chain();
		let oldest = number.saturating_sub(kept);
		let not_above = (0, Hash::zero())..=(number, Hash::repeat_byte(0xff));
		let gone: Vec<_> = self
			.by_number
			.range(not_above)
			.filter(|(number, hash)| *number < oldest || !final_chain.contains(hash))
			.map(|(_, hash)| *hash)
			.collect();
		for hash in gone {
			self.remove(hash);
		}
		for ancestor in final_chain.iter().filter(|ancestor| **ancestor != hash) {
			if let Some(block) = self.blocks.get_mut(ancestor) {
				// It is no leaf any more, and what was pending there is pending in its child, or is no more.
				block.facts = None;
				block.pending = Vec::new();
			}
		}
		self.exclude_forks();
		Ok(())
	}

	/// The finalized block and those of its ancestors that are remembered.
	fn final_chain(&self) -> BTreeSet<Hash> {
		let mut chain = BTreeSet::new();
		let mut next = self.finalized.map(|(_, hash)| hash);
		while let Some(block) = next.and_then(|hash| self.blocks.get(&hash)) {
			chain.insert(block.info.hash);
			next = self.nearest_ancestor(block);
		}
		chain
	}

	/// The nearest ancestor of a block that is remembered. Older ones in between may be unknown.
	fn nearest_ancestor(&self, block: &Block) -> Option<Hash> {
		std::iter::once(block.parent)
			.chain(block.ancestors.iter().map(|ancestor| ancestor.hash))
			.find(|ancestor| {
				let known = self.blocks.get(ancestor);
				known.is_some_and(|known| known.info.number < block.info.number)
			})
	}

	/// Whether `block` is `ancestor` or descends from it, as far as is known.
	pub(crate) fn descends(&self, block: Hash, ancestor: Hash) -> bool {
		let mut next = Some(block);
		while let Some(hash) = next {
			if hash == ancestor {
				return true;
			}
			let Some(block) = self.blocks.get(&hash) else {
				return false;
			};
			if block.parent == ancestor || block.ancestors.iter().any(|info| info.hash == ancestor) {
				return true;
			}
			next = self.nearest_ancestor(block);
		}
		false
	}

	/// Forgets a block and what descends from it. Cost: O(b A log b).
	pub(crate) fn revert(&mut self, hash: Hash) -> Result<(), ChainError> {
		let number = self.number_of(hash).ok_or(ChainError::RevertedUnknown(hash))?;
		// Whatever is known and not above the finalized block is final itself.
		if self.finalized.is_some_and(|(finalized, _)| number <= finalized) {
			return Err(ChainError::RevertedFinal(hash));
		}
		self.remove_descendants(hash, Exclusion::Reverted);
		self.remove(hash);
		self.exclude(hash, number, Exclusion::Reverted);
		Ok(())
	}

	/// The number of a block that is remembered, or that others name as their ancestor.
	pub(crate) fn number_of(&self, hash: Hash) -> Option<BlockNumber> {
		let known = self.blocks.get(&hash).map(|block| block.info.number);
		let child = || {
			let child = self.children.get(&hash)?.first()?;
			self.blocks.get(child)?.info.number.checked_sub(1)
		};
		let descendant = || {
			let mut ancestors = self.blocks.values().flat_map(|block| &block.ancestors);
			ancestors.find(|info| info.hash == hash).map(|info| info.number)
		};
		known.or_else(child).or_else(descendant)
	}

	/// Excludes what descends from a block.
	fn remove_descendants(&mut self, hash: Hash, why: Exclusion) {
		let mut gone = BTreeMap::new();
		// Parents come before children.
		for block in self.iter() {
			let ancestors = block.ancestors.iter().map(|info| info.hash);
			let mut ancestors = std::iter::once(block.parent).chain(ancestors);
			if ancestors.any(|ancestor| ancestor == hash || gone.contains_key(&ancestor)) {
				gone.insert(block.info.hash, block.info.number);
			}
		}
		for (hash, number) in gone {
			self.remove(hash);
			self.exclude(hash, number, why);
		}
	}

	/// Excludes blocks above the finalized one that do not descend from it for sure.
	fn exclude_forks(&mut self) {
		let Some((final_number, final_hash)) = self.finalized else {
			return;
		};
		let mut verdicts = BTreeMap::new();
		for block in self.iter().filter(|block| block.info.number > final_number) {
			let is_child = block.info.number - 1 == final_number;
			let at_height = block.ancestors.iter().find(|info| info.number == final_number);
			let by_ancestor = self
				.nearest_ancestor(block)
				.and_then(|ancestor| verdicts.get(&ancestor).copied());
			let descends = match at_height {
				_ if is_child => Some(block.parent == final_hash),
				Some(at_height) => Some(at_height.hash == final_hash && by_ancestor != Some(false)),
				None => by_ancestor,
			};
			if let Some(descends) = descends {
				verdicts.insert(block.info.hash, descends);
			}
		}
		for (hash, _) in verdicts.into_iter().filter(|(_, descends)| !descends) {
			if let Some(block) = self.remove(hash) {
				self.exclude(hash, block.info.number, Exclusion::Finality);
			}
		}
	}

	#[cfg(test)]
	pub(crate) fn excluded_len(&self) -> usize {
		self.excluded.len()
	}

	fn exclude(&mut self, hash: Hash, number: BlockNumber, why: Exclusion) {
		self.excluded.insert(hash, (number, why));
		if self.excluded.len() > MAX_EXCLUDED {
			let lowest = self.excluded.iter().min_by_key(|(_, (number, _))| *number);
			if let Some(lowest) = lowest.map(|(hash, _)| *hash) {
				self.excluded.remove(&lowest);
			}
		}
	}

	fn insert(&mut self, block: Block) {
		let RelayChainBlockInfo { hash, number, .. } = block.info;
		self.by_number.insert((number, hash));
		self.children.entry(block.parent).or_default().insert(hash);
		self.blocks.insert(hash, block);
	}

	pub(crate) fn remove(&mut self, hash: Hash) -> Option<Block> {
		let block = self.blocks.remove(&hash)?;
		self.forgot = true;
		self.by_number.remove(&(block.info.number, hash));
		if let Some(siblings) = self.children.get_mut(&block.parent) {
			siblings.remove(&hash);
			if siblings.is_empty() {
				self.children.remove(&block.parent);
			}
		}
		Some(block)
	}
}
