//! The story of a run: relay blocks with their forks, every parablock with what became of it, fragment trees, messages.
//!
//! An observer like all others: nothing in a node reads it.

mod fate;
mod road;
mod seen;
mod summary;
#[cfg(test)]
mod tests;

pub use fate::Fate;
pub(crate) use road::Roads;
pub use road::{Passage, Passing};
pub(crate) use seen::Recorder;

use async_backing_fragment_tree::Drawing;
use async_backing_machine::Instant;
use async_backing_primitives::{BlockNumber, CandidateHash, CoreIndex, Hash, HeadHash, ParaId};
use fate::{Ended, Verdict};
use seen::Candidate;
use std::collections::{BTreeMap, BTreeSet};

/// The story of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
	/// Relay blocks, in the order in which they were built. What else names one names its position.
	pub relay_blocks: Vec<ToldBlock>,
	/// Parablocks, in the order in which they were built.
	pub parablocks: Vec<ToldParablock>,
	/// Messages that arrived, by kind.
	pub traffic: Vec<ToldTraffic>,
	/// Fragment trees at relay blocks, in the order in which they were looked at.
	pub trees: Vec<ToldTree>,
}

/// A relay block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldBlock {
	/// Its number.
	pub number: BlockNumber,
	/// Its hash.
	pub hash: Hash,
	/// Hash of its parent.
	pub parent: Hash,
	/// When it was built.
	pub at: Instant,
	/// Validator that built it.
	pub author: usize,
	/// Session that it runs in.
	pub session: u32,
	/// Whether it is on the best chain at the end.
	pub is_best: bool,
}

/// A parablock that a collator built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldParablock {
	/// Its para.
	pub para: ParaId,
	/// Its candidate.
	pub candidate: CandidateHash,
	/// Blocks of its para up to it, its own among them, where all are known.
	pub height: Option<u32>,
	/// Its relay parent.
	pub relay_parent: Hash,
	/// Number of that, where it is a block of the run.
	pub relay_parent_number: Option<BlockNumber>,
	/// Core that it names.
	pub core: CoreIndex,
	/// When it was built.
	pub built: Instant,
	/// When the first validator seconded it.
	pub seconded: Option<Instant>,
	/// When the first validator knew a quorum for it.
	pub backable: Option<Instant>,
	/// Relay block that backed it: one of the best chain, if there is such a one.
	pub backed: Option<usize>,
	/// Relay block of the best chain that included it.
	pub included: Option<usize>,
	/// Relay block of the best chain in which it timed out.
	pub timed_out: Option<usize>,
	/// Extrinsics in it.
	pub extrinsics: u32,
	/// Encoded size of its proof of validity.
	pub pov_bytes: usize,
	/// What became of it.
	pub fate: Fate,
	/// Why, with the rule behind it; empty if there is nothing to add.
	pub reason: String,
	/// When it was certain that it comes to nothing.
	pub lost: Option<Instant>,
}

/// Messages of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldTraffic {
	/// The kind.
	pub kind: &'static str,
	/// How many arrived.
	pub messages: u64,
	/// Their encoded bytes.
	pub bytes: u64,
}

/// A fragment tree at a relay block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldTree {
	/// Position of the relay block that is the leaf.
	pub relay_block: usize,
	/// The tree, right before the next relay block.
	pub drawing: Drawing,
}

impl Recorder {
	/// The story, if the best head is this one and these candidates may still be included.
	pub(crate) fn story(&self, head: Hash, alive: &BTreeSet<CandidateHash>) -> Story {
		let best = self.best_chain(head);
		let ended = self.ended(&best, alive);
		let is_best = |position: &usize| {
			let block = self.blocks.get(*position);
			block.is_some_and(|block| best.get(&block.number) == Some(position))
		};
		let heights = self.heights();
		let verdicts = ended.verdicts();
		let numbers: BTreeMap<_, _> = self
			.blocks
			.iter()
			.map(|block| (block.hash, block.number))
			.collect();
		let told = self.candidates.iter().zip(heights).zip(verdicts);
		Story {
			relay_blocks: self
				.blocks
				.iter()
				.enumerate()
				.map(|(position, block)| ToldBlock {
					number: block.number,
					hash: block.hash,
					parent: block.parent,
					at: block.at,
					author: block.author,
					session: block.session,
					is_best: is_best(&position),
				})
				.collect(),
			parablocks: told
				.map(|((candidate, height), verdict)| told_of(candidate, height, verdict, &numbers, &is_best))
				.collect(),
			traffic: self
				.traffic
				.iter()
				.map(|(kind, (messages, bytes))| ToldTraffic {
					kind,
					messages: *messages,
					bytes: *bytes,
				})
				.collect(),
			trees: self
				.trees
				.iter()
				.map(|(relay_block, drawing)| ToldTree {
					relay_block: *relay_block,
					drawing: drawing.clone(),
				})
				.collect(),
		}
	}

	/// The run as it ended, on this chain.
	fn ended<'a>(
		&'a self,
		best: &'a BTreeMap<BlockNumber, usize>,
		alive: &'a BTreeSet<CandidateHash>,
	) -> Ended<'a> {
		Ended {
			blocks: &self.blocks,
			best,
			candidates: &self.candidates,
			alive,
			end: self.blocks.iter().map(|block| block.at).max().unwrap_or_default(),
		}
	}

	/// Positions of the best head and its ancestors, by number.
	fn best_chain(&self, head: Hash) -> BTreeMap<BlockNumber, usize> {
		let mut best = BTreeMap::new();
		let mut next = head;
		// Parents come before their children.
		for (position, block) in self.blocks.iter().enumerate().rev() {
			if block.hash == next {
				best.insert(block.number, position);
				next = block.parent;
			}
		}
		best
	}

	/// How many blocks of its para each candidate ends a chain of.
	fn heights(&self) -> Vec<Option<u32>> {
		let mut known: BTreeMap<(ParaId, HeadHash), u32> = BTreeMap::new();
		let mut first: BTreeMap<ParaId, HeadHash> = BTreeMap::new();
		self.candidates
			.iter()
			.map(|candidate| {
				let built = &candidate.built;
				// The first block of a para is on its genesis.
				let genesis = *first.entry(built.para).or_insert(built.parent_head);
				let below = match built.parent_head == genesis {
					true => Some(0),
					false => known.get(&(built.para, built.parent_head)).copied(),
				};
				let height = below?.saturating_add(1);
				known.insert((built.para, built.output_head), height);
				Some(height)
			})
			.collect()
	}
}

/// A candidate as it is told, with the numbers of relay blocks.
fn told_of(
	candidate: &Candidate,
	height: Option<u32>,
	verdict: Verdict,
	numbers: &BTreeMap<Hash, BlockNumber>,
	is_best: &impl Fn(&usize) -> bool,
) -> ToldParablock {
	let built = &candidate.built;
	let on_best = |blocks: &[usize]| blocks.iter().copied().rev().find(|position| is_best(position));
	ToldParablock {
		para: built.para,
		candidate: built.candidate,
		height,
		relay_parent: built.relay_parent,
		relay_parent_number: numbers.get(&built.relay_parent).copied(),
		core: built.core,
		built: candidate.at,
		seconded: candidate.seconded,
		backable: candidate.backable,
		backed: on_best(&candidate.backed).or(candidate.backed.last().copied()),
		included: on_best(&candidate.included),
		timed_out: on_best(&candidate.timed_out),
		extrinsics: built.extrinsics,
		pov_bytes: built.pov_bytes,
		fate: verdict.fate,
		reason: verdict.reason,
		lost: verdict.lost,
	}
}
