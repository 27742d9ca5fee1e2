//! The parablocks that a collator knows, and the search for the one to build on (R-PAR-1 to R-PAR-3).
//!
//! Invariants:
//! - Whether a block is alive is a question about a leaf (R-COL-6): it descends from what is on-chain there, and its
//!   relay parent and those between are in scope there, and the para was scheduled in every relay block since: validators
//!   keep no candidates of others (R-VIE-1). Nothing is marked dead for good, so that a relay chain that switches forks
//!   finds what it needs.
//! - Memory is bounded by age and number: a block that was neither new nor alive nor on-chain at any of the last
//!   [`REMEMBERED_FOR`] relay blocks is forgotten, and of more than [`MAX_REMEMBERED`] the one that was not for longest.

use async_backing_primitives::{
	BlockNumber, CandidateCommitments, CandidateHash, CandidatePendingAvailability, CoreIndex, Hash,
	HeadData, HeadHash, LeafFacts, RelayChainBlockInfo, RelaySlotInfo, Slot,
};
use std::{collections::BTreeMap, sync::Arc};

/// Relay blocks for which a dead parablock is remembered: forks of the relay chain are shorter.
pub const REMEMBERED_FOR: BlockNumber = 64;

/// Most parablocks that are remembered, whoever built them: more than twenty segments of the deepest configuration in use.
pub const MAX_REMEMBERED: usize = 512;

/// A parablock whose state the collator has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parablock {
	/// What including it does: the head data after it, what it sends, and what it consumed. Whoever builds on it has so much
	/// less (R-COL-2).
	pub commitments: Arc<CandidateCommitments>,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
	/// Its relay parent.
	pub relay_parent: RelayChainBlockInfo,
	/// Slot of its relay parent.
	pub slot: Slot,
	/// The candidate that proposes it.
	pub candidate: CandidateHash,
	/// Core that the candidate names; `None` if that is not known.
	pub core: Option<CoreIndex>,
	/// Number of the first relay block that is expected to be able to back it.
	pub ready: BlockNumber,
}

impl Parablock {
	/// Head data after it.
	pub fn head(&self) -> &HeadData {
		&self.commitments.head_data
	}
}

#[derive(Clone, Debug)]
struct Known {
	/// `None` for the genesis block.
	block: Option<Parablock>,
	last_seen: BlockNumber,
}

/// All known parablocks, by the hash of their head data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
	known: BTreeMap<HeadHash, Known>,
	/// Relay blocks in which the para was not scheduled.
	unscheduled: BTreeMap<Hash, BlockNumber>,
}

impl Blocks {
	/// Knows the genesis block only.
	pub(crate) fn new(genesis: &HeadData) -> Self {
		let genesis = (
			genesis.hash(),
			Known {
				block: None,
				last_seen: 0,
			},
		);
		Self {
			known: BTreeMap::from([genesis]),
			unscheduled: BTreeMap::new(),
		}
	}

	pub(crate) fn insert(&mut self, block: Parablock) {
		let (last_seen, head) = (block.relay_parent.number, block.head().hash());
		self.known.insert(
			head,
			Known {
				block: Some(block),
				last_seen,
			},
		);
		if self.known.len() > MAX_REMEMBERED {
			let others = self
				.known
				.iter()
				.filter(|(hash, known)| **hash != head && known.block.is_some());
			let oldest = others.min_by_key(|(_, known)| known.last_seen);
			if let Some(oldest) = oldest.map(|(hash, _)| *hash) {
				self.known.remove(&oldest);
			}
		}
	}

	/// The para is not scheduled in this relay block: validators drop its candidates that are not backed.
	pub(crate) fn note_unscheduled(&mut self, leaf: &LeafFacts) {
		let now = leaf.block.number;
		self.unscheduled.insert(leaf.block.hash, now);
		self.unscheduled
			.retain(|_, number| now.saturating_sub(*number) <= REMEMBERED_FOR);
	}

	#[cfg(test)]
	pub(crate) fn unscheduled_len(&self) -> usize {
		self.unscheduled.len()
	}

	/// Whether validators still have candidates with this relay parent.
	fn is_kept(&self, relay_parent: Hash, leaf: &LeafFacts) -> bool {
		leaf.relay_parent(relay_parent).is_some()
			&& leaf
				.relay_parents()
				.take_while(|later| later.hash != relay_parent)
				.all(|later| !self.unscheduled.contains_key(&later.hash))
	}

	pub(crate) fn knows(&self, head: HeadHash) -> bool {
		self.known.contains_key(&head)
	}

	pub(crate) fn len(&self) -> usize {
		self.known.len()
	}

	/// The block with this head; `None` also for the genesis block.
	pub(crate) fn get(&self, head: HeadHash) -> Option<&Parablock> {
		self.known.get(&head)?.block.as_ref()
	}

	/// Paths from `start`, exclusive, to every block that is alive at the leaf (R-PAR-2), parents before children and
	/// siblings by hash.
	///
	/// Cost: quadratic in the number of known blocks, which are a few dozen.
	pub(crate) fn alive_below(&self, start: HeadHash, leaf: &LeafFacts) -> Vec<Vec<&Parablock>> {
		let mut paths: Vec<Vec<&Parablock>> = Vec::new();
		let mut tips = vec![(start, None)];
		while let Some((tip, path)) = tips.pop() {
			let children = self
				.known
				.iter()
				.filter_map(|(hash, known)| Some((hash, known.block.as_ref()?)));
			for (hash, block) in children {
				// A block has one parent, so a cycle could only lead back to the start.
				let qualifies =
					block.parent_head == tip && *hash != start && self.is_kept(block.relay_parent.hash, leaf);
				if qualifies {
					let above = path.and_then(|index: usize| paths.get(index)).cloned();
					let mut path = above.unwrap_or_default();
					path.push(block);
					tips.push((*hash, Some(paths.len())));
					paths.push(path);
				}
			}
		}
		paths
	}

	/// The path to the best block below `start`, which is empty if nothing there is alive: the deepest, then that with the
	/// newest relay parent, then that with the lowest hash (R-PAR-3).
	pub(crate) fn best_path(&self, start: HeadHash, leaf: &LeafFacts) -> Vec<&Parablock> {
		let rank = |path: &[&Parablock]| {
			let tip = path
				.last()
				.map(|block| (block.relay_parent.number, std::cmp::Reverse(block.head().hash())));
			(path.len(), tip)
		};
		self.alive_below(start, leaf)
			.into_iter()
			.max_by_key(|path| rank(path))
			.unwrap_or_default()
	}

	/// How many blocks there are from `tip` down to `ancestor`, exclusive. `None` if the one does not descend from the other, as
	/// far as is known.
	pub(crate) fn count_since(&self, ancestor: HeadHash, tip: HeadHash) -> Option<u32> {
		let mut at = tip;
		// Bounded, should head data ever repeat.
		for count in 0..=u32::try_from(self.known.len()).unwrap_or(u32::MAX) {
			if at == ancestor {
				return Some(count);
			}
			at = self.get(at)?.parent_head;
		}
		None
	}

	/// How many blocks from `tip` down have their relay parent in the slot of the tip, and that slot. `None` at genesis.
	pub(crate) fn authored_in_last_slot(&self, tip: HeadHash) -> Option<RelaySlotInfo> {
		let slot = self.get(tip)?.slot;
		let mut authored = 0;
		let mut at = tip;
		// Bounded, should head data ever repeat.
		for _ in 0..self.known.len() {
			match self.get(at) {
				Some(block) if block.slot == slot => {
					authored += 1;
					at = block.parent_head;
				}
				_ => break,
			}
		}
		Some(RelaySlotInfo { slot, authored })
	}

	/// Notes what matters at this leaf, and forgets what has not mattered for long.
	pub(crate) fn refresh(
		&mut self,
		leaf: &LeafFacts,
		included: HeadHash,
		pending: &[CandidatePendingAvailability],
	) {
		let on_chain =
			std::iter::once(included).chain(pending.iter().map(|pending| pending.descriptor.para_head()));
		let start = pending
			.last()
			.map_or(included, |last| last.descriptor.para_head());
		let alive = self
			.alive_below(start, leaf)
			.into_iter()
			.filter_map(|path| Some(path.last()?.head().hash()));
		let now = leaf.block.number;
		for head in on_chain.chain(alive).collect::<Vec<_>>() {
			if let Some(known) = self.known.get_mut(&head) {
				known.last_seen = known.last_seen.max(now);
			}
		}
		self.known
			.retain(|_, known| now.saturating_sub(known.last_seen) <= REMEMBERED_FOR);
	}
}
