//! What all blocks together tell: relay blocks, heads of paras, and which blocks follow one another.

use super::{chains, outcomes, sources};
use crate::{Block, Question};
use async_backing_primitives::{
	BlockNumber, CandidateEvent, Hash, HeadData, HeadHash, ParaId, RelayChainBlockInfo,
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
	/// Blocks whose hash is told, and whether a source tells their events.
	told: BTreeMap<Hash, bool>,
	/// Numbers of blocks whose hash is not told.
	without_hash: BTreeSet<BlockNumber>,
}

impl History {
	pub(crate) fn of(blocks: &[&Block]) -> Self {
		let mut history = Self::default();
		for block in blocks {
			match (block.hash, chains::proven_number(block)) {
				(Some(hash), _) => *history.told.entry(hash).or_default() |= block.events.is_some(),
				(None, Some(number)) => {
					history.without_hash.insert(number);
				}
				(None, None) => {}
			}
			let parent = parent_of(block);
			if let (Some(hash), Some(parent)) = (block.hash, parent) {
				history.parents.insert(hash, parent);
			}
			if let (Some(hash), Some(number), Some(storage_root)) =
				(block.hash, chains::proven_number(block), block.state_root)
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

	/// Why a block that begins a piece of a chain has none before it there.
	pub(crate) fn why_first(&self, block: &Block) -> &'static str {
		let Some(parent) = parent_of(block) else {
			return "the parent is not told";
		};
		let before = chains::proven_number(block).and_then(|number| number.checked_sub(1));
		match self.told.get(&parent) {
			Some(false) => "the block before is in the data without its events",
			Some(true) => "the block before is in the data, but in an order that its number contradicts",
			None if before.is_some_and(|number| self.without_hash.contains(&number)) => {
				"of no block in the data is told that it is the one before"
			}
			None => "the block before is not in the data",
		}
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

/// A block as it is judged: what else is known of it beside what it tells.
pub(crate) struct Entry {
	pub(crate) block: Block,
	/// What to call its chain.
	pub(crate) chain: String,
	/// What is wrong already, before anything is judged.
	pub(crate) faults: Vec<(Question, String)>,
}

/// Blocks in the order in which they are judged: by chain, then number; with how many told nothing else than another.
pub(crate) fn in_order(blocks: Vec<Block>) -> (Vec<Entry>, usize) {
	let (mut joined, duplicates) = sources::joined(blocks);
	let mut all: Vec<&mut Block> = joined.iter_mut().map(|joined| &mut joined.block).collect();
	let chains = chains::name(&mut all);
	let mut entries: Vec<_> = std::iter::zip(joined, chains)
		.map(|(joined, chain)| {
			let mut block = joined.block;
			let doubles = outcomes::without_doubles(&mut block).into_iter();
			let mut faults = joined.contradictions;
			faults.extend(doubles.map(|what| (Question::Availability, what)));
			Entry { block, chain, faults }
		})
		.collect();
	// Sources are in an order of their own, which stays that of what is equal here.
	entries.sort_by_cached_key(|entry| {
		let number = chains::proven_number(&entry.block);
		(
			entry.block.chain.is_some(),
			entry.chain.clone(),
			number,
			entry.block.hash,
		)
	});
	(entries, duplicates)
}

/// A piece of a chain: positions of blocks, each the parent of the next, with events in each but the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
	pub(crate) positions: Vec<usize>,
	/// How many of them are there only as what was before: they are judged in another piece, from which this one forks.
	pub(crate) before: usize,
}

/// Blocks before a fork that its branches have in common, at most.
const BEFORE_FORK: usize = 32;

/// Pieces of chains.
pub(crate) fn runs(blocks: &[&Block]) -> Vec<Piece> {
	let mut runs: Vec<Piece> = Vec::new();
	// The place of each block that can be gone on from.
	let mut places: BTreeMap<Hash, (usize, usize)> = BTreeMap::new();
	for (position, block) in blocks.iter().enumerate() {
		let parent = parent_of(block).and_then(|parent| places.get(&parent).copied());
		let going_on = parent.and_then(|(run, at)| {
			let piece = runs.get(run)?;
			let from = (at + 1).saturating_sub(BEFORE_FORK);
			let forks = at + 1 < piece.positions.len();
			Some(match forks {
				true => Err(piece.positions.get(from..=at)?.to_vec()),
				false => Ok(run),
			})
		});
		let run = match going_on {
			Some(Ok(run)) => run,
			Some(Err(positions)) => {
				runs.push(Piece {
					before: positions.len(),
					positions,
				});
				runs.len() - 1
			}
			None => {
				runs.push(Piece::default());
				runs.len() - 1
			}
		};
		let Some(piece) = runs.get_mut(run) else {
			continue;
		};
		piece.positions.push(position);
		if let (Some(hash), true) = (block.hash, block.events.is_some()) {
			// Of two sources of one block the one that knows more came first.
			places.entry(hash).or_insert((run, piece.positions.len() - 1));
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
