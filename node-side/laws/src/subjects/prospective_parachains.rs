//! The view over the leaves: any leaves in any order, any candidates.

use super::chain::{block, candidate, facts, CODE, PARA};
use crate::Subject;
use async_backing_machine::laws::Choices;
use async_backing_primitives::{CandidateHash, Hash, LeafFacts};
use async_backing_prospective_parachains::{
	Backable, Candidate, HypotheticalCandidate, IntroduceError, Introduced, LeavesUpdated, Membership,
	SharedValidationData, TreeLimits, UnconnectedLimits, View, ViewConfig,
};
use std::{collections::VecDeque, sync::Arc};

const TREE: TreeLimits = TreeLimits {
	max_candidates: 12,
	max_nodes: 48,
	max_nodes_per_candidate: 8,
};
const UNCONNECTED: UnconnectedLimits = UnconnectedLimits {
	max_candidates: 8,
	max_bytes: 1 << 20,
};
const LEAVES: usize = 4;
/// What is held when there are no leaves.
const REST: usize = 16 * 1024;

#[derive(Debug)]
pub enum Told {
	Leaves(Box<LeafFacts>, Vec<Hash>),
	Introduce(Arc<Candidate>),
	Seconded(CandidateHash),
	Backed(CandidateHash),
	Where(Arc<Candidate>, bool),
	Backable(Hash, Vec<CandidateHash>, usize),
	Data(Hash, Arc<Candidate>),
}

#[derive(Debug)]
#[allow(dead_code, reason = "what is answered is compared by its `Debug`")]
pub enum Answer {
	Leaves(LeavesUpdated),
	Introduced(Result<Introduced, IntroduceError>),
	Noted(bool),
	Membership(Membership, Membership),
	Backable(Vec<Backable>),
	Data(Option<SharedValidationData>),
	Nothing,
}

/// From head to head, fork and number of the relay parent, core, code.
type Spec = (u8, u8, u8, u32, u16, Option<usize>);

/// The view over the leaves: any leaves in any order, any candidates.
#[derive(Debug)]
pub struct Trees {
	machine: Option<View>,
	number: u32,
	leaves: VecDeque<Hash>,
	/// What was introduced lately.
	known: VecDeque<(CandidateHash, Spec)>,
}

fn make((from, to, fork, number, core, code): Spec) -> Option<Arc<Candidate>> {
	let (receipt, data) = candidate(from, to, block(fork, number), core, code);
	Candidate::new(receipt, data, false).ok().map(Arc::new)
}

impl Trees {
	/// It has heard of nothing yet.
	pub fn new(_: &mut Choices<'_>) -> Self {
		let config = ViewConfig {
			v3_enabled: false,
			tree_limits: Some(TREE),
			unconnected: UNCONNECTED,
			..ViewConfig::default()
		};
		Self {
			machine: Some(View::new(config)),
			number: 20,
			leaves: VecDeque::new(),
			known: VecDeque::new(),
		}
	}

	fn candidate(&mut self, choices: &mut Choices<'_>) -> Arc<Candidate> {
		let spec = (
			choices.below(8) as u8,
			choices.below(8) as u8,
			choices.below(3) as u8,
			self.number.saturating_sub(choices.below(5) as u32),
			choices.below(3) as u16,
			choices.one_in(3).then_some(CODE),
		);
		let known = self
			.known
			.get(choices.index(self.known.len()))
			.map(|(_, spec)| *spec);
		let spec = known.filter(|_| choices.flip()).unwrap_or(spec);
		let made = make(spec).expect("it is right in itself");
		self.known.push_back((made.hash(), spec));
		if self.known.len() > 32 {
			self.known.pop_front();
		}
		made
	}

	fn hash(&self, choices: &mut Choices<'_>) -> CandidateHash {
		let known = self.known.get(choices.index(self.known.len()));
		known.map_or_else(CandidateHash::default, |(hash, _)| *hash)
	}
}

impl Subject for Trees {
	type Input = Told;
	type Output = Answer;

	fn next(&mut self, choices: &mut Choices<'_>) -> Told {
		match choices.below(16) {
			0..=1 => {
				self.number += u32::from(choices.flip());
				let facts = facts(choices.below(3) as u8, self.number, choices);
				self.leaves.push_back(facts.block.hash);
				let over = self.leaves.len().saturating_sub(choices.index(LEAVES - 1) + 2);
				Told::Leaves(Box::new(facts), self.leaves.drain(..over).collect())
			}
			2..=6 => Told::Introduce(self.candidate(choices)),
			7..=8 => Told::Seconded(self.hash(choices)),
			9..=10 => Told::Backed(self.hash(choices)),
			11..=12 => Told::Where(self.candidate(choices), choices.flip()),
			13..=14 => {
				let leaf = self.leaves.get(choices.index(self.leaves.len())).copied();
				let path = (0..choices.below(3)).map(|_| self.hash(choices)).collect();
				let count = choices.index(9);
				let count = if choices.one_in(16) { usize::MAX } else { count };
				Told::Backable(leaf.unwrap_or_default(), path, count)
			}
			_ => {
				let back = choices.below(5) as u32;
				let at = block(choices.below(3) as u8, self.number.saturating_sub(back)).hash;
				Told::Data(at, self.candidate(choices))
			}
		}
	}

	fn handle(&mut self, told: Told) -> Answer {
		let Some(view) = &mut self.machine else {
			return Answer::Nothing;
		};
		match told {
			Told::Leaves(new, gone) => Answer::Leaves(view.update_leaves(std::slice::from_ref(&*new), &gone)),
			Told::Introduce(candidate) => Answer::Introduced(view.introduce_checked(candidate)),
			Told::Seconded(candidate) => Answer::Noted(view.note_seconded(PARA, candidate).is_ok()),
			Told::Backed(candidate) => Answer::Noted(view.note_backed(PARA, candidate).is_ok()),
			Told::Where(candidate, is_complete) => {
				let asked = match is_complete {
					true => HypotheticalCandidate::Complete(&candidate),
					false => HypotheticalCandidate::Incomplete {
						candidate_hash: candidate.hash(),
						parent_head_hash: candidate.parent_head_hash(),
						relay_parent: candidate.relay_parent(),
					},
				};
				Answer::Membership(
					view.hypothetical_membership(None, PARA, asked, false),
					view.vouched_membership(PARA, asked),
				)
			}
			Told::Backable(leaf, path, count) => {
				Answer::Backable(view.get_backable(leaf, PARA, &path, count))
			}
			Told::Data(at, candidate) => {
				Answer::Data(view.shared_validation_data(PARA, at, candidate.output_head_hash()))
			}
		}
	}

	/// A leaf of the own chain makes trees.
	fn allowance(&self, told: &Told) -> usize {
		match told {
			Told::Leaves(..) => 1 << 20,
			_ => 0,
		}
	}

	/// Candidates of the trees and some that wait, each perhaps with a code; nodes of the trees.
	fn memory_bound(&self) -> usize {
		let candidates = LEAVES * (TREE.max_candidates as usize + 3) + UNCONNECTED.max_candidates;
		candidates * (CODE + 8 * 1024) + LEAVES * TREE.max_nodes as usize * 4096
	}

	/// When the last leaf goes, nothing is kept.
	fn rest(&mut self) -> usize {
		if let Some(view) = &mut self.machine {
			let leaves: Vec<_> = view.leaves().map(|leaf| leaf.hash).collect();
			let _ = view.update_leaves(&[], &leaves);
		}
		REST
	}

	fn check(&self) {
		let Some(view) = &self.machine else { return };
		let most = LEAVES * (TREE.max_candidates as usize + 3) + UNCONNECTED.max_candidates;
		assert!(
			view.candidate_count(PARA) <= most,
			"law 3: {}",
			view.candidate_count(PARA)
		);
		assert!(
			view.waiting(PARA).count() <= UNCONNECTED.max_candidates,
			"R-TRE-14"
		);
	}

	fn let_go(&mut self) {
		self.machine = None;
	}
}
