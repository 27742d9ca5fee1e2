//! The state machine of one validator's backing.
//!
//! Invariants: a statement is counted only after its signature was verified; there is one execution of a candidate at a
//! time and one own statement about it (R-BAK-10); a candidate is announced as backable once, after the statement that
//! made it so was shared (R-BAK-7); nothing is kept of relay parents that left every active leaf's scope.

mod importing;
mod seconding;
mod types;

pub use types::{Output, SecondingError, StatementError, ValidationJob, ValidationOutcome};

use crate::{
	limit::SecondedDepths,
	relay_parent::{RelayParent, SessionFacts},
	SecondedCandidate, View,
};
use async_backing_primitives::{
	BackedCandidate, CandidateHash, CandidateReceipt, Hash, LeafFacts, ParaId, PersistedValidationData,
	ValidatorIndex,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// What this validator does about a candidate.
#[derive(Debug)]
enum Work {
	/// Nothing (any more).
	Idle,
	/// Waits for the proof of validity from the one asked.
	FetchingPov { asked: ValidatorIndex },
	/// Waits for the outcome of execution.
	Validating {
		receipt: Box<CandidateReceipt>,
		validation_data: Arc<PersistedValidationData>,
	},
}

/// What is known of a candidate.
#[derive(Debug)]
struct CandidateState {
	para: ParaId,
	scheduling_parent: Hash,
	/// The candidate itself, once somebody seconded it.
	seconded: Option<Arc<SecondedCandidate>>,
	work: Work,
	/// Who was asked for the proof of validity already.
	asked: BTreeSet<ValidatorIndex>,
	/// This validator executed it, or made a statement about it: it will not do either again.
	settled: bool,
	/// This validator seconded it.
	seconded_here: bool,
	announced: bool,
}

impl CandidateState {
	fn new(para: ParaId, scheduling_parent: Hash) -> Self {
		Self {
			para,
			scheduling_parent,
			seconded: None,
			work: Work::Idle,
			asked: BTreeSet::new(),
			settled: false,
			seconded_here: false,
			announced: false,
		}
	}
}

/// Backing as one validator does it: seconds collations, checks what others second, counts votes.
#[derive(Debug, Default)]
pub struct Backing {
	/// Active leaves with the relay parents in their scope.
	leaves: BTreeMap<Hash, Vec<Hash>>,
	relay_parents: BTreeMap<Hash, RelayParent>,
	candidates: BTreeMap<CandidateHash, CandidateState>,
	depths: SecondedDepths,
}

impl Backing {
	/// A validator that knows no leaf yet.
	pub fn new() -> Self {
		Self::default()
	}

	/// A leaf became active; the view has it already. `own` is this validator's index in the leaf's session.
	///
	/// Where own candidates stand at the leaf is taken from the view (R-BAK-4).
	pub fn activate_leaf(&mut self, leaf: &LeafFacts, own: Option<ValidatorIndex>, view: &impl View) {
		let session = Arc::new(SessionFacts::new(leaf, own));
		let claims = Arc::new(leaf.claim_queue.clone());
		for info in leaf.relay_parents() {
			let new = || RelayParent::new(info, leaf, session.clone(), claims.clone());
			self.relay_parents.entry(info.hash).or_insert_with(new);
		}
		self.leaves.insert(
			leaf.block.hash,
			leaf.relay_parents().map(|info| info.hash).collect(),
		);
		self.depths.add_leaf(leaf.block.hash);
		for (hash, state) in self.candidates.iter().filter(|(_, state)| state.seconded_here) {
			self.depths
				.note(state.para, *hash, &view.membership(state.para, *hash));
		}
	}

	/// A leaf is not active any more: forgets relay parents and candidates that no other leaf admits. Activate the new
	/// leaf before deactivating the old one.
	pub fn deactivate_leaf(&mut self, leaf: Hash) {
		self.leaves.remove(&leaf);
		self.depths.remove_leaf(leaf);
		let in_scope: BTreeSet<Hash> = self.leaves.values().flatten().copied().collect();
		self.relay_parents.retain(|hash, _| in_scope.contains(hash));
		self.candidates
			.retain(|_, state| in_scope.contains(&state.scheduling_parent));
	}

	/// A candidate that somebody seconded.
	pub fn candidate(&self, candidate: CandidateHash) -> Option<&Arc<SecondedCandidate>> {
		self.candidates.get(&candidate)?.seconded.as_ref()
	}

	/// Whether a candidate has its quorum here (R-BAK-7).
	pub fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.candidates.get(&candidate).is_some_and(|state| {
			self.relay_parents
				.get(&state.scheduling_parent)
				.is_some_and(|parent| parent.table.is_backable(candidate))
		})
	}

	/// A candidate with its votes (R-BAK-8); `None` if it is unknown at this scheduling parent or lacks its quorum.
	pub fn backed(&self, candidate: CandidateHash, scheduling_parent: Hash) -> Option<BackedCandidate> {
		let seconded = self.candidate(candidate)?;
		self.relay_parents
			.get(&scheduling_parent)?
			.table
			.backed(candidate, seconded.receipt.clone())
	}

	/// Candidates with their votes, in the order asked for (R-BAK-9). What is missing is left out, with everything that
	/// follows of the same para, because that builds on it.
	pub fn get_backed(&self, candidates: &[(ParaId, CandidateHash, Hash)]) -> Vec<BackedCandidate> {
		let mut broken = BTreeSet::new();
		let mut found = Vec::with_capacity(candidates.len());
		for (para, candidate, scheduling_parent) in candidates {
			if broken.contains(para) {
				continue;
			}
			match self.backed(*candidate, *scheduling_parent) {
				Some(backed) => found.push(backed),
				None => {
					broken.insert(*para);
				}
			}
		}
		found
	}

	/// Announces a candidate that has just got its quorum (R-BAK-7).
	fn announce_if_backable(&mut self, candidate: CandidateHash, view: &mut impl View) -> Option<Output> {
		if !self.is_backable(candidate) {
			return None;
		}
		let state = self
			.candidates
			.get_mut(&candidate)
			.filter(|state| !state.announced)?;
		let output_head = state.seconded.as_ref()?.receipt.descriptor.para_head();
		state.announced = true;
		view.note_backed(state.para, candidate);
		let (para, scheduling_parent) = (state.para, state.scheduling_parent);
		Some(Output::Backable {
			candidate,
			para,
			scheduling_parent,
			output_head,
		})
	}
}

#[cfg(test)]
mod tests;
