//! What is seen of a run while it goes on.

use crate::{
	orders::Ordered,
	words::{Built, DevnetWords, Event},
	world::{NewBlock, Note},
};
use async_backing_fragment_tree::Drawing;
use async_backing_machine::{Instant, Output};
use async_backing_primitives::{
	BlockNumber, CandidateEvent, CandidateHash, CoreIndex, CoreState, Hash, ParaId,
};
use async_backing_sim::{Step, What};
use async_backing_validator::Event as ValidatorEvent;
use std::collections::{BTreeMap, BTreeSet};

/// A relay block.
#[derive(Clone, Debug)]
pub(super) struct Seen {
	pub(super) number: BlockNumber,
	pub(super) hash: Hash,
	pub(super) parent: Hash,
	pub(super) at: Instant,
	pub(super) author: usize,
	/// Session that it runs in.
	pub(super) session: u32,
	/// Session that its children run in.
	pub(super) next_session: u32,
	/// How many blocks back relay parents may lie.
	pub(super) window: u32,
	/// Whom each core served in it.
	pub(super) turns: BTreeMap<CoreIndex, ParaId>,
	/// What its author offered, and it did not take.
	pub(super) refused: BTreeSet<CandidateHash>,
	/// What it did with orders.
	pub(super) orders: Vec<(ParaId, Ordered)>,
	/// Cores that took a candidate in it, and of which para.
	pub(super) used: Vec<(CoreIndex, ParaId)>,
	/// Cores that were free and took none, and whose turn it was. At the end of a session claims go back (R-SCH-6).
	pub(super) unused: Vec<(CoreIndex, ParaId)>,
	/// Claims on cores in the blocks after it.
	pub(super) claims: Vec<(CoreIndex, ParaId)>,
}

/// A candidate.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
	pub(super) built: Built,
	pub(super) at: Instant,
	pub(super) seconded: Option<Instant>,
	pub(super) backable: Option<Instant>,
	/// Why the first validator that would not vote for it did not.
	pub(super) refused: Option<(Instant, String)>,
	/// Positions of the relay blocks that backed it, on whichever fork.
	pub(super) backed: Vec<usize>,
	pub(super) included: Vec<usize>,
	pub(super) timed_out: Vec<usize>,
}

/// Everything that a story is told from.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
	pub(super) blocks: Vec<Seen>,
	/// In the order in which they were built.
	pub(super) candidates: Vec<Candidate>,
	pub(super) by_hash: BTreeMap<CandidateHash, usize>,
	/// Messages and their bytes, by kind.
	pub(crate) traffic: BTreeMap<&'static str, (u64, u64)>,
	/// Votes of validators for candidates.
	pub(crate) votes: u64,
	/// Relay blocks on whose parents trees were looked for.
	pub(super) looked: usize,
	/// Whether trees are looked for.
	pub(crate) keeps_trees: bool,
	/// Trees at relay blocks, by position.
	pub(super) trees: Vec<(usize, Drawing)>,
}

impl Recorder {
	/// A message arrived.
	pub(crate) fn delivered(&mut self, kind: &'static str, bytes: usize) {
		let (messages, sum) = self.traffic.entry(kind).or_default();
		*messages = messages.saturating_add(1);
		*sum = sum.saturating_add(bytes as u64);
	}

	pub(crate) fn see(&mut self, step: &Step<'_, DevnetWords, Note>) {
		match step.what {
			What::Note(Note::RelayBlock(block)) => self.relay_block(step.at, block),
			What::Output(Output::Event(event)) => self.event(step.at, event),
			_ => {}
		}
	}

	fn event(&mut self, at: Instant, event: &Event) {
		match event {
			Event::Built(built) => {
				self.by_hash.insert(built.candidate, self.candidates.len());
				self.candidates.push(Candidate {
					built: *built,
					at,
					seconded: None,
					backable: None,
					refused: None,
					backed: Vec::new(),
					included: Vec::new(),
					timed_out: Vec::new(),
				});
			}
			Event::Validator(ValidatorEvent::Seconded(candidate)) => {
				self.votes = self.votes.saturating_add(1);
				self.update(*candidate, |known| {
					known.seconded.get_or_insert(at);
				});
			}
			Event::Validator(ValidatorEvent::Confirmed(_)) => self.votes = self.votes.saturating_add(1),
			Event::Validator(ValidatorEvent::Backable(candidate)) => self.update(*candidate, |known| {
				known.backable.get_or_insert(at);
			}),
			Event::Validator(ValidatorEvent::Refused(candidate, reason)) => {
				self.update(*candidate, |known| {
					known.refused.get_or_insert_with(|| (at, reason.clone()));
				})
			}
			_ => {}
		}
	}

	fn relay_block(&mut self, at: Instant, block: &NewBlock) {
		let position = self.blocks.len();
		let facts = &block.facts;
		let mut refused: BTreeSet<_> = block.offered.iter().copied().collect();
		let mut used = Vec::new();
		for event in &block.events {
			match event {
				CandidateEvent::CandidateBacked(receipt, _, core, _) => {
					refused.remove(&receipt.hash());
					used.push((*core, receipt.descriptor.para_id()));
					self.update(receipt.hash(), |known| known.backed.push(position));
				}
				CandidateEvent::CandidateIncluded(receipt, ..) => {
					self.update(receipt.hash(), |known| known.included.push(position));
				}
				CandidateEvent::CandidateTimedOut(receipt, ..) => {
					self.update(receipt.hash(), |known| known.timed_out.push(position));
				}
			}
		}
		self.blocks.push(Seen {
			number: facts.block.number,
			hash: facts.block.hash,
			parent: facts.parent_hash,
			at,
			author: block.author,
			session: block.session,
			next_session: facts.session_index,
			window: facts.params.allowed_ancestry_len,
			turns: block.turns.clone(),
			refused,
			orders: block.orders.clone(),
			unused: match facts.session_index == block.session {
				true => unused(block, &used),
				false => Vec::new(),
			},
			used,
			claims: facts
				.claim_queue
				.iter()
				.flat_map(|(core, claims)| claims.iter().map(|para| (*core, *para)))
				.collect(),
		});
	}

	/// Relay blocks that were built, of all forks.
	pub(crate) fn relay_blocks(&self) -> usize {
		self.blocks.len()
	}

	/// The parent of the newest relay block, and who built on it; once for each block.
	pub(crate) fn next_leaf(&mut self) -> Option<(Hash, usize)> {
		let is_new = self.blocks.len() > std::mem::replace(&mut self.looked, self.blocks.len());
		let newest = self.blocks.last().filter(|_| is_new)?;
		Some((newest.parent, newest.author))
	}

	/// A tree at a leaf. Leaves that are no blocks of the run have none.
	pub(crate) fn tree(&mut self, leaf: Hash, drawing: Drawing) {
		let position = self.blocks.iter().rposition(|block| block.hash == leaf);
		let known = |position: &usize| {
			let mut trees = self.trees.iter().rev().take_while(|(at, _)| at == position);
			trees.any(|(_, tree)| tree.para == drawing.para)
		};
		if let Some(position) = position.filter(|position| !known(position)) {
			self.trees.push((position, drawing));
		}
	}

	fn update(&mut self, candidate: CandidateHash, change: impl FnOnce(&mut Candidate)) {
		let position = self.by_hash.get(&candidate);
		if let Some(known) = position.and_then(|position| self.candidates.get_mut(*position)) {
			change(known);
		}
	}
}

/// Cores that had somebody's turn in a block, took nothing, and are not held by what was backed earlier.
fn unused(block: &NewBlock, used: &[(CoreIndex, ParaId)]) -> Vec<(CoreIndex, ParaId)> {
	let is_held = |core: &CoreIndex| {
		let state = usize::try_from(core.0)
			.ok()
			.and_then(|core| block.facts.cores.get(core));
		matches!(state, Some(CoreState::Occupied(_)))
	};
	let free = |(core, _): &(&CoreIndex, &ParaId)| !used.iter().any(|(of, _)| of == *core) && !is_held(core);
	let turns = block.turns.iter().filter(free);
	turns.map(|(core, para)| (*core, *para)).collect()
}
