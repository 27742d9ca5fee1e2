//! What to build on: any leaf, any parablocks.

mod common;

use async_backing_collator::{BuildOn, Collator, CollatorConfig, NoBuild, Parablock, MAX_REMEMBERED};
use async_backing_laws::{seeds, try_subject, Subject};
use async_backing_machine::laws::{Choices, THOROUGH};
use async_backing_primitives::{CandidateHash, Hash, HeadData, LeafFacts};
use common::{block, facts, head, PARA};

#[derive(Debug)]
enum Told {
	Leaf(Box<LeafFacts>),
	Block(Parablock),
	Alive(Box<LeafFacts>),
}

#[derive(Debug)]
#[allow(dead_code, reason = "what is answered is compared by its `Debug`")]
enum Answer {
	Decided(Result<BuildOn, NoBuild>),
	Alive(Vec<CandidateHash>),
	Nothing,
}

struct Producer {
	machine: Option<Collator>,
	number: u32,
}

impl Producer {
	fn new(choices: &mut Choices<'_>) -> Self {
		let config = CollatorConfig {
			para: PARA,
			capacity: choices.below(6) as u32,
			velocity: choices.below(4) as u32,
		};
		Self {
			machine: Some(Collator::new(config, &head(0))),
			number: 20,
		}
	}
}

impl Subject for Producer {
	type Input = Told;
	type Output = Answer;

	fn next(&mut self, choices: &mut Choices<'_>) -> Told {
		let fork = choices.below(3) as u8;
		self.number += u32::from(choices.one_in(6));
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
				Told::Block(Parablock {
					candidate: CandidateHash(Hash::from(head.hash().0)),
					head,
					parent_head: parent.hash(),
					relay_parent: block(fork, self.number.saturating_sub(back)),
					slot: u64::from(self.number.saturating_sub(back)),
				})
			}
		}
	}

	fn handle(&mut self, told: Told) -> Answer {
		let Some(collator) = &mut self.machine else {
			return Answer::Nothing;
		};
		match told {
			Told::Leaf(leaf) => Answer::Decided(collator.decide(&leaf)),
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

	fn memory_bound(&self) -> usize {
		MAX_REMEMBERED * 512 + 64 * 1024
	}

	fn check(&self) {
		let remembered = self.machine.as_ref().map_or(0, Collator::remembered);
		assert!(remembered <= MAX_REMEMBERED, "law 3: {remembered} blocks");
	}

	fn let_go(&mut self) {
		self.machine = None;
	}
}

#[test]
fn law_1_law_3_law_6_the_decision_at_any_leaf() {
	let tried = try_subject(Producer::new, seeds(), THOROUGH);
	assert!(tried.memory > 0, "{tried:?}");
}
