//! What to build on: any leaf, any parablocks.

use super::chain::{block, facts, head, PARA, PARAMS};
use crate::Subject;
use async_backing_collator::{
	BuildOn, Collator, CollatorConfig, NoBuild, Parablock, RelayParentOffset, MAX_REMEMBERED, REMEMBERED_FOR,
};
use async_backing_machine::laws::Choices;
use async_backing_primitives::{
	CandidateCommitments, CandidateHash, CoreIndex, Hash, HeadData, HeadHash, LeafFacts,
};
use std::{collections::VecDeque, sync::Arc};

#[derive(Debug)]
pub enum Told {
	Leaf(Box<LeafFacts>),
	Block(Parablock),
	Alive(Box<LeafFacts>),
}

#[derive(Debug)]
#[allow(dead_code, reason = "what is answered is compared by its `Debug`")]
pub enum Answer {
	Decided(Box<Result<BuildOn, NoBuild>>),
	Alive(Vec<CandidateHash>),
	Nothing,
}

/// A collator that is asked what to build on: any leaf, any parablocks.
#[derive(Debug)]
pub struct Producer {
	machine: Option<Collator>,
	number: u32,
	/// Heads that nobody but a parablock has, with the number of its relay parent, oldest first.
	rare: VecDeque<(HeadHash, u32)>,
	/// Whether a leaf was told just now, so that old ones are forgotten.
	is_leaf: bool,
	/// Whether few blocks are built, so that they are forgotten for their age, not their number.
	is_slow: bool,
}

impl Producer {
	/// It has heard of nothing yet.
	pub fn new(choices: &mut Choices<'_>) -> Self {
		let config = CollatorConfig {
			para: PARA,
			capacity: choices.below(6) as u32,
			velocity: choices.below(4) as u32,
			relay_parent_offset: RelayParentOffset::UpTo(0),
		};
		Self {
			machine: Some(Collator::new(config, &head(0))),
			number: 20,
			rare: VecDeque::new(),
			is_leaf: false,
			is_slow: choices.flip(),
		}
	}
}

impl Subject for Producer {
	type Input = Told;
	type Output = Answer;

	fn next(&mut self, choices: &mut Choices<'_>) -> Told {
		let fork = choices.below(3) as u8;
		self.number += u32::from(choices.one_in(if self.is_slow { 3 } else { 200 }));
		match choices.below(8) {
			0..=1 => Told::Leaf(Box::new(facts(fork, self.number, choices))),
			2 => Told::Alive(Box::new(facts(fork, self.number, choices))),
			_ => {
				// Mostly one of few heads, so that they build on one another, and loops.
				let few = |choices: &mut Choices<'_>| match choices.one_in(4) {
					true => HeadData(choices.fill(8)),
					false => head(choices.below(8) as u8),
				};
				let (head, parent) = (few(choices), few(choices));
				let back = choices.below(6) as u32;
				if head.0.len() > 1 {
					// One that is built again is young again.
					self.rare.retain(|(known, _)| *known != head.hash());
					self.rare.push_back((head.hash(), self.number));
				}
				Told::Block(Parablock {
					candidate: CandidateHash(Hash::from(head.hash().0)),
					commitments: Arc::new(CandidateCommitments {
						head_data: head,
						hrmp_watermark: self.number.saturating_sub(back),
						processed_downward_messages: choices.below(2) as u32,
						upward_messages: vec![vec![7]; choices.index(2)],
						..Default::default()
					}),
					parent_head: parent.hash(),
					relay_parent: block(fork, self.number.saturating_sub(back)),
					slot: u64::from(self.number.saturating_sub(back)),
					core: choices.one_in(2).then(|| CoreIndex(choices.below(3) as u32)),
					ready: self
						.number
						.saturating_sub(back)
						.saturating_add(choices.below(4) as u32),
				})
			}
		}
	}

	fn handle(&mut self, told: Told) -> Answer {
		let Some(collator) = &mut self.machine else {
			return Answer::Nothing;
		};
		self.is_leaf = false;
		match told {
			Told::Leaf(leaf) if leaf.paras.contains_key(&PARA) => {
				self.is_leaf = true;
				Answer::Decided(Box::new(collator.decide(&leaf)))
			}
			Told::Leaf(leaf) => Answer::Decided(Box::new(collator.decide(&leaf))),
			Told::Block(block) => {
				collator.note_block(block);
				Answer::Nothing
			}
			Told::Alive(leaf) => Answer::Alive(collator.alive(&leaf)),
		}
	}

	/// Paths over all blocks that are remembered.
	fn allowance(&self, told: &Told) -> usize {
		match told {
			Told::Leaf(_) | Told::Alive(_) => 1 << 20,
			Told::Block(_) => 0,
		}
	}

	/// One head, and not all that are known.
	fn light(&self) -> usize {
		64
	}

	fn memory_bound(&self) -> usize {
		MAX_REMEMBERED * 768 + 64 * 1024
	}

	fn check(&self) {
		let Some(collator) = &self.machine else { return };
		let remembered = collator.remembered();
		assert!(remembered <= MAX_REMEMBERED, "law 3: {remembered} blocks");
		// It may have been alive until its relay parent left the scope.
		let is_over = |number: u32| number + PARAMS.1 + REMEMBERED_FOR < self.number;
		let old = self.rare.iter().take_while(|(_, number)| is_over(*number));
		let latest = old.last().filter(|_| self.is_leaf);
		let is_known = latest.is_some_and(|(head, _)| collator.knows(*head));
		assert!(!is_known, "law 3: a block is remembered that is long dead");
	}

	fn let_go(&mut self) {
		self.machine = None;
	}
}
