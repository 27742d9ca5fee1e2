//! The state machine of one validator's backing.
//!
//! Invariants: a statement is taken in only after its signature was verified; it stays, and whether it counts is asked
//! where a quorum is, because validators are disabled and enabled from leaf to leaf (R-BAK-14); there is one execution of
//! a candidate at a time and one own statement about it (R-BAK-10); a candidate is announced as backable once, after the
//! statement that made it so was shared (R-BAK-7); nothing is kept of relay parents that left every active leaf's scope.

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

/// An active leaf.
#[derive(Debug)]
struct ActiveLeaf {
	/// Those in its scope.
	relay_parents: Vec<Hash>,
	/// Whose votes its child does not count (R-BKV-4).
	disabled: BTreeSet<ValidatorIndex>,
}

impl ActiveLeaf {
	fn admits(&self, relay_parent: Hash) -> bool {
		self.relay_parents.contains(&relay_parent)
	}
}

/// Backing as one validator does it: seconds collations, checks what others second, counts votes.
#[derive(Debug, Default)]
pub struct Backing {
	leaves: BTreeMap<Hash, ActiveLeaf>,
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
		let disabled: BTreeSet<_> = leaf.disabled.iter().copied().collect();
		for info in leaf.relay_parents() {
			let new = || RelayParent::new(info, leaf, session.clone(), claims.clone());
			let parent = self.relay_parents.entry(info.hash).or_insert_with(new);
			parent.disable(&disabled);
		}
		let active = ActiveLeaf {
			relay_parents: leaf.relay_parents().map(|info| info.hash).collect(),
			disabled,
		};
		self.leaves.insert(leaf.block.hash, active);
		self.depths.add_leaf(leaf.block.hash);
		for (hash, state) in self.candidates.iter().filter(|(_, state)| state.seconded_here) {
			self.depths
				.note(state.para, *hash, &view.membership(state.para, *hash));
		}
	}

	/// A leaf is not active any more: forgets relay parents and candidates that no other leaf admits. Activate the new
	/// leaf before deactivating the old one, and let the view hear of it afterwards.
	///
	/// Validators that were disabled at that leaf only count again (R-BAK-14): candidates that thereby have their quorum
	/// are announced, and what this validator could not confirm is followed up.
	pub fn deactivate_leaf(&mut self, leaf: Hash, view: &mut impl View) -> Vec<Output> {
		self.leaves.remove(&leaf);
		self.depths.remove_leaf(leaf);
		let mut in_scope = BTreeMap::<Hash, BTreeSet<ValidatorIndex>>::new();
		for leaf in self.leaves.values() {
			for relay_parent in &leaf.relay_parents {
				in_scope.entry(*relay_parent).or_default().extend(&leaf.disabled);
			}
		}
		let mut counts_more = BTreeSet::new();
		self.relay_parents.retain(|hash, parent| {
			let disabled = in_scope.remove(hash);
			let is_kept = disabled.is_some();
			if disabled.is_some_and(|disabled| parent.replace_disabled(disabled)) {
				counts_more.insert(*hash);
			}
			is_kept
		});
		self.candidates
			.retain(|_, state| self.relay_parents.contains_key(&state.scheduling_parent));
		let affected: Vec<_> = self
			.candidates
			.iter()
			.filter(|(_, state)| counts_more.contains(&state.scheduling_parent))
			.map(|(hash, _)| *hash)
			.collect();
		affected
			.into_iter()
			.flat_map(|candidate| self.follow_up(candidate, view))
			.collect()
	}

	/// A candidate that somebody seconded.
	pub fn candidate(&self, candidate: CandidateHash) -> Option<&Arc<SecondedCandidate>> {
		self.candidates.get(&candidate)?.seconded.as_ref()
	}

	/// Whether a candidate has its quorum (R-BAK-7) without the votes of validators disabled at any active leaf that has
	/// its scheduling parent in scope (R-BAK-14). Such a quorum may be lost with the next leaf.
	pub fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.parent_of(candidate)
			.is_some_and(|(_, parent)| parent.is_backable(candidate))
	}

	/// Whether a candidate has its quorum in a child of this leaf, where the votes of validators disabled at the leaf do
	/// not count (R-BKV-4, R-BAK-14). `false` for a leaf that is not active or does not admit the candidate.
	pub fn is_backable_at(&self, leaf: Hash, candidate: CandidateHash) -> bool {
		let Some((scheduling_parent, parent)) = self.parent_of(candidate) else {
			return false;
		};
		self.leaves.get(&leaf).is_some_and(|leaf| {
			leaf.admits(scheduling_parent) && parent.table.is_backable_without(candidate, &leaf.disabled)
		})
	}

	fn parent_of(&self, candidate: CandidateHash) -> Option<(Hash, &RelayParent)> {
		let scheduling_parent = self.candidates.get(&candidate)?.scheduling_parent;
		Some((scheduling_parent, self.relay_parents.get(&scheduling_parent)?))
	}

	/// A candidate with the votes that count at all active leaves (R-BAK-8, R-BAK-14); `None` if it is unknown at this
	/// scheduling parent or lacks its quorum.
	pub fn backed(&self, candidate: CandidateHash, scheduling_parent: Hash) -> Option<BackedCandidate> {
		let seconded = self.candidate(candidate)?;
		self.relay_parents
			.get(&scheduling_parent)?
			.backed(candidate, seconded.receipt.clone())
	}

	/// A candidate for a child of this leaf, with all the votes that count there and none that do not (R-BAK-8, R-BKV-4,
	/// R-BAK-14). `None` if the leaf is not active or does not admit the scheduling parent, the candidate is unknown at
	/// that, or it lacks its quorum.
	pub fn backed_at(
		&self,
		leaf: Hash,
		candidate: CandidateHash,
		scheduling_parent: Hash,
	) -> Option<BackedCandidate> {
		let leaf = self
			.leaves
			.get(&leaf)
			.filter(|leaf| leaf.admits(scheduling_parent))?;
		let seconded = self.candidate(candidate)?;
		let table = &self.relay_parents.get(&scheduling_parent)?.table;
		table.backed_without(candidate, seconded.receipt.clone(), &leaf.disabled)
	}

	/// Candidates with the votes that count at all active leaves, in the order asked for (R-BAK-9, R-BAK-14). What is
	/// missing is left out, with everything that follows of the same para, because that builds on it.
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

	/// What a vote more leads to: the candidate is to be confirmed, or has its quorum.
	fn follow_up(&mut self, candidate: CandidateHash, view: &mut impl View) -> Vec<Output> {
		let backable = self.announce_if_backable(candidate, view);
		self.fetch_pov(candidate).into_iter().chain(backable).collect()
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
