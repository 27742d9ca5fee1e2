//! What all blocks together tell: relay blocks, heads of paras, and which blocks follow one another.

use crate::Block;
use async_backing_primitives::{
	hash_bytes, BlockNumber, CandidateEvent, Hash, HeadData, HeadHash, ParaId, RelayChainBlockInfo,
};
use codec::Decode;
use sp_runtime::DigestItem;
use std::collections::{BTreeMap, BTreeSet};

/// How far back a relay parent is looked for: as far as one may lie (R-ABP-4).
const DEEPEST: usize = 256;

/// BABE's engine, and its log that a new epoch begins.
const BABE: [u8; 4] = *b"BABE";
const NEXT_EPOCH: u8 = 1;

#[derive(Debug, Default)]
pub(crate) struct History {
	infos: BTreeMap<Hash, RelayChainBlockInfo>,
	parents: BTreeMap<Hash, Hash>,
	/// Blocks that end a session, as their header says: a new epoch begins with them.
	session_ends: BTreeSet<Hash>,
	heads: BTreeMap<ParaId, BTreeMap<HeadHash, HeadData>>,
}

impl History {
	pub(crate) fn of(blocks: &[Block]) -> Self {
		let mut history = Self::default();
		for block in blocks {
			let parent = parent_of(block);
			if let (Some(hash), Some(parent)) = (block.hash, parent) {
				history.parents.insert(hash, parent);
			}
			if let (Some(hash), Some(number), Some(storage_root)) =
				(block.hash, block.number(), block.state_root)
			{
				let info = RelayChainBlockInfo {
					hash,
					number,
					storage_root,
				};
				history.infos.insert(hash, info);
			}
			if let Some(inherent) = &block.inherent {
				let header = &inherent.data.parent_header;
				let hash = header.hash();
				history.parents.insert(hash, header.parent_hash);
				let info = RelayChainBlockInfo {
					hash,
					number: header.number,
					storage_root: header.state_root,
				};
				history.infos.insert(hash, info);
				if header.digest.logs.iter().any(begins_epoch) {
					history.session_ends.insert(hash);
				}
				for backed in &inherent.data.backed_candidates {
					history.head(
						backed.candidate.para_id(),
						&backed.candidate.commitments.head_data,
					);
				}
			}
			for told in block.told() {
				history.head(told.receipt().descriptor.para_id(), told.place().0);
			}
		}
		history
	}

	fn head(&mut self, para: ParaId, head: &HeadData) {
		self.heads
			.entry(para)
			.or_default()
			.insert(head.hash(), head.clone());
	}

	/// What is known of a relay block.
	pub(crate) fn info(&self, hash: Hash) -> Option<RelayChainBlockInfo> {
		self.infos.get(&hash).copied()
	}

	/// Ancestors of the child of `parent`, newest first, as far as they are known.
	pub(crate) fn ancestors(&self, parent: Hash) -> impl Iterator<Item = Hash> + '_ {
		std::iter::successors(Some(parent), |hash| self.parents.get(hash).copied()).take(DEEPEST)
	}

	/// Whether a session ends with this block: its child is the first of the next. `None` if its header isn't in the data.
	pub(crate) fn ends_session(&self, hash: Hash) -> bool {
		self.session_ends.contains(&hash)
	}

	/// Heads that a para had.
	pub(crate) fn heads(&self, para: ParaId) -> impl Iterator<Item = &HeadData> {
		self.heads.get(&para).into_iter().flat_map(BTreeMap::values)
	}
}

/// Whether a digest says that a new epoch begins, and with it a session.
fn begins_epoch(item: &DigestItem) -> bool {
	matches!(item, DigestItem::Consensus(BABE, log) if u8::decode(&mut &log[..]) == Ok(NEXT_EPOCH))
}

/// The parent: by the header in the inherent, which its hash proves, else as told.
pub(crate) fn parent_of(block: &Block) -> Option<Hash> {
	let header = block
		.inherent
		.as_ref()
		.map(|inherent| &inherent.data.parent_header);
	header.map(|header| header.hash()).or(block.parent_hash)
}

/// Blocks in the order in which they are judged: by chain, then number; and for each the position of its parent, if that is
/// there and goes on with this block.
pub(crate) fn in_order(mut blocks: Vec<Block>) -> (Vec<Block>, usize) {
	blocks.sort_by(|one, other| {
		let key = |block: &Block| {
			(
				block.chain.clone(),
				block.number(),
				block.hash,
				block.events.is_none(),
			)
		};
		key(one).cmp(&key(other))
	});
	let before = blocks.len();
	let bytes = |block: &Block| Some(hash_bytes(block.inherent.as_ref()?.bytes.as_ref()?));
	let known: BTreeSet<_> = blocks
		.iter()
		.filter(|block| block.hash.is_some())
		.filter_map(bytes)
		.collect();
	let mut seen = BTreeSet::new();
	blocks.retain(|block| match (block.hash, bytes(block)) {
		// The same block from two sources: the one with events comes first.
		(Some(hash), _) => seen.insert(hash),
		// An inherent names its parent, so that no other block has the same.
		(None, Some(bytes)) => !known.contains(&bytes) && seen.insert(bytes),
		(None, None) => true,
	});
	let duplicates = before - blocks.len();
	(blocks, duplicates)
}

/// Pieces of chains: each a list of positions, each block the parent of the next, with events in each but the last.
pub(crate) fn runs(blocks: &[Block]) -> Vec<Vec<usize>> {
	let mut runs: Vec<Vec<usize>> = Vec::new();
	let mut ends: BTreeMap<Hash, usize> = BTreeMap::new();
	for (position, block) in blocks.iter().enumerate() {
		let parent = parent_of(block).and_then(|parent| ends.remove(&parent));
		let run = match parent {
			Some(run) => run,
			None => {
				runs.push(Vec::new());
				runs.len() - 1
			}
		};
		if let Some(run) = runs.get_mut(run) {
			run.push(position);
		}
		if let (Some(hash), true) = (block.hash, block.events.is_some()) {
			ends.insert(hash, run);
		}
	}
	runs
}

/// Hashes of candidates of which a block tells this kind of event.
pub(crate) fn told_hashes(
	block: &Block,
	kind: impl Fn(&CandidateEvent) -> bool,
) -> BTreeSet<async_backing_primitives::CandidateHash> {
	let of_kind = block.told().iter().filter(|told| kind(&told.event));
	of_kind.map(|told| told.receipt().hash()).collect()
}

pub(crate) fn number_of(history: &History, hash: Hash) -> Option<BlockNumber> {
	Some(history.info(hash)?.number)
}
